//! What is learnt about one part of the program and matters to all others.
//!
//! The work is dealt to a fixed number of workers, each with some of the files and a memory of its own. Between the rounds they tell
//! one another what they learnt, in a fixed order: so the result does not depend on how many threads there are.

use super::Receivers;
use super::arguments::{Flow, MOST_FLOWS};
use super::classes::{Holder, StoredValue};
use super::containers::{MOST_WRITES, Write};
use super::demand::Wanted;
use super::memo::Key;
use super::shapes::MOST_NAMESAKES;
use crate::catalog::Doing;
use crate::facts::{ExprId, Name};
use crate::program::names::{ClassRef, FunctionRef};
use crate::source::FileId;

/// Something learnt.
#[derive(Clone, Debug)]
pub(super) enum News {
    /// A class derives from another, directly.
    Derived { base: ClassRef, class: ClassRef },
    /// A class has a method, which its file names so.
    Method(Name, FunctionRef),
    /// Objects of a class are made.
    Made(ClassRef),
    /// A value is written to an attribute, which the writing file names so.
    Stored(ClassRef, Name, StoredValue),
    /// A field of a class, which this file names so, is filled by position.
    Filled(ClassRef, (FileId, Name), FileId, ExprId),
    /// A value is written to a name of a module from outside; the writing file names it so.
    StoredInModule(FileId, Name, (FileId, ExprId)),
    /// A value is written to an attribute, which this file names so, of what is no object of the program's.
    StoredElsewhere(Holder, Name, (FileId, ExprId)),
    /// A function stands in for another one that dispatches by type.
    Registered { of: FunctionRef, function: FunctionRef },
    /// Something is put into a container.
    Written(FileId, ExprId, Write),
    /// Something is passed to a parameter.
    Passed(Key, Flow),
    /// Something that may be called is held under a name, which this file says.
    Held(FileId, Name),
    /// Functions of a name, which this file says, do something that rules ask about.
    Doing(FileId, Name, Doing),
    /// The calls of a name are wanted, so far from what rules ask; this file says the name.
    Wanted(FileId, Name, Wanted, u8),
    /// The constructor of a class is wanted where those below call it, so far from what rules ask.
    WantedBelow(ClassRef, u8),
}

/// More values of one attribute are not told apart.
const MOST_STORES: usize = 64;
/// More values that are written to one name of a module are not told apart.
const MOST_MODULE_STORES: usize = 16;

impl Receivers<'_, '_> {
    /// Learns something, and keeps it for the other workers.
    pub(super) fn learn(&mut self, news: News) {
        if self.is_new(&news) {
            self.has_news = true;
            self.news.push(news);
        }
    }

    /// Hands out what was learnt since the last time.
    pub(super) fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// Hears what another worker learnt.
    pub(super) fn hear(&mut self, news: &[News]) {
        for one in news {
            self.has_news |= self.is_new(one);
        }
    }

    /// Keeps something; whether it was not known before.
    fn is_new(&mut self, news: &News) -> bool {
        match news {
            News::Derived { base, class } => {
                for (file, class) in [*base, *class] {
                    let symbol = self.symbol(file, self.facts(file)[class].name);
                    self.related.insert(symbol);
                }
                add(self.derived.entry(*base).or_default(), *class, usize::MAX)
            }
            News::Made(class) => self.made.insert(*class),
            News::Method(name, method) => {
                let symbol = self.symbol(method.0, *name);
                let own_class = self.class_of(*method);
                // One class may define a method several times: overloads, branches.
                let known = self.methods.get(&symbol).map_or(&[][..], Vec::as_slice);
                // Two are enough to know that there is not one.
                let most = if self.is_whole { MOST_NAMESAKES } else { 2 };
                let is_known = known.len() >= most || known.iter().any(|known| self.class_of(*known) == own_class);
                !is_known && add(self.methods.entry(symbol).or_default(), *method, most)
            }
            News::Stored(class, name, value) => {
                let symbol = self.symbol(value.file, *name);
                add(self.stores.entry((*class, symbol)).or_default(), *value, MOST_STORES)
            }
            News::Filled(class, (at, name), file, value) => {
                let symbol = self.symbol(*at, *name);
                let value = StoredValue {
                    file: *file,
                    value: Some(*value),
                    annotation: None,
                    to_class: false,
                    is_own: true,
                };
                add(self.stores.entry((*class, symbol)).or_default(), value, MOST_STORES)
            }
            News::StoredInModule(file, name, value) => {
                let symbol = self.symbol(value.0, *name);
                add(
                    self.module_stores.entry((*file, symbol)).or_default(),
                    *value,
                    MOST_MODULE_STORES,
                )
            }
            News::StoredElsewhere(holder, name, value) => {
                let symbol = self.symbol(value.0, *name);
                add(
                    self.other_stores.entry((*holder, symbol)).or_default(),
                    *value,
                    MOST_STORES,
                )
            }
            News::Registered { of, function } => add(self.registered.entry(*of).or_default(), *function, MOST_STORES),
            News::Written(file, container, write) => {
                add(self.writes.entry((*file, *container)).or_default(), *write, MOST_WRITES)
            }
            News::Passed(parameter, flow) => add(self.flows.entry(*parameter).or_default(), *flow, MOST_FLOWS),
            News::Held(file, name) => {
                let symbol = self.symbol(*file, *name);
                self.keep_held(symbol)
            }
            News::Doing(file, name, doing) => {
                let symbol = self.symbol(*file, *name);
                self.keep_doing(symbol, *doing)
            }
            News::WantedBelow(class, distance) => self.keep_wanted_below(*class, *distance),
            News::Wanted(file, name, whose, distance) => {
                let symbol = self.symbol(*file, *name);
                self.keep_wanted(symbol, *whose, *distance)
            }
        }
    }
}

fn add<T: PartialEq>(known: &mut Vec<T>, one: T, most: usize) -> bool {
    let is_new = known.len() < most && !known.contains(&one);
    if is_new {
        known.push(one);
    }
    is_new
}
