//! The rules: a page in `rules/<id>.md` and a function here, of one basename.
//!
//! A rule asks the program and makes findings. It knows no parser, no file's text, no output, no settings. To add one: write its
//! page and its file, and add its line to [`RULES`].

mod auth_bypass_route;
mod auth_fail_open;
mod auth_path_budget;
mod blocking_on_own_loop;
mod committed_secret;
mod concern_outside_owner;
mod config_drift;
mod direct_secret_read;
mod duplicate_auth_cache;
mod duplicate_auth_circuit_breaker;
mod duplicate_auth_error_handling;
mod duplicate_token_minting;
mod duplicate_token_validation;
mod environment_branched_auth;
mod hardcoded_secret;
mod literal_credential_check;
mod malformed_waiver;
mod nested_event_loop;
mod overbroad_auth_exemption;
mod redundant_auth_wrapper;
mod secret_fallback;
mod secret_in_log;
mod silent_auth_rejection;
mod skip_auth_flag;
mod unauthenticated_websocket;
mod unguarded_entry_point;
mod unused_waiver;
mod unverified_token;
mod weak_signing_key;

pub use unused_waiver::{WaiverPlace, WaiverUse};

use crate::facts::{ExprId, ExprKind, FileFacts, ScopeId};
use crate::finding::{Confidence, Finding, Site};
use crate::program::Program;
use crate::source::FileId;
use crate::source::Span;

/// A rule: its id, its page, and its function.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its id, which reads after "allow": `allow nested-event-loop`.
    pub id: &'static str,
    /// Its page, in Markdown.
    pub page: &'static str,
    /// Its function.
    pub check: Check,
}

