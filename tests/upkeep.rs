//! Upkeep: the one command for the night, which does what is due, and says what needs the user.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

use cmr::receiver::GrantStatus;
use jiff::{SignedDuration, Timestamp};
use kit::{Liar, Run, Say, Shop, TestEnv, wait_until};
use serde_json::{Value, json};

const DAY: i64 = 24 * 60 * 60 * 1000;

/// A user who lends an e-mail address to a vendor of each of these names, and has told them.
fn lending<const N: usize>(names: [&str; N]) -> (TestEnv, [Shop; N]) {
    let env = TestEnv::new().with_ada();
    let shops = names.map(|name| {
        let shop = Shop::open();
        env.add_vendor(name, shop.url(), &shop.token);
        lend(&env, name);
        shop
    });
    env.ok("push");
    (env, shops)
}

fn lend(env: &TestEnv, vendor: &str) {
    env.ok(&format!("grant create {vendor} --claims email --purpose DeliveryOfGoods --expires 300d --yes"));
}

/// Changes rows behind the program's back, as time does.
fn sql(env: &TestEnv, sql: &str) {
    env.open_vault().write(|tx| tx.execute_batch(sql).map_err(Into::into)).unwrap();
}

/// Makes all grants, and what was said about them, so many days older. They end when they did.
fn age(env: &TestEnv, days: i64) {
    let by = days * DAY;
    sql(
        env,
        &format!(
            "UPDATE \"grant\" SET created_at = created_at - {by}, confirmed_at = confirmed_at - {by},
                              reminded_at = reminded_at - {by};
         UPDATE message SET created_at = created_at - {by};
         UPDATE delivery SET delivered_at = delivered_at - {by}, attempted_at = attempted_at - {by};"
        ),
    );
}

/// Lets the grant to a vendor end in so many days.
fn ends_in(env: &TestEnv, vendor: &str, days: i64) {
    let end = (Timestamp::now() + SignedDuration::from_hours(24 * days)).as_millisecond();
    let of = format!("(SELECT id FROM vendor WHERE name = '{vendor}')");
    sql(env, &format!("UPDATE \"grant\" SET expires_at = {end} WHERE vendor_id = {of}"));
}

/// The kinds of tasks, each with its vendors.
fn tasks(document: &Value) -> BTreeMap<String, Vec<String>> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    // In the order of their names: two that were touched in the same moment come in any.
    let about = |task: &Value| {
        let about = task["about"].as_array().unwrap().iter();
        let mut vendors: Vec<String> = about.map(|about| text(&about["vendor"])).collect();
        vendors.sort();
        vendors
    };
    document["tasks"].as_array().unwrap().iter().map(|task| (text(&task["kind"]), about(task))).collect()
}

fn one(kind: &str, vendors: &[&str]) -> BTreeMap<String, Vec<String>> {
    [(kind.to_owned(), vendors.iter().map(|vendor| (*vendor).to_owned()).collect())].into()
}

fn held(shop: &Shop) -> usize {
    shop.holds().received.len()
}

#[test]
fn a_night_with_something_of_everything_and_the_one_after_it() {
    let (env, [acme, bolt, cord]) = lending(["acme", "bolt", "cord"]);
    env.ok("grant renew acme --rule 90d --until 2y --yes");
    ends_in(&env, "acme", 5);
    ends_in(&env, "bolt", -1);
    env.ok("profile set email new@example.org");

    let look = env.json("upkeep --dry-run");
    let night = env.json("upkeep");
    assert_eq!(night["expired"], 1, "{night}");
    assert_eq!(night["renewed"].as_array().unwrap().len(), 1, "{night}");
    assert_eq!(night["renewed"][0]["vendor"], "acme");
    // The change and the renewal: to acme in one message, to cord, and none to bolt, whose grant is over.
    assert_eq!((&night["pushed"], &night["queued"]), (&json!(2), &json!(0)), "{night}");
    assert_eq!((&night["asked"], &night["tasks"]), (&json!(3), &json!([])), "{night}");
    for name in ["expired", "asked"] {
        assert_eq!(look[name], night[name], "{name}");
    }
    assert_eq!(look["renewed"].as_array().unwrap().len(), 1);
    for shop in [&acme, &cord] {
        assert_eq!(shop.holds().grants[0].claims["email"], "new@example.org");
        assert_eq!(shop.holds().grants[0].status, GrantStatus::Active);
    }
    let renewed: Timestamp = env.json("grant show acme")["expires"].as_str().unwrap().parse().unwrap();
    assert!(renewed > Timestamp::now() + SignedDuration::from_hours(89 * 24));
    assert_eq!(acme.holds().grants[0].expires_at, renewed);
    assert_eq!(env.json("grant show bolt")["status"], "expired");

    // Once more: there is nothing to do.
    let counts = [&acme, &bolt, &cord].map(held);
    let entries = env.json("status")["ledger_entries"].clone();
    let again = env.json("upkeep");
    for name in ["expired", "pushed", "queued", "pulled"] {
        assert_eq!(again[name], 0, "{name}: {again}");
    }
    assert_eq!((&again["renewed"], &again["lines"], &again["tasks"]), (&json!([]), &json!([]), &json!([])));
    assert_eq!([&acme, &bolt, &cord].map(held), counts);
    assert_eq!(env.json("status")["ledger_entries"], entries);
    let quiet = env.ok("upkeep --quiet --no-input");
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("", ""));
    env.ok("log verify");
}

