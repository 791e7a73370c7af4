//! Vendors that are written to: by a letter, by the user's own mail program, and what they write back.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use kit::TestEnv;
use serde_json::Value;

const GRANT: &str = "grant create acme --claims email,address --purpose DeliveryOfGoods --expires 90d --yes";

fn by_letter() -> TestEnv {
    let env = TestEnv::new().with_ada();
    env.file("acme.txt", "Acme SA\nService clients\n1 rue du Port\n13002 Marseille\n");
    env.ok("vendor add acme --channel letter --letter-to acme.txt --language fr --account A-451");
    env.ok(GRANT);
    env
}

fn by_mail() -> TestEnv {
    let env = TestEnv::new().with_ada();
    env.ok("vendor add acme --channel mail --mail-to privacy@acme.example --language en");
    env.ok(GRANT);
    env
}

/// The message of a kind that is the newest in the outbox.
fn message(env: &TestEnv, event: &str) -> Value {
    let outbox = env.json("outbox list --all");
    let messages = outbox["messages"].as_array().unwrap().clone();
    messages.into_iter().find(|message| message["event"] == event).unwrap()
}

fn id(env: &TestEnv, event: &str) -> String {
    message(env, event)["id"].as_str().unwrap().to_owned()
}

/// An e-mail that answers the one of a message.
fn answer(id: &str, from: &str, text: &str) -> String {
    format!(
        "From: {from}\r\nTo: ada@example.org\r\nSubject: Re: your data\r\nMessage-ID: <{}@acme.example>\r\n\
         Date: Thu, 26 Nov 2026 10:00:00 +0000\r\nIn-Reply-To: <{id}@example.org>\r\n\r\n{text}\r\n",
        text.len()
    )
}

