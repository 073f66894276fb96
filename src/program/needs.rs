//! What a way needs of what is passed along it: the truths by which functions go on to the next one.
//!
//! `serve(threaded=True)` never gets to what stands under `if not threaded:`, and `Agent(Config())` not to what stands under `if
//! config.store:` where the class says that a `store` is `None` unless it is given.

use super::Program;
use super::calls::{By, CallEdge};
use super::names::{ClassRef, Origin};
use crate::facts::{
    BindingKind, BlockKind, CallId, Exit, ExprId, ExprKind, FileFacts, FunctionId, How, Name, ParameterKind, Splat,
    Store,
};
use crate::source::FileId;

/// A truth that a way needs of a parameter of one of its functions.
#[derive(Clone, Debug)]
pub(super) struct Need {
    parameter: Name,
    /// The field of what is passed that it is about.
    field: Option<String>,
    holds: bool,
    /// It asks whether there is anything, whatever that is: `is not None`.
    of_presence: bool,
}

/// Classes above each other are followed this far.
const MOST_CLASSES: u32 = 6;

impl Program<'_> {
    /// What the caller of an edge has to be passed to make this call, and to be able to pass on what its callee needs.
    pub(super) fn needs(&self, edge: &CallEdge, of_callee: &[Need]) -> Vec<Need> {
        let (file, Some(caller)) = edge.caller else {
            return Vec::new();
        };
        let Some(call) = edge.call.filter(|_| edge.by == By::Call) else {
            return Vec::new();
        };
        let facts = &self[file].facts;
        let mut needs = Vec::new();
        for condition in conditions_of(facts, call) {
            if let Some((parameter, field)) = asked_of_parameter(facts, caller, condition.subject) {
                needs.push(Need {
                    parameter,
                    field,
                    holds: condition.holds,
                    of_presence: condition.of_presence,
                });
            }
        }
        for need in of_callee {
            if let Some(Given { file: at, value }) = self.what_is_given(edge, need.parameter)
                && at == file
                && let Some((parameter, field)) = asked_of_parameter(facts, caller, value)
                && (field.is_none() || need.field.is_none())
            {
                let field = field.or_else(|| need.field.clone());
                needs.push(Need {
                    parameter,
                    field,
                    ..*need
                });
            }
        }
        needs
    }

    /// Whether the call of an edge passes something by which its callee never goes on as it needs to.
    pub(super) fn is_ruled_out(&self, edge: &CallEdge, needs: &[Need]) -> bool {
        edge.by == By::Call
            && needs
                .iter()
                .any(|need| self.truth_given(edge, need).is_some_and(|given| given != need.holds))
    }

    fn truth_given(&self, edge: &CallEdge, need: &Need) -> Option<bool> {
        let Given { file, value } = self.what_is_given(edge, need.parameter)?;
        match &need.field {
            None => truth(&self[file].facts, value, need.of_presence),
            Some(field) => self.truth_of_field(file, value, field, need.of_presence),
        }
    }

    /// What the call of an edge passes as a parameter of its callee, or leaves at its default.
    fn what_is_given(&self, edge: &CallEdge, name: Name) -> Option<Given> {
        let (file, function) = edge.callee;
        let facts = &self[file].facts;
        let index = own_parameter(facts, function, name)?;
        let parameter = facts.parameters(&facts[function])[index];
        let passing = self.passing(edge)?;
        let calling = &self[passing.file].facts;
        match self.passed(&passing, edge.callee, u32::try_from(index).ok()?) {
            Some(argument) => Some(Given {
                file: passing.file,
                value: argument.value,
            }),
            None => {
                let arguments = calling.arguments(&calling[passing.call]);
                let is_spliced = arguments.iter().any(|argument| argument.splat != Splat::No);
                let default = parameter.default.filter(|_| !is_spliced);
                default.map(|value| Given { file, value })
            }
        }
    }

    /// What a field of an object holds that is made where it is passed, or right before: what the call gives it, or its class says.
    fn truth_of_field(&self, file: FileId, value: ExprId, field: &str, of_presence: bool) -> Option<bool> {
        let facts = &self[file].facts;
        let made = match facts[value].kind {
            ExprKind::Name { name, scope } => {
                let [binding] = super::bindings::lookup(facts, scope, name)? else {
                    return None;
                };
                let is_changed = writes_field(facts, field, |store, object| {
                    let function = facts.function_around(facts[store.block].scope);
                    object == name && function == facts.function_around(scope)
                });
                if binding.scope != scope || is_changed {
                    return None;
                }
                match binding.kind {
                    BindingKind::Value(made) => made,
                    _ => return None,
                }
            }
            _ => value,
        };
        let ExprKind::Call(call) = facts[made].kind else {
            return None;
        };
        let call = &facts[call];
        let mut given = None;
        for argument in facts.arguments(call) {
            if argument.splat != Splat::No {
                return None;
            }
            if facts.text(argument.keyword?) == field {
                given = Some(argument.value);
            }
        }
        let values = self.values(file, call.callee);
        let [class] = values.as_slice() else { return None };
        let Origin::Class(class) = class.origin else {
            return None;
        };
        match given {
            Some(given) => truth(facts, given, of_presence),
            None => self.truth_by_class(class, field, of_presence, 0),
        }
    }

    /// What a class without a constructor of its own, or one above it, says that a field holds unless it is given.
    fn truth_by_class(&self, class: ClassRef, field: &str, of_presence: bool, depth: u32) -> Option<bool> {
        let (file, id) = class;
        let facts = &self[file].facts;
        let mut methods = facts.functions.iter().filter(|function| function.class == Some(id));
        let makes = methods.any(|method| method.name.is_some_and(|name| facts.text(name) == "__init__"));
        // What it does with itself once it is made may change it.
        let changes = writes_field(facts, field, |store, _| {
            let function = facts.function_around(facts[store.block].scope);
            function.is_some_and(|function| facts[function].class == Some(id))
        });
        if makes || changes || depth > MOST_CLASSES {
            return None;
        }
        let written = facts.names.find(field);
        let bindings = written.map_or(&[][..], |name| facts.bindings_of(facts[id].scope, name));
        match bindings {
            [] => facts.list(facts[id].bases).iter().find_map(|base| {
                let values = self.values(file, *base);
                values.into_iter().find_map(|value| match value.origin {
                    Origin::Class(above) => self.truth_by_class(above, field, of_presence, depth + 1),
                    _ => None,
                })
            }),
            [binding] => match binding.kind {
                BindingKind::Value(value) => truth(facts, value, of_presence),
                _ => None,
            },
            _ => None,
        }
    }
}

