use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::error::Kind;
use crate::profile::model::{Address, CATALOGUE, ClaimName, ClaimValue};

fn shown(claims: &[Claim]) -> Vec<String> {
    claims.iter().map(|claim| format!("{}={}", claim.name, claim.value)).collect()
}

fn only(text: &str) -> Card {
    let file = read(text.as_bytes()).expect("a vCard");
    assert_eq!((file.cards.len(), file.problems.as_slice()), (1, [].as_slice()));
    file.cards.into_iter().next().expect("one card")
}

fn card(version: &str, lines: &str) -> Card {
    only(&format!("BEGIN:VCARD\r\nVERSION:{version}\r\n{}\r\nEND:VCARD\r\n", lines.replace('\n', "\r\n")))
}

#[test]
fn version_2_1_with_quoted_printable_and_bare_types() {
    let card = card(
        "2.1",
        "N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg;;Dr.;\nTEL;CELL;VOICE:+491701\n\
         TEL;WORK;FAX:+49302\nTEL;HOME:+49303\nEMAIL;INTERNET:b@example.org\nEMAIL;PREF;INTERNET:a@example.org\n\
         ADR;HOME;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:;;Stra=C3=9Fe 1=0D=0A=\nHof;Berlin;;10115;DE\nBDAY:19800321",
    );
    assert_eq!(
        shown(&card.claims),
        [
            "given_name=Jörg",
            "family_name=Müller",
            "email=a@example.org",
            "email.other=b@example.org",
            "phone_number=+491701",
            "phone_number.home=+49303",
            "phone_number.work-fax=+49302",
            "address=Straße 1, Hof, 10115 Berlin, DE",
            "birthdate=1980-03-21"
        ]
    );
    assert_eq!(card.title, "Jörg Müller");
    assert_eq!(card.left_out[0].line, Some(3));
}

#[test]
fn version_3_0_with_apples_labels() {
    let card = card(
        "3.0",
        "FN:Ada King\nitem1.EMAIL;type=INTERNET:a@example.org\nitem1.X-ABLabel:_$!<Home>!$_\n\
         item2.EMAIL;type=INTERNET;type=pref:b@example.org\nitem2.X-ABLabel:Kids' School\n\
         TEL;TYPE=HOME:1\nTEL;TYPE=HOME:2\nTEL;TYPE=HOME:3\nTEL;TYPE=mobile:4\n\
         URL:http\\://example.org\nPHOTO;ENCODING=b;TYPE=JPEG:AAAA\nORG:Engines\\, Ltd;Dept\nX-FOO:bar",
    );
    assert_eq!(
        shown(&card.claims),
        [
            "name=Ada King",
            "email=b@example.org",
            "email.home=a@example.org",
            "phone_number=1",
            "phone_number.cell=4",
            "phone_number.home=2",
            "phone_number.home-2=3",
            "website=http://example.org"
        ]
    );
    let left: Vec<_> = card.left_out.iter().map(|left| (left.line, left.property.as_str())).collect();
    assert_eq!(left, [(Some(13), "PHOTO"), (Some(14), "ORG"), (Some(15), "X-FOO")]);
    assert_eq!(card.left_out[0].why, "an embedded picture is not kept");
}

#[test]
fn version_4_0_with_everything_a_profile_holds() {
    let card = card(
        "4.0",
        "FN:Ada King\nN:King;Ada;Augusta;;\nNICKNAME:Ada,Countess\nEMAIL;TYPE=work:w@example.org\n\
         TEL;VALUE=uri;TYPE=\"work,voice\":tel:+44-20-1;ext=2\nADR;LABEL=\"1 St^nLondon\";TYPE=home:;;1 St;London;;;UK\n\
         ADR;TYPE=work:Box 1;Floor 2;2 St;London;;;UK\nBDAY:--0412\nGENDER:O;her own\nTZ;VALUE=text:Europe/London\n\
         LANG;PREF=2:de\nLANG;PREF=1:en-GB\nSOCIALPROFILE:https://example.org/ada\nPHOTO:https://example.org/a.png",
    );
    assert_eq!(
        shown(&card.claims),
        [
            "name=Ada King",
            "given_name=Ada",
            "family_name=King",
            "middle_name=Augusta",
            "nickname=Ada",
            "email=w@example.org",
            "phone_number=+44-20-1;ext=2",
            "address.home=1 St, London, UK",
            "address.work=2 St, Floor 2, Box 1, London, UK",
            "birthdate=0000-04-12",
            "gender=her own",
            "locale=en-GB",
            "zoneinfo=Europe/London",
            "profile=https://example.org/ada",
            "picture=https://example.org/a.png"
        ]
    );
    let ClaimValue::Address(home) = &card.claims[7].value else { panic!("an address") };
    assert_eq!(home.formatted.as_deref(), Some("1 St\nLondon"));
}

