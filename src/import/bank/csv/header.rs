//! Which row of a file is its header, and what its columns mean: by the words of `words.toml` and the banks of
//! `presets.toml`, and where there is no header, by what the values look like.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::super::day::{self, Order, Reading};
use super::super::{amount, apart, words};
use super::columns::{DAY_FIRST, Role, WORDS, by_preset, name_of};
use super::looks::{by_looks, look, looks};
use super::mapping::{Amounts, Column, Looks, Mapping, Question, Unmapped};
use super::record::Record;

/// The longest value of a column that is shown beside its name, in characters.
const LONGEST_EXAMPLE: usize = 30;

/// The header of a file: at which of its records it stands, and what its columns mean as far as that is certain.
pub(super) struct Layout {
    /// How many records stand before the first booking.
    pub skip: usize,
    pub headers: Vec<String>,
    pub mapping: Mapping,
}

/// One account of a file: some banks put several into one, each with its own header.
pub(super) struct Account {
    pub headers: Vec<String>,
    pub mapping: Mapping,
}

impl Account {
    pub(super) fn of(layout: &Layout) -> Self {
        Self { headers: layout.headers.clone(), mapping: layout.mapping.clone() }
    }

    /// The account that begins with this row, if it is a header and leaves nothing to be asked.
    pub(super) fn next(&self, fields: &[String]) -> Option<Self> {
        // A booking is none, and nearly all rows are bookings.
        let is_booking = || self.mapping.date.and_then(|at| day::read(fields.get(at)?)).is_some();
        if self.headers.is_empty() || is_booking() || known_words(fields).is_none_or(|words| words < 3) {
            return None;
        }
        let mut mapping = if fields == self.headers {
            self.mapping.clone()
        } else {
            by_preset(fields).unwrap_or_else(|| by_words(fields))
        };
        mapping.separator = self.mapping.separator;
        mapping.order = mapping.order.or(self.mapping.order);
        let is_whole = mapping.date.is_some() && !mapping.payee.is_empty() && mapping.amounts.is_some();
        is_whole.then(|| Self { headers: fields.to_vec(), mapping })
    }
}

/// How many words of the tables a row has, if it may be a header: with a date, and an amount or a text.
fn known_words(fields: &[String]) -> Option<usize> {
    let names: Vec<String> = fields.iter().map(|field| name_of(field).0).collect();
    let has = |roles: &[Role]| {
        names.iter().any(|name| WORDS.get(name).is_some_and(|all| all.iter().any(|(role, _)| roles.contains(role))))
    };
    let is_header = has(&[Role::Date]) && has(&[Role::Amount, Role::Debit, Role::Credit, Role::Payee, Role::Text]);
    is_header.then(|| names.iter().filter(|name| WORDS.contains_key(*name)).count())
}

/// Finds the header among the first records, and what is certain of the columns.
pub(super) fn layout(sample: &[Record], separator: u8, kept: &dyn Fn(&str) -> Option<Mapping>) -> Layout {
    let rows: Vec<&Vec<String>> = sample.iter().filter_map(|record| record.fields.as_ref().ok()).collect();
    let at = header_at(sample);
    let headers: Vec<String> = match at {
        Some(at) => sample[at].fields.clone().unwrap_or_default(),
        None => Vec::new(),
    };
    let skip = at.map_or(0, |at| at + 1);
    let data = || sample.iter().skip(skip).filter_map(|record| record.fields.as_ref().ok());
    let width = if headers.is_empty() { modal_width(&rows) } else { headers.len() };
    let fingerprint = fingerprint(&headers, &looks(data(), width), separator);
    let known = kept(&fingerprint);
    let mut mapping = match (&known, headers.is_empty()) {
        (Some(known), _) => known.clone(),
        (None, false) => by_preset(&headers).unwrap_or_else(|| by_words(&headers)),
        (None, true) => by_looks(data(), width),
    };
    mapping.fingerprint = fingerprint;
    if known.is_none() {
        refine(&mut mapping, &headers, data(), separator);
    }
    Layout { skip, headers, mapping }
}

