//! What a rule found: where, how sure, and the trail that proves it.
//!
//! A finding holds places as (file, span); lines and columns are made from the text when a report shows them. It never holds a
//! secret's value: rules put names, not values, into [`Finding::values`].

use crate::source::{FileId, Span};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;

/// How grave a finding is. Ordered: `Note < Warning < Error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Should be mended.
    Warning,
    /// Must be mended.
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// How the places of a finding were resolved. Ordered from worst to best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// By a name alone. Such findings are notes.
    Possible,
    /// Through an inferred receiver.
    Likely,
    /// Through imports and types.
    Certain,
}

/// What kind of code a file or a function is; rules speak of some of them only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeScope {
    /// Code that runs for users.
    Production,
    /// Scripts, tools, examples, benchmarks.
    Script,
    /// Tests and what supports them.
    Test,
    /// Configuration.
    Config,
}

/// A place in the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// The file.
    pub file: FileId,
    /// The expression, on one line.
    pub span: Span,
}

/// One step of the trail that leads to a finding, the start first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub site: Site,
    /// The innermost function, class or module there, by dotted name.
    pub symbol: String,
    /// What happens there, in a few words.
    pub note: String,
}

/// A change of text that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub site: Site,
    /// By what.
    pub replacement: String,
}

/// That a finding matters only together with others like it: where there are more of them than there may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counted {
    /// What is counted, such as `live auth paths`.
    pub what: String,
    /// How many there may be.
    pub most: usize,
    /// Its place among the others in a list of them.
    pub rank: usize,
    /// What such a list says of it, in a few words.
    pub note: String,
    /// Where what it is about ends: whoever accepted what is found there has accepted it, too.
    pub end: Site,
    /// By what it is known again when it is called otherwise.
    pub marks: Vec<String>,
    /// Its message where it is known to be new.
    pub when_new: &'static str,
}

/// One finding of one rule at one place.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's id.
    pub rule: &'static str,
    /// Which of the rule page's messages it is.
    pub message: &'static str,
    /// What the message's `{placeholders}` stand for.
    pub values: Vec<(&'static str, String)>,
    /// The primary place.
    pub primary: Site,
    /// The innermost function, class or module around it, by dotted name.
    pub symbol: String,
    /// What kind of code it stands in.
    pub scope: CodeScope,
    /// The concern it is about, if any.
    pub concern: Option<String>,
    /// How sure it is.
    pub confidence: Confidence,
    /// The way that leads to the primary place; empty when the place speaks for itself.
    pub trail: Vec<Step>,
    /// Other places that matter, such as the owner's definition.
    pub related: Vec<Step>,
    /// How to mend it, where that is safe.
    pub fix: Vec<Edit>,
    /// With what it is counted; none if it speaks for itself.
    pub counted: Option<Box<Counted>>,
}

impl Finding {
    /// The order of reports: by place, then by rule.
    #[must_use]
    pub fn order(&self) -> (Site, &'static str, &'static str) {
        (self.primary, self.rule, self.message)
    }

    /// The text behind one of the message's placeholders.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, text)| text.as_str())
    }
}

/// Which of what is `gone` each of what is `new` was before it was called otherwise: the more marks they share, the likelier. Nothing is
/// the other of two.
#[must_use]
pub fn known_again(new: &[usize], gone: &[usize], shared: &dyn Fn(usize, usize) -> usize) -> Vec<(usize, usize)> {
    let pairs = new.iter().flat_map(|new| gone.iter().map(|gone| (*new, *gone)));
    let likely = pairs.map(|(new, gone)| (shared(new, gone), new, gone));
    let mut likely: Vec<(usize, usize, usize)> = likely.filter(|(shared, ..)| *shared > 0).collect();
    likely.sort_by_key(|(shared, new, gone)| (Reverse(*shared), *new, *gone));
    let (mut known, mut taken) = (BTreeSet::new(), BTreeSet::new());
    let mut again = Vec::new();
    for (_, new, gone) in likely {
        if !known.contains(&new) && taken.insert(gone) {
            known.insert(new);
            again.push((new, gone));
        }
    }
    again
}

/// How many marks of one thing another one has.
#[must_use]
pub fn shared_marks(one: &[String], other: &[String]) -> usize {
    one.iter().filter(|mark| other.contains(mark)).count()
}
