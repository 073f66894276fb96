//! Hides secrets in files without quotes: dotenv, YAML, Dockerfile, shell, ini; and in comments and texts of code.

use super::{Names, Watch, looks};
use std::ops::Range;

/// How lines belong together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Each line speaks for itself.
    Flat,
    /// Lines belong to the line above that is indented less: YAML.
    Nested,
}

/// Adds the secrets of `text` to `hidden`.
pub(super) fn hide(
    text: &str,
    form: Form,
    watch: &dyn Fn(u32) -> Watch,
    names: &Names<'_>,
    hidden: &mut Vec<Range<usize>>,
) {
    let mut keys: Vec<Key> = Vec::new();
    // the quote that a secret text over several lines is closed by
    let mut open_quote: Option<char> = None;
    let mut start = 0;
    for (number, full) in (1..).zip(text.split_inclusive('\n')) {
        let line = full.trim_end();
        let at = start;
        start += full.len();
        if let Some(quote) = open_quote {
            hidden.push(at..at + line.len());
            if line.contains(quote) {
                open_quote = None;
            }
            continue;
        }
        if line.trim().is_empty() {
            continue;
        }
        let entry = Entry::read(line, form);
        if form == Form::Nested {
            keys.retain(|key| key.indent < entry.indent || (key.indent == entry.indent && !entry.begins_item));
        }
        let governed = keys.iter().any(|key| key.is_secret && key.indent < entry.indent);
        let Some((name, value)) = entry.setting else {
            if governed && !line.trim_start().starts_with('#') {
                let _ = hide_value(line, entry.content.clone(), at, hidden);
            } else {
                hide_inside(line, at, names, hidden);
            }
            continue;
        };
        let key = &line[name];
        let written = line[value.clone()].trim();
        let sibling = keys.iter().find(|key| key.indent == entry.indent);
        let is_value_of_secret = sibling.is_some_and(|key| key.names_secret) && matches!(key, "value" | "default");
        let is_secret = governed || names.is_secret(key) || is_value_of_secret;
        if is_secret || watch(number) == Watch::Literals {
            let end = hide_value(line, value.clone(), at, hidden);
            hide_inside(&line[end..], at + end, names, hidden);
            open_quote = unclosed_quote(written).filter(|_| is_secret);
        } else {
            hide_inside(line, at, names, hidden);
        }
        if form == Form::Nested {
            let names_secret = matches!(key, "name" | "key") && names.is_secret(unquoted(written));
            let names_secret = names_secret || sibling.is_some_and(|key| key.names_secret);
            keys.retain(|key| key.indent < entry.indent);
            keys.push(Key {
                indent: entry.indent,
                is_secret,
                names_secret,
            });
        }
    }
}

/// Hides what any text may give away: `name=value` and `name: value` of secret names, passwords in URLs, words that look like
/// keys. `start` is where `text` stands in the file.
pub(super) fn hide_inside(text: &str, start: usize, names: &Names<'_>, hidden: &mut Vec<Range<usize>>) {
    hide_passwords_of_urls(text, start, hidden);
    hide_passwords_of_users(text, start, hidden);
    hide_assigned(text, start, names, hidden);
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].find(separates_words).unwrap_or(text.len() - at);
        let word = &text[at..at + length];
        if looks::is_key_like(word) && !word.contains("://") {
            hidden.push(start + at..start + at + length);
        }
        at += length + text[at + length..].chars().next().map_or(1, char::len_utf8);
    }
}

fn separates_words(sign: char) -> bool {
    sign.is_whitespace() || "\"'`,;&()[]{}<>|=".contains(sign)
}

/// A key of a YAML mapping that following lines may belong to.
struct Key {
    indent: usize,
    is_secret: bool,
    /// A `name:` beside it has a secret's name as its value, as in lists of environment variables.
    names_secret: bool,
}

/// What a line says.
struct Entry {
    /// Where its key or content begins.
    indent: usize,
    /// Whether it begins an item of a list.
    begins_item: bool,
    content: Range<usize>,
    /// Its key and its value.
    setting: Option<(Range<usize>, Range<usize>)>,
}

impl Entry {
    fn read(line: &str, form: Form) -> Self {
        let mut indent = line.len() - line.trim_start().len();
        let mut begins_item = false;
        while let Some(rest) = line[indent..].strip_prefix("- ") {
            begins_item = true;
            indent += 2 + (rest.len() - rest.trim_start().len());
        }
        let content = indent..line.len();
        let is_comment = line[indent..].starts_with('#') || line[indent..].starts_with("//");
        Self {
            indent,
            begins_item,
            setting: if is_comment {
                None
            } else {
                setting(line, content.clone(), form)
            },
            content,
        }
    }
}

