//! Texts as banks write them, and whom they mean.

use super::*;
use proptest::prelude::*;

#[test]
fn the_texts_of_banks_are_understood() {
    for (text, name) in [
        ("SPOTIFY USA 877-778-1161", "spotify"),
        ("Spotify P1A2B3C4D5 Stockholm", "spotify"),
        ("PAYPAL *NETFLIX", "netflix"),
        ("PP*STEAM GAMES", "steam games"),
        ("SumUp  *Cafe Kolb", "cafe kolb"),
        ("SQ *BLUE BOTTLE", "blue bottle"),
        ("GOOGLE *YouTube Premium", "google"),
        ("AMZN Mktp DE*2R8QK1", "amazon"),
        ("AMAZON EU S.A R.L.", "amazon"),
        ("CARTE 12/03/24 MONOPRIX PARIS", "monoprix"),
        ("PRLV SEPA EDF", "edf"),
        ("Kartenzahlung REWE 4711 Berlin DE", "rewe"),
        ("SEPA-Lastschrift Deutsche Telekom AG", "deutsche telekom"),
        ("Bank of Ireland", "bank of ireland"),
        ("Banque de France", "banque de france"),
        ("VISA XXXX1234 TESCO", "tesco"),
        ("Netflix International B.V.", "netflix"),
        ("Paris", "paris"),
        ("CHECKCARD 0114 SPOTIFY USA 877-7781161", "spotify"),
        ("PAIEMENT PAR CARTE X1234 CARREFOUR PARIS 12/03", "carrefour"),
        ("STARBUCKS STORE 12345 SEATTLE WA", "starbucks"),
        ("STARBUCKS  SEATTLE       WA", "starbucks"),
        ("TESCO STORES 1234", "tesco"),
        ("TESCO STORES", "tesco"),
        ("WALMART SUPERCENTER #1234 ANYTOWN OH", "walmart"),
        ("7-ELEVEN 34567 DALLAS TX", "7 eleven"),
        ("WHOLEFDS MARKET SAN FRANCISCO CA", "wholefds market"),
        ("KROGER CINCINNATI OH", "kroger"),
        ("Hulu CA", "hulu"),
        ("RECURRING PAYMENT AUTHORIZED ON 01/14 Spotify USA New York NY S304014123456789 CARD 1234", "spotify"),
        ("AMAZON MKTPL*RT4Y12AB2 Amzn.com/bill WA", "amazon"),
        ("AMZNPrime DE*RT4", "amazon"),
        ("REWE SAGT DANKE", "rewe"),
        ("LIDL DIENSTLEISTUNG//BERLIN/DE", "lidl"),
        ("AplPay STARBUCKS SEATTLE WA", "starbucks"),
        ("AT&amp;T BILL", "att"),
        ("NETFLIX COM LOS GATOS CA", "netflix"),
        ("Debit Card Purchase - NETFLIX COM", "netflix"),
        ("Digitec Galaxus AG;Pfingstweidstrasse 60b; 8005 Zuerich", "digitec galaxus"),
        (" Auftraggeber: Netflix International B.V. Buchungstext: Abo 4711", "netflix"),
        ("/TRTP/SEPA Incasso/CSID/NL1/NAME/Ziggo B.V./MARF/1/REMI/Factuur", "ziggo"),
        ("BEA, Apple Pay  ALBERT HEIJN 1234,PAS123", "albert heijn"),
        ("'8675 25MAR24 CD , TESCO STORES 2345 , LONDON GB", "tesco"),
        ("KAUF/DIENSTLEISTUNG VOM 24.03.2024 KARTEN NR. XXXX1234 MIGROS M 8005", "migros m"),
        ("UBER *EATS HELP", "uber eats"),
        ("BEA, Betaalpas                   IKEA Amsterdam,PAS123        NR:AB12CD, 26.06.24/18:22", "ikea"),
        ("CD BABY", "cd baby"),
        ("BEA, Google Pay   Albert Heijn 1234,PAS123", "albert heijn"),
        ("APPLE PAY KAUF/DIENSTLEISTUNG VOM 13.01.2024 KARTEN NR. XXXX1234 LIDL BERN", "lidl"),
        ("Digital Card Purchase - NETFLIX COM LOS GATOS CA", "netflix"),
        ("LASTSCHRIFT VODAFONE AG ZÜRICH REFERENZ 123", "vodafone"),
        ("TELIA SVERIGE AB", "telia"),
        ("ZALANDO REFUND", "zalando"),
        ("VODAFONE SEPA DD", "vodafone"),
        ("D/D VODAFONE IREL", "vodafone irel"),
        ("Uber Payments BV", "uber"),
        ("Klarna Bank AB (publ)", "klarna"),
        ("DRIVE IN", "drive in"),
        ("Bank of Seattle WA", "bank of seattle"),
        ("Sparkasse Bremen", "sparkasse bremen"),
        ("Stadtwerke Koeln GmbH", "stadtwerke koeln"),
        ("Hotel Paris", "hotel paris"),
        ("IKEA SEATTLE", "ikea"),
        ("SHELL OIL 57444 HOUSTON TX", "shell"),
        ("COSTCO GAS #1001 SEATTLE WA", "costco"),
        ("COMCAST CABLE COMM 800-COMCAST", "comcast"),
        ("Coop-1234 Winterthur", "coop"),
        ("Coop-1234", "coop"),
        ("T-Mobile 1234", "t mobile"),
        ("SPOTIFY AB End-to-End-Ref.: 123 CORE / Mandatsref.: M1", "spotify"),
        ("DEBIT CARD PURCHASE SPOTIFY SYDNEY AUS", "spotify"),
        ("Bezahlung Karte MC/000001234|POS 1234 14.01. 10:00|HOFER", "hofer"),
        ("PRELEVEMENT  EDF CLIENTS PARTICULIERS", "edf"),
        ("VIREMENT EN VOTRE FAVEUR  Insurer", "insurer"),
        ("FACTURE CARTE DU 120324 CARREFOUR CARTE 4974XXXXXXXX1234", "carrefour"),
        ("PRELEVEMENT EUROPEEN 1234567890 DE: FREE MOBILE ID: FR12ZZZ MOTIF: 1", "free mobile"),
        ("DIRECT DEBIT PAYMENT TO VODAFONE LTD REF 123456, MANDATE NO 12", "vodafone"),
        ("CARD PAYMENT TO TESCO ON 12-03-2024", "tesco"),
        ("VISA DDA PUR AP 412345 UBER TRIP", "uber"),
        ("EFTPOS DEBIT 0012345 WOOLWORTHS", "woolworths"),
        ("Contactless Interac purchase - 1234 LOBLAWS", "loblaws"),
        ("COMPRA TARJ. 5489XXXXXXXX1234 MERCADONA MADRID", "mercadona"),
        ("PAGO MOVIL EN MERCADONA", "mercadona"),
        ("PIX ENVIADO SPOTIFY BRASIL", "spotify"),
        ("PAGAMENTO POS ESSELUNGA MILANO", "esselunga"),
        ("Kortköp 240312 SPOTIFY", "spotify"),
        ("Visa køb NETTO", "netto"),
        ("Visa Debitkartenumsatz DM DROGERIE MARKT", "dm"),
        ("KAUF/ONLINE-SHOPPING VOM 12.03.2024 KARTEN NR. XXXX1234 DIGITEC", "digitec"),
        ("Kaufland", "kaufland"),
        ("TOYS R US", "toys r us"),
        ("Amazon Prime*2K4AB1XY0", "amazon"),
        ("PayPal (Europe) S.à r.l. et Cie, S.C.A.", "paypal"),
        ("Rechnung 2024001 Vodafone", "rechnung vodafone"),
        ("Kundennr. 123456 Vodafone GmbH", "kundennr vodafone"),
        ("1&1 Telecom GmbH", "11 telecom"),
    ] {
        assert_eq!(payee(text), Payee { host: None, name: Some(name.into()) }, "{text}");
    }
}

