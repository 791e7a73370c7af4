//! Whole statements, written by hand from the descriptions of their formats.

use proptest::prelude::*;

use super::*;
use crate::import::evidence::Place;
use crate::import::testing::Heard;

pub(super) fn read_with(bytes: &[u8], mapping: Option<Mapping>) -> (Result<Found>, Heard) {
    let mut heard = Heard::default();
    let mut input = bytes;
    let kept = |fingerprint: &str| mapping.clone().filter(|mapping| mapping.fingerprint == fingerprint);
    let found = read(&mut input, None, &kept, &[], &mut heard);
    (found, heard)
}

#[track_caller]
pub(super) fn good(bytes: &[u8]) -> (Summary, Heard) {
    match read_with(bytes, None) {
        (Ok(Found::Read(summary)), heard) => (summary, heard),
        (other, heard) => panic!("{other:?} {heard:?}"),
    }
}

#[track_caller]
pub(super) fn refused(bytes: &[u8]) -> String {
    let error = read_with(bytes, None).0.unwrap_err();
    assert_eq!(error.kind(), crate::error::Kind::BadInput);
    error.to_string()
}

#[track_caller]
pub(super) fn asked(text: &str) -> Unmapped {
    match read_with(text.as_bytes(), None) {
        (Ok(Found::Unmapped(unmapped)), heard) => {
            assert!(heard.found.is_empty());
            *unmapped
        }
        (other, _) => panic!("{other:?}"),
    }
}

/// OFX 1 with one account, whose bookings are given.
fn ofx(bookings: &str) -> String {
    format!(
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nCHARSET:1252\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR\n\
         <BANKACCTFROM><BANKID>1<ACCTID>DE02120300000000202051<ACCTTYPE>CHECKING</BANKACCTFROM>\n<BANKTRANLIST>\n\
         {bookings}\n</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n"
    )
}

#[test]
fn ofx_of_either_version_gives_the_same() {
    let one =
        ofx("<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20240131120000[-5:EST]<TRNAMT>-9.99<FITID>1<NAME>AT&amp;T Mobility\n\
                   <STMTTRN><TRNTYPE>POS<DTPOSTED>20240229<TRNAMT>-10,50<FITID>2<NAME>AT&T Mobility</STMTTRN>");
    let two = "<?xml version=\"1.0\"?><?OFX OFXHEADER=\"200\"?>\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR</CURDEF>\
               <BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20240131</DTPOSTED><TRNAMT>-9.99</TRNAMT>\
               <PAYEE><NAME><![CDATA[AT&T Mobility]]></NAME><ADDR1>x</ADDR1></PAYEE><MEMO>card 4111111111111111</MEMO></STMTTRN>\
               <STMTTRN><DTPOSTED>20240229</DTPOSTED><TRNAMT>-10.50</TRNAMT><NAME>AT&amp;T Mobility</NAME></STMTTRN>\
               </BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>";
    for text in [one.as_str(), two] {
        let (summary, heard) = good(text.as_bytes());
        assert_eq!((summary.payments, summary.payees, summary.skipped), (2, 1, 0));
        let evidence = &heard.found[0];
        assert_eq!(evidence.name.as_deref(), Some("AT&T Mobility"));
        assert_eq!(evidence.key, "payee:at&t mobility");
        assert_eq!(evidence.first_seen, Some("2024-01-31T00:00:00Z".parse().unwrap()));
        assert_eq!(evidence.last_seen, Some("2024-02-29T00:00:00Z".parse().unwrap()));
        assert_eq!(evidence.details.value()["total"], "-20.49");
        assert_eq!(evidence.details.value()["currency"], "EUR");
    }
}

