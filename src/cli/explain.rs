//! `ssotlint explain`: a rule's page, laid out for reading.

use super::Failed;
use super::console::Console;
use clap::builder::PossibleValuesParser;
use ssotlint::page::{Kind, Page, blocks};
use ssotlint::report::Terminal;
use ssotlint::rules::RULES;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  ssotlint explain direct-secret-read
  ssotlint explain direct-secret-read | less
`ssotlint rules` lists the rules.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Explain {
    /// The rule's id, as reports name it
    #[arg(value_parser = PossibleValuesParser::new(RULES.iter().map(|rule| rule.id)), hide_possible_values = true)]
    rule: String,
}

impl Explain {
    /// Prints the page.
    pub fn run(&self, console: &Console) -> Result<ExitCode, Failed> {
        let pages = ssotlint::pages().map_err(|error| console.fail(&error))?;
        if let Some(page) = pages.iter().find(|page| page.id == self.rule) {
            console.print(&Layout::new(console.output()).page(page))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// The rule's level, as settings write it.
pub fn level(page: &Page) -> String {
    page.level.map_or_else(|| "off".to_owned(), |level| level.to_string())
}

/// The kinds of code a rule speaks of, as settings write them.
pub fn scopes(page: &Page) -> String {
    let names = super::check::SCOPES
        .iter()
        .filter(|(_, scope)| page.scopes.contains(scope));
    names.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// Lays Markdown out, as far as pages use it: headings, paragraphs, lists, code.
struct Layout {
    terminal: Terminal,
    text: String,
}

const CODE_INDENT: &str = "    ";

impl Layout {
    fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            text: String::new(),
        }
    }

    fn page(mut self, page: &Page) -> String {
        let title = self.bold(&page.id);
        self.line(&title);
        self.paragraph("", &page.summary);
        self.text.push('\n');
        let languages = page.languages.iter().map(|language| language.name());
        let weaknesses = page.cwe.iter().map(|number| format!("CWE-{number}"));
        let facts = [
            ("level", level(page)),
            ("scopes", scopes(page)),
            ("category", page.category.name().to_owned()),
            ("languages", languages.collect::<Vec<_>>().join(", ")),
            ("concern", page.concern.clone().unwrap_or_default()),
            ("weaknesses", weaknesses.collect::<Vec<_>>().join(", ")),
        ];
        for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
            self.line(&format!("{name:<12}{value}"));
        }
        self.text.push('\n');
        self.markdown(&page.body);
        self.text
    }

    fn markdown(&mut self, markdown: &str) {
        let mut words = String::new();
        for block in blocks(markdown) {
            let starts_item = matches!(block.kind, Kind::Line(line) if line.starts_with("- "));
            let continues = matches!(block.kind, Kind::Line(line) if !line.trim().is_empty());
            if starts_item || !continues {
                self.flow(&std::mem::take(&mut words));
            }
            match block.kind {
                Kind::Line(line) if continues => {
                    words.push_str(line.trim());
                    words.push(' ');
                }
                Kind::Line(_) => self.gap(),
                Kind::Heading { depth, title } => {
                    self.gap();
                    let title = if depth <= 2 {
                        title.to_uppercase()
                    } else {
                        title.to_owned()
                    };
                    let title = self.bold(&title);
                    self.line(&title);
                }
                Kind::Fence { info, text } => self.code(info, text),
            }
        }
        self.flow(&words);
    }

    /// A paragraph, or an item of a list.
    fn flow(&mut self, words: &str) {
        match words.trim_end().strip_prefix("- ") {
            Some(item) => self.paragraph("- ", item),
            None if words.is_empty() => {}
            None => self.paragraph("", words.trim_end()),
        }
    }

    fn paragraph(&mut self, start: &str, words: &str) {
        let indent = " ".repeat(start.len());
        let options = textwrap::Options::new(self.terminal.width)
            .initial_indent(start)
            .subsequent_indent(&indent)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .break_words(false);
        let text = textwrap::fill(words, options);
        self.line(&text);
    }

    /// The file's name, if the fence gives one, and its text.
    fn code(&mut self, info: &str, text: &str) {
        if let Some((_, path)) = info.split_once(' ') {
            let path = self.styled(anstyle::Style::new().italic(), path);
            self.line(&format!("{CODE_INDENT}{path}"));
            self.gap();
        }
        for line in text.lines() {
            let line = with_plain_marks(line);
            self.line(format!("{CODE_INDENT}{line}").trim_end());
        }
    }

    fn gap(&mut self) {
        if !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn bold(&self, text: &str) -> String {
        self.styled(anstyle::Style::new().bold(), text)
    }

    fn styled(&self, style: anstyle::Style, text: &str) -> String {
        match self.terminal.colour {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }
}

/// The line of an example with its marks in plain words: the keys in their brackets are for tests.
fn with_plain_marks(line: &str) -> String {
    let mut code = line;
    let mut words = Vec::new();
    let mut comment = "";
    while let Some((before, sign, word)) = last_mark(code) {
        words.insert(0, if word == "todo" { "not found yet" } else { word });
        comment = sign;
        code = before.trim_end();
    }
    let words = words.join(", ");
    match (words.is_empty(), code.trim().is_empty()) {
        (true, _) => line.to_owned(),
        (false, true) => format!("{code}{comment} {words} in the next line"),
        (false, false) => format!("{code}  {comment} <- {words}"),
    }
}

/// What stands before the mark at the end of a line, its comment sign, and its word.
fn last_mark(line: &str) -> Option<(&str, &str, &str)> {
    let (before, _) = line.trim_end().strip_suffix(']')?.rsplit_once('[')?;
    ["error", "warning", "note", "todo"].into_iter().find_map(|word| {
        let comment = before.strip_suffix(": ")?.strip_suffix(word)?.strip_suffix(' ')?;
        ["#", "//"]
            .into_iter()
            .find_map(|sign| Some((comment.strip_suffix(sign)?, sign, word)))
    })
}

#[cfg(test)]
mod tests {
    use super::with_plain_marks;

    #[test]
    fn marks_become_short_comments() {
        let cases = [
            ("x = 1  # error: [read]", "x = 1  # <- error"),
            ("f();  // note: [a, b]  // todo: [c]", "f();  // <- note, not found yet"),
            ("# warning: [a]", "# warning in the next line"),
            ("x = [1]  # error: see [a]", "x = [1]  # error: see [a]"),
            (
                "x = 1  # ssot: ignore[a] why  # warning: [b]",
                "x = 1  # ssot: ignore[a] why  # <- warning",
            ),
        ];
        for (written, shown) in cases {
            assert_eq!(with_plain_marks(written), shown);
        }
    }
}
