//! Accounts, mail, statements and directories together: who has an account of mine, whom I pay, who writes to me, and whom
//! to write to about data.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::fs;

use kit::TestEnv;
use serde_json::{Value, json};

const LOGINS: &str = "name,url,username,password,note\nSpotify,https://www.spotify.example/,ada@example.org,x,\n";

/// Statement lines: day, payee, amount.
fn statement(lines: &[(&str, &str, &str)]) -> String {
    let line = |(day, payee, amount): &(&str, &str, &str)| format!("{day};{payee};{amount}\n");
    format!("Buchungstag;Empfänger;Betrag\n{}", lines.iter().map(line).collect::<String>())
}

const MAIL: &str = "From a Thu Feb 01 10:00:00 2024\nFrom: Spotify <no-reply@news.spotify.example>\nTo: ada+music@example.org\n\
    Date: Thu, 01 Feb 2024 10:00:00 +0000\nMessage-ID: <1@spotify.example>\nSubject: Hello\n\nA body that nobody reads\n\n\
    From b Fri Feb 02 10:00:00 2024\nFrom: Letters <news@letters.example>\nTo: ada@example.org\n\
    Date: Fri, 02 Feb 2024 10:00:00 +0000\nMessage-ID: <2@letters.example>\n\nA body\n";

fn vendor<'a>(list: &'a Value, name: &str) -> &'a Value {
    list["vendors"].as_array().unwrap().iter().find(|vendor| vendor["name"] == name).unwrap()
}

#[test]
fn account_payments_and_mail_come_together_at_one_vendor() {
    let env = TestEnv::new().with_ada();
    let logins = env.file("logins.csv", LOGINS);
    let mail = env.file("archive.mbox", MAIL);
    let paid = env.file(
        "statement.csv",
        statement(&[
            ("03.02.2024", "SPOTIFY P1A2B3C4 Stockholm", "-10,99"),
            ("13.02.2024", "Max Mustermann", "-20,00"),
        ]),
    );
    env.ok(&format!("import passwords {logins}"));
    let read = env.json(&format!("import mail {mail}"));
    assert_eq!((&read["new"], &read["known_vendors"]), (&json!(2), &json!(["spotify"])));
    let read = env.json(&format!("import bank {paid}"));
    assert_eq!((&read["new"], &read["unmatched"], &read["new_vendors"]), (&json!(2), &json!(1), &json!([])));
    let list = env.json("vendor list --by evidence");
    let evidence = &vendor(&list, "spotify")["evidence"];
    assert!(
        evidence["login"].is_object() && evidence["mail"].is_object() && evidence["payment"].is_object(),
        "{evidence}"
    );
    assert!(evidence["payment"]["last_seen"].as_str().unwrap().starts_with("2024-02-03"));
    assert!(evidence["emails"].as_array().unwrap().contains(&json!("ada+music@example.org")), "{evidence}");
    assert_eq!(vendor(&list, "letters")["evidence"]["login"], Value::Null);
    let waiting = env.json("import list --unmatched");
    assert_eq!(waiting["unmatched"][0]["name"], "Max Mustermann");
    // Read again, none of them is more than it was.
    for line in [format!("import mail {mail}"), format!("import bank {paid}")] {
        let again = env.json(&line);
        assert_eq!((&again["new"], &again["batch"]), (&json!(0), &Value::Null), "{line}");
    }
    for number in [1, 2, 3] {
        env.ok(&format!("import undo {number}"));
    }
    assert_eq!(env.json("vendor list")["vendors"], json!([]));
    assert_eq!(env.json("import list --unmatched")["unmatched"], json!([]));
}

#[test]
fn what_a_column_means_is_asked_once_and_kept() {
    let env = TestEnv::new();
    let text = "a;b;c\n2024-02-03;Shop Ltd;-1.00\n2024-02-04;Shop Ltd;-2.00\n";
    let first = env.file("first.csv", text);
    let refused = env.ends(2, &format!("import bank {first} --no-input"));
    refused.says("--columns").never_says("Shop");
    env.ends(7, &format!("import bank {first} --columns payee=payee,date=1,amount=3")).says("has no column");
    let read = env.json(&format!("import bank {first} --columns date=a,payee=b,amount=3,order=day,direction=out"));
    assert_eq!((&read["new"], &read["unmatched"]), (&json!(1), &json!(1)));
    let second = env.file("second.csv", text.replace("Shop Ltd", "Other Ltd"));
    assert_eq!(env.json(&format!("import bank {second} --no-input"))["new"], 1);
    // With the import that it was asked for it is forgotten.
    env.ok("import undo 1");
    env.ends(2, &format!("import bank {second} --no-input"));
}

