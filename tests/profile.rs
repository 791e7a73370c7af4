//! A user fills and changes a profile: by typing, in an editor, and from the cards of other programs.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use kit::{Run, TestEnv, walk};
use serde_json::{Value, json};

fn claims(env: &TestEnv) -> BTreeMap<String, Value> {
    let profile = env.json("profile show");
    let pair = |claim: &Value| (claim["claim"].as_str().unwrap().to_owned(), claim["value"].clone());
    profile["claims"].as_array().unwrap().iter().map(pair).collect()
}

#[test]
fn set_show_unset_and_history() {
    let env = TestEnv::new();
    env.ok("profile set email ada@example.org");
    env.ok("profile set email.work ada@work.example");
    env.ok("profile set name Ada Lovelace");
    env.ok("profile set address.home 'street_address=12 rue de la Paix' locality=Paris postal_code=75002");
    env.ok("profile set address.home.postal_code 75001");
    assert_eq!(
        claims(&env),
        BTreeMap::from([
            ("email".to_owned(), json!("ada@example.org")),
            ("email.work".to_owned(), json!("ada@work.example")),
            ("name".to_owned(), json!("Ada Lovelace")),
            (
                "address.home".to_owned(),
                json!({"street_address": "12 rue de la Paix", "locality": "Paris", "postal_code": "75001"})
            ),
        ])
    );
    assert_eq!(env.ok("profile show email").out.trim(), "ada@example.org");
    assert_eq!(env.ok("profile show address.home.locality").out.trim(), "Paris");
    // `address` means the only one.
    assert_eq!(env.json("profile show address")["claim"], "address.home");
    env.ok("profile unset address.home.locality");
    env.ends(6, "profile show address.home.locality");
    env.ok("profile unset email.work");
    env.ends(6, "profile show email.work");
    env.ends(6, "profile unset email.work");
    let history = env.json("profile history email.work");
    assert_eq!(history["versions"].as_array().unwrap().len(), 1);
    assert!(history["versions"][0]["until"].is_string());
    assert_eq!(env.json("profile history address.home")["versions"].as_array().unwrap().len(), 3);
    env.snapshot("profile_show", &env.ok("profile show"));
    env.ok("log verify");
}

#[test]
fn setting_the_same_again_changes_nothing() {
    let env = TestEnv::new();
    env.ok("profile set email ada@example.org");
    let entries = env.json("status")["ledger_entries"].clone();
    assert_eq!(env.json("profile set email ada@example.org")["changes"], json!([]));
    assert_eq!(env.json("status")["ledger_entries"], entries);
}

#[test]
fn an_unknown_claim_names_its_neighbour() {
    let env = TestEnv::new();
    for line in ["profile set emial a@b.example", "profile show emial", "profile unset emial", "who emial"] {
        env.ends(6, line).says("did you mean email");
    }
    env.ends(7, "profile set email nonsense").says("e-mail address");
    env.ends(7, "profile set email.UPPER a@b.example").says("label");
    env.ends(6, "profile show email --persona wrok").says("wrok");
    assert!(claims(&env).is_empty());
}

#[test]
fn a_value_comes_from_standard_input_and_a_dry_run_keeps_nothing() {
    let env = TestEnv::new();
    let mut command = env.typed("profile set email -");
    fs::write(env.path("in"), "ada@example.org\n").unwrap();
    Run::of(command.stdin(fs::File::open(env.path("in")).unwrap())).succeeded();
    assert_eq!(env.ok("profile show email").out.trim(), "ada@example.org");
    let run = env.json("profile set email other@example.org --dry-run");
    assert_eq!(run["changes"][0]["new"], "other@example.org");
    assert_eq!(env.ok("profile show email").out.trim(), "ada@example.org");
}

/// An option behind the value became a part of it: the name was set to `Ada --dry-run`.
#[test]
fn an_option_after_a_value_is_an_option() {
    let env = TestEnv::new();
    env.ok("profile set name Ada --dry-run");
    env.ends(6, "profile show name");
    env.ok("profile set name Ada Lovelace --json --quiet");
    assert_eq!(env.ok("profile show name").out.trim(), "Ada Lovelace");
    env.ends(2, "profile set name --bogus");
    env.ok("profile set nickname -- --bogus");
    assert_eq!(env.ok("profile show nickname").out.trim(), "--bogus");
}