/// The record that is the header: of those with columns for a date and for an amount or a text, the first with the most
/// words that are known; else a row of names above rows of dates.
fn header_at(sample: &[Record]) -> Option<usize> {
    let fields = |at: usize| sample[at].fields.as_deref().ok().filter(|fields| fields.len() > 1);
    let score = |at: usize| known_words(fields(at)?);
    // One with bookings below it is not passed by for another account's further down.
    let is_data =
        |at: usize| fields(at).is_some_and(|fields| fields.iter().any(|field| matches!(look(field), Looks::Date)));
    let headers = || (0..sample.len()).filter_map(|at| Some((score(at)?, at)));
    let next = |at: usize| (at + 1..sample.len()).find(|next| fields(*next).is_some());
    if let Some((_, at)) = headers().find(|(score, at)| *score > 2 && next(*at).is_some_and(is_data)) {
        return Some(at);
    }
    if let Some((_, at)) = headers().max_by_key(|(score, at)| (*score, usize::MAX - at)) {
        return Some(at);
    }
    let first = (0..sample.len()).find(|at| is_data(*at))?;
    let above = first.checked_sub(1)?;
    let is_names = |field: &String| look(field) == Looks::Text;
    let width = fields(first)?.len();
    fields(above)
        .is_some_and(|fields| fields.len().abs_diff(width) <= 1 && fields.iter().filter(|f| is_names(f)).count() > 2)
        .then_some(above)
}

fn modal_width(rows: &[&Vec<String>]) -> usize {
    let mut counts = BTreeMap::new();
    rows.iter().for_each(|row| *counts.entry(row.len()).or_insert(0usize) += 1);
    counts.into_iter().max_by_key(|(_, count)| *count).map_or(0, |(width, _)| width)
}

