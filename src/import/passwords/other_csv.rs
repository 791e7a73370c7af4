//! Any table with a header that names an address, a user name and a password, in the languages of [`super::columns`]; and
//! NordPass's, which has Chrome's columns and those of cards and identities.

use std::borrow::Cow;

use super::super::evidence::Sink;
use super::columns::Role;
use super::format::Format;
use super::identity::Identity;
use super::layout::{Cells, Layout, Sort};
use crate::profile::model::AddressPart;

/// It has no marks: it is tried last, and by what its columns mean.
pub(super) static LAYOUT: Layout = Layout {
    columns: &[("additional_urls", Role::Address), ("!group_name", Role::Folder)],
    sort,
    mend,
    addresses,
    ..Layout::plain(Format::OtherCsv, &[])
};

/// What the managers that have more than logins in one table call their items; other tables have logins alone.
fn sort(cells: &Cells<'_>, _: &mut dyn Sink) -> Sort {
    match () {
        () if cells.has("cardholdername") => of_nordpass(cells),
        () if cells.has("!group_id") => of_buttercup(cells),
        // True Key.
        () if cells.has("autologin") && !matches!(cells.named("kind"), "" | "login") => Sort::Other("no login"),
        () => Sort::Login,
    }
}

fn of_buttercup(cells: &Cells<'_>) -> Sort {
    match (cells.named("!type"), cells.named("!group_name")) {
        ("group", _) => Sort::Other("a folder"),
        (_, "Trash") => Sort::Other("in the trash"),
        _ => Sort::Login,
    }
}

fn of_nordpass(cells: &Cells<'_>) -> Sort {
    match cells.get(Role::Sort) {
        "credit_card" => Sort::Other("a card"),
        "note" => Sort::Other("a secure note"),
        "folder" => Sort::Other("a folder"),
        "document" => Sort::Other("a document"),
        "identity" | "personal_info" => Sort::identity(person(cells)),
        _ => Sort::Login,
    }
}

fn person(cells: &Cells<'_>) -> Identity {
    let field = |name: &str| cells.named(name);
    let mut identity = Identity::new(field("name"), cells.place());
    identity.claim("name", field("full_name"));
    identity.claim("email", field("email"));
    identity.claim("phone_number", field("phone_number"));
    identity.part(AddressPart::Street, field("address1"));
    identity.part(AddressPart::Street, field("address2"));
    identity.part(AddressPart::Locality, field("city"));
    identity.part(AddressPart::Region, field("state"));
    identity.part(AddressPart::PostalCode, field("zipcode"));
    identity.part(AddressPart::Country, field("country"));
    identity
}

/// Without the apostrophe that keeps a spreadsheet from taking a text for a formula, as RoboForm writes it.
fn mend(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(text))
}

