//! The tests that look at ssotlint from outside, in one binary.

#![allow(clippy::unwrap_used)]

mod adoption;
mod binary;
mod cases;
mod catalog;
mod cli;
mod facts;
mod fixes;
mod house;
mod links;
mod pages;
mod projects;
mod readme;
mod report;
mod rules;
mod schema;
mod story;