#[test]
fn birth_dates_in_every_dress() {
    for (version, written, expected) in [
        ("4.0", "19850412", "1985-04-12"),
        ("4.0", "1985-04-12", "1985-04-12"),
        ("3.0", "1985-04-12T10:00:00Z", "1985-04-12"),
        ("4.0", "19850412T100000Z", "1985-04-12"),
        ("4.0", "--0412", "0000-04-12"),
        ("4.0", "--04-12", "0000-04-12"),
        ("2.1", "--04-12", "0000-04-12"),
        ("3.0", "--0412", "0000-04-12"),
        ("4.0", "1985", "1985"),
        ("4.0", "--0229", "0000-02-29"),
    ] {
        let found = shown(&card(version, &format!("BDAY:{written}")).claims);
        assert_eq!(found, [format!("birthdate={expected}")], "{version} {written}");
    }
    let omitted = card("3.0", "BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-12");
    assert_eq!(shown(&omitted.claims), ["birthdate=0000-04-12"]);
    for refused in ["1985-04", "19850231", "---12", "circa 1800", "T10"] {
        let card = card("4.0", &format!("BDAY:{refused}"));
        assert_eq!((card.claims.len(), card.left_out.len()), (0, 1), "{refused}");
    }
}

#[test]
fn a_label_of_its_own_finds_its_address() {
    let card = card("3.0", "ADR;TYPE=WORK:;;1 St;;;;\nADR;TYPE=HOME:;;2 St;;;;\nLABEL;TYPE=HOME:Two\\nStreet");
    let ClaimValue::Address(home) = &card.claims[0].value else { panic!("an address") };
    assert_eq!((card.claims[0].name.label(), home.formatted.as_deref()), (Some("home"), Some("Two\nStreet")));
}

#[test]
fn a_card_within_a_card_is_left_out_and_said_so() {
    let nested = [
        "AGENT:\nBEGIN:VCARD\nFN:Agent\nEND:VCARD",
        "AGENT:BEGIN:VCARD\nFN:Agent\nEND:VCARD",
        "AGENT:BEGIN:VCARD\n FN:Agent\n END:VCARD",
    ];
    for nested in nested {
        let text = format!("BEGIN:VCARD\nVERSION:2.1\nFN:Boss\n{nested}\nTEL:1\nEND:VCARD\n");
        let card = only(&text);
        assert_eq!(shown(&card.claims), ["name=Boss", "phone_number=1"]);
        assert_eq!(card.left_out[0].property, "AGENT");
    }
}

#[test]
fn broken_files_give_what_they_can_and_say_where() {
    let text = "hello\nBEGIN:VCARD\nFN:One\nBEGIN:VCARD\nFN:Two\nsome stray words\nTEL:2\nEND:VENUS\nEND:VCARD\n\
                END:VCARD\n  begin:vcard\n  FN:Three\n  end:vcard\nBEGIN:VCARD\nFN:Four\nNOTE;ENCODING=QUOTED-PRINTABLE:a=\n";
    let file = read(text.as_bytes()).expect("cards");
    assert_eq!(
        file.cards.iter().map(|card| (card.line, card.title.as_str())).collect::<Vec<_>>(),
        [(2, "One"), (4, "Two"), (11, "Three"), (14, "Four")]
    );
    assert_eq!(shown(&file.cards[1].claims), ["name=Two", "phone_number=2"]);
    let lines: Vec<_> = file.problems.iter().map(|problem| problem.line).collect();
    assert_eq!(lines, [1, 2, 6, 8, 10, 14], "{:?}", file.problems);
}

