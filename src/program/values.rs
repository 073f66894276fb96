//! What an expression can come to: through names and attributes, through the functions that give it back, and through parameters to
//! the arguments of the callers, with the calls that lead there.
//!
//! Start with [`Program::origins`]; [`Program::argument_origins`] and [`Program::entry_origins`] do the same for an argument of a
//! call and for an entry of a mapping, which may be spread, copied, updated or handed down as `**keywords`.

use super::names::{FunctionRef, Origin};
use super::{CallEdge, Program, argument_of};
use crate::catalog::{Meaning, Role};
use crate::facts::{
    Argument, BindingKind, BlockKind, CallId, ExprId, ExprKind, FileFacts, How, Language, Name, Parameter,
    ParameterKind, ScopeId, ScopeKind, Splat,
};
use crate::finding::{Confidence, Site, Step};
use crate::source::{FileId, Span};

/// Where a value is written, and the calls that hand it down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueOrigin {
    /// The file it is written in.
    pub file: FileId,
    /// What is written: a literal, or what is not known any further.
    pub expr: ExprId,
    /// How it was resolved.
    pub confidence: Confidence,
    /// The arguments that hand it down, the outermost first; empty where it is written in the function that asks, or in a constant.
    pub trail: Vec<Step>,
}

/// Calls are followed this far up.
const MOST_CALLS: usize = 8;
/// More origins than this are not told apart.
const MOST_ORIGINS: usize = 32;
/// One question takes no more steps than this.
const MOST_STEPS: u32 = 4_000;
/// Expressions inside one another, names and results are followed this deep.
const DEEPEST: u32 = 24;

impl Program<'_> {
    /// What `expr` in `file` can come to.
    #[must_use]
    pub fn origins(&self, file: FileId, expr: ExprId) -> Vec<ValueOrigin> {
        let mut tracing = Tracing::new(self);
        tracing.trace(file, expr, &Way::default());
        tracing.found
    }

    /// What the argument of `call` that comes by one of `meanings` can come to, be it written out or spread.
    #[must_use]
    pub fn argument_origins(&self, file: FileId, call: CallId, meanings: &[Meaning]) -> Vec<ValueOrigin> {
        let mut tracing = Tracing::new(self);
        match tracing.argument(file, call, meanings) {
            Some(argument) => tracing.trace(file, argument.value, &Way::default()),
            None => {
                tracing.spread(file, call, meanings, &Way::default());
            }
        }
        tracing.found
    }

    /// What the entry `key` of the mapping that is `call`'s argument of one of `meanings` can come to.
    #[must_use]
    pub fn argument_entry_origins(
        &self,
        file: FileId,
        call: CallId,
        meanings: &[Meaning],
        key: &str,
    ) -> Vec<ValueOrigin> {
        let mut tracing = Tracing::new(self);
        match tracing.argument(file, call, meanings) {
            Some(argument) => {
                tracing.entry(file, argument.value, key, &Way::default());
            }
            None => {
                // The mapping comes with others: `**keywords`.
                let mut mappings = Tracing::new(self);
                mappings.spread(file, call, meanings, &Way::default());
                for mapping in mappings.found {
                    let way = Way {
                        trail: mapping.trail,
                        confidence: mapping.confidence,
                        ..Way::default()
                    };
                    tracing.entry(mapping.file, mapping.expr, key, &way);
                }
            }
        }
        tracing.found
    }

    /// What the entry `key` of the mapping `expr` can come to.
    #[must_use]
    pub fn entry_origins(&self, file: FileId, expr: ExprId, key: &str) -> Vec<ValueOrigin> {
        let mut tracing = Tracing::new(self);
        tracing.entry(file, expr, key, &Way::default());
        tracing.found
    }
}

/// A call that leads into a function of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passing {
    /// The file of the call.
    pub file: FileId,
    /// The call.
    pub call: CallId,
    /// How many arguments stand before those of the function: `to_thread(function, …)`.
    pub skipped: usize,
    /// How many of the function's parameters the call itself fills: the object that a method is called on.
    pub offset: usize,
    /// How it was resolved.
    pub confidence: Confidence,
}

