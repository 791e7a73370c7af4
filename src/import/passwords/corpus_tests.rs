//! Files that other people's software wrote, found through `CMR_CORPUS`; they are no part of this repository.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use super::super::testing::Heard;
use super::*;
use crate::import::evidence::Secret;

/// The folder of exports, or a notice that there is none; a build server must have it.
fn corpus() -> Option<PathBuf> {
    match std::env::var_os("CMR_CORPUS") {
        Some(root) => Some(Path::new(&root).join("passwords")),
        None if std::env::var_os("CI").is_some() => panic!("CMR_CORPUS is not set, and CI is"),
        None => {
            println!("skipped: CMR_CORPUS is not set, so no real export was read");
            None
        }
    }
}

/// An entry of `expected-main.yml`: what of it a vendor can be told by, and its password.
#[derive(Debug, Default)]
struct Expected {
    title: String,
    login: String,
    url: String,
    password: String,
}

fn expected(folder: &Path) -> Vec<Expected> {
    let text = std::fs::read_to_string(folder.join("expected-main.yml")).expect("the expected entries");
    let mut list: Vec<Expected> = Vec::new();
    for line in text.lines() {
        let Some((key, value)) = line.trim_start_matches("- ").trim().split_once(": ") else { continue };
        if line.starts_with("- ") {
            list.push(Expected::default());
        }
        let Some(entry) = list.last_mut() else { continue };
        // In quotes, as YAML has them, a backslash escapes.
        let value = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'))
            .map_or_else(|| value.to_owned(), |value| value.replace("\\\\", "\\"));
        match key {
            "title" => entry.title = value,
            "login" => entry.login = value,
            "url" => entry.url = value,
            "password" => entry.password = value,
            _ => {}
        }
    }
    list
}

fn host(url: &str) -> Option<String> {
    url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned))
}

fn heard(path: &Path) -> (Heard, Found) {
    let mut heard = Heard::default();
    let found = read_any(File::open(path).expect("a file of the corpus"), &mut heard).expect("an export");
    (heard, found)
}

const FILES: [(&str, Format); 6] = [
    ("bitwarden.json", Format::BitwardenJson),
    ("bitwarden.csv", Format::BitwardenCsv),
    ("chrome.csv", Format::Chromium),
    ("keepass.csv", Format::KeePassCsv),
    ("keepass.xml", Format::KeePassXml),
    ("firefox.csv", Format::Firefox),
];

#[test]
fn the_same_vault_in_every_format_gives_the_same_logins() {
    let Some(folder) = corpus() else { return };
    let expected = expected(&folder);
    assert_eq!(expected.len(), 14);
    let logins = |of: &dyn Fn(&Expected) -> Option<String>| {
        let with_login = expected.iter().filter(|entry| !entry.login.is_empty());
        let mut list: Vec<(String, String)> =
            with_login.map(|entry| (of(entry).unwrap_or_else(|| entry.title.clone()), entry.login.clone())).collect();
        list.sort();
        list
    };
    for (name, format) in FILES {
        let (heard, found) = heard(&folder.join(name));
        assert_eq!(found.format, format, "{name}");
        // This Firefox export has the title in the column for the address.
        let wanted = match format {
            Format::Firefox => logins(&|entry| host(&entry.title)),
            _ => logins(&|entry| host(&entry.url)),
        };
        assert_eq!(heard.accounts(), wanted, "{name}");
        assert_eq!(wanted.len(), 12);
        assert!(heard.skipped.is_empty(), "{name}: {:?}", heard.skipped);
        assert_eq!(heard.passed_over.len(), 2, "{name}: {:?}", heard.passed_over);
        // KeePass XML has an old version of an entry, with its password.
        let old = usize::from(format == Format::KeePassXml);
        assert_eq!(heard.dropped(Secret::Password), 11 + old, "{name}");
        // Two entries have the same account at the same host: they have two keys only where items have
        // ids, and in the Firefox file, which has titles for hosts.
        let keys: HashSet<&str> = heard.found.iter().map(|found| found.key.as_str()).collect();
        let apart = matches!(format, Format::BitwardenJson | Format::KeePassXml | Format::Firefox);
        assert_eq!(keys.len(), if apart { 12 } else { 11 }, "{name}");
    }
}

#[test]
fn no_password_of_it_comes_out() {
    let Some(folder) = corpus() else { return };
    for (name, _) in FILES {
        let (heard, found) = heard(&folder.join(name));
        let told = format!("{heard:?} {found:?}").replace("\\\\", "\\").replace("\\'", "'").replace("\\\"", "\"");
        for entry in expected(&folder).iter().filter(|entry| !entry.password.is_empty()) {
            assert!(!told.contains(&entry.password), "{name} told the password of {}", entry.title);
        }
    }
}
