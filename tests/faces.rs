//! The program's faces: text, JSON, errors, pipes, the help's own examples, and the command line as a whole.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use clap::CommandFactory;
use cmr::cli::args::{Cli, examples};
use kit::{CMR, Run, Shop, TestEnv};
use serde_json::Value;

/// A vault in which something of everything happened, and the receiver that it happened with.
fn lived_in() -> (TestEnv, Shop) {
    let (env, shop) = (TestEnv::new().with_ada(), Shop::open());
    env.add_vendor("acme", shop.url(), &shop.token);
    env.ok("persona add work");
    env.ok("vendor note acme 'friendly people'");
    env.ok("vendor alias acme phone_number +33100000000");
    env.ok("grant create acme --claims email,address --purpose DeliveryOfGoods --expires 90d --yes");
    env.ok("grant renew acme --rule 90d --until 1y --yes");
    env.ok("push");
    env.ok("profile set email new@example.org");
    (env, shop)
}

/// One line of every command that answers, and the exit codes that it may have.
fn every_command(env: &TestEnv, shop: &Shop) -> Vec<(String, i32)> {
    let card = env.file("card.vcf", "BEGIN:VCARD\nVERSION:4.0\nFN:Ada\nNICKNAME:Countess\nEND:VCARD\n");
    let companies = env.file("companies.vcf", "BEGIN:VCARD\nVERSION:4.0\nKIND:org\nFN:Kolb\nEND:VCARD\n");
    let id = env.json("outbox list")["messages"][0]["id"].as_str().unwrap().to_owned();
    let data = shop.data().display().to_string();
    let token = env.file("fresh.token", &shop.token);
    let create = "grant create acme --claims name --purpose DeliveryOfGoods --expires 90d";
    let lines = [
        "status".into(),
        "unlock".into(),
        "lock".into(),
        "key list".into(),
        "profile show".into(),
        "profile show --all".into(),
        "profile show email".into(),
        "profile set gender f".into(),
        "profile set gender m --dry-run".into(),
        "profile unset gender".into(),
        format!("profile import {card} --dry-run"),
        format!("profile import {card} --yes"),
        "profile export".into(),
        "profile export --output out.vcf".into(),
        "profile history".into(),
        "persona list".into(),
        "persona add home".into(),
        "persona remove home --yes".into(),
        "vendor list".into(),
        format!("import vcard {companies} --dry-run"),
        format!("import vcard {companies}"),
        "import list".into(),
        "import list --unmatched".into(),
        "import undo 1".into(),
        "vendor list --by evidence".into(),
        "vendor show acme".into(),
        "vendor set acme --rank 1 --title 'Acme Ltd' --account 4711".into(),
        format!("vendor set acme --discover --token-file {token}"),
        "vendor note acme 'a note'".into(),
        "vendor alias acme".into(),
        "vendor alias acme email a@relay.example".into(),
        "vendor alias acme email --remove".into(),
        "vendor knows acme".into(),
        format!("vendor add bolt --url {} --allow-loopback --no-input --dry-run", shop.url()),
        "grant renew acme --rule 90d --until 2y --yes".into(),
        "grant renew --due 7d --yes".into(),
        "grant renew acme --no-rule".into(),
        format!("{create} --dry-run"),
        format!("{create} --draft"),
        "grant list".into(),
        "grant list --all".into(),
        "who email".into(),
        "outbox list --all".into(),
        format!("outbox show {id}"),
        format!("outbox retry {id}"),
        "push --dry-run".into(),
        "push".into(),
        "pull".into(),
        "push".into(),
        "upkeep --dry-run".into(),
        "upkeep".into(),
        "upkeep install --systemd".into(),
        "upkeep remove --dry-run".into(),
        "upkeep remove".into(),
        "log".into(),
        "log show 2".into(),
        "log verify".into(),
        "search acme".into(),
        "search grant --in ledger --newest".into(),
        format!("receiver customer add bob --data {data}"),
        format!("receiver customer list --data {data}"),
        format!("receiver show --data {data}"),
        "key add device pocket --new-identity pocket.txt".into(),
        "key remove passphrase --yes".into(),
        "key rotate --yes".into(),
    ];
    lines.into_iter().map(|line| (line, 0)).collect()
}

