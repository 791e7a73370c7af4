//! What comes out of every reader, and what does not.

use std::io::Cursor;

use super::super::testing::Heard;
use super::samples::{self, LOGINS, MARK};
use super::*;
use crate::import::evidence::Secret;

fn heard(bytes: &[u8]) -> (Heard, Found) {
    let mut heard = Heard::default();
    let found = read_any(Cursor::new(bytes), &mut heard).unwrap();
    (heard, found)
}

#[test]
fn every_format_is_recognised_and_gives_the_same_logins() {
    for (format, bytes) in samples::all() {
        let head = &bytes[..bytes.len().min(HEAD)];
        let known = recognise(head).unwrap_or_else(|| panic!("{format} is not recognised"));
        assert!(known == format || known == Format::Archive, "{format} is taken for {known}");
        let (heard, found) = heard(&bytes);
        assert_eq!(found.format, format);
        let logins: Vec<(String, String)> = LOGINS.map(|(host, account)| (host.into(), account.into())).into();
        assert_eq!(heard.accounts(), logins, "{format}");
        assert!(heard.skipped.is_empty(), "{format}: {:?}", heard.skipped);
        assert!(heard.bytes > 0, "{format} told no progress");
        let shop = heard.found.iter().find(|found| found.host.as_deref() == Some("shop.example")).unwrap();
        assert_eq!(shop.claims, [("email", "ada@example.org".to_owned())], "{format}");
    }
}

#[test]
fn no_secret_comes_out_of_any_reader() {
    for (format, bytes) in samples::all() {
        let (heard, found) = heard(&bytes);
        let told = format!("{heard:?} {found:?}");
        assert!(!told.contains(MARK), "{format} told {told}");
        assert!(heard.dropped(Secret::Password) >= 2, "{format} counted {heard:?}");
    }
}

#[test]
fn secrets_are_counted_by_their_sort() {
    let count = |wanted: Format| {
        let (_, bytes) = samples::all().into_iter().find(|(format, _)| *format == wanted).unwrap();
        let (heard, _) = heard(&bytes);
        [Secret::Password, Secret::SecondFactor, Secret::Card, Secret::Note].map(|secret| heard.dropped(secret))
    };
    // Two logins, the password before, the SSH key, the one in the trash; TOTP and passkey; number and code.
    assert_eq!(count(Format::BitwardenJson), [5, 2, 2, 6]);
    assert_eq!(count(Format::Firefox), [3, 0, 0, 0]);
    assert_eq!(count(Format::Chromium), [3, 0, 0, 1]);
    // Two logins, an old version of one, and one in the recycle bin.
    assert_eq!(count(Format::KeePassXml), [4, 1, 0, 2]);
    assert_eq!(count(Format::ProtonJson), [3, 2, 3, 4]);
    assert_eq!(count(Format::OnePassword), [5, 1, 1, 4]);
}

#[test]
fn identities_become_claims() {
    for (format, bytes) in samples::all() {
        let wanted = match format {
            Format::BitwardenJson => 8,
            Format::OnePassword => 7,
            Format::LastPass => 6,
            Format::ProtonJson => 5,
            Format::ProtonCsv => 2,
            _ => continue,
        };
        let (_, found) = heard(&bytes);
        let [me] = found.identities.as_slice() else { panic!("{format}: {:?}", found.identities) };
        assert_eq!(me.title, "Me");
        assert_eq!(me.claims.len(), wanted, "{format}: {:?}", me.claims);
        let name = me.claims.iter().find(|claim| claim.name.to_string() == "name").unwrap();
        assert!(name.value.to_string().contains("Lovelace"));
        assert!(me.left_out.is_empty(), "{format}: {:?}", me.left_out);
    }
}

