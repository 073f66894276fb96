//! Hides secrets in source text that a report shows: each hidden character becomes `*`, so that all columns stay as they are.
//!
//! Nothing a report shows may give a secret away, and a report cannot know what is one. So it hides, generously:
//! - what a secret-like name stands for: `NAME = "…"`, `"name": "…"`, `NAME=…`, and the literals that go with such a name in one
//!   expression (`getenv("JWT_SECRET", "…")`, `token == "…"`); names themselves, look-up keys and well-known words stay;
//! - on lines of findings about tokens and secrets, literals that nothing else explains ([`Watch`]);
//! - anywhere, comments included: private keys, passwords in URLs, and words that look like keys or tokens.
//!
//! A literal too many is hidden rather than one too few. The whole text is read, not only the shown lines: what a line shows may
//! be governed by a name far above it. `code` reads languages with quoted strings, `settings` the rest, `looks` judges words.

mod code;
mod looks;
mod settings;

use super::printable;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::ops::Range;

/// The text of the file at `path` without its secrets and without unprintable characters. Lines and columns stay as they are.
///
/// `watch` says of a 1-based line how closely to look, `is_secret_name` of a name whether what it stands for is a secret.
pub(super) fn mask(
    path: &str,
    text: &str,
    watch: &dyn Fn(u32) -> Watch,
    is_secret_name: &dyn Fn(&str) -> bool,
) -> String {
    let names = Names {
        is_secret: is_secret_name,
        known: RefCell::default(),
    };
    let mut hidden = Vec::new();
    hide_private_keys(text, &mut hidden);
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "py" | "pyi" | "pyw" => code::hide(text, code::PYTHON, watch, &names, &mut hidden),
        "rs" => code::hide(text, code::RUST, watch, &names, &mut hidden),
        "toml" | "lock" | "tf" | "tfvars" | "hcl" => code::hide(text, code::TOML, watch, &names, &mut hidden),
        "json" | "jsonc" | "json5" => code::hide(text, code::JSON, watch, &names, &mut hidden),
        "yaml" | "yml" => settings::hide(text, settings::Form::Nested, watch, &names, &mut hidden),
        _ => settings::hide(text, settings::Form::Flat, watch, &names, &mut hidden),
    }
    covered(text, hidden)
}

/// The lines of a text that hold secrets, as far as names and looks tell.
#[must_use]
pub fn lines_with_secrets<'t>(path: &str, text: &'t str, is_secret_name: &dyn Fn(&str) -> bool) -> Vec<&'t str> {
    let masked = mask(path, text, &|_| Watch::Names, is_secret_name);
    let lines = text.lines().zip(masked.lines());
    lines
        .filter(|(line, masked)| masked.bytes().filter(|byte| *byte == b'*').count() > line.matches('*').count())
        .map(|(line, _)| line)
        .collect()
}

/// How closely a line is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Watch {
    /// Names decide.
    #[default]
    Names,
    /// An argument without a keyword may be a secret too, unless it is looked up or is a sentence.
    Around,
    /// An argument without a keyword may be a secret too: `decode(raw, "…")`.
    Arguments,
    /// Every literal that is no name may be a secret.
    Literals,
}

/// Which names are secret, asked once a name.
struct Names<'a> {
    is_secret: &'a dyn Fn(&str) -> bool,
    known: RefCell<FxHashMap<Box<str>, bool>>,
}

impl Names<'_> {
    fn is_secret(&self, name: &str) -> bool {
        if let Some(known) = self.known.borrow().get(name) {
            return *known;
        }
        let is_secret = (self.is_secret)(name);
        self.known.borrow_mut().insert(name.into(), is_secret);
        is_secret
    }
}

/// Private keys in PEM form: what follows `BEGIN`, up to `END` or to what cannot belong to a key.
fn hide_private_keys(text: &str, hidden: &mut Vec<Range<usize>>) {
    const BEGIN: &str = "-----BEGIN ";
    const LINE: &str = "-----";
    for (at, _) in text.match_indices(BEGIN) {
        let label = &text[at + BEGIN.len()..];
        let Some(length) = label
            .find(LINE)
            .filter(|length| label[..*length].ends_with("PRIVATE KEY"))
        else {
            continue;
        };
        let start = at + BEGIN.len() + length + LINE.len();
        let rest = &text[start..];
        let material: usize = rest
            .split_inclusive('\n')
            .take_while(|line| may_be_key(line))
            .map(str::len)
            .sum();
        let end = rest.find("-----END").unwrap_or(usize::MAX).min(material);
        hidden.push(start..start + end);
    }
}