/// What a parameter is given.
struct Given {
    file: FileId,
    value: ExprId,
}

/// Something that came out in one way where a call is made.
struct Condition {
    subject: ExprId,
    holds: bool,
    of_presence: bool,
}

/// What has come out, and how, where a call is made: in the branches around it, behind those that left, in a choice.
fn conditions_of(facts: &FileFacts, call: CallId) -> Vec<Condition> {
    let call = &facts[call];
    let mut found = Vec::new();
    for (_, block) in facts.blocks_around(call.block) {
        if let BlockKind::Branch { condition, holds } = block.kind {
            add_conditions(facts, condition, holds, &mut found);
        }
    }
    // A branch that leaves: behind it its condition came out the other way.
    for (_, block) in facts.blocks_before(call) {
        if let BlockKind::Branch { condition, holds } = block.kind
            && matches!(block.exit, Exit::Returns(_) | Exit::Raises(_) | Exit::Jumps)
        {
            add_conditions(facts, condition, !holds, &mut found);
        }
    }
    let place = facts[call.expr].span;
    for (_, choice) in facts.exprs_around(place) {
        if let ExprKind::Choice {
            options,
            how: How::ByCondition,
        } = choice.kind
            && let [met, unmet, condition] = *facts.list(options)
        {
            if facts[met].span.contains(place) {
                add_conditions(facts, condition, true, &mut found);
            } else if facts[unmet].span.contains(place) {
                add_conditions(facts, condition, false, &mut found);
            }
        }
    }
    found
}

fn add_conditions(facts: &FileFacts, condition: ExprId, holds: bool, found: &mut Vec<Condition>) {
    match facts[condition].kind {
        ExprKind::Name { .. } | ExprKind::Member { .. } => found.push(Condition {
            subject: condition,
            holds,
            of_presence: false,
        }),
        ExprKind::Not(inner) => add_conditions(facts, inner, !holds, found),
        ExprKind::Both(parts) if holds => {
            for part in facts.list(parts) {
                add_conditions(facts, *part, true, found);
            }
        }
        ExprKind::Choice {
            options,
            how: How::FirstPresent,
        } if !holds => {
            for option in facts.list(options) {
                add_conditions(facts, *option, false, found);
            }
        }
        ExprKind::Compare { .. } => {
            let is_there = facts.absent(condition, !holds);
            if let Some(subject) = is_there.or_else(|| facts.absent(condition, holds)) {
                found.push(Condition {
                    subject,
                    holds: is_there.is_some(),
                    of_presence: true,
                });
            }
        }
        _ => {}
    }
}

/// The parameter of a function that an expression is, or a field of which it reads.
fn asked_of_parameter(facts: &FileFacts, function: FunctionId, subject: ExprId) -> Option<(Name, Option<String>)> {
    let (object, field) = match facts[subject].kind {
        ExprKind::Member { object, name } => (object, Some(facts.text(name).to_owned())),
        _ => (subject, None),
    };
    let ExprKind::Name { name, scope } = facts[object].kind else {
        return None;
    };
    let is_own = scope == facts[function].scope && own_parameter(facts, function, name).is_some();
    is_own.then_some((name, field))
}

/// The position of a parameter that keeps what it is passed.
fn own_parameter(facts: &FileFacts, function: FunctionId, name: Name) -> Option<usize> {
    let parameters = facts.parameters(&facts[function]);
    let index = parameters.iter().position(|parameter| parameter.name == name)?;
    let own = parameters[index];
    let is_rebound = facts
        .bindings_of(facts[function].scope, name)
        .iter()
        .any(|binding| matches!(binding.kind, BindingKind::Value(_)) && binding.span != own.span);
    let is_one = !matches!(own.kind, ParameterKind::Rest | ParameterKind::KeywordRest);
    (is_one && !is_rebound).then_some(index)
}

/// Whether one of those stores that count writes to a field of this name of something that has a name.
fn writes_field(facts: &FileFacts, field: &str, counts: impl Fn(&Store, Name) -> bool) -> bool {
    let Some(field) = facts.names.find(field) else {
        return false;
    };
    let mut stores = facts.stores.iter();
    stores.any(|store| match facts[store.target].kind {
        ExprKind::Member { object, name } if name == field => match facts[object].kind {
            ExprKind::Name { name, .. } => counts(store, name),
            _ => false,
        },
        _ => false,
    })
}

fn truth(facts: &FileFacts, expr: ExprId, of_presence: bool) -> Option<bool> {
    match facts[expr].kind {
        ExprKind::Truth(truth) => Some(truth || of_presence),
        ExprKind::Nothing => Some(false),
        _ => None,
    }
}
