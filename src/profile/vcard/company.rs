//! Cards of companies among a file of contacts.

use calcard::vcard::{VCard, VCardEntry};

use super::map::values;
use super::{Problem, bounded, parse_all};
use crate::error::Result;

/// The companies of a file of contacts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyFile {
    /// The companies, in the order of the file.
    pub companies: Vec<Company>,
    /// The lines on which the cards of people begin.
    pub people: Vec<usize>,
    /// What could not be read, in the order of lines.
    pub problems: Vec<Problem>,
}

/// What a card says of a company.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Company {
    /// The line of its `BEGIN`, from 1.
    pub line: usize,
    /// Its name.
    pub name: String,
    /// What tells the card from others, where it says.
    pub uid: Option<String>,
    /// Its pages on the web.
    pub web: Vec<String>,
    /// Its e-mail addresses.
    pub emails: Vec<String>,
    /// Its telephone numbers.
    pub phones: Vec<String>,
    /// Its postal addresses, each on several lines.
    pub addresses: Vec<String>,
}

/// Reads the cards of companies: those that say so (`KIND:org`, RFC 6350, section 6.1.4; Apple's `X-ABShowAs`), and those
/// with an organisation and no person.
///
/// # Errors
/// As [`super::read`].
pub fn companies(bytes: &[u8]) -> Result<CompanyFile> {
    let (parsed, mut problems) = parse_all(bytes)?;
    let mut file = CompanyFile { companies: Vec::new(), people: Vec::new(), problems: Vec::new() };
    for parsed in parsed {
        match company(&parsed.card) {
            Some(company) => file.companies.push(Company { line: parsed.line, ..company }),
            None => file.people.push(parsed.line),
        }
    }
    problems.sort_by_key(|problem| problem.line);
    file.problems = problems;
    Ok(file)
}

fn company(card: &VCard) -> Option<Company> {
    let named =
        |name: &'static str| card.entries.iter().filter(move |entry| entry.name.as_str().eq_ignore_ascii_case(name));
    let texts = |name| -> Vec<String> {
        named(name).map(values::text).map(|text| bounded(&text, 300)).filter(|text| !text.is_empty()).collect()
    };
    let says = |name, value: &str| named(name).any(|entry| values::text(entry).eq_ignore_ascii_case(value));
    let organisation = named("ORG").map(first_part).find(|name| !name.is_empty());
    let full = texts("FN").into_iter().next();
    let nobody = named("N").all(|entry| (0..5).all(|part| values::component(entry, part, " ").is_empty()));
    let same = organisation.is_some() && full.as_ref().is_none_or(|full| organisation.as_ref() == Some(full));
    let is_company = says("KIND", "org")
        || says("X-ABShowAs", "COMPANY")
        || organisation.is_some() && !says("KIND", "individual") && (nobody || same && named("N").count() == 0);
    let name = organisation.or(full).filter(|_| is_company)?;
    let address = |entry: &VCardEntry| {
        let parts = [0, 1, 2, 5, 3, 4, 6].map(|part| values::component(entry, part, "\n"));
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
    };
    Some(Company {
        line: 0,
        name,
        uid: texts("UID").into_iter().next(),
        web: texts("URL"),
        emails: texts("EMAIL").into_iter().filter_map(|text| plain(&text, "mailto:", "email")).collect(),
        phones: texts("TEL").into_iter().filter_map(|text| plain(&text, "tel:", "phone_number")).collect(),
        addresses: named("ADR").map(address).filter(|address| !address.is_empty()).collect(),
    })
}

/// A text without the scheme of a URI before it, where it is what the property is for: a telephone number that has letters,
/// and an address with a password, are not.
fn plain(text: &str, scheme: &str, claim: &str) -> Option<String> {
    let is_uri = text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
    let text = text[if is_uri { scheme.len() } else { 0 }..].split(['?', ';']).next().unwrap_or_default().trim();
    let kind = crate::profile::model::claim_kind(claim).ok()?;
    crate::profile::check::text(kind, text).ok().map(|_| text.to_owned())
}

/// An organisation's name, without its departments.
fn first_part(entry: &VCardEntry) -> String {
    let part = values::component(entry, 0, " ");
    let text = if part.is_empty() { values::text(entry) } else { part };
    bounded(&text, 120)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn companies_are_told_from_people() {
        let cards = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada Lovelace\r\nN:Lovelace;Ada;;;\r\nORG:Analytical Ltd\r\nEND:VCARD\r\n\
            BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:org\r\nFN:Acme Shop\r\nURL:https://shop.acme.example\r\nTEL:tel:+33123\r\nEND:VCARD\r\n\
            BEGIN:VCARD\r\nVERSION:3.0\r\nN:;;;;\r\nFN:Kolb\r\nORG:Bakery Kolb;Sales\r\nEMAIL:info@kolb.example\r\n\
            ADR:;;1 Main St;Town;;12345;DE\r\nEND:VCARD\r\n\
            BEGIN:VCARD\r\nVERSION:4.0\r\nKIND:individual\r\nFN:Indi\r\nORG:Indi\r\nEND:VCARD\r\n";
        let file = companies(cards.as_bytes()).unwrap();
        assert_eq!(file.people, [1, 22]);
        let [acme, kolb] = file.companies.as_slice() else { panic!("{file:?}") };
        assert_eq!(
            (acme.name.as_str(), acme.web.as_slice()),
            ("Acme Shop", &["https://shop.acme.example".to_owned()][..])
        );
        assert_eq!((kolb.name.as_str(), kolb.line), ("Bakery Kolb", 14));
        assert_eq!(acme.phones, ["+33123"]);
        assert_eq!(kolb.addresses, ["1 Main St\n12345\nTown\nDE"]);
    }
}
