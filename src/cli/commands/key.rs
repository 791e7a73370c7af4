//! `cmr key`.

use std::path::Path;

use secrecy::SecretString;
use serde_json::json;

use super::super::args::key::{
    AddKind, DeviceArgs, KeyArgs, KeyVerb, PassphraseArgs, RecipientArgs, RecoveryArgs, SlotArgs,
};
use super::super::output::key::{KeyChanged, KeyRotated, Keys, Slot};
use super::super::output::text::count;
use super::super::output::vault::DryRun;
use super::super::session::Session;
use super::super::unlock::Source;
use super::super::{Outcome, Result};
use super::super::{keyring, output, prompt, secret};
use super::new_secret::{SecretFile, check_recovery, new_passphrase};
use crate::error::{Error, io};
use crate::ledger;
use crate::vault::key::DataKey;
use crate::vault::slot::{NewSlot, Recipient, SlotKind, new_recovery, open_with_passphrase};
use crate::vault::{Manifest, Passphrases, Plan, SlotEntry, Tx, Vault, agent, passphrase_slots, slot, working_without};

pub(in super::super) fn run(args: &KeyArgs, session: &Session) -> Result<Outcome> {
    match &args.verb {
        KeyVerb::List => list(session),
        KeyVerb::Add { kind } => add(kind, session),
        KeyVerb::Remove { name } => remove(name, session),
        KeyVerb::Rotate => rotate(session),
    }
}

/// Lists the slots without opening the vault: what is shown is no secret.
fn list(session: &Session) -> Result<Outcome> {
    let dir = session.vault_dir()?;
    let manifest = Manifest::read(&dir)?;
    session.printer().show(&Keys {
        id: manifest.id.to_string(),
        key_fingerprint: manifest.key_fingerprint.clone(),
        next_key_fingerprint: manifest.next_key_fingerprint.clone(),
        slots: manifest.slots.iter().map(|slot| Slot::new(&dir, slot)).collect(),
    })?;
    let printer = session.printer();
    if manifest.next_key_fingerprint.is_some() {
        printer.remark("A rotation of the data key is not finished: the next command that opens the vault does that.");
    }
    printer.remark("Check that a slot opens the vault: CMR_IDENTITY_FILE=recovery.txt cmr status");
    printer.remark("Change the passphrase: cmr key add passphrase --replace");
    Ok(Outcome::Done)
}

fn add(kind: &AddKind, session: &Session) -> Result<Outcome> {
    let (slot, default) = match kind {
        AddKind::Passphrase(args) => (&args.slot, SlotKind::Passphrase),
        AddKind::Recovery(args) => (&args.slot, SlotKind::Recovery),
        AddKind::Device(args) => (&args.slot, SlotKind::Device),
        AddKind::Ssh(args) => (&args.slot, SlotKind::Ssh),
        AddKind::Plugin(args) => (&args.slot, SlotKind::Plugin),
        AddKind::Keyring(args) => (args, SlotKind::Keyring),
    };
    let adding = Adding::begin(session, slot, default)?;
    if session.globals().dry_run {
        return would(session, format!("A slot {} ({}) would be added.", adding.name, default.name()));
    }
    match kind {
        AddKind::Passphrase(args) => adding.passphrase(args),
        AddKind::Recovery(args) => adding.recovery(args),
        AddKind::Device(args) => adding.device(args),
        AddKind::Ssh(args) => adding.recipient(args, SlotKind::Ssh),
        AddKind::Plugin(args) => adding.recipient(args, SlotKind::Plugin),
        AddKind::Keyring(_) => adding.keyring(),
    }
}

fn would(session: &Session, would: String) -> Result<Outcome> {
    session.printer().show(&DryRun { would })?;
    Ok(Outcome::Done)
}

/// A slot on its way into the vault.
struct Adding<'a> {
    session: &'a Session,
    name: &'a str,
    replace: bool,
}