#[test]
fn ofx_says_what_is_no_vendors() {
    let (summary, heard) = good(
        ofx("<STMTTRN><TRNTYPE>ATM<DTPOSTED>20240101<TRNAMT>-50<NAME>Main Street</STMTTRN>\n\
             <STMTTRN><TRNTYPE>SRVCHG<DTPOSTED>20240101<TRNAMT>-5<NAME>Monthly</STMTTRN>\n\
             <STMTTRN><TRNTYPE>XFER<DTPOSTED>20240101<TRNAMT>-5<NAME>Me<BANKACCTTO><BANKID>1<ACCTID>DE02 1203 0000 0000 2020 51</BANKACCTTO></STMTTRN>\n\
             <STMTTRN><TRNTYPE>DIRECTDEP<DTPOSTED>20240101<TRNAMT>2000<NAME>PAYROLL ACME</STMTTRN>\n\
             <STMTTRN><TRNTYPE>HOLD<DTPOSTED>20240101<TRNAMT>-7<NAME>Shop</STMTTRN>\n\
             <STMTTRN><TRNTYPE>CHECK<DTPOSTED>20240101<TRNAMT>-7<CHECKNUM>12</STMTTRN>")
        .as_bytes(),
    );
    assert_eq!((summary.payments, summary.skipped), (0, 0));
    assert!(heard.found.is_empty() && heard.skipped.is_empty());
    let all = [Apart::Cash, Apart::Bank, Apart::OwnTransfer, Apart::Salary, Apart::NotBooked, Apart::Unnamed];
    assert_eq!(summary.apart, all.into_iter().map(|apart| (apart, 1)).collect());
    assert_eq!(heard.passed_over[2], (Place::Line(11), "a transfer between accounts of your own".to_owned()));
}

#[test]
fn an_own_account_that_is_named_later_is_found_out() {
    let text =
        ofx("<STMTTRN><DTPOSTED>20240101<TRNAMT>-5<NAME>Rainy day<BANKACCTTO><ACCTID>777123</BANKACCTTO></STMTTRN>\
                    </BANKTRANLIST></STMTRS><STMTRS><BANKACCTFROM><ACCTID>777123</BANKACCTFROM>");
    let (summary, heard) = good(text.as_bytes());
    assert_eq!((summary.payments, summary.payees), (0, 0));
    assert_eq!(summary.apart, [(Apart::OwnTransfer, 1)].into());
    assert!(heard.found.is_empty());
}

#[test]
fn bad_bookings_of_ofx_are_named_with_their_lines() {
    let text = ofx("<STMTTRN><DTPOSTED>20240231<TRNAMT>-5<NAME>A</STMTTRN>\n\
                    <STMTTRN><TRNAMT>-5<NAME>B</STMTTRN>\n\
                    <STMTTRN><DTPOSTED>20240201<TRNAMT>five<NAME>C</STMTTRN>\n\
                    <STMTTRN><DTPOSTED>20240201<TRNAMT>-5<NAME>D</STMTTRN>");
    let (summary, heard) = good(text.as_bytes());
    assert_eq!((summary.payments, summary.skipped), (1, 3));
    assert_eq!(
        heard.reasons(),
        [
            "line 9: there is no such day: 20240231",
            "line 10: this booking has no date (DTPOSTED)",
            "line 11: this is no amount: five"
        ]
    );
    let cut = &text[..text.find("<NAME>D").unwrap()];
    assert!(refused(cut.as_bytes()).contains("line 9: there is no such day"));
}

/// A statement of CAMT in some version, whose entries are given.
fn camt(version: u8, entries: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<d:Document xmlns:d=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}\">\n\
         <d:BkToCstmrStmt><d:Stmt><d:Acct><d:Id><d:IBAN>DE02120300000000202051</d:IBAN></d:Id><d:Ownr><d:Nm>Ada Lovelace</d:Nm></d:Ownr></d:Acct>\n\
         {entries}\n</d:Stmt></d:BkToCstmrStmt></d:Document>\n"
    )
    .replace("d:", if version.is_multiple_of(2) { "" } else { "d:" })
    .replace("xmlns:=", "xmlns=")
}

