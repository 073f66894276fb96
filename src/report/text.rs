//! For people: each finding with its source line, what to do, and the trail that proves it; then a summary.
//!
//! miette draws the snippets. What it gets is never a file but the few lines that are shown, without secrets (`mask`), cut to the
//! terminal's width around the place that is marked.

use super::mask::{Watch, mask};
use super::places::{Place, Places};
use super::summary::{Totals, counted};
use super::{Because, Report, Terminal, printable};
use crate::finding::{CodeScope, Confidence, Finding, Level, Step};
use crate::page::{Category, Page};
use crate::source::{FileId, LineIndex};
use crate::verdict::Judged;
use anstyle::{AnsiColor, Style};
use miette::{
    Diagnostic, GraphicalReportHandler, LabeledSpan, MietteError, MietteSpanContents, Severity, SourceCode, SourceSpan,
    SpanContents,
};
use rayon::prelude::*;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::fmt;
use std::io;
use std::rc::Rc;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Labels that would have to be narrower begin further left, on a line that is cut.
const NARROWEST_LABEL: usize = 36;
/// Tabs are shown as spaces, up to the next multiple of this.
const TAB: usize = 4;
/// Weaknesses of literals that are credentials, are compared with them, or sign them (347).
const CREDENTIAL_WEAKNESSES: [u32; 10] = [256, 257, 259, 312, 319, 321, 347, 522, 540, 798];
/// More entries of the baseline are counted, not named.
const STALE_SHOWN: usize = 3;
/// A space at which lines are not broken; written as a plain one.
const NO_BREAK: &str = "\u{a0}";
/// More are counted, not listed.
const LONGEST_LIST: usize = 20;
/// How many rules are named where a scope hides findings.
const HIDDEN_RULES: usize = 3;

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut by_file: ByFile<'_> = FxHashMap::default();
    for judged in &report.verdict.kept {
        by_file.entry(judged.finding.primary.file).or_default().push(judged);
    }
    let kept = report.verdict.kept.as_slice();
    // What stands in one file is drawn by one thread, which keeps the file's text meanwhile.
    let runs: Vec<&[Judged]> = kept
        .chunk_by(|one, next| one.finding.primary.file == next.finding.primary.file)
        .collect();
    let drawn = runs.par_iter().map_init(
        || TextReport::new(report, &by_file),
        |page, run| run.iter().map(|judged| page.finding(judged)).collect(),
    );
    let drawn: Vec<String> = drawn.collect();
    for findings in drawn {
        out.write_all(findings.as_bytes())?;
    }
    if !report.options.quiet {
        out.write_all(TextReport::new(report, &by_file).summary().as_bytes())?;
    }
    Ok(())
}

/// The findings of each file.
type ByFile<'a> = FxHashMap<FileId, Vec<&'a Judged>>;

struct TextReport<'a> {
    report: &'a Report<'a>,
    places: Places<'a>,
    terminal: Terminal,
    /// Draws notes, warnings and errors, each in its own colour.
    handlers: [GraphicalReportHandler; 3],
    by_file: &'a ByFile<'a>,
    masked: RefCell<Option<(FileId, Rc<Masked>)>>,
}

/// The text of a file without its secrets.
struct Masked {
    text: String,
    lines: LineIndex,
}

impl<'a> TextReport<'a> {
    fn new(report: &'a Report<'a>, by_file: &'a ByFile<'a>) -> Self {
        let terminal = report.options.terminal;
        Self {
            report,
            places: Places::seen_from(report.current_folder, report),
            by_file,
            terminal,
            handlers: [Level::Note, Level::Warning, Level::Error].map(|level| handler(terminal, level)),
            masked: RefCell::default(),
        }
    }

    fn finding(&self, judged: &Judged) -> String {
        let finding = &judged.finding;
        let mut text = String::new();
        let wording = self.report.wording(finding);
        let problem = Problem {
            title: self.title(finding),
            level: judged.level,
            help: (!wording.help.is_empty()).then(|| printable::line(&wording.help).into_owned()),
            snippet: self.snippet(finding, &printable::line(&wording.text)),
        };
        if self.handlers[judged.level as usize]
            .render_report(&mut text, &problem)
            .is_err()
            || problem.snippet.is_none()
        {
            // without its source line, a finding still has its place and its message
            let place = self.places.place(finding.primary).start;
            let path = self.places.path(finding.primary.file);
            let line = format!("{path}:{}:{}: {}", place.line, place.column, wording.text);
            self.paragraph(&mut text, "    ", &printable::line(&line));
        }
        if finding.confidence == Confidence::Possible {
            self.paragraph(
                &mut text,
                &self.heading("note"),
                "resolved by its name alone, so it may be something else",
            );
        }
        self.steps(&mut text, "path", &self.trail(finding), true);
        self.steps(&mut text, "see", &self.rows(&finding.related), false);
        text.push('\n');
        text
    }