impl Program<'_> {
    /// The calls that pass arguments to `function`, in order.
    #[must_use]
    pub fn passing_into(&self, function: FunctionRef) -> Vec<Passing> {
        self.calls_into(function)
            .filter_map(|edge| self.passing(edge))
            .collect()
    }

    /// The argument that `passing` passes as the parameter at `index` of `function`, where it is written out.
    #[must_use]
    pub fn passed(&self, passing: &Passing, function: FunctionRef, index: u32) -> Option<Argument> {
        let callee = &self[function.0].facts;
        let parameter = callee.parameters(&callee[function.1]).get(index as usize)?;
        let facts = &self[passing.file].facts;
        let arguments = facts.arguments(&facts[passing.call]);
        let name = callee.text(parameter.name);
        let by_keyword = arguments
            .iter()
            .find(|argument| argument.keyword.is_some_and(|keyword| facts.text(keyword) == name));
        if let Some(argument) = by_keyword.filter(|_| parameter.kind != ParameterKind::Positional) {
            return Some(*argument);
        }
        if parameter.kind == ParameterKind::Keyword {
            return None;
        }
        let position = (index as usize).checked_sub(passing.offset)? + passing.skipped;
        let mut positional = arguments
            .iter()
            .take_while(|argument| argument.splat != Splat::Positions)
            .filter(|argument| argument.keyword.is_none() && argument.splat == Splat::No);
        positional.nth(position).copied()
    }

    /// How the call of an edge passes arguments; none where no call does.
    pub(super) fn passing(&self, edge: &CallEdge) -> Option<Passing> {
        let call = edge.call?;
        let file = edge.caller.0;
        let facts = &self[file].facts;
        // `to_thread(decode, token, verify=False)`: the function's own arguments stand behind it.
        let is_it = |argument: &Argument| {
            let is_closure =
                matches!(facts[argument.value].kind, ExprKind::Lambda(function) if (file, function) == edge.callee);
            let values = self.values(file, argument.value);
            is_closure || values.iter().any(|value| value.origin == Origin::Function(edge.callee))
        };
        let handed = || facts.arguments(&facts[call]).iter().position(is_it);
        let skipped = if self.hands_over(file, call) {
            handed()? + 1
        } else if self[file].language == Language::Rust && handed().is_some() {
            // What a closure is called with is not what stands beside it.
            return None;
        } else {
            0
        };
        Some(Passing {
            file,
            call,
            skipped,
            offset: edge.offset as usize,
            confidence: edge.confidence,
        })
    }

    /// Whether a call hands the function over to a library that calls it.
    fn hands_over(&self, file: FileId, call: CallId) -> bool {
        let site = self.site_at(file, self[file].facts[call].expr);
        site.and_then(|site| self.entry(site))
            .is_some_and(|entry| match entry.role {
                Some(Role::RunsInThread | Role::CallsFunction | Role::SchedulesOnLoop | Role::SchedulesThreadsafe) => {
                    true
                }
                Some(Role::QueuesTask) => entry.runs_own.is_none(),
                _ => false,
            })
    }
}

/// How a question got to where it is.
#[derive(Clone, Debug)]
struct Way {
    trail: Vec<Step>,
    confidence: Confidence,
    /// The functions whose callers were asked.
    asked: Vec<FunctionRef>,
    depth: u32,
}

impl Default for Way {
    fn default() -> Self {
        Self {
            trail: Vec::new(),
            confidence: Confidence::Certain,
            asked: Vec::new(),
            depth: 0,
        }
    }
}

impl Way {
    fn deeper(&self, confidence: Confidence) -> Self {
        Self {
            confidence: self.confidence.min(confidence),
            depth: self.depth + 1,
            ..self.clone()
        }
    }
}

struct Tracing<'p, 'a> {
    program: &'p Program<'a>,
    steps: u32,
    found: Vec<ValueOrigin>,
}

impl<'p, 'a> Tracing<'p, 'a> {
    fn new(program: &'p Program<'a>) -> Self {
        Self {
            program,
            steps: 0,
            found: Vec::new(),
        }
    }

