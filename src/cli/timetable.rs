//! What makes a machine do `cmr upkeep` each night: two systemd units, or a line for a crontab, as texts.

use std::path::{Path, PathBuf};

use jiff::civil::Time;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::text::shell_word;

/// What the texts are made of.
pub(super) struct Job {
    /// This program.
    pub(super) program: PathBuf,
    /// Variables that name files, the vault's directory first.
    pub(super) environment: Vec<(&'static str, PathBuf)>,
    /// The vault's directory.
    pub(super) vault: PathBuf,
    /// Whether systemd has an encrypted identity for it.
    pub(super) credential: bool,
    /// When.
    pub(super) at: Time,
}

/// Where the encrypted identity of the recipe lies, from the home directory.
pub(super) const CREDENTIAL: &str = ".config/cmr-identity.cred";

/// How the first line of each file begins. What comes after it is a checksum of the rest.
const MARK: &str = "# Written by cmr upkeep install; cmr upkeep remove takes it away if nobody changed it: ";

/// Puts the mark before a text.
fn marked(text: &str) -> String {
    format!("{MARK}{}\n{text}", hash(text))
}

/// Whether a file is just as [`marked`] made it.
pub(super) fn is_untouched(file: &str) -> bool {
    let parts = file.strip_prefix(MARK).and_then(|rest| rest.split_once('\n'));
    parts.is_some_and(|(kept, text)| kept == hash(text))
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

impl Job {
    /// The service.
    ///
    /// # Errors
    /// Kind bad input for a path that a unit cannot hold.
    pub(super) fn service(&self) -> Result<String> {
        let variables = self.environment.iter().map(|(name, path)| {
            let assignment = format!("{name}={}", text(path)?);
            Ok(format!("Environment={}\n", unit_word(&assignment)))
        });
        let variables = variables.collect::<Result<String>>()?;
        let credential = match self.credential {
            true => format!("LoadCredentialEncrypted=cmr-identity:%h/{CREDENTIAL}\n"),
            false => String::new(),
        };
        let program = text(&self.program)?;
        // systemd takes them in a variable, and not in a program's name.
        if program.contains(['"', '\'', '\\']) {
            return Err(Error::bad_input(format!("systemd starts no program whose path has quotes: {program}")));
        }
        let program = unit_word(program);
        let vault = unit_word(text(&self.vault)?);
        Ok(marked(&format!(
            "[Unit]
Description=What cmr does each night: collect answers, renew, deliver

[Service]
Type=oneshot
{variables}{credential}ExecStart={program} upkeep --no-input
# 4: delivery goes on later. That is no failure; 5 is one, for it needs you.
SuccessExitStatus=4
UMask=0077
LimitCORE=0
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
# All files but the vault's are read-only.
ProtectSystem=strict
ReadWritePaths={vault}
PrivateTmp=yes
"
        )))
    }

    /// The timer.
    pub(super) fn timer(&self) -> String {
        marked(&format!(
            "[Unit]
Description=What cmr does each night

[Timer]
OnCalendar=*-*-* {}:00
RandomizedDelaySec=1h
Persistent=true

[Install]
WantedBy=timers.target
",
            self.at.strftime("%H:%M")
        ))
    }

    /// The line for a crontab, with its mark.
    ///
    /// # Errors
    /// Kind bad input for a path that a crontab cannot hold.
    pub(super) fn crontab(&self) -> Result<String> {
        let variables = self.environment.iter().map(|(name, path)| Ok(format!("{name}={} ", cron_word(path)?)));
        let variables = variables.collect::<Result<String>>()?;
        let program = cron_word(&self.program)?;
        let (minute, hour) = (self.at.minute(), self.at.hour());
        Ok(marked(&format!("{minute} {hour} * * * {variables}{program} upkeep --quiet --no-input\n")))
    }

    /// Whether a file that was written before is for the same vault. A timer names none.
    ///
    /// # Errors
    /// Kind bad input for a path that no file can hold.
    pub(super) fn is_for_its_vault(&self, file: &str) -> Result<bool> {
        let vault = text(&self.vault)?;
        let by_systemd = unit_word(&format!("CMR_HOME={vault}"));
        let by_cron = format!("CMR_HOME={}", quoted(vault));
        Ok(!file.contains("CMR_HOME=") || file.contains(&by_systemd) || file.contains(&by_cron))
    }
}

fn text(path: &Path) -> Result<&str> {
    let text = path.to_str().filter(|text| !text.chars().any(char::is_control));
    text.ok_or_else(|| Error::bad_input(format!("the path {path:?} cannot stand in such a file")))
}

/// One word of a unit: quoted, without specifiers.
fn unit_word(word: &str) -> String {
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%"))
}

/// One word of a crontab's line: quoted for the shell, and the percent signs kept from cron, to which they end the line.
fn cron_word(path: &Path) -> Result<String> {
    let text = text(path)?;
    if text.contains('\\') {
        return Err(Error::bad_input(format!("the path {text} cannot stand in a crontab: it has a backslash")));
    }
    Ok(quoted(text))
}

fn quoted(text: &str) -> String {
    shell_word(text).replace('%', "\\%")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(program: &str, vault: &str) -> Job {
        Job {
            program: program.into(),
            environment: vec![("CMR_HOME", vault.into())],
            vault: vault.into(),
            credential: true,
            at: Time::constant(3, 30, 0, 0),
        }
    }

    /// The files that stand in the documentation are those that the program writes.
    #[test]
    fn the_documentation_has_the_same_files() {
        let ada = job("/home/ada/.cargo/bin/cmr", "/home/ada/.local/share/cmr");
        let by_cron = Job {
            environment: vec![
                ("CMR_HOME", "/home/ada/.local/share/cmr".into()),
                ("CMR_IDENTITY_FILE", "/home/ada/.config/cmr/nightly.txt".into()),
            ],
            ..job("/home/ada/.cargo/bin/cmr", "/home/ada/.local/share/cmr")
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes/upkeep");
        for (name, wanted) in [
            ("cmr-upkeep.service", ada.service().unwrap()),
            ("cmr-upkeep.timer", ada.timer()),
            ("upkeep.cron", by_cron.crontab().unwrap()),
        ] {
            let path = folder.join(name);
            if std::env::var_os("CMR_BLESS").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, &wanted).unwrap();
            }
            let kept = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(kept == wanted, "{name} is not current: CMR_BLESS=1 cargo test --lib timetable");
        }
    }

    #[test]
    fn odd_paths_are_quoted_for_systemd() {
        let service = job("/opt/my apps/100%/cmr", "/home/a \"b\"/$x\\y").service().unwrap();
        assert!(service.contains("\nExecStart=\"/opt/my apps/100%%/cmr\" upkeep --no-input\n"), "{service}");
        assert!(service.contains("\nEnvironment=\"CMR_HOME=/home/a \\\"b\\\"/$x\\\\y\"\n"), "{service}");
        assert!(service.contains("\nReadWritePaths=\"/home/a \\\"b\\\"/$x\\\\y\"\n"), "{service}");
        for (program, vault) in [("/bin/cmr", "/home/a\nExecStart=/bin/sh"), ("/it's/cmr", "/v"), ("/a\\b/cmr", "/v")] {
            assert!(job(program, vault).service().is_err(), "{program} {vault}");
        }
    }

    #[test]
    fn odd_paths_are_quoted_for_cron() {
        let line = job("/opt/it's 100%/cmr", "/home/a b/$x").crontab().unwrap();
        let wanted = "\n30 3 * * * CMR_HOME='/home/a b/$x' '/opt/it'\\''s 100\\%/cmr' upkeep --quiet --no-input\n";
        assert!(line.ends_with(wanted), "{line}");
        for vault in ["/a\\b", "/a\n* * * * * sh"] {
            assert!(job("/bin/cmr", vault).crontab().is_err(), "{vault}");
        }
    }

    #[test]
    fn a_file_that_anybody_changed_is_known_by_its_mark() {
        let timer = job("/bin/cmr", "/v").timer();
        assert!(is_untouched(&timer));
        for other in
            [timer.replace("1h", "2h"), format!("{timer}\n"), timer.replacen("changed it: ", "changed it: 0", 1)]
        {
            assert!(!is_untouched(&other), "{other}");
        }
        assert!(!is_untouched("") && !is_untouched("[Timer]\n"));
    }
}
