//! Input that is not what it should be: each refused by name and line, and never a panic.

use std::io::{Cursor, Read, Seek, SeekFrom};

use proptest::prelude::*;

use super::super::testing::Heard;
use super::samples::{self, MARK, zip};
use super::*;
use crate::error::Kind;

fn refused(bytes: &[u8]) -> Error {
    let error = read_any(Cursor::new(bytes), &mut Heard::default()).unwrap_err();
    assert_eq!(error.kind(), Kind::BadInput, "{error}");
    assert!(error.hint_text().is_some(), "{error} has no hint");
    error
}

#[test]
fn an_empty_file_a_folder_and_what_is_encrypted() {
    assert!(refused(b"").to_string().contains("empty"));
    let folder = std::fs::File::open(std::env::temp_dir()).unwrap();
    let error = read_any(folder, &mut Heard::default()).unwrap_err();
    assert_eq!((error.kind(), error.to_string().as_str()), (Kind::BadInput, "this is a folder, not a file"));
    let kdbx = b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5\x01\x00\x04\x00";
    assert_eq!(refused(kdbx).to_string(), "this is an encrypted KeePass database");
    let account = br#"{"encrypted": true, "folders": [], "items": [{"name": "2.x|y|z", "login": {}}]}"#;
    assert!(refused(account).to_string().contains("encrypted Bitwarden"));
    let proton = zip(&[("Proton Pass/data.pgp", "-----BEGIN PGP MESSAGE-----\n")]);
    assert!(refused(&proton).to_string().contains("OpenPGP"));
}

#[test]
fn a_forced_format_that_it_is_not_is_refused_with_the_missing_column() {
    let read_as = |format: Format, text: &str| read(format, Cursor::new(text.as_bytes()), &mut Heard::default());
    let error = read_as(Format::Chromium, "name,link to it,user\n1,2,3\n").unwrap_err();
    assert_eq!(error.to_string(), "line 1: the header of Chrome CSV has a column \"url\", and this file has none");
    assert!(read_as(Format::Archive, "x").is_err());
    assert_eq!(read_as(Format::KeePassXml, "name,url").unwrap_err().to_string(), "line 1: this is no XML");
    for (format, other) in [
        (Format::KeePass1Xml, "<KeePassFile><Root/></KeePassFile>"),
        (Format::KeePassXml, "<pwlist><pwentry/></pwlist>"),
    ] {
        assert_eq!(read_as(format, other).unwrap_err().kind(), Kind::BadInput);
    }
    for format in Format::all() {
        if let Err(error) = read_as(format, "S3CRET,S3CRET\n") {
            assert!(!error.to_string().contains(MARK), "{error}");
        }
    }
}

#[test]
fn one_bad_file_in_an_archive_costs_the_others_nothing() {
    let good = "name,url,username,password\nShop,https://shop.example,ada,x\n";
    let bytes = zip(&[("a.csv", "url,username,password\n\"b"), ("b.csv", good), ("c.csv", "x,y\n1,2\n")]);
    let mut heard = Heard::default();
    read_any(Cursor::new(bytes), &mut heard).unwrap();
    assert_eq!(heard.found.len(), 1);
    assert!(heard.skipped[0].1.starts_with("a.csv: not read, or not to its end: line 2"), "{heard:?}");
    assert_eq!(heard.passed_over[0].1, "c.csv: no export that is known");
}

#[test]
fn a_name_that_is_an_address_says_no_more_than_its_host() {
    let text = "name,url,username,password\nhttps://u:S3CRET@shop.example/reset?k=S3CRET,,ada,x\nbank.example,,ada,x\nShop,,ada,x\nhttps://S3CRET.example:x/,,ada,x\n";
    let mut heard = Heard::default();
    read_any(Cursor::new(text), &mut heard).unwrap();
    let told: Vec<_> = heard.found.iter().map(|found| (found.host.as_deref(), found.name.as_deref())).collect();
    assert_eq!(
        told,
        [
            (Some("shop.example"), Some("shop.example")),
            (Some("bank.example"), Some("bank.example")),
            (None, Some("Shop"))
        ]
    );
    assert!(heard.skipped[0].1.starts_with("neither an address nor a name"), "{heard:?}");
    assert!(!format!("{heard:?}").contains(MARK));
}

