//! What decorators of the program put around functions: a framework that is to call the function calls that first.

use crate::facts::{ExprId, ExprKind, FileFacts, Language};
use crate::finding::{Confidence, Site};
use crate::program::Program;
use crate::program::calls::{By, CallEdge, Thread};
use crate::program::names::{FunctionRef, last_name, last_name_span};
use crate::source::{FileId, Span};
use rustc_hash::FxHashMap;

/// Functions that make decorators are followed this deep.
const DEEPEST: u32 = 4;

/// The functions that decorators of the program put others in.
#[derive(Debug, Default)]
pub(in crate::program) struct Decorated {
    /// What stands around functions, as if each depended on it: by what stands around.
    around: FxHashMap<FunctionRef, Vec<CallEdge>>,
    /// What stands around each function.
    wrappers: FxHashMap<FunctionRef, Vec<FunctionRef>>,
}

impl Decorated {
    pub(in crate::program) fn find(program: &Program<'_>) -> Self {
        let mut found = Self::default();
        for edge in program.for_each_file(|file, data| match data.language {
            Language::Python => program.decorated_in(file, &data.facts),
            _ => Vec::new(),
        }) {
            if let (file, Some(function)) = edge.caller {
                found.wrappers.entry((file, function)).or_default().push(edge.callee);
            }
            found.around.entry(edge.callee).or_default().push(edge);
        }
        found
    }

    /// The functions that `wrapper` stands around.
    pub(in crate::program) fn within(&self, wrapper: FunctionRef) -> &[CallEdge] {
        self.around.get(&wrapper).map_or(&[], Vec::as_slice)
    }

    /// What stands around `function`.
    pub(in crate::program) fn around(&self, function: FunctionRef) -> &[FunctionRef] {
        self.wrappers.get(&function).map_or(&[], Vec::as_slice)
    }
}

impl Program<'_> {
    /// Whether the place where an edge passes control calls a function by its own name.
    pub(in crate::program) fn says_name(&self, edge: &CallEdge, (file, function): FunctionRef) -> bool {
        let name = self[file].facts[function].name.map(|name| self[file].facts.text(name));
        let is_it = |facts: &FileFacts, expr: ExprId| last_name(facts, expr).map(|name| facts.text(name)) == name;
        let at = edge.site.file;
        let facts = &self[at].facts;
        let says = |(file, span): (FileId, Span)| {
            let facts = &self[file].facts;
            crate::program::expressions_within(facts, span).any(|expr| is_it(facts, expr))
        };
        match edge.call {
            Some(call) => is_it(facts, facts[call].callee),
            None => says((at, edge.site.span)) || self.declared_for(edge).into_iter().any(says),
        }
    }

    /// Where it is written what a framework fills the parameter of an edge with.
    fn declared_for(&self, edge: &CallEdge) -> Vec<(FileId, Span)> {
        let (file, Some(function)) = edge.caller else {
            return Vec::new();
        };
        let facts = &self[file].facts;
        let parameters = facts.parameters(&facts[function]).iter();
        let filled = parameters.filter(|parameter| {
            edge.site
                == Site {
                    file,
                    span: parameter.span,
                }
        });
        let written = filled.flat_map(|parameter| parameter.default.into_iter().chain(parameter.annotation));
        written
            .flat_map(|expr| {
                let elsewhere = self.written_values(file, expr).into_iter();
                std::iter::once((file, expr)).chain(elsewhere)
            })
            .map(|(file, expr)| (file, self[file].facts[expr].span))
            .collect()
    }

    fn decorated_in(&self, file: FileId, facts: &FileFacts) -> Vec<CallEdge> {
        let mut found = Vec::new();
        for (id, function) in facts.numbered_functions() {
            for decorator in facts.list(function.decorators) {
                let mut wrappers = Vec::new();
                for made in self.given_functions(file, *decorator, 0) {
                    wrappers.extend(self.returned_functions(made, 0));
                }
                wrappers.retain(|wrapper| *wrapper != (file, id));
                let span = last_name_span(facts, *decorator);
                found.extend(
                    wrappers
                        .into_iter()
                        .map(|wrapper| standing_around((file, id), wrapper, span)),
                );
            }
        }
        found
    }

    /// The functions that an expression is, or that a call in it gives.
    fn given_functions(&self, file: FileId, expr: ExprId, depth: u32) -> Vec<FunctionRef> {
        let facts = &self[file].facts;
        let ExprKind::Call(call) = facts[expr].kind else {
            let functions = self.functions_at(file, expr);
            return functions
                .flat_map(|function| self.with_wrappers(function, depth))
                .collect();
        };
        let makers = self.given_functions(file, facts[call].callee, depth).into_iter();
        makers
            .flat_map(|maker| self.returned_functions(maker, depth + 1))
            .collect()
    }

    /// A function, and what decorators make of it: by its name all of them may be meant.
    fn with_wrappers(&self, (file, function): FunctionRef, depth: u32) -> Vec<FunctionRef> {
        let mut found = vec![(file, function)];
        if depth > DEEPEST {
            return found;
        }
        let facts = &self[file].facts;
        for decorator in facts.list(facts[function].decorators) {
            for made in self.given_functions(file, *decorator, depth + 1) {
                found.extend(self.returned_functions(made, depth + 1));
            }
        }
        found
    }

    /// The functions that a function gives back.
    fn returned_functions(&self, (file, function): FunctionRef, depth: u32) -> Vec<FunctionRef> {
        if depth > DEEPEST {
            return Vec::new();
        }
        let facts = &self[file].facts;
        let returns = facts.returns_of(function).iter();
        let values = returns
            .filter(|returned| !returned.is_yield)
            .filter_map(|returned| returned.value);
        let mut found = Vec::new();
        for value in values {
            for given in self.given_functions(file, value, depth) {
                if !found.contains(&given) {
                    found.push(given);
                }
            }
        }
        found
    }
}

fn standing_around((file, function): FunctionRef, wrapper: FunctionRef, span: Span) -> CallEdge {
    CallEdge {
        caller: (file, Some(function)),
        callee: wrapper,
        site: Site { file, span },
        call: None,
        offset: 0,
        thread: Thread::Same,
        by: By::Injected,
        confidence: Confidence::Likely,
        alternatives: 1,
    }
}
