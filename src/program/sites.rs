//! Where the program calls catalogued library functions, and where it subscripts catalogued mappings.

use super::bindings;
use super::calls::LibraryCall;
use super::handed::{self, HandedOn};
use super::names::{self, Origin};
use super::{Program, ProgramFile};
use crate::catalog::{Meaning, Node, Role};
use crate::facts::{Access, BindingKind, CallId, ExprId, ExprKind, FileFacts, Language, ScopeId};
use crate::finding::{Confidence, Site};
use crate::source::FileId;
use std::ops::Range;

/// A call of a library function, or a subscript of a library's mapping.
#[derive(Clone, Copy, Debug)]
pub struct LibrarySite {
    /// The file.
    pub file: FileId,
    /// The function, or the mapping's type.
    pub node: Node,
    /// The call; none for a subscript.
    pub call: Option<CallId>,
    /// The whole expression.
    pub expr: ExprId,
    /// The called or subscripted expression.
    pub callee: ExprId,
    /// The subscript.
    pub key: Option<ExprId>,
    /// The scope it runs in.
    pub scope: ScopeId,
    /// How it was resolved.
    pub confidence: Confidence,
}

/// All library sites, in the order of files and places.
#[derive(Debug, Default)]
pub(super) struct Sites {
    all: Vec<LibrarySite>,
    by_file: Vec<Range<u32>>,
    /// The functions that are handed on instead of called, in the order of files.
    handed_on: Vec<HandedOn>,
}

impl Sites {
    /// Finds them: `libraries` says which library functions the calls of each file arrive at, where receivers know, and `mapping_at`
    /// which library's mapping an expression holds.
    pub(super) fn find(
        program: &Program<'_>,
        libraries: &[Vec<LibraryCall>],
        mut mapping_at: impl FnMut(FileId, ExprId) -> Option<(Node, Confidence)>,
    ) -> Self {
        let found = program.for_each_file(|file, data| find_in(program, file, data, &libraries[file.0 as usize]));
        let settled = found.into_iter().filter_map(|found| match found {
            Found::Site(site) => Some(site),
            Found::Item(item) => {
                let (node, confidence) = mapping_at(item.file, item.object)?;
                Some(item.site(node, confidence))
            }
        });
        let all: Vec<LibrarySite> = settled.collect();
        let mut by_file = Vec::with_capacity(program.files.len());
        let mut start = 0;
        for index in 0..program.files.len() {
            let length = all[start..]
                .iter()
                .take_while(|site| site.file.0 as usize == index)
                .count();
            by_file.push(u32::try_from(start).unwrap_or(u32::MAX)..u32::try_from(start + length).unwrap_or(u32::MAX));
            start += length;
        }
        let handed_on = program.for_each_file(|file, data| handed::find_in(program, file, data));
        Self {
            all,
            by_file,
            handed_on,
        }
    }

    pub(super) fn all(&self) -> &[LibrarySite] {
        &self.all
    }

    pub(super) fn in_file(&self, file: FileId) -> &[LibrarySite] {
        let range = &self.by_file[file.0 as usize];
        &self.all[range.start as usize..range.end as usize]
    }

    fn handed_on_in(&self, file: FileId) -> &[HandedOn] {
        let start = self.handed_on.partition_point(|handed| handed.file < file);
        let behind = &self.handed_on[start..];
        &behind[..behind.partition_point(|handed| handed.file == file)]
    }
}

impl Program<'_> {
    /// The library sites of one file, in order.
    #[must_use]
    pub fn sites_in(&self, file: FileId) -> &[LibrarySite] {
        self.sites.get().map_or(&[], |sites| sites.in_file(file))
    }

    /// The library functions that one file hands on, in order.
    pub(super) fn handed_on_in(&self, file: FileId) -> &[HandedOn] {
        self.sites.get().map_or(&[], |sites| sites.handed_on_in(file))
    }

    /// The site that `expr` itself is, if it is one.
    #[must_use]
    pub fn site_at(&self, file: FileId, expr: ExprId) -> Option<&LibrarySite> {
        self.sites_in(file).iter().find(|site| site.expr == expr)
    }

    /// What the field `field` of `object` means, where that is an instance of a library's type whose own entry has `role`.
    #[must_use]
    pub fn field_meaning(&self, file: FileId, object: ExprId, field: &str, role: Role) -> Option<(&str, Confidence)> {
        self.settled_values(file, object).into_iter().find_map(|value| {
            let Origin::LibraryInstance(node) = value.origin else {
                return None;
            };
            let entry = self.catalog.call(node).filter(|entry| entry.role == Some(role))?;
            let is_field = |meaning: &Meaning| matches!(meaning, Meaning::Keyword(name) if name == field);
            let (meaning, _) = entry.arguments.iter().find(|(_, by)| by.iter().any(is_field))?;
            Some((meaning.as_str(), value.confidence))
        })
    }

    /// Every call of one of `definitions`, which are functions or classes of the program, in order.
    #[must_use]
    pub fn calls_of(&self, definitions: &[Origin]) -> Vec<(FileId, CallId, Confidence)> {
        self.for_each_file(|file, data| {
            let calls = data.facts.numbered_calls().filter_map(|(id, call)| {
                let values = self.values(file, call.callee);
                let called = values.into_iter().find(|value| definitions.contains(&value.origin))?;
                Some((file, id, called.confidence))
            });
            calls.collect()
        })
    }

    /// The place that stands for a site: the called name's token, or the mapping's name for a subscript.
    #[must_use]
    pub fn primary(&self, site: &LibrarySite) -> Site {
        Site {
            file: site.file,
            span: names::last_name_span(&self[site.file].facts, site.callee),
        }
    }
}

