//! Contacts: the cards of companies become vendors.

use serde_json::json;
use url::Url;

use super::address::kept;
use super::evidence::{Details, Evidence, Kind, Place, Sink};
use super::mail::{host, is_provider};
use super::sensitive::cleaned;
use crate::error::Result;
use crate::profile::vcard::{Company, companies};

/// What the format is called.
pub const FORMAT: &str = "vcard";

/// Whether a file begins as contacts do.
pub fn recognise(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head).to_ascii_uppercase();
    head.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}').starts_with("BEGIN:VCARD")
}

/// Reads a file of contacts. What is read otherwise than it stands there, or in part, is returned in words, with its line.
///
/// # Errors
/// Kind bad input for a file without any card; whatever the sink returns.
pub fn read(bytes: &[u8], sink: &mut dyn Sink) -> Result<Vec<String>> {
    let file = companies(bytes)?;
    let mut remarks = Vec::new();
    for problem in &file.problems {
        match problem.is_read {
            true => remarks.push(format!("line {}: {}", problem.line, problem.what)),
            false => sink.skipped(Place::Line(problem.line as u64), &problem.what)?,
        }
    }
    for line in &file.people {
        sink.passed_over(Place::Line(*line as u64), "it is a person's card, and no company's")?;
    }
    for company in &file.companies {
        sink.found(evidence(company))?;
    }
    sink.at(bytes.len() as u64)?;
    Ok(remarks)
}

fn evidence(company: &Company) -> Evidence {
    let name = kept(&cleaned(&company.name).0).0;
    let web = company.web.iter().filter_map(|web| host_of(web)).find(|host| !is_platform(host, &company.name));
    let host = web.or_else(|| {
        let domains = company.emails.iter().filter_map(|address| address.rsplit_once('@'));
        domains.filter_map(|(_, domain)| host(domain)).find(|domain| !is_provider(domain))
    });
    let key = company.uid.clone().unwrap_or_else(|| match &host {
        // Two branches of one name are two cards.
        Some(host) => format!("{} {host}", company.name),
        None => company.name.clone(),
    });
    let details = Details::of(&json!({"emails": company.emails, "phones": company.phones,
                                      "addresses": company.addresses.iter().map(|text| cleaned(text).0).collect::<Vec<_>>(),
                                      "web": company.web.iter().filter_map(|web| host_of(web)).collect::<Vec<_>>()}));
    Evidence {
        kind: Kind::Card,
        key,
        host,
        name: Some(name).filter(|name| !name.is_empty()),
        account: None,
        claims: Vec::new(),
        first_seen: None,
        last_seen: None,
        place: Place::Line(company.line as u64),
        details,
    }
}

/// Where anybody may have a page, so that its host says nothing of whose card it is, unless it is the platform's own.
fn is_platform(host: &str, name: &str) -> bool {
    const PLATFORMS: [&str; 24] = [
        "business.site",
        "doctolib.de",
        "doctolib.fr",
        "doctolib.it",
        "etsy.com",
        "facebook.com",
        "fb.com",
        "g.page",
        "goo.gl",
        "google.com",
        "google.de",
        "instagram.com",
        "jameda.de",
        "linkedin.com",
        "linktr.ee",
        "pinterest.com",
        "t.me",
        "tiktok.com",
        "twitter.com",
        "wa.me",
        "x.com",
        "xing.com",
        "yelp.com",
        "youtube.com",
    ];
    let site = PLATFORMS
        .iter()
        .find(|site| host.strip_suffix(**site).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    let name = name.to_lowercase();
    let own = |site: &&str| site.split('.').next().is_some_and(|label| name.split(' ').any(|word| word == label));
    site.is_some_and(|site| !own(site))
}

fn host_of(web: &str) -> Option<String> {
    let url = if web.contains("://") { web.to_owned() } else { format!("https://{web}") };
    // One word, or a number, is a machine at home: then the mail tells more.
    Url::parse(&url).ok()?.host_str().and_then(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_is_found_by_its_page_or_its_mail_but_not_by_its_provider() {
        let company = |web: &[&str], emails: &[&str]| Company {
            name: "Kolb".into(),
            web: web.iter().map(|text| (*text).to_owned()).collect(),
            emails: emails.iter().map(|text| (*text).to_owned()).collect(),
            ..Company::default()
        };
        let host = |web, emails| evidence(&company(web, emails)).host;
        assert_eq!(host(&["www.kolb.example/shop"], &[]).as_deref(), Some("www.kolb.example"));
        assert_eq!(host(&["https://www.facebook.com/kolb"], &["info@kolb.example"]).as_deref(), Some("kolb.example"));
        assert_eq!(host(&["https://www.facebook.com/kolb"], &[]), None);
        assert!(!is_platform("www.facebook.com", "Facebook Ireland"));
        assert_eq!(host(&["homepage"], &["info@bücher.example"]).as_deref(), Some("xn--bcher-kva.example"));
        assert_eq!(host(&["not a page"], &["info@Kolb.example"]).as_deref(), Some("kolb.example"));
        assert_eq!(host(&[], &["kolb@gmail.com"]), None);
        assert!(!is_platform("x.com", "X") && is_platform("x.com", "Xaver GmbH"));
        let told = evidence(&Company {
            name: "Shop https://shop.example/?t=S3CRET 4111 1111 1111 1111".into(),
            ..Company::default()
        });
        assert_eq!(told.name.as_deref(), Some("Shop shop.example"));
        assert!(recognise(b"\xef\xbb\xbf\nbegin:vcard\n") && !recognise(b"name,url"));
    }
}
