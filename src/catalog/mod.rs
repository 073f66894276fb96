//! What the names of libraries mean: data from `rules/catalog/*.toml`, and the user's additions in the same form.
//!
//! A path is text here; nothing of the analysed program is known. Start with [`Catalog::child`]: the program walks a dotted path
//! segment by segment and arrives, or does not, at an [`Entry`].

mod entries;
mod phrases;
mod role;
mod words;

pub use entries::{CallEntry, ClientEntry, Entries, Example, ListEntry, Meaning};
pub use role::Role;
pub use words::{ExtraWords, FlagName, TokenCheck, Words};

use crate::facts::Language;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

include!(concat!(env!("OUT_DIR"), "/catalog_files.rs"));

/// A place in the tree of library paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(u32);

/// A catalogued function, method, item access or base class.
#[derive(Debug)]
pub struct Entry {
    /// Its canonical path.
    pub path: String,
    /// What it does, for the rules.
    pub role: Option<Role>,
    /// Which argument means what.
    pub arguments: Vec<(String, Vec<Meaning>)>,
    /// The type of what it gives.
    pub returns: Option<Node>,
    /// The position of the argument that it gives back, itself or as a copy.
    pub returns_argument: Option<u32>,
    /// The method that it runs of the object it is called on.
    pub runs_own: Option<String>,
    /// The type of the objects that get its keywords as attributes.
    pub fills: Option<Node>,
    /// The methods that the library calls of objects of a class that derives from it.
    pub methods: Vec<String>,
    /// The meanings of the arguments without which it accepts anything in their place.
    pub open_without: Vec<String>,
    /// Whether only the code around it tells whether what it signs or reads is a token.
    pub any_data: bool,
    /// The methods of a derived class itself that make a handler of it.
    pub made_by: Vec<String>,
    /// Whether routes are given to derived classes by pairs.
    pub in_pairs: bool,
}

impl Entry {
    /// Whether a call hands functions or coroutines over to the library.
    #[must_use]
    pub fn hands_over(&self) -> bool {
        let mut meanings = self.arguments.iter().map(|(meaning, _)| meaning.as_str());
        self.runs_own.is_some() || meanings.any(|meaning| matches!(meaning, "callable" | "coroutine"))
    }
}

/// All library knowledge of a run.
#[derive(Debug)]
pub struct Catalog {
    nodes: Vec<NodeData>,
    roots: FxHashMap<Language, Node>,
    entries: Vec<Entry>,
    lists: Vec<ListEntry>,
    clients: Vec<(Language, ClientEntry)>,
    /// The last segments of all paths that a call can arrive at.
    last_names: FxHashSet<Box<str>>,
    /// The functions that do something rules ask about.
    doers: Vec<Doer>,
    /// The libraries that a library gives objects of, besides its own.
    leads_to: FxHashMap<Box<str>, Vec<Box<str>>>,
    words: Words,
}

#[derive(Debug, Default)]
struct NodeData {
    path: String,
    children: FxHashMap<Box<str>, Node>,
    /// For another path of the same thing: the node that has its members and entries.
    canonical: Option<Node>,
    call: Option<usize>,
    item: Option<usize>,
    base: Option<usize>,
    is_type: bool,
    is_trait: bool,
    holds: bool,
    keeps: Option<Box<str>>,
    bases: Vec<Node>,
    value_of: Option<Node>,
    /// Indices of the user's concerns that a call to this path belongs to.
    concerns: Vec<usize>,
}

/// What the catalogued functions of one name do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doing {
    /// Whether all are methods.
    pub only_methods: bool,
    /// Whether all read or write settings.
    pub only_settings: bool,
    /// Whether any of them does.
    pub any_settings: bool,
    /// Whether any of them is handed functions or coroutines.
    pub hands_over: bool,
    /// Whether it is worth a look at what callers pass to find a call of any of them.
    pub is_worth_following: bool,
}

/// A function that does something rules ask about.
#[derive(Debug)]
struct Doer {
    language: Language,
    library: Box<str>,
    name: Box<str>,
    is_method: bool,
    hands_over: bool,
    /// None for a call of a concern of the user's.
    role: Option<Role>,
}

/// What needs no import.
const BUILT_IN: &str = "builtins";

/// The segment that stands for any path below.
const WILDCARD: &str = "*";

