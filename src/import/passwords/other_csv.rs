//! Any table with a header that names an address, a user name and a password, in the languages of [`super::columns`]; and
//! NordPass's, which has Chrome's columns and those of cards and identities.

use super::super::evidence::Sink;
use super::columns::Role;
use super::format::Format;
use super::identity::Identity;
use super::layout::{Cells, Layout, Sort};
use crate::profile::model::AddressPart;

/// It has no marks: it is tried last, and by what its columns mean.
pub(super) static LAYOUT: Layout =
    Layout { columns: &[("additional_urls", Role::Address)], sort, addresses, ..Layout::plain(Format::OtherCsv, &[]) };

/// What NordPass calls its items; other tables have logins alone.
fn sort(cells: &Cells<'_>, _: &mut dyn Sink) -> Sort {
    if !cells.has("cardholdername") {
        return Sort::Login;
    }
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
