//! The published schemas in `docs/schemas` are those of the program: `CMR_BLESS=1 cargo test --test schemas` writes
//! them anew after an intended change.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use cmr::cli::output::schema;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/schemas")
}

/// `cmr/grant-list/1` is described by `grant-list-1.json`.
fn file_name(name: &str) -> String {
    let (name, version) = name.strip_prefix("cmr/").unwrap().rsplit_once('/').unwrap();
    format!("{}-{version}.json", name.replace('/', "-"))
}

#[test]
fn published_schemas_are_those_of_the_program() {
    let folder = folder();
    let bless = std::env::var_os("CMR_BLESS").is_some();
    let mut expected = BTreeSet::new();
    let mut stale = Vec::new();
    for (name, schema) in schema::all() {
        let file = file_name(name);
        assert!(expected.insert(file.clone()), "{name} is listed twice");
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if bless {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(&file), &text).unwrap();
        }
        if fs::read_to_string(folder.join(&file)).ok().as_deref() != Some(&text) {
            stale.push(file);
        }
    }
    let there: Vec<String> = fs::read_dir(&folder)
        .map(|files| files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect())
        .unwrap_or_default();
    let orphans: Vec<String> = there.into_iter().filter(|file| !expected.contains(file)).collect();
    if bless {
        orphans.iter().for_each(|file| fs::remove_file(folder.join(file)).unwrap());
    }
    assert!(
        stale.is_empty() && (bless || orphans.is_empty()),
        "docs/schemas is out of date: {stale:?} differ, {orphans:?} belong to no document. \
         If the change was intended: CMR_BLESS=1 cargo test --test schemas"
    );
}

/// A document that a command prints and nobody described would not be noticed otherwise.
#[test]
fn every_document_is_listed() {
    // `grant revoke` shows it to people before it asks; with --json only the result is printed.
    const FOR_PEOPLE: [&str; 1] = ["cmr/grant-consequences/1"];
    let listed: BTreeSet<&str> = schema::all().iter().map(|(name, _)| *name).chain(FOR_PEOPLE).collect();
    let output = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/cli/output");
    let mut found = BTreeSet::new();
    for file in fs::read_dir(output).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        let names = text.lines().filter_map(|line| line.trim().strip_prefix("const SCHEMA: &'static str = \""));
        found.extend(names.map(|name| name.trim_end_matches("\";").to_owned()));
    }
    assert_eq!(found.iter().map(String::as_str).collect::<BTreeSet<_>>(), listed);
}