/// A checkout of datenanfragen/data with one company in it.
fn checkout(env: &TestEnv, name: &str, web: &str) -> String {
    fs::create_dir_all(env.path("data/companies")).unwrap();
    let record = json!({"slug": "spotify", "name": name, "web": web, "email": "privacy@spotify.example",
        "address": "Street 1\nTown", "relevant-countries": ["all"], "quality": "verified"});
    env.file("data/companies/spotify.json", record.to_string());
    env.path("data").display().to_string()
}

#[test]
fn a_directory_says_who_a_payee_is_and_how_to_reach_it() {
    let env = TestEnv::new();
    let paid = env.file("statement.csv", statement(&[("03.02.2024", "Spotify Abonnement AB", "-10,99")]));
    env.ok(&format!("import bank {paid}"));
    assert_eq!(env.json("vendor list")["vendors"], json!([]));
    let data = checkout(&env, "Spotify Abonnement AB", "https://www.spotify.example");
    let read = env.json(&format!("import directory {data}"));
    assert_eq!((&read["records"], &read["settled"]), (&json!(1), &json!(1)));
    assert_eq!(read["new_vendors"][0]["name"], "spotify");
    let shown = env.ok("vendor show spotify");
    shown.says("privacy@spotify.example").says("datenanfragen says");
    assert_eq!(
        env.json("vendor show spotify")["directory"][0]["record"]["contacts"]["email"],
        "privacy@spotify.example"
    );
    // The same again is nothing, and a newer record takes the place of the older one until it is taken back.
    assert_eq!(env.json(&format!("import directory {data}"))["batch"], Value::Null);
    checkout(&env, "Spotify Renamed AB", "https://www.spotify.example");
    assert_eq!(env.json(&format!("import directory {data}"))["records"], 1);
    env.ok("vendor show spotify").says("says of Spotify Renamed AB");
    env.ok("import undo 3");
    env.ok("vendor show spotify").says("says of Spotify Abonnement AB");
    env.ok("import undo 2");
    assert_eq!(env.json("vendor list")["vendors"], json!([]));
    assert_eq!(env.json("import list --unmatched")["unmatched"].as_array().unwrap().len(), 1);
}

#[test]
fn the_directories_of_the_corpus_are_read() {
    let Some(corpus) = kit::corpus() else { return };
    let env = TestEnv::new();
    let path = corpus.join("directory").display().to_string();
    let read = env.json(&format!("import directory {path}"));
    assert!(read["records"].as_u64().unwrap() > 5000, "{}", read["records"]);
    let logins = env.file("logins.csv", LOGINS.replace("spotify.example", "spotify.com"));
    env.ok(&format!("import passwords {logins}"));
    assert!(!env.json("vendor show spotify")["directory"].as_array().unwrap().is_empty());
    env.ok("import undo 2");
    env.ok("import undo 1");
    env.ok("log verify");
}

#[test]
fn every_statement_and_mailbox_of_the_corpus_is_taken_or_named() {
    let Some(corpus) = kit::corpus() else { return };
    let env = TestEnv::new();
    for (folder, verb) in [("bank", "bank"), ("mail", "mail"), ("vcard", "vcard"), ("passwords", "passwords")] {
        let files: Vec<_> = kit::walk(&corpus.join(folder)).into_iter().filter(|path| path.is_file()).collect();
        assert!(!files.is_empty());
        for file in files {
            let run = env.run(&format!("import {verb} '{}' --no-input --json", file.display()));
            assert!([0, 2, 7].contains(&run.code), "{run}");
            assert!(run.code != 2 || run.err.contains("--columns"), "{run}");
        }
    }
    env.ok("log verify");
    env.ok("vendor list --by evidence");
}

#[test]
fn a_mailbox_on_a_server_wants_to_know_where() {
    let env = TestEnv::new();
    env.ends(2, "import mail imap").says("--host");
    env.ends(2, "import mail imap --host imap.example --user ada").says("--password-file");
    env.ends(6, "import mail nowhere.mbox").says("nowhere.mbox");
}

