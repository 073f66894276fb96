//! What a value says that a name is given: itself, a secret of a manager, or what the surroundings have under a name.

use super::ProvidedState;
use std::hash::{Hash, Hasher};

/// Beginnings of values that name a secret of a manager.
const MANAGERS: &[&str] = &[
    "/run/secrets/",
    "@Microsoft.KeyVault(",
    "arn:aws:secretsmanager:",
    "arn:aws:ssm:",
    "keyvaultref:",
    "op://",
    "ref+",
    "secretref:",
    "sm://",
    "vault:",
];

/// Parts of the types of Terraform that are secrets of a manager.
const SECRET_TYPES: &[&str] = &["key_vault", "secret", "ssm_parameter", "vault"];

/// Whether a key is written like an environment variable.
pub(super) fn is_variable_name(name: &str) -> bool {
    name.len() > 2
        && name.starts_with(|first: char| first.is_ascii_uppercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

/// What stands where a secret is named: `secret:version`, `projects/p/secrets/s/versions/latest`, or what passes one on.
pub(super) fn mapped(value: &str) -> ProvidedState {
    match state_of(value) {
        ProvidedState::Given => ProvidedState::Mapped(secret_name(value)),
        state => state,
    }
}

fn secret_name(value: &str) -> String {
    let known = MANAGERS.iter().find_map(|manager| value.strip_prefix(manager));
    // The name in an `arn:` is behind its last colon, in anything else before the version.
    let value = match known {
        Some(behind) if value.starts_with("arn:") => behind.splitn(3, ':').last().unwrap_or(behind),
        Some(behind) => behind,
        None => value.split(':').next().unwrap_or(value),
    };
    let behind = value.split_once("/secrets/").map_or(value, |(_, behind)| behind);
    match behind.len() < value.len() {
        true => behind.split(['/', ')']).next().unwrap_or(behind).to_owned(),
        false => behind.trim_end_matches(')').to_owned(),
    }
}

/// What a value says.
pub(super) fn state_of(value: &str) -> ProvidedState {
    let value = value.trim().trim_matches(['"', '\'']);
    if value.is_empty() {
        return ProvidedState::Empty;
    }
    if MANAGERS.iter().any(|manager| value.starts_with(manager)) {
        return ProvidedState::Mapped(secret_name(value));
    }
    // `${{ secrets.NAME }}`
    if let Some(inner) = value.strip_prefix("${{") {
        let (context, name) = inner.trim_start().split_once('.').unwrap_or(("", inner));
        let name = identifier(name).to_owned();
        return match context {
            "secrets" => ProvidedState::Mapped(name),
            _ => ProvidedState::Passed(name),
        };
    }
    if let Some(reference) = reference_in(value) {
        return resource(reference);
    }
    if let Some(name) = value.strip_prefix('$') {
        return ProvidedState::Passed(identifier(name.trim_start_matches('{')).to_owned());
    }
    if value.contains(['$', '{', '<']) || value.starts_with("ENC[") {
        return ProvidedState::Passed(String::new());
    }
    ProvidedState::Given
}

/// The one dotted name that a value stands for: `var.name` of `${var.name}`, `.Values.a.b` of `{{ .Values.a.b | quote }}`.
pub(super) fn reference_in(value: &str) -> Option<&str> {
    let value = value.trim().trim_matches(['"', '\'']);
    let (inner, close) = match value.strip_prefix("{{") {
        Some(inner) => (inner.trim_start_matches('-'), "}}"),
        None => (value.strip_prefix("${")?, "}"),
    };
    // What stands behind a colon is a part of what is named: `${aws_secretsmanager_secret.a.arn}:key::`.
    let (inner, rest) = inner.split_once(close)?;
    if !rest.is_empty() && !rest.starts_with(':') {
        return None;
    }
    let inner = inner.trim();
    let name = inner.split([' ', '|']).next()?;
    let is_name = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-' | '.' | '[' | ']' | '"');
    let is_only = name.len() == inner.len() || close == "}}";
    (is_only && name.contains('.') && name.chars().all(is_name)).then_some(name)
}

/// What a dotted name stands for: a variable, or the resource of Terraform that is a secret.
fn resource(reference: &str) -> ProvidedState {
    if let Some(name) = reference.strip_prefix(".Values.") {
        return ProvidedState::Passed(name.to_owned());
    }
    let mut parts = reference.strip_prefix("data.").unwrap_or(reference).split('.');
    let (kind, name) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let name = name.split('[').next().unwrap_or(name).to_owned();
    let is_secret = kind.contains('_') && SECRET_TYPES.iter().any(|part| kind.contains(part));
    if is_secret {
        ProvidedState::Mapped(name)
    } else {
        ProvidedState::Passed(name)
    }
}

fn identifier(text: &str) -> &str {
    let end = text
        .find(|sign: char| !sign.is_alphanumeric() && sign != '_')
        .unwrap_or(text.len());
    &text[..end]
}

/// Tells values apart.
pub(super) fn hash(value: &str) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    value.trim().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_say_what_is_given() {
        let shown = |value: &str| match state_of(value) {
            ProvidedState::Given => "given".to_owned(),
            ProvidedState::Mapped(name) => format!("mapped {name}"),
            ProvidedState::Passed(name) => format!("passed {name}"),
            ProvidedState::Empty => "empty".to_owned(),
        };
        for (value, expected) in [
            ("", "empty"),
            ("true", "given"),
            ("${NAME:-else}", "passed NAME"),
            ("$NAME", "passed NAME"),
            ("${{ secrets.NAME }}", "mapped NAME"),
            ("${{ vars.NAME }}", "passed NAME"),
            ("${var.name}", "passed name"),
            ("${aws_ssm_parameter.jwt.value}", "mapped jwt"),
            ("${data.aws_ssm_parameter.jwt[0].value}", "mapped jwt"),
            ("${aws_lambda_function.jwt.arn}", "passed jwt"),
            ("{{ .Values.auth.skip | quote }}", "passed auth.skip"),
            ("${aws_secretsmanager_secret.jwt.arn}:key::", "mapped jwt"),
            ("a-${b}", "passed "),
            ("/run/secrets/jwt", "mapped jwt"),
            ("secretref:jwt", "mapped jwt"),
            (
                "arn:aws:ssm:eu-west-1:1:parameter/prod/jwt",
                "mapped parameter/prod/jwt",
            ),
            (
                "@Microsoft.KeyVault(SecretUri=https://vault.example.com/secrets/jwt/)",
                "mapped jwt",
            ),
        ] {
            assert_eq!(shown(value), expected, "{value}");
        }
        assert_eq!(mapped("jwt:latest"), ProvidedState::Mapped("jwt".to_owned()));
        assert_eq!(
            mapped("projects/p/secrets/jwt/versions/1"),
            ProvidedState::Mapped("jwt".to_owned())
        );
    }
}
