//! Whom a bank's text means. The rules are data; each of them has its reason and an example in the tests.

#[cfg(test)]
mod tests;
mod words;

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::vendor::identity::plain_name;
use words::*;

/// Whom a text means, as far as it says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payee {
    /// The host that it names.
    pub host: Option<String>,
    /// The name, in plain words.
    pub name: Option<String>,
}

/// Reads the payee of a payment, as a bank wrote it.
pub fn payee(text: &str) -> Payee {
    // Some banks write CSV as if it were HTML.
    let text = &text.replace("&amp;", "&").replace('|', " ");
    let text = after_collector(first_part(labelled(text).unwrap_or(text)));
    if let Some(host) = text.split_whitespace().find_map(host) {
        return Payee { name: None, host: Some(host) };
    }
    let Some(plain) = plain_name(&named_part(text)) else { return Payee::default() };
    let name = without_places(without_start(&plain));
    let name = without_end(&name).to_owned();
    let name = SHORT.iter().find(|(short, _)| *short == name).map_or(name, |(_, long)| (*long).to_owned());
    Payee { host: None, name: plain_name(&name).filter(|name| name.chars().any(char::is_alphabetic)) }
}

/// The name in a text of parts with labels: `/NAME/Ziggo/MARF/…`, `Auftraggeber: Ziggo Buchungstext: …`.
fn labelled(text: &str) -> Option<&str> {
    if let Some(at) = find(text, "/NAME/") {
        return text[at + "/NAME/".len()..].split('/').next().filter(|name| !name.trim().is_empty());
    }
    // Nearly no text has any, and each is asked.
    if !text.contains(": ") {
        return None;
    }
    let (at, label) = LABELS.iter().find_map(|label| Some((find(text, label)?, label)))?;
    let rest = &text[at + label.len()..];
    let next = rest.split_whitespace().find(|word| word.ends_with(':') && word.len() > 2);
    let end = next.and_then(|next| rest.find(next)).unwrap_or(rest.len());
    Some(rest[..end].trim()).filter(|name| !name.is_empty())
}

/// What stands before a semicolon or two slashes, behind which the place does: `Digitec AG;Pfingstweidstrasse 60b; 8005 Zürich`,
/// `LIDL//BERLIN/DE`; or between two commas of their own: `8675 25MAR24 CD , TESCO , LONDON`.
fn first_part(text: &str) -> &str {
    let words = |part: &str| is_name(&part.split_whitespace().filter(|word| !is_reference(word)).collect::<Vec<_>>());
    if let Some(part) = text.contains(" , ").then(|| text.split(" , ").find(|part| words(part))).flatten() {
        return part;
    }
    let end = text.find(';').into_iter().chain(text.find("//").filter(|at| !text[..*at].ends_with(':'))).min();
    match end.map(|end| &text[..end]) {
        Some(first) if is_name(&first.split_whitespace().collect::<Vec<_>>()) => first,
        _ => text,
    }
}

/// The words of a text up to where its payee's name is over: at a number, or at a wide gap, behind which the place stands.
/// What comes before the name, such as how it was paid and when, is no end of it.
fn named_part(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in text.split("  ") {
        for word in part.split_whitespace() {
            // `SPOTIFY AB Mandatsref.: M1`: what a label stands before is no name.
            if word.len() > 3 && word.ends_with(':') && is_name(&kept) {
                return kept.join(" ");
            }
            let name = before_number(word);
            kept.extend(name.or(Some(word).filter(|word| !is_reference(word))));
            if (name.is_some() || is_reference(word)) && is_name(&kept) {
                return without_branch(kept).join(" ");
            }
        }
        if is_name(&kept) {
            break;
        }
    }
    kept.join(" ")
}

