//! What a profile is made of: claims with OpenID names, some of them repeated under a label.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What the values of a claim look like, and so how they are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// Any text on one line.
    Text,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// A date, `YYYY-MM-DD`, or `0000-MM-DD`, or a year (OpenID Connect Core, section 5.1).
    Date,
    /// An http(s) URL.
    Url,
    /// A time zone of the IANA database.
    Zone,
    /// A language tag (BCP 47).
    Locale,
    /// A postal address in parts.
    Address,
}

/// A claim that a profile can hold.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimKind {
    /// Name in OpenID Connect Core, section 5.1.
    pub name: &'static str,
    /// How its values are checked.
    pub shape: Shape,
    /// The category of personal data it belongs to: a term of DPV 2.2's PD extension.
    pub category: &'static str,
}

const fn kind(name: &'static str, shape: Shape, category: &'static str) -> ClaimKind {
    ClaimKind { name, shape, category }
}

/// Every claim that a profile can hold: the standard claims of OpenID Connect Core, section 5.1, without those that
/// only an identity provider can state (`sub`, `email_verified`, `phone_number_verified`, `updated_at`).
pub static CATALOGUE: [ClaimKind; 17] = [
    kind("name", Shape::Text, "Name"),
    kind("given_name", Shape::Text, "Name"),
    kind("family_name", Shape::Text, "Name"),
    kind("middle_name", Shape::Text, "Name"),
    kind("nickname", Shape::Text, "Name"),
    kind("preferred_username", Shape::Text, "Username"),
    kind("email", Shape::Email, "EmailAddress"),
    kind("phone_number", Shape::Phone, "TelephoneNumber"),
    kind("address", Shape::Address, "PhysicalAddress"),
    kind("birthdate", Shape::Date, "BirthDate"),
    kind("gender", Shape::Text, "Gender"),
    kind("locale", Shape::Locale, "Language"),
    kind("zoneinfo", Shape::Zone, "Location"),
    kind("profile", Shape::Url, "Profile"),
    kind("picture", Shape::Url, "Picture"),
    kind("website", Shape::Url, "Contact"),
    kind("birth_family_name", Shape::Text, "Name"),
];

/// The claim of this OpenID name.
///
/// # Errors
/// Kind not found, naming the nearest names.
pub fn claim_kind(name: &str) -> Result<&'static ClaimKind> {
    CATALOGUE.iter().find(|kind| kind.name == name).ok_or_else(|| {
        let near = crate::text::nearest(name, CATALOGUE.iter().map(|kind| kind.name));
        Error::not_found(format!("there is no claim named {name:?}")).hint(match near.as_slice() {
            [] => "the names are those of OpenID Connect: cmr profile show --all lists them".to_owned(),
            near => format!("did you mean {}?", near.join(" or ")),
        })
    })
}

/// A claim by name, with its label where it is one of several: `email`, `address.home`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimName {
    kind: &'static ClaimKind,
    label: Option<String>,
}

impl ClaimName {
    /// The claim of an OpenID name, without a label.
    ///
    /// # Errors
    /// Kind not found for an unknown name.
    pub fn plain(name: &str) -> Result<Self> {
        Ok(Self { kind: claim_kind(name)?, label: None })
    }

    /// The same claim under a label. The label is made of lower-case letters, digits, `-` and `_`.
    ///
    /// # Errors
    /// Kind bad input for a label of other characters, of more than 32, or one that is a part of an address.
    pub fn labelled(&self, label: &str) -> Result<Self> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        let taken = AddressPart::named(label).is_some() || label == super::form::MAIN;
        if label.is_empty() || label.len() > 32 || !label.chars().all(allowed) || taken {
            return Err(Error::bad_input(format!("{label:?} cannot be a label"))
                .hint("a label is 1 to 32 of a-z, 0-9, - and _, such as home, work or billing"));
        }
        Ok(Self { kind: self.kind, label: Some(label.to_owned()) })
    }

    /// What the claim is.
    pub fn kind(&self) -> &'static ClaimKind {
        self.kind
    }

    /// The OpenID name, without the label: what stands on the wire.
    pub fn base(&self) -> &'static str {
        self.kind.name
    }

    /// The label.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }
}

