//! Linking an account, and unlinking it.

use jiff::Timestamp;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use schemars::JsonSchema;
use serde::Serialize;

use super::text::{BOLD, DIM, Text, WARN, count, local};
use super::{View, stderr_is_terminal, to_stderr};
use crate::delivery::link::Summary;
use crate::delivery::link::metadata::{Server, origin};
use crate::text::printable;

/// An account that is linked, or about to be.
#[derive(Serialize, JsonSchema)]
pub struct LinkView {
    /// The authorization server.
    pub issuer: String,
    /// Who cmr is there: a client of this relationship alone.
    pub client_id: String,
    /// Since when; null while nobody confirmed it.
    pub since: Option<Timestamp>,
    /// When the token was last refreshed.
    pub refreshed: Option<Timestamp>,
    /// Until when the token lets in, if the server said so.
    pub expires: Option<Timestamp>,
    /// Whether it is refreshed then.
    pub refreshes: bool,
    /// Whether the token is bound to the relationship's key.
    pub bound_to_key: bool,
    /// What it lets do, in the server's terms.
    pub scope: Option<String>,
}

impl LinkView {
    /// The view of a link.
    pub fn of(link: Summary) -> Self {
        Self {
            issuer: link.issuer,
            client_id: link.client_id,
            since: link.linked_at,
            refreshed: link.refreshed_at,
            expires: link.expires_at,
            refreshes: link.refreshes,
            bound_to_key: link.dpop,
            scope: link.scope,
        }
    }

    pub(super) fn words(&self) -> String {
        let Some(since) = self.since else { return format!("not confirmed yet, at {}", self.issuer) };
        let mut words = format!("by {}, since {}", self.issuer, local(since));
        match (self.expires, self.refreshes) {
            (Some(expires), true) => words.push_str(&format!(", token until {}, then refreshed", local(expires))),
            (Some(expires), false) => words.push_str(&format!(", until {}", local(expires))),
            (None, _) => {}
        }
        if self.bound_to_key {
            words.push_str(", bound to your key there");
        }
        words
    }
}

/// `cmr vendor link`.
#[derive(Serialize, JsonSchema)]
pub struct Linked {
    /// The vendor's name.
    pub vendor: String,
    /// The link.
    pub link: LinkView,
    /// How many messages were held for want of it, and go with the next push.
    pub retried: usize,
}

impl View for Linked {
    const SCHEMA: &'static str = "cmr/linked/1";

    fn text(&self, out: &mut Text) {
        out.line(format!("{} is linked {}.", self.vendor, self.link.words()));
        if let Some(scope) = &self.link.scope {
            out.line(format!("  {DIM}it lets cmr do{DIM:#}  {scope}"));
        }
        if self.retried > 0 {
            out.step(
                &format!("{} that waited for it can go:", count(self.retried, "message")),
                &format!("cmr push {}", self.vendor),
            );
        }
    }
}

/// `cmr vendor unlink`.
#[derive(Serialize, JsonSchema)]
pub struct Unlinked {
    /// The vendor's name.
    pub vendor: String,
    /// The authorization server.
    pub issuer: String,
    /// What the server said it took back.
    pub taken_back: Vec<String>,
    /// What may still be there.
    pub remains: Vec<RemainsView>,
}

/// Something that could not be taken back.
#[derive(Serialize, JsonSchema)]
pub struct RemainsView {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

impl View for Unlinked {
    const SCHEMA: &'static str = "cmr/unlinked/1";

    fn text(&self, out: &mut Text) {
        out.line(format!("{} is unlinked: nothing of it is kept here.", self.vendor));
        if !self.taken_back.is_empty() {
            out.line(format!("  {} says that it took back {}.", self.issuer, self.taken_back.join(", ")));
        }
        for one in &self.remains {
            out.line(format!("  {WARN}remains there{WARN:#}  {}: {}", one.what, one.why));
        }
    }
}

/// A code that the user confirms on any device.
pub struct Code<'a> {
    /// The vendor's name.
    pub vendor: &'a str,
    /// The authorization server.
    pub server: &'a Server,
    /// The page where it is typed in.
    pub page: &'a str,
    /// The same page with the code in it.
    pub page_with_code: Option<&'a str>,
    /// The code.
    pub code: &'a str,
    /// Until when.
    pub until: Timestamp,
}

