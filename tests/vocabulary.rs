//! The names that grants speak are those of the W3C's own files.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use cmr::grant::vocabulary::{CATEGORIES, PURPOSES};

/// The names of the concepts in a Turtle file of DPV that satisfy a rule: about their types, and about all of them.
fn concepts(file: &Path, prefix: &str, rule: impl Fn(&str, &str) -> bool) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap();
    let named = |block: &str| {
        let (name, rest) = block.strip_prefix(prefix)?.split_once(" a ")?;
        let types = rest.split(';').next()?;
        rule(types, rest).then(|| name.to_owned())
    };
    text.split("\n\n").filter_map(named).collect()
}

fn has(text: &str, word: &str) -> bool {
    text.split(|c: char| c.is_whitespace() || ",;".contains(c)).any(|other| other == word)
}

fn owned(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn purposes_are_those_of_dpv() {
    let Some(corpus) = kit::corpus() else { return };
    let purposes = concepts(&corpus.join("dpv/dpv-2.2.ttl"), "dpv:", |types, _| has(types, "dpv:Purpose"));
    assert_eq!(owned(&PURPOSES), purposes);
}

#[test]
fn categories_are_those_of_dpv() {
    let Some(corpus) = kit::corpus() else { return };
    let in_a_scheme = |_: &str, block: &str| has(block, "pd:core-classes") || has(block, "pd:extended-classes");
    let categories = concepts(&corpus.join("dpv/pd-2.2.ttl"), "pd:", in_a_scheme);
    assert_eq!(owned(&CATEGORIES), categories);
}
