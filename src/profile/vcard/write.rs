//! From claims to one vCard 4.0 (RFC 6350).

use calcard::common::PartialDateTime;
use calcard::vcard::{
    VCard, VCardEntry, VCardParameter, VCardParameterName, VCardParameterValue, VCardProperty, VCardSex, VCardValue,
    VCardValueType, VCardVersion,
};

use super::labels::types_for;
use super::map::BIRTH_NAME;
use crate::profile::model::{Address, Claim, ClaimValue};

/// Writes claims as one vCard 4.0, with CRLF and in UTF-8. Claims that a vCard cannot carry are left out: see the
/// module's documentation.
pub fn write(claims: &[Claim]) -> String {
    let mut writer = Writer { entries: Vec::new(), groups: 0 };
    writer.push(VCardProperty::Prodid, vec![text("-//cmr//vCard export//EN")], Vec::new());
    writer.names(claims);
    for claim in claims {
        writer.claim(claim);
    }
    let mut out = String::new();
    // Writing into a text does not fail.
    let _ = VCard { entries: writer.entries }.write_to(&mut out, VCardVersion::V4_0);
    out
}

struct Writer {
    entries: Vec<VCardEntry>,
    /// How many properties have a group of their own.
    groups: usize,
}

fn text(text: &str) -> VCardValue {
    VCardValue::Text(text.trim().to_owned())
}

fn parameter(name: VCardParameterName, value: VCardParameterValue) -> VCardParameter {
    VCardParameter { name, value }
}

/// The value of the plain claim of this name.
fn plain<'a>(claims: &'a [Claim], name: &str) -> Option<&'a str> {
    let claim = claims.iter().find(|claim| claim.name.base() == name && claim.name.label().is_none());
    claim.and_then(as_text)
}

fn as_text(claim: &Claim) -> Option<&str> {
    match &claim.value {
        ClaimValue::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
        ClaimValue::Address(_) => None,
    }
}

impl Writer {
    fn push(&mut self, name: VCardProperty, values: Vec<VCardValue>, params: Vec<VCardParameter>) {
        self.entries.push(VCardEntry { group: None, name, params, values });
    }

    /// `FN`, which every card must have, and `N`. A name that is not the customer's own is marked as derived
    /// (RFC 9554, section 4.3).
    fn names(&mut self, claims: &[Claim]) {
        let part = |name| plain(claims, name);
        if part("name").is_none() {
            let parts = [part("given_name"), part("family_name")];
            let joined = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let email = || claims.iter().find(|claim| claim.name.base() == "email").and_then(as_text);
            let name = if joined.is_empty() { email().unwrap_or("Unnamed") } else { &joined };
            let derived = parameter(VCardParameterName::Derived, VCardParameterValue::Bool(true));
            self.push(VCardProperty::Fn, vec![text(name)], vec![derived]);
        }
        let parts = ["family_name", "given_name", "middle_name"].map(|name| part(name).unwrap_or_default());
        if parts.iter().any(|part| !part.is_empty()) {
            let values = parts.into_iter().chain(["", ""]).map(text).collect();
            self.push(VCardProperty::N, values, Vec::new());
        }
    }

    fn claim(&mut self, claim: &Claim) {
        let label = claim.name.label();
        if let ClaimValue::Address(address) = &claim.value {
            return self.address(address, label);
        }
        let Some(value) = as_text(claim) else { return };
        let property = match claim.name.base() {
            "name" => VCardProperty::Fn,
            "nickname" => VCardProperty::Nickname,
            "preferred_username" => VCardProperty::Other("X-PREFERRED-USERNAME".to_owned()),
            "email" => VCardProperty::Email,
            "phone_number" => VCardProperty::Tel,
            "locale" => VCardProperty::Lang,
            "zoneinfo" => VCardProperty::Tz,
            "profile" => VCardProperty::Socialprofile,
            "picture" => VCardProperty::Photo,
            "website" => VCardProperty::Url,
            "birth_family_name" if label.is_none() => VCardProperty::Other(BIRTH_NAME.to_owned()),
            "birthdate" if label.is_none() => return self.birth_date(value),
            "gender" if label.is_none() => return self.gender(value),
            _ => return,
        };
        let mut params = Vec::new();
        if property == VCardProperty::Tz {
            let value_type = VCardParameterValue::ValueType(VCardValueType::Text);
            params.push(parameter(VCardParameterName::Value, value_type));
        }
        self.labelled(property, vec![text(value)], params, label);
    }

