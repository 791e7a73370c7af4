//! Nothing that is secret lies in a file in clear, or is said where it was not asked for.

// Helpers of tests are tests: what fails in them fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod kit;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use kit::{PASSPHRASE, Run, Shop, TestEnv, walk};

/// Values that stand nowhere by chance.
const VALUES: [(&str, &str); 5] = [
    ("email", "zq7secret.email@qqexample.org"),
    ("name", "Zyxwvut Qqsecretname"),
    ("phone_number", "+33987650123456"),
    ("nickname", "nick-qqsecret-nick"),
    ("website", "https://qqsecret-website.example/"),
];
const STREET: &str = "77 rue Qqsecretstreet";
const ALIAS: &str = "alias-qqsecret@relay.example";
const NOTE: &str = "a note about qqsecretnote";
const ACCOUNT: &str = "account-qqsecret-4711";

fn contains(bytes: &[u8], secret: &[u8]) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret)
}

/// Checks that no secret lies in any file below a directory, whatever its form.
#[track_caller]
fn nothing_in(dir: &Path, secrets: &[Vec<u8>]) {
    let files: Vec<PathBuf> = walk(dir).into_iter().filter(|path| path.is_file()).collect();
    for path in files {
        let bytes = fs::read(&path).unwrap();
        for secret in secrets {
            assert!(!contains(&bytes, secret), "{} holds {:?}", path.display(), String::from_utf8_lossy(secret));
        }
    }
}

#[test]
fn no_secret_is_left_in_clear_or_said() {
    let env = TestEnv::empty();
    let shop = Shop::open();
    let mut init = env.typed("init --no-input -vv --recovery-file recovery.txt");
    let mut said = vec![Run::of(init.env("CMR_PASSPHRASE_FILE", env.path("pass"))).succeeded()];
    fs::create_dir(env.path("runtime")).unwrap();
    let in_memory: Vec<PathBuf> = leftovers();
    let mut run = |line: &str| {
        let mut command = env.typed(&format!("{line} -vv"));
        let editor = env.file("editor.sh", "#!/bin/sh\nsed -i s/nick-qqsecret-nick/nick-qqsecret-nock/ \"$1\"\n");
        fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
        let run = Run::of(command.env("EDITOR", editor));
        assert!([0, 4, 7].contains(&run.code), "{run}");
        said.push(run.clone());
        run
    };
    for (claim, value) in VALUES {
        run(&format!("profile set {claim} '{value}'"));
    }
    run(&format!("profile set address.home 'street_address={STREET}' locality=Paris"));
    run("profile edit --yes");
    let token_file = env.file("token", &shop.token);
    run(&format!(
        "vendor add acme --url {} --allow-loopback --token-file {token_file} --account {ACCOUNT}",
        shop.url()
    ));
    run(&format!("vendor note acme '{NOTE}'"));
    run(&format!("vendor alias acme email {ALIAS}"));
    run("grant create acme --claims email,name,address,nickname --purpose DeliveryOfGoods --expires 90d --yes");
    run("push");
    run("pull");
    run(&format!("profile set nickname '{}'", VALUES[3].1));
    run("push");
    run("profile export --output card.vcf");
    fs::remove_file(env.path("card.vcf")).unwrap();
    run("grant amend acme --drop nickname --yes");
    for line in [
        "vendor knows acme",
        "who email",
        "log",
        "search acme",
        "log verify",
        "status",
        "key list",
        "outbox list --all",
    ] {
        run(line);
    }
    run("grant revoke acme --yes");
    run("push");
    // Mistakes talk, too.
    run("profile set email qqsecret-not-an-email");

    let recovery = fs::read_to_string(env.path("recovery.txt")).unwrap().trim().to_owned();
    let manifest = cmr::vault::Manifest::read(&env.vault()).unwrap();
    let recovery_file = env.path("recovery.txt");
    let key = cmr::vault::slot::unlock_with_identity_file(&env.vault(), &manifest, &recovery_file).unwrap().to_hex();
    let raw: Vec<u8> =
        key.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
    let keys: Vec<Vec<u8>> = [shop.token.as_str(), PASSPHRASE, &recovery]
        .map(|s| s.as_bytes().to_vec())
        .into_iter()
        .chain([key.to_vec(), raw])
        .collect();
    let mut values: Vec<Vec<u8>> = VALUES.iter().map(|(_, value)| value.as_bytes().to_vec()).collect();
    values.extend([STREET, ALIAS, NOTE, ACCOUNT, "nick-qqsecret-nock", "qqsecret"].map(|s| s.as_bytes().to_vec()));
    let secrets: Vec<Vec<u8>> = keys.iter().chain(&values).cloned().collect();

    // The search finds what is there.
    assert!(contains(&fs::read(env.path("pass")).unwrap(), PASSPHRASE.as_bytes()));
    nothing_in(&env.vault(), &secrets);
    nothing_in(&env.path("tmp"), &secrets);
    nothing_in(&env.path("home"), &secrets);
    assert!(walk(&env.path("tmp")).is_empty(), "{:?}", walk(&env.path("tmp")));
    assert_eq!(leftovers(), in_memory, "something of an edit is left in memory");
    // Standard error says no value and no key; standard output shows values, where they were asked for, and no key.
    for run in &said {
        for secret in &secrets {
            assert!(!contains(run.err.as_bytes(), secret), "{run}");
        }
        for secret in &keys {
            assert!(!contains(run.out.as_bytes(), secret), "{run}");
        }
    }
    assert!(said.iter().any(|run| run.err.contains("debug:")), "-vv says each step");
    // The ledger can be shown to a regulator: it holds no value.
    let ledger = env.ok("log --json --limit 1000").out;
    for secret in &secrets {
        assert!(!contains(ledger.as_bytes(), secret), "{ledger}");
    }
}

