//! Statements in the forms of many banks: which way the money went, and what is no payment.

use super::tests::good;

fn amounts(csv: &str) -> Vec<String> {
    good(csv.as_bytes())
        .1
        .found
        .iter()
        .map(|found| found.details.value()["total"].as_str().unwrap_or("").to_owned())
        .collect()
}

/// A card's statement has some money back beside the payment to the card.
#[test]
fn money_back_does_not_turn_a_cards_statement_round() {
    let card = "Date,Description,Amount\n13/01/2024,TESCO STORES,15.49\n14/01/2024,SPOTIFY,9.99\n\
                15/01/2024,PAYMENT RECEIVED - THANK YOU,-300.00\n17/01/2024,ZALANDO REFUND,-9.99\n";
    assert_eq!(amounts(card), ["-15.49", "-9.99", "9.99"]);
    let french = "Date,Description,Montant\n13/01/2024,NETFLIX.COM,15.49\n\
                  15/01/2024,PRELEVEMENT AUTOMATIQUE ENREGISTRE-MERCI,-300.00\n";
    assert_eq!(amounts(french), ["-15.49"]);
    // Without thanks nobody knows; a running balance says that it is an account.
    let open = "Date,Description,Amount\n13/01/2024,TESCO,15.49\n14/01/2024,SPOTIFY,9.99\n15/01/2024,SHELL,9.99\n\
                17/01/2024,ZALANDO,-9.99\n";
    assert_eq!(super::tests::asked(open).questions, [super::Question::Direction]);
    let account = open.replace("Amount\n", "Amount,Balance\n").replace("9\n", "9,1\n");
    assert_eq!(amounts(&account), ["15.49", "9.99", "9.99", "-9.99"]);
}

#[test]
fn shares_and_what_moved_no_money_are_no_payments() {
    let trade = "datetime,date,account_type,category,type,asset_class,name,symbol,shares,price,amount,fee,tax,currency,counterparty_name\n\
                 x,2024-01-15,DEFAULT,TRADING,BUY,STOCK,Apple,US0378331005,1,100,-100.00,,,EUR,\n\
                 x,2024-01-16,DEFAULT,CASH,CARD_TRANSACTION,,Netflix.com,,,,-9.99,,,EUR,\n";
    let scalable = "date;time;status;reference;description;assetType;type;isin;shares;price;amount;fee;tax;currency\n\
                    2024-01-15;1;Executed;r;Apple Inc.;Security;Buy;US0378331005;1;100,00;-100,00;0,99;;EUR\n\
                    2024-01-16;1;Executed;r;Erika;Cash;Withdrawal;;;;-10,00;;;EUR\n";
    assert_eq!(good(trade.as_bytes()).1.names(), ["Netflix.com"]);
    assert_eq!(good(scalable.as_bytes()).1.names(), ["Erika"]);
    let checked = "Date,Payee,Amount\n2024-01-15,Tesco,0.00\n2024-01-16,Tesco,-1.00\n";
    let (_, heard) = good(checked.as_bytes());
    assert_eq!((heard.found.len(), heard.passed_over.len()), (1, 1));
}

#[test]
fn who_has_two_names_in_a_row_is_told_from_the_user() {
    let dkb = "Buchungsdatum;Zahlungspflichtige*r;Zahlungsempfänger*in;Verwendungszweck;Betrag (€)\n\
               15.01.24;Max Mustermann;Max Mustermann;Sparen;-10,00\n16.01.24;Max Mustermann;Netflix;Abo;-9,99\n";
    assert_eq!(good(dkb.as_bytes()).1.names(), ["Netflix"]);
    let wise = "ID,Status,Direction,Created on,Finished on,Source fee amount,Source fee currency,Source name,\
                Source amount (after fees),Source currency,Target name,Target amount (after fees),Target currency,Reference\n\
                1,COMPLETED,OUT,2024-01-15,2024-01-15,0,EUR,Joao,10.00,EUR,Netflix,10.00,EUR,\n\
                2,COMPLETED,IN,2024-01-16,2024-01-16,0,EUR,ACME LDA,20.00,EUR,Joao,20.00,EUR,\n\
                3,COMPLETED,NEUTRAL,2024-01-17,2024-01-17,0,EUR,Joao,5.00,EUR,Joao,5.00,USD,\n";
    let (summary, heard) = good(wise.as_bytes());
    assert_eq!((heard.names(), summary.skipped), (vec!["Netflix", "ACME LDA"], 0));
}

