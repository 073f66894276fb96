//! Members whose names are values: `getattr(self, f"visit_{kind}")`, `getattr(self, message["type"])`.
//!
//! The name may be a text, begin or end like one, come from callers, or be what the program keeps under a key: then it is one of the
//! texts that it ever puts under that key.

use super::arguments::Passed;
use super::{Exact, Receivers, Symbol, Thing, Things};
use crate::catalog::Role;
use crate::facts::{BindingKind, CallId, ExprId, ExprKind, Name, Range, ScopeKind};
use crate::finding::Confidence;
use crate::program::bindings::lookup;
use crate::program::names::{ClassRef, FunctionRef};
use crate::source::FileId;
use rustc_hash::FxHashMap;

/// The texts that the program puts under a key, of all mappings.
pub(super) type KeyedTexts = FxHashMap<Symbol, Vec<(FileId, Name)>>;

/// What is known of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// It is this.
    Whole(String),
    /// It begins and ends so.
    Between(String, String),
}

/// How routers of frameworks call what registers a handler for any method of HTTP.
const REGISTERING_ANY_METHOD: [&str; 2] = ["api_route", "route"];

/// Names are followed through this many parameters and variables.
const FARTHEST: u32 = 4;
/// A name that can be more than this many texts is not known.
const MOST_TEXTS: usize = 256;

impl Receivers<'_, '_> {
    /// The members of `objects` whose name an expression gives.
    pub(super) fn members_named(&mut self, objects: &Things, file: FileId, name: ExprId) -> Things {
        let mut forms = Vec::new();
        self.forms_of(file, name, FARTHEST, &mut forms);
        if forms.is_empty() {
            return self.registering_members(objects);
        }
        let mut things = Things::default();
        if forms.len() > MOST_TEXTS {
            return things;
        }
        for form in forms {
            match form {
                Form::Whole(text) => {
                    let symbol = self.symbol_of(&text);
                    things.extend(&self.member(objects, symbol, &text));
                }
                Form::Between(start, end) => things.extend(&self.members_like(objects, &start, &end)),
            }
        }
        things
    }

    /// What registers handlers of requests on `objects`, whatever the method is called: `getattr(router, method)`.
    fn registering_members(&mut self, objects: &Things) -> Things {
        let catalog = self.program.catalog;
        let mut things = Things::default();
        if !objects
            .iter()
            .any(|entry| matches!(entry.thing, Thing::LibraryInstance(_)))
        {
            return things;
        }
        for name in REGISTERING_ANY_METHOD {
            let symbol = self.symbol_of(name);
            for entry in self.member(objects, symbol, name) {
                let Thing::Library(path) = entry.thing else { continue };
                let known = self.paths.node(path).and_then(|node| catalog.call(node));
                if known.is_some_and(|known| known.role == Some(Role::HandlesRequest)) {
                    things.add(entry.thing, entry.confidence.min(Confidence::Likely));
                }
            }
            if !things.is_empty() {
                break;
            }
        }
        things
    }

    fn forms_of(&mut self, file: FileId, expr: ExprId, farthest: u32, forms: &mut Vec<Form>) {
        // That a parameter is declared to be a text does not say which.
        if let Some((function, index)) = self.held_parameter(file, expr) {
            self.passed_forms(function, index, farthest, forms);
            return;
        }
        let values = self.settled(file, expr);
        if values.is_empty() && farthest > 0 {
            self.kept_forms(file, expr, farthest - 1, forms);
        }
        for entry in values {
            if let Thing::Made(at, made) = entry.thing {
                self.made_forms(at, made, farthest, forms);
            }
        }
    }

    /// The parameter that a name stands for and nothing else.
    fn held_parameter(&self, file: FileId, expr: ExprId) -> Option<(FunctionRef, u32)> {
        let facts = self.facts(file);
        let ExprKind::Name { name, scope } = facts[expr].kind else {
            return None;
        };
        let [binding] = lookup(facts, scope, name)? else {
            return None;
        };
        match (binding.kind, facts[binding.scope].kind) {
            (BindingKind::Parameter(index), ScopeKind::Function(function)) => Some(((file, function), index)),
            _ => None,
        }
    }

    /// The forms of what callers pass to a parameter, and of its default.
    fn passed_forms(&mut self, function: FunctionRef, index: u32, farthest: u32, forms: &mut Vec<Form>) {
        let Some(farthest) = farthest.checked_sub(1) else {
            return;
        };
        for flow in self.rest_flows(function, index) {
            if let Passed::Value(value) = flow.passed {
                self.forms_of(flow.file, value, farthest, forms);
            }
        }
        let parameters = self.facts(function.0).parameters(self.function(function));
        if let Some(default) = parameters[index as usize].default {
            self.forms_of(function.0, default, farthest, forms);
        }
    }

    /// The forms of a text that is written, put together or changed in case.
    fn made_forms(&mut self, file: FileId, made: ExprId, farthest: u32, forms: &mut Vec<Form>) {
        let facts = self.facts(file);
        let form = match facts[made].kind {
            ExprKind::Text(text) => Form::Whole(facts.text(text).to_owned()),
            ExprKind::Template(parts) => self.form_of_parts(file, parts),
            ExprKind::Call(call) => {
                let ExprKind::Member { object, name } = facts[facts[call].callee].kind else {
                    return;
                };
                let change: fn(&str) -> String = match facts.text(name) {
                    "lower" | "casefold" => str::to_lowercase,
                    "upper" => str::to_uppercase,
                    "strip" | "format" => str::to_owned,
                    _ => return,
                };
                let mut inner = Vec::new();
                if farthest > 0 {
                    self.forms_of(file, object, farthest - 1, &mut inner);
                }
                for form in inner {
                    add(
                        forms,
                        match (form, facts.text(name)) {
                            (Form::Whole(text), "format") => filled(&text),
                            (Form::Whole(text), _) => Form::Whole(change(&text)),
                            (Form::Between(start, end), _) => Form::Between(change(&start), change(&end)),
                        },
                    );
                }
                return;
            }
            _ => return,
        };
        add(forms, form);
    }