#[test]
fn the_files_of_a_dashlane_archive_each_give_what_they_hold() {
    let (_, bytes) = samples::all().into_iter().rfind(|(format, _)| *format == Format::DashlaneCsv).unwrap();
    let (heard, found) = heard(&bytes);
    let titles: Vec<&str> = found.identities.iter().map(|identity| identity.title.as_str()).collect();
    assert_eq!(titles, ["Me", "Mail", "Home"]);
    let address = &found.identities[2].claims[0];
    assert_eq!((address.name.to_string().as_str(), found.identities[2].claims.len()), ("address", 1));
    let reasons: Vec<&str> = heard.passed_over.iter().map(|(_, why)| why.as_str()).collect();
    let document = "ids.csv: a document of identity: its number is never imported";
    let person = "personalInfo.csv: an identity, which is offered to the profile";
    let (card, note) = ("payments.csv: a card or bank account", "securenotes.csv: a secure note");
    assert_eq!(reasons, [document, card, person, person, person, note]);
    assert_eq!(heard.dropped(Secret::Card), 2);
}

#[test]
fn dates_folders_and_reasons_are_told() {
    let sample = |wanted: Format| samples::all().into_iter().find(|(format, _)| *format == wanted).unwrap().1;
    let (keepass, _) = heard(&sample(Format::KeePassXml));
    let shop = &keepass.found[0];
    assert_eq!(shop.first_seen.unwrap().to_string(), "2017-07-14T02:40:00Z");
    assert_eq!(shop.last_seen.unwrap().to_string(), "2020-09-13T12:26:40Z");
    assert_eq!(shop.details.value()["folder"], "Money & more");
    assert_eq!(shop.details.value()["last_seen_by"], "last used");
    assert_eq!(keepass.passed_over[0].1, "in the recycle bin");
    let (bitwarden, _) = heard(&sample(Format::BitwardenJson));
    assert_eq!(bitwarden.found[0].details.value()["folder"], "Money");
    assert_eq!(bitwarden.found[0].key, "i1/shop.example/ada@example.org");
    let reasons: Vec<&str> = bitwarden.passed_over.iter().map(|(_, why)| why.as_str()).collect();
    let identity = "an identity, which is offered to the profile";
    assert_eq!(reasons, ["a secure note", "a card", identity, "an SSH key", "in the trash"]);
    let (firefox, _) = heard(&sample(Format::Firefox));
    assert_eq!(firefox.found[1].details.value()["realm"], "Online banking");
    assert_eq!(firefox.found[1].key, "bank.example/4711");
    let (lastpass, _) = heard(&sample(Format::LastPass));
    assert_eq!(lastpass.found[0].name.as_deref(), Some("Marks & Shop"));
    let (chrome, _) = heard(&sample(Format::Chromium));
    assert_eq!(chrome.passed_over, [(Place::Line(4), "an address on a private network, not a vendor".to_owned())]);
}

#[test]
fn the_same_file_twice_has_the_same_keys() {
    for (format, bytes) in samples::all() {
        let keys = || heard(&bytes).0.found.into_iter().map(|found| found.key).collect::<Vec<_>>();
        let (first, second) = (keys(), keys());
        assert_eq!(first, second, "{format}");
        assert_eq!(first.len(), first.iter().collect::<std::collections::HashSet<_>>().len(), "{format}: {first:?}");
    }
}

#[test]
fn columns_may_stand_in_any_order_and_be_more() {
    let csv = "Password,extra thing,Username,URL,Title,Notes,OTPAuth\nS3CRET,S3CRET,ada@example.org,https://shop.example,Shop,,\n";
    let (heard, found) = heard(csv.as_bytes());
    assert_eq!(found.format, Format::Apple);
    assert_eq!(heard.accounts(), [("shop.example".to_owned(), "ada@example.org".to_owned())]);
    assert_eq!((heard.dropped(Secret::Password), heard.dropped(Secret::Note)), (1, 1));
}

#[test]
fn where_the_password_may_stand_in_the_name_s_place_nothing_is_guessed() {
    let rows = "Shop,https://shop.example,S3CRET,ada@example.org,x\nBank,https://bank.example,S3CRET,ada,x\n";
    let error = super::read_any(std::io::Cursor::new(rows), &mut Heard::default()).unwrap_err();
    assert!(error.to_string().contains("no header"), "{error}");
}

