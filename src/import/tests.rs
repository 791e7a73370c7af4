//! Imports against a real vault, read by a reader of one line a piece.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use super::collect::{Collected, Collector};
use super::evidence::{Details, Evidence, Kind, Place, Sink};
use super::model::BatchKind;
use super::write::{self, Written};
use super::*;
use crate::error::Result;
use crate::vault::key::DataKey;
use crate::vault::slot::{NewSlot, new_recovery};
use crate::vault::{Tx, Vault};

/// A vault without anything in it.
fn vault() -> (TempDir, Vault) {
    let dir = tempfile::tempdir().unwrap();
    let (key, (identity, _)) = (DataKey::generate().unwrap(), new_recovery());
    let slots = [NewSlot::Recovery(&identity)];
    let first = |tx: &Tx| crate::ledger::append(tx, "vault-created", "vault", &json!({}));
    let vault = Vault::create(&dir.path().join("vault"), &key, &slots, first).unwrap();
    (dir, vault)
}

/// Reads lines of `kind key host name day`, where a dash is nothing.
fn read(text: &str, sink: &mut dyn Sink) -> Result<()> {
    for (number, line) in text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
        let place = Place::Line(number as u64 + 1);
        let words: Vec<&str> = line.splitn(5, ' ').collect();
        let &[kind, key, host, day, name] = words.as_slice() else {
            sink.skipped(place, "it has no five words")?;
            continue;
        };
        let some = |word: &str| (word != "-").then(|| word.to_owned());
        sink.found(Evidence {
            kind: Kind::stored(kind)?,
            host: some(host),
            name: some(name),
            account: Some("ada".into()),
            claims: vec![("email", format!("{key}@example.org"))],
            first_seen: None,
            last_seen: some(day).and_then(|day| format!("{day}T00:00:00Z").parse::<Timestamp>().ok()),
            key: key.to_owned(),
            place,
            details: some(day).map_or_else(Details::default, |day| Details::of(&json!({"day": day}))),
        })?;
    }
    Ok(())
}

fn collected(text: &str) -> Collected {
    let mut collector = Collector::new(BatchKind::Passwords, false, Arc::default(), &|_| {});
    collector.source("lines.txt", "lines", |sink| read(text, sink)).unwrap();
    collector.finish().unwrap()
}

fn import(vault: &mut Vault, text: &str) -> Written {
    let collected = collected(text);
    write::run(vault, false, |tx| write::evidence(tx, &collected, &[], &AtomicBool::new(false))).unwrap()
}

fn take_back(vault: &mut Vault, number: i64) -> Undone {
    let batch = find_batch(vault.connection(), &number.to_string()).unwrap();
    vault.write(|tx| undo(tx, &batch)).unwrap()
}

fn directory(vault: &mut Vault, entries: &[Entry]) -> Written {
    let collected = Collected { kind: BatchKind::Directory, ..collected("login a a.example - -") };
    write::run(vault, false, |tx| write_directory(tx, &collected, entries, &AtomicBool::new(false))).unwrap()
}

fn entry(slug: &str, name: &str, domains: &[&str]) -> Entry {
    Entry {
        source: "list".into(),
        slug: slug.into(),
        name: name.into(),
        aliases: Vec::new(),
        domains: domains.iter().map(|domain| (*domain).to_owned()).collect(),
        record: json!({"name": name}),
    }
}

/// The first of two sites with one label is called by it, and is no more meant than the other; the label of a tenant of
/// somebody else's domain is nobody's name.
#[test]
fn a_label_alone_decides_between_nobody() {
    let (_dir, mut vault) = vault();
    import(&mut vault, "login a chase.github.io - -\nlogin b otto.de - -\nlogin c otto.ch - -\nlogin d visa.com - -");
    let written = import(&mut vault, "login e - - Chase\nlogin f - - Otto\nlogin g - - Visa");
    assert_eq!(written.ambiguous.len(), 1, "{written:?}");
    assert_eq!((written.ambiguous[0].what.as_str(), written.ambiguous[0].could_be.len()), ("Otto", 2));
    assert_eq!(waiting(&vault), ["Chase", "Otto"]);
    assert_eq!(written.known_vendors, ["visa"]);
}

fn waiting(vault: &Vault) -> Vec<String> {
    unmatched(vault.connection()).unwrap().into_iter().filter_map(|waiting| waiting.name.or(waiting.host)).collect()
}

fn vendor_names(vault: &Vault) -> Vec<String> {
    let mut names: Vec<String> =
        crate::vendor::names(vault.connection()).unwrap().into_iter().map(|(_, name)| name).collect();
    names.sort();
    names
}

