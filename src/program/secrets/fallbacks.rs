//! Secrets that are resolved by a chain of alternatives: another secret or a literal stands in where the first is not set.
//!
//! A chain is one expression (`a or b`, a default, a ternary), several assignments of one name (`if not key: key = …`, `except`),
//! several returns of one function, or a loop over names that leaves with the first that is set.

use super::{ReadBy, SecretRead, is_only_asked};
use crate::facts::{
    BindingKind, BlockId, BlockKind, Comparison, Exit, ExprId, ExprKind, FileFacts, FunctionId, How, Language, Name,
    Return, ScopeId,
};
use crate::finding::{Confidence, Site};
use crate::program::names::Origin;
use crate::program::{Program, ProgramFile};
use crate::source::{FileId, Span};
use rustc_hash::FxHashSet;
use std::collections::BTreeMap;

/// A secret that something else stands in for where it is not set.
#[derive(Clone, Debug)]
pub struct SecretFallback {
    /// The first read of the chain, the whole expression.
    pub primary: Site,
    /// The scope it runs in.
    pub scope: ScopeId,
    /// The settings that the first read can name.
    pub names: Vec<String>,
    /// What stands at the end.
    pub end: FallbackEnd,
    /// Where the end is written.
    pub end_site: Site,
    /// How it was resolved.
    pub confidence: Confidence,
}

/// What a chain ends in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FallbackEnd {
    /// Another secret, by its name.
    Secret(String),
    /// A literal.
    Literal,
    /// A literal that says that there is none: an empty string.
    Empty,
}

/// One of several ways to a value.
#[derive(Clone, Debug)]
struct Alternative {
    site: Site,
    kind: AlternativeKind,
}

#[derive(Clone, Debug)]
enum AlternativeKind {
    /// A read of a secret, by its place in the program's list.
    Read {
        names: Vec<String>,
        scope: ScopeId,
        confidence: Confidence,
    },
    /// A member with a secret's name: `settings.jwt_secret`.
    Field(String),
    Literal(String),
    Other,
}

impl Alternative {
    fn of_read(read: &SecretRead, site: Site) -> Self {
        let kind = AlternativeKind::Read {
            names: read.names.clone(),
            scope: read.scope,
            confidence: read.confidence,
        };
        Self { site, kind }
    }
}

/// Names, methods and conversions are looked through this deep.
const DEEPEST: u32 = 8;

impl Program<'_> {
    /// The secrets that something else stands in for, by the place of the first read; each read once.
    #[must_use]
    pub fn secret_fallbacks(&self) -> Vec<SecretFallback> {
        self.for_each_file(|file, data| {
            let has_reads = self.secret_reads().iter().any(|read| read.primary.file == file);
            if !has_reads || data.language == Language::Config {
                return Vec::new();
            }
            let mut found: BTreeMap<Site, SecretFallback> = BTreeMap::new();
            let chains = Chains {
                program: self,
                file,
                data,
            };
            for fallback in chains.all() {
                let known = found.get(&fallback.primary);
                if known.is_none_or(|known| gravity(&known.end) < gravity(&fallback.end)) {
                    found.insert(fallback.primary, fallback);
                }
            }
            found.into_values().collect()
        })
    }
}

fn gravity(end: &FallbackEnd) -> u8 {
    match end {
        FallbackEnd::Empty => 0,
        FallbackEnd::Secret(_) => 1,
        FallbackEnd::Literal => 2,
    }
}

struct Chains<'p> {
    program: &'p Program<'p>,
    file: FileId,
    data: &'p ProgramFile,
}

impl<'p> Chains<'p> {
    fn all(&self) -> Vec<SecretFallback> {
        let mut chains: Vec<Vec<Alternative>> = Vec::new();
        self.declared(&mut chains);
        self.expressions(&mut chains);
        self.assignments(&mut chains);
        self.returns(&mut chains);
        let mut found: Vec<SecretFallback> = chains.iter().filter_map(|chain| self.judge(chain)).collect();
        found.extend(self.loops());
        found
    }

