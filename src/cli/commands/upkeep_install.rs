//! `cmr upkeep install` and `cmr upkeep remove`.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::civil::Time;

use super::super::output::upkeep::{FileView, Timetable};
use super::super::session::Session;
use super::super::timetable::{CREDENTIAL, Job, is_untouched};
use super::super::{Outcome, Result};
use crate::error::{Error, io};
use crate::vault::{Manifest, replace};

const SERVICE: &str = "systemd/user/cmr-upkeep.service";
const TIMER: &str = "systemd/user/cmr-upkeep.timer";
const CRONTAB: &str = "cmr/upkeep.cron";

/// The link that `systemctl enable` makes.
const ENABLED: &str = "systemd/user/timers.target.wants/cmr-upkeep.timer";

/// Variables that name files, and that the job needs as this command does.
const VARIABLES: [&str; 3] = ["CMR_IDENTITY_FILE", "CMR_PASSPHRASE_FILE", "CMR_CA_FILE"];

pub(super) fn install(session: &Session, systemd: bool, cron: bool, at: Time) -> Result<Outcome> {
    let by_cron = cron || !systemd && !Path::new("/run/systemd/system").exists();
    let vault = absolute(&session.vault_dir()?)?;
    Manifest::read(&vault)?;
    let places = Places::of_user()?;
    let job = job(&places, vault, at, !by_cron)?;
    let files = match by_cron {
        true => vec![(places.config.join(CRONTAB), job.crontab()?)],
        false => vec![(places.config.join(SERVICE), job.service()?), (places.config.join(TIMER), job.timer())],
    };
    for (path, _) in &files {
        check_free(path, &job)?;
    }
    let dry_run = session.globals().dry_run;
    if !dry_run {
        files.iter().try_for_each(|(path, text)| write(path, text))?;
    }
    let mut next = match by_cron {
        true => vec![format!("crontab -e, and put in the line of {}", files[0].0.display())],
        false => vec!["systemctl --user daemon-reload".into(), "systemctl --user enable --now cmr-upkeep.timer".into()],
    };
    if !job.credential && job.environment.len() == 1 {
        next.push(identity_steps(by_cron));
    }
    let files = files.into_iter().map(|(path, text)| FileView::new(&path, Some(text))).collect();
    session.printer().show(&Timetable { files, removed: false, next, dry_run })?;
    Ok(Outcome::Done)
}

/// What is to be typed for a job that has no key of its own: nobody types a passphrase at night.
fn identity_steps(by_cron: bool) -> String {
    let how = if by_cron { "--cron" } else { "--systemd" };
    format!(
        "a key of its own, for nobody types a passphrase at night: \
         cmr key add device nightly --new-identity FILE, then CMR_IDENTITY_FILE=FILE cmr upkeep install {how}"
    )
}

pub(super) fn remove(session: &Session) -> Result<Outcome> {
    let places = Places::of_user()?;
    let mut found = Vec::new();
    for path in [SERVICE, TIMER, CRONTAB].map(|name| places.config.join(name)) {
        match read(&path)? {
            Some(text) if !is_untouched(&text) => return Err(changed(&path)),
            Some(_) => found.push(path),
            None => {}
        }
    }
    let by_systemd = found.iter().any(|path| path.ends_with(TIMER) || path.ends_with(SERVICE));
    if by_systemd && places.config.join(ENABLED).is_symlink() {
        return Err(Error::must_act("the timer is enabled: nothing was removed")
            .hint("systemctl --user disable --now cmr-upkeep.timer, and then this again"));
    }
    let dry_run = session.globals().dry_run;
    if !dry_run {
        found.iter().try_for_each(|path| fs::remove_file(path).map_err(|e| io("remove", path, e)))?;
    }
    let mut next = Vec::new();
    if by_systemd {
        next.push("systemctl --user daemon-reload".into());
    }
    if found.iter().any(|path| path.ends_with(CRONTAB)) {
        next.push("crontab -e, and take the line out".into());
    }
    let files = found.iter().map(|path| FileView::new(path, None)).collect();
    session.printer().show(&Timetable { files, removed: true, next, dry_run })?;
    Ok(Outcome::Done)
}

/// Where the user's files are.
struct Places {
    home: PathBuf,
    config: PathBuf,
}

impl Places {
    fn of_user() -> Result<Self> {
        let dirs = directories::BaseDirs::new().ok_or_else(|| Error::failed("this account has no home directory"))?;
        Ok(Self { home: dirs.home_dir().to_owned(), config: dirs.config_dir().to_owned() })
    }
}

fn job(places: &Places, vault: PathBuf, at: Time, by_systemd: bool) -> Result<Job> {
    let program = std::env::current_exe().map_err(|e| Error::failed(format!("cannot find this program: {e}")))?;
    let mut environment = vec![("CMR_HOME", vault.clone())];
    for name in VARIABLES {
        if let Some(path) = std::env::var_os(name).filter(|path| !path.is_empty()) {
            environment.push((name, absolute(Path::new(&path))?));
        }
    }
    // An identity that is named here is the one that is meant.
    let credential = by_systemd && environment.len() == 1 && places.home.join(CREDENTIAL).exists();
    Ok(Job { program, environment, vault, credential, at })
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|e| io("find", path, e))
}

/// Refuses to write over what is not ours, or is another vault's.
fn check_free(path: &Path, job: &Job) -> Result<()> {
    // A link is somebody's own, wherever it leads: writing would put a file in its place.
    if path.is_symlink() {
        return Err(changed(path));
    }
    let Some(text) = read(path)? else { return Ok(()) };
    if !is_untouched(&text) {
        return Err(changed(path));
    }
    match job.is_for_its_vault(&text)? {
        false => Err(Error::bad_input(format!("{} is for another vault", path.display()))
            .hint("cmr upkeep remove takes it away; a second vault needs files of another name")),
        true => Ok(()),
    }
}

fn changed(path: &Path) -> Error {
    Error::bad_input(format!("{} is not as cmr upkeep install writes it", path.display()))
        .hint("it may hold something of yours: look at it, and move it away yourself")
}

fn read(path: &Path) -> Result<Option<String>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io("read", path, e)),
    }
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|e| io("make", folder, e))?;
    }
    replace(path, text.as_bytes())
}
