//! `cmr outbox edit`, `write` and `delivered`: messages that go as a text.

use std::path::Path;

use jiff::Zoned;
use jiff::civil::Date;

use super::super::output::mail::Written;
use super::super::output::message::MessageView;
use super::super::session::Session;
use super::super::{Outcome, Result, new_file};
use super::editor;
use crate::delivery::by_hand::{self, TextWay, Texted};
use crate::delivery::channel::Text;
use crate::delivery::{self, Message, mail};
use crate::error::Error;
use crate::text::short;
use crate::vault::Vault;
use crate::vendor;

/// Lets the user edit a text.
pub(super) fn edit(session: &Session, vault: &mut Vault, typed: &str) -> Result<Message> {
    let message = delivery::find(vault.connection(), typed)?;
    by_hand::check_editable(&message)?;
    let texted = by_hand::require_text(vault.connection(), &message)?;
    let before = texted.text();
    let edited = editor::edit(&format!("{}\n\n{}\n", before.subject, before.body), "message.txt")?;
    let text = read(&edited);
    if text != before {
        vault.write(|tx| by_hand::edit(tx, &message, &text))?;
        session.printer().remark("The text is kept as you edited it. What you lend is still what the grant says.");
    }
    delivery::find(vault.connection(), &message.id)
}

/// A subject on the first line; the rest is what it says.
fn read(edited: &str) -> Text {
    let (subject, body) = edited.split_once('\n').unwrap_or((edited, ""));
    let body: Vec<String> = body.lines().map(|line| crate::text::printable(line).trim_end().to_owned()).collect();
    Text {
        subject: crate::text::printable(subject).trim().to_owned(),
        body: body.join("\n").trim_matches('\n').to_owned(),
    }
}

/// A vendor that cannot tell whose a text is can do nothing with it.
pub(super) fn warn_nameless(session: &Session, texted: &Texted) {
    if !texted.says_who() {
        let vendor = &texted.parcel.vendor.name;
        session.printer().warn(&format!(
            "the text has neither your name nor a customer number: {vendor} may not know whose it is. Keep the number \
             (cmr vendor set {vendor} --account NUMBER), lend your name too, or say who you are (cmr outbox edit {})",
            short(&texted.parcel.message.id)
        ));
    }
}

/// Writes a message for the user to bring.
pub(super) fn write(session: &Session, mut vault: Vault, typed: &str, output: Option<&Path>) -> Result<Outcome> {
    let message = delivery::find(vault.connection(), typed)?;
    let texted = by_hand::require_text(vault.connection(), &message)?;
    warn_nameless(session, &texted);
    let mailto = match output {
        Some(path) => {
            new_file::write(path, content(&texted, path)?)?;
            None
        }
        None => Some(mailto(&texted)?),
    };
    vault.write(|tx| by_hand::handed_out(tx, &texted))?;
    let message = delivery::find(vault.connection(), &message.id)?;
    let vendor = vendor::name_of(vault.connection(), &message.vendor_id)?.unwrap_or_default();
    session.printer().show(&Written {
        message: MessageView::of(&message, &vendor, None),
        file: output.map(|path| path.display().to_string()),
        mailto,
    })?;
    if message.delivered_at.is_none() {
        session.printer().remark(&format!("Once it is on its way: cmr outbox delivered {}", short(&message.id)));
    }
    Ok(Outcome::Done)
}

fn content(texted: &Texted, path: &Path) -> Result<Vec<u8>> {
    let wants = |what: &str, hint: &str| Err(Error::usage(format!("{}: {what}", path.display())).hint(hint));
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_lowercase();
    match (&texted.way, ending.as_str()) {
        (TextWay::Mail(way), "eml") => mail::eml(&way.envelope(&texted.parcel)?, &texted.text(), true),
        (TextWay::Letter(way), "pdf") => way.pdf(&texted.parcel, texted.parcel.message.created_at),
        (TextWay::Mail(_), _) => wants("this message goes by e-mail", "name a file that ends in .eml"),
        (TextWay::Letter(_), _) => wants("this message goes by letter", "name a file that ends in .pdf"),
    }
}

fn mailto(texted: &Texted) -> Result<String> {
    match &texted.way {
        TextWay::Mail(way) => mail::mailto(way.to(), &texted.text()),
        TextWay::Letter(_) => Err(Error::usage("this message goes by letter").hint("print it: --output letter.pdf")),
    }
}

/// Notes the user's word that they brought a message.
pub(super) fn delivered(vault: &mut Vault, typed: &str, on: Option<Date>) -> Result<Message> {
    let message = delivery::find(vault.connection(), typed)?;
    let today = Zoned::now().date();
    let on = on.filter(|day| *day != today).map(by_hand::end_of).transpose()?;
    vault.write(|tx| by_hand::delivered(tx, &message, on.unwrap_or(tx.now())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_a_subject_and_what_it_says() {
        let text = read("About \u{1b}[2Jme\r\n\nDear all,\n    one\t\n\nAda\n\n");
        assert_eq!((text.subject.as_str(), text.body.as_str()), ("About [2Jme", "Dear all,\n    one\n\nAda"));
        assert_eq!(read("only").body, "");
    }
}
