//! `ssot: ignore[rule, rule] until=YYYY-MM-DD reason`, in the comments of every language.

use crate::facts::{WaiverMistake, WaiverText};

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
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=days).contains(&day).then_some((year, month, day))
}
