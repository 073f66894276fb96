//! Who calls whom in Rust.
//!
//! Rust says what types things have wherever they are declared, so that receivers are mostly found without a type checker: `paths` says
//! what a path names, `written` what a type as it is written is a type of, `values` what type an expression has, `methods` which
//! functions a method call on a type may run. What is generic is known by its bounds, and what wraps another type (`Arc`, `Mutex`,
//! `Option`, a future) is taken for what is inside. `edges` reads the calls off; `callers` does so only for what rules ask about;
//! `entries` says where libraries and people enter.

mod callers;
mod edges;
mod entries;
mod index;
mod methods;
mod paths;
mod routers;
mod values;
mod variants;
mod written;

pub(super) use callers::follow;
pub(super) use edges::RustWalk;
pub(super) use entries::{entries, made_runtimes};
pub(super) use index::Index;
pub(super) use routers::mounted;
pub(super) use values::is_of_wrappers;
pub(super) use variants::is_variant;

use super::Program;
use super::modules::Place;
use super::names::{ClassRef, FunctionRef};
use crate::catalog::Node;
use crate::facts::{BindingId, ExprId, FileFacts, ImportId, Name, ScopeId};
use crate::finding::Confidence;
use crate::source::FileId;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// What a value is, as far as its type is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    /// A struct or enum of the program, or whatever implements a trait of it.
    Class(ClassRef),
    /// A type of the catalog.
    Library(Node),
    /// A function or closure itself.
    Function(FunctionRef),
    /// A container, by the type that is written for it: `Vec<T>`, `(A, B)`.
    Written(FileId, ExprId),
    /// A list or tuple that is written out.
    Group(FileId, ExprId),
    /// A type of a library that nothing is known of, or one of the language.
    Foreign,
}

/// What a value can be; empty where nothing is known.
type Types = SmallVec<[Type; 2]>;

/// What a path can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Item {
    Module(Place),
    Class(ClassRef),
    Function(FunctionRef),
    Library(Node),
    /// A constant, a static, a variant, an alias, or a type parameter.
    Bound(FileId, BindingId),
}

type Items = SmallVec<[Item; 1]>;

/// A function that a call may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Target {
    function: FunctionRef,
    /// How many parameters the receiver fills.
    offset: u32,
    confidence: Confidence,
}

type Targets = SmallVec<[Target; 1]>;

/// More types than this are not told apart.
const MOST_TYPES: usize = 6;
/// Questions that questions raise are followed this deep.
const DEEPEST: u32 = 40;

/// Finds types, and keeps what it found.
pub(super) struct Typing<'p, 'a> {
    program: &'p Program<'a>,
    index: &'p Index<'p>,
    values: FxHashMap<(FileId, ExprId), Types>,
    written: FxHashMap<(FileId, ExprId), Types>,
    paths: FxHashMap<(FileId, ExprId), Items>,
    imports: FxHashMap<(FileId, ImportId), Items>,
    free: FxHashMap<(FileId, ScopeId, Name), Items>,
    methods: FxHashMap<(ClassRef, &'p str), Targets>,
    by_name: FxHashMap<(FileId, &'p str, bool), Targets>,
    depth: u32,
}

impl<'p, 'a> Typing<'p, 'a> {
    pub(super) fn new(program: &'p Program<'a>, index: &'p Index<'p>) -> Self {
        Self {
            program,
            index,
            values: FxHashMap::default(),
            written: FxHashMap::default(),
            paths: FxHashMap::default(),
            imports: FxHashMap::default(),
            free: FxHashMap::default(),
            methods: FxHashMap::default(),
            by_name: FxHashMap::default(),
            depth: 0,
        }
    }

    fn facts(&self, file: FileId) -> &'p FileFacts {
        &self.program[file].facts
    }

    /// Answers a question that others led to, unless they are too many.
    fn deeper<T: Default>(&mut self, ask: impl FnOnce(&mut Self) -> T) -> T {
        if self.depth >= DEEPEST {
            return T::default();
        }
        self.depth += 1;
        let answer = ask(self);
        self.depth -= 1;
        answer
    }
}

fn add<T: PartialEq, const N: usize>(into: &mut SmallVec<[T; N]>, found: impl IntoIterator<Item = T>)
where
    [T; N]: smallvec::Array<Item = T>,
{
    for one in found {
        if into.len() < MOST_TYPES && !into.contains(&one) {
            into.push(one);
        }
    }
}
