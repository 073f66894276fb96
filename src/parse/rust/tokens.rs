//! A lexer just good enough to tell code from comments and strings, which syn drops and never sees apart.
//!
//! It never fails: what is no Rust comes out as single signs.

/// What a stretch of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `// …` up to the end of its line, or `/* … */`; `is_doc` for `///`, `//!`, `/**`, `/*!`.
    Comment { is_doc: bool },
    /// `(`, `[`, `{`.
    Open(u8),
    /// `)`, `]`, `}`.
    Close(u8),
    /// An identifier, keyword or number.
    Word,
    /// A string, byte string or character.
    Literal,
    /// `'a`.
    Lifetime,
    /// Any other single sign.
    Sign(u8),
}

/// A stretch of text and what it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The tokens of `text` from `at` on; white space is left out.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(0)
    }

    /// The offset behind the first `sign` from `at` on.
    fn behind(&self, at: usize, sign: u8) -> usize {
        let rest = self.text.as_bytes().get(at..).unwrap_or_default();
        rest.iter()
            .position(|byte| *byte == sign)
            .map_or(self.text.len(), |found| at + found + 1)
    }

    fn word_end(&self, mut at: usize) -> usize {
        while is_word(self.byte(at)) && at < self.text.len() {
            at += 1;
        }
        at
    }

    fn comment(&self, start: usize) -> Option<(Kind, usize)> {
        match self.byte(start + 1) {
            b'/' => {
                let end = self.behind(start, b'\n');
                let line = self.text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r']);
                let is_doc = (line.starts_with("///") && !line.starts_with("////")) || line.starts_with("//!");
                Some((Kind::Comment { is_doc }, start + line.len()))
            }
            b'*' => {
                let end = self.block_comment_end(start);
                let is_doc = match self.byte(start + 2) {
                    b'!' => true,
                    b'*' => !matches!(self.byte(start + 3), b'*' | b'/'),
                    _ => false,
                };
                Some((Kind::Comment { is_doc }, end))
            }
            _ => None,
        }
    }

    fn block_comment_end(&self, start: usize) -> usize {
        let mut depth = 0usize;
        let mut at = start;
        while at < self.text.len() {
            match (self.byte(at), self.byte(at + 1)) {
                (b'/', b'*') => {
                    depth += 1;
                    at += 2;
                }
                (b'*', b'/') => {
                    depth -= 1;
                    at += 2;
                    if depth == 0 {
                        return at.min(self.text.len());
                    }
                }
                _ => at += 1,
            }
        }
        self.text.len()
    }

    /// The offset behind a string whose opening quote stands at `quote`.
    fn string_end(&self, quote: usize) -> usize {
        let sign = self.byte(quote);
        let mut at = quote + 1;
        while at < self.text.len() {
            match self.byte(at) {
                b'\\' => at += 2,
                byte if byte == sign => return at + 1,
                _ => at += 1,
            }
        }
        self.text.len()
    }

    /// The offset behind `r"…"`, `r#"…"#`, whose first `#` or quote stands at `at`; none if it is no raw string.
    fn raw_string_end(&self, at: usize) -> Option<usize> {
        let mut hashes = 0;
        while self.byte(at + hashes) == b'#' {
            hashes += 1;
        }
        if self.byte(at + hashes) != b'"' {
            return None;
        }
        let mut close = at + hashes + 1;
        loop {
            close = self.behind(close, b'"');
            let is_end = (0..hashes).all(|hash| self.byte(close + hash) == b'#');
            if is_end || close >= self.text.len() {
                return Some((close + hashes).min(self.text.len()));
            }
        }
    }

    /// What a word that may be the prefix of a literal turns out to be.
    fn word(&self, start: usize) -> (Kind, usize) {
        let end = self.word_end(start);
        let prefix = self.text.as_bytes().get(start..end).unwrap_or_default();
        let literal = match (prefix, self.byte(end)) {
            (b"r" | b"br" | b"cr", b'"' | b'#') => self.raw_string_end(end),
            (b"b" | b"c", b'"') => Some(self.string_end(end)),
            (b"b", b'\'') => Some(self.string_end(end)),
            _ => None,
        };
        match literal {
            Some(end) => (Kind::Literal, end),
            // A raw identifier.
            None if prefix == b"r" && self.byte(end) == b'#' => (Kind::Word, self.word_end(end + 1)),
            None => (Kind::Word, end),
        }
    }

    /// `'a'` and `'\n'` are characters, `'a` is a lifetime.
    fn quote(&self, start: usize) -> (Kind, usize) {
        if self.byte(start + 1) == b'\\' {
            return (Kind::Literal, self.string_end(start));
        }
        let inside = self
            .text
            .get(start + 1..)
            .and_then(|rest| rest.chars().next())
            .map_or(0, char::len_utf8);
        if inside > 0 && self.byte(start + 1 + inside) == b'\'' && self.byte(start + 1) != b'\'' {
            (Kind::Literal, start + inside + 2)
        } else {
            (Kind::Lifetime, self.word_end(start + 1))
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        while self.byte(self.at).is_ascii_whitespace() {
            self.at += 1;
        }
        let start = self.at;
        if start >= self.text.len() {
            return None;
        }
        let (kind, end) = match self.byte(start) {
            b'/' => self.comment(start).unwrap_or((Kind::Sign(b'/'), start + 1)),
            b'"' => (Kind::Literal, self.string_end(start)),
            b'\'' => self.quote(start),
            open @ (b'(' | b'[' | b'{') => (Kind::Open(open), start + 1),
            close @ (b')' | b']' | b'}') => (Kind::Close(close), start + 1),
            byte if is_word(byte) => self.word(start),
            sign => (Kind::Sign(sign), start + 1),
        };
        self.at = end.clamp(start + 1, self.text.len());
        Some(Token {
            kind,
            start,
            end: self.at,
        })
    }
}

