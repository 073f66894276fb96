//! Reads a rule page: the Markdown file that declares a rule, words its messages, explains it and shows examples.
//!
//! A page is a rule's only description: levels, scopes and wording are read from it, reports and `explain` print from it, and its
//! examples are run as tests. Start with [`Page::parse`]; [`blocks`] is the small Markdown reader below it, which the readers of
//! examples share. It knows no rule and no report.

use crate::facts::Language;
use crate::finding::{CodeScope, Finding, Level};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;

/// What a rule's page says.
#[derive(Clone, Debug)]
pub struct Page {
    /// The rule's id, as users write it.
    pub id: String,
    /// What is wrong where the rule finds something, in one line.
    pub summary: String,
    /// The level its findings have by default; none if it is off.
    pub level: Option<Level>,
    /// The kinds of code it speaks of by default.
    pub scopes: Vec<CodeScope>,
    /// What kind of rule it is.
    pub category: Category,
    /// The languages it looks at.
    pub languages: Vec<Language>,
    /// The built-in concern it is about.
    pub concern: Option<String>,
    /// Weaknesses it finds, by their number in the Common Weakness Enumeration.
    pub cwe: Vec<u32>,
    /// How settled it is.
    pub stage: Stage,
    /// What it may say, by key.
    pub messages: BTreeMap<String, Message>,
    /// The text between the declaration and the first section: what it finds.
    pub introduction: String,
    /// The sections, in order.
    pub sections: Vec<Section>,
    /// All the text behind the declaration, sections included.
    pub body: String,
}

/// What kind of rule a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Category {
    /// Something is done in more than one place.
    OnePath,
    /// Authentication can be got around.
    Bypass,
    /// A secret is resolved, kept or shown in the wrong way.
    Secrets,
    /// An event loop is started or blocked where it must not be.
    EventLoops,
    /// A waiver is wrong or of no use.
    Waivers,
}

impl Category {
    /// The name, as pages write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OnePath => "one-path",
            Self::Bypass => "bypass",
            Self::Secrets => "secrets",
            Self::EventLoops => "event-loops",
            Self::Waivers => "waivers",
        }
    }

    /// Whether a finding is a weakness that an attacker could use, not only a matter of upkeep.
    #[must_use]
    pub fn is_security(self) -> bool {
        matches!(self, Self::Bypass | Self::Secrets)
    }
}

/// How settled a rule is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Its findings can be relied on.
    Stable,
    /// It may still change what it finds.
    Preview,
}

/// One of the things a rule may say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The highest level a finding with this message can have.
    #[serde(default)]
    pub level: Option<Level>,
    /// What is wrong, with `{placeholders}`.
    pub text: String,
    /// What to do about it, with `{placeholders}`.
    pub help: String,
}

/// A message with its placeholders filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wording {
    /// What is wrong.
    pub text: String,
    /// What to do about it.
    pub help: String,
}

/// A `##` section of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// What stands below it.
    pub text: String,
}

impl Page {
    /// Reads the page of the rule `id` from `markdown`. An error names the line and what is wrong there.
    pub fn parse(id: &str, markdown: &str) -> Result<Self, String> {
        let mut blocks = blocks(markdown).filter(|block| !block.is_blank());
        match blocks.next() {
            Some(Block {
                kind: Kind::Heading { depth: 1, title },
                ..
            }) if title == id => {}
            _ => return Err(format!("{id}: the page must begin with the heading `# {id}`")),
        }
        let (declaration, body) = match blocks.next() {
            Some(Block {
                kind: Kind::Fence {
                    info: "toml rule",
                    text,
                },
                line,
                bytes,
            }) => (declaration(id, text, line)?, &markdown[bytes.end..]),
            _ => return Err(format!("{id}: a fence ```toml rule must follow the title")),
        };
        let (introduction, sections) = sections(body);
        let page = Self {
            id: id.to_owned(),
            summary: declaration.summary,
            level: declaration.level.into(),
            scopes: declaration.scopes,
            category: declaration.category,
            languages: declaration.languages.into_iter().map(Into::into).collect(),
            concern: declaration.concern,
            cwe: declaration.cwe,
            stage: declaration.stage,
            messages: declaration.messages,
            introduction,
            sections,
            body: body.trim().to_owned(),
        };
        page.complete()
    }

    /// What the finding says; nothing if the page has no such message.
    #[must_use]
    pub fn wording(&self, finding: &Finding) -> Option<Wording> {
        Some(self.messages.get(finding.message)?.wording(finding))
    }