/// What a look at one file finds.
enum Found {
    Site(LibrarySite),
    /// Where it takes more to know what it is taken of.
    Item(Item),
}

/// An item of something that may be a library's mapping.
#[derive(Clone, Copy)]
struct Item {
    file: FileId,
    expr: ExprId,
    object: ExprId,
    key: ExprId,
    scope: ScopeId,
}

impl Item {
    fn site(self, node: Node, confidence: Confidence) -> LibrarySite {
        LibrarySite {
            file: self.file,
            node,
            call: None,
            expr: self.expr,
            callee: self.object,
            key: Some(self.key),
            scope: self.scope,
            confidence,
        }
    }
}

fn find_in(program: &Program<'_>, file: FileId, data: &ProgramFile, libraries: &[LibraryCall]) -> Vec<Found> {
    if data.language == Language::Config {
        return Vec::new();
    }
    let facts = &data.facts;
    let is_rust = data.language == Language::Rust;
    let mut found = Vec::new();
    let mut add = |id: CallId, node: Node, confidence: Confidence| {
        let call = &facts[id];
        found.push(Found::Site(LibrarySite {
            file,
            node,
            call: Some(id),
            expr: call.expr,
            callee: call.callee,
            key: None,
            scope: call.scope,
            confidence,
        }));
    };
    for (call, node, confidence) in libraries {
        if program.catalog.call(*node).is_some() || !program.catalog.concerns(*node).is_empty() {
            add(*call, *node, *confidence);
        }
    }
    if is_rust {
        for (id, call) in facts.numbered_calls() {
            if may_be_library(program, facts, call.callee, is_rust)
                && let Some((node, confidence)) = called(program, file, call.callee)
            {
                add(id, node, confidence);
            }
        }
    }
    for (id, expr) in facts.numbered_exprs() {
        if let ExprKind::Index {
            object,
            key,
            access: Access::Read,
        } = expr.kind
            && let Some((_, scope)) = names::first_name(facts, object)
        {
            let item = Item {
                file,
                expr: id,
                object,
                key,
                scope,
            };
            if may_be_library(program, facts, object, is_rust)
                && let Some((node, confidence)) = subscripted(program, file, object)
            {
                found.push(Found::Site(item.site(node, confidence)));
            } else if !is_rust && may_hold_settings(program, facts, item) {
                found.push(Found::Item(item));
            }
        }
    }
    found.sort_by_key(|found| match found {
        Found::Site(site) => facts[site.expr].span,
        Found::Item(item) => facts[item.expr].span,
    });
    found
}

/// Whether the environment may be held by a parameter or an attribute of which an item is taken: by the name of a secret, as settings
/// are named.
fn may_hold_settings(program: &Program<'_>, facts: &FileFacts, item: Item) -> bool {
    let is_held = match facts[item.object].kind {
        ExprKind::Member { .. } => true,
        ExprKind::Name { name, scope } => bindings::lookup(facts, scope, name).is_some_and(|bindings| {
            let mut kinds = bindings.iter().map(|binding| binding.kind);
            kinds.any(|kind| matches!(kind, BindingKind::Parameter(_)))
        }),
        _ => false,
    };
    let ExprKind::Text(key) = facts[item.key].kind else {
        return false;
    };
    let key = facts.text(key);
    is_held
        && key.bytes().all(|sign| matches!(sign, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
        && program.catalog.words().is_secret(key)
}

/// A cheap look at the names, so that the calls of local objects, which are most calls, are not resolved for nothing.
///
/// A call can only arrive at the catalog if its last name is one of the catalog's, or if its first name is imported, aliased, an
/// instance of something, or free.
fn may_be_library(program: &Program<'_>, facts: &FileFacts, callee: ExprId, is_rust: bool) -> bool {
    match facts[callee].kind {
        ExprKind::Member { name, .. } if program.catalog.is_last_name(facts.text(name)) => return true,
        ExprKind::Call(_) => return true,
        _ => {}
    }
    let Some((name, scope)) = names::first_name(facts, callee) else {
        return false;
    };
    match bindings::lookup(facts, scope, name) {
        // Rust's free names are mostly its prelude's; Python's are built-ins, or a mistake that is worth a look.
        None => {
            !matches!(facts[callee].kind, ExprKind::Name { .. })
                || program.catalog.is_last_name(facts.text(name))
                || !is_rust
        }
        Some(bindings) => bindings.iter().any(|binding| {
            let is_plain = matches!(facts[callee].kind, ExprKind::Name { .. });
            match binding.kind {
                BindingKind::Import(_) => true,
                BindingKind::Value(_) | BindingKind::Entered(_) | BindingKind::Unpacked { .. } => is_plain,
                BindingKind::Parameter(_) => is_plain && binding.annotation.is_some(),
                _ => false,
            }
        }),
    }
}

fn called(program: &Program<'_>, file: FileId, callee: ExprId) -> Option<(Node, Confidence)> {
    let mut best = None;
    for value in program.settled_values(file, callee) {
        let node = match value.origin {
            Origin::Library(node) => Some(node),
            Origin::LibraryInstance(node) => program.catalog.child(node, "__call__"),
            _ => None,
        };
        let known =
            node.filter(|node| program.catalog.call(*node).is_some() || !program.catalog.concerns(*node).is_empty());
        if let Some(node) = known
            && best.is_none_or(|(_, confidence)| confidence < value.confidence)
        {
            best = Some((node, value.confidence));
        }
    }
    best
}

fn subscripted(program: &Program<'_>, file: FileId, object: ExprId) -> Option<(Node, Confidence)> {
    program
        .settled_values(file, object)
        .into_iter()
        .find_map(|value| match value.origin {
            Origin::LibraryInstance(node) if program.catalog.item(node).is_some() => Some((node, value.confidence)),
            _ => None,
        })
}
