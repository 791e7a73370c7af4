//! `cmr import`.

use std::io::{Cursor, Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use zeroize::Zeroizing;

use super::super::args::import::{ImportArgs, ImportVerb, TakeArgs};
use super::super::output::import::Imported;
use super::super::output::imports::{BatchView, ImportUndone, Imports, UnmatchedView};
use super::super::session::Session;
use super::super::{Outcome, Result};
use super::{import_bank, import_directory, import_identity, import_mail};
use crate::error::{Error, io};
use crate::import::collect::{Collected, Collector};
use crate::import::evidence::Sink;
use crate::import::matching::Candidate;
use crate::import::model::BatchKind;
use crate::import::passwords::{self, Identity};
use crate::import::plan::{Given, Plan};
use crate::import::{self, vcard, write};
use crate::text::nearest;
use crate::vault::Vault;
use crate::vendor;

/// The largest standard input that is read, in bytes: it has to lie in memory.
const LARGEST_INPUT: u64 = 256 * 1024 * 1024;

pub(in super::super) fn run(args: &ImportArgs, session: &Session) -> Result<Outcome> {
    match &args.verb {
        ImportVerb::Passwords { files, take } => from_passwords(session, files, take),
        ImportVerb::Vcard { files, take } => from_vcard(session, files, take),
        ImportVerb::Mail { path, mailbox, take } => import_mail::run(session, path, mailbox, take),
        ImportVerb::Bank { files, columns, take } => import_bank::run(session, files, take, columns),
        ImportVerb::Directory { path, take } => import_directory::run(session, path, take),
        ImportVerb::List { unmatched } => list(session, *unmatched),
        ImportVerb::Undo { import } => undo(session, import),
    }
}

fn from_passwords(session: &Session, files: &[PathBuf], take: &TakeArgs) -> Result<Outcome> {
    let format = take.format.as_deref().map(|typed| {
        let all = passwords::Format::all().map(|format| (format.name(), format)).collect::<Vec<_>>();
        all.iter().find(|(name, _)| *name == typed).map(|(_, format)| *format).ok_or_else(|| no_format(typed, &all))
    });
    let format = format.transpose()?;
    let mut vault = session.vault()?;
    let mut identities: Vec<Identity> = Vec::new();
    let collected = read_all(session, BatchKind::Passwords, files, take, |collector, input, name| {
        let found = collector.source(name, "", |sink| match format {
            Some(format) => passwords::read(format, input, sink),
            None => passwords::read_any(input, sink),
        })?;
        let Some(found) = found else { return Ok(()) };
        collector.was(found.format.name());
        identities.extend(found.identities);
        found.remarks.iter().for_each(|remark| session.printer().remark(&format!("{name}: {remark}")));
        Ok(())
    })?;
    taken(session, &mut vault, &collected, take)?;
    import_identity::offer(session, &mut vault, &identities)?;
    Ok(Outcome::Done)
}

pub(super) fn no_format<T>(typed: &str, all: &[(&'static str, T)]) -> Error {
    let names: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
    let near = nearest(typed, names.iter().copied());
    let hint = match near.as_slice() {
        [] => format!("the formats are {}", names.join(", ")),
        near => format!("did you mean {}?", near.join(" or ")),
    };
    Error::usage(format!("there is no format {typed:?}")).hint(hint)
}

fn from_vcard(session: &Session, files: &[PathBuf], take: &TakeArgs) -> Result<Outcome> {
    if let Some(typed) = take.format.as_deref().filter(|typed| *typed != vcard::FORMAT) {
        return Err(no_format(typed, &[(vcard::FORMAT, ())]));
    }
    let mut vault = session.vault()?;
    let collected = read_all(session, BatchKind::Vcard, files, take, |collector, mut input, name| {
        let read = |sink: &mut dyn Sink| {
            let mut bytes = Vec::new();
            let most = crate::profile::vcard::LARGEST_FILE as u64 + 1;
            input.by_ref().take(most).read_to_end(&mut bytes).map_err(|e| io("read", Path::new(name), e))?;
            vcard::read(&bytes, sink)
        };
        let remarks = collector.source(name, vcard::FORMAT, read)?;
        remarks.into_iter().flatten().for_each(|remark| session.printer().remark(&format!("{name}, {remark}")));
        Ok(())
    })?;
    taken(session, &mut vault, &collected, take)?;
    Ok(Outcome::Done)
}

/// Something to read, from its beginning as often as needed.
pub(super) trait Input: Read + Seek {}
impl<T: Read + Seek> Input for T {}

/// Reads files, one after the other.
pub(super) fn read_all(
    session: &Session,
    kind: BatchKind,
    files: &[PathBuf],
    take: &TakeArgs,
    mut read: impl FnMut(&mut Collector, Box<dyn Input>, &str) -> Result<()>,
) -> Result<Collected> {
    let inputs: Vec<Box<dyn Input>> = files.iter().map(|path| open(path)).collect::<Result<_>>()?;
    let size = |path: &PathBuf| path.metadata().map_or(0, |file| file.len());
    collect(session, kind, take, files.iter().map(size).sum(), |collector| {
        files.iter().zip(inputs).try_for_each(|(path, input)| read(collector, input, &name_of(path)))
    })
}

/// Collects what readers find in so many bytes, with a line that shows how far it is. Nothing is written meanwhile: Ctrl-C
/// ends the program, as everywhere.
pub(super) fn collect(
    session: &Session,
    kind: BatchKind,
    take: &TakeArgs,
    total: u64,
    read: impl FnOnce(&mut Collector) -> Result<()>,
) -> Result<Collected> {
    let progress = session.printer().progress("Reading");
    // Each file begins at nothing again.
    let (before, last) = (std::cell::Cell::new(0), std::cell::Cell::new(0));
    let shown = |bytes: u64| {
        let previous = last.replace(bytes);
        if bytes < previous {
            before.set(before.get() + previous);
        }
        progress.at((before.get() + bytes).min(total) / 1024, total / 1024);
    };
    let mut collector = Collector::new(kind, take.strict, Arc::default(), &shown);
    read(&mut collector)?;
    collector.finish()
}

/// What Ctrl-C sets from now on: once it is written, an import is taken back as a whole, and says so. Not before, for a
/// question would not be broken off by it any more.
pub(super) fn stop_at_ctrl_c() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    // Without a handler Ctrl-C ends the program at once, and a transaction that was not ended is none.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::SeqCst));
    stop
}

pub(super) fn name_of(path: &Path) -> String {
    match path.as_os_str().to_str() {
        Some("-") => "standard input".to_owned(),
        _ => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
    }
}

fn open(path: &Path) -> Result<Box<dyn Input>> {
    if path.as_os_str() == "-" {
        let mut bytes = Zeroizing::new(Vec::new());
        let read = std::io::stdin().take(LARGEST_INPUT + 1).read_to_end(&mut bytes);
        read.map_err(|e| Error::failed(format!("cannot read standard input: {e}")))?;
        if bytes.len() as u64 > LARGEST_INPUT {
            return Err(Error::bad_input("standard input is longer than 256 MiB").hint("name the file instead"));
        }
        return Ok(Box::new(Cursor::new(Wiped(bytes))));
    }
    let shown = crate::text::printable(&path.display().to_string());
    let kind = std::fs::metadata(path).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Error::not_found(format!("there is no file {shown}")),
        _ => io("read", path, e),
    })?;
    // A pipe would be waited for, and cannot be read twice.
    if !kind.is_file() {
        return Err(Error::bad_input(format!("{shown} is no file")).hint("a pipe goes to standard input: -"));
    }
    Ok(Box::new(std::fs::File::open(path).map_err(|e| io("read", path, e))?))
}

