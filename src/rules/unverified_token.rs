//! Tokens whose verification is switched off.

use super::Findings;
use crate::catalog::{Role, TokenCheck};
use crate::facts::{
    BindingKind, BlockId, BlockKind, CallId, Comparison, Exit, ExprId, ExprKind, FileFacts, FunctionId, Language, Name,
    ScopeId, ScopeKind, Splat,
};
use crate::finding::{Confidence, Site, Step};
use crate::program::{CallEdge, Caller, FunctionRef, LibrarySite, Origin, Outcome, Program, ValueOrigin};
use crate::source::{FileId, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;

/// Reports calls that decode a token without checking it, and the places that switch a check off.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let mut lapses = Vec::new();
    for site in program.sites() {
        let role = program.entry(site).and_then(|entry| entry.role);
        match role {
            Some(Role::ValidatesToken | Role::ConfiguresVerification) => lapses.extend(options(program, site)),
            Some(Role::DecodesUnverified) => lapses.push(Lapse::at(program, site, "unverified-read", Vec::new())),
            Some(Role::SwitchesVerificationOff) => lapses.extend(switches(program, site)),
            _ => {}
        }
    }
    lapses.extend(fields(program));
    if lapses.is_empty() {
        return;
    }
    let verification = Verification::find(program, &lapses);
    // What else a look into a token leaves out is made up for with its signature.
    let made_up_for = lapses.iter().filter(|lapse| verification.makes_up_for(lapse));
    let looks: FxHashSet<(FileId, ExprId)> = made_up_for.filter_map(unsigned_read).collect();
    lapses.retain(|lapse| {
        let is_of_look = matches!(lapse.read, Read::Site(site) if looks.contains(&(site.file, site.expr)));
        let is_logged = matches!(lapse.read, Read::Site(site) if program.is_only_logged(site.file, site.expr));
        !is_of_look && !is_logged && !verification.makes_up_for(lapse)
    });
    // Nor does it matter what else is left out where only the lifetime is read of a token that is no proof there.
    let unsigned: FxHashSet<(FileId, ExprId)> = lapses.iter().filter_map(unsigned_read).collect();
    lapses.retain(|lapse| match (lapse.message, lapse.read) {
        ("claims-off" | "minor-claims-off", Read::Site(site)) => {
            !(unsigned.contains(&(site.file, site.expr)) && reads_lifetime_only(&program[site.file].facts, site.expr))
        }
        _ => true,
    });
    for lapse in &mut lapses {
        let is_lifetime_only = match (lapse.message, lapse.read) {
            ("signature-off" | "unverified-read", Read::Site(site)) => {
                reads_lifetime_only(&program[site.file].facts, site.expr)
            }
            _ => false,
        };
        if is_lifetime_only {
            lapse.message = "lifetime-read";
        }
    }
    for lapse in of_each_place(lapses) {
        report(program, lapse, out);
    }
}

fn reads_lifetime_only(facts: &FileFacts, read: ExprId) -> bool {
    reads_only(facts, read, &["exp", "iat", "nbf"])
}

/// The call of a lapse that leaves the signature unchecked.
fn unsigned_read(lapse: &Lapse) -> Option<(FileId, ExprId)> {
    match lapse.read {
        Read::Site(site) if lapse.checks == [TokenCheck::Signature] => Some((site.file, site.expr)),
        _ => None,
    }
}

/// Functions that make a token are followed this far.
const MOST_MINTING_CALLS: u32 = 3;

/// One way in which a token is not checked.
#[derive(Clone, Debug)]
struct Lapse {
    message: &'static str,
    /// The place that is reported.
    primary: Site,
    scope: ScopeId,
    /// The call that is meant, as it is written.
    call: String,
    checks: Vec<TokenCheck>,
    trail: Vec<Step>,
    confidence: Confidence,
    /// The call or the expression that reads or configures, in the function of the primary place.
    read: Read,
}

/// What reads the token, as seen from the function of the primary place.
#[derive(Clone, Copy, Debug)]
enum Read {
    /// A library call.
    Site(LibrarySite),
    /// A call of the program's own function that leads to one.
    Call(CallId, LibrarySite),
    /// The rules that a later read is given: an object that is configured.
    Configured(ExprId, ScopeId),
    /// Something that is no read of its own.
    None,
}

impl Lapse {
    fn at(program: &Program<'_>, site: &LibrarySite, message: &'static str, checks: Vec<TokenCheck>) -> Self {
        Self {
            message,
            primary: program.primary(site),
            scope: site.scope,
            call: program.written(site.file, site.callee),
            checks,
            trail: Vec::new(),
            confidence: site.confidence,
            read: Read::Site(*site),
        }
    }

    /// The lapse at the place where its value is written: in a caller's argument, in a default, or in the call itself.
    fn because(program: &Program<'_>, site: &LibrarySite, check: TokenCheck, origin: &ValueOrigin) -> Self {
        let is_minor = matches!(check, TokenCheck::Issuer | TokenCheck::NotBefore);
        let message = match check {
            _ if is_minor => "minor-claims-off",
            TokenCheck::Signature => "signature-off",
            _ => "claims-off",
        };
        let mut lapse = Self::at(program, site, message, vec![check]);
        lapse.confidence = lapse.confidence.min(origin.confidence);
        let end = Step {
            site: lapse.primary,
            symbol: program.symbol(site.file, site.scope),
            note: format!("`{}` checks what it is told to", lapse.call),
        };
        match origin.trail.first() {
            Some(first) => {
                lapse.message = if is_minor { "minor-claims-off" } else { "passed-in" };
                lapse.primary = first.site;
                let facts = &program[first.site.file].facts;
                let call = call_around(facts, first.site.span);
                lapse.scope = call.map_or(crate::facts::MODULE_SCOPE, |call| facts[call].scope);
                lapse.read = call.map_or(Read::None, |call| Read::Call(call, *site));
                lapse.trail.clone_from(&origin.trail);
                lapse.trail.push(end);
            }
            None => {
                let written = Site {
                    file: origin.file,
                    span: program[origin.file].facts[origin.expr].span,
                };
                let around = program[site.file].facts[site.expr].span;
                if written.file != site.file || !around.contains(written.span) {
                    let scope = program
                        .scope_at(written.file, written.span)
                        .unwrap_or(crate::facts::MODULE_SCOPE);
                    let symbol = program.symbol(written.file, scope);
                    lapse.trail = vec![
                        Step {
                            site: written,
                            symbol,
                            note: "the check is switched off".to_owned(),
                        },
                        end,
                    ];
                }
            }
        }
        lapse
    }
}