/// An entry of one transaction, with elements of that.
fn entry(version: u8, direction: &str, inner: &str) -> String {
    let status = if version >= 8 { "<Sts><Cd>BOOK</Cd></Sts>" } else { "<Sts>BOOK</Sts>" };
    let text = format!(
        "<Ntry><Amt Ccy=\"EUR\">12.34</Amt><CdtDbtInd>{direction}</CdtDbtInd>{status}\
         <BookgDt><DtTm>2024-03-01T00:30:00+02:00</DtTm></BookgDt><NtryDtls><TxDtls>{inner}</TxDtls></NtryDtls></Ntry>\n"
    );
    if version.is_multiple_of(2) {
        text
    } else {
        text.replace("</", "</d:").replace('<', "<d:").replace("<d:/d:", "</d:")
    }
}

#[test]
fn a_direct_debit_is_the_same_in_each_version_of_camt() {
    for version in 2..=8 {
        let name = if version >= 7 { "<Pty><Nm>Stadtwerke &amp; Co</Nm>" } else { "<Nm>Stadtwerke &amp; Co</Nm>" };
        let id = "<Id><PrvtId><Othr><Id>DE98ZZZ09999999999</Id></Othr></PrvtId></Id>";
        let end = if version >= 7 { "</Pty>" } else { "" };
        let inner = format!(
            "<Refs><MndtId>M-17</MndtId></Refs><RltdPties><Dbtr><Nm>Ada Lovelace</Nm></Dbtr><Cdtr>{name}{id}{end}</Cdtr>\
             <CdtrAcct><Id><IBAN>NL56AGDH9619008421</IBAN></Id></CdtrAcct></RltdPties><RmtInf><Ustrd>May</Ustrd></RmtInf>"
        );
        let (summary, heard) = good(camt(version, &entry(version, "DBIT", &inner)).as_bytes());
        assert_eq!((summary.payments, summary.payees, summary.skipped), (1, 1, 0), "{version}");
        let evidence = &heard.found[0];
        assert_eq!(evidence.name.as_deref(), Some("Stadtwerke & Co"));
        assert_eq!(evidence.key, "creditor:DE98ZZZ09999999999");
        assert_eq!(evidence.account.as_deref(), Some("M-17"));
        assert_eq!(evidence.last_seen, Some("2024-03-01T00:00:00Z".parse().unwrap()));
        assert_eq!(evidence.place, Place::Line(4));
        let expected = serde_json::json!({
            "count": 1, "amount": "-12.34", "currency": "EUR", "total": "-12.34", "creditor_id": "DE98ZZZ09999999999",
            "mandate": "M-17", "iban": "…8421"
        });
        assert_eq!(evidence.details.value(), expected);
    }
}

#[test]
fn who_a_payment_of_camt_is_with() {
    let parties = |debtor: &str, creditor: &str| format!("<RltdPties>{debtor}{creditor}</RltdPties>");
    let ultimate = "<Cdtr><Nm>PayPal</Nm></Cdtr><UltmtCdtr><Nm>Netflix</Nm></UltmtCdtr>";
    let owner = "<Dbtr><Nm>Ada Lovelace</Nm></Dbtr>";
    let case = |direction: &str, inner: &str| {
        let (_, heard) = good(camt(2, &entry(2, direction, inner)).as_bytes());
        heard
            .found
            .first()
            .map(|found| (found.name.clone().unwrap_or_default(), found.details.value()["through"].clone()))
    };
    let named = |name: &str| Some((name.to_owned(), serde_json::Value::Null));
    assert_eq!(case("DBIT", &parties(owner, ultimate)), Some(("Netflix".to_owned(), "PayPal".into())));
    assert_eq!(
        case("CRDT", &parties("<Dbtr><Nm>Insurer</Nm></Dbtr>", "<Cdtr><Nm>Ada Lovelace</Nm></Cdtr>")),
        named("Insurer")
    );
    // Only the text says it.
    assert_eq!(
        case("DBIT", "<RmtInf><Ustrd>SPOTIFY</Ustrd><Ustrd>STOCKHOLM</Ustrd></RmtInf>"),
        named("SPOTIFY STOCKHOLM")
    );
    // To oneself, and pay.
    assert_eq!(case("DBIT", &parties("", "<Cdtr><Nm>ADA LOVELACE</Nm></Cdtr>")), None);
    assert_eq!(case("CRDT", &format!("{}<Purp><Cd>SALA</Cd></Purp>", parties("<Dbtr><Nm>Acme</Nm></Dbtr>", ""))), None);
}

