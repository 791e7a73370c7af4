//! Statements as tables, and what is asked about them.

use super::tests::{asked, good, read_with, refused};
use super::*;
use crate::import::evidence::Secret;

#[test]
fn a_german_statement_of_a_savings_bank() {
    let text = "\"Auftragskonto\";\"Buchungstag\";\"Valutadatum\";\"Buchungstext\";\"Verwendungszweck\";\"Glaeubiger ID\";\
                \"Mandatsreferenz\";\"Kundenreferenz (End-to-End)\";\"Beguenstigter/Zahlungspflichtiger\";\"Kontonummer/IBAN\";\
                \"BIC (SWIFT-Code)\";\"Betrag\";\"Waehrung\";\"Info\"\n\
                \"DE02120300000000202051\";\"01.02.24\";\"01.02.24\";\"FOLGELASTSCHRIFT\";\"Beitrag; Februar\";\"DE98ZZZ09999999999\";\
                \"M-1\";\"\";\"Fitness GmbH\";\"DE89370400440532013000\";\"X\";\"-1.029,90\";\"EUR\";\"Umsatz gebucht\"\n\
                \"DE02120300000000202051\";\"02.02.24\";\"02.02.24\";\"LOHN GEHALT\";\"Februar\";\"\";\"\";\"\";\"Arbeitgeber AG\";\"\";\"\";\"2000,00\";\"EUR\";\"Umsatz gebucht\"\n\
                \"DE02120300000000202051\";\"31.02.24\";\"02.02.24\";\"X\";\"\";\"\";\"\";\"\";\"Laden\";\"\";\"\";\"-2,00\";\"EUR\";\"\"\n\
                \"DE02120300000000202051\";\"03.02.24\";\"\";\"KARTENZAHLUNG\";\"\";\"\";\"\";\"\";\"Laden\";\"\";\"\";\"-2,00\";\"EUR\";\"Umsatz vorgemerkt\"\n";
    let (summary, heard) = good(text.as_bytes());
    assert_eq!(summary.format, "CSV of Sparkasse");
    assert_eq!(summary.apart, [(Apart::Salary, 1), (Apart::NotBooked, 1)].into());
    assert_eq!(heard.reasons(), ["line 4: there is no such day: 31.02.24"]);
    let [evidence] = heard.found.as_slice() else { panic!("{heard:?}") };
    assert_eq!(evidence.details.value()["amount"], "-1029.90");
    assert_eq!(evidence.account.as_deref(), Some("M-1"));
    assert_eq!(evidence.first_seen, Some("2024-02-01T00:00:00Z".parse().unwrap()));
    assert!(!format!("{heard:?}").contains("0202051"), "one's own account is kept");
}

#[test]
fn names_of_columns_in_five_languages() {
    for (header, row, name, amount) in [
        ("Date;Libellé;Débit euros;Crédit euros", "05/02/2024;PRLV FREE MOBILE;19,99;", "PRLV FREE MOBILE", "-19.99"),
        (
            "Fecha operación;Concepto;Importe;Saldo",
            "05/02/2024;RECIBO IBERDROLA;-1.234,56;10,00",
            "RECIBO IBERDROLA",
            "-1234.56",
        ),
        ("Datum;Naam tegenpartij;Af Bij;Bedrag (EUR)", "05/02/2024;Ziggo;Af;45,00", "Ziggo", "-45.00"),
        ("Buchungstag;Empfänger;Umsatz in EUR", "05.02.2024;Telekom;-30,00", "Telekom", "-30.00"),
        (
            "Transaction Date,Transaction Description,Debit Amount,Credit Amount",
            "05-Feb-2024,OCTOPUS,12.50,",
            "OCTOPUS",
            "-12.50",
        ),
    ] {
        let (_, heard) = good(format!("{header}\n{row}\n").as_bytes());
        assert_eq!(heard.names(), [name]);
        assert_eq!(heard.found[0].details.value()["amount"], amount);
        assert_eq!(heard.found[0].last_seen, Some("2024-02-05T00:00:00Z".parse().unwrap()), "{header}");
    }
}