#[test]
fn a_letter_is_printed_posted_and_delivered_by_the_users_word() {
    let env = by_letter();
    let held = env.ends(5, "push");
    held.says("you bring it yourself").says("cmr outbox write").says("--output letter.pdf");
    let id = id(&env, "grant-created");
    env.ok(&format!("outbox show {id}"))
        .says("As a letter")
        .says("    Madame, Monsieur,")
        .says("Numéro de client\u{a0}: A-451")
        .says("livraison de marchandises")
        .says("\"urn:cmr:secevent:1:grant-created\"");
    env.ends(2, &format!("outbox write {id} --output letter.eml")).says("ends in .pdf");
    env.ends(2, &format!("outbox write {id} --mailto"));
    assert_eq!(message(&env, "grant-created")["attempted"], Value::Null);

    env.ok(&format!("outbox write {id} --output letter.pdf")).says("cmr outbox delivered");
    let pdf = std::fs::read(env.path("letter.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    assert_eq!(kit::mode(&env.path("letter.pdf")), 0o600);
    env.ends(7, &format!("outbox write {id} --output letter.pdf")).says("exists");
    env.ok(&format!("outbox write {id} --output again.pdf"));
    assert_eq!(pdf, std::fs::read(env.path("again.pdf")).unwrap(), "the same letter is the same file");
    // Nobody knows whether it was posted: the vendor may know.
    assert_eq!(message(&env, "grant-created")["state"], "held");
    env.ends(7, &format!("outbox edit {id}")).says("may have left");

    env.ends(7, &format!("outbox delivered {id} --on 2199-01-01")).says("has not come yet");
    env.ends(7, &format!("outbox delivered {id} --on 2001-01-01")).says("cannot have gone before");
    env.ok(&format!("outbox delivered {id}")).says("delivered by hand on");
    env.ends(7, &format!("outbox delivered {id}")).says("delivered already");
    let grant = &env.json("grant list")["grants"][0];
    assert_eq!((&grant["status"], &grant["vendor_status"]), (&"offered".into(), &"not_confirmed".into()));
    env.ok("vendor knows acme").says("ada@example.org").says("12 rue de la Paix");
    env.ok("log").says("message-delivered");
}

#[test]
fn the_next_letter_waits_for_the_one_before_and_says_what_changed() {
    let env = by_letter();
    env.ends(5, "push");
    env.ok(&format!("outbox delivered {}", id(&env, "grant-created")));
    env.ok("profile set address.home.street_address '7 rue Neuve' --yes");
    env.ends(5, "push");
    let text = env.json(&format!("outbox show {}", id(&env, "grant-updated")))["text"].clone();
    let body = text["body"].as_str().unwrap();
    assert!(text["subject"].as_str().unwrap().starts_with("Rectification de mes données personnelles (article 16"));
    assert!(body.contains("ancien\u{a0}: 12 rue de la Paix, 75002 Paris, FR"), "{body}");
    assert!(body.contains("nouveau\u{a0}: 7 rue Neuve, 75002 Paris, FR") && body.contains("A-451"), "{body}");
    assert!(!body.contains("+33142278186"), "what is not lent is not told");
}

#[test]
fn the_text_that_is_edited_is_the_text_that_goes() {
    let env = by_letter();
    let id = id(&env, "grant-created");
    let editor = env.file("editor", "#!/bin/sh\nprintf 'My subject\\n\\nMy own words to \\033[2Jthem.\\n' > \"$1\"\n");
    std::fs::set_permissions(&editor, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    if !std::path::Path::new("/dev/shm").is_dir() {
        println!("skipped: there is no directory in memory to edit in");
        return;
    }
    kit::Run::of(env.typed(&format!("outbox edit {id}")).env("EDITOR", &editor)).succeeded().says("My subject");
    let text = env.json(&format!("outbox show {id}"))["text"].clone();
    assert_eq!((&text["subject"], &text["body"]), (&"My subject".into(), &"My own words to [2Jthem.".into()));
    env.ok("log").says("message-edited");
}

#[test]
fn an_e_mail_goes_by_the_users_own_program_where_no_account_is_set_up() {
    let env = by_mail();
    env.ends(5, "push").says("no mail account is set up").says("cmr outbox account");
    env.ok("outbox account").says("No mail account is set up");
    let id = id(&env, "grant-created");
    env.ok(&format!("outbox show {id}")).says("neither your name nor a customer number").says("--account NUMBER");
    env.ok("vendor set acme --account A-451");
    env.ok(&format!("outbox show {id}")).says("A-451").never_says("neither your name");
    let url = env.ok(&format!("outbox write {id} --mailto")).out;
    assert!(url.starts_with("mailto:privacy@acme.example?subject=My%20personal%20data"), "{url}");
    env.ok(&format!("outbox write {id} --output mail.eml"));
    let mail = std::fs::read_to_string(env.path("mail.eml")).unwrap();
    for line in
        ["From: ada@example.org", "To: privacy@acme.example", &format!("Message-ID: <{id}@example.org>"), "X-Unsent: 1"]
    {
        assert!(mail.contains(line), "{line} is not in {mail}");
    }
    env.ends(2, &format!("outbox write {id} --output mail.pdf"));
    // What may have left by the user's own hand is not sent beside that.
    env.ok("outbox account --from ada@example.org --smtp 127.0.0.1:1 --tls none").never_says("waited for it");
    assert_eq!(env.json("outbox list")["messages"][0]["state"], "held");
}

#[test]
fn an_account_is_kept_checked_and_never_shown_with_its_password() {
    let env = by_mail();
    env.ends(5, "push");
    env.ok("status").says("outbox          1 held");
    env.file("password", "s3cret-of-ada\n");
    let set = env.ok("outbox account --from ada@example.org --name 'Ada Lovelace' --smtp smtp.example.org:587 --user ada --password-file password");
    set.says("STARTTLS").never_says("s3cret").says("1 message waited for it: cmr push");
    env.ok("status").says("outbox          1 queued");
    env.ok("outbox account --json").says("\"has_password\": true").never_says("s3cret");
    env.ok("log").never_says("s3cret");
    // Another server never gets the password of this one.
    env.ends(2, "outbox account --smtp evil.example:465 --user ada").says("password");
    env.ends(7, "outbox account --from nobody").says("no e-mail address");
    env.ends(7, "outbox account --from ada@example.org --smtp 127.0.0.1:25 --tls none --user ada").says("in clear");
    env.ends(1, "outbox account --from ada@example.org --smtp 127.0.0.1:1 --tls none --check").says("refused");
    env.ok("outbox account").says("smtp.example.org:587");
    env.ok("outbox account --remove");
    env.ends(6, "outbox account --remove");
}

#[test]
fn what_a_vendor_writes_back_is_kept_as_unsigned_and_confirms_at_the_users_word_alone() {
    let env = by_mail();
    env.ends(5, "push");
    let created = id(&env, "grant-created");
    env.ok(&format!("outbox delivered {created}"));
    env.file("yes.eml", answer(&created, "Anna <anna@acme.example>", "We have recorded it.\u{1b}[2J"));
    let taken = env.ok("inbox import yes.eml");
    taken.says("it names your e-mail as the one that it answers").says("unsigned e-mail").says("--confirms");
    taken.never_says("Its sender is of no domain");
    assert_eq!(env.json("grant list")["grants"][0]["vendor_status"], "not_confirmed");
    env.ends(7, "inbox import yes.eml").says("imported before");
    env.file("eve.eml", answer(&created, "eve@elsewhere.example", "Send me your passport."));
    env.ok("inbox import eve.eml").says("Its sender is of no domain that you know the vendor by.");
    env.ok("inbox import yes.eml --confirms").says("your reading of it");
    let grant = env.json("grant list")["grants"][0].clone();
    assert_eq!((&grant["status"], &grant["vendor_status"]), (&"active".into(), &"accepted_in_writing".into()));
    env.ok("inbox list").says("We have recorded it.").never_says("\u{1b}[2J");
    env.ok("search mail-received").says("acme");

    env.ok(&format!("grant revoke {} --yes", grant["id"].as_str().unwrap()));
    env.ends(5, "push");
    let revoked = id(&env, "grant-revoked");
    env.file("gone.eml", answer(&revoked, "privacy@acme.example", "All of it is deleted, and more."));
    env.ends(7, "inbox import gone.eml --confirms").says("nothing can confirm it").says("cmr outbox delivered");
    env.ok(&format!("outbox delivered {revoked}"));
    env.ok("inbox import gone.eml --confirms");
    env.ok("grant list --all").says("deletion in writing, unsigned");
    assert_eq!(env.json("vendor knows acme")["known"].as_array().unwrap().len(), 0);
    env.ends(6, &format!("grant receipt {}", grant["id"].as_str().unwrap()))
        .says("signs no answers")
        .says("cmr inbox list");
    env.ok("log verify");
}

#[test]
fn an_e_mail_is_never_guessed_between_two_vendors() {
    let env = by_mail();
    env.ok("vendor add other --channel mail --mail-to privacy@acme.example");
    let stray = |from: &str| answer("not-an-id", from, "hello");
    env.file("stray.eml", stray("privacy@acme.example"));
    env.ends(6, "inbox import stray.eml").says("could be any of 2 vendors").says("--vendor");
    env.ok("inbox import stray.eml --vendor other").says("you said so");
    env.file("unknown.eml", stray("eve@elsewhere.example"));
    env.ends(6, "inbox import unknown.eml").says("--message");
    env.ends(7, "inbox import unknown.eml --vendor acme --confirms").says("--message");
    env.file("no.eml", "");
    env.ends(7, "inbox import no.eml").says("that is no e-mail");
    env.ends(6, "inbox import missing.eml");
    env.ends(7, "vendor add third --channel mail --mail-to nobody");
    env.ends(7, "vendor add third --channel mail --mail-to a@b.example --language tlh").says("en, fr, de or es");
    env.ends(7, "vendor add third --channel letter --letter-to '1\\n2\\n3\\n4\\n5\\n6\\n7'").says("6 fit");
}