    fn form_of_parts(&self, file: FileId, parts: Range) -> Form {
        let facts = self.facts(file);
        let text = |part: Option<&ExprId>| match part.map(|part| facts[*part].kind) {
            Some(ExprKind::Text(text)) => facts.text(text).to_owned(),
            _ => String::new(),
        };
        let parts = facts.list(parts);
        Form::Between(text(parts.first()), text(parts.last()))
    }

    /// The forms of what some mapping holds under a key: `message["type"]`, `message.get("type")`.
    fn kept_forms(&mut self, file: FileId, expr: ExprId, farthest: u32, forms: &mut Vec<Form>) {
        let facts = self.facts(file);
        let key = match facts[expr].kind {
            ExprKind::Index { key, .. } => key,
            ExprKind::Call(call) => match facts[facts[call].callee].kind {
                ExprKind::Member { name, .. } if facts.text(name) == "get" => {
                    match facts.arguments(&facts[call]).first() {
                        Some(argument) => argument.value,
                        None => return,
                    }
                }
                _ => return,
            },
            ExprKind::Name { name, scope } => {
                for binding in lookup(facts, scope, name).unwrap_or(&[]) {
                    if let BindingKind::Value(value) = binding.kind {
                        self.forms_of(file, value, farthest, forms);
                    }
                }
                return;
            }
            _ => return,
        };
        if let ExprKind::Text(key) = facts[key].kind {
            let symbol = self.symbol(file, key);
            for (at, text) in self.texts_under(symbol) {
                add(forms, Form::Whole(self.text(at, text).to_owned()));
            }
        }
    }

    fn texts_under(&mut self, key: Symbol) -> Vec<(FileId, Name)> {
        if self.keyed_texts.is_none() {
            let found = self.find_keyed_texts();
            self.keyed_texts = Some(found);
        }
        let texts = self.keyed_texts.as_ref().and_then(|texts| texts.get(&key));
        texts.cloned().unwrap_or_default()
    }

    /// Finds what texts are written behind what keys, in mappings and in assignments to their items.
    fn find_keyed_texts(&mut self) -> KeyedTexts {
        let mut found = KeyedTexts::default();
        for file in super::python_files(self.program) {
            let facts = self.facts(file);
            let mut pairs: Vec<(ExprId, ExprId)> = Vec::new();
            for expr in &facts.exprs {
                if let ExprKind::Table(entries) = expr.kind {
                    let entries = facts.entries(entries).iter();
                    pairs.extend(entries.filter_map(|(key, value)| Some(((*key)?, *value))));
                }
            }
            for store in &facts.stores {
                if let (ExprKind::Index { key, .. }, Some(value)) = (facts[store.target].kind, store.value) {
                    pairs.push((key, value));
                }
            }
            for (key, value) in pairs {
                if let (ExprKind::Text(key), ExprKind::Text(value)) = (facts[key].kind, facts[value].kind) {
                    let symbol = self.symbol(file, key);
                    found.entry(symbol).or_default().push((file, value));
                }
            }
        }
        found
    }

    /// The methods whose names begin and end so.
    fn members_like(&mut self, objects: &Things, start: &str, end: &str) -> Things {
        let mut things = Things::default();
        if start.is_empty() && end.is_empty() {
            return things;
        }
        for entry in objects.iter() {
            if let Thing::Instance(class, exact) = entry.thing {
                things.extend(&self.methods_like((class, exact), start, end));
            }
        }
        things
    }

    fn methods_like(&mut self, (class, exact): (ClassRef, Exact), start: &str, end: &str) -> Things {
        let mut things = Things::default();
        for (at, name) in self.method_names(class, exact) {
            let text = self.text(at, name);
            if text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end) {
                let symbol = self.symbol(at, name);
                let found = self.object_member(class, exact, symbol, text);
                things.extend(&found.at_most(Confidence::Likely));
            }
        }
        things
    }
}

fn add(forms: &mut Vec<Form>, form: Form) {
    if forms.len() <= MOST_TEXTS && !forms.contains(&form) {
        forms.push(form);
    }
}

/// What `"handle_{}".format(kind)` begins and ends with.
fn filled(text: &str) -> Form {
    match (text.find('{'), text.rfind('}')) {
        (Some(open), Some(close)) if open < close => {
            Form::Between(text[..open].to_owned(), text[close + 1..].to_owned())
        }
        _ => Form::Whole(text.to_owned()),
    }
}

/// The name that a call asks an object for, where it is a text: `getattr(user, "token", None)`, `hasattr(user, "token")`.
pub(crate) fn asked_by_text(facts: &crate::facts::FileFacts, call: CallId) -> Option<(ExprId, Name)> {
    let call = &facts[call];
    let ExprKind::Name { name, .. } = facts[call.callee].kind else {
        return None;
    };
    let [object, asked, ..] = facts.arguments(call) else {
        return None;
    };
    match facts[asked.value].kind {
        ExprKind::Text(asked) if matches!(facts.text(name), "getattr" | "hasattr") => Some((object.value, asked)),
        _ => None,
    }
}
