//! Hides secrets in languages whose texts stand in quotes: Python, Rust, TOML, JSON.
//!
//! It reads tokens, not grammar: enough to see which name a literal goes with, and robust against text that does not parse.

use super::{Names, Watch, looks, settings};
use std::ops::Range;

/// What it must know of a language.
#[derive(Clone, Copy)]
pub(super) struct Syntax {
    /// `#` begins a comment.
    hash_comments: bool,
    /// `//` and `/*` begin comments.
    slash_comments: bool,
    /// `'''` and `"""` delimit texts over several lines.
    triple_quotes: bool,
    /// `'` may begin a lifetime, `r#"` a raw text, and any text may have several lines.
    rust_quotes: bool,
    /// A line ends a statement, outside brackets.
    lines_end: bool,
    /// `[name]` on a line of its own governs the lines below it.
    tables: bool,
}

pub(super) const PYTHON: Syntax = Syntax {
    hash_comments: true,
    slash_comments: false,
    triple_quotes: true,
    rust_quotes: false,
    lines_end: true,
    tables: false,
};
pub(super) const RUST: Syntax = Syntax {
    hash_comments: false,
    slash_comments: true,
    triple_quotes: false,
    rust_quotes: true,
    lines_end: false,
    tables: false,
};
pub(super) const TOML: Syntax = Syntax { tables: true, ..PYTHON };
pub(super) const JSON: Syntax = Syntax {
    hash_comments: false,
    slash_comments: true,
    triple_quotes: false,
    rust_quotes: false,
    lines_end: false,
    tables: false,
};

/// The lines of a longer literal behind these are not looked at more closely.
const MOST_LINES: usize = 200;

