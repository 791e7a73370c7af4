//! Vaults with messages that wait, and the two ways to send them: `cmr`'s own, and its client loop without a database.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use cmr::delivery::exchange::{self, AT_ONCE};
use cmr::delivery::http::{self, Http, MAX_ERROR_BODY, Method, Request};
use cmr::delivery::lend::{self, NewGrant};
use cmr::delivery::talk::{self, Plan, Send};
use cmr::grant::model::Mode;
use cmr::grant::{self, LentClaim, Purpose, Scope, Step};
use cmr::profile::{self, Change, DEFAULT_PERSONA, check};
use cmr::vault::key::DataKey;
use cmr::vault::slot::{NewSlot, new_recovery};
use cmr::vault::{Manifest, Tx, Vault, replace};
use cmr::vendor::{self, NewVendor, Vendor};
use cmr::wire::jose::SigningKey;
use cmr::wire::transport::SET_CONTENT_TYPE;
use cmr::{delivery, error, ledger};
use jiff::ToSpan;
use secrecy::SecretString;
use url::Url;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// Messages in one transaction while they are made.
const BATCH: usize = 1000;

/// So many messages to so many vendors.
#[derive(Clone, Copy)]
pub struct Bag {
    pub vendors: usize,
    pub messages: usize,
    /// Vendors that never answer, spread among the others.
    pub dead: usize,
}

impl Bag {
    /// Makes a vault in which they wait, signed.
    pub fn make(&self, root: &Path, url: &str, dead_url: Option<&str>) -> Result<PathBuf> {
        let _ = fs::remove_dir_all(root);
        fs::create_dir_all(root)?;
        let key = DataKey::generate()?;
        let (identity, _) = new_recovery();
        let mut vault = Vault::create(&root.join("vault"), &key, &[NewSlot::Recovery(&identity)], profile)?;
        replace(&root.join("key"), &key.to_hex())?;
        let vendors: Vec<Vendor> =
            vault.write(|tx| (0..self.vendors).map(|i| self.vendor(tx, i, url, dead_url)).collect())?;
        let mut made = 0;
        while made < self.messages {
            let end = self.messages.min(made + BATCH);
            vault.write(|tx| (made..end).try_for_each(|i| message(tx, &vendors[i % self.vendors])))?;
            made = end;
        }
        Ok(root.to_owned())
    }

    fn vendor(&self, tx: &Tx, number: usize, url: &str, dead_url: Option<&str>) -> error::Result<Vendor> {
        let is_dead = self.dead > 0 && number.is_multiple_of(self.vendors / self.dead);
        let host = if is_dead { dead_url.unwrap_or(url) } else { url };
        let url = Url::parse(&format!("{host}/v{number}")).map_err(|e| error::Error::bad_input(e.to_string()))?;
        let document = serde_json::json!({
            "resource": url, "jwks_uri": format!("{url}/jwks"),
            "cmr": {"version": 1, "push_endpoint": format!("{url}/set"), "poll_endpoint": format!("{url}/poll")},
        });
        let metadata = serde_json::from_value(document).map_err(|e| error::Error::bad_input(e.to_string()))?;
        let new = NewVendor {
            name: format!("vendor-{number:06}"),
            url,
            metadata: Some(metadata),
            channels: Vec::new(),
            keys: vec![SigningKey::from_seed(&[7; 32]).public()],
            allow_loopback: true,
            approved_origins: Vec::new(),
            token: Some(SecretString::from(format!("token-{number}"))),
        };
        let vendor = vendor::add(tx, new)?;
        vendor::mark_introduced(tx, &vendor.id)?;
        Ok(vendor)
    }
}

pub fn profile(tx: &Tx) -> error::Result<()> {
    ledger::append(tx, "vault-created", "vault", &serde_json::json!({}))?;
    profile::add_persona(tx, DEFAULT_PERSONA)?;
    let target = profile::target("email")?;
    let new = Some(check::text(target.claim.kind(), "ada@example.org")?);
    profile::apply(tx, DEFAULT_PERSONA, &[Change { name: target.claim, old: None, new }], "typed").map(|_| ())
}

