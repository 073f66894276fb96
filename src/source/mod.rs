//! The only module that touches the file system: which files there are, their text, and places in them.
//!
//! It knows neither languages nor rules.

mod file;
mod span;

pub use file::{FileId, SourceFile, Sources, Unread};
pub use span::{LineIndex, Position, Span};