/// Adds the secrets of `text` to `hidden`.
pub(super) fn hide(
    text: &str,
    syntax: Syntax,
    watch: &dyn Fn(u32) -> Watch,
    names: &Names<'_>,
    hidden: &mut Vec<Range<usize>>,
) {
    let tokens = Lexer { text, syntax, at: 0 }.tokens();
    let mut reader = Reader {
        text,
        syntax,
        tokens: &tokens,
        watch,
        names,
        hidden,
        line: 1,
        levels: vec![Level::default()],
        table_is_secret: false,
    };
    for at in 0..tokens.len() {
        reader.read(at);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    /// A literal in quotes; the token is what stands between them.
    Text,
    Comment,
    Sign,
    LineEnd,
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    bytes: Range<usize>,
}

/// What is known inside one pair of brackets, or outside all.
#[derive(Clone, Copy, Default)]
struct Level {
    opening: u8,
    /// The brackets of a call.
    is_call: bool,
    /// The brackets of `dict(…)`, whose keywords are keys.
    is_table: bool,
    /// The brackets of a call that looks something up, and which argument says what: `get("NAME")`.
    looks_up: Option<usize>,
    /// A subscript: what stands in it is a key.
    is_subscript: bool,
    /// What stands here goes to a secret's name further out: `secret = f(…)`.
    governed: bool,
    /// The name that the current element or statement goes to.
    key: Key,
    /// A secret's name stood in this bracket or statement: the literals behind it may be its value.
    seen: bool,
    /// The same, behind the last comma or key.
    seen_in_element: bool,
    /// A `name` or `key` beside the current key has a secret's name as its value: what `value` says is the secret.
    names_secret: bool,
    /// The last element is an option of a command that takes a secret: `["--token", "…"]`.
    follows_option: bool,
    /// The number of commas so far.
    element: usize,
    /// The last name or key: an index of a token.
    name: Option<usize>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Key {
    #[default]
    None,
    /// A secret's name.
    Secret,
    /// A keyword argument that is no secret's name.
    Keyword,
    /// A key in braces that is no secret's name; the braces themselves may still be governed.
    Entry,
}

impl Level {
    fn is_strong(&self) -> bool {
        match self.key {
            Key::Secret => true,
            Key::Keyword => false,
            Key::None | Key::Entry => self.governed,
        }
    }

    fn has_seen(&self) -> bool {
        self.seen_in_element || (self.seen && self.key == Key::None)
    }

    fn see(&mut self) {
        self.seen = true;
        self.seen_in_element = true;
    }

    /// What follows has nothing to do with what came before: `token and x == "…"`.
    fn forget(&mut self) {
        self.seen = false;
        self.seen_in_element = false;
    }

    fn set_key(&mut self, key: Key) {
        self.key = key;
        self.seen_in_element = false;
    }

    fn end_element(&mut self) {
        self.set_key(Key::None);
        self.name = None;
        self.element += 1;
        // entries of a list or a table have nothing to do with one another, arguments and the parts of a pair have
        if self.opening != b'(' {
            self.seen = false;
        }
        if self.follows_option {
            self.see();
            self.follows_option = false;
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    syntax: Syntax,
    tokens: &'a [Token],
    watch: &'a dyn Fn(u32) -> Watch,
    names: &'a Names<'a>,
    hidden: &'a mut Vec<Range<usize>>,
    line: u32,
    levels: Vec<Level>,
    table_is_secret: bool,
}

impl<'a> Reader<'a> {
    fn read(&mut self, at: usize) {
        let token = &self.tokens[at];
        match token.kind {
            Kind::LineEnd => {
                self.line += 1;
                if self.syntax.lines_end && self.levels.len() == 1 {
                    self.end_statement();
                }
            }
            Kind::Comment => {
                let comment = &self.text[token.bytes.clone()];
                settings::hide_inside(comment, token.bytes.start, self.names, self.hidden);
                self.count_lines(at);
            }
            Kind::Word => self.word(at),
            Kind::Number => {
                let level = self.level();
                if level.is_strong() && token.bytes.len() >= 6 {
                    self.hidden.push(token.bytes.clone());
                }
            }
            Kind::Text => {
                self.literal(at);
                self.count_lines(at);
            }
            Kind::Sign => self.sign(at),
        }
    }

    fn count_lines(&mut self, at: usize) {
        let text = self.text(at);
        let ends = text.bytes().filter(|byte| *byte == b'\n').count();
        self.line = self.line.saturating_add(u32::try_from(ends).unwrap_or(u32::MAX));
    }

    fn end_statement(&mut self) {
        let governed = self.table_is_secret && self.levels.len() == 1;
        let level = self.level();
        *level = Level {
            opening: level.opening,
            governed,
            ..Level::default()
        };
    }

    fn word(&mut self, at: usize) {
        let word = self.text(at);
        let is_secret = self.names.is_secret(word);
        let level = self.level();
        level.name = Some(at);
        // `key` alone is mostly a key of a table
        if is_secret && !matches!(word, "key" | "keys") {
            level.see();
        } else if word == "and" {
            level.forget();
        }
    }

    fn literal(&mut self, at: usize) {
        let content = self.text(at);
        let level = *self.level();
        if self.is_key(at, level) {
            self.level().name = Some(at);
            settings::hide_inside(content, self.tokens[at].bytes.start, self.names, self.hidden);
            return;
        }
        let last = content.bytes().filter(|byte| *byte == b'\n').count();
        let last = self.line.saturating_add(u32::try_from(last).unwrap_or(u32::MAX));
        let watch = (self.line..=last)
            .take(MOST_LINES)
            .map(self.watch)
            .max()
            .unwrap_or_default();
        let is_argument = level.is_call && level.key == Key::None;
        let is_watched = match watch {
            Watch::Names => false,
            Watch::Around => is_argument && level.looks_up.is_none() && !looks::is_sentence(content),
            Watch::Arguments => is_argument,
            Watch::Literals => true,
        };
        let is_looked_up = level.looks_up == Some(level.element) && level.key == Key::None;
        let is_name = looks::is_setting_name(content) && level.looks_up.is_none_or(|name| level.element == name);
        let goes_with_a_secret = if level.is_strong() {
            // `JWT_SECRET = "JWT_SECRET"` is a placeholder; inside a call, names are arguments
            !(level.opening == b'(' && is_name)
        } else {
            (level.has_seen() || self.is_compared_with_secret(at) || is_watched) && !is_name
        };
        let bytes = self.tokens[at].bytes.clone();
        if goes_with_a_secret && !is_looked_up && !looks::is_well_known(content) {
            self.hidden.push(bytes);
        } else {
            settings::hide_inside(content, bytes.start, self.names, self.hidden);
        }
        if self.names.is_secret(content) {
            let is_name = level.name.is_some_and(|name| matches!(self.text(name), "name" | "key"));
            let level = self.level();
            level.see();
            level.names_secret = is_name;
            level.follows_option = content.starts_with('-');
        }
    }

    /// Whether the literal is a name for something: a key of a table, or a subscript.
    fn is_key(&self, at: usize, level: Level) -> bool {
        let next = self.next(at);
        level.is_subscript
            || (next == ":" && level.opening == b'{')
            || next == "=>"
            || (self.syntax.tables && matches!(next, "=" | "."))
    }

    /// `"…" == token`.
    fn is_compared_with_secret(&self, at: usize) -> bool {
        let mut others = self.tokens[at + 1..].iter();
        let is_comparison = |token: &Token| matches!(&self.text[token.bytes.clone()], "==" | "!=");
        others.next().is_some_and(is_comparison)
            && others
                .take_while(|token| {
                    token.kind == Kind::Word || matches!(&self.text[token.bytes.clone()], "." | "::" | "&" | "*")
                })
                .any(|token| self.names.is_secret(&self.text[token.bytes.clone()]))
    }

    fn sign(&mut self, at: usize) {
        match self.text(at) {
            "(" | "[" | "{" => self.open(at),
            ")" | "]" | "}" => self.close(),
            "," => self.level().end_element(),
            ";" => self.end_statement(),
            "&&" | "->" => self.level().forget(),
            "=" | ":=" | "+=" | "|=" => {
                let is_secret = self.names_secret();
                let is_table = self.syntax.tables;
                let is_value = self.name().is_some_and(is_default);
                let is_table_call = self.level().is_table;
                let level = self.level();
                match level.opening {
                    // an annotated name keeps what its name says: `SECRET: str = "…"`
                    _ if level.key == Key::Secret => {}
                    _ if is_secret => level.set_key(Key::Secret),
                    // a default goes with whatever its call goes with
                    b'(' if is_value => level.key = Key::None,
                    b'(' if is_table_call => level.set_key(Key::Entry),
                    b'(' => level.set_key(Key::Keyword),
                    b'{' if is_table => level.set_key(Key::Entry),
                    _ => level.key = Key::None,
                }
            }
            ":" => {
                let is_value = self.name().is_some_and(is_default);
                let is_secret = self.names_secret() || (is_value && self.level().names_secret);
                let level = self.level();
                match level.opening {
                    _ if is_secret => level.set_key(Key::Secret),
                    b'{' => level.set_key(Key::Entry),
                    b'(' => level.set_key(Key::Keyword),
                    _ => {}
                }
            }
            "=>" if self.names_secret() => self.level().set_key(Key::Secret),
            _ => {}
        }
    }

    fn open(&mut self, at: usize) {
        let sign = self.text.as_bytes()[self.tokens[at].bytes.start];
        if self.syntax.tables && sign == b'[' && self.levels.len() == 1 && self.level().key == Key::None {
            self.table_header(at);
        }
        let follows_value = at.checked_sub(1).is_some_and(|before| match self.tokens[before].kind {
            Kind::Word => !is_keyword(self.text(before)),
            Kind::Text => true,
            _ => matches!(self.text(before), ")" | "]" | "!"),
        });
        let is_statement_block = self.syntax.rust_quotes && sign == b'{' && matches!(self.level().opening, 0 | b'{');
        let outer = *self.level();
        let callee = outer.name.map(|name| self.text(name)).unwrap_or_default();
        let is_call = sign == b'(' && follows_value;
        // `auth=("user", "…")`
        let is_credentials = sign == b'(' && !is_call && outer.key == Key::Keyword && callee == "auth";
        let seen = outer.has_seen() && !is_statement_block && (sign != b'{' || outer.seen_in_element);
        self.levels.push(Level {
            opening: sign,
            is_call,
            is_table: is_call && callee == "dict",
            looks_up: looked_up(callee).filter(|_| is_call),
            is_subscript: sign == b'[' && follows_value,
            governed: is_credentials || (outer.is_strong() && (!is_statement_block || outer.key == Key::Secret)),
            seen,
            seen_in_element: seen,
            ..Level::default()
        });
    }

    fn close(&mut self) {
        if self.levels.len() == 1 {
            return;
        }
        let Some(inner) = self.levels.pop() else { return };
        let level = self.level();
        if inner.is_subscript {
            level.name = inner.name.or(level.name);
        }
        if inner.opening != b'{' {
            if inner.seen {
                level.see();
            }
        } else if level.opening != b'(' {
            // a block of statements ends like one
            level.forget();
            level.name = None;
        }
    }

    /// `[a.b]`: whether a part of it is a secret's name.
    fn table_header(&mut self, at: usize) {
        let header = self.tokens[at + 1..]
            .iter()
            .take_while(|token| token.kind != Kind::LineEnd);
        self.table_is_secret = header
            .filter(|token| matches!(token.kind, Kind::Word | Kind::Text))
            .any(|token| self.names.is_secret(&self.text[token.bytes.clone()]));
    }

    fn names_secret(&mut self) -> bool {
        self.name().is_some_and(|name| self.names.is_secret(name))
    }

    fn name(&mut self) -> Option<&'a str> {
        let name = self.level().name?;
        Some(self.text(name))
    }

    fn level(&mut self) -> &mut Level {
        if self.levels.is_empty() {
            self.levels.push(Level::default());
        }
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn text(&self, at: usize) -> &'a str {
        &self.text[self.tokens[at].bytes.clone()]
    }

    /// The sign or word behind a token, line ends left out; empty at the end.
    fn next(&self, at: usize) -> &'a str {
        let next = self.tokens[at + 1..].iter().find(|token| token.kind != Kind::LineEnd);
        next.filter(|token| token.kind == Kind::Sign)
            .map_or("", |token| &self.text[token.bytes.clone()])
    }
}

/// Words before a bracket that is no call's.
fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "and"
            | "assert"
            | "await"
            | "del"
            | "elif"
            | "else"
            | "for"
            | "if"
            | "in"
            | "is"
            | "lambda"
            | "match"
            | "not"
            | "or"
            | "print"
            | "raise"
            | "return"
            | "while"
            | "with"
            | "yield"
    )
}

