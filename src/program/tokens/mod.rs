//! Where tokens are validated and minted: library calls, and code that does it by hand.
//!
//! `comparisons`, `lookups` and `sessions` (credentials that are compared, looked up or kept in a session instead), `keys` (what tokens are signed and verified with),
//! `validation` and `refusals` (what a validation is and what becomes of a failure), `requests` and `services` (validation that somebody
//! else is asked for over HTTP).

mod assembled;
pub(in crate::program) mod comparisons;
pub(in crate::program) mod keys;
pub(in crate::program) mod lookups;
pub(in crate::program) mod refusals;
pub(in crate::program) mod requests;
pub(in crate::program) mod services;
pub(in crate::program) mod sessions;
pub(in crate::program) mod validation;

use crate::catalog::Role;
use crate::facts::{BindingKind, Call, CallId, ExprId, ExprKind, FileFacts, FunctionId, Language, ScopeId};
use crate::finding::{Confidence, Site};
use crate::program::handed::HandedOn;
use crate::program::names::{FunctionRef, Origin};
use crate::program::{LibrarySite, Program, ProgramFile};
use crate::source::FileId;
use std::collections::BTreeSet;

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
pub(in crate::program) struct TokenSites {
    pub(in crate::program) validation: Vec<TokenSite>,
    pub(in crate::program) minting: Vec<TokenSite>,
}

