//! The identifiers and strings of one file, each stored once.

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

/// An identifier or a string of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub u32);

/// The texts behind the [`Name`]s of one file: one buffer and where each text ends in it.
#[derive(Debug, Default)]
pub struct Names {
    buffer: String,
    ends: Vec<u32>,
    index: HashTable<u32>,
}

impl Names {
    /// The text of `name`.
    #[must_use]
    pub fn get(&self, name: Name) -> &str {
        let index = name.0 as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.buffer[start..self.ends[index] as usize]
    }

    /// The name of `text`, if the file says it anywhere.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Name> {
        let found = self.index.find(hash_of(text), |index| self.get(Name(*index)) == text);
        found.map(|index| Name(*index))
    }

    /// How many names there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Every name with its text, in order of first appearance.
    pub fn iter(&self) -> impl Iterator<Item = (Name, &str)> {
        (0..self.ends.len()).map(|index| {
            let name = Name(u32::try_from(index).unwrap_or(u32::MAX));
            (name, self.get(name))
        })
    }
}

/// Collects the [`Names`] of a file while it is parsed.
#[derive(Debug, Default)]
pub struct NameBuilder {
    names: Names,
}

impl NameBuilder {
    /// The name of `text`, stored at its first appearance.
    pub fn intern(&mut self, text: &str) -> Name {
        if let Some(known) = self.names.find(text) {
            return known;
        }
        let Names { buffer, ends, index } = &mut self.names;
        let new = u32::try_from(ends.len()).unwrap_or(u32::MAX);
        buffer.push_str(text);
        ends.push(u32::try_from(buffer.len()).unwrap_or(u32::MAX));
        let text_of = |index: u32| {
            let start = if index == 0 {
                0
            } else {
                ends[index as usize - 1] as usize
            };
            &buffer[start..ends[index as usize] as usize]
        };
        index.insert_unique(hash_of(text), new, |index| hash_of(text_of(*index)));
        Name(new)
    }

    /// The text of a name interned before.
    #[must_use]
    pub fn get(&self, name: Name) -> &str {
        self.names.get(name)
    }

    /// Ends the collection.
    #[must_use]
    pub fn finish(mut self) -> Names {
        self.names.buffer.shrink_to_fit();
        self.names.ends.shrink_to_fit();
        self.names
    }
}

fn hash_of(text: &str) -> u64 {
    FxBuildHasher.hash_one(text)
}
