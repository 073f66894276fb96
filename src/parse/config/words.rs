//! Splits shell text into words, operators and comments, the way a POSIX shell does.
//!
//! A word is a span of the text with its quotes; [`unquoted`] says what it stands for. Substitutions are part of the word they
//! stand in and are not looked into.

use super::tree::identifier_length;
use super::writer::place;
use crate::source::Span;
use std::borrow::Cow;

/// Whose rules for words hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// A script.
    Shell,
    /// The command of a Dockerfile's `RUN`: comment lines between continued lines do not end it.
    Run,
    /// `ENV` and `ARG` of a Dockerfile: words and quotes, no operators, and the file's escape character.
    Pairs { escape: u8 },
}

/// A token of shell text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word, quotes included.
    Word(Span),
    /// `;`, `&`, `|`, `(`, `)`: ends a command.
    Operator,
    /// The end of a line, and of a command; the next line starts behind it.
    Newline,
    /// A comment, its sign included.
    Comment(Span),
    /// `<`, `>`, `>>`: the next word is a file; whether it is written.
    Redirect { writes: bool },
    /// `<<`, `<<-`: the next word ends the here-document that starts on the next line.
    Heredoc { strips_tabs: bool },
    /// `<<<`: the next word is input.
    HereString,
    /// The end of the text.
    End,
}

/// Reads tokens from a stretch of text.
pub(super) struct Words<'t> {
    text: &'t str,
    bytes: &'t [u8],
    /// Where the next token is looked for.
    pub(super) at: usize,
    dialect: Dialect,
    /// Whether only continued lines were passed since the last word.
    continued: bool,
    /// Whether a word was once not closed: from then on none goes over its line, so that a misread quote costs one line.
    one_line: bool,
    /// The places of names in `${name:=default}` of the last word.
    pub(super) defaults: Vec<usize>,
    nesting: Vec<u8>,
    /// Up to here it is known that no `((` is closed on its line.
    not_arithmetic: usize,
}

/// More defaults in one word than this are nested ones that nobody wrote.
const MOST_DEFAULTS: usize = 16;

impl<'t> Words<'t> {
    pub(super) fn new(text: &'t str, span: Span, dialect: Dialect) -> Self {
        let text = text.get(..span.end as usize).unwrap_or("");
        Self {
            text,
            bytes: text.as_bytes(),
            at: span.start as usize,
            dialect,
            continued: false,
            one_line: false,
            defaults: Vec::new(),
            nesting: Vec::new(),
            not_arithmetic: 0,
        }
    }

