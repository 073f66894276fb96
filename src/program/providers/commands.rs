//! What the commands in code provide: argument lists of deploy commands, and commands that are one text.

use super::state::{hash, is_variable_name, mapped, state_of};
use super::{ProvidedState, Provision, ProvisionForm};
use crate::deploy::{self, Gives};
use crate::facts::{ExprId, ExprKind, FileFacts};
use crate::finding::Site;
use crate::program::providers::deployments::environment_of;
use crate::program::{Program, ProgramFile};
use crate::source::{FileId, Span};
use std::borrow::Cow;

/// Words and flags behind which the name of what is deployed stands.
const DEPLOYED: &[&str] = &[
    "--app",
    "--function-name",
    "--name",
    "-a",
    "configmap",
    "deploy",
    "generic",
    "install",
    "update",
    "upgrade",
];
/// What commands begin with that deploy something.
const COMMANDS: &[&str] = &[
    "az",
    "docker",
    "docker-compose",
    "fly",
    "flyctl",
    "gcloud",
    "helm",
    "heroku",
    "kubectl",
    "nerdctl",
    "podman",
];

/// A word of a command and where it stands.
type Word<'w> = (Cow<'w, str>, Span);

impl Program<'_> {
    /// `["gcloud", "run", "deploy", "api", "--set-secrets", "A=b:latest"]`, `"docker run -e A=b api"`
    pub(super) fn provisions_of_commands(&self, file: FileId, data: &ProgramFile) -> Vec<Provision> {
        let facts = &data.facts;
        let mut found = Vec::new();
        for (id, expr) in facts.numbered_exprs() {
            let words: Vec<Word<'_>> = match expr.kind {
                ExprKind::Group(elements) => {
                    let elements = facts.list(elements).iter();
                    elements.map(|element| word(facts, *element)).collect()
                }
                ExprKind::Text(text) if begins_command(facts.text(text)) && !is_part(facts, id) => {
                    words_of(facts.text(text), expr.span)
                }
                ExprKind::Template(of) => {
                    let first = facts.list(of).first().map(|first| facts[*first].kind);
                    if !matches!(first, Some(ExprKind::Text(first)) if begins_command(facts.text(first))) {
                        continue;
                    }
                    let (text, span) = word(facts, id);
                    let words = words_of(&text, span).into_iter();
                    words
                        .map(|(word, span)| (Cow::Owned(word.into_owned()), span))
                        .collect()
                }
                _ => continue,
            };
            let provided = of_words(&words);
            if provided.is_empty() {
                continue;
            }
            let service = deployed(&words);
            let environment = data
                .environment
                .clone()
                .or_else(|| environment_of(&data.path).map(str::to_owned));
            found.extend(provided.into_iter().map(|(name, state, value, span)| Provision {
                name,
                site: Site { file, span },
                value_site: Site { file, span },
                environment: environment.clone(),
                service: service.clone(),
                state,
                form: ProvisionForm::Variable,
                reference: None,
                value,
            }));
        }
        // What stands in a list was read as a word of it, and perhaps once more for itself.
        found.sort_by(|one, other| {
            (one.site, &one.name, other.service.is_some()).cmp(&(other.site, &other.name, one.service.is_some()))
        });
        found.dedup_by(|later, first| later.site == first.site && later.name == first.name);
        found
    }
}

/// Whether a text is a command that deploys something, or one word of such a command that tells by itself what it gives.
fn begins_command(text: &str) -> bool {
    let first = text.split([' ', '=']).next().unwrap_or("");
    COMMANDS.contains(&first)
        || match deploy::given_by("", first) {
            Some(Gives::Secrets | Gives::Variables) => true,
            Some(Gives::Variable) => text[first.len()..].starts_with('='),
            _ => false,
        }
}

/// Whether a text is put together with others: that is one command, whatever its parts are for themselves.
fn is_part(facts: &FileFacts, text: ExprId) -> bool {
    let mut around = facts.exprs_around(facts[text].span);
    around.any(|(_, expr)| matches!(expr.kind, ExprKind::Template(parts) if facts.list(parts).contains(&text)))
}

/// An element of a list as a word: a hole in a text is `${}`.
fn word(facts: &FileFacts, element: ExprId) -> Word<'_> {
    let span = facts[element].span;
    let text = match facts[element].kind {
        ExprKind::Text(text) => Cow::Borrowed(facts.text(text)),
        ExprKind::Template(parts) => {
            let parts = facts.list(parts).iter().map(|part| match facts[*part].kind {
                ExprKind::Text(text) => facts.text(text),
                _ => "${}",
            });
            Cow::Owned(parts.collect())
        }
        _ => Cow::Borrowed(""),
    };
    (text, span)
}

/// The words of a command that is one text.
fn words_of(text: &str, span: Span) -> Vec<Word<'_>> {
    let words = text.split_ascii_whitespace();
    words
        .map(|word| (Cow::Borrowed(word.trim_matches(['"', '\''])), span))
        .collect()
}

/// The name of what a command deploys.
pub(super) fn deployed(words: &[Word<'_>]) -> Option<String> {
    let verb = words.iter().position(|(word, _)| DEPLOYED.contains(&&**word))?;
    let mut behind = words[verb + 1..].iter();
    let (name, _) = behind.find(|(word, _)| !word.starts_with('-'))?;
    (!name.is_empty() && !name.contains(['=', '$'])).then(|| name.rsplit('/').next().unwrap_or(name).to_owned())
}

/// What the words of a deploy command provide: name, state, value and place.
pub(super) fn of_words(words: &[Word<'_>]) -> Vec<(String, ProvidedState, u64, Span)> {
    let command = words.first().map_or("", |(word, _)| &**word);
    let command = command.rsplit('/').next().unwrap_or(command);
    let mut found = Vec::new();
    let mut add = |assignment: &str, is_secret: bool, span: Span| {
        if let Some((name, value)) = assignment.split_once('=')
            && is_variable_name(name)
        {
            let state = if is_secret { mapped(value) } else { state_of(value) };
            found.push((name.to_owned(), state, hash(value), span));
        }
    };
    let mut assigns = false;
    for (at, (word, span)) in words.iter().enumerate() {
        let sets_environment = (command, &**word) == ("kubectl", "env");
        if sets_environment || deploy::assigns_behind(command, word) {
            assigns = true;
            continue;
        }
        if !word.starts_with('-') {
            if assigns {
                add(word, false, *span);
            }
            continue;
        }
        assigns &= command != "az";
        let (flag, inline) = word.split_once('=').unwrap_or((word, ""));
        let Some(given) = deploy::given_by(command, flag) else {
            continue;
        };
        let (text, span) = match words.get(at + 1) {
            _ if flag.len() < word.len() => (inline, *span),
            Some((next, span)) => (&**next, *span),
            None => continue,
        };
        if given == Gives::Variable {
            add(text, false, span);
        } else {
            for part in parts(text) {
                let name = if given == Gives::Values {
                    part.split('=').next().and_then(|path| path.rfind('.'))
                } else {
                    None
                };
                add(&part[name.map_or(0, |dot| dot + 1)..], given == Gives::Secrets, span);
            }
        }
    }
    found
}

/// The parts of `A=b,C=d`, or of `^;^A=b;C=d`.
pub(super) fn parts(list: &str) -> impl Iterator<Item = &str> {
    let other = list.strip_prefix('^').and_then(|behind| behind.split_once('^'));
    let (separator, list) = other.unwrap_or((",", list));
    list.split(separator)
}