impl<'a> Adding<'a> {
    /// Looks at the name before anybody is asked for anything.
    fn begin(session: &'a Session, args: &'a SlotArgs, kind: SlotKind) -> Result<Self> {
        let name = args.name.as_deref().unwrap_or(kind.name());
        slot::check_name(name)?;
        let manifest = Manifest::read(&session.vault_dir()?)?;
        match (manifest.slot(name), args.replace) {
            (Ok(_), false) => Err(Error::bad_input(format!("there is a slot named {name} already"))
                .hint("give another name, or put the new one in its place: --replace")),
            (Err(error), true) => Err(error),
            _ => Ok(Self { session, name, replace: args.replace }),
        }
    }

    fn passphrase(self, args: &PassphraseArgs) -> Result<Outcome> {
        // The vault first: who cannot open it need not think of a passphrase.
        let opened = self.session.vault_and_key()?;
        let given = secret::given_new_passphrase(args)?;
        if given.is_none() && !self.session.prompt().is_interactive() {
            return Err(Error::usage("cannot ask here: New passphrase")
                .hint("answer with --new-passphrase-fd N or --new-passphrase-file FILE"));
        }
        let passphrase = new_passphrase(self.session, given)?;
        let added = self.put(opened, &NewSlot::Passphrase(&passphrase))?;
        self.done(added)
    }

    fn recovery(self, args: &RecoveryArgs) -> Result<Outcome> {
        let opened = self.session.vault_and_key()?;
        let (identity, text) = new_recovery();
        // The file before the slot: one whose key has no place to go would be of no use.
        let file = args.recovery_file.as_deref().map(|path| filled(path, &text)).transpose()?;
        let mut added = self.put(opened, &NewSlot::Recovery(&identity))?;
        added.file = file.map(SecretFile::keep);
        added.recovery_key = added.file.is_none().then(|| text.to_string());
        let (session, name, shown) = (self.session, self.name, added.file.is_none());
        self.done(added)?;
        if shown && session.prompt().is_interactive() {
            let otherwise =
                format!("for another, cmr key add recovery {name} --replace; without one, cmr key remove {name}");
            check_recovery(session, &text, &otherwise)?;
        }
        Ok(Outcome::Done)
    }

    fn device(self, args: &DeviceArgs) -> Result<Outcome> {
        let Some(path) = &args.new_identity else {
            return self.to(args.recipient.as_deref().unwrap_or_default(), SlotKind::Device);
        };
        let opened = self.session.vault_and_key()?;
        let (identity, text) = new_recovery();
        let recipient = Recipient::from(identity.to_public());
        let file = filled(path, &format!("# public key: {recipient}\n{}", text.as_str()))?;
        let asker = prompt::asker(self.session.prompt());
        let mut added = self.put(opened, &NewSlot::To(SlotKind::Device, &recipient, &asker))?;
        let file = file.keep();
        let remark = format!("Open the vault with it: CMR_IDENTITY_FILE={file} cmr status");
        added.file = Some(file);
        let session = self.session;
        self.done(added)?;
        session.printer().remark(&remark);
        Ok(Outcome::Done)
    }

    fn recipient(self, args: &RecipientArgs, kind: SlotKind) -> Result<Outcome> {
        self.to(&args.recipient, kind)
    }

    fn to(self, typed: &str, kind: SlotKind) -> Result<Outcome> {
        let recipient = read_recipient(typed)?;
        if recipient.kind() != kind {
            let right = recipient.kind().name();
            return Err(Error::bad_input(format!("{recipient} is for a slot of kind {right}"))
                .hint(format!("cmr key add {right} --recipient …")));
        }
        let manifest = Manifest::read(&self.session.vault_dir()?)?;
        let text = recipient.to_string();
        let same = |slot: &&SlotEntry| slot.recipient.as_ref() == Some(&text) && slot.name != self.name;
        if let Some(slot) = manifest.slots.iter().find(same) {
            return Err(Error::bad_input(format!("the slot {} has this key already", slot.name)).hint("cmr key list"));
        }
        let asker = prompt::asker(self.session.prompt());
        let added = self.put(self.session.vault_and_key()?, &NewSlot::To(kind, &recipient, &asker))?;
        self.done(added)
    }