impl fmt::Display for ClaimName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.label {
            None => f.write_str(self.kind.name),
            Some(label) => write!(f, "{}.{label}", self.kind.name),
        }
    }
}

impl fmt::Debug for ClaimName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ClaimName {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.split_once('.') {
            None => Self::plain(text),
            Some((name, label)) => Self::plain(name)?.labelled(label),
        }
    }
}

impl Serialize for ClaimName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClaimName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A part of an address (OpenID Connect Core, section 5.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressPart {
    /// The whole, as printed on a label.
    Formatted,
    /// Street and number, possibly several lines.
    Street,
    /// City.
    Locality,
    /// State, province, region.
    Region,
    /// Postal code.
    PostalCode,
    /// Country.
    Country,
}

impl AddressPart {
    /// All parts, in the order in which they are shown.
    pub const ALL: [AddressPart; 6] = [
        AddressPart::Formatted,
        AddressPart::Street,
        AddressPart::Locality,
        AddressPart::Region,
        AddressPart::PostalCode,
        AddressPart::Country,
    ];

    /// The OpenID name.
    pub fn name(self) -> &'static str {
        match self {
            AddressPart::Formatted => "formatted",
            AddressPart::Street => "street_address",
            AddressPart::Locality => "locality",
            AddressPart::Region => "region",
            AddressPart::PostalCode => "postal_code",
            AddressPart::Country => "country",
        }
    }

    /// The part of an OpenID name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

/// A postal address; empty parts are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// See [`AddressPart::Formatted`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// See [`AddressPart::Street`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    /// See [`AddressPart::Locality`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// See [`AddressPart::Region`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// See [`AddressPart::PostalCode`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// See [`AddressPart::Country`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

impl Address {
    /// One part.
    pub fn part(&self, part: AddressPart) -> Option<&str> {
        match part {
            AddressPart::Formatted => self.formatted.as_deref(),
            AddressPart::Street => self.street_address.as_deref(),
            AddressPart::Locality => self.locality.as_deref(),
            AddressPart::Region => self.region.as_deref(),
            AddressPart::PostalCode => self.postal_code.as_deref(),
            AddressPart::Country => self.country.as_deref(),
        }
    }

    /// Sets one part; an empty text removes it.
    pub fn set_part(&mut self, part: AddressPart, text: &str) {
        let value = Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        match part {
            AddressPart::Formatted => self.formatted = value,
            AddressPart::Street => self.street_address = value,
            AddressPart::Locality => self.locality = value,
            AddressPart::Region => self.region = value,
            AddressPart::PostalCode => self.postal_code = value,
            AddressPart::Country => self.country = value,
        }
    }

    /// Whether no part is set.
    pub fn is_empty(&self) -> bool {
        AddressPart::ALL.iter().all(|part| self.part(*part).is_none())
    }
}

/// The value of one claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ClaimValue {
    /// All claims but addresses.
    Text(String),
    /// An address.
    Address(Address),
}

impl ClaimValue {
    /// The value of JSON, as it stands on the wire; none for what is no value.
    pub fn of_json(json: &serde_json::Value) -> Option<Self> {
        serde_json::from_value(json.clone()).ok()
    }

    /// The value as JSON, as it stands on the wire and in the vault.
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        match self {
            ClaimValue::Text(text) => text.trim().is_empty(),
            ClaimValue::Address(address) => address.is_empty(),
        }
    }
}

impl fmt::Display for ClaimValue {
    /// On one line, for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClaimValue::Text(text) => f.write_str(text),
            ClaimValue::Address(address) => {
                let town = [&address.postal_code, &address.locality].map(Option::as_deref);
                let town = town.into_iter().flatten().collect::<Vec<_>>().join(" ");
                let lines = [
                    address.street_address.as_deref(),
                    Some(town.as_str()),
                    address.region.as_deref(),
                    address.country.as_deref(),
                ];
                let line = lines.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
                let line = if line.is_empty() { address.formatted.clone().unwrap_or_default() } else { line };
                f.write_str(&line.replace('\n', ", "))
            }
        }
    }
}

/// A claim and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Which claim.
    pub name: ClaimName,
    /// Its value.
    pub value: ClaimValue,
}