#[test]
fn every_sample_that_is_cut_off_keeps_its_secrets_and_names_the_place() {
    for (format, bytes) in samples::all() {
        for end in (0..bytes.len()).step_by(13) {
            let mut heard = Heard::default();
            let result = read(format, Cursor::new(&bytes[..end]), &mut heard);
            let told = format!("{heard:?} {result:?}");
            assert!(!told.contains(MARK), "{format} cut at {end} told {told}");
            if let Err(error) = result {
                assert_eq!(error.kind(), Kind::BadInput, "{format}: {error}");
            }
        }
    }
}

#[test]
fn torn_rows_are_skipped_with_their_line_and_never_shifted() {
    let csv = "url,username,password,httpRealm\n\
        https://a.example,ada,S3CRET,S3CRET,\n\
        https://b.example,ada,one\nS3CRET,\n\
        https://c.example,ada,S3CRET,S3CRET,S3CRET\n\
        https://d.example,ada,\"ok\"\n";
    let mut heard = Heard::default();
    read_any(Cursor::new(csv.as_bytes()), &mut heard).unwrap();
    let hosts: Vec<_> = heard.found.iter().map(|found| found.host.as_deref().unwrap()).collect();
    assert_eq!(hosts, ["a.example", "b.example", "d.example"]);
    let lines: Vec<Place> = heard.skipped.iter().map(|(place, _)| *place).collect();
    assert_eq!(lines, [Place::Line(4), Place::Line(5)]);
    assert!(heard.skipped[1].1.starts_with("5 fields where 4 are wanted"), "{:?}", heard.skipped);
}

#[test]
fn old_character_sets_are_read_and_named() {
    let csv = "name,url,username,password\nBüro,https://shop.example,jürgen,S3CRET\n";
    let latin: Vec<u8> = csv.chars().map(|c| c as u8).collect();
    let wide: Vec<u8> = std::iter::once(0xfeff).chain(csv.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    for (bytes, words) in [(latin, "line 2: not UTF-8, and read as windows-1252"), (wide, "UTF-16BE")] {
        let mut heard = Heard::default();
        let found = read_any(Cursor::new(bytes), &mut heard).unwrap();
        assert!(found.remarks[0].contains(words), "{:?}", found.remarks);
        assert_eq!(heard.found[0].account.as_deref(), Some("jürgen"));
        assert_eq!(heard.found[0].name.as_deref(), Some("Büro"));
    }
}

#[test]
fn one_bad_item_costs_no_other() {
    let json = r#"{"encrypted": false, "items": [{"type": 1, "login": "S3CRET"}, {"type": 1, "name": "x", "login": {"username": "u", "password": {"a": "S3CRET"}, "uris": [{"uri": "a.example"}]}}, 7, null]}"#;
    let mut heard = Heard::default();
    read_any(Cursor::new(json), &mut heard).unwrap();
    assert_eq!(heard.accounts(), [("a.example".to_owned(), "u".to_owned())]);
    let places: Vec<Place> = heard.skipped.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, [Place::Item(1), Place::Item(3), Place::Item(4)]);
}

#[test]
fn bombs_are_refused() {
    let laughs = "<?xml version=\"1.0\"?><!DOCTYPE KeePassFile [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]>\n<KeePassFile>&b;</KeePassFile>";
    assert_eq!(refused(laughs.as_bytes()).to_string(), "line 1: a document type with content of its own is not read");
    let deep = format!("{{\"encrypted\": false, \"items\": {}", "[".repeat(200_000));
    assert!(refused(deep.as_bytes()).to_string().contains("line 1"));
    let nested = format!("{{\"encrypted\": false, \"items\": [{}1{}]}}", "[".repeat(5000), "]".repeat(5000));
    let mut heard = Heard::default();
    read_any(Cursor::new(nested), &mut heard).unwrap();
    assert_eq!(heard.skipped.len(), 1);
    let bomb = zip(&[("export.data", &"{\"accounts\": [] }       ".repeat(600_000))]);
    assert!(bomb.len() < 200_000);
    let error = refused(&bomb);
    assert!(error.to_string().starts_with("export.data: it inflates"), "{error}");
}

