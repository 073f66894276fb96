//! The paths of libraries that the program names, catalogued or not: `jwt.decode`, `<builtin>.print`.

use crate::catalog::{Catalog, Node};
use crate::facts::Language;
use rustc_hash::FxHashMap;

/// Names a library path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PathId(u32);

/// The library paths that were met, as a tree.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    paths: Vec<Path>,
    of_node: FxHashMap<Node, PathId>,
}

#[derive(Debug, Default)]
struct Path {
    /// As reports write it.
    text: Box<str>,
    /// What the catalog knows of it.
    node: Option<Node>,
    /// Whether calling it makes the library run functions or coroutines.
    hands_over: bool,
    children: FxHashMap<Box<str>, PathId>,
    /// The members of objects of the class at this path, where they are not the same.
    members: FxHashMap<Box<str>, PathId>,
}

/// The catalog's name for what needs no import, and the one that call graphs use.
const BUILTINS: (&str, &str) = ("builtins", "<builtin>");

impl Paths {
    /// The top of all paths, with the built-ins as its first child.
    pub(crate) fn new(catalog: &Catalog, language: Language) -> Self {
        let mut paths = Self::default();
        let root = paths.push(catalog, "".into(), catalog.root(language));
        let node = catalog.root(language).and_then(|root| catalog.child(root, BUILTINS.0));
        let builtins = paths.push(catalog, BUILTINS.1.into(), node);
        paths.get_mut(root).children.insert(BUILTINS.0.into(), builtins);
        paths
    }

    /// A library by the first segment of its path.
    pub(crate) fn library(&mut self, catalog: &Catalog, name: &str) -> PathId {
        self.child(catalog, PathId(0), name)
    }

    /// Something that needs no import.
    pub(crate) fn builtin(&mut self, catalog: &Catalog, name: &str) -> PathId {
        self.child(catalog, PathId(1), name)
    }

    /// The member `name` of what `path` stands for.
    pub(crate) fn child(&mut self, catalog: &Catalog, path: PathId, name: &str) -> PathId {
        if let Some(child) = self.get(path).children.get(name) {
            return *child;
        }
        let node = self.node(path).and_then(|node| catalog.child(node, name));
        let child = self.push(catalog, self.below(path, name), node);
        self.get_mut(path).children.insert(name.into(), child);
        child
    }

    /// The member `name` of an object of the class at `path`. What the catalog says of all that lies below a package does not speak of
    /// the methods of its objects.
    pub(crate) fn member(&mut self, catalog: &Catalog, path: PathId, name: &str) -> PathId {
        if let Some(known) = self.get(path).members.get(name) {
            return *known;
        }
        let node = self.node(path).and_then(|node| catalog.child(node, name));
        let is_any = node.is_some_and(|node| catalog.path(node).ends_with('*'));
        let member = if is_any {
            self.push(catalog, self.below(path, name), None)
        } else {
            self.child(catalog, path, name)
        };
        self.get_mut(path).members.insert(name.into(), member);
        member
    }

    /// The path of what the catalog knows.
    pub(crate) fn of_node(&mut self, catalog: &Catalog, node: Node) -> PathId {
        if let Some(known) = self.of_node.get(&node) {
            return *known;
        }
        let mut path = PathId(0);
        for segment in catalog.path(node).split('.') {
            path = self.child(catalog, path, segment);
        }
        self.of_node.insert(node, path);
        path
    }

    pub(crate) fn node(&self, path: PathId) -> Option<Node> {
        self.get(path).node
    }

    pub(crate) fn text(&self, path: PathId) -> &str {
        &self.get(path).text
    }

    /// Whether calling `path` makes the library run functions or coroutines: those it is handed, or one of the object itself.
    pub(crate) fn hands_over(&self, path: PathId) -> bool {
        self.get(path).hands_over
    }

    /// The name of a built-in; none for anything of a library.
    pub(crate) fn builtin_name(&self, path: PathId) -> Option<&str> {
        self.text(path).strip_prefix(BUILTINS.1)?.strip_prefix('.')
    }

    fn get(&self, path: PathId) -> &Path {
        &self.paths[path.0 as usize]
    }

    fn get_mut(&mut self, path: PathId) -> &mut Path {
        &mut self.paths[path.0 as usize]
    }

    fn below(&self, path: PathId, name: &str) -> Box<str> {
        match self.text(path) {
            "" => name.into(),
            text => format!("{text}.{name}").into(),
        }
    }

    fn push(&mut self, catalog: &Catalog, text: Box<str>, node: Option<Node>) -> PathId {
        let entry = node.and_then(|node| catalog.call(node));
        let hands_over = entry.is_some_and(|entry| {
            let mut meanings = entry.arguments.iter().map(|(meaning, _)| meaning.as_str());
            entry.runs_own.is_some() || meanings.any(|meaning| matches!(meaning, "callable" | "coroutine"))
        });
        self.paths.push(Path {
            text,
            node,
            hands_over,
            ..Path::default()
        });
        PathId(u32::try_from(self.paths.len() - 1).unwrap_or(u32::MAX))
    }
}
