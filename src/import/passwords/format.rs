//! The formats by name.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;
use crate::text::nearest;

/// A format that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Bitwarden's JSON, of a person or an organisation.
    BitwardenJson,
    /// Bitwarden's CSV.
    BitwardenCsv,
    /// 1Password's own archive (1PUX), or the `export.data` within it.
    OnePassword,
    /// 1Password 8's CSV.
    OnePasswordCsv,
    /// The CSV of 1Password 7 and before.
    OnePassword7Csv,
    /// KeePass 2 XML, as KeePassXC and others write it too.
    KeePassXml,
    /// KeePass 1 or KeePassX XML.
    KeePass1Xml,
    /// KeePass CSV (1.x).
    KeePassCsv,
    /// KeePassXC's CSV.
    KeePassXcCsv,
    /// Firefox's CSV, and Thunderbird's.
    Firefox,
    /// The CSV of Chrome, Edge, Brave, Opera, Vivaldi.
    Chromium,
    /// The CSV of Apple's Passwords and Safari.
    Apple,
    /// LastPass's CSV.
    LastPass,
    /// A CSV of Dashlane's: logins, payments, ids, notes or personal data.
    DashlaneCsv,
    /// Dashlane's JSON.
    DashlaneJson,
    /// Proton Pass's CSV.
    ProtonCsv,
    /// Proton Pass's JSON.
    ProtonJson,
    /// A table with columns for an address, a user name and a password.
    OtherCsv,
    /// A ZIP archive, which its content tells more of.
    Archive,
    /// Something that cannot be read, and whose name is known.
    Sealed(Sealed),
}

/// What is known by name and not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sealed {
    /// A KeePass database (`.kdbx`, `.kdb`).
    KeePass,
    /// A message that is encrypted with OpenPGP: Proton Pass, or by hand.
    Pgp,
    /// A file that is encrypted with age.
    Age,
    /// Bitwarden's encrypted JSON.
    Bitwarden,
    /// The `logins.json` of a Firefox profile.
    Firefox,
    /// 1Password's interchange format (1PIF), which is no longer written.
    OnePif,
    /// Enpass's JSON.
    Enpass,
    /// Keeper's JSON.
    Keeper,
    /// A ZIP archive with a password.
    Zip,
}

/// Each with the name that `--format` takes, and its title.
const NAMES: [(Format, &str, &str); 19] = [
    (Format::BitwardenJson, "bitwarden-json", "Bitwarden JSON"),
    (Format::BitwardenCsv, "bitwarden-csv", "Bitwarden CSV"),
    (Format::OnePassword, "1password-1pux", "1Password 1PUX"),
    (Format::OnePasswordCsv, "1password-csv", "1Password CSV"),
    (Format::OnePassword7Csv, "1password7-csv", "1Password 7 CSV"),
    (Format::KeePassXml, "keepass-xml", "KeePass XML"),
    (Format::KeePass1Xml, "keepass1-xml", "KeePass 1 XML"),
    (Format::KeePassCsv, "keepass-csv", "KeePass CSV"),
    (Format::KeePassXcCsv, "keepassxc-csv", "KeePassXC CSV"),
    (Format::Firefox, "firefox", "Firefox CSV"),
    (Format::Chromium, "chrome", "Chrome CSV"),
    (Format::Apple, "apple", "Apple Passwords CSV"),
    (Format::LastPass, "lastpass", "LastPass CSV"),
    (Format::DashlaneCsv, "dashlane-csv", "Dashlane CSV"),
    (Format::DashlaneJson, "dashlane-json", "Dashlane JSON"),
    (Format::ProtonCsv, "proton-csv", "Proton Pass CSV"),
    (Format::ProtonJson, "proton-json", "Proton Pass JSON"),
    (Format::OtherCsv, "csv", "CSV of logins"),
    (Format::Archive, "zip", "ZIP archive of an export"),
];

impl Format {
    /// All that `--format` takes.
    pub fn all() -> impl Iterator<Item = Format> {
        NAMES.into_iter().map(|(format, ..)| format)
    }

    /// The name that `--format` takes.
    pub fn name(self) -> &'static str {
        NAMES.into_iter().find(|(own, ..)| *own == self).map_or("encrypted", |(_, name, _)| name)
    }

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Format::Sealed(sealed) => sealed.title(),
            _ => NAMES.into_iter().find(|(own, ..)| *own == self).map_or("an export", |(.., title)| title),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title())
    }
}

impl FromStr for Format {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wanted = text.trim().to_ascii_lowercase();
        if let Some((format, ..)) = NAMES.into_iter().find(|(_, name, _)| *name == wanted) {
            return Ok(format);
        }
        let near = nearest(&wanted, NAMES.iter().map(|(_, name, _)| *name));
        let hint = match near.as_slice() {
            [] => NAMES.map(|(_, name, _)| name).join(", "),
            near => format!("did you mean {}?", near.join(" or ")),
        };
        Err(Error::usage(format!("there is no format {text:?} of passwords")).hint(hint))
    }
}

impl Sealed {
    /// What it is.
    pub fn title(self) -> &'static str {
        match self {
            Sealed::KeePass => "an encrypted KeePass database",
            Sealed::Pgp => "encrypted with OpenPGP",
            Sealed::Age => "encrypted with age",
            Sealed::Bitwarden => "an encrypted Bitwarden export",
            Sealed::Firefox => "the encrypted logins.json of a Firefox profile",
            Sealed::OnePif => "a 1PIF file of an old 1Password, which is not read",
            Sealed::Enpass => "an Enpass JSON, which is not read",
            Sealed::Keeper => "a Keeper JSON, which is not read",
            Sealed::Zip => "a ZIP archive with a password",
        }
    }

    /// Why it is refused, and what to do.
    pub fn refusal(self) -> Error {
        let what = match self {
            Sealed::KeePass => "in KeePass or KeePassXC, export as XML or CSV",
            Sealed::Bitwarden => "in Bitwarden, export as .json, not as .json (Encrypted)",
            Sealed::Firefox => "in Firefox, export the passwords as CSV from about:logins",
            Sealed::OnePif => "in 1Password 8, export as 1PUX",
            Sealed::Enpass => "in Enpass, export as CSV with a header",
            Sealed::Keeper => {
                "in Keeper, export as CSV, with a first line: folder,title,login,password,url,notes,shared folder,custom fields"
            }
            Sealed::Pgp => "export without encryption, or decrypt it",
            Sealed::Age | Sealed::Zip => "decrypt it, or export without a password",
        };
        Error::bad_input(format!("this is {}", self.title()))
            .hint(format!("{what}; then: cmr import passwords FILE, and delete the file"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_a_name_that_is_read_back() {
        for format in Format::all() {
            assert_eq!(format.name().parse::<Format>().unwrap(), format);
            assert!(!format.title().is_empty());
        }
        let error = "bitwardn".parse::<Format>().unwrap_err();
        assert!(error.hint_text().unwrap().contains("bitwarden-json"));
    }
}
