//! What a sender leaves besides its address: where one unsubscribes, which list it is, which domain signed.

use memchr::{memchr, memchr_iter, memchr2, memmem, memrchr};
use serde::Serialize;

use super::head::Trace;
use super::host;

/// The most that are kept of a sort.
const MAX_KEPT: usize = 8;

/// The longest that is kept, in bytes.
const MAX_TEXT: usize = 253;

/// The traces of one sender, each once: a line each, of its sort and itself. There may be a hundred thousand senders.
#[derive(Debug, Default)]
pub struct Traces(String);

impl Traces {
    /// Takes in a field as it stands.
    pub fn add(&mut self, trace: Trace, value: &[u8]) {
        match trace {
            Trace::Unsubscribe => angled(value).for_each(|uri| self.unsubscribe(uri)),
            Trace::List => self.keep(trace, angled(value).last().unwrap_or(value), list),
            Trace::Dkim => {
                if let Some(domain) = tag(value, b"d") {
                    self.keep(trace, domain, host::host);
                }
            }
            Trace::Authenticated => passed(value).for_each(|domain| self.keep(trace, domain, host::host)),
            Trace::Returns => {
                let address = angled(value).next().unwrap_or(value);
                if let Some(at) = memrchr(b'@', address) {
                    self.keep(trace, &address[at + 1..], host::host);
                }
            }
        }
    }

    /// A link is another one in each message, its host is not.
    fn unsubscribe(&mut self, uri: &[u8]) {
        let at = memmem::find(uri, b"://").map(|at| at + 3).or_else(|| memchr(b'@', uri).map(|at| at + 1));
        let host = at.map_or(uri, |at| &uri[at..]);
        let end = host.iter().position(|byte| matches!(byte, b'/' | b'?' | b':' | b'#' | b'@')).unwrap_or(host.len());
        if !self.knows(Trace::Unsubscribe, &host[..end]) {
            self.keep(Trace::Unsubscribe, uri, host::of_uri);
        }
    }

    fn of(&self, trace: Trace) -> impl Iterator<Item = &str> {
        let ends = memchr_iter(b'\n', self.0.as_bytes());
        let lines = ends.scan(0, |start, end| Some(&self.0[std::mem::replace(start, end + 1)..end]));
        lines.filter_map(move |line| line.strip_prefix(sort(trace)))
    }

    fn knows(&self, trace: Trace, text: &[u8]) -> bool {
        self.of(trace).any(|known| known.as_bytes().eq_ignore_ascii_case(text))
    }

    /// Keeps what is new. Most of it is not, and costs no more than to see that.
    fn keep(&mut self, trace: Trace, text: &[u8], clean: impl Fn(&str) -> Option<String>) {
        let text = text.trim_ascii();
        if self.knows(trace, text) || text.len() > 4 * MAX_TEXT || self.of(trace).count() == MAX_KEPT {
            return;
        }
        let found = std::str::from_utf8(text).ok().and_then(clean);
        if let Some(found) = found.filter(|found| !self.knows(trace, found.as_bytes())) {
            self.0.reserve_exact(found.len() + 2);
            self.0.extend([sort(trace)]);
            self.0.push_str(&found);
            self.0.push('\n');
        }
    }

    /// All of them, by sort. Who signed is what stands there: nothing was verified here.
    pub fn told(&self) -> Told<'_> {
        let of = |trace| self.of(trace).collect();
        Told {
            unsubscribe_hosts: of(Trace::Unsubscribe),
            list_ids: of(Trace::List),
            dkim_domains_unverified: of(Trace::Dkim),
            dkim_domains_by_mailbox: of(Trace::Authenticated),
            return_path_hosts: of(Trace::Returns),
        }
    }
}

/// The traces of one sender, as they are told.
#[derive(Serialize)]
pub struct Told<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unsubscribe_hosts: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    list_ids: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dkim_domains_unverified: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dkim_domains_by_mailbox: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    return_path_hosts: Vec<&'a str>,
}

/// What the line of a trace begins with.
fn sort(trace: Trace) -> char {
    match trace {
        Trace::Unsubscribe => 'u',
        Trace::List => 'l',
        Trace::Dkim => 'd',
        Trace::Authenticated => 'a',
        Trace::Returns => 'r',
    }
}

/// What stands between `<` and `>`.
fn angled(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    memchr_iter(b'<', value).filter_map(|at| {
        let part = &value[at + 1..];
        let end = memchr2(b'>', b'<', part)?;
        (part[end] == b'>').then(|| &part[..end])
    })
}