/// The name that one of several shops has its number glued to: `Coop-1234`.
fn before_number(word: &str) -> Option<&str> {
    let (name, number) = word.split_once('-')?;
    let is_name = name.chars().count() > 2 && name.chars().all(char::is_alphabetic);
    (is_name && number.len() > 2 && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(name)
}

/// Whether words name somebody, and do not merely say how it was paid or what the number behind them is.
fn is_name(words: &[&str]) -> bool {
    if words.first().is_some_and(|first| is_name_at_once(first)) {
        return true;
    }
    plain_name(&words.join(" ")).is_some_and(|plain| {
        let name = without_start(&plain);
        let is_word = |word: &str| word.chars().any(char::is_alphabetic) && !COUNTED.contains(&word);
        !HOW.contains(plain.as_str()) && !HOW.contains(name) && name.split(' ').any(is_word)
    })
}

/// The name without the word for one of several shops, whose number stood behind it.
fn without_branch(mut words: Vec<&str>) -> Vec<&str> {
    let is_branch = |word: &str| plain_name(word).is_some_and(|word| BRANCHES.contains(&word.as_str()));
    while words.len() > 1 && words.last().is_some_and(|word| is_branch(word) || *word == "#") {
        words.pop();
    }
    words
}

/// Whether a text says no more than how it was paid.
pub fn is_how(text: &str) -> bool {
    let mut words = text.split_whitespace().filter(|word| !is_reference(word)).peekable();
    !words.peek().is_some_and(|first| is_name_at_once(first)) && !is_name(&words.collect::<Vec<_>>())
}

/// Where something was bought that somebody else took the money for, by what stands beside that one's name:
/// `PP.1234.PP . NETFLIX, Ihr Einkauf bei NETFLIX`.
pub fn bought_at<'t>(name: &str, more: &'t str) -> Option<&'t str> {
    let (at, words) = BOUGHT_AT.iter().find_map(|words| Some((find(more, words)?, words)))?;
    // Hardly any booking has such words: whose name stands beside is read only where one does.
    payee(name).name.filter(|name| COLLECTORS.contains(&name.as_str()))?;
    let shop = more[at + words.len()..].trim().trim_end_matches(['.', ',', ';']);
    (!shop.is_empty()).then_some(shop)
}

/// Where ASCII words stand in a text, in whatever case.
fn find(text: &str, words: &str) -> Option<usize> {
    let (text, words) = (text.as_bytes(), words.as_bytes());
    let first = words.first()?;
    let fits = |at: &usize| text.get(*at..at + words.len()).is_some_and(|part| part.eq_ignore_ascii_case(words));
    memchr::memchr2_iter(first.to_ascii_lowercase(), first.to_ascii_uppercase(), text).find(fits)
}

/// Whether somebody collected it for whom it is about: `PAYPAL *NETFLIX`.
pub fn is_collected(text: &str) -> bool {
    text.contains('*') && after_collector(text) != text && !text.trim_start().starts_with(after_collector(text))
}

/// A text without the number of an order behind a star, another one each time: `AMZN Mktp US*2K4AB1`.
pub fn without_order(text: &str) -> &str {
    match text.split_once('*') {
        Some((before, after))
            if before.chars().filter(|c| c.is_alphabetic()).count() > 2
                && after.split_whitespace().next().is_some_and(is_reference) =>
        {
            before.trim_end()
        }
        _ => text,
    }
}

/// What stands after the one who collects for others.
fn after_collector(text: &str) -> &str {
    let Some((before, after)) = text.split_once(['*']) else { return text };
    // What is a business of its own, and not what was bought.
    if plain_name(before).as_deref() == Some("uber") && plain_name(after).is_some_and(|name| name.starts_with("eats")) {
        return "Uber Eats";
    }
    let is_collector = plain_name(before).is_some_and(|name| {
        let name = without_start(&name);
        COLLECTORS.contains(&name)
    });
    match is_collector && after.chars().any(char::is_alphabetic) {
        true => after.trim(),
        // `AMZN Mktp DE*AB12C`, `GOOGLE *YouTube`: the first is who is paid, and the rest is for what.
        false if before.chars().filter(|c| c.is_alphabetic()).count() > 2 => before.trim(),
        false => after.trim(),
    }
}

/// The host that a word is, if it ends in a public suffix: `NETFLIX.COM`, `www.shop.de/abc`.
fn host(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let plain = word.strip_prefix("https://").or_else(|| word.strip_prefix("http://")).unwrap_or(&word);
    let is_said = plain.len() < word.len() || plain.starts_with("www.");
    let word = plain;
    let host = without_how(word.split(['/', '?', ':']).next()?);
    let host = &if host.is_ascii() { host.to_owned() } else { ascii(host)? };
    let fine = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    let labels: Vec<&str> = host.split('.').collect();
    let (last, first) = (labels.last()?, labels.first()?);
    // `S.A.`, `Co.KG` and `Fa.Mueller` are no hosts.
    let long_enough = last.len() >= 2 && labels.iter().rev().nth(1)?.len() >= 3 && !first.is_empty();
    let is_short_form = !is_said && labels.len() == 2 && SHORTENED.contains(first);
    let is_usual = last.len() == 2 || last.starts_with("xn--") || ENDINGS.contains(last);
    let known = psl::suffix(host.as_bytes()).is_some_and(|suffix| suffix.is_known()) && (is_said || is_usual);
    let is_host = host.chars().all(fine)
        && long_enough
        && !is_short_form
        && known
        && (is_said && *last != "co" || !ABBREVIATIONS.contains(last));
    // Whoever has a link there is paid, and not who gives it.
    let is_host = is_host && host != "paypal.me";
    is_host
        .then(|| OTHER_HOSTS.iter().find(|(short, _)| short == host).map_or(host.as_str(), |(_, long)| long).to_owned())
}

