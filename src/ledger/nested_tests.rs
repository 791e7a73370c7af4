//! What parts of a transaction that fail leave of the ledger: nothing, and a chain that holds.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use super::{append, check_anchor, head, verify};
use crate::error::{Error, Kind, Result};
use crate::vault::key::DataKey;
use crate::vault::slot::{NewSlot, new_recovery};
use crate::vault::{Tx, Vault};

/// What a transaction does.
#[derive(Debug, Clone)]
enum Part {
    /// Adds an entry.
    Entry,
    /// Parts within, which end well or not.
    Nested(Vec<Part>, bool),
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let leaf = Just(Part::Entry);
    let part = leaf.prop_recursive(4, 24, 4, |inner| {
        (prop::collection::vec(inner, 0..4), any::<bool>()).prop_map(|(parts, ends)| Part::Nested(parts, ends))
    });
    prop::collection::vec(part, 0..6)
}

/// Does the parts, and returns how many entries are to remain.
fn run(tx: &Tx, parts: &[Part]) -> Result<u64> {
    let mut remain = 0;
    for part in parts {
        remain += match part {
            Part::Entry => append(tx, "tested", "test", &json!({})).map(|()| 1)?,
            Part::Nested(inner, ends_well) => {
                let result = tx.nested(|| match (run(tx, inner)?, ends_well) {
                    (entries, true) => Ok(entries),
                    (_, false) => Err(Error::bad_input("it was to fail")),
                });
                result.or_else(|error| if error.kind() == Kind::BadInput { Ok(0) } else { Err(error) })?
            }
        };
    }
    Ok(remain)
}

fn vault(dir: &std::path::Path) -> Vault {
    let (identity, _) = new_recovery();
    let first = |tx: &Tx| append(tx, "vault-created", "vault", &json!({}));
    Vault::create(&dir.join("vault"), &DataKey::generate().unwrap(), &[NewSlot::Recovery(&identity)], first).unwrap()
}

#[test]
fn whatever_fails_within_a_transaction_the_chain_holds_and_the_anchor_is_its_head() {
    let dir = tempfile::tempdir().unwrap();
    let mut vault = vault(dir.path());
    let mut entries = 1;
    let transactions = (prop::collection::vec(parts(), 1..4), any::<bool>());
    let mut runner = TestRunner::new(Config { cases: 100, failure_persistence: None, ..Config::default() });
    let each = |(transactions, many): (Vec<Vec<Part>>, bool)| {
        if many {
            let mut writes = vault.many_writes().unwrap();
            for parts in &transactions {
                entries += writes.write(|tx| run(tx, parts)).unwrap();
            }
        } else {
            for parts in &transactions {
                entries += vault.write(|tx| run(tx, parts)).unwrap();
            }
        }
        prop_assert_eq!(verify(vault.connection(), |_| ()).unwrap().entries, entries);
        prop_assert_eq!(vault.anchor().unwrap(), head(vault.connection()).unwrap());
        check_anchor(&vault).unwrap();
        Ok(())
    };
    let each = std::cell::RefCell::new(each);
    runner.run(&transactions, |case| each.borrow_mut()(case)).unwrap();
}

/// SQLite takes the whole transaction back where the disk is full: there is nothing left that a part could go back to.
#[test]
fn a_full_disk_within_a_part_is_called_by_its_name_and_nothing_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut vault = vault(dir.path());
    let pages: i64 = vault.connection().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    vault.connection().query_row(&format!("PRAGMA max_page_count = {}", pages + 2), [], |_| Ok(())).unwrap();
    let before = head(vault.connection()).unwrap();
    let written = vault.write(|tx| {
        append(tx, "tested", "test", &json!({}))?;
        tx.nested(|| append(tx, "tested", "test", &json!({"long": "x".repeat(100_000)})))
    });
    assert!(written.unwrap_err().to_string().contains("the disk is full"));
    assert_eq!((head(vault.connection()).unwrap(), vault.anchor().unwrap()), (before.clone(), before));
}