/// Bytes with passwords among them.
struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

/// Matches what was read, asks where only a person can tell, writes it and says what came of it.
pub(super) fn taken(session: &Session, vault: &mut Vault, collected: &Collected, take: &TakeArgs) -> Result<()> {
    let mut given = said_before(vault, &take.matches)?;
    let dry_run = session.globals().dry_run;
    if session.prompt().is_interactive() && !dry_run {
        ask(session, vault, collected, &mut given)?;
    }
    let stop = stop_at_ctrl_c();
    let progress = session.printer().progress("Writing");
    progress.at(0, collected.items.len() as u64);
    let written = write::run(vault, dry_run, |tx| write::evidence(tx, collected, &given, &stop))?;
    drop(progress);
    let unmoved = written.unmoved.clone();
    session.printer().show(&Imported::of(collected, written, dry_run))?;
    for what in Plan::unheard(&collected.items, &given) {
        session.printer().remark(&format!("--match {what}: nothing in this import is called that"));
    }
    for what in unmoved {
        session.printer().remark(&format!(
            "--match: {} stays with the vendor that an earlier import gave it. To move it, take that import back: cmr import list",
            crate::text::printable(&what)
        ));
    }
    if !dry_run {
        session.printer().remark("Who has what: cmr vendor list --by evidence");
    }
    Ok(())
}