    /// The rule, and what it finds in general; the label says what it found here.
    fn title(&self, finding: &Finding) -> String {
        match self.report.page(finding.rule) {
            Some((_, page)) => format!("{}: {}", self.bold(finding.rule), printable::line(&page.summary)),
            None => self.bold(finding.rule),
        }
    }

    fn snippet(&self, finding: &Finding, label: &str) -> Option<Snippet> {
        let file = finding.primary.file;
        let place = self.places.place(finding.primary);
        let masked = self.masked(file)?;
        let number = place.start.line;
        let gutter = (number + 1).to_string().len() + 4;
        let room = self.terminal.width.saturating_sub(gutter);
        let marked = Line::of(&masked, number, Some(place))?;
        let around = |number| Line::of(&masked, number, None).filter(|line| line.indent() < line.text.len());
        let lines = [around(number.wrapping_sub(1)), Some(marked), around(number + 1)];
        let name = printable::line(&self.places.path(file)).into_owned();
        let cut = if self.terminal.unicode { "…" } else { "..." };
        Some(Snippet::new(name, place, lines, label, room, cut))
    }

    fn masked(&self, file: FileId) -> Option<Rc<Masked>> {
        if let Some((_, known)) = self.masked.borrow().as_ref().filter(|(known, _)| *known == file) {
            return Some(Rc::clone(known));
        }
        let text = self.places.text(file)?;
        let watched = self.watched_lines(file);
        let watch = |line: u32| watched.get(&line).copied().unwrap_or_default();
        let path = &self.report.sources[file].path;
        let text = mask(path, &text.content, &watch, self.report.is_secret_name);
        let masked = Rc::new(Masked {
            lines: LineIndex::new(&text),
            text,
        });
        *self.masked.borrow_mut() = Some((file, Rc::clone(&masked)));
        Some(masked)
    }

    /// The lines of a file that findings about tokens and secrets show, and how closely to look at them for secrets.
    fn watched_lines(&self, file: FileId) -> FxHashMap<u32, Watch> {
        let mut watched: FxHashMap<u32, Watch> = FxHashMap::default();
        for judged in self.by_file.get(&file).into_iter().flatten() {
            let finding = &judged.finding;
            let page = self.report.page(finding.rule);
            let watch = page.map_or(Watch::Literals, |(_, page)| watch_for(page));
            if watch == Watch::Names {
                continue;
            }
            let place = self.places.place(finding.primary);
            let own = place.start.line..=place.end.line;
            for line in own.start().saturating_sub(1)..=own.end().saturating_add(1) {
                let known = watched.entry(line).or_default();
                let watch = if own.contains(&line) {
                    watch
                } else {
                    watch.min(Watch::Around)
                };
                *known = watch.max(*known);
            }
        }
        watched
    }

    /// The trail as rows of place, symbol and note; it ends with the finding itself.
    fn trail(&self, finding: &Finding) -> Vec<[String; 2]> {
        let mut rows = self.rows(&finding.trail);
        if finding.trail.last().is_some_and(|last| last.site != finding.primary) {
            rows.push([self.place_of(finding.primary), what_happens(&finding.symbol, "here")]);
        }
        rows
    }

    fn rows(&self, steps: &[Step]) -> Vec<[String; 2]> {
        let row = |step: &Step| [self.place_of(step.site), what_happens(&step.symbol, &step.note)];
        steps.iter().map(row).collect()
    }

    fn place_of(&self, site: crate::finding::Site) -> String {
        let start = self.places.place(site).start;
        let place = format!("{}:{}:{}", self.places.path(site.file), start.line, start.column);
        printable::line(&place).into_owned()
    }

