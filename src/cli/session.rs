//! What holds while one command runs: options, printer, prompt, and the way to the vault.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::args::Globals;
use super::output::{Printer, View};
use super::prompt::{Prompt, Refusing, Terminal};
use super::unlock::{Effort, Source, Unlock};
use crate::error::{Error, Result};
use crate::ledger;
use crate::vault::key::DataKey;
use crate::vault::{Manifest, Settled, Vault, agent};

/// How often the data key may be rotated while one command waits for its turn.
const ROTATIONS: u32 = 5;

/// One command's session.
pub(super) struct Session {
    globals: Globals,
    printer: Printer,
    prompt: Box<dyn Prompt>,
    /// The data key, where several commands share a process: the demo.
    key: Option<Rc<DataKey>>,
    unlocked_by: Cell<Option<Source>>,
}

impl Session {
    pub(super) fn new(globals: Globals) -> Self {
        // A question on standard error that goes elsewhere would never be seen.
        let on_terminal = std::io::IsTerminal::is_terminal(&std::io::stdin()) && super::output::stderr_is_terminal();
        let interactive = !globals.no_input && on_terminal;
        let prompt: Box<dyn Prompt> = if interactive { Box::new(Terminal) } else { Box::new(Refusing) };
        let printer = Printer::new(globals.json, globals.quiet, globals.color);
        Self { globals, printer, prompt, key: None, unlocked_by: Cell::default() }
    }

    /// A session whose vault is opened with this key.
    pub(super) fn with_key(globals: Globals, key: Rc<DataKey>) -> Self {
        Self { key: Some(key), ..Self::new(globals) }
    }

    pub(super) fn globals(&self) -> &Globals {
        &self.globals
    }

    pub(super) fn printer(&self) -> &Printer {
        &self.printer
    }

    /// Shows a person what they are about to be asked about. Who wants to read little, and answered yes, is shown nothing.
    pub(super) fn preview<V: View>(&self, view: &V) -> Result<()> {
        match self.globals.quiet && self.globals.yes && !self.globals.dry_run {
            true => Ok(()),
            false => self.printer.preview(view),
        }
    }

    pub(super) fn prompt(&self) -> &dyn Prompt {
        &*self.prompt
    }

    /// Prints no results and no remarks any more.
    pub(super) fn silence(&mut self) {
        self.printer.silence();
    }

    /// Asks for a yes, unless `--yes` said it. `flag` is what answers without a person.
    pub(super) fn confirm(&self, question: &str, flag: &str) -> Result<bool> {
        if self.globals.yes {
            return Ok(true);
        }
        self.prompt.confirm(question, flag)
    }

    /// The same, where a no ends the command.
    pub(super) fn require(&self, question: &str, flag: &str) -> Result<()> {
        match self.confirm(question, flag)? {
            true => Ok(()),
            false => Err(Error::failed("stopped at your word: nothing was changed")),
        }
    }

    /// Where the vault lies: `--vault`, `CMR_HOME`, or the user's data directory.
    pub(super) fn vault_dir(&self) -> Result<PathBuf> {
        if let Some(dir) = &self.globals.vault {
            return Ok(dir.clone());
        }
        if let Some(dir) = std::env::var_os("CMR_HOME").filter(|dir| !dir.is_empty()) {
            return Ok(dir.into());
        }
        directories::ProjectDirs::from("", "", "cmr")
            .map(|dirs| dirs.data_dir().to_owned())
            .ok_or_else(|| Error::failed("this account has no home directory").hint("say where: --vault DIR"))
    }

    /// Opens the vault.
    pub(super) fn vault(&self) -> Result<Vault> {
        self.vault_and_key().map(|(vault, _)| vault)
    }

