//! `ssotlint check --fix` and `--diff`: makes the fixes that findings come with, or shows them.

use super::Failed;
use super::baseline::counted;
use super::console::Console;
use super::program::Input;
use ssotlint::finding::{Edit, Finding, Site};
use ssotlint::fix::{self, Composed, Obstacle};
use ssotlint::page::Page;
use ssotlint::report::lines_with_secrets;
use ssotlint::source::{self, FileId, Reader, SourceFile, Sources};
use ssotlint::verdict::Verdict;
use ssotlint::{Request, parse};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The fixes of a verdict, tried out.
pub struct Fixes<'a> {
    input: &'a Input,
    composed: Composed,
    left: BTreeMap<Obstacle, usize>,
    originals: BTreeMap<FileId, Result<String, Obstacle>>,
}

impl<'a> Fixes<'a> {
    /// Finds out which fixes of the findings that are reported can be made together, and mend what they are for: the program is
    /// analysed once more with them, as `again` asks for.
    pub fn find(input: &'a Input, pages: &[Page], verdict: &Verdict, again: &Request) -> Self {
        let kept = verdict.kept.iter().map(|judged| &judged.finding);
        let mut findings: Vec<&Finding> = kept.filter(|finding| !finding.fix.is_empty()).collect();
        let mut fixes = Self {
            input,
            composed: Composed::default(),
            left: BTreeMap::new(),
            originals: originals(&input.sources, &findings),
        };
        loop {
            fixes.composed = fixes.compose(&findings);
            let remaining = match fixes.composed.texts.is_empty() {
                true => BTreeSet::new(),
                false => fixes.remaining(&findings, pages, again),
            };
            if remaining.is_empty() {
                break;
            }
            *fixes.left.entry(Obstacle::Remains).or_default() += remaining.len();
            let mut index = 0..;
            findings.retain(|_| !index.next().is_some_and(|index| remaining.contains(&index)));
        }
        for (_, obstacle) in &fixes.composed.left {
            *fixes.left.entry(*obstacle).or_default() += 1;
        }
        fixes
    }

    /// All fixes as a patch, which shows no secret; what cannot be shown without one is left out, and told.
    pub fn diff(&mut self) -> String {
        let words = self.input.catalog.words();
        let mut patch = String::new();
        let mut unseen = 0;
        for (file, new) in &self.composed.texts {
            let path = self.input.sources.path_from(&self.input.root.current, *file);
            let old = self.original(*file).unwrap_or("");
            let with_secrets = |text| lines_with_secrets(&path, text, &|name| words.is_secret(name));
            let secret: HashSet<&str> = with_secrets(old).into_iter().chain(with_secrets(new)).collect();
            match fix::unified_diff(&path, old, new, &secret) {
                Some(diff) => patch.push_str(&diff),
                None => unseen += 1,
            }
        }
        if unseen > 0 {
            *self.left.entry(Obstacle::Secret).or_default() += unseen;
        }
        patch
    }

    /// Writes the files that are changed, each wholly or not at all.
    pub fn write(&self, console: &Console) -> Result<(), Failed> {
        for (file, new) in &self.composed.texts {
            let shown = self.input.sources.path_from(&self.input.root.current, *file);
            let cannot = |reason: &str| console.fail(&format!("cannot write `{shown}`: {reason}"));
            let now = source::read(&self.input.sources, *file).map_err(|reason| cannot(&reason))?;
            if self.original(*file) != Ok(now.as_str()) {
                return Err(cannot("it has changed meanwhile; run `ssotlint check --fix` again"));
            }
            source::replace_file(&self.input.sources[*file].location, new.as_bytes())
                .map_err(|reason| cannot(&reason))?;
        }
        Ok(())
    }

