//! Mail that other people's software wrote, found through `CMR_CORPUS`; it is no part of this repository.

use std::path::PathBuf;

use super::super::testing::Heard;
use super::*;

/// The folder of mail, or a notice that there is none; a build server must have it.
fn corpus() -> Option<PathBuf> {
    match std::env::var_os("CMR_CORPUS") {
        Some(root) => Some(Path::new(&root).join("mail")),
        None if std::env::var_os("CI").is_some() => panic!("CMR_CORPUS is not set, and CI is"),
        None => {
            println!("skipped: CMR_CORPUS is not set, so no real mail was read");
            None
        }
    }
}

#[test]
fn every_message_is_evidence_or_named() {
    let Some(folder) = corpus() else { return };
    let mut count = 0;
    for entry in std::fs::read_dir(folder.join("eml")).expect("a folder of the corpus") {
        let path = entry.expect("an entry").path();
        let mut heard = Heard::default();
        match read(&path, Options::default(), &mut heard) {
            Ok(summary) => {
                println!("{:?} {:?} {:?}", path.file_name(), heard.found, heard.skipped);
                assert_eq!(summary.messages, 1, "{path:?}");
                assert_eq!(heard.found.len() + heard.skipped.len() + heard.passed_over.len(), 1, "{path:?}");
                let bytes = std::fs::read(&path).expect("a file of the corpus");
                for at in (0..bytes.len()).step_by(97) {
                    _ = read_stream(&bytes[..at], "cut", Options::default(), &mut Heard::default());
                }
            }
            Err(error) => panic!("{path:?}: {error}"),
        }
        count += 1;
    }
    assert!(count > 20, "only {count} files");
}

#[test]
fn a_mailing_list() {
    let Some(folder) = corpus() else { return };
    let mut heard = Heard::default();
    let summary = read(&folder.join("mbox/rlug.mbox"), Options::default(), &mut heard).expect("an mbox");
    println!("{summary:?} {:#?} {:?}", heard.found, heard.skipped);
    assert_eq!(summary.messages, 5);
    let mut whole = Heard::default();
    let all = read(&folder, Options::default(), &mut whole).expect("a folder of mail");
    assert!(all.messages > 25, "{all:?}");
}
