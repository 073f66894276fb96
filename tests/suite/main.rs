//! The tests that look at ssotlint from outside, in one binary.

mod cases;