    /// Places and what happens there, in two columns where they fit and else in two lines.
    fn steps(&self, text: &mut String, heading: &str, rows: &[[String; 2]], numbered: bool) {
        let first_column = rows.iter().map(|[place, _]| place.width()).max().unwrap_or(0);
        let number_width = if numbered { rows.len().to_string().len() + 2 } else { 0 };
        let indent = 8 + number_width;
        let in_columns = indent + first_column + 2 + NARROWEST_LABEL <= self.terminal.width;
        let mut heading = self.heading(heading);
        for (number, [place, what]) in (1..).zip(rows) {
            let number = if numbered {
                format!("{number:>0$}. ", number_width - 2)
            } else {
                String::new()
            };
            let start = format!("{heading}{number}{}", self.dim(place));
            if in_columns {
                let padding = " ".repeat(first_column - place.width() + 2);
                self.paragraph_below(text, &format!("{start}{padding}"), indent + first_column + 2, what);
            } else {
                text.push_str(&format!("{start}\n"));
                self.paragraph(text, &" ".repeat(indent), what);
            }
            heading = " ".repeat(8);
        }
    }

    fn summary(&self) -> String {
        let mut text = String::new();
        let report = self.report;
        let totals = Totals::of(report);
        let read: usize = report.files_read.values().sum();
        let languages: Vec<String> = report
            .files_read
            .iter()
            .map(|(language, count)| format!("{count} {language}"))
            .collect();
        let languages = if languages.is_empty() {
            String::new()
        } else {
            format!(" ({})", languages.join(", "))
        };
        if totals.findings() == 0 {
            let sign = if self.terminal.unicode { "✓ " } else { "" };
            let clean = self.styled(AnsiColor::Green.on_default().bold(), &format!("{sign}no findings"));
            self.paragraph(
                &mut text,
                "",
                &format!("{clean} in {}{languages}", counted(read, "file")),
            );
        } else {
            let count = self.bold(&counted(totals.findings(), "finding"));
            self.paragraph(
                &mut text,
                "",
                &format!("{count} in {}: {}", counted(totals.files, "file"), totals.levels()),
            );
            self.rules(&mut text, &totals);
            self.paragraph(&mut text, "", &format!("read {}{languages}", counted(read, "file")));
        }
        self.not_read(&mut text);
        self.not_shown(&mut text, &totals);
        if totals.findings() > 0 {
            self.inferred_owners(&mut text);
        }
        text
    }

    /// How many findings each rule has, the gravest and commonest first.
    fn rules(&self, text: &mut String, totals: &Totals) {
        let mut rows: Vec<(Level, usize, &str)> = Vec::new();
        for (rule, by_level) in &totals.by_rule {
            rows.extend(by_level.iter().map(|(level, count)| (*level, *count, *rule)));
        }
        rows.sort_by_key(|(level, count, rule)| (std::cmp::Reverse((*level, *count)), *rule));
        let width = rows
            .iter()
            .map(|(_, count, _)| count.to_string().len())
            .max()
            .unwrap_or(0);
        for (level, count, rule) in rows {
            let level = self.styled(style_of(level), &format!("{:7}", level.to_string()));
            text.push_str(&format!("  {count:>width$} {level}  {rule}\n"));
        }
    }

    fn not_read(&self, text: &mut String) {
        if let Some(failure) = &self.report.sources.git_failure {
            let warning = self.styled(style_of(Level::Warning), "git was not asked which files there are:");
            self.paragraph(text, "", &format!("{warning} {}", printable::line(failure)));
        }
        let unread = self.report.all_unread();
        let rows: Vec<[String; 2]> = unread
            .iter()
            .map(|unread| [self.places.path_below_root(&unread.path), unread.reason.clone()])
            .collect();
        self.list(text, &format!("unread {}:", counted(rows.len(), "file")), &rows);
        let problems = self.report.problems;
        let by_file = problems.chunk_by(|left, right| left.site.file == right.site.file);
        let rows: Vec<[String; 2]> = by_file
            .map(|of_file| {
                let more = match of_file.len() {
                    1 => String::new(),
                    count => format!(" (and {} more)", count - 1),
                };
                [self.place_of(of_file[0].site), format!("{}{more}", of_file[0].message)]
            })
            .collect();
        self.list(text, &format!("partly read {}:", counted(rows.len(), "file")), &rows);
    }

    /// A warning about files: what is not read is not proven.
    fn list(&self, text: &mut String, heading: &str, rows: &[[String; 2]]) {
        if rows.is_empty() {
            return;
        }
        text.push_str(&self.styled(style_of(Level::Warning), heading));
        text.push('\n');
        let shown = &rows[..rows.len().min(LONGEST_LIST)];
        let width = shown
            .iter()
            .map(|[path, _]| path.width())
            .max()
            .unwrap_or(0)
            .min(self.terminal.width / 2);
        for [path, reason] in shown {
            let path = printable::line(path);
            let padding = " ".repeat(width.saturating_sub(path.width()) + 2);
            self.paragraph_below(text, &format!("  {path}{padding}"), 4, &printable::line(reason));
        }
        if rows.len() > shown.len() {
            text.push_str(&format!(
                "  and {} more, all in `--format json`\n",
                rows.len() - shown.len()
            ));
        }
    }