#[test]
fn day_and_month_are_asked_for_where_nothing_tells_them_apart() {
    let text = "Date,Description,Amount\n01/02/2024,Shop,-5.00\n03/04/2024,Shop,-5.00\n";
    let unmapped = asked(text);
    assert_eq!(unmapped.questions, [Question::Order]);
    assert_eq!(
        unmapped.columns[0],
        Column { header: "Date".to_owned(), looks: Looks::Date, is_signed: false, example: "01/02/2024".to_owned() }
    );
    for (order, expected) in [(Order::DayFirst, "2024-04-03T00:00:00Z"), (Order::MonthFirst, "2024-03-04T00:00:00Z")] {
        let mapping = Mapping { order: Some(order), ..unmapped.draft.clone() };
        let (found, heard) = read_with(text.as_bytes(), Some(mapping));
        assert!(matches!(found, Ok(Found::Read(_))));
        assert_eq!(heard.found[0].last_seen, Some(expected.parse().unwrap()));
    }
    // One row leaves no doubt, wherever it stands.
    let (_, heard) = good(format!("{text}01/31/2024,Shop,-5.00\n").as_bytes());
    assert_eq!(heard.found[0].last_seen, Some("2024-03-04T00:00:00Z".parse().unwrap()));
    // Two contradict each other.
    assert_eq!(asked(&format!("{text}01/31/2024,Shop,-5\n31/01/2024,Shop,-5\n")).questions, [Question::Order]);
}

#[test]
fn what_is_not_certain_is_asked_and_kept_without_a_value() {
    let unmapped = asked("Kdy,Kdo,Komu,Kolik\n2024-01-02,Ada,Lampa,-5.00\n2024-01-03,Ada,Lampa,-6.00\n");
    assert_eq!(unmapped.questions, [Question::Date, Question::Payee, Question::Amount]);
    let looks: Vec<Looks> = unmapped.columns.iter().map(|column| column.looks).collect();
    assert_eq!(looks, [Looks::Date, Looks::Text, Looks::Text, Looks::Amount]);
    assert_eq!(unmapped.columns[2].example, "Lampa");
    assert!(!format!("{:?}", unmapped.draft).contains("Lampa"));
    let mapping = Mapping {
        date: Some(0),
        payee: vec![2],
        amounts: Some(Amounts::Signed { amount: 3 }),
        ..unmapped.draft.clone()
    };
    let kept: Mapping = serde_json::from_value(serde_json::to_value(&mapping).unwrap()).unwrap();
    assert_eq!(kept, mapping);
    // The next month's file has the same columns, and is not asked about.
    let next = "Kdy,Kdo,Komu,Kolik\n2024-02-02,Ada,Vlak,-7.00\n";
    let (found, heard) = read_with(next.as_bytes(), Some(kept));
    assert!(matches!(found, Ok(Found::Read(_))), "{found:?}");
    assert_eq!(heard.names(), ["Vlak"]);
}

#[test]
fn amounts_that_are_all_positive_are_asked_about() {
    let text = "Date,Description,Amount\n2024-01-02,Shop,5.00\n2024-01-03,Shop,6.00\n";
    let unmapped = asked(text);
    assert_eq!(unmapped.questions, [Question::Direction]);
    let Some(Amounts::Signed { amount }) = unmapped.draft.amounts else { panic!("{unmapped:?}") };
    for (amounts, total) in [(Amounts::Inverted { amount }, "-11.00"), (Amounts::Signed { amount }, "11.00")] {
        let mapping = Mapping { amounts: Some(amounts), ..unmapped.draft.clone() };
        let (_, heard) = read_with(text.as_bytes(), Some(mapping));
        assert_eq!(heard.found[0].details.value()["total"], total);
    }
}

#[test]
fn bad_rows_of_csv_spoil_no_other() {
    let long = "x".repeat(2 * 1024 * 1024);
    let text = format!(
        "Date,Description,Amount\n2024-01-02,Shop,-5.00\n2024-01-02,\"Shop,-5.00\n2024-02-30,Shop,-5.00\n2024-01-03\n\
         2024-01-04,Shop,\n2024-01-05,{long},-5\n2024-01-06,Shop,-5.00,1,2\n2024-01-07,Sh\0op 4111 1111 1111 1111,-5.00\n"
    );
    let (summary, heard) = good(text.as_bytes());
    assert_eq!(
        heard.reasons(),
        [
            "line 4: there is no such day: 2024-02-30",
            "line 5: only 1 columns: those of a booking are not all there",
            "line 6: there is no amount",
            "line 7: the line is longer than 1 MiB",
            "line 8: 5 columns, where the header has 3",
        ]
    );
    assert_eq!(heard.names(), ["Shop"]);
    assert_eq!((summary.payments, summary.skipped), (3, 5));
    assert_eq!(heard.dropped, [Secret::Card]);
    assert!(refused(b"Date,Description,Amount\n2024-02-30,Shop,-5.00\n").contains("line 2"));
}