#[test]
fn a_domain_in_the_text_is_taken_at_its_word() {
    for (text, expected) in [
        ("NETFLIX.COM 866-579-7172", "netflix.com"),
        ("APPLE.COM/BILL", "apple.com"),
        ("PAYPAL *www.shop.de", "www.shop.de"),
        ("Booking.com B.V.", "booking.com"),
        ("MÜLLER.DE ULM", "xn--mller-kva.de"),
    ] {
        assert_eq!(payee(text).host.as_deref(), Some(expected), "{text}");
    }
    assert_eq!(payee("AMZN.COM/BILL WA").host.as_deref(), Some("amazon.com"));
    for text in [
        "Kundennr. 1 Rechn.Nr. 9",
        "Mueller.GmbH",
        "AWS.AMAZON.CO WA",
        "MUELLER CO.KG",
        "SOCIETE S.A.",
        "12.03.2024",
        "CALL REF.NO. 1234",
        "Dipl.Ing. Karl Meier",
        "Fam.Schmidt",
        "no.such-suffix-here",
    ] {
        assert_eq!(payee(text).host, None, "{text}");
    }
}

#[test]
fn the_number_of_an_order_is_no_part_of_who_is_paid() {
    assert_eq!(without_order("AMZN Mktp US*2K4AB1"), "AMZN Mktp US");
    for text in ["PAYPAL *NETFLIX", "GOOGLE *YouTube Premium", "Shop"] {
        assert_eq!(without_order(text), text);
    }
}

