//! `cmr demo`: the main job, typed by itself, on a vault and three vendors that it makes and takes away again.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use secrecy::SecretString;
use tempfile::TempDir;

use super::super::args::demo::DemoArgs;
use super::super::output::demo::{Demo, Step};
use super::super::output::text::{BOLD, DIM};
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::init;
use crate::error::{Error, io};
use crate::receiver::{self, Config, Server};
use crate::vault::key::DataKey;
use crate::vault::passphrase;

/// The customer of the demo.
const CARD: &str = include_str!("demo.vcf");

/// The vendors of the demo: what each is called, what it calls itself, and the only claims that it takes, if it is
/// choosy.
const VENDORS: [(&str, &str, &[&str]); 3] = [
    ("bookshop", "The Corner Bookshop", &[]),
    ("bank", "Savings & Trust", &[]),
    ("parcels", "Parcels, Inc.", &["name", "address"]),
];

pub(in super::super) fn run(args: &DemoArgs, session: &Session) -> Result<Outcome> {
    let started = Instant::now();
    let stop = on_interrupt()?;
    let key = Rc::new(DataKey::generate()?);
    let dir = tempfile::Builder::new()
        .prefix("cmr-demo-")
        .tempdir()
        .map_err(|e| io("create a directory in", &std::env::temp_dir(), e))?;
    let mut stage = Stage { session, dir, key, stop, servers: Vec::new(), steps: Vec::new() };
    stage.play()?;
    let kept = args.keep.then(|| stage.keep()).transpose()?;
    session.printer().show(&Demo {
        steps: stage.steps,
        seconds: started.elapsed().as_secs_f64(),
        kept: kept.map(|dir| dir.display().to_string()),
    })?;
    Ok(Outcome::Done)
}

/// Lets Ctrl-C end the demo between two of its steps, so that it leaves nothing behind.
fn on_interrupt() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || flag.store(true, Ordering::SeqCst))
        .map_err(|e| Error::failed(format!("cannot listen for Ctrl-C: {e}")))?;
    Ok(stop)
}

struct Stage<'a> {
    session: &'a Session,
    dir: TempDir,
    key: Rc<DataKey>,
    stop: Arc<AtomicBool>,
    servers: Vec<Server>,
    steps: Vec<Step>,
}

