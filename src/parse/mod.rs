//! Text to facts: the only module that knows a grammar.
//!
//! A front end is a pure function of one file's text; it never fails, it leaves [`crate::facts::Problem`]s.
//! A new language is a folder here and a line in [`language_of`] and [`parse`].

mod builder;
mod config;
mod python;
mod rust;
mod waiver;

use crate::facts::{FileFacts, Language};

/// The language of a file by its name, or none if ssotlint does not read such files.
#[must_use]
pub fn language_of(path: &str) -> Option<Language> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension {
        "py" | "pyi" | "pyw" => Some(Language::Python),
        "rs" => Some(Language::Rust),
        _ => config::Format::of(path).map(|_| Language::Config),
    }
}

/// The facts of one file, if it is of a language that is read. `path` only says which front end and which dialect it is for.
///
/// Recursion is bounded, but deep: call it from a thread with [`STACK_SIZE`] bytes of stack.
#[must_use]
pub fn parse(path: &str, text: &str) -> FileFacts {
    match language_of(path) {
        Some(Language::Python) => python::parse(text, path.ends_with(".pyi")),
        Some(Language::Rust) => rust::parse(text),
        Some(Language::Config) => config::parse(path, text),
        None => FileFacts::default(),
    }
}

/// The stack a parsing thread needs for the deepest input that is read.
pub const STACK_SIZE: usize = 512 << 20;