#[test]
fn looking_changes_no_byte() {
    let (env, [acme]) = lending(["acme"]);
    age(&env, 100);
    ends_in(&env, "acme", 3);
    env.ok("profile set email new@example.org");
    let (before, seen) = (env.vault_bytes(), held(&acme));
    let look = env.ok("upkeep --dry-run");
    look.says("Nothing was done: --dry-run.");
    assert_eq!(env.json("upkeep --dry-run")["dry_run"], true);
    assert!(env.vault_bytes() == before, "--dry-run wrote into the vault");
    assert_eq!(held(&acme), seen);
}

#[test]
fn a_dead_vendor_costs_the_others_nothing_and_delivery_goes_on_later() {
    let (env, [acme, mut bolt, cord]) = lending(["acme", "bolt", "cord"]);
    bolt.close();
    env.ok("profile set email new@example.org");
    let night = env.json_ends(4, "upkeep --timeout 2");
    assert_eq!((&night["pushed"], &night["queued"]), (&json!(2), &json!(1)), "{night}");
    assert_eq!(night["troubles"][0]["vendor"], "bolt");
    assert_eq!(night["tasks"], json!([]));
    for shop in [&acme, &cord] {
        assert_eq!(shop.holds().grants[0].claims["email"], "new@example.org");
    }
    let again = env.ends(4, "upkeep --quiet --timeout 2");
    again.says("bolt").never_says("acme");

    // After days of that, its user is told, here and in the status.
    age(&env, 4);
    assert_eq!(tasks(&env.json_ends(5, "upkeep --timeout 2")), one("vendor_unreachable", &["bolt"]));
    assert!(tasks(&env.json("status")).contains_key("vendor_unreachable"));

    bolt.reopen();
    env.ok("push --now");
    assert_eq!(env.json("upkeep")["tasks"], json!([]));
    assert_eq!(bolt.holds().grants[0].claims["email"], "new@example.org");
}

#[test]
fn what_ends_soon_needs_the_user_until_a_rule_or_they_renew_it() {
    let (env, _shops) = lending(["acme", "bolt"]);
    for vendor in ["acme", "bolt"] {
        ends_in(&env, vendor, 10);
    }
    assert_eq!(tasks(&env.json_ends(5, "upkeep")), one("grant_ends_soon", &["acme", "bolt"]));
    assert_eq!(tasks(&env.json("status")), one("grant_ends_soon", &["acme", "bolt"]));
    assert_eq!(env.json("upkeep --soon 7d")["tasks"], json!([]));
    env.ok("grant renew acme --rule 90d --until 1y --yes");
    let run = env.ends(5, "upkeep");
    run.says("the grant to bolt ends on").says("cmr grant renew").never_says("acme");
    env.ok("grant renew bolt --expires 90d --yes");
    assert_eq!(env.json("upkeep --renew-within 30d")["renewed"].as_array().unwrap().len(), 1);
    assert_eq!(env.json("upkeep --renew-within 30d")["renewed"], json!([]));
}

#[test]
fn a_deletion_that_nobody_states_is_asked_for_every_night() {
    let env = TestEnv::new().with_ada();
    let liar = Liar::start();
    env.add_vendor("acme", &liar.url(), "secret");
    lend(&env, "acme");
    env.ok("push");
    env.ok("grant revoke acme --yes");
    assert_eq!(env.json("upkeep")["tasks"], json!([]));
    sql(&env, "UPDATE \"grant\" SET confirm_by = 1");
    for _ in 0..2 {
        assert_eq!(tasks(&env.json_ends(5, "upkeep")), one("deletion_not_confirmed", &["acme"]));
    }
    assert_eq!(tasks(&env.json("status")), one("deletion_not_confirmed", &["acme"]));
}

