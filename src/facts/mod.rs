//! What one file says, in no particular language: the data every later stage reads.
//!
//! Facts are a function of the file's text alone. They know no other file, no catalog, no settings and no syntax tree, and hold
//! no logic beyond look-ups; so they can cross threads, be cached, and be compared between languages
//! (`fixtures/facts/`). Start with [`FileFacts`], then [`Expr`] (what is said) and [`Block`] (under which conditions).
//!
//! Everything lies in flat arenas and is named by a 32-bit id that is only meaningful inside its file.

mod dump;
mod names;
mod places;

pub use dump::dump;
pub use names::{Name, NameBuilder, Names};
pub(crate) use places::Places;

use crate::source::Span;
use std::ops::Index;

/// Declares an arena id: a 32-bit index of one kind of fact, and the look-ups in [`FileFacts`] that belong to it.
macro_rules! arena_ids {
    ($($(#[$doc:meta])* $id:ident($fact:ty) in $arena:ident, $numbered:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $id(pub u32);

        impl $id {
            /// Names the fact at `index` of its arena.
            #[must_use]
            pub fn at(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }
        }

        impl FileFacts {
            /// The facts of one kind with their ids, in order.
            pub fn $numbered(&self) -> impl ExactSizeIterator<Item = ($id, &$fact)> + DoubleEndedIterator {
                self.$arena.iter().enumerate().map(|(index, fact)| ($id::at(index), fact))
            }
        }

        impl Index<$id> for FileFacts {
            type Output = $fact;
            fn index(&self, id: $id) -> &$fact {
                &self.$arena[id.0 as usize]
            }
        }
    )*};
}

arena_ids! {
    /// Names an [`Expr`].
    ExprId(Expr) in exprs, numbered_exprs;
    /// Names a [`Scope`].
    ScopeId(Scope) in scopes, numbered_scopes;
    /// Names a [`Binding`].
    BindingId(Binding) in bindings, numbered_bindings;
    /// Names an [`Import`].
    ImportId(Import) in imports, numbered_imports;
    /// Names a [`Function`].
    FunctionId(Function) in functions, numbered_functions;
    /// Names a [`Class`].
    ClassId(Class) in classes, numbered_classes;
    /// Names a [`Module`].
    ModuleId(Module) in modules, numbered_modules;
    /// Names a [`Call`].
    CallId(Call) in calls, numbered_calls;
    /// Names a [`Block`].
    BlockId(Block) in blocks, numbered_blocks;
}

/// The scope of a file's own statements; every file has it.
pub const MODULE_SCOPE: ScopeId = ScopeId(0);
/// The block of a file's own statements; every file has it.
pub const MODULE_BLOCK: BlockId = BlockId(0);

/// A contiguous stretch of a side arena.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// Index of the first element.
    pub start: u32,
    /// Number of elements.
    pub len: u32,
}

/// All of a file.
const EVERYWHERE: Span = Span {
    start: 0,
    end: u32::MAX,
};

impl Range {
    fn of<T>(self, arena: &[T]) -> &[T] {
        &arena[self.start as usize..(self.start + self.len) as usize]
    }
}

/// The language a file is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    /// Python source.
    Python,
    /// Rust source.
    Rust,
    /// A configuration file: settings with keys and values, no code.
    Config,
}

impl Language {
    /// The name, as reports and rule pages write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Rust => "rust",
            Self::Config => "config",
        }
    }
}

