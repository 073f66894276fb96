//! Keeps what the sources say from steering the terminal: control characters, and characters that change the direction of text.

use std::borrow::Cow;

/// `text` on one line, each unprintable character written as an escape. For paths, messages and names.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unprintable) {
        return Cow::Borrowed(text);
    }
    let mut printable = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\t' => printable.push(' '),
            _ if is_unprintable(character) => printable.extend(character.escape_default()),
            _ => printable.push(character),
        }
    }
    Cow::Owned(printable)
}

/// What stands for `character` in a shown source line, where every character must keep its column.
pub(super) fn in_source(character: char) -> char {
    if is_unprintable(character) {
        '\u{fffd}'
    } else {
        character
    }
}

fn is_unprintable(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(line("plain äöü 漢字"), "plain äöü 漢字");
        assert_eq!(line("a\x1b[31m\nb\tc\u{202e}"), "a\\u{1b}[31m\\nb c\\u{202e}");
        assert_eq!(in_source('\u{9b}'), '\u{fffd}');
        assert_eq!(in_source('x'), 'x');
    }
}
