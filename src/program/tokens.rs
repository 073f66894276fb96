//! Where tokens are validated and minted: library calls, and code that does it by hand.

use super::names::Origin;
use super::{LibrarySite, Program, ProgramFile};
use crate::catalog::Role;
use crate::facts::{BindingKind, Call, ExprId, ExprKind, FileFacts, FunctionId, Language, ScopeId};
use crate::finding::{Confidence, Site};
use crate::source::FileId;
use rustc_hash::FxHashMap;

/// So many names around a call say what it is for: those of its function, of a class and of the module.
const NAMES_AROUND: usize = 3;

/// A place where a token is validated or minted.
#[derive(Clone, Debug)]
pub struct TokenSite {
    /// The place that stands for it.
    pub primary: Site,
    /// The scope it runs in.
    pub scope: ScopeId,
    /// The call as it is written: `jwt.decode`.
    pub call: String,
    /// How it was resolved.
    pub confidence: Confidence,
    /// Put together from base64, JSON and HMAC instead of a library's call.
    pub hand_rolled: bool,
    /// The call uses a name that no scope binds.
    pub unbound: bool,
    /// The token, where the call is handed it.
    pub token: Option<ExprId>,
}

/// All places where tokens are validated, and all where they are minted.
#[derive(Debug, Default)]
pub(super) struct TokenSites {
    pub(super) validation: Vec<TokenSite>,
    pub(super) minting: Vec<TokenSite>,
}

impl TokenSites {
    pub(super) fn find(program: &Program<'_>) -> Self {
        let found = program.for_each_file(|file, data| {
            let mut validation = library_sites(program, file, is_validation);
            validation.extend(hand_rolled_validation(program, file, data));
            let mut minting = library_sites(program, file, |program, site| {
                role(program, site) == Some(Role::MintsToken)
            });
            minting.extend(hand_rolled_minting(program, file, data));
            vec![(validation, minting)]
        });
        let mut sites = Self::default();
        for (mut validation, mut minting) in found {
            validation.sort_by_key(|site| site.primary);
            minting.sort_by_key(|site| site.primary);
            sites.validation.extend(validation);
            sites.minting.extend(minting);
        }
        sites
    }
}

fn role(program: &Program<'_>, site: &LibrarySite) -> Option<Role> {
    program.entry(site).and_then(|entry| entry.role)
}

