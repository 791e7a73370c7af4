//! What readers tell their findings: everything is collected before anything is written, so that a file that turns out bad,
//! or a user who stops, leaves nothing behind.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::evidence::{Evidence, Kind, Place, Secret, Sink};
use super::model::{BatchKind, Item, Skipped, Source};
use crate::error::{Error, Result};
use crate::text::printable;
use crate::vendor::identity::is_at_home;

/// Pieces of evidence in one import, at most: what is collected lies in memory.
const MOST: usize = 250_000;

/// What was left out is told one by one up to here.
const MOST_SKIPPED: usize = 250_000;

/// The longest text that is kept of a piece of evidence, in characters.
const LONGEST: usize = 300;

/// An import, read and not written.
#[derive(Debug, Clone, PartialEq)]
pub struct Collected {
    /// What sort of files it is from.
    pub kind: BatchKind,
    /// The files.
    pub sources: Vec<Source>,
    /// What was found.
    pub items: Vec<Item>,
    /// What was not taken.
    pub skipped: Vec<Skipped>,
    /// Secrets that were dropped.
    pub dropped: BTreeMap<Secret, u64>,
    /// What the user was asked about the files and is not asked again: sort of question, question, answer.
    pub answers: Vec<(&'static str, String, String)>,
}

impl Collected {
    /// Nothing yet.
    pub fn new(kind: BatchKind) -> Self {
        Self {
            kind,
            sources: Vec::new(),
            items: Vec::new(),
            skipped: Vec::new(),
            dropped: BTreeMap::new(),
            answers: Vec::new(),
        }
    }
}

/// Collects what readers find.
pub struct Collector<'a> {
    collected: Collected,
    strict: bool,
    stop: Arc<AtomicBool>,
    progress: &'a dyn Fn(u64),
    /// Why the first file that gave nothing could not be read.
    unread: Option<Error>,
}

impl<'a> Collector<'a> {
    /// A collector. With `strict` anything bad ends the reading; `stop` is set where the user wants to stop.
    pub fn new(kind: BatchKind, strict: bool, stop: Arc<AtomicBool>, progress: &'a dyn Fn(u64)) -> Self {
        Self { collected: Collected::new(kind), strict, stop, progress, unread: None }
    }

    /// Reads one file. What is wrong with it is told and kept with the rest, unless this is strict: nothing is returned then.
    ///
    /// # Errors
    /// Those of `read` that are not the file's fault, and all where the user is strict.
    pub fn source<T>(
        &mut self,
        file: &str,
        format: &str,
        read: impl FnOnce(&mut dyn Sink) -> Result<T>,
    ) -> Result<Option<T>> {
        let before = self.collected.items.len();
        self.collected.sources.push(Source { file: printable(file), format: format.to_owned(), found: 0 });
        let ended = read(self);
        let found = self.collected.items.len() - before;
        if let Some(source) = self.collected.sources.last_mut() {
            source.found = found as u64;
        }
        match ended {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.kind() == crate::error::Kind::BadInput && !self.strict => {
                let why = if found > 0 { format!("not read from here on: {error}") } else { error.to_string() };
                if found == 0 {
                    self.unread.get_or_insert_with(|| named(error, file));
                }
                self.leave(None, &why, true).map(|()| None)
            }
            Err(error) if error.kind() == crate::error::Kind::BadInput => Err(named(error, file)),
            Err(error) => Err(error),
        }
    }

    /// The last source is read once more: nothing was found in it yet.
    pub fn again(&mut self) {
        self.collected.sources.pop();
    }

    /// What the format of the last source turned out to be.
    pub fn was(&mut self, format: &str) {
        if let Some(source) = self.collected.sources.last_mut() {
            source.format = format.to_owned();
        }
    }