impl TokenSites {
    pub(in crate::program) fn find(program: &Program<'_>) -> Self {
        let found = program.for_each_file(|file, data| {
            let mut validation = library_sites(program, file, is_validation);
            validation.extend(handed_on(program, file, Role::decodes));
            validation.extend(hand_rolled_validation(program, file, data));
            let mut minting = library_sites(program, file, |program, site| {
                role(program, site) == Some(Role::MintsToken)
            });
            minting.extend(handed_on(program, file, |role| role == Role::MintsToken));
            let signed = hand_rolled_minting(program, file, data);
            minting.extend(assembled::minting(program, file, data, &signed));
            minting.extend(signed);
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
    let sites =
        sites.filter(|site| is_site(program, site) && !is_other_data(program, site) && !is_handed_up(program, site));
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

/// Whether a method of a class below a library's hands what it was passed to the method of the same name above: `return
/// super().encode(payload)`. It is the library's own function under another class; who calls it does the work.
fn is_handed_up(program: &Program<'_>, site: &LibrarySite) -> bool {
    let facts = &program[site.file].facts;
    let (ExprKind::Member { object, name }, Some(call)) = (facts[site.callee].kind, site.call) else {
        return false;
    };
    let is_super = matches!(facts[object].kind, ExprKind::Call(made)
        if crate::program::names::last_name(facts, facts[made].callee).is_some_and(|name| facts.text(name) == "super"));
    let Some(function) = facts.function_around(site.scope).filter(|_| is_super) else {
        return false;
    };
    let own = &facts[function];
    let is_own_parameter = |value: ExprId| match facts[value].kind {
        ExprKind::Name { name, scope } => {
            let bindings = facts.bindings_of(scope, name);
            scope == own.scope && matches!(bindings, [binding] if matches!(binding.kind, BindingKind::Parameter(_)))
        }
        _ => false,
    };
    let mut passed = facts.arguments(&facts[call]).iter();
    own.class.is_some() && own.name == Some(name) && passed.all(|argument| is_own_parameter(argument.value))
}

/// The library functions with a role that are handed on, to be called out of sight.
fn handed_on(program: &Program<'_>, file: FileId, is_role: fn(Role) -> bool) -> impl Iterator<Item = TokenSite> {
    let is_site = move |handed: &&HandedOn| {
        let entry = handed.entry(program).filter(|entry| !entry.any_data);
        entry.and_then(|entry| entry.role).is_some_and(is_role)
    };
    let handed_on = program.handed_on_in(file).iter().filter(is_site);
    handed_on.map(move |handed| TokenSite {
        primary: handed.primary(program),
        scope: handed.scope,
        call: program.written(file, handed.reference),
        confidence: handed.confidence,
        hand_rolled: false,
        unbound: false,
        token: None,
    })
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
    let names = symbol.rsplit('.').take(NAMES_AROUND);
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
    if texts.any(|text| words.makes_signed_data_token(text)) {
        return false;
    }
    // A token for an errand is called one, too: `change_email.generate_token`.
    let around: Vec<&str> = names.collect();
    let is_errand = around.iter().any(|name| words.is_errand(name));
    !around
        .iter()
        .any(|name| words.says_signed(name) || (!is_errand && words.makes_signed_data_token(name)))
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

/// A token split at its dots whose second part is base64-decoded and parsed as JSON: in one function, or with the help of another that
/// it hands the part to.
fn hand_rolled_validation(program: &Program<'_>, file: FileId, data: &ProgramFile) -> Vec<TokenSite> {
    let facts = &data.facts;
    // Most files say nowhere what a token is split at.
    if facts.names.find(".").is_none() {
        return Vec::new();
    }
    let splits = facts.calls.iter().filter(|call| splits_at_dots(facts, call));
    let functions: BTreeSet<Option<FunctionId>> = splits.map(|call| facts.function_around(call.scope)).collect();
    let in_function = |function: Option<FunctionId>| {
        let opened = opened_in(program, file, function).into_iter();
        opened.min_by_key(|site| site.primary)
    };
    functions.into_iter().filter_map(in_function).collect()
}

/// Where a function opens parts of tokens by hand.
fn opened_in(program: &Program<'_>, file: FileId, function: Option<FunctionId>) -> Vec<TokenSite> {
    let facts = &program[file].facts;
    let parses = works(program, file, function, Role::ParsesJson);
    let mut found = Vec::new();
    for (id, call) in facts.calls_in(function) {
        let opens = |value: ExprId| is_token_part(program, file, value, 0);
        if let Some(site) = site_of_role(program, file, call, Role::DecodesBase64) {
            if parses && program.argument(site, "value").is_some_and(opens) {
                found.push(TokenSite {
                    token: program.argument(site, "value"),
                    ..hand_rolled(program, site)
                });
            }
        } else if let Some((helper, confidence)) = helper(program, file, call)
            && works(program, helper.0, Some(helper.1), Role::DecodesBase64)
            && (parses || works(program, helper.0, Some(helper.1), Role::ParsesJson))
            && let Some(part) = facts.arguments(call).iter().find(|argument| opens(argument.value))
        {
            found.push(TokenSite {
                token: Some(part.value),
                ..hand_rolled_at(program, file, id, confidence)
            });
        }
    }
    found
}

/// A header and a payload that are joined by a dot and signed with HMAC, in one function, or with the help of those that it calls.
fn hand_rolled_minting(program: &Program<'_>, file: FileId, data: &ProgramFile) -> Vec<TokenSite> {
    let facts = &data.facts;
    let is_rust = data.language == Language::Rust;
    let signs = |site: &&LibrarySite| role(program, site) == Some(Role::SignsHmac);
    let mut found = Vec::new();
    for site in program.sites_in(file).iter().filter(signs) {
        let function = facts.function_around(site.scope);
        let extent = function.map_or(facts.blocks[0].span, |function| facts[function].extent);
        let joins = facts.exprs_within(extent).any(|(_, expr)| match expr.kind {
            ExprKind::Template(parts) => joins_by_dot(facts, facts.list(parts)),
            _ => false,
        });
        let splits = facts.calls_in(function).any(|(_, call)| splits_at_dots(facts, call));
        let mut made_in = vec![(file, function)];
        if joins && !splits {
            let helpers = facts
                .calls_in(function)
                .filter_map(|(_, call)| helper(program, file, call));
            made_in.extend(helpers.map(|((file, helper), _)| (file, Some(helper))));
        }
        let encodes = made_in.iter().any(|(file, function)| {
            let facts = &program[*file].facts;
            facts
                .calls_in(*function)
                .any(|(_, call)| encodes_base64(facts, call, is_rust))
        });
        let dumps = made_in.iter().any(|(file, function)| {
            let facts = &program[*file].facts;
            facts
                .calls_in(*function)
                .any(|(_, call)| is_named(facts, call, &["dumps"]))
        });
        if encodes && (dumps || (is_rust && joins)) && !splits {
            found.push(hand_rolled(program, site));
        }
    }
    found
}

/// Whether a template has two parts with a dot between them and nothing else.
fn joins_by_dot(facts: &FileFacts, template: &[ExprId]) -> bool {
    let is_text = |part: ExprId| matches!(facts[part].kind, ExprKind::Text(_));
    let is_dot = |part: ExprId| matches!(facts[part].kind, ExprKind::Text(text) if facts.text(text) == ".");
    template
        .windows(3)
        .any(|parts| !is_text(parts[0]) && is_dot(parts[1]) && !is_text(parts[2]))
}

/// Whether a call encodes something as base64, by its name. Python's `str.encode` makes bytes; in Rust the method is an engine's.
fn encodes_base64(facts: &FileFacts, call: &Call, is_rust: bool) -> bool {
    let text = |expr: ExprId| crate::program::names::last_name(facts, expr).map_or("", |name| facts.text(name));
    let of_hex = matches!(facts[call.callee].kind, ExprKind::Member { object, .. } if text(object) == "hex");
    let name = text(call.callee);
    !of_hex && (name.contains("b64") || name.contains("base64") || (is_rust && name.starts_with("encode")))
}

/// Whether a function calls a library function of a role.
fn works(program: &Program<'_>, file: FileId, function: Option<FunctionId>, of_role: Role) -> bool {
    let facts = &program[file].facts;
    let mut sites = program.sites_in(file).iter();
    sites.any(|site| role(program, site) == Some(of_role) && facts.function_around(site.scope) == function)
}

/// The site that a call is, if it has a role.
fn site_of_role<'p>(program: &'p Program<'_>, file: FileId, call: &Call, of_role: Role) -> Option<&'p LibrarySite> {
    let site = program.site_at(file, call.expr)?;
    (role(program, site) == Some(of_role)).then_some(site)
}

/// The function of the program that a call arrives at, if it is one.
fn helper(program: &Program<'_>, file: FileId, call: &Call) -> Option<(FunctionRef, Confidence)> {
    let values = program.values(file, call.callee);
    values.into_iter().find_map(|value| match value.origin {
        Origin::Function(function) => Some((function, value.confidence)),
        Origin::Written(at, written) => match program[at].facts[written].kind {
            ExprKind::Lambda(function) => Some(((at, function), value.confidence)),
            _ => None,
        },
        _ => None,
    })
}

impl Program<'_> {
    /// Whether a token is taken apart by hand, in a function that does nothing to check its signature.
    pub(in crate::program) fn only_takes_apart(&self, site: &TokenSite) -> bool {
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
    hand_rolled_by(program, program.primary(site), site.scope, site.callee, site.confidence)
}

fn hand_rolled_at(program: &Program<'_>, file: FileId, call: CallId, confidence: Confidence) -> TokenSite {
    let call = &program[file].facts[call];
    let primary = program.callee_site(file, call);
    hand_rolled_by(program, primary, call.scope, call.callee, confidence)
}

fn hand_rolled_by(
    program: &Program<'_>,
    primary: Site,
    scope: ScopeId,
    callee: ExprId,
    confidence: Confidence,
) -> TokenSite {
    TokenSite {
        primary,
        scope,
        call: program.written(primary.file, callee),
        confidence,
        hand_rolled: true,
        unbound: false,
        token: None,
    }
}

fn is_named(facts: &FileFacts, call: &Call, names: &[&str]) -> bool {
    crate::program::names::last_name(facts, call.callee).is_some_and(|name| names.contains(&facts.text(name)))
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
        .iter()
        // `splitn(3, '.')`
        .take(2)
        .any(|argument| matches!(facts[argument.value].kind, ExprKind::Text(text) if facts.text(text) == "."))
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
            // What is looked up by a part is no part: `config.get(part)`.
            let looks_up = is_named(facts, call, &["__getattr__", "get", "getattr", "pop"]);
            receiver || !looks_up && facts.arguments(call).iter().any(|argument| deeper(argument.value))
        }
        ExprKind::Name { name, scope } => {
            let bindings = crate::program::bindings::lookup(facts, scope, name).unwrap_or(&[]);
            bindings.iter().any(|binding| match binding.kind {
                BindingKind::Value(inner) | BindingKind::Changed(inner) if inner != value => deeper(inner),
                BindingKind::Unpacked { value: split, position } => {
                    // The first part of what is behind the header is none: `rest.split_once('.')`.
                    is_split(program, file, split, depth + 1)
                        && (position != 0 || what_is_split(facts, split).is_some_and(deeper))
                }
                BindingKind::Element { over } => is_split(program, file, over, depth + 1) || deeper(over),
                _ => false,
            })
        }
        _ => false,
    }
}

/// What a call splits: `rest` of `rest.split_once('.')`.
fn what_is_split(facts: &FileFacts, split: ExprId) -> Option<ExprId> {
    match facts[split].kind {
        ExprKind::Call(call) if splits_at_dots(facts, &facts[call]) => match facts[facts[call].callee].kind {
            ExprKind::Member { object, .. } => Some(object),
            _ => None,
        },
        _ => None,
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
