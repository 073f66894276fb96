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
    children: FxHashMap<(PathId, Box<str>), PathId>,
    of_node: FxHashMap<Node, PathId>,
}

#[derive(Debug)]
struct Path {
    /// As reports write it.
    text: Box<str>,
    /// What the catalog knows of it.
    node: Option<Node>,
}

/// The catalog's name for what needs no import, and the one that call graphs use.
const BUILTINS: (&str, &str) = ("builtins", "<builtin>");

impl Paths {
    /// The top of all paths, with the built-ins as its first child.
    pub(crate) fn new(catalog: &Catalog, language: Language) -> Self {
        let mut paths = Self::default();
        paths.paths.push(Path {
            text: "".into(),
            node: catalog.root(language),
        });
        let node = catalog.root(language).and_then(|root| catalog.child(root, BUILTINS.0));
        paths.push(PathId(0), BUILTINS.0, BUILTINS.1.into(), node);
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
        if let Some(child) = self.children.get(&(path, name.into())) {
            return *child;
        }
        let Path { text, node } = &self.paths[path.0 as usize];
        let node = node.and_then(|node| catalog.child(node, name));
        let text = if text.is_empty() {
            name.into()
        } else {
            format!("{text}.{name}").into()
        };
        self.push(path, name, text, node)
    }

    /// The member `name` of an object of the class at `path`. What the catalog says of all that lies below a package does not speak of
    /// the methods of its objects.
    pub(crate) fn member(&mut self, catalog: &Catalog, path: PathId, name: &str) -> PathId {
        let node = self.paths[path.0 as usize]
            .node
            .and_then(|node| catalog.child(node, name));
        if node.is_none_or(|node| !catalog.path(node).ends_with('*')) {
            return self.child(catalog, path, name);
        }
        let key = format!("().{name}");
        if let Some(known) = self.children.get(&(path, key.as_str().into())) {
            return *known;
        }
        let text = format!("{}.{name}", self.text(path)).into();
        self.push(path, &key, text, None)
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
        self.paths[path.0 as usize].node
    }

    pub(crate) fn text(&self, path: PathId) -> &str {
        &self.paths[path.0 as usize].text
    }

    /// The name of a built-in; none for anything of a library.
    pub(crate) fn builtin_name(&self, path: PathId) -> Option<&str> {
        self.text(path).strip_prefix(BUILTINS.1)?.strip_prefix('.')
    }

    fn push(&mut self, parent: PathId, name: &str, text: Box<str>, node: Option<Node>) -> PathId {
        let id = PathId(u32::try_from(self.paths.len()).unwrap_or(u32::MAX));
        self.paths.push(Path { text, node });
        self.children.insert((parent, name.into()), id);
        id
    }
}
