//! Comments, and which statement a waiver in one of them speaks for.

use super::{span, span_of};
use crate::facts::Waiver;
use crate::parse::builder::Builder;
use crate::parse::waiver;
use crate::source::{LineIndex, Span};
use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::{ExceptHandler, Stmt};
use ruff_text_size::Ranged;

/// Adds the comments of a file and the waivers in them.
pub(super) fn read(builder: &mut Builder, text: &str, tokens: &Tokens, suite: &[Stmt]) {
    let mut lines = None;
    let mut code_before = false;
    for (index, token) in tokens.iter().enumerate() {
        match token.kind() {
            TokenKind::Newline | TokenKind::NonLogicalNewline => code_before = false,
            TokenKind::Indent | TokenKind::Dedent => {}
            TokenKind::Comment => {
                let place = span_of(token.range());
                let written = &text[place.start as usize..place.end as usize];
                let content = written.trim_start_matches('#').trim();
                let name = builder.name(content);
                builder.comment(text, place, name, !code_before);
                if let Some((at, says)) = waiver::read(content) {
                    let lines = lines.get_or_insert_with(|| LineIndex::new(text));
                    let speaks_from = if code_before {
                        place.start
                    } else {
                        let next = tokens[index + 1..].iter().find(|token| is_code(token.kind()));
                        next.map_or(place.end, |token| token.start().to_u32())
                    };
                    let line = lines.line_span(lines.line(speaks_from), text);
                    let statement = if code_before {
                        header_on(suite, line)
                    } else {
                        header_from(suite, line)
                    };
                    let content_at = place.start
                        + u32::try_from(written.len() - written.trim_start_matches('#').trim_start().len())
                            .unwrap_or(0);
                    let span = Span::new(content_at + u32::try_from(at).unwrap_or(0), place.end);
                    let (extent, list) = waiver::parts(text, lines, span);
                    builder.waiver(Waiver {
                        span,
                        extent,
                        list,
                        covers: statement.map_or(line, |statement| {
                            Span::new(line.start.min(statement.start), line.end.max(statement.end))
                        }),
                        says,
                    });
                }
            }
            _ => code_before = true,
        }
    }
}

fn is_code(kind: TokenKind) -> bool {
    !matches!(
        kind,
        TokenKind::Newline | TokenKind::NonLogicalNewline | TokenKind::Indent | TokenKind::Dedent | TokenKind::Comment
    )
}

/// The innermost statement, or head of a compound statement, that has code on `line`.
fn header_on(suite: &[Stmt], line: Span) -> Option<Span> {
    innermost(suite, &|header| header.start < line.end && line.start < header.end)
}

/// The statement, or head of a compound statement, that begins on `line`.
fn header_from(suite: &[Stmt], line: Span) -> Option<Span> {
    innermost(suite, &|header| line.start <= header.start && header.start < line.end)
}

fn innermost(suite: &[Stmt], fits: &dyn Fn(Span) -> bool) -> Option<Span> {
    suite.iter().rev().find_map(|statement| {
        let whole = span(statement);
        let parts = parts(statement);
        let inner = parts.iter().rev().find_map(|(_, body)| innermost(body, fits));
        let heads = parts.iter().map(|(head, _)| *head);
        inner.or_else(|| {
            if parts.is_empty() {
                Some(whole).filter(|whole| fits(*whole))
            } else {
                heads.rev().find(|head| fits(*head))
            }
        })
    })
}

/// The heads of a compound statement (`if …:`, `elif …:`, `except …:`) with the bodies behind them; nothing for a simple one.
fn parts(statement: &Stmt) -> Vec<(Span, &[Stmt])> {
    let mut parts: Vec<(Span, &[Stmt])> = Vec::new();
    let part = |start: u32, body: &'_ [Stmt]| -> Option<(Span, u32)> {
        let first = body.first()?;
        Some((Span::new(start, first.start().to_u32()), body.last()?.end().to_u32()))
    };
    let start = statement.start().to_u32();
    let mut add = |start: u32, body| -> u32 {
        match part(start, body) {
            Some((head, end)) => {
                parts.push((head, body));
                end
            }
            None => start,
        }
    };
    match statement {
        Stmt::FunctionDef(node) => _ = add(start, &node.body),
        Stmt::ClassDef(node) => _ = add(start, &node.body),
        Stmt::With(node) => _ = add(start, &node.body),
        Stmt::For(node) => {
            let end = add(start, &node.body);
            add(end, &node.orelse);
        }
        Stmt::While(node) => {
            let end = add(start, &node.body);
            add(end, &node.orelse);
        }
        Stmt::If(node) => {
            add(start, &node.body);
            for clause in &node.elif_else_clauses {
                add(clause.start().to_u32(), &clause.body);
            }
        }
        Stmt::Match(node) => {
            let first = node.cases.first().map_or(start, |case| case.start().to_u32());
            for (index, case) in node.cases.iter().enumerate() {
                add(
                    if index == 0 {
                        start.min(first)
                    } else {
                        case.start().to_u32()
                    },
                    &case.body,
                );
            }
        }
        Stmt::Try(node) => {
            let mut end = add(start, &node.body);
            for ExceptHandler::ExceptHandler(handler) in &node.handlers {
                end = add(handler.start().to_u32(), &handler.body);
            }
            end = add(end, &node.orelse);
            add(end, &node.finalbody);
        }
        _ => {}
    }
    parts
}
