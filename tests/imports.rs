//! A full vault in five minutes: what people already have is imported, matched, shown, and taken back.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::fs;
use std::process::Stdio;
use std::time::Duration;

use cmr::vendor::{self, NewVendor};
use kit::{Run, Shop, TestEnv, wait_until};
use rusqlite::types::ValueRef;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// Firefox, which says when each login was last used.
const FIREFOX: &str = "\"url\",\"username\",\"password\",\"httpRealm\",\"formActionOrigin\",\"guid\",\"timeCreated\",\
    \"timeLastUsed\",\"timePasswordChanged\"\n";

/// A login of an export: host, account, a number, and the day it was last used, in milliseconds.
fn login(host: &str, account: &str, guid: u32, used: i64) -> String {
    format!(
        "\"https://{host}\",\"{account}\",\"pa55-of-nobody\",,\"https://{host}\",\"{{{guid}}}\",\"1500000000000\",\
         \"{used}\",\"1500000000000\"\n"
    )
}

const LONG_AGO: i64 = 1_500_000_000_000;
const LATELY: i64 = 1_790_000_000_000;

/// Three logins: at a shop, at a streamer that nobody used for years, and at an agency.
fn export() -> String {
    [
        FIREFOX.to_owned(),
        login("www.shop.example", "ada@example.org", 1, LATELY),
        login("stream.example", "ada+stream@example.org", 2, LONG_AGO),
        login("www.bzst.bund.de", "4711", 3, LATELY),
    ]
    .concat()
}