#[test]
fn what_nothing_touches_is_brought_up_once_and_together() {
    let (env, _shops) = lending(["acme", "bolt"]);
    age(&env, 89);
    assert_eq!(env.json("upkeep")["tasks"], json!([]));
    age(&env, 2);
    // A look is no reminder.
    assert_eq!(tasks(&env.json("status")), one("grants_untouched", &["acme", "bolt"]));
    assert_eq!(tasks(&env.json("upkeep --dry-run")), one("grants_untouched", &["acme", "bolt"]));
    env.ends(5, "upkeep").says("nothing has touched 2 grants for 90 days");
    assert_eq!(env.json("upkeep")["tasks"], json!([]));
    assert_eq!(env.json("status")["tasks"], json!([]));
    // After as long again the one comes up that was not touched since.
    age(&env, 91);
    env.ok("grant renew bolt --expires 200d --yes");
    assert_eq!(tasks(&env.json_ends(5, "upkeep")), one("grants_untouched", &["acme"]));
}

#[test]
fn a_vendor_that_refuses_the_token_needs_the_user() {
    let env = TestEnv::new().with_ada();
    let liar = Liar::start();
    env.add_vendor("acme", &liar.url(), "secret");
    lend(&env, "acme");
    liar.answers_pushes([Say::status(401)]);
    env.ends(5, "push");
    assert_eq!(tasks(&env.json("status")).get("token_refused"), Some(&vec!["acme".to_owned()]));
    env.ends(5, "upkeep --quiet").says("cmr vendor set acme --token-file FILE");
    let token = env.file("fresh", "fresh");
    env.ok(&format!("vendor set acme --token-file {token}"));
    assert_eq!(env.json("upkeep")["tasks"], json!([]));
    // A poll that is refused is told of as well, though nothing is held.
    liar.answers_polls([Say::status(401)]);
    assert_eq!(tasks(&env.json_ends(5, "upkeep")), one("token_refused", &["acme"]));
}

#[test]
fn a_second_upkeep_at_the_same_time_leaves_it_to_the_first() {
    let env = TestEnv::new().with_ada();
    let liar = Liar::start();
    env.add_vendor("acme", &liar.url(), "secret");
    lend(&env, "acme");
    liar.answers_pushes([Say::Late(Duration::from_millis(800), 202, Vec::new())]);
    let mut first = env.typed("upkeep --json");
    let first = first.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the first one delivers", Duration::from_secs(20), || !liar.pushed().is_empty());
    let second = env.ok("upkeep");
    second.says("Another cmr upkeep is under way: nothing was done.");
    assert_eq!(env.ok("upkeep --quiet").out, "");
    assert_eq!(env.json("upkeep")["another_runs"], true);
    let first = Run::ended_with(first.wait_with_output().unwrap(), "upkeep --json".into()).succeeded().document();
    assert_eq!((&first["another_runs"], &first["pushed"]), (&json!(false), &json!(2)), "{first}");
    // Each message once.
    assert_eq!(liar.pushed().len(), 2);
    assert_eq!(env.json("upkeep")["pushed"], 0);
}

#[test]
fn one_that_is_killed_is_finished_by_the_next_and_nothing_is_doubled() {
    let (env, [acme]) = lending(["acme"]);
    let liar = Liar::start();
    env.add_vendor("bolt", &liar.url(), "secret");
    lend(&env, "bolt");
    env.ok("push");
    env.ok("grant renew acme --rule 90d --until 2y --yes");
    ends_in(&env, "acme", 5);
    env.ok("profile set email new@example.org");
    let so_far = liar.pushed().len();
    // It got the message, and nobody ever hears of that.
    liar.answers_pushes([Say::Silence]);
    let mut first = env.typed("upkeep").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_until("it talks to bolt", Duration::from_secs(20), || liar.pushed().len() > so_far);
    wait_until("acme has its message", Duration::from_secs(20), || held(&acme) == 3);
    first.kill().unwrap();
    first.wait().unwrap();
    let night = env.json("upkeep");
    assert_eq!(night["renewed"], json!([]), "{night}");
    assert_eq!(night["queued"], 0, "{night}");
    let pushed = liar.pushed();
    assert_eq!(pushed.len(), so_far + 2);
    assert_eq!(pushed[so_far], pushed[so_far + 1], "the same bytes again");
    assert_eq!(held(&acme), 3);
    assert_eq!(acme.holds().grants[0].claims["email"], "new@example.org");
    env.ok("log verify");
}

#[test]
fn a_locked_vault_is_said_to_be_locked() {
    let (env, _shops) = lending(["acme"]);
    let mut command = env.typed("upkeep --quiet --no-input");
    let run = Run::of(command.env_remove("CMR_IDENTITY_FILE")).ended(3);
    run.says("the vault is locked");
    assert_eq!(run.out, "");
}

