//! Credentials that are checked by comparing them with a literal.

use super::Findings;
use crate::catalog::{Role, Words};
use crate::facts::{
    BindingKind, BlockId, BlockKind, Call, Comparison, ExprId, ExprKind, FileFacts, How, Language, ScopeId,
};
use crate::finding::{CodeScope, Confidence, Site};
use crate::program::{Outcome, Program, ProgramFile};
use crate::source::{FileId, Span};

/// Reports comparisons of a credential with a literal that let somebody in.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let found = program.for_each_file(|file, data| {
        if data.language == Language::Config || data.scope == CodeScope::Test {
            return Vec::new();
        }
        Looking { program, file, data }.all()
    });
    for one in found {
        let primary = Site {
            file: one.file,
            span: one.place,
        };
        let finding = out.add(program, primary, one.scope, one.message, vec![("name", one.name)]);
        finding.confidence = one.confidence;
    }
}

/// A comparison that lets somebody in.
struct Check {
    file: FileId,
    place: Span,
    scope: ScopeId,
    message: &'static str,
    name: String,
    confidence: Confidence,
}

struct Looking<'p> {
    program: &'p Program<'p>,
    file: FileId,
    data: &'p ProgramFile,
}

impl Looking<'_> {
    fn all(&self) -> Vec<Check> {
        let facts = &self.data.facts;
        let exprs = facts.numbered_exprs();
        let mut found: Vec<Check> = exprs
            .filter_map(|(id, expr)| match expr.kind {
                ExprKind::Compare { operator, left, right } => self.comparison(id, operator, left, right),
                ExprKind::Call(call) => self.call(id, &facts[call]),
                _ => None,
            })
            .collect();
        found.retain(|check| self.program.code_scope(self.file, check.scope) != CodeScope::Test);
        found
    }

    fn comparison(&self, expr: ExprId, operator: Comparison, left: ExprId, right: ExprId) -> Option<Check> {
        let is_equal = match operator {
            Comparison::Equal | Comparison::In => true,
            Comparison::NotEqual | Comparison::NotIn => false,
            Comparison::Order => return None,
        };
        let facts = &self.data.facts;
        let is_membership = matches!(operator, Comparison::In | Comparison::NotIn);
        let (subject, literal) = if is_membership {
            // `token in ("a", "b")`; a text that is looked for in something is no credential.
            let ExprKind::Group(elements) = facts[right].kind else {
                return None;
            };
            (left, *facts.list(elements).first()?)
        } else if self.is_literal(left) {
            (right, left)
        } else {
            (left, right)
        };
        self.judge(expr, subject, literal, is_equal, "equal")
    }

    /// `hmac.compare_digest(token, "…")`, `token.startswith("ws_")`.
    fn call(&self, expr: ExprId, call: &Call) -> Option<Check> {
        let facts = &self.data.facts;
        let [first, others @ ..] = facts.arguments(call) else {
            return None;
        };
        if let ([second], Some(Role::ComparesDigest)) = (others, self.role(expr)) {
            let (subject, literal) = if self.is_literal(first.value) {
                (second.value, first.value)
            } else {
                (first.value, second.value)
            };
            return self.judge(expr, subject, literal, true, "equal");
        }
        match facts[call.callee].kind {
            ExprKind::Member { object, name }
                if others.is_empty() && matches!(facts.text(name), "startswith" | "starts_with") =>
            {
                self.judge(expr, object, first.value, true, "prefix")
            }
            _ => None,
        }
    }

    fn role(&self, expr: ExprId) -> Option<Role> {
        let site = self.program.site_at(self.file, expr)?;
        self.program.entry(site)?.role
    }

    fn judge(
        &self,
        expr: ExprId,
        subject: ExprId,
        literal: ExprId,
        is_equal: bool,
        message: &'static str,
    ) -> Option<Check> {
        let facts = &self.data.facts;
        let name = self.name_behind(subject)?;
        let words = self.words();
        if !words.may_be_credential(&name) || !self.is_secret_literal(literal, &name, message == "prefix") {
            return None;
        }
        let scope = self.scope_of(subject)?;
        // `has_default_password(user)`: whoever asks so wants to warn, or to have it changed.
        if words.is_about_default(self.program.function_name(self.file, scope).unwrap_or("")) {
            return None;
        }
        let lets_in = self.lets_in(expr, is_equal, message == "prefix");
        // A token whose case does not matter is a word of some language, and opens nothing.
        // Nor is it the key of a service, which has signs of both cases.
        let may_be_in_any_case = words.is_credential(&name) && !words.is_made_up_key(&name, "");
        let is_about_authentication =
            may_be_in_any_case || ((words.is_credential(&name) || self.is_gate(scope)) && !self.is_lowered(subject));
        (is_about_authentication && lets_in)
            .then(|| Check {
                file: self.file,
                place: facts[subject].span,
                scope,
                message,
                name,
                confidence: Confidence::Likely,
            })
            .map(|check| Check {
                place: one_line(facts, subject, check.place),
                ..check
            })
    }

    /// What a credential is called: the name, the member, the key of a header.
    fn name_of(&self, subject: ExprId) -> Option<String> {
        let facts = &self.data.facts;
        match facts[subject].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => Some(facts.text(name).to_owned()),
            ExprKind::Index { key, .. } => match facts[key].kind {
                ExprKind::Text(key) => Some(facts.text(key).to_owned()),
                _ => None,
            },
            ExprKind::Call(call) => {
                let call = &facts[call];
                let ExprKind::Member { object, name } = facts[call.callee].kind else {
                    return None;
                };
                match (facts.text(name), facts.arguments(call)) {
                    ("get" | "header" | "get_header", [key, ..]) => match facts[key.value].kind {
                        ExprKind::Text(key) => Some(facts.text(key).to_owned()),
                        _ => None,
                    },
                    (
                        "strip" | "lower" | "encode" | "as_bytes" | "as_str" | "to_str" | "removeprefix" | "decode"
                        | "and_then" | "as_deref" | "map" | "ok" | "trim" | "unwrap_or_default",
                        _,
                    ) => self.name_of(object),
                    _ => None,
                }
            }
            ExprKind::Choice { options, how } => self.name_of(*facts.options(options, how).first()?),
            _ => None,
        }
    }

    /// The same, by what a name stands for where it says nothing itself: `if let Some(value) = headers.get("x-api-key")`.
    fn name_behind(&self, subject: ExprId) -> Option<String> {
        let facts = &self.data.facts;
        let name = self.name_of(subject)?;
        let ExprKind::Name { name: written, scope } = facts[subject].kind else {
            return Some(name);
        };
        let behind = match facts.bindings_of(scope, written) {
            [only] => match only.kind {
                BindingKind::Value(value) => self.name_of(value),
                _ => None,
            },
            _ => None,
        };
        let is_credential = |name: &String| self.words().is_credential(name);
        behind
            .filter(|behind| !is_credential(&name) && is_credential(behind))
            .or(Some(name))
    }

    /// Whether a text is compared in lower case: `token.strip().lower()`.
    fn is_lowered(&self, subject: ExprId) -> bool {
        let facts = &self.data.facts;
        let ExprKind::Call(call) = facts[subject].kind else {
            return false;
        };
        match facts[facts[call].callee].kind {
            ExprKind::Member { object, name } => {
                matches!(
                    facts.text(name),
                    "lower" | "casefold" | "to_lowercase" | "to_ascii_lowercase"
                ) || self.is_lowered(object)
            }
            _ => false,
        }
    }

    fn is_literal(&self, expr: ExprId) -> bool {
        matches!(self.data.facts[expr].kind, ExprKind::Text(_))
    }

    /// Whether a literal can be what somebody has to know, and not the name of a kind, a mask or a sign.
    fn is_secret_literal(&self, expr: ExprId, name: &str, is_prefix: bool) -> bool {
        let facts = &self.data.facts;
        let written: Vec<String> = match facts[expr].kind {
            ExprKind::Text(text) => vec![facts.text(text).to_owned()],
            // A constant is one if it is called so; others are names of kinds and of accounts.
            ExprKind::Name { name, .. }
                if !is_prefix
                    && self.words().is_secret(facts.text(name))
                    && !self.words().is_exemption(facts.text(name)) =>
            {
                self.program
                    .texts(self.file, expr)
                    .into_iter()
                    .map(|text| text.text)
                    .collect()
            }
            _ => return false,
        };
        let [text] = &written[..] else { return false };
        let is_word = |sign: char| sign.is_ascii_alphanumeric() || "-_.:/+= @!#$".contains(sign);
        let least = if is_prefix { 2 } else { 4 };
        let first = text.chars().next();
        let is_mask = text.chars().all(|sign| Some(sign) == first) || text.contains("***") || text.contains("...");
        let bare: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let same: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        text.len() >= least
            && text.len() < 200
            && text.chars().all(is_word)
            && text.chars().any(|sign| sign.is_ascii_alphanumeric())
            && !is_mask
            && !text.contains(' ')
            && !self.words().is_kind_of_credential(text.trim_end_matches([' ', ':']))
            && !bare.eq_ignore_ascii_case(&same)
    }

    /// Whether what is asked lets somebody in: it is what a function gives back, it leads to a user, or the opposite refuses.
    fn lets_in(&self, expr: ExprId, is_equal: bool, is_prefix: bool) -> bool {
        let facts = &self.data.facts;
        let span = facts[expr].span;
        let is_asked = |condition: ExprId| facts[condition].span.contains(span);
        let blocks = facts.numbered_blocks();
        let branches = blocks.filter_map(|(id, block)| match block.kind {
            BlockKind::Branch { condition, holds } if is_asked(condition) => Some((id, condition, holds)),
            _ => None,
        });
        let branches: Vec<_> = branches
            .map(|(id, condition, holds)| (id, holds == (is_equal != is_negated(facts, condition, expr))))
            .collect();
        let refuses = |id: BlockId| {
            let outcomes = self.program.outcomes(self.file, id);
            outcomes.iter().all(|outcome| *outcome == Outcome::Refuses)
        };
        let is_refused = branches.iter().any(|(id, is_met)| *is_met && refuses(*id));
        let decides = !branches.is_empty();
        for (id, is_met) in branches {
            let outcomes = self.program.outcomes(self.file, id);
            let passes_on = self.program.is_passed_on(self.file, id);
            let lets_in = |outcome: &Outcome| match outcome {
                Outcome::StandsIn(_) => true,
                Outcome::Accepts(_) => !is_prefix || self.verifies(expr),
                Outcome::Gives(value) => self.is_user(*value, is_prefix),
                _ => false,
            };
            let by_refusing = !is_met && !is_refused && !is_prefix && refuses(id);
            if by_refusing || (is_met && (passes_on || outcomes.iter().any(lets_in))) {
                return true;
            }
        }
        let is_returned = facts
            .returns
            .iter()
            .filter_map(|returned| returned.value)
            .any(|value| facts[value].span.contains(span) && is_truth(facts, value, span));
        !decides && !is_prefix && is_equal && is_returned
    }

    /// Whether the function around is called after verifying, and does so by nothing else.
    fn verifies(&self, expr: ExprId) -> bool {
        let Some(scope) = self.scope_of(expr) else { return false };
        let name = self.program.function_name(self.file, scope).unwrap_or("");
        let function = self.data.facts.function_around(scope);
        self.words().verifies(name)
            && !function.is_some_and(|function| self.program.validates_within((self.file, function)))
    }

    /// Whether a value says who somebody is, or is what one gets for having logged in.
    fn is_user(&self, value: ExprId, is_prefix: bool) -> bool {
        let facts = &self.data.facts;
        let words = self.words();
        let says = |name: &str| words.is_identity_field(name) || (!is_prefix && words.may_be_credential(name));
        match facts[value].kind {
            ExprKind::Table(entries) => facts.entries(entries).iter().any(|(key, _)| {
                key.is_some_and(|key| matches!(facts[key].kind, ExprKind::Text(key) if says(facts.text(key))))
            }),
            ExprKind::Call(call) => facts
                .arguments(&facts[call])
                .iter()
                .any(|argument| argument.keyword.is_some_and(|keyword| says(facts.text(keyword)))),
            _ => false,
        }
    }

    /// Whether the function or the class around is about who is calling.
    fn is_gate(&self, scope: ScopeId) -> bool {
        let symbol = self.program.symbol(self.file, scope);
        let mut names = symbol.rsplit(['.', ':']).filter(|name| !name.is_empty()).take(2);
        names.any(|name| self.words().is_gate(name))
    }

    fn scope_of(&self, expr: ExprId) -> Option<ScopeId> {
        self.program.scope_at(self.file, self.data.facts[expr].span)
    }

    fn words(&self) -> &Words {
        self.program.catalog().words()
    }
}

/// Whether `expr` stands in a condition below a `not`.
fn is_negated(facts: &FileFacts, condition: ExprId, expr: ExprId) -> bool {
    let span = facts[expr].span;
    match facts[condition].kind {
        ExprKind::Not(inner) if facts[inner].span.contains(span) => !is_negated(facts, inner, expr),
        _ => false,
    }
}

/// Whether a value is what a comparison at `span` gives, and nothing that is chosen by it.
fn is_truth(facts: &FileFacts, value: ExprId, span: Span) -> bool {
    match facts[value].kind {
        ExprKind::Compare { .. } => true,
        ExprKind::Call(_) => facts[value].span == span,
        ExprKind::Both(parts)
        | ExprKind::Choice {
            options: parts,
            how: How::FirstPresent,
        } => facts
            .list(parts)
            .iter()
            .any(|part| facts[*part].span.contains(span) && is_truth(facts, *part, span)),
        _ => false,
    }
}

fn one_line(facts: &FileFacts, subject: ExprId, place: Span) -> Span {
    match facts[subject].kind {
        ExprKind::Call(_) => super::first_line(facts, subject),
        _ => place,
    }
}
