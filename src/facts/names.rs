//! The identifiers and strings of one file, each stored once.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::{FxBuildHasher, FxHashSet};
use std::hash::BuildHasher;

/// A larger table is not kept for the next file: to empty it would cost more than to grow a new one.
const MOST_KEPT: usize = 8_192;

/// An identifier or a string of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub u32);

/// The texts behind the [`Name`]s of one file: one buffer and where each text ends in it.
#[derive(Debug, Default)]
pub struct Names {
    buffer: Box<str>,
    ends: Box<[u32]>,
    /// The names by their texts; empty in a file that is not asked for them.
    index: HashTable<u32>,
}

impl Names {
    /// The text of `name`.
    #[must_use]
    pub fn get(&self, name: Name) -> &str {
        text_of(&self.buffer, &self.ends, name.0)
    }

    /// The name of `text`, if the file says it anywhere.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Name> {
        if self.index.is_empty() {
            return self.iter().find(|(_, known)| *known == text).map(|(name, _)| name);
        }
        let found = self
            .index
            .find(spread(hash_of(text)), |index| self.get(Name(*index)) == text);
        found.map(|index| Name(*index))
    }

    /// The names of those of `texts` that the file says, in no order.
    #[must_use]
    pub fn find_all<'t>(&self, texts: impl IntoIterator<Item = &'t &'t str>) -> FxHashSet<Name> {
        texts.into_iter().filter_map(|text| self.find(text)).collect()
    }

    /// The names, in order, in whose texts `find` finds something. It sees all texts at once, one behind the other without a gap, and
    /// says where the first thing begins that does not begin before an offset. (What runs over the end of a text counts, too: it is
    /// for the caller to look closer.)
    pub fn searched(&self, find: impl Fn(&str, usize) -> Option<usize>) -> Vec<Name> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(place) = find(&self.buffer, from) {
            let index = self.ends.partition_point(|end| *end as usize <= place);
            found.push(Name(u32::try_from(index).unwrap_or(u32::MAX)));
            from = self.ends[index] as usize;
        }
        found
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
    buffer: String,
    ends: Vec<u32>,
    index: HashTable<Known>,
}

/// A name that was met before. Its hash tells it from almost all others without a look at the texts.
#[derive(Debug)]
struct Known {
    hash: u32,
    name: u32,
}

impl NameBuilder {
    /// The name of `text`, stored at its first appearance.
    pub fn intern(&mut self, text: &str) -> Name {
        let Self { buffer, ends, index } = self;
        let hash = hash_of(text);
        let is_it = |known: &Known| known.hash == hash && text_of(buffer, ends, known.name) == text;
        match index.entry(spread(hash), is_it, |known| spread(known.hash)) {
            Entry::Occupied(known) => Name(known.get().name),
            Entry::Vacant(place) => {
                let name = u32::try_from(ends.len()).unwrap_or(u32::MAX);
                buffer.push_str(text);
                ends.push(u32::try_from(buffer.len()).unwrap_or(u32::MAX));
                place.insert(Known { hash, name });
                Name(name)
            }
        }
    }

    /// The text of a name interned before.
    #[must_use]
    pub fn get(&self, name: Name) -> &str {
        text_of(&self.buffer, &self.ends, name.0)
    }

    /// Ends the collection; the next one begins with the memory of this one. `is_searched` says whether [`Names::find`] has to be
    /// fast.
    #[must_use]
    pub fn finish(&mut self, is_searched: bool) -> Names {
        let mut index = HashTable::new();
        if is_searched {
            index.reserve(self.ends.len(), |_| 0);
            for known in &self.index {
                index.insert_unique(spread(known.hash), known.name, |_| 0);
            }
        }
        let names = Names {
            buffer: self.buffer.as_str().into(),
            ends: self.ends.as_slice().into(),
            index,
        };
        self.buffer.clear();
        self.ends.clear();
        if self.index.capacity() > MOST_KEPT {
            self.index = HashTable::new();
        } else {
            self.index.clear();
        }
        names
    }
}

fn text_of<'t>(buffer: &'t str, ends: &[u32], index: u32) -> &'t str {
    let index = index as usize;
    let start = if index == 0 { 0 } else { ends[index - 1] as usize };
    &buffer[start..ends[index] as usize]
}

fn hash_of(text: &str) -> u32 {
    let hash = FxBuildHasher.hash_one(text);
    (hash ^ (hash >> 32)) as u32
}

/// The table takes a place from the lower bits of a hash and a tag from the upper ones.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

#[cfg(test)]
mod tests {
    use super::NameBuilder;

    #[test]
    fn each_name_is_searched_although_all_are_at_once() {
        let mut builder = NameBuilder::default();
        // What begins in one text and ends in the next hides nothing in the next.
        let texts = ["no", "abab", "", "xa", "babc", "c"];
        let interned = texts.map(|text| builder.intern(text));
        let found = builder
            .finish(true)
            .searched(|texts, from| texts[from..].find("ab").map(|place| from + place));
        assert_eq!(found, [interned[1], interned[3], interned[4]]);
    }
}