/// The innermost call that has an argument, or its own name, at `span`.
fn call_around(facts: &FileFacts, span: Span) -> Option<CallId> {
    let calls = facts.numbered_calls();
    let around = calls.filter(|(_, call)| facts[call.expr].span.contains(span));
    let innermost = around.min_by_key(|(_, call)| {
        let span = facts[call.expr].span;
        let passes = facts.arguments(call).iter().any(|argument| argument.span == span);
        (!passes, span.end - span.start)
    });
    innermost.map(|(id, _)| id)
}

// What switches a check off

/// The checks that the arguments of a decoding or configuring call switch off.
fn options(program: &Program<'_>, site: &LibrarySite) -> Vec<Lapse> {
    let (Some(call), Some(entry)) = (site.call, program.entry(site)) else {
        return Vec::new();
    };
    let mut lapses = Vec::new();
    let mut off = |check: TokenCheck, origins: Vec<ValueOrigin>, off: bool| {
        for origin in origins {
            if program[origin.file].facts[origin.expr].kind == ExprKind::Truth(off) {
                let said_by = decided_by(program, &origin, site, check);
                lapses.extend(
                    said_by
                        .iter()
                        .map(|origin| Lapse::because(program, site, check, origin)),
                );
            }
        }
    };
    let mut allows_none = Vec::new();
    for (name, meanings) in &entry.arguments {
        let origins = || program.argument_origins(site.file, call, meanings);
        match name.as_str() {
            "verify" => off(TokenCheck::Signature, origins(), false),
            "expiry" => off(TokenCheck::Expiry, origins(), false),
            "audience" => off(TokenCheck::Audience, origins(), false),
            "expired" => off(TokenCheck::Expiry, origins(), true),
            "options" => {
                for (key, check) in program.catalog().words().verification_options() {
                    off(
                        check,
                        program.argument_entry_origins(site.file, call, meanings, key),
                        false,
                    );
                }
            }
            "algorithms" => allows_none = origins(),
            _ => {}
        }
    }
    let is_unsigned = lapses.iter().any(|lapse| lapse.checks == [TokenCheck::Signature]);
    if !is_unsigned {
        lapses.extend(algorithms(program, site, call, &allows_none));
    }
    lapses
}

/// Who decides that a check is switched off: the origin itself, or, where a parameter decides whether it is reached, those who pass the
/// parameter. Nobody, where no caller does, or where there is nothing to check against.
fn decided_by(program: &Program<'_>, origin: &ValueOrigin, site: &LibrarySite, check: TokenCheck) -> Vec<ValueOrigin> {
    let facts = &program[origin.file].facts;
    let span = facts[origin.expr].span;
    let innermost = facts
        .numbered_blocks()
        .filter(|(_, block)| block.span.contains(span))
        .max_by_key(|(_, block)| block.span.start);
    let Some((id, _)) = innermost else {
        return vec![origin.clone()];
    };
    for (_, block) in facts.blocks_around(id) {
        let BlockKind::Branch {
            mut condition,
            mut holds,
        } = block.kind
        else {
            continue;
        };
        if is_absence(facts, condition, holds, check) {
            return Vec::new();
        }
        loop {
            (condition, holds) = match facts[condition].kind {
                ExprKind::Not(inner) => (inner, !holds),
                // `verify_exp is False`
                ExprKind::Compare { operator, left, right } => match (operator, facts[right].kind) {
                    (Comparison::Equal, ExprKind::Truth(truth)) => (left, truth == holds),
                    (Comparison::NotEqual, ExprKind::Truth(truth)) => (left, truth != holds),
                    _ => break,
                },
                _ => break,
            };
        }
        if !is_parameter(program, origin.file, condition) {
            continue;
        }
        let said = program.origins(origin.file, condition);
        let is_literal = |said: &ValueOrigin| matches!(program[said.file].facts[said.expr].kind, ExprKind::Truth(_));
        // One that is called like the option is handed on: what callers keep elsewhere is their word, too.
        let is_option = matches!(facts[condition].kind, ExprKind::Name { name, .. }
            if program.catalog().words().verification_options().any(|(option, _)| option == facts.text(name)));
        let says_so = |said: &ValueOrigin| program[said.file].facts[said.expr].kind == ExprKind::Truth(holds);
        if !origin.trail.is_empty() {
            if is_option && !said.is_empty() && !said.iter().any(says_so) {
                return Vec::new();
            }
            continue;
        }
        if !said.is_empty() && (is_option || said.iter().all(is_literal)) {
            let mut deciding: Vec<ValueOrigin> = said.into_iter().filter(says_so).collect();
            for said in &mut deciding {
                said.trail.push(Step {
                    site: Site {
                        file: origin.file,
                        span,
                    },
                    symbol: program.symbol(site.file, site.scope),
                    note: "switches the check off then".to_owned(),
                });
            }
            return deciding;
        }
    }
    vec![origin.clone()]
}

fn is_parameter(program: &Program<'_>, file: FileId, expr: ExprId) -> bool {
    let values = program.values(file, expr);
    !values.is_empty() && values.iter().any(|value| matches!(value.origin, Origin::Parameter(..)))
}

/// Whether a branch is taken where there is no audience, or no issuer, to check against.
fn is_absence(facts: &FileFacts, condition: ExprId, holds: bool, check: TokenCheck) -> bool {
    let stem = match check {
        TokenCheck::Audience => "aud",
        TokenCheck::Issuer => "iss",
        _ => return false,
    };
    let names_it = |expr: ExprId| match facts[expr].kind {
        ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
            facts.text(name).to_ascii_lowercase().contains(stem)
        }
        _ => false,
    };
    match facts[condition].kind {
        ExprKind::Not(inner) => is_absence(facts, inner, !holds, check),
        ExprKind::Compare { operator, left, right } => {
            let is_nothing = facts[right].kind == ExprKind::Nothing || facts[left].kind == ExprKind::Nothing;
            let is_equal = operator == Comparison::Equal;
            is_nothing && (is_equal == holds) && (names_it(left) || names_it(right))
        }
        _ => !holds && names_it(condition),
    }
}

/// Algorithms that are not named where the library then takes any, or that have no signature.
fn algorithms(program: &Program<'_>, site: &LibrarySite, call: CallId, origins: &[ValueOrigin]) -> Option<Lapse> {
    let entry = program.entry(site)?;
    let unsigned = origins.iter().find(|origin| names_none(program, origin));
    if let Some(origin) = unsigned {
        let mut lapse = Lapse::because(program, site, TokenCheck::Signature, origin);
        lapse.message = "none-algorithm";
        return Some(lapse);
    }
    if !entry.open_without.iter().any(|name| name == "algorithms") {
        return None;
    }
    let is_nothing = |origin: &ValueOrigin| program[origin.file].facts[origin.expr].kind == ExprKind::Nothing;
    let is_missing = match origins {
        [] => program.argument(site, "algorithms").is_none() && !program.has_unseen_arguments(site.file, call),
        known => known.iter().all(is_nothing),
    };
    let key = program.argument(site, "key");
    let is_open = is_missing && key.is_some_and(|key| !brings_its_algorithm(program, site.file, key));
    is_open.then(|| Lapse::at(program, site, "any-algorithm", Vec::new()))
}

