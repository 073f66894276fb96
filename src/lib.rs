//! ssotlint proves that a code base authenticates in one way.

pub mod facts;
pub mod finding;
pub mod page;
pub mod parse;
pub mod report;
pub mod source;
pub mod verdict;