impl Catalog {
    /// The built-in catalog with the user's additions: `extra` entries (in any language), `words`, and the paths of calls that
    /// make up each of the user's concerns.
    ///
    /// # Errors
    /// The name of the file and what is wrong in it; the built-in files are checked by the tests.
    pub fn load(extra: &Entries, words: &ExtraWords, concerns: &[&[String]]) -> Result<Self, String> {
        let mut catalog = Self {
            nodes: Vec::new(),
            roots: FxHashMap::default(),
            entries: Vec::new(),
            lists: Vec::new(),
            clients: Vec::new(),
            last_names: FxHashSet::default(),
            doers: Vec::new(),
            leads_to: FxHashMap::default(),
            words: Words::load(words)?,
        };
        for (name, text) in CATALOG_FILES {
            let file: Entries = toml::from_str(text).map_err(|error| format!("rules/catalog/{name}: {error}"))?;
            catalog.add(&file);
        }
        catalog.add(extra);
        for (concern, paths) in concerns.iter().enumerate() {
            for path in *paths {
                let node = catalog.insert(language_of(path), path);
                catalog.add_doer(language_of(path), path, None, false);
                catalog.nodes[node.0 as usize].concerns.push(concern);
            }
        }
        Ok(catalog)
    }

    /// What the words in names mean.
    #[must_use]
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// The catalogued part of a language's library paths.
    #[must_use]
    pub fn root(&self, language: Language) -> Option<Node> {
        self.roots.get(&language).copied()
    }

    /// The member `name` of what `node` stands for: of a package, a class, or an instance of a class.
    #[must_use]
    pub fn child(&self, node: Node, name: &str) -> Option<Node> {
        let node = self.canonical(node);
        let data = &self.nodes[node.0 as usize];
        if let Some(child) = data.children.get(name) {
            return Some(self.canonical(*child));
        }
        if let Some(inherited) = data.bases.iter().find_map(|base| self.child(*base, name)) {
            return Some(inherited);
        }
        if data.path.ends_with(WILDCARD) {
            Some(node)
        } else {
            data.children.get(WILDCARD).copied()
        }
    }

    /// Whether any catalogued path ends in `name`.
    #[must_use]
    pub fn is_last_name(&self, name: &str) -> bool {
        self.last_names.contains(name)
    }

    /// What the catalogued functions of each name do that rules ask about: those of the built-ins, of the libraries in `imported`, and of
    /// those that these give objects of.
    #[must_use]
    pub fn doing<'s>(&'s self, language: Language, imported: &FxHashSet<&'s str>) -> FxHashMap<&'s str, Doing> {
        let mut doing: FxHashMap<&str, Doing> = FxHashMap::default();
        for doer in self.doers_of(language, imported) {
            let doing = doing.entry(&*doer.name).or_insert(Doing {
                only_methods: true,
                only_settings: true,
                any_settings: false,
                hands_over: false,
                is_worth_following: false,
            });
            doing.only_methods &= doer.is_method;
            let is_of_settings = doer.role.is_some_and(Role::is_of_settings);
            doing.only_settings &= is_of_settings;
            doing.any_settings |= is_of_settings;
            doing.hands_over |= doer.hands_over;
            doing.is_worth_following |= doer
                .role
                .is_none_or(|role| role.is_asked_backwards() || role.is_of_entries());
        }
        doing
    }

