//! What following references gave before.
//!
//! References lead to references, many of them to the same ones, and sometimes in circles. So each question is answered once for the
//! whole program and remembered, and a circle is cut where it closes: the question that is asked again while it is being answered
//! gives nothing. What was found behind such a cut is less than what is asked, so it serves only until the question that the circle
//! closes at has its answer. That way an answer is the same whichever thread asks first.

use super::names::Values;
use crate::facts::{ExprId, FunctionId, ImportId};
use crate::source::FileId;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What can be asked about a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// What an expression refers to.
    Followed(ExprId),
    /// What a call gives.
    Called(ExprId),
    /// What a type as it is written makes of a value.
    Annotated(ExprId),
    /// What a function gives.
    Returned(FunctionId),
    /// What an import names.
    Imported(ImportId),
}

/// A question about one file.
pub(super) type Asked = (FileId, Question);

/// The answers that are known, by the file that they are about.
#[derive(Debug, Default)]
pub(super) struct Memory {
    files: Vec<Mutex<FxHashMap<Question, Answer>>>,
}

#[derive(Debug)]
struct Answer {
    values: Values,
    /// The questions that it leads to and that lead back to it.
    circle: Box<[Asked]>,
}

/// The questions that a thread works on.
#[derive(Debug, Default)]
struct Work {
    /// Those without an answer yet, each raised by the one before.
    open: Vec<Open>,
    /// At which depth each of them is.
    depths: FxHashMap<Asked, u32>,
    /// What was found behind a cut, in the order that it was found.
    partial: Vec<Asked>,
    partial_answers: FxHashMap<Asked, Partial>,
    /// Whether a question led too far to be followed.
    was_cut_short: bool,
    /// Whether the program is asked in a way of its own, so that its memory does not count.
    is_aside: bool,
}

#[derive(Debug)]
struct Open {
    asked: Asked,
    /// The depth of the outermost question that a circle closes at.
    closes_at: u32,
    /// How much was found behind cuts before.
    partial_before: usize,
}

#[derive(Debug)]
struct Partial {
    values: Values,
    closes_at: u32,
}

/// Where no circle closes.
const NOWHERE: u32 = u32::MAX;
/// Questions that raise one another are followed this deep.
const DEEPEST: usize = 160;
/// One question takes no more questions in circles than this: generated code can refer to itself in very many ways.
const MOST_PARTIAL: usize = 4_096;

thread_local! {
    static WORK: RefCell<Work> = RefCell::default();
}

impl Memory {
    /// A memory for so many files.
    pub(super) fn new(files: usize) -> Self {
        Self {
            files: (0..files).map(|_| Mutex::default()).collect(),
        }
    }

    /// The answer to a question: the one that is remembered, or what `find` finds.
    pub(super) fn answer(&self, asked: Asked, find: impl FnOnce() -> Values) -> Values {
        if let Some(known) = WORK.with_borrow_mut(|work| self.begin(work, asked)) {
            return known;
        }
        let found = find();
        WORK.with_borrow_mut(|work| self.end(work, asked, &found));
        found
    }

    /// What is known of a question; if it is nothing, the question counts as open from now on.
    fn begin(&self, work: &mut Work, asked: Asked) -> Option<Values> {
        if let Some(depth) = work.depths.get(&asked).copied() {
            work.closes_at(depth);
            return Some(Values::default());
        }
        if let Some(partial) = work.partial_answers.get(&asked) {
            let (values, depth) = (partial.values.clone(), partial.closes_at);
            work.closes_at(depth);
            return Some(values);
        }
        if !work.is_aside
            && let Some(answer) = self.of(asked.0).get(&asked.1)
            // Within its own circle a question has to be answered from where the circle was entered.
            && !answer.circle.iter().any(|other| work.depths.contains_key(other))
        {
            return Some(answer.values.clone());
        }
        if work.open.len() >= DEEPEST || work.partial.len() >= MOST_PARTIAL {
            work.was_cut_short = true;
            work.closes_at(0);
            return Some(Values::default());
        }
        work.depths.insert(asked, depth(work.open.len()));
        work.open.push(Open {
            asked,
            closes_at: NOWHERE,
            partial_before: work.partial.len(),
        });
        None
    }

