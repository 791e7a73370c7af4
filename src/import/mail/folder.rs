//! Folders: a Maildir with the folders in it, or any that holds files of mail. Symbolic links are not followed, so that no
//! loop is.

use std::fs::{DirEntry, File, ReadDir};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::super::evidence::Sink;
use super::{Format, Reading, beginning, no_mail, recognise};
use crate::error::{Error, Result, io};

/// How deep folders are looked into.
const MAX_DEPTH: usize = 32;

/// Folders that hold no vendor's mail, as Maildir++ and mail programs name them. Others are recognised by their messages.
pub const NOT_VENDORS: [&str; 45] = [
    "bin",
    "borradores",
    "brouillons",
    "bulk mail",
    "cestino",
    "corbeille",
    "deleted items",
    "deleted messages",
    "drafts",
    "elementos enviados",
    "entwürfe",
    "enviados",
    "envoyés",
    "gelöschte elemente",
    "gelöscht",
    "gesendet",
    "gesendete elemente",
    "gesendete objekte",
    "indésirables",
    "inviati",
    "junk",
    "junk e-mail",
    "junk email",
    "kosz",
    "lixeira",
    "messages envoyés",
    "no deseado",
    "outbox",
    "ongewenst",
    "papelera",
    "papierkorb",
    "papirkurv",
    "papperskorgen",
    "postausgang",
    "prullenbak",
    "roskakori",
    "sent",
    "sent items",
    "sent mail",
    "sent messages",
    "spam",
    "skickat",
    "templates",
    "trash",
    "verzonden",
];

/// What mail programs keep beside a mailbox, to find their way in it: no mail, and nothing wrong with it.
const INDEXES: [&str; 5] = [".msf", ".lock", ".cmeta", ".ev-summary", "table_of_contents"];

/// Whether a folder, or a file that a mail program keeps as one (`Junk`, `Trash.mbox`), holds no vendor's mail.
fn holds_none(name: &str) -> bool {
    let name = name.to_lowercase();
    let name = name.trim_start_matches('.');
    let name = name.strip_suffix(".mbox").or_else(|| name.strip_suffix(".sbd")).unwrap_or(name);
    // Maildir++ writes the folders above before it, with points between.
    NOT_VENDORS.contains(&name.rsplit('.').next().unwrap_or_default())
}

/// Reads all mail in a folder and below.
pub fn read(path: &Path, reading: &mut Reading, sink: &mut dyn Sink) -> Result<()> {
    let mut folders = vec![(path.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if depth == 0 => return Err(io("read", path, error)),
            Err(error) => {
                reading.tally.left_out(&folder.display().to_string(), &format!("cannot be read: {error}"), false);
                continue;
            }
        };
        let maildir = folder.join("cur").is_dir() && folder.join("new").is_dir();
        let mut walk = Walk { reading: &mut *reading, folders: &mut folders, depth: depth + 1, maildir };
        walk.entries(entries, sink)?;
    }
    match reading.tally.messages() {
        0 => Err(Error::bad_input(format!("{} holds no mail", path.display()))
            .hint("cmr import mail reads mbox, Maildir, and .eml files")),
        _ => Ok(()),
    }
}

/// One folder on the way.
struct Walk<'w> {
    reading: &'w mut Reading,
    folders: &'w mut Vec<(PathBuf, usize)>,
    depth: usize,
    maildir: bool,
}