/// Whether a list of algorithms, or one, names the one without a signature.
fn names_none(program: &Program<'_>, origin: &ValueOrigin) -> bool {
    let facts = &program[origin.file].facts;
    let is_none = |expr: ExprId| {
        let texts = program.texts(origin.file, expr);
        texts.iter().any(|text| text.text.eq_ignore_ascii_case("none"))
    };
    match facts[origin.expr].kind {
        ExprKind::Group(elements) => facts.list(elements).iter().any(|element| is_none(*element)),
        ExprKind::Text(_) => is_none(origin.expr),
        _ => false,
    }
}

/// Whether a key is one of a key set, which says what it is for.
fn brings_its_algorithm(program: &Program<'_>, file: FileId, key: ExprId) -> bool {
    program.origins(file, key).iter().any(|origin| {
        let facts = &program[origin.file].facts;
        match facts[origin.expr].kind {
            ExprKind::Call(_) => {
                let site = program.site_at(origin.file, origin.expr);
                let role = site.and_then(|site| program.entry(site)).and_then(|entry| entry.role);
                role == Some(Role::FetchesSigningKey)
            }
            _ => false,
        }
    })
}

/// Calls that switch a check off: `validation.insecure_disable_signature_validation()`.
fn switches(program: &Program<'_>, site: &LibrarySite) -> Vec<Lapse> {
    let (Some(call), Some(entry)) = (site.call, program.entry(site)) else {
        return Vec::new();
    };
    let facts = &program[site.file].facts;
    let configured = match facts[site.callee].kind {
        ExprKind::Member { object, .. } => Read::Configured(object, site.scope),
        _ => Read::None,
    };
    if entry.arguments.is_empty() {
        let mut lapse = Lapse::at(program, site, "signature-off", vec![TokenCheck::Signature]);
        lapse.read = configured;
        return vec![lapse];
    }
    let mut lapses = Vec::new();
    for (name, meanings) in &entry.arguments {
        let Some(check) = check_named(name) else { continue };
        for origin in program.argument_origins(site.file, call, meanings) {
            if program[origin.file].facts[origin.expr].kind == ExprKind::Truth(false) {
                lapses.push(Lapse::because(program, site, check, &origin));
            }
        }
    }
    lapses
}

fn check_named(name: &str) -> Option<TokenCheck> {
    match name {
        "audience" => Some(TokenCheck::Audience),
        "expiry" => Some(TokenCheck::Expiry),
        "issuer" => Some(TokenCheck::Issuer),
        _ => None,
    }
}

/// Fields of an object of a library that say what is checked: `validation.validate_exp = false`.
fn fields(program: &Program<'_>) -> Vec<Lapse> {
    program.for_each_file(|file, data| {
        let facts = &data.facts;
        let mut lapses = Vec::new();
        for store in &facts.stores {
            let (ExprKind::Member { object, name }, Some(value)) = (facts[store.target].kind, store.value) else {
                continue;
            };
            let written = facts.text(name);
            let mut options = program.catalog().words().verification_options();
            if !options.any(|(option, _)| option == written) {
                continue;
            }
            let Some((check, confidence)) = configured_check(program, file, object, written) else {
                continue;
            };
            for origin in program.origins(file, value) {
                if program[origin.file].facts[origin.expr].kind != ExprKind::Truth(false) {
                    continue;
                }
                let place = Site {
                    file,
                    span: facts[store.target].span.tail(written.len()),
                };
                let scope = facts[store.block].scope;
                let end = Step {
                    site: place,
                    symbol: program.symbol(file, scope),
                    note: format!("sets `{written}`"),
                };
                let mut lapse = Lapse {
                    message: "claims-off",
                    primary: place,
                    scope,
                    call: program.written(file, store.target).replace("::", "."),
                    checks: vec![check],
                    trail: Vec::new(),
                    confidence: confidence.min(origin.confidence),
                    read: Read::Configured(object, scope),
                };
                if let Some(first) = origin.trail.first() {
                    let outer = &program[first.site.file].facts;
                    lapse.message = "passed-in";
                    lapse.primary = first.site;
                    lapse.scope = call_around(outer, first.site.span)
                        .map_or(crate::facts::MODULE_SCOPE, |call| outer[call].scope);
                    lapse.trail.clone_from(&origin.trail);
                    lapse.trail.push(end);
                }
                lapses.push(lapse);
            }
        }
        lapses
    })
}

/// Which check a field of what `object` is switches.
fn configured_check(
    program: &Program<'_>,
    file: FileId,
    object: ExprId,
    field: &str,
) -> Option<(TokenCheck, Confidence)> {
    let (meaning, confidence) = program.field_meaning(file, object, field, Role::ConfiguresVerification)?;
    Some((check_named(meaning)?, confidence))
}

// What makes up for it

/// Which functions check tokens, and how the program's functions call one another.
struct Verification<'p, 'a> {
    program: &'p Program<'a>,
    /// The functions from which a check of a token is reached.
    verifying: FxHashSet<FunctionRef>,
    calls: FxHashMap<Caller, Vec<&'p CallEdge>>,
    /// The primary places of all lapses that leave the signature unchecked.
    unsigned: FxHashSet<Site>,
}

/// Calls are followed this deep.
const DEEPEST: u32 = 6;

impl<'p, 'a> Verification<'p, 'a> {
    fn find(program: &'p Program<'a>, lapses: &[Lapse]) -> Self {
        let leaves_unsigned =
            |lapse: &&Lapse| lapse.message == "unverified-read" || lapse.checks.contains(&TokenCheck::Signature);
        let unsigned: FxHashSet<Site> = lapses
            .iter()
            .filter(leaves_unsigned)
            .map(|lapse| lapse.primary)
            .collect();
        let mut calls: FxHashMap<Caller, Vec<&CallEdge>> = FxHashMap::default();
        for edge in program.call_edges() {
            calls.entry(edge.caller).or_default().push(edge);
        }
        let mut verification = Self {
            program,
            verifying: FxHashSet::default(),
            calls,
            unsigned,
        };
        let sites = program.sites().iter().filter(|site| verification.verifies(site));
        let mut waiting: Vec<FunctionRef> = sites
            .filter_map(|site| Some((site.file, program[site.file].facts.function_around(site.scope)?)))
            .collect();
        for _ in 0..DEEPEST {
            let mut next = Vec::new();
            for function in waiting {
                if verification.verifying.insert(function) {
                    next.extend(program.passing_into(function).iter().filter_map(|passing| {
                        let facts = &program[passing.file].facts;
                        Some((passing.file, facts.function_around(facts[passing.call].scope)?))
                    }));
                }
            }
            waiting = next;
        }
        verification
    }