/// All that one file says.
#[derive(Debug, Default)]
pub struct FileFacts {
    /// Every identifier and every string of the file, once.
    pub names: Names,
    /// Where names are bound. `scopes[0]` is the module.
    pub scopes: Vec<Scope>,
    /// What names are bound to, sorted by (scope, name, place).
    pub bindings: Vec<Binding>,
    /// Where the bindings of each scope begin; those of the last scope end with the arena.
    pub(crate) first_bindings: Vec<u32>,
    /// The name of each binding: what is searched lies close together.
    pub(crate) bound_names: Vec<Name>,
    /// Names that come from elsewhere.
    pub imports: Vec<Import>,
    /// Functions, methods and lambdas.
    pub functions: Vec<Function>,
    /// Classes, structs, enums and traits, and the blocks that add members to one (`impl`).
    pub classes: Vec<Class>,
    /// What the variants of enumerations hold by position: `Circle(Circle)`.
    pub payloads: Vec<Payload>,
    /// Modules that the file declares: `mod name;`, `mod name { … }`. The file itself is none of them.
    pub modules: Vec<Module>,
    /// Calls, in the order their expressions end.
    pub calls: Vec<Call>,
    /// The types that calls are told to give, in the order of the calls: `from_env::<Settings>()`. Only types with a name of
    /// their own are kept, and no others than those a program may define.
    pub asked_types: Vec<(CallId, ExprId)>,
    /// Stretches of statements and the condition they run under. `blocks[0]` is the module.
    pub blocks: Vec<Block>,
    /// Every expression a later stage can ask for.
    pub exprs: Vec<Expr>,
    /// Where they stand among each other.
    pub(crate) places: Places,
    /// Values written to something that is no plain name: `self.x = v`, `d["k"] = v`.
    pub stores: Vec<Store>,
    /// Members that are deleted: `del self.x`.
    pub deletions: Vec<ExprId>,
    /// `return` and `yield` statements and tail expressions, those of each function together, in order.
    pub returns: Vec<Return>,
    /// Lines of a configuration file.
    pub config: Vec<Setting>,
    /// Code that exists in test builds alone (`#[test]`, `#[cfg(test)]`), in order; none lies inside another.
    pub tests: Vec<Span>,
    /// Comments, in order.
    pub comments: Vec<Comment>,
    /// Waivers found in the comments.
    pub waivers: Vec<Waiver>,
    /// What could not be read, in order. A file with problems still has the facts of the rest.
    pub problems: Vec<Problem>,
    /// Where one more import can stand: behind the last of those that the file begins with, at the start of a line.
    pub imports_end: Option<u32>,
    /// Number of lines.
    pub lines: u32,
    /// Side arenas for [`Range`]s.
    pub lists: Lists,
}

/// The side arenas that [`Range`]s point into.
#[derive(Debug, Default)]
pub struct Lists {
    pub(crate) exprs: Vec<ExprId>,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) names: Vec<Name>,
    pub(crate) entries: Vec<(Option<ExprId>, ExprId)>,
}

/// An expression. Its span ends with the last token of the expression; for [`ExprKind::Member`] with the member's name.
#[derive(Clone, Copy, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is, after language built-ins were lowered: `a or b`, a ternary and `.unwrap_or(b)` are one `Choice`.
///
/// A new kind needs two rules that ask for it, and must be producible by both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExprKind {
    /// A string or byte string literal.
    Text(Name),
    /// A boolean literal.
    Truth(bool),
    /// A number literal, as written.
    Number(Name),
    /// `None`, `()`.
    Nothing,
    /// A name, looked up from the scope it is used in. In Rust a path may begin with `crate`, `super` or `Self`; a macro's name
    /// ends with `!`.
    Name { name: Name, scope: ScopeId },
    /// `object.name`, `object::name`.
    Member { object: ExprId, name: Name },
    /// `object[key]`, read or written.
    Index {
        object: ExprId,
        key: ExprId,
        access: Access,
    },
    /// A call; its parts lie in [`FileFacts::calls`].
    Call(CallId),
    /// A string put together from parts: f-strings, `format!`, `+` with a string literal, `%`.
    Template(Range),
    /// One of several values: `a or b`, ternary, `.unwrap_or(b)`, `if let … else`.
    Choice { options: Range, how: How },
    /// A comparison or a membership test.
    Compare {
        operator: Comparison,
        left: ExprId,
        right: ExprId,
    },
    /// Boolean negation.
    Not(ExprId),
    /// `a and b`.
    Both(Range),
    /// A list, tuple or set literal.
    Group(Range),
    /// A mapping literal; an entry without a key is spliced in (`**other`).
    Table(Range),
    /// A comprehension or generator: `element` for each round of its loops (whose variables are bound in `scope`).
    Each { element: ExprId, scope: ScopeId },
    /// `object[a:b]`.
    Slice(ExprId),
    /// A lambda or closure.
    Lambda(FunctionId),
    /// `*x`, `**x` in a literal; `yield x`: the value passes through.
    Through(ExprId),
    /// Anything else; its parts are lowered but not named here.
    Opaque,
}

/// How an indexed or dotted place is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Its value is read.
    Read,
    /// It is assigned.
    Write,
    /// It is deleted.
    Delete,
}