    /// The section with this heading.
    #[must_use]
    pub fn section(&self, title: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.title == title)
    }

    fn complete(self) -> Result<Self, String> {
        let missing = if self.summary.is_empty() {
            "a summary"
        } else if self.scopes.is_empty() {
            "a scope"
        } else if self.languages.is_empty() {
            "a language"
        } else if self.messages.is_empty() {
            "a message"
        } else if self.introduction.is_empty() {
            "a paragraph that says what the rule finds"
        } else {
            return Ok(self);
        };
        Err(format!("{}: the page lacks {missing}", self.id))
    }
}

impl Message {
    /// The message about one finding: each `{name}` becomes the value of that name, on one line.
    ///
    /// Braces around anything but a name stay as they are, and so does a name without a value.
    #[must_use]
    pub fn wording(&self, finding: &Finding) -> Wording {
        Wording {
            text: fill(&self.text, finding),
            help: fill(&self.help, finding),
        }
    }

    /// The names in braces, in text and help, in order.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        [&self.text, &self.help].into_iter().flat_map(|template| {
            pieces(template).filter_map(|piece| match piece {
                Piece::Placeholder(name) => Some(name),
                Piece::Plain(_) => None,
            })
        })
    }
}

impl Section {
    /// The text up to the second `###` heading: of a section of examples, the first one.
    #[must_use]
    pub fn first_part(&self) -> &str {
        let second = blocks(&self.text)
            .filter(|block| matches!(block.kind, Kind::Heading { depth: 3, .. }))
            .nth(1);
        let end = second.map_or(self.text.len(), |block| block.bytes.start);
        self.text[..end].trim_end()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Declaration {
    summary: String,
    level: DefaultLevel,
    scopes: Vec<CodeScope>,
    category: Category,
    languages: Vec<LanguageName>,
    concern: Option<String>,
    #[serde(default)]
    cwe: Vec<u32>,
    stage: Stage,
    messages: BTreeMap<String, Message>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum DefaultLevel {
    Off,
    Note,
    Warning,
    Error,
}

impl From<DefaultLevel> for Option<Level> {
    fn from(level: DefaultLevel) -> Self {
        match level {
            DefaultLevel::Off => None,
            DefaultLevel::Note => Some(Level::Note),
            DefaultLevel::Warning => Some(Level::Warning),
            DefaultLevel::Error => Some(Level::Error),
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum LanguageName {
    Python,
    Rust,
    Config,
}

impl From<LanguageName> for Language {
    fn from(name: LanguageName) -> Self {
        match name {
            LanguageName::Python => Self::Python,
            LanguageName::Rust => Self::Rust,
            LanguageName::Config => Self::Config,
        }
    }
}

/// Reads the declaration; `fence_line` is the line of the fence it stands in.
fn declaration(id: &str, toml: &str, fence_line: usize) -> Result<Declaration, String> {
    toml::from_str(toml).map_err(|error| {
        let before = error.span().and_then(|span| toml.get(..span.start)).unwrap_or("");
        let line = fence_line + 1 + before.matches('\n').count();
        format!("{id}:{line}: {}", error.message())
    })
}

/// The text before the first section, and the sections.
fn sections(body: &str) -> (String, Vec<Section>) {
    let mut introduction = body.len();
    let mut sections: Vec<(String, Range<usize>)> = Vec::new();
    for block in blocks(body) {
        let Kind::Heading { depth: 2, title } = block.kind else {
            continue;
        };
        match sections.last_mut() {
            Some((_, text)) => text.end = block.bytes.start,
            None => introduction = block.bytes.start,
        }
        sections.push((title.to_owned(), block.bytes.end..body.len()));
    }
    let sections = sections.into_iter().map(|(title, text)| Section {
        title,
        text: body[text].trim().to_owned(),
    });
    (body[..introduction].trim().to_owned(), sections.collect())
}

enum Piece<'a> {
    Plain(&'a str),
    Placeholder(&'a str),
}

/// A template, cut into its plain stretches and its placeholders.
fn pieces(template: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(name) = placeholder(rest) {
            rest = &rest[name.len() + 2..];
            return Some(Piece::Placeholder(name));
        }
        let end = rest
            .char_indices()
            .skip(1)
            .find(|(at, _)| placeholder(&rest[*at..]).is_some())
            .map_or(rest.len(), |(at, _)| at);
        let (plain, behind) = rest.split_at(end);
        rest = behind;
        Some(Piece::Plain(plain))
    })
}

/// The name of the placeholder that `text` begins with.
fn placeholder(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('{')?.split_once('}')?;
    let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_name.then_some(name)
}

fn fill(template: &str, finding: &Finding) -> String {
    let mut filled = String::with_capacity(template.len() + 32);
    for piece in pieces(template) {
        match piece {
            Piece::Plain(text) => filled.push_str(text),
            Piece::Placeholder(name) => match finding.value(name) {
                Some(value) => push_on_one_line(&mut filled, value),
                None => filled.extend(["{", name, "}"]),
            },
        }
    }
    filled
}

/// A value may be an expression that was written over several lines; a message is one.
fn push_on_one_line(line: &mut String, value: &str) {
    for (at, part) in value.split(['\n', '\r']).enumerate() {
        if at == 0 {
            line.push_str(part.trim_end());
        } else if !part.trim().is_empty() {
            line.push(' ');
            line.push_str(part.trim());
        }
    }
}

/// A heading, a fence, or a line of anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block<'a> {
    /// What it is.
    pub kind: Kind<'a>,
    /// The 1-based line it begins on.
    pub line: usize,
    /// Its bytes in the Markdown, fences and line ending included.
    pub bytes: Range<usize>,
}

/// What a [`Block`] is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// `# title`.
    Heading {
        /// The number of `#`.
        depth: usize,
        /// What follows them.
        title: &'a str,
    },
    /// A fenced block of code.
    Fence {
        /// What stands behind the opening fence.
        info: &'a str,
        /// The lines between the fences.
        text: &'a str,
    },
    /// Any other line.
    Line(&'a str),
}

impl Block<'_> {
    /// Whether it is an empty line.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        matches!(self.kind, Kind::Line(line) if line.trim().is_empty())
    }
}

/// Cuts Markdown into headings, fences and other lines, in order.
///
/// It reads as much as pages need: `#` headings and backtick or tilde fences at the left margin. An open fence runs to the end.
pub fn blocks(markdown: &str) -> impl Iterator<Item = Block<'_>> {
    let mut at = 0;
    let mut line = 1;
    std::iter::from_fn(move || {
        let first = markdown[at..].split_inclusive('\n').next()?;
        let start = at;
        let start_line = line;
        at += first.len();
        line += 1;
        let kind = if let Some((sign, info)) = opening_fence(first) {
            let text_start = at;
            let mut text_end = markdown.len();
            for inner in markdown[text_start..].split_inclusive('\n') {
                let inner_start = at;
                at += inner.len();
                line += 1;
                if closes(sign, inner) {
                    text_end = inner_start;
                    break;
                }
            }
            Kind::Fence {
                info,
                text: &markdown[text_start..text_end],
            }
        } else if let Some((depth, title)) = heading(first) {
            Kind::Heading { depth, title }
        } else {
            Kind::Line(first.trim_end_matches(['\n', '\r']))
        };
        Some(Block {
            kind,
            line: start_line,
            bytes: start..at,
        })
    })
}

/// The fence's sign and what stands behind it.
fn opening_fence(line: &str) -> Option<(&str, &str)> {
    let sign = line.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(sign).len();
    let (fence, info) = line.split_at(length);
    // a line such as ```code``` is a span of code, not a fence
    (length >= 3 && !info.contains('`')).then(|| (fence, info.trim()))
}

fn closes(fence: &str, line: &str) -> bool {
    line.starts_with(fence) && line.trim_end().chars().all(|sign| fence.starts_with(sign))
}

fn heading(line: &str) -> Option<(usize, &str)> {
    let title = line.trim_start_matches('#');
    let depth = line.len() - title.len();
    (1..=6).contains(&depth).then_some(())?;
    Some((depth, title.strip_prefix(' ')?.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Site};
    use crate::source::{FileId, Span};

    const PAGE: &str = r##"# nested-event-loop

```toml rule
summary = "an event loop is started where one may already be running"
level = "error"
scopes = ["production", "test"]
category = "event-loops"
languages = ["python", "rust"]
cwe = [833]
stage = "stable"

[messages.in-async]
text = "`{call}` starts an event loop inside the async function `{function}`"
help = "await `{argument}` instead, not `{}` or `{a: 1}`"
[messages.patched]
level = "warning"
text = "patched"
help = "do not"
```

Finds loops in loops.

## Why
Because.

```text
## no heading
```

## Bad
Shows it.
### first
```python
f()
```
### second
````markdown a.md
```
inner
```
````
"##;

    fn finding(values: Vec<(&'static str, String)>) -> Finding {
        Finding {
            rule: "nested-event-loop",
            message: "in-async",
            values,
            primary: Site {
                file: FileId(0),
                span: Span::new(0, 1),
            },
            symbol: String::new(),
            scope: CodeScope::Production,
            concern: None,
            confidence: Confidence::Certain,
            trail: Vec::new(),
            related: Vec::new(),
            fix: Vec::new(),
            counted: None,
        }
    }

    fn page() -> Page {
        Page::parse("nested-event-loop", PAGE).unwrap()
    }

    #[test]
    fn a_page_says_what_the_rule_is() {
        let page = page();
        assert_eq!(
            page.summary,
            "an event loop is started where one may already be running"
        );
        assert_eq!(page.level, Some(Level::Error));
        assert_eq!(page.scopes, [CodeScope::Production, CodeScope::Test]);
        assert_eq!(page.category, Category::EventLoops);
        assert_eq!(page.languages, [Language::Python, Language::Rust]);
        assert_eq!((page.cwe.as_slice(), page.concern.as_deref()), ([833].as_slice(), None));
        assert_eq!(page.messages["patched"].level, Some(Level::Warning));
        assert_eq!(page.introduction, "Finds loops in loops.");
        assert!(page.body.starts_with("Finds loops") && page.body.ends_with("````"));
    }

    #[test]
    fn headings_inside_fences_are_no_sections() {
        let page = page();
        let titles: Vec<&str> = page.sections.iter().map(|section| section.title.as_str()).collect();
        assert_eq!(titles, ["Why", "Bad"]);
        assert_eq!(
            page.section("Why").unwrap().text,
            "Because.\n\n```text\n## no heading\n```"
        );
        assert_eq!(
            page.section("Bad").unwrap().first_part(),
            "Shows it.\n### first\n```python\nf()\n```"
        );
    }

    #[test]
    fn a_rule_that_is_off_has_no_level() {
        let off = PAGE.replace("level = \"error\"", "level = \"off\"");
        assert_eq!(Page::parse("nested-event-loop", &off).unwrap().level, None);
    }

    #[test]
    fn messages_are_filled_with_the_findings_values() {
        let mut values = vec![("call", "asyncio.run(\n    main(),\n)".to_owned())];
        values.push(("argument", "{call}".to_owned()));
        let wording = page().wording(&finding(values)).unwrap();
        assert_eq!(
            wording.text,
            "`asyncio.run( main(), )` starts an event loop inside the async function `{function}`"
        );
        assert_eq!(wording.help, "await `{call}` instead, not `{}` or `{a: 1}`");
        let page = page();
        let names: Vec<&str> = page.messages["in-async"].placeholders().collect();
        assert_eq!(names, ["call", "function", "argument"]);
    }

    #[test]
    fn mistakes_name_the_line() {
        let parse = |from: &str, to: &str| Page::parse("nested-event-loop", &PAGE.replacen(from, to, 1)).unwrap_err();
        assert_eq!(
            parse("# nested", "# rested"),
            "nested-event-loop: the page must begin with the heading `# nested-event-loop`"
        );
        assert!(parse("toml rule", "toml").contains("```toml rule"));
        assert!(parse("stage = \"stable\"", "stage = \"odd\"").starts_with("nested-event-loop:10: unknown variant"));
        assert!(parse("cwe", "cve").starts_with("nested-event-loop:9: unknown field `cve`"));
        assert!(parse("Finds loops in loops.", "").ends_with("what the rule finds"));
        assert!(parse("scopes = [\"production\", \"test\"]", "scopes = []").ends_with("lacks a scope"));
    }

    #[test]
    fn fences_end_at_their_own_sign() {
        let kinds: Vec<Kind<'_>> = blocks("~~~\n```\n~~~\n```a b\r\nx\r\n```\r\n####### no\n```open\nrest")
            .map(|block| block.kind)
            .collect();
        assert_eq!(
            kinds,
            [
                Kind::Fence {
                    info: "",
                    text: "```\n"
                },
                Kind::Fence {
                    info: "a b",
                    text: "x\r\n"
                },
                Kind::Line("####### no"),
                Kind::Fence {
                    info: "open",
                    text: "rest"
                },
            ]
        );
    }
}