#[test]
fn a_reversal_keeps_its_parties() {
    let inner = "<RltdPties><Dbtr><Nm>Ada</Nm></Dbtr><Cdtr><Nm>Gym</Nm></Cdtr></RltdPties>";
    let text = camt(2, &entry(2, "CRDT", inner).replace("<Sts>", "<RvslInd>true</RvslInd><Sts>"));
    let (_, heard) = good(text.as_bytes());
    assert_eq!(heard.names(), ["Gym"]);
    assert_eq!(heard.found[0].details.value()["amount"], "12.34");
}

#[test]
fn a_collection_is_read_part_by_part() {
    let part = |name: &str, amount: &str| {
        format!("<Amt Ccy=\"EUR\">{amount}</Amt><RltdPties><Cdtr><Nm>{name}</Nm></Cdtr></RltdPties>")
    };
    let inner = format!("{}</TxDtls><TxDtls>{}", part("A1 Telekom", "10"), part("Wien Energie", "2.34"));
    let pending = entry(4, "DBIT", &part("Later", "1")).replace("BOOK", "PDNG");
    let (summary, heard) = good(camt(4, &format!("{}{pending}", entry(4, "DBIT", &inner))).as_bytes());
    assert_eq!(heard.names(), ["A1 Telekom", "Wien Energie"]);
    assert_eq!(heard.found[1].details.value()["total"], "-2.34");
    assert_eq!(summary.apart, [(Apart::NotBooked, 1)].into());
}

#[test]
fn broken_xml_keeps_what_came_before() {
    let inner = "<RltdPties><Cdtr><Nm>Gym</Nm></Cdtr></RltdPties>";
    let text = camt(2, &entry(2, "DBIT", inner).repeat(2));
    let cut = text.rfind("<RltdPties>").unwrap();
    let (summary, heard) = good(&text.as_bytes()[..cut]);
    assert_eq!((summary.payments, summary.skipped), (1, 1));
    assert_eq!(heard.reasons(), ["line 5: the file is cut off in this entry"]);
    let wrong = text.replacen("</Stmt>", "</Stnt>", 1);
    let (summary, heard) = good(wrong.as_bytes());
    assert_eq!((summary.payments, summary.skipped), (2, 1));
    assert!(heard.reasons()[0].starts_with("line 7: the XML is broken"), "{:?}", heard.reasons());
    let cut = text.find("<Ntry>").unwrap();
    assert!(refused(&text.as_bytes()[..cut]).contains("cut off"));
}

#[test]
fn a_placeholder_in_camt_is_nobodys_name() {
    let camt = "<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt><Stmt><Ntry><Amt Ccy=\"EUR\">5</Amt>\
                <CdtDbtInd>DBIT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2024-01-15</Dt></BookgDt><NtryDtls><TxDtls><RltdPties>\
                <Cdtr><Nm>ShopA</Nm></Cdtr><UltmtCdtr><Nm>NOTPROVIDED</Nm></UltmtCdtr></RltdPties><RmtInf><Ustrd>Spotify</Ustrd></RmtInf>\
                </TxDtls></NtryDtls></Ntry></Stmt></BkToCstmrStmt></Document>";
    assert_eq!(good(camt.as_bytes()).1.names(), ["ShopA"]);
}

