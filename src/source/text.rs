//! The text of a file: its bytes, decoded.

use super::{FileId, SourceFile, Sources};
use encoding_rs::Encoding;
use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Larger files are not read: no person writes them, and their spans and trees cost more than they tell.
pub const SIZE_LIMIT: u64 = 8 * 1024 * 1024;

/// A NUL among the first bytes makes a file binary.
const BINARY_PREFIX: usize = 8000;

/// The decoded text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text<'b> {
    /// The text; a byte order mark is kept, so that offsets are those of the file.
    pub text: Cow<'b, str>,
    /// The encoding the bytes were in, where it was another than UTF-8. Offsets then count the bytes of [`Text::text`], not of
    /// the file; lines and columns are those of both. Reading the file again gives the same text, so such spans still name the
    /// same places.
    pub encoding: Option<&'static str>,
}

/// Reads one file after another into the same memory.
#[derive(Debug, Default)]
pub struct Reader {
    /// As long as the longest file so far needed it; only the beginning is of the last one.
    bytes: Vec<u8>,
}

impl Reader {
    /// The text of a file that was found, or why it cannot be read, in a few words.
    ///
    /// An encoding declared as in Python (PEP 263: `# -*- coding: latin-1 -*-` on one of the first two lines) is honoured;
    /// anything else is UTF-8.
    ///
    /// # Errors
    /// If the file is not there, may not be read, is too large, or is no text.
    pub fn read<'t>(&'t mut self, file: &'t SourceFile) -> Result<Text<'t>, String> {
        match &file.content {
            Some(content) if content.len() as u64 > SIZE_LIMIT => Err(too_large()),
            Some(content) => decode(content),
            None => decode(self.bytes(&file.location, file.size)?),
        }
    }

    /// The bytes of the regular file at `location`, which had `size` of them when it was looked at.
    fn bytes(&mut self, location: &Path, size: u64) -> Result<&[u8], String> {
        if size > SIZE_LIMIT {
            return Err(too_large());
        }
        // The file may have grown since; one byte more than it had tells.
        let mut room = usize::try_from(size).unwrap_or(0) + 1;
        let mut length = 0;
        let mut file = File::open(location).map_err(|error| reason(&error))?;
        loop {
            if self.bytes.len() < room {
                self.bytes.resize(room, 0);
            }
            match file.read(&mut self.bytes[length..]) {
                Ok(0) => break,
                Ok(count) => length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(reason(&error)),
            }
            if length as u64 > SIZE_LIMIT {
                return Err(too_large());
            }
            if length == self.bytes.len() {
                room = 2 * length;
            }
        }
        Ok(&self.bytes[..length])
    }
}

/// The text of a file of the run, as [`Reader::read`] gives it, for whoever wants few of them.
///
/// # Errors
/// As [`Reader::read`].
pub fn read(sources: &Sources, file: FileId) -> Result<String, String> {
    let mut reader = Reader::default();
    Ok(reader.read(&sources[file])?.text.into_owned())
}

/// [`read`] for a file that is not part of the run's sources, such as the settings.
///
/// # Errors
/// As [`Reader::read`].
pub fn read_file(location: &Path) -> Result<String, String> {
    // Before opening: opening a pipe would wait for its other end.
    let metadata = fs::metadata(location).map_err(|error| reason(&error))?;
    if !metadata.is_file() {
        return Err("not a regular file".to_owned());
    }
    let mut reader = Reader::default();
    let text = decode(reader.bytes(location, metadata.len())?)?.text;
    Ok(text.into_owned())
}

/// A reason in a few words, without the operating system's number.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => {
            let text = error.to_string();
            let end = text.find(" (os error").unwrap_or(text.len());
            text[..end].to_lowercase()
        }
    }
}

fn too_large() -> String {
    format!("larger than {} MiB", SIZE_LIMIT / (1024 * 1024))
}

pub(super) fn decode(bytes: &[u8]) -> Result<Text<'_>, String> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err("UTF-16, not UTF-8".to_owned());
    }
    // As git tells them apart: a NUL far down is a character like any other (Rust allows it in strings).
    if bytes[..bytes.len().min(BINARY_PREFIX)].contains(&0) {
        return Err("binary".to_owned());
    }
    let declared = declared_encoding(bytes);
    let mut unknown = "";
    if let Some(label) = declared {
        match encoding_of(label) {
            Some(encoding) => {
                let (text, _, failed) = encoding.decode(bytes);
                if failed {
                    return Err(format!("not in the encoding it declares, `{label}`"));
                }
                if let Cow::Owned(text) = text {
                    return Ok(Text {
                        text: Cow::Owned(text),
                        encoding: Some(encoding.name()),
                    });
                }
            }
            None => unknown = label,
        }
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(Text {
            text: Cow::Borrowed(text),
            encoding: None,
        }),
        Err(error) => {
            let at = error.valid_up_to();
            Err(if unknown.is_empty() {
                format!("not UTF-8 at byte {at}")
            } else {
                format!("not UTF-8 at byte {at}, and the encoding it declares, `{unknown}`, is not known")
            })
        }
    }
}

/// The label of an encoding other than UTF-8 that a `#` comment on the first or second line declares.
///
/// A byte order mark settles the matter before any comment does. On the second line it counts only behind a first line without
/// code.
fn declared_encoding(bytes: &[u8]) -> Option<&str> {
    if bytes.starts_with(b"\xef\xbb\xbf") {
        return None;
    }
    let mut rest = bytes;
    for _ in 0..2 {
        let end = rest
            .iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
            .unwrap_or(rest.len());
        let line = rest[..end].trim_ascii_start();
        match line.first() {
            Some(b'#') => {
                if let Some(label) = label_in(line) {
                    return Some(label);
                }
            }
            Some(_) => return None,
            None => {}
        }
        let ending = if rest[end..].starts_with(b"\r\n") { 2 } else { 1 };
        rest = rest.get(end + ending..)?;
    }
    None
}

