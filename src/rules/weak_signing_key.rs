//! Signing keys that are known, and shorter than their algorithm asks for.

use super::Findings;
use crate::facts::{ExprKind, Language, MODULE_SCOPE, Scalar};
use crate::finding::{Site, Step};
use crate::program::{KeySource, Program, SigningKey};
use rustc_hash::{FxHashMap, FxHashSet};

/// Reports each short literal that is a key, and each short value that configuration gives a secret that is one.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let mut reported: FxHashSet<Site> = FxHashSet::default();
    let keys = program.signing_keys();
    let mut secrets: FxHashMap<&str, (usize, &SigningKey)> = FxHashMap::default();
    for key in &keys {
        let Some(needs) = key.needs else { continue };
        match &key.source {
            KeySource::Secret(names) => {
                for name in names {
                    let known = secrets.entry(name).or_insert((needs, key));
                    if known.0 > needs {
                        *known = (needs, key);
                    }
                }
            }
            KeySource::Literal {
                file,
                expr,
                is_hashed: false,
            } => {
                let facts = &program[*file].facts;
                let primary = Site {
                    file: *file,
                    span: facts[*expr].span,
                };
                let ExprKind::Text(text) = facts[*expr].kind else {
                    continue;
                };
                let length = facts.text(text).len();
                if is_short(facts.text(text), needs)
                    && reported.insert(primary)
                    && let Some(scope) = program.scope_at(*file, primary.span)
                {
                    let values = values(key.call.clone(), length, needs);
                    let finding = out.add(program, primary, scope, "literal", values);
                    finding.confidence = key.confidence;
                    finding.trail.clone_from(&key.trail);
                    finding.related.push(used(program, key));
                }
            }
            KeySource::Literal { .. } | KeySource::Embedded { .. } => {}
        }
    }
    for (file, data) in program.files() {
        if data.language != Language::Config || data.tracked == Some(false) || secrets.is_empty() {
            continue;
        }
        for setting in &data.facts.config {
            let facts = &data.facts;
            let (Some(name), Scalar::Text(text)) = (facts.path(setting.path).last(), setting.value) else {
                continue;
            };
            let Some((needs, key)) = secrets.get(facts.text(*name)) else {
                continue;
            };
            let text = facts.text(text);
            let words = program.catalog().words();
            let mut keys = facts.path(setting.path).iter();
            if keys.any(|key| words.is_secret_reference(facts.text(*key))) {
                continue;
            }
            if !is_short(text, *needs) || !is_value(text) {
                continue;
            }
            let primary = Site {
                file,
                span: setting.value_span,
            };
            let mut values = values(key.call.clone(), text.len(), *needs);
            values.push(("name", facts.text(*name).to_owned()));
            let finding = out.add(program, primary, MODULE_SCOPE, "setting", values);
            finding.confidence = key.confidence;
            finding.symbol = facts.text(*name).to_owned();
            finding.related.push(used(program, key));
        }
    }
}

fn values(call: String, length: usize, needs: usize) -> Vec<(&'static str, String)> {
    vec![
        ("call", call),
        ("length", length.to_string()),
        ("needs", needs.to_string()),
        ("algorithm", format!("HS{}", needs * 8)),
    ]
}

/// A PEM, an empty text and a word for nothing are no keys of HMAC.
fn is_short(text: &str, needs: usize) -> bool {
    !text.is_empty() && text.len() < needs && !text.contains("-BEGIN ")
}

/// Whether a setting's value stands in the file: no reference, no placeholder.
fn is_value(text: &str) -> bool {
    !text.contains(['$', '{', '<', '%', ' '])
}

fn used(program: &Program<'_>, key: &SigningKey) -> Step {
    let scope = program.scope_at(key.site.file, key.site.span).unwrap_or(MODULE_SCOPE);
    Step {
        site: key.site,
        symbol: program.symbol(key.site.file, scope),
        note: "is the key here".to_owned(),
    }
}