    /// A property with what says its label: `PREF` for the plain one; else `PROP-ID` for ourselves, and `TYPE` and
    /// `X-ABLabel` for other programs.
    fn labelled(
        &mut self,
        property: VCardProperty,
        values: Vec<VCardValue>,
        mut params: Vec<VCardParameter>,
        label: Option<&str>,
    ) {
        let several = matches!(property, VCardProperty::Email | VCardProperty::Tel | VCardProperty::Adr);
        let Some(label) = label else {
            if several {
                params.push(parameter(VCardParameterName::Pref, VCardParameterValue::Integer(1)));
            }
            return self.push(property, values, params);
        };
        let (types, complete) = types_for(property.as_str(), label);
        params.extend(
            types.into_iter().map(|known| parameter(VCardParameterName::Type, VCardParameterValue::Type(known))),
        );
        let own = VCardParameterValue::Text(label.to_owned());
        params.push(parameter(VCardParameterName::PropId, own));
        self.push(property, values, params);
        if !complete {
            self.groups += 1;
            let group = Some(format!("item{}", self.groups));
            if let Some(last) = self.entries.last_mut() {
                last.group.clone_from(&group);
            }
            let name = VCardProperty::Other("X-ABLabel".to_owned());
            self.entries.push(VCardEntry { group, name, params: Vec::new(), values: vec![text(label)] });
        }
    }

    /// `ADR`; the whole address goes into its `LABEL`, escaped by RFC 6868.
    fn address(&mut self, address: &Address, label: Option<&str>) {
        if address.is_empty() {
            return;
        }
        let parts =
            [&address.street_address, &address.locality, &address.region, &address.postal_code, &address.country];
        let parts = parts.into_iter().map(|part| part.as_deref().unwrap_or_default());
        let values = ["", ""].into_iter().chain(parts).map(text).collect();
        let formatted = address.formatted.as_deref().map(str::trim).filter(|formatted| !formatted.is_empty());
        let params = formatted.map(|formatted| {
            let escaped = formatted.replace('^', "^^").replace('\n', "^n").replace('"', "^'");
            parameter(VCardParameterName::Label, VCardParameterValue::Text(escaped))
        });
        self.labelled(VCardProperty::Adr, values, params.into_iter().collect(), label);
    }

    fn birth_date(&mut self, value: &str) {
        let mut parts = value.split('-');
        let mut part = || parts.next().map(str::parse::<u16>);
        let (year, month, day) = match (part(), part(), part()) {
            (Some(Ok(year)), None, None) => (Some(year), None, None),
            (Some(Ok(year)), Some(Ok(month)), Some(Ok(day))) => {
                (Some(year).filter(|year| *year != 0), u8::try_from(month).ok(), u8::try_from(day).ok())
            }
            _ => return,
        };
        let date = PartialDateTime { year, month, day, ..Default::default() };
        self.push(VCardProperty::Bday, vec![VCardValue::PartialDateTime(date)], Vec::new());
    }

    fn gender(&mut self, value: &str) {
        let values = match value {
            "male" => vec![VCardValue::Sex(VCardSex::Male)],
            "female" => vec![VCardValue::Sex(VCardSex::Female)],
            "other" => vec![VCardValue::Sex(VCardSex::Other)],
            words => vec![text(""), text(words)],
        };
        self.push(VCardProperty::Gender, values, Vec::new());
    }
}
