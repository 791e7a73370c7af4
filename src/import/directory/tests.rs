//! Small directories, written by hand from the schemas.

use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::place::Kind;
use super::*;

/// A sink that remembers.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub records: Vec<DirectoryRecord>,
    pub packs: Vec<Pack>,
    pub skipped: Vec<(String, String)>,
}

impl DirectorySink for Heard {
    fn record(&mut self, record: DirectoryRecord) -> Result<()> {
        self.records.push(record);
        Ok(())
    }

    fn pack(&mut self, pack: Pack) -> Result<()> {
        self.packs.push(pack);
        Ok(())
    }

    fn skipped(&mut self, file: &str, why: &str) -> Result<()> {
        self.skipped.push((file.to_owned(), why.to_owned()));
        Ok(())
    }

    fn at(&mut self, _records: u64) -> Result<()> {
        Ok(())
    }
}

pub(super) fn read_all(path: &Path) -> (Result<Summary>, Heard) {
    let mut heard = Heard::default();
    (read(path, &mut heard), heard)
}

const COMPANY: &str = r#"{
    "slug": "acme", "relevant-countries": ["all"], "name": "Acme Ltd.", "runs": ["Acme Go", "Acme\u001b[2J Plus"],
    "address": "1 Main Street\nDublin 2\nIreland", "phone": "+353 1 234", "fax": "+353 1 235", "email": "privacy@acme.example",
    "webform": "https://acme.example/privacy", "web": "https://www.Bücher.example/", "sources": ["https://x.example"],
    "pgp-fingerprint": "0000", "required-elements": [{"desc": "Customer number", "type": "input", "optional": true}],
    "request-language": "en", "needs-id-document": true, "suggested-transport-medium": "email",
    "comments": ["slow"], "quality": "tested", "something-new": {"a": 1}
}"#;

const SITES: &str = r#"[
    {"name": "Acme", "url": "https://acme.example/delete", "difficulty": "hard", "notes": "Write.", "notes_fr": "Écrivez.",
     "email": "x@acme.example", "domains": ["acme.example", "www.acme.example/shop"], "meta": "popular"},
    {"name": "Nowhere", "url": "https://x.example", "domains": []},
    17,
    {"name": "Evil", "url": "javascript:alert(1)", "difficulty": "easy", "domains": ["evil.example"]}
]"#;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn a_company_with_all_that_is_known_of_it() {
    let record = datenanfragen::record(COMPANY.as_bytes(), Kind::Companies).unwrap();
    assert_eq!((record.source, record.sort, record.slug.as_str()), (Directory::Datenanfragen, Sort::Company, "acme"));
    assert_eq!(record.domains, ["xn--bcher-kva.example"]);
    assert_eq!(record.aliases, ["Acme Go", "Acme[2J Plus"]);
    assert_eq!(record.contacts.address, ["1 Main Street", "Dublin 2", "Ireland"]);
    assert_eq!(record.contacts.email.as_deref(), Some("privacy@acme.example"));
    assert_eq!(record.countries, [""; 0]);
    assert_eq!(record.language.as_deref(), Some("en"));
    assert!(record.needs_id_document);
    let required = Required { what: "Customer number".to_owned(), sort: "input".to_owned(), optional: true };
    assert_eq!(record.requires, [required]);
    let kept: DirectoryRecord = serde_json::from_value(serde_json::to_value(&record).unwrap()).unwrap();
    assert_eq!(kept, record);
}

#[test]
fn a_checkout_is_known_by_what_is_in_it() {
    let obsolete = r#"{"slug": "old", "name": "Old", "reason": "duplicate", "redirect-to": "acme"}"#;
    let authority = r#"{"slug": "dpc", "name": "DPC", "address": "Dublin", "complaint-language": "en", "relevant-countries": ["ie"]}"#;
    let pack = r#"[{"slug": "ads", "type": "add-all", "companies": ["acme"]}, {"slug": "b", "type": "choose", "companies": []}]"#;
    let folder = folder(&[
        ("data/companies/acme.json", COMPANY),
        ("data/companies/README.md", "not read"),
        ("data/obsolete-records/old.json", obsolete),
        ("data/supervisory-authorities/dpc.json", authority),
        ("data/company-packs/ie.json", pack),
        ("jdm/_data/sites.json", SITES),
    ]);
    let numbers = |path: &str| {
        let (summary, heard) = read_all(&folder.path().join(path));
        let summary = summary.unwrap();
        assert_eq!(heard.records.len() as u64 + summary.packs, summary.records());
        [summary.companies, summary.authorities, summary.services, summary.obsolete, summary.packs, summary.skipped]
    };
    assert_eq!(numbers(""), [1, 1, 2, 1, 2, 2]);
    assert_eq!(numbers("data"), [1, 1, 0, 1, 2, 0]);
    assert_eq!(numbers("data/companies"), [1, 0, 0, 0, 0, 0]);
    for path in ["jdm", "jdm/_data", "jdm/_data/sites.json"] {
        assert_eq!(numbers(path), [0, 0, 2, 0, 0, 2]);
    }
    let (summary, heard) = read_all(folder.path());
    assert_eq!(summary.unwrap().sources, [Directory::Datenanfragen, Directory::Justdeleteme]);
    assert_eq!(heard.packs[0].country, "ie");
    assert_eq!(heard.records.iter().find(|r| r.slug == "old").unwrap().replaced_by.as_deref(), Some("acme"));
}

