//! Writes what a run makes.

use super::text::reason;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

/// Tells early, before anything is done, why no file can be written at `location`, as far as that can be seen without writing it.
///
/// # Errors
/// Why, and what to do about it.
pub fn check_output(location: &Path) -> Result<(), String> {
    if location.is_dir() {
        return Err("it is a folder; name a file in it".to_owned());
    }
    match location.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(format!("there is no folder `{}`; create it first", folder.display()))
        }
        _ => Ok(()),
    }
}

/// Writes `content` to the file at `location`, which it replaces if there is one.
///
/// # Errors
/// Why that failed, in a few words.
pub fn write_output(location: &Path, content: &[u8]) -> Result<(), String> {
    fs::write(location, content).map_err(|error| reason(&error))
}

/// Puts `content` in the place of the file at `location`, wholly or not at all: whoever reads it meanwhile sees the old file or the
/// new one, and a failure leaves the old one. A symlink keeps pointing to the file that is replaced.
///
/// # Errors
/// Why that failed, in a few words.
pub fn replace_file(location: &Path, content: &[u8]) -> Result<(), String> {
    let location = location.canonicalize().unwrap_or_else(|_| location.to_path_buf());
    let folder = location.parent().ok_or("it is no file")?;
    let name = location.file_name().ok_or("it is no file")?.to_string_lossy();
    let draft = folder.join(format!(".{name}.{}.tmp", std::process::id()));
    let replaced = write_new(&draft, content, &location).and_then(|()| fs::rename(&draft, &location));
    if replaced.is_err() {
        // It is in the way of nothing if it stays.
        let _ = fs::remove_file(&draft);
    }
    replaced.map_err(|error| reason(&error))
}

/// Whether there is something at `location`.
#[must_use]
pub fn is_there(location: &Path) -> bool {
    fs::symlink_metadata(location).is_ok()
}

/// Writes `draft` through to disk, with the permissions of the file it is to replace.
fn write_new(draft: &Path, content: &[u8], replaced: &Path) -> io::Result<()> {
    let mut file = fs::File::create(draft)?;
    file.write_all(content)?;
    if let Ok(metadata) = fs::metadata(replaced) {
        file.set_permissions(metadata.permissions())?;
    }
    file.sync_all()
}
