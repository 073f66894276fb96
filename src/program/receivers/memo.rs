//! What was worked out before, and what must be worked out again.
//!
//! Values depend on one another in circles: what a function gives on what its callers pass, what they pass on what functions give.
//! So everything is worked out on demand, a circle is cut where it closes (with what is known so far), and in the next round only
//! what met such a cut, or asked what callers pass, is worked out again. Sets only grow, so the rounds end.

use super::things::Things;
use rustc_hash::FxHashMap;
use std::hash::Hash;

/// Names something that is worked out once a round.
pub(crate) type Key = u32;

/// The memory of all rounds.
#[derive(Debug)]
pub(crate) struct Memo {
    /// The cell of each key, plus one; 0 where there is none yet.
    cells_of: Vec<u32>,
    cells: Vec<Cell>,
}

#[derive(Clone, Debug, Default)]
struct Cell {
    things: Things,
    state: State,
    /// Whether it may change in the next round.
    is_open: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Stale,
    Running,
    Fresh,
}

/// What the memory knows of a key.
pub(crate) enum Known {
    /// It is settled, for this round at least.
    Things { things: Things, is_open: bool },
    /// It must be worked out: [`Memo::finish`] takes the result.
    Nothing,
}

impl Memo {
    pub(crate) fn new(keys: usize) -> Self {
        Self {
            cells_of: vec![0; keys],
            // About a third of all keys is ever asked for. Growing would move all cells several times.
            cells: Vec::with_capacity(keys / 3),
        }
    }

    /// The key of something that is not numbered in advance: the one that `keys` has for it, or a new one, kept there.
    pub(crate) fn key_of<T: Eq + Hash>(&mut self, keys: &mut FxHashMap<T, Key>, what: T) -> Key {
        *keys.entry(what).or_insert_with(|| {
            self.cells_of.push(0);
            u32::try_from(self.cells_of.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// What is known of `key`; if it is nothing, the key counts as running from now on.
    pub(crate) fn start(&mut self, key: Key) -> Known {
        let index = self.cells_of[key as usize];
        if index == 0 {
            self.cells.push(Cell {
                state: State::Running,
                ..Cell::default()
            });
            self.cells_of[key as usize] = u32::try_from(self.cells.len()).unwrap_or(u32::MAX);
            return Known::Nothing;
        }
        let cell = &mut self.cells[index as usize - 1];
        match cell.state {
            State::Fresh => Known::Things {
                things: cell.things.clone(),
                is_open: cell.is_open,
            },
            State::Running => Known::Things {
                things: cell.things.clone(),
                is_open: true,
            },
            State::Stale => {
                cell.state = State::Running;
                Known::Nothing
            }
        }
    }

    /// Keeps what was worked out for a running key, together with what earlier rounds found.
    pub(crate) fn finish(&mut self, key: Key, things: Things, is_open: bool) -> Things {
        let index = self.cells_of[key as usize] as usize - 1;
        let cell = &mut self.cells[index];
        if cell.things.is_empty() {
            cell.things = things;
        } else {
            cell.things.extend(&things);
        }
        cell.state = State::Fresh;
        cell.is_open = is_open;
        cell.things.clone()
    }

    /// Whether `key` must be worked out (again) this round.
    pub(crate) fn is_stale(&self, key: Key) -> bool {
        match self.cells_of[key as usize] {
            0 => true,
            index => self.cells[index as usize - 1].state == State::Stale,
        }
    }

    /// Begins a round: all that may change is stale.
    pub(crate) fn next_round(&mut self) {
        for cell in &mut self.cells {
            if cell.is_open {
                cell.state = State::Stale;
            }
        }
    }
}
