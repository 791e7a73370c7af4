//! A row or two of each bank whose columns are known, as the bank writes them.

use crate::import::bank::tests::good;

/// The bank, its header, a row, the payee, and the amount with its currency and day.
const BANKS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "CSV of ING (NL)",
        "\"Datum\",\"Naam / Omschrijving\",\"Rekening\",\"Tegenrekening\",\"Code\",\"Af Bij\",\"Bedrag (EUR)\",\"MutatieSoort\",\"Mededelingen\"",
        "\"20240205\",\"Ziggo Services BV\",\"NL20INGB0001234567\",\"NL98INGB0000845745\",\"IC\",\"Af\",\"45,50\",\"Incasso\",\"Naam: Ziggo\"",
        "Ziggo Services BV",
        "-45.50 EUR 2024-02-05",
    ),
    (
        "CSV of ING (DE)",
        "Umsatzanzeige;Datei erstellt am: 05.02.2024\n\nIBAN;DE02 1203\nBank;ING\n\nBuchung;Wertstellungsdatum;Auftraggeber/Empfänger;Buchungstext;Verwendungszweck;Saldo;Währung;Betrag;Währung",
        "05.02.2024;05.02.2024;Telekom Deutschland GmbH;Lastschrift;Rechnung;1.000,00;EUR;-39,95;EUR",
        "Telekom Deutschland GmbH",
        "-39.95 EUR 2024-02-05",
    ),
    (
        "CSV of DKB",
        "\"Girokonto\";\"DE02120300000000202051\"\n\"\"\n\"Buchungsdatum\";\"Wertstellung\";\"Status\";\"Zahlungspflichtige*r\";\"Zahlungsempfänger*in\";\"Verwendungszweck\";\"Umsatztyp\";\"IBAN\";\"Betrag (€)\";\"Gläubiger-ID\";\"Mandatsreferenz\";\"Kundenreferenz\"",
        "\"05.02.24\";\"05.02.24\";\"Gebucht\";\"Ada\";\"Spotify AB\";\"P123\";\"Ausgang\";\"DE89370400440532013000\";\"-10,99\";\"SE03ZZZ5567037485\";\"M1\";\"\"",
        "Spotify AB",
        "-10.99 EUR 2024-02-05",
    ),
    (
        "CSV of N26",
        "\"Date\",\"Payee\",\"Account number\",\"Transaction type\",\"Payment reference\",\"Amount (EUR)\",\"Amount (Foreign Currency)\",\"Type Foreign Currency\",\"Exchange Rate\"",
        "\"2024-02-05\",\"Netflix\",\"\",\"MasterCard Payment\",\"\",\"-12.99\",\"-12.99\",\"EUR\",\"1.0\"",
        "Netflix",
        "-12.99 EUR 2024-02-05",
    ),
    (
        "CSV",
        "\"Booking Date\",\"Value Date\",\"Partner Name\",\"Partner Iban\",Type,\"Payment Reference\",\"Account Name\",\"Amount (EUR)\",\"Original Amount\",\"Original Currency\",\"Exchange Rate\"",
        "2024-02-05,2024-02-05,\"Netflix\",,Presentment,,\"Main Account\",-12.99,12.99,EUR,1",
        "Netflix",
        "-12.99 EUR 2024-02-05",
    ),
    (
        "CSV of Revolut",
        "Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance",
        "CARD_PAYMENT,Current,2024-02-04 10:11:12,2024-02-05 01:02:03,Uber,-8.20,0.00,GBP,COMPLETED,10.00",
        "Uber",
        "-8.20 GBP 2024-02-05",
    ),
    (
        "CSV of Monzo",
        "Transaction ID,Date,Time,Type,Name,Emoji,Category,Amount,Currency,Local amount,Local currency,Notes and #tags,Address,Receipt,Description,Category split,Money Out,Money In",
        "tx_1,05/02/2024,10:11:12,Card payment,Tesco,,Groceries,-3.40,GBP,-3.40,GBP,,,,TESCO STORES 123,,-3.40,",
        "Tesco",
        "-3.40 GBP 2024-02-05",
    ),
    (
        "CSV of Starling",
        "Date,Counter Party,Reference,Type,Amount (GBP),Balance (GBP),Spending Category,Notes",
        "05/02/2024,Octopus Energy,A-1,DIRECT DEBIT,-80.00,100.00,BILLS,",
        "Octopus Energy",
        "-80.00 GBP 2024-02-05",
    ),
    (
        "CSV of Wise",
        "\"TransferWise ID\",Date,Amount,Currency,Description,\"Payment Reference\",\"Running Balance\",\"Exchange From\",\"Exchange To\",\"Exchange Rate\",\"Payer Name\",\"Payee Name\",\"Payee Account Number\",Merchant,\"Card Last Four Digits\",\"Card Holder Full Name\",Attachment,Note,\"Total fees\"",
        "CARD-1,05-02-2024,-7.00,EUR,\"Card transaction of 7.00 EUR issued by Amazon\",,10,,,,,,,Amazon,1234,Ada,,,0.00",
        "Amazon",
        "-7.00 EUR 2024-02-05",
    ),
    (
        "CSV of PayPal",
        "\"Date\",\"Time\",\"TimeZone\",\"Name\",\"Type\",\"Status\",\"Currency\",\"Gross\",\"Fee\",\"Net\",\"From Email Address\",\"To Email Address\"",
        "\"13/02/2024\",\"10:11:12\",\"GMT\",\"Steam\",\"PreApproved Payment\",\"Completed\",\"GBP\",\"-1,019.99\",\"0.00\",\"-19.99\",\"a@x.example\",\"b@x.example\"",
        "Steam",
        "-1019.99 GBP 2024-02-13",
    ),
    (
        "CSV of Boursorama",
        "dateOp;dateVal;label;category;categoryParent;supplierFound;amount;comment;accountNum;accountLabel;accountbalance",
        "2024-02-05;2024-02-05;\"CARTE 04/02/24 SNCF CB*1234\";\"Train\";\"Transports\";\"sncf\";-45,00;;00012345678;BoursoBank;1000.00",
        "sncf",
        "-45.00 - 2024-02-05",
    ),
    (
        "CSV of DBS",
        "Account Details For:,DBS 1\n\nTransaction Date,Reference,Debit Amount,Credit Amount,Transaction Ref1,Transaction Ref2,Transaction Ref3",
        "27 Feb 2018,UMC-, 7.80, ,MCDONALD'S (TAM KIOSK) SI NG 22FEB,,,",
        "MCDONALD'S (TAM KIOSK) SI NG 22FEB",
        "-7.80 - 2018-02-27",
    ),
    (
        "CSV of Chase",
        "Details,Posting Date,Description,Amount,Type,Balance,Check or Slip #",
        "DEBIT,02/05/2024,\"COMCAST CABLE\",-80.00,ACH_DEBIT,100.00,,",
        "COMCAST CABLE",
        "-80.00 - 2024-02-05",
    ),
    (
        "CSV of American Express (US)",
        "Date,Description,Card Member,Account #,Amount",
        "02/25/2024,UBER TRIP,ADA,-1001,12.00",
        "UBER TRIP",
        "-12.00 - 2024-02-25",
    ),
    (
        "CSV of Capital One",
        "Transaction Date,Posted Date,Card No.,Description,Category,Debit,Credit",
        "2024-02-04,2024-02-05,1234,HULU,Entertainment,7.99,",
        "HULU",
        "-7.99 - 2024-02-05",
    ),
    (
        "CSV",
        "\"IBAN/BBAN\",\"Munt\",\"BIC\",\"Volgnr\",\"Datum\",\"Rentedatum\",\"Bedrag\",\"Saldo na trn\",\"Tegenrekening IBAN/BBAN\",\"Naam tegenpartij\",\"Naam uiteindelijke partij\",\"Machtigingskenmerk\",\"Incassant ID\",\"Omschrijving-1\"",
        "\"NL11RABO0104955555\",\"EUR\",\"RABONL2U\",\"1\",\"2024-02-05\",\"2024-02-05\",\"-45,00\",\"+10,00\",\"NL98INGB0000845745\",\"Adyen\",\"Bol.com\",\"M1\",\"NL09ZZZ1\",\"x\"",
        "Bol.com",
        "-45.00 EUR 2024-02-05",
    ),
];

#[test]
fn each_bank_is_read_as_it_writes() {
    for (bank, header, row, name, booking) in BANKS {
        let (summary, heard) = good(format!("{header}\n{row}\n").as_bytes());
        assert_eq!(summary.format, *bank, "{header}");
        assert_eq!(heard.reasons(), [""; 0], "{bank}");
        let [found] = heard.found.as_slice() else { panic!("{bank}: {heard:?}") };
        assert_eq!(found.name.as_deref(), Some(*name), "{bank}");
        let detail = |name: &str| found.details.value()[name].as_str().unwrap_or("-").to_owned();
        let day = found.last_seen.unwrap().to_string();
        assert_eq!(format!("{} {} {}", detail("amount"), detail("currency"), &day[..10]), *booking, "{bank}");
    }
}

#[test]
fn what_came_in_has_its_payer_for_a_name() {
    let (header, row) = (BANKS[2].1, BANKS[2].2.replace("-10,99", "10,99").replace("\"Ada\"", "\"Versicherung AG\""));
    let (_, heard) = good(format!("{header}\n{row}\n").as_bytes());
    assert_eq!(heard.names(), ["Versicherung AG"]);
}