/// When a rule runs and what it sees.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// It asks the program.
    Program(fn(&Program<'_>, &mut Findings)),
    /// It runs after the verdict and sees what became of each waiver.
    Waivers(fn(&Program<'_>, &[WaiverUse], &mut Findings)),
}

macro_rules! rule {
    ($id:literal, $check:expr) => {
        Rule {
            id: $id,
            page: include_str!(concat!("../../rules/", $id, ".md")),
            check: $check,
        }
    };
}

/// All rules, by id.
pub const RULES: &[Rule] = &[
    rule!("auth-bypass-route", Check::Program(auth_bypass_route::check)),
    rule!("auth-fail-open", Check::Program(auth_fail_open::check)),
    rule!("auth-path-budget", Check::Program(auth_path_budget::check)),
    rule!("blocking-on-own-loop", Check::Program(blocking_on_own_loop::check)),
    rule!("committed-secret", Check::Program(committed_secret::check)),
    rule!("concern-outside-owner", Check::Program(concern_outside_owner::check)),
    rule!("config-drift", Check::Program(config_drift::check)),
    rule!("direct-secret-read", Check::Program(direct_secret_read::check)),
    rule!("duplicate-auth-cache", Check::Program(duplicate_auth_cache::check)),
    rule!(
        "duplicate-auth-circuit-breaker",
        Check::Program(duplicate_auth_circuit_breaker::check)
    ),
    rule!(
        "duplicate-auth-error-handling",
        Check::Program(duplicate_auth_error_handling::check)
    ),
    rule!(
        "duplicate-token-minting",
        Check::Program(duplicate_token_minting::check)
    ),
    rule!(
        "duplicate-token-validation",
        Check::Program(duplicate_token_validation::check)
    ),
    rule!(
        "environment-branched-auth",
        Check::Program(environment_branched_auth::check)
    ),
    rule!("hardcoded-secret", Check::Program(hardcoded_secret::check)),
    rule!(
        "literal-credential-check",
        Check::Program(literal_credential_check::check)
    ),
    rule!("malformed-waiver", Check::Waivers(malformed_waiver::check)),
    rule!("nested-event-loop", Check::Program(nested_event_loop::check)),
    rule!(
        "overbroad-auth-exemption",
        Check::Program(overbroad_auth_exemption::check)
    ),
    rule!("redundant-auth-wrapper", Check::Program(redundant_auth_wrapper::check)),
    rule!("secret-fallback", Check::Program(secret_fallback::check)),
    rule!("secret-in-log", Check::Program(secret_in_log::check)),
    rule!("silent-auth-rejection", Check::Program(silent_auth_rejection::check)),
    rule!("skip-auth-flag", Check::Program(skip_auth_flag::check)),
    rule!(
        "unauthenticated-websocket",
        Check::Program(unauthenticated_websocket::check)
    ),
    rule!("unguarded-entry-point", Check::Program(unguarded_entry_point::check)),
    rule!("unused-waiver", Check::Waivers(unused_waiver::check)),
    rule!("unverified-token", Check::Program(unverified_token::check)),
    rule!("weak-signing-key", Check::Program(weak_signing_key::check)),
];

/// Where several of these rules speak of one expression, the first one reports and names the others. What two rules say of one call
/// for different reasons, such as where a secret is read and what stands in for it, stays two findings.
pub const MOST_SPECIFIC_FIRST: &[&[&str]] = &[
    // A key that stands in the code is to be replaced anyway, however long it is.
    &["hardcoded-secret", "weak-signing-key"],
    // A call of the user's own concern may be one of a concern that has rules of its own.
    &["duplicate-token-validation", "concern-outside-owner"],
    &["duplicate-token-minting", "concern-outside-owner"],
    // A committed value contradicts another one only as long as it stands there.
    &["committed-secret", "config-drift"],
];

/// How many async functions beside the one that is shown get to a place, to stand behind its name.
fn others(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => " (and one other async function)".to_owned(),
        count => format!(" (and {count} other async functions)"),
    }
}

/// What stands for an expression on one line: itself, or the name that is called.
fn first_line(facts: &FileFacts, expr: ExprId) -> Span {
    match facts[expr].kind {
        ExprKind::Call(call) => facts[facts[call].callee].span,
        ExprKind::Table(_) | ExprKind::Group(_) => {
            let span = facts[expr].span;
            Span::new(span.start, span.start + 1)
        }
        _ => facts[expr].span,
    }
}

/// Whether a module helps tests, by its name: `testing.py`, `testing/client.py`, `pytest_plugin.py`, `fake_client.py`.
fn is_for_tests(path: &str) -> bool {
    path.split(['/', '.'])
        .any(|segment| matches!(segment, "fakes" | "pytest_plugin" | "testing") || segment.starts_with("fake_"))
}

/// Whether code of tests is no test itself, and mints or fetches tokens: what falls back there hides a failure of the program.
fn is_test_support(program: &Program<'_>, file: FileId, scope: ScopeId) -> bool {
    let facts = &program[file].facts;
    let Some(function) = facts.function_around(scope) else {
        return false;
    };
    let Some(name) = facts[function].name.map(|name| facts.text(name)) else {
        return false;
    };
    let is_test = facts[function].is_test || name.starts_with("test") || name.to_ascii_lowercase().starts_with("setup");
    let mints = program
        .minting_sites()
        .iter()
        .any(|site| site.primary.file == file && facts.function_around(site.scope) == Some(function));
    !is_test && (mints || program.catalog().words().fetches_token(name))
}

/// Collects the findings of one rule.
#[derive(Debug)]
pub struct Findings {
    rule: &'static str,
    found: Vec<Finding>,
}

impl Findings {
    /// No findings yet of `rule`.
    #[must_use]
    pub fn of(rule: &'static str) -> Self {
        Self {
            rule,
            found: Vec::new(),
        }
    }

    /// What was found.
    #[must_use]
    pub fn into_vec(self) -> Vec<Finding> {
        self.found
    }

    /// Adds another place to the last finding.
    fn complete_last(&mut self, related: crate::finding::Step) {
        if let Some(last) = self.found.last_mut() {
            last.related.push(related);
        }
    }

    /// Adds a finding at `primary`, in `scope` of its file; the rule may complete what this gives back.
    fn add(
        &mut self,
        program: &Program<'_>,
        primary: Site,
        scope: ScopeId,
        message: &'static str,
        values: Vec<(&'static str, String)>,
    ) -> &mut Finding {
        self.found.push(Finding {
            rule: self.rule,
            message,
            values,
            primary,
            symbol: program.symbol(primary.file, scope),
            scope: program.code_scope(primary.file, scope),
            concern: None,
            confidence: Confidence::Certain,
            trail: Vec::new(),
            related: Vec::new(),
            fix: Vec::new(),
            counted: None,
        });
        let last = self.found.len() - 1;
        &mut self.found[last]
    }
}
