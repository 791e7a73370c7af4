//! The records of datenanfragen/data, by its JSON schemas (`schema.json` and those beside it).

use serde::Deserialize;

use super::place::{self, Kind, LARGEST_RECORD, Place};
use super::{Contacts, Desk, Directory, DirectoryRecord, Pack, Required, Sort, without_mark};
use crate::error::Result;
use crate::text::printable;

/// A company, an authority or an obsolete record: the schemas have their members in common. What is not of use here
/// (sources, templates) is let go.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Raw {
    slug: String,
    name: String,
    #[serde(default)]
    relevant_countries: Vec<String>,
    #[serde(default)]
    runs: Vec<String>,
    address: Option<String>,
    phone: Option<String>,
    fax: Option<String>,
    email: Option<String>,
    webform: Option<String>,
    web: Option<String>,
    pgp_fingerprint: Option<String>,
    pgp_url: Option<String>,
    #[serde(default)]
    required_elements: Vec<RawRequired>,
    request_language: Option<String>,
    complaint_language: Option<String>,
    #[serde(default)]
    needs_id_document: bool,
    suggested_transport_medium: Option<String>,
    #[serde(default)]
    comments: Vec<String>,
    quality: Option<String>,
    reason: Option<String>,
    redirect_to: Option<String>,
}

#[derive(Deserialize)]
struct RawRequired {
    desc: String,
    #[serde(rename = "type", default)]
    sort: String,
    #[serde(default)]
    optional: bool,
}

#[derive(Deserialize)]
struct RawPack {
    slug: String,
    #[serde(rename = "type", default)]
    sort: String,
    #[serde(default)]
    companies: Vec<String>,
}

/// Reads a folder of records.
pub(super) fn read(place: &Place, desk: &mut Desk) -> Result<()> {
    let (files, left_out) = place::files(&place.path)?;
    for (file, why) in left_out {
        desk.bad(&file, why)?;
    }
    for path in files {
        let file = place::short(&path);
        let bytes = match place::bytes(&path, LARGEST_RECORD) {
            Ok(bytes) => bytes,
            Err(why) => {
                desk.bad(&file, &why)?;
                continue;
            }
        };
        let country = path.file_stem().unwrap_or_default().to_string_lossy();
        match place.kind {
            Kind::Packs => match packs(&bytes, &country) {
                Ok(packs) => packs.into_iter().try_for_each(|pack| desk.pack(pack))?,
                Err(why) => desk.bad(&file, &why)?,
            },
            kind => match record(&bytes, kind) {
                Ok(record) => desk.record(record)?,
                Err(why) => desk.bad(&file, &why)?,
            },
        }
    }
    Ok(())
}

/// One record, or why it is none.
pub(super) fn record(bytes: &[u8], kind: Kind) -> Result<DirectoryRecord, String> {
    let raw: Raw = serde_json::from_slice(without_mark(bytes)).map_err(|error| unread(&error))?;
    let sort = match kind {
        Kind::Authorities => Sort::Authority,
        Kind::Obsolete => Sort::Obsolete,
        _ if raw.reason.is_some() => Sort::Obsolete,
        _ => Sort::Company,
    };
    let (slug, name) = (line(&raw.slug), line(&raw.name));
    if slug.is_empty() || name.is_empty() {
        return Err("it has no slug or no name".to_owned());
    }
    Ok(DirectoryRecord {
        source: Directory::Datenanfragen,
        sort,
        slug,
        name,
        domains: raw.web.as_deref().and_then(host).into_iter().collect(),
        aliases: lines(&raw.runs),
        contacts: Contacts {
            email: some(raw.email),
            webform: some(raw.webform),
            address: raw
                .address
                .iter()
                .flat_map(|address| address.lines())
                .map(line)
                .filter(|l| !l.is_empty())
                .collect(),
            fax: some(raw.fax),
            phone: some(raw.phone),
            pgp_fingerprint: some(raw.pgp_fingerprint),
            pgp_url: some(raw.pgp_url),
        },
        countries: lines(&raw.relevant_countries).into_iter().filter(|country| country != "all").collect(),
        language: some(raw.request_language.or(raw.complaint_language)),
        deletion: None,
        requires: raw.required_elements.iter().map(RawRequired::required).collect(),
        needs_id_document: raw.needs_id_document,
        medium: some(raw.suggested_transport_medium),
        comments: lines(&raw.comments),
        quality: some(raw.quality),
        obsolete: some(raw.reason),
        replaced_by: some(raw.redirect_to),
    })
}

impl RawRequired {
    fn required(&self) -> Required {
        let sort = if self.sort.is_empty() { "input".to_owned() } else { line(&self.sort) };
        Required { what: line(&self.desc), sort, optional: self.optional }
    }
}

/// The packs of a country's file, or why there are none.
pub(super) fn packs(bytes: &[u8], country: &str) -> Result<Vec<Pack>, String> {
    let raw: Vec<RawPack> = serde_json::from_slice(without_mark(bytes)).map_err(|error| unread(&error))?;
    let pack = |raw: RawPack| Pack {
        slug: line(&raw.slug),
        country: line(country),
        add_all: raw.sort == "add-all",
        companies: lines(&raw.companies),
    };
    Ok(raw.into_iter().map(pack).collect())
}

/// Why JSON could not be read, with its line.
pub(super) fn unread(error: &serde_json::Error) -> String {
    printable(&format!("not a record: {error}"))
}

/// The longest text of a record that is kept, in characters.
const LONGEST: usize = 8192;

/// Somebody else's text in one line, fit for a terminal.
pub(super) fn line(text: &str) -> String {
    let text: String = printable(text).chars().take(LONGEST).collect();
    text.trim().to_owned()
}

fn lines(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| line(text)).filter(|text| !text.is_empty()).collect()
}

/// A text that may be missing, or as good as missing.
pub(super) fn some(text: Option<String>) -> Option<String> {
    text.map(|text| line(&text)).filter(|text| !text.is_empty())
}

/// The host of an address, without a leading `www.`.
pub(super) fn host(address: &str) -> Option<String> {
    let address = address.trim();
    let url = match url::Url::parse(address) {
        Ok(url) if url.has_host() => url,
        _ => url::Url::parse(&format!("https://{address}")).ok()?,
    };
    let url::Host::Domain(domain) = url.host()? else { return None };
    let domain = domain.trim_end_matches('.');
    let domain = domain.strip_prefix("www.").filter(|rest| rest.contains('.')).unwrap_or(domain);
    domain.contains('.').then(|| domain.to_ascii_lowercase())
}