fn library_sites(
    program: &Program<'_>,
    file: FileId,
    is_site: impl Fn(&Program<'_>, &LibrarySite) -> bool,
) -> Vec<TokenSite> {
    let sites = program.sites_in(file).iter();
    let sites = sites.filter(|site| is_site(program, site) && !is_other_data(program, site));
    sites
        .map(|site| TokenSite {
            primary: program.primary(site),
            scope: site.scope,
            call: program.written(file, site.callee),
            confidence: site.confidence,
            hand_rolled: false,
            unbound: site.confidence == Confidence::Possible,
            token: program.argument(site, "token"),
        })
        .collect()
}

/// A call that signs or reads data of any kind, where nothing around it says that this lets somebody in: the pages of a list, an address
/// to confirm.
fn is_other_data(program: &Program<'_>, site: &LibrarySite) -> bool {
    if !program.entry(site).is_some_and(|entry| entry.any_data) {
        return false;
    }
    let words = program.catalog().words();
    let facts = &program[site.file].facts;
    let symbol = program.symbol(site.file, site.scope);
    let mut names = symbol.rsplit('.').take(NAMES_AROUND);
    // Texts that are passed, and the keys of mappings that are.
    let text = |expr: ExprId| match facts[expr].kind {
        ExprKind::Text(text) => vec![facts.text(text)],
        ExprKind::Table(entries) => {
            let keys = facts.entries(entries).iter().filter_map(|(key, _)| *key);
            let texts = keys.filter_map(|key| match facts[key].kind {
                ExprKind::Text(text) => Some(facts.text(text)),
                _ => None,
            });
            texts.collect()
        }
        _ => Vec::new(),
    };
    let arguments = site.call.map_or(&[][..], |call| facts.arguments(&facts[call]));
    let mut texts = arguments.iter().flat_map(|argument| text(argument.value));
    !names.any(|name| words.makes_signed_data_token(name)) && !texts.any(|text| words.makes_signed_data_token(text))
}

/// A library call that decodes a token. A class that validates what it is made with (`AccessToken(raw)`) does so only when it gets
/// a token; fetching the key is one only where nothing in the function decodes.
fn is_validation(program: &Program<'_>, site: &LibrarySite) -> bool {
    match role(program, site) {
        Some(Role::ValidatesToken | Role::DecodesUnverified) => {
            let is_constructor = program.catalog().is_type(site.node);
            !is_constructor
                || program.argument(site, "token").is_some()
                || site
                    .call
                    .is_some_and(|call| program.has_unseen_arguments(site.file, call))
        }
        Some(Role::FetchesSigningKey) => {
            let around = program[site.file].facts.function_around(site.scope);
            !program.sites_in(site.file).iter().any(|other| {
                matches!(
                    role(program, other),
                    Some(Role::ValidatesToken | Role::DecodesUnverified)
                ) && program[other.file].facts.function_around(other.scope) == around
            })
        }
        _ => false,
    }
}

/// A token split at its dots whose second part is base64-decoded and parsed as JSON, in one function.
fn hand_rolled_validation(program: &Program<'_>, file: FileId, data: &ProgramFile) -> Vec<TokenSite> {
    let facts = &data.facts;
    let mut found = Vec::new();
    let mut by_function: FxHashMap<Option<FunctionId>, Vec<&LibrarySite>> = FxHashMap::default();
    for site in program.sites_in(file) {
        by_function
            .entry(facts.function_around(site.scope))
            .or_default()
            .push(site);
    }
    for (function, sites) in by_function {
        let parses = sites.iter().any(|site| role(program, site) == Some(Role::ParsesJson));
        if !parses {
            continue;
        }
        let splits = facts
            .calls
            .iter()
            .any(|call| facts.function_around(call.scope) == function && splits_at_dots(facts, call));
        if !splits {
            continue;
        }
        let decoded = sites
            .iter()
            .filter(|site| role(program, site) == Some(Role::DecodesBase64));
        let payload = decoded.filter(|site| {
            program
                .argument(site, "value")
                .is_some_and(|value| is_token_part(program, file, value, 0))
        });
        if let Some(site) = payload.min_by_key(|site| facts[site.expr].span) {
            found.push(hand_rolled(program, site));
        }
    }
    found
}

/// A header and a payload that are joined by a dot and signed with HMAC, in one function.
fn hand_rolled_minting(program: &Program<'_>, file: FileId, data: &ProgramFile) -> Vec<TokenSite> {
    let facts = &data.facts;
    let mut found = Vec::new();
    for site in program
        .sites_in(file)
        .iter()
        .filter(|site| role(program, site) == Some(Role::SignsHmac))
    {
        let function = facts.function_around(site.scope);
        let in_function = |scope: ScopeId| facts.function_around(scope) == function;
        let is_rust = data.language == Language::Rust;
        // Python's `str.encode` makes bytes; in Rust the method is an engine's.
        let encodes = facts.calls.iter().filter(|call| in_function(call.scope)).any(|call| {
            let name = super::names::last_name(facts, call.callee).map_or("", |name| facts.text(name));
            name.contains("b64") || name.contains("base64") || (is_rust && name.starts_with("encode"))
        });
        let dumps = facts
            .calls
            .iter()
            .any(|call| in_function(call.scope) && is_named(facts, call, &["dumps"]));
        let extent = function.map_or(facts.blocks[0].span, |function| facts[function].extent);
        let joins = facts.exprs.iter().any(|expr| match expr.kind {
            ExprKind::Template(parts) if extent.contains(expr.span) => facts
                .list(parts)
                .iter()
                .any(|part| matches!(facts[*part].kind, ExprKind::Text(text) if facts.text(text) == ".")),
            _ => false,
        });
        let splits = facts
            .calls
            .iter()
            .any(|call| in_function(call.scope) && splits_at_dots(facts, call));
        if encodes && (dumps || (is_rust && joins)) && !splits {
            found.push(hand_rolled(program, site));
        }
    }
    found
}

impl Program<'_> {
    /// Whether a token is taken apart by hand, in a function that does nothing to check its signature.
    pub(super) fn only_takes_apart(&self, site: &TokenSite) -> bool {
        let facts = &self[site.primary.file].facts;
        let function = facts.function_around(site.scope);
        let checks = |other: &&LibrarySite| {
            let role = self.entry(other).and_then(|entry| entry.role);
            matches!(role, Some(Role::ComparesDigest | Role::SignsHmac))
                && facts.function_around(other.scope) == function
        };
        site.hand_rolled && !self.sites_in(site.primary.file).iter().any(|other| checks(&other))
    }
}

