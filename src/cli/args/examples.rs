//! The examples in the help, as data: every one of them is run by a test, in the order in which they stand here.

/// One example.
pub struct Example {
    /// What it does.
    pub what: &'static str,
    /// What to type.
    pub line: &'static str,
}

const fn example(what: &'static str, line: &'static str) -> Example {
    Example { what, line }
}

/// `profile set`.
pub static PROFILE_SET: [Example; 4] = [
    example("Set your e-mail address", "cmr profile set email ada@example.org"),
    example("Add a second one under a label", "cmr profile set email.work ada@work.example"),
    example(
        "Set an address, part by part",
        "cmr profile set address.home 'street_address=12 rue de la Paix' postal_code=75002 locality=Paris country=FR",
    ),
    example("Change one part of it", "cmr profile set address.home.postal_code 75001"),
];

/// `key add`.
pub static KEY_ADD: [Example; 2] = [
    example("Let a device open the vault, with a key in a file", "cmr key add device laptop --new-identity laptop.txt"),
    example("Have a second recovery key", "cmr key add recovery spare --recovery-file spare.txt"),
];

/// `key remove`.
pub static KEY_REMOVE: [Example; 1] = [example("Remove it again", "cmr key remove spare --yes")];

/// `import passwords`.
pub static IMPORT_PASSWORDS: [Example; 2] = [
    example("See what would be new", "cmr import passwords export.csv --dry-run"),
    example("Take it, and nothing if one line is bad", "cmr import passwords export.csv --strict"),
];

/// `import mail`.
pub static IMPORT_MAIL: [Example; 1] = [example("Who writes to you", "cmr import mail archive.mbox")];

/// `import bank`.
pub static IMPORT_BANK: [Example; 1] =
    [example("Whom you pay, as your bank's statement says", "cmr import bank statement.csv --columns payee=2")];

/// `import directory`.
pub static IMPORT_DIRECTORY: [Example; 1] = [example("Know whom to write to about data", "cmr import directory data")];

/// `import vcard`.
pub static IMPORT_VCARD: [Example; 1] =
    [example("Take the companies of your contacts", "cmr import vcard contacts.vcf")];

/// `vendor list`.
pub static VENDOR_LIST: [Example; 2] = [
    example("Who has an account of yours, whom you pay, who writes to you", "cmr vendor list --by evidence"),
    example("Whose account you have not used for three years", "cmr vendor list --ghosts"),
];

/// `vendor add`.
pub static VENDOR_ADD: [Example; 1] = [example(
    "Add a vendor that runs on this machine, with the token that it gave you",
    "cmr vendor add acme --url http://127.0.0.1:8080 --allow-loopback --token-file token.txt",
)];

/// `vendor set`.
pub static VENDOR_SET: [Example; 2] = [
    example("Keep your customer number, and put the vendor first", "cmr vendor set acme --account A-451 --rank 1"),
    example("Sign with a new key there, once acme took it", "cmr vendor set acme --new-key --yes"),
];

/// `grant create`.
pub static GRANT_CREATE: [Example; 2] = [
    example(
        "Look first: nothing is sent or kept",
        "cmr grant create acme --claims email,address --purpose DeliveryOfGoods --expires 90d --dry-run",
    ),
    example(
        "Lend for 90 days; the vendor may keep it for a year",
        "cmr grant create acme --claims email,address --purpose DeliveryOfGoods --expires 90d --data-life 1y --terms SD-BASE --yes",
    ),
];

/// `move`.
pub static MOVE: [Example; 2] = [
    example(
        "See who would hear of a new address, and how",
        "cmr move 'street_address=3 quai de Saône' postal_code=69002 locality=Lyon --dry-run",
    ),
    example(
        "Change it and tell them",
        "cmr move 'street_address=3 quai de Saône' postal_code=69002 locality=Lyon --yes",
    ),
];

/// `push`.
pub static PUSH: [Example; 1] = [example("Deliver what waits", "cmr push")];

/// `outbox list`.
pub static OUTBOX_LIST: [Example; 1] = [example("What is on its way to acme", "cmr outbox list --vendor acme")];

