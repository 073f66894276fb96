//! Keeps input that nests deeper than any person writes away from recursive code.

use super::tokens::{Kind, Token};

/// The most that may hang on one another in one expression, type or item.
///
/// The parser and the walk recurse for brackets, type arguments, prefix operators and whatever groups to the right, the
/// destructors of the tree for operators that group to the left, which take less of the stack.
const LIMIT: u32 = 10_000;
/// What the parser recurses for: 2,000 of them reach the limit.
const DEEP: u32 = 5;
/// What only makes the tree deep.
const FLAT: u32 = 1;

/// Watches the tokens of a file go by and says where they get too deep to be parsed safely.
pub(super) struct Nesting<'a> {
    text: &'a str,
    /// What hangs on one another in each open bracket, the outermost first.
    counts: Vec<u32>,
    sum: u32,
    previous: Option<Token>,
}

impl<'a> Nesting<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            counts: vec![0],
            sum: 0,
            previous: None,
        }
    }

    /// Takes the next token (no comment) and says whether the limit is passed.
    pub(super) fn is_too_deep(&mut self, token: Token) -> bool {
        let word = match token.kind {
            Kind::Word => self.text.get(token.start..token.end).unwrap_or(""),
            _ => "",
        };
        let goes_on = word == "else" || matches!(token.kind, Kind::Sign(sign) if b".?+-*/%&|^=<>".contains(&sign));
        if self.follows(|kind| kind == Kind::Close(b'}')) && !goes_on {
            self.reset();
        }
        match token.kind {
            Kind::Open(_) => {
                self.hang(DEEP);
                self.counts.push(0);
            }
            Kind::Close(_) => {
                if self.counts.len() > 1 {
                    self.sum -= self.counts.pop().unwrap_or(0);
                    self.unhang(DEEP - FLAT);
                }
            }
            Kind::Sign(b',' | b';') => self.reset(),
            Kind::Sign(sign) => self.sign(sign, token),
            Kind::Word if matches!(word, "as" | "else") => self.hang(FLAT),
            Kind::Word if is_prefix_word(word) => self.hang(DEEP),
            Kind::Word | Kind::Literal | Kind::Lifetime | Kind::Comment { .. } => {}
        }
        self.previous = Some(token);
        self.sum > LIMIT
    }

    fn sign(&mut self, sign: u8, token: Token) {
        let after = |signs: &[u8]| {
            self.previous.is_some_and(|previous| {
                previous.end == token.start && signs.iter().any(|sign| previous.kind == Kind::Sign(*sign))
            })
        };
        match sign {
            // Arms of a `match` and of macros.
            b'>' if after(b"=") => self.reset(),
            b'>' if after(b"-") => self.hang(DEEP),
            b'>' => self.unhang(DEEP),
            b'<' => self.hang(DEEP),
            b'=' if after(b"=!<>+-*/%^&|") => {}
            b'=' | b'@' => self.hang(DEEP),
            b'-' | b'!' | b'*' | b'&' | b'|' if !self.follows_operand() => self.hang(DEEP),
            b':' if !after(b":") => {}
            b'#' | b'$' | b'\\' => {}
            _ => self.hang(FLAT),
        }
    }

    fn follows(&self, is: impl Fn(Kind) -> bool) -> bool {
        self.previous.is_some_and(|previous| is(previous.kind))
    }

    fn follows_operand(&self) -> bool {
        self.previous.is_some_and(|previous| match previous.kind {
            Kind::Word => !is_prefix_word(self.text.get(previous.start..previous.end).unwrap_or("")),
            Kind::Literal | Kind::Close(_) => true,
            Kind::Open(_) | Kind::Sign(_) | Kind::Lifetime | Kind::Comment { .. } => false,
        })
    }

    fn hang(&mut self, weight: u32) {
        self.sum += weight;
        if let Some(count) = self.counts.last_mut() {
            *count += weight;
        }
    }

    fn unhang(&mut self, weight: u32) {
        if let Some(count) = self.counts.last_mut()
            && *count >= weight
        {
            *count -= weight;
            self.sum -= weight;
        }
    }

    fn reset(&mut self) {
        if let Some(count) = self.counts.last_mut() {
            self.sum -= *count;
            *count = 0;
        }
    }
}

/// Keywords that an expression, pattern or type can begin with, and that can stand before another one.
fn is_prefix_word(word: &str) -> bool {
    matches!(
        word,
        "async"
            | "box"
            | "break"
            | "const"
            | "dyn"
            | "else"
            | "fn"
            | "for"
            | "if"
            | "impl"
            | "in"
            | "let"
            | "loop"
            | "match"
            | "move"
            | "mut"
            | "raw"
            | "ref"
            | "return"
            | "static"
            | "unsafe"
            | "while"
            | "yield"
    )
}

#[cfg(test)]
mod tests {
    use super::Nesting;
    use crate::parse::rust::tokens::Tokens;

    fn is_too_deep(text: &str) -> bool {
        let mut nesting = Nesting::new(text);
        Tokens::new(text, 0).any(|token| nesting.is_too_deep(token))
    }

    #[test]
    fn deep_input_is_found_and_wide_input_is_not() {
        let many = |unit: &str| unit.repeat(20_000);
        for text in [
            many("("),
            many("{"),
            many("A<"),
            many("-"),
            many("&"),
            many("|| "),
            many("return "),
            many("match "),
            many("a = "),
            many("fn() -> "),
            format!("a{}", many(".b()")),
            format!("a{}", many(" + b")),
            format!("a{}", many("?")),
            format!("if a {{}} {}", many("else if a {} ")),
            format!("use {}a;", many("a::")),
        ] {
            assert!(is_too_deep(&text), "{}", &text[..20]);
        }
        for text in [
            many("a.b();"),
            many("fn a() -> B<C> { d.e() }\n"),
            many("if a < b { c() } "),
            many("x => y.z,"),
            many("A => { b() } "),
            many("#[test] fn a() {}\n"),
            format!("[{}]", many("(1, -2),\n")),
            format!("\"{}\"", many("(")),
        ] {
            assert!(!is_too_deep(&text), "{}", &text[..20]);
        }
    }
}
