//! Python: Ruff's syntax tree to facts.
//!
//! Start with [`parse`]; `statements` walks the tree and keeps scopes and blocks, `expressions` lowers values.

mod comments;
mod expressions;
mod nesting;
mod statements;

use crate::facts::{BlockId, FileFacts, FunctionId, MODULE_BLOCK, MODULE_SCOPE, Name, ScopeId};
use crate::parse::builder::Builder;
use crate::source::Span;
use ruff_python_ast::{PySourceType, Stmt};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashMap;

/// The facts of one Python file; `is_stub` for `.pyi`.
///
/// Ruff's parser recovers from syntax errors, so a broken file has the facts of what could be read and one problem that names
/// the first error.
pub(super) fn parse(text: &str, is_stub: bool) -> FileFacts {
    let mut builder = Builder::new(u32::try_from(text.len()).unwrap_or(u32::MAX));
    builder.set_lines(
        text.bytes().filter(|byte| *byte == b'\n').count() + usize::from(!text.ends_with('\n') && !text.is_empty()),
    );
    if let Some(at) = nesting::too_deep(text) {
        builder.problem("too deeply nested", Span::new(at, at));
        return builder.finish();
    }
    let source_type = if is_stub {
        PySourceType::Stub
    } else {
        PySourceType::Python
    };
    let parsed = ruff_python_parser::parse_unchecked_source(text, source_type);
    if let Some(error) = parsed.errors().first() {
        builder.problem(format!("syntax error: {}", error.error), span_of(error.location));
    }
    let mut walk = Walk {
        text,
        builder,
        scope: MODULE_SCOPE,
        block: MODULE_BLOCK,
        function: None,
        class: None,
        outer_names: FxHashMap::default(),
    };
    walk.suite(parsed.suite());
    let mut builder = walk.builder;
    if let Some(end) = imports_end(text, parsed.suite()) {
        builder.set_imports_end(end);
    }
    comments::read(&mut builder, text, parsed.tokens(), parsed.suite());
    builder.finish()
}

/// The start of the line behind the last import that stands before the first definition, if that import has its last line for itself.
fn imports_end(text: &str, suite: &[Stmt]) -> Option<u32> {
    let before_definitions = suite
        .iter()
        .take_while(|statement| !matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)));
    let last = before_definitions
        .filter(|statement| matches!(statement, Stmt::Import(_) | Stmt::ImportFrom(_)))
        .last()?;
    let end = last.end().to_usize();
    let (rest, _) = text.get(end..)?.split_once('\n')?;
    let is_alone = rest.trim().is_empty() || rest.trim_start().starts_with('#');
    is_alone.then(|| u32::try_from(end + rest.len() + 1).unwrap_or(u32::MAX))
}

/// Where the walk through the tree stands.
struct Walk<'a> {
    text: &'a str,
    builder: Builder,
    scope: ScopeId,
    block: BlockId,
    /// The function whose body is being walked.
    function: Option<FunctionId>,
    /// The class whose body is being walked, directly.
    class: Option<crate::facts::ClassId>,
    /// Names that a function declares `global` or `nonlocal`, and the scope they belong to.
    outer_names: FxHashMap<(ScopeId, Name), ScopeId>,
}

fn span_of(range: TextRange) -> Span {
    Span::new(range.start().to_u32(), range.end().to_u32())
}

fn span(node: &impl Ranged) -> Span {
    span_of(node.range())
}