fn fingerprint(headers: &[String], looks: &[Looks], separator: u8) -> String {
    let columns: Vec<String> = match headers.is_empty() {
        false => headers.iter().map(|header| words::folded(header.trim())).collect(),
        // What is empty in one month is not in the next.
        true => looks.iter().map(|looks| if *looks == Looks::Date { "date" } else { "other" }.to_owned()).collect(),
    };
    let text = format!("{}\n{}", char::from(separator), columns.join("\n"));
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a header that is not known has a word in it by which payees are called.
fn could_be_payee(name: &str) -> bool {
    const STEMS: [&str; 15] = [
        "empfanger",
        "empfaenger",
        "auftraggeber",
        "begunstigt",
        "beguenstigt",
        "zahlungspflichtig",
        "tegenpartij",
        "tegenrekeninghouder",
        "begunstigde",
        "odbiorca",
        "kontrahent",
        "contrepartie",
        "beneficiar",
        "counterpart",
        "payee",
    ];
    // Whose account it is comes with the account's number.
    let is_account =
        ["iban", "konto", "account", "rekening ", "compte", "rachunk"].iter().any(|word| name.contains(word));
    !WORDS.contains_key(name) && !is_account && STEMS.iter().any(|stem| name.contains(stem))
}

fn by_words(headers: &[String]) -> Mapping {
    let mut best: BTreeMap<Role, Vec<(usize, usize)>> = BTreeMap::new();
    for (at, header) in headers.iter().enumerate() {
        for (role, rank) in WORDS.get(&name_of(header).0).into_iter().flatten() {
            best.entry(*role).or_default().push((*rank, at));
        }
    }
    best.values_mut().for_each(|columns| columns.sort_unstable());
    let all = |role: Role| best.get(&role).map(|columns| columns.iter().map(|(_, at)| *at).collect::<Vec<_>>());
    let first = |role: Role| all(role).and_then(|columns| columns.first().copied());
    let payees = all(Role::Payee).unwrap_or_default();
    // A text stands in for a payee only where no column could be one: its purpose may name anybody.
    let could_be = |header: &String| could_be_payee(&name_of(header).0);
    let is_open = payees.is_empty() && headers.iter().any(could_be);
    let texts = if is_open { Vec::new() } else { all(Role::Text).unwrap_or_default() };
    // Columns without a name go on with the text before them, as Polish banks have it.
    let after = texts.last().map_or(headers.len(), |last| last + 1);
    let going_on: Vec<usize> = (after..headers.len()).take_while(|at| headers[*at].trim().is_empty()).collect();
    let date = first(Role::Date);
    let amounts = match (first(Role::Amount), first(Role::Flag), first(Role::Debit), first(Role::Credit)) {
        (Some(amount), Some(flag), ..) if flag != amount => Some(Amounts::Flagged { amount, flag }),
        (Some(amount), ..) => Some(Amounts::Signed { amount }),
        (None, _, Some(debit), Some(credit)) if debit != credit => Some(Amounts::Split { debit, credit }),
        (None, _, Some(amount), None) | (None, _, None, Some(amount)) => Some(Amounts::Signed { amount }),
        _ => None,
    };
    Mapping {
        date,
        text: texts.first().copied().filter(|_| !payees.is_empty()),
        payee: payees.into_iter().chain(texts).chain(going_on).collect(),
        payer: first(Role::Payer),
        amounts,
        part: first(Role::Part),
        // Dutch banks call both the value date and the currency `valuta`.
        currency: first(Role::Currency).filter(|at| Some(*at) != date),
        own_account: first(Role::OwnAccount),
        account: first(Role::Account),
        creditor_id: first(Role::CreditorId),
        mandate: first(Role::Mandate),
        status: first(Role::Status),
        kind: first(Role::Kind),
        security: first(Role::Security),
        card: all(Role::Card).unwrap_or_default(),
        ..Mapping::default()
    }
}

/// What the values add: the separator of fractions, a column of directions without a name, the order of dates.
fn refine<'r>(
    mapping: &mut Mapping,
    headers: &[String],
    rows: impl Iterator<Item = &'r Vec<String>> + Clone,
    separator: u8,
) {
    let names: Vec<(String, Option<String>)> = headers.iter().map(|header| name_of(header)).collect();
    let amount = match mapping.amounts {
        Some(Amounts::Signed { amount } | Amounts::Inverted { amount } | Amounts::Flagged { amount, .. }) => {
            Some(amount)
        }
        Some(Amounts::Split { debit, .. }) => Some(debit),
        None => None,
    };
    let columns: Vec<usize> = match mapping.amounts {
        Some(Amounts::Split { debit, credit }) => vec![debit, credit],
        _ => amount.into_iter().collect(),
    };
    let values = rows.clone().flat_map(|row| columns.iter().filter_map(|at| row.get(*at)));
    let of_file = if separator == b';' { amount::Separator::Comma } else { amount::Separator::Point };
    mapping.separator = Some(amount::separator(values.map(String::as_str)).unwrap_or(of_file));
    if let Some((_, currency)) = amount.and_then(|at| names.get(at)) {
        mapping.currency_of_all.clone_from(currency);
    }
    if let Some(Amounts::Signed { amount }) = mapping.amounts
        && rows.clone().all(|row| row.get(amount).is_none_or(|value| value.trim().is_empty()))
        && let Some(split) = split(&names)
    {
        mapping.amounts = Some(split);
    }
    if let Some(Amounts::Signed { amount }) = mapping.amounts
        && is_of_a_card(mapping, amount, rows.clone())
    {
        mapping.amounts = Some(Amounts::Inverted { amount });
    }
    if let Some(Amounts::Signed { amount }) = mapping.amounts {
        let beside = names.get(amount + 1).is_some_and(|(name, _)| name.is_empty());
        let told = |row: &Vec<String>| row.get(amount + 1).is_some_and(|value| apart::direction(value).is_some());
        if beside && rows.clone().any(told) {
            mapping.amounts = Some(Amounts::Flagged { amount, flag: amount + 1 });
        }
    }
    if let Some(Amounts::Signed { amount }) = mapping.amounts
        && let Some(kind) = mapping.kind
        && is_unsigned(mapping, amount, kind, rows.clone())
    {
        mapping.amounts = Some(Amounts::Flagged { amount, flag: kind });
    }
    let readings = || rows.clone().filter_map(|row| day::read(row.get(mapping.date?)?));
    let says = |wanted: fn(&Reading) -> bool| readings().any(|reading| wanted(&reading));
    // A header in a language is a hint, and dates that can be read in one way alone are none.
    let month_first = says(|reading| matches!(reading, Reading::MonthFirst(_)))
        && !says(|reading| matches!(reading, Reading::DayFirst(_)));
    if mapping.order.is_none() && !month_first && names.iter().any(|(name, _)| DAY_FIRST.contains(name)) {
        mapping.order = Some(Order::DayFirst);
    }
}

/// The columns for what went out and what came in, where there are both: Deutsche Bank fills them, and not `Betrag`.
fn split(names: &[(String, Option<String>)]) -> Option<Amounts> {
    let of = |role: Role| {
        names.iter().position(|(name, _)| WORDS.get(name).is_some_and(|all| all.iter().any(|(own, _)| *own == role)))
    };
    Some(Amounts::Split { debit: of(Role::Debit)?, credit: of(Role::Credit)? })
}