/// Which of a choice's options is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The first that is truthy or present: `a or b`, `.or_else(…)`, `.unwrap_or(…)`.
    FirstPresent,
    /// By a condition, which is the range's last element: ternary, `if`/`match` as expressions.
    ByCondition,
    /// One or the other, or both: a union of types, `a | b`.
    Either,
}

/// The operator of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`, `is`.
    Equal,
    /// `!=`, `is not`.
    NotEqual,
    /// `in`.
    In,
    /// `not in`.
    NotIn,
    /// `<`, `<=`, `>`, `>=`.
    Order,
}

/// A region in which names are bound.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// What makes it.
    pub kind: ScopeKind,
    /// The scope around it; none for the module.
    pub parent: Option<ScopeId>,
}

/// What makes a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// The file.
    Module,
    /// A module inside the file: sees its own names only, not those of the scopes around it.
    Inline(ModuleId),
    /// A class body: visible to its own statements only, not to the functions in it.
    Class(ClassId),
    /// A function, method or lambda.
    Function(FunctionId),
    /// A comprehension.
    Comprehension,
}

/// One way a name gets its value.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where the name is visible.
    pub scope: ScopeId,
    /// The name.
    pub name: Name,
    /// What it is bound to.
    pub kind: BindingKind,
    /// What it is declared to be: `x: T = …`.
    pub annotation: Option<ExprId>,
    /// Attributes of a field, variant, constant or static: `#[arg(env = "PORT")] port: u16`.
    pub decorators: Range,
    /// The name's token.
    pub span: Span,
    /// The block whose running binds it.
    pub block: BlockId,
}

/// What a name is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindingKind {
    /// Something from elsewhere.
    Import(ImportId),
    /// A function definition.
    Function(FunctionId),
    /// A class definition.
    Class(ClassId),
    /// A module declaration.
    Module(ModuleId),
    /// `name = value`.
    Value(ExprId),
    /// One position of `a, b = value`.
    Unpacked { value: ExprId, position: u32 },
    /// Each element of `over` in turn.
    Element { over: ExprId },
    /// One position of each element of `over`: `for a, b in over`.
    ElementUnpacked { over: ExprId, position: u32 },
    /// A parameter of the scope's function.
    Parameter(u32),
    /// `with value as name`.
    Entered(ExprId),
    /// `except E as name`; the caught types if any are named.
    Caught(Option<ExprId>),
    /// `name += value`.
    Changed(ExprId),
    /// Declared without a value: `name: T`.
    Declared,
    /// Bound in a way that says nothing about the value: `match` captures, type parameters.
    Unknown,
    /// Unbound again: `del name`.
    Deleted,
}

/// A name that comes from elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// Where the path starts.
    pub anchor: Anchor,
    /// The path as written: `import a.b as c` is `a.b`, `from a import b` is `a.b` with [`Import::member`].
    pub path: Range,
    /// Whether the last segment is looked up *in* what the rest names.
    pub member: bool,
    /// `from a import *`, `use a::*`: binds every public name of `path`.
    pub star: bool,
    /// Whether other modules see the name through this one: `pub use`, `pub(crate) use`; always so in Python. (In Rust the modules
    /// inside this one see the others, too.)
    pub exported: bool,
    /// The scope that gets the name.
    pub scope: ScopeId,
    /// The block that runs it.
    pub block: BlockId,
    /// The imported name's token.
    pub span: Span,
}

/// Where an import path starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// At the source roots and libraries; in Rust first at the names of the scope itself.
    Absolute,
    /// This many packages up: `from . import x` is 1; `super::` is 1, `self::` is 0.
    Up(u32),
    /// At the root of this crate.
    Root,
}

/// A function, method or lambda.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name; none for lambdas and closures.
    pub name: Option<Name>,
    /// The name's token, or the whole lambda.
    pub span: Span,
    /// From the first decorator to the end of the body.
    pub extent: Span,
    /// The scope it is defined in.
    pub parent: ScopeId,
    /// The scope of its parameters and locals.
    pub scope: ScopeId,
    /// The class whose body holds it directly.
    pub class: Option<ClassId>,
    /// Its parameters, in order.
    pub parameters: Range,
    /// Its decorators or attributes, outermost first.
    pub decorators: Range,
    /// The declared return type.
    pub returns: Option<ExprId>,
    /// The block of its body.
    pub body: BlockId,
    /// The block that runs the definition.
    pub block: BlockId,
    /// `async def`, `async fn`, async closure.
    pub is_async: bool,
    /// Whether its body yields.
    pub is_generator: bool,
    /// Marked as a test by the language itself (`#[test]`, or inside `#[cfg(test)]`).
    pub is_test: bool,
}