    fn not_shown(&self, text: &mut String, totals: &Totals) {
        if totals.fixable > 0 {
            let line = format!(
                "with a fix: {}; `ssotlint check{NO_BREAK}--fix` makes them, `--diff` shows them",
                totals.fixable
            );
            self.paragraph(text, "", &line);
        }
        if !totals.hidden.is_empty() {
            let scopes: Vec<String> = totals
                .hidden
                .iter()
                .map(|(scope, rules)| hidden_in(*scope, rules))
                .collect();
            let line = format!(
                "hidden by scope: {}; shown with `--scopes{NO_BREAK}production,script,test,config`",
                scopes.join("; ")
            );
            self.paragraph(text, "", &line);
        }
        if totals.waived > 0 {
            self.paragraph(
                text,
                "",
                &format!("waived: {}; shown with `--no-waivers`", totals.waived),
            );
        }
        if totals.baselined > 0 {
            let line = format!("in the baseline: {}; shown with `--no-baseline`", totals.baselined);
            self.paragraph(text, "", &line);
        }
        if self.report.verdict.unchanged > 0 {
            let line = format!(
                "not in the change: {}; shown without `--changed` and `--since`",
                self.report.verdict.unchanged
            );
            self.paragraph(text, "", &line);
        }
        self.stale(text);
    }

    fn stale(&self, text: &mut String) {
        let stale = &self.report.verdict.stale;
        if stale.is_empty() {
            return;
        }
        let named = stale.iter().take(STALE_SHOWN);
        let mut named: Vec<String> = named
            .map(|entry| format!("{} in {}", entry.rule, entry.symbol))
            .collect();
        if stale.len() > STALE_SHOWN {
            named.push(format!("and {} more", stale.len() - STALE_SHOWN));
        }
        let line = format!(
            "gone from the baseline: {} ({}); `ssotlint baseline{NO_BREAK}--prune` takes them out",
            stale.len(),
            named.join(", ")
        );
        self.paragraph(text, "", &printable::line(&line));
    }

    fn inferred_owners(&self, text: &mut String) {
        let inferred = self
            .report
            .owners
            .iter()
            .filter(|owner| owner.because == Because::Inferred);
        for owner in inferred {
            let line = format!("owner of {} inferred: {} ({})", owner.concern, owner.path, owner.reason);
            self.paragraph(
                text,
                "",
                &format!("{}; ssot.toml can declare it", printable::line(&line)),
            );
        }
    }

    fn heading(&self, word: &str) -> String {
        let style = AnsiColor::Cyan.on_default();
        format!(
            "{:1$}{2} ",
            "",
            6_usize.saturating_sub(word.len()),
            self.styled(style, &format!("{word}:"))
        )
    }

    /// Wraps `words` behind `start`; further lines stand below the words.
    fn paragraph(&self, text: &mut String, start: &str, words: &str) {
        let indent = textwrap::core::display_width(start);
        self.paragraph_below(text, start, indent, words);
    }

    fn paragraph_below(&self, text: &mut String, start: &str, indent: usize, words: &str) {
        let indent = " ".repeat(indent);
        let options = textwrap::Options::new(self.terminal.width)
            .initial_indent(start)
            .subsequent_indent(&indent)
            .word_splitter(textwrap::WordSplitter::NoHyphenation)
            .break_words(false);
        text.push_str(&textwrap::fill(words, options).replace(NO_BREAK, " "));
        text.push('\n');
    }

    fn bold(&self, text: &str) -> String {
        self.styled(Style::new().bold(), text)
    }

    fn dim(&self, text: &str) -> String {
        self.styled(Style::new().dimmed(), text)
    }