    /// Keeps the answer to the innermost open question for as long as it is one.
    fn end(&self, work: &mut Work, asked: Asked, found: &Values) {
        let Some(open) = work.open.pop() else { return };
        work.depths.remove(&open.asked);
        let own_depth = depth(work.open.len());
        if open.closes_at < own_depth {
            work.partial.push(asked);
            let partial = Partial {
                values: found.clone(),
                closes_at: open.closes_at,
            };
            work.partial_answers.insert(asked, partial);
            work.closes_at(open.closes_at);
            return;
        }
        let circle: Box<[Asked]> = work.partial.drain(open.partial_before..).collect();
        for other in &circle {
            work.partial_answers.remove(other);
        }
        let is_whole = open.closes_at == NOWHERE || !work.was_cut_short;
        if is_whole && !work.is_aside {
            let answer = Answer {
                values: found.clone(),
                circle,
            };
            self.of(asked.0).insert(asked.1, answer);
        }
        if work.open.is_empty() {
            work.was_cut_short = false;
        }
    }

    fn of(&self, file: FileId) -> MutexGuard<'_, FxHashMap<Question, Answer>> {
        let answers = &self.files[file.0 as usize];
        answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Work {
    /// Notes that the innermost open question met a circle.
    fn closes_at(&mut self, depth: u32) {
        if let Some(open) = self.open.last_mut() {
            open.closes_at = open.closes_at.min(depth);
        }
    }
}

/// Asks without the memory, and apart from the questions that are open.
pub(super) fn aside<T>(ask: impl FnOnce() -> T) -> T {
    let work = Work {
        is_aside: true,
        ..Work::default()
    };
    let outer = WORK.replace(work);
    let found = ask();
    WORK.set(outer);
    found
}

/// Whether this thread asks without the memory.
pub(super) fn is_aside() -> bool {
    WORK.with_borrow(|work| work.is_aside)
}

fn depth(open: usize) -> u32 {
    u32::try_from(open).unwrap_or(NOWHERE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::names::Origin;

    /// What each question raises; each also gives a value of its own.
    const RAISED: [&[u32]; 6] = [&[1, 2], &[0, 3], &[1, 4], &[1, 5], &[], &[4]];

    fn ask(memory: &Memory, question: u32) -> Values {
        let file = FileId(0);
        memory.answer((file, Question::Followed(ExprId(question))), || {
            let mut values = Values::one(Origin::Written(file, ExprId(question)));
            for raised in RAISED[question as usize] {
                values.extend(ask(memory, *raised));
            }
            values
        })
    }

    fn asked_in(order: [u32; 6]) -> [String; 6] {
        let memory = Memory::new(1);
        let mut answers = order.map(|question| (question, format!("{:?}", ask(&memory, question))));
        answers.sort();
        answers.map(|(_, answer)| answer)
    }

    #[test]
    fn an_answer_is_the_same_whatever_was_asked_before() {
        let forwards = asked_in([0, 1, 2, 3, 4, 5]);
        for order in [[5, 4, 3, 2, 1, 0], [3, 1, 0, 5, 2, 4], [1, 3, 2, 0, 4, 5]] {
            assert_eq!(forwards, asked_in(order));
        }
        assert_eq!(forwards[0].matches("Written").count(), 6);
    }

    #[test]
    fn what_leads_too_deep_ends() {
        fn deeper(memory: &Memory, question: u32) -> Values {
            memory.answer((FileId(0), Question::Followed(ExprId(question))), || {
                deeper(memory, question + 1)
            })
        }
        let memory = Memory::new(1);
        assert!(deeper(&memory, 0).is_empty());
        assert!(memory.of(FileId(0)).is_empty());
    }
}