/// A parameter of a function.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: Name,
    /// How arguments reach it.
    pub kind: ParameterKind,
    /// Its default value.
    pub default: Option<ExprId>,
    /// Its declared type.
    pub annotation: Option<ExprId>,
    /// The name's token.
    pub span: Span,
}

/// How arguments reach a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterKind {
    /// By position only.
    Positional,
    /// By position or keyword.
    Either,
    /// By keyword only.
    Keyword,
    /// The remaining positions: `*args`.
    Rest,
    /// The remaining keywords: `**kwargs`.
    KeywordRest,
}

/// A class, struct, enum or trait, or a block that adds members to one.
#[derive(Clone, Copy, Debug)]
pub struct Class {
    /// Its name; for a block that adds members the last segment of the type's.
    pub name: Name,
    /// The name's token.
    pub span: Span,
    /// The type that gets these members and bases, where they are added from outside its body: `impl Type`, `impl Trait for Type`
    /// (the trait is a base). Such a block binds no name. None for a definition.
    pub extends: Option<ExprId>,
    /// From the first decorator to the end of the body.
    pub extent: Span,
    /// The scope it is defined in.
    pub parent: ScopeId,
    /// The scope of its members.
    pub scope: ScopeId,
    /// Its bases, in order.
    pub bases: Range,
    /// Its decorators or attributes.
    pub decorators: Range,
    /// The block of its body.
    pub body: BlockId,
    /// The block that runs the definition.
    pub block: BlockId,
}

/// A module that a file declares.
#[derive(Clone, Copy, Debug)]
pub struct Module {
    /// Its name.
    pub name: Name,
    /// The name's token.
    pub span: Span,
    /// From the first attribute to the end.
    pub extent: Span,
    /// The scope it is declared in.
    pub parent: ScopeId,
    /// The scope of its names, where its body stands here; none where it is a file of its own.
    pub scope: Option<ScopeId>,
    /// The file that holds it, as written: `#[path = "other.rs"]`.
    pub file: Option<Name>,
    /// Its attributes.
    pub decorators: Range,
    /// Whether other modules may name it: `pub mod`.
    pub exported: bool,
    /// The block that declares it.
    pub block: BlockId,
}

/// A call.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// The called expression.
    pub callee: ExprId,
    /// Its arguments, in order.
    pub arguments: Range,
    /// The call as an expression.
    pub expr: ExprId,
    /// The block it runs in.
    pub block: BlockId,
    /// The scope it runs in.
    pub scope: ScopeId,
    /// Whether its result is awaited on the spot.
    pub awaited: bool,
    /// Whether it is a statement of its own, its result dropped.
    pub discarded: bool,
}

/// An argument of a call.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// `keyword=value`.
    pub keyword: Option<Name>,
    /// The keyword's token, or the value.
    pub span: Span,
    /// What is passed.
    pub value: ExprId,
    /// `*value` or (without a keyword, with `is_table`) `**value`.
    pub splat: Splat,
}

/// Whether an argument is spread over several parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Splat {
    /// One argument.
    No,
    /// `*value`.
    Positions,
    /// `**value`.
    Keywords,
}

/// A stretch of statements that run under one condition.
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The scope its statements run in.
    pub scope: ScopeId,
    /// The block around it; none for the module. A function's body has the block that defines the function.
    pub parent: Option<BlockId>,
    /// What makes it run.
    pub kind: BlockKind,
    /// How its last statement leaves it.
    pub exit: Exit,
    /// Its statements.
    pub span: Span,
}

