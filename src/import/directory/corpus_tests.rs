//! The directories as they are published, found through `CMR_CORPUS`; they are no part of this repository.

use std::path::{Path, PathBuf};

use super::tests::read_all;
use super::*;

/// The folder of directories, or a notice that there is none; a build server must have it.
fn corpus() -> Option<PathBuf> {
    match std::env::var_os("CMR_CORPUS") {
        Some(root) => Some(Path::new(&root).join("directory")),
        None if std::env::var_os("CI").is_some() => panic!("CMR_CORPUS is not set, and CI is"),
        None => {
            println!("skipped: CMR_CORPUS is not set, so no real directory was read");
            None
        }
    }
}

#[test]
fn every_record_of_datenanfragen_is_read() {
    let Some(folder) = corpus() else { return };
    let (summary, heard) = read_all(&folder.join("datenanfragen"));
    let expected = Summary {
        sources: vec![Directory::Datenanfragen],
        companies: 3069,
        authorities: 57,
        obsolete: 116,
        packs: 14,
        ..Summary::default()
    };
    assert_eq!(summary.unwrap(), expected);
    assert!(heard.skipped.is_empty());
    let companies = || heard.records.iter().filter(|record| record.sort == Sort::Company);
    let count = |has: &dyn Fn(&DirectoryRecord) -> bool| companies().filter(|record| has(record)).count();
    assert_eq!(count(&|record| record.contacts.email.is_some()), 2960);
    assert_eq!(count(&|record| record.contacts.webform.is_some()), 213);
    assert_eq!(count(&|record| record.contacts.fax.is_some()), 1306);
    assert_eq!(count(&|record| !record.domains.is_empty()), 2785);
    // 952 have the member; in one it is empty.
    assert_eq!(count(&|record| !record.aliases.is_empty()), 951);
    assert_eq!(count(&|record| record.contacts.pgp_fingerprint.is_some()), 13);
    assert_eq!(companies().map(|record| record.requires.len()).sum::<usize>(), 993);
    let meta = companies().find(|record| record.slug == "facebook").unwrap();
    assert_eq!(meta.domains, ["facebook.com"]);
    assert_eq!(meta.aliases[1], "Messenger (www.messenger.com)");
    assert_eq!(meta.contacts.address.last().map(String::as_str), Some("Ireland"));
}

#[test]
fn every_site_of_justdeleteme_is_read() {
    let Some(folder) = corpus() else { return };
    let (summary, heard) = read_all(&folder.join("justdeleteme/sites.json"));
    let expected = Summary { sources: vec![Directory::Justdeleteme], services: 2591, ..Summary::default() };
    assert_eq!(summary.unwrap(), expected);
    let slugs: std::collections::HashSet<&str> = heard.records.iter().map(|record| record.slug.as_str()).collect();
    assert_eq!(slugs.len(), 2591);
    let difficulty = |record: &&DirectoryRecord| record.deletion.as_ref().is_some_and(|d| d.difficulty == "impossible");
    assert_eq!(heard.records.iter().filter(difficulty).count(), 159);
    // 5,578 in the file; `dewrito,net` is no host.
    assert_eq!(heard.records.iter().map(|record| record.domains.len()).sum::<usize>(), 5577);
}

#[test]
fn both_are_found_in_the_folder_that_holds_them() {
    let Some(folder) = corpus() else { return };
    let summary = read_all(&folder).0.unwrap();
    assert_eq!((summary.companies, summary.services, summary.skipped), (3069, 2591, 0));
}
