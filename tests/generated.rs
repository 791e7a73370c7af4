//! The man pages in the repository are those of the program.
//!
//! After a change of the command line: `CMR_BLESS=1 cargo test --test generated`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory};
use cmr::cli::args::Cli;

/// Compares a generated file with the one that is kept, or writes it.
fn check(path: &Path, generated: &[u8]) {
    if std::env::var_os("CMR_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, generated).unwrap();
    }
    let kept = fs::read(path).unwrap_or_default();
    assert!(kept == generated, "{} is not current: CMR_BLESS=1 cargo test --test generated", path.display());
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn man_pages_are_current() {
    // No version in them: the pages do not change with each release.
    let mut command = Cli::command().version("");
    command.build();
    let mut names = Vec::new();
    pages(&command, &mut names);
    assert!(names.len() > 40, "only {} pages: subcommands are missing", names.len());
    for entry in fs::read_dir(root().join("man")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(names.contains(&name), "man/{name} is of no command any more");
    }
}

fn pages(command: &Command, names: &mut Vec<String>) {
    let page_name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).title(page_name.to_uppercase()).date("").render(&mut page).unwrap();
    let name = format!("{page_name}.1");
    check(&root().join("man").join(&name), &page);
    names.push(name);
    for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help" && !inner.is_hide_set()) {
        pages(inner, names);
    }
}