#[test]
fn every_command_answers_with_one_json_document() {
    let (env, shop) = lived_in();
    let mut wrong = Vec::new();
    let known: Vec<&str> = cmr::cli::output::schema::all().into_iter().map(|(name, _)| name).collect();
    for (line, code) in every_command(&env, &shop) {
        let run = env.run(&format!("{line} --json"));
        // Before the alias commands the message may have been overtaken.
        let fine = run.code == code || line.starts_with("outbox retry") && run.code == 7;
        let document: Option<Value> = serde_json::from_str(&run.out).ok();
        let schema = document.as_ref().and_then(|d| d["schema"].as_str().map(str::to_owned));
        if run.code == 7 && line.starts_with("outbox retry") {
            continue;
        }
        if !fine || !schema.as_deref().is_some_and(|schema| known.contains(&schema)) || !run.err.is_empty() {
            wrong.push(run.to_string());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_vault_is_made_with_one_json_document() {
    let env = TestEnv::empty();
    for line in ["init --no-input --dry-run --json", "init --no-input --json"] {
        let run = Run::of(env.typed(line).env("CMR_PASSPHRASE_FILE", env.path("pass"))).succeeded();
        let wanted = if line.contains("--dry-run") { "cmr/dry-run/1" } else { "cmr/init/1" };
        assert_eq!(run.document()["schema"], wanted, "{run}");
    }
}

#[test]
fn no_command_colours_a_pipe() {
    let (env, shop) = lived_in();
    for (line, _) in every_command(&env, &shop) {
        let run = env.run(&line);
        assert!(!run.out.contains('\u{1b}') && !run.err.contains('\u{1b}'), "{run:?}");
    }
    // Asked for, it is there; NO_COLOR says the same as a pipe.
    assert!(env.ok("status --color always").out.contains('\u{1b}'));
    assert!(!env.ok("status --color never").out.contains('\u{1b}'));
    let run = Run::of(env.typed("nonsense").env("NO_COLOR", "1")).ended(2);
    assert!(!run.err.contains('\u{1b}'));
}

#[test]
fn errors_are_json_on_standard_error() {
    let env = TestEnv::new();
    for (line, code, name) in [
        ("profile show email", 6, "not_found"),
        ("profile set email x", 7, "bad_input"),
        ("profile set", 2, "usage"),
        ("nonsense", 2, "usage"),
        ("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d", 6, "not_found"),
        ("status --passphrase-fd 77", 1, "failed"),
        ("status --vault /nowhere/at/all", 6, "not_found"),
    ] {
        let run = env.ends(code, &format!("{line} --json"));
        assert!(run.out.is_empty(), "{run}");
        let error: Value = serde_json::from_str(&run.err).unwrap_or_else(|e| panic!("{e}: {run}"));
        assert_eq!(error["error"]["code"], name, "{run}");
        assert!(error["error"]["message"].as_str().is_some_and(|text| !text.is_empty()), "{run}");
    }
    let run = Run::of(env.typed("profile show --json").env_remove("CMR_IDENTITY_FILE")).ended(3);
    assert_eq!(serde_json::from_str::<Value>(&run.err).unwrap()["error"]["code"], "locked");
    std::fs::write(env.vault().join("vault.toml"), "x").unwrap();
    let run = env.ends(8, "status --json");
    assert_eq!(serde_json::from_str::<Value>(&run.err).unwrap()["error"]["code"], "damaged");
}

/// The option was taken by every command and heeded by some: `outbox drop --dry-run` dropped the message.
#[test]
fn a_dry_run_changes_nothing_whatever_the_command() {
    let (env, shop) = lived_in();
    let id = env.json("outbox list")["messages"][0]["id"].as_str().unwrap().to_owned();
    let data = shop.data().display().to_string();
    let card = env.file("card.vcf", "BEGIN:VCARD\nVERSION:4.0\nFN:Ada\nNICKNAME:Countess\nEND:VCARD\n");
    let before = (env.json("status")["ledger_entries"].clone(), env.json("vendor show acme"), shop.holds());
    for line in [
        "profile set email a@b.example".to_owned(),
        "profile unset email".into(),
        format!("profile import {card} --yes"),
        "persona add home".into(),
        "persona remove work --yes".into(),
        format!("vendor add bolt --url {} --allow-loopback --no-input", shop.url()),
        "vendor set acme --rank 1".into(),
        "vendor note acme hello".into(),
        "vendor alias acme email a@b.example".into(),
        "vendor alias acme phone_number --remove".into(),
        "grant create acme --claims name --purpose DeliveryOfGoods --expires 90d --yes".into(),
        "grant create acme --claims name --purpose DeliveryOfGoods --expires 90d --draft".into(),
        "grant amend acme --drop address --yes".into(),
        "grant renew acme --expires 1y --yes".into(),
        "grant renew acme --rule 90d --until 2y --yes".into(),
        "grant renew acme --no-rule".into(),
        "grant renew --due 100d --yes".into(),
        "grant revoke acme --yes".into(),
        format!("outbox retry {id}"),
        format!("outbox drop {id} --yes"),
        "push".into(),
        "pull".into(),
        "log verify --accept-loss --yes".into(),
        format!("receiver customer add bob --data {data}"),
        "key add device pocket --new-identity pocket.txt".into(),
        "key remove passphrase --yes".into(),
        "key rotate --yes".into(),
    ] {
        let run = env.run(&format!("{line} --dry-run"));
        assert!([0, 2].contains(&run.code), "{run}");
        let after = (env.json("status")["ledger_entries"].clone(), env.json("vendor show acme"), shop.holds());
        assert_eq!(after, before, "{run}");
    }
    assert_eq!(env.json(&format!("receiver customer list --data {data}"))["customers"].as_array().unwrap().len(), 1);
}

#[test]
fn a_pipe_that_closes_early_is_no_accident() {
    let (env, _shop) = lived_in();
    for _ in 0..60 {
        env.ok("profile set nickname Countess");
        env.ok("profile unset nickname");
    }
    for line in ["log --limit 1000", "log --json --limit 1000", "profile history", "--help", "completions zsh"] {
        let mut child = env.typed(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        assert!(!first.is_empty());
        let run = Run::ended_with(child.wait_with_output().unwrap(), line.to_owned());
        assert!([0, 1].contains(&run.code), "{run}");
        assert!(run.err.is_empty(), "{run}");
    }
    // The same with a closed standard output.
    let mut command = Command::new("bash");
    command.args(["-c", &format!("{CMR} log >&-")]).env_clear();
    command.env("CMR_HOME", env.vault()).env("CMR_IDENTITY_FILE", env.path("recovery.txt"));
    Run::of(&mut command);
}

#[test]
fn quiet_says_the_result_and_nothing_else() {
    let (env, _shop) = lived_in();
    for line in ["key list --quiet", "profile show --quiet", "push --quiet"] {
        let run = env.ok(line);
        assert!(run.err.is_empty() && !run.out.is_empty(), "{run}");
    }
    // Nobody is asked, so nobody is shown what it would be about; but --dry-run is there to show it.
    let create = "grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes --quiet";
    env.ok(&format!("{create} --dry-run")).says("would get");
    env.ok(create).says("Grant made for acme").never_says("would get");
}

#[test]
fn every_example_of_the_help_runs_in_order() {
    let (env, shop) = (TestEnv::new(), Shop::open());
    env.file("token.txt", &shop.token);
    env.file("export.csv", "url,username,password\nhttps://netflix.example,ada@example.org,x\n");
    env.file(
        "archive.mbox",
        "From shop Mon Jan  1 00:00:00 2024\nFrom: news@shop.example\nTo: ada@example.org\n\nhello\n",
    );
    env.file("statement.csv", "Date,Payee,Amount\n2024-12-31,SHOP LTD,-12.00\n");
    std::fs::create_dir_all(env.path("data/companies")).unwrap();
    env.file("data/companies/kolb.json", r#"{"slug": "kolb", "name": "Kolb", "web": "https://kolb.example"}"#);
    env.file("contacts.vcf", "BEGIN:VCARD\nVERSION:4.0\nKIND:org\nFN:Kolb\nEND:VCARD\n");
    let address = shop.url().trim_start_matches("http://").to_owned();
    for example in examples::all() {
        let line = example.line.strip_prefix("cmr ").expect("an example begins with the program");
        env.ok(&line.replace("127.0.0.1:8080", &address));
    }
    // Each stands in a help text.
    let mut command = Cli::command();
    command.build();
    let mut helps = String::new();
    each_command(&mut command, &mut |command, _| helps.push_str(&command.render_long_help().to_string()));
    let helps = helps.split_whitespace().collect::<Vec<_>>().join(" ");
    for example in examples::all() {
        assert!(helps.contains(example.line), "{} stands in no help", example.line);
    }
}

fn each_command(command: &mut clap::Command, told: &mut dyn FnMut(&mut clap::Command, usize)) {
    fn walk(command: &mut clap::Command, depth: usize, told: &mut dyn FnMut(&mut clap::Command, usize)) {
        told(command, depth);
        for sub in command.get_subcommands_mut() {
            walk(sub, depth + 1, told);
        }
    }
    walk(command, 0, told);
}

/// A change of the command line shows in review as a change of this snapshot.
#[test]
fn the_whole_command_line() {
    let mut command = Cli::command();
    command.build();
    let everywhere: Vec<_> = command.get_arguments().map(|arg| arg.get_id().clone()).collect();
    let mut tree = String::new();
    each_command(&mut command, &mut |command, depth| {
        let indent = "  ".repeat(depth);
        tree.push_str(&format!("{indent}{}\n", command.get_name()));
        let inherited = |arg: &clap::Arg| match depth {
            0 => false,
            1 => everywhere.contains(arg.get_id()),
            _ => arg.is_global_set(),
        };
        for arg in command.get_arguments().filter(|arg| !inherited(arg)) {
            if ["help", "version"].contains(&arg.get_id().as_str()) {
                continue;
            }
            let mut line = format!("{indent}    {arg}");
            if let Some(short) = arg.get_short() {
                line.push_str(&format!(" -{short}"));
            }
            if arg.is_required_set() {
                line.push_str(" (required)");
            }
            if arg.is_hide_set() {
                line.push_str(" (hidden)");
            }
            let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
            if arg.get_action().takes_values() && !defaults.is_empty() {
                line.push_str(&format!(" (default {})", defaults.join(",")));
            }
            tree.push_str(line.trim_end());
            tree.push('\n');
        }
    });
    TestEnv::empty().snapshot_text("command_line", &tree);
}

#[test]
fn help_of_each_command_fits_and_says_what_it_does() {
    let env = TestEnv::empty();
    let mut paths: Vec<Vec<String>> = Vec::new();
    fn collect(command: &clap::Command, path: &[String], paths: &mut Vec<Vec<String>>) {
        paths.push(path.to_vec());
        for sub in command.get_subcommands() {
            collect(sub, &[path, &[sub.get_name().to_owned()]].concat(), paths);
        }
    }
    let mut command = Cli::command();
    command.build();
    collect(&command, &[], &mut paths);
    assert!(paths.len() > 40, "{} commands", paths.len());
    for path in paths {
        let run = env.ok(&format!("{} --help", path.join(" ")));
        assert!(run.err.is_empty() && run.out.contains("Usage:"), "{run}");
    }
}
