//! A file with syntax errors: what of it can be read.
//!
//! syn gives up at the first error, so the text is cut at its items, and each is parsed alone. An item that still does not parse
//! is parsed once more with those of its members (or, in a function, statements) blanked that are broken.

use super::Walk;
use super::tokens::{Kind, Token, Tokens};
use std::ops::Range;
use syn::parse::Parser as _;
use syn::{Block, File, ImplItem, TraitItem};

/// How many levels of members are looked into for the broken one.
const DEEPEST_MEMBER: u32 = 8;

/// What the parts of a text are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Parts {
    Items,
    ImplItems,
    TraitItems,
    Statements,
}

/// Walks the items of the text from `start` on that parse, and leaves a problem for each that does not.
pub(super) fn read(walk: &mut Walk<'_>, start: usize, error: &syn::Error) {
    let text = walk.places.text;
    let whole = walk.places.span(error.span());
    let mut is_told = false;
    for part in parts(text, start..text.len()) {
        walk.places.begin_at(part.start);
        let Err(error) = walk_items(walk, &text[part.clone()]) else {
            continue;
        };
        is_told = true;
        let place = walk.places.span(error.span());
        walk.builder.problem(format!("syntax error: {error}"), place);
        let mended = mend(text, part, Parts::Items, 0);
        _ = walk_items(walk, &mended);
    }
    if !is_told {
        walk.builder.problem(format!("syntax error: {error}"), whole);
    }
}

fn walk_items(walk: &mut Walk<'_>, text: &str) -> syn::Result<()> {
    let file = syn::parse_str::<File>(text)?;
    walk.file(&file);
    Ok(())
}

/// The text of a part that does not parse, with what is broken inside it blanked; characters keep their lines and columns.
fn mend(text: &str, part: Range<usize>, kind: Parts, level: u32) -> String {
    let Some(body) = body(text, part.clone()) else {
        return blank(&text[part]);
    };
    let head = &text[part.start..body.start];
    let inside = parts_inside(head, kind);
    let mut mended = head.to_owned();
    let mut at = body.start;
    for member in parts(text, body.clone()) {
        mended.push_str(&blank(&text[at..member.start]));
        let written = &text[member.clone()];
        if parses(written, inside) {
            mended.push_str(written);
        } else if inside == Parts::Statements || level == DEEPEST_MEMBER {
            mended.push_str(&blank(written));
        } else {
            let tried = mend(text, member.clone(), inside, level + 1);
            mended.push_str(&if parses(&tried, inside) { tried } else { blank(written) });
        }
        at = member.end;
    }
    mended.push_str(&blank(&text[at..body.end]));
    mended.push_str(&text[body.end..part.end]);
    mended
}

/// What the braces behind `head` hold.
fn parts_inside(head: &str, outside: Parts) -> Parts {
    let mut words = Tokens::new(head, 0)
        .filter(|token| token.kind == Kind::Word)
        .map(|token| &head[token.start..token.end]);
    let keyword = words.find(|word| matches!(*word, "fn" | "impl" | "mod" | "trait"));
    match keyword {
        Some("mod") => Parts::Items,
        Some("impl") => Parts::ImplItems,
        Some("trait") => Parts::TraitItems,
        Some(_) => Parts::Statements,
        None => outside,
    }
}

fn parses(text: &str, kind: Parts) -> bool {
    match kind {
        Parts::Items => syn::parse_str::<File>(text).is_ok(),
        Parts::ImplItems => all_of::<ImplItem>(text),
        Parts::TraitItems => all_of::<TraitItem>(text),
        Parts::Statements => Block::parse_within.parse_str(text).is_ok(),
    }
}

fn all_of<T: syn::parse::Parse>(text: &str) -> bool {
    let parser = |input: syn::parse::ParseStream<'_>| {
        while !input.is_empty() {
            input.parse::<T>()?;
        }
        Ok(())
    };
    parser.parse_str(text).is_ok()
}

/// A space for every character that is no line end.
fn blank(text: &str) -> String {
    text.chars().map(|sign| if sign == '\n' { sign } else { ' ' }).collect()
}

/// The inside of the last braces of `part` that stand in no other brackets.
fn body(text: &str, part: Range<usize>) -> Option<Range<usize>> {
    let mut open = Vec::new();
    let mut body = None;
    for token in Tokens::new(&text[..part.end], part.start) {
        match token.kind {
            Kind::Open(sign) => open.push((sign, token.end)),
            Kind::Close(_) => {
                if let Some((b'{', start)) = open.pop()
                    && open.is_empty()
                {
                    body = Some(start..token.start);
                }
            }
            _ => {}
        }
    }
    body
}

