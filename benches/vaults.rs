//! Vaults to measure on, made through the library and kept between runs. `benches/generate.rs` makes them by hand.

use std::error::Error;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use cmr::profile::{self, Change, DEFAULT_PERSONA, check};
use cmr::vault::key::DataKey;
use cmr::vault::slot::{NewSlot, new_recovery};
use cmr::vault::{Manifest, Tx, Vault, replace};
use cmr::vendor::{self, NewVendor};
use cmr::wire::discovery::{Metadata, resource_id};
use cmr::wire::event::Event;
use cmr::wire::jose::{Jwk, SigningKey};
use cmr::{error, ledger};
use url::Url;

#[path = "vaults/history.rs"]
mod history;

const PASSPHRASE: &str = "four borrowed ladders sing";

/// Vendors in one transaction, and entries of the ledger.
const BATCH: usize = 20_000;

/// How large a vault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// How many vendors.
    pub vendors: usize,
    /// How many ledger entries; none for no more than the vendors leave there by themselves.
    pub ledger: Option<usize>,
}

impl Size {
    /// So many vendors, and what they leave in the ledger.
    #[allow(dead_code, reason = "one of two programs uses it")]
    pub fn vendors(vendors: usize) -> Self {
        Self { vendors, ledger: None }
    }
}

/// A vault, and what opens it.
pub struct Sample {
    /// Its directory.
    pub dir: PathBuf,
    /// A file with the data key, 64 hexadecimal digits.
    pub key: PathBuf,
    /// A file with the passphrase.
    pub passphrase: PathBuf,
    /// A file with the recovery key.
    pub identity: PathBuf,
}

impl Sample {
    /// What lies where under a directory.
    pub fn at(root: &Path) -> Self {
        let [dir, key, passphrase, identity] =
            ["vault", "key", "passphrase", "recovery.txt"].map(|name| root.join(name));
        Self { dir, key, passphrase, identity }
    }
}

/// The vault of this size under `root`; made if it is not there, which costs a scrypt and a while.
#[allow(dead_code, reason = "one of two programs uses it")]
pub fn sample(root: &Path, size: Size) -> Result<Sample, Box<dyn Error>> {
    let ledger = size.ledger.map(|entries| format!("-{entries}")).unwrap_or_default();
    let root = root.join(format!("{:016x}-{}{ledger}", recipe(), size.vendors));
    let sample = Sample::at(&root);
    if !Manifest::exists(&sample.dir) {
        let _ = fs::remove_dir_all(&root);
        generate(&root, size)?;
    }
    Ok(sample)
}

/// A vault that was made with another schema, or in another way, is not used again.
#[allow(dead_code, reason = "one of two programs uses it")]
fn recipe() -> u64 {
    let mut hasher = DefaultHasher::new();
    let parts = [
        include_str!("../src/vault/schema.sql"),
        include_str!("../src/vault/schema-2.sql"),
        include_str!("../src/vault/schema-3.sql"),
        include_str!("../src/vault/schema-4.sql"),
        include_str!("../src/vault/schema-5.sql"),
        include_str!("vaults.rs"),
        include_str!("vaults/history.rs"),
    ];
    parts.hash(&mut hasher);
    hasher.finish()
}

/// Makes a vault of this size, and the files that open it, in a new directory.
pub fn generate(root: &Path, size: Size) -> Result<Sample, Box<dyn Error>> {
    fs::create_dir_all(root)?;
    let sample = Sample::at(root);
    let (key, (identity, recovery)) = (DataKey::generate()?, new_recovery());
    let passphrase = SecretString::from(PASSPHRASE);
    let slots = [NewSlot::Passphrase(&passphrase), NewSlot::Recovery(&identity)];
    let mut vault = Vault::create(&sample.dir, &key, &slots, profile)?;
    replace(&sample.key, &key.to_hex())?;
    replace(&sample.passphrase, PASSPHRASE.as_bytes())?;
    replace(&sample.identity, format!("{}\n", *recovery).as_bytes())?;

    let jwk = SigningKey::from_seed(&[7; 32]).public();
    for numbers in batches(0, size.vendors) {
        vault.write(|tx| {
            for number in numbers {
                vendor::add(tx, new_vendor(number, &jwk)?)?;
            }
            Ok(())
        })?;
    }
    if let Some(entries) = size.ledger {
        history::fill(&mut vault, entries)?;
    }
    Ok(sample)
}

/// The numbers from one up to another, in ranges that one transaction takes.
fn batches(from: usize, to: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (from..to).step_by(BATCH).map(move |start| start..to.min(start + BATCH))
}

fn profile(tx: &Tx) -> error::Result<()> {
    ledger::append(tx, "vault-created", "vault", &serde_json::json!({}))?;
    profile::add_persona(tx, DEFAULT_PERSONA)?;
    for (name, value) in [("name", "Ada Lovelace"), ("email", "ada@example.org"), ("phone_number", "+33123456789")] {
        let target = profile::target(name)?;
        let new = Some(check::text(target.claim.kind(), value)?);
        profile::apply(tx, DEFAULT_PERSONA, &[Change { name: target.claim, old: None, new }], "typed")?;
    }
    Ok(())
}

fn new_vendor(number: usize, jwk: &Jwk) -> error::Result<NewVendor> {
    let host = format!("https://vendor-{number:06}.example");
    let resource = Url::parse(&host).map_err(|e| error::Error::bad_input(e.to_string()))?;
    let document = serde_json::json!({
        "resource": resource_id(&resource),
        "resource_name": format!("Vendor {number}, a company"),
        "jwks_uri": format!("{host}/.well-known/jwks.json"),
        "authorization_servers": [host],
        "bearer_methods_supported": ["header"],
        "resource_policy_uri": format!("{host}/privacy"),
        "cmr": {
            "version": 1,
            "push_endpoint": format!("{host}/cmr/events"),
            "poll_endpoint": format!("{host}/cmr/poll"),
            "events_supported": Event::ALL.map(Event::uri),
            "claims_supported": ["name", "email", "phone_number", "address"],
            "terms_supported": ["SD-BASE"],
        },
    });
    Ok(NewVendor {
        name: format!("vendor-{number:06}"),
        metadata: Some(Metadata::parse(document.to_string().as_bytes(), &resource)?),
        channels: Vec::new(),
        url: resource,
        keys: vec![jwk.clone()],
        allow_loopback: false,
        approved_origins: Vec::new(),
        token: Some(SecretString::from(format!("token-of-vendor-{number:06}-0123456789abcdef"))),
    })
}
