//! The little language inside `format!` strings.

/// A part of a format string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Text that stays as it is.
    Text(String),
    /// The value at a position behind the string.
    Position(usize),
    /// A named value, or the variable of that name; `at` is where the name stands.
    Name { name: &'t str, at: usize },
}

/// The parts of a format string; nothing if it is none.
pub(super) fn pieces(text: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut next = 0;
    let mut at = 0;
    while let Some(found) = text[at..].find(['{', '}']) {
        let sign = at + found;
        plain.push_str(&text[at..sign]);
        let doubled = &text[sign..=sign];
        if text[sign + 1..].starts_with(doubled) {
            plain.push_str(doubled);
            at = sign + 2;
            continue;
        }
        if doubled == "}" {
            return None;
        }
        let inside = &text[sign + 1..];
        let inside = &inside[..inside.find('}')?];
        let written = inside.split(':').next().unwrap_or("");
        let name = written.trim();
        let piece = if name.is_empty() {
            next += 1;
            Piece::Position(next - 1)
        } else if let Ok(position) = name.parse() {
            Piece::Position(position)
        } else if is_identifier(name) {
            let at = sign + 1 + (written.len() - written.trim_start().len());
            Piece::Name { name, at }
        } else {
            return None;
        };
        // `{:.*}` takes the precision from the values, too.
        if inside.contains(".*") {
            next += 1;
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(piece);
        at = sign + inside.len() + 2;
    }
    plain.push_str(&text[at..]);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Some(pieces)
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && name.chars().all(|sign| sign.is_alphanumeric() || sign == '_')
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    #[test]
    fn format_strings_fall_into_pieces() {
        let text = |text: &str| Piece::Text(text.to_owned());
        let name = |name, at| Piece::Name { name, at };
        assert_eq!(
            pieces("a {} {x:?} {{b}} {0}{y}"),
            Some(vec![
                text("a "),
                Piece::Position(0),
                text(" "),
                name("x", 6),
                text(" {b} "),
                Piece::Position(0),
                name("y", 21),
            ])
        );
        assert_eq!(pieces("plain"), Some(vec![text("plain")]));
        for broken in ["{", "}", "{a b}", "{\"a\": 1}", "a{2"] {
            assert_eq!(pieces(broken), None, "{broken}");
        }
        assert_eq!(pieces("é{}ü"), Some(vec![text("é"), Piece::Position(0), text("ü")]));
    }
}