#[test]
fn a_direction_that_is_given_counts_whatever_else_the_file_says() {
    let paid = |csv: &str, columns: &str| {
        let env = TestEnv::new();
        env.ok(&format!("import passwords {}", env.file("logins.csv", LOGINS)));
        env.ok(&format!("import bank {} --no-input --columns {columns}", env.file("card.csv", csv)));
        let list = env.json("vendor list --by evidence");
        vendor(&list, "spotify")["evidence"]["payment"]["incoming"] == 0
    };
    let card = "date,title,amount\n2024-02-03,Spotify,9.99\n2024-02-04,Pagamento recebido,-50.00\n";
    assert!(paid(card, "payee=title,direction=out"));
    assert!(paid(card, "direction=out,amount=amount,payee=title,date=date"));
    // Without a header it is asked after the column of amounts was told.
    let env = TestEnv::new();
    let bare = env.file("bare.csv", "2024-02-03,x1,Spotify,9.99,100.00\n2024-02-04,x2,Spotify,9.99,80.00\n");
    env.ends(2, &format!("import bank {bare} --no-input --columns payee=3,amount=4")).says("direction");
}

#[test]
fn who_only_pays_me_is_told_from_whom_i_pay() {
    let env = TestEnv::new();
    let logins = LOGINS.to_owned() + "Insurer,https://insurer.example/,ada,x,\n";
    env.ok(&format!("import passwords {}", env.file("logins.csv", logins)));
    let paid = [("03.02.2024", "SPOTIFY", "-9,99"), ("10.02.2024", "Insurer", "250,00")];
    env.ok(&format!("import bank {}", env.file("paid.csv", statement(&paid))));
    let list = env.json("vendor list --by evidence");
    let payment = |name: &str| vendor(&list, name)["evidence"]["payment"].clone();
    assert_eq!((&payment("spotify")["incoming"], &payment("insurer")["incoming"]), (&json!(0), &json!(1)));
    env.ok("vendor list --by evidence").says("to you, 2024-02-10");
    env.ok("vendor show insurer").says("payments to you");
    // Once it is paid as well, it is one that I pay.
    let paid = [("10.02.2024", "Insurer", "250,00"), ("11.02.2024", "Insurer GmbH", "-5,00")];
    env.ok(&format!("import bank {}", env.file("more.csv", statement(&paid))));
    env.ok("vendor show insurer").never_says("payments to you");
}

#[test]
fn one_address_in_two_spellings_is_one() {
    let env = TestEnv::new();
    let logins = LOGINS.to_owned() + "Spotify,https://spotify.example/,Ada@Example.org,x,\n";
    env.ok(&format!("import passwords {}", env.file("logins.csv", logins)));
    let list = env.json("vendor list --by evidence");
    let evidence = &vendor(&list, "spotify")["evidence"];
    assert_eq!(
        (&evidence["accounts"], &evidence["emails"]),
        (&json!(["Ada@Example.org"]), &json!(["Ada@Example.org"]))
    );
    assert_eq!(env.json("who email")["held_by_import"].as_array().unwrap().len(), 1);
}

#[test]
fn identities_fill_gaps_and_say_where_they_differ() {
    let env = TestEnv::new();
    let identity = |name: &str, email: &str| json!({"id": name, "type": 4, "name": name, "identity": {"firstName": "Ada", "lastName": "Lovelace", "email": email}});
    let items = [identity("Home", "ada@example.org"), identity("Work", "ada@work.example")];
    let export = json!({"encrypted": false, "folders": [], "items": items}).to_string();
    let file = env.file("vault.json", export);
    env.ok(&format!("import passwords {file}")).says("could fill").says("import again, with --yes");
    let run = env.ok(&format!("import passwords {file} --yes"));
    run.says("\"Work\" says something else than your profile, which stays as it is: email");
    env.ok("profile show email").says("ada@example.org");
}

#[test]
fn a_card_that_is_cut_off_is_taken_and_said_to_be() {
    let env = TestEnv::new();
    let card = "BEGIN:VCARD\nVERSION:4.0\nKIND:org\nFN:Acme\nURL:https://acme.example\n";
    let run = env.ok(&format!("import vcard {}", env.file("cards.vcf", card)));
    run.says("line 1: this card has no END:VCARD; it may be cut off: what there is of it is read")
        .never_says("not read");
    assert_eq!(env.json("vendor list")["vendors"][0]["domain"], "acme.example");
}
