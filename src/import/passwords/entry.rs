//! One login, gathered field by field, and what it says about vendors.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::super::address::{Address, address, kept};
use super::super::evidence::{Details, Evidence, Kind, Place, Secret, Sink};
use super::super::sensitive::cleaned;
use crate::error::Result;
use crate::text::printable;

/// The longest name, account or detail, in characters; more is cut off.
const LONGEST: usize = 300;

/// Hosts that one entry may have; further ones are passed over.
const MOST_HOSTS: usize = 64;

/// One login of an export. Texts go in through [`Entry`]'s functions, which clean them.
pub(super) struct Entry {
    place: Place,
    /// The export's own id of it.
    id: Option<String>,
    title: Option<String>,
    /// The host of an address in the title.
    title_host: Option<String>,
    accounts: Vec<String>,
    emails: Vec<String>,
    hosts: Vec<String>,
    apps: Vec<String>,
    /// Why none of its addresses is a vendor's.
    elsewhere: Option<&'static str>,
    /// Whether it had a password or a passkey.
    password: bool,
    created: Option<Timestamp>,
    changed: Option<Timestamp>,
    used: Option<Timestamp>,
    details: Map<String, Value>,
    /// Secrets that stood in its texts, and were dropped.
    dropped: Vec<Secret>,
}

impl Entry {
    pub(super) fn new(place: Place) -> Self {
        Self {
            place,
            id: None,
            title: None,
            title_host: None,
            accounts: Vec::new(),
            emails: Vec::new(),
            hosts: Vec::new(),
            apps: Vec::new(),
            elsewhere: None,
            password: false,
            created: None,
            changed: None,
            used: None,
            details: Map::new(),
            dropped: Vec::new(),
        }
    }

    /// What may be kept of a text, and the host of an address in it.
    fn safe(&mut self, text: &str) -> (String, Option<String>) {
        let (text, dropped) = cleaned(text);
        self.dropped.extend(dropped);
        kept(&text)
    }

    /// The export's own id of it, which stays the same from one export to the next.
    pub(super) fn id(&mut self, text: &str) {
        self.id = clean(text);
    }

    pub(super) fn title(&mut self, text: &str) {
        let text = clean(text).filter(|text| !is_reference(text)).unwrap_or_default();
        let (title, host) = self.safe(&text);
        (self.title, self.title_host) = (Some(title).filter(|title| title.chars().any(char::is_alphanumeric)), host);
    }

    /// A user name. The first is the account.
    pub(super) fn account(&mut self, text: &str) {
        let Some(text) = clean(text).filter(|text| !is_reference(text)) else { return };
        let (text, _) = self.safe(&text);
        if text.is_empty() {
            return;
        }
        if is_email(&text) {
            self.email(&text);
        }
        if !self.accounts.contains(&text) {
            self.accounts.push(text);
        }
    }

    /// An e-mail address that the vendor has.
    pub(super) fn email(&mut self, text: &str) {
        let Some(text) = clean(text).map(|text| self.safe(&text).0).filter(|text| is_email(text)) else { return };
        if !self.emails.contains(&text) {
            self.emails.push(text);
        }
    }

    /// An address of the login. Only its host or app is kept.
    pub(super) fn address(&mut self, text: &str, sink: &mut dyn Sink) {
        let add = |list: &mut Vec<String>, name: String| {
            // A site is the same with `www.` and without.
            let same = |known: &String| bare(known) == bare(&name);
            if !list.iter().any(same) && list.len() < MOST_HOSTS {
                list.push(name);
            }
        };
        match address(text) {
            Address::Host(host) => add(&mut self.hosts, host),
            Address::App(package) => add(&mut self.apps, package),
            Address::Private => self.elsewhere = Some("an address on a private network, not a vendor"),
            Address::Number => self.elsewhere = Some("an IP address, which no vendor is known by"),
            Address::Inside => self.elsewhere = Some("an address within the computer, not a vendor"),
            Address::SecondFactor => sink.dropped(Secret::SecondFactor),
            Address::Nothing => {}
        }
    }

    /// Words that stand where the address should, as a title where there is none: not where they might be an address
    /// that holds more than a name.
    pub(super) fn address_as_title(&mut self, text: &str) {
        if self.title.is_none() && !text.contains([':', '/', '?', '=', '&']) {
            self.title(text);
        }
    }

    /// Whether there was a password, which was dropped.
    pub(super) fn password(&mut self, there: bool, sink: &mut dyn Sink) {
        if there {
            self.password = true;
            sink.dropped(Secret::Password);
        }
    }

    /// A passkey, whose key was dropped: it is a login of its own where there is no other.
    pub(super) fn passkey(&mut self, site: &str, user: &str, sink: &mut dyn Sink) {
        self.password = true;
        if self.hosts.is_empty() {
            self.address(site, sink);
        }
        if self.accounts.is_empty() && self.emails.is_empty() {
            self.account(user);
        }
    }