#[test]
fn personas_keep_apart() {
    let env = TestEnv::new();
    env.ok("profile set email ada@example.org");
    env.ok("persona add work");
    env.ends(7, "persona add work").says("already");
    env.ends(7, "persona add Work!").says("a-z");
    env.ok("profile set --persona work email ada@work.example");
    assert_eq!(env.ok("profile show email").out.trim(), "ada@example.org");
    assert_eq!(env.ok("profile show email --persona work").out.trim(), "ada@work.example");
    assert_eq!(env.json("persona list")["personas"][1], json!({"name": "work", "claims": 1}));
    env.ends(2, "persona remove work --no-input").says("--yes");
    env.ok("persona remove work --yes");
    env.ends(6, "profile show --persona work");
    env.ends(7, "persona remove default --yes");
}

/// An editor that runs a sed script on the file, and keeps a copy of what it was given.
fn editor(env: &TestEnv, sed: &str) -> String {
    let copy = env.path("seen.toml").display().to_string();
    let script = format!("#!/bin/sh\ncp \"$1\" {copy}\nprintf %s \"$1\" > {copy}.path\nsed -i '{sed}' \"$1\"\n");
    let path = env.file("editor.sh", script);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

fn edit(env: &TestEnv, sed: &str, line: &str) -> Run {
    let mut command = env.typed(line);
    Run::of(command.env("EDITOR", editor(env, sed)))
}

/// Nothing of an edit is left where it took place.
#[track_caller]
fn nothing_in_clear(env: &TestEnv) {
    let path = fs::read_to_string(env.path("seen.toml.path")).unwrap();
    let room = std::path::Path::new(&path).parent().unwrap();
    assert!(room.file_name().unwrap().to_str().unwrap().starts_with("cmr-edit-"), "{path}");
    assert!(!room.exists(), "{path} is still there");
    assert!(walk(&env.path("tmp")).is_empty());
}

#[test]
fn an_edit_changes_what_was_changed_and_leaves_nothing_in_clear() {
    let env = TestEnv::new().with_ada();
    edit(&env, "s/ada@example.org/countess@example.org/", "profile edit --yes").succeeded();
    nothing_in_clear(&env);
    assert_eq!(env.ok("profile show email").out.trim(), "countess@example.org");
    assert_eq!(env.json("profile history email")["versions"][0]["source"], "edited");
    // A line taken away takes the claim away.
    let run = edit(&env, "/^phone_number/d", "profile edit --yes --json").succeeded().document();
    assert_eq!(run["changes"].as_array().unwrap().len(), 1);
    env.ends(6, "profile show phone_number");
    // Nothing changed, nothing asked.
    let run = edit(&env, "", "profile edit --no-input --json").succeeded().document();
    assert_eq!(run["changes"], json!([]));
    // Asked, and nobody there: nothing changes.
    edit(&env, "s/Ada/Augusta/", "profile edit --no-input").ended(2).says("--yes");
    edit(&env, "s/Ada/Augusta/", "profile edit --dry-run").succeeded();
    assert_eq!(env.ok("profile show name").out.trim(), "Ada Lovelace");
    nothing_in_clear(&env);
}

#[test]
fn an_edit_that_cannot_be_read_changes_nothing_and_says_the_line() {
    let env = TestEnv::new().with_ada();
    let before = claims(&env);
    for (sed, said) in [("s/^email/emial/", "did you mean email"), ("s/^email =/email/", "line ")] {
        let run = edit(&env, sed, "profile edit --no-input");
        assert!(run.code != 0, "{run}");
        run.says(said);
        nothing_in_clear(&env);
    }
    assert_eq!(claims(&env), before);
}

/// With nobody to ask whether to edit again, the mistake itself is what the command ends with.
#[test]
fn a_bad_edit_without_anybody_to_ask_ends_with_the_mistake() {
    let env = TestEnv::new().with_ada();
    let run = edit(&env, "s/^email/emial/", "profile edit --no-input").ended(6);
    assert_eq!(run.errors().len(), 1, "{run}");
}

#[test]
fn an_editor_that_fails_changes_nothing() {
    let env = TestEnv::new().with_ada();
    let before = claims(&env);
    let mut command = env.typed("profile edit --yes");
    Run::of(command.env("EDITOR", "false")).ended(1).says("nothing was changed");
    let mut command = env.typed("profile edit --yes");
    Run::of(command.env("EDITOR", "/no/such/editor")).ended(1).says("set EDITOR");
    assert_eq!(claims(&env), before);
}

/// A label `main` and the value without a label stood under one key of the edited file, and one of them was lost.
#[test]
fn no_value_is_lost_in_an_edit_that_changes_nothing() {
    let env = TestEnv::new().with_ada();
    for line in [
        "profile set email.work a@work.example",
        "profile set email.main b@example.org",
        "profile set phone_number.mobile 123456",
        "profile set website.main https://example.org/",
    ] {
        env.ok(line);
    }
    env.ends(7, "profile set email.unlabelled b@example.org").says("label");
    let before = claims(&env);
    let run = edit(&env, "", "profile edit --yes --json").succeeded().document();
    assert_eq!(run["changes"], json!([]));
    assert_eq!(claims(&env), before);
}

const V4: &str = "BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Ada Lovelace\r\nN:Lovelace;Ada;;;\r\nEMAIL;TYPE=work:ada@work.example\r\n\
    EMAIL;TYPE=home:ada@example.org\r\nTEL;VALUE=uri;TYPE=cell:tel:+33-6-12-34-56-78\r\nBDAY:18151210\r\n\
    ADR;TYPE=home:;;12 rue de la Paix;Paris;;75002;France\r\nNOTE:likes engines\r\nEND:VCARD\r\n";

const V3: &str = "BEGIN:VCARD\nVERSION:3.0\nFN:Zoë Müller\nN:Müller;Zoë;;;\nEMAIL;TYPE=INTERNET;TYPE=PREF:zoe@example.org\n\
    TEL;TYPE=CELL,VOICE:+41 44 668 18 00\nURL:https://example.org/~zoe\nEND:VCARD\n";

const V21: &str = "BEGIN:VCARD\r\nVERSION:2.1\r\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;Zo=C3=AB\r\n\
    FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:Zo=C3=AB M=C3=BCller\r\nTEL;CELL:+41446681800\r\n\
    EMAIL;INTERNET:zoe@example.org\r\nEND:VCARD\r\n";

#[test]
fn a_card_of_each_version_fills_the_profile() {
    for (card, name, email) in
        [(V4, "Ada Lovelace", "ada@"), (V3, "Zoë Müller", "zoe@example.org"), (V21, "Zoë Müller", "zoe@example.org")]
    {
        let env = TestEnv::new();
        let file = env.file("card.vcf", card);
        env.ok(&format!("profile import {file} --yes"));
        let claims = claims(&env);
        assert_eq!(claims["name"], name);
        let emails = claims.iter().filter(|(claim, _)| claim.starts_with("email"));
        assert!(emails.into_iter().any(|(_, value)| value.as_str().unwrap().starts_with(email)), "{claims:?}");
        assert!(claims.keys().any(|claim| claim.starts_with("phone_number")), "{claims:?}");
        // Once more: nothing new.
        assert_eq!(env.json(&format!("profile import {file} --yes"))["changes"], json!([]));
        env.ok("log verify");
    }
}

#[test]
fn what_a_card_has_and_a_profile_has_no_place_for_is_named() {
    let env = TestEnv::new();
    let file = env.file("card.vcf", V4);
    let run = env.ok(&format!("profile import {file} --yes"));
    run.says("NOTE").never_says("likes engines");
    env.snapshot("profile_import", &run);
    assert_eq!(env.json("profile history name")["versions"][0]["source"], "vcard card.vcf");
}

#[test]
fn an_import_asks_first() {
    let env = TestEnv::new();
    let file = env.file("card.vcf", V3);
    env.ends(2, &format!("profile import {file} --no-input")).says("--yes");
    env.json(&format!("profile import {file} --dry-run"));
    assert!(claims(&env).is_empty());
}

#[test]
fn of_several_cards_the_user_names_one() {
    let env = TestEnv::new();
    let file = env.file("cards.vcf", format!("{V4}{V3}{V3}"));
    env.ends(2, &format!("profile import {file} --no-input")).says("--card").says("--name");
    env.ends(6, &format!("profile import {file} --card 9 --yes")).says("it has 3");
    env.ends(6, &format!("profile import {file} --name Zoë --yes")).says("--card: 2, 3");
    env.ends(6, &format!("profile import {file} --name 'Ada Lovelaec' --yes")).says("did you mean Ada Lovelace");
    env.ok(&format!("profile import {file} --name lovelace --yes"));
    assert_eq!(env.ok("profile show name").out.trim(), "Ada Lovelace");
    env.ok(&format!("profile import {file} --card 2 --yes"));
    assert_eq!(env.ok("profile show name").out.trim(), "Zoë Müller");
}

#[test]
fn what_is_no_card_is_refused_by_name() {
    let env = TestEnv::new();
    let binary: Vec<u8> = (0..5000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    for (name, bytes) in [("empty.vcf", b"".to_vec()), ("binary.vcf", binary), ("text.vcf", b"hello".to_vec())] {
        let file = env.file(name, bytes);
        let run = env.ends(7, &format!("profile import {file} --yes"));
        run.says(name);
        assert!(!run.err.contains('\u{1b}'));
    }
    env.ends(6, "profile import nowhere.vcf --yes").says("nowhere.vcf");
    env.ends(1, "profile import home --yes").says("home");
    assert!(claims(&env).is_empty());
}

#[test]
fn a_card_cut_short_says_so_and_keeps_what_stands() {
    let env = TestEnv::new();
    let file = env.file("cut.vcf", &V4[..V4.len() - "END:VCARD\r\n".len()]);
    let run = env.run(&format!("profile import {file} --yes --json"));
    match run.code {
        0 => assert_ne!(run.document()["problems"], json!([]), "{run}"),
        code => assert_eq!(code, 7, "{run}"),
    }
}

#[test]
fn a_card_in_utf_16_is_read() {
    for big in [false, true] {
        let env = TestEnv::new();
        let units = std::iter::once(0xfeff).chain(V3.encode_utf16());
        let bytes: Vec<u8> = units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect();
        let file = env.file("wide.vcf", bytes);
        env.ok(&format!("profile import {file} --yes"));
        assert_eq!(env.ok("profile show name").out.trim(), "Zoë Müller");
    }
}

#[test]
fn a_thousand_cards_are_read_and_one_is_taken() {
    let env = TestEnv::new();
    let card =
        |n| format!("BEGIN:VCARD\nVERSION:3.0\nFN:Person {n}\nN:{n};Person;;;\nEMAIL:p{n}@example.org\nEND:VCARD\n");
    let file = env.file("all.vcf", (1..=1000).map(card).collect::<String>());
    env.ok(&format!("profile import {file} --card 1000 --yes"));
    assert_eq!(env.ok("profile show email").out.trim(), "p1000@example.org");
    env.ends(2, &format!("profile import {file} --no-input")).says("1000 cards");
}

#[test]
fn every_card_of_other_programs_is_imported_or_refused_by_name() {
    let Some(corpus) = kit::corpus() else { return };
    let env = TestEnv::new();
    let files: Vec<_> = walk(&corpus.join("vcard")).into_iter().filter(|path| path.is_file()).collect();
    assert!(files.len() > 50, "only {} files", files.len());
    let mut imported = 0;
    for path in files {
        let mut command =
            env.command(["profile", "import", "--dry-run", "--yes", "--no-input", "--json", "--card", "1"]);
        let run = Run::of(command.arg(&path));
        match run.code {
            0 => {
                run.document();
                imported += 1;
            }
            6 | 7 => _ = run.says(path.file_name().unwrap().to_str().unwrap()),
            _ => panic!("{run}"),
        }
        assert!(!run.err.contains('\u{1b}') && !run.out.contains('\u{1b}'), "{run}");
    }
    assert!(imported > 40, "only {imported} were imported");
    assert!(claims(&env).is_empty());
}

#[test]
fn what_one_vault_exports_another_imports_the_same() {
    let (one, two) = (TestEnv::new().with_ada(), TestEnv::new());
    for line in [
        "profile set email.work ada@work.example",
        "profile set given_name Ada",
        "profile set family_name 'Lovelace; née Byron, \\o/'",
        "profile set birthdate 1815-12-10",
        "profile set website https://example.org/~ada?a=1,2;b",
        "profile set address.work 'formatted=Analytical Engines Ltd\\nLondon'",
        "profile set nickname 'Łucja 🦉'",
        "profile set zoneinfo Europe/London",
        "profile set locale en-GB",
        "profile set phone_number.mobile '+33 6 12 34 56 78'",
    ] {
        one.ok(line);
    }
    let file = two.path("card.vcf").display().to_string();
    one.ok(&format!("profile export --output {file}"));
    assert_eq!(kit::mode(file.as_ref()), 0o600);
    one.ends(7, &format!("profile export --output {file}")).says("exists");
    two.ok(&format!("profile import {file} --yes"));
    assert_eq!(claims(&two), claims(&one));
    assert_eq!(one.ok("profile export").out, fs::read_to_string(&file).unwrap());
}