impl Walk<'_> {
    fn entries(&mut self, entries: ReadDir, sink: &mut dyn Sink) -> Result<()> {
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(&entry, sink)?,
                Err(error) => {
                    self.reading.tally.left_out("a folder's entry", &format!("cannot be read: {error}"), false)
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &DirEntry, sink: &mut dyn Sink) -> Result<()> {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        let mut left_out = |why: &str, fine| self.reading.tally.left_out(&path.display().to_string(), why, fine);
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) => {
                left_out(&format!("cannot be read: {error}"), false);
                return Ok(());
            }
        };
        match () {
            () if kind.is_symlink() => left_out("a symbolic link, which is not followed", false),
            () if kind.is_dir() && self.maildir && name == "tmp" => {}
            () if (kind.is_dir() || !self.maildir) && holds_none(&name) => {
                left_out("a folder that holds no vendor's mail", true);
            }
            () if kind.is_dir() && self.depth >= MAX_DEPTH => left_out("a folder too deep down", false),
            () if kind.is_dir() && self.maildir && matches!(name.as_str(), "cur" | "new") => {
                self.letters(&path, sink)?
            }
            () if kind.is_dir() => self.folders.push((path, self.depth)),
            () if !kind.is_file() => left_out("neither a file nor a folder", false),
            // What a server or a mail program keeps beside the messages.
            () if self.maildir => {}
            () if INDEXES.iter().any(|end| name.ends_with(end)) => left_out("a mail program's own index", true),
            () => self.file(&path, sink)?,
        }
        Ok(())
    }

    /// A file that may be mail.
    fn file(&mut self, path: &Path, sink: &mut dyn Sink) -> Result<()> {
        let name = path.display().to_string();
        let Some((mut file, head)) = self.open(path) else { return Ok(()) };
        match recognise(&head) {
            Some(Format::Mbox) => self.reading.mbox(head, &mut file, &name, sink),
            Some(Format::Message) => self.reading.message(&head, None, sink),
            None => {
                let why = no_mail(&head, "").to_string();
                self.reading.tally.left_out(&name, why.trim_start_matches(" is ").trim(), false);
                Ok(())
            }
        }
    }

    /// The messages of a Maildir, each a file of its own.
    fn letters(&mut self, folder: &Path, sink: &mut dyn Sink) -> Result<()> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => {
                let why = format!("cannot be read: {error}");
                self.reading.tally.left_out(&folder.display().to_string(), &why, false);
                return Ok(());
            }
        };
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let shown = path.display().to_string();
            match entry.file_type() {
                Ok(kind) if kind.is_symlink() => {
                    self.reading.tally.left_out(&shown, "a symbolic link, which is not followed", false);
                }
                Ok(kind) if !kind.is_file() => self.reading.tally.left_out(&shown, "no file of a Maildir", false),
                _ if flagged(&name) => self.reading.tally.set_aside(),
                _ => {
                    let Some((_, head)) = self.open(&path) else { continue };
                    self.reading.message(&head, came(&name), sink)?;
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, path: &Path) -> Option<(File, Vec<u8>)> {
        let name = path.display().to_string();
        let opened = File::open(path).map_err(|error| format!("cannot be read: {error}"));
        let opened = opened.and_then(|mut file| match beginning(&mut file, &name) {
            Ok(head) => Ok((file, head)),
            Err(_) => Err("cannot be read".to_owned()),
        });
        opened.map_err(|why| self.reading.tally.left_out(&name, &why, false)).ok()
    }
}

/// Whether a message's name in a Maildir marks it as a draft (`D`) or thrown away (`T`).
fn flagged(name: &str) -> bool {
    // A disk of Windows has no colon in names.
    let flags = [":2,", ";2,", "!2,"].iter().find_map(|mark| name.rsplit_once(mark));
    flags.is_some_and(|(_, flags)| flags.contains(['D', 'T']))
}

/// When a message came: the seconds that its name in a Maildir begins with.
fn came(name: &str) -> Option<Timestamp> {
    Timestamp::from_second(name.split('.').next()?.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_a_maildir_tell() {
        let name = "1712000000.M1P2.host:2,FS";
        assert_eq!(came(name).map(Timestamp::as_second), Some(1_712_000_000));
        assert_eq!(came("x.y"), None);
        assert!(!flagged(name) && flagged("1.a:2,ST") && flagged("1.a:2,D") && !flagged("1.TD"));
        assert!(flagged("1.a;2,T") && flagged("1.a!2,DS"));
    }

    #[test]
    fn folders_of_mail_programs_that_no_vendor_writes_to() {
        for name in ["Junk", "Prullenbak", "Trash.mbox", ".Lists.Papierkorb", "Sent Items", "Drafts.sbd", "Gesendet"] {
            assert!(holds_none(name), "{name}");
        }
        for name in ["INBOX", "Shops.mbox", "Sentinel", "junk.txt"] {
            assert!(!holds_none(name), "{name}");
        }
    }
}