    /// Whether a function of those libraries does what a role says.
    #[must_use]
    pub fn any_does<'s>(&'s self, role: Role, language: Language, imported: &FxHashSet<&'s str>) -> bool {
        let mut doers = self.doers_of(language, imported);
        doers.any(|doer| doer.role == Some(role))
    }

    fn doers_of<'s>(&'s self, language: Language, imported: &FxHashSet<&'s str>) -> impl Iterator<Item = &'s Doer> {
        let mut libraries: FxHashSet<&str> = FxHashSet::default();
        let mut waiting: Vec<&str> = imported.iter().copied().chain([BUILT_IN]).collect();
        while let Some(library) = waiting.pop() {
            if libraries.insert(library) {
                waiting.extend(self.leads_to.get(library).into_iter().flatten().map(|other| &**other));
            }
        }
        let doers = self.doers.iter();
        doers.filter(move |doer| doer.language == language && libraries.contains(&*doer.library))
    }

    fn add_doer(&mut self, language: Language, path: &str, role: Option<Role>, hands_over: bool) {
        let mut segments: Vec<&str> = split(path).collect();
        let Some(name) = segments.pop() else { return };
        let library = segments.first().copied().unwrap_or(name);
        let owner = segments
            .iter()
            .try_fold(self.roots.get(&language).copied(), |node, segment| {
                node.map(|node| self.child(node, segment))
            });
        let doer = Doer {
            language,
            library: library.into(),
            name: name.into(),
            is_method: owner.flatten().is_some_and(|owner| self.is_type(owner)),
            hands_over,
            role,
        };
        self.doers.push(doer);
    }

    /// Notes that whoever uses the library of one path may get objects of the other's.
    fn lead(&mut self, from: &str, to: &str) {
        if let (Some(from), Some(to)) = (split(from).next(), split(to).next())
            && from != to
        {
            self.leads_to.entry(from.into()).or_default().push(to.into());
        }
    }

    /// The libraries of a language of which whole packages are catalogued.
    #[must_use]
    pub fn wild_roots(&self, language: Language) -> FxHashSet<&str> {
        let wild = self
            .nodes
            .iter()
            .filter(|node| node.path.ends_with(WILDCARD) && language_of(&node.path) == language);
        wild.filter_map(|node| split(&node.path).next()).collect()
    }

    /// The names that only functions with `role` have among the catalogued functions of a language, whatever type they belong to.
    #[must_use]
    pub fn names_only_of(&self, language: Language, role: Role) -> FxHashSet<&str> {
        let named = |with: bool| {
            let entries = self
                .entries
                .iter()
                .filter(move |entry| (entry.role == Some(role)) == with && language_of(&entry.path) == language);
            entries.filter_map(|entry| split(&entry.path).last())
        };
        let mut names: FxHashSet<&str> = named(true).collect();
        for other in named(false) {
            names.remove(other);
        }
        names
    }

    /// Whether the catalogued functions of a language that have this name are handed something.
    #[must_use]
    pub fn is_handed_something(&self, language: Language, name: &str) -> bool {
        let mut entries = self.entries.iter();
        entries.any(|entry| {
            split(&entry.path).last() == Some(name)
                && !entry.arguments.is_empty()
                && language_of(&entry.path) == language
        })
    }

    /// The names of the functions of a language that run what they are handed, and how each does.
    pub fn handing_over(&self, language: Language) -> impl Iterator<Item = (&str, Role)> {
        let doers = self
            .doers
            .iter()
            .filter(move |doer| doer.language == language && doer.hands_over);
        doers.filter_map(|doer| Some((&*doer.name, doer.role?)))
    }

    /// The names of what the functions of a language with one of some roles are, and of the library that each belongs to.
    pub fn with_role(&self, language: Language, counts: impl Fn(Role) -> bool) -> impl Iterator<Item = (&str, &str)> {
        let doers = self
            .doers
            .iter()
            .filter(move |doer| doer.language == language && doer.role.is_some_and(&counts));
        doers.map(|doer| (&*doer.library, &*doer.name))
    }

    /// The keywords that mean something to the functions of a language with `role`, which in Rust are the fields of types.
    #[must_use]
    pub fn keywords_of(&self, language: Language, role: Role) -> FxHashSet<&str> {
        let entries = self.entries.iter();
        let entries = entries.filter(|entry| entry.role == Some(role) && language_of(&entry.path) == language);
        let meanings = entries.flat_map(|entry| entry.arguments.iter().flat_map(|(_, by)| by));
        let keywords = meanings.filter_map(|by| match by {
            Meaning::Keyword(keyword) => Some(keyword.as_str()),
            Meaning::Position(_) => None,
        });
        keywords.collect()
    }

    /// The canonical path.
    #[must_use]
    pub fn path(&self, node: Node) -> &str {
        &self.nodes[self.canonical(node).0 as usize].path
    }

    /// What calling `node` means.
    #[must_use]
    pub fn call(&self, node: Node) -> Option<&Entry> {
        self.nodes[self.canonical(node).0 as usize]
            .call
            .map(|entry| &self.entries[entry])
    }

    /// What subscripting an instance of the type `node` means.
    #[must_use]
    pub fn item(&self, node: Node) -> Option<&Entry> {
        let data = &self.nodes[self.canonical(node).0 as usize];
        data.item
            .map(|entry| &self.entries[entry])
            .or_else(|| data.bases.iter().find_map(|base| self.item(*base)))
    }

    /// What deriving from the class `node` means.
    #[must_use]
    pub fn base(&self, node: Node) -> Option<&Entry> {
        self.nodes[self.canonical(node).0 as usize]
            .base
            .map(|entry| &self.entries[entry])
    }

    /// The names of the classes from which classes with `role` derive.
    pub fn base_names(&self, role: Role) -> impl Iterator<Item = &str> {
        let bases = self.nodes.iter().filter(move |node| {
            let base = node.base.map(|entry| &self.entries[entry]);
            base.is_some_and(|base| base.role == Some(role))
        });
        bases.filter_map(|node| split(&node.path).last())
    }

    /// Whether any of the libraries in `imported` gives routes to classes by pairs.
    #[must_use]
    pub fn any_in_pairs(&self, imported: &FxHashSet<&str>) -> bool {
        let mut paired = self.entries.iter().filter(|entry| entry.in_pairs);
        paired.any(|entry| {
            split(&entry.path)
                .next()
                .is_some_and(|library| imported.contains(library))
        })
    }

    /// The methods by which a language sends requests over HTTP.
    pub fn clients(&self, language: Language) -> impl Iterator<Item = &ClientEntry> {
        let clients = self.clients.iter().filter(move |(of, _)| *of == language);
        clients.map(|(_, client)| client)
    }

    /// The lists that modules of Python have.
    #[must_use]
    pub fn lists(&self) -> &[ListEntry] {
        &self.lists
    }

    /// Whether `node` is a class whose instances have catalogued members.
    #[must_use]
    pub fn is_type(&self, node: Node) -> bool {
        self.nodes[self.canonical(node).0 as usize].is_type
    }

    /// Whether `node` is a trait, whose methods any type may have.
    #[must_use]
    pub fn is_trait(&self, node: Node) -> bool {
        self.nodes[self.canonical(node).0 as usize].is_trait
    }

    /// Whether the objects of the class `node` are there to hold what the program writes to their attributes.
    #[must_use]
    pub fn holds(&self, node: Node) -> bool {
        self.nodes[self.canonical(node).0 as usize].holds
    }

    /// The built-in type in whose way the objects of the class `node` keep what the program puts into them.
    #[must_use]
    pub fn keeps(&self, node: Node) -> Option<&str> {
        self.nodes[self.canonical(node).0 as usize].keeps.as_deref()
    }

    /// The type that the value at `node` is an instance of.
    #[must_use]
    pub fn value_of(&self, node: Node) -> Option<Node> {
        self.nodes[self.canonical(node).0 as usize].value_of
    }

    /// The user's concerns (by index) that a call to `node` belongs to.
    #[must_use]
    pub fn concerns(&self, node: Node) -> &[usize] {
        &self.nodes[self.canonical(node).0 as usize].concerns
    }

    /// The node of a whole path, if the catalog has it.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<Node> {
        split(path).try_fold(self.root(language_of(path))?, |node, segment| self.child(node, segment))
    }

    fn canonical(&self, node: Node) -> Node {
        self.nodes[node.0 as usize].canonical.unwrap_or(node)
    }

    fn add(&mut self, file: &Entries) {
        let language = file.language();
        let place = |path: &str| language.unwrap_or_else(|| language_of(path));
        for declared in &file.types {
            let node = self.insert(place(&declared.path), &declared.path);
            let bases: Vec<Node> = declared
                .bases
                .iter()
                .map(|base| self.insert(place(base), base))
                .collect();
            for base in &declared.bases {
                self.lead(&declared.path, base);
            }
            let data = &mut self.nodes[node.0 as usize];
            data.is_type = true;
            data.is_trait = declared.is_trait;
            data.holds = declared.holds;
            data.keeps = declared.keeps.as_deref().map(Box::from);
            data.bases.extend(bases);
            self.alias(node, place(&declared.path), &declared.also);
        }
        for call in &file.calls {
            let node = self.insert(place(&call.path), &call.path);
            let returns = call.returns.as_ref().map(|path| self.insert(place(path), path));
            let fills = call.fills.as_ref().map(|path| self.insert(place(path), path));
            for given in call.returns.iter().chain(&call.fills) {
                self.lead(&call.path, given);
            }
            let entry = self.entry(call, returns, fills);
            if call.role.is_some() {
                let hands_over = self.entries[entry].hands_over();
                for path in std::iter::once(&call.path).chain(&call.also) {
                    self.add_doer(place(path), path, call.role, hands_over);
                }
            }
            self.nodes[node.0 as usize].call = Some(entry);
            self.alias(node, place(&call.path), &call.also);
        }
        for value in &file.values {
            let node = self.insert(place(&value.path), &value.path);
            let of = self.insert(place(&value.is), &value.is);
            self.lead(&value.path, &value.is);
            self.nodes[node.0 as usize].value_of = Some(of);
            self.alias(node, place(&value.path), &value.also);
        }
        self.lists.extend(file.lists.iter().cloned());
        let clients = file.clients.iter().cloned();
        self.clients
            .extend(clients.map(|client| (language.unwrap_or(Language::Python), client)));
        for item in &file.items {
            let node = self.insert(place(&item.of), &item.of);
            self.entries.push(Entry {
                path: item.of.clone(),
                role: Some(item.role),
                arguments: vec![("name".into(), vec![Meaning::Position(0)])],
                returns: None,
                returns_argument: None,
                runs_own: None,
                fills: None,
                methods: Vec::new(),
                open_without: Vec::new(),
                any_data: false,
                made_by: Vec::new(),
                in_pairs: false,
            });
            self.nodes[node.0 as usize].item = Some(self.entries.len() - 1);
        }
        for base in &file.bases {
            let node = self.insert(place(&base.path), &base.path);
            self.entries.push(Entry {
                path: base.path.clone(),
                role: Some(base.role),
                arguments: meanings(&base.arguments),
                returns: None,
                returns_argument: None,
                runs_own: None,
                fills: None,
                methods: base.methods.clone(),
                open_without: Vec::new(),
                any_data: false,
                made_by: base.made_by.clone(),
                in_pairs: base.in_pairs,
            });
            self.nodes[node.0 as usize].base = Some(self.entries.len() - 1);
            self.alias(node, place(&base.path), &base.also);
        }
    }

    fn entry(&mut self, call: &CallEntry, returns: Option<Node>, fills: Option<Node>) -> usize {
        self.entries.push(Entry {
            path: call.path.clone(),
            role: call.role,
            arguments: meanings(&call.arguments),
            returns,
            returns_argument: call.returns_argument,
            runs_own: call.runs_own.clone(),
            fills,
            methods: call.methods.clone(),
            open_without: call.open_without.clone(),
            any_data: call.any_data,
            made_by: Vec::new(),
            in_pairs: false,
        });
        self.entries.len() - 1
    }

    fn alias(&mut self, canonical: Node, language: Language, also: &[String]) {
        for path in also {
            let node = self.insert(language, path);
            if node != canonical {
                let canonical_path = self.path(canonical).to_owned();
                self.lead(path, &canonical_path);
                self.nodes[node.0 as usize].canonical = Some(canonical);
            }
        }
    }

    fn insert(&mut self, language: Language, path: &str) -> Node {
        let mut node = match self.roots.get(&language) {
            Some(root) => *root,
            None => {
                let root = self.push(String::new());
                self.roots.insert(language, root);
                root
            }
        };
        let separator = if language == Language::Rust { "::" } else { "." };
        for segment in split(path) {
            node = self.canonical(node);
            node = match self.nodes[node.0 as usize].children.get(segment) {
                Some(child) => *child,
                None => {
                    let parent = &self.nodes[node.0 as usize].path;
                    let path = if parent.is_empty() {
                        segment.to_owned()
                    } else {
                        format!("{parent}{separator}{segment}")
                    };
                    let child = self.push(path);
                    self.nodes[node.0 as usize].children.insert(segment.into(), child);
                    self.last_names.insert(segment.into());
                    child
                }
            };
        }
        self.canonical(node)
    }

    fn push(&mut self, path: String) -> Node {
        self.nodes.push(NodeData {
            path,
            ..NodeData::default()
        });
        Node(u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX))
    }
}

/// The examples of all built-in entries with the library's name and language, for the tests.
///
/// # Errors
/// As for [`Catalog::load`].
pub fn built_in_files() -> Result<Vec<(&'static str, Entries)>, String> {
    CATALOG_FILES
        .iter()
        .map(|(name, text)| {
            toml::from_str(text)
                .map(|file| (*name, file))
                .map_err(|error| format!("{name}: {error}"))
        })
        .collect()
}

fn meanings(arguments: &BTreeMap<String, Vec<Meaning>>) -> Vec<(String, Vec<Meaning>)> {
    let arguments = arguments.iter();
    arguments
        .map(|(name, meanings)| (name.clone(), meanings.clone()))
        .collect()
}

fn language_of(path: &str) -> Language {
    if path.contains("::") {
        Language::Rust
    } else {
        Language::Python
    }
}

fn split(path: &str) -> impl Iterator<Item = &str> {
    path.split("::")
        .flat_map(|part| part.split('.'))
        .filter(|segment| !segment.is_empty())
}