    /// Whether a site checks the signature of a token, as far as it says itself.
    fn verifies(&self, site: &LibrarySite) -> bool {
        let role = self.program.entry(site).and_then(|entry| entry.role);
        role == Some(Role::ValidatesToken) && !self.unsigned.contains(&self.program.primary(site))
    }

    /// Whether a lapse is none: only the header is read, the claim is checked by hand, or the same token is verified.
    fn makes_up_for(&self, lapse: &Lapse) -> bool {
        if self.fails_anyway(lapse) {
            return true;
        }
        match lapse.message {
            "claims-off" | "minor-claims-off" => {
                let file = lapse.primary.file;
                let function = self.program[file].facts.function_around(lapse.scope);
                lapse
                    .checks
                    .iter()
                    .all(|check| self.is_compared(file, function, *check, 0) || self.is_checked_below(lapse, *check))
                    || self.is_only_looked_at(lapse)
                    || matches!(lapse.read, Read::Site(site) if self.is_minted(&site))
            }
            "signature-off" | "unverified-read" | "passed-in" => self.is_verified_elsewhere(lapse),
            _ => false,
        }
    }

    /// Whether the read stands where verifying failed and an error is raised, or `False` handed back, in any case: it only tells more
    /// about the error.
    fn fails_anyway(&self, lapse: &Lapse) -> bool {
        let facts = &self.program[lapse.primary.file].facts;
        let call = match lapse.read {
            Read::Site(site) => site.call,
            Read::Call(call, _) => Some(call),
            _ => None,
        };
        call.is_some_and(|call| {
            facts.blocks_around(facts[call].block).any(|(id, block)| {
                matches!(block.kind, BlockKind::Rescue { .. })
                    && match block.exit {
                        Exit::Raises(_) => true,
                        Exit::Returns(Some(value)) => {
                            let outcomes = self.program.outcomes(lapse.primary.file, id);
                            self.says_no(lapse.primary.file, value)
                                && outcomes
                                    .iter()
                                    .all(|outcome| matches!(outcome, Outcome::Refuses | Outcome::Fails))
                        }
                        _ => false,
                    }
            })
        })
    }

    /// `return False`, `return False, {"message": "expired"}`: a failure that keeps nothing of the token.
    fn says_no(&self, file: FileId, value: ExprId) -> bool {
        let facts = &self.program[file].facts;
        let said = match facts[value].kind {
            ExprKind::Group(elements) => facts.list(elements).first().copied(),
            _ => Some(value),
        };
        said.is_some_and(|said| facts[said].kind == ExprKind::Truth(false))
    }

    fn is_verified_elsewhere(&self, lapse: &Lapse) -> bool {
        if lapse.message == "passed-in" && !lapse.checks.contains(&TokenCheck::Signature) {
            return false;
        }
        let file = lapse.primary.file;
        let facts = &self.program[file].facts;
        match lapse.read {
            Read::Site(site) => {
                let Some(call) = site.call else { return false };
                self.is_acquired(&site)
                    || self.is_minted(&site)
                    || reads_header_only(facts, site.expr)
                    || self.is_verified(file, call, &self.subjects_of_site(&site), 0)
            }
            Read::Call(call, site) => {
                let subjects = self.handed_token(file, call, &site);
                reads_header_only(facts, facts[call].expr) || self.is_verified(file, call, &subjects, 0)
            }
            Read::Configured(object, scope) => {
                let rules = subjects_of(facts, object);
                self.is_for_verified_tokens(file, facts.function_around(scope), &rules, 0)
            }
            Read::None => false,
        }
    }

    /// Whether a token is read that was made right before: `token = create_access_token(user)`.
    fn is_minted(&self, site: &LibrarySite) -> bool {
        let facts = &self.program[site.file].facts;
        let Some(token) = self.program.argument(site, "token") else {
            return false;
        };
        let ExprKind::Name { name, scope } = facts[token].kind else {
            return false;
        };
        let bound = bindings_of(facts, scope, name).unwrap_or_default();
        !bound.is_empty()
            && bound.iter().all(|binding| match binding.kind {
                BindingKind::Value(value) | BindingKind::Unpacked { value, .. } => match facts[value].kind {
                    ExprKind::Call(call) => self.mints(site.file, call, 0),
                    _ => false,
                },
                _ => false,
            })
    }

    /// Whether a call makes a token, itself or by what the functions that it calls give back.
    fn mints(&self, file: FileId, call: CallId, depth: u32) -> bool {
        let made = self.program.site_at(file, self.program[file].facts[call].expr);
        let role = made
            .and_then(|made| self.program.entry(made))
            .and_then(|entry| entry.role);
        if role == Some(Role::MintsToken) {
            return true;
        }
        let mut callees = self.program.edges_of(file, call).map(|edge| edge.callee).peekable();
        depth < MOST_MINTING_CALLS
            && callees.peek().is_some()
            && callees.all(|(file, function)| {
                let facts = &self.program[file].facts;
                let mut returned = facts.returns_of(function).iter();
                returned.any(|returned| {
                    let place = returned.value.map(|value| facts[value].span);
                    place.is_some_and(|place| {
                        let mut within = facts.calls_within(place);
                        within.any(|(call, _)| self.mints(file, call, depth + 1))
                            || self.names_minted(file, place, depth)
                    })
                })
            })
    }

    /// Whether a name within a place is bound to a call that makes a token.
    fn names_minted(&self, file: FileId, place: Span, depth: u32) -> bool {
        let facts = &self.program[file].facts;
        facts.exprs_within(place).any(|(_, expr)| {
            let ExprKind::Name { name, scope } = expr.kind else {
                return false;
            };
            facts.bindings_of(scope, name).iter().any(|binding| match binding.kind {
                BindingKind::Value(value) => match facts[value].kind {
                    ExprKind::Call(call) => self.mints(file, call, depth + 1),
                    _ => false,
                },
                _ => false,
            })
        })
    }

