//! The tables of e-mail: the user's account, texts as they were edited, and what vendors wrote.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::answer::Received;
use super::{Account, Tls};
use crate::delivery::channel::Text;
use crate::delivery::message::Message;
use crate::error::Result;
use crate::ledger;
use crate::vault::{Tx, from_millis, to_millis};

/// The user's mail account, if there is one.
///
/// # Errors
/// The database's.
pub fn account(connection: &Connection) -> Result<Option<Account>> {
    let sql = "SELECT sender, name, host, port, tls, user, password FROM mail_account";
    let account = |row: &Row| {
        Ok(Account {
            from: row.get(0)?,
            name: row.get(1)?,
            host: row.get(2)?,
            port: row.get(3)?,
            // What is not known is the strictest.
            tls: Tls::from_name(&row.get::<_, String>(4)?).unwrap_or(Tls::Implicit),
            user: row.get(5)?,
            password: row.get::<_, Option<String>>(6)?.map(SecretString::from),
        })
    };
    Ok(connection.prepare_cached(sql)?.query_row([], account).optional()?)
}

/// Keeps the user's mail account, in place of another.
///
/// # Errors
/// The database's.
pub fn put_account(tx: &Tx, account: &Account) -> Result<()> {
    tx.execute(
        "INSERT OR REPLACE INTO mail_account (id, sender, name, host, port, tls, user, password)
         VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            account.from,
            account.name,
            account.host,
            account.port,
            account.tls.name(),
            account.user,
            account.password.as_ref().map(ExposeSecret::expose_secret)
        ],
    )?;
    let body = json!({"from": account.from, "server": account.server(), "tls": account.tls.name(),
                      "logs_in": account.user.is_some()});
    ledger::append(tx, "mail-account-set", "mail account", &body)
}

/// Forgets the user's mail account. Returns false if there was none.
///
/// # Errors
/// The database's.
pub fn remove_account(tx: &Tx) -> Result<bool> {
    let gone = tx.execute("DELETE FROM mail_account", [])?;
    if gone > 0 {
        ledger::append(tx, "mail-account-removed", "mail account", &json!({}))?;
    }
    Ok(gone > 0)
}

/// The text of a message as the user edited it, or as it first left.
///
/// # Errors
/// The database's.
pub fn kept_text(connection: &Connection, message_id: &str) -> Result<Option<Text>> {
    let sql = "SELECT subject, body FROM message_text WHERE message_id = ?1";
    let text = |row: &Row| Ok(Text { subject: row.get(0)?, body: row.get(1)? });
    Ok(connection.prepare_cached(sql)?.query_row([message_id], text).optional()?)
}

/// Keeps the text of a message as the user edited it. The ledger holds that it was edited, and not how.
///
/// # Errors
/// The database's.
pub fn put_edited(tx: &Tx, message: &Message, text: &Text) -> Result<()> {
    tx.execute(
        "INSERT OR REPLACE INTO message_text (message_id, subject, body, edited) VALUES (?1, ?2, ?3, 1)",
        (&message.id, &text.subject, &text.body),
    )?;
    ledger::append(tx, "message-edited", &message.id, &json!({"vendor": message.vendor_id}))
}

/// Keeps the text of a message as it leaves, unless one is kept.
pub(in crate::delivery) fn keep_text(tx: &Tx, message_id: &str, text: &Text) -> Result<()> {
    let sql = "INSERT OR IGNORE INTO message_text (message_id, subject, body, edited) VALUES (?1, ?2, ?3, 0)";
    tx.prepare_cached(sql)?.execute((message_id, &text.subject, &text.body))?;
    Ok(())
}

/// Forgets the text of a message that did not leave after all, unless the user edited it: it is written anew.
pub(in crate::delivery) fn forget_text(tx: &Tx, message_id: &str) -> Result<()> {
    tx.prepare_cached("DELETE FROM message_text WHERE message_id = ?1 AND NOT edited")?.execute([message_id])?;
    Ok(())
}

/// Whether the text of a message is the user's own.
pub(in crate::delivery) fn is_edited(connection: &Connection, message_id: &str) -> Result<bool> {
    let sql = "SELECT EXISTS (SELECT 1 FROM message_text WHERE message_id = ?1 AND edited)";
    Ok(connection.query_row(sql, [message_id], |row| row.get(0))?)
}

/// Lets a message that was signed again have the text that it had.
///
/// # Errors
/// The database's.
pub fn take_edited_over(tx: &Tx, old: &str, new: &str) -> Result<()> {
    tx.execute("UPDATE message_text SET message_id = ?2 WHERE message_id = ?1", (old, new))?;
    Ok(())
}

/// What an e-mail of a vendor says, by the message that it is kept as.
///
/// # Errors
/// The database's.
pub fn received(connection: &Connection, message_id: &str) -> Result<Option<Received>> {
    let sql = "SELECT sender, subject, text, sent_at, confirms FROM mail_in WHERE message_id = ?1";
    let read = |row: &Row| {
        Ok(Received {
            sender: row.get(0)?,
            subject: row.get(1)?,
            text: row.get(2)?,
            sent_at: row.get::<_, Option<i64>>(3)?.map(from_millis),
            confirms: row.get(4)?,
        })
    };
    Ok(connection.prepare_cached(sql)?.query_row([message_id], read).optional()?)
}

/// Keeps an e-mail of a vendor, as it came.
pub(super) fn put_received(tx: &Tx, message_id: &str, raw: &[u8], read: &Received) -> Result<()> {
    tx.execute(
        "INSERT INTO mail_in (message_id, raw, sender, subject, text, sent_at, confirms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![message_id, raw, read.sender, read.subject, read.text, read.sent_at.map(to_millis), read.confirms],
    )?;
    Ok(())
}

/// Puts an e-mail to the message of ours that it answers.
pub(super) fn set_answers(tx: &Tx, message_id: &str, ours: &Message) -> Result<()> {
    let sql = "UPDATE message SET answers = ?2, grant_id = ?3, version = ?4 WHERE id = ?1";
    tx.execute(sql, params![message_id, ours.id, ours.grant_id, ours.version])?;
    Ok(())
}

/// Notes that the user reads an e-mail as a confirmation.
pub(super) fn mark_confirming(tx: &Tx, message_id: &str) -> Result<()> {
    tx.execute("UPDATE mail_in SET confirms = 1 WHERE message_id = ?1", [message_id])?;
    Ok(())
}

/// The ids of vendors that messages go to by e-mail, each with its address there.
pub(super) fn addresses(connection: &Connection) -> Result<Vec<(String, String)>> {
    let sql = "SELECT vendor_id, json_extract(settings, '$.to') FROM channel WHERE kind = 'mail'
               AND json_extract(settings, '$.to') IS NOT NULL";
    let mut statement = connection.prepare(sql)?;
    Ok(statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
}

/// The message under which a vendor's e-mail is kept already, by its id.
pub(super) fn kept_as(connection: &Connection, vendor_id: &str, jti: &str) -> Result<Option<String>> {
    let sql = "SELECT id FROM message WHERE vendor_id = ?1 AND direction = 'in' AND jti = ?2";
    Ok(connection.query_row(sql, [vendor_id, jti], |row| row.get(0)).optional()?)
}

/// Sets when the user brought a message: it may have been with the vendor since then.
pub(in crate::delivery) fn set_brought(tx: &Tx, message_id: &str, on: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE delivery SET delivered_at = ?2, attempted_at = min(coalesce(attempted_at, ?2), ?2) WHERE message_id = ?1",
        (message_id, to_millis(on)),
    )?;
    Ok(())
}