#[test]
fn a_zip_that_lies_about_its_size_is_refused_while_it_is_inflated() {
    let mut lie = zip(&[("export.data", &"{\"accounts\": [] }       ".repeat(600_000))]);
    // The size stands in the central directory, 24 bytes after its signature, and 22 after that of the entry itself.
    for (signature, offset) in [(b"PK\x01\x02", 24), (b"PK\x03\x04", 22)] {
        let at = lie.windows(4).position(|four| four == signature).unwrap() + offset;
        lie[at..at + 4].copy_from_slice(&1000_u32.to_le_bytes());
    }
    refused(&lie);
}

#[test]
fn a_damaged_archive_and_one_without_an_export() {
    let good = zip(&[("export.data", "{\"accounts\": []}")]);
    assert!(refused(&good[..good.len() / 2]).to_string().contains("damaged or cut off"));
    assert!(refused(&zip(&[("holiday.jpg", "x"), ("notes.csv", "a,b\n")])).to_string().contains("no export"));
}

/// A file of one line that has no end, and can be sought in as a file can.
struct Endless {
    start: Cursor<&'static [u8]>,
    read: u64,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.start.read(buffer)?;
        let rest = if count == 0 { buffer.len() } else { 0 };
        buffer[..rest].fill(b'x');
        self.read += (count + rest) as u64;
        Ok(count + rest)
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.start.seek(to)
    }
}

#[test]
fn a_line_without_end_is_left_early_and_named() {
    let start = b"name,url,username,password\na,https://a.example,ada,S3CRET\nb,https://b.example,ada,";
    let mut input = Endless { start: Cursor::new(start), read: 0 };
    let error = read_any(&mut input, &mut Heard::default()).unwrap_err();
    assert!(error.to_string().starts_with("line 3: a row longer than 4 MiB"), "{error}");
    assert!(input.read < 8 * 1024 * 1024, "{} bytes were read", input.read);
}

#[test]
fn a_document_without_measure_is_refused_before_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("vault.json");
    let file = std::fs::File::create(&path).unwrap();
    std::io::Write::write_all(&mut &file, b"{\"encrypted\": false, \"items\": [").unwrap();
    file.set_len(2 * 1024 * 1024 * 1024).unwrap();
    let mut heard = Heard::default();
    let error = read_any(std::fs::File::open(&path).unwrap(), &mut heard).unwrap_err();
    assert_eq!((error.kind(), heard.bytes), (Kind::BadInput, 0));
    assert!(error.to_string().contains("larger than 256 MiB"), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Bytes of any sort, as any format: a result or a refusal.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let _ = read_any(Cursor::new(&bytes), &mut Heard::default());
        for format in Format::all() {
            let _ = read(format, Cursor::new(&bytes), &mut Heard::default());
        }
    }

    /// A sample in which some bytes are others: never a panic, and never a secret in an error or a reason. What moves a
    /// secret into another column or element makes another file of it; so the mark is only looked for in what is told
    /// of the file itself.
    #[test]
    fn samples_with_changed_bytes(which in 0_usize..23, changes in proptest::collection::vec((any::<usize>(), any::<u8>()), 1..8)) {
        let (format, mut bytes) = samples::all().swap_remove(which);
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        let mut heard = Heard::default();
        let result = read(format, Cursor::new(&bytes), &mut heard);
        let told = format!("{:?} {:?} {:?}", result.as_ref().err(), heard.skipped, heard.passed_over);
        prop_assert!(!told.contains(MARK), "{}", told);
    }
}

#[test]
fn an_item_whose_user_name_changed_shows_both() {
    let export = |user: &str| {
        let text = format!(
            r#"{{"encrypted":false,"items":[{{"id":"i1","type":1,"name":"Z","login":{{"uris":[{{"uri":"https://z.example"}}],"username":"{user}","password":"p"}}}}]}}"#
        );
        let mut heard = Heard::default();
        read_any(Cursor::new(text), &mut heard).unwrap();
        heard.found.pop().unwrap().key
    };
    assert_eq!(export("a@x.example"), export("a@x.example"));
    assert_ne!(export("a@x.example"), export("b@x.example"));
}
