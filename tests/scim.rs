//! A vendor's SCIM directory that does not do as scim2-server does in `interop/scim.py`: it knows no `/Me` or knows it by
//! halves, has no versions or changes them all the time, finds two entries or somebody else's, and sends elsewhere.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use kit::{Directory, Liar, Reply, TestEnv};
use serde_json::{Value, json};

/// A user who has lent an e-mail address to a vendor with a directory, where she is `ada`: the message waits.
fn lent() -> (TestEnv, Directory) {
    let (env, directory) = (TestEnv::new().with_ada(), Directory::open());
    let token = env.file("shop.token", "directory-token-0123456789");
    env.ok(&format!(
        "vendor add shop --url {} --channel scim --account ada --allow-loopback --token-file {token}",
        directory.url()
    ));
    env.ok("grant create shop --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    (env, directory)
}

fn entry(id: &str, emails: &[&str]) -> Value {
    let emails: Vec<Value> = emails.iter().map(|email| json!({"value": email})).collect();
    json!({"id": id, "userName": "ada", "meta": {"location": format!("/scim/Users/{id}")}, "emails": emails})
}

/// What the directory was asked to change, by line.
fn patches(directory: &Directory) -> Vec<(String, Option<String>, Value)> {
    let patches = directory.asked().into_iter().filter(|asked| asked.line.starts_with("PATCH"));
    patches.map(|asked| (asked.line, asked.if_match, asked.body["Operations"].clone())).collect()
}

fn added() -> Value {
    json!([{"op": "add", "path": "emails", "value": [{"type": "home", "value": "ada@example.org"}]}])
}

#[test]
fn an_own_entry_is_patched_by_the_name_that_everybody_has_for_it() {
    let (env, directory) = lent();
    let (empty, full) = (entry("7", &[]), entry("7", &["ada@example.org"]));
    directory.answers("GET /Me", [Reply::entry(&empty, "W/\"a\""), Reply::entry(&full, "W/\"b\"")]);
    directory.answers("PATCH /Me", [Reply::status(204)]);
    env.ok("push -vv").says("verified: email").never_says("directory-token");
    assert_eq!(patches(&directory), [("PATCH /Me".to_owned(), Some("W/\"a\"".to_owned()), added())]);
    assert_eq!(directory.lines(), ["GET /Me", "PATCH /Me", "GET /Me"]);
}

#[test]
fn one_that_is_only_shown_by_that_name_is_patched_where_it_is() {
    for no in [501, 403, 404, 405] {
        let (env, directory) = lent();
        directory.answers("GET /Me", [Reply::entry(&entry("7", &[]), "W/\"a\"")]);
        directory.answers("PATCH /Me", [Reply::status(no)]);
        directory.answers("GET /Users/7", [Reply::entry(&entry("7", &[]), "\"strong\"")]);
        directory.answers("PATCH /Users/7", [Reply::json(200, &entry("7", &["ada@example.org"]))]);
        let moved = env.json("push");
        assert_eq!(moved["lines"][0]["state"], "delivered");
        assert_eq!(
            patches(&directory)[1],
            ("PATCH /Users/7".to_owned(), Some("\"strong\"".to_owned()), added()),
            "{no}"
        );
        // It says that it took it, and shows nothing of it.
        assert_eq!(moved["read_back"][0]["claims"][0]["state"], "unknown", "{no}");
    }
}

#[test]
fn a_server_that_sends_on_from_there_is_followed_on_its_own_origin_alone() {
    let (env, directory) = lent();
    let to = |location: String| Reply(308, vec![("Location", location)], String::new());
    let other = Directory::open();
    directory.answers("GET /Me", [to(format!("{}/Users/7", other.url()))]);
    env.ends(5, "push").says("another origin");
    assert!(other.asked().is_empty(), "the token went to another server");
    directory.answers(
        "GET /Users/7",
        [Reply::json(200, &entry("7", &[])), Reply::json(200, &entry("7", &["ada@example.org"]))],
    );
    directory.answers("PATCH /Users/7", [Reply::status(204)]);
    directory.answers("GET /Me", [to("/scim/Users/7".into())]);
    env.ok("outbox retry --all");
    env.ok("push").says("verified: email");
    assert_eq!(patches(&directory), [("PATCH /Users/7".to_owned(), None, added())], "a server without versions");
}

#[test]
fn an_entry_that_always_changes_is_left_for_later() {
    let (env, directory) = lent();
    directory.answers("GET /Me", [Reply::status(501)]);
    directory.answers("GET /Users", [Reply::found(&[entry("7", &[])])]);
    let read = |etag: &str| Reply::entry(&entry("7", &["other@x.example"]), etag);
    directory.answers("GET /Users/7", [read("W/\"1\""), read("W/\"2\""), read("W/\"3\""), read("W/\"4\"")]);
    directory.answers("PATCH /Users/7", [Reply::status(412)]);
    let moved = env.json_ends(4, "push");
    assert_eq!(moved["lines"][0]["state"], "queued");
    assert!(moved["lines"][0]["reason"].as_str().unwrap().contains("somebody else changed"));
    let versions: Vec<_> = patches(&directory).into_iter().map(|(_, version, _)| version.unwrap()).collect();
    assert_eq!(versions, ["W/\"1\"", "W/\"2\"", "W/\"3\""], "each time as it was read");
    env.ok("outbox list").says("it may have arrived");
    directory.answers("GET /Users/7", [read("W/\"5\""), Reply::json(200, &entry("7", &["ada@example.org"]))]);
    directory.answers("PATCH /Users/7", [Reply::status(204)]);
    env.ok("push --now").says("verified: email");
}

#[test]
fn a_value_that_goes_in_between_is_looked_for_again() {
    let (env, directory) = lent();
    directory.answers("GET /Me", [Reply::json(200, &entry("7", &["ada@example.org"]))]);
    env.ok("push");
    assert_eq!(patches(&directory), [], "it was there already");
    env.ok("profile set email new@example.org");
    directory
        .answers("GET /Me", [Reply::json(200, &entry("7", &["ada@example.org"])), Reply::json(200, &entry("7", &[]))]);
    directory.answers("PATCH /Me", [Reply::error(400, "noTarget", "gone"), Reply::status(204)]);
    env.ok("push");
    let ops: Vec<Value> = patches(&directory).into_iter().map(|(_, _, ops)| ops[0]["op"].clone()).collect();
    assert_eq!(ops, ["replace", "add"]);
}

#[test]
fn between_two_entries_nobody_guesses() {
    let (env, directory) = lent();
    directory.answers("GET /Me", [Reply::status(501)]);
    let somebody = json!({"id": "9", "userName": "bob", "meta": {"location": "/scim/Users/9"}});
    for found in [
        Reply::found(&[entry("7", &[]), entry("8", &[])]),
        Reply::found(&[]),
        // A server that does not know the question, and lists whom it has.
        Reply::found(&[somebody]),
        Reply::json(200, &json!({"totalResults": 2, "Resources": [entry("7", &[])]})),
    ] {
        directory.answers("GET /Users", [found]);
        env.ends(5, "push").says("which account there is yours is not known").says("--with user=ID");
        assert_eq!(patches(&directory), []);
        // Another name may be the one: what was held for want of it is tried again.
        env.ok("vendor set shop --account ada").says("grant-created goes with the next push");
    }
    env.ends(5, "push");
    env.ok("vendor set shop --channel scim --with user=8").says("grant-created goes with the next push");
    directory.answers(
        "GET /Users/8",
        [Reply::json(200, &entry("8", &[])), Reply::json(200, &entry("8", &["ada@example.org"]))],
    );
    directory.answers("PATCH /Users/8", [Reply::status(204)]);
    env.ok("push").says("verified: email");
    let lines = directory.lines();
    assert_eq!(
        lines[lines.len() - 3..],
        ["GET /Users/8", "PATCH /Users/8", "GET /Users/8"],
        "it is asked nothing else"
    );
}

#[test]
fn answers_mean_what_they_mean_to_every_channel() {
    let cases = [
        (Reply(200, Vec::new(), "<html>log in".into()), 4, "queued", "no SCIM document"),
        (
            Reply(200, Vec::new(), format!("{{\"a\":\"{}\"}}", "x".repeat(300_000))),
            4,
            "queued",
            "more than 262144 bytes",
        ),
        (Reply::error(503, "", "busy"), 4, "queued", "503: busy"),
        (Reply::error(429, "", "slow down"), 4, "queued", "429"),
        (Reply::status(401), 5, "held", "does not accept the token"),
        (Reply::error(400, "invalidSyntax", "\u{1b}[2Jno"), 5, "failed", "400 invalidSyntax: [2Jno"),
    ];
    for (reply, code, state, says) in cases {
        let (env, directory) = lent();
        directory.answers("GET /Me", [reply]);
        let run = env.ends(code, "push --json");
        let line = &run.document()["lines"][0];
        assert_eq!(line["state"], state, "{run}");
        assert!(line["reason"].as_str().unwrap().contains(says), "{run}");
        assert_eq!(patches(&directory), []);
        let known = env.json("vendor knows shop")["known"].clone();
        assert_eq!(known, json!([]), "nothing of it has left: {says}");
    }
}

#[test]
fn drift_is_said_and_what_was_lent_is_brought_again_when_the_user_says_so() {
    let (env, directory) = lent();
    let full = entry("7", &["ada@example.org"]);
    directory.answers("GET /Me", [Reply::json(200, &full)]);
    env.ok("push");
    env.ok("vendor verify shop").says("the same").says("verified");
    directory.answers("GET /Me", [Reply::json(200, &entry("7", &["\u{1b}[2Jother@x.example"]))]);
    let drifted = env.ends(5, "vendor verify shop");
    drifted.says("[2Jother@x.example").says("drifted").never_says("\u{1b}[2J").says("cmr vendor verify shop --again");
    // Whoever does not look at it hears of it all the same, until it is mended.
    let task = |env: &TestEnv| env.json("status")["tasks"][0].clone();
    let wanted = (json!("drifted"), json!("cmr vendor verify shop"));
    assert_eq!((task(&env)["kind"].clone(), task(&env)["command"].clone()), wanted);
    env.ok("status").says("shop showed on").says("another email than it was told");
    env.ends(2, "vendor verify shop --again --no-input").says("--yes");
    env.ends(5, "vendor verify shop --again --yes").says("cmr push");
    directory.answers("PATCH /Me", [Reply::status(204)]);
    env.run("push");
    assert_eq!(patches(&directory).last().unwrap().2, added());
    directory.answers("GET /Me", [Reply::json(200, &full)]);
    env.ok("vendor verify shop");
    assert_eq!(env.json("status")["tasks"], json!([]));
    env.ends(6, "grant receipt shop").says("signs no answers").says("cmr vendor verify shop");
    let log = env.json("log --limit 50");
    let read: Vec<&Value> =
        log["entries"].as_array().unwrap().iter().filter(|one| one["action"] == "read-back").collect();
    assert_eq!(read[1]["body"]["claims"], json!({"email": "drifted"}));
    assert!(!log.to_string().contains("other@x.example"), "the ledger holds no value");
}

#[test]
fn a_change_of_address_is_over_where_the_new_one_is_shown() {
    let (env, directory) = lent();
    env.ok("grant amend shop --add address.home --widen --yes");
    let with = |street: &str, city: &str| {
        let place = json!({"streetAddress": street, "locality": city, "postalCode": "75002", "country": "FR"});
        let mut entry = entry("7", &["ada@example.org"]);
        entry["addresses"] = json!([place]);
        Reply::json(200, &entry)
    };
    directory.answers("GET /Me", [with("12 rue de la Paix", "Paris")]);
    directory.answers("PATCH /Me", [Reply::status(204)]);
    env.ok("push");
    directory.answers("GET /Me", [with("12 rue de la Paix", "Paris"), with("1 new street", "Lyon")]);
    env.ok("move 'street_address=1 new street' locality=Lyon --yes");
    assert_eq!(env.json("move status")["vendors"][0]["stage"], "verified");
    directory.answers("GET /Me", [with("12 rue de la Paix", "Paris")]);
    env.ends(5, "vendor verify shop");
    let status = env.run("move status --json").document();
    assert_eq!(
        (&status["vendors"][0]["stage"], &status["vendors"][0]["next"]),
        (&json!("drifted"), &json!("cmr vendor verify shop"))
    );
    env.ok("profile set email new@example.org");
    env.ends(5, "upkeep").says("shown otherwise").says("cmr vendor verify shop");
}

#[test]
fn there_may_be_nothing_to_verify() {
    let (env, liar) = (TestEnv::new().with_ada(), Liar::start());
    env.add_vendor("acme", &liar.url(), "liars-token-0123456789");
    env.ends(6, "vendor verify acme").says("no channel of acme shows what it has").says("cmr vendor knows acme");
    let (env, directory) = lent();
    env.ends(6, "vendor verify shop").says("nothing to verify");
    assert!(directory.asked().is_empty());
}

/// A directory knows no end: what was lent until a day is taken out of it on that day, without a word of the user's.
#[test]
fn what_was_lent_until_a_day_is_taken_back_on_that_day() {
    let (env, directory) = lent();
    directory.answers(
        "GET /Me",
        [
            Reply::entry(&entry("7", &[]), "W/\"a\""),
            Reply::entry(&entry("7", &["ada@example.org"]), "W/\"b\""),
            Reply::entry(&entry("7", &["ada@example.org"]), "W/\"b\""),
            Reply::entry(&entry("7", &[]), "W/\"c\""),
        ],
    );
    directory.answers("PATCH /Me", [Reply::status(204), Reply::status(204)]);
    env.ok("push");
    let over = |tx: &cmr::vault::Tx| Ok(tx.execute("UPDATE \"grant\" SET expires_at = 1000", [])?);
    env.open_vault().write(over).unwrap();
    env.ok("upkeep");
    let grant = env.json("grant show shop");
    assert_eq!((&grant["status"], &grant["ended_how"]), (&json!("revoked"), &json!("its time was over")));
    let (line, _, operations) = patches(&directory).pop().unwrap();
    assert_eq!((line.as_str(), &operations[0]["op"]), ("PATCH /Me", &json!("remove")));
    assert_eq!(env.json("vendor verify shop")["claims"][0]["state"], "cleared");
}