/// The files of a listing that are there.
fn installed(env: &TestEnv) -> Vec<String> {
    let mut files = env.files("home");
    files.sort();
    files.into_iter().map(|(path, _)| path.strip_prefix("home").unwrap().display().to_string()).collect()
}

#[test]
fn units_are_written_and_taken_away_again() {
    let env = TestEnv::new();
    let shown = env.ok("upkeep install --systemd --at 02:15 --dry-run");
    assert!(installed(&env).is_empty());
    let run = env.ok("upkeep install --systemd --at 02:15");
    run.says("systemctl --user enable --now cmr-upkeep.timer");
    let units = [".config/systemd/user/cmr-upkeep.service", ".config/systemd/user/cmr-upkeep.timer"];
    assert_eq!(installed(&env), units);
    for (path, wanted) in [
        (units[0], format!("Environment=\"CMR_HOME={}\"", env.vault().display())),
        (units[0], format!("Environment=\"CMR_IDENTITY_FILE={}\"", env.path("recovery.txt").display())),
        (units[0], format!("ReadWritePaths=\"{}\"", env.vault().display())),
        (units[0], format!("ExecStart=\"{}\" upkeep --no-input", kit::CMR)),
        (units[1], "OnCalendar=*-*-* 02:15:00".to_owned()),
        (units[1], "Persistent=true".to_owned()),
    ] {
        let text = fs::read_to_string(env.path("home").join(path)).unwrap();
        assert!(text.lines().any(|line| line == wanted), "{wanted} is not in {text}");
        assert!(text.lines().all(|line| shown.out.contains(line)), "{shown}");
    }
    // Again at another time: the same files.
    env.ok("upkeep install --systemd --at 05:00");
    assert_eq!(installed(&env), units);
    // One that is enabled is not pulled from under systemd.
    let wants = env.path("home/.config/systemd/user/timers.target.wants");
    fs::create_dir(&wants).unwrap();
    std::os::unix::fs::symlink("../cmr-upkeep.timer", wants.join("cmr-upkeep.timer")).unwrap();
    env.ends(5, "upkeep remove").says("systemctl --user disable --now cmr-upkeep.timer");
    fs::remove_file(wants.join("cmr-upkeep.timer")).unwrap();
    assert_eq!(installed(&env), units);
    env.ok("upkeep remove --dry-run");
    assert_eq!(installed(&env), units);
    assert_eq!(env.json("upkeep remove")["files"].as_array().unwrap().len(), 2);
    assert!(installed(&env).is_empty());
    env.ok("upkeep remove").says("Nothing is installed.");
}

#[test]
fn what_the_user_changed_is_neither_written_over_nor_removed() {
    let env = TestEnv::new();
    env.ok("upkeep install --systemd");
    let timer = env.path("home/.config/systemd/user/cmr-upkeep.timer");
    let changed = fs::read_to_string(&timer).unwrap().replace("1h", "2h");
    fs::write(&timer, &changed).unwrap();
    for line in ["upkeep remove", "upkeep install --systemd"] {
        env.ends(7, line).says("cmr-upkeep.timer is not as cmr upkeep install writes it");
    }
    assert_eq!(fs::read_to_string(&timer).unwrap(), changed);
    assert_eq!(installed(&env).len(), 2);
    // A link is the user's too, even one that leads nowhere.
    std::fs::remove_file(&timer).unwrap();
    std::os::unix::fs::symlink("elsewhere.timer", &timer).unwrap();
    env.ends(7, "upkeep install --systemd").says("not as cmr upkeep install writes it");
    assert!(timer.is_symlink());
}

#[test]
fn the_line_for_a_crontab_runs_in_a_shell_as_it_stands() {
    let (env, [acme]) = lending(["acme"]);
    let run = env.ok("upkeep install --cron --at 02:05");
    run.says("crontab -e");
    assert_eq!(installed(&env), [".config/cmr/upkeep.cron"]);
    env.ok("profile set email new@example.org");
    let text = fs::read_to_string(env.path("home/.config/cmr/upkeep.cron")).unwrap();
    let line = text.lines().nth(1).unwrap().strip_prefix("5 2 * * * ").expect("at five past two");
    // What cron gives to a job: hardly anything.
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", line]).env_clear().env("HOME", env.path("home")).stdin(Stdio::null());
    let run = Run::of(&mut shell).succeeded();
    assert_eq!((run.out.as_str(), run.err.as_str()), ("", ""));
    assert_eq!(acme.holds().grants[0].claims["email"], "new@example.org");
    // Another vault does not take its place.
    fs::rename(env.vault(), env.path("other")).unwrap();
    env.ends(7, &format!("upkeep install --cron --vault {}", env.path("other").display())).says("another vault");
    env.ok("upkeep remove").says("crontab -e, and take the line out");
    assert!(installed(&env).is_empty());
}