/// One address, or several: as a list in JSON, or parted as Bitwarden does.
fn addresses(field: &str) -> Vec<&str> {
    match field.starts_with('[') {
        true => serde_json::from_str(field).unwrap_or_default(),
        false => super::bitwarden_csv::addresses(field),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::Heard;
    use super::super::{Format, read};
    use crate::import::evidence::Place;

    #[test]
    fn nordpass_has_more_than_logins() {
        let text = "name,url,additional_urls,username,password,note,cardholdername,cardnumber,cvc,pin,expirydate,zipcode,folder,\
                    full_name,phone_number,email,address1,address2,city,country,state,type,custom_fields\n\
                    Shop,https://shop.example,\"[\"\"https://pay.example/x\"\"]\",ada,S3CRET,,,,,,,,,,,,,,,,,password,\n\
                    Card,,,,,,Ada,4111111111111111,123,,,,,,,,,,,,,credit_card,\n\
                    Me,,,,,,,,,,,12345,,Ada Lovelace,+442071234567,ada@example.org,1 Square,,London,GB,,identity,\n";
        let mut heard = Heard::default();
        let found = read(Format::OtherCsv, std::io::Cursor::new(text), &mut heard).unwrap();
        let hosts: Vec<_> = heard.found.iter().filter_map(|found| found.host.clone()).collect();
        assert_eq!(hosts, ["shop.example", "pay.example"]);
        let [identity] = found.identities.as_slice() else { panic!("{found:?}") };
        assert_eq!((identity.title.as_str(), identity.place), ("Me", Place::Line(4)));
        let names: Vec<String> = identity.claims.iter().map(|claim| claim.name.to_string()).collect();
        assert_eq!(names, ["name", "email", "phone_number", "address"]);
        assert!(!format!("{heard:?}{found:?}").contains("S3CRET"));
    }

    fn heard(text: &str) -> (Heard, Vec<String>) {
        let mut heard = Heard::default();
        let found = read(Format::OtherCsv, std::io::Cursor::new(text), &mut heard).unwrap();
        (heard, found.remarks)
    }

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter().map(|(name, account)| ((*name).to_owned(), (*account).to_owned())).collect()
    }

    #[test]
    fn an_address_column_is_known_by_a_word_of_its_name() {
        for column in
            ["web", "Site URL", "Website Address", "login_url", "Internetseite", "Password URL", "Web address"]
        {
            let (heard, remarks) =
                heard(&format!("Title,{column},Username,Password\nShop,https://shop.example/x,ada,S3CRET\n"));
            assert_eq!(heard.accounts(), pairs(&[("shop.example", "ada")]), "{column}");
            assert!(remarks.is_empty());
        }
        let (heard, _) = heard("Title,Web PIN,Username,Password\nShop,https://1234.example,ada,S3CRET\n");
        assert_eq!(heard.accounts(), pairs(&[("Shop", "ada")]));
    }

    #[test]
    fn an_address_in_a_column_that_is_not_read_is_said_once() {
        let (heard, remarks) =
            heard("Title,Where,Username,Password\nA,,ada,x\nB,https://b.example,ada,x\nC,https://c.example,ada,x\n");
        assert_eq!(heard.found.len(), 3);
        let expected = "line 3: the column \"where\" holds an address, and is not read: call it \"url\" in the header";
        assert_eq!(remarks, [expected]);
    }

    #[test]
    fn what_other_managers_write_beside_logins() {
        let keeper = "Folder,Title,Login,Password,Website Address,Notes,Shared Folder,Custom Fields\n\
                      F,Shop,ada,S3CRET,https://shop.example,,,PIN,S3CRET,Old,S3CRET\n";
        let (keeper, _) = heard(keeper);
        assert_eq!((keeper.accounts(), keeper.skipped.len()), (pairs(&[("shop.example", "ada")]), 0));
        assert!(!format!("{keeper:?}").contains("S3CRET"));
        let buttercup = "!type,!group_id,!group_name,title,username,password,URL\ngroup,1,Trash,,,,\n\
                         entry,1,Trash,Old,ada,S3CRET,https://old.example\nentry,2,Main,Shop,ada,S3CRET,https://shop.example\n";
        let (buttercup, _) = heard(buttercup);
        assert_eq!((buttercup.accounts(), buttercup.passed_over.len()), (pairs(&[("shop.example", "ada")]), 2));
        let safe =
            "Group/Title\tUsername\tPassword\nShops.Amazon\tada\tS3CRET\nplain\tada\tS3CRET\nA.shop»example\tada\tx\n";
        let (safe, _) = heard(safe);
        assert_eq!(safe.accounts(), pairs(&[("Amazon", "ada"), ("plain", "ada"), ("shop.example", "ada")]));
        let robo = "Name,Url,MatchUrl,Login,Pwd\nShop,https://shop.example,https://other.example,'@ada,S3CRET\n";
        assert_eq!(heard(robo).0.accounts(), pairs(&[("shop.example", "@ada")]));
    }

    #[test]
    fn the_form_s_fields_of_roboform_are_dropped() {
        let text = "Name,Url,MatchUrl,Login,Pwd,Note,Folder,RfFieldsV2\n\
                    Shop,https://shop.example,https://shop.example,ada,S3CRET,,/,\"User,,,txt,ada\",\"Password,,,pwd,S3CRET\"\n";
        let mut heard = Heard::default();
        read(Format::OtherCsv, std::io::Cursor::new(text), &mut heard).unwrap();
        assert_eq!(heard.found[0].account.as_deref(), Some("ada"));
        assert!(!format!("{heard:?}").contains("S3CRET"));
    }
}
