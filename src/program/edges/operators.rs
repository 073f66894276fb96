//! Special methods that expressions call: operators, built-in functions, texts that are put together, names that an object lacks.

use super::coroutines::BY_CALL;
use super::{EdgeWalk, Site};
use crate::facts::{Access, BlockKind, Call, Comparison, ExprId, ExprKind, FileFacts, How, Name, ScopeId};
use crate::finding::Confidence;
use crate::program::names::{first_name, last_name_span};
use crate::source::FileId;
use rustc_hash::FxHashSet;

/// The special methods that the program defines.
type Special = FxHashSet<&'static str>;

/// Truth is asked of an object by the first of these that it has.
const TRUTH: &[&str] = &["__bool__", "__len__"];
const ORDER: [&str; 4] = ["__lt__", "__le__", "__gt__", "__ge__"];

impl EdgeWalk<'_, '_, '_> {
    /// Reads off which special methods a file calls; only those that the program defines anywhere.
    pub(super) fn visit_operators(&mut self, file: FileId, special: &Special) {
        if special.is_empty() {
            return;
        }
        let facts = self.facts(file);
        let asks_names = ["__getattr__", "__getattribute__", "__setattr__", "__delattr__"];
        let asks_names = asks_names.iter().any(|name| special.contains(name));
        let written: FxHashSet<ExprId> = facts.stores.iter().map(|store| store.target).collect();
        for index in 0..facts.exprs.len() {
            let expr = ExprId::at(index);
            match facts[expr].kind {
                ExprKind::Member { object, name } if asks_names => {
                    self.visit_member(file, expr, (object, name), written.contains(&expr), special);
                }
                ExprKind::Index { object, access, .. } => {
                    let name = match access {
                        Access::Read => "__getitem__",
                        Access::Write => "__setitem__",
                        Access::Delete => "__delitem__",
                    };
                    self.add_special(file, object, &[name], special);
                }
                ExprKind::Slice(object) => self.add_special(file, object, &["__getitem__"], special),
                ExprKind::Compare { operator, left, right } => {
                    self.visit_comparison(file, operator, (left, right), special);
                }
                ExprKind::Not(inner) => self.visit_truth(file, inner, special),
                ExprKind::Both(parts) => {
                    let parts = facts.list(parts);
                    for part in &parts[..parts.len().saturating_sub(1)] {
                        self.visit_truth(file, *part, special);
                    }
                }
                ExprKind::Choice { options, how } => {
                    let options = facts.list(options);
                    let asked = match how {
                        How::FirstPresent => &options[..options.len().saturating_sub(1)],
                        How::ByCondition => &options[options.len().saturating_sub(1)..],
                        How::Either => &[],
                    };
                    for option in asked {
                        self.visit_truth(file, *option, special);
                    }
                }
                ExprKind::Template(parts) => {
                    for part in facts.list(parts) {
                        self.add_special_at(
                            file,
                            *part,
                            &["__format__", "__str__", "__repr__"],
                            special,
                            Confidence::Likely,
                        );
                    }
                }
                _ => {}
            }
        }
        for block in &facts.blocks {
            if let BlockKind::Branch { condition, .. } = block.kind {
                self.visit_truth(file, condition, special);
            }
        }
        for (_, call) in facts.numbered_calls() {
            self.visit_built_in(file, call, special);
        }
    }

    /// A class statement tells the class above of the new one, and what the class binds of its name.
    pub(super) fn visit_class_statements(&mut self, file: FileId) {
        let facts = self.facts(file);
        for (id, class) in facts.numbered_classes() {
            let caller = (file, facts.function_around(class.parent));
            let site = Site { file, span: class.span };
            let told = self.receivers.told_of_class((file, id));
            self.add_targets(&told, caller, site, None, BY_CALL);
            for named in self.receivers.told_of_names((file, id)) {
                self.add_targets(&named, caller, site, None, BY_CALL);
            }
        }
    }

    /// What an object is asked for where a name of it is read or written.
    fn visit_member(
        &mut self,
        file: FileId,
        expr: ExprId,
        (object, name): (ExprId, Name),
        is_written: bool,
        special: &Special,
    ) {
        let facts = self.facts(file);
        let is_deleted = facts.deletions.contains(&expr);
        if is_written || is_deleted {
            let name = if is_deleted { "__delattr__" } else { "__setattr__" };
            self.add_special(file, object, &[name], special);
            return;
        }
        let Some(scope) = scope_of(facts, object) else { return };
        let asked = self.receivers.asked_for(file, object, name);
        let site = Site {
            file,
            span: last_name_span(facts, expr),
        };
        self.add_targets(&asked, (file, facts.function_around(scope)), site, None, BY_CALL);
    }

    fn visit_comparison(
        &mut self,
        file: FileId,
        operator: Comparison,
        (left, right): (ExprId, ExprId),
        special: &Special,
    ) {
        match operator {
            Comparison::In | Comparison::NotIn => self.add_special(file, right, &["__contains__", "__iter__"], special),
            Comparison::Equal | Comparison::NotEqual => {
                let facts = self.facts(file);
                // `x is None` asks nothing.
                let is_identity = |expr: ExprId| matches!(facts[expr].kind, ExprKind::Nothing | ExprKind::Truth(_));
                if !is_identity(left) && !is_identity(right) {
                    let names: &[&str] = match operator {
                        Comparison::Equal => &["__eq__"],
                        _ => &["__ne__", "__eq__"],
                    };
                    self.add_special_at(file, left, names, special, Confidence::Likely);
                }
            }
            Comparison::Order => {
                // Which of them it is the facts do not tell: the only one that there is.
                let defined: Vec<&str> = ORDER.into_iter().filter(|name| special.contains(name)).collect();
                if let [only] = defined[..] {
                    self.add_special(file, left, &[only], special);
                }
            }
        }
    }

    /// What is called where only the truth of something counts.
    fn visit_truth(&mut self, file: FileId, expr: ExprId, special: &Special) {
        let facts = self.facts(file);
        match facts[expr].kind {
            ExprKind::Both(parts) => {
                if let Some(last) = facts.list(parts).last() {
                    self.visit_truth(file, *last, special);
                }
            }
            ExprKind::Choice {
                options,
                how: How::FirstPresent,
            } => {
                if let Some(last) = facts.list(options).last() {
                    self.visit_truth(file, *last, special);
                }
            }
            ExprKind::Name { .. } | ExprKind::Member { .. } | ExprKind::Call(_) | ExprKind::Index { .. } => {
                self.add_special(file, expr, TRUTH, special);
            }
            _ => {}
        }
    }

    /// What built-in functions ask of their arguments.
    fn visit_built_in(&mut self, file: FileId, call: &Call, special: &Special) {
        let facts = self.facts(file);
        let ExprKind::Name { name, scope } = facts[call.callee].kind else {
            return;
        };
        let names: &[&[&str]] = match facts.text(name) {
            "len" => &[&["__len__"]],
            "str" => &[&["__str__", "__repr__"]],
            "repr" => &[&["__repr__"]],
            "format" => &[&["__format__", "__str__", "__repr__"]],
            "bool" => &[TRUTH],
            "hash" => &[&["__hash__"]],
            "int" => &[&["__int__", "__index__"]],
            "float" => &[&["__float__"]],
            "bytes" => &[&["__bytes__"]],
            "abs" => &[&["__abs__"]],
            "round" => &[&["__round__"]],
            "dir" => &[&["__dir__"]],
            "reversed" => &[&["__reversed__"]],
            "iter" | "set" | "frozenset" | "sorted" | "sum" | "any" | "all" | "enumerate" | "zip" => &[&["__iter__"]],
            "list" | "tuple" => &[&["__iter__"], &["__len__"]],
            "next" => &[&["__next__"]],
            "setattr" => &[&["__setattr__"]],
            _ => return,
        };
        let is_needed = |name: &&str| special.contains(name);
        if !names.iter().any(|names| names.iter().any(is_needed))
            || crate::program::bindings::lookup(facts, scope, name).is_some()
        {
            return;
        }
        if let Some(argument) = facts.arguments(call).first() {
            for names in names {
                self.add_special_in(file, argument.value, names, special, (call.scope, Confidence::Certain));
            }
        }
    }

    fn add_special(&mut self, file: FileId, object: ExprId, names: &[&str], special: &Special) {
        self.add_special_at(file, object, names, special, Confidence::Certain);
    }

    fn add_special_at(&mut self, file: FileId, object: ExprId, names: &[&str], special: &Special, surest: Confidence) {
        if let Some(scope) = scope_of(self.facts(file), object) {
            self.add_special_in(file, object, names, special, (scope, surest));
        }
    }

    /// Adds an edge to the first of some special methods that an object has.
    fn add_special_in(
        &mut self,
        file: FileId,
        object: ExprId,
        names: &[&str],
        special: &Special,
        (scope, surest): (ScopeId, Confidence),
    ) {
        if !names.iter().any(|name| special.contains(name)) {
            return;
        }
        let facts = self.facts(file);
        let mut called = self.receivers.specials_of(file, object, names).at_most(surest);
        if called.is_empty() {
            return;
        }
        // What texts are made of is seldom of more than one class: the others come from elsewhere.
        if called.len() > 1 && names.contains(&"__repr__") {
            called = called.at_most(Confidence::Possible);
        }
        let site = Site {
            file,
            span: last_name_span(facts, object),
        };
        self.add_targets(&called, (file, facts.function_around(scope)), site, None, BY_CALL);
    }
}

/// The scope that an expression stands in, where it begins with a name.
fn scope_of(facts: &FileFacts, expr: ExprId) -> Option<ScopeId> {
    first_name(facts, expr).map(|(_, scope)| scope)
}
