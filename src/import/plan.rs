//! Whom each piece of evidence of an import is about, decided before anything is written.

use std::collections::HashMap;

use rusqlite::Connection;

use super::evidence::{Evidence, Kind};
use super::matching::{Candidate, Choice, Decision, Wanted, decide};
use super::model::Item;
use super::payee::payee;
use super::vendor_store::Lookup;
use crate::error::Result;
use crate::vendor::identity::{label, plain_name, readable, site};

/// Pieces of evidence that are about the same vendor, whoever that is.
#[derive(Debug, Clone)]
pub struct Subject {
    /// What they are matched by.
    pub wanted: Wanted,
    /// What they show; the first of them.
    pub kind: Kind,
    /// What a person calls it: the host, or the name as the file has it.
    pub what: String,
    /// The company's name, where a contact says it.
    pub title: Option<String>,
    /// What else a vendor that is made of it is found by.
    pub called: Option<String>,
    /// Whom they are about.
    pub decision: Decision,
    /// Whether the user said so, just now.
    pub answered: bool,
}

/// What is going to be written.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Whom evidence is about, by site and name.
    pub subjects: Vec<Subject>,
    /// The subject of each piece, by its place.
    pub of: Vec<usize>,
}

/// What the user said is meant by a text, beforehand or when asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    key: String,
    choice: Choice,
}

impl Given {
    /// The vendor that a host, a name, or a payee as the bank writes it stands for. None for a text that says nothing.
    pub fn new(text: &str, vendor: Candidate) -> Option<Self> {
        let read = payee(text);
        // `ENEL ENERGIA S.P.A.` is no host.
        let is_host = text.contains('.') && !text.contains(char::is_whitespace);
        let host = is_host.then(|| site(text)).flatten().or_else(|| read.host.as_deref().and_then(site));
        Some(Self { key: host.or(read.name).or_else(|| plain_name(text))?, choice: Choice::Vendor(vendor) })
    }
}

impl Plan {
    /// Which of the user's words nothing of the evidence is called by.
    pub fn unheard<'g>(items: &[Item], given: &'g [Given]) -> Vec<&'g str> {
        let plan = Self::grouped(items);
        let heard = |given: &&Given| plan.subjects.iter().any(|subject| subject.wanted.key() == Some(&given.key));
        given.iter().filter(|given| !heard(given)).map(|given| given.key.as_str()).collect()
    }

    /// Decides whom the evidence is about.
    ///
    /// # Errors
    /// The database's.
    pub fn of(connection: &Connection, items: &[Item], given: &[Given]) -> Result<Self> {
        let mut plan = Self::grouped(items);
        let mut lookup = Lookup::new(connection)?;
        for subject in &mut plan.subjects {
            let key = subject.wanted.key();
            if let Some(given) = given.iter().find(|given| Some(given.key.as_str()) == key) {
                subject.answered = true;
                subject.decision = match &given.choice {
                    Choice::Vendor(vendor) => Decision::Vendor(vendor.clone()),
                    Choice::New(new) => Decision::New(new.clone()),
                };
            } else {
                subject.decision = decide(&subject.wanted, &lookup.known(&subject.wanted)?);
            }
        }
        Ok(plan)
    }

    /// The subjects in the order of what they are matched by: neighbours in an index are read together.
    fn grouped(items: &[Item]) -> Self {
        let mut places: HashMap<Wanted, usize> = HashMap::new();
        let mut subjects: Vec<Subject> = Vec::new();
        let mut of: Vec<usize> = Vec::with_capacity(items.len());
        for Item { evidence, .. } in items {
            let wanted = Wanted::of(evidence);
            let place = *places.entry(wanted).or_insert_with_key(|wanted| {
                let what = evidence.host.as_ref().or(evidence.name.as_ref()).cloned().unwrap_or_default();
                subjects.push(Subject {
                    wanted: wanted.clone(),
                    kind: evidence.kind,
                    what,
                    title: None,
                    called: None,
                    decision: Decision::Unmatched,
                    answered: false,
                });
                subjects.len() - 1
            });
            let subject = &mut subjects[place];
            if evidence.kind == Kind::Card && subject.title.is_none() {
                subject.title.clone_from(&evidence.name);
            }
            if subject.called.is_none() {
                subject.called = called(evidence, subject.wanted.site.as_deref());
            }
            of.push(place);
        }
        let mut order: Vec<usize> = (0..subjects.len()).collect();
        order.sort_by(|a, b| subjects[*a].wanted.cmp(&subjects[*b].wanted));
        let mut moved = vec![0; subjects.len()];
        order.iter().enumerate().for_each(|(to, from)| moved[*from] = to);
        subjects.sort_by(|a, b| a.wanted.cmp(&b.wanted));
        of.iter_mut().for_each(|place| *place = moved[*place]);
        Self { subjects, of }
    }

    /// The subjects that only the user can tell, by their places.
    pub fn ambiguous(&self) -> impl Iterator<Item = usize> + '_ {
        let ambiguous = |place: &usize| matches!(self.subjects[*place].decision, Decision::Ambiguous(_));
        (0..self.subjects.len()).filter(ambiguous)
    }
}