    /// Opens the vault for a command that wraps its key once more.
    pub(super) fn vault_and_key(&self) -> Result<(Vault, Rc<DataKey>)> {
        let dir = self.vault_dir()?;
        let mut manifest = Manifest::read(&dir)?;
        let mut tries = 0;
        let (vault, key) = loop {
            let opened = self.open_as(&dir, &manifest);
            let now = Manifest::read(&dir)?;
            match opened {
                // The data key was rotated meanwhile, perhaps more than once: what was found is an old one.
                Err(_) if now != manifest && tries < ROTATIONS => (manifest, tries) = (now, tries + 1),
                other => break other?,
            }
        };
        Ok((self.opened(vault)?, key))
    }

    fn open_as(&self, dir: &Path, manifest: &Manifest) -> Result<(Vault, Rc<DataKey>)> {
        let key = self.data_key(dir, manifest)?;
        Ok((Vault::open(dir, manifest.clone(), &key)?, key))
    }

    /// Opens the vault with a key that the command came by itself.
    pub(super) fn vault_with(&self, key: &DataKey, source: Source) -> Result<Vault> {
        let dir = self.vault_dir()?;
        self.unlocked_by.set(Some(source));
        self.opened(Vault::open(&dir, Manifest::read(&dir)?, key)?)
    }

    /// What is done with a vault before a command gets it.
    fn opened(&self, mut vault: Vault) -> Result<Vault> {
        ledger::check_anchor(&vault)?;
        if vault.is_rotating() {
            self.settle(&mut vault);
        }
        Ok(vault)
    }

    /// Finishes a rotation of the data key that was cut off. Where that fails the vault works all the same.
    fn settle(&self, vault: &mut Vault) {
        let ended = agent::lock(vault.dir());
        match ended.and_then(|_| vault.settle(ledger::append_rotation)) {
            Ok(Some(Settled::Forwards)) => {
                self.printer
                    .remark("A rotation of the data key that was cut off is finished: the vault has the new key.");
            }
            Ok(Some(Settled::Backwards)) => self.printer.remark(
                "A rotation of the data key that was cut off is taken back: the vault has the key that it had.",
            ),
            Ok(None) => {}
            Err(error) => self.printer.warn(&format!("a rotation of the data key cannot be finished yet: {error}")),
        }
    }

    /// Opens the vault even where its ledger is not what the anchor says.
    pub(super) fn vault_with_loss(&self) -> Result<Vault> {
        let dir = self.vault_dir()?;
        let manifest = Manifest::read(&dir)?;
        let key = self.data_key(&dir, &manifest)?;
        Vault::open(&dir, manifest, &key)
    }

    /// Names the vault's database in an error that it gave.
    pub(super) fn name_database(&self, error: Error) -> Error {
        match self.vault_dir() {
            Ok(dir) => crate::vault::name_database(error, &dir),
            Err(_) => error,
        }
    }

    /// How the vault was opened, once it was.
    pub(super) fn unlocked_by(&self) -> Option<Source> {
        self.unlocked_by.get()
    }

    /// Opens the vault if that takes nobody's answer; `None` if it is locked.
    pub(super) fn vault_unasked(&self) -> Result<Option<Vault>> {
        let dir = self.vault_dir()?;
        let manifest = Manifest::read(&dir)?;
        let Some((key, source)) = self.unlock(&dir, &manifest).find(Effort::Unasked)? else { return Ok(None) };
        self.unlocked_by.set(Some(source));
        self.opened(Vault::open(&dir, manifest, &key)?).map(Some)
    }

    /// The ways to unlock a vault for this command.
    pub(super) fn unlock<'a>(&'a self, dir: &'a Path, manifest: &'a Manifest) -> Unlock<'a> {
        Unlock { dir, manifest, globals: &self.globals, prompt: self.prompt(), printer: &self.printer }
    }

    fn data_key(&self, dir: &Path, manifest: &Manifest) -> Result<Rc<DataKey>> {
        if let Some(key) = &self.key {
            self.unlocked_by.set(Some(Source::Demo));
            return Ok(Rc::clone(key));
        }
        let (key, source) = self.unlock(dir, manifest).data_key(Effort::Full)?;
        self.unlocked_by.set(Some(source));
        Ok(Rc::new(key))
    }
}
