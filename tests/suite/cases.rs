//! Reads tests written in Markdown, and the marks in sample code that say what must be found where.
//!
//! Rule pages, `fixtures/rules/` and `fixtures/projects/` are written in the same way: below a `###` heading, every fence is a file
//! of one small program, and comments such as `# error: [key]` mark what is expected. Marks are taken out of the text, so that
//! what is read is the program alone, line for line.

use ssotlint::finding::Level;
use ssotlint::page::{Kind, blocks};
use std::path::PathBuf;

/// The Markdown pages of a folder of the repository, sorted; there are some.
pub fn pages_in(folder: &str) -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

/// One small program under a `###` heading.
#[derive(Debug, PartialEq, Eq)]
pub struct Case {
    /// The `##` heading above it, such as `Bad`; empty if there is none.
    pub section: String,
    /// The `###` heading.
    pub title: String,
    /// The heading's 1-based line.
    pub line: usize,
    /// The files, in order, without their marks.
    pub files: Vec<CaseFile>,
    /// What stood in place of some of them before, where the case is about a change.
    pub before: Vec<CaseFile>,
    /// What is expected, in the order of files and lines.
    pub marks: Vec<Mark>,
}

/// A file of a case.
#[derive(Debug, PartialEq, Eq)]
pub struct CaseFile {
    /// Relative to the case's root.
    pub path: String,
    /// The first word of the fence: `python`, `rust`, `toml`, …
    pub language: String,
    /// The text, without its marks.
    pub text: String,
}

/// What is expected on one line.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// The file.
    pub path: String,
    /// The 1-based line it speaks of.
    pub line: u32,
    /// What is expected there.
    pub expects: Expected,
    /// The messages or rules in its brackets, at least one.
    pub keys: Vec<String>,
}

/// What a mark expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Expected {
    /// A finding at this level.
    At(Level),
    /// Nothing yet, although something should be found: a known miss.
    Miss,
}

/// The cases of a Markdown file, in order. Fences before the first `###` heading belong to none.
pub fn cases(markdown: &str) -> Result<Vec<Case>, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut section = String::new();
    let mut open = false;
    for block in blocks(markdown) {
        match block.kind {
            Kind::Heading { depth: 1 | 2, title } => {
                title.clone_into(&mut section);
                open = false;
            }
            Kind::Heading { depth: 3, title } => {
                cases.push(Case {
                    section: section.clone(),
                    title: title.to_owned(),
                    line: block.line,
                    files: Vec::new(),
                    before: Vec::new(),
                    marks: Vec::new(),
                });
                open = true;
            }
            Kind::Fence { info, text } if open => {
                if let Some(case) = cases.last_mut() {
                    case.add(info, text)
                        .map_err(|problem| format!("line {}: {problem}", block.line))?;
                }
            }
            _ => {}
        }
    }
    match cases.iter().find(|case| case.files.is_empty()) {
        Some(case) => Err(format!("line {}: `{}` shows no file", case.line, case.title)),
        None => Ok(cases),
    }
}

/// Takes the marks out of the text of the file at `path`. Lines keep their numbers.
pub fn unmark(path: &str, text: &str) -> Result<(String, Vec<Mark>), String> {
    let mut plain = String::with_capacity(text.len());
    let mut marks = Vec::new();
    // marks on lines of their own, which speak of the next line with code
    let mut ahead: Vec<Mark> = Vec::new();
    for (number, full) in (1..).zip(text.split_inclusive('\n')) {
        let content = full.trim_end_matches(['\n', '\r']);
        let (code, found) = split_marks(content).map_err(|problem| format!("{path}:{number}: {problem}"))?;
        let mut found: Vec<Mark> = found
            .into_iter()
            .map(|(expects, keys)| Mark {
                path: path.to_owned(),
                line: number,
                expects,
                keys,
            })
            .collect();
        if code.is_empty() && !found.is_empty() {
            ahead.append(&mut found);
        } else {
            marks.extend(ahead.drain(..).map(|mark| Mark { line: number, ..mark }));
            marks.append(&mut found);
        }
        plain.push_str(code);
        plain.push_str(&full[content.len()..]);
    }
    match ahead.first() {
        Some(mark) => Err(format!("{path}:{}: no line follows the mark", mark.line)),
        None => Ok((plain, marks)),
    }
}

impl Case {
    fn add(&mut self, info: &str, text: &str) -> Result<(), String> {
        let (language, path) = info.split_once(' ').unwrap_or((info, ""));
        let (path, is_before) = match path.strip_suffix("before") {
            Some(path) if path.is_empty() || path.ends_with(' ') => (path, true),
            _ => (path, false),
        };
        let path = match (path.trim(), language) {
            ("", "python") => "main.py",
            ("", "rust") => "main.rs",
            ("", "dotenv" | "env") => ".env",
            ("", _) => return Err(format!("the fence `{info}` needs a path behind its language")),
            (path, _) => path,
        };
        let files = if is_before { &mut self.before } else { &mut self.files };
        if files.iter().any(|file| file.path == path) {
            return Err(format!("`{}` shows `{path}` twice", self.title));
        }
        let (text, mut marks) = unmark(path, text)?;
        if is_before && !marks.is_empty() {
            return Err(format!("`{}` marks what stood in `{path}` before", self.title));
        }
        self.marks.append(&mut marks);
        files.push(CaseFile {
            path: path.to_owned(),
            language: language.to_owned(),
            text,
        });
        Ok(())
    }
}