/// Whether the type of every booking is its direction, and no amount has a sign.
fn is_unsigned<'r>(mapping: &Mapping, amount: usize, kind: usize, rows: impl Iterator<Item = &'r Vec<String>>) -> bool {
    let mut told = rows.filter_map(|row| {
        let amount = amount::parse(row.get(amount)?, mapping.separator)?;
        Some(amount.is_sign_positive() && apart::direction(row.get(kind)?).is_some())
    });
    told.next().is_some_and(|first| first && told.all(|fine| fine))
}

/// Whether what is negative is what was paid to the bank, as on statements of cards: "payment received, thank you".
fn is_of_a_card<'r>(mapping: &Mapping, amount: usize, rows: impl Iterator<Item = &'r Vec<String>>) -> bool {
    const THANKS: [&str; 12] = [
        "payment received",
        "payment thank you",
        "autopay payment",
        "zahlung erhalten",
        "paiement recu",
        "ach deposit",
        "uberweisung erhalten",
        "besten dank",
        "enregistre merci",
        "gracias por su pago",
        "bedankt voor uw betaling",
        "grazie per il pagamento",
    ];
    let (mut paid, mut bought, mut back) = (0, 0, 0);
    for row in rows {
        let read = row.get(amount).and_then(|text| amount::parse(text, mapping.separator));
        let text = mapping.payee.iter().filter_map(|at| row.get(*at)).map(|text| words::plain(text));
        let thanks = || text.into_iter().any(|text| THANKS.iter().any(|words| text.contains(words)));
        match read {
            Some(read) if read.is_sign_positive() => bought += 1,
            Some(_) if thanks() => paid += 1,
            Some(_) => back += 1,
            None => {}
        }
    }
    // Money back is less than what was bought: on an account, most goes out.
    paid > 0 && bought > back
}

/// Whether a column is called what was on the account after a booking.
fn is_balance(header: &str) -> bool {
    const STEMS: [&str; 8] = ["balance", "bal", "saldo", "solde", "kontostand", "stand", "zustatek", "formue"];
    name_of(header).0.split(' ').any(|word| STEMS.contains(&word))
}

/// What is not certain, and so has to be asked.
pub(super) fn questions(layout: &Layout, sample: &[Record], known: bool) -> Vec<Question> {
    let (mapping, skip) = (&layout.mapping, layout.skip);
    let mut questions = Vec::new();
    if mapping.date.is_none() {
        questions.push(Question::Date);
    }
    if mapping.payee.is_empty() && mapping.payer.is_none() {
        questions.push(Question::Payee);
    }
    match mapping.amounts {
        None => questions.push(Question::Amount),
        Some(Amounts::Signed { amount }) if !known && mapping.bank.is_none() => {
            let rows = sample.iter().skip(skip).filter_map(|record| record.fields.as_ref().ok());
            let amounts = rows.filter_map(|row| amount::parse(row.get(amount)?, mapping.separator));
            let signs: Vec<bool> = amounts.map(|amount| amount.is_sign_negative()).collect();
            let out = signs.iter().filter(|is_out| **is_out).count();
            // Where most comes in, it may be a card's statement with some money back: those have no running balance.
            let is_open = out == 0 || signs.len() > 2 * out && !layout.headers.iter().any(|name| is_balance(name));
            if !signs.is_empty() && is_open {
                questions.push(Question::Direction);
            }
        }
        _ => {}
    }
    questions
}

/// What the user is asked about a file.
pub(super) fn unmapped(layout: &Layout, sample: &[Record], questions: Vec<Question>) -> Unmapped {
    let rows = || sample.iter().skip(layout.skip).filter_map(|record| record.fields.as_ref().ok());
    let width = if layout.headers.is_empty() { modal_width(&rows().collect::<Vec<_>>()) } else { layout.headers.len() };
    let example = |at: usize| {
        let value = rows().filter_map(|row| row.get(at)).find(|value| !value.trim().is_empty());
        value.map_or_else(String::new, |value| words::scrub(value).0.chars().take(LONGEST_EXAMPLE).collect())
    };
    let is_signed = |at: usize| {
        let mut amounts = rows().filter_map(|row| amount::parse(row.get(at)?, layout.mapping.separator));
        amounts.any(|amount| amount.is_sign_negative())
    };
    let column = |(at, looks): (usize, Looks)| Column {
        header: match layout.headers.get(at).map(|header| words::tidy(header)) {
            Some(header) if !header.is_empty() => header,
            _ => format!("column {}", at + 1),
        },
        looks,
        is_signed: is_signed(at),
        example: example(at),
    };
    let columns = looks(rows(), width).into_iter().enumerate().map(column).collect();
    Unmapped { columns, questions, draft: layout.mapping.clone() }
}
