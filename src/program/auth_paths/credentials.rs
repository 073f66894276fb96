//! Where the credential in an expression comes from: from which parameters of the function around it, or from the request that it
//! handles.
//!
//! A token that is read from a store or a configuration says nothing about who is calling. What comes from outside is told by data flow
//! where that is plain, and by names where it is not: `request.headers`, `credentials.token`.

use crate::facts::{Binding, BindingKind, CallId, ExprId, ExprKind, FileFacts, FunctionId, Name, ScopeId, ScopeKind};
use crate::program::names::Origin;
use crate::program::tokens::validation::names_within;
use crate::program::{Program, expressions_within};
use crate::source::FileId;
use rustc_hash::FxHashSet;

/// Locals are followed so far.
const MOST_STEPS: u32 = 6;
/// Parameters beyond this many are not told apart.
const MOST_PARAMETERS: u32 = 63;

/// What brings a credential into a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::program) enum Carriers {
    /// That is not known, or a request that is there for all functions does.
    Any,
    /// The object that it is a method of, which keeps the request.
    Itself,
    /// Some of its parameters, as bits by position; where there are none, nothing from outside does.
    Parameters(u64),
}

impl Carriers {
    pub(in crate::program) const NONE: Self = Self::Parameters(0);

    pub(in crate::program) fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Parameters(own), Self::Parameters(other)) => Self::Parameters(own | other),
            (Self::Itself, Self::Itself | Self::NONE) | (Self::NONE, Self::Itself) => Self::Itself,
            _ => Self::Any,
        }
    }

    /// The positions of the parameters.
    pub(in crate::program) fn positions(self) -> impl Iterator<Item = u32> {
        let bits = match self {
            Self::Any | Self::Itself => 0,
            Self::Parameters(bits) => bits,
        };
        (0..=MOST_PARAMETERS).filter(move |position| bits >> position & 1 == 1)
    }
}

impl Program<'_> {
    /// What brings the credential in `expr` into the function around it.
    pub(in crate::program) fn carriers(&self, file: FileId, expr: ExprId) -> Carriers {
        let facts = &self[file].facts;
        let Some(function) = scope_of(facts, expr).and_then(|scope| facts.function_around(scope)) else {
            return Carriers::Any;
        };
        let mut walk = CarrierWalk {
            program: self,
            file,
            facts,
            function,
            seen: FxHashSet::default(),
        };
        walk.of(expr, 0)
    }
}

impl Program<'_> {
    /// What brings a credential into the object that a method is called on.
    pub(in crate::program) fn carriers_of_object(&self, file: FileId, call: CallId) -> Carriers {
        let facts = &self[file].facts;
        let ExprKind::Member { object, .. } = facts[facts[call].callee].kind else {
            return Carriers::Any;
        };
        match facts[object].kind {
            ExprKind::Name { name, .. } if is_self(facts, name) => Carriers::Itself,
            // `super().authenticate()`
            ExprKind::Call(inner) if facts.arguments(&facts[inner]).is_empty() => match facts[facts[inner].callee].kind
            {
                ExprKind::Name { name, .. } if facts.text(name) == "super" => Carriers::Itself,
                _ => self.carriers(file, object),
            },
            _ => self.carriers(file, object),
        }
    }
}

/// The scope of the first name in an expression.
fn scope_of(facts: &FileFacts, expr: ExprId) -> Option<ScopeId> {
    names_in(facts, expr).next().map(|(_, scope, _)| scope)
}

/// The names in an expression, with where each stands.
fn names_in(facts: &FileFacts, expr: ExprId) -> impl Iterator<Item = (Name, ScopeId, ExprId)> {
    names_within(facts, facts[expr].span).filter_map(|at| match facts[at].kind {
        ExprKind::Name { name, scope } => Some((name, scope, at)),
        _ => None,
    })
}

/// What the expression around a name tells of it.
#[derive(Clone, Copy)]
struct About {
    /// The name is what the expression is about.
    is_root: bool,
    /// What the name holds goes into what the expression gives.
    is_plain: bool,
    /// The expression names something that comes from outside.
    says_so: bool,
    /// The expression calls something with arguments.
    is_argued: bool,
}

struct CarrierWalk<'p, 'a> {
    program: &'p Program<'a>,
    file: FileId,
    facts: &'p FileFacts,
    function: FunctionId,
    seen: FxHashSet<ExprId>,
}

impl CarrierWalk<'_, '_> {
    fn of(&mut self, expr: ExprId, step: u32) -> Carriers {
        if step > MOST_STEPS || !self.seen.insert(expr) {
            return Carriers::NONE;
        }
        if let ExprKind::Choice { options, how } = self.facts[expr].kind {
            let options = self.facts.options(options, how).iter();
            return options.fold(Carriers::NONE, |carriers, option| carriers.with(self.of(*option, step)));
        }
        let says_so = self.names_outside(expr);
        let root = self.root(expr);
        let is_kept = self.makes_object(expr);
        let mut carriers = Carriers::NONE;
        let names: Vec<(Name, ScopeId, ExprId)> = names_in(self.facts, expr).collect();
        for (name, scope, at) in names {
            // The application belongs to the server, whatever it is asked for by.
            if self.only_gives_application(expr, at) {
                continue;
            }
            // An argument of a call that looks something up by it brings nothing along, unless its name says so.
            let is_root = Some(at) == root;
            let is_plain = is_root || self.is_from_outside(name) || says_so || is_kept;
            let about = About {
                is_root,
                is_plain,
                says_so,
                is_argued: self.is_argued(expr),
            };
            carriers = carriers.with(self.of_name(name, scope, about, step));
        }
        carriers
    }