const EXPECTATIONS: [(&str, Expected); 4] = [
    ("error: ", Expected::At(Level::Error)),
    ("warning: ", Expected::At(Level::Warning)),
    ("note: ", Expected::At(Level::Note)),
    ("todo: ", Expected::Miss),
];

/// The code before the marks at the end of a line, and the marks.
#[allow(clippy::type_complexity)]
fn split_marks(line: &str) -> Result<(&str, Vec<(Expected, Vec<String>)>), String> {
    let mut code = line;
    let mut marks = Vec::new();
    while let Some((before, expects, brackets)) = last_mark(code) {
        let keys = brackets
            .trim_end()
            .strip_suffix(']')
            .ok_or("a mark must end with its brackets")?;
        let keys: Vec<String> = keys.split(',').map(|key| key.trim().to_owned()).collect();
        let is_key =
            |key: &String| !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !keys.iter().all(is_key) {
            return Err("the brackets of a mark hold keys".to_owned());
        }
        marks.insert(0, (expects, keys));
        code = before.trim_end();
    }
    Ok((code, marks))
}

/// What stands before the last mark, what it expects, and what follows its opening bracket.
fn last_mark(line: &str) -> Option<(&str, Expected, &str)> {
    let starts = line.match_indices('[').map(|(at, _)| at).collect::<Vec<_>>();
    starts.into_iter().rev().find_map(|bracket| {
        let before = &line[..bracket];
        EXPECTATIONS.iter().find_map(|(word, expects)| {
            let comment = before.strip_suffix(word)?.strip_suffix(' ')?;
            let code = comment.strip_suffix("//").or_else(|| comment.strip_suffix('#'))?;
            Some((code, *expects, &line[bracket + 1..]))
        })
    })
}

#[test]
fn every_fence_below_a_heading_is_a_file_of_one_program() {
    let page = "\
# rule
```toml rule
```
## Bad
### over two files
Prose.
```python auth/tokens.py
import jwt

x = 1  # error: [a]
# warning: [b, c]
# todo: [d]
y = 2
```
```toml ssot.toml
[concerns]
```
## Good
### as JSON
```json config.json
{\"A\": true} // note: [e]  // error: [f]
```
";
    let cases = cases(page).unwrap();
    let titles: Vec<(&str, &str, usize)> = cases
        .iter()
        .map(|case| (&*case.section, &*case.title, case.line))
        .collect();
    assert_eq!(titles, [("Bad", "over two files", 5), ("Good", "as JSON", 19)]);
    assert_eq!(cases[0].files[0].text, "import jwt\n\nx = 1\n\n\ny = 2\n");
    assert_eq!(
        (&*cases[0].files[1].path, &*cases[0].files[1].language),
        ("ssot.toml", "toml")
    );
    let mark = |path: &str, line, expects, keys: &[&str]| Mark {
        path: path.to_owned(),
        line,
        expects,
        keys: keys.iter().map(|key| (*key).to_owned()).collect(),
    };
    assert_eq!(
        cases[0].marks,
        [
            mark("auth/tokens.py", 3, Expected::At(Level::Error), &["a"]),
            mark("auth/tokens.py", 6, Expected::At(Level::Warning), &["b", "c"]),
            mark("auth/tokens.py", 6, Expected::Miss, &["d"]),
        ]
    );
    assert_eq!(cases[1].files[0].text, "{\"A\": true}\n");
    assert_eq!(
        cases[1].marks,
        [
            mark("config.json", 1, Expected::At(Level::Note), &["e"]),
            mark("config.json", 1, Expected::At(Level::Error), &["f"]),
        ]
    );
}

#[test]
fn marks_that_mean_nothing_are_mistakes() {
    assert_eq!(
        unmark("a.py", "x  # error: [a] and more\n").unwrap_err(),
        "a.py:1: a mark must end with its brackets"
    );
    assert_eq!(
        unmark("a.py", "x  # error: []\n").unwrap_err(),
        "a.py:1: the brackets of a mark hold keys"
    );
    assert_eq!(
        unmark("a.py", "x\n# error: [a]\n").unwrap_err(),
        "a.py:2: no line follows the mark"
    );
    assert_eq!(
        unmark("a.py", "x  # note: see [b]\n").unwrap(),
        ("x  # note: see [b]\n".to_owned(), vec![])
    );
    assert!(cases("### none\n").unwrap_err().contains("shows no file"));
    assert!(cases("### one\n```yaml\n```\n").unwrap_err().contains("needs a path"));
    assert!(
        cases("### one\n```rust\n```\n```rust\n```\n")
            .unwrap_err()
            .contains("twice")
    );
}