    fn facts(&self, file: FileId) -> &'p FileFacts {
        &self.program[file].facts
    }

    /// Whether there is no more to be found, or no more time for it.
    fn is_over(&mut self, way: &Way) -> bool {
        self.steps += 1;
        self.steps > MOST_STEPS || way.depth > DEEPEST || self.found.len() >= MOST_ORIGINS
    }

    fn add(&mut self, file: FileId, expr: ExprId, way: &Way) {
        let origin = ValueOrigin {
            file,
            expr,
            confidence: way.confidence,
            trail: way.trail.clone(),
        };
        if self.found.len() < MOST_ORIGINS && !self.found.contains(&origin) {
            self.found.push(origin);
        }
    }

    fn trace(&mut self, file: FileId, expr: ExprId, way: &Way) {
        if self.is_over(way) {
            return;
        }
        let facts = self.facts(file);
        match facts[expr].kind {
            ExprKind::Choice { options, how } => {
                for option in facts.options(options, how) {
                    self.trace(file, *option, &way.deeper(Confidence::Certain));
                }
            }
            ExprKind::Through(inner) => self.trace(file, inner, &way.deeper(Confidence::Certain)),
            ExprKind::Name { .. } | ExprKind::Member { .. } => self.trace_reference(file, expr, way),
            ExprKind::Index { object, key, .. } => {
                let known = match facts[key].kind {
                    ExprKind::Text(key) => self.entry(file, object, facts.text(key), &way.deeper(Confidence::Certain)),
                    _ => false,
                };
                if !known {
                    self.add(file, expr, way);
                }
            }
            ExprKind::Call(call) => self.trace_call(file, call, expr, way),
            _ => self.add(file, expr, way),
        }
    }

    fn trace_reference(&mut self, file: FileId, expr: ExprId, way: &Way) {
        let mut is_known = false;
        for value in self.program.values(file, expr) {
            match value.origin {
                Origin::Written(at, written) if (at, written) != (file, expr) => {
                    is_known = true;
                    match self.facts(at)[written].kind {
                        ExprKind::Name { .. } | ExprKind::Member { .. } => {
                            self.add(at, written, &way.deeper(value.confidence));
                        }
                        _ => self.trace(at, written, &way.deeper(value.confidence)),
                    }
                }
                Origin::Parameter(function, index) => {
                    is_known |= self.trace_parameter(function, index, &way.deeper(value.confidence));
                }
                _ => {}
            }
        }
        if let ExprKind::Member { object, name } = self.facts(file)[expr].kind {
            is_known |= self.trace_attribute(file, object, name, way);
        }
        if !is_known {
            self.add(file, expr, way);
        }
    }

    /// `self.verify`: what the methods of the class store there.
    fn trace_attribute(&mut self, file: FileId, object: ExprId, name: Name, way: &Way) -> bool {
        let facts = self.facts(file);
        let of_self = |place: ExprId| match facts[place].kind {
            ExprKind::Name { name, scope } => receiver_class(facts, scope, name),
            _ => None,
        };
        let Some(class) = of_self(object) else { return false };
        let stored: Vec<ExprId> = facts
            .stores
            .iter()
            .filter(|store| match facts[store.target].kind {
                ExprKind::Member { object, name: stored } => stored == name && of_self(object) == Some(class),
                _ => false,
            })
            .filter_map(|store| store.value)
            .collect();
        for value in &stored {
            self.trace(file, *value, &way.deeper(Confidence::Likely));
        }
        !stored.is_empty()
    }

    /// What a call gives: an entry of a mapping, or what a function of the program returns.
    fn trace_call(&mut self, file: FileId, call: CallId, expr: ExprId, way: &Way) {
        // What a secret is, nobody can tell from here; which one it is, can be.
        if self.program.secret_read_at(file, expr).is_some() {
            self.add(file, expr, way);
            return;
        }
        let facts = self.facts(file);
        let data = &facts[call];
        let arguments = facts.arguments(data);
        if let ExprKind::Member { object, name } = facts[data.callee].kind
            && matches!(facts.text(name), "get" | "pop" | "setdefault")
            && let Some(key) = arguments.first().and_then(|argument| text_of(facts, argument.value))
        {
            let way = way.deeper(Confidence::Certain);
            let is_known = self.entry(file, object, key, &way);
            match arguments.get(1) {
                Some(default) => self.trace(file, default.value, &way),
                None if !is_known => self.add(file, expr, &way),
                None => {}
            }
            return;
        }
        let mut is_known = false;
        for value in self.program.values(file, data.callee) {
            let Origin::Function((at, function)) = value.origin else {
                continue;
            };
            let callee = self.facts(at);
            if callee[function].is_generator {
                continue;
            }
            for returned in callee.returns_of(function) {
                if let Some(given) = returned.value {
                    is_known = true;
                    self.trace(at, given, &way.deeper(value.confidence.min(Confidence::Likely)));
                }
            }
        }
        if !is_known {
            self.add(file, expr, way);
        }
    }

    // Parameters

    /// What the callers of `function` pass as its parameter; its default where they pass nothing.
    fn trace_parameter(&mut self, function: FunctionRef, index: u32, way: &Way) -> bool {
        let Some(parameter) = self.parameter(function, index) else {
            return false;
        };
        if matches!(parameter.kind, ParameterKind::Rest | ParameterKind::KeywordRest) {
            return false;
        }
        let name = self.facts(function.0).text(parameter.name);
        let mut is_known = false;
        let mut is_defaulted = false;
        let Some(callers) = self.callers(function, way) else {
            return false;
        };
        for caller in &callers {
            let passed = self.program.passed(caller, function, index);
            let way = self.handed_by(caller, function, passed.map(|argument| argument.span), name, way);
            if let Some(argument) = passed {
                is_known = true;
                self.trace(caller.file, argument.value, &way);
            } else if !self.spread(caller.file, caller.call, &[Meaning::Keyword(name.to_owned())], &way) {
                is_defaulted |= !self.is_spread(caller);
            } else {
                is_known = true;
            }
        }
        if let Some(default) = parameter.default
            && (callers.is_empty() || is_defaulted)
        {
            is_known = true;
            self.trace(function.0, default, way);
        }
        is_known
    }

    fn parameter(&self, (file, function): FunctionRef, index: u32) -> Option<Parameter> {
        let facts = self.facts(file);
        facts.parameters(&facts[function]).get(index as usize).copied()
    }

    /// The calls that lead into `function`, none where it was asked before or the way is long enough; `None` where they are not known.
    fn callers(&self, function: FunctionRef, way: &Way) -> Option<Vec<Passing>> {
        if way.asked.contains(&function) || way.asked.len() >= MOST_CALLS {
            return Some(Vec::new());
        }
        let is_known = self.program.knows_callers(function);
        is_known.then(|| self.program.passing_into(function))
    }

    /// Whether a call spreads arguments, so that some may be there unseen.
    fn is_spread(&self, caller: &Passing) -> bool {
        self.program.has_unseen_arguments(caller.file, caller.call)
    }

    /// The way on from a caller's argument.
    fn handed_by(&self, caller: &Passing, function: FunctionRef, argument: Option<Span>, name: &str, way: &Way) -> Way {
        let facts = self.facts(caller.file);
        let call = &facts[caller.call];
        let span = argument.unwrap_or_else(|| self.program.callee_site(caller.file, call).span);
        let step = Step {
            site: Site {
                file: caller.file,
                span,
            },
            symbol: self.program.symbol(caller.file, call.scope),
            note: format!(
                "passes `{name}` to `{}`",
                self.program.written(caller.file, call.callee)
            ),
        };
        let mut trail = vec![step];
        trail.extend(way.trail.iter().cloned());
        let mut asked = way.asked.clone();
        asked.push(function);
        Way {
            trail,
            confidence: way.confidence.min(caller.confidence),
            asked,
            depth: way.depth + 1,
        }
    }

    // Arguments

    fn argument(&self, file: FileId, call: CallId, meanings: &[Meaning]) -> Option<Argument> {
        let facts = self.facts(file);
        argument_of(facts, facts.arguments(&facts[call]), meanings).copied()
    }

    /// Looks for an argument among those that a call spreads: `**options`.
    fn spread(&mut self, file: FileId, call: CallId, meanings: &[Meaning], way: &Way) -> bool {
        if self.is_over(way) {
            return false;
        }
        let facts = self.facts(file);
        let spread: Vec<ExprId> = facts
            .arguments(&facts[call])
            .iter()
            .filter(|argument| argument.splat == Splat::Keywords)
            .map(|argument| argument.value)
            .collect();
        let mut is_known = false;
        for mapping in spread {
            for meaning in meanings {
                if let Meaning::Keyword(name) = meaning {
                    is_known |= self.entry(file, mapping, name, &way.deeper(Confidence::Certain));
                }
            }
        }
        is_known
    }

    // Mappings

    /// Traces what the entry `key` of a mapping can be; whether anything is known of it.
    fn entry(&mut self, file: FileId, mapping: ExprId, key: &str, way: &Way) -> bool {
        if self.is_over(way) {
            return false;
        }
        let facts = self.facts(file);
        let inner = way.deeper(Confidence::Certain);
        match facts[mapping].kind {
            ExprKind::Table(entries) => {
                for (name, value) in facts.entries(entries).iter().rev() {
                    let is_known = match name {
                        Some(name) if self.is_key(file, *name, key) => {
                            self.trace(file, *value, &inner);
                            true
                        }
                        Some(_) => false,
                        None => self.entry(file, *value, key, &inner),
                    };
                    if is_known {
                        return true;
                    }
                }
                false
            }
            ExprKind::Through(object) => self.entry(file, object, key, &inner),
            ExprKind::Choice { options, how } => {
                let mut is_known = false;
                let options: Vec<ExprId> = facts.options(options, how).to_vec();
                for option in options.iter().rev() {
                    is_known |= self.entry(file, *option, key, &inner);
                    // `a | b`: what stands in the later one counts.
                    if is_known && how == How::Either {
                        break;
                    }
                }
                is_known
            }
            ExprKind::Call(call) => self.entry_of_call(file, call, key, &inner),
            ExprKind::Name { name, scope } => {
                let (is_known, is_settled) = self.written_later(file, mapping, scope, name, key, &inner);
                is_settled || self.entry_of_reference(file, mapping, key, &inner) || is_known
            }
            ExprKind::Member { .. } | ExprKind::Index { .. } => self.entry_of_reference(file, mapping, key, &inner),
            _ => false,
        }
    }

    fn is_key(&self, file: FileId, name: ExprId, key: &str) -> bool {
        let facts = self.facts(file);
        match facts[name].kind {
            ExprKind::Text(text) => facts.text(text) == key,
            ExprKind::Name { .. } | ExprKind::Member { .. } => {
                let texts = self.program.texts(file, name);
                matches!(&texts[..], [text] if text.text == key)
            }
            _ => false,
        }
    }

    /// `dict(…)`, `options.copy()`, `deepcopy(options)`, and what a function of the program gives.
    fn entry_of_call(&mut self, file: FileId, call: CallId, key: &str, way: &Way) -> bool {
        let facts = self.facts(file);
        let data = &facts[call];
        let arguments: Vec<Argument> = facts.arguments(data).to_vec();
        match facts[data.callee].kind {
            ExprKind::Name { name, .. } if facts.text(name) == "dict" => {
                let named = arguments
                    .iter()
                    .find(|argument| argument.keyword.is_some_and(|keyword| facts.text(keyword) == key));
                if let Some(argument) = named {
                    self.trace(file, argument.value, way);
                    return true;
                }
                let others = arguments.iter().filter(|argument| argument.keyword.is_none());
                return others.rev().any(|argument| self.entry(file, argument.value, key, way));
            }
            ExprKind::Member { object, name }
                if matches!(facts.text(name), "copy" | "clone") && arguments.is_empty() =>
            {
                return self.entry(file, object, key, way);
            }
            _ => {}
        }
        let mut is_known = false;
        for value in self.program.values(file, data.callee) {
            match value.origin {
                Origin::Function((at, function)) => {
                    let callee = self.facts(at);
                    for returned in callee.returns_of(function) {
                        if let Some(given) = returned.value {
                            is_known |= self.entry(at, given, key, &way.deeper(Confidence::Likely));
                        }
                    }
                }
                Origin::Library(node) => {
                    let copied = self
                        .program
                        .catalog()
                        .call(node)
                        .and_then(|entry| entry.returns_argument);
                    if let Some(argument) = copied.and_then(|position| arguments.get(position as usize)) {
                        is_known |= self.entry(file, argument.value, key, way);
                    }
                }
                _ => {}
            }
        }
        is_known
    }

    fn is_reference(&self, file: FileId, expr: ExprId) -> bool {
        matches!(
            self.facts(file)[expr].kind,
            ExprKind::Name { .. } | ExprKind::Member { .. }
        )
    }

    fn entry_of_reference(&mut self, file: FileId, mapping: ExprId, key: &str, way: &Way) -> bool {
        let mut is_known = false;
        for value in self.program.values(file, mapping) {
            let way = way.deeper(value.confidence);
            match value.origin {
                Origin::Written(at, written) if (at, written) != (file, mapping) && !self.is_reference(at, written) => {
                    is_known |= self.entry(at, written, key, &way);
                }
                Origin::Parameter(function, index) => is_known |= self.entry_of_parameter(function, index, key, &way),
                _ => {}
            }
        }
        let facts = self.facts(file);
        match facts[mapping].kind {
            // `self.options`
            ExprKind::Member { object, name } => {
                let mut stored = Tracing::new(self.program);
                if stored.trace_attribute(file, object, name, way) {
                    for mapping in stored.found {
                        let way = Way {
                            trail: mapping.trail,
                            confidence: mapping.confidence,
                            ..way.deeper(Confidence::Certain)
                        };
                        if !matches!(
                            self.facts(mapping.file)[mapping.expr].kind,
                            ExprKind::Name { .. } | ExprKind::Member { .. }
                        ) {
                            is_known |= self.entry(mapping.file, mapping.expr, key, &way);
                        }
                    }
                }
            }
            // `settings["jwt"]["options"]`
            ExprKind::Index { object, key: outer, .. } => {
                if let Some(outer) = text_of(facts, outer) {
                    let mut inner = Tracing::new(self.program);
                    inner.entry(file, object, outer, way);
                    for mapping in inner.found {
                        if (mapping.file, mapping.expr) != (file, object) {
                            let way = Way {
                                trail: mapping.trail,
                                confidence: mapping.confidence,
                                ..way.deeper(Confidence::Certain)
                            };
                            is_known |= self.entry(mapping.file, mapping.expr, key, &way);
                        }
                    }
                }
            }
            _ => {}
        }
        is_known
    }

    /// An entry of a mapping that callers pass, or of the keywords that they pass besides.
    fn entry_of_parameter(&mut self, function: FunctionRef, index: u32, key: &str, way: &Way) -> bool {
        let Some(parameter) = self.parameter(function, index) else {
            return false;
        };
        let mut is_known = false;
        let Some(callers) = self.callers(function, way) else {
            return false;
        };
        let is_rest = parameter.kind == ParameterKind::KeywordRest;
        if parameter.kind == ParameterKind::Rest {
            return false;
        }
        let name = if is_rest {
            key.to_owned()
        } else {
            self.facts(function.0).text(parameter.name).to_owned()
        };
        let mut is_defaulted = callers.is_empty();
        for caller in &callers {
            let facts = self.facts(caller.file);
            let passed = if is_rest {
                facts
                    .arguments(&facts[caller.call])
                    .iter()
                    .find(|argument| argument.keyword.is_some_and(|keyword| facts.text(keyword) == key))
                    .copied()
            } else {
                self.program.passed(caller, function, index)
            };
            let way = self.handed_by(caller, function, passed.map(|argument| argument.span), &name, way);
            match passed {
                Some(argument) if is_rest => {
                    is_known = true;
                    self.trace(caller.file, argument.value, &way);
                }
                Some(argument) => is_known |= self.entry(caller.file, argument.value, key, &way),
                None if is_rest => {
                    is_known |= self.spread(caller.file, caller.call, &[Meaning::Keyword(key.to_owned())], &way);
                }
                None => is_defaulted |= !self.is_spread(caller),
            }
        }
        if let Some(default) = parameter.default.filter(|_| is_defaulted) {
            is_known |= self.entry(function.0, default, key, way);
        }
        is_known
    }

    /// What is written into a mapping after it was made: `options["verify"] = …`, `options.update(…)`. Whether anything is, and whether
    /// that is all that counts because every way to the place passes it.
    fn written_later(
        &mut self,
        file: FileId,
        place: ExprId,
        scope: ScopeId,
        name: Name,
        key: &str,
        way: &Way,
    ) -> (bool, bool) {
        let facts = self.facts(file);
        let home = home_of(facts, scope, name);
        let place_span = facts[place].span;
        let is_it = |expr: ExprId| match facts[expr].kind {
            ExprKind::Name { name: other, scope } => other == name && home_of(facts, scope, other) == home,
            _ => false,
        };
        let is_before = |span: Span| {
            // Another function writes before this one reads, as far as one can tell.
            let around = self.program.scope_at(file, span);
            around.is_none_or(|around| facts.function_around(around) != facts.function_around(scope))
                || span.end <= place_span.start
        };
        // The written values with their places and whether every way passes them.
        let mut written: Vec<(Span, bool, Written)> = Vec::new();
        for store in &facts.stores {
            if let ExprKind::Index { object, key: at, .. } = facts[store.target].kind
                && is_it(object)
                && self.is_key(file, at, key)
                && let Some(value) = store.value
                && is_before(facts[store.target].span)
            {
                let always = facts[store.block].kind == BlockKind::Body;
                written.push((facts[store.target].span, always, Written::Value(value)));
            }
        }
        for call in &facts.calls {
            let ExprKind::Member { object, name: method } = facts[call.callee].kind else {
                continue;
            };
            if !is_it(object) || facts.text(method) != "update" || !is_before(facts[call.expr].span) {
                continue;
            }
            let always = facts[call.block].kind == BlockKind::Body;
            for argument in facts.arguments(call) {
                let of_keyword = argument.keyword.is_some_and(|keyword| facts.text(keyword) == key);
                if of_keyword {
                    written.push((facts[call.expr].span, always, Written::Value(argument.value)));
                } else if argument.keyword.is_none() {
                    written.push((facts[call.expr].span, false, Written::Mapping(argument.value)));
                }
            }
        }
        for binding in super::bindings::lookup(facts, scope, name).unwrap_or(&[]) {
            if let BindingKind::Changed(value) = binding.kind
                && is_before(binding.span)
            {
                written.push((binding.span, false, Written::Mapping(value)));
            }
        }
        written.sort_by_key(|(span, ..)| *span);
        let mut is_known = false;
        for (_, always, what) in written.into_iter().rev() {
            match what {
                Written::Value(value) => {
                    is_known = true;
                    self.trace(file, value, way);
                    if always {
                        return (true, true);
                    }
                }
                Written::Mapping(mapping) => is_known |= self.entry(file, mapping, key, way),
            }
        }
        (is_known, false)
    }
}

/// What is written into a mapping.
#[derive(Clone, Copy)]
enum Written {
    Value(ExprId),
    Mapping(ExprId),
}

fn text_of(facts: &FileFacts, expr: ExprId) -> Option<&str> {
    match facts[expr].kind {
        ExprKind::Text(text) => Some(facts.text(text)),
        _ => None,
    }
}

/// The scope that binds `name` as it is seen from `scope`.
fn home_of(facts: &FileFacts, scope: ScopeId, name: Name) -> Option<ScopeId> {
    let bindings = super::bindings::lookup(facts, scope, name)?;
    bindings.first().map(|binding| binding.scope)
}

/// The class whose instance the name is, where it is the first parameter of a method: `self`.
fn receiver_class(facts: &FileFacts, scope: ScopeId, name: Name) -> Option<crate::facts::ClassId> {
    let binding = super::bindings::lookup(facts, scope, name)?.first()?;
    match (binding.kind, facts[binding.scope].kind) {
        (BindingKind::Parameter(0), ScopeKind::Function(function)) => facts[function].class,
        _ => None,
    }
}