/// What makes a block run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    /// The statements of a module, class or function.
    Body,
    /// `if __name__ == "__main__"`, `fn main`.
    Main,
    /// The condition came out as `holds`: the arms of `if`, `elif`, `while`, `match`.
    Branch { condition: ExprId, holds: bool },
    /// Statements whose failure is caught by the [`BlockKind::Rescue`] blocks that name it.
    Attempt,
    /// Runs when `attempt` failed with one of `catches` (anything, if none are named).
    Rescue { attempt: BlockId, catches: Option<ExprId> },
    /// Runs when `attempt` did not fail: `else` of a `try`.
    Otherwise { attempt: BlockId },
    /// Runs in any case: `finally`.
    Always,
    /// Runs once a round; `awaits` says that each round is waited for: `async for`.
    Loop { over: Option<ExprId>, awaits: bool },
    /// Runs inside the context of `entered`: `with`; `awaits` says that entering and leaving is waited for: `async with`.
    Within { entered: ExprId, awaits: bool },
}

/// How a block's last statement leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It goes on behind the block.
    FallsThrough,
    /// It returns from the function.
    Returns(Option<ExprId>),
    /// It raises or panics.
    Raises(Option<ExprId>),
    /// `break`, `continue`.
    Jumps,
}

/// A value written to something that is no plain name.
#[derive(Clone, Copy, Debug)]
pub struct Store {
    /// The written place: a member or an index.
    pub target: ExprId,
    /// The value; none where it is not one expression (`a.x, b.x = f()`).
    pub value: Option<ExprId>,
    /// The declared type.
    pub annotation: Option<ExprId>,
    /// The block that runs it.
    pub block: BlockId,
}

/// What a variant of an enumeration holds at one position.
#[derive(Clone, Copy, Debug)]
pub struct Payload {
    /// The enumeration.
    pub class: ClassId,
    /// The variant.
    pub variant: Name,
    /// The position.
    pub position: u32,
    /// The type as it is written.
    pub written: ExprId,
}

/// A value handed back by a function.
#[derive(Clone, Copy, Debug)]
pub struct Return {
    /// The function it returns from.
    pub function: FunctionId,
    /// The value.
    pub value: Option<ExprId>,
    /// The block that runs it.
    pub block: BlockId,
    /// Whether it is a `yield`.
    pub is_yield: bool,
}

/// One setting of a configuration file.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The keys from the outermost to its own: `services.api.environment.SKIP_AUTH`. An item of a sequence has those of the
    /// sequence.
    pub path: Range,
    /// Its value.
    pub value: Scalar,
    /// The own key's token; an item of a sequence has none and is it itself.
    pub key_span: Span,
    /// The value's token, quotes included.
    pub value_span: Span,
    /// Whether that token holds the value as it reads; that of an alias, which stands elsewhere, does not.
    pub is_verbatim: bool,
}

/// The value of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Text, as it reads after unquoting; of a very long one only the start.
    Text(Name),
    /// A boolean of the file's own syntax (`true` in YAML is one, `"true"` is text), and how it is written there: `Off`.
    Truth(bool, Name),
    /// A number, as written.
    Number(Name),
    /// Nothing: an empty value or null.
    Nothing,
}

/// A comment.
#[derive(Clone, Copy, Debug)]
pub struct Comment {
    /// From the comment sign to the end of the line.
    pub span: Span,
    /// The text without the sign, trimmed.
    pub text: Name,
    /// Whether nothing but white space stands before it.
    pub own_line: bool,
    /// The line of code it speaks of: what stands before it, or for a comment on a line of its own the line below.
    pub beside: Span,
}

/// A waiver in a comment: `ssot: ignore[rule] until=2027-01-31 reason`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    /// The comment, from `ssot:` to its end.
    pub span: Span,
    /// The code it speaks for.
    pub covers: Span,
    /// What goes with it if it goes: from its comment sign on, with the white space before it, and its line if nothing else is there.
    pub extent: Span,
    /// The rules, as they stand between the brackets.
    pub list: Span,
    /// What it says, or what is wrong with it.
    pub says: Result<WaiverText, WaiverMistake>,
}

/// A well-formed waiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverText {
    /// The rules it silences; at least one.
    pub rules: Vec<String>,
    /// The last day it holds, as (year, month, day).
    pub until: Option<(u16, u8, u8)>,
    /// Why.
    pub reason: String,
}

/// What is wrong with a waiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaiverMistake {
    /// Not of the form `ignore[…]`.
    Form,
    /// No rule in the brackets.
    NoRule,
    /// No reason behind them.
    NoReason,
    /// A date that is none.
    Date,
}

/// Something in a file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What, in a few words.
    pub message: String,
    /// Where.
    pub span: Span,
}