#[test]
fn character_sets() {
    let utf16 = |big: bool| -> Vec<u8> {
        let text = "\u{feff}BEGIN:VCARD\r\nFN:Jörg\r\nEND:VCARD\r\n";
        text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    for bytes in [utf16(true), utf16(false), b"\xef\xbb\xbfBEGIN:VCARD\rFN:J\xc3\xb6rg\rEND:VCARD\r".to_vec()] {
        let file = read(&bytes).expect("cards");
        assert_eq!((file.cards[0].title.as_str(), file.problems.len()), ("Jörg", 0));
    }
    let mixed = b"BEGIN:VCARD\nFN:J\xc3\xb6rg\nNICKNAME:J\xf6rg\nNOTE;CHARSET=SHIFT_JIS:\x93\xfa\nEND:VCARD\n";
    let file = read(mixed).expect("cards");
    assert_eq!(shown(&file.cards[0].claims), ["name=Jörg", "nickname=Jörg"]);
    let what: Vec<_> = file.problems.iter().map(|problem| (problem.line, problem.what.as_str())).collect();
    assert_eq!(what, [(3, "not UTF-8: read as windows-1252"), (4, "not UTF-8: read as Shift_JIS")]);
}

#[test]
fn quoted_printable_without_a_character_set() {
    for (written, expected) in
        [("J=C3=BCrg", "Jürg"), ("J=FCrg", "Jürg"), ("Reid=92s", "Reid’s"), ("=C3=81ron", "Áron")]
    {
        let card = card("2.1", &format!("FN;ENCODING=QUOTED-PRINTABLE:{written}"));
        assert_eq!(card.title, expected);
    }
}

#[test]
fn an_indented_end_is_one_if_nothing_follows() {
    let card = only("BEGIN:VCARD\nVERSION:3.0\nFN:Ada\n END:VCARD\n\n");
    assert_eq!(card.title, "Ada");
    let card = only("BEGIN:VCARD\nVERSION:3.0\nFN:Ada\n END:VCARD\nEND:VCARD\n");
    assert_eq!(card.title, "AdaEND:VCARD");
}

#[test]
fn what_is_no_vcard_is_refused_by_name() {
    let utf16: Vec<u8> = "BEGIN:VCARD\nEND:VCARD\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, expected) in [
        (b"".as_slice(), "empty"),
        (b" \r\n", "empty"),
        (utf16.as_slice(), "UTF-16"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", "binary"),
        (b"<?xml version='1.0'?><vcards/>", "XML vCard (RFC 6351)"),
        (b"[\"vcard\", []]", "jCard"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "iCalendar"),
        (b"name,email\n", "no BEGIN:VCARD"),
    ] {
        let error = read(bytes).expect_err(expected);
        assert_eq!(error.kind(), Kind::BadInput);
        assert!(error.to_string().contains(expected), "{error}");
    }
    let error = read(&vec![b'x'; LARGEST_FILE + 1]).expect_err("too large");
    assert!(error.to_string().contains("16 MiB"));
}

#[test]
fn a_problem_cannot_drive_a_terminal_and_is_short() {
    let text = format!("\x1b[2J{}\nBEGIN:VCARD\nFN:A\x1b[31m\nEND:VCARD\n", "x".repeat(500));
    let file = read(text.as_bytes()).expect("a card");
    assert!(file.problems[0].what.chars().count() <= 80);
    assert!(!format!("{}{}", file.problems[0].what, file.cards[0].title).contains('\x1b'));
}

#[test]
fn ten_thousand_cards_are_read_in_a_moment() {
    let one = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nEMAIL;TYPE=HOME:a@example.org\r\nNOTE:x\r\nstray\r\nEND:VCARD\r\n";
    let started = std::time::Instant::now();
    let file = read(one.repeat(10_000).as_bytes()).expect("cards");
    assert_eq!((file.cards.len(), file.problems.len()), (10_000, 10_000));
    assert!(started.elapsed().as_secs() < 10, "{:?}", started.elapsed());
}

#[test]
fn one_card_of_many_lines_is_no_trap() {
    let mut text = "BEGIN:VCARD\r\nVERSION:3.0\r\n".to_owned();
    for n in 0..100_000 {
        text.push_str(&format!("TEL;TYPE=HOME:{n}\r\nstray {n}\r\n"));
    }
    let started = std::time::Instant::now();
    let file = read(text.as_bytes()).expect("cards");
    assert_eq!(file.cards[0].claims.len(), 100_000);
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn a_written_card_speaks_to_other_programs() {
    let claim = |name: &str, value: &str| Claim {
        name: name.parse().expect("a name"),
        value: ClaimValue::Text(value.to_owned()),
    };
    let claims = [
        claim("given_name", "Ada"),
        claim("family_name", "King; Countess"),
        claim("email", "a@example.org"),
        claim("email.shop", "s@example.org"),
        claim("phone_number.work-fax", "+1"),
        claim("phone_number.home-2", "+2"),
        claim("gender", "female"),
    ];
    assert_eq!(
        write(&claims).replace("\r\n", "\n"),
        "BEGIN:VCARD\nVERSION:4.0\nPRODID:-//cmr//vCard export//EN\nFN;DERIVED=TRUE:Ada King\\; Countess\n\
         N:King\\; Countess;Ada;;;\nEMAIL;PREF=1:a@example.org\nitem1.EMAIL;PROP-ID=shop:s@example.org\n\
         item1.X-ABLabel:shop\nTEL;TYPE=WORK,FAX;PROP-ID=work-fax:+1\nitem2.TEL;TYPE=HOME;PROP-ID=home-2:+2\n\
         item2.X-ABLabel:home-2\nGENDER:F\nEND:VCARD\n"
    );
    assert!(write(&[]).contains("Unnamed"));
    assert!(only(&write(&[])).claims.is_empty());
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ -~]{1,90}",
        "[a-zé;,:\\\\\"'^n=. -]{1,60}",
        "\\PC{1,40}",
        Just("BEGIN:VCARD".to_owned()),
        Just(format!("{} END:VCARD", "x".repeat(70))),
    ]
    .prop_map(|text| text.trim().to_owned())
    .prop_filter("empty", |text| !text.is_empty())
}

