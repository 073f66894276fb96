//! Paths as text: with forward slashes, relative to a folder.

use std::ffi::OsStr;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The current folder, absolute and without symlinks.
///
/// # Errors
/// If there is none, or it may not be looked at.
pub fn current_folder() -> io::Result<PathBuf> {
    resolved(&std::env::current_dir()?)
}

/// `location` as seen from the folder `base`: with forward slashes, without `./`, with `../` where it lies elsewhere.
///
/// Both are absolute and free of `..`; no file is looked at. The folder itself is `.`; what shares no beginning with `base`
/// (another drive) stays absolute. Bytes that are no UTF-8 become U+FFFD.
#[must_use]
pub fn relative(base: &Path, location: &Path) -> String {
    let mut base_parts = base.components().peekable();
    let mut parts = location.components().peekable();
    if base_parts.peek().is_none() || base_parts.peek() != parts.peek() {
        return joined(location.components());
    }
    while base_parts.peek().is_some() && base_parts.peek() == parts.peek() {
        base_parts.next();
        parts.next();
    }
    let up = base_parts.count();
    let mut text = "../".repeat(up);
    text.push_str(&joined(parts));
    if text.is_empty() {
        text.push('.');
    } else if text.ends_with('/') {
        text.pop();
    }
    text
}

/// `location` as seen from the folder `base` it lies in; none if it lies elsewhere, or is no UTF-8.
pub(super) fn inside(base: &Path, location: &Path) -> Option<String> {
    let mut text = String::new();
    for part in location.strip_prefix(base).ok()?.components() {
        if !text.is_empty() {
            text.push('/');
        }
        text.push_str(part.as_os_str().to_str()?);
    }
    Some(text)
}

/// `path` made absolute and free of symlinks.
pub(super) fn resolved(path: &Path) -> io::Result<PathBuf> {
    let resolved = path.canonicalize()?;
    // Windows gives `\\?\C:\…`, a form that git and people do not read.
    Ok(match resolved.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        Some(plain) if plain.as_bytes().get(1) == Some(&b':') => PathBuf::from(plain),
        _ => resolved,
    })
}

fn joined<'a>(parts: impl Iterator<Item = Component<'a>>) -> String {
    let mut text = String::new();
    for part in parts {
        if part == Component::RootDir {
            text.push('/');
            continue;
        }
        if !text.is_empty() && !text.ends_with('/') {
            text.push('/');
        }
        text.push_str(&OsStr::to_string_lossy(part.as_os_str()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::relative;
    use std::path::Path;

    #[test]
    fn a_path_is_seen_from_a_folder() {
        let cases = [
            ("/work/app", "/work/app/a.py", "a.py"),
            ("/work/app", "/work/app/x/a.py", "x/a.py"),
            ("/work/app", "/work/other/a.py", "../other/a.py"),
            ("/work/app/deep", "/work/a.py", "../../a.py"),
            ("/work/app", "/work/app", "."),
            ("/work/app", "/work", ".."),
            ("/work/app", "/work/app2/a.py", "../app2/a.py"),
            ("/", "/a.py", "a.py"),
            ("", "/a/b.py", "/a/b.py"),
        ];
        for (base, location, seen) in cases {
            assert_eq!(
                relative(Path::new(base), Path::new(location)),
                seen,
                "{location} from {base}"
            );
        }
    }
}
