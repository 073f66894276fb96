//! Keeps input that nests deeper than any person writes away from recursive code.

/// The most brackets, operators and dots that may hang on one another in one logical line.
///
/// The parser, the walk and the tree's destructor recurse once for each; the threads that parse have the stack for this many.
const LIMIT: u32 = 10_000;

/// The offset at which `text` gets too deep to be parsed safely, if it does.
///
/// An upper bound by brackets and operators alone: every comma, colon and line end outside brackets starts anew. Strings and
/// comments are skipped.
pub(super) fn too_deep(text: &str) -> Option<u32> {
    let bytes = text.as_bytes();
    if bytes.len() <= LIMIT as usize || most_units(bytes) <= LIMIT as usize {
        return None;
    }
    // One count for each open bracket, the outermost first, and their sum.
    let mut counts: Vec<u32> = vec![0];
    let mut sum = 0;
    let mut at = 0;
    while at < bytes.len() {
        let byte = bytes[at];
        match byte {
            b'(' | b'[' | b'{' => {
                sum += 1;
                if let Some(count) = counts.last_mut() {
                    *count += 1;
                }
                counts.push(0);
            }
            b')' | b']' | b'}' if counts.len() > 1 => sum -= counts.pop().unwrap_or(0),
            b',' | b';' | b':' => reset(&mut counts, &mut sum),
            b'\n' if counts.len() == 1 => reset(&mut counts, &mut sum),
            b'#' => {
                at += bytes[at..]
                    .iter()
                    .position(|byte| *byte == b'\n')
                    .unwrap_or(bytes.len() - at);
                continue;
            }
            b'"' | b'\'' => {
                at = string_end(bytes, at);
                continue;
            }
            b'.' | b'+' | b'-' | b'*' | b'/' | b'%' | b'@' | b'&' | b'|' | b'^' | b'~' | b'<' | b'>' | b'=' => {
                hang(&mut counts, &mut sum);
            }
            b' ' => {
                // Most spaces are indentation.
                at += bytes[at + 1..].iter().take_while(|byte| **byte == b' ').count();
                if is_operator_word(&bytes[at + 1..]) {
                    hang(&mut counts, &mut sum);
                }
            }
            _ => {}
        }
        if sum > LIMIT {
            return u32::try_from(at).ok();
        }
        at += 1;
    }
    None
}

/// At least as many as there are brackets, operators and dots, wherever they stand. Almost all files have fewer than may hang on one
/// another, and to count them is much faster than to look at what each is.
fn most_units(bytes: &[u8]) -> usize {
    // As many as a count of one byte can hold: compilers make vector instructions of that.
    const STRETCH: usize = 255;
    let is_unit = |(byte, next): (&u8, &u8)| {
        let is_sign = matches!(byte, b'%'..=b'/' | b'<'..=b'@' | b'[' | b'^' | b'{'..=b'~');
        let begins_word = *byte == b' ' && matches!(next, b'a' | b'e' | b'i' | b'n' | b'o');
        u8::from(is_sign | begins_word)
    };
    let nexts = bytes.get(1..).unwrap_or(&[]);
    let stretches = bytes.chunks(STRETCH).zip(nexts.chunks(STRETCH));
    let counts = stretches.map(|(bytes, nexts)| bytes.iter().zip(nexts).map(is_unit).sum::<u8>());
    // The last byte has none behind it.
    counts.map(usize::from).sum::<usize>() + 1
}

fn hang(counts: &mut [u32], sum: &mut u32) {
    *sum += 1;
    if let Some(count) = counts.last_mut() {
        *count += 1;
    }
}

fn reset(counts: &mut [u32], sum: &mut u32) {
    if let Some(count) = counts.last_mut() {
        *sum -= *count;
        *count = 0;
    }
}

fn is_operator_word(rest: &[u8]) -> bool {
    [
        &b"not "[..],
        b"and ",
        b"or ",
        b"if ",
        b"else ",
        b"await ",
        b"in ",
        b"is ",
    ]
    .iter()
    .any(|word| rest.starts_with(word))
}

/// The offset behind the string that starts at `at`; a single-quoted one ends at the latest with its line.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let triple = bytes.get(at + 1) == Some(&quote) && bytes.get(at + 2) == Some(&quote);
    let mut at = at + if triple { 3 } else { 1 };
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            b'\n' if !triple => return at,
            byte if byte == quote => {
                if !triple {
                    return at + 1;
                }
                if bytes.get(at + 1) == Some(&quote) && bytes.get(at + 2) == Some(&quote) {
                    return at + 3;
                }
            }
            _ => {}
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::too_deep;

    #[test]
    fn deep_input_is_found_and_wide_input_is_not() {
        let deep = |unit: &str| unit.repeat(20_000);
        for text in [
            deep("("),
            deep("-"),
            format!("a{}", deep(".b")),
            format!("a{}", deep("+b")),
            deep(" not "),
        ] {
            assert!(too_deep(&text).is_some(), "{}", &text[..20]);
        }
        for text in [
            deep("a.b\n"),
            deep("f(a.b),"),
            format!("[{}]", deep("(1, 2),\n")),
            format!("'''{}'''", deep("(")),
        ] {
            assert_eq!(too_deep(&text), None, "{}", &text[..20]);
        }
    }
}