    fn facts(&self) -> &'p FileFacts {
        &self.data.facts
    }

    fn own_reads(&self) -> impl Iterator<Item = (&'p SecretRead, ExprId)> {
        let reads = self.program.secret_reads().iter();
        let reads = reads.filter(|read| read.primary.file == self.file && read.by == ReadBy::Name);
        reads.filter_map(|read| Some((read, read.expr?)))
    }

    // Chains

    /// The defaults of fields and options that are filled from the settings.
    fn declared(&self, chains: &mut Vec<Vec<Alternative>>) {
        let reads = self.program.secret_reads().iter();
        let declared = reads.filter(|read| read.primary.file == self.file && read.expr.is_none());
        for read in declared {
            let Some(default) = read.default else { continue };
            let mut chain = vec![Alternative::of_read(read, read.primary)];
            self.collect(self.file, default, 0, &mut chain);
            chains.push(chain);
        }
    }

    /// `a or b`, ternaries, defaults.
    fn expressions(&self, chains: &mut Vec<Vec<Alternative>>) {
        let facts = self.facts();
        let places: Vec<Span> = self.own_reads().map(|(_, expr)| facts[expr].span).collect();
        let holding = facts.bindings.iter().filter(|binding| match binding.kind {
            BindingKind::Value(value) => places.iter().any(|place| facts[value].span.contains(*place)),
            _ => false,
        });
        let holding: FxHashSet<(ScopeId, Name)> = holding.map(|binding| (binding.scope, binding.name)).collect();
        // `key or "…"`, `key if key else "…"`, where `key` was read before
        let is_held = |option: &ExprId| match facts[*option].kind {
            ExprKind::Name { name, scope } => holding.contains(&(scope, name)),
            _ => false,
        };
        for (id, expr) in facts.numbered_exprs() {
            let ExprKind::Choice { options, how } = expr.kind else {
                continue;
            };
            let is_of_read = places.iter().any(|place| expr.span.contains(*place))
                || facts.options(options, how).iter().any(is_held);
            if is_of_read && !is_only_asked(facts, id) {
                chains.push(self.alternatives(id));
            }
        }
        let with_default = self.own_reads().filter(|(read, _)| read.default.is_some());
        chains.extend(with_default.map(|(_, expr)| self.alternatives(expr)));
    }

    /// `key = a`, and later `if not key: key = b` or `except KeyError: key = b`.
    fn assignments(&self, chains: &mut Vec<Vec<Alternative>>) {
        let facts = self.facts();
        for (_, expr) in self.own_reads() {
            let place = facts[expr].span;
            let holding = facts.bindings.iter().filter_map(|binding| match binding.kind {
                BindingKind::Value(value) if facts[value].span.contains(place) => Some((binding, value)),
                _ => None,
            });
            for (first, value) in holding {
                let mut chain = self.alternatives(value);
                let mut later: Vec<_> = facts
                    .bindings_of(first.scope, first.name)
                    .iter()
                    .filter(|other| other.span.start > first.span.start)
                    .collect();
                later.sort_by_key(|binding| binding.span);
                for other in later {
                    let BindingKind::Value(value) = other.kind else { break };
                    if !self.stands_in(other.block, first.name, first.block) {
                        break;
                    }
                    chain.extend(self.alternatives(value));
                }
                chains.push(chain);
            }
        }
    }

    /// Whether a block runs where `name`, or what `first` attempts, came to nothing.
    fn stands_in(&self, block: BlockId, name: Name, first: BlockId) -> bool {
        let facts = self.facts();
        match facts[block].kind {
            BlockKind::Branch { .. } => self.is_absence(block, name),
            BlockKind::Rescue { attempt, .. } => attempt == first,
            _ => false,
        }
    }

    /// `if a: return a` and `return b` behind it; `try: return a` and `except: return b`; `if not a: return b`.
    fn returns(&self, chains: &mut Vec<Vec<Alternative>>) {
        let facts = self.facts();
        let mut functions: Vec<FunctionId> = self
            .own_reads()
            .filter_map(|(read, _)| facts.function_around(read.scope))
            .collect();
        functions.sort_unstable();
        functions.dedup();
        for function in functions {
            let mut returns: Vec<&Return> = facts
                .returns_of(function)
                .iter()
                .filter(|returned| !returned.is_yield)
                .collect();
            returns.sort_by_key(|returned| returned.value.map(|value| facts[value].span));
            let mut chain: Vec<Alternative> = Vec::new();
            let mut attempts: Vec<BlockId> = Vec::new();
            for returned in returns {
                let Some(value) = returned.value else { continue };
                let block = &facts[returned.block];
                let follows = match block.kind {
                    BlockKind::Rescue { attempt, .. } => attempts.contains(&attempt),
                    _ => true,
                };
                let is_bound = || self.bound_before(function, value);
                let own = match block.kind {
                    BlockKind::Branch { .. } => match self.tested(returned.block) {
                        // `if a: return a`
                        Some((name, true)) if self.names(value, name) => is_bound(),
                        // `if not a: return b`
                        Some((name, false)) => {
                            let mut own = self.read_of(function, name, facts[value].span);
                            own.extend(self.alternatives(value));
                            own
                        }
                        _ => Vec::new(),
                    },
                    BlockKind::Attempt => {
                        attempts.push(returned.block);
                        self.alternatives(value)
                    }
                    // `Ok(key) => key`
                    BlockKind::Otherwise { attempt } => {
                        attempts.push(attempt);
                        is_bound()
                    }
                    BlockKind::Rescue { .. } if follows => self.alternatives(value),
                    BlockKind::Body if !chain.is_empty() => self.alternatives(value),
                    _ => Vec::new(),
                };
                chain.extend(own);
            }
            chains.push(chain);
        }
    }

    /// What a returned name was bound to.
    fn bound_before(&self, function: FunctionId, value: ExprId) -> Vec<Alternative> {
        let facts = self.facts();
        let mut name = value;
        while let ExprKind::Call(call) = facts[name].kind {
            let ExprKind::Member { object, .. } = facts[facts[call].callee].kind else {
                break;
            };
            name = object;
        }
        match facts[name].kind {
            ExprKind::Name { name, .. } => self.read_of(function, name, facts[value].span),
            _ => self.alternatives(value),
        }
    }

    fn read_of(&self, function: FunctionId, name: Name, place: Span) -> Vec<Alternative> {
        let facts = self.facts();
        let bindings = facts.bindings_of(facts[function].scope, name).iter();
        let before = bindings.filter(|binding| binding.span.start < place.start);
        match before
            .max_by_key(|binding| binding.span.start)
            .map(|binding| binding.kind)
        {
            Some(BindingKind::Value(value)) => self.alternatives(value),
            _ => Vec::new(),
        }
    }

    /// The name whose presence is the condition of a block, and whether it is there.
    fn tested(&self, block: BlockId) -> Option<(Name, bool)> {
        let facts = self.facts();
        let BlockKind::Branch { condition, holds } = facts[block].kind else {
            return None;
        };
        self.presence(condition, holds)
    }

    fn presence(&self, condition: ExprId, holds: bool) -> Option<(Name, bool)> {
        let facts = self.facts();
        match facts[condition].kind {
            ExprKind::Name { name, .. } => Some((name, holds)),
            ExprKind::Not(inner) => self.presence(inner, !holds),
            ExprKind::Compare { operator, left, right } => {
                let is_nothing = |side: ExprId| match facts[side].kind {
                    ExprKind::Nothing => true,
                    ExprKind::Text(text) => facts.text(text).is_empty(),
                    _ => false,
                };
                let (name, _) = self.presence(left, true).filter(|_| is_nothing(right))?;
                match operator {
                    Comparison::Equal => Some((name, !holds)),
                    Comparison::NotEqual => Some((name, holds)),
                    _ => None,
                }
            }
            // `if (key := read())`, `if key and key.strip()`
            ExprKind::Both(parts) if holds => self.presence(*facts.list(parts).first()?, holds),
            _ => {
                let place = facts[condition].span;
                let bound = facts.bindings.iter().find(|binding| {
                    matches!(binding.kind, BindingKind::Value(value) if value == condition)
                        && binding.span.end <= place.start
                })?;
                Some((bound.name, holds))
            }
        }
    }

    fn is_absence(&self, block: BlockId, name: Name) -> bool {
        self.tested(block) == Some((name, false))
    }

    fn names(&self, expr: ExprId, wanted: Name) -> bool {
        let facts = self.facts();
        let place = facts[expr].span;
        let is_it = |expr: &crate::facts::Expr| matches!(expr.kind, ExprKind::Name { name, .. } if name == wanted);
        facts.exprs_within(place).any(|(_, expr)| is_it(expr))
    }

    /// A loop over names that leaves with the first that is set.
    fn loops(&self) -> Vec<SecretFallback> {
        let facts = self.facts();
        let reads = self.own_reads().filter(|(read, _)| read.names.len() > 1);
        let found = reads.filter_map(|(read, expr)| {
            let place = facts[expr].span;
            if !self.leaves_loop(place) && !self.is_next(place) {
                return None;
            }
            let (first, others) = read.names.split_first()?;
            Some(SecretFallback {
                primary: Site {
                    file: self.file,
                    span: place,
                },
                scope: read.scope,
                names: vec![first.clone()],
                end: FallbackEnd::Secret(others.join(", ")),
                end_site: Site {
                    file: self.file,
                    span: place,
                },
                confidence: read.confidence,
            })
        });
        found.collect()
    }

    /// Whether the innermost loop around a place returns or breaks once a value is there.
    fn leaves_loop(&self, place: Span) -> bool {
        let facts = self.facts();
        let loops = facts
            .blocks
            .iter()
            .filter(|block| matches!(block.kind, BlockKind::Loop { .. }) && block.span.contains(place));
        let Some(innermost) = loops.min_by_key(|block| block.span.end - block.span.start) else {
            return false;
        };
        let mut read_names = facts.bindings.iter().filter_map(|binding| match binding.kind {
            BindingKind::Value(value) if facts[value].span.contains(place) => Some(binding.name),
            _ => None,
        });
        let Some(name) = read_names.next() else {
            return facts.returns.iter().any(|returned| {
                let is_inside = innermost.span.contains(facts[returned.block].span);
                is_inside && returned.value.is_some_and(|value| facts[value].span.contains(place))
            });
        };
        facts.numbered_blocks().any(|(id, block)| {
            let inside = innermost.span.contains(block.span) && self.tested(id) == Some((name, true));
            inside
                && match block.exit {
                    Exit::Returns(Some(value)) => self.names(value, name),
                    Exit::Jumps => true,
                    _ => false,
                }
        })
    }

    /// `next(read(name) for name in names if …)`
    fn is_next(&self, place: Span) -> bool {
        let facts = self.facts();
        facts.calls.iter().any(|call| {
            let is_next = matches!(facts[call.callee].kind, ExprKind::Name { name, .. } if facts.text(name) == "next");
            is_next
                && facts.arguments(call).first().is_some_and(|argument| {
                    matches!(facts[argument.value].kind, ExprKind::Each { .. })
                        && facts[argument.value].span.contains(place)
                })
        })
    }

    // Alternatives

    fn alternatives(&self, expr: ExprId) -> Vec<Alternative> {
        let mut found = Vec::new();
        self.collect(self.file, expr, 0, &mut found);
        found
    }

    fn collect(&self, file: FileId, expr: ExprId, depth: u32, out: &mut Vec<Alternative>) {
        let facts = &self.program[file].facts;
        let site = Site {
            file,
            span: facts[expr].span,
        };
        let mut add = |kind: AlternativeKind| out.push(Alternative { site, kind });
        if depth > DEEPEST {
            return add(AlternativeKind::Other);
        }
        if let Some(read) = self.program.secret_read_at(file, expr) {
            if read.by != ReadBy::Name {
                return add(AlternativeKind::Other);
            }
            out.push(Alternative::of_read(read, site));
            if let Some(default) = read.default {
                self.collect(file, default, depth + 1, out);
            }
            return;
        }
        match facts[expr].kind {
            ExprKind::Text(text) => add(AlternativeKind::Literal(facts.text(text).to_owned())),
            ExprKind::Through(inner) => self.collect(file, inner, depth + 1, out),
            ExprKind::Choice { options, how } => {
                let mut ordered = facts.options(options, how).to_vec();
                if how == How::ByCondition {
                    match self.present_option(file, facts.list(options)) {
                        Some(present) => ordered.sort_by_key(|option| *option != present),
                        None => return add(AlternativeKind::Other),
                    }
                }
                for option in ordered {
                    self.collect(file, option, depth + 1, out);
                }
            }
            ExprKind::Call(call) => match converted(facts, call) {
                Some(inner) => self.collect(file, inner, depth + 1, out),
                None => add(AlternativeKind::Other),
            },
            // `LOCAL_PLACEHOLDER_KEY` says what it holds.
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. }
                if self.program.catalog().words().says_made_up(facts.text(name)) =>
            {
                add(AlternativeKind::Literal(facts.text(name).to_owned()));
            }
            ExprKind::Name { .. } | ExprKind::Member { .. } => {
                let values = self.program.values(file, expr);
                let written: Vec<(FileId, ExprId)> = values
                    .iter()
                    .filter_map(|value| match value.origin {
                        Origin::Written(at, written) if (at, written) != (file, expr) => Some((at, written)),
                        _ => None,
                    })
                    .collect();
                match (&written[..], facts[expr].kind) {
                    ([(at, written)], _) if values.len() == 1 => self.collect(*at, *written, depth + 1, out),
                    (_, ExprKind::Member { name, .. }) if self.is_secret_field(facts.text(name)) => {
                        add(AlternativeKind::Field(facts.text(name).to_owned()));
                    }
                    _ => add(AlternativeKind::Other),
                }
            }
            _ => add(AlternativeKind::Other),
        }
    }

    fn is_secret_field(&self, name: &str) -> bool {
        self.program.catalog().words().is_secret(name)
    }

    /// The option that is taken where the secret that it is is there: `a` of `a if a else b`, and of `b if a is None else a`.
    fn present_option(&self, file: FileId, options: &[ExprId]) -> Option<ExprId> {
        let facts = &self.program[file].facts;
        let [first, second, .., condition] = *options else {
            return None;
        };
        let names_of = |around: Span| {
            let reads = self.program.secret_reads().iter();
            let inside = reads.filter(move |read| {
                let is_inside = |expr: ExprId| around.contains(facts[expr].span);
                read.primary.file == file && read.expr.is_some_and(is_inside)
            });
            inside.flat_map(|read| read.names.iter()).collect::<Vec<_>>()
        };
        // `"JWT_SECRET" in os.environ`
        let asked = match facts[condition].kind {
            ExprKind::Compare {
                operator: Comparison::In | Comparison::NotIn,
                left,
                ..
            } => match facts[left].kind {
                ExprKind::Text(text) => Some(facts.text(text)),
                _ => None,
            },
            _ => None,
        };
        let condition_names = names_of(facts[condition].span);
        let is_read_again = |option: ExprId| {
            let mut names = names_of(facts[option].span).into_iter();
            names.any(|name| condition_names.contains(&name) || asked == Some(name.as_str()))
        };
        // What other files say has its own turn.
        let tested = self.presence(condition, true).filter(|_| file == self.file);
        let is_named_again = |option: ExprId, is_there: bool| match (facts[option].kind, tested) {
            (ExprKind::Name { name, .. }, Some((tested, holds))) => name == tested && holds == is_there,
            _ => false,
        };
        if is_read_again(first) || is_named_again(first, true) {
            Some(first)
        } else if is_read_again(second) || is_named_again(second, false) {
            Some(second)
        } else {
            None
        }
    }

    // Judging

    fn judge(&self, chain: &[Alternative]) -> Option<SecretFallback> {
        let first = chain
            .iter()
            .position(|alternative| matches!(alternative.kind, AlternativeKind::Read { .. }))?;
        let AlternativeKind::Read {
            names,
            scope,
            confidence,
        } = &chain[first].kind
        else {
            return None;
        };
        let words = self.program.catalog().words();
        // `api_key = read() or "sk-placeholder"`, for a library that asks for one where none is needed
        let is_made_up =
            |text: &str| words.says_made_up(text) && names.iter().any(|name| words.is_made_up_key(name, text));
        let mut end = None;
        for alternative in &chain[first + 1..] {
            end = match &alternative.kind {
                AlternativeKind::Read { names: others, .. } if !is_same(names, others) => {
                    Some((FallbackEnd::Secret(others.join(", ")), alternative.site))
                }
                AlternativeKind::Field(name) if !self.is_field_of(names, name) => {
                    Some((FallbackEnd::Secret(name.clone()), alternative.site))
                }
                AlternativeKind::Literal(text) if words.means_nothing(text) || is_made_up(text) => {
                    end.or(Some((FallbackEnd::Empty, alternative.site)))
                }
                AlternativeKind::Literal(text) if !words.is_place(text) && !is_sentence(text) => {
                    Some((FallbackEnd::Literal, alternative.site))
                }
                // `read("KEY", "") or None`: what is empty is not what comes out.
                _ => end.filter(|(end, _)| *end != FallbackEnd::Empty),
            };
        }
        let (end, end_site) = end?;
        if end == FallbackEnd::Empty && self.asks_whether_set(chain[first].site.span, end_site) {
            return None;
        }
        if self.is_only_asked_later(chain[first].site) {
            return None;
        }
        // Reads of other files have their own turn.
        (chain[first].site.file == self.file).then(|| SecretFallback {
            primary: chain[first].site,
            scope: *scope,
            names: names.clone(),
            end,
            end_site,
            confidence: *confidence,
        })
    }
}