    /// Whether a client reads the token that it got from who issues it right before: `token = credential.acquire_token(scope)`.
    fn is_acquired(&self, site: &LibrarySite) -> bool {
        let facts = &self.program[site.file].facts;
        let words = self.program.catalog().words();
        let acquires = |place: Span| {
            facts.exprs_within(place).any(|(_, expr)| match expr.kind {
                ExprKind::Call(call) => match facts[facts[call].callee].kind {
                    ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                        words.acquires_token(facts.text(name))
                    }
                    _ => false,
                },
                _ => false,
            })
        };
        let mut token = match self.program.argument(site, "token") {
            Some(token) => token,
            None => return false,
        };
        while let ExprKind::Member { object, .. } | ExprKind::Index { object, .. } = facts[token].kind {
            token = object;
        }
        match facts[token].kind {
            ExprKind::Call(_) => acquires(facts[token].span),
            ExprKind::Name { name, scope } => {
                let bound = bindings_of(facts, scope, name).unwrap_or_default();
                !bound.is_empty()
                    && bound
                        .iter()
                        .all(|binding| matches!(binding.kind, BindingKind::Value(value) if acquires(facts[value].span)))
            }
            _ => false,
        }
    }

    /// Whether all reads that are given `rules` are made up for: those of this function, and those of its callers where it gives the
    /// rules back.
    fn is_for_verified_tokens(
        &self,
        file: FileId,
        function: Option<FunctionId>,
        rules: &[Subject],
        depth: u32,
    ) -> bool {
        let facts = &self.program[file].facts;
        let is_one = |expr: ExprId| subjects_of(facts, expr).iter().any(|subject| rules.contains(subject));
        let uses = self.program.sites_in(file).iter().filter(|site| {
            facts.function_around(site.scope) == function && self.program.argument(site, "options").is_some_and(is_one)
        });
        let uses: Vec<(&LibrarySite, CallId)> = uses.filter_map(|site| Some((site, site.call?))).collect();
        let mut returned = facts
            .returns
            .iter()
            .filter(|returned| Some(returned.function) == function);
        let is_returned = returned.any(|returned| returned.value.is_some_and(is_one));
        let callers = match function.filter(|_| is_returned && depth < DEEPEST) {
            Some(function) => self.program.passing_into((file, function)),
            None => Vec::new(),
        };
        let kept = function
            .filter(|_| is_returned)
            .and_then(|function| kept_as(facts, function));
        let uses: Vec<(&LibrarySite, CallId)> = uses
            .into_iter()
            .chain(kept.into_iter().flat_map(|name| self.reads_by(name)))
            .collect();
        let is_used = !uses.is_empty() || !callers.is_empty();
        is_used
            && uses.into_iter().all(|(site, call)| {
                let facts = &self.program[site.file].facts;
                reads_header_only(facts, site.expr)
                    || self.is_verified(site.file, call, &self.subjects_of_site(site), 0)
            })
            && callers.iter().all(|caller| {
                let outer = &self.program[caller.file].facts;
                let call = &outer[caller.call];
                let given = [Subject::Given(call.expr)];
                self.is_for_verified_tokens(caller.file, outer.function_around(call.scope), &given, depth + 1)
            })
    }

    /// The reads of the program that are given the rules that a static of this name keeps.
    fn reads_by(&self, name: &str) -> impl Iterator<Item = (&'p LibrarySite, CallId)> {
        let program = self.program;
        let sites = program.sites().iter().filter(move |site| {
            let facts = &program[site.file].facts;
            let is_it = |subject: &Subject| match subject {
                Subject::Name(_, at) => facts.text(*at) == name,
                Subject::Member(path) => path.rsplit('.').next() == Some(name),
                Subject::Given(_) => false,
            };
            let options = program.argument(site, "options");
            options.is_some_and(|options| subjects_of(facts, options).iter().any(is_it))
        });
        sites.filter_map(|site| Some((site, site.call?)))
    }

    /// Whether a function, or else every caller, compares the claim that a check is about by itself.
    fn is_compared(&self, file: FileId, function: Option<FunctionId>, check: TokenCheck, depth: u32) -> bool {
        let facts = &self.program[file].facts;
        let is_time = check == TokenCheck::NotBefore;
        if compares(facts, function, check)
            || self.checks_by_hand(file, function, check)
            || (is_time && self.is_compared(file, function, TokenCheck::Expiry, depth))
        {
            return true;
        }
        let Some(function) = function.filter(|_| depth < 3) else {
            return false;
        };
        let callers = self.program.passing_into((file, function));
        !callers.is_empty()
            && callers.iter().all(|caller| {
                let facts = &self.program[caller.file].facts;
                let around = facts.function_around(facts[caller.call].scope);
                self.is_compared(caller.file, around, check, depth + 1)
            })
    }

    /// Whether a function asks the claims themselves, or hands them to what says that it checks them: `claims.is_expired()`.
    fn checks_by_hand(&self, file: FileId, function: Option<FunctionId>, check: TokenCheck) -> bool {
        let facts = &self.program[file].facts;
        let words = self.program.catalog().words();
        let holds_claims = |place: Span| {
            facts.exprs_within(place).any(|(_, expr)| match expr.kind {
                ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                    let name = facts.text(name);
                    words.holds_claims(name) || claim_of(check) == Some(name)
                }
                _ => false,
            })
        };
        facts.calls_in(function).any(|(_, call)| {
            let (name, object) = match facts[call.callee].kind {
                ExprKind::Name { name, .. } => (name, None),
                ExprKind::Member { object, name } => (name, Some(object)),
                _ => return false,
            };
            let handed = facts.arguments(call).iter().map(|argument| argument.span);
            words.checks_claim(facts.text(name), check)
                && self.program.site_at(file, call.expr).is_none()
                && object
                    .map(|object| facts[object].span)
                    .into_iter()
                    .chain(handed)
                    .any(holds_claims)
        })
    }

    /// Whether the claims are handed to a function that compares the claim: `self._check_times(claims)`.
    fn is_checked_below(&self, lapse: &Lapse, check: TokenCheck) -> bool {
        let file = lapse.primary.file;
        let facts = &self.program[file].facts;
        let read = match lapse.read {
            Read::Site(site) if site.file == file => site.expr,
            Read::Call(call, _) => facts[call].expr,
            _ => return false,
        };
        let place = facts[read].span;
        let function = facts.function_around(lapse.scope);
        let bound: Vec<Name> = facts
            .bindings_in(lapse.scope)
            .iter()
            .filter(|binding| matches!(binding.kind, BindingKind::Value(value) if facts[value].span == place))
            .map(|binding| binding.name)
            .collect();
        let is_it = |value: ExprId| match facts[value].kind {
            ExprKind::Name { name, .. } => bound.contains(&name),
            _ => value == read,
        };
        let mut handed = facts
            .calls_in(function)
            .filter(|(_, call)| facts.arguments(call).iter().any(|argument| is_it(argument.value)));
        handed.any(|(_, call)| {
            let mut callees = self.program.functions_at(file, call.callee);
            callees.any(|(file, callee)| compares(&self.program[file].facts, Some(callee), check))
        })
    }

    /// Whether the rules that lack a check are those of a read that checks no signature either, and that is made up for.
    fn is_only_looked_at(&self, lapse: &Lapse) -> bool {
        let file = lapse.primary.file;
        let facts = &self.program[file].facts;
        let Read::Configured(object, scope) = lapse.read else {
            return false;
        };
        let rules = subjects_of(facts, object);
        let function = facts.function_around(scope);
        let is_unsigned = self.program.sites_in(file).iter().any(|site| {
            let ExprKind::Member { object, .. } = facts[site.callee].kind else {
                return false;
            };
            let role = self.program.entry(site).and_then(|entry| entry.role);
            role == Some(Role::SwitchesVerificationOff)
                && self.unsigned.contains(&self.program.primary(site))
                && facts.function_around(site.scope) == function
                && subjects_of(facts, object).iter().any(|subject| rules.contains(subject))
        });
        let unsigned = Lapse {
            message: "signature-off",
            ..lapse.clone()
        };
        is_unsigned && self.is_verified_elsewhere(&unsigned)
    }

    /// The names of what `call` hands down to `site` as its token.
    fn handed_token(&self, file: FileId, call: CallId, site: &LibrarySite) -> Vec<Subject> {
        let facts = &self.program[file].facts;
        let Some(token) = self.program.argument(site, "token") else {
            return Vec::new();
        };
        let mut subjects = Vec::new();
        for origin in self.program.origins(site.file, token) {
            for step in origin.trail.iter().filter(|step| step.site.file == file) {
                let arguments = facts.arguments(&facts[call]);
                for argument in arguments.iter().filter(|argument| argument.span == step.site.span) {
                    subjects.extend(subjects_of(facts, argument.value));
                }
            }
        }
        subjects
    }

    /// What a site reads: its token, or the object it is called on; and what it gives, which can be verified later.
    fn subjects_of_site(&self, site: &LibrarySite) -> Vec<Subject> {
        let facts = &self.program[site.file].facts;
        let mut subjects = match (self.program.argument(site, "token"), facts[site.callee].kind) {
            (Some(token), _) => subjects_of(facts, token),
            (None, ExprKind::Member { object, .. }) => subjects_of(facts, object),
            _ => Vec::new(),
        };
        subjects.push(Subject::Given(site.expr));
        subjects
    }

    /// Whether something else verifies one of `subjects` on every way on which `read` is used: in the same function, or in all of
    /// its callers.
    fn is_verified(&self, file: FileId, read: CallId, subjects: &[Subject], depth: u32) -> bool {
        let facts = &self.program[file].facts;
        let function = facts.function_around(facts[read].scope);
        let read_place = (facts[read].block, facts[facts[read].expr].span);
        let fits = |call: CallId, about: &[Subject]| {
            call != read
                && about.iter().any(|subject| subjects.contains(subject))
                && goes_together(facts, read_place, (facts[call].block, facts[facts[call].expr].span))
        };
        let by_library = self.program.sites_in(file).iter().any(|site| {
            self.verifies(site)
                && facts.function_around(site.scope) == function
                && site.call.is_some_and(|call| fits(call, &self.subjects_of_site(site)))
        });
        if by_library {
            return true;
        }
        // What a read gives is no token any more: only a library that parsed it can still check it.
        let tokens: Vec<Subject> = subjects
            .iter()
            .filter(|subject| !matches!(subject, Subject::Given(_)))
            .cloned()
            .collect();
        let passes_token = |call: CallId| {
            let passed = passed_subjects(facts, call);
            call != read
                && passed.iter().any(|subject| tokens.contains(subject))
                && goes_together(facts, read_place, (facts[call].block, facts[facts[call].expr].span))
        };
        let by_program = self.calls_in(file, function).into_iter().any(|(call, callees)| {
            if !callees.iter().any(|callee| self.verifying.contains(callee)) {
                return false;
            }
            let arguments = facts.arguments(&facts[call]);
            let is_unsigned = arguments.iter().any(|argument| {
                self.unsigned.contains(&Site {
                    file,
                    span: argument.span,
                })
            });
            !is_unsigned && passes_token(call)
        });
        // What cannot be followed says by its name what it does: a method of a trait, of an object that is handed in.
        let by_name = || {
            facts.calls_in(function).any(|(id, call)| {
                let name = match facts[call.callee].kind {
                    ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => facts.text(name),
                    _ => return false,
                };
                self.program.catalog().words().verifies(name)
                    && self.program.site_at(file, call.expr).is_none()
                    && passes_token(id)
            })
        };
        if by_name() {
            return true;
        }
        if by_program {
            return true;
        }
        depth < DEEPEST && function.is_some_and(|function| self.callers_verify(file, function, subjects, depth))
    }

    /// The calls in a function with the functions of the program that they lead to.
    fn calls_in(&self, file: FileId, function: Option<FunctionId>) -> Vec<(CallId, Vec<FunctionRef>)> {
        if self.program[file].language == Language::Rust {
            let facts = &self.program[file].facts;
            let calls = facts.calls_in(function);
            return calls
                .map(|(id, call)| (id, self.program.functions_at(file, call.callee).collect()))
                .collect();
        }
        let edges = self.calls.get(&(file, function)).map_or(&[][..], Vec::as_slice);
        edges
            .iter()
            .filter_map(|edge| Some((edge.call?, vec![edge.callee])))
            .collect()
    }

    /// Whether the token is a parameter, and all callers verify what they pass.
    fn callers_verify(&self, file: FileId, function: FunctionId, subjects: &[Subject], depth: u32) -> bool {
        let facts = &self.program[file].facts;
        let parameters = facts.parameters(&facts[function]);
        let position = parameters.iter().position(|parameter| {
            subjects.iter().any(
                |subject| matches!(subject, Subject::Name(scope, name) if *scope == facts[function].scope && *name == parameter.name),
            )
        });
        let Some(position) = position else { return false };
        let position = u32::try_from(position).unwrap_or(u32::MAX);
        let callers = self.program.passing_into((file, function));
        !callers.is_empty()
            && callers.iter().all(|caller| {
                let outer = &self.program[caller.file].facts;
                let passed = self.program.passed(caller, (file, function), position);
                passed.is_some_and(|argument| {
                    let subjects = subjects_of(outer, argument.value);
                    self.is_verified(caller.file, caller.call, &subjects, depth + 1)
                })
            })
    }
}