#[test]
fn who_took_the_money_is_told_from_where_it_was_spent() {
    let paypal = "PayPal Europe S.a.r.l. et Cie S.C.A";
    assert_eq!(bought_at(paypal, "PP.1234.PP . NETFLIX, Ihr Einkauf bei NETFLIX"), Some("NETFLIX"));
    assert_eq!(bought_at(paypal, "1029384756/. Ihr Einkauf bei Müller, Ulm."), Some("Müller, Ulm"));
    assert_eq!(bought_at("Zalando SE", "Ihr Einkauf bei Zalando"), None);
    assert_eq!(bought_at(paypal, "Ihr Einkauf bei "), None);
    assert_eq!(bought_at(paypal, "Abbuchung"), None);
}

#[test]
fn what_is_asked_of_every_text_is_answered_as_in_full() {
    HOW.iter().chain(PLACES.iter()).for_each(|words| assert_eq!(plain_name(words).as_deref(), Some(*words)));
    let words = HOW.iter().flat_map(|words| words.split(' ')).chain(COUNTED.iter().copied());
    for word in words.chain(["netflix", "1und1", "müller", "x", "gmbh"]) {
        let in_full = plain_name(word).is_some_and(|plain| {
            !HOW.contains(plain.as_str())
                && !COUNTED.contains(&plain.as_str())
                && plain.chars().any(char::is_alphabetic)
        });
        assert!(!is_name_at_once(word) || in_full, "{word}");
    }
    assert!(is_name_at_once("NETFLIX") && !is_how("SPOTIFY") && is_how("CARTE X1234 14/01") && is_how("KARTENZAHLUNG"));
}

#[test]
fn a_text_that_names_nobody_is_nobody() {
    for text in ["", "   ", "4711 0815", "**", "12/03/24"] {
        assert_eq!(payee(text), Payee::default(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read_and_read_again_alike(text: String) {
        let read = payee(&text);
        if let Some(name) = &read.name {
            prop_assert!(!name.is_empty());
        }
        prop_assert_eq!(payee(&text), read);
    }
}

/// Words with a point between are no sites, and how it was paid is no part of one.
#[test]
fn no_site_is_made_of_a_word() {
    let host = |text: &str| payee(text).host;
    for text in ["ANNA.MARIA.SCHMIDT", "siehe bilder.zip", "Herr.Ing Peter Klein", "Miete.Haus Januar", "Ella.Live"] {
        assert_eq!(host(text), None, "{text}");
    }
    for (text, expected) in [
        ("VISA-NETFLIX.COM", "netflix.com"),
        ("VDP-NETFLIX.COM", "netflix.com"),
        ("POS-AMAZON.DE", "amazon.de"),
        ("BOOK-SHOP.DE", "book-shop.de"),
        ("www.rent.haus", "www.rent.haus"),
        ("2CO.COM*AVAST.COM", "avast.com"),
        ("CRV*NETFLIX.COM", "netflix.com"),
    ] {
        assert_eq!(host(text).as_deref(), Some(expected), "{text}");
    }
}