    pub(super) fn created(&mut self, at: Option<Timestamp>) {
        self.created = at;
    }

    pub(super) fn changed(&mut self, at: Option<Timestamp>) {
        self.changed = at;
    }

    pub(super) fn used(&mut self, at: Option<Timestamp>) {
        self.used = at;
    }

    /// Something else worth keeping; blank texts are not.
    pub(super) fn detail(&mut self, name: &str, text: &str) {
        if let Some(text) = clean(text).map(|text| self.safe(&text).0).filter(|text| !text.is_empty()) {
            self.details.insert(name.to_owned(), Value::String(text));
        }
    }

    /// Says that it is none of a vendor's after all.
    pub(super) fn pass_over(self, why: &str, sink: &mut dyn Sink) -> Result<()> {
        self.dropped.iter().for_each(|secret| sink.dropped(*secret));
        sink.passed_over(self.place, why)
    }

    /// Tells what it is evidence of: one piece for each host.
    pub(super) fn tell(mut self, sink: &mut dyn Sink) -> Result<()> {
        std::mem::take(&mut self.dropped).into_iter().for_each(|secret| sink.dropped(secret));
        let nameless = self.hosts.is_empty() && self.apps.is_empty();
        if let Some(why) = self.elsewhere.filter(|_| nameless) {
            return sink.passed_over(self.place, why);
        }
        if self.hosts.is_empty() && self.accounts.is_empty() && self.emails.is_empty() && !self.password {
            return sink.passed_over(self.place, "neither a user name nor a password: no login");
        }
        self.title_as_address();
        if self.hosts.is_empty() && self.apps.is_empty() && self.title.is_none() {
            return sink.skipped(self.place, "neither an address nor a name: it does not say whose login it is");
        }
        self.settle();
        if self.hosts.is_empty() {
            return sink.found(self.evidence(None));
        }
        let hosts = std::mem::take(&mut self.hosts);
        hosts.into_iter().try_for_each(|host| sink.found(self.evidence(Some(host))))
    }

    /// A title that has an address in it, or is one: without another one it is that.
    fn title_as_address(&mut self) {
        if !self.hosts.is_empty() || !self.apps.is_empty() {
            return;
        }
        let whole = || match address(self.title.as_deref()?) {
            Address::Host(host) => Some(host),
            _ => None,
        };
        let host = self.title_host.clone().or_else(whole);
        self.hosts.extend(host);
    }

    /// What can only be said once all of it was read.
    fn settle(&mut self) {
        if self.title.is_none() && self.hosts.is_empty() {
            self.title = self.apps.first().cloned();
        }
        if self.accounts.is_empty() {
            self.accounts.extend(self.emails.first().cloned());
        }
        if !self.apps.is_empty() {
            self.details.insert("apps".to_owned(), Value::from(std::mem::take(&mut self.apps)));
        }
        if self.accounts.len() > 1 {
            self.details.insert("other_accounts".to_owned(), Value::from(self.accounts.split_off(1)));
        }
        let basis = self.used.map(|_| "last used").or(self.changed.map(|_| "last changed"));
        if let Some(basis) = basis.or(self.created.map(|_| "created")) {
            self.details.insert("last_seen_by".to_owned(), Value::from(basis));
        }
    }

    fn evidence(&self, host: Option<String>) -> Evidence {
        Evidence {
            kind: Kind::Login,
            key: self.key(host.as_deref()),
            host,
            name: self.title.clone(),
            account: self.accounts.first().cloned(),
            claims: self.emails.iter().map(|email| ("email", email.clone())).collect(),
            first_seen: self.created,
            last_seen: self.used.or(self.changed).or(self.created),
            place: self.place,
            details: Details::of(&self.details),
        }
    }

    /// The item's id, the host, and who the user is there: somebody who changes that has two accounts to show. Without an id,
    /// the host (or the name) and the account.
    fn key(&self, host: Option<&str>) -> String {
        let account = || self.accounts.first().map_or("", String::as_str);
        let who = || {
            let emails = self.emails.iter().map(String::as_str).filter(|email| *email != account());
            std::iter::once(account()).chain(emails).collect::<Vec<_>>().join(" ")
        };
        match (&self.id, host) {
            (Some(id), Some(host)) => format!("{id}/{host}/{}", who()),
            (Some(id), None) => format!("{id}//{}", who()),
            (None, Some(host)) => format!("{host}/{}", account()),
            (None, None) => format!(":{}/{}", self.title.as_deref().unwrap_or_default(), account()),
        }
    }
}

