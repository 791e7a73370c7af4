//! Which format a statement is in, by its first bytes.

use super::source::Source;
use crate::error::Error;

/// A format of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// OFX 1 (SGML) and 2 (XML), and Quicken's QFX.
    Ofx,
    /// ISO 20022 camt.053, and .052 and .054, in any version.
    Camt,
    /// Comma-separated values, in a dialect of some bank.
    Csv,
}

impl Format {
    /// All of them, with the name that `--format` has for each.
    pub const ALL: [(&'static str, Format); 3] = [("ofx", Format::Ofx), ("camt", Format::Camt), ("csv", Format::Csv)];
}

/// Which format a file is in, by its first bytes: 64 KiB are enough.
pub fn recognise(head: &[u8]) -> Option<Format> {
    let mut head = &head[..head.len().min(64 * 1024)];
    of_text(Source::new(&mut head).head().ok()?)
}

/// Which format a file is in, by its first text.
pub(super) fn of_text(head: &str) -> Option<Format> {
    let start = head.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let upper = start.get(..start.floor_char_boundary(4096)).unwrap_or(start).to_ascii_uppercase();
    if upper.starts_with("OFXHEADER") || upper.contains("<OFX>") || upper.contains("<?OFX") {
        return Some(Format::Ofx);
    }
    if upper.starts_with('<') {
        let names = ["BKTOCSTMRSTMT", "BKTOCSTMRACCTRPT", "BKTOCSTMRDBTCDTNTFCTN", "TECH:XSD:CAMT.05"];
        return names.iter().any(|name| upper.contains(name)).then_some(Format::Camt);
    }
    looks_like_csv(start).then_some(Format::Csv)
}

/// Some line among the first parts into three fields or more, and it is text. A file of one line needs no more than that.
fn looks_like_csv(head: &str) -> bool {
    let refused = head.contains('\0') || known(head).is_some();
    let parts = |line: &str| [',', ';', '\t', '|'].iter().any(|c| line.matches(*c).count() >= 2);
    !refused && head.lines().take(40).any(parts)
}

/// What else a file is, if it is of a sort that banks and people give instead.
fn known(head: &str) -> Option<(&'static str, &'static str)> {
    let start = head.trim_start();
    let is = |mark: &str| start.starts_with(mark);
    let another = "download the statement as CAMT.053, OFX or CSV";
    let found = if is("%PDF") {
        "a PDF"
    } else if is("PK\u{3}\u{4}") {
        "a ZIP archive or a spreadsheet"
    } else if start.chars().nth(2) == Some('\u{11}')
        || start.get(..5).is_some_and(|tag| tag.eq_ignore_ascii_case("<html"))
    {
        "a spreadsheet or a page"
    } else if is("{1:") || is(":20:") || is(":940:") {
        "MT940"
    } else if is("!Type:") || is("!Account") || is("!Option") {
        "QIF"
    } else if is("{\"") || is("[{") {
        "JSON"
    } else if is("<") {
        "XML of another kind"
    } else {
        return None;
    };
    let hint = match found {
        "a spreadsheet or a page" => "open it in a spreadsheet, and save the table as CSV",
        "a ZIP archive or a spreadsheet" => "unpack it, or save the table as CSV",
        _ => another,
    };
    Some((found, hint))
}

/// Why a file that is no statement is refused.
pub(super) fn refusal(head: &str) -> Error {
    if head.trim().is_empty() {
        return Error::bad_input("the file is empty");
    }
    match known(head) {
        Some((what, hint)) => Error::bad_input(format!("this is {what}, which is not read")).hint(hint),
        None => Error::bad_input("this is no statement of a bank: neither OFX, nor CAMT.053, nor CSV")
            .hint("download the statement as CAMT.053, OFX or CSV"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognised_by_content() {
        for (head, expected) in [
            ("OFXHEADER:100\r\nDATA:OFXSGML\r\n", Some(Format::Ofx)),
            ("\n\n<OFX><SIGNONMSGSRSV1>", Some(Format::Ofx)),
            ("<?xml version=\"1.0\"?>\n<?OFX OFXHEADER=\"200\"?>", Some(Format::Ofx)),
            ("<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\"><BkToCstmrStmt>", Some(Format::Camt)),
            ("<d:Document xmlns:d=\"x\"><d:BkToCstmrAcctRpt>", Some(Format::Camt)),
            ("Date,Payee,Amount\n", Some(Format::Csv)),
            ("Konto: 12\n\nBuchungstag;Betrag;Empfänger\n", Some(Format::Csv)),
            ("<html><body>,,,,</body></html>", None),
            ("%PDF-1.4 ,,,,", None),
            ("!Type:Bank\nD1/2/2024\nT-1,000,000.00\n", None),
            (":20:STARTUMS\n:61:,,,", None),
            ("hello\nworld\n", None),
            ("", None),
        ] {
            assert_eq!(recognise(head.as_bytes()), expected, "{head}");
        }
        assert_eq!(recognise(b"PK\x03\x04\0\0,,,,"), None);
    }
}
