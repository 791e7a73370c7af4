//! Setting a connector up: what the user gives for it.

use std::collections::BTreeMap;
use std::path::Path;

use url::Url;

use super::template::Values;
use super::{File, Given, Settings, render, shelf};
use crate::error::{Error, Result};
use crate::text::printable;

/// The longest value of a field, in bytes.
const MAX_FIELD: usize = 256;

impl Settings {
    /// The settings by what was given: which connector, the vendor's URL, and the fields that the connector wants.
    ///
    /// # Errors
    /// Kind usage for something that is missing; kind not found for an unknown connector; kind bad input for a host or a
    /// field that it does not take.
    pub fn of(given: &Given) -> Result<Self> {
        let missing =
            || Error::usage("--connector is missing: which API it is").hint("cmr vendor connector list shows them");
        let name = given.connector.as_deref().ok_or_else(missing)?;
        let file = shelf::find(name, given.connectors.as_deref())?;
        let host = host(&file, given)?;
        let fields = fields(&file, &given.with)?;
        let nothing = BTreeMap::new();
        let values = Values { claims: &nothing, before: &nothing, gone: &nothing, fields: &fields };
        if render::user(&file, &values)?.is_some_and(|user| user.contains(':')) {
            return Err(Error::bad_input("a user name with a colon cannot be sent with a password"));
        }
        Ok(Self { connector: file, host, fields })
    }
}

/// The one host that a connector is for, where it is not the user who says where the API is.
///
/// # Errors
/// Kind not found for an unknown connector; kind bad input for a file that cannot be used.
pub fn fixed_host(connector: &str, folder: Option<&Path>) -> Result<Option<Url>> {
    shelf::find(connector, folder)?.host.fixed.as_deref().map(fixed).transpose()
}

fn fixed(host: &str) -> Result<Url> {
    Url::parse(host).map_err(|e| Error::damaged(format!("it holds a connector for a host that is no URL: {e}")))
}

fn host(file: &File, given: &Given) -> Result<Url> {
    if let Some(host) = &file.host.fixed {
        let host = fixed(host)?;
        return match given.url.as_ref().filter(|url| url.origin() != host.origin()) {
            Some(other) => Err(Error::bad_input(format!("the connector {} is for {host}, not for {other}", file.name))
                .hint(format!("--url {host}"))),
            None => Ok(host),
        };
    }
    let what = file.host.given.as_deref().unwrap_or_default();
    let missing = || Error::usage(format!("--url is missing: {what}")).hint("--url https://…");
    let url = given.url.clone().ok_or_else(missing)?;
    let is_bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if !is_bare {
        return Err(Error::bad_input("the address of an API holds no name, password, query or fragment").hint(what));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if given.allow_loopback => Ok(url),
        _ => Err(Error::bad_input(format!("{url} is not https: a vendor is reached over TLS"))
            .hint("for tests on this machine: --allow-loopback")),
    }
}

/// The fields that a connector wants, and no others.
fn fields(file: &File, with: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
    if let Some(unknown) = with.keys().find(|name| !file.fields.contains_key(*name)) {
        let names = file.fields.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let what = format!("the connector {} takes no {}", file.name, printable(unknown));
        return Err(Error::usage(what).hint(match names.as_str() {
            "" => "it takes nothing by --with".to_owned(),
            names => format!("it takes: {names}"),
        }));
    }
    let mut fields = BTreeMap::new();
    for (name, field) in &file.fields {
        match with.get(name).map(|value| value.trim()).filter(|value| !value.is_empty()) {
            Some(value) if value.len() > MAX_FIELD || value.chars().any(char::is_control) => {
                let what = format!("{name} is longer than {MAX_FIELD} bytes, or holds a control character");
                return Err(Error::bad_input(what));
            }
            Some(value) => drop(fields.insert(name.clone(), value.to_owned())),
            None if field.optional => {}
            None => {
                return Err(Error::bad_input(format!(
                    "the connector {} wants {name}: {}",
                    file.name, field.description
                ))
                .hint(format!("--with {name}=…")));
            }
        }
    }
    Ok(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(connector: &str, url: &str, with: &[(&str, &str)]) -> Result<Settings> {
        let with = with.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let url = (!url.is_empty()).then(|| Url::parse(url).unwrap());
        Settings::of(&Given { url, connector: Some(connector.to_owned()), with, ..Given::default() })
    }

    fn says(refused: Result<Settings>, words: &str, hint: &str) {
        let error = refused.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        assert!(error.hint_text().unwrap_or_default().contains(hint), "{error}: {:?}", error.hint_text());
    }

    #[test]
    fn a_connector_takes_its_own_fields_and_names_the_one_that_is_missing() {
        let ada = ("user_id", "@ada:chat.example");
        assert_eq!(of("matrix", "https://chat.example", &[ada]).unwrap().fields["user_id"], "@ada:chat.example");
        says(of("matrix", "https://chat.example", &[]), "matrix wants user_id", "--with user_id=…");
        says(of("matrix", "https://chat.example", &[ada, ("shop", "1")]), "takes no shop", "it takes: user_id");
        says(of("matrix", "https://chat.example", &[("user_id", "a\nb")]), "holds a control character", "");
    }

    #[test]
    fn an_api_is_where_its_file_or_the_user_says_and_over_tls() {
        let ada = [("user_id", "@ada:chat.example")];
        says(of("matrix", "", &ada), "--url is missing", "--url");
        says(of("matrix", "http://chat.example", &ada), "is not https", "--allow-loopback");
        says(of("matrix", "https://a:b@chat.example", &ada), "holds no name", "");
        assert_eq!(of("github", "", &[]).unwrap().host.as_str(), "https://api.github.com/");
        assert_eq!(fixed_host("github", None).unwrap(), Url::parse("https://api.github.com").ok());
        assert_eq!(fixed_host("matrix", None).unwrap(), None);
        says(
            of("github", "https://thief.example", &[]),
            "is for https://api.github.com/",
            "--url https://api.github.com/",
        );
    }

    #[test]
    fn a_name_that_would_end_before_its_colon_is_refused() {
        says(of("wordpress", "https://blog.example", &[("username", "ada:x")]), "colon", "");
    }
}
