//! Vaults to measure on, made through the library and kept between runs.

use std::error::Error;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use age::secrecy::SecretString;
use cmr::profile::{self, Change, DEFAULT_PERSONA, check};
use cmr::vault::key::DataKey;
use cmr::vault::slot::NewSlot;
use cmr::vault::{Manifest, Tx, Vault, replace};
use cmr::vendor::{self, NewVendor};
use cmr::wire::discovery::{Metadata, resource_id};
use cmr::wire::event::Event;
use cmr::wire::jose::{Jwk, SigningKey};
use cmr::{error, ledger};
use url::Url;

const PASSPHRASE: &str = "four borrowed ladders sing";

/// A vault, and what opens it.
pub struct Sample {
    /// Its directory.
    pub dir: PathBuf,
    /// A file with the data key, 64 hexadecimal digits.
    pub key: PathBuf,
    /// A file with the passphrase.
    pub passphrase: PathBuf,
}

/// The vault of so many vendors under `root`; made if it is not there, which costs a scrypt and a while.
pub fn sample(root: &Path, vendors: usize) -> Result<Sample, Box<dyn Error>> {
    let root = root.join(format!("{:016x}-{vendors}", schema()));
    let sample = Sample { dir: root.join("vault"), key: root.join("key"), passphrase: root.join("passphrase") };
    if !Manifest::exists(&sample.dir) {
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root)?;
        let key = DataKey::generate()?;
        replace(&sample.key, &key.to_hex())?;
        replace(&sample.passphrase, PASSPHRASE.as_bytes())?;
        let slots = [NewSlot::Passphrase(&SecretString::from(PASSPHRASE))];
        Vault::create(&sample.dir, &key, &slots, |tx| fill(tx, vendors))?;
    }
    Ok(sample)
}

/// A vault that was made with another schema is not used again.
fn schema() -> u64 {
    let mut hasher = DefaultHasher::new();
    include_str!("../src/vault/schema.sql").hash(&mut hasher);
    hasher.finish()
}

fn fill(tx: &Tx, vendors: usize) -> error::Result<()> {
    ledger::append(tx, "vault-created", "vault", &serde_json::json!({}))?;
    profile::add_persona(tx, DEFAULT_PERSONA)?;
    for (name, value) in [("name", "Ada Lovelace"), ("email", "ada@example.org"), ("phone_number", "+33123456789")] {
        let target = profile::target(name)?;
        let new = Some(check::text(target.claim.kind(), value)?);
        profile::apply(tx, DEFAULT_PERSONA, &[Change { name: target.claim, old: None, new }], "typed")?;
    }
    let key = SigningKey::from_seed(&[7; 32]);
    let jwk = key.public();
    for number in 0..vendors {
        vendor::add(tx, new_vendor(number, &jwk)?)?;
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
        metadata: Metadata::parse(document.to_string().as_bytes(), &resource)?,
        url: resource,
        keys: vec![jwk.clone()],
        allow_loopback: false,
        approved_origins: Vec::new(),
        token: Some(SecretString::from(format!("token-of-vendor-{number:06}-0123456789abcdef"))),
    })
}