fn bare(host: &str) -> &str {
    host.strip_prefix("www.").unwrap_or(host)
}

/// Whether a text only points to another entry's (<https://keepass.info/help/base/fieldrefs.html>): it is no name.
fn is_reference(text: &str) -> bool {
    text.starts_with("{REF:") && text.ends_with('}')
}

/// Somebody else's text: trimmed, printable, and not too long; nothing where nothing is left.
pub(super) fn clean(text: &str) -> Option<String> {
    let text = printable(text.trim());
    let text = text.trim();
    let end = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    Some(text[..end].to_owned()).filter(|text| !text.is_empty())
}

/// What could only be an e-mail address: the check of the profile, and a dot in its domain.
pub(super) fn is_email(text: &str) -> bool {
    let kind = crate::profile::model::claim_kind("email");
    let domain = text.rsplit_once('@').map_or("", |(_, domain)| domain);
    domain.contains('.')
        && !domain.contains(':')
        && kind.is_ok_and(|kind| crate::profile::check::text(kind, text).is_ok())
}

/// A date as exports write it: RFC 3339, a date and time without a zone (taken for UTC), a date, or seconds,
/// milliseconds or microseconds since 1970. Nothing for what is before 1971 or after 2100: nobody's login.
pub(super) fn date(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let at = match text.parse::<f64>() {
        Ok(number) => since_1970(number)?,
        Err(_) => written(text)?,
    };
    let range = 31_536_000..4_133_980_800;
    range.contains(&at.as_second()).then_some(at)
}

fn since_1970(number: f64) -> Option<Timestamp> {
    let seconds = match number.abs() {
        size if size >= 1e14 => number / 1e6,
        size if size >= 1e11 => number / 1e3,
        _ => number,
    };
    Timestamp::from_second(seconds as i64).ok()
}

fn written(text: &str) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let civil = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from)).ok()?;
    civil.to_zoned(TimeZone::UTC).ok().map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::Heard;
    use super::*;

    #[test]
    fn dates_of_every_hand() {
        let expected: Timestamp = "2020-09-13T12:26:40Z".parse().unwrap();
        for text in ["1600000000", "1600000000000", "1600000000000000", "1600000000.25", "2020-09-13T12:26:40Z"] {
            assert_eq!(date(text), Some(expected), "{text}");
        }
        assert_eq!(date("2020-09-13 12:26:40"), Some(expected));
        assert_eq!(date("2020-09-13T14:26:40+02:00"), Some(expected));
        assert!(date("2020-09-13").is_some());
        for text in ["", "0", "never", "2020-02-31", "1e300", "NaN", "inf", "-5", "9999-12-31T23:59:59Z"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn one_piece_for_each_host() {
        let mut heard = Heard::default();
        let mut entry = Entry::new(Place::Item(1));
        entry.id("7");
        entry.account("ada@example.org");
        entry.password(true, &mut heard);
        for text in
            ["https://a.example/x", "https://b.example", "https://a.example/y", "androidapp://org.a", "10.0.0.1"]
        {
            entry.address(text, &mut heard);
        }
        entry.tell(&mut heard).unwrap();
        let keys: Vec<_> = heard.found.iter().map(|found| found.key.as_str()).collect();
        assert_eq!(keys, ["7/a.example/ada@example.org", "7/b.example/ada@example.org"]);
        assert_eq!(heard.found[0].claims, [("email", "ada@example.org".to_owned())]);
        assert_eq!(heard.found[0].details.value()["apps"], serde_json::json!(["org.a"]));
        assert_eq!(heard.dropped(Secret::Password), 1);
    }

    #[test]
    fn what_names_nobody_is_passed_over_with_its_reason() {
        let tell = |fill: fn(&mut Entry, &mut Heard)| {
            let mut heard = Heard::default();
            let mut entry = Entry::new(Place::Line(3));
            fill(&mut entry, &mut heard);
            entry.tell(&mut heard).unwrap();
            assert!(heard.found.is_empty());
            (heard.skipped.len(), heard.passed_over.len())
        };
        assert_eq!(tell(|entry, _| entry.title("empty")), (0, 1));
        assert_eq!(tell(|entry, heard| entry.address("http://192.168.1.1", heard)), (0, 1));
        assert_eq!(tell(|entry, heard| entry.password(true, heard)), (1, 0));
    }

    #[test]
    fn an_app_without_a_title_gives_its_package_as_a_name() {
        let mut heard = Heard::default();
        let mut entry = Entry::new(Place::Line(2));
        entry.account("ada");
        entry.address("android://x==@com.spotify.music/", &mut heard);
        entry.tell(&mut heard).unwrap();
        assert_eq!((heard.found[0].host.as_deref(), heard.found[0].name.as_deref()), (None, Some("com.spotify.music")));
    }
}