fn names(vendors: &Value) -> Vec<&str> {
    let mut names: Vec<&str> =
        vendors["vendors"].as_array().unwrap().iter().map(|vendor| vendor["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

/// What the vault says, in every list that an import could change.
fn said(env: &TestEnv) -> Vec<Value> {
    ["vendor list --by evidence", "import list --unmatched", "who email"]
        .map(|line| {
            let mut document = env.json(line);
            document["at"] = Value::Null;
            document
        })
        .to_vec()
}

#[test]
fn an_export_fills_the_vault_and_the_same_again_adds_nothing() {
    let env = TestEnv::new();
    let file = env.file("logins.csv", export());
    let first = env.json(&format!("import passwords {file}"));
    assert_eq!((&first["new"], &first["merged"], &first["number"]), (&json!(3), &json!(0), &json!(1)));
    assert_eq!(first["dropped"], json!({"password": 3}));
    let vendors = env.json("vendor list");
    assert_eq!(names(&vendors), ["bzst", "shop", "stream"]);
    let before = said(&env);
    let again = env.json(&format!("import passwords {file}"));
    assert_eq!((&again["new"], &again["merged"], &again["updated"]), (&json!(0), &json!(3), &json!(0)));
    assert_eq!((&again["batch"], &again["new_vendors"]), (&Value::Null, &json!([])));
    assert_eq!(said(&env), before);
    assert_eq!(env.json("import list")["imports"].as_array().unwrap().len(), 1);
    // One entry for the batch, and no value in it.
    let log = env.json("log");
    let entry = &log["entries"][0];
    assert_eq!(entry["action"], "imported");
    assert!(!entry.to_string().contains("ada@example.org"));
    env.ok("log verify");
    env.ok("search stream").says("stream.example");
}

#[test]
fn a_newer_export_brings_what_is_new_and_says_when_it_was_last_seen() {
    let env = TestEnv::new();
    let file = env.file("logins.csv", export());
    env.ok(&format!("import passwords {file}"));
    let newer = export().replace(&LONG_AGO.to_string(), "1780000000000") + &login("news.example", "ada", 4, LATELY);
    let file = env
        .file("newer.csv", newer.replace("\"1780000000000\",\"1780000000000\"", "\"1500000000000\",\"1780000000000\""));
    let before = said(&env);
    let second = env.json(&format!("import passwords {file}"));
    assert_eq!((&second["new"], &second["merged"], &second["updated"]), (&json!(1), &json!(3), &json!(1)));
    assert_eq!(env.json("vendor list --ghosts")["vendors"], json!([]));
    let undone = env.json("import undo 2");
    assert_eq!(
        (&undone["evidence"], &undone["restored"], &undone["vendors"]),
        (&json!(1), &json!(1), &json!(["news"]))
    );
    assert_eq!(said(&env), before);
    // What the newer one has as well stays when the older one goes.
    env.ok(&format!("import passwords {file}"));
    env.ok("import undo 1").says("3 findings stay: a later import has it as well").says("0 findings");
    assert_eq!(names(&env.json("vendor list")), ["bzst", "news", "shop", "stream"]);
    assert_eq!(env.json("import undo 3")["vendors"].as_array().unwrap().len(), 4);
    assert_eq!(names(&env.json("vendor list")), Vec::<&str>::new());
}

#[test]
fn an_import_is_taken_back_with_all_that_it_brought() {
    let env = TestEnv::new().with_ada();
    let empty = said(&env);
    let file = env.file("logins.csv", export());
    env.ok(&format!("import passwords {file}"));
    env.ok("search shop.example").says("shop");
    let would = env.json("import undo 1 --dry-run");
    assert_eq!((&would["evidence"], &would["dry_run"]), (&json!(3), &json!(true)));
    assert_eq!(env.json("vendor list")["vendors"].as_array().unwrap().len(), 3);
    let undone = env.ok("import undo 1");
    undone.says("3 findings, 3 vendors are gone");
    assert_eq!(said(&env), empty);
    env.ends(6, "search stream.example");
    env.ends(7, "import undo 1").says("taken back already");
    env.ends(6, "import undo 9").says("there is no import");
    assert!(env.json("import list")["imports"][0]["undone"].is_string());
    env.ok("log verify");
    // And it can come again.
    assert_eq!(env.json(&format!("import passwords {file}"))["new"], 3);
}

#[test]
fn what_was_used_since_stays_and_says_why() {
    let env = TestEnv::new().with_ada();
    let file = env.file(
        "logins.csv",
        export() + &login("news.example", "ada", 4, LATELY) + &login("bank.example", "9", 5, LATELY),
    );
    env.ok(&format!("import passwords {file}"));
    env.ok("vendor note shop 'friendly people'");
    env.ok("vendor alias stream email ada@relay.example");
    env.ok("vendor set stream --rank 1");
    env.ok("vendor set news --name gazette");
    env.ok("vendor set bzst --account 12");
    let undone = env.json("import undo 1");
    assert_eq!(undone["vendors"], json!(["bank"]));
    let staying: Vec<(&str, &str)> = undone["staying"]
        .as_array()
        .unwrap()
        .iter()
        .map(|staying| (staying["vendor"].as_str().unwrap(), staying["why"].as_str().unwrap()))
        .collect();
    assert_eq!(staying.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["bzst", "gazette", "shop", "stream"]);
    assert_eq!(staying[2].1, "it has a note");
    assert!(staying[3].1.contains("it has an alias") && staying[3].1.contains("a rank"), "{staying:?}");
    assert_eq!(names(&env.json("vendor list")), ["bzst", "gazette", "shop", "stream"]);
    env.ok("vendor show shop").never_says("Imports show");
    env.ok("log verify");
}

#[test]
fn a_vendor_that_two_imports_found_stays_with_the_other() {
    let env = TestEnv::new();
    let firefox = env.file("firefox.csv", export());
    let chrome =
        env.file("chrome.csv", "name,url,username,password,note\nx,https://shop.example/,ada@example.org,x,\n");
    env.ok(&format!("import passwords {firefox}"));
    let second = env.json(&format!("import passwords {chrome}"));
    assert_eq!((&second["new"], &second["known_vendors"]), (&json!(1), &json!(["shop"])));
    // The same account in two exports is one account.
    assert_eq!(env.json("vendor show shop")["evidence"]["accounts"], json!(["ada@example.org"]));
    let undone = env.json("import undo 1");
    assert_eq!(undone["staying"][0]["why"], "another import found it as well");
    assert_eq!(names(&env.json("vendor list")), ["shop"]);
    assert_eq!(env.json("import undo 2")["vendors"], json!(["shop"]));
    assert_eq!(names(&env.json("vendor list")), Vec::<&str>::new());
}

#[test]
fn strict_is_all_or_nothing() {
    let env = TestEnv::new();
    let file = env.file("contacts.vcf", "BEGIN:VCARD\nVERSION:4.0\nKIND:org\nFN:Kolb\nno property\nEND:VCARD\n");
    let before = env.vault_bytes();
    let strict = env.ends(7, &format!("import vcard {file} --strict"));
    strict.says("contacts.vcf, line 5").says("nothing was kept");
    assert_eq!(env.vault_bytes(), before);
    let kept = env.json(&format!("import vcard {file}"));
    assert_eq!((&kept["new"], kept["skipped"].as_array().unwrap().len()), (&json!(1), 1));
    assert_eq!((&kept["skipped"][0]["place"], &kept["skipped"][0]["bad"]), (&json!("line 5"), &json!(true)));
}

#[test]
fn a_dry_run_says_it_all_and_does_nothing() {
    let env = TestEnv::new();
    let file = env.file("logins.csv", export() + &login("192.168.0.1", "admin", 9, LATELY));
    let before = env.vault_bytes();
    let would = env.json(&format!("import passwords {file} --dry-run"));
    assert_eq!((&would["new"], &would["batch"], &would["dry_run"]), (&json!(3), &Value::Null, &json!(true)));
    assert_eq!(would["new_vendors"].as_array().unwrap().len(), 3);
    assert_eq!(would["skipped"].as_array().unwrap().len(), 1);
    assert_eq!(env.vault_bytes(), before);
    assert_eq!(env.json("import list")["imports"], json!([]));
    env.snapshot("imports_dry_run", &env.ok("import passwords logins.csv --dry-run"));
    env.snapshot("imports_done", &env.ok("import passwords logins.csv"));
    env.snapshot("imports_list", &env.ok("import list"));
    env.snapshot("imports_by_evidence", &env.ok("vendor list --by evidence"));
    env.snapshot("imports_undone", &env.ok("import undo 1"));
}

/// Two vendors of one company, which a login at the company's own site could be about.
fn two_vendors() -> TestEnv {
    let env = TestEnv::new();
    env.open_vault()
        .write(|tx| ["books", "music"].iter().try_for_each(|name| vendor::add(tx, without_document(name)).map(|_| ())))
        .unwrap();
    env
}

/// A vendor that does not speak the protocol.
fn without_document(name: &str) -> NewVendor {
    NewVendor {
        name: name.to_owned(),
        url: format!("https://{name}.acme.example/").parse().unwrap(),
        metadata: None,
        channels: Vec::new(),
        keys: Vec::new(),
        allow_loopback: false,
        approved_origins: Vec::new(),
        token: None,
    }
}

#[test]
fn between_two_vendors_it_is_not_guessed() {
    let env = two_vendors();
    let file = env.file(
        "logins.csv",
        FIREFOX.to_owned()
            + &login("login.acme.example", "ada", 1, LATELY)
            + &login("books.acme.example", "bea", 2, LATELY),
    );
    let import = env.json(&format!("import passwords {file} --no-input"));
    assert_eq!((&import["unmatched"], &import["new_vendors"]), (&json!(1), &json!([])));
    assert_eq!(import["ambiguous"][0]["what"], "login.acme.example");
    assert_eq!(import["ambiguous"][0]["could_be"].as_array().unwrap().len(), 2);
    assert_eq!(env.json("vendor show books")["evidence"]["accounts"], json!(["bea"]));
    let waiting = env.json("import list --unmatched");
    assert_eq!(waiting["unmatched"][0]["host"], "login.acme.example");
    env.ok("import list --unmatched").says("logins.csv, line 2").says("--match");
    // Said once, it is remembered, and taken back with the import that it was said to.
    let said = env.json(&format!("import passwords {file} --match login.acme.example=music"));
    assert_eq!((&said["new"], &said["settled"], &said["unmatched"]), (&json!(0), &json!(1), &json!(0)));
    assert_eq!(env.json("import list --unmatched")["unmatched"], json!([]));
    let more = env.file("more.csv", FIREFOX.to_owned() + &login("login.acme.example", "cy", 3, LATELY));
    assert_eq!(env.json(&format!("import passwords {more}"))["ambiguous"], json!([]));
    assert_eq!(env.json("vendor show music")["evidence"]["accounts"], json!(["ada", "cy"]));
    env.json("import undo 2");
    assert_eq!(env.json("import list --unmatched")["unmatched"].as_array().unwrap().len(), 1);
    assert_eq!(env.json("vendor show music")["evidence"]["accounts"], json!(["cy"]));
    env.ends(2, &format!("import passwords {file} --match '·=music'")).says("names nobody");
    env.ends(6, &format!("import passwords {file} --match x=nobody"));
}

#[test]
fn what_vendors_hold_by_import_is_known_as_held_without_a_grant() {
    let env = TestEnv::new().with_ada();
    let file = env.file("logins.csv", export());
    env.ok(&format!("import passwords {file}"));
    let who = env.json("who email");
    assert_eq!(who["known"], json!([]));
    let held: Vec<(&str, &str)> = who["held_by_import"]
        .as_array()
        .unwrap()
        .iter()
        .map(|held| (held["vendor"].as_str().unwrap(), held["value"].as_str().unwrap()))
        .collect();
    assert_eq!(held, [("shop", "ada@example.org"), ("stream", "ada+stream@example.org")]);
    env.ok("who email").says("Held without a grant").says("login in logins.csv, line 2");
    let knows = env.json("vendor knows stream");
    assert_eq!(knows["held_by_import"][0]["source"], "logins.csv, line 3");
    assert_eq!(env.json("vendor knows stream --at 2001-01-01")["held_by_import"], json!([]));
    env.json("import undo 1");
    assert_eq!(env.json("who email")["held_by_import"], json!([]));
}

#[test]
fn an_account_that_nobody_used_for_years_is_a_ghost() {
    let env = TestEnv::new().with_ada();
    let file = env.file("logins.csv", export());
    env.ok(&format!("import passwords {file}"));
    let ghosts = env.json("vendor list --ghosts");
    assert_eq!(names(&ghosts), ["stream"]);
    assert_eq!(ghosts["vendors"][0]["evidence"]["emails"], json!(["ada+stream@example.org"]));
    env.ok("vendor list --ghosts").says("cmr vendor show stream");
    env.ok("vendor show stream").says("ask for erasure");
}

/// A vendor that an import brought has no key until there is something to sign.
#[test]
fn an_imported_vendor_can_be_lent_to_once_there_is_a_way_to_it() {
    let env = TestEnv::new().with_ada();
    let file = env.file("logins.csv", export());
    env.ok(&format!("import passwords {file}"));
    let before = env.json("vendor show shop");
    assert_eq!((&before["issuer"], &before["key"]), (&json!(""), &Value::Null));
    // The shop turns out to speak the protocol.
    let shop = Shop::open();
    let moved = "UPDATE vendor SET url = ?1, domain = '127.0.0.1', allow_loopback = 1 WHERE name = 'shop'";
    env.open_vault().write(|tx| Ok(tx.execute(moved, [shop.url()])?)).unwrap();
    let token = env.file("shop.token", &shop.token);
    env.ok(&format!("vendor set shop --discover --token-file {token}"));
    env.ok("grant create shop --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    env.ok("push").says("shop");
    assert_eq!(env.json("grant show shop")["vendor_status"], "accepted");
    let undone = env.json("import undo 1");
    let why = undone["staying"][0]["why"].as_str().unwrap();
    for reason in
        ["it has a grant", "it was written to", "you have a key there", "it was discovered", "it has a channel"]
    {
        assert!(why.contains(reason), "{reason:?} is not in {why:?}");
    }
    let after = env.json("vendor show shop");
    assert!(after["issuer"].as_str().unwrap().starts_with("urn:ietf:params:oauth:jwk-thumbprint"));
    assert!(after["key"]["thumbprint"].is_string());
    env.ok("log verify");
}

#[test]
fn companies_of_the_address_book_become_vendors_and_people_do_not() {
    let env = TestEnv::new();
    let cards = "BEGIN:VCARD\nVERSION:3.0\nN:Lovelace;Ada;;;\nFN:Ada Lovelace\nEND:VCARD\n\
        BEGIN:VCARD\nVERSION:3.0\nN:;;;;\nFN:Kolb\nORG:Bäckerei Kolb GmbH\nTEL:+49 30 123\nEND:VCARD\n\
        BEGIN:VCARD\nVERSION:4.0\nKIND:org\nFN:Shop Ltd\nURL:https://www.shop.example/\nEND:VCARD\n";
    let file = env.file("contacts.vcf", cards);
    let import = env.json(&format!("import vcard {file}"));
    assert_eq!((&import["new"], import["skipped"].as_array().unwrap().len()), (&json!(2), 1));
    assert_eq!(names(&env.json("vendor list")), ["baeckerei-kolb", "shop"]);
    assert_eq!(env.json("vendor show shop")["title"], "Shop Ltd");
    // A login without an address finds the company by its name.
    let logins = env.file("logins.csv", "title,url,username,password\nBäckerei Kolb,,ada,x\n");
    let second = env.json(&format!("import passwords {logins} --format csv"));
    assert_eq!(
        second["known_vendors"].as_array().map(Vec::len).or(Some(0)),
        Some(second["new"].as_u64().unwrap() as usize)
    );
    assert_eq!(env.json(&format!("import vcard {file}"))["merged"], 2);
}

#[test]
fn who_stops_an_import_has_nothing_of_it() {
    let env = TestEnv::new();
    let logins: String = (0..30_000).map(|n| login(&format!("shop-{n}.example"), "ada", n, LATELY)).collect();
    let file = env.file("many.csv", FIREFOX.to_owned() + &logins);
    let mut child =
        env.typed(&format!("import passwords {file}")).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let catches = || {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:")).unwrap_or("0").trim().to_owned();
        u64::from_str_radix(&mask, 16).unwrap_or(0) & (1 << (2 - 1)) != 0
    };
    wait_until("it catches Ctrl-C", Duration::from_secs(60), || catches() || child.try_wait().unwrap().is_some());
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let run = Run::ended_with(child.wait_with_output().unwrap(), "import passwords many.csv".into());
    run.clone().ended(1).says("stopped: nothing was imported");
    assert_eq!(env.json("vendor list")["vendors"], json!([]));
    assert_eq!(env.json("import list")["imports"], json!([]));
    env.ok("log verify");
}

#[test]
fn what_cannot_be_read_is_named() {
    let env = TestEnv::new();
    env.ends(6, "import passwords nowhere.csv").says("nowhere.csv");
    env.ends(7, "import passwords .").says("is no file");
    let nonsense = env.file("nonsense.csv", "\0\0\0");
    env.ends(7, &format!("import passwords {nonsense}")).says("nonsense.csv");
    env.ends(2, &format!("import passwords {nonsense} --format bitwarde")).says("did you mean");
    env.ends(2, "import passwords");
    env.ok("import list").says("Nothing was imported yet");
    env.ok("import list --unmatched").says("some vendor's");
}

#[test]
fn standard_input_is_read_as_well() {
    let env = TestEnv::new();
    let mut child =
        env.typed("import passwords - --json").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), export().as_bytes()).unwrap();
    let run = Run::ended_with(child.wait_with_output().unwrap(), "import passwords -".into()).succeeded();
    assert_eq!(run.document()["sources"][0]["file"], "standard input");
    assert_eq!(run.document()["new"], 3);
}

/// The vault of 14 entries in every format of the corpus, one after the other: each gives the same vendors and accounts.
#[test]
fn the_same_vault_in_all_formats_gives_the_same_vendors() {
    let Some(corpus) = kit::corpus() else { return };
    let mut files: Vec<String> = fs::read_dir(corpus.join("passwords"))
        .unwrap()
        .map(|entry| entry.unwrap().path().display().to_string())
        .filter(|path| !path.ends_with(".yml"))
        .collect();
    files.sort();
    assert!(files.len() >= 6, "{files:?}");
    let of = |env: &TestEnv| -> Vec<(String, Value)> {
        let vendors = env.json("vendor list --by evidence");
        let line =
            |vendor: &Value| (vendor["domain"].as_str().unwrap().to_owned(), vendor["evidence"]["accounts"].clone());
        let mut lines: Vec<(String, Value)> = vendors["vendors"].as_array().unwrap().iter().map(line).collect();
        lines.sort_by(|a, b| a.0.cmp(&b.0));
        lines
    };
    let together = TestEnv::new();
    let mut first: Option<Vec<(String, Value)>> = None;
    for file in &files {
        let alone = TestEnv::new();
        alone.ok(&format!("import passwords {file}"));
        together.ok(&format!("import passwords {file}"));
        let alone = of(&alone);
        let all = first.get_or_insert(alone.clone());
        assert_eq!(all.len(), 8, "{all:?}");
        // This one was written with titles in the place of addresses: what has no host alone makes no vendor.
        match file.ends_with("firefox.csv") {
            true => assert!(alone.len() == 4 && alone.iter().all(|line| all.contains(line)), "{file}: {alone:?}"),
            false => assert_eq!(*all, alone, "{file}"),
        }
        assert_eq!(of(&together), *all, "{file}, after the others");
    }
}

/// All that the vault holds, opened with its key: every cell of every table, and the names of what there is.
fn cells(env: &TestEnv) -> Vec<u8> {
    let vault = env.open_vault();
    let (connection, mut all) = (vault.connection(), Vec::new());
    let mut tables = connection.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(|name| name.unwrap()).collect();
    for table in tables {
        let mut rows = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let (columns, mut rows) = (rows.column_count(), rows.query([]).unwrap());
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                if let ValueRef::Text(cell) | ValueRef::Blob(cell) = row.get_ref(column).unwrap() {
                    all.extend_from_slice(cell);
                    all.push(b'\n');
                }
            }
        }
    }
    all
}