    fn keyring(self) -> Result<Outcome> {
        let (vault, key) = self.session.vault_and_key()?;
        let (identity, text) = new_recovery();
        let recipient = Recipient::from(identity.to_public());
        let asker = prompt::asker(self.session.prompt());
        // The keyring first: a slot whose secret is nowhere would be of no use.
        let place = keyring::Place::new(vault.manifest().id, &recipient.to_string());
        place.set(&text)?;
        let added = self
            .put((vault, key), &NewSlot::To(SlotKind::Keyring, &recipient, &asker))
            .inspect_err(|_| drop(place.remove()))?;
        self.done(added)
    }

    fn put(&self, (mut vault, key): (Vault, std::rc::Rc<DataKey>), new: &NewSlot) -> Result<KeyChanged> {
        let entry = vault.add_slot(self.name, new, &key, self.replace, |tx, entry| {
            let body = json!({"kind": entry.kind.name(), "recipient": entry.recipient, "replaced": self.replace});
            ledger::append(tx, "key-slot-added", &entry.name, &body)
        })?;
        Ok(KeyChanged::new(if self.replace { "replaced" } else { "added" }, &entry))
    }

    fn done(self, added: KeyChanged) -> Result<Outcome> {
        self.session.printer().show(&added)?;
        if self.replace {
            self.session.printer().remark(KEPT);
        }
        Ok(Outcome::Done)
    }
}

/// What must be said of every slot that goes.
const KEPT: &str = "A copy of the old slot still opens the vault for who has its secret; a new data key ends that: \
                    cmr key rotate";

fn filled<'a>(path: &'a Path, text: &str) -> Result<SecretFile<'a>> {
    let mut file = SecretFile::create(path)?;
    file.write(text)?;
    Ok(file)
}

/// A recipient, or the first in a file, such as an ssh key's `.pub`.
fn read_recipient(typed: &str) -> Result<Recipient> {
    let path = Path::new(typed);
    if typed.starts_with("age1") || typed.starts_with("ssh-") || (!path.exists() && !typed.contains(['/', '.'])) {
        return typed.parse();
    }
    if !path.exists() {
        return Err(Error::not_found(format!("there is no file {typed}")));
    }
    let text = std::fs::read_to_string(path).map_err(|e| io("read", path, e))?;
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.next().unwrap_or_default().parse()
}

fn remove(name: &str, session: &Session) -> Result<Outcome> {
    let dir = session.vault_dir()?;
    let manifest = Manifest::read(&dir)?;
    let entry = manifest.slot(name)?;
    let left = working_without(&dir, &manifest, entry)?;
    if session.globals().dry_run {
        return would(
            session,
            format!("The slot {name} would be removed; {} would be left.", count(left.len(), "slot")),
        );
    }
    let mut vault = session.vault()?;
    session.require(&question(entry, &left), "--yes")?;
    let removed = vault.remove_slot(name, record_removal)?;
    forget_identity(session, &manifest, &removed);
    session.printer().show(&KeyChanged::new("removed", &removed))?;
    session.printer().remark(KEPT);
    Ok(Outcome::Done)
}

/// Takes the identity of a keyring slot out of the keyring. It opens nothing any more, and stays if the keyring is away.
fn forget_identity(session: &Session, manifest: &Manifest, slot: &SlotEntry) {
    let (SlotKind::Keyring, Some(recipient)) = (slot.kind, &slot.recipient) else { return };
    if let Err(error) = keyring::Place::new(manifest.id, recipient).remove() {
        session
            .printer()
            .warn(&format!("the keyring still has the identity of the slot, which opens nothing: {error}"));
    }
}

fn record_removal(tx: &Tx, entry: &SlotEntry) -> Result<()> {
    ledger::append(tx, "key-slot-removed", &entry.name, &json!({"kind": entry.kind.name()}))
}

fn question(entry: &SlotEntry, left: &[SlotKind]) -> String {
    let warning = match left {
        _ if left.iter().all(|kind| *kind == SlotKind::Recovery) => "Then only a recovery key opens the vault. ",
        _ if entry.kind == SlotKind::Recovery && !left.contains(&SlotKind::Recovery) => {
            "It is the only recovery key: who loses what is left loses the vault. "
        }
        _ => "",
    };
    format!("{warning}Remove the slot {} ({})?", entry.name, entry.kind.name())
}

