//! The only code that prints: results on standard output, as text or as one JSON document; remarks and errors on
//! standard error.

use std::io::{self, IsTerminal, Write};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json;

use super::args::When;
use crate::error::{Error, Result};

pub mod channel;
pub mod completion;
pub mod connector;
pub mod demo;
pub mod evidence;
pub mod grant;
pub mod import;
pub mod imports;
pub mod inbox;
pub mod key;
pub mod ledger;
pub mod lending;
pub mod link;
mod logger;
pub mod mail;
pub mod message;
pub mod profile;
mod progress;
pub mod receipt;
pub mod receiver;
pub mod relocation;
pub mod renewal;
pub mod schema;
pub mod search;
pub mod task;
pub mod text;
pub mod upkeep;
pub mod vault;
pub mod vendor;
pub mod vendor_key;
pub mod verify;

pub use logger::start_logging;
pub use progress::Progress;
use text::Text;

/// Something that a command answers: a versioned JSON document, and the same for people.
pub trait View: Serialize + JsonSchema {
    /// `cmr/` and the name of the document and its version: a change that could break a reader counts up.
    const SCHEMA: &'static str;

    /// The same for people.
    fn text(&self, out: &mut Text);
}

/// Where results and remarks go.
pub struct Printer {
    json: bool,
    quiet: bool,
    silent: bool,
}

impl Printer {
    /// A printer, with colours as asked for.
    pub fn new(json: bool, quiet: bool, color: When) -> Self {
        let choice = match color {
            When::Auto => anstream::ColorChoice::Auto,
            When::Always => anstream::ColorChoice::Always,
            When::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
        Self { json, quiet, silent: false }
    }

    /// Prints nothing any more, but errors.
    pub fn silence(&mut self) {
        self.silent = true;
        self.quiet = true;
    }

    /// Whether results are JSON.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints a command's result.
    ///
    /// # Errors
    /// Kind failed if it cannot be written. A reader that has gone is no error.
    pub fn show<V: View>(&self, view: &V) -> Result<()> {
        if self.json {
            return self.raw(&format!("{}\n", document(view)?));
        }
        let mut out = Text::default();
        view.text(&mut out);
        self.raw(&out.into_string())
    }

    /// Prints text as it is.
    ///
    /// # Errors
    /// As [`Printer::show`].
    pub fn raw(&self, text: &str) -> Result<()> {
        if self.silent {
            return Ok(());
        }
        let mut stdout = anstream::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.map_err(|e| Error::failed(format!("cannot write the result: {e}"))),
        }
    }

    /// Shows a person what they are about to be asked about. With `--json` nothing: the document comes at the end.
    pub fn preview<V: View>(&self, view: &V) -> Result<()> {
        if self.json {
            return Ok(());
        }
        let mut out = Text::default();
        view.text(&mut out);
        self.raw(&out.into_string())
    }

    /// Remarks on what happened, and what to type next. Not with `--quiet` or `--json`.
    pub fn remark(&self, text: &str) {
        if !self.json && !self.quiet {
            to_stderr(&format!("{text}\n"));
        }
    }

    /// A line that shows how far something has come, where a person reads along.
    pub fn progress(&self, what: &'static str) -> Progress {
        Progress::new(what, !self.json && !self.quiet && stderr_is_terminal())
    }

    /// What must be said even with `--quiet`.
    pub fn warn(&self, text: &str) {
        to_stderr(&format!("{}warning:{:#} {text}\n", text::WARN, text::WARN));
    }

    /// Says that a command failed.
    pub fn error(&self, error: &Error, verbose: bool) {
        if self.json {
            let mut body = json!({"code": error.kind().code(), "message": error.to_string()});
            if let Some(hint) = error.hint_text() {
                body["hint"] = json!(hint);
            }
            return to_stderr(&format!("{}\n", json!({"error": body})));
        }
        let mut words = format!("{}error:{:#} {error}\n", text::BAD, text::BAD);
        if let Some(hint) = error.hint_text() {
            words.push_str(&format!("{}hint:{:#}  {hint}\n", text::DIM, text::DIM));
        }
        if verbose && let Some(cause) = std::error::Error::source(error) {
            words.push_str(&format!("{}cause:{:#} {cause}\n", text::DIM, text::DIM));
        }
        to_stderr(&words);
    }
}

/// A view with the name of its schema before it.
#[derive(Serialize)]
struct Document<'a, V: View> {
    schema: &'static str,
    #[serde(flatten)]
    view: &'a V,
}

/// The JSON document of a view.
///
/// # Errors
/// Kind failed, should the writer refuse.
pub fn document<V: View>(view: &V) -> Result<String> {
    let json = serde_json::to_string_pretty(&Document { schema: V::SCHEMA, view })
        .map_err(|e| Error::failed(format!("cannot write the result as JSON: {e}")))?;
    Ok(escape_invisible(json))
}

/// JSON leaves C1 control characters and those that turn the direction of text as they are: a terminal would obey
/// them. They can only stand inside of strings, where an escape means the same.
fn escape_invisible(json: String) -> String {
    let invisible = |c: char| {
        c == '\u{7f}'
            || ('\u{80}'..='\u{9f}').contains(&c)
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    // Their first bytes: nearly every document has none of them.
    if !json.bytes().any(|byte| matches!(byte, 0x7f | 0xc2 | 0xe2 | 0xef)) {
        return json;
    }
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match invisible(c) {
            true => escaped.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => escaped.push(c),
        }
    }
    escaped
}

/// What shows how far long work is: one line on a terminal, which is written over, and nothing elsewhere.
pub fn progress(what: &'static str) -> impl Fn(f64) + Sync {
    let shown = stderr_is_terminal();
    move |part| {
        if shown {
            to_stderr(&format!("\r{what}: {:.0} %\u{1b}[K\r", part * 100.0));
        }
    }
}

/// Says to whoever reads standard error what a program that helps to open the vault has to say, or what to choose from.
pub fn tell(message: &str) {
    to_stderr(&format!("{}\n", crate::text::printable(message)));
}

/// Whether a person reads standard error.
pub fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Writes a question, whose answer is not shown.
pub(super) fn ask(text: &str) {
    to_stderr(text);
}

fn to_stderr(text: &str) {
    // Nobody is left to tell if this fails.
    let _ = anstream::stderr().write_all(text.as_bytes());
}