#[test]
fn an_entry_that_is_no_site_spoils_no_other() {
    let folder = folder(&[("sites.json", SITES)]);
    let (summary, heard) = read_all(folder.path());
    assert_eq!(summary.unwrap().services, 2);
    assert_eq!(heard.records[0].domains, ["acme.example", "acme.example"]);
    assert_eq!(heard.records[0].deletion.as_ref().unwrap().notes.as_deref(), Some("Write."));
    assert_eq!(heard.records[1].deletion.as_ref().unwrap().url, None);
    let whys: Vec<&str> = heard.skipped.iter().map(|(_, why)| why.as_str()).collect();
    let expected = |number| format!("entry {number} is no site: it has no name or no domain");
    assert_eq!(whys, [expected(2), expected(3)]);
}

#[test]
fn a_bad_file_is_named_with_its_line() {
    let folder = folder(&[
        ("companies/acme.json", COMPANY),
        ("companies/broken.json", "{\n\"slug\": \"x\",\n!"),
        ("companies/empty.json", ""),
        ("companies/huge.json", &" ".repeat(300 * 1024)),
        ("companies/nameless.json", r#"{"slug": "x", "name": " "}"#),
    ]);
    let (summary, heard) = read_all(folder.path());
    assert_eq!((summary.as_ref().unwrap().companies, summary.unwrap().skipped), (1, 4));
    assert_eq!(heard.skipped[0].0, "companies/broken.json");
    assert!(heard.skipped[0].1.contains("line 3"), "{:?}", heard.skipped);
    assert_eq!(heard.skipped[2].1, "larger than 256 KiB");
}

#[test]
fn where_nothing_is_good_it_is_an_error() {
    let bad = folder(&[("companies/broken.json", "{")]);
    let error = read_all(bad.path()).0.unwrap_err();
    assert_eq!(error.kind(), crate::error::Kind::BadInput);
    assert!(error.to_string().contains("companies/broken.json"), "{error}");
    let other = folder(&[("notes.txt", "")]);
    assert_eq!(read_all(other.path()).0.unwrap_err().kind(), crate::error::Kind::BadInput);
    let cropped = folder(&[("sites.json", &SITES[..60])]);
    assert_eq!(read_all(cropped.path()).0.unwrap_err().kind(), crate::error::Kind::BadInput);
    assert_eq!(read_all(Path::new("/nowhere/at/all")).0.unwrap_err().kind(), crate::error::Kind::NotFound);
}

#[test]
fn a_link_out_of_the_folder_is_not_followed() {
    let outside = folder(&[("secret.json", COMPANY)]);
    let folder = folder(&[("companies/acme.json", COMPANY)]);
    let link = folder.path().join("companies/link.json");
    std::os::unix::fs::symlink(outside.path().join("secret.json"), &link).unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join("company-packs")).unwrap();
    let (summary, heard) = read_all(folder.path());
    assert_eq!(summary.unwrap().records(), 1);
    let expected = ("companies/link.json".to_owned(), "a symbolic link, which is not followed".to_owned());
    assert_eq!(heard.skipped, [expected]);
}

proptest! {
    #[test]
    fn no_bytes_are_too_much(
        bytes: Vec<u8>,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        sites: bool,
    ) {
        let spoil = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            changes.iter().for_each(|(at, byte)| { let at = at.index(bytes.len()); bytes[at] = *byte; });
            bytes
        };
        for bytes in [bytes, spoil(if sites { SITES } else { COMPANY })] {
            let _ = (datenanfragen::record(&bytes, Kind::Companies), datenanfragen::packs(&bytes, "x"));
            let mut heard = Heard::default();
            let mut desk = Desk { sink: &mut heard, summary: Summary::default(), first_bad: None };
            let _ = justdeleteme::parse(&bytes, "sites.json", &mut desk);
        }
    }
}