/// What stands between semicolons.
fn parts(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let ends = memchr_iter(b';', value).chain([value.len()]);
    ends.scan(0, |start, end| Some(&value[std::mem::replace(start, end + 1)..end]))
}

/// A list's id: lower case, and nothing in it that a terminal would take for a command.
fn list(text: &str) -> Option<String> {
    // A link in its place may be a key.
    let id = text.to_ascii_lowercase();
    (!id.contains(['/', '?', '='])
        && !id.is_empty()
        && id.len() <= MAX_TEXT
        && id.bytes().all(|byte| byte.is_ascii_graphic()))
    .then_some(id)
}

/// A tag's value in a list of them (RFC 6376, 3.2).
fn tag<'v>(value: &'v [u8], name: &[u8]) -> Option<&'v [u8]> {
    parts(value).find_map(|part| {
        let equals = memchr(b'=', part)?;
        (part[..equals].trim_ascii() == name).then(|| part[equals + 1..].trim_ascii())
    })
}

/// The domains whose signature an `Authentication-Results` calls good (RFC 8601, 2.7.1).
fn passed(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let results = parts(value).skip(1).map(<[u8]>::trim_ascii);
    results.filter(|result| result.starts_with(b"dkim=pass")).filter_map(|result| {
        let words = || result.split(u8::is_ascii_whitespace);
        let domain = words().find_map(|word| word.strip_prefix(b"header.d="));
        let identity = || words().find_map(|word| word.strip_prefix(b"header.i="))?.rsplit(|byte| *byte == b'@').next();
        domain.or_else(identity)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn told(fields: &[(Trace, &str)]) -> Value {
        let mut traces = Traces::default();
        fields.iter().for_each(|(trace, value)| traces.add(*trace, value.as_bytes()));
        json!(traces.told())
    }

    #[test]
    fn each_field_tells_its_part() {
        let link = "<https://Click.Mail.example/u?id=1>,\r\n <mailto:leave-7@shop.example?subject=x>";
        let results = "mx.home.example; spf=pass smtp.mailfrom=x.example;\r\n dkim=pass (good) header.d=shop.example \
                       header.s=k;\r\n dkim=fail header.d=bad.example; dkim=pass header.i=@esp.example";
        let details = told(&[
            (Trace::Unsubscribe, link),
            (Trace::Unsubscribe, "<https://click.mail.example/u?id=2>"),
            (Trace::List, " \"News <of> the day\" <News.Shop.example>"),
            (Trace::Dkim, " v=1; a=rsa-sha256;\r\n\td=Shop.example; s=k; bh=d=x; b=abc"),
            (Trace::Dkim, " v=1; d=esp.example"),
            (Trace::Authenticated, results),
            (Trace::Returns, " <bounce-1=a@Bounce.shop.example>\r\n"),
        ]);
        let expected = json!({
            "unsubscribe_hosts": ["click.mail.example", "shop.example"],
            "list_ids": ["news.shop.example"],
            "dkim_domains_unverified": ["shop.example", "esp.example"],
            "dkim_domains_by_mailbox": ["shop.example", "esp.example"],
            "return_path_hosts": ["bounce.shop.example"],
        });
        assert_eq!(details, expected);
    }

    #[test]
    fn what_is_none_is_not_told() {
        let fields =
            [(Trace::Returns, "<>"), (Trace::Dkim, "v=1"), (Trace::Unsubscribe, "<>"), (Trace::List, "\u{1b}[2J")];
        assert_eq!(told(&fields), json!({}));
    }

    #[test]
    fn no_more_are_kept_than_eight() {
        let fields: Vec<String> = (0..50).map(|n| format!("<https://u{n}.example/>")).collect();
        let fields: Vec<_> = fields.iter().map(|field| (Trace::Unsubscribe, field.as_str())).collect();
        assert_eq!(told(&fields)["unsubscribe_hosts"].as_array().map(Vec::len), Some(8));
    }

    proptest! {
        #[test]
        fn any_value_is_taken(bytes: Vec<u8>) {
            let mut traces = Traces::default();
            for trace in [Trace::Unsubscribe, Trace::List, Trace::Dkim, Trace::Authenticated, Trace::Returns] {
                traces.add(trace, &bytes);
            }
            let told = json!(traces.told()).to_string();
            prop_assert!(!told.chars().any(char::is_control));
        }
    }
}
