//! ssotlint proves that a code base authenticates in one way.

pub mod catalog;
pub mod facts;
pub mod finding;
pub mod page;
pub mod parse;
pub mod program;
pub mod report;
pub mod rules;
pub mod source;
pub mod verdict;