/// Whether a line may belong to a private key: Base64, also in quotes or in a comment, or a header.
fn may_be_key(line: &str) -> bool {
    let is_of_base64 = |sign: char| sign.is_ascii_alphanumeric() || "+/=\\\"'*#,; \t\r\n".contains(sign);
    line.contains("-----END")
        || ["Proc-Type:", "DEK-Info:"].iter().any(|header| line.contains(header))
        || line.chars().all(is_of_base64)
}

/// The text with the hidden stretches covered.
fn covered(text: &str, mut hidden: Vec<Range<usize>>) -> String {
    hidden.sort_by_key(|range| (range.start, range.end));
    let mut stretches = hidden.into_iter().peekable();
    let mut covered = String::with_capacity(text.len());
    let mut hidden_until = 0;
    for (at, character) in text.char_indices() {
        while let Some(stretch) = stretches.next_if(|stretch| stretch.start <= at) {
            hidden_until = hidden_until.max(stretch.end);
        }
        covered.push(match character {
            '\n' | '\r' | '\t' => character,
            '\u{feff}' if at == 0 => character,
            _ if at < hidden_until => '*',
            _ => printable::in_source(character),
        });
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::{Watch, mask};

    /// A stand-in for the words that the caller brings.
    pub(super) fn is_secret_name(name: &str) -> bool {
        let name = name.to_lowercase();
        let never = ["_name", "_type", "_url", "_id"];
        let words = ["secret", "password", "credential", "private_key", "api_key"];
        let endings = ["key", "token", "_pass"];
        !never.iter().any(|end| name.ends_with(end))
            && (words.iter().any(|word| name.contains(word)) || endings.iter().any(|end| name.ends_with(end)))
    }

    /// Checks pairs of lines: as written, and as shown. A line that is shown as written stands once, behind `=`.
    #[track_caller]
    pub(super) fn check(path: &str, watch: Watch, lines: &[(&str, &str)]) {
        for (written, shown) in lines {
            let masked = mask(path, written, &|_| watch, &is_secret_name);
            assert_eq!(
                masked,
                if *shown == "=" { *written } else { *shown },
                "of {path}: {written}"
            );
            assert_eq!(masked.chars().count(), written.chars().count());
        }
    }

    #[test]
    fn private_keys_are_hidden_everywhere() {
        let key =
            "x = '''-----BEGIN RSA PRIVATE KEY-----\nMIIfake+fake\nabc\n-----END RSA PRIVATE KEY-----'''\ny = 1\n";
        let shown =
            "x = '''-----BEGIN RSA PRIVATE KEY-----\n************\n***\n-----END RSA PRIVATE KEY-----'''\ny = 1\n";
        for path in ["a.py", "a.rs", ".env", "a.yaml", "a.json", "notes.txt"] {
            check(path, Watch::Names, &[(key, shown)]);
        }
        check(
            "a.pem",
            Watch::Names,
            &[("-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----", "=")],
        );
    }

    #[test]
    fn what_follows_no_private_key_stays() {
        check(
            "a.py",
            Watch::Names,
            &[
                ("starts('-----BEGIN PRIVATE KEY-----')\nx = f(y)", "="),
                (
                    "'-----BEGIN PRIVATE KEY-----\\nMII'\nx()",
                    "'-----BEGIN PRIVATE KEY-----******\nx()",
                ),
            ],
        );
    }

    #[test]
    fn unprintable_characters_are_covered_and_lines_kept() {
        check(
            "a.py",
            Watch::Names,
            &[(
                "\u{feff}a\r\nb\x1b[0m\tc\rd\u{202e}e",
                "\u{feff}a\r\nb\u{fffd}[0m\tc\rd\u{fffd}e",
            )],
        );
    }
}