/// A grant of its own, so that no message overtakes another.
pub fn message(tx: &Tx, vendor: &Vendor) -> error::Result<()> {
    let scope = Scope {
        claims: vec![LentClaim { claim: "email".parse()?, why: None, optional: false }],
        purposes: vec![Purpose { term: "DeliveryOfGoods".into(), words: None }],
        lawful_basis: "Consent".into(),
        mode: Mode::Once,
        data_life: "P1Y".into(),
        recipients: Vec::new(),
        terms: None,
    };
    let new = NewGrant { vendor, persona: DEFAULT_PERSONA, scope, expires_at: tx.now() + 2400.hours() };
    let mut grant = lend::draft(tx, new)?;
    lend::offer(tx, vendor, &mut grant)?;
    // As it is when a change follows: the vendor has the grant already.
    grant::take_step(tx, &grant.id, Step::Delivered)
}

/// Does one part on a vault, and prints its seconds and the peak memory of this process in MB.
pub fn part(name: &str, root: &Path) -> Result<()> {
    let key = DataKey::from_hex(&fs::read(root.join("key"))?)?;
    let dir = root.join("vault");
    let mut vault = Vault::open(&dir, Manifest::read(&dir)?, &key)?;
    let http = Http::new(super::PATIENCE)?;
    let seconds = match name {
        "push" => push(&mut vault, http)?,
        _ => bare(&vault, http)?,
    };
    println!("{seconds} {}", peak()?);
    Ok(())
}

fn push(vault: &mut Vault, http: Http) -> Result<f64> {
    let _turn = talk::turn(vault, || {})?;
    let start = Instant::now();
    talk::talk(vault, http, &Plan { send: Send::All, ..Plan::default() }, |_| {})?;
    let seconds = start.elapsed().as_secs_f64();
    let left = delivery::counts(vault.connection())?;
    match left.held + left.failed {
        0 => Ok(seconds),
        _ => Err(format!("not all was delivered: {left:?}").into()),
    }
}

/// The same client, the same loop, the same bytes, from memory and to nowhere.
fn bare(vault: &Vault, http: Http) -> Result<f64> {
    let mut bags: BTreeMap<String, (Url, Option<SecretString>, Vec<String>)> = BTreeMap::new();
    for message in delivery::list(vault.connection(), false)?.into_iter().rev() {
        if !bags.contains_key(&message.vendor_id) {
            let vendor = vendor::get(vault.connection(), &message.vendor_id)?;
            let token = vendor::relationship(vault.connection(), &vendor.id)?.token;
            let document = vendor.metadata.ok_or("a vendor has no document")?;
            let url = Url::parse(&document.cmr.push_endpoint)?;
            bags.insert(message.vendor_id.clone(), (url, token, Vec::new()));
        }
        if let Some(bag) = bags.get_mut(&message.vendor_id) {
            bag.2.push(message.jws);
        }
    }
    let start = Instant::now();
    http::run(exchange::all(bags.into_values(), AT_ONCE, async move |(url, token, messages), mut seat| {
        let http = http.apart();
        for body in messages {
            let token = token.as_ref().map(http::bearer).transpose()?;
            let request = Request::new(Method::POST, url.clone(), MAX_ERROR_BODY)
                .with_body(SET_CONTENT_TYPE, body)
                .authorized(token);
            let reply = seat.wait(http.send(request, true)).await.map_err(error::Error::from)?;
            if reply.status != 202 {
                return Err(error::Error::failed(format!("the sink answered {}", reply.status)));
            }
        }
        Ok(())
    }))??;
    Ok(start.elapsed().as_secs_f64())
}

fn peak() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).ok_or("no peak")?;
    let kilobytes: f64 = line.split_whitespace().nth(1).ok_or("no peak")?.parse()?;
    Ok(kilobytes * 1024.0 / 1e6)
}

/// A certificate for this machine, and its key, as files.
pub fn certificate(work: &Path) -> Result<(PathBuf, PathBuf)> {
    let made = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()])?;
    let (certificate, key) = (work.join("certificate.pem"), work.join("key.pem"));
    fs::write(&certificate, made.cert.pem())?;
    fs::write(&key, made.signing_key.serialize_pem())?;
    Ok((certificate, key))
}

/// Builds an example of the package, exactly as `cmr` is built.
pub fn example(name: &str) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build.args(["build", "--release", "--quiet", "--example", name]);
    // What cargo tells a bench about its package makes build scripts run again, and all that uses them.
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("CARGO_PKG_")) {
        build.env_remove(variable);
    }
    match build.env_remove("CARGO_MANIFEST_DIR").current_dir(env!("CARGO_MANIFEST_DIR")).status()?.success() {
        true => Ok(Path::new(env!("CARGO_BIN_EXE_cmr")).with_file_name("examples").join(name)),
        false => Err(format!("{name} does not build").into()),
    }
}
