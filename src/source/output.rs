//! Writes what a run makes.

use super::text::reason;
use std::fs;
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