impl Chains<'_> {
    /// Whether the code asks if there is anything in what a read comes to: an empty default only keeps it from being `None`.
    fn asks_whether_set(&self, read: Span, empty: Site) -> bool {
        let facts = self.facts();
        let holds = |expr: ExprId| {
            let span = facts[expr].span;
            span.contains(read) && (empty.file != self.file || span.contains(empty.span))
        };
        // `try: key = read() except KeyError: key = ""`
        let is_emptied = |name: Name, scope: ScopeId| {
            facts.bindings_of(scope, name).iter().any(|binding| {
                matches!(binding.kind, BindingKind::Value(value) if empty.file == self.file && facts[value].span.contains(empty.span))
            })
        };
        let bound = facts.bindings.iter().filter_map(|binding| match binding.kind {
            BindingKind::Value(value)
                if holds(value) || (facts[value].span.contains(read) && is_emptied(binding.name, binding.scope)) =>
            {
                Some((binding.name, Some(binding.scope)))
            }
            _ => None,
        });
        let stored = facts.stores.iter().filter_map(|store| match facts[store.target].kind {
            ExprKind::Member { name, .. } if store.value.is_some_and(holds) => Some((name, None)),
            _ => None,
        });
        let holders: Vec<(Name, Option<ScopeId>)> = bound.chain(stored).collect();
        let is_it = |expr: ExprId| match facts[expr].kind {
            ExprKind::Name { name, scope } => holders.iter().any(|(holder, own)| {
                *holder == name && own.is_some_and(|own| own == scope || facts.bindings_of(scope, name).is_empty())
            }),
            ExprKind::Member { name, .. } => holders.contains(&(name, None)),
            // `if read("KEY", "")`, `if (read("KEY") or "").strip()`
            kind => holds(expr) && (facts[expr].span == read || matches!(kind, ExprKind::Choice { .. })),
        };
        let branches = facts.blocks.iter().filter_map(|block| match block.kind {
            BlockKind::Branch { condition, .. } => Some(condition),
            _ => None,
        });
        let choices = facts.exprs.iter().filter_map(|expr| match expr.kind {
            ExprKind::Choice { options, how } => match (how, facts.list(options)) {
                (How::ByCondition, [_, .., condition]) => Some(*condition),
                (_, [first, _, ..]) => Some(*first),
                _ => None,
            },
            _ => None,
        });
        // `bool(self.token)`
        let asked = facts
            .calls
            .iter()
            .filter(|call| matches!(facts[call.callee].kind, ExprKind::Name { name, .. } if facts.text(name) == "bool"))
            .filter_map(|call| facts.arguments(call).first().map(|argument| argument.value));
        branches
            .chain(choices)
            .chain(asked)
            .any(|condition| self.asks_for(condition, &is_it, 0))
    }

    /// Whether a name is bound to what a read comes to, and all that is done with it is to ask whether there is anything in it:
    /// `key = read("A") or read("B")`, `return "online" if key else "offline"`.
    fn is_only_asked_later(&self, read: Site) -> bool {
        let facts = self.facts();
        let is_of_read = |value: ExprId| {
            let value = match facts[value].kind {
                ExprKind::Call(call) => converted(facts, call).unwrap_or(value),
                _ => value,
            };
            let is_chain = matches!(facts[value].kind, ExprKind::Choice { .. }) || facts[value].span == read.span;
            read.file == self.file && is_chain && facts[value].span.contains(read.span)
        };
        let mut holders = facts.bindings.iter().filter(|binding| match binding.kind {
            BindingKind::Value(value) => is_of_read(value),
            _ => false,
        });
        let holder = holders
            .next()
            .filter(|holder| facts.function_around(holder.scope).is_some());
        let Some(holder) = holder else { return false };
        let is_inside = |scope: ScopeId| {
            let around = std::iter::successors(Some(scope), |scope| facts[*scope].parent);
            around.into_iter().any(|scope| scope == holder.scope)
        };
        let used: Vec<ExprId> = facts
            .numbered_exprs()
            .filter(|(_, expr)| {
                let is_it =
                    matches!(expr.kind, ExprKind::Name { name, scope } if name == holder.name && is_inside(scope));
                is_it
                    && !facts
                        .bindings_of(holder.scope, holder.name)
                        .iter()
                        .any(|own| own.span == expr.span)
            })
            .map(|(id, _)| id)
            .collect();
        let conditions: Vec<ExprId> = self.conditions().collect();
        let is_asked = |used: ExprId| {
            let mut own = conditions
                .iter()
                .filter(|condition| facts[**condition].span.contains(facts[used].span));
            own.any(|condition| self.asks_for(*condition, &|expr| expr == used, 0))
        };
        !used.is_empty() && used.into_iter().all(is_asked)
    }

    /// What decides which way is taken.
    fn conditions(&self) -> impl Iterator<Item = ExprId> {
        let facts = self.facts();
        let branches = facts.blocks.iter().filter_map(|block| match block.kind {
            BlockKind::Branch { condition, .. } => Some(condition),
            _ => None,
        });
        let choices = facts.exprs.iter().filter_map(|expr| match expr.kind {
            ExprKind::Choice {
                options,
                how: How::ByCondition,
            } => facts.list(options).last().copied(),
            _ => None,
        });
        branches.chain(choices)
    }

    /// Whether a field holds the same as a setting: what a service gave out is kept in one that is called like it (`OPENAI_API_KEY`
    /// and `settings.api_key`).
    fn is_field_of(&self, names: &[String], field: &str) -> bool {
        let words = self.program.catalog().words();
        let is_of = |name: &String| {
            let (name, field) = (name.to_ascii_uppercase(), field.to_ascii_uppercase());
            words.is_made_up_key(&name, "") && name.strip_suffix(&field).is_some_and(|before| before.ends_with('_'))
        };
        is_same(names, &[field.to_owned()]) || names.iter().any(is_of)
    }

    /// Whether a condition asks if something is there: by its truth, its length, or in comparison with nothing.
    fn asks_for(&self, condition: ExprId, is_it: &dyn Fn(ExprId) -> bool, depth: u32) -> bool {
        let facts = self.facts();
        let any = |parts: &[ExprId]| parts.iter().any(|part| self.asks_for(*part, is_it, depth + 1));
        if depth > DEEPEST {
            return false;
        }
        if is_it(condition) {
            return true;
        }
        match facts[condition].kind {
            ExprKind::Not(inner) | ExprKind::Through(inner) => any(&[inner]),
            ExprKind::Both(parts) => any(facts.list(parts)),
            ExprKind::Choice { options, .. } => any(facts.list(options)),
            ExprKind::Compare { left, right, .. } => match facts[right].kind {
                ExprKind::Nothing => any(&[left]),
                ExprKind::Text(text) if self.program.catalog().words().means_nothing(facts.text(text)) => any(&[left]),
                ExprKind::Number(_) => any(&[left]),
                _ => false,
            },
            ExprKind::Call(call) => match (facts[facts[call].callee].kind, facts.arguments(&facts[call])) {
                (ExprKind::Name { name, .. }, [argument])
                    if matches!(facts.text(name), "all" | "any" | "bool" | "len") =>
                {
                    any(&[argument.value])
                }
                (ExprKind::Member { object, .. }, []) => any(&[object]),
                // `settings.get("token", read()) or None`
                (ExprKind::Member { name, .. }, [_, default]) if facts.text(name) == "get" => any(&[default.value]),
                _ => false,
            },
            ExprKind::Group(parts) => any(facts.list(parts)),
            _ => false,
        }
    }
}