/// Each of these is from a statement of a real bank.
#[test]
fn cash_charges_pay_and_own_transfers_in_the_words_of_many_banks() {
    let apart = |text: &str, amount: &str| {
        let csv = format!("Date,Payee,Amount\n2024-01-15,{text},{amount}\n2024-01-16,Netflix,-9.99\n");
        let (summary, heard) = good(csv.as_bytes());
        assert_eq!(heard.names(), ["Netflix"], "{text}");
        summary.apart.into_keys().next()
    };
    use super::Apart;
    for text in [
        "BKOFAMERICA ATM 01/15 #000001234 WITHDRWL MAIN ST",
        "Abm Withdrawal",
        "Wdl ATM CBA ATM SYDNEY",
        "UBS Bancomat Zürich",
        "BARGELDBEZUG VOM 13.01.2024",
        "CARTE X1234 RETRAIT DAB",
        "PRELIEVO MASTERCARD 12",
        "LEVANTAMENTO LISBOA",
        "WYPŁATA W BANKOMACIE",
        "MINIBANKUTTAK OSLO",
        "KÄTEISAUTOMAATTINOSTO",
        "Kontanten Hævet",
    ] {
        assert_eq!(apart(text, "-20"), Some(Apart::Cash), "{text}");
    }
    for text in
        ["MONTHLY SERVICE FEE", "PREIS FÜR BANKPAKET SMART", "Imposta di bollo", "OPŁATA ZA KARTĘ", "PALVELUMAKSU"]
    {
        assert_eq!(apart(text, "-5"), Some(Apart::Bank), "{text}");
    }
    for text in ["Stipendio O Pensione", "LÖN", "LØNN FRA ACME AS", "PALKKA", "Abono de nomina por transferencia"] {
        assert_eq!(apart(text, "2000"), Some(Apart::Salary), "{text}");
    }
    for text in ["Online Transfer to SAV ...1234", "PRZELEW WŁASNY", "OVERFØRSEL MELLOM EGNE KONTI"] {
        assert_eq!(apart(text, "-100"), Some(Apart::OwnTransfer), "{text}");
    }
}

#[test]
fn what_is_not_booked_yet_is_told_in_the_north_too() {
    let danske =
        "Dato;Tekst;Beløb;Saldo;Status\n15.01.2024;Netflix;-9,99;1,00;Udført\n16.01.2024;Spotify;-9,99;1,00;Venter\n";
    assert_eq!(good(danske.as_bytes()).1.names(), ["Netflix"]);
    let nordea = "Bokföringsdag;Belopp;Rubrik\nReserverat;-9,99;Spotify\n2024/01/15;-9,99;Netflix\n";
    assert_eq!((good(nordea.as_bytes()).1.names(), good(nordea.as_bytes()).0.skipped), (vec!["Netflix"], 0));
}

#[test]
fn a_text_goes_on_in_columns_without_a_name() {
    let pko = "\"Data operacji\",\"Data waluty\",\"Typ transakcji\",\"Kwota\",\"Waluta\",\"Saldo po transakcji\",\"Opis transakcji\",\"\",\"\",\"\"\n\
               \"2024-01-13\",\"2024-01-11\",\"Płatność kartą\",\"-60.00\",\"PLN\",\"+940.00\",\"Tytuł: 000498849 74230784012345678901234\",\"Lokalizacja: Adres: NETFLIX.COM Miasto: Amsterdam\",\"Numer karty: 425125******1234\",\"\"\n\
               \"2024-01-14\",\"2024-01-14\",\"Przelew\",\"-50.00\",\"PLN\",\"+890.00\",\"Rachunek odbiorcy: 12 3456 7890 1234 5678 9012 3456\",\"Nazwa odbiorcy: ANNA NOWAK\",\"Tytuł: PREZENT\",\"\"\n\
               \"2024-01-16\",\"2024-01-16\",\"Opłata\",\"-7.00\",\"PLN\",\"+783.00\",\"Tytuł: OPŁATA ZA KARTĘ\",\"\",\"\",\"\"\n";
    let (_, heard) = good(pko.as_bytes());
    assert_eq!(heard.names(), ["Lokalizacja: Adres: NETFLIX.COM Miasto: Amsterdam", "Nazwa odbiorcy: ANNA NOWAK"]);
    let read: Vec<_> = heard.names().into_iter().map(crate::import::payee::payee).collect();
    assert_eq!((read[0].host.as_deref(), read[1].name.as_deref()), (Some("netflix.com"), Some("anna nowak")));
}

#[test]
fn a_column_of_amounts_that_is_empty_gives_way_to_debit_and_credit() {
    let old = "Buchungstag;Begünstigter / Auftraggeber;Verwendungszweck;Betrag;Soll;Haben;Währung\n\
               15.01.2024;Netflix;Abo;;-9,99;;EUR\n16.01.2024;Acme;Rückzahlung;;;5,00;EUR\nKontostand;31.01.2024;;;1.000,00;EUR\n";
    let (summary, heard) = good(old.as_bytes());
    assert_eq!((amounts(old), summary.skipped), (vec!["-9.99".to_owned(), "5.00".to_owned()], 0), "{heard:?}");
}

#[test]
fn an_unsigned_statement_with_a_flag_in_words() {
    let virgin = "Transaction Date,Posting Date,Billing Amount,Merchant,Debit or Credit\n\
                  2024-01-13,2024-01-14,9.99,NETFLIX.COM,DBIT\n2024-01-16,2024-01-16,20.00,ZALANDO,CRDT\n";
    assert_eq!(amounts(virgin), ["-9.99", "20.00"]);
}