/// Whether a keyword or key says nothing but that its value is one.
fn is_default(name: &str) -> bool {
    matches!(name, "default" | "default_value" | "fallback" | "initial" | "value")
}

/// Which argument of a callee is the name of what is looked up.
fn looked_up(callee: &str) -> Option<usize> {
    const STARTS: [&str; 14] = [
        "get", "pop", "var", "env", "read", "fetch", "find", "load", "require", "config", "setting", "header", "param",
        "cookie",
    ];
    let callee = callee.trim_start_matches('_');
    let begins = |start: &str| {
        let begin = callee.get(..start.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(start))
    };
    match callee {
        "getattr" | "hasattr" | "setattr" | "delattr" => Some(1),
        _ => STARTS.into_iter().any(begins).then_some(0),
    }
}

struct Lexer<'a> {
    text: &'a str,
    syntax: Syntax,
    at: usize,
}

impl Lexer<'_> {
    fn tokens(mut self) -> Vec<Token> {
        let mut tokens = Vec::new();
        while let Some(first) = self.rest().chars().next() {
            let start = self.at;
            let kind = match first {
                '\n' => {
                    self.at += 1;
                    Some(Kind::LineEnd)
                }
                '\\' => {
                    // an escaped line end goes on with the statement
                    self.at += 1;
                    None
                }
                _ if first.is_whitespace() => {
                    self.at += first.len_utf8();
                    None
                }
                '#' if self.syntax.hash_comments => self.comment_to_line_end(),
                '/' if self.syntax.slash_comments && self.rest().starts_with("//") => self.comment_to_line_end(),
                '/' if self.syntax.slash_comments && self.rest().starts_with("/*") => {
                    let length = self.rest()[2..]
                        .find("*/")
                        .map_or(self.rest().len(), |length| length + 4);
                    self.at += length;
                    Some(Kind::Comment)
                }
                '"' | '\'' => {
                    tokens.extend(self.literal("", 0));
                    continue;
                }
                _ if first.is_alphabetic() || first == '_' => {
                    let word = self.word();
                    if let Some(hashes) = self.quote_behind(&self.text[word.clone()]) {
                        let prefix = &self.text[word];
                        tokens.extend(self.literal(prefix, hashes));
                        continue;
                    }
                    Some(Kind::Word)
                }
                _ if first.is_ascii_digit() => {
                    self.word();
                    Some(Kind::Number)
                }
                _ => {
                    self.at += self.sign_length(first);
                    Some(Kind::Sign)
                }
            };
            tokens.extend(kind.map(|kind| Token {
                kind,
                bytes: start..self.at,
            }));
        }
        tokens
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn comment_to_line_end(&mut self) -> Option<Kind> {
        self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        Some(Kind::Comment)
    }

    fn word(&mut self) -> Range<usize> {
        let start = self.at;
        // TOML keys may have hyphens
        let is_part = |sign: char| sign.is_alphanumeric() || sign == '_' || (sign == '-' && self.syntax.tables);
        self.at += self.rest().find(|sign| !is_part(sign)).unwrap_or(self.rest().len());
        start..self.at
    }

    /// The number of `#` between a text's prefix and its quote; none if `word` is no prefix of a text.
    fn quote_behind(&self, word: &str) -> Option<usize> {
        let is_prefix = word.len() <= 2 && word.bytes().all(|byte| b"rRbBuUfFtTcC".contains(&byte));
        let rest = self.rest();
        let behind = if self.syntax.rust_quotes && word.ends_with('r') {
            rest.trim_start_matches('#')
        } else {
            rest
        };
        (is_prefix && behind.starts_with(['"', '\''])).then(|| rest.len() - behind.len())
    }

    /// The literal at the quote that follows; nothing for a lifetime.
    fn literal(&mut self, prefix: &str, hashes: usize) -> Option<Token> {
        self.at += hashes;
        let quote = self.rest().chars().next()?;
        if self.syntax.rust_quotes && quote == '\'' && self.is_lifetime() {
            self.at += 1;
            return None;
        }
        let is_triple =
            self.syntax.triple_quotes && self.rest().starts_with(if quote == '"' { "\"\"\"" } else { "'''" });
        let mut closing = quote.to_string().repeat(if is_triple { 3 } else { 1 });
        self.at += closing.len();
        closing.push_str(&"#".repeat(hashes));
        let has_prefix = |signs: [char; 2]| prefix.contains(signs);
        let is_raw = self.syntax.rust_quotes && prefix.contains('r');
        let is_template = !self.syntax.rust_quotes && (has_prefix(['f', 'F']) || has_prefix(['t', 'T']));
        let ends_with_line = !is_triple && !self.syntax.rust_quotes;
        let start = self.at;
        let length = literal_length(self.rest(), &closing, is_raw, is_template, ends_with_line);
        self.at += length;
        let bytes = start..self.at;
        if self.rest().starts_with(closing.as_str()) {
            self.at += closing.len();
        }
        Some(Token {
            kind: Kind::Text,
            bytes,
        })
    }

    fn is_lifetime(&self) -> bool {
        let mut signs = self.rest().chars().skip(1);
        let first = signs.next();
        first != Some('\\') && signs.next() != Some('\'')
    }

    fn sign_length(&self, first: char) -> usize {
        const PAIRS: [&str; 13] = [
            "==", "!=", ":=", "=>", "->", "::", "<=", ">=", "+=", "|=", "&&", "||", "..",
        ];
        match PAIRS.iter().any(|pair| self.rest().starts_with(pair)) {
            true => 2,
            false => first.len_utf8(),
        }
    }
}