impl Code<'_> {
    /// Shows it on standard error, with `--quiet` and `--json` too: without it there is no result to wait for.
    pub fn show(&self) {
        let mut text = signing_in(self.vendor, self.server);
        let page = printable(self.page);
        text.push_str(&format!("  page  {page}\n  code  {BOLD}{}{BOLD:#}\n", printable(self.code)));
        if origin(self.page).is_some_and(|page| page != self.server.origin()) {
            text.push_str(&format!("  {WARN}the page is on another origin than the server{WARN:#}\n"));
        }
        if let Some(picture) = self.page_with_code.and_then(picture) {
            text.push_str(&format!("\n{picture}\n\n"));
        }
        let (until, name) = (local(self.until), self.vendor);
        text.push_str(&format!(
            "Waiting until you confirm it, or {until}. Ctrl-C stops; cmr vendor link {name} goes on with this code.\n"
        ));
        to_stderr(&text);
    }
}

/// Shows a page that the user opens in a browser on this machine.
pub fn show_page(vendor: &str, server: &Server, page: &str) {
    let head = signing_in(vendor, server);
    to_stderr(&format!(
        "{head}Open this page in a browser on this machine:\n\n  {page}\n\nWaiting until it comes back.\n"
    ));
}

/// Whom the user is about to trust with their password: said before anything that leads there.
fn signing_in(vendor: &str, server: &Server) -> String {
    let origin = server.origin();
    let checked =
        if origin.starts_with("https:") { "its certificate is valid" } else { "on this machine, without TLS" };
    format!("Sign in for {vendor} at {BOLD}{}{BOLD:#} ({checked}).\n", printable(&origin))
}

/// A picture for a phone's camera, where a terminal has room for it.
fn picture(page: &str) -> Option<String> {
    if !stderr_is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(std::io::stderr()).ok()?;
    qr(page, size.ws_col.into(), size.ws_row.into())
}

/// A QR code in half blocks, if so many columns and rows have room for it. Black on white whatever the terminal's colours:
/// not every camera reads one the other way round.
fn qr(page: &str, columns: usize, rows: usize) -> Option<String> {
    let code = QrCode::new(page).ok()?;
    let picture = code.render::<Dense1x2>().build();
    // What is above and below it must stay in sight.
    let fits = picture.lines().count() + 8 <= rows && picture.lines().all(|line| line.chars().count() <= columns);
    let style = anstyle::Style::new()
        .fg_color(Some(anstyle::RgbColor(0, 0, 0).into()))
        .bg_color(Some(anstyle::RgbColor(255, 255, 255).into()));
    let lines = picture.lines().map(|line| format!("{style}{line}{style:#}")).collect::<Vec<_>>();
    fits.then(|| lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_shown_where_it_fits_and_not_cut_where_it_does_not() {
        let page = "https://as.example/device?user_code=WDJB-MJHT";
        let shown = qr(page, 80, 50).unwrap();
        let plain = anstream::adapter::strip_str(&shown).to_string();
        let widths: std::collections::BTreeSet<usize> = plain.lines().map(|line| line.chars().count()).collect();
        assert_eq!(widths.len(), 1);
        let (width, height) = (widths.into_iter().next().unwrap(), plain.lines().count());
        assert_eq!(height, width.div_ceil(2));
        assert!(qr(page, width, height + 8).is_some());
        assert!(qr(page, width - 1, 50).is_none() && qr(page, 80, height + 7).is_none());
        assert!(qr(&"x".repeat(8000), 10_000, 10_000).is_none());
    }
}
