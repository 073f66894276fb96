//! What is found by its name alone: methods, implementations of traits, and the files that call something.

use super::methods::{classes, takes_self};
use crate::catalog::Role;
use crate::facts::{BindingKind, CallId, ExprId, ExprKind, FileFacts, Language, Name};
use crate::program::Program;
use crate::program::names::{ClassRef, FunctionRef, last_name};
use crate::source::FileId;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};
use smallvec::SmallVec;

/// Where names stand in the Rust files of a program.
#[derive(Debug, Default)]
pub(in crate::program) struct Index<'p> {
    shards: Vec<Shard<'p>>,
    /// The only method of each name; none where there are several.
    methods: FxHashMap<&'p str, Option<FunctionRef>>,
    declared: FxHashMap<&'p str, Vec<FunctionRef>>,
    implementing: FxHashMap<&'p str, Vec<ClassRef>>,
    /// The names that stand for types of other names: aliases, renamed imports, type parameters.
    aliases: FxHashSet<&'p str>,
    /// What the functions of libraries do that run what they are handed.
    handing: FxHashMap<&'p str, Vec<Role>>,
}

/// The names of some files.
#[derive(Debug, Default)]
struct Shard<'p> {
    methods: FxHashMap<&'p str, Option<FunctionRef>>,
    declared: FxHashMap<&'p str, Vec<FunctionRef>>,
    implementing: FxHashMap<&'p str, Vec<ClassRef>>,
    aliases: FxHashSet<&'p str>,
    /// The files that call something of a name, or pass it to a call.
    said: FxHashMap<&'p str, SmallVec<[FileId; 2]>>,
}

impl<'p> Index<'p> {
    pub(in crate::program) fn new(program: &'p Program<'_>) -> Self {
        let files: Vec<(FileId, &FileFacts)> = program
            .files()
            .filter(|(_, data)| data.language == Language::Rust)
            .map(|(file, data)| (file, &*data.facts))
            .collect();
        let size = files.len().div_ceil(rayon::current_num_threads() * 2).max(1);
        let mut shards: Vec<Shard<'p>> = files.par_chunks(size).map(Shard::new).collect();
        let mut index = Self::default();
        for shard in &mut shards {
            for (name, only) in shard.methods.drain() {
                add_method(&mut index.methods, name, only);
            }
            for (name, functions) in shard.declared.drain() {
                index.declared.entry(name).or_default().extend(functions);
            }
            index.aliases.extend(shard.aliases.drain());
            for (name, blocks) in shard.implementing.drain() {
                index.implementing.entry(name).or_default().extend(blocks);
            }
        }
        for (name, role) in program.catalog.handing_over(Language::Rust) {
            index.handing.entry(name).or_default().push(role);
        }
        index.shards = shards;
        index
    }

    /// The methods of a name that traits declare.
    pub(super) fn declared(&self, name: &str) -> &[FunctionRef] {
        self.declared.get(name).map_or(&[], Vec::as_slice)
    }

    /// The only method of a name.
    pub(super) fn only_method(&self, name: &str) -> Option<FunctionRef> {
        self.methods.get(name).and_then(|only| *only)
    }

    /// Whether a name may stand for a type that has another one.
    pub(super) fn is_alias(&self, name: &str) -> bool {
        name == "Self" || self.aliases.contains(name)
    }

    /// The blocks that implement a trait of this name.
    pub(super) fn implementing(&self, name: &str) -> &[ClassRef] {
        self.implementing.get(name).map_or(&[], Vec::as_slice)
    }

    /// What the library functions of this name do that run what they are handed.
    pub(super) fn handing(&self, name: &str) -> &[Role] {
        self.handing.get(name).map_or(&[], Vec::as_slice)
    }

    /// The files in which something of this name is called, or passed to a call.
    pub(super) fn saying(&self, name: &str) -> impl Iterator<Item = FileId> {
        let files = self.shards.iter().filter_map(move |shard| shard.said.get(name));
        files.flatten().copied()
    }
}

impl<'p> Shard<'p> {
    fn new(files: &[(FileId, &'p FileFacts)]) -> Self {
        let mut shard = Self::default();
        for (file, facts) in files {
            shard.add(*file, facts);
        }
        shard
    }

    fn add(&mut self, file: FileId, facts: &'p FileFacts) {
        for (id, function) in facts.numbered_functions() {
            let (Some(name), Some(class)) = (function.name, function.class) else {
                continue;
            };
            if takes_self(facts, id) {
                let name = facts.text(name);
                add_method(&mut self.methods, name, Some((file, id)));
                if facts[class].extends.is_none() {
                    self.declared.entry(name).or_default().push((file, id));
                }
            }
        }
        for class in classes(facts) {
            if facts[class].extends.is_none() {
                continue;
            }
            for base in facts.list(facts[class].bases) {
                let base = match facts[*base].kind {
                    ExprKind::Index { object, .. } => object,
                    _ => *base,
                };
                if let Some(name) = last_name(facts, base) {
                    self.implementing
                        .entry(facts.text(name))
                        .or_default()
                        .push((file, class));
                }
            }
        }
        self.aliases.extend(aliases(facts));
        let mut is_said = vec![false; facts.names.len()];
        for (_, name, _) in said_names(facts) {
            if !std::mem::replace(&mut is_said[name.0 as usize], true) {
                self.said.entry(facts.text(name)).or_default().push(file);
            }
        }
    }
}

/// Keeps a method that is the only one of its name, or that there are several.
fn add_method<'p>(methods: &mut FxHashMap<&'p str, Option<FunctionRef>>, name: &'p str, method: Option<FunctionRef>) {
    let is_first = !methods.contains_key(name);
    methods.insert(name, method.filter(|_| is_first));
}

/// The names that stand for types of other names.
fn aliases(facts: &FileFacts) -> impl Iterator<Item = &str> {
    let standing_for_others = facts.bindings.iter().filter(|binding| match binding.kind {
        BindingKind::Import(import) => facts.path(facts[import].path).last() != Some(&binding.name),
        BindingKind::Value(_) => binding.annotation.is_none(),
        BindingKind::Unknown => true,
        _ => false,
    });
    let names = standing_for_others.map(|binding| facts.text(binding.name));
    names.filter(|name| name.starts_with(char::is_uppercase))
}

/// The type in front of the last name of a path: `Client` in `http::Client::new`.
fn owner(facts: &FileFacts, expr: ExprId, name: Name) -> Option<Name> {
    let ExprKind::Member { object, .. } = facts[expr].kind else {
        return None;
    };
    let length = u32::try_from(facts.text(name).len()).unwrap_or(u32::MAX);
    let is_path = facts[expr].span.end == facts[object].span.end + length + 2;
    let owner = last_name(facts, object).filter(|_| is_path)?;
    facts.text(owner).starts_with(char::is_uppercase).then_some(owner)
}

/// The names of what calls call, and of what they pass, with the types in front of them.
pub(super) fn said_names(facts: &FileFacts) -> impl Iterator<Item = (CallId, Name, Option<Name>)> {
    facts.numbered_calls().flat_map(move |(id, call)| {
        let passed = facts.arguments(call).iter().map(|argument| argument.value);
        let said = std::iter::once(call.callee).chain(passed);
        said.filter_map(move |expr| match facts[expr].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => Some((id, name, owner(facts, expr, name))),
            _ => None,
        })
    })
}