/// Something that holds a token.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    /// A name, by the scope that binds it.
    Name(ScopeId, Name),
    /// A member: `self.token`.
    Member(String),
    /// What an expression gives.
    Given(ExprId),
}

/// The static or constant that keeps what a closure gives: `static RULES: LazyLock<Validation> = LazyLock::new(|| …)`.
fn kept_as(facts: &FileFacts, function: FunctionId) -> Option<&str> {
    let extent = facts[function].extent;
    let is_closure = facts[function].name.is_none();
    let mut keeping = facts.bindings.iter().filter(|binding| match binding.kind {
        BindingKind::Value(value) => {
            facts[binding.scope].kind == ScopeKind::Module && facts[value].span.contains(extent)
        }
        _ => false,
    });
    let kept = keeping.next().filter(|_| is_closure)?;
    Some(facts.text(kept.name))
}

/// The names under which `expr` is known: `token`, and `raw` where it is `token = raw.strip()`.
fn subjects_of(facts: &FileFacts, expr: ExprId) -> Vec<Subject> {
    let mut found = Vec::new();
    add_subjects(facts, expr, 0, &mut found);
    found
}

/// The names of all that a call passes, be it spread from a mapping.
fn passed_subjects(facts: &FileFacts, call: CallId) -> Vec<Subject> {
    let mut found = Vec::new();
    for argument in facts.arguments(&facts[call]) {
        let mapping = match (argument.splat, facts[argument.value].kind) {
            (Splat::Keywords, ExprKind::Name { name, scope }) => {
                let bindings = bindings_of(facts, scope, name).unwrap_or(&[]);
                bindings.iter().rev().find_map(|binding| match binding.kind {
                    BindingKind::Value(value) => Some(value),
                    _ => None,
                })
            }
            (Splat::Keywords, _) => Some(argument.value),
            _ => None,
        };
        match mapping.map(|mapping| facts[mapping].kind) {
            Some(ExprKind::Table(entries)) => {
                for (_, value) in facts.entries(entries) {
                    found.extend(subjects_of(facts, *value));
                }
            }
            Some(ExprKind::Call(made)) => {
                for argument in facts.arguments(&facts[made]) {
                    found.extend(subjects_of(facts, argument.value));
                }
            }
            _ => found.extend(subjects_of(facts, argument.value)),
        }
    }
    found
}