    /// All that was read.
    ///
    /// # Errors
    /// Kind bad input where nothing was good and something was not.
    pub fn finish(mut self) -> Result<Collected> {
        let is_alone = self.collected.sources.len() == 1 && self.collected.items.is_empty();
        if let Some(error) = self.unread.take_if(|_| is_alone) {
            return Err(error);
        }
        let bad: Vec<&Skipped> = self.collected.skipped.iter().filter(|skipped| skipped.bad).collect();
        match bad.first() {
            Some(first) if self.collected.items.is_empty() => {
                let others = match bad.len() - 1 {
                    0 => String::new(),
                    others => format!(", and {others} more"),
                };
                Err(Error::bad_input(format!("nothing could be taken: {}{others}", self.words(first)))
                    .hint("look at the file, or name what it is: --format F"))
            }
            _ => Ok(self.collected),
        }
    }

    fn words(&self, skipped: &Skipped) -> String {
        let file = self.collected.sources.get(skipped.source).map_or("", |source| &source.file);
        match skipped.place {
            Some(place) => format!("{file}, {place}: {}", skipped.why),
            None => format!("{file}: {}", skipped.why),
        }
    }

    fn leave(&mut self, place: Option<Place>, why: &str, bad: bool) -> Result<()> {
        let source = self.collected.sources.len().saturating_sub(1);
        let skipped = Skipped { source, place, why: bounded(why), bad };
        if bad && self.strict {
            return Err(Error::bad_input(format!("{}; nothing was kept", self.words(&skipped)))
                .hint("leave --strict out to keep what is good"));
        }
        if self.collected.skipped.len() >= MOST_SKIPPED {
            return Err(Error::bad_input(format!(
                "more than {MOST_SKIPPED} things could not be taken; nothing was kept"
            ))
            .hint("look at the file, or name what it is: --format F"));
        }
        self.collected.skipped.push(skipped);
        Ok(())
    }

    fn go_on(&self) -> Result<()> {
        match self.stop.load(Ordering::Relaxed) {
            true => Err(stopped()),
            false => Ok(()),
        }
    }
}

/// The user wanted to stop.
pub fn stopped() -> Error {
    Error::failed("stopped: nothing was imported")
}

fn named(error: Error, file: &str) -> Error {
    match error.to_string().contains(file) {
        true => error,
        false => {
            let named = Error::bad_input(format!("{}: {error}", printable(file)));
            match error.hint_text() {
                Some(hint) => named.hint(hint),
                None => named,
            }
        }
    }
}

fn bounded(text: &str) -> String {
    printable(text).trim().chars().take(LONGEST).collect()
}

fn filled(text: Option<String>) -> Option<String> {
    text.map(|text| bounded(&text)).filter(|text| !text.is_empty())
}

impl Sink for Collector<'_> {
    fn found(&mut self, mut evidence: Evidence) -> Result<()> {
        self.go_on()?;
        evidence.host = filled(evidence.host).map(|host| host.to_ascii_lowercase());
        evidence.name = filled(evidence.name);
        evidence.account = filled(evidence.account);
        evidence.claims = evidence.claims.into_iter().map(|(name, value)| (name, bounded(&value))).collect();
        evidence.claims.retain(|(_, value)| !value.is_empty());
        if evidence.kind == Kind::Login && evidence.host.as_deref().is_some_and(is_at_home) {
            return self.leave(Some(evidence.place), "it is on your own network, and no vendor's", false);
        }
        if self.collected.items.len() >= MOST {
            return Err(Error::bad_input(format!("more than {MOST} things were found; nothing was kept"))
                .hint("import the file in parts"));
        }
        let source = self.collected.sources.len().saturating_sub(1);
        self.collected.items.push(Item { source, evidence });
        Ok(())
    }

    fn skipped(&mut self, place: Place, why: &str) -> Result<()> {
        self.go_on()?;
        self.leave(Some(place), why, true)
    }

    fn passed_over(&mut self, place: Place, why: &str) -> Result<()> {
        self.go_on()?;
        self.leave(Some(place), why, false)
    }

    fn dropped(&mut self, secret: Secret) {
        *self.collected.dropped.entry(secret).or_default() += 1;
    }

    fn at(&mut self, bytes: u64) -> Result<()> {
        (self.progress)(bytes);
        self.go_on()
    }
}

