//! Globs in gitignore syntax, matched against paths relative to the folder they speak of.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use std::fmt;

/// One glob in gitignore syntax: `*.py`, `/build`, `vendor/**`, `legacy/`, `!legacy/kept.py`.
#[derive(Clone)]
pub struct Glob {
    written: String,
    negated: bool,
    /// What the glob means for files: the file itself, and anything inside a folder of that name.
    forms: Vec<globset::Glob>,
}

impl Glob {
    /// Reads a glob as written, or says in a few words what is wrong with it.
    ///
    /// # Errors
    /// If it can match nothing, or is not well-formed.
    pub fn parse(written: &str) -> Result<Self, String> {
        let trimmed = trim(written);
        if trimmed.is_empty() {
            return Err("it is empty".to_owned());
        }
        if trimmed.starts_with('#') {
            return Err(
                "in gitignore syntax, what begins with `#` is a comment; write `\\#` for the sign itself".to_owned(),
            );
        }
        let (negated, rest) = match trimmed.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, trimmed),
        };
        let rest = match rest.strip_prefix('\\') {
            Some(escaped) if escaped.starts_with(['!', '#']) => escaped,
            _ => rest,
        };
        let (rooted, rest) = match rest.strip_prefix('/') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let (folders_only, body) = match rest.strip_suffix('/') {
            Some(body) => (true, body),
            None => (false, rest),
        };
        if body.is_empty() {
            return Err("it names nothing".to_owned());
        }
        if body == "." || body.starts_with("./") {
            return Err("globs are relative to the settings file already; leave `./` out".to_owned());
        }
        if body.split('/').any(|segment| segment == "..") {
            return Err("`..` leads out of the root, where no file is read".to_owned());
        }
        let anchored = if rooted || body.contains('/') {
            body.to_owned()
        } else {
            format!("**/{body}")
        };
        let mut forms = Vec::with_capacity(2);
        if !folders_only {
            forms.push(compile(&anchored)?);
        }
        if !anchored.ends_with("**") {
            forms.push(compile(&format!("{anchored}/**"))?);
        } else if folders_only {
            forms.push(compile(&format!("{anchored}/*"))?);
        }
        Ok(Self {
            written: written.to_owned(),
            negated,
            forms,
        })
    }
}

/// A list of globs. As in a `.gitignore`, the last one that matches decides.
#[derive(Clone)]
pub struct Globs {
    written: Vec<String>,
    set: GlobSet,
    /// Whether the glob behind a form of the set is negated, by the form's number.
    negated: Vec<bool>,
    any_negated: bool,
}

impl Default for Globs {
    fn default() -> Self {
        Self {
            written: Vec::new(),
            set: GlobSet::empty(),
            negated: Vec::new(),
            any_negated: false,
        }
    }
}

impl Globs {
    /// Prepares `globs` for matching, or says why that cannot be done.
    ///
    /// # Errors
    /// If together they are too large to be compiled.
    pub fn new(globs: &[Glob]) -> Result<Self, String> {
        let mut builder = GlobSetBuilder::new();
        let mut negated = Vec::new();
        for glob in globs {
            for form in &glob.forms {
                builder.add(form.clone());
                negated.push(glob.negated);
            }
        }
        let set = builder.build().map_err(|error| error.kind().to_string())?;
        let any_negated = negated.contains(&true);
        Ok(Self {
            written: globs.iter().map(|glob| glob.written.clone()).collect(),
            set,
            negated,
            any_negated,
        })
    }

    /// Whether the list selects the file at `path`, given relative to the folder the globs speak of, with forward slashes.
    #[must_use]
    pub fn selects(&self, path: &str) -> bool {
        if self.any_negated {
            let last = self.set.matches(path).into_iter().max();
            last.and_then(|form| self.negated.get(form))
                .is_some_and(|negated| !negated)
        } else {
            self.set.is_match(path)
        }
    }

    /// The globs as they were written.
    #[must_use]
    pub fn written(&self) -> &[String] {
        &self.written
    }
}

impl fmt::Debug for Globs {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written.fmt(out)
    }
}

/// Without white space at the end, unless it is escaped.
fn trim(written: &str) -> &str {
    let trimmed = written.trim_end();
    if trimmed.ends_with('\\') && trimmed.len() < written.len() {
        &written[..=trimmed.len()]
    } else {
        trimmed
    }
}

fn compile(pattern: &str) -> Result<globset::Glob, String> {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
        .map_err(|error| error.kind().to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Glob, Globs};

    fn globs(written: &[&str]) -> Globs {
        let globs: Vec<Glob> = written.iter().map(|glob| Glob::parse(glob).unwrap()).collect();
        Globs::new(&globs).unwrap()
    }

    #[test]
    fn a_glob_selects_what_gitignore_would() {
        // (globs, selected, left alone)
        let cases: &[(&[&str], &[&str], &[&str])] = &[
            (&["*.py"], &["a.py", "x/y/a.py", "x.py/inside"], &["a.pyi", "a.py.txt"]),
            (
                &["tests"],
                &["tests", "tests/a.py", "x/tests/y/a.py"],
                &["tests.py", "mytests/a.py"],
            ),
            (&["tests/"], &["tests/a.py", "x/tests/y/a.py"], &["tests", "x/tests"]),
            (
                &["/tools/"],
                &["tools/a.py", "tools/x/a.py"],
                &["app/tools/a.py", "tools"],
            ),
            (
                &["vendor/**"],
                &["vendor/a.py", "vendor/x/a.py"],
                &["vendor", "x/vendor/a.py"],
            ),
            (&["**/test_*.py"], &["test_a.py", "x/y/test_a.py"], &["x/atest_a.py"]),
            (&["a/**/b"], &["a/b", "a/x/y/b", "a/x/b/c.py"], &["b", "x/a/b"]),
            (&["deploy/*.env"], &["deploy/a.env", "deploy/.env"], &["deploy/x/a.env"]),
            (&["**"], &["a", "x/a"], &[]),
            (&["x?[ab].py"], &["x1a.py", "y/x2b.py"], &["x1c.py", "x/a.py"]),
            (
                &["legacy/", "!legacy/kept/"],
                &["legacy/a.py"],
                &["legacy/kept/a.py", "a.py"],
            ),
            (&["!a.py", "*.py"], &["a.py"], &[]),
            (&["\\!a", "\\#b"], &["!a", "#b"], &["a", "b"]),
            (&["a\\ ", "b  "], &["a ", "b"], &["a", "b  "]),
            (&["{a,b}.py"], &["a.py", "b.py"], &["c.py"]),
            (&[], &[], &["a.py"]),
        ];
        for (written, selected, left) in cases {
            let globs = globs(written);
            for path in *selected {
                assert!(globs.selects(path), "{written:?} should select {path}");
            }
            for path in *left {
                assert!(!globs.selects(path), "{written:?} should not select {path}");
            }
        }
    }

    #[test]
    fn a_glob_that_can_match_nothing_is_refused() {
        for written in ["", "  ", "/", "!", "# build", "./a", "../a", "a/../b", "a[", "{a"] {
            assert!(Glob::parse(written).is_err(), "{written:?}");
        }
    }
}
