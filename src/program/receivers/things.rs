//! What a value can be, and bounded sets of it.

use super::paths::PathId;
use crate::facts::{CallId, ExprId};
use crate::finding::Confidence;
use crate::program::modules::Place;
use crate::program::names::{ClassRef, FunctionRef};
use crate::source::FileId;
use smallvec::SmallVec;

/// How exactly the class of an object, or a class itself, is known. Ordered from best to worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Exact {
    /// It is this very class: `C()`, the name `C`.
    Yes,
    /// It is this class or one below it: an annotation says so.
    OrBelow,
    /// It is what the method was called on: `self`, `cls`. The class is the one whose body holds the method.
    Receiver,
}

/// Something a value can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Thing {
    /// A function that is called with just the arguments that are written.
    Function(FunctionRef),
    /// A method that gets what it was looked up on as its first argument.
    Bound(FunctionRef, ClassRef, Exact),
    /// A function of a class body, not looked up on anything yet.
    Method(FunctionRef),
    /// The same for a class method.
    ClassMethod(FunctionRef),
    /// The same for a property: reading it calls it.
    Property(FunctionRef),
    /// What `property(get, set)` gives, by its call.
    Properties(FileId, CallId),
    /// A class.
    Class(ClassRef, Exact),
    /// An object of a class.
    Instance(ClassRef, Exact),
    /// `super()`: what comes behind `of` in the resolution order of `receiver`.
    Super {
        of: ClassRef,
        receiver: ClassRef,
        exact: Exact,
    },
    /// A module or package.
    Module(Place),
    /// A literal, a container, or a call that makes one; named by the expression that makes it.
    Made(FileId, ExprId),
    /// What a call of a generator function gives.
    Generator(FunctionRef, Option<(ClassRef, Exact)>),
    /// What the callers of a function pass, not looked up yet.
    Parameter(FunctionRef, u32),
    /// The same for `*args` and `**kwargs`: a container of it.
    Rest(FunctionRef, u32),
    /// Something of a library.
    Library(PathId),
    /// An object of a library's class.
    LibraryInstance(PathId),
    /// What a call that binds arguments to a function gives.
    Partial(FileId, CallId),
}

impl Thing {
    fn is_function(self) -> bool {
        matches!(
            self,
            Self::Function(_)
                | Self::Bound(..)
                | Self::Method(_)
                | Self::ClassMethod(_)
                | Self::Class(..)
                | Self::Partial(..)
        )
    }
}

/// A thing and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) thing: Thing,
    pub(crate) confidence: Confidence,
}

/// A value that comes by way of parameters or containers is told apart from no more others than this.
pub(super) const MOST_FLOWING: usize = 12;
/// More things than this are not told apart: the first ones found stay.
const MOST_THINGS: usize = 128;

/// A bounded set of things, in the order they were found.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Things(SmallVec<[Entry; 1]>);

impl Clone for Things {
    /// All at once: the set's own way is one by one.
    fn clone(&self) -> Self {
        Self(SmallVec::from_slice(&self.0))
    }
}

impl Things {
    pub(crate) fn one(thing: Thing) -> Self {
        let mut things = Self::default();
        things.add(thing, Confidence::Certain);
        things
    }

    /// Adds a thing, or raises the confidence it is known with.
    pub(crate) fn add(&mut self, thing: Thing, confidence: Confidence) {
        if let Some(known) = self.0.iter_mut().find(|known| known.thing == thing) {
            known.confidence = known.confidence.max(confidence);
        } else if self.0.len() < MOST_THINGS {
            self.0.push(Entry { thing, confidence });
        }
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        if self.0.is_empty() {
            self.0.extend_from_slice(&other.0);
            return;
        }
        for entry in &other.0 {
            self.add(entry.thing, entry.confidence);
        }
    }

    /// The same things, none surer than `confidence`.
    pub(crate) fn at_most(mut self, confidence: Confidence) -> Self {
        for entry in &mut self.0 {
            entry.confidence = entry.confidence.min(confidence);
        }
        self
    }

    /// The first of them, as many as come by one parameter or container; of functions and classes the first `most_functions`.
    pub(super) fn first(mut self, most_functions: usize) -> Self {
        if self.0.len() > MOST_FLOWING {
            let (mut functions, mut others) = (0, 0);
            self.0.retain(|entry| {
                let (count, most) = if entry.thing.is_function() {
                    (&mut functions, most_functions)
                } else {
                    (&mut others, MOST_FLOWING)
                };
                *count += 1;
                *count <= most
            });
        }
        self
    }

    pub(crate) fn retain(&mut self, keep: impl Fn(Thing) -> bool) {
        self.0.retain(|entry| keep(entry.thing));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a container that holds these need not be looked at any further: [`Things::first`] would leave the rest out.
    pub(crate) fn is_full(&self, most_functions: usize) -> bool {
        self.0.len() >= MOST_FLOWING && {
            let functions = self.0.iter().filter(|entry| entry.thing.is_function()).count();
            functions >= most_functions || self.0.len() - functions >= MOST_FLOWING
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Entry> + '_ {
        self.0.iter().copied()
    }
}

impl IntoIterator for Things {
    type Item = Entry;
    type IntoIter = smallvec::IntoIter<[Entry; 1]>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