fn add_subjects(facts: &FileFacts, expr: ExprId, depth: u32, out: &mut Vec<Subject>) {
    if depth > 8 || out.len() > 16 {
        return;
    }
    match facts[expr].kind {
        ExprKind::Name { name, scope } => {
            let Some(bindings) = bindings_of(facts, scope, name) else {
                return;
            };
            let home = bindings.first().map_or(scope, |binding| binding.scope);
            let subject = Subject::Name(home, name);
            if out.contains(&subject) {
                return;
            }
            out.push(subject);
            for binding in bindings {
                if let BindingKind::Value(value) = binding.kind {
                    add_subjects(facts, value, depth + 1, out);
                }
            }
        }
        ExprKind::Member { .. } => {
            if let Some(path) = path_of(facts, expr) {
                out.push(Subject::Member(path));
            }
        }
        ExprKind::Call(call) => {
            out.push(Subject::Given(expr));
            // `token.strip()`, `token.as_str()`, `str(token)`
            if let ExprKind::Member { object, .. } = facts[facts[call].callee].kind
                && facts.arguments(&facts[call]).is_empty()
            {
                add_subjects(facts, object, depth + 1, out);
            } else if let ([argument], ExprKind::Name { .. }) =
                (facts.arguments(&facts[call]), facts[facts[call].callee].kind)
            {
                add_subjects(facts, argument.value, depth + 1, out);
            }
        }
        ExprKind::Through(inner) | ExprKind::Slice(inner) => add_subjects(facts, inner, depth + 1, out),
        _ => {}
    }
}

fn bindings_of(facts: &FileFacts, scope: ScopeId, name: Name) -> Option<&[crate::facts::Binding]> {
    let mut next = Some(scope);
    while let Some(scope) = next {
        let bindings = facts.bindings_of(scope, name);
        if !bindings.is_empty() {
            return Some(bindings);
        }
        next = facts[scope].parent;
    }
    None
}

fn path_of(facts: &FileFacts, expr: ExprId) -> Option<String> {
    match facts[expr].kind {
        ExprKind::Name { name, .. } => Some(facts.text(name).to_owned()),
        ExprKind::Member { object, name } => Some(format!("{}.{}", path_of(facts, object)?, facts.text(name))),
        _ => None,
    }
}

/// Whether what is checked at `check` holds for what is read at `read`: it follows on the way, or came before on every way.
fn goes_together(facts: &FileFacts, read: (BlockId, Span), check: (BlockId, Span)) -> bool {
    let around_read: Vec<BlockId> = facts.blocks_around(read.0).map(|(id, _)| id).collect();
    let around_check: Vec<BlockId> = facts.blocks_around(check.0).map(|(id, _)| id).collect();
    let only = |these: &[BlockId], others: &[BlockId]| -> Vec<BlockId> {
        these.iter().copied().filter(|id| !others.contains(id)).collect()
    };
    if check.1.contains(read.1) || read.1.contains(check.1) {
        return true;
    }
    if check.1.start >= read.1.end {
        let is_left = only(&around_read, &around_check)
            .iter()
            .any(|id| facts[*id].exit != Exit::FallsThrough && !matches!(facts[*id].kind, BlockKind::Always));
        let is_other = only(&around_check, &around_read).iter().any(|id| match facts[*id].kind {
            BlockKind::Branch { condition, holds } => around_read.iter().any(|other| {
                matches!(facts[*other].kind, BlockKind::Branch { condition: same, holds: opposite } if same == condition && opposite != holds)
            }),
            BlockKind::Rescue { attempt, .. } => around_read.contains(&attempt),
            _ => false,
        });
        !is_left && !is_other
    } else {
        only(&around_check, &around_read)
            .iter()
            .all(|id| match facts[*id].kind {
                BlockKind::Within { .. } | BlockKind::Always | BlockKind::Main => true,
                BlockKind::Attempt => {
                    let mut rescues = facts
                        .numbered_blocks()
                        .filter(|(_, block)| matches!(block.kind, BlockKind::Rescue { attempt, .. } if attempt == *id));
                    rescues.all(|(rescue, block)| block.exit != Exit::FallsThrough && !around_read.contains(&rescue))
                }
                _ => false,
            })
    }
}

/// Whether only the header of what `read` gives is used.
fn reads_header_only(facts: &FileFacts, read: ExprId) -> bool {
    reads_only(facts, read, &["header"])
}

