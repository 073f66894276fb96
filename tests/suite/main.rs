//! The tests that look at ssotlint from outside, in one binary.

#![allow(clippy::unwrap_used)]

mod binary;
mod cases;
mod cli;
mod facts;
mod pages;
mod projects;
mod report;
mod rules;