#[test]
fn names_of_logins_hold_no_cards_keys_or_passwords() {
    let text = "title,url,username,password\nVisa 4111 1111 1111 1111,https://a.example,4111111111111111,x\n\
                eps password=S3CRET,https://b.example/S3CRET,ada@example.org:S3CRET,x\n\
                ghp_16C7e42F292c6912E7710c838347Ae178B4a,https://c.example,JBSWY3DPEHPK3PXP,x\n";
    let mut heard = Heard::default();
    super::read_any(std::io::Cursor::new(text), &mut heard).unwrap();
    let told = format!("{:?}", heard.found);
    assert!(["S3CRET", "4111", "ghp_", "JBSW"].iter().all(|secret| !told.contains(secret)), "{told}");
    assert_eq!((heard.found.len(), heard.dropped(Secret::Card), heard.dropped(Secret::SecondFactor)), (3, 2, 1));
    assert_eq!(heard.found[1].account.as_deref(), Some("ada@example.org"));
}

#[test]
fn an_export_without_a_header_is_known_by_its_rows() {
    let csv = "\"empty\"\n\"Shop\",\"https://shop.example/\",\"ada@example.org\",\"S3CRET\",\"S3CRET\"\n\"Bank\",\"\",\"4711\",\"S3CRET\",\"\"\n";
    let (heard, found) = heard(csv.as_bytes());
    assert_eq!(found.format, Format::DashlaneCsv);
    let pair = |host: &str, account: &str| (host.to_owned(), account.to_owned());
    assert_eq!(heard.accounts(), [pair("Bank", "4711"), pair("shop.example", "ada@example.org")]);
    assert!(!format!("{heard:?}").contains(MARK));
    assert_eq!(heard.skipped.len(), 1);
    let csv = "\"Shop\",\"https://shop.example/\",\"ada@example.org\",\"S3CRET\",\"S3CRET\",\"a note\"\n";
    let (heard, _) = super::secrets_tests::heard(csv.as_bytes());
    assert_eq!(heard.accounts(), [pair("shop.example", "ada@example.org")]);
    assert!(!format!("{heard:?}").contains(MARK), "the second login may be a password");
    assert_eq!(recognise(b"name,url,tag,x,y\nShop,https://shop.example,a,b,c\n"), None);
}

#[test]
fn a_table_of_1password_7_is_read_whatever_its_categories_are_called() {
    let csv = ",ainfo,email,Notes,Password,scope,section:name,Type,Title,URL,Username,uuid,website\n\
        ,ada,,S3CRET,S3CRET,Default,S3CRET,Bank,aib,https://bank.example,4711,,\n\
        ,,,S3CRET,,Default,,Secure Note,Note,,,,\n";
    let (heard, found) = heard(csv.as_bytes());
    assert_eq!(found.format, Format::OnePassword7Csv);
    assert_eq!(heard.accounts(), [("bank.example".to_owned(), "4711".to_owned())]);
    assert_eq!((heard.passed_over.len(), heard.dropped(Secret::Note)), (1, 3));
}

#[test]
fn a_login_by_passkey_alone_is_one() {
    let passkey =
        r#"{"rpId": "shop.example", "userName": "ada@example.org", "keyValue": "S3CRET", "content": "S3CRET"}"#;
    let bitwarden = format!(
        r#"{{"encrypted": false, "folders": [], "items": [{{"id": "1", "type": 1, "name": "Shop", "login": {{"uris": [],
            "username": null, "password": null, "fido2Credentials": [{passkey}]}}}}]}}"#
    );
    let proton = format!(
        r#"{{"encrypted": false, "userId": "u", "vaults": {{"v": {{"name": "P", "items": [{{"itemId": "1", "state": 1, "data": {{"type": "login",
            "metadata": {{"name": "Shop"}}, "content": {{"urls": [], "passkeys": [{passkey}]}}}}}}]}}}}}}"#
    );
    for text in [bitwarden, proton] {
        let (heard, _) = heard(text.as_bytes());
        assert_eq!(heard.accounts(), [("shop.example".to_owned(), "ada@example.org".to_owned())], "{text}");
        assert_eq!(heard.dropped(Secret::SecondFactor), 1);
        assert!(!format!("{heard:?}").contains(MARK));
    }
}
