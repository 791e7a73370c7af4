//! Files that other people's software wrote, found through `CMR_CORPUS`; they are no part of this repository.

use std::path::{Path, PathBuf};

use super::*;

/// The folder of vCards, or a notice that there is none; a build server must have it.
fn corpus() -> Option<PathBuf> {
    match std::env::var_os("CMR_CORPUS") {
        Some(root) => Some(Path::new(&root).join("vcard")),
        None if std::env::var_os("CI").is_some() => panic!("CMR_CORPUS is not set, and CI is"),
        None => {
            println!("skipped: CMR_CORPUS is not set, so no real vCard was read");
            None
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder of the corpus") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn cards(folder: &Path, name: &str) -> CardFile {
    let bytes = std::fs::read(folder.join("ez-vcard").join(name)).expect("a file of the corpus");
    read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn shown(card: &Card) -> Vec<String> {
    card.claims.iter().map(|claim| format!("{}={}", claim.name, claim.value)).collect()
}

#[track_caller]
fn holds(card: &Card, expected: &[&str]) {
    let shown = shown(card);
    for expected in expected {
        assert!(shown.iter().any(|claim| claim == expected), "{expected} is not in {shown:#?}");
    }
}

#[test]
fn every_file_gives_cards_or_a_reason() {
    let Some(folder) = corpus() else { return };
    let files = files(&folder);
    assert!(files.len() > 50, "only {} files", files.len());
    println!("{:<50} {:>5} {:>6} {:>8} problems", "file", "cards", "claims", "left out");
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match read(&std::fs::read(&path).expect("a readable file")) {
            Ok(file) => {
                let claims: usize = file.cards.iter().map(|card| card.claims.len()).sum();
                let left: usize = file.cards.iter().map(|card| card.left_out.len()).sum();
                println!("{name:<50} {:>5} {claims:>6} {left:>8} {:?}", file.cards.len(), file.problems);
                assert!(claims > 0 || !file.problems.is_empty(), "{name}: nothing, and no reason");
                assert!(file.cards.iter().all(|card| card.left_out.iter().all(|left| left.line.is_some())), "{name}");
                for card in &file.cards {
                    let again = read(write(&card.claims).as_bytes()).expect("our own card");
                    assert_eq!(again.cards[0].claims, card.claims, "{name}");
                }
            }
            Err(error) => {
                println!("{name:<50} refused: {error}");
                assert!(!name.ends_with(".vcf"), "{name}: {error}");
            }
        }
    }
}

#[test]
fn other_formats_are_refused_by_name() {
    let Some(folder) = corpus() else { return };
    for (name, format) in [("xml_rfc6351-example.xml", "XML"), ("json_jcard-example.json", "jCard")] {
        let error = read(&std::fs::read(folder.join("ez-vcard").join(name)).expect("a file")).expect_err(name);
        assert!(error.to_string().contains(format), "{error}");
    }
}

#[test]
fn an_iphone() {
    let Some(folder) = corpus() else { return };
    let file = cards(&folder, "text_John_Doe_IPHONE.vcf");
    assert_eq!((file.cards.len(), file.problems.len()), (1, 0));
    holds(
        &file.cards[0],
        &[
            "name=Mr. John Richter James Doe Sr.",
            "given_name=John",
            "family_name=Doe",
            "middle_name=Richter James",
            "nickname=Johny",
            "email=john.doe@ibm.com",
            "phone_number=905-555-1234",
            "phone_number.home=905-666-1234",
            "phone_number.work=905-777-1234",
            "phone_number.home-fax=905-888-1234",
            "phone_number.work-fax=905-999-1234",
            "phone_number.pager=905-111-1234",
            "phone_number.assistantphone=905-222-1234",
            "address.home=Silicon Alley 5, 12345 New York, New York, United States of America",
            "address.work=Street4, Building 6, Floor 8, 12345 New York, USA",
            "birthdate=2012-06-06",
            "website=http://www.ibm.com",
        ],
    );
}

#[test]
fn an_android_of_version_2_1() {
    let Some(folder) = corpus() else { return };
    let file = cards(&folder, "text_John_Doe_ANDROID.vcf");
    assert_eq!(file.cards.len(), 6);
    assert_eq!(shown(&file.cards[0]), ["email=john.doe@company.com"]);
    holds(&file.cards[2], &["name=Ñ Ñ Ñ Ñ Ñ", "family_name=Ñ Ñ Ñ Ñ", "phone_number=123456789"]);
    holds(
        &file.cards[3],
        &[
            "phone_number=123456",
            "phone_number.home=234567",
            "phone_number.cell=3456789",
            "phone_number.home-2=45678901",
        ],
    );
    holds(&file.cards[4], &["email=bob@company.com", "email.other=ÑÑÑÑÑÑÑÑÑÑÑÑÑÑ", "website=http://www.company.com"]);
}

#[test]
fn outlooks_and_their_character_sets() {
    let Some(folder) = corpus() else { return };
    let new = cards(&folder, "text_outlook-2007.vcf");
    assert_eq!(new.cards.len(), 1);
    holds(
        &new.cards[0],
        &[
            "name=Mr. Michael Angstadt Jr.",
            "email=mike.angstadt@gmail.com",
            "phone_number=(111) 555-1111",
            "phone_number.cell=(111) 555-4444",
            "phone_number.work-fax=(111) 555-3333",
            "address=222 Broadway, TheOffice, 99999 New York, NY, USA",
            "birthdate=1922-03-10",
        ],
    );
    let address = new.cards[0].claims.iter().find(|claim| claim.name.base() == "address");
    let Some(crate::profile::model::ClaimValue::Address(address)) = address.map(|claim| &claim.value) else {
        panic!("an address")
    };
    assert_eq!(address.formatted.as_deref(), Some("222 Broadway\nNew York, NY 99999\nUSA"));
    let old = cards(&folder, "text_outlook-2003.vcf");
    holds(&old.cards[0], &["name=John Doe III", "email=jdoe@hotmail.com", "birthdate=1980-03-21"]);
}

#[test]
fn a_list_of_gmail_and_the_examples_of_the_standards() {
    let Some(folder) = corpus() else { return };
    let list = cards(&folder, "text_gmail-list.vcf");
    assert_eq!((list.cards.len(), list.problems.len()), (3, 0));
    let types = cards(&folder, "text_fullcontact.vcf");
    holds(&types.cards[0], &["email=home@example.com", "email.school=school@example.com", "gender=male"]);
    let old = cards(&folder, "text_rfc2426-example.vcf");
    assert_eq!(old.cards.iter().map(|card| card.title.as_str()).collect::<Vec<_>>(), ["Frank Dawson", "Tim Howes"]);
    holds(&old.cards[0], &["email=Frank_Dawson@Lotus.com", "email.other=fdawson@earthlink.net"]);
    let new = cards(&folder, "text_rfc6350-example.vcf");
    holds(
        &new.cards[0],
        &[
            "birthdate=0000-02-03",
            "gender=male",
            "locale=fr",
            "phone_number=+1-418-656-9254;ext=102",
            "phone_number.work-cell=+1-418-262-6501",
        ],
    );
}