/// `outbox retry`.
pub static OUTBOX_RETRY: [Example; 1] =
    [example("Let all that waits or is held be sent with the next push", "cmr outbox retry --all")];

/// `inbox list`.
pub static INBOX_LIST: [Example; 2] = [
    example("What needs reading", "cmr inbox list"),
    example("All that acme sent, acknowledgements too", "cmr inbox list --vendor acme --all"),
];

/// `upkeep`.
pub static UPKEEP: [Example; 2] = [
    example("Look at what is due", "cmr upkeep --dry-run"),
    example("Collect, expire, renew by rule and deliver, and say only what needs you", "cmr upkeep --quiet --no-input"),
];

/// `upkeep install`.
pub static UPKEEP_INSTALL: [Example; 2] = [
    example("See the units that systemd would get", "cmr upkeep install --systemd --dry-run"),
    example("Write a line for your crontab", "cmr upkeep install --cron --at 02:15"),
];

/// `vendor knows`.
pub static VENDOR_KNOWS: [Example; 2] = [
    example("What acme knows now", "cmr vendor knows acme"),
    example("What it knew on a day", "cmr vendor knows acme --at 2026-01-31"),
];

/// `who`.
pub static WHO: [Example; 1] = [example("Who has your e-mail address", "cmr who email")];

/// `grant amend`.
pub static GRANT_AMEND: [Example; 1] =
    [example("Take one claim out of a grant", "cmr grant amend acme --drop address --yes")];

/// `grant renew`.
pub static GRANT_RENEW: [Example; 4] = [
    example("Let a grant last 90 more days from now", "cmr grant renew acme --expires 90d --yes"),
    example(
        "Let it be renewed by 90 days at a time, for two years and no longer",
        "cmr grant renew acme --rule 90d --until 2y --yes",
    ),
    example("Renew what ends within a week and has a rule, each night", "cmr grant renew --due 7d --yes"),
    example("Take the rule away", "cmr grant renew acme --no-rule"),
];

/// `grant receipt`.
pub static GRANT_RECEIPT: [Example; 2] = [
    example("What acme answered last, and whether it verifies", "cmr grant receipt acme"),
    example("The same in a file for somebody else to check", "cmr grant receipt acme --output receipt.json"),
];

/// `grant revoke`.
pub static GRANT_REVOKE: [Example; 1] =
    [example("Take a grant back", "cmr grant revoke acme --why 'no longer a customer' --yes")];

/// `search`.
pub static SEARCH: [Example; 2] = [
    example("Everything about acme, the best of each kind first", "cmr search acme"),
    example("The newest entries of the ledger with these words", "cmr search grant email --in ledger --newest"),
];

/// `log`.
pub static LOG: [Example; 2] = [
    example("The last five entries", "cmr log --limit 5"),
    example("Check every entry of the chain", "cmr log verify"),
];

/// All of them, in an order in which they can be typed.
pub fn all() -> Vec<&'static Example> {
    [
        &PROFILE_SET[..],
        &KEY_ADD,
        &KEY_REMOVE,
        &IMPORT_PASSWORDS,
        &IMPORT_VCARD,
        &IMPORT_MAIL,
        &IMPORT_BANK,
        &IMPORT_DIRECTORY,
        &VENDOR_LIST,
        &VENDOR_ADD,
        &GRANT_CREATE,
        &PUSH,
        &OUTBOX_LIST,
        &OUTBOX_RETRY,
        &UPKEEP,
        &UPKEEP_INSTALL,
        &VENDOR_SET,
        &INBOX_LIST,
        &VENDOR_KNOWS,
        &WHO,
        &GRANT_RECEIPT,
        &GRANT_AMEND,
        &GRANT_RENEW,
        &GRANT_REVOKE,
        &SEARCH,
        &LOG,
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The examples as they stand at the end of a help text.
pub fn help(examples: &[Example]) -> String {
    let blocks = examples.iter().map(|example| format!("  {}:\n    {}", example.what, example.line));
    format!("Examples:\n{}", blocks.collect::<Vec<_>>().join("\n"))
}