/// Every row of every table that an import writes, but for what it leaves to say that it was there.
fn rows(vault: &Vault) -> Vec<String> {
    let connection = vault.connection();
    let mut rows = Vec::new();
    for (table, order) in [
        ("evidence", "key, batch, kind, vendor_id, matched_by, waits_for, first_seen, last_seen, details"),
        ("evidence_claim", "claim, value"),
        ("evidence_seen", "evidence_id, batch, last_seen"),
        ("import_vendor", "vendor_id, name"),
        ("import_answer", "question"),
        ("directory_record", "source, slug, record, replaced_by"),
        ("directory_name", "name"),
        ("vendor", "id, name, title, site, called"),
        ("relationship", "vendor_id, issuer"),
    ] {
        let mut statement = connection.prepare(&format!("SELECT {order} FROM {table} ORDER BY {order}")).unwrap();
        let columns = statement.column_count();
        let mut found = statement.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let cells = (0..columns).map(|index| format!("{:?}", row.get_ref(index).unwrap()));
            rows.push(format!("{table}: {}", cells.collect::<Vec<_>>().join(", ")));
        }
    }
    rows
}

#[test]
fn an_undone_import_leaves_every_table_as_it_was() {
    let (_dir, mut vault) = vault();
    import(
        &mut vault,
        "login 1 a.example 2020-01-01 A\nlogin 2 b.example 2020-01-01 -\npayment 3 - 2020-01-01 SOME NAME",
    );
    let before = rows(&vault);
    let second = import(
        &mut vault,
        "login 1 a.example 2024-01-01 A\nlogin 4 name.example 2020-01-01 Some Name\nlogin 5 a.example - -",
    );
    assert_eq!((second.counts.new, second.counts.updated, second.counts.settled), (2, 1, 1));
    assert!(waiting(&vault).is_empty());
    let undone = take_back(&mut vault, 2);
    assert_eq!((undone.evidence, undone.restored, undone.vendors.as_slice()), (2, 2, &["name".to_owned()][..]));
    assert_eq!(rows(&vault), before);
    crate::ledger::verify(vault.connection(), |_| {}).unwrap();
    crate::vault::quick_check(vault.connection()).unwrap();
}

#[test]
fn imports_are_taken_back_in_any_order() {
    let texts = [
        "login 1 a.example 2020-01-01 -",
        "login 1 a.example 2021-01-01 -\nlogin 2 b.example - -",
        "login 1 a.example 2022-01-01 -\nlogin 2 b.example 2022-01-01 -\npayment 3 - - B",
    ];
    for order in [[1, 2, 3], [1, 3, 2], [2, 1, 3], [2, 3, 1], [3, 1, 2], [3, 2, 1]] {
        let (_dir, mut vault) = vault();
        let empty = rows(&vault);
        texts.iter().for_each(|text| _ = import(&mut vault, text));
        order.iter().for_each(|number| _ = take_back(&mut vault, *number));
        assert_eq!(rows(&vault), empty, "{order:?}");
    }
}

/// All that a vault knows of its accounts, whoever brought it first.
fn evidence(vault: &Vault) -> Vec<String> {
    let sql =
        "SELECT hex(key) || ' ' || place || ' ' || ifnull(first_seen, '-') || ' ' || ifnull(last_seen, '-') || ' '
                      || ifnull(details, '-') || ' ' || (vendor_id IS NOT NULL) FROM evidence ORDER BY key";
    let mut statement = vault.connection().prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whichever imports are taken back, in whatever order: what stays is what the others alone would have brought.
    #[test]
    fn what_other_imports_have_as_well_stays(
        files in vec(vec((0..4_u8, 2019..2025_i16), 1..5), 2..5),
        order in Just((0..4_usize).collect::<Vec<_>>()).prop_shuffle(),
        undone in 0..4_usize,
    ) {
        let line = |(account, year): &(u8, i16)| format!("login {account} a{account}.example {year}-01-01 -\n");
        let text = |file: &Vec<(u8, i16)>| file.iter().map(line).collect::<String>();
        let (_dir, mut vault) = vault();
        let batches: Vec<Option<i64>> =
            files.iter().map(|file| import(&mut vault, &text(file)).batch.map(|(_, number)| number)).collect();
        let gone: Vec<usize> = order.into_iter().filter(|place| *place < files.len()).take(undone).collect();
        for place in &gone {
            if let Some(number) = batches[*place] {
                take_back(&mut vault, number);
            }
        }
        let (_dir, mut other) = self::vault();
        for (place, file) in files.iter().enumerate() {
            // An import that said nothing new is none: there was nothing to take back of it, and nothing to keep.
            if !gone.contains(&place) && batches[place].is_some() {
                import(&mut other, &text(file));
            }
        }
        prop_assert_eq!(evidence(&vault), evidence(&other));
        crate::ledger::verify(vault.connection(), |_| {}).unwrap();
    }
}

