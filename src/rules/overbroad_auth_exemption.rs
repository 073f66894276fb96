//! Lists of paths without authentication that hold far more than they mean to.

use super::Findings;
use crate::facts::{BindingKind, Call, Comparison, ExprId, ExprKind, Language, ScopeId};
use crate::finding::{CodeScope, Confidence, Site};
use crate::program::{Program, ProgramFile};
use crate::source::{FileId, Span};
use rustc_hash::FxHashSet;

/// Reports the entries of such lists that exempt every path.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let found = program.for_each_file(|file, data| {
        if data.language == Language::Config || data.scope == CodeScope::Test {
            return Vec::new();
        }
        Looking { program, file, data }.all()
    });
    let mut reported: FxHashSet<(FileId, Span)> = FxHashSet::default();
    for Exemption {
        file,
        place,
        test,
        entry,
        confidence,
        scope,
    } in found
    {
        if reported.insert((file, place)) {
            let values = vec![("entry", entry), ("test", test.to_owned())];
            let finding = out.add(program, Site { file, span: place }, scope, "everything", values);
            finding.confidence = confidence;
        }
    }
}

/// An entry that exempts every path.
struct Exemption {
    file: FileId,
    place: Span,
    scope: ScopeId,
    test: &'static str,
    entry: String,
    confidence: Confidence,
}

struct Looking<'p> {
    program: &'p Program<'p>,
    file: FileId,
    data: &'p ProgramFile,
}

impl Looking<'_> {
    fn all(&self) -> Vec<Exemption> {
        let facts = &self.data.facts;
        let mut found = Vec::new();
        for expr in &facts.exprs {
            match expr.kind {
                ExprKind::Call(call) => found.extend(self.call(&facts[call])),
                // `excluded in path`: each path has a `/`.
                ExprKind::Compare {
                    operator: Comparison::In,
                    left,
                    right,
                } if self.is_path(right) => {
                    found.extend(self.entries(left, "substring", |entry| matches!(entry, "" | "/")))
                }
                _ => {}
            }
        }
        found
    }

    fn call(&self, call: &Call) -> Vec<Exemption> {
        let facts = &self.data.facts;
        let [first, ..] = facts.arguments(call) else {
            return Vec::new();
        };
        let ExprKind::Member { object, name } = facts[call.callee].kind else {
            return Vec::new();
        };
        let everything = |entry: &str| {
            matches!(
                entry,
                "" | "/" | "^/" | ".*" | "^.*" | "/.*" | "^/.*" | "^/.*$" | "^.*$"
            )
        };
        match facts.text(name) {
            "startswith" | "starts_with" if self.is_path(object) => {
                self.entries(first.value, "prefix", |entry| matches!(entry, "" | "/"))
            }
            "contains" if self.data.language == Language::Rust && self.is_path(object) => {
                self.entries(first.value, "substring", |entry| matches!(entry, "" | "/"))
            }
            // `re.match(pattern, path)`, `fnmatch.fnmatch(path, pattern)`
            "match" | "search" => match facts.arguments(call) {
                [pattern, path, ..] if self.is_path(path.value) => self.entries(pattern.value, "pattern", everything),
                [path] if self.is_path(path.value) => self.entries(object, "pattern", everything),
                _ => Vec::new(),
            },
            "fnmatch" | "fnmatchcase" => match facts.arguments(call) {
                [path, pattern] if self.is_path(path.value) => self.entries(pattern.value, "pattern", |entry| {
                    matches!(entry, "*" | "/*" | "/**" | "**")
                }),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// The entries of a list of exemptions, or the one it is in turn, for which `is_everything` holds.
    fn entries(&self, entry: ExprId, test: &'static str, is_everything: impl Fn(&str) -> bool) -> Vec<Exemption> {
        let program = self.program;
        // A literal in the test itself tells a path from something else: `path.startswith("/")`.
        if matches!(self.data.facts[entry].kind, ExprKind::Text(_)) {
            return Vec::new();
        }
        let texts = program.listed_texts(self.file, entry);
        if texts.len() < 2
            || !self.is_about_authentication(
                entry,
                &texts.iter().map(|text| (text.file, text.expr)).collect::<Vec<_>>(),
            )
        {
            return Vec::new();
        }
        let broad = texts.into_iter().filter(|text| is_everything(&text.text));
        broad
            .filter_map(|text| {
                let place = program[text.file].facts[text.expr].span;
                Some(Exemption {
                    file: text.file,
                    place,
                    scope: program.scope_at(text.file, place)?,
                    test,
                    entry: text.text,
                    confidence: text.confidence,
                })
            })
            .collect()
    }

    /// Whether the list is called so, or the code that asks it validates tokens or is called after that.
    fn is_about_authentication(&self, entry: ExprId, texts: &[(FileId, ExprId)]) -> bool {
        let program = self.program;
        let words = program.catalog().words();
        let facts = &self.data.facts;
        let Some(scope) = program.scope_at(self.file, facts[entry].span) else {
            return false;
        };
        let function = facts.function_around(scope);
        let validates = function.is_some_and(|function| program.validates_within((self.file, function)));
        let symbol = program.symbol(self.file, scope);
        let mut around = symbol.rsplit(['.', ':']).filter(|name| !name.is_empty()).take(2);
        let is_gate = around.any(|name| words.is_gate(name));
        let is_listed = program
            .listed_in(self.file, entry)
            .is_some_and(|name| words.is_exemption(name))
            || texts
                .first()
                .is_some_and(|(file, text)| self.is_bound_to_exemption(*file, *text));
        validates || (is_gate && is_listed) || (is_listed && self.is_file_about_authentication())
    }

    /// Whether a text is part of a list whose name says that it exempts.
    fn is_bound_to_exemption(&self, file: FileId, text: ExprId) -> bool {
        let facts = &self.program[file].facts;
        let place = facts[text].span;
        facts.bindings.iter().any(|binding| match binding.kind {
            BindingKind::Value(value) => {
                facts[value].span.contains(place)
                    && self.program.catalog().words().is_exemption(facts.text(binding.name))
            }
            _ => false,
        })
    }

    fn is_file_about_authentication(&self) -> bool {
        let words = self.program.catalog().words();
        self.data.path.split(['/', '.']).any(|part| words.is_gate(part))
    }

    /// `request.url.path`, `path`, `request.path_info`.
    fn is_path(&self, expr: ExprId) -> bool {
        let facts = &self.data.facts;
        let words = self.program.catalog().words();
        let name = match facts[expr].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => facts.text(name),
            ExprKind::Index { key, .. } => match facts[key].kind {
                ExprKind::Text(key) => facts.text(key),
                _ => return false,
            },
            ExprKind::Call(call) => match facts[facts[call].callee].kind {
                ExprKind::Member { name, .. } if facts.arguments(&facts[call]).is_empty() => facts.text(name),
                _ => return false,
            },
            _ => return false,
        };
        words.is_path_name(name) || name == "path_info"
    }
}
