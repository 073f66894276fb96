//! Rust: syn's tree to facts.
//!
//! Start with [`parse`]. `items` walks modules, types and functions and keeps scopes, `statements` keeps blocks and how they
//! end, `expressions` lowers values, `macros` reads the token streams that syn leaves as they are.
//!
//! What has no counterpart in other languages is lowered to what it does: `?`, `&`, `*`, `as`, `.clone()`, `Ok(…)` and
//! `Some(…)` are looked through, `Err(…)` that is handed back is a raise, a struct literal is a call with keywords, an `async`
//! block is an anonymous async function.

mod attributes;
mod comments;
mod conversions;
mod expressions;
mod extents;
mod imports;
mod items;
mod macros;
mod nesting;
mod patterns;
mod places;
mod recovery;
mod statements;
mod templates;
mod tokens;
mod types;

use crate::facts::{BlockId, ClassId, FileFacts, FunctionId, MODULE_BLOCK, MODULE_SCOPE, ScopeId};
use crate::parse::builder::Builder;
use crate::source::Span;
use places::Places;
use statements::Frame;

/// Deeper than this, the walk stops and leaves the rest of an expression or type opaque.
const DEEPEST: u32 = 2_500;

/// The facts of one Rust file.
///
/// A file with a syntax error is read item by item: the broken ones leave a problem, the others their facts.
pub(super) fn parse(text: &str) -> FileFacts {
    let mut builder = Builder::new(u32::try_from(text.len()).unwrap_or(u32::MAX));
    builder.set_lines(
        text.bytes().filter(|byte| *byte == b'\n').count() + usize::from(!text.ends_with('\n') && !text.is_empty()),
    );
    let start = code_start(text);
    let overview = comments::read(&mut builder, text, start);
    if let Some(at) = overview.too_deep {
        builder.problem("too deeply nested", Span::new(at, at));
        return builder.finish();
    }
    let mut walk = Walk {
        places: Places::new(text),
        builder,
        scope: MODULE_SCOPE,
        block: MODULE_BLOCK,
        module: MODULE_SCOPE,
        class: None,
        function: None,
        testing: false,
        depth: 0,
        frames: Vec::new(),
        units: overview.has_waivers().then(Vec::new),
    };
    walk.places.begin_at(start);
    match syn::parse_str::<syn::File>(&text[start..]) {
        Ok(file) => walk.file(&file),
        Err(error) => recovery::read(&mut walk, start, &error),
    }
    // proc-macro2 keeps the text of every file it ever parsed on this thread; no token of this one is left.
    proc_macro2::extra::invalidate_current_thread_spans();
    let Walk { mut builder, units, .. } = walk;
    comments::settle(&mut builder, text, overview, units.as_deref().unwrap_or_default());
    builder.finish()
}

/// The offset behind what may stand before the code: a byte order mark, a `#!` line, the manifest of a cargo script.
fn code_start(text: &str) -> usize {
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    let line_end = |rest: &str| rest.find('\n').unwrap_or(rest.len());
    if let Some(shebang) = rest.strip_prefix("#!")
        && !shebang.trim_start().starts_with('[')
    {
        rest = &rest[line_end(rest)..];
    }
    let manifest = rest.trim_start();
    if manifest.starts_with("---")
        && let Some(close) = manifest[line_end(manifest)..].find("\n---")
    {
        let close = &manifest[line_end(manifest) + close + 1..];
        rest = &close[line_end(close)..];
    }
    text.len() - rest.len()
}

/// Where the walk through the tree stands.
struct Walk<'a> {
    places: Places<'a>,
    builder: Builder,
    scope: ScopeId,
    block: BlockId,
    /// The scope of the file or of the inline module around.
    module: ScopeId,
    /// The class whose body is being walked, directly.
    class: Option<ClassId>,
    /// The function whose body is being walked.
    function: Option<FunctionId>,
    /// Whether the code around exists in test builds alone.
    testing: bool,
    depth: u32,
    /// The loops, labelled blocks and inlined closures around, from the function inwards.
    frames: Vec<Frame<'a>>,
    /// What a waiver can speak for; collected only in files that have one.
    units: Option<Vec<Span>>,
}

#[cfg(test)]
mod tests {
    use super::parse;
    use crate::facts::{ExprKind, FileFacts};
    use crate::parse::STACK_SIZE;

    /// The callees of all calls, as they are written.
    fn callees<'t>(facts: &FileFacts, text: &'t str) -> Vec<&'t str> {
        let spans = facts.calls.iter().map(|call| facts[call.callee].span);
        spans
            .map(|span| &text[span.start as usize..span.end as usize])
            .collect()
    }

    #[test]
    fn places_are_those_of_the_file() {
        for text in [
            "fn f() { a::b(c.d()); }",
            "\u{feff}fn f() { a::b(c.d()); }",
            "#!/usr/bin/env run\nfn f() { a::b(c.d()); }",
            "\u{feff}#!/usr/bin/env run\r\n---\n[package]\n---\nfn f() { a::b(c.d()); }",
            "#![allow(x)]\n/* é */ const É: &str = \"ü\"; fn f() { a::b(c.d()); }",
            "const A: &str = \"ü\nü\"; /* é */ fn f() { a::b(c.d()); }",
        ] {
            let facts = parse(text);
            assert_eq!(facts.problems, [], "{text}");
            assert_eq!(callees(&facts, text), ["c.d", "a::b"], "{text}");
        }
    }

    #[test]
    fn a_member_ends_with_its_name() {
        let text = "fn f() { a\n    .b()\n    .decode::<C>(d) }";
        let facts = parse(text);
        assert_eq!(callees(&facts, text), ["a\n    .b", "a\n    .b()\n    .decode"]);
    }

    #[test]
    fn nothing_is_read_from_nothing() {
        for text in [
            "",
            "\u{feff}",
            "#!",
            "#!/bin/sh",
            "---",
            "---\n",
            "//",
            "/*",
            "\"",
            "'",
            "r#\"",
            "\r",
            "\0",
        ] {
            let facts = parse(text);
            let is_name = |kind| matches!(kind, ExprKind::Name { .. });
            assert!(!facts.exprs.iter().any(|expr| is_name(expr.kind)), "{text:?}");
        }
    }

    #[test]
    fn input_at_the_limit_is_read_and_input_beyond_it_is_named() {
        let thread = std::thread::Builder::new().stack_size(STACK_SIZE).spawn(|| {
            for (unit, close, most) in [
                ("(", ")", 1_900),
                ("{", "}", 1_900),
                ("a(", ")", 1_900),
                ("|x| ", "", 900),
                ("&", "", 1_900),
                ("Some(", ")", 1_900),
                ("if a {} else ", "{}", 900),
                ("a.b().", "c", 3_000),
                ("a + ", "a", 9_900),
                ("m!(", ")", 1_000),
            ] {
                for (count, is_read) in [(most, true), (10_001, false)] {
                    let (open, close) = (unit.repeat(count), close.repeat(count));
                    let text = format!("fn f() {{ x = {open}1{close}; }}");
                    let problems = parse(&text).problems;
                    let is_too_deep = problems.iter().any(|problem| problem.message == "too deeply nested");
                    assert_eq!(!is_too_deep, is_read, "{count} times {unit}");
                }
            }
        });
        thread.unwrap().join().unwrap();
    }
}