/// Imports files, each of its kind, as loudly as it can, says all that there is to say of it, and looks for secrets.
#[track_caller]
fn no_secret_stays(env: &TestEnv, files: &[(&str, String)], secrets: &[String], account: &str) {
    let mut said = String::new();
    let lines = files.iter().map(|(kind, file)| format!("import {kind} {file} -vv"));
    let lists = ["vendor list --by evidence", "import list --unmatched", "log --limit 1000"];
    let lists = lists.iter().flat_map(|line| [line.to_string(), format!("{line} --json")]);
    for line in lines.chain(lists) {
        let run = env.ok(&line);
        said += &(run.out + &run.err);
    }
    let left: Vec<_> =
        env.files("").into_iter().filter(|(path, _)| !files.iter().any(|(_, file)| env.path(path) == *file)).collect();
    let held = cells(env);
    // What is looked for would be found: the accounts are.
    assert!(memchr::memmem::find(&held, account.as_bytes()).is_some() && said.contains(account));
    for secret in secrets {
        let escaped = serde_json::to_string(secret).unwrap();
        let forms = [secret.as_str(), escaped.trim_matches('"')];
        let is_in = |bytes: &[u8]| forms.iter().any(|form| memchr::memmem::find(bytes, form.as_bytes()).is_some());
        assert!(!is_in(said.as_bytes()), "{secret} was said");
        assert!(!is_in(&held), "the vault holds {secret}");
        for (path, bytes) in &left {
            assert!(!is_in(bytes), "{} holds {secret}", path.display());
        }
    }
    assert!(env.files("tmp").is_empty());
}