/// Whether two reads name the same settings, in whatever case.
fn is_same(names: &[String], others: &[String]) -> bool {
    names
        .iter()
        .any(|name| others.iter().any(|other| other.eq_ignore_ascii_case(name)))
}

/// The value that a conversion gives in another form: `x.strip()`, `str(x)`, `SecretStr(x)`.
pub(in crate::program) fn converted(facts: &FileFacts, call: crate::facts::CallId) -> Option<ExprId> {
    let call = &facts[call];
    let arguments = facts.arguments(call);
    match (facts[call.callee].kind, arguments) {
        (ExprKind::Member { object, name }, _) => {
            let keeps = matches!(
                facts.text(name),
                "as_bytes"
                    | "decode"
                    | "encode"
                    | "get_secret_value"
                    | "into_bytes"
                    | "lower"
                    | "strip"
                    | "trim"
                    | "upper"
            );
            keeps.then_some(object)
        }
        (ExprKind::Name { name, .. }, [argument]) => {
            let converts = matches!(facts.text(name), "SecretStr" | "bytes" | "cast" | "str");
            converts.then_some(argument.value)
        }
        _ => None,
    }
}

/// Whether a text is one that people read, and stands in for nothing: what is returned where something is missing.
fn is_sentence(text: &str) -> bool {
    text.split_ascii_whitespace().count() > 2
}
