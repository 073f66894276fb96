//! Lists of phrases, ready to be found in names.

use super::words::split;
use aho_corasick::{AhoCorasick, Input};
use serde::Deserialize;

/// Some phrases of one or more words. Most names have none of them in it, and that is told without splitting the name into words.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub(super) struct PhraseList {
    /// The words of each phrase in upper case, with a space before, between and behind them.
    spelled: Vec<String>,
    /// Finds words of which a name with a phrase has at least one, in whatever case they are written.
    stems: AhoCorasick,
}

impl PhraseList {
    /// The phrases in upper case, with `_` between the words.
    ///
    /// # Errors
    /// What is wrong with them: they are too many.
    pub(super) fn new(phrases: &[String]) -> Result<Self, String> {
        let spelled: Vec<String> = phrases
            .iter()
            .map(|phrase| format!(" {} ", phrase.replace('_', " ")))
            .collect();
        let words: Vec<Vec<&str>> = spelled
            .iter()
            .map(|phrase| phrase.split_ascii_whitespace().collect())
            .collect();
        let stems = finder_of(&stems(words.iter().map(Vec::as_slice)))?;
        Ok(Self { spelled, stems })
    }

    /// Where a word begins, not before `from`, of which a name with a phrase has at least one.
    pub(super) fn stem(&self, text: &str, from: usize) -> Option<usize> {
        let found = self.stems.find(Input::new(text).range(from..));
        found.map(|found| found.start())
    }

    /// Whether a name has one of the phrases in it.
    pub(super) fn is_said(&self, name: &str) -> bool {
        self.stems.is_match(name) && {
            let words = format!(" {} ", split(name));
            self.spelled.iter().any(|phrase| words.contains(phrase.as_str()))
        }
    }

    /// Whether a name ends with one of the phrases.
    pub(super) fn is_said_last(&self, name: &str) -> bool {
        self.stems.is_match(name) && {
            let words = format!(" {} ", split(name));
            self.spelled.iter().any(|phrase| words.ends_with(phrase.as_str()))
        }
    }
}

impl TryFrom<Vec<String>> for PhraseList {
    type Error = String;

    fn try_from(phrases: Vec<String>) -> Result<Self, String> {
        Self::new(&phrases)
    }
}

/// Finds any of some words, in whatever case they are written.
///
/// # Errors
/// What is wrong with them: they are too many.
pub(super) fn finder_of<W: AsRef<[u8]>>(words: &[W]) -> Result<AhoCorasick, String> {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(words)
        .map_err(|error| error.to_string())
}

/// Of each phrase a word that every name with the phrase has. Phrases share words where they can, so that the words are few.
pub(super) fn stems<'p, W>(phrases: impl Iterator<Item = &'p [W]>) -> Vec<&'p str>
where
    W: AsRef<str> + 'p,
{
    let mut phrases: Vec<&[W]> = phrases.collect();
    let longest = |phrase: &[W]| phrase.iter().map(|word| word.as_ref().len()).max();
    phrases.sort_by_key(|phrase| (phrase.len(), longest(phrase)));
    let mut stems: Vec<&str> = Vec::new();
    for phrase in phrases {
        let mut words = phrase.iter().map(AsRef::as_ref);
        let is_covered = words.any(|word: &str| stems.iter().any(|stem| word.contains(stem)));
        if !is_covered {
            stems.extend(phrase.iter().map(AsRef::as_ref).max_by_key(|word: &&str| word.len()));
        }
    }
    stems
}