/// The length of a literal's content, up to its closing quote, to the end of the line, or to the end of the text.
fn literal_length(text: &str, closing: &str, is_raw: bool, is_template: bool, ends_with_line: bool) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut braces = 0;
    // inside the braces of a template, texts of their own may stand in the same quotes
    let mut inner: Option<u8> = None;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if !is_raw => at += 1,
            b'\n' if ends_with_line => return at,
            sign if inner == Some(sign) => inner = None,
            _ if inner.is_some() => {}
            b'{' if is_template && braces == 0 && bytes.get(at + 1) == Some(&b'{') => at += 1,
            b'{' if is_template => braces += 1,
            b'}' if is_template && braces > 0 => braces -= 1,
            sign @ (b'"' | b'\'') if braces > 0 => inner = Some(sign),
            _ if text.is_char_boundary(at) && text[at..].starts_with(closing) => return at,
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::super::Watch;
    use super::super::tests::check;

    #[test]
    fn values_of_secret_names_are_hidden_in_python() {
        check(
            "app/settings.py",
            Watch::Names,
            &[
                ("JWT_SECRET = \"hunter2\"", "JWT_SECRET = \"*******\""),
                ("jwt_secret: str = 'hunter2'", "jwt_secret: str = '*******'"),
                (
                    "os.environ[\"API_KEY\"] = \"hunter2\"",
                    "os.environ[\"API_KEY\"] = \"*******\"",
                ),
                (
                    "connect(host=\"db\", password=\"hunter2\")",
                    "connect(host=\"db\", password=\"*******\")",
                ),
                (
                    "{\"user\": \"bob\", \"password\": \"hunter2\"}",
                    "{\"user\": \"bob\", \"password\": \"*******\"}",
                ),
                (
                    "SECRETS = {\"staging\": \"hunter2\", 'x': [\"y\"]}",
                    "SECRETS = {\"staging\": \"*******\", 'x': [\"*\"]}",
                ),
                (
                    "SECRETS = {\n  \"staging\": \"hunter2\",\n}\nx = \"y\"",
                    "SECRETS = {\n  \"staging\": \"*******\",\n}\nx = \"y\"",
                ),
                (
                    "secret = base64.b64encode(b\"hunter2\").decode(\"utf-8\")",
                    "secret = base64.b64encode(b\"*******\").decode(\"utf-8\")",
                ),
                (
                    "key = os.getenv(\"JWT_SECRET\", \"hunter2\")",
                    "key = os.getenv(\"JWT_SECRET\", \"*******\")",
                ),
                (
                    "x = env.get(\"JWT_SECRET\", \"HUNTER\")",
                    "x = env.get(\"JWT_SECRET\", \"******\")",
                ),
                (
                    "x = env.get(\"JWT_SECRET\") or \"hunter2\"",
                    "x = env.get(\"JWT_SECRET\") or \"*******\"",
                ),
                (
                    "f(signing=env.get(\"JWT_SECRET\") or \"hunter2\", mode=\"fast\")",
                    "f(signing=env.get(\"JWT_SECRET\") or \"*******\", mode=\"fast\")",
                ),
                (
                    "f(token, {\"mode\": \"fast\", \"x\": token or \"hunter2\"})",
                    "f(token, {\"mode\": \"fast\", \"x\": token or \"*******\"})",
                ),
                (
                    "if token == \"hunter2\" or 'abc' != token:",
                    "if token == \"*******\" or '***' != token:",
                ),
                ("if \"hunter2\" == request.token:", "if \"*******\" == request.token:"),
                ("if token in (\"hunter2\", 'abc'):", "if token in (\"*******\", '***'):"),
                (
                    "jwt.decode(token, \"hunter2\", algorithms=[\"HS256\", \"mine\"])",
                    "jwt.decode(token, \"*******\", algorithms=[\"HS256\", \"mine\"])",
                ),
                (
                    "def login(password=\"hunter2\", role=\"admin\"):",
                    "def login(password=\"*******\", role=\"admin\"):",
                ),
                (
                    "secret = f\"app_{env[\"NAME\"]}_key\"; x = 'y'",
                    "secret = f\"*********************\"; x = 'y'",
                ),
                ("api_key = '''hun\nter\n2'''", "api_key = '''***\n***\n*'''"),
                (
                    "jwt_secret: str = Field(default=\"hunter2\", title=\"x\")",
                    "jwt_secret: str = Field(default=\"*******\", title=\"x\")",
                ),
                (
                    "SECRETS = dict(staging=\"hunter2\")",
                    "SECRETS = dict(staging=\"*******\")",
                ),
                (
                    "add(\"--api-key\", default=\"hunter2\", help=\"x\")",
                    "add(\"--api-key\", default=\"*******\", help=\"x\")",
                ),
                (
                    "run([\"x\", \"--api-key\", \"hunter2\", \"y\"])",
                    "run([\"x\", \"--api-key\", \"*******\", \"y\"])",
                ),
                (
                    "post(url, auth=(\"bob\", \"hunter2\"), mode=\"x\")",
                    "post(url, auth=(\"***\", \"*******\"), mode=\"x\")",
                ),
                ("password = 12345678", "password = ********"),
                ("\"postgres://bob:hunter2@db/x\"", "\"postgres://bob:*******@db/x\""),
                ("x = 1  # password=hunter2, see y", "x = 1  # password=*******, see y"),
                (
                    "client(\"eyJhbGciOiJIUzI1NiJ9.e30.x\")",
                    "client(\"**************************\")",
                ),
                (
                    "h = {\"Authorization\": \"Bearer eyJhbGciOiJIUzI1NiJ9\"}",
                    "h = {\"Authorization\": \"Bearer ********************\"}",
                ),
            ],
        );
    }

    #[test]
    fn names_and_well_known_words_stay_in_python() {
        check(
            "app/settings.py",
            Watch::Names,
            &[
                (
                    "return jwt.decode(token, key, algorithms=[\"HS256\"], options={\"verify_signature\": False})",
                    "=",
                ),
                ("SECRET = os.environ[\"JWT_SECRET\"]", "="),
                (
                    "secret = get_env().get(\"JWT_SECRET\") or os.getenv(\"SECRET_KEY\")",
                    "=",
                ),
                (
                    "token = request.headers.get(\"Authorization\", \"\").removeprefix(\"Bearer \")",
                    "=",
                ),
                ("token = header.split(\".\")[1]", "="),
                ("token = getattr(request, \"session\", None)", "="),
                ("skip_auth: bool = \"true\"", "="),
                ("if environment in (\"staging\", \"production\"):", "="),
                ("def test_token(self, mode=\"fast\"):", "="),
                ("name = \"bob\"", "="),
                ("token\nname = \"bob\"", "="),
                ("raise HTTPException(status_code=401, detail=\"token expired\")", "="),
                ("# the token: decoded by the owner, see `auth.client`", "="),
                ("'''Validate the token: it must be fresh.'''", "="),
                ("for name in [\"JWT_SECRET\", \"JWT_SECRET_KEY\"]:", "="),
                (
                    "__all__ = [\"AccessToken\", \"Client\"]; x = [(\"key\", 1), (\"b\", 2)]",
                    "=",
                ),
                ("return {key: value for key, value in x if key != \"self\"}", "="),
                ("def read_token(token: str) -> \"Claims\":", "="),
                ("if access_token and \"at_hash\" not in self:", "="),
                ("mask = 0xfedcba9876543210", "="),
                ("'''Options: f(api_key=f\"shared_{name}\")'''", "="),
                ("f\"JWT_SECRET_{env.upper()}\"", "="),
                ("url = f\"{base}/ws?token={token}\"", "="),
            ],
        );
    }

    #[test]
    fn watched_lines_hide_every_literal_that_is_no_name() {
        check(
            "app/settings.py",
            Watch::Literals,
            &[
                (
                    "jwt.encode(claims, \"hunter2\", algorithm=\"HS256\")",
                    "jwt.encode(claims, \"*******\", algorithm=\"HS256\")",
                ),
                (
                    "x = env.get(\"NAME\") or \"hunter2\"",
                    "x = env.get(\"NAME\") or \"*******\"",
                ),
                ("sign(material=\"hunter2\")", "sign(material=\"*******\")"),
                ("x = {\"name\": y[\"other\"]}", "="),
            ],
        );
    }

    #[test]
    fn around_watched_lines_arguments_are_hidden_but_no_sentences() {
        check(
            "app/settings.py",
            Watch::Around,
            &[
                ("raise ValueError(\"NAME is not set\")", "="),
                ("headers = {\"Accept\": \"text/plain\"}", "="),
                ("site = os.getenv(\"SITE\", \"here\") or getattr(self, \"site\")", "="),
                ("jwt.encode(claims, \"hunter2\")", "jwt.encode(claims, \"*******\")"),
            ],
        );
    }

    #[test]
    fn watched_calls_hide_arguments_without_a_keyword() {
        check(
            "app/settings.py",
            Watch::Arguments,
            &[
                (
                    "jwt.encode(claims, \"hunter2\", \"HS256\")",
                    "jwt.encode(claims, \"*******\", \"HS256\")",
                ),
                ("jwt.decode(raw, **options, audience=\"api\")", "="),
                ("if environment in (\"staging\", \"production\"):", "="),
                ("env.get(\"NAME\")", "="),
            ],
        );
    }

    #[test]
    fn values_of_secret_names_are_hidden_in_rust() {
        check(
            "src/main.rs",
            Watch::Names,
            &[
                (
                    "const JWT_SECRET: &str = \"hunter2\";",
                    "const JWT_SECRET: &str = \"*******\";",
                ),
                (
                    "let password = r#\"hun\"ter\"#.to_owned();",
                    "let password = r#\"*******\"#.to_owned();",
                ),
                (
                    "let key = std::env::var(\"JWT_SECRET\").unwrap_or(\"hunter2\".into());",
                    "let key = std::env::var(\"JWT_SECRET\").unwrap_or(\"*******\".into());",
                ),
                (
                    "f(env::var(\"JWT_SECRET\").unwrap_or_else(|_| { \"hunter2\".into() }))",
                    "f(env::var(\"JWT_SECRET\").unwrap_or_else(|_| { \"*******\".into() }))",
                ),
                (
                    "Config { user: \"bob\", api_key: \"hunter2\" }",
                    "Config { user: \"bob\", api_key: \"*******\" }",
                ),
                (
                    "if token == \"hunter2\" { return \"ok\"; }",
                    "if token == \"*******\" { return \"ok\"; }",
                ),
                (
                    "fn f<'a>(x: &'a str) { g('\\'', \"bob\") } // api_key=hunter2",
                    "fn f<'a>(x: &'a str) { g('\\'', \"bob\") } // api_key=*******",
                ),
                (
                    "match name { \"JWT_SECRET\" => \"hunter2\", _ => \"bob\" }",
                    "match name { \"JWT_SECRET\" => \"*******\", _ => \"bob\" }",
                ),
                ("let token = x;\nlet name = \"bob\";", "="),
                (
                    "fn f() { let x: Key = env::var(\"JWT_SECRET\").unwrap_or(\"hunter2\"); g(\"bob\") }",
                    "fn f() { let x: Key = env::var(\"JWT_SECRET\").unwrap_or(\"*******\"); g(\"bob\") }",
                ),
                (
                    "Config { signing: env::var(\"JWT_SECRET\").unwrap_or(\"hunter2\"), name: \"bob\" }",
                    "Config { signing: env::var(\"JWT_SECRET\").unwrap_or(\"*******\"), name: \"bob\" }",
                ),
                (
                    "#[serde(rename = \"name\")] struct Token { name: String } fn f() { g(\"bob\") }",
                    "=",
                ),
                (
                    "decode::<Claims>(token, &DecodingKey::from_secret(\"hunter2\".as_ref()), &v)",
                    "decode::<Claims>(token, &DecodingKey::from_secret(\"*******\".as_ref()), &v)",
                ),
            ],
        );
    }

    #[test]
    fn values_of_secret_names_are_hidden_in_toml_and_json() {
        check(
            "a.toml",
            Watch::Names,
            &[
                (
                    "api_key = \"hunter2\"\nname = \"bob\"",
                    "api_key = \"*******\"\nname = \"bob\"",
                ),
                (
                    "[secrets]\njwt = 'hunter2'\n[other]\njwt = 'bob'",
                    "[secrets]\njwt = '*******'\n[other]\njwt = 'bob'",
                ),
                (
                    "x = { password = \"hunter2\", user = \"bob\" }",
                    "x = { password = \"*******\", user = \"bob\" }",
                ),
                ("\"api-key\" = \"hunter2\"", "\"api-key\" = \"*******\""),
                ("auth.api_key = \"hunter2\"", "auth.api_key = \"*******\""),
            ],
        );
        check(
            "a.json",
            Watch::Names,
            &[
                (
                    "{\"api_key\": \"hunter2\", \"name\": \"bob\"}",
                    "{\"api_key\": \"*******\", \"name\": \"bob\"}",
                ),
                (
                    "[{\"name\": \"API_KEY\", \"value\": \"hunter2\"}, {\"name\": \"X\", \"value\": \"y\"}]",
                    "[{\"name\": \"API_KEY\", \"value\": \"*******\"}, {\"name\": \"X\", \"value\": \"y\"}]",
                ),
                (
                    "{\"secrets\": {\n\"jwt\": \"hunter2\"}, \"a\": \"b\"}",
                    "{\"secrets\": {\n\"jwt\": \"*******\"}, \"a\": \"b\"}",
                ),
            ],
        );
    }
}
