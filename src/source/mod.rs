//! The only module that touches the file system: which files there are, their text, and places in them.
//!
//! It knows neither languages nor rules. Start with [`find_root`] (where), then [`discover()`] (which files) and [`Reader`] (their
//! text), and [`Revision`] (what they were in a commit); a [`Span`] is a place in a text.

mod discover;
mod file;
mod git;
mod globs;
mod output;
mod paths;
mod revision;
mod root;
#[cfg(test)]
pub(crate) mod sample;
mod span;
mod text;
mod walk;

pub use discover::{Request, Untracked, discover};
pub use file::{FileId, SourceFile, Sources, Unread};
pub use globs::{Glob, Globs};
pub use output::{check_output, is_there, replace_file, write_output};
pub use paths::{current_folder, relative};
pub use revision::{ChangedLines, Revision, line_time};
pub use root::{Root, RootError, SettingsChoice, SettingsFile, SettingsForm, find_root};
pub use span::{LineIndex, Position, Span};
pub use text::{Reader, SIZE_LIMIT, Text, read, read_file};