    fn styled(&self, style: Style, text: &str) -> String {
        match self.terminal.colour {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }
}

/// What draws findings of a level; the mark under the source has the level's colour.
fn handler(terminal: Terminal, level: Level) -> GraphicalReportHandler {
    let mut theme = terminal.theme();
    theme.styles.highlights = vec![match level {
        Level::Error => theme.styles.error,
        Level::Warning => theme.styles.warning,
        Level::Note => theme.styles.advice,
    }];
    GraphicalReportHandler::new_themed(theme)
        .with_width(terminal.width)
        .with_links(false)
        .with_context_lines(1)
        .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
        .without_syntax_highlighting()
        .tab_width(TAB)
}

fn watch_for(page: &Page) -> Watch {
    let is_about_credentials = page.cwe.iter().any(|number| CREDENTIAL_WEAKNESSES.contains(number));
    match page.category {
        Category::Secrets => Watch::Literals,
        _ if is_about_credentials => Watch::Literals,
        Category::OnePath => Watch::Arguments,
        Category::Bypass | Category::EventLoops | Category::Waivers => Watch::Names,
    }
}

fn what_happens(symbol: &str, note: &str) -> String {
    match symbol {
        "" => printable::line(note).into_owned(),
        _ => printable::line(&format!("{symbol}: {note}")).into_owned(),
    }
}

fn style_of(level: Level) -> Style {
    let colour = match level {
        Level::Error => AnsiColor::Red,
        Level::Warning => AnsiColor::Yellow,
        Level::Note => AnsiColor::Cyan,
    };
    colour.on_default().bold()
}

/// `12 in tests (rule-a 9, rule-b 3)`.
fn hidden_in(scope: CodeScope, rules: &[(&str, usize)]) -> String {
    let scope = match scope {
        CodeScope::Production => "production code",
        CodeScope::Script => "scripts",
        CodeScope::Test => "tests",
        CodeScope::Config => "configuration",
    };
    let count: usize = rules.iter().map(|(_, count)| count).sum();
    let mut named: Vec<String> = rules
        .iter()
        .take(HIDDEN_RULES)
        .map(|(rule, count)| format!("{rule}{NO_BREAK}{count}"))
        .collect();
    if rules.len() > HIDDEN_RULES {
        named.push(counted(rules.len() - HIDDEN_RULES, "more rule"));
    }
    format!("{count} in {scope} ({})", named.join(", "))
}

/// One finding, as miette draws it.
#[derive(Debug)]
struct Problem {
    title: String,
    level: Level,
    help: Option<String>,
    snippet: Option<Snippet>,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.title)
    }
}

impl std::error::Error for Problem {}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<Severity> {
        Some(match self.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Note => Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.help.as_ref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        let snippet = self.snippet.as_ref()?;
        Some(snippet)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let snippet = self.snippet.as_ref()?;
        let label = LabeledSpan::new_primary_with_span(Some(snippet.label.clone()), snippet.marked);
        Some(Box::new(std::iter::once(label)))
    }
}

/// The lines that are shown for a finding.
#[derive(Debug)]
struct Snippet {
    /// The file's path.
    name: String,
    /// Where the finding is in the file.
    place: Place,
    text: String,
    /// The 1-based number of the first line.
    first_line: u32,
    line_count: usize,
    /// What is marked in `text`.
    marked: SourceSpan,
    label: String,
}

impl Snippet {
    /// `lines` are the line before, the marked line and the line behind, as far as there are any; `room` is how many columns
    /// there are, `cut` what stands where something was cut.
    fn new(name: String, place: Place, lines: [Option<Line>; 3], label: &str, room: usize, cut: &str) -> Self {
        let [mut before, marked, mut behind] = lines;
        let mut marked = marked.unwrap_or_default();
        let label_room = NARROWEST_LABEL.min(label.width()) + LABEL_SIGN;
        let too_far_right = |line: &Line| (line.middle() + label_room).saturating_sub(room);
        if marked.width() > room || too_far_right(&marked) > 0 {
            let all = [before.as_mut(), Some(&mut marked), behind.as_mut()];
            let mut all: Vec<&mut Line> = all.into_iter().flatten().collect();
            let indent = all.iter().map(|line| line.indent()).min().unwrap_or(0);
            all.iter_mut().for_each(|line| line.cut_left(indent, ""));
        }
        if too_far_right(&marked) > 0 {
            // lines cut at the left cannot be aligned with others
            marked.cut_left(too_far_right(&marked) + cut.width(), cut);
            before = None;
            behind = None;
        }
        let first_line = place.start.line - u32::from(before.is_some());
        let label_width = room
            .saturating_sub(marked.middle() + LABEL_SIGN)
            .max(NARROWEST_LABEL / 2);
        let mut text = String::new();
        let mut line_count = 0;
        let mut span = SourceSpan::from(0);
        for mut line in [before, Some(marked), behind].into_iter().flatten() {
            line.cut_right(room, cut);
            if let Some([start, end]) = line.marked {
                let bytes = |count: usize| {
                    line.text[..count.min(line.text.len())]
                        .iter()
                        .map(|sign| sign.len_utf8())
                        .sum::<usize>()
                };
                span = SourceSpan::from((text.len() + bytes(start), bytes(end) - bytes(start)));
            }
            text.extend(line.text);
            text.push('\n');
            line_count += 1;
        }
        let options = textwrap::Options::new(label_width).word_splitter(textwrap::WordSplitter::NoHyphenation);
        Self {
            name,
            place,
            text,
            first_line,
            line_count,
            marked: span,
            label: textwrap::fill(label, options),
        }
    }
}