/// What edits leave behind in memory. Other tests may be editing, so their own are not counted.
fn leftovers() -> Vec<PathBuf> {
    let entries = fs::read_dir("/dev/shm").map(|entries| entries.flatten().map(|e| e.path()).collect());
    let mut found: Vec<PathBuf> = entries.unwrap_or_default();
    found.retain(|path| {
        let holds_a_secret = |file: &PathBuf| fs::read(file).is_ok_and(|bytes| contains(&bytes, b"qqsecret"));
        path.file_name().unwrap().to_string_lossy().starts_with("cmr-") && walk(path).iter().any(holds_a_secret)
    });
    found
}

#[test]
fn a_secret_is_never_an_argument() {
    // What is typed as an argument is seen by everybody on the machine.
    let env = TestEnv::empty();
    for line in ["init --help", "vendor add --help", "vendor set --help", "status --help"] {
        let help = env.ok(line).out;
        for option in ["--passphrase <", "--passphrase=", "--token <", "--password"] {
            assert!(!help.contains(option), "{line}: {help}");
        }
    }
}

#[test]
fn the_token_of_a_customer_is_not_in_the_receivers_files() {
    let shop = Shop::open();
    nothing_in(&shop.data(), &[shop.token.as_bytes().to_vec()]);
}

#[test]
fn a_deletion_deletes_at_the_receiver() {
    let (env, shop) = (TestEnv::new(), Shop::open());
    env.ok("profile set email zq7secret.email@qqexample.org");
    env.add_vendor("acme", shop.url(), &shop.token);
    env.ok("grant create acme --claims email --purpose DeliveryOfGoods --expires 90d --yes");
    env.ok("push");
    let value = b"zq7secret.email".to_vec();
    let holds = |dir: &Path| walk(dir).iter().any(|p| p.is_file() && contains(&fs::read(p).unwrap(), &value));
    assert!(holds(&shop.data()), "the vendor holds it, in a file of its own");
    env.ok("grant revoke acme --yes");
    env.ok("push");
    assert!(!holds(&shop.data()));
}
