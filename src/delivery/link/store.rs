//! The table of links.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::json;
use url::Url;

use super::device::Pending;
use super::unlink::Report;
use super::{Auth, Client, Link, Summary, Tokens};
use crate::error::{Error, Result};
use crate::ledger;
use crate::vault::{Tx, from_millis, to_millis};
use crate::vendor::Vendor;
use crate::wire::jose::SigningKey;

fn damaged(vendor_id: &str, what: &str) -> Error {
    Error::damaged(format!("it holds a link with the vendor {vendor_id} whose {what} is not readable"))
}

/// The columns of a row by their names.
struct Columns<'a> {
    row: &'a Row<'a>,
    vendor_id: &'a str,
}

impl Columns<'_> {
    fn get<T: rusqlite::types::FromSql>(&self, name: &str) -> Result<T> {
        Ok(self.row.get(name)?)
    }

    fn secret(&self, name: &str) -> Result<Option<SecretString>> {
        Ok(self.get::<Option<String>>(name)?.map(SecretString::from))
    }

    fn time(&self, name: &str) -> Result<Option<Timestamp>> {
        Ok(self.get::<Option<i64>>(name)?.map(from_millis))
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        serde_json::from_str(&self.get::<String>(name)?).map_err(|_| damaged(self.vendor_id, name))
    }

    fn client(&self) -> Result<Client> {
        let uri: Option<String> = self.get("registration_uri")?;
        let uri = uri.map(|uri| Url::parse(&uri)).transpose().map_err(|_| damaged(self.vendor_id, "registration"))?;
        Ok(Client {
            id: self.get("client_id")?,
            secret: self.secret("client_secret")?,
            auth: Auth::from_name(&self.get::<String>("auth")?).ok_or_else(|| damaged(self.vendor_id, "auth"))?,
            registration: uri.zip(self.secret("registration_token")?),
        })
    }

    fn tokens(&self) -> Result<Option<Tokens>> {
        let Some(access) = self.secret("access_token")? else { return Ok(None) };
        Ok(Some(Tokens {
            access,
            refresh: self.secret("refresh_token")?,
            dpop: self.get::<Option<String>>("token_type")?.as_deref() == Some(DPOP),
            expires_at: self.time("expires_at")?,
            scope: self.get("granted_scope")?,
        }))
    }

    fn link(&self) -> Result<Link> {
        let pending: Option<String> = self.get("pending")?;
        let pending = pending.map(|text| serde_json::from_str::<Pending>(&text)).transpose();
        Ok(Link {
            server: self.json("server")?,
            approved_origins: self.json("approved_origins")?,
            resource: self.get("resource")?,
            scope: self.get::<String>("scope")?.split_whitespace().map(str::to_owned).collect(),
            dpop: self.get("dpop")?,
            client: self.client()?,
            client_key: self.get("client_key")?,
            tokens: self.tokens()?,
            refreshed_at: self.time("refreshed_at")?,
            linked_at: self.time("linked_at")?,
            // A code that cannot be read any more is one that nobody can confirm.
            pending: pending.unwrap_or_default(),
        })
    }
}

/// What `token_type` says of a token that is bound to a key.
const DPOP: &str = "DPoP";

fn read<T>(connection: &Connection, vendor_id: &str, of: impl FnOnce(Columns) -> Result<T>) -> Result<Option<T>> {
    let mut statement = connection.prepare_cached("SELECT * FROM link WHERE vendor_id = ?1")?;
    let mut rows = statement.query([vendor_id])?;
    rows.next()?.map(|row| of(Columns { row, vendor_id })).transpose()
}

/// The link with a vendor, from the registration of its client on.
///
/// # Errors
/// Kind damaged for one that is not readable.
pub fn find(connection: &Connection, vendor_id: &str) -> Result<Option<Link>> {
    read(connection, vendor_id, |columns| columns.link())
}

