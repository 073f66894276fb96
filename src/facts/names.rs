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
}

impl Names {
    /// The text of `name`.
    #[must_use]
    pub fn get(&self, name: Name) -> &str {
        let index = name.0 as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] as usize };
        &self.buffer[start..self.ends[index] as usize]
    }

    /// The name of `text`, if the file says it anywhere. Linear: for questions asked once a file.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Name> {
        self.iter().find(|(_, known)| *known == text).map(|(name, _)| name)
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
    index: HashTable<u32>,
}

impl NameBuilder {
    /// The name of `text`, stored at its first appearance.
    pub fn intern(&mut self, text: &str) -> Name {
        let hash = FxBuildHasher.hash_one(text);
        let names = &self.names;
        if let Some(known) = self.index.find(hash, |index| names.get(Name(*index)) == text) {
            return Name(*known);
        }
        let index = u32::try_from(self.names.ends.len()).unwrap_or(u32::MAX);
        self.names.buffer.push_str(text);
        self.names
            .ends
            .push(u32::try_from(self.names.buffer.len()).unwrap_or(u32::MAX));
        let names = &self.names;
        self.index
            .insert_unique(hash, index, |index| FxBuildHasher.hash_one(names.get(Name(*index))));
        Name(index)
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