/// What a vendor at a site is found by besides: how its company is called. A card of it says so; what the user or a sender
/// calls a login or a letter is a name of the vendor only where the site bears it out (`Deutsche Bahn` at bahn.de): it may
/// be anybody's, as `Mama` at a shop.
fn called(evidence: &Evidence, site: Option<&str>) -> Option<String> {
    let name = evidence.name.as_deref().filter(|name| !name.contains('.')).and_then(plain_name)?;
    let bears_out = |site: &str| is_borne_out(&name, label(site));
    (matches!(evidence.kind, Kind::Card) || site.is_none_or(bears_out)).then_some(name)
}

fn is_borne_out(name: &str, label: &str) -> bool {
    let label = readable(label);
    let plain = plain_name(&label).unwrap_or(label);
    let (joined, whole) = (name.replace(' ', ""), plain.replace(' ', ""));
    let initials: String = name.split(' ').filter_map(|word| word.chars().next()).collect();
    let is_word = |of: &str, word: &str| of.split(' ').any(|own| own == word);
    joined == whole
        || joined.starts_with(&whole)
        || is_word(name, &whole)
        || is_word(&plain, &joined)
        || initials == whole
}

impl Subject {
    /// Who may be meant, where only the user can tell.
    pub fn choices(&self) -> &[Choice] {
        match &self.decision {
            Decision::Ambiguous(choices) => choices,
            _ => &[],
        }
    }

    /// What the user said of it.
    pub fn answer(&self, choice: Choice) -> Option<Given> {
        Some(Given { key: self.wanted.key()?.to_owned(), choice })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::evidence::{Details, Evidence, Place};

    fn item(host: Option<&str>, name: Option<&str>) -> Item {
        let evidence = Evidence {
            kind: Kind::Login,
            host: host.map(str::to_owned),
            name: name.map(str::to_owned),
            account: None,
            claims: Vec::new(),
            first_seen: None,
            last_seen: None,
            key: String::new(),
            place: Place::Line(1),
            details: Details::default(),
        };
        Item { source: 0, evidence }
    }

    #[test]
    fn a_login_s_title_names_its_vendor_where_the_site_bears_it_out() {
        for (name, label) in [
            ("deutsche bahn", "bahn"),
            ("amazon prime", "amazon"),
            ("telekom", "telekom-dienste"),
            ("media markt", "mediamarkt"),
            ("frankfurter allgemeine zeitung", "faz"),
        ] {
            assert!(is_borne_out(name, label), "{name}");
        }
        for (name, label) in [
            ("mama", "amazon"),
            ("netflix", "google"),
            ("anna", "hanna-shop"),
            ("amazon", "audible"),
            ("bob smith", "corp"),
        ] {
            assert!(!is_borne_out(name, label), "{name}");
        }
    }

    #[test]
    fn what_is_about_the_same_is_decided_once() {
        let items = [
            item(Some("www.shop.example"), Some("My shop")),
            item(Some("bank.example"), None),
            item(Some("shop.example"), None),
            item(None, Some("Bank")),
        ];
        let plan = Plan::grouped(&items);
        assert_eq!(plan.subjects.len(), 3);
        assert_eq!(plan.of[0], plan.of[2]);
        let first = &plan.subjects[plan.of[0]];
        assert_eq!((first.what.as_str(), first.called.as_deref()), ("www.shop.example", Some("my shop")));
        assert_eq!(plan.subjects[plan.of[1]].wanted.site.as_deref(), Some("bank.example"));
        assert!(plan.subjects.is_sorted_by(|a, b| a.wanted <= b.wanted));
    }

    #[test]
    fn an_answer_given_beforehand_is_found_by_what_the_file_says() {
        let vendor = Candidate { id: "1".into(), name: "acme".into(), domain: String::new() };
        let key = |text: &str| Given::new(text, vendor.clone()).map(|given| given.key);
        assert_eq!(key("www.bzst.bund.de").as_deref(), Some("bzst.bund.de"));
        assert_eq!(key("PAYPAL *ACME GmbH 0815").as_deref(), Some("acme"));
        assert_eq!(key("ENEL ENERGIA S.P.A."), payee("ENEL ENERGIA S.P.A.").name);
        assert_eq!(key("--"), None);
    }
}
