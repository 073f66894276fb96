//! What depends on where the program runs: conditions about the environment's name, a testing flag or debug.

/// What a condition asks about where the program runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Circumstance {
    /// The environment's name.
    Environment,
}