/// Whether nothing of what `read` gives is used but members or entries of these names.
fn reads_only(facts: &FileFacts, read: ExprId, names: &[&str]) -> bool {
    let is_taken_from = |object: ExprId| {
        facts
            .exprs
            .iter()
            .any(|expr| part_of(facts, &expr.kind, names) == Some(object))
    };
    if is_taken_from(read) {
        return true;
    }
    // `data = decode_complete(…)`, of which only `data["header"]` is used.
    let bound = facts
        .bindings
        .iter()
        .find(|binding| binding.kind == BindingKind::Value(read));
    let Some(bound) = bound else { return false };
    let uses: Vec<ExprId> = facts
        .numbered_exprs()
        .filter(|(_, expr)| match expr.kind {
            ExprKind::Name { name, scope } => {
                name == bound.name
                    && bindings_of(facts, scope, name)
                        .and_then(|bindings| bindings.first())
                        .is_some_and(|first| first.scope == bound.scope)
            }
            _ => false,
        })
        .map(|(id, _)| id)
        .collect();
    !uses.is_empty() && uses.iter().all(|used| is_taken_from(*used))
}

/// The object of which an expression takes a part of one of these names: `x["header"]`, `x.header`, `x.get("header")`.
fn part_of(facts: &FileFacts, kind: &ExprKind, names: &[&str]) -> Option<ExprId> {
    let is_one = |expr: ExprId| matches!(facts[expr].kind, ExprKind::Text(text) if names.contains(&facts.text(text)));
    match *kind {
        ExprKind::Index { object, key, .. } => is_one(key).then_some(object),
        ExprKind::Member { object, name } => names.contains(&facts.text(name)).then_some(object),
        ExprKind::Call(call) => {
            let ExprKind::Member { object, name } = facts[facts[call].callee].kind else {
                return None;
            };
            let first = facts.arguments(&facts[call]).first()?;
            (facts.text(name) == "get" && is_one(first.value)).then_some(object)
        }
        // `"exp" in x`
        ExprKind::Compare {
            operator: Comparison::In | Comparison::NotIn,
            left,
            right,
        } => is_one(left).then_some(right),
        _ => None,
    }
}

/// The claim that a check is about.
fn claim_of(check: TokenCheck) -> Option<&'static str> {
    match check {
        TokenCheck::Expiry => Some("exp"),
        TokenCheck::Audience => Some("aud"),
        TokenCheck::Issuer => Some("iss"),
        TokenCheck::NotBefore => Some("nbf"),
        TokenCheck::Signature => None,
    }
}

/// Whether a function compares the claim that a check is about by itself.
fn compares(facts: &FileFacts, function: Option<FunctionId>, check: TokenCheck) -> bool {
    let Some(claim) = claim_of(check) else {
        return false;
    };
    let extent = function.map_or(facts.blocks[0].span, |function| facts[function].extent);
    facts.exprs_within(extent).any(|(_, expr)| match expr.kind {
        ExprKind::Compare { left, right, .. } => speaks_of(facts, left, claim, 0) || speaks_of(facts, right, claim, 0),
        _ => false,
    })
}

/// Whether an expression is made of the claim: `claims["aud"]`, `int(claims.get("exp"))`, `claims.exp`, `aud`.
fn speaks_of(facts: &FileFacts, expr: ExprId, claim: &str, depth: u32) -> bool {
    if depth > 6 {
        return false;
    }
    let deeper = |inner: ExprId| speaks_of(facts, inner, claim, depth + 1);
    match facts[expr].kind {
        ExprKind::Index { object, key, .. } => {
            matches!(facts[key].kind, ExprKind::Text(text) if facts.text(text) == claim) || deeper(object)
        }
        ExprKind::Member { object, name } => facts.text(name) == claim || deeper(object),
        ExprKind::Call(call) => {
            let call = &facts[call];
            let names_it = |expr: ExprId| matches!(facts[expr].kind, ExprKind::Text(text) if facts.text(text) == claim);
            deeper(call.callee)
                || facts
                    .arguments(call)
                    .iter()
                    .any(|argument| names_it(argument.value) || deeper(argument.value))
        }
        ExprKind::Name { name, scope } => bindings_of(facts, scope, name).is_some_and(|bindings| {
            bindings.iter().any(|binding| match binding.kind {
                BindingKind::Value(value) => deeper(value),
                BindingKind::Element { over } => deeper(over),
                _ => false,
            })
        }),
        ExprKind::Each { element, .. } => deeper(element),
        ExprKind::Choice { options, .. } | ExprKind::Group(options) => {
            facts.list(options).iter().any(|option| deeper(*option))
        }
        _ => false,
    }
}

// Findings

/// One lapse for each place: the gravest, with all checks of its kind.
fn of_each_place(lapses: Vec<Lapse>) -> Vec<Lapse> {
    let mut places: BTreeMap<Site, Vec<Lapse>> = BTreeMap::new();
    for lapse in lapses {
        places.entry(lapse.primary).or_default().push(lapse);
    }
    let mut found = Vec::new();
    for (_, mut lapses) in places {
        let gravity = |message: &str| match message {
            "signature-off" | "unverified-read" => 0,
            "none-algorithm" => 1,
            "passed-in" => 2,
            "claims-off" => 3,
            "any-algorithm" => 4,
            "lifetime-read" => 6,
            _ => 5,
        };
        lapses.sort_by_key(|lapse| (gravity(lapse.message), lapse.checks.clone()));
        let Some(first) = lapses.first().cloned() else { continue };
        let alike = lapses.iter().filter(|lapse| lapse.message == first.message);
        let mut checks: Vec<TokenCheck> = alike.flat_map(|lapse| lapse.checks.iter().copied()).collect();
        checks.sort_unstable();
        checks.dedup();
        if checks.contains(&TokenCheck::Signature) {
            checks = vec![TokenCheck::Signature];
        }
        found.push(Lapse { checks, ..first });
    }
    found
}

fn report(program: &Program<'_>, lapse: Lapse, out: &mut Findings) {
    let names: Vec<&str> = lapse
        .checks
        .iter()
        .map(|check| match check {
            TokenCheck::Signature => "signature",
            TokenCheck::Expiry => "expiry",
            TokenCheck::Audience => "audience",
            TokenCheck::Issuer => "issuer",
            TokenCheck::NotBefore => "start",
        })
        .collect();
    let checks = match &names[..] {
        [init @ .., last] if !init.is_empty() => format!("{} and {last}", init.join(", ")),
        _ => names.join(""),
    };
    let values = vec![("call", lapse.call), ("checks", checks)];
    let finding = out.add(program, lapse.primary, lapse.scope, lapse.message, values);
    finding.confidence = lapse.confidence;
    finding.trail = lapse.trail;
}