/// What of a link may be shown.
///
/// # Errors
/// As [`find`].
pub fn summary(connection: &Connection, vendor_id: &str) -> Result<Option<Summary>> {
    Ok(find(connection, vendor_id)?.as_ref().map(Summary::of))
}

/// The tokens of a linked account, and the thumbprint of the key that they may be bound to.
pub(super) fn tokens(connection: &Connection, vendor_id: &str) -> Result<Option<(Tokens, String)>> {
    let found = read(connection, vendor_id, |columns| Ok(columns.tokens()?.zip(columns.get("client_key").ok())))?;
    Ok(found.flatten())
}

/// Whether an account at the vendor is linked.
///
/// # Errors
/// The database's.
pub fn is_linked(connection: &Connection, vendor_id: &str) -> Result<bool> {
    let sql = "SELECT 1 FROM link WHERE vendor_id = ?1 AND access_token IS NOT NULL";
    Ok(connection.prepare_cached(sql)?.exists([vendor_id])?)
}

/// The names of the vendors with a linked account.
///
/// # Errors
/// The database's.
pub fn names(connection: &Connection) -> Result<Vec<String>> {
    let sql = "SELECT name FROM link JOIN vendor ON id = vendor_id WHERE access_token IS NOT NULL ORDER BY name";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}

/// A key of a relationship by its thumbprint, one that no longer signs too: the client may have it still.
///
/// # Errors
/// Kind damaged if there is none.
pub fn key_of(connection: &Connection, vendor_id: &str, thumbprint: &str) -> Result<SigningKey> {
    let seed: Option<[u8; 32]> = connection
        .prepare_cached("SELECT seed FROM signing_key WHERE vendor_id = ?1 AND thumbprint = ?2")?
        .query_row((vendor_id, thumbprint), |row| row.get(0))
        .optional()?;
    let seed = zeroize::Zeroizing::new(seed.ok_or_else(|| damaged(vendor_id, "key"))?);
    Ok(SigningKey::from_seed(&seed))
}

/// Keeps who we are at an authorization server, and what it published; tokens that are there stay.
///
/// # Errors
/// The database's.
pub fn keep_client(tx: &Tx, vendor: &Vendor, link: &Link) -> Result<()> {
    let client = &link.client;
    tx.execute(
        "INSERT INTO link (vendor_id, server, approved_origins, resource, scope, dpop, client_id, client_secret, auth,
                           client_key, registration_uri, registration_token)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (vendor_id) DO UPDATE SET server = excluded.server, approved_origins = excluded.approved_origins,
             resource = excluded.resource, scope = excluded.scope, dpop = excluded.dpop,
             client_id = excluded.client_id, client_secret = excluded.client_secret, auth = excluded.auth,
             client_key = excluded.client_key, registration_uri = excluded.registration_uri,
             registration_token = excluded.registration_token, pending = NULL",
        params![
            vendor.id,
            json!(link.server).to_string(),
            json!(link.approved_origins).to_string(),
            link.resource,
            link.scope.join(" "),
            link.dpop,
            client.id,
            client.secret.as_ref().map(ExposeSecret::expose_secret),
            client.auth.name(),
            link.client_key,
            client.registration.as_ref().map(|(uri, _)| uri.as_str()),
            client.registration.as_ref().map(|(_, token)| token.expose_secret()),
        ],
    )?;
    let body = json!({"vendor": vendor.id, "issuer": link.server.issuer, "client": client.id,
                      "registered": client.registration.is_some(), "key": link.client_key});
    ledger::append(tx, "link-begun", &vendor.name, &body)
}

/// Keeps a code that the user may confirm, or forgets it.
///
/// # Errors
/// The database's.
pub fn keep_pending(tx: &Tx, vendor: &Vendor, pending: Option<&Pending>) -> Result<()> {
    let text = pending.map(|pending| json!(pending).to_string());
    tx.execute("UPDATE link SET pending = ?2 WHERE vendor_id = ?1", (&vendor.id, text))?;
    Ok(())
}