fn lines_of() -> impl Strategy<Value = String> {
    vec(word(), 1..4).prop_map(|lines| lines.join("\n"))
}

fn some_address() -> impl Strategy<Value = ClaimValue> {
    let parts = (option::of(lines_of()), option::of(lines_of()), vec(option::of(word()), 4));
    parts
        .prop_map(|(formatted, street_address, mut rest)| Address {
            formatted,
            street_address,
            locality: rest.pop().flatten(),
            region: rest.pop().flatten(),
            postal_code: rest.pop().flatten(),
            country: rest.pop().flatten(),
        })
        .prop_filter("empty", |address| !address.is_empty())
        .prop_map(ClaimValue::Address)
}

fn some_value(name: &str) -> BoxedStrategy<ClaimValue> {
    let url = "https?://[a-z]{1,9}\\.example/[a-zA-Z0-9,;:=&%~.-]{0,90}".prop_map(|url| url);
    let date =
        prop_oneof!["(19|20)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])", "0000-(0[1-9]|1[0-2])-29", "19[0-9]{2}"]
            .prop_filter("no such day", |date| date != "0000-02-30");
    match name {
        "address" => return some_address().boxed(),
        "birthdate" => date.boxed(),
        "profile" | "picture" | "website" => url.boxed(),
        "zoneinfo" => prop_oneof![Just("UTC"), Just("Europe/Berlin"), Just("US/Eastern"), Just("Zulu")]
            .prop_map(str::to_owned)
            .boxed(),
        "gender" => {
            prop_oneof![Just("male".to_owned()), Just("female".to_owned()), Just("other".to_owned()), word()].boxed()
        }
        "email" => "[a-z!#$%&'*+/=?^_`{|}~.-]{1,40}@[a-z]{1,9}\\.example".prop_map(|email| email).boxed(),
        "phone_number" => "\\+[0-9 ()-]{1,20}[0-9](;ext=[0-9]{1,4})?".prop_map(|phone| phone).boxed(),
        "nickname" => word().prop_map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")).boxed(),
        _ => word().boxed(),
    }
    .prop_map(ClaimValue::Text)
    .boxed()
}