    /// Tells what `was_done`, and what cannot be done.
    pub fn tell(&self, was_done: &str, console: &Console) {
        let files = counted(self.composed.texts.len(), "file");
        console.note(&format!(
            "{was_done} {} in {files}",
            counted(self.composed.taken.len(), "finding")
        ));
        for (obstacle, count) in &self.left {
            let (fixes, why) = (counted(*count, "fix"), in_words(*obstacle));
            console.note(&format!("{fixes} left out: {why}"));
        }
    }

    fn original(&self, file: FileId) -> Result<&str, Obstacle> {
        match self.originals.get(&file) {
            Some(Ok(text)) => Ok(text),
            Some(Err(obstacle)) => Err(*obstacle),
            None => Err(Obstacle::Encoding),
        }
    }

    fn compose(&self, findings: &[&Finding]) -> Composed {
        let edits: Vec<&[Edit]> = findings.iter().map(|finding| finding.fix.as_slice()).collect();
        let problems = |file: FileId, text: &str| {
            let facts = parse::parse(&self.input.sources[file].path, text);
            facts.problems.len()
        };
        let old: BTreeMap<FileId, usize> = self
            .originals
            .iter()
            .filter_map(|(file, text)| Some((*file, problems(*file, text.as_ref().ok()?))))
            .collect();
        fix::compose(&edits, &|file| self.original(file), &|file, new| {
            old.get(&file).is_some_and(|before| problems(file, new) <= *before)
        })
    }

    /// The findings, by their place in `findings`, that are there in spite of their fix.
    fn remaining(&self, findings: &[&Finding], pages: &[Page], again: &Request) -> BTreeSet<usize> {
        let sources = with_texts(&self.input.sources, &self.composed.texts);
        let program = self.input.link_others(ssotlint::read(&sources, &|| {}).files);
        let verdict = ssotlint::analyse(&program, &self.input.settings, pages, again);
        let still: BTreeSet<(&str, FileId, u32)> = [&verdict.kept, &verdict.waived]
            .into_iter()
            .flatten()
            .map(|judged| {
                let Site { file, span } = judged.finding.primary;
                (judged.finding.rule, file, span.start)
            })
            .collect();
        let taken = self.composed.taken.iter().copied();
        let remains = |index: &usize| {
            let Finding { rule, primary, .. } = findings[*index];
            still.contains(&(*rule, primary.file, self.composed.moved(*primary)))
        };
        taken.filter(remains).collect()
    }
}

/// The texts of the files that fixes change.
fn originals(sources: &Sources, findings: &[&Finding]) -> BTreeMap<FileId, Result<String, Obstacle>> {
    let edits = findings.iter().flat_map(|finding| &finding.fix);
    let files: BTreeSet<FileId> = edits.map(|edit| edit.site.file).collect();
    let mut reader = Reader::default();
    let mut read = |file: FileId| match reader.read(&sources[file]) {
        Ok(text) if text.encoding.is_none() => Ok(text.text.into_owned()),
        _ => Err(Obstacle::Encoding),
    };
    files.into_iter().map(|file| (file, read(file))).collect()
}

/// The same files, of which some say something else.
fn with_texts(sources: &Sources, texts: &BTreeMap<FileId, String>) -> Sources {
    let file = |(file, old): (FileId, &SourceFile)| SourceFile {
        content: match texts.get(&file) {
            Some(text) => Some(text.as_bytes().into()),
            None => old.content.clone(),
        },
        ..old.clone()
    };
    Sources {
        root: sources.root.clone(),
        repository: sources.repository.clone(),
        files: sources.iter().map(file).collect(),
        ..Sources::default()
    }
}

fn in_words(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::Overlap => "another one changes the same place; run `ssotlint check --fix` again",
        Obstacle::Syntax => "the file could not be parsed with it; mend it by hand",
        Obstacle::Remains => "the finding would still be there; mend it by hand",
        Obstacle::Encoding => "the file is not UTF-8; mend it by hand",
        Obstacle::Secret => "the changed lines hold a secret, which is not shown; `ssotlint check --fix` makes it",
    }
}