/// Letters and digits; whatever is no ASCII counts as a letter.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::{Kind, Tokens};

    fn read(text: &str) -> String {
        Tokens::new(text, 0)
            .map(|token| {
                let kind = match token.kind {
                    Kind::Comment { is_doc: false } => "comment",
                    Kind::Comment { is_doc: true } => "doc",
                    Kind::Open(_) | Kind::Close(_) => "bracket",
                    Kind::Word => "word",
                    Kind::Literal => "literal",
                    Kind::Lifetime => "lifetime",
                    Kind::Sign(_) => "sign",
                };
                format!("{kind} {}\n", &text[token.start..token.end])
            })
            .collect()
    }

    #[test]
    fn code_is_told_from_strings_and_comments() {
        for (text, tokens) in [
            ("a // b\r\nc", "word a\ncomment // b\nword c\n"),
            ("/* a /* b */ c */ d", "comment /* a /* b */ c */\nword d\n"),
            ("/// a\n//// b\n//! c", "doc /// a\ncomment //// b\ndoc //! c\n"),
            (
                "/** a */ /**/ /*** b */ /*! c */",
                "doc /** a */\ncomment /**/\ncomment /*** b */\ndoc /*! c */\n",
            ),
            (r#""a // \" b" c"#, "literal \"a // \\\" b\"\nword c\n"),
            ("r#\"a \" // b\"# c", "literal r#\"a \" // b\"#\nword c\n"),
            ("br##\"\"# x\"##", "literal br##\"\"# x\"##\n"),
            ("b'\\'' b'\"' b\"x\"", "literal b'\\''\nliteral b'\"'\nliteral b\"x\"\n"),
            (
                "'a' 'a '\\'' 'é' '_ ' '",
                "literal 'a'\nlifetime 'a\nliteral '\\''\nliteral 'é'\nlifetime '_\nliteral ' '\n",
            ),
            ("r#type r # a", "word r#type\nword r\nsign #\nword a\n"),
            ("\"open", "literal \"open\n"),
            ("/* open", "comment /* open\n"),
        ] {
            assert_eq!(read(text), tokens, "{text}");
        }
    }
}