fn hand_rolled(program: &Program<'_>, site: &LibrarySite) -> TokenSite {
    TokenSite {
        primary: program.primary(site),
        scope: site.scope,
        call: program.written(site.file, site.callee),
        confidence: site.confidence,
        hand_rolled: true,
        unbound: false,
        token: None,
    }
}

fn is_named(facts: &FileFacts, call: &Call, names: &[&str]) -> bool {
    super::names::last_name(facts, call.callee).is_some_and(|name| names.contains(&facts.text(name)))
}

/// `x.split(".")` and its kin.
fn splits_at_dots(facts: &FileFacts, call: &Call) -> bool {
    is_named(
        facts,
        call,
        &[
            "split",
            "rsplit",
            "partition",
            "rpartition",
            "rsplitn",
            "rsplit_once",
            "split_once",
            "splitn",
        ],
    ) && facts
        .arguments(call)
        .first()
        .is_some_and(|argument| matches!(facts[argument.value].kind, ExprKind::Text(text) if facts.text(text) == "."))
}

/// Whether a value is a part of something split at its dots, other than the first part alone: a token's header.
fn is_token_part(program: &Program<'_>, file: FileId, value: ExprId, depth: u32) -> bool {
    if depth > 8 {
        return false;
    }
    let facts = &program[file].facts;
    let deeper = |inner: ExprId| is_token_part(program, file, inner, depth + 1);
    match facts[value].kind {
        ExprKind::Template(parts) | ExprKind::Both(parts) | ExprKind::Choice { options: parts, .. } => {
            facts.list(parts).iter().any(|part| deeper(*part))
        }
        ExprKind::Slice(object) => deeper(object),
        ExprKind::Index { object, key, .. } => {
            let header = matches!(facts[key].kind, ExprKind::Number(number) if facts.text(number) == "0");
            !header && is_split(program, file, object, depth + 1)
        }
        ExprKind::Call(call) => {
            let call = &facts[call];
            let receiver = match facts[call.callee].kind {
                // `token.split('.').nth(1)`, `parts.get(1)`, `parts.next()`
                ExprKind::Member { object, name } if matches!(facts.text(name), "nth" | "get" | "next" | "last") => {
                    let first = facts.arguments(call).first().map(|argument| facts[argument.value].kind);
                    let fresh = facts.text(name) == "next" && matches!(facts[object].kind, ExprKind::Call(_));
                    let header = fresh || matches!(first, Some(ExprKind::Number(number)) if facts.text(number) == "0");
                    !header && (is_split(program, file, object, depth + 1) || deeper(object))
                }
                ExprKind::Member { object, .. } => deeper(object),
                _ => false,
            };
            receiver || facts.arguments(call).iter().any(|argument| deeper(argument.value))
        }
        ExprKind::Name { name, scope } => {
            let bindings = super::bindings::lookup(facts, scope, name).unwrap_or(&[]);
            bindings.iter().any(|binding| match binding.kind {
                BindingKind::Value(inner) | BindingKind::Changed(inner) if inner != value => deeper(inner),
                BindingKind::Unpacked { value: split, position } => {
                    position != 0 && is_split(program, file, split, depth + 1)
                }
                BindingKind::Element { over } => is_split(program, file, over, depth + 1) || deeper(over),
                _ => false,
            })
        }
        _ => false,
    }
}

fn is_split(program: &Program<'_>, file: FileId, value: ExprId, depth: u32) -> bool {
    if depth > 8 {
        return false;
    }
    let facts = &program[file].facts;
    match facts[value].kind {
        ExprKind::Call(call) => {
            let call = &facts[call];
            splits_at_dots(facts, call)
                || matches!(facts[call.callee].kind, ExprKind::Member { object, name }
                    if matches!(facts.text(name), "collect" | "skip" | "iter" | "into_iter" | "peekable") && is_split(program, file, object, depth + 1))
        }
        ExprKind::Slice(object) => is_split(program, file, object, depth + 1),
        ExprKind::Name { .. } => program.values(file, value).iter().any(|value| match value.origin {
            Origin::Written(at, expr) => at == file && is_split(program, at, expr, depth + 1),
            _ => false,
        }),
        _ => false,
    }
}