impl Stage<'_> {
    fn play(&mut self) -> Result<()> {
        self.title("A vault, and who you are")?;
        self.init()?;
        self.file("ada.vcf", CARD)?;
        self.run("profile import ada.vcf --yes")?;

        self.title("Three vendors. Each publishes what it takes; each gets a key of yours that no other sees")?;
        for (name, title, claims) in VENDORS {
            self.open_vendor(name, title, claims)?;
        }
        self.run("vendor alias bank email ada+bank@example.org")?;
        self.run("vendor list")?;

        self.title("Lend each what it needs, for a purpose, for a time")?;
        self.run("grant create bookshop --claims name,email,address --purpose DeliveryOfGoods --expires 90d --data-life 1y --yes")?;
        self.run("grant create bank --claims name,email,address,birthdate --purpose CustomerManagement --expires 1y --data-life 5y --terms SD-BASE-DP --yes")?;
        self.run("grant create parcels --claims name,address,phone_number --purpose DeliveryOfGoods --expires 30d --data-life 60d --yes")?;
        self.run("push")?;

        self.title("You move. Change the address once")?;
        self.run("profile set address street_address='3 quai de Saône' postal_code=69002 locality=Lyon")?;
        self.run("push")?;
        self.run("who address")?;

        self.title("Take it back")?;
        self.run("grant revoke parcels --why 'the parcel has come' --yes")?;
        self.run("push")?;
        self.run("vendor knows parcels")?;

        self.title("And all of it can be proved")?;
        self.run("grant list --all")?;
        self.run("log verify")
    }

    /// Prints as a person at the terminal would see it. With `--json` the document at the end says it all.
    fn print(&self, text: &str) -> Result<()> {
        if self.session.printer().is_json() {
            return Ok(());
        }
        self.session.printer().raw(text)
    }

    fn title(&mut self, text: &str) -> Result<()> {
        self.print(&format!("\n{BOLD}{text}.{BOLD:#}\n"))
    }

    fn typed(&mut self, line: &str) -> Result<()> {
        if self.stop.load(Ordering::SeqCst) {
            return Err(Error::failed("stopped: the demo leaves nothing behind"));
        }
        self.print(&format!("\n{DIM}${DIM:#} cmr {line}\n"))?;
        self.steps.push(Step { command: format!("cmr {line}") });
        Ok(())
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.dir.path().join(name)
    }

    fn file(&self, name: &str, content: &str) -> Result<()> {
        let path = self.path(name);
        fs::write(&path, content).map_err(|e| io("write", &path, e))
    }

    /// `cmr init`, with a passphrase of the demo's own.
    fn init(&mut self) -> Result<()> {
        self.typed("init --recovery-file recovery.txt")?;
        let passphrase = passphrase::offer()?;
        let secret = SecretString::from(passphrase.as_str());
        let (_, recovery) = init::make_with(&self.path("vault"), &self.key, &secret)?;
        self.file("passphrase.txt", &passphrase)?;
        self.file("recovery.txt", &recovery)?;
        self.print("Your vault is in vault.\n")
    }

    /// A vendor's server, a customer's token there, and the vendor in the vault.
    fn open_vendor(&mut self, name: &str, title: &str, claims: &[&str]) -> Result<()> {
        let data_dir = self.path(name);
        let token = receiver::add_customer(&data_dir, "ada")?.token;
        self.file(&format!("{name}.token"), &token)?;
        let server = Server::start(Config {
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            data_dir,
            public_url: None,
            name: Some(title.to_owned()),
            claims_supported: claims.iter().map(|claim| (*claim).to_owned()).collect(),
        })?;
        let resource = server.resource().to_owned();
        self.servers.push(server);
        self.run_quietly(&format!("vendor add {name} --url {resource} --allow-loopback --token-file {name}.token"))
    }

    /// Runs a line as if it had been typed in the demo's directory.
    fn run(&mut self, line: &str) -> Result<()> {
        self.typed(line)?;
        self.execute(line, self.session.printer().is_json())
    }

    /// The same, without its result.
    fn run_quietly(&mut self, line: &str) -> Result<()> {
        self.typed(line)?;
        self.execute(line, true)
    }

    fn execute(&self, line: &str, silent: bool) -> Result<()> {
        let vault = self.path("vault").into_os_string();
        let words = words(line).into_iter().map(|word| match self.path(&word) {
            path if path.is_file() => path.into_os_string(),
            _ => OsString::from(word),
        });
        let args: Vec<OsString> =
            ["cmr".into(), "--vault".into(), vault, "--no-input".into()].into_iter().chain(words).collect();
        let cli = super::super::parse(&args).map_err(|e| Error::failed(format!("the demo typed a wrong line: {e}")))?;
        let mut inner = Session::with_key(cli.globals.clone(), Rc::clone(&self.key));
        if silent {
            inner.silence();
        }
        super::super::run(&cli.noun, &inner).map(|_| ())
    }

    /// Keeps the vault, and says how to open it.
    fn keep(&mut self) -> Result<std::path::PathBuf> {
        let dir = self.dir.path().to_owned();
        self.dir.disable_cleanup(true);
        let (vault, identity) = (dir.join("vault"), dir.join("recovery.txt"));
        let mut how = format!(
            "\n{BOLD}To play with it:{BOLD:#}\n\n  export CMR_HOME={} CMR_IDENTITY_FILE={}\n",
            vault.display(),
            identity.display()
        );
        for (server, (name, ..)) in self.servers.iter().zip(VENDORS) {
            how.push_str(&format!(
                "  cmr receiver serve --listen {} --data {} &\n",
                server.address(),
                Path::new(&dir).join(name).display()
            ));
        }
        how.push_str(&format!("  cmr status\n\n  rm -r {}   {DIM}# when you have had enough{DIM:#}\n", dir.display()));
        self.print(&how)?;
        Ok(dir)
    }
}

/// The words of a line, as a shell would take it apart: blanks separate, single quotes keep together.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            if let Some(last) = words.last_mut() {
                last.push_str(part);
            }
            continue;
        }
        for (n, piece) in part.split(' ').enumerate() {
            if n > 0 {
                words.push(String::new());
            }
            if let Some(last) = words.last_mut() {
                last.push_str(piece);
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_falls_into_words() {
        assert_eq!(
            words("set a street='3 quai' --why 'it  has come'"),
            ["set", "a", "street=3 quai", "--why", "it  has come"]
        );
    }
}