    /// Whether a name is only there to get at the application: `request.app.state.token`.
    fn only_gives_application(&self, expr: ExprId, name: ExprId) -> bool {
        let is_of_client = match self.facts[name].kind {
            ExprKind::Name { name, .. } => self.is_from_outside(name),
            _ => false,
        };
        if !is_of_client {
            return false;
        }
        let mut within = expressions_within(self.facts, self.facts[expr].span);
        within.any(|around| match self.facts[around].kind {
            ExprKind::Member { object, name: member } => {
                object == name && matches!(self.facts.text(member), "app" | "application")
            }
            _ => false,
        })
    }

    fn of_name(&mut self, name: Name, scope: ScopeId, about: About, step: u32) -> Carriers {
        let About {
            is_root,
            is_plain,
            says_so,
            is_argued,
        } = about;
        let facts = self.facts;
        // The program asked for it itself.
        if self.program.catalog.words().comes_from_server(facts.text(name)) {
            return Carriers::NONE;
        }
        let Some(bindings) = crate::program::bindings::lookup(facts, scope, name) else {
            return Carriers::NONE;
        };
        let own = facts[self.function].scope;
        let mut carriers = Carriers::NONE;
        for binding in bindings {
            let found = match binding.kind {
                BindingKind::Parameter(position) if binding.scope == own => {
                    if position == 0 && facts[self.function].class.is_some() && is_self(facts, name) {
                        if says_so { Carriers::Itself } else { Carriers::NONE }
                    } else if !is_plain {
                        Carriers::NONE
                    } else if position <= MOST_PARAMETERS {
                        Carriers::Parameters(1 << position)
                    } else {
                        Carriers::Any
                    }
                }
                // Of a function around this one.
                BindingKind::Parameter(_) => Carriers::Any,
                BindingKind::Value(value)
                | BindingKind::Unpacked { value, .. }
                | BindingKind::Element { over: value }
                | BindingKind::ElementUnpacked { over: value, .. }
                | BindingKind::Entered(value)
                | BindingKind::Changed(value)
                    if matches!(
                        facts[binding.scope].kind,
                        ScopeKind::Function(_) | ScopeKind::Comprehension
                    ) =>
                {
                    self.of(value, step + 1)
                }
                BindingKind::Import(_) if self.is_from_outside(name) || says_so && is_root => {
                    if self.only_works_on_arguments(binding, is_argued) {
                        Carriers::NONE
                    } else {
                        Carriers::Any
                    }
                }
                BindingKind::Unknown | BindingKind::Declared => Carriers::Any,
                _ => Carriers::NONE,
            };
            carriers = carriers.with(found);
        }
        carriers
    }

    /// Whether an imported name stands for what only works on arguments: a module or a class, and a function where it gets some.
    fn only_works_on_arguments(&self, binding: &Binding, is_argued: bool) -> bool {
        let values = self.program.bound(self.file, binding).into_iter();
        let mut origins = values.map(|value| value.origin).peekable();
        origins.peek().is_some()
            && origins.all(|origin| match origin {
                Origin::Module(_) | Origin::Class(_) => true,
                Origin::Function(_) => is_argued,
                _ => false,
            })
    }

    /// Whether an expression makes an object of a class of the program, which keeps what it is made with.
    fn makes_object(&self, expr: ExprId) -> bool {
        let ExprKind::Call(call) = self.facts[expr].kind else {
            return false;
        };
        let called = self.program.values(self.file, self.facts[call].callee);
        called.iter().any(|value| matches!(value.origin, Origin::Class(_)))
    }

    /// Whether an expression is a call with arguments, or begins with one.
    fn is_argued(&self, mut expr: ExprId) -> bool {
        loop {
            expr = match self.facts[expr].kind {
                ExprKind::Call(call) if !self.facts.arguments(&self.facts[call]).is_empty() => return true,
                ExprKind::Call(call) => self.facts[call].callee,
                ExprKind::Member { object, .. } | ExprKind::Index { object, .. } | ExprKind::Slice(object) => object,
                ExprKind::Through(inner) => inner,
                _ => return false,
            };
        }
    }

    /// The name that an expression is about: `raw` in `raw.split(".")[1]`.
    fn root(&self, mut expr: ExprId) -> Option<ExprId> {
        loop {
            expr = match self.facts[expr].kind {
                ExprKind::Name { .. } => return Some(expr),
                ExprKind::Member { object, .. } | ExprKind::Index { object, .. } | ExprKind::Slice(object) => object,
                ExprKind::Call(call) => match self.facts[self.facts[call].callee].kind {
                    ExprKind::Member { object, .. } => object,
                    _ => return None,
                },
                ExprKind::Through(inner) => inner,
                _ => return None,
            };
        }
    }

    /// Whether a member or a key in an expression is called like something that comes from outside.
    fn names_outside(&self, expr: ExprId) -> bool {
        let mut inside = expressions_within(self.facts, self.facts[expr].span);
        inside.any(|expr| match self.facts[expr].kind {
            ExprKind::Member { name, .. } | ExprKind::Text(name) => self.is_from_outside(name),
            _ => false,
        })
    }

    fn is_from_outside(&self, name: Name) -> bool {
        let words = self.program.catalog.words();
        let text = self.facts.text(name);
        words.carries_credential(text) || words.comes_from_client(text)
    }
}

fn is_self(facts: &FileFacts, name: Name) -> bool {
    matches!(facts.text(name), "self" | "cls")
}