#[test]
fn no_secret_of_an_export_is_anywhere_afterwards() {
    let env = TestEnv::new();
    let secrets = ["pa55-of-nobody", "JBSWY3DPEHPK3PXP", "5105105105105100", "hidden-field-value", "old-pa55"];
    let export = json!({"encrypted": false, "folders": [], "items": [
        {"id": "1", "type": 1, "name": "Shop", "notes": null, "passwordHistory": [{"password": "old-pa55"}],
            "fields": [{"name": "pin", "value": "hidden-field-value", "type": 1}],
            "login": {"username": "ada", "password": "pa55-of-nobody", "totp": "otpauth://totp/x?secret=JBSWY3DPEHPK3PXP",
                "uris": [{"uri": "https://shop.example/login?session=1"}]}},
        {"id": "2", "type": 3, "name": "Card", "card": {"cardholderName": "Ada", "number": "5105105105105100", "code": "123"}},
    ]});
    let file = env.file("vault.json", export.to_string());
    no_secret_stays(&env, &[("passwords", file)], &secrets.map(str::to_owned), "ada");
}

#[test]
fn no_secret_of_an_address_in_any_place_stays() {
    let env = TestEnv::new();
    let logins = "Title,URL,Username,Password,Notes,OTPAuth\n\
                  ada:secret-1@ftp.shop.example,,ada-there,x,,\n\
                  intranet/login?token=secret-2,,ada-there,x,,\n\
                  My bank - https://u:secret-3@bank.example/?k=secret-4,,ada-there,x,,\n\
                  Data,https://data.example,postgres://u:secret-5@db.example/x,x,,\n";
    let cards = "BEGIN:VCARD\nVERSION:3.0\nORG:Acme\nURL:https://u:secret-6@acme.example:8443/?k=secret-7\nNOTE:bank\n\
                 PIN secret-8\nEND:VCARD\nstray secret-9\n";
    let files = [("passwords", env.file("logins.csv", logins)), ("vcard", env.file("cards.vcf", cards))];
    let secrets: Vec<String> = (1..=9).map(|n| format!("secret-{n}")).collect();
    no_secret_stays(&env, &files, &secrets, "ada-there");
    assert_eq!(names(&env.json("vendor list")), ["acme", "bank", "data", "shop"]);
}

#[test]
fn no_password_of_the_shared_vault_is_anywhere_afterwards() {
    let Some(corpus) = kit::corpus() else { return };
    let expected = fs::read_to_string(corpus.join("passwords/expected-main.yml")).unwrap();
    let secrets: Vec<String> = expected
        .lines()
        .filter_map(|line| line.strip_prefix("  password: "))
        .map(|quoted| serde_json::from_str(quoted).unwrap())
        .collect();
    assert_eq!(secrets.len(), 11);
    let files =
        fs::read_dir(corpus.join("passwords")).unwrap().map(|entry| entry.unwrap().path().display().to_string());
    let files: Vec<_> = files.filter(|path| !path.ends_with(".yml")).map(|file| ("passwords", file)).collect();
    no_secret_stays(&TestEnv::new(), &files, &secrets, "jsdkyvbwjn");
}