/// What `--match` says.
fn said_before(vault: &Vault, matches: &[(String, String)]) -> Result<Vec<Given>> {
    let given = |(text, typed): &(String, String)| {
        let found = vendor::find(vault.connection(), typed)?;
        let vendor = Candidate { id: found.id, name: found.name, domain: found.domain };
        let nothing = || Error::usage(format!("{text:?} names nobody")).hint("--match 'HOST, NAME or PAYEE=VENDOR'");
        Given::new(text, vendor).ok_or_else(nothing)
    };
    matches.iter().map(given).collect()
}

/// Asks whom each thing is about that could be about several.
fn ask(session: &Session, vault: &mut Vault, collected: &Collected, given: &mut Vec<Given>) -> Result<()> {
    vault.write(import::place_older)?;
    let plan = Plan::of(vault.connection(), &collected.items, given)?;
    for place in plan.ambiguous() {
        let subject = &plan.subjects[place];
        let mut among: Vec<String> =
            subject.choices().iter().map(|choice| crate::text::printable(&choice.words())).collect();
        among.push("none of them".into());
        let question = format!("Whom is {} about?", crate::text::printable(&subject.what));
        let chosen = session.prompt().choose(&question, &among, "--match TEXT=VENDOR")?;
        given.extend(subject.choices().get(chosen).and_then(|choice| subject.answer(choice.clone())));
    }
    Ok(())
}

fn list(session: &Session, unmatched: bool) -> Result<Outcome> {
    let vault = session.vault()?;
    let connection = vault.connection();
    let view = match unmatched {
        false => {
            let imports = import::batches(connection)?.into_iter().map(BatchView::from).collect();
            Imports { imports, unmatched: None }
        }
        true => {
            let unmatched = import::unmatched(connection)?.into_iter().map(UnmatchedView::from).collect();
            Imports { imports: Vec::new(), unmatched: Some(unmatched) }
        }
    };
    session.printer().show(&view)?;
    Ok(Outcome::Done)
}

fn undo(session: &Session, typed: &str) -> Result<Outcome> {
    let mut vault = session.vault()?;
    let batch = import::find_batch(vault.connection(), typed)?;
    let dry_run = session.globals().dry_run;
    let mut found = None;
    let undone = vault.many_writes()?.write(|tx| {
        let undone = import::undo(tx, &batch)?;
        match dry_run {
            false => Ok(undone),
            true => {
                found = Some(undone);
                Err(Error::failed("nothing is done: --dry-run"))
            }
        }
    });
    let undone = found.map_or(undone, Ok)?;
    session.printer().show(&ImportUndone::of(&batch, undone, dry_run))?;
    if batch.kind == BatchKind::Passwords {
        import_identity::tell_what_stays(session, &vault)?;
    }
    Ok(Outcome::Done)
}
