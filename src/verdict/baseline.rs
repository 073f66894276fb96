//! Findings that a team has accepted for now: `ssot-baseline.json`.
//!
//! The file is made to be merged and read: sorted, one entry a line, no line numbers, no dates but those that people write. An
//! entry is known by its fingerprint; where several share one, the path says which is whose.

use super::{Date, Judged};
use crate::finding::Counted;
use crate::source::FileId;
use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What the file is called; it lies in the root.
pub const BASELINE_FILE: &str = "ssot-baseline.json";

/// The only form of the file that there is so far.
const VERSION: u32 = 1;

/// One finding that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The rule's id.
    pub rule: String,
    /// The innermost function, class or module, by dotted name: for people, and to tell entries of one fingerprint apart.
    pub symbol: String,
    /// The file, relative to the root: likewise.
    pub path: String,
    /// The finding's lasting name.
    pub fingerprint: String,
    /// Why it is accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The last day it is.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "day")]
    pub until: Option<Date>,
    /// With what its finding was counted, where that is known: it is not written.
    #[serde(skip)]
    pub counted: Option<Box<Counted>>,
}

/// The accepted findings of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    findings: Vec<Entry>,
}

impl Baseline {
    /// A baseline of these entries.
    #[must_use]
    pub fn of(mut entries: Vec<Entry>) -> Self {
        entries.sort();
        Self { entries }
    }

    /// Reads the text of the file.
    ///
    /// # Errors
    /// The line and column, and what is wrong there.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let document: Document = serde_json::from_str(&with_commas(text)).map_err(|error| BaselineError {
            line: error.line(),
            column: error.column(),
            message: said(&error),
        })?;
        if document.version != VERSION {
            return Err(BaselineError {
                line: 1,
                column: 1,
                message: format!("version {} is not known, only version {VERSION} is", document.version),
            });
        }
        Ok(Self::of(document.findings))
    }

    /// The text of the file.
    #[must_use]
    pub fn written(&self) -> String {
        let entries = self
            .entries
            .iter()
            .filter_map(|entry| serde_json::to_string(entry).ok());
        let entries: Vec<String> = entries.collect();
        let end = if entries.is_empty() { "" } else { "\n" };
        format!(
            "{{\"version\": {VERSION}, \"findings\": [\n{}{end}]}}\n",
            entries.join(",\n")
        )
    }

    /// Its entries, sorted.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// For each finding the entry that accepts it, by its number. An entry accepts one finding: a second one beside it is new.
    #[must_use]
    pub fn accepting<'a>(&self, findings: &[Judged], path: &dyn Fn(FileId) -> &'a str) -> Vec<Option<usize>> {
        let mut by_fingerprint: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        for (number, entry) in self.entries.iter().enumerate() {
            by_fingerprint.entry(&entry.fingerprint).or_default().push(number);
        }
        let mut accepting = vec![None; findings.len()];
        // Those that have not moved come first, so that one that has moved cannot take their place.
        for closeness in [Closeness::SameSymbol, Closeness::SamePath, Closeness::Moved] {
            for (finding, accepted) in findings.iter().zip(&mut accepting) {
                let Some(free) = by_fingerprint.get_mut(finding.fingerprint.as_str()) else {
                    continue;
                };
                if accepted.is_none() {
                    let path = path(finding.finding.primary.file);
                    let fits = |number: &usize| closeness.holds(&self.entries[*number], finding, path);
                    *accepted = free.iter().position(fits).map(|at| free.remove(at));
                }
            }
        }
        self.accept_renamed(findings, &mut accepting);
        accepting
    }
}

/// How near an entry is to a finding of its fingerprint.
#[derive(Clone, Copy)]
enum Closeness {
    SameSymbol,
    SamePath,
    Moved,
}

impl Closeness {
    fn holds(self, entry: &Entry, judged: &Judged, path: &str) -> bool {
        match self {
            Self::SameSymbol => entry.path == path && entry.symbol == judged.finding.symbol,
            Self::SamePath => entry.path == path,
            Self::Moved => entry.rule == judged.finding.rule,
        }
    }
}

impl Entry {
    /// The entry that accepts a finding in the file at `path`.
    #[must_use]
    pub fn accepting(judged: &Judged, path: &str) -> Self {
        Self {
            rule: judged.finding.rule.to_owned(),
            symbol: judged.finding.symbol.clone(),
            path: path.to_owned(),
            fingerprint: judged.fingerprint.clone(),
            reason: None,
            until: None,
            counted: judged.finding.counted.clone(),
        }
    }

    /// Whether it still accepts anything on the day `today`.
    #[must_use]
    pub fn holds_on(&self, today: Date) -> bool {
        self.until.is_none_or(|until| until >= today)
    }
}

/// Why the file cannot be read as a baseline, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaselineError {
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
    /// What is wrong there.
    pub message: String,
}

/// The text with a comma behind each entry that another one follows, and none behind the last one. Where both sides of a merge add
/// lines at one place, keeping all of them is then all there is to do.
fn with_commas(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let entry = line.trim_end().trim_end_matches(',');
        let next = lines.peek().and_then(|next| next.trim_start().chars().next());
        match next {
            Some('{') if entry.ends_with('}') => mended.extend([entry, ","]),
            Some(']') if entry.ends_with('}') => mended.push_str(entry),
            _ => mended.push_str(line),
        }
        mended.push('\n');
    }
    mended
}

/// What a JSON error says, without the place, which it has at the end.
fn said(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    text[..end].to_owned()
}

mod day {
    use super::{Date, Deserialize, Deserializer, Serializer};

    #[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
    pub(super) fn serialize<S: Serializer>(date: &Option<Date>, serializer: S) -> Result<S::Ok, S::Error> {
        match date {
            Some(date) => serializer.collect_str(date),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mistake = || serde::de::Error::custom(format!("`until` is no date: `{text}`; write it as `2027-03-01`"));
        Date::parse(&text).map(Some).ok_or_else(mistake)
    }
}