/// Words before a setting: of shells, Dockerfiles and Windows.
const BEFORE_SETTINGS: [&str; 7] = ["export ", "ENV ", "ARG ", "LABEL ", "set ", "local ", "readonly "];

/// The key and the value of a line's first setting.
fn setting(line: &str, content: Range<usize>, form: Form) -> Option<(Range<usize>, Range<usize>)> {
    let mut start = content.start;
    let mut is_of_dockerfile = false;
    for word in BEFORE_SETTINGS {
        if let Some(rest) = line[start..].strip_prefix(word) {
            is_of_dockerfile = word == "ENV ";
            start = line.len() - rest.trim_start().len();
        }
    }
    let quote = line[start..].chars().next().filter(|sign| matches!(sign, '"' | '\''));
    let name_start = start + usize::from(quote.is_some());
    let is_part = |sign: char| sign.is_alphanumeric() || "_-./".contains(sign);
    let name_end = name_start
        + line[name_start..]
            .find(|sign| !is_part(sign))
            .unwrap_or(line.len() - name_start);
    let name = name_start..name_end;
    let behind = name_end + usize::from(quote.is_some_and(|quote| line[name_end..].starts_with(quote)));
    let rest = line[behind..].trim_start();
    let value = match rest.chars().next()? {
        _ if name.is_empty() => return None,
        '=' => line.len() - rest.len() + 1,
        ':' if rest[1..].starts_with([' ', '\t', '=']) || rest.len() == 1 || form == Form::Flat => {
            line.len() - rest.len() + 1
        }
        _ if is_of_dockerfile && rest.len() < line[behind..].len() => line.len() - rest.len(),
        _ => return None,
    };
    // several settings on one line speak for themselves: `ENV A=1 B=2`
    let several = line[value..].split_whitespace().skip(1).any(|word| {
        word.split_once('=')
            .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(is_part))
    });
    (!several || line[value..].trim_start().starts_with(['"', '\''])).then_some((name, value..line.len()))
}

/// Hides a value, but neither its quotes nor what only refers to it: `${NAME}`, `{{ name }}`, `!vault`, `|`, `true`, a comment.
///
/// Gives where the value ends in the line.
fn hide_value(line: &str, value: Range<usize>, start: usize, hidden: &mut Vec<Range<usize>>) -> usize {
    let text = &line[value.clone()];
    let leading = text.len() - text.trim_start().len();
    let at = value.start + leading;
    let text = text.trim();
    if let Some(quote) = text.chars().next().filter(|sign| matches!(sign, '"' | '\'')) {
        let end = text[1..].find(quote).map_or(text.len(), |length| length + 1);
        if !is_reference(&text[1..end]) && !looks::is_well_known(&text[1..end]) {
            hidden.push(start + at + 1..start + at + end);
        }
        hide_defaults(text, start + at, hidden);
        return at + end;
    }
    let end = text.find(" #").map_or(text.len(), |end| text[..end].trim_end().len());
    let text = &text[..end];
    let is_block_sign = text.len() <= 3 && text.starts_with(['|', '>']);
    if is_reference(text) {
        hide_defaults(text, start + at, hidden);
    } else if !is_block_sign && !looks::is_well_known(text) {
        hidden.push(start + at..start + at + end);
    }
    at + end
}

/// Whether a value names another one instead of being one.
fn is_reference(text: &str) -> bool {
    let closed = |opening: &str, closing: &str| text.starts_with(opening) && text.ends_with(closing);
    closed("${", "}")
        || closed("{{", "}}")
        || closed("<", ">")
        || closed("$(", ")")
        || text
            .strip_prefix('$')
            .is_some_and(|name| !name.is_empty() && name.chars().all(|sign| sign.is_alphanumeric() || sign == '_'))
        || text.starts_with('&')
        || text.starts_with('*')
}