/// A profile of claims with distinct names that a vCard can carry.
fn some_profile() -> impl Strategy<Value = Vec<Claim>> {
    let unlabelled = ["given_name", "family_name", "middle_name", "birth_family_name", "birthdate", "gender"];
    let label = prop_oneof![
        Just("home".to_owned()),
        Just("work-fax".to_owned()),
        Just("other-2".to_owned()),
        "[a-z0-9_-]{1,32}"
    ];
    let names = CATALOGUE.iter().map(move |kind| {
        let most = if unlabelled.contains(&kind.name) { 1..2_usize } else { 1..4 };
        let labels = btree_set(option::of(label.clone()), most);
        (Just(kind), if unlabelled.contains(&kind.name) { Just([None].into()).boxed() } else { labels.boxed() })
    });
    let names = names.collect::<Vec<_>>();
    proptest::sample::subsequence(names, 0..=CATALOGUE.len()).prop_flat_map(|chosen| {
        let claims = chosen.into_iter().map(|(kind, labels)| {
            (kind, labels).prop_flat_map(|(kind, labels)| {
                let claims = labels.into_iter().map(|label| (Just((kind.name, label)), some_value(kind.name)));
                claims.collect::<Vec<_>>()
            })
        });
        claims.collect::<Vec<_>>().prop_map(|claims| claims.into_iter().flatten().filter_map(to_claim).collect())
    })
}

fn to_claim(((name, label), value): ((&'static str, Option<String>), ClaimValue)) -> Option<Claim> {
    let plain = ClaimName::plain(name).expect("a name of the catalogue");
    let name = label.map_or_else(|| Ok(plain.clone()), |label| plain.labelled(&label)).ok()?;
    Some(Claim { name, value })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_written_is_read(claims in some_profile()) {
        let text = write(&claims);
        prop_assert!(text.split("\r\n").all(|line| line.len() <= 75), "{}", text);
        let file = read(text.as_bytes()).expect("a card");
        prop_assert_eq!(&file.problems, &vec![], "{}", text);
        prop_assert_eq!(file.cards.len(), 1, "{}", text);
        prop_assert_eq!(&file.cards[0].claims, &claims, "{}", text);
        prop_assert_eq!(&file.cards[0].left_out, &vec![], "{}", text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes: Vec<u8>) {
        let _ = read(&bytes);
        let _ = read(&[b"BEGIN:VCARD\n".as_slice(), &bytes, b"\nEND:VCARD\n"].concat());
    }

    #[test]
    fn a_mutilated_card_is_read_or_refused(
        claims in some_profile(),
        old in any::<bool>(),
        changes in vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 0..12),
    ) {
        let mut bytes = write(&claims).into_bytes();
        if old {
            bytes = String::from_utf8_lossy(&bytes).replace("VERSION:4.0", "VERSION:2.1").replace(";PREF=1", ";ENCODING=QUOTED-PRINTABLE").into_bytes();
        }
        for (at, byte, how) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, b"\n\r:;,\\\"= \t.^"[usize::from(byte) % 12]),
                _ => bytes.truncate(at),
            }
        }
        if let Ok(file) = read(&bytes) {
            let problems_fit = file.problems.iter().all(|problem| problem.what.chars().count() <= 80);
            prop_assert!(problems_fit);
            for card in &file.cards {
                prop_assert!(card.claims.iter().all(|claim| !claim.value.is_empty()));
                let names: std::collections::HashSet<_> = card.claims.iter().map(|claim| claim.name.to_string()).collect();
                prop_assert_eq!(names.len(), card.claims.len());
            }
        }
    }
}