#[cfg(test)]
mod tests {
    use super::super::evidence::Details;
    use super::*;

    fn login(host: &str) -> Evidence {
        Evidence {
            kind: Kind::Login,
            host: Some(host.into()),
            name: Some("\u{1b}[2JShop ".into()),
            account: Some(" ".into()),
            claims: vec![("email", "ada@example.org".into()), ("nickname", String::new())],
            first_seen: None,
            last_seen: None,
            key: host.into(),
            place: Place::Line(2),
            details: Details::default(),
        }
    }

    fn collector(strict: bool) -> Collector<'static> {
        Collector::new(BatchKind::Passwords, strict, Arc::default(), &|_| {})
    }

    #[test]
    fn what_is_found_is_made_printable_and_what_is_at_home_passed_over() {
        let mut collector = collector(true);
        let read = |sink: &mut dyn Sink| {
            sink.found(login("Shop.example"))?;
            sink.found(login("192.168.0.1"))?;
            sink.passed_over(Place::Item(3), "a secure note")
        };
        collector.source("a.csv", "chrome", read).unwrap();
        let collected = collector.finish().unwrap();
        let evidence = &collected.items[0].evidence;
        assert_eq!((evidence.host.as_deref(), evidence.name.as_deref()), (Some("shop.example"), Some("[2JShop")));
        assert_eq!((evidence.account.as_deref(), evidence.claims.len()), (None, 1));
        assert_eq!(collected.skipped.len(), 2);
        assert_eq!(collected.sources[0].found, 1);
    }

    #[test]
    fn a_bad_row_ends_it_where_the_user_is_strict_and_is_told_else() {
        let bad = |sink: &mut dyn Sink| -> Result<()> {
            sink.found(login("shop.example"))?;
            sink.skipped(Place::Line(3), "the row has no address")?;
            Err(Error::bad_input("it breaks off"))
        };
        let mut kept = collector(false);
        kept.source("a.csv", "chrome", bad).unwrap();
        let kept = kept.finish().unwrap();
        assert_eq!((kept.items.len(), kept.skipped.len()), (1, 2));
        let error = collector(true).source("a.csv", "chrome", bad).unwrap_err();
        assert_eq!(error.to_string(), "a.csv, line 3: the row has no address; nothing was kept");
    }

    #[test]
    fn nothing_good_is_an_error_that_says_where() {
        let mut collector = collector(false);
        collector.source("a.csv", "chrome", |sink| sink.skipped(Place::Line(2), "it is empty")).unwrap();
        let error = collector.finish().unwrap_err();
        assert_eq!(error.to_string(), "nothing could be taken: a.csv, line 2: it is empty");
    }

    #[test]
    fn a_file_that_gives_nothing_does_not_end_the_others() {
        let empty =
            |_: &mut dyn Sink| -> Result<()> { Err(Error::bad_input("the file is empty").hint("export it again")) };
        let mut several = collector(false);
        assert!(several.source("empty.csv", "", empty).unwrap().is_none());
        several.source("a.csv", "", |sink| sink.found(login("shop.example"))).unwrap();
        let kept = several.finish().unwrap();
        assert_eq!((kept.items.len(), kept.skipped[0].why.as_str()), (1, "the file is empty"));
        let mut alone = collector(false);
        alone.source("empty.csv", "", empty).unwrap();
        let error = alone.finish().unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.hint_text()),
            ("empty.csv: the file is empty", Some("export it again"))
        );
    }

    #[test]
    fn who_stops_gets_nothing() {
        let stop = Arc::new(AtomicBool::new(true));
        let mut collector = Collector::new(BatchKind::Passwords, false, stop, &|_| {});
        assert!(collector.source("a", "b", |sink| sink.at(1)).is_err());
    }
}