impl FileFacts {
    /// Whether the file says nothing at all: no code, no settings, no comments.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let code = self.exprs.is_empty() && self.bindings.is_empty() && self.imports.is_empty();
        code && self.blocks.len() <= 1 && self.config.is_empty() && self.comments.is_empty()
    }

    /// The text of a name.
    #[must_use]
    pub fn text(&self, name: Name) -> &str {
        self.names.get(name)
    }

    /// The expressions of a list: options, elements, parts, decorators, bases.
    #[must_use]
    pub fn list(&self, range: Range) -> &[ExprId] {
        range.of(&self.lists.exprs)
    }

    /// The values that a choice is between: its options without the condition.
    #[must_use]
    pub fn options(&self, options: Range, how: How) -> &[ExprId] {
        match (self.list(options), how) {
            ([values @ .., _condition], How::ByCondition) => values,
            (values, _) => values,
        }
    }

    /// The entries of a mapping literal.
    #[must_use]
    pub fn entries(&self, range: Range) -> &[(Option<ExprId>, ExprId)] {
        range.of(&self.lists.entries)
    }

    /// The arguments of a call.
    #[must_use]
    pub fn arguments(&self, call: &Call) -> &[Argument] {
        call.arguments.of(&self.lists.arguments)
    }

    /// The parameters of a function.
    #[must_use]
    pub fn parameters(&self, function: &Function) -> &[Parameter] {
        function.parameters.of(&self.lists.parameters)
    }

    /// The segments of a path: an import's, a setting's.
    #[must_use]
    pub fn path(&self, range: Range) -> &[Name] {
        range.of(&self.lists.names)
    }

    /// The type that `call` is told to give.
    #[must_use]
    pub fn asked_type(&self, call: CallId) -> Option<ExprId> {
        let index = self.asked_types.binary_search_by_key(&call, |(of, _)| *of).ok()?;
        Some(self.asked_types[index].1)
    }

    /// The bindings of `name` in `scope` itself, in the order they stand.
    #[must_use]
    pub fn bindings_of(&self, scope: ScopeId, name: Name) -> &[Binding] {
        &self.bindings[self.binding_range(scope, name)]
    }

    /// Where the bindings of `name` in `scope` itself stand in [`FileFacts::bindings`].
    #[must_use]
    pub fn binding_range(&self, scope: ScopeId, name: Name) -> std::ops::Range<usize> {
        let own = self.bindings_range_in(scope);
        let names = &self.bound_names[own.clone()];
        let start = names.partition_point(|bound| *bound < name);
        let of_name = names[start..].iter().take_while(|bound| **bound == name);
        own.start + start..own.start + start + of_name.count()
    }

    /// All bindings of `scope` itself.
    #[must_use]
    pub fn bindings_in(&self, scope: ScopeId) -> &[Binding] {
        &self.bindings[self.bindings_range_in(scope)]
    }

    /// Where the bindings of `scope` itself stand in [`FileFacts::bindings`].
    #[must_use]
    pub fn bindings_range_in(&self, scope: ScopeId) -> std::ops::Range<usize> {
        let begins = |scope: usize| self.first_bindings.get(scope).map(|first| *first as usize);
        let (own, next) = (scope.0 as usize, scope.0 as usize + 1);
        let end = self.bindings.len();
        begins(own).unwrap_or(end)..begins(next).unwrap_or(end)
    }

    /// The function whose body `scope` is part of, comprehensions and class bodies looked through only where they run in it.
    #[must_use]
    pub fn function_around(&self, mut scope: ScopeId) -> Option<FunctionId> {
        loop {
            match self[scope].kind {
                ScopeKind::Function(function) => return Some(function),
                ScopeKind::Module | ScopeKind::Inline(_) => return None,
                ScopeKind::Class(_) | ScopeKind::Comprehension => scope = self[scope].parent?,
            }
        }
    }

    /// What `function` returns and yields, in the order it stands.
    #[must_use]
    pub fn returns_of(&self, function: FunctionId) -> &[Return] {
        let start = self.returns.partition_point(|returned| returned.function < function);
        let behind = &self.returns[start..];
        &behind[..behind.partition_point(|returned| returned.function == function)]
    }

    /// The expressions that stand within `span`, those inside one another too.
    pub fn exprs_within(&self, span: Span) -> impl DoubleEndedIterator<Item = (ExprId, &Expr)> {
        let within = self.exprs_at(self.places.within(span));
        within.filter(move |(_, expr)| span.contains(expr.span))
    }

    /// The expressions that `span` stands within, its own too.
    pub fn exprs_around(&self, span: Span) -> impl DoubleEndedIterator<Item = (ExprId, &Expr)> {
        let around = self.exprs_at(self.places.around(span));
        around.filter(move |(_, expr)| expr.span.contains(span))
    }

    fn exprs_at(&self, indices: std::ops::Range<usize>) -> impl DoubleEndedIterator<Item = (ExprId, &Expr)> {
        let indices = indices.start..indices.end.min(self.exprs.len());
        let exprs = indices.clone().zip(&self.exprs[indices]);
        exprs.map(|(index, expr)| (ExprId::at(index), expr))
    }

    /// The calls that stand within `span`, in the order they end.
    pub fn calls_within(&self, span: Span) -> impl Iterator<Item = (CallId, &Call)> {
        let near = self.places.within(span);
        let before = |index: usize| self.calls.partition_point(|call| (call.expr.0 as usize) < index);
        let near = before(near.start)..before(near.end);
        let within = near.clone().zip(&self.calls[near]);
        let within = within.filter(move |(_, call)| span.contains(self[call.expr].span));
        within.map(|(index, call)| (CallId::at(index), call))
    }

    /// The calls of a function, or of a module's own statements, in order.
    pub fn calls_in(&self, function: Option<FunctionId>) -> impl Iterator<Item = (CallId, &Call)> {
        let extent = function.map_or(EVERYWHERE, |function| self[function].extent);
        let calls = self.calls_within(extent);
        calls.filter(move |(_, call)| self.function_around(call.scope) == function)
    }

    /// The blocks that end before `call` in the blocks around it, in order: what was decided on the way there.
    pub fn blocks_before(&self, call: &Call) -> impl Iterator<Item = (BlockId, &Block)> {
        let start = self[call.expr].span.start;
        let around: Vec<BlockId> = self.blocks_around(call.block).map(|(id, _)| id).collect();
        let blocks = self.numbered_blocks();
        blocks.filter(move |(_, block)| {
            block.span.end <= start && block.parent.is_some_and(|parent| around.contains(&parent))
        })
    }

    /// What is not there where a condition came out as `holds`: `not x`, `x is None`.
    #[must_use]
    pub fn absent(&self, condition: ExprId, holds: bool) -> Option<ExprId> {
        match self[condition].kind {
            ExprKind::Not(inner) => match self[inner].kind {
                ExprKind::Name { .. } | ExprKind::Member { .. } => holds.then_some(inner),
                _ => None,
            },
            ExprKind::Compare { operator, left, right } if self[right].kind == ExprKind::Nothing => {
                let is_absent = match operator {
                    Comparison::Equal => holds,
                    Comparison::NotEqual => !holds,
                    _ => false,
                };
                is_absent.then_some(left)
            }
            // `self.key.is_empty()`, `self.key.is_none()`
            ExprKind::Call(call) => match self[self[call].callee].kind {
                ExprKind::Member { object, name } if matches!(self.text(name), "is_empty" | "is_none") => {
                    holds.then_some(object)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The blocks that run when `attempt` failed, in order.
    pub fn rescues_of(&self, attempt: BlockId) -> impl Iterator<Item = BlockId> {
        let later = self.numbered_blocks().skip(attempt.0 as usize + 1);
        let rescues = later
            .filter(move |(_, block)| matches!(block.kind, BlockKind::Rescue { attempt: of, .. } if of == attempt));
        rescues.map(|(id, _)| id)
    }

    /// The blocks from `block` outwards, up to the body of the function or module that runs it.
    pub fn blocks_around(&self, block: BlockId) -> impl Iterator<Item = (BlockId, &Block)> {
        let mut next = Some(block);
        std::iter::from_fn(move || {
            let id = next?;
            let block = &self[id];
            next = if block.kind == BlockKind::Body {
                None
            } else {
                block.parent
            };
            Some((id, block))
        })
    }

    /// Whether `block` is `outer` or lies in it, in the same function.
    #[must_use]
    pub fn is_below(&self, block: BlockId, outer: BlockId) -> bool {
        self.blocks_around(block).any(|(id, _)| id == outer)
    }
}