/// A host without how it was paid, which some banks glue to it: `VISA-NETFLIX.COM`, `VDP-NETFLIX.COM`.
fn without_how(host: &str) -> &str {
    match host.split_once('-') {
        Some((how, rest)) if HOW.contains(how) && rest.contains('.') => rest,
        _ => host,
    }
}

/// A host in letters of any script as the domain name system has it (UTS 46).
fn ascii(host: &str) -> Option<String> {
    match url::Host::parse(host).ok()? {
        url::Host::Domain(host) => Some(host),
        _ => None,
    }
}

/// A telephone number, a date, a card, or what a payment is told from others by.
fn is_reference(word: &str) -> bool {
    // `X1234`: a card, of which the rest is masked.
    if word.len() >= 5 && word.starts_with(['x', 'X']) && word[1..].bytes().all(|byte| byte.is_ascii_digit()) {
        return true;
    }
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let only_digits = digits > 0 && letters == 0;
    let masked = word.chars().filter(|c| matches!(c, '*' | 'x' | 'X' | '#' | '•')).count() >= 2 && letters <= 4;
    let mixed = digits >= 2 && letters > 0 && digits + letters >= 6;
    (only_digits && (digits >= 3 || word.contains(['/', '-', '.']))) || (masked && digits > 0) || mixed
}

/// What banks put before the payee, to look it up: it is asked for word by word.
static HOW: LazyLock<HashSet<&str>> = LazyLock::new(|| lines(include_str!("payee/how.txt")));

/// Countries, regions and cities that stand after a payee. Not taken away from behind a preposition.
static PLACES: LazyLock<HashSet<&str>> = LazyLock::new(|| lines(include_str!("payee/places.txt")));

fn lines(file: &'static str) -> HashSet<&'static str> {
    file.lines().filter(|line| !line.starts_with('#')).collect()
}

/// The words that how it was paid begins with.
static HOW_BEGINS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| HOW.iter().filter_map(|words| words.split(' ').next()).collect());

/// Whether what begins with this word names somebody, whatever follows: so do nearly all texts, and each of them is asked.
fn is_name_at_once(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    let is_word = lower.len() > 1 && lower.bytes().all(|byte| byte.is_ascii_lowercase());
    is_word && !HOW_BEGINS.contains(lower.as_str()) && !COUNTED.contains(&lower.as_str())
}

/// The name without how it was paid, which banks put before it; the longest of them goes.
fn without_start(name: &str) -> &str {
    let mut ends = name.match_indices(' ').map(|(at, _)| at).rev();
    ends.find(|at| HOW.contains(&name[..*at])).map_or(name, |at| &name[at + 1..])
}

/// The name without what is put behind it.
fn without_end(name: &str) -> &str {
    let rest = |end: &&str| name.strip_suffix(*end)?.strip_suffix(' ');
    BEHIND.iter().filter_map(rest).min_by_key(|rest| rest.len()).unwrap_or(name)
}

/// The name without the places at its end.
fn without_places(name: &str) -> String {
    let words: Vec<&str> = name.split(' ').collect();
    let words = without_state(&words).unwrap_or(&words);
    let mut words = without_city(words).unwrap_or(words);
    while let [before @ .., last] = words
        && PLACES.contains(last)
        && before.last().is_some_and(|word| !belongs_to_a_place(word))
    {
        words = before;
    }
    words.join(" ")
}

/// The words without the state of North America that they end in; one that is a word besides has to stand behind a city.
fn without_state<'n, 'w>(words: &'n [&'w str]) -> Option<&'n [&'w str]> {
    let (state, before) = words.split_last()?;
    let counts = || STATES.contains(state) || STATES_THAT_ARE_WORDS.contains(state) && without_city(before).is_some();
    (before.len() > 1 && counts()).then_some(before)
}

/// Whether a place behind this word is a part of the name: the bank *of* Ireland, the *university* there.
fn belongs_to_a_place(word: &str) -> bool {
    PREPOSITIONS.contains(&word) || OF_PLACES.contains(&word)
}

/// The words without the city that they end in; none where they do not, or say no more.
fn without_city<'n, 'w>(words: &'n [&'w str]) -> Option<&'n [&'w str]> {
    (1..=3.min(words.len().saturating_sub(1))).rev().find_map(|count| {
        let (name, city) = words.split_at(words.len() - count);
        let is_part = name.last().is_some_and(|last| belongs_to_a_place(last));
        (CITIES.contains(&city.join(" ").as_str()) && !is_part).then_some(name)
    })
}