/// The first `coding: label` or `coding=label` of a comment.
fn label_in(comment: &[u8]) -> Option<&str> {
    const SIGN: &[u8] = b"coding";
    let mut from = 0;
    while let Some(at) = comment[from..].windows(SIGN.len()).position(|window| window == SIGN) {
        from += at + SIGN.len();
        if !matches!(comment.get(from), Some(b':' | b'=')) {
            continue;
        }
        let rest = comment[from + 1..].trim_ascii_start();
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        if length > 0 {
            return std::str::from_utf8(&rest[..length]).ok();
        }
    }
    None
}

/// The encoding Python means by a label. UTF-8 and whatever is none (or none a source file may have) give nothing.
fn encoding_of(label: &str) -> Option<&'static Encoding> {
    let label = label.to_ascii_lowercase().replace('_', "-");
    let standard = match label.as_str() {
        "latin-1" | "latin" | "iso-latin-1" | "cp819" | "8859" => "iso-8859-1",
        "cp932" | "ms932" | "mskanji" | "shiftjis" => "shift-jis",
        "cp936" => "gbk",
        "cp949" | "uhc" => "euc-kr",
        "cp950" => "big5",
        "eucjp" | "ujis" => "euc-jp",
        "euckr" => "euc-kr",
        "mac-roman" | "macroman" => "macintosh",
        "646" => "ascii",
        _ if label.starts_with("latin-1-") || label.starts_with("iso-8859-1-") => "iso-8859-1",
        other => other,
    };
    let encoding = Encoding::for_label_no_replacement(standard.as_bytes())?;
    let is_usable =
        encoding.is_ascii_compatible() && encoding != encoding_rs::UTF_8 && encoding != encoding_rs::X_USER_DEFINED;
    is_usable.then_some(encoding)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn bytes_become_text() {
        // (bytes, text, encoding)
        let cases: &[(&[u8], &str, Option<&str>)] = &[
            (b"x = 1\n", "x = 1\n", None),
            (b"", "", None),
            ("\u{feff}x = 'é'\n".as_bytes(), "\u{feff}x = 'é'\n", None),
            (
                b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
                "# -*- coding: latin-1 -*-\nx = 'é'\n",
                Some("windows-1252"),
            ),
            (
                b"#!/usr/bin/python\n# vim: set fileencoding=iso_8859_15 :\n'\xa4'",
                "#!/usr/bin/python\n# vim: set fileencoding=iso_8859_15 :\n'€'",
                Some("ISO-8859-15"),
            ),
            (
                b"\r\n \x0c#coding:cp1251\r\n'\xcf'",
                "\r\n \u{c}#coding:cp1251\r\n'П'",
                Some("windows-1251"),
            ),
            (
                b"# encoding coding: Shift_JIS\n'\x93\xfa'",
                "# encoding coding: Shift_JIS\n'日'",
                Some("Shift_JIS"),
            ),
            // Nothing but ASCII: offsets are those of the file.
            (b"# coding: latin-1\n", "# coding: latin-1\n", None),
            // Neither behind code nor on the third line.
            (
                "x = 1\n# coding: latin-1\n'é'".as_bytes(),
                "x = 1\n# coding: latin-1\n'é'",
                None,
            ),
            (
                "\n\n# coding: latin-1\n'é'".as_bytes(),
                "\n\n# coding: latin-1\n'é'",
                None,
            ),
            // A byte order mark wins, an unknown label is as good as none.
            (
                "\u{feff}# coding: latin-1\n'é'".as_bytes(),
                "\u{feff}# coding: latin-1\n'é'",
                None,
            ),
            (
                "# coding: see the guidelines\n'é'".as_bytes(),
                "# coding: see the guidelines\n'é'",
                None,
            ),
            (
                "# coding: utf-8-unix\n'é'".as_bytes(),
                "# coding: utf-8-unix\n'é'",
                None,
            ),
            ("# coding: utf-16\n'é'".as_bytes(), "# coding: utf-16\n'é'", None),
        ];
        for (bytes, text, encoding) in cases {
            let decoded = decode(bytes);
            assert_eq!(decoded.as_ref().map(|decoded| &*decoded.text), Ok(*text));
            assert_eq!(decoded.map(|decoded| decoded.encoding), Ok(*encoding), "{text:?}");
        }
    }

    #[test]
    fn a_nul_far_down_is_a_character() {
        let text = format!("//{}\nlet nothing = \"\0\";\n", "x".repeat(8000));
        assert_eq!(
            decode(text.as_bytes()).map(|decoded| decoded.text),
            Ok(text.as_str().into())
        );
    }

    #[test]
    fn what_is_no_text_says_why() {
        let cases: &[(&[u8], &str)] = &[
            (b"x = '\xe9'\n", "not UTF-8 at byte 5"),
            (b"x\0y", "binary"),
            (b"\xff\xfex\0", "UTF-16, not UTF-8"),
            (
                b"# coding: klingon\n'\xe9'",
                "not UTF-8 at byte 19, and the encoding it declares, `klingon`, is not known",
            ),
            (b"# coding: euc-jp\n'\xff'", "not in the encoding it declares, `euc-jp`"),
        ];
        for (bytes, reason) in cases {
            assert_eq!(decode(bytes), Err((*reason).to_owned()));
        }
    }
}