#[test]
fn what_is_no_statement_is_refused_with_a_reason() {
    let bomb = "<?xml version=\"1.0\"?>\n<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;\">]>\n\
                <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.02\"><BkToCstmrStmt>&b;</BkToCstmrStmt></Document>";
    assert_eq!(
        refused(bomb.as_bytes()),
        "line 2: the file declares its own markup (DOCTYPE), which no statement needs"
    );
    assert_eq!(refused(b""), "the file is empty");
    assert_eq!(refused(b"%PDF-1.4 a,b,c\n"), "this is a PDF, which is not read");
    assert_eq!(refused(b"<html>a,b,c</html>"), "this is a spreadsheet or a page, which is not read");
    assert_eq!(refused(b"<xml>a,b,c</xml>"), "this is XML of another kind, which is not read");
    assert!(refused(b"\0\0\0\0,\0,\0,\0").starts_with("this is no statement"));
    assert!(refused(b"<Document><BkToCstmrStmt></BkToCstmrStmt></Document>").contains("no statement of an account"));
    assert!(refused(ofx("").replace("STMTRS", "X").as_bytes()).contains("no statement of an account"));
    let deep = format!("<BkToCstmrStmt>{}", "<a>".repeat(100));
    assert!(refused(deep.as_bytes()).contains("within one another"));
    let long = format!("<BkToCstmrStmt><Stmt>{}", "x".repeat(3 * 1024 * 1024));
    assert!(refused(long.as_bytes()).contains("longer than 1 MiB"));
    let long = ofx(&format!("<STMTTRN><NAME>{}</STMTTRN>", "x".repeat(3 * 1024 * 1024)));
    assert!(refused(long.as_bytes()).contains("longer than 1 MiB"));
}

#[test]
fn a_statement_in_another_character_set_is_the_same() {
    let text = camt(2, &entry(2, "DBIT", "<RltdPties><Cdtr><Nm>Café Jünger</Nm></Cdtr></RltdPties>"));
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(good(&units).1.names(), ["Café Jünger"]);
    let latin = text.replace("UTF-8", "ISO-8859-1").chars().map(|c| c as u8).collect::<Vec<_>>();
    assert_eq!(good(&latin).1.names(), ["Café Jünger"]);
    let latin: Vec<u8> =
        ofx("<STMTTRN><DTPOSTED>20240101<TRNAMT>-1<NAME>Café</STMTTRN>").chars().map(|c| c as u8).collect();
    assert_eq!(good(&latin).1.names(), ["Café"]);
}

/// A statement of each format, to be spoilt.
fn samples() -> Vec<Vec<u8>> {
    let parties = "<RltdPties><Cdtr><Nm>Gym</Nm></Cdtr></RltdPties>";
    vec![
        ofx("<STMTTRN><TRNTYPE>POS<DTPOSTED>20240229<TRNAMT>-10,50<NAME>Shop<MEMO>x</STMTTRN>").into_bytes(),
        camt(8, &entry(8, "DBIT", parties)).into_bytes(),
        "Konto;1\n\nBuchungstag;Empfänger;Umsatz in EUR\n05.02.2024;\"Tele;kom\";-30,00\n06.02.2024;A;1,00\n".into(),
        "Date,Description,Amount,\n01/02/2024,Shop,5.00,CR\n,more,,\n02/13/2024,Shop,6.00,\n".into(),
    ]
}

proptest! {
    #[test]
    fn no_bytes_are_too_much(bytes: Vec<u8>) {
        let _ = read_with(&bytes, None);
    }

    #[test]
    fn a_spoilt_statement_never_panics(
        which in 0usize..4,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
        format in 0usize..4,
    ) {
        let mut bytes = samples().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let cut = cut.index(bytes.len() + 1);
        let mut heard = Heard::default();
        let mut input = &bytes[..cut];
        let format = Format::ALL.get(format).map(|(_, format)| *format);
        let found = read(&mut input, format, &|_| None, &[], &mut heard);
        // Each booking is found or told of, and nothing is counted that was not told.
        if let Ok(Found::Read(summary)) = found {
            let counted: u64 = heard.found.iter().map(|evidence| evidence.details.value()["count"].as_u64().unwrap()).sum();
            prop_assert_eq!(counted, summary.payments);
            prop_assert_eq!(heard.skipped.len() as u64, summary.skipped);
            prop_assert_eq!(heard.found.len() as u64, summary.payees);
        }
    }
}
