//! Which vendor a piece of evidence is about: by its site, then by the directories, then by name. Between two it is never
//! guessed.

use super::evidence::{Evidence, Kind};
use super::payee::payee;
use crate::vendor::identity::{label, plain_name, readable, site};

/// What a piece of evidence is matched by. Pieces that have the same are about the same vendor.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Wanted {
    /// The site that its host belongs to.
    pub site: Option<String>,
    /// The host itself, without `www.`.
    pub host: Option<String>,
    /// The name in plain words, where there is no host.
    pub name: Option<String>,
    /// Whether it is enough to make a vendor of a name alone: a company's card in an address book is.
    pub stands_alone: bool,
}

impl Wanted {
    /// What a piece of evidence is matched by.
    pub fn of(evidence: &Evidence) -> Self {
        Self::new(evidence.kind, evidence.host.as_deref(), evidence.name.as_deref())
    }

    /// The same from its parts.
    pub fn new(kind: Kind, host: Option<&str>, name: Option<&str>) -> Self {
        let read = match (host, name, kind) {
            (None, Some(text), Kind::Payment) => payee(text),
            (None, Some(text), _) => super::payee::Payee { host: None, name: plain_name(text) },
            _ => super::payee::Payee::default(),
        };
        let host = host.map(str::to_owned).or(read.host);
        let host = host.map(|host| host.strip_prefix("www.").map(str::to_owned).unwrap_or(host));
        Self { site: host.as_deref().and_then(site), host, name: read.name, stands_alone: kind == Kind::Card }
    }

    /// What it waits for as long as no vendor is known: a site or a name. A name has no dot in it.
    pub fn key(&self) -> Option<&str> {
        self.site.as_deref().or(self.name.as_deref())
    }
}

/// A vendor that may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: String,
    /// What the user calls it.
    pub name: String,
    /// Its host.
    pub domain: String,
}

/// A company in a public directory that may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What the directory calls it.
    pub name: String,
    /// Its sites, the main one first.
    pub sites: Vec<String>,
    /// The vendors at those sites.
    pub vendors: Vec<Candidate>,
}

/// What is known of whom a piece of evidence may be about.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The user's answer to the same question, earlier.
    pub answered: Option<Candidate>,
    /// Vendors at the site.
    pub at_site: Vec<Candidate>,
    /// Vendors of the name.
    pub named: Vec<Candidate>,
    /// Companies that the directories list under the site or the name.
    pub listed: Vec<Listed>,
}

/// A vendor that is to be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct New {
    /// Its site; none for a company that is known by its name alone.
    pub site: Option<String>,
    /// Its name in full, where something says it.
    pub title: Option<String>,
}

/// One of several that may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// A vendor of the vault.
    Vendor(Candidate),
    /// A company of a directory.
    New(New),
}

impl Choice {
    /// What a person is shown of it.
    pub fn words(&self) -> String {
        match self {
            Choice::Vendor(vendor) if vendor.domain.is_empty() => vendor.name.clone(),
            Choice::Vendor(vendor) => format!("{} ({})", vendor.name, vendor.domain),
            Choice::New(New { site, title }) => {
                let site = site.as_deref().unwrap_or("no site");
                format!("{}, new ({site})", title.as_deref().unwrap_or(site))
            }
        }
    }
}

/// Whom a piece of evidence is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This vendor.
    Vendor(Candidate),
    /// A vendor that the vault does not have yet.
    New(New),
    /// One of these: the user knows.
    Ambiguous(Vec<Choice>),
    /// Nobody that is known.
    Unmatched,
}

/// Decides whom a piece of evidence is about.
pub fn decide(wanted: &Wanted, known: &Known) -> Decision {
    if let Some(vendor) = &known.answered {
        return Decision::Vendor(vendor.clone());
    }
    match &wanted.site {
        Some(site) => by_site(site, wanted.host.as_deref().unwrap_or(site), known),
        None if wanted.name.is_some() => by_name(wanted, known),
        None => Decision::Unmatched,
    }
}

fn by_site(site: &str, host: &str, known: &Known) -> Decision {
    let exactly = || known.at_site.iter().filter(|vendor| vendor.domain.trim_start_matches("www.") == host);
    match known.at_site.as_slice() {
        [] => {}
        [only] => return Decision::Vendor(only.clone()),
        several => {
            return match exactly().collect::<Vec<_>>().as_slice() {
                [only] => Decision::Vendor((*only).clone()),
                _ => Decision::Ambiguous(several.iter().cloned().map(Choice::Vendor).collect()),
            };
        }
    }
    // A site that several companies are listed under says nothing of which of them is meant; it is one vendor all the same.
    let title = |listed: &Listed| (listed.sites.first().map(String::as_str) == Some(site)).then(|| listed.name.clone());
    let [listed] = known.listed.as_slice() else {
        let title = known.listed.iter().find_map(title).filter(|_| known.listed.iter().filter_map(title).count() == 1);
        return Decision::New(New { site: Some(site.to_owned()), title });
    };
    match listed.vendors.as_slice() {
        [] => Decision::New(New { site: Some(site.to_owned()), title: title(listed) }),
        [only] => Decision::Vendor(only.clone()),
        several => Decision::Ambiguous(several.iter().cloned().map(Choice::Vendor).collect()),
    }
}

fn by_name(wanted: &Wanted, known: &Known) -> Decision {
    let mut choices: Vec<Choice> = Vec::new();
    for vendor in known.named.iter().chain(known.listed.iter().flat_map(|listed| &listed.vendors)) {
        push(&mut choices, Choice::Vendor(vendor.clone()));
    }
    // A company of a directory counts where none of its sites is a vendor's already.
    for listed in known.listed.iter().filter(|listed| listed.vendors.is_empty()) {
        if let Some(site) = listed.sites.first() {
            let same = |choice: &Choice| matches!(choice, Choice::New(New { site: Some(other), .. }) if listed.sites.contains(other));
            if !choices.iter().any(same) {
                choices.push(Choice::New(New { site: Some(site.clone()), title: Some(listed.name.clone()) }));
            }
        }
    }
    match choices.as_slice() {
        [] if wanted.stands_alone => Decision::New(New { site: None, title: wanted.name.clone() }),
        [] => Decision::Unmatched,
        [Choice::Vendor(vendor)] => Decision::Vendor(vendor.clone()),
        [Choice::New(new)] => Decision::New(new.clone()),
        _ => Decision::Ambiguous(choices),
    }
}

fn push(choices: &mut Vec<Choice>, choice: Choice) {
    if !choices.contains(&choice) {
        choices.push(choice);
    }
}

/// The names that a new vendor may get, in this order: the first that is free is its own.
pub fn names(new: &New) -> impl Iterator<Item = String> + '_ {
    let site = new.site.as_deref().unwrap_or_default();
    let title = new.title.as_deref().and_then(plain_name).map(|name| name.replace(' ', "-"));
    let first = match site.is_empty() {
        true => title.unwrap_or_else(|| "vendor".to_owned()),
        false => readable(label(site)),
    };
    let base: String = first.chars().filter(|c| c.is_alphanumeric() || *c == '-').take(56).collect();
    let base = match base.trim_matches('-') {
        "" => "vendor".to_owned(),
        base => base.to_owned(),
    };
    let domain = (crate::vendor::check_name(site).is_ok()).then(|| site.to_owned());
    let numbered = base.clone();
    std::iter::once(base).chain(domain).chain((2_u64..).map(move |number| format!("{numbered}-{number}")))
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
