//! Comments, and which code a waiver in one of them speaks for.

use super::nesting::Nesting;
use super::tokens::{Kind, Token, Tokens};
use crate::facts::{Waiver, WaiverMistake, WaiverText};
use crate::parse::builder::Builder;
use crate::parse::waiver;
use crate::source::{LineIndex, Span};

/// What one look over the tokens of a file brings to light.
#[derive(Default)]
pub(super) struct Overview {
    /// Where the file gets too deep to be parsed.
    pub(super) too_deep: Option<u32>,
    waivers: Vec<Written>,
}

/// A waiver before it is known what it speaks for.
struct Written {
    span: Span,
    /// An offset on the line that it speaks for: its own, or that of the code behind it.
    speaks_from: Option<u32>,
    own_line: bool,
    says: Result<WaiverText, WaiverMistake>,
}

impl Overview {
    pub(super) fn has_waivers(&self) -> bool {
        !self.waivers.is_empty()
    }
}

/// Adds the comments of `text` from `start` on, and keeps the waivers in them until the code has been walked.
pub(super) fn read(builder: &mut Builder, text: &str, start: usize) -> Overview {
    let mut overview = Overview::default();
    let mut nesting = Nesting::new(text);
    let mut waiting = 0;
    let mut code_before = false;
    let mut previous_end = start;
    for token in Tokens::new(text, start) {
        let gap = text.get(previous_end..token.start).unwrap_or("");
        code_before &= !gap.contains('\n');
        previous_end = token.end;
        match token.kind {
            Kind::Comment { is_doc } => {
                let (content, place) = content(text, token);
                let span = Span::new(offset(token.start), offset(token.end));
                let name = builder.name(content);
                builder.comment(text, span, name, !code_before);
                if !is_doc && let Some((at, says)) = waiver::read(content) {
                    overview.waivers.push(Written {
                        span: Span::new(place.start + offset(at), place.end),
                        speaks_from: code_before.then_some(place.start),
                        own_line: !code_before,
                        says,
                    });
                }
            }
            _ => {
                code_before = true;
                for written in overview.waivers.iter_mut().skip(waiting) {
                    written.speaks_from.get_or_insert(offset(token.start));
                }
                waiting = overview.waivers.len();
                if overview.too_deep.is_none() && nesting.is_too_deep(token) {
                    overview.too_deep = Some(offset(token.start));
                }
            }
        }
    }
    overview
}

/// What a comment says, without its signs, and where that stands.
fn content(text: &str, token: Token) -> (&str, Span) {
    let written = text.get(token.start..token.end).unwrap_or("");
    let inside = match written.strip_prefix("/*") {
        Some(block) => block.strip_suffix("*/").unwrap_or(block),
        None => written,
    };
    let inside = inside.trim_start_matches(['/', '!', '*']).trim();
    // Both are parts of one text, so their distance is the place.
    let before = inside.as_ptr().addr().saturating_sub(text.as_ptr().addr());
    (inside, Span::new(offset(before), offset(before + inside.len())))
}

/// Adds the waivers, each with what it speaks for: its line and the code unit (a statement, or the head of an item, arm or
/// statement with a body) that it stands on, or that begins on the next code line.
pub(super) fn settle(builder: &mut Builder, text: &str, overview: Overview, units: &[Span]) {
    if overview.waivers.is_empty() {
        return;
    }
    let lines = LineIndex::new(text);
    for written in overview.waivers {
        let speaks_from = written.speaks_from.unwrap_or(written.span.end);
        let line = lines.line_span(lines.line(speaks_from), text);
        let begins = |unit: &&Span| line.start <= unit.start && unit.start < line.end;
        let touches = |unit: &&Span| unit.start < line.end && line.start < unit.end;
        let innermost = |unit: &&Span| (unit.start, u32::MAX - unit.end);
        let unit = if written.own_line {
            units.iter().filter(begins).max_by_key(innermost)
        } else {
            units.iter().filter(touches).max_by_key(innermost)
        };
        let (extent, list) = waiver::parts(text, &lines, written.span);
        builder.waiver(Waiver {
            span: written.span,
            extent,
            list,
            covers: unit.map_or(line, |unit| {
                Span::new(line.start.min(unit.start), line.end.max(unit.end))
            }),
            says: written.says,
        });
    }
}

fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    /// What the waivers of a text speak for, each on a line.
    fn covered(text: &str) -> Vec<&str> {
        let facts = crate::parse::rust::parse(text);
        let covers = facts.waivers.iter().map(|waiver| waiver.covers);
        covers
            .map(|covers| text[covers.start as usize..covers.end as usize].trim())
            .collect()
    }

    #[test]
    fn a_waiver_behind_code_speaks_for_the_statement_it_stands_on() {
        for (text, expected) in [
            (
                "fn f() {\n    one();\n    two(a,\n        b, // ssot: ignore[x] why\n    );\n    three();\n}",
                "two(a,\n        b, // ssot: ignore[x] why\n    );",
            ),
            (
                "fn f() {\n    if a() { // ssot: ignore[x] why\n        b();\n    }\n}",
                "if a() { // ssot: ignore[x] why",
            ),
            (
                "struct A {\n    a: u8,\n    b: u8, // ssot: ignore[x] why\n}",
                "b: u8, // ssot: ignore[x] why",
            ),
            (
                "fn f() {\n    match a {\n        Err(_) => b(), // ssot: ignore[x] why\n        _ => c(),\n    }\n}",
                "Err(_) => b(), // ssot: ignore[x] why",
            ),
            (
                "fn f() {\n    let a = run(|| {\n        b();\n    }); // ssot: ignore[x] why\n}",
                "let a = run(|| {\n        b();\n    }); // ssot: ignore[x] why",
            ),
        ] {
            assert_eq!(covered(text), [expected]);
        }
    }

    #[test]
    fn a_waiver_above_code_speaks_for_what_begins_below() {
        for (text, expected) in [
            (
                "// ssot: ignore[x] why\n// more\n\n#[a]\nfn f(\n    b: C,\n) {\n    d();\n}",
                "#[a]\nfn f(\n    b: C,\n)",
            ),
            (
                "fn f() {\n    // ssot: ignore[x] why\n    let a = b(\n        c,\n    );\n    d();\n}",
                "let a = b(\n        c,\n    );",
            ),
            (
                "fn f() {\n    a(\n        // ssot: ignore[x] why\n        b,\n        c,\n    );\n}",
                "b,",
            ),
            ("const A: u8 = 1;\n// ssot: ignore[x] why", "// ssot: ignore[x] why"),
            (
                "/* ssot: ignore[x] why */ const A: u8 =\n    1;",
                "/* ssot: ignore[x] why */ const A: u8 =\n    1;",
            ),
        ] {
            assert_eq!(covered(text), [expected]);
        }
    }

    #[test]
    fn the_place_of_a_waiver_is_what_it_says() {
        let text = "\u{feff}a(); // é ssot: no\nb(); // // ssot: ignore[x] y\n/* ssot: ignore */ c();";
        let facts = crate::parse::rust::parse(text);
        let written: Vec<&str> = facts
            .waivers
            .iter()
            .map(|waiver| &text[waiver.span.start as usize..waiver.span.end as usize])
            .collect();
        assert_eq!(written, ["ssot: ignore[x] y", "ssot: ignore"]);
    }
}
