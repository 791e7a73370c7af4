//! Who the user is, as a manager keeps it to fill forms with: as claims, for the profile to take after asking.

use super::super::address::kept;
use super::super::evidence::Place;
use super::super::sensitive::cleaned;
use super::entry::clean;
use crate::profile::check;
use crate::profile::model::{Address, AddressPart, Claim, ClaimName, ClaimValue};

/// An identity of an export. Numbers of passports, licences and social security are not in it: they are dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// What the user calls it.
    pub title: String,
    /// Where it stands.
    pub place: Place,
    /// Its claims, checked as those that a user types.
    pub claims: Vec<Claim>,
    /// Claims that it has a value for which is none: a birth date that is no date.
    pub left_out: Vec<&'static str>,
    address: Address,
}

/// A text without what no profile should have: numbers of cards, passwords behind addresses, tokens in links.
fn fit(claim: &str, text: &str) -> String {
    let (text, _) = cleaned(text);
    match claim {
        // A page of one's own has a path.
        "website" | "profile" | "picture" => {
            let end = text.find(['?', '#']).unwrap_or(text.len());
            let text = &text[..end];
            if text.split('/').nth(2).is_some_and(|host| host.contains('@')) { String::new() } else { text.to_owned() }
        }
        _ => kept(&text).0,
    }
}

impl Identity {
    pub(super) fn new(title: &str, place: Place) -> Self {
        let title = clean(title).map(|title| kept(&cleaned(&title).0).0).filter(|title| !title.is_empty());
        let title = title.unwrap_or_else(|| "without a name".to_owned());
        Self { title, place, claims: Vec::new(), left_out: Vec::new(), address: Address::default() }
    }

    /// A claim without a label; nothing where the text is blank. The first of a name counts.
    pub(super) fn claim(&mut self, name: &'static str, text: &str) {
        self.labelled(name, None, text);
    }

    /// A claim under a label.
    pub(super) fn labelled(&mut self, name: &'static str, label: Option<&str>, text: &str) {
        let Some(text) = clean(text).map(|text| fit(name, &text)).filter(|text| !text.is_empty()) else { return };
        let plain = ClaimName::plain(name);
        let Ok(name_of) = plain.and_then(|plain| label.map_or_else(|| Ok(plain.clone()), |l| plain.labelled(l))) else {
            return;
        };
        match check::text(name_of.kind(), &text) {
            Ok(value) if self.claims.iter().all(|claim| claim.name != name_of) => {
                self.claims.push(Claim { name: name_of, value });
            }
            Ok(_) => {}
            Err(_) => self.left_out.push(name),
        }
    }

    /// The parts of a name, and the name that they make together.
    pub(super) fn name(&mut self, given: &str, middle: &str, family: &str) {
        let parts = [given, middle, family].into_iter().map(str::trim).filter(|part| !part.is_empty());
        self.claim("name", &parts.collect::<Vec<_>>().join(" "));
        self.claim("given_name", given);
        self.claim("middle_name", middle);
        self.claim("family_name", family);
    }

    /// A part of the address; lines of the street come one after the other.
    pub(super) fn part(&mut self, part: AddressPart, text: &str) {
        let Some(text) = clean(text).map(|text| cleaned(&text).0).filter(|text| !text.is_empty()) else { return };
        let whole = match self.address.part(part) {
            Some(before) => format!("{before}\n{text}"),
            None => text,
        };
        self.address.set_part(part, &whole);
    }

    /// What it comes to; nothing where it says nothing.
    pub(super) fn settled(mut self) -> Option<Self> {
        let address = std::mem::take(&mut self.address);
        if let (false, Ok(name)) = (address.is_empty(), ClaimName::plain("address")) {
            match check::value(name.kind(), ClaimValue::Address(address)) {
                Ok(value) => self.claims.push(Claim { name, value }),
                Err(_) => self.left_out.push("address"),
            }
        }
        Some(self).filter(|identity| !identity.claims.is_empty())
    }
}
