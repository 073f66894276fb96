//! `use` and `extern crate`.

use super::Walk;
use crate::facts::{Anchor, BindingKind, Import, Name};
use crate::source::Span;
use syn::{ItemExternCrate, ItemUse, UseTree, Visibility};

impl Walk<'_> {
    pub(super) fn use_item(&mut self, item: &ItemUse) {
        let exported = !matches!(item.vis, Visibility::Inherited);
        self.use_tree(&item.tree, &mut Vec::new(), Anchor::Absolute, exported);
    }

    pub(super) fn extern_crate(&mut self, item: &ItemExternCrate) {
        let (text, place) = self.places.ident(&item.ident);
        let (local, local_place) = match &item.rename {
            Some((_, rename)) => self.places.ident(rename),
            None => (text, place),
        };
        let anchor = if text == "self" { Anchor::Root } else { Anchor::Absolute };
        let path: Vec<Name> = (text != "self").then(|| self.builder.name(text)).into_iter().collect();
        let exported = !matches!(item.vis, Visibility::Inherited);
        self.import(&path, anchor, exported, place, Some((local, local_place)));
    }

    /// A tree of paths; `path` and `anchor` are what stands before it.
    fn use_tree(&mut self, tree: &UseTree, path: &mut Vec<Name>, anchor: Anchor, exported: bool) {
        match tree {
            UseTree::Path(node) => {
                let (text, _) = self.places.ident(&node.ident);
                let inner = match (text, anchor) {
                    ("crate", Anchor::Absolute) if path.is_empty() => Some(Anchor::Root),
                    ("self", Anchor::Absolute) if path.is_empty() => Some(Anchor::Up(0)),
                    ("super", Anchor::Absolute) if path.is_empty() => Some(Anchor::Up(1)),
                    ("super", Anchor::Up(levels)) if path.is_empty() => Some(Anchor::Up(levels + 1)),
                    _ => None,
                };
                if let Some(anchor) = inner {
                    self.use_tree(&node.tree, path, anchor, exported);
                } else {
                    path.push(self.builder.name(text));
                    self.use_tree(&node.tree, path, anchor, exported);
                    path.pop();
                }
            }
            UseTree::Name(node) => self.used_name(&node.ident, None, path, anchor, exported),
            UseTree::Rename(node) => self.used_name(&node.ident, Some(&node.rename), path, anchor, exported),
            UseTree::Glob(node) => {
                let place = self.places.span(node.star_token.spans[0]);
                self.import(path, anchor, exported, place, None);
            }
            UseTree::Group(node) => {
                for inner in &node.items {
                    self.use_tree(inner, path, anchor, exported);
                }
            }
        }
    }

    fn used_name(
        &mut self,
        ident: &syn::Ident,
        rename: Option<&syn::Ident>,
        path: &mut Vec<Name>,
        anchor: Anchor,
        exported: bool,
    ) {
        let (text, place) = self.places.ident(ident);
        // `a::{self}` names what stands before it, as does `use crate as name`.
        let (is_prefix, anchor) = match text {
            "self" => (true, anchor),
            "crate" if path.is_empty() => (true, Anchor::Root),
            "super" if path.is_empty() => (true, Anchor::Up(1)),
            _ => (false, anchor),
        };
        if !is_prefix {
            path.push(self.builder.name(text));
        }
        let local = match rename {
            Some(rename) => Some(self.places.ident(rename)),
            None if is_prefix => path.last().map(|_| ("", place)),
            None => Some((text, place)),
        };
        if let Some(local) = local {
            self.import(path, anchor, exported, place, Some(local));
        }
        if !is_prefix {
            path.pop();
        }
    }

    /// One imported name; everything in `path` if it gets no local name. An empty local name is the path's last segment.
    fn import(&mut self, path: &[Name], anchor: Anchor, exported: bool, place: Span, local: Option<(&str, Span)>) {
        let range = self.builder.path(path);
        let import = self.builder.import(Import {
            anchor,
            path: range,
            member: local.is_some() && (path.len() > 1 || (anchor != Anchor::Absolute && !path.is_empty())),
            star: local.is_none(),
            exported,
            scope: self.scope,
            block: self.block,
            span: place,
        });
        // `use Trait as _` brings methods into scope and binds no name.
        if let Some((local, place)) = local
            && local != "_"
        {
            let name = match path.last() {
                Some(last) if local.is_empty() => *last,
                _ => self.builder.name(local),
            };
            self.builder
                .bind(self.scope, name, BindingKind::Import(import), place, self.block);
        }
    }
}