/// `${NAME:-default}`, `{{ name | default "…" }}`.
fn hide_defaults(text: &str, start: usize, hidden: &mut Vec<Range<usize>>) {
    for (at, _) in text.match_indices("${") {
        let inside = &text[at + 2..text[at..].find('}').map_or(text.len(), |end| at + end)];
        let name = inside
            .find(|sign: char| !sign.is_alphanumeric() && sign != '_')
            .unwrap_or(inside.len());
        let default = &inside[name..];
        let value = default.trim_start_matches([':', '-', '=', '+']);
        if value.len() < default.len() && !default.contains('?') && !looks::is_well_known(value) {
            let at = at + 2 + inside.len() - value.len();
            hidden.push(start + at..start + at + value.len());
        }
    }
    if text.starts_with("{{") {
        let mut quoted = text.match_indices('"').map(|(at, _)| at);
        while let (Some(open), Some(close)) = (quoted.next(), quoted.next()) {
            hidden.push(start + open + 1..start + close);
        }
    }
}

fn unquoted(text: &str) -> &str {
    text.trim_matches(['"', '\''])
}

/// The quote that a value opens and does not close.
fn unclosed_quote(value: &str) -> Option<char> {
    let quote = value.chars().next().filter(|sign| matches!(sign, '"' | '\''))?;
    (!value[1..].contains(quote)).then_some(quote)
}

/// `scheme://user:password@host`.
fn hide_passwords_of_urls(text: &str, start: usize, hidden: &mut Vec<Range<usize>>) {
    for (at, sign) in text.match_indices("://") {
        let authority_start = at + sign.len();
        let rest = &text[authority_start..];
        let end = rest
            .find(|sign: char| sign.is_whitespace() || "/\"'`<>?#".contains(sign))
            .unwrap_or(rest.len());
        let Some(host) = rest[..end].rfind('@') else { continue };
        let Some(colon) = rest[..host].find(':') else { continue };
        let password = &rest[colon + 1..host];
        if !password.is_empty() && !is_template(password) {
            hidden.push(start + authority_start + colon + 1..start + authority_start + host);
        }
    }
}

/// `-u user:password`, `--user user:password`.
fn hide_passwords_of_users(text: &str, start: usize, hidden: &mut Vec<Range<usize>>) {
    for option in [" -u ", " --user "] {
        for (at, _) in text.match_indices(option) {
            let word_start = at + option.len();
            let word = text[word_start..].split(separates_words).next().unwrap_or_default();
            if let Some((user, password)) = word.split_once(':').filter(|(_, password)| !is_template(password)) {
                let password_start = start + word_start + user.len() + 1;
                hidden.push(password_start..password_start + password.len());
            }
        }
    }
}

/// `name=value`, `name: value`, `--name value` anywhere in a text.
fn hide_assigned(text: &str, start: usize, names: &Names<'_>, hidden: &mut Vec<Range<usize>>) {
    let is_part = |sign: char| sign.is_alphanumeric() || sign == '_' || sign == '-' || sign == '.';
    for (at, sign) in text.match_indices(['=', ':', ' ']) {
        let before = match sign {
            "=" => text[..at].trim_end_matches(['"', '\'', ' ', '=']),
            " " => text[..at].trim_end_matches(['"', '\'', ',']),
            _ => text[..at].trim_end_matches(['"', '\'']),
        };
        let name_start = before
            .rfind(|sign: char| !is_part(sign))
            .map_or(0, |end| end + before[end..].chars().next().map_or(1, char::len_utf8));
        let name = &before[name_start..];
        let is_option = name.starts_with("--");
        let name = name.trim_start_matches('-');
        if name.is_empty() || (sign == " " && !is_option) || !names.is_secret(name) {
            continue;
        }
        let rest = &text[at + 1..];
        let value = without_prefix(rest.trim_start_matches([' ', '\\'])).trim_start_matches(['"', '\'', '\\']);
        let length = value
            .find(|sign: char| sign.is_whitespace() || "\"'`,;&)}]\\".contains(sign))
            .unwrap_or(value.len());
        let is_prose = sign == ":"
            && value[length..]
                .split_whitespace()
                .next()
                .is_some_and(|next| next.starts_with(char::is_alphanumeric));
        let value_start = text.len() - value.len();
        let value = &value[..length];
        if !is_prose
            && !is_template(value)
            && !is_reference(value)
            && !looks::is_well_known(value)
            && !value.starts_with(['=', ':'])
        {
            hidden.push(start + value_start..start + value_start + length);
        }
    }
}

/// A text in quotes without what may stand before them: `f"…"`, `b'…'`.
fn without_prefix(text: &str) -> &str {
    let quoted = text.trim_start_matches(|sign| "bBfFrRuU".contains(sign));
    match quoted.starts_with(['"', '\'']) && text.len() - quoted.len() <= 2 {
        true => quoted,
        false => text,
    }
}

/// Whether a value is filled in later.
fn is_template(value: &str) -> bool {
    value.contains(['{', '<', '$']) || value.starts_with('%')
}