/// What miette draws between a mark and its label.
const LABEL_SIGN: usize = 4;

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_lines_before: usize,
        _context_lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // without context, the question is where in the file the mark is; with context, which lines are to be shown
        let contents = if context_lines_before == 0 {
            let position = self.place.start;
            let data = self
                .text
                .get(span.offset()..span.offset() + span.len())
                .ok_or(MietteError::OutOfBounds)?;
            let [line, column] = [position.line, position.column].map(|number| number as usize - 1);
            MietteSpanContents::new_named(self.name.clone(), data.as_bytes(), *span, line, column, 1)
        } else {
            let all = SourceSpan::from((0, self.text.len()));
            let line = self.first_line as usize - 1;
            MietteSpanContents::new_named(self.name.clone(), self.text.as_bytes(), all, line, 0, self.line_count)
        };
        Ok(Box::new(contents))
    }
}

/// A line as it is shown: without tabs.
#[derive(Debug, Default)]
struct Line {
    text: Vec<char>,
    /// The columns where the mark begins and ends.
    marked: Option<[usize; 2]>,
}

impl Line {
    /// The 1-based line `number`, with the part of `place` that lies on it marked; nothing if there is no such line.
    fn of(masked: &Masked, number: u32, place: Option<Place>) -> Option<Self> {
        let span = masked.lines.line_span((number as usize).checked_sub(1)?, &masked.text);
        let text = masked
            .text
            .get(span.start as usize..span.end as usize)
            .filter(|text| !text.is_empty())?;
        let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\n', '\r']);
        let length = text.chars().count();
        let columns = place.map(|place| {
            let [start, end] = [place.start, place.end].map(|position| position.column as usize - 1);
            let end = if place.end.line == place.start.line {
                end
            } else {
                length
            };
            [start.min(length), end.clamp(start.min(length), length)]
        });
        let mut line = Self::default();
        let mut marked = columns.map(|_| [0, 0]);
        for (column, sign) in text.chars().map(Some).chain([None]).enumerate() {
            for (mark, at) in marked.iter_mut().flatten().zip(columns.iter().flatten()) {
                if *at == column {
                    *mark = line.text.len();
                }
            }
            match sign {
                Some('\t') => line.text.resize((line.text.len() / TAB + 1) * TAB, ' '),
                Some(sign) => line.text.push(sign),
                None => {}
            }
        }
        line.marked = marked;
        Some(line)
    }

    fn indent(&self) -> usize {
        self.text.iter().take_while(|sign| **sign == ' ').count()
    }

    fn width(&self) -> usize {
        width(&self.text)
    }

    /// The column below which the label begins.
    fn middle(&self) -> usize {
        let [start, end] = self.marked.unwrap_or_default();
        let start = width(&self.text[..start]);
        let end = width(&self.text[..end]).max(start + 1);
        (start + end) / 2
    }

    /// Takes `count` characters away, but none that is marked, and puts `sign` in their place.
    fn cut_left(&mut self, count: usize, sign: &str) {
        let [start, end] = self.marked.unwrap_or([self.text.len(); 2]);
        let count = count.min(start);
        self.text.splice(..count, sign.chars());
        let shifted = |column: usize| column - count + sign.chars().count();
        self.marked = self.marked.map(|_| [shifted(start), shifted(end)]);
    }

    /// Cuts what is wider than `room`.
    fn cut_right(&mut self, room: usize, sign: &str) {
        if self.width() <= room {
            return;
        }
        while self.width() + sign.width() > room && self.text.pop().is_some() {}
        self.text.extend(sign.chars());
        let length = self.text.len();
        self.marked = self.marked.map(|marked| marked.map(|column| column.min(length)));
    }
}

/// The number of columns that characters take.
fn width(text: &[char]) -> usize {
    text.iter().map(|sign| sign.width().unwrap_or(0)).sum()
}
