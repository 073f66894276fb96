//! `ssot: ignore[rule, rule] until=YYYY-MM-DD reason`, in the comments of every language.

use super::builder::Builder;
use crate::facts::{FileFacts, Waiver, WaiverMistake, WaiverText};
use crate::source::{LineIndex, Span};

/// Adds the waivers in the comments that were collected so far, with what each speaks for.
///
/// Behind code a waiver speaks for the code on its line, on a line of its own for that on the next line that has any; one that
/// stands before nothing speaks for itself alone. `statements` is called once, and only if there is a waiver; what it gives says
/// what code has a part on a 0-based line, if any.
pub(super) fn attach<Of>(builder: &mut Builder, text: &str, statements: impl FnOnce(&FileFacts, &LineIndex) -> Of)
where
    Of: Fn(usize) -> Option<Span>,
{
    let mut found = Vec::new();
    for comment in &builder.facts().comments {
        let written = text
            .get(comment.span.start as usize..comment.span.end as usize)
            .unwrap_or("");
        let content = written.trim_start_matches(['#', ';', '!', '/', '*']);
        let sign = written.len() - content.len();
        let content = match written.starts_with("/*") {
            true => content.strip_suffix("*/").unwrap_or(content).trim_end(),
            false => content.trim_end(),
        };
        if let Some((at, says)) = read(content) {
            let offset = |at: usize| comment.span.start + u32::try_from(sign + at).unwrap_or(0);
            found.push((comment.own_line, Span::new(offset(at), offset(content.len())), says));
        }
    }
    if found.is_empty() {
        return;
    }
    let lines = LineIndex::new(text);
    let statement_of = statements(builder.facts(), &lines);
    let last = lines.line(u32::try_from(text.len()).unwrap_or(u32::MAX));
    // The line that the last search ended at, and the code on it: the same for all waivers on lines of their own before it.
    let mut next = (0, None);
    for (own_line, span, says) in found {
        let line = lines.line(span.end);
        let covers = if own_line {
            if line >= next.0 {
                next = (line + 1..=last)
                    .find_map(|line| Some((line, Some(statement_of(line)?))))
                    .unwrap_or((last + 1, None));
            }
            next.1
        } else {
            statement_of(line)
        };
        let (extent, list) = parts(text, &lines, span);
        builder.waiver(Waiver {
            span,
            covers: covers.unwrap_or(span),
            extent,
            list,
            says,
        });
    }
}

/// What goes with the waiver at `span` if it goes, and where its list of rules stands.
pub(super) fn parts(text: &str, lines: &LineIndex, span: Span) -> (Span, Span) {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let (start, end) = (span.start as usize, span.end as usize);
    let written = text.get(start..end).unwrap_or("");
    let opens = written.find('[').map_or(written.len(), |at| at + 1);
    let closes = written[opens..].find(']').map_or(opens, |at| opens + at);
    let list = Span::new(offset(start + opens), offset(start + closes));

    let before = text.get(..start).unwrap_or("").trim_end_matches([' ', '\t']);
    let before = before.trim_end_matches(['#', ';', '!', '/', '*']);
    let begins = offset(before.trim_end_matches([' ', '\t']).len());
    let last_line = lines.line_span(lines.line(span.end), text);
    let behind = text.get(end..last_line.end as usize).unwrap_or("");
    let code = behind.trim_start();
    let code = code.strip_prefix("*/").unwrap_or(code);
    let ends = offset(end + behind.trim_end().len() - code.trim_end().len());
    let first_line = lines.line_span(lines.line(span.start), text);
    let extent = if begins <= first_line.start && code.trim().is_empty() {
        Span::new(first_line.start, last_line.end)
    } else {
        Span::new(begins, ends)
    };
    (extent, list)
}

/// Reads a comment's text (without its sign) as a waiver.
///
/// Gives the offset of `ssot:` in `comment` and what the waiver says; nothing if the comment is not meant as one. Only a comment
/// that begins with `ssot:` is meant as one, or one that has it behind another comment sign (`# noqa  # ssot: …`).
pub(super) fn read(comment: &str) -> Option<(usize, Result<WaiverText, WaiverMistake>)> {
    let at = start(comment)?;
    Some((at, read_body(comment[at + "ssot:".len()..].trim())))
}

fn start(comment: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = comment[from..].find("ssot:") {
        let at = from + found;
        let before = comment[..at].trim_end();
        if before.is_empty() || before.ends_with('#') || before.ends_with("//") {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

fn read_body(body: &str) -> Result<WaiverText, WaiverMistake> {
    let rest = body.strip_prefix("ignore").ok_or(WaiverMistake::Form)?.trim_start();
    let Some(rest) = rest.strip_prefix('[') else {
        return Err(if rest.is_empty() || !rest.starts_with(char::is_alphanumeric) {
            WaiverMistake::NoRule
        } else {
            WaiverMistake::Form
        });
    };
    let (rules, rest) = rest.split_once(']').ok_or(WaiverMistake::Form)?;
    let rules: Vec<String> = rules
        .split(',')
        .map(str::trim)
        .filter(|rule| !rule.is_empty())
        .map(str::to_owned)
        .collect();
    if rules.is_empty() {
        return Err(WaiverMistake::NoRule);
    }
    let mut reason = rest.trim();
    let mut until = None;
    if let Some(dated) = reason.strip_prefix("until=") {
        let (written, rest) = dated.split_once(char::is_whitespace).unwrap_or((dated, ""));
        until = Some(date(written).ok_or(WaiverMistake::Date)?);
        reason = rest.trim();
    }
    if !reason.contains(char::is_alphanumeric) {
        return Err(WaiverMistake::NoReason);
    }
    Ok(WaiverText {
        rules,
        until,
        reason: reason.to_owned(),
    })
}

/// A calendar date in ISO 8601 form, `YYYY-MM-DD`.
fn date(text: &str) -> Option<(u16, u8, u8)> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let year: u16 = text.get(..4)?.parse().ok()?;
    let month: u8 = text.get(5..7)?.parse().ok()?;
    let day: u8 = text.get(8..)?.parse().ok()?;
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=days).contains(&day).then_some((year, month, day))
}
