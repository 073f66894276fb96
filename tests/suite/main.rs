//! The tests that look at ssotlint from outside, in one binary.

#![allow(clippy::unwrap_used)]

mod cases;
mod catalog;
mod facts;
mod house;
mod pages;
mod readme;
mod report;
mod rules;