    fn byte(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn escape(&self) -> u8 {
        match self.dialect {
            Dialect::Pairs { escape } => escape,
            _ => b'\\',
        }
    }

    /// The next token.
    pub(super) fn next(&mut self) -> Token {
        let has_operators = self.has_operators();
        loop {
            let Some(byte) = self.byte(0) else { return Token::End };
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' if self.continued && self.dialect != Dialect::Shell => self.at += 1,
                b'\n' => {
                    self.at += 1;
                    return Token::Newline;
                }
                b'#' if has_operators || (self.continued && self.is_own_line()) => return self.comment(),
                _ if byte == self.escape() && self.continuation().is_some() => {
                    self.at += self.continuation().unwrap_or(1);
                    self.continued = true;
                }
                b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' if has_operators => {
                    self.continued = false;
                    return self.operator(byte);
                }
                _ => {
                    self.continued = false;
                    return Token::Word(self.word());
                }
            }
        }
    }

    /// The length of an escape character and the line ending behind it, if it stands before one.
    fn continuation(&self) -> Option<usize> {
        let rest = &self.bytes[self.at + 1..];
        let blanks = match self.dialect {
            Dialect::Shell => usize::from(rest.first() == Some(&b'\r')),
            _ => rest
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
                .count(),
        };
        match rest.get(blanks) {
            Some(b'\n') => Some(blanks + 2),
            None => Some(blanks + 1),
            Some(_) => None,
        }
    }

    fn is_own_line(&self) -> bool {
        self.text[..self.at].trim_end_matches([' ', '\t']).ends_with('\n')
    }

    fn comment(&mut self) -> Token {
        let start = self.at;
        let line = self.line_end();
        let length = self.text[start..line].trim_end().len();
        self.at = line;
        if self.continued && self.dialect != Dialect::Shell {
            // A comment line between continued lines is not part of the command.
            self.at = (line + 1).min(self.bytes.len());
        }
        Token::Comment(place(start, start + length))
    }

    fn line_end(&self) -> usize {
        self.text[self.at..]
            .find('\n')
            .map_or(self.bytes.len(), |length| self.at + length)
    }

    fn operator(&mut self, byte: u8) -> Token {
        let (next, after) = (self.byte(1), self.byte(2));
        let (length, token) = match (byte, next, after) {
            (b'<', Some(b'<'), Some(b'<')) => (3, Token::HereString),
            (b'<', Some(b'<'), Some(b'-')) => (3, Token::Heredoc { strips_tabs: true }),
            (b'<', Some(b'<'), _) => (2, Token::Heredoc { strips_tabs: false }),
            (b'&', Some(b'>'), Some(b'>')) => (3, Token::Redirect { writes: true }),
            (b'&' | b'>', Some(b'>'), _) | (b'>', Some(b'|' | b'&'), _) => (2, Token::Redirect { writes: true }),
            (b'>', ..) => (1, Token::Redirect { writes: true }),
            (b'<', Some(b'&' | b'>'), _) => (2, Token::Redirect { writes: false }),
            (b'<', Some(b'('), _) => (1, Token::Operator),
            (b'<', ..) => (1, Token::Redirect { writes: false }),
            (b'(', Some(b'('), _) => (self.arithmetic(), Token::Operator),
            _ => (1, Token::Operator),
        };
        self.at += length;
        token
    }

    /// The length of `((…))`, if it is closed on its line: nothing in it is a command.
    fn arithmetic(&mut self) -> usize {
        if self.at < self.not_arithmetic {
            return 1;
        }
        let end = self.line_end();
        match self.text[self.at..end].find("))") {
            Some(length) => length + 2,
            None => {
                self.not_arithmetic = end;
                1
            }
        }
    }

    fn word(&mut self) -> Span {
        let start = self.at;
        if let Some(end) = self.word_end(start, self.bytes.len(), true) {
            self.at = end;
        } else {
            self.one_line = true;
            let line = self.line_end();
            self.at = self.word_end(start, line, true).unwrap_or(line);
        }
        // A line ending before the end of the text is never part of an unclosed word.
        let end = start + self.text[start..self.at].trim_end_matches(['\r', '\n']).len();
        place(start, end)
    }

    /// Where the word at `start` ends, or without `is_whole` the substitution that it starts with, looking no further than
    /// `limit`; nothing if something in it is not closed by then.
    fn word_end(&mut self, start: usize, limit: usize, is_whole: bool) -> Option<usize> {
        let limit = if self.one_line {
            limit.min(self.line_end())
        } else {
            limit
        };
        let bytes = &self.bytes[..limit];
        let has_operators = self.has_operators();
        let escape = self.escape();
        self.nesting.clear();
        self.defaults.clear();
        let mut at = start;
        while let Some(&byte) = bytes.get(at) {
            let inside = self.nesting.last().copied();
            if byte == escape {
                at += 2;
                continue;
            }
            if inside == Some(byte) {
                self.nesting.pop();
                at += 1;
                if self.nesting.is_empty() && !is_whole {
                    return Some(at);
                }
                continue;
            }
            match (inside, byte) {
                (_, b'$') => match bytes.get(at + 1) {
                    Some(b'(') if has_operators => {
                        self.nesting.push(b')');
                        at += 2;
                    }
                    Some(b'{') => {
                        self.nesting.push(b'}');
                        at += 2;
                        let length = identifier_length(&bytes[at..]);
                        let behind = &bytes[(at + length).min(limit)..];
                        if length > 0
                            && self.defaults.len() < MOST_DEFAULTS
                            && (behind.starts_with(b":=") || behind.starts_with(b"="))
                        {
                            self.defaults.push(at);
                        }
                    }
                    Some(b'\'') if inside != Some(b'"') && has_operators => at = ansi_quote_end(bytes, at + 2)?,
                    _ => at += 1,
                },
                (_, b'`') if has_operators => {
                    self.nesting.push(b'`');
                    at += 1;
                }
                (Some(b'"'), _) => at += 1,
                (_, b'"') => {
                    self.nesting.push(b'"');
                    at += 1;
                }
                (_, b'\'') if !self.is_in_double_quotes() => {
                    at += 2 + bytes[at + 1..].iter().position(|byte| *byte == b'\'')?;
                }
                (Some(b')'), b'(') => {
                    self.nesting.push(b')');
                    at += 1;
                }
                (Some(b')'), b'#') if bytes[at - 1].is_ascii_whitespace() => {
                    at += bytes[at..].iter().position(|byte| *byte == b'\n')?;
                }
                (Some(_), _) => at += 1,
                (None, b' ' | b'\t' | b'\r' | b'\n') => break,
                // `A=(…)` is an array.
                (None, b'(') if has_operators && at > start && bytes[at - 1] == b'=' => {
                    self.nesting.push(b')');
                    at += 1;
                }
                (None, b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')') if has_operators => break,
                (None, _) => at += 1,
            }
        }
        if self.nesting.is_empty() {
            Some(at.min(limit))
        } else {
            None
        }
    }

    fn has_operators(&self) -> bool {
        !matches!(self.dialect, Dialect::Pairs { .. })
    }

    fn starts_substitution(&self, at: usize) -> bool {
        match (self.bytes.get(at), self.bytes.get(at + 1)) {
            (Some(b'$'), Some(b'{')) => true,
            (Some(b'$'), Some(b'(')) | (Some(b'`'), _) => self.has_operators(),
            _ => false,
        }
    }

    /// Whether double quotes are open around, substitutions not looked through.
    fn is_in_double_quotes(&self) -> bool {
        self.nesting
            .iter()
            .rev()
            .take_while(|open| **open != b')')
            .any(|open| *open == b'"')
    }
}