/// Makes a new data key. The passphrases are asked for first, and open the vault; then nothing needs a person any more.
fn rotate(session: &Session) -> Result<Outcome> {
    let dir = session.vault_dir()?;
    let manifest = Manifest::read(&dir)?;
    if session.globals().dry_run {
        let slots = count(manifest.slots.len(), "slot");
        let needs = needed(&manifest);
        return would(session, format!("The database and {slots} would be written anew under a new data key.{needs}"));
    }
    let question = format!("Make a new data key, and write the database and every slot anew?{}", needed(&manifest));
    session.require(&question, "--yes")?;
    let (passphrases, opened) = passphrases(session, &dir, &manifest)?;
    let vault = match opened {
        Some((key, source)) => session.vault_with(&key, source)?,
        None => session.vault()?,
    };
    let plan = Plan::new(&vault, &passphrases, &prompt::asker(session.prompt()))?;
    // The agent has the database open under the old key; whoever is quick enough to start another makes this wait.
    if agent::lock(&dir)? {
        session.printer().remark("The vault is locked now. Afterwards go on with: cmr unlock");
    }
    let waits = || session.printer().remark("Another command uses the vault: waiting for it, 20 seconds at most.");
    let progress = output::progress("Writing the database anew");
    let (vault, rotated) = vault.rotate(plan, ledger::append_rotation, waits, progress)?;
    session.printer().show(&KeyRotated::new(rotated, &vault.manifest().slots))?;
    session.printer().remark("Backups made before keep the old key: they open with the slots that lie beside them.");
    Ok(Outcome::Done)
}

/// Whose passphrases a rotation needs.
fn needed(manifest: &Manifest) -> String {
    let names: Vec<&str> = passphrase_slots(manifest).map(|slot| slot.name.as_str()).collect();
    match names.as_slice() {
        [] => String::new(),
        names => format!(" It takes the passphrase of: {}.", names.join(", ")),
    }
}

/// The passphrase of every passphrase slot: the one that was given where it fits, else a person's. Each is tried, so
/// that no slot is written with a passphrase that was mistyped; that also gives the key.
fn passphrases(session: &Session, dir: &Path, manifest: &Manifest) -> Result<(Passphrases, Option<(DataKey, Source)>)> {
    let (mut all, mut opened) = (Passphrases::new(), None);
    let given = match passphrase_slots(manifest).next() {
        Some(_) => secret::given_passphrase(session.globals())?,
        None => None,
    };
    for slot in passphrase_slots(manifest) {
        let (passphrase, key, source) = fitting(session, dir, manifest, slot, given.as_ref())?;
        opened = opened.or(Some((key, source)));
        all.insert(slot.name.clone(), passphrase);
    }
    Ok((all, opened))
}

fn fitting(
    session: &Session,
    dir: &Path,
    manifest: &Manifest,
    slot: &SlotEntry,
    given: Option<&(SecretString, &'static str)>,
) -> Result<(SecretString, DataKey, Source)> {
    if let Some((passphrase, from)) = given
        && let Some(key) = open_with_passphrase(dir, manifest, slot, passphrase)?
    {
        let source = if *from == "--passphrase-fd" { Source::PassphraseFd } else { Source::PassphraseFile };
        return Ok((passphrase.clone(), key, source));
    }
    if !session.prompt().is_interactive() {
        return Err(Error::locked(format!("the slot {} needs its passphrase to be written anew", slot.name)).hint(
            "give it by --passphrase-fd N or CMR_PASSPHRASE_FILE; with several passphrases run this on a terminal, or remove \
             slots first",
        ));
    }
    loop {
        let typed = session.prompt().secret(&format!("Passphrase of the slot {}", slot.name))?;
        match open_with_passphrase(dir, manifest, slot, &typed)? {
            Some(key) => return Ok((typed, key, Source::Prompt)),
            None => session.printer().warn("wrong passphrase: once more; Ctrl-C stops, and nothing was changed"),
        }
    }
}
