//! What the readers of JSON share: values that are dropped while parsing, and values that may be of any type.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::super::evidence::{Place, Secret, Sink};
use crate::error::{Error, Result};

/// A value of which only remains whether there was one. The parser skips it where it stands, and copies nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Dropped(bool);

impl Dropped {
    pub(super) fn is_there(self) -> bool {
        self.0
    }

    /// Counts it, where there was one.
    pub(super) fn tell(self, secret: Secret, sink: &mut dyn Sink) {
        if self.0 {
            sink.dropped(secret);
        }
    }
}

impl<'de> Deserialize<'de> for Dropped {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(!matches!(raw.get(), "null" | "\"\"" | "[]" | "{}" | "false" | "0")))
    }
}

/// How many values a list has; none of them is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count(usize);

impl Count {
    /// Counts each.
    pub(super) fn tell(self, secret: Secret, sink: &mut dyn Sink) {
        (0..self.0).for_each(|_| sink.dropped(secret));
    }
}

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(Option::<Vec<IgnoredAny>>::deserialize(deserializer)?.map_or(0, |list| list.len())))
    }
}

/// A text, or what can be read as one: managers write numbers here and there, and `null` for nothing.
#[derive(Default)]
pub(super) struct Loose(Zeroizing<String>);

impl std::ops::Deref for Loose {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Loose, E> {
        Ok(Loose(Zeroizing::new(text.to_owned())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Loose, E> {
        Ok(Loose(Zeroizing::new(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Loose, E> {
        Ok(Loose(Zeroizing::new(number.to_string())))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Loose, E> {
        Ok(Loose(Zeroizing::new(number.to_string())))
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Loose, E> {
        Ok(Loose(Zeroizing::new(if yes { "true".to_owned() } else { String::new() })))
    }

    fn visit_unit<E>(self) -> Result<Loose, E> {
        Ok(Loose::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Loose, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Loose, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Loose::default())
    }
}

impl<'de> Deserialize<'de> for Loose {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

/// A list that may be `null` or absent.
pub(super) type List<T> = Option<Vec<T>>;

/// Goes through a list that may not be there.
pub(super) fn each<T>(list: &List<T>) -> impl Iterator<Item = &T> {
    list.iter().flatten()
}

/// The whole document.
///
/// # Errors
/// Kind bad input, with line and column, and nothing of what stands there.
pub(super) fn document<'a, T: Deserialize<'a>>(text: &'a str, what: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        let hint = "export it again";
        match error.classify() {
            serde_json::error::Category::Eof => {
                Error::bad_input(format!("{place}: the file ends too early, it may be cut off")).hint(hint)
            }
            serde_json::error::Category::Data => {
                Error::bad_input(format!("{place}: this is not what {what} holds there")).hint(hint)
            }
            _ => Error::bad_input(format!("{place}: this is not JSON, or nested too deeply")).hint(hint),
        }
    })
}

/// One item of a list, on its own: one that is not as it should be costs no other. Where it is not, that is told.
pub(super) fn item<'a, T: Deserialize<'a>>(raw: &'a RawValue, place: Place, sink: &mut dyn Sink) -> Result<Option<T>> {
    // A list would be taken for the fields of an object in their order.
    match serde_json::from_str(raw.get()).ok().filter(|_| raw.get().starts_with('{')) {
        Some(item) => Ok(Some(item)),
        None => sink.skipped(place, "this item is not written as such items are").map(|()| None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_dropped_only_remains_that_it_was_there() {
        for (text, there) in
            [("null", false), ("\"\"", false), ("[ ]", true), ("\"s3cret\"", true), ("{\"a\":1}", true)]
        {
            let dropped: Dropped = serde_json::from_str(text).unwrap();
            assert_eq!(dropped.is_there(), there, "{text}");
        }
    }

    #[test]
    fn a_text_may_be_of_any_type() {
        for (text, expected) in [("\"a\\nb\"", "a\nb"), ("12", "12"), ("null", ""), ("[1,[2]]", ""), ("{\"a\":{}}", "")]
        {
            assert_eq!(&*serde_json::from_str::<Loose>(text).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn an_error_tells_the_place_and_not_the_text() {
        let error = document::<Vec<u8>>("[1,\n \"s3cret\"]", "it").unwrap_err();
        assert!(error.to_string().starts_with("line 2, column") && !error.to_string().contains("s3cret"), "{error}");
        assert!(document::<Vec<u8>>("[1,", "it").unwrap_err().to_string().contains("ends too early"));
        let deep = "[".repeat(100_000);
        assert!(document::<serde_json::Value>(&deep, "it").err().unwrap().to_string().contains("nested"));
    }
}
