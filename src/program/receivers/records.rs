//! What a program gets from its own store: a query says of which class the records are that it gives.

use super::{Exact, Receivers, Thing, Things};
use crate::facts::{BindingKind, CallId, ExprId, ExprKind};
use crate::finding::Confidence;
use crate::program::bindings::lookup;
use crate::source::FileId;
use rustc_hash::FxHashSet;

/// What a record comes from is followed through so many expressions.
const MOST_STEPS: usize = 40;

/// The expressions that were followed.
type Seen = FxHashSet<(FileId, ExprId)>;

impl Receivers<'_, '_> {
    /// The methods that a call of a record of the program's store can mean: `for token in db.query(Token): token.match(raw)`.
    pub(super) fn method_of_record(&mut self, file: FileId, call: CallId) -> Things {
        let facts = self.facts(file);
        let callee = facts[call].callee;
        let mut things = Things::default();
        let ExprKind::Member { object, name } = facts[callee].kind else {
            return things;
        };
        if !self.is_of_record(facts, callee) {
            return things;
        }
        let (symbol, name) = (self.symbol(file, name), facts.text(name));
        for entry in self.records(file, object, &mut Seen::default()) {
            if let Thing::Instance(class, exact) = entry.thing {
                things.extend(&self.object_member(class, exact, symbol, name));
            }
        }
        things.at_most(Confidence::Likely)
    }

    /// The records that an expression gives or is a query for.
    fn records(&mut self, file: FileId, expr: ExprId, seen: &mut Seen) -> Things {
        // `query = query.filter(...)` leads back to itself.
        if seen.len() > MOST_STEPS || !seen.insert((file, expr)) {
            return Things::default();
        }
        let facts = self.facts(file);
        let mut things = Things::default();
        match facts[expr].kind {
            ExprKind::Name { name, scope } => {
                for binding in lookup(facts, scope, name).unwrap_or(&[]) {
                    let (BindingKind::Value(from) | BindingKind::Element { over: from } | BindingKind::Changed(from)) =
                        binding.kind
                    else {
                        continue;
                    };
                    things.extend(&self.records(file, from, seen));
                }
            }
            ExprKind::Call(call) => things = self.records_of_call(file, call, seen),
            ExprKind::Member { object, name } => {
                if self.program.catalog.words().is_record_manager(facts.text(name)) {
                    things = self.records_of_class(file, object);
                }
                if things.is_empty() {
                    things = self.records(file, object, seen);
                }
            }
            ExprKind::Index { object, .. } | ExprKind::Slice(object) => things = self.records(file, object, seen),
            ExprKind::Through(inner) => things = self.records(file, inner, seen),
            _ => {}
        }
        things
    }

    fn records_of_call(&mut self, file: FileId, call: CallId, seen: &mut Seen) -> Things {
        let facts = self.facts(file);
        let callee = facts[call].callee;
        let (object, name) = match facts[callee].kind {
            ExprKind::Member { object, name } => (Some(object), facts.text(name)),
            ExprKind::Name { name, .. } => (None, facts.text(name)),
            _ => return Things::default(),
        };
        let words = self.program.catalog.words();
        let first = facts.arguments(&facts[call]).first().map(|argument| argument.value);
        if words.makes_query(name)
            && let Some(first) = first
        {
            return self.records_of_class(file, first);
        }
        if words.runs_query(name)
            && let Some(first) = first
        {
            return self.records(file, first, seen);
        }
        let mut things = Things::default();
        for entry in self.callees(file, call) {
            let (Thing::Function(function) | Thing::Bound(function, ..) | Thing::ClassMethod(function)) = entry.thing
            else {
                continue;
            };
            for returned in self.facts(function.0).returns_of(function.1) {
                if let Some(value) = returned.value {
                    things.extend(&self.records(function.0, value, seen));
                }
            }
        }
        match object {
            Some(object) if things.is_empty() => self.records(file, object, seen),
            _ => things,
        }
    }

    /// The records of the class that an expression names; of one that a method was called on, those of any class below it.
    fn records_of_class(&mut self, file: FileId, expr: ExprId) -> Things {
        let mut things = Things::default();
        for entry in self.settled(file, expr) {
            if let Thing::Class(class, _) = entry.thing {
                things.add(Thing::Instance(class, Exact::OrBelow), entry.confidence);
            }
        }
        things
    }
}
