//! Statements that other people's software was tested with, found through `CMR_CORPUS`; they are no part of this repository.

use std::path::{Path, PathBuf};

use super::tests::read_with;
use super::{Found, Question};
use crate::import::evidence::Secret;
use crate::import::testing::Heard;

/// The folder of statements, or a notice that there is none; a build server must have it.
fn corpus() -> Option<PathBuf> {
    match std::env::var_os("CMR_CORPUS") {
        Some(root) => Some(Path::new(&root).join("bank")),
        None if std::env::var_os("CI").is_some() => panic!("CMR_CORPUS is not set, and CI is"),
        None => {
            println!("skipped: CMR_CORPUS is not set, so no real statement was read");
            None
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).expect("a folder of the corpus").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries.collect();
    files.sort();
    files
}

/// What was read, in short: payments, payees, what is none of a vendor's, and what was skipped; or why nothing was.
fn outcome(path: &Path) -> (String, Heard) {
    let (found, heard) = read_with(&std::fs::read(path).expect("a readable file"), None);
    let told = match found {
        Ok(Found::Read(read)) => {
            let apart: u64 = read.apart.values().sum();
            format!("{} to {}, {} apart, {} skipped", read.payments, read.payees, apart, read.skipped)
        }
        Ok(Found::Unmapped(unmapped)) => format!("asks for {:?}", unmapped.questions),
        Err(error) => error.to_string(),
    };
    (told, heard)
}

/// Each file with what a reader of it by eye finds: so many bookings, of so many payees.
const EXPECTED: &[(&str, &str)] = &[
    ("ofx/account_listing_aggregation.ofx", "there is no statement of an account in it"),
    ("ofx/anzcc.ofx", "1 to 1, 0 apart, 0 skipped"),
    ("ofx/bank_medium.ofx", "3 to 3, 0 apart, 0 skipped"),
    ("ofx/bank_small.ofx", "there is no statement of an account in it"),
    ("ofx/checking.ofx", "1 to 1, 2 apart, 0 skipped"),
    ("ofx/error_message.ofx", "the bank answered with error 2000: General Server Error"),
    ("ofx/fail_nice_date_missing.ofx", "no booking could be read; line 33: this booking has no date (DTPOSTED)"),
    ("ofx/fail_nice_decimal_error.ofx", "no booking could be read; line 34: there is no such day: 201120000000"),
    ("ofx/fail_nice_empty_balance.ofx", "1 to 1, 0 apart, 0 skipped"),
    ("ofx/fidelity-savings.ofx", "2 to 2, 2 apart, 0 skipped"),
    ("ofx/fidelity.ofx", "0 to 0, 17 apart, 0 skipped"),
    ("ofx/investment_401k.ofx", "0 to 0, 3 apart, 0 skipped"),
    ("ofx/investment_medium.ofx", "3 to 1, 0 apart, 0 skipped"),
    ("ofx/multiple_accounts.ofx", "0 to 0, 0 apart, 0 skipped"),
    ("ofx/multiple_accounts2.ofx", "0 to 0, 0 apart, 0 skipped"),
    ("ofx/ofx-v102-empty-tags.ofx", "0 to 0, 1 apart, 0 skipped"),
    (
        "ofx/signon_fail.ofx",
        "the bank answered with error 15500: Your request could not be processed because you supplied an invalid \
         identification code or your password was incorrect",
    ),
    ("ofx/signon_success.ofx", "there is no statement of an account in it"),
    ("ofx/signon_success_no_message.ofx", "there is no statement of an account in it"),
    ("ofx/suncorp.ofx", "1 to 1, 0 apart, 0 skipped"),
    ("ofx/td_ameritrade.ofx", "0 to 0, 0 apart, 0 skipped"),
    ("ofx/tiaacref.ofx", "0 to 0, 1 apart, 0 skipped"),
    ("ofx/vanguard.ofx", "0 to 0, 1 apart, 0 skipped"),
    ("ofx/vanguard401k.ofx", "0 to 0, 5 apart, 0 skipped"),
    ("camt053/camt053.v2.all-balance-types.xml", "1 to 1, 0 apart, 0 skipped"),
    ("camt053/camt053.v2.five.decimals.xml", "1 to 1, 0 apart, 0 skipped"),
    ("camt053/camt053.v2.minimal.ultimate.xml", "1 to 1, 0 apart, 0 skipped"),
    ("camt053/camt053.v2.minimal.xml", "1 to 1, 0 apart, 0 skipped"),
    ("camt053/camt053.v2.multi.statement.xml", "2 to 2, 0 apart, 0 skipped"),
    ("camt053/camt053.v2.with-account-name.xml", "0 to 0, 1 apart, 0 skipped"),
    ("camt053/camt053.v2.with-party-ids.xml", "1 to 1, 0 apart, 0 skipped"),
    ("csv/2018-04-14_10-52-13_bunq-transactieoverzicht.csv", "3 to 3, 0 apart, 0 skipped"),
    ("csv/2019-03-02_11-50-46_bunq-statement.csv", "7 to 2, 0 apart, 0 skipped"),
    ("csv/MS_JANE_SMITH_01-12-2019_14-12-2019.csv", "9 to 9, 4 apart, 0 skipped"),
    ("csv/Movements_1234512345_201805271848.csv", "0 to 0, 1 apart, 0 skipped"),
    ("csv/TH_20180101-20180523_strana_1.csv", "9 to 7, 0 apart, 0 skipped"),
    ("csv/TransactionHistory_20180418043121.csv", "4 to 4, 4 apart, 0 skipped"),
    ("csv/dba33fceecd62c3c727893361e0ba4d3.P000000027355791.csv", "asks for [Payee, Direction]"),
    ("csv/export_KBC-Mastercard_Business_Essential_20200204_1604.csv", "2 to 1, 1 apart, 0 skipped"),
    ("csv/test_BOI_TransactionExport.csv", "19 to 19, 8 apart, 0 skipped"),
    ("csv/test_headers.csv", "65 to 45, 9 apart, 2 skipped"),
    ("csv/test_raiffeisen_02.csv", "65 to 45, 9 apart, 0 skipped"),
    ("csv/test_row_format_CD_flag.csv", "62 to 45, 9 apart, 3 skipped"),
    ("csv/test_row_format_neg_inflow.csv", "65 to 45, 9 apart, 0 skipped"),
];

#[test]
fn every_file_gives_what_is_in_it() {
    let Some(folder) = corpus() else { return };
    let mut count = 0;
    for (file, expected) in EXPECTED {
        assert_eq!(outcome(&folder.join(file)).0, *expected, "{file}");
        count += 1;
    }
    let all: usize = ["ofx", "camt053", "csv"].iter().map(|kind| files(&folder.join(kind)).len()).sum();
    assert_eq!(count, all, "a file of the corpus is not in the list");
}

#[test]
fn what_is_said_of_payees() {
    let Some(folder) = corpus() else { return };
    let (_, bunq) = outcome(&folder.join("csv/2019-03-02_11-50-46_bunq-statement.csv"));
    let cloudflare = &bunq.found[0];
    assert_eq!(cloudflare.key, "payee:cloudflare");
    assert_eq!(cloudflare.first_seen, Some("2018-12-06T00:00:00Z".parse().unwrap()));
    assert_eq!(cloudflare.last_seen, Some("2018-12-07T00:00:00Z".parse().unwrap()));
    let expected = serde_json::json!({"count": 6, "incoming": 2, "amount": "-7.07", "total": "-15.83"});
    assert_eq!(cloudflare.details.value(), expected);
    let (_, card) = outcome(&folder.join("csv/export_KBC-Mastercard_Business_Essential_20200204_1604.csv"));
    assert_eq!(card.dropped, [Secret::Card; 2]);
    assert!(!format!("{card:?}").contains("1234567890123456"));
    let (_, ocbc) = outcome(&folder.join("csv/TransactionHistory_20180418043121.csv"));
    assert_eq!(ocbc.names()[0], "DEBIT PURCHASE 15/04/18  66-6666 UBER EATS AN2GO HELP.UBERh");
    assert_eq!(ocbc.found[0].details.value()["currency"], "SGD");
    let (_, camt) = outcome(&folder.join("camt053/camt053.v2.multi.statement.xml"));
    assert_eq!(camt.names(), ["Company Name 1", "Company Name 2"]);
    assert_eq!(camt.found[1].details.value()["amount"], "-7.00");
    assert_eq!(camt.found[1].details.value()["iban"], "…8421");
    let (_, suncorp) = outcome(&folder.join("ofx/suncorp.ofx"));
    assert_eq!(suncorp.names(), ["EFTPOS WDL HANDYWAY ALDI STORE"]);
}

#[test]
fn no_account_of_ones_own_comes_out() {
    let Some(folder) = corpus() else { return };
    let own = [
        ("ofx/fail_nice_empty_balance.ofx", "192639749"),
        ("ofx/bank_medium.ofx", "000012345678"),
        ("ofx/anzcc.ofx", "1234123412341234"),
        ("camt053/camt053.v2.minimal.xml", "NL26VAYB8060476890"),
        ("csv/2018-04-14_10-52-13_bunq-transactieoverzicht.csv", "NL47BUNQ2025181418"),
        ("csv/2019-03-02_11-50-46_bunq-statement.csv", "NL26BUNQ2025126409"),
    ];
    for (file, number) in own {
        let text = std::fs::read_to_string(folder.join(file)).expect("a readable file");
        assert!(text.contains(number), "{file}");
        assert!(!format!("{:?}", outcome(&folder.join(file)).1).contains(number), "{file}");
    }
}

#[test]
fn the_file_without_a_header_is_read_once_it_was_asked_about() {
    let Some(folder) = corpus() else { return };
    let path = folder.join("csv/dba33fceecd62c3c727893361e0ba4d3.P000000027355791.csv");
    let bytes = std::fs::read(path).expect("a readable file");
    let (Ok(Found::Unmapped(unmapped)), _) = read_with(&bytes, None) else { panic!("it is asked about") };
    assert_eq!(unmapped.questions, [Question::Payee, Question::Direction]);
    let amounts = Some(super::Amounts::Split { debit: 2, credit: 3 });
    let mapping = super::Mapping { payee: vec![4], amounts, ..unmapped.draft };
    let (found, heard) = read_with(&bytes, Some(mapping));
    assert!(matches!(found, Ok(Found::Read(_))), "{found:?}");
    assert_eq!(heard.names(), ["MCDONALD'S (TAM KIOSK) SI NG 22FEB"]);
    assert_eq!(heard.found[0].details.value()["total"], "-7.80");
}
