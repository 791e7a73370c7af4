//! What real banks do that no description of a format says.

use super::tests::good;

/// What statements of real banks put into the field for a name.
#[test]
fn a_text_that_names_nobody_gives_way_to_one_that_does() {
    let ofx = |name: &str, memo: &str| {
        let head = "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><BANKTRANLIST>";
        let booking =
            format!("<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20240115<TRNAMT>-9.99<FITID>1<NAME>{name}<MEMO>{memo}</STMTTRN>");
        let (_, heard) =
            good(format!("{head}{booking}</BANKTRANLIST></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>").as_bytes());
        heard.names().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(ofx("DIRECT DEBIT", "SPOTIFY AB"), ["SPOTIFY AB"]);
    assert_eq!(ofx("PAIEMENT PAR CARTE", "X1234 NETFLIX.COM"), ["X1234 NETFLIX.COM"]);
    assert_eq!(ofx("SPOTIFY AB", "DIRECT DEBIT"), ["SPOTIFY AB"]);
    let bunq = "\"Date\";\"Interest Date\";\"Amount\";\"Account\";\"Counterparty\";\"Name\";\"Description\"\n\
                \"2023-01-02\";\"2023-01-02\";\"-12,34\";\"NL12BUNQ2025000000\";\"NL91ABNA0417164300\";\"Spotify AB\";\"AH\"\n";
    assert_eq!(good(bunq.as_bytes()).1.names(), ["Spotify AB"]);
}

#[test]
fn who_collects_for_others_is_not_who_is_paid() {
    let csv = "Date,Payee,Creditor ID,Amount\n2024-01-15,PAYPAL *STEAM,LU96ZZZ0000000000000000058,-5\n\
               2024-01-16,PAYPAL *NETFLIX,LU96ZZZ0000000000000000058,-6\n2024-01-17,PAYPAL *STEAM,LU96ZZZ0000000000000000058,-7\n";
    let (_, heard) = good(csv.as_bytes());
    assert_eq!(heard.names(), ["PAYPAL *STEAM", "PAYPAL *NETFLIX"]);
}

#[test]
fn every_account_of_a_file_is_read_by_its_own_header() {
    let csv = "\"Account\",\"Checking\"\n\"Buchungstag\",\"Verwendungszweck\",\"Betrag\"\n\
               \"15.01.2024\",\"NETFLIX.COM\",\"-9,99\"\n\n\"Account\",\"Visa\"\n\
               \"Buchungstag\",\"Wertstellung\",\"Verwendungszweck\",\"Betrag\",\"Waehrung\"\n\
               \"17.01.2024\",\"17.01.2024\",\"AMAZON.DE\",\"-9,99\",\"EUR\"\n";
    let (summary, heard) = good(csv.as_bytes());
    assert_eq!(heard.names(), ["NETFLIX.COM", "AMAZON.DE"]);
    assert_eq!(heard.found[1].details.value()["currency"], "EUR");
    assert_eq!(summary.skipped, 1, "the name of the second account stands between: {heard:?}");
}

#[test]
fn the_number_of_a_card_is_found_behind_a_word() {
    let csv = "Date,Payee,Amount\n2024-01-15,KARTE:4111111111111111 FOO,-5\n2024-01-16,BAR NR.4111111111111111/X,-6\n";
    let (_, heard) = good(csv.as_bytes());
    assert!(!format!("{heard:?}").contains("411111") && heard.dropped.len() == 2, "{heard:?}");
}

#[test]
fn each_transfer_between_own_accounts_is_counted() {
    let csv = "Own account,Date,Payee,IBAN,Amount\nDE02120300000000202051,2024-01-15,Me,DE89370400440532013000,-5\n\
               DE02120300000000202051,2024-01-16,Me,DE89370400440532013000,-5\nDE89370400440532013000,2024-01-16,Shop,,-5\n";
    let (_, heard) = good(csv.as_bytes());
    assert_eq!((heard.found.len(), heard.passed_over.len()), (1, 2));
}

#[test]
fn a_cards_statement_is_known_by_its_thanks() {
    let csv = "Date,Description,Amount\n2024-01-15,PAYMENT RECEIVED - THANK YOU,-500.00\n\
               2024-01-16,SPOTIFY,9.99\n2024-01-17,NETFLIX.COM,12.99\n";
    let (_, heard) = good(csv.as_bytes());
    assert_eq!(heard.names(), ["SPOTIFY", "NETFLIX.COM"]);
    assert_eq!(heard.found[0].details.value()["total"], "-9.99");
}

#[test]
fn a_card_s_statement_in_german_is_known_by_its_thanks() {
    let csv = "Datum,Beschreibung,Betrag\n01/09/2024,STARBUCKS BERLIN,\"17,99\"\n\
               03/09/2024,ZAHLUNG/ÜBERWEISUNG ERHALTEN BESTEN DANK,\"-100,00\"\n";
    assert_eq!(good(csv.as_bytes()).1.found[0].details.value()["amount"], "-17.99");
}

/// The purpose of a transfer may name anybody.
#[test]
fn no_purpose_stands_in_for_a_payee_whose_column_is_not_known() {
    let unknown =
        "Datum;Empfänger oder Auftraggeber des Umsatzes;Verwendungszweck;Betrag\n30.06.2024;Erika;Netflix;-9,00\n";
    assert_eq!(super::tests::asked(unknown).questions, [super::Question::Payee]);
    for header in [
        "Datum;Auftraggeber/Zahlungsempfänger;Verwendungszweck;Betrag",
        "Transactiedatum;Tegenrekeninghouder;Omschrijving;Bedrag",
        "Data operacji;Odbiorca/Zleceniodawca;Opis;Kwota",
    ] {
        let (_, heard) = good(format!("{header}\n30.06.2024;Erika Mustermann;Netflix;-9,00\n").as_bytes());
        assert_eq!(heard.names(), ["Erika Mustermann"], "{header}");
    }
}

#[test]
fn dates_decide_where_a_header_only_hints() {
    let csv = "Date,Label,Amount\n12/31/2024,Netflix.com,-9.99\n01/15/2024,Spotify,-5\n";
    let (summary, heard) = good(csv.as_bytes());
    assert_eq!((summary.skipped, heard.names()), (0, vec!["Netflix.com", "Spotify"]));
}

#[test]
fn balances_between_bookings_are_passed_over() {
    let csv = "Date,Description,Amount,Running Bal.\n01/31/2024,Beginning balance as of 01/01/2024,,\"1,000.00\"\n\
               01/31/2024,Spotify,-5.00,995.00\n";
    let (summary, heard) = good(csv.as_bytes());
    assert_eq!((summary.skipped, heard.names()), (0, vec!["Spotify"]));
}

#[test]
fn cells_for_a_spreadsheet_are_texts() {
    let csv = "Datum;Empfänger;Betrag\n=\"2024-01-15\";=\"Netflix.com\";=\"-9,99\"\n";
    assert_eq!(good(csv.as_bytes()).1.names(), ["Netflix.com"]);
}

#[test]
fn who_took_the_money_for_a_shop_is_told_beside_it() {
    let csv = "Buchungstag;Zahlungsempfänger;Verwendungszweck;Betrag\n\
               15.01.2024;PayPal Europe S.a.r.l. et Cie S.C.A;PP.1234.PP . NETFLIX, Ihr Einkauf bei NETFLIX;-9,99\n\
               16.01.2024;PayPal Europe S.a.r.l. et Cie S.C.A;PP.1234.PP . SPOTIFY, Ihr Einkauf bei SPOTIFY;-9,99\n";
    let (_, heard) = good(csv.as_bytes());
    assert_eq!(heard.names(), ["NETFLIX", "SPOTIFY"]);
    assert_eq!(heard.found[0].details.value()["through"], "PayPal Europe S.a.r.l. et Cie S.C.A");
}

#[test]
fn the_type_of_a_booking_may_be_its_direction() {
    let csv = "Account Number,Transaction Description,Transaction Date,Transaction Type,Transaction Amount,Balance\n\
               1234,Digital Card Purchase - NETFLIX COM,01/15/24,Debit,9.99,100.00\n\
               1234,Refund from SHOP,01/16/24,Credit,5.00,105.00\n";
    let (_, heard) = good(csv.as_bytes());
    let amounts: Vec<_> = heard.found.iter().map(|found| found.details.value()["amount"].clone()).collect();
    assert_eq!(amounts, ["-9.99", "5.00"]);
}

#[test]
fn what_wise_and_paypal_do_among_their_own_accounts_is_no_vendors() {
    let wise = "\"TransferWise ID\",Date,Amount,Currency,Description,\"Payment Reference\",\"Running Balance\",\"Exchange From\",\
                \"Exchange To\",\"Exchange Rate\",\"Payer Name\",\"Payee Name\",\"Payee Account Number\",Merchant,\"Card Last Four Digits\",\
                \"Card Holder Full Name\",Attachment,Note,\"Total fees\",\"Exchange To Amount\",\"Transaction Type\",\
                \"Transaction Details Type\"\n\
                CARD-1,15-01-2024,-9.99,EUR,\"Card transaction of 9.99 EUR issued by Netflix.com\",,1,,,,,,,Netflix.com,1111,A,,,0,,DEBIT,CARD\n\
                BALANCE-2,16-01-2024,-500.00,GBP,\"Converted 500.00 GBP to 574.68 EUR\",,1,GBP,EUR,1.1,,,,,,,,,0,,DEBIT,CONVERSION\n\
                FEE-3,16-01-2024,-0.60,EUR,\"Wise Charges for: TRANSFER-3\",,1,,,,,,,,,,,,0,,DEBIT,ACCRUAL_CHARGE\n";
    let (summary, heard) = good(wise.as_bytes());
    assert_eq!(heard.names(), ["Netflix.com"]);
    assert_eq!(summary.apart.len(), 2, "{summary:?}");
    let older = wise.replace(",\"Transaction Type\",\"Transaction Details Type\"", "").replace(",,DEBIT,CARD", ",");
    let older = older.replace(",,DEBIT,CONVERSION", ",").replace(",,DEBIT,ACCRUAL_CHARGE", ",");
    assert_eq!(good(older.as_bytes()).1.names(), ["Netflix.com"]);
    let paypal = "\"Date\",\"Time\",\"TimeZone\",\"Name\",\"Type\",\"Status\",\"Currency\",\"Gross\",\"Fee\",\"Net\"\n\
                  \"15/01/2024\",\"10:00:00\",\"CET\",\"Steam\",\"General Authorization\",\"Completed\",\"EUR\",\"-5.00\",\"0\",\"-5.00\"\n\
                  \"15/01/2024\",\"10:00:01\",\"CET\",\"Steam\",\"PreApproved Payment Bill User Payment\",\"Completed\",\"EUR\",\"-5.00\",\"0\",\"-5.00\"\n";
    let (_, heard) = good(paypal.as_bytes());
    assert_eq!(heard.found[0].details.value()["count"], 1);
}

#[test]
fn a_card_s_statement_is_known_by_its_columns() {
    let apple = "Transaction Date,Clearing Date,Description,Merchant,Category,Type,Amount (USD),Purchased By\n\
                 01/14/2024,01/15/2024,\"NETFLIX.COM LOS GATOS CA\",\"Netflix.com\",Other,Purchase,9.99,A\n";
    let amex = "Datum,Beschreibung,Karteninhaber,Konto #,Betrag\n14/01/2024,NETFLIX.COM,A MUSTER,-12345,\"9,99\"\n";
    for csv in [apple, amex] {
        let (_, heard) = good(csv.as_bytes());
        assert_eq!(heard.found[0].details.value()["amount"], "-9.99", "{csv}");
    }
}

#[test]
fn cards_and_investment_accounts_in_ofx() {
    let head = "<?xml version=\"1.0\"?><?OFX OFXHEADER=\"200\" VERSION=\"211\"?><OFX>";
    let card = "<CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>USD</CURDEF><CCACCTFROM><ACCTID>4111111111111111</ACCTID>\
                </CCACCTFROM><BANKTRANLIST><STMTTRN><TRNTYPE>DEBIT</TRNTYPE><DTPOSTED>20240115120000[-5:EST]</DTPOSTED>\
                <TRNAMT>-9.99</TRNAMT><FITID>1</FITID><NAME>NETFLIX.COM</NAME></STMTTRN></BANKTRANLIST></CCSTMTRS>\
                </CCSTMTTRNRS></CREDITCARDMSGSRSV1>";
    let investment = "<INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><CURDEF>EUR</CURDEF><INVACCTFROM><BROKERID>b</BROKERID>\
                <ACCTID>99887766</ACCTID></INVACCTFROM><INVTRANLIST><BUYSTOCK><INVBUY><INVTRAN><FITID>2</FITID>\
                <DTTRADE>20240116</DTTRADE></INVTRAN></INVBUY></BUYSTOCK><INVBANKTRAN><STMTTRN><TRNTYPE>DEBIT</TRNTYPE>\
                <DTPOSTED>20240117</DTPOSTED><TRNAMT>-5.00</TRNAMT><FITID>3</FITID><NAME>Broker Magazine</NAME></STMTTRN>\
                </INVBANKTRAN></INVTRANLIST></INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1></OFX>";
    let (summary, heard) = good(format!("{head}{card}{investment}").as_bytes());
    assert_eq!(heard.names(), ["NETFLIX.COM", "Broker Magazine"]);
    assert_eq!(heard.found[1].details.value()["currency"], "EUR");
    assert_eq!(summary.apart, [(super::Apart::Security, 1)].into());
    let told = format!("{heard:?}");
    assert!(!told.contains("4111") && !told.contains("7766"), "{told}");
}

/// camt.052.001.08 and camt.054.001.08 have the entries of camt.053 under another roof.
#[test]
fn reports_and_notifications_are_read_as_statements_are() {
    let entry = "<Ntry><Amt Ccy=\"CHF\">12.50</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2024-01-15</Dt>\
                 </BookgDt><NtryDtls><TxDtls><RltdPties><Cdtr><Pty><Nm>Swisscom (Schweiz) AG</Nm></Pty></Cdtr></RltdPties></TxDtls>\
                 </NtryDtls></Ntry>";
    for (name, message, roof) in [
        ("052", "BkToCstmrAcctRpt", "Rpt"),
        ("053", "BkToCstmrStmt", "Stmt"),
        ("054", "BkToCstmrDbtCdtNtfctn", "Ntfctn"),
    ] {
        let text = format!(
            "<?xml version=\"1.0\"?><Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.{name}.001.08\"><{message}><GrpHdr><MsgId>1</MsgId>\
             </GrpHdr><{roof}><Id>1</Id><Acct><Id><IBAN>CH9300762011623852957</IBAN></Id></Acct>{entry}</{roof}></{message}></Document>"
        );
        let (summary, heard) = good(text.as_bytes());
        assert_eq!((heard.names(), summary.payments), (vec!["Swisscom (Schweiz) AG"], 1), "camt.{name}");
        assert_eq!(heard.found[0].details.value()["amount"], "-12.50");
    }
}

#[test]
fn what_a_bank_says_of_itself_below_the_bookings_is_no_bad_row() {
    let csv = "Buchungsdatum;Avisierungstext;Gutschrift in CHF;Lastschrift in CHF;Valuta;Saldo in CHF\n\
               15.01.2024;Migros;;-12.50;15.01.2024;100\n\nDisclaimer:\nDies ist kein durch PostFinance erstelltes Dokument.\n";
    let (summary, heard) = good(csv.as_bytes());
    assert_eq!((heard.names(), summary.skipped), (vec!["Migros"], 0), "{heard:?}");
}

#[test]
fn what_the_user_says_of_columns_goes_before_what_is_known() {
    use super::{Found, Question};
    let csv = "Date,Description,Original Description,Amount\n2024-03-15,Netflix,NFLX ORIG,-15.49\n";
    let mut heard = crate::import::testing::Heard::default();
    let found = super::read(&mut csv.as_bytes(), None, &|_| None, &[Question::Payee], &mut heard).unwrap();
    let Found::Unmapped(unmapped) = found else { panic!("it is asked: {found:?}") };
    assert_eq!(unmapped.questions, [Question::Payee]);
    assert!(heard.found.is_empty());
}

#[test]
fn paypal_in_german_and_a_polish_bank() {
    let paypal = "\"Datum\",\"Uhrzeit\",\"Zeitzone\",\"Beschreibung\",\"Währung\",\"Brutto\",\"Entgelt\",\"Netto\",\"Guthaben\",\"Name\"\n\
                  \"05.02.2024\",\"10:00:00\",\"CET\",\"Zahlung im Einzugsverfahren\",\"EUR\",\"-9,99\",\"0,00\",\"-9,99\",\"0,00\",\"Spotify AB\"\n";
    let mbank =
        "#Data operacji;#Opis operacji;#Rachunek;#Kategoria;#Kwota;\n2024-02-05;SPOTIFY;eKonto;Muzyka;-19,99 PLN;\n";
    for csv in [paypal, mbank] {
        let (_, heard) = good(csv.as_bytes());
        assert!(heard.names()[0].to_lowercase().starts_with("spotify"), "{heard:?}");
        assert_eq!(heard.found[0].last_seen, Some("2024-02-05T00:00:00Z".parse().unwrap()));
    }
}

#[test]
fn the_payments_of_a_batch_are_read_and_the_batch_is_not() {
    let zkb = "\"Datum\";\"Buchungstext\";\"Whg\";\"Betrag Detail\";\"ZKB-Referenz\";\"Referenznummer\";\"Belastung CHF\";\"Gutschrift CHF\";\
               \"Valuta\";\"Saldo CHF\"\n\
               \"15.01.2024\";\"Belastungen e-Banking (2)\";\"\";\"\";\"L1\";\"\";\"112.50\";\"\";\"15.01.2024\";\"900.00\"\n\
               \"\";\"Swisscom (Schweiz) AG\";\"CHF\";\"100.00\";\"\";\"\";\"\";\"\";\"\";\"\"\n\
               \"\";\"Serafe AG\";\"CHF\";\"12.50\";\"\";\"\";\"\";\"\";\"\";\"\"\n\
               \"16.01.2024\";\"Digitec Galaxus AG\";\"\";\"\";\"L2\";\"\";\"20.00\";\"\";\"16.01.2024\";\"880.00\"\n";
    let (summary, heard) = good(zkb.as_bytes());
    assert_eq!(heard.names(), ["Swisscom (Schweiz) AG", "Serafe AG", "Digitec Galaxus AG"]);
    assert_eq!(heard.found[0].details.value()["amount"], "-100.00");
    assert_eq!(heard.found[1].last_seen, Some("2024-01-15T00:00:00Z".parse().unwrap()));
    assert_eq!((summary.apart, summary.skipped), ([(super::Apart::Batch, 1)].into(), 0));
    let broken = zkb.replace("\"100.00\"", "\"much\"");
    let (_, heard) = good(broken.as_bytes());
    assert_eq!(heard.reasons(), ["line 3: this is no amount of a batch's payment: much"]);
}

/// What ABN AMRO and Wells Fargo give out has no header.
#[test]
fn without_a_header_the_amount_is_what_the_balance_changes_by() {
    let abn = |rows: [&str; 3]| {
        let row = |row: &str| format!("123456789\tEUR\t2024011{row}\n");
        rows.map(row).concat()
    };
    let oldest_first = abn([
        "5\t100,00\t90,00\t20240115\t-10,00\tSPOTIFY AB",
        "6\t90,00\t85,00\t20240116\t-5,00\tZIGGO BV",
        "7\t85,00\t185,00\t20240117\t100,00\tZIGGO BV",
    ]);
    let (_, heard) = good(oldest_first.as_bytes());
    let totals: Vec<_> = heard.found.iter().map(|found| found.details.value()["total"].clone()).collect();
    assert_eq!((heard.names(), totals), (vec!["SPOTIFY AB", "ZIGGO BV"], vec!["-10.00".into(), "95.00".into()]));
    // A balance that does not follow tells nothing.
    let unmapped = super::tests::asked(&oldest_first.replace("185,00", "186,00"));
    assert_eq!(unmapped.questions, [super::Question::Amount]);
    let wells =
        "\"01/16/2024\",\"-9.99\",\"*\",\"\",\"NETFLIX.COM\"\n\"01/15/2024\",\"-5.00\",\"*\",\"\",\"SPOTIFY\"\n";
    assert_eq!(good(wells.as_bytes()).1.names(), ["NETFLIX.COM", "SPOTIFY"]);
    let td = "01/16/2024,NETFLIX.COM,9.99,,90.01\n01/15/2024,SPOTIFY,5.00,,100.00\n01/14/2024,REFUND CO,,5.00,105.00\n";
    for csv in [td.to_owned(), td.replace("REFUND CO,,5.00", "REFUND CO,5.00,")] {
        let (_, heard) = good(csv.as_bytes());
        assert_eq!(heard.found[0].details.value()["amount"], "-9.99", "{csv}");
    }
    let bawag = "AT121400012345678901;SPOTIFY AB;15.01.2024;15.01.2024;-9,99;EUR\n";
    let (_, heard) = good(bawag.as_bytes());
    assert!(heard.names() == ["SPOTIFY AB"] && !format!("{heard:?}").contains("8901"), "{heard:?}");
    let newest_first =
        "17/01/2024,-5.00,SPOTIFY,+85.00\n16/01/2024,-5.00,NETFLIX,+90.00\n15/01/2024,-5.00,SHOP,+95.00\n";
    let (_, heard) = good(newest_first.as_bytes());
    assert_eq!(heard.found[2].details.value()["amount"], "-5.00");
}

#[test]
fn a_booking_of_a_day_to_come_has_not_happened() {
    let csv = "Date,Payee,Amount\n2024-01-15,Spotify,-5\n2204-01-15,Spotify,-5\n";
    let (summary, heard) = good(csv.as_bytes());
    assert_eq!(heard.found[0].last_seen, Some("2024-01-15T00:00:00Z".parse().unwrap()));
    assert_eq!(summary.apart, [(super::Apart::NotBooked, 1)].into());
}

#[test]
fn venmo_has_titles_above_its_header_and_a_row_of_balances_below() {
    let csv = "Account Statement - (@ada) ,,,,,,,,\nAccount Activity,,,,,,,,\n,ID,Datetime,Type,Status,Note,From,To,Amount (total)\n\
               ,,,,,,,,\n,3456,2024-01-15T10:00:00,Merchant Transaction,Complete,,Ada,Spotify,- $9.99\n";
    let (summary, heard) = good(csv.as_bytes());
    assert_eq!((heard.names(), summary.format.as_str()), (vec!["Spotify"], "CSV of Venmo"));
    assert_eq!(heard.found[0].details.value()["amount"], "-9.99");
}

#[test]
fn who_holds_the_account_is_not_whom_it_pays() {
    let kbc = "Rekeningnummer;Rubrieknaam;Naam;Munt;Afschriftnummer;Datum;Omschrijving;Valuta;Bedrag;Saldo;credit;debet;\
               rekeningnummer tegenpartij;BIC tegenpartij;Naam tegenpartij;Adres tegenpartij;Vrije mededeling\n\
               BE12;;ADA;EUR;01;15/01/2024;BETALING VIA BANCONTACT 14-01 NETFLIX.COM;15/01/2024;-9,99;1;;-9,99;;;;;\n\
               BE12;;ADA;EUR;01;16/01/2024;EUROPESE DOMICILIERING;16/01/2024;-9,99;2;;-9,99;LU1;BIC;SPOTIFY AB;;\n";
    let (_, heard) = good(kbc.as_bytes());
    assert_eq!(heard.names(), ["BETALING VIA BANCONTACT 14-01 NETFLIX.COM", "SPOTIFY AB"]);
}

#[test]
fn a_text_that_says_how_and_when_names_nobody() {
    let sg = "Date de l'opération;Libellé;Détail de l'écriture;Montant de l'opération;Devise\n\
              15/01/2024;CARTE X1234 14/01 ;CARTE X1234 14/01 NETFLIX.COM;-9,99;EUR\n";
    assert_eq!(good(sg.as_bytes()).1.names(), ["CARTE X1234 14/01 NETFLIX.COM"]);
}