#[test]
fn an_import_in_the_middle_gives_back_what_was_seen_before_it() {
    let (_dir, mut vault) = vault();
    for year in [2020, 2021, 2022] {
        import(&mut vault, &format!("login 1 a.example {year}-01-01 -"));
    }
    let last = |vault: &Vault| {
        let all = traces(vault.connection(), None).unwrap();
        all.values().next().unwrap().login.as_ref().unwrap().last_seen.unwrap().to_string()
    };
    take_back(&mut vault, 2);
    assert_eq!(last(&vault), "2022-01-01T00:00:00Z");
    take_back(&mut vault, 3);
    assert_eq!(last(&vault), "2020-01-01T00:00:00Z");
}

#[test]
fn a_directory_gives_payees_that_wait_their_vendor_and_takes_it_back() {
    let (_dir, mut vault) = vault();
    import(&mut vault, "payment 1 - 2024-01-01 SPOTIFY USA 877-778-1161\npayment 2 - - Max Mustermann");
    assert_eq!(waiting(&vault).len(), 2);
    let before = rows(&vault);
    let written = directory(&mut vault, &[entry("spotify", "Spotify AB", &["spotify.example"])]);
    assert_eq!((written.counts.records, written.counts.settled), (1, 1));
    assert_eq!(
        (vendor_names(&vault), waiting(&vault)),
        (vec!["spotify".to_owned()], vec!["Max Mustermann".to_owned()])
    );
    assert_eq!(of_site(vault.connection(), "spotify.example").unwrap()[0].1, "Spotify AB");
    // The same again is nothing.
    assert!(directory(&mut vault, &[entry("spotify", "Spotify AB", &["spotify.example"])]).batch.is_none());
    let undone = take_back(&mut vault, 2);
    assert_eq!((undone.records, undone.vendors.as_slice()), (1, &["spotify".to_owned()][..]));
    assert_eq!(rows(&vault), before);
}

#[test]
fn a_record_that_a_newer_one_took_the_place_of_comes_back() {
    let (_dir, mut vault) = vault();
    directory(&mut vault, &[entry("acme", "Acme", &["acme.example"]), entry("bolt", "Bolt", &["bolt.example"])]);
    let before = rows(&vault);
    directory(&mut vault, &[entry("acme", "Acme Ltd", &["acme.example", "acme.test"])]);
    assert_eq!(of_site(vault.connection(), "acme.test").unwrap().len(), 1);
    take_back(&mut vault, 2);
    assert_eq!(rows(&vault), before);
    take_back(&mut vault, 1);
    assert!(of_site(vault.connection(), "acme.example").unwrap().is_empty());
}

#[test]
fn two_records_of_one_name_are_two_and_stay_as_they_are() {
    let (_dir, mut vault) = vault();
    let list = [
        entry("wire", "Wire", &["wire.example"]),
        entry("wire", "Wire", &["wire.test"]),
        entry("wire", "Wire", &["wire.test"]),
    ];
    assert_eq!(directory(&mut vault, &list).counts.records, 2);
    assert_eq!(of_site(vault.connection(), "wire.test").unwrap().len(), 1);
    assert!(directory(&mut vault, &list).batch.is_none());
}

#[test]
fn who_stops_while_it_is_written_has_nothing() {
    let (_dir, mut vault) = vault();
    let collected = collected("login 1 a.example - -");
    let stopped = write::run(&mut vault, false, |tx| write::evidence(tx, &collected, &[], &AtomicBool::new(true)));
    assert!(stopped.unwrap_err().to_string().contains("nothing was imported"));
    assert!(batches(vault.connection()).unwrap().is_empty());
    let dry = write::run(&mut vault, true, |tx| write::evidence(tx, &collected, &[], &AtomicBool::new(false))).unwrap();
    assert_eq!(dry.counts.new, 1);
    assert!(batches(vault.connection()).unwrap().is_empty() && vendor_names(&vault).is_empty());
}

#[test]
fn one_item_twice_in_a_file_is_one() {
    let (_dir, mut vault) = vault();
    let written = import(&mut vault, "login 1 a.example 2020-01-01 -\nlogin 1 a.example 2022-01-01 -");
    assert_eq!((written.counts.new, written.counts.seen_again, written.counts.updated), (1, 1, 0));
    let found = traces(vault.connection(), None).unwrap();
    assert_eq!(found.values().next().unwrap().login.as_ref().unwrap().pieces, 1);
}