/// Cuts a stretch of text at its items, members or statements.
///
/// Where brackets do not match, an item is also taken to begin at a keyword in the first column.
fn parts(text: &str, stretch: Range<usize>) -> Vec<Range<usize>> {
    let tokens: Vec<Token> = Tokens::new(&text[..stretch.end], stretch.start)
        .filter(|token| !matches!(token.kind, Kind::Comment { .. }))
        .collect();
    let is_balanced = is_balanced(&tokens);
    let mut parts = Vec::new();
    let mut depth = 0usize;
    let mut start: Option<usize> = None;
    let mut ends_with_semicolon = false;
    for (index, token) in tokens.iter().enumerate() {
        let word = match token.kind {
            Kind::Word => &text[token.start..token.end],
            _ => "",
        };
        if !is_balanced && begins_item(text, token, word) && start.is_some_and(|start| start < token.start) {
            let before = &tokens[index - 1];
            let is_marked = before.kind == Kind::Close(b']') && depth == 0;
            if !is_marked && let Some(start) = start.take() {
                parts.push(start..token.start);
                depth = 0;
                ends_with_semicolon = false;
            }
        }
        start.get_or_insert(token.start);
        if depth == 0 {
            match word {
                "const" | "extern" | "let" | "static" | "type" | "use" => ends_with_semicolon = true,
                "fn" | "impl" | "trait" | "mod" => ends_with_semicolon = false,
                _ => {}
            }
        }
        let is_end = match token.kind {
            Kind::Open(_) => {
                depth += 1;
                false
            }
            Kind::Close(sign) => {
                depth = depth.saturating_sub(1);
                depth == 0 && sign == b'}' && !ends_with_semicolon && !goes_on(text, tokens.get(index + 1))
            }
            Kind::Sign(b';') => depth == 0,
            _ => false,
        };
        if is_end && let Some(start) = start.take() {
            parts.push(start..token.end);
            ends_with_semicolon = false;
        }
    }
    parts.extend(start.map(|start| start..stretch.end));
    parts
}

/// Whether what follows a closing brace still belongs to the same statement.
fn goes_on(text: &str, next: Option<&Token>) -> bool {
    next.is_some_and(|token| match token.kind {
        Kind::Word => matches!(&text[token.start..token.end], "else" | "as"),
        Kind::Sign(sign) => matches!(sign, b'.' | b'?' | b';' | b'=' | b'+' | b'/' | b',' | b'>'),
        _ => false,
    })
}

fn is_balanced(tokens: &[Token]) -> bool {
    let mut open = Vec::new();
    for token in tokens {
        match token.kind {
            Kind::Open(sign) => open.push(sign),
            Kind::Close(sign) => {
                let expected = open.pop();
                if !matches!(
                    (expected, sign),
                    (Some(b'('), b')') | (Some(b'['), b']') | (Some(b'{'), b'}')
                ) {
                    return false;
                }
            }
            _ => {}
        }
    }
    open.is_empty()
}

fn begins_item(text: &str, token: &Token, word: &str) -> bool {
    let first_column = token.start == 0 || text.as_bytes().get(token.start - 1) == Some(&b'\n');
    first_column
        && (token.kind == Kind::Sign(b'#')
            || matches!(
                word,
                "async"
                    | "const"
                    | "enum"
                    | "extern"
                    | "fn"
                    | "impl"
                    | "macro_rules"
                    | "mod"
                    | "pub"
                    | "static"
                    | "struct"
                    | "trait"
                    | "type"
                    | "unsafe"
                    | "use"
            ))
}

#[cfg(test)]
mod tests {
    use super::parts;
    use crate::facts::{FileFacts, dump};
    use crate::source::Span;

    fn parse(text: &str) -> FileFacts {
        crate::parse::rust::parse(text)
    }

    fn functions(facts: &FileFacts) -> Vec<&str> {
        let names = facts.functions.iter().filter_map(|function| function.name);
        names.map(|name| facts.text(name)).collect()
    }

    #[test]
    fn text_is_cut_at_its_items() {
        let text = "use a::{b, c};\n#[x] fn f() { 1; }\nconst A: B = B { c: 1 };\nconst fn g() {}\nm! { a }\nif a {} else {} b();";
        let cut: Vec<&str> = parts(text, 0..text.len()).into_iter().map(|part| &text[part]).collect();
        assert_eq!(
            cut,
            [
                "use a::{b, c};",
                "#[x] fn f() { 1; }",
                "const A: B = B { c: 1 };",
                "const fn g() {}",
                "m! { a }",
                "if a {} else {}",
                "b();"
            ]
        );
    }

    #[test]
    fn a_broken_item_costs_no_other() {
        let facts = parse("fn a() { x(); }\nfn b( { }\nfn é() { y(); }\n");
        assert_eq!(functions(&facts), ["a", "é"]);
        assert_eq!(facts.problems.len(), 1);
    }

    #[test]
    fn a_broken_statement_costs_no_other_and_places_stay() {
        let text = "impl A {\n    fn ok(&self) { é(); }\n    fn bad(&self) { first(); let = 1; last(); }\n}\n";
        let facts = parse(text);
        assert_eq!(functions(&facts), ["ok", "bad"]);
        let calls: Vec<&str> = facts
            .calls
            .iter()
            .map(|call| span_text(text, facts[call.expr].span))
            .collect();
        assert_eq!(calls, ["é()", "first()", "last()"], "{}", dump(&facts));
        assert_eq!(facts.problems.len(), 1);
    }

    #[test]
    fn brackets_that_do_not_match_end_at_the_next_item() {
        let facts = parse("fn a() { if x { y(; }\n\npub fn b() { z(); }\n");
        assert_eq!(functions(&facts), ["b"]);
        assert_eq!(facts.problems.len(), 1);
    }

    fn span_text(text: &str, span: Span) -> &str {
        &text[span.start as usize..span.end as usize]
    }
}
