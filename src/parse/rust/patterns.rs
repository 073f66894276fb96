//! Patterns: the names they bind, and the condition under which a value has their shape.

use super::{DEEPEST, Walk};
use crate::facts::{BindingKind, Comparison, ExprId, ExprKind, How};
use crate::source::Span;
use syn::{Member, Pat, PatIdent, PatTupleStruct, Path};

/// Which side of a `Result` a pattern is for.
#[derive(Clone, Copy)]
pub(super) enum Outcome<'p> {
    /// `Ok(inner)`.
    Success(&'p Pat),
    /// `Err(inner)`.
    Failure(&'p Pat),
}

impl Walk<'_> {
    /// Binds every name of a pattern, whose whole is bound as `kind` says.
    pub(super) fn bind_pattern(&mut self, pattern: &Pat, kind: BindingKind, annotation: Option<ExprId>) {
        if self.depth >= DEEPEST {
            return;
        }
        self.depth += 1;
        match pattern {
            Pat::Ident(node) => self.bind_ident(node, kind, annotation),
            Pat::Type(node) => {
                let annotation = self.type_expr(&node.ty);
                self.bind_pattern(&node.pat, kind, annotation);
            }
            Pat::Reference(node) => self.bind_pattern(&node.pat, kind, annotation),
            Pat::Paren(node) => self.bind_pattern(&node.pat, kind, annotation),
            Pat::Guard(node) => self.bind_pattern(&node.pat, kind, annotation),
            Pat::Tuple(node) => self.bind_positions(node.elems.iter(), kind, annotation),
            Pat::Slice(node) => self.bind_positions(node.elems.iter(), kind, annotation),
            Pat::TupleStruct(node) => match node.elems.len() {
                1 => self.bind_pattern(&node.elems[0], kind, annotation),
                _ => self.bind_positions(node.elems.iter(), kind, None),
            },
            Pat::Struct(node) => {
                for field in &node.fields {
                    let kind = self.field_of(kind, &field.member);
                    self.bind_pattern(&field.pat, kind, None);
                }
            }
            // Each alternative binds the same names.
            Pat::Or(node) => {
                if let Some(first) = node.cases.first() {
                    self.bind_pattern(first, kind, annotation);
                }
            }
            _ => {}
        }
        self.depth -= 1;
    }

    fn bind_ident(&mut self, node: &PatIdent, kind: BindingKind, annotation: Option<ExprId>) {
        let (text, place) = self.places.ident(&node.ident);
        if node.subpat.is_none() && is_constant(text) {
            return;
        }
        let name = self.builder.name(text);
        self.builder
            .bind_annotated(self.scope, name, kind, annotation, place, self.block);
        if let Some((_, inner)) = &node.subpat {
            self.bind_pattern(inner, kind, annotation);
        }
    }

    /// `(a, b)`: element by element where the value is written out, by position where it is not.
    fn bind_positions<'p>(
        &mut self,
        patterns: impl ExactSizeIterator<Item = &'p Pat>,
        kind: BindingKind,
        annotation: Option<ExprId>,
    ) {
        let written = |walk: &Self, value: ExprId| match walk.builder.facts()[value].kind {
            ExprKind::Group(range) => walk.builder.facts().list(range).to_vec(),
            _ => Vec::new(),
        };
        let count = patterns.len();
        let values = match kind {
            BindingKind::Value(value) => written(self, value),
            _ => Vec::new(),
        };
        let annotations = annotation.map_or(Vec::new(), |annotation| written(self, annotation));
        let mut is_open = false;
        for (position, pattern) in patterns.enumerate() {
            if matches!(pattern, Pat::Rest(_)) {
                is_open = true;
                continue;
            }
            let annotation = annotations
                .get(position)
                .copied()
                .filter(|_| annotations.len() == count);
            let position_id = u32::try_from(position).unwrap_or(u32::MAX);
            let inner = match kind {
                _ if is_open => BindingKind::Unknown,
                BindingKind::Value(_) if values.len() == count => BindingKind::Value(values[position]),
                BindingKind::Value(value) => BindingKind::Unpacked {
                    value,
                    position: position_id,
                },
                BindingKind::Element { over } => BindingKind::ElementUnpacked {
                    over,
                    position: position_id,
                },
                _ => BindingKind::Unknown,
            };
            self.bind_pattern(pattern, inner, annotation);
        }
    }

    /// What a field of a value that is bound as `kind` is bound to.
    fn field_of(&mut self, kind: BindingKind, member: &Member) -> BindingKind {
        let BindingKind::Value(object) = kind else {
            return BindingKind::Unknown;
        };
        let (name, place) = self.member(member);
        BindingKind::Value(self.builder.expr(ExprKind::Member { object, name }, place))
    }

    /// The condition under which `subject` has the shape of a pattern; none if it always has.
    ///
    /// `Some(_)` and `Ok(_)` hold when there is something, so the subject itself is their condition.
    pub(super) fn pattern_condition(&mut self, pattern: &Pat, subject: ExprId) -> Option<ExprId> {
        if self.depth >= DEEPEST {
            return None;
        }
        self.depth += 1;
        let condition = self.condition_inner(pattern, subject);
        self.depth -= 1;
        condition
    }

    fn condition_inner(&mut self, pattern: &Pat, subject: ExprId) -> Option<ExprId> {
        match pattern {
            Pat::Wild(_) | Pat::Rest(_) => None,
            Pat::Ident(node) => {
                let (text, place) = self.places.ident(&node.ident);
                match &node.subpat {
                    Some((_, inner)) => self.pattern_condition(inner, subject),
                    None if !is_constant(text) => None,
                    None => {
                        let right = self.constant(text, place);
                        Some(self.equal(subject, right))
                    }
                }
            }
            Pat::Lit(node) => {
                let right = self.literal(&node.lit);
                Some(self.equal(subject, right))
            }
            Pat::Path(node) => {
                let right = self.path(node.qself.as_ref(), &node.path)?;
                Some(self.equal(subject, right))
            }
            Pat::Reference(node) => self.pattern_condition(&node.pat, subject),
            Pat::Paren(node) => self.pattern_condition(&node.pat, subject),
            Pat::Type(node) => self.pattern_condition(&node.pat, subject),
            Pat::Guard(node) => self.pattern_condition(&node.pat, subject),
            Pat::TupleStruct(node) => self.variant_condition(node, subject),
            Pat::Struct(node) => {
                let right = self.path(node.qself.as_ref(), &node.path)?;
                Some(self.equal(subject, right))
            }
            Pat::Or(node) => {
                let options: Vec<ExprId> = node
                    .cases
                    .iter()
                    .filter_map(|case| self.pattern_condition(case, subject))
                    .collect();
                (options.len() == node.cases.len()).then(|| self.either(&options))?
            }
            Pat::Tuple(node) => {
                let written = match self.builder.facts()[subject].kind {
                    ExprKind::Group(range) => self.builder.facts().list(range).to_vec(),
                    _ => Vec::new(),
                };
                if written.len() != node.elems.len() {
                    let is_refutable = node.elems.iter().any(is_refutable);
                    return is_refutable.then(|| self.opaque_like(subject));
                }
                let parts: Vec<ExprId> = node
                    .elems
                    .iter()
                    .zip(written)
                    .filter_map(|(element, value)| self.pattern_condition(element, value))
                    .collect();
                match parts[..] {
                    [] => None,
                    [single] => Some(single),
                    _ => {
                        let place = self.span_over(&parts);
                        let parts = self.builder.list(&parts);
                        Some(self.builder.expr(ExprKind::Both(parts), place))
                    }
                }
            }
            _ => Some(self.opaque_like(subject)),
        }
    }

    fn variant_condition(&mut self, node: &PatTupleStruct, subject: ExprId) -> Option<ExprId> {
        if let (Some("Some" | "Ok"), 1) = (self.lone_name(&node.path), node.elems.len()) {
            return Some(self.pattern_condition(&node.elems[0], subject).unwrap_or(subject));
        }
        let right = self.path(node.qself.as_ref(), &node.path)?;
        Some(self.equal(subject, right))
    }

    fn equal(&mut self, left: ExprId, right: ExprId) -> ExprId {
        let place = self.builder.facts()[right].span;
        let operator = Comparison::Equal;
        self.builder.expr(ExprKind::Compare { operator, left, right }, place)
    }

    /// One of several conditions; nothing if there is none.
    pub(super) fn either(&mut self, conditions: &[ExprId]) -> Option<ExprId> {
        match conditions {
            [] => None,
            [single] => Some(*single),
            _ => {
                let place = self.span_over(conditions);
                let options = self.builder.list(conditions);
                let how = How::FirstPresent;
                Some(self.builder.expr(ExprKind::Choice { options, how }, place))
            }
        }
    }

    fn span_over(&self, parts: &[ExprId]) -> Span {
        let facts = self.builder.facts();
        let spans = || parts.iter().map(|part| facts[*part].span);
        Span::new(
            spans().map(|span| span.start).min().unwrap_or(0),
            spans().map(|span| span.end).max().unwrap_or(0),
        )
    }

    fn opaque_like(&mut self, subject: ExprId) -> ExprId {
        let place = self.builder.facts()[subject].span;
        self.builder.expr(ExprKind::Opaque, place)
    }

    /// A path's only segment, if it has no more.
    pub(super) fn lone_name(&self, path: &Path) -> Option<&str> {
        match path.segments.len() {
            1 => Some(self.places.ident(&path.segments[0].ident).0),
            _ => None,
        }
    }

    /// The types that an `Err` pattern catches, if it names any.
    pub(super) fn caught(&mut self, pattern: &Pat) -> Option<ExprId> {
        match pattern {
            Pat::Reference(node) => self.caught(&node.pat),
            Pat::Paren(node) => self.caught(&node.pat),
            Pat::Guard(node) => self.caught(&node.pat),
            Pat::Path(node) => self.path(node.qself.as_ref(), &node.path),
            Pat::TupleStruct(node) => self.path(node.qself.as_ref(), &node.path),
            Pat::Struct(node) => self.path(node.qself.as_ref(), &node.path),
            Pat::Ident(node) => {
                let (text, place) = self.places.ident(&node.ident);
                match &node.subpat {
                    Some((_, inner)) => self.caught(inner),
                    None => is_constant(text).then(|| self.constant(text, place)),
                }
            }
            Pat::Or(node) => {
                let caught: Vec<ExprId> = node.cases.iter().filter_map(|case| self.caught(case)).collect();
                if caught.len() < node.cases.len() {
                    return None;
                }
                let place = self.span_over(&caught);
                let caught = self.builder.list(&caught);
                Some(self.builder.expr(ExprKind::Group(caught), place))
            }
            _ => None,
        }
    }

    /// Which side of a `Result` a pattern is for, if it is for one.
    pub(super) fn result_side<'p>(&self, pattern: &'p Pat) -> Option<Outcome<'p>> {
        match pattern {
            Pat::TupleStruct(node) if node.elems.len() == 1 => match self.lone_name(&node.path)? {
                "Ok" => Some(Outcome::Success(&node.elems[0])),
                "Err" => Some(Outcome::Failure(&node.elems[0])),
                _ => None,
            },
            Pat::Guard(node) => self.result_side(&node.pat),
            Pat::Paren(node) => self.result_side(&node.pat),
            Pat::Reference(node) => self.result_side(&node.pat),
            Pat::Or(node) => self.result_side(node.cases.first()?),
            _ => None,
        }
    }

    /// The name that `Some(name)` or `Ok(name)` gives to what is inside.
    pub(super) fn inner_name(&mut self, pattern: &Pat) -> Option<crate::facts::Name> {
        match pattern {
            Pat::TupleStruct(node) if node.elems.len() == 1 => {
                let is_present = matches!(self.lone_name(&node.path), Some("Some" | "Ok"));
                match &node.elems[0] {
                    Pat::Ident(inner) if is_present && inner.subpat.is_none() => {
                        let (text, _) = self.places.ident(&inner.ident);
                        Some(self.builder.name(text))
                    }
                    _ => None,
                }
            }
            Pat::Guard(node) => self.inner_name(&node.pat),
            _ => None,
        }
    }

    /// The only name a parameter's pattern binds, looked for behind references and wrappers: `State(state)`.
    pub(super) fn only_name<'p>(&self, pattern: &'p Pat) -> Option<&'p syn::Ident> {
        match pattern {
            Pat::Ident(node) => Some(&node.ident),
            Pat::Type(node) => self.only_name(&node.pat),
            Pat::Reference(node) => self.only_name(&node.pat),
            Pat::Paren(node) => self.only_name(&node.pat),
            Pat::TupleStruct(node) if node.elems.len() == 1 => self.only_name(&node.elems[0]),
            _ => None,
        }
    }
}

/// Whether an identifier that stands as a pattern names a constant or variant, by the spelling that the compiler asks for.
fn is_constant(text: &str) -> bool {
    text.starts_with(|first: char| first.is_uppercase())
}

fn is_refutable(pattern: &Pat) -> bool {
    match pattern {
        Pat::Wild(_) | Pat::Rest(_) => false,
        Pat::Ident(node) => node.subpat.is_some() || node.ident.to_string().starts_with(char::is_uppercase),
        Pat::Reference(node) => is_refutable(&node.pat),
        Pat::Tuple(node) => node.elems.iter().any(is_refutable),
        _ => true,
    }
}