/// Where `$'…'`, whose text starts at `start`, ends.
fn ansi_quote_end(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'\'' => return Some(at + 1),
            _ => at += 1,
        }
    }
}

/// What a word stands for: without its quotes and escapes, substitutions as written.
pub(super) fn unquoted(word: &str, dialect: Dialect) -> Cow<'_, str> {
    let bytes = word.as_bytes();
    let mut words = Words::new(word, place(0, word.len()), dialect);
    let escape = words.escape();
    if !bytes.iter().any(|byte| matches!(byte, b'"' | b'\'') || *byte == escape) {
        return Cow::Borrowed(word);
    }
    if let [quote @ (b'"' | b'\''), inner @ .., last] = bytes
        && quote == last
        && !inner.iter().any(|byte| *byte == *quote || *byte == escape)
    {
        return Cow::Borrowed(&word[1..word.len() - 1]);
    }
    let mut text = String::with_capacity(word.len());
    let mut in_double_quotes = false;
    let mut characters = word.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '$' | '`' if words.starts_substitution(at) => {
                let end = words.word_end(at, bytes.len(), false).unwrap_or(bytes.len());
                text.push_str(&word[at..end]);
                while characters.offset() < end {
                    characters.next();
                }
            }
            '$' if !in_double_quotes && bytes.get(at + 1) == Some(&b'\'') => {
                characters.next();
                push_ansi_quoted(&mut text, &mut characters);
            }
            '"' => in_double_quotes = !in_double_quotes,
            '\'' if !in_double_quotes => {
                for (_, inner) in characters.by_ref() {
                    if inner == '\'' {
                        break;
                    }
                    text.push(inner);
                }
            }
            _ if character == char::from(escape) => match characters.next() {
                Some((_, '\n')) => {}
                Some((_, escaped)) => {
                    if in_double_quotes && !matches!(escaped, '"' | '\\' | '$' | '`') {
                        text.push(character);
                    }
                    text.push(escaped);
                }
                None => text.push(character),
            },
            _ => text.push(character),
        }
    }
    Cow::Owned(text)
}

/// Adds what `$'…'` stands for; `characters` stand behind its opening quote and are taken up to its end.
fn push_ansi_quoted(text: &mut String, characters: &mut std::str::CharIndices) {
    while let Some((_, character)) = characters.next() {
        match character {
            '\'' => return,
            '\\' => match characters.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, 't')) => text.push('\t'),
                Some((_, 'r')) => text.push('\r'),
                Some((_, escaped @ ('\'' | '"' | '\\'))) => text.push(escaped),
                Some((_, other)) => {
                    text.push('\\');
                    text.push(other);
                }
                None => {}
            },
            _ => text.push(character),
        }
    }
}
