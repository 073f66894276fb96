//! Access to a TOML tree that tells a mistake wherever a key or a value is not what it has to be.
//!
//! `at` is always the dotted key a value stands under, as mistakes call it.

use super::read::Reader;
use crate::source::Span;
use std::borrow::Cow;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// What is wrong, where, and what to do.
#[derive(Debug)]
pub(super) struct Mistake {
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

/// A value and its place.
pub(super) type Value<'i> = Spanned<DeValue<'i>>;

/// From this likeness on (1 is sameness), one word may be meant by another.
const LIKE_ENOUGH: f64 = 0.6;

impl Reader<'_> {
    /// The elements of an array of tables (`[[key]]`), each read by `read`.
    pub(super) fn entries<T>(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        read: impl Fn(&mut Self, &str, &DeTable<'_>, &Value<'_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(value) = table.get(key) else {
            return Vec::new();
        };
        let DeValue::Array(list) = value.get_ref() else {
            let message = format!("`{key}` is {}, not a list of tables", kind(value.get_ref()));
            self.mistake(value.span(), message, format!("write `[[{key}]]`"));
            return Vec::new();
        };
        let mut entries = Vec::new();
        for value in list.iter() {
            if let Some(table) = self.table(key, value) {
                entries.extend(read(self, key, table, value));
            }
        }
        entries
    }

    /// Tells the keys of a table that are none of `known`.
    pub(super) fn keys(&mut self, table: &DeTable<'_>, at: &str, known: &[&str]) {
        for (key, _) in table {
            let name: &str = key.get_ref();
            if known.contains(&name) {
                continue;
            }
            let whose = if at.is_empty() {
                String::new()
            } else {
                format!(" in `{at}`")
            };
            let help = self
                .suggestion(name, known)
                .unwrap_or_else(|| format!("known are {}", listed(known)));
            self.mistake(key.span(), format!("unknown key `{name}`{whose}"), help);
        }
    }

    /// The table at `key`, if there is something at all.
    pub(super) fn child<'v, 'i>(&mut self, table: &'v DeTable<'i>, at: &str, key: &str) -> Option<&'v DeTable<'i>> {
        let value = table.get(key)?;
        let at = if at.is_empty() {
            key.to_owned()
        } else {
            format!("{at}.{key}")
        };
        self.table(&at, value)
    }

    pub(super) fn table<'v, 'i>(&mut self, at: &str, value: &'v Value<'i>) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            let message = format!("`{at}` is {}, not a table", kind(value.get_ref()));
            self.mistake(value.span(), message, format!("write `[{at}]` and its keys below"));
        }
        table
    }

    /// The value at `key`, which must be there.
    pub(super) fn required<'v, 'i>(
        &mut self,
        table: &'v DeTable<'i>,
        at: &str,
        whole: &Value<'_>,
        key: &str,
    ) -> Option<&'v Value<'i>> {
        let value = table.get(key);
        if value.is_none() {
            self.mistake(whole.span(), format!("`{at}` without `{key}`"), format!("add `{key}`"));
        }
        value
    }

    pub(super) fn required_text<'v, 'i>(
        &mut self,
        table: &'v DeTable<'i>,
        at: &str,
        whole: &Value<'_>,
        key: &str,
    ) -> Option<(&'v str, &'v Value<'i>)> {
        let value = self.required(table, at, whole, key)?;
        Some((self.text(&format!("{at}.{key}"), value)?, value))
    }

    /// A string with something in it.
    pub(super) fn text<'v>(&mut self, at: &str, value: &'v Value<'_>) -> Option<&'v str> {
        let text = self.string(at, value)?;
        if text.trim().is_empty() {
            self.mistake(
                value.span(),
                format!("`{at}` is empty"),
                "say something, or remove the key",
            );
            return None;
        }
        Some(text)
    }

    pub(super) fn string<'v>(&mut self, at: &str, value: &'v Value<'_>) -> Option<&'v str> {
        let text = value.get_ref().as_str();
        if text.is_none() {
            let message = format!("`{at}` is {}, not a string", kind(value.get_ref()));
            self.mistake(value.span(), message, "put it in quotes, if it is meant");
        }
        text
    }

    /// The elements of a list of strings, none of them empty.
    pub(super) fn strings<'v, 'i>(&mut self, at: &str, value: &'v Value<'i>) -> Vec<(&'v str, &'v Value<'i>)> {
        let Some(list) = value.get_ref().as_array() else {
            let message = format!("`{at}` is {}, not a list of strings", kind(value.get_ref()));
            let help = match value.get_ref().as_str() {
                Some(text) => format!("put it in brackets: `[{text:?}]`"),
                None => "write `[\"…\", \"…\"]`".to_owned(),
            };
            self.mistake(value.span(), message, help);
            return Vec::new();
        };
        let mut strings = Vec::new();
        for value in list.iter() {
            match value.get_ref().as_str() {
                Some(text) if !text.trim().is_empty() => strings.push((text, value)),
                Some(_) => self.mistake(value.span(), format!("an empty string in `{at}`"), "remove it"),
                None => {
                    let message = format!("`{at}` is a list of strings, and this is {}", kind(value.get_ref()));
                    self.mistake(value.span(), message, "put it in quotes, if it is meant");
                }
            }
        }
        strings
    }

    /// Tells a word that is none of `known`.
    pub(super) fn unknown(&mut self, what: &str, word: &str, at: Range<usize>, known: &[&str]) {
        let help = self
            .suggestion(word, known)
            .unwrap_or_else(|| format!("use one of {}", listed(known)));
        self.mistake(at, format!("unknown {what} `{word}`"), help);
    }

    /// What was probably meant: a word that differs in few letters, or of which one is the beginning of the other.
    pub(super) fn suggestion(&self, written: &str, known: &[&str]) -> Option<String> {
        let written = written.to_lowercase().replace('_', "-");
        let likeness = |known: &str| {
            let is_beginning = written.len() >= 3 && (known.starts_with(&written) || written.starts_with(known));
            let likeness = strsim::normalized_damerau_levenshtein(&written, known);
            if is_beginning {
                likeness.max(LIKE_ENOUGH)
            } else {
                likeness
            }
        };
        let best = known
            .iter()
            .copied()
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
        (likeness(best) >= LIKE_ENOUGH).then(|| format!("did you mean `{best}`?"))
    }

    pub(super) fn mistake(&mut self, at: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.mistakes.push(Mistake {
            span: span(at),
            message: message.into(),
            help: Some(help.into()),
        });
    }
}

/// The entries of a table in the order they are written.
pub(super) fn in_order<'v, 'i>(table: &'v DeTable<'i>) -> Vec<(&'v Spanned<Cow<'i, str>>, &'v Value<'i>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

pub(super) fn span(range: Range<usize>) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span::new(offset(range.start), offset(range.end))
}

/// The words in backticks.
pub(super) fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// What a value is, in words.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// `a`, `b`, `c`.
pub(super) fn listed(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