fn set_tokens(tx: &Tx, vendor: &Vendor, tokens: &Tokens, only_after: Option<&str>) -> Result<bool> {
    let changed = tx.execute(
        "UPDATE link SET access_token = ?2, refresh_token = ?3, token_type = ?4, expires_at = ?5, granted_scope = ?6
         WHERE vendor_id = ?1 AND (?7 IS NULL OR access_token = ?7)",
        params![
            vendor.id,
            tokens.access.expose_secret(),
            tokens.refresh.as_ref().map(ExposeSecret::expose_secret),
            if tokens.dpop { DPOP } else { "Bearer" },
            tokens.expires_at.map(to_millis),
            tokens.scope,
            only_after,
        ],
    )?;
    Ok(changed > 0)
}

/// Keeps the tokens of an account that the user just linked, in this way.
///
/// # Errors
/// The database's.
pub fn keep_linked(tx: &Tx, vendor: &Vendor, tokens: &Tokens, how: &str) -> Result<()> {
    set_tokens(tx, vendor, tokens, None)?;
    let now = tx.now_millis();
    tx.execute("UPDATE link SET linked_at = ?2, pending = NULL WHERE vendor_id = ?1", (&vendor.id, now))?;
    let Some(link) = find(tx, &vendor.id)? else { return Err(damaged(&vendor.id, "client")) };
    let body = json!({"vendor": vendor.id, "issuer": link.server.issuer, "client": link.client.id, "how": how,
                      "scope": tokens.scope, "bound_to_key": tokens.dpop.then_some(link.client_key)});
    ledger::append(tx, "vendor-linked", &vendor.name, &body)
}

/// Keeps refreshed tokens in place of those that they were got with. False if those are no longer the vault's: somebody
/// linked or unlinked the account meanwhile, and these count for nothing.
///
/// # Errors
/// The database's.
pub fn keep_tokens(tx: &Tx, vendor: &Vendor, old: &Tokens, new: &Tokens) -> Result<bool> {
    if !set_tokens(tx, vendor, new, Some(old.access.expose_secret()))? {
        return Ok(false);
    }
    tx.execute("UPDATE link SET refreshed_at = ?2 WHERE vendor_id = ?1", (&vendor.id, tx.now_millis()))?;
    let body = json!({"vendor": vendor.id, "expires": new.expires_at});
    ledger::append(tx, "token-refreshed", &vendor.name, &body)?;
    Ok(true)
}

/// Keeps that the client's registration has another key of the relationship now. A token that is bound to the old one is
/// good for nothing any more, and refreshed before it is used.
///
/// # Errors
/// The database's.
pub fn keep_new_key(tx: &Tx, vendor: &Vendor, client: &Client, key: &str) -> Result<()> {
    tx.execute(
        "UPDATE link SET client_key = ?2, registration_uri = ?3, registration_token = ?4,
                         expires_at = CASE token_type WHEN 'DPoP' THEN 0 ELSE expires_at END
         WHERE vendor_id = ?1",
        params![
            vendor.id,
            key,
            client.registration.as_ref().map(|(uri, _)| uri.as_str()),
            client.registration.as_ref().map(|(_, token)| token.expose_secret()),
        ],
    )?;
    ledger::append(tx, "registration-changed", &vendor.name, &json!({"vendor": vendor.id, "new_key": key}))
}

/// Forgets a link. What remains of it at the vendor stands in the ledger, without the vendor's words.
///
/// # Errors
/// The database's.
pub fn forget(tx: &Tx, vendor: &Vendor, link: &Link, report: &Report) -> Result<()> {
    tx.execute("DELETE FROM link WHERE vendor_id = ?1", [&vendor.id])?;
    let remains: Vec<&str> = report.remains.iter().map(|one| one.what).collect();
    let body = json!({"vendor": vendor.id, "issuer": link.server.issuer, "client": link.client.id,
                      "taken_back": report.taken_back, "remains": remains});
    ledger::append(tx, "vendor-unlinked", &vendor.name, &body)
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