#[cfg(test)]
mod tests {
    use super::super::Watch;
    use super::super::tests::check;

    #[test]
    fn values_of_secret_names_are_hidden_in_flat_files() {
        check(
            ".env",
            Watch::Names,
            &[
                ("JWT_SECRET=hunter2", "JWT_SECRET=*******"),
                (
                    "export JWT_SECRET='hunter 2' # note",
                    "export JWT_SECRET='********' # note",
                ),
                ("JWT_SECRET=hunter2 # note", "JWT_SECRET=******* # note"),
                (
                    "JWT_SECRET=\"hun\nter\n2\"\nNAME=bob",
                    "JWT_SECRET=\"***\n***\n**\nNAME=bob",
                ),
                ("JWT_SECRET=${OTHER:-hunter2}", "JWT_SECRET=${OTHER:-*******}"),
                ("JWT_SECRET=${OTHER}", "="),
                ("# JWT_SECRET=hunter2", "# JWT_SECRET=*******"),
                ("NAME=bob\nSKIP_AUTH=true", "="),
                (
                    "API_KEY='hunter2' NAME=bob run --api-key=hunter2",
                    "API_KEY='*******' NAME=bob run --api-key=*******",
                ),
                (
                    "if [ \"$API_KEY\" = \"hunter2\" ]; then",
                    "if [ \"$API_KEY\" = \"*******\" ]; then",
                ),
                (
                    "curl -u bob:hunter2 -u $USER:$PASSWORD https://x",
                    "curl -u bob:******* -u $USER:$PASSWORD https://x",
                ),
                (
                    "DATABASE=postgres://bob:hunter2@db/x",
                    "DATABASE=postgres://bob:*******@db/x",
                ),
            ],
        );
        check(
            "Dockerfile",
            Watch::Names,
            &[
                ("ENV JWT_SECRET hunter2", "ENV JWT_SECRET *******"),
                (
                    "ENV NAME=bob JWT_SECRET=hunter2 X=y",
                    "ENV NAME=bob JWT_SECRET=******* X=y",
                ),
                (
                    "RUN curl --token hunter2 --name bob",
                    "RUN curl --token ******* --name bob",
                ),
                ("ARG API_KEY=hunter2", "ARG API_KEY=*******"),
                ("FROM python:3.12-slim", "="),
            ],
        );
        check(
            "app.ini",
            Watch::Names,
            &[("password = hunter2\nuser: bob", "password = *******\nuser: bob")],
        );
    }

    #[test]
    fn values_of_secret_names_are_hidden_in_yaml() {
        check(
            "compose.yaml",
            Watch::Names,
            &[
                ("password: hunter2  # note", "password: *******  # note"),
                (
                    "env:\n  JWT_SECRET: \"hunter2\"\n  NAME: bob",
                    "env:\n  JWT_SECRET: \"*******\"\n  NAME: bob",
                ),
                ("- JWT_SECRET=hunter2\n- NAME=bob", "- JWT_SECRET=*******\n- NAME=bob"),
                ("JWT_SECRET: ${JWT_SECRET:?needed}", "="),
                ("JWT_SECRET: ${{ secrets.JWT }}", "="),
                (
                    "JWT_SECRET: ${JWT_SECRET:-hunter2}",
                    "JWT_SECRET: ${JWT_SECRET:-*******}",
                ),
                (
                    "- name: JWT_SECRET\n  value: hunter2\n- name: NAME\n  value: bob",
                    "- name: JWT_SECRET\n  value: *******\n- name: NAME\n  value: bob",
                ),
                (
                    "secrets:\n  jwt:\n    staging: hunter2\nname: bob",
                    "secrets:\n  jwt:\n    staging: *******\nname: bob",
                ),
                (
                    "api_key: |\n  hun\n  ter\nname: bob",
                    "api_key: |\n  ***\n  ***\nname: bob",
                ),
                ("api_key:\n- hunter2\nname: bob", "api_key:\n- *******\nname: bob"),
                ("api_key:\n  - hunter2\nname: bob", "api_key:\n  - *******\nname: bob"),
                (
                    "run: |\n  export JWT_SECRET=hunter2\n  echo hi",
                    "run: |\n  export JWT_SECRET=*******\n  echo hi",
                ),
                ("x: {password: hunter2, user: bob}", "x: {password: *******, user: bob}"),
                ("skip_auth: true\nimage: registry.example.com/app:1.2", "="),
            ],
        );
    }
}
