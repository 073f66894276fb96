//! Which keys tokens are signed and verified with: literals of the code, and secrets by their names.

use crate::catalog::{Entry, Role};
use crate::facts::{BindingKind, CallId, ExprId, ExprKind};
use crate::finding::{Confidence, Site, Step};
use crate::program::names::{Origin, last_name};
use crate::program::secrets::fallbacks::converted;
use crate::program::{LibrarySite, Program};
use crate::source::FileId;

/// A key that a library call signs or verifies with, and one of the values that it can be.
#[derive(Clone, Debug)]
pub struct SigningKey {
    /// The call.
    pub site: Site,
    /// The call as it is written.
    pub call: String,
    /// Whether it signs, so that the key is a secret whatever it is called. (The key of a verification may be a public one.)
    pub signs: bool,
    /// How many bytes the algorithm asks for, where it is one of HMAC for tokens.
    pub needs: Option<usize>,
    /// What the key is.
    pub source: KeySource,
    /// How it gets from there to the call.
    pub trail: Vec<Step>,
    /// How it was resolved.
    pub confidence: Confidence,
}

/// What a key is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A literal of the code.
    Literal {
        /// The file it stands in.
        file: FileId,
        /// The literal.
        expr: ExprId,
        /// Whether the key is a hash of it.
        is_hashed: bool,
    },
    /// A secret, by the names that it is read by.
    Secret(Vec<String>),
    /// A file that is compiled into the program: `include_bytes!("signing.pem")`.
    Embedded {
        /// The file whose code embeds it.
        file: FileId,
        /// The expression that does.
        expr: ExprId,
        /// Its path, as it is written there.
        path: String,
    },
}

/// Values are followed this deep.
const DEEPEST: u32 = 16;
/// More values of one key are not told apart.
const MOST_SOURCES: usize = 24;

impl Program<'_> {
    /// The keys of all calls that sign or verify, as far as they are known.
    #[must_use]
    pub fn signing_keys(&self) -> Vec<SigningKey> {
        self.for_each_file(|file, _| {
            let sites = self.sites_in(file).iter().filter(|site| self.takes_key(site));
            let keys = sites.filter_map(|site| {
                let key = self.argument(site, "key")?;
                let mut sources = Sources {
                    program: self,
                    found: Vec::new(),
                };
                sources.follow(file, key, &Found::at(site), 0);
                Some((site, sources.found))
            });
            let keys = keys.flat_map(|(site, found)| {
                let needs = self.bytes_of_key(site);
                let role = self.entry(site).and_then(|entry| entry.role);
                let signs = matches!(role, Some(Role::MintsToken | Role::SignsHmac));
                found.into_iter().map(move |(source, found)| SigningKey {
                    site: self.primary(site),
                    call: self.written(site.file, site.callee),
                    signs,
                    needs,
                    source,
                    trail: found.trail,
                    confidence: found.confidence,
                })
            });
            keys.collect()
        })
    }

    /// Whether a text that is put together from `parts` is no more secret than the code: of literals, and of the names of environments.
    #[must_use]
    pub fn is_open_template(&self, file: FileId, parts: &[ExprId]) -> bool {
        let facts = &self[file].facts;
        let is_text = |(file, expr): &(FileId, ExprId)| matches!(self[*file].facts[*expr].kind, ExprKind::Text(_));
        let is_literal = |part: &ExprId| {
            let written = self.written_values(file, *part);
            !written.is_empty() && written.iter().all(is_text)
        };
        let is_environment = |part: &ExprId| match facts[*part].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                self.catalog.words().names_deployment(facts.text(name))
            }
            _ => false,
        };
        parts.iter().any(is_literal) && parts.iter().all(|part| is_literal(part) || is_environment(part))
    }

    /// The path of the file that `expr` compiles into the program: `include_str!("signing.pem")`.
    #[must_use]
    pub fn embedded_file(&self, file: FileId, expr: ExprId) -> Option<String> {
        let facts = &self[file].facts;
        let ExprKind::Call(call) = facts[expr].kind else {
            return None;
        };
        // What is done where the program is compiled is a macro of Rust.
        let is_macro = last_name(facts, facts[call].callee).is_some_and(|name| facts.text(name).ends_with('!'));
        let site = self.site_at(file, expr).filter(|_| is_macro)?;
        let opens = self
            .entry(site)
            .is_some_and(|entry| entry.role == Some(Role::OpensFile));
        let path = self.argument(site, "path").filter(|_| opens)?;
        Some(self.texts(file, path).into_iter().next()?.text)
    }

    fn takes_key(&self, site: &LibrarySite) -> bool {
        let Some(entry) = self.entry(site) else { return false };
        let takes = entry.arguments.iter().any(|(meaning, _)| meaning == "key");
        let is_other = matches!(
            entry.role,
            Some(Role::DecodesUnverified | Role::ReadsSetting | Role::ReadsSecret)
        );
        takes && !is_other && !self.needs_no_key(site, entry) && !self.derives_key(site, entry)
    }

    /// Whether a call makes a key of a secret, which it is handed as the message; what stands in the place of the key says what for:
    /// `secret_key = hmac.new(b"WebAppData", token.encode(), sha256)`.
    fn derives_key(&self, site: &LibrarySite, entry: &Entry) -> bool {
        let facts = &self[site.file].facts;
        let words = self.catalog.words();
        let Some(message) = self
            .argument(site, "message")
            .filter(|_| entry.role == Some(Role::SignsHmac))
        else {
            return false;
        };
        let is_secret = facts
            .exprs_within(facts[message].span)
            .any(|(_, expr)| match expr.kind {
                ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => {
                    let name = facts.text(name);
                    let is_shared = name.split('_').any(|word| matches!(word, "ikm" | "seed" | "shared"));
                    words.is_certainly_secret(name) || words.may_be_token(name) || is_shared
                }
                _ => false,
            });
        let place = facts[site.expr].span;
        let becomes_key = || {
            facts.bindings.iter().any(|binding| match binding.kind {
                BindingKind::Value(value) => {
                    facts[value].span.contains(place) && words.is_certainly_secret(facts.text(binding.name))
                }
                _ => false,
            })
        };
        // `def conversation_key(…)`
        let function = facts.function_around(site.scope);
        let name = function.and_then(|function| facts[function].name);
        let gives_key = name.is_some_and(|name| facts.text(name).ends_with("_key"));
        is_secret && (gives_key || becomes_key())
    }

    /// Whether the call at `primary` decodes a token without checking its signature.
    pub(in crate::program) fn is_decoded_unchecked(&self, primary: Site) -> bool {
        let mut sites = self.sites_in(primary.file).iter();
        let site = sites.find(|site| self.primary(site) == primary);
        site.is_some_and(|site| {
            let entry = self.entry(site);
            entry.is_some_and(|entry| entry.role == Some(Role::DecodesUnverified) || self.needs_no_key(site, entry))
        })
    }

    /// Whether a call decodes without checking the signature, or makes a key for one that does, so that any key will do.
    fn needs_no_key(&self, site: &LibrarySite, entry: &Entry) -> bool {
        if !matches!(entry.role, None | Some(Role::ValidatesToken)) {
            return false;
        }
        let facts = &self[site.file].facts;
        let around = facts.function_around(site.scope);
        let is_switched_off = self.sites_in(site.file).iter().any(|other| {
            let switches = self.entry(other).and_then(|entry| entry.role) == Some(Role::SwitchesVerificationOff);
            switches && around.is_some() && facts.function_around(other.scope) == around
        });
        let options = entry.arguments.iter().find(|(meaning, _)| meaning == "options");
        let is_off = options.zip(site.call).is_some_and(|((_, meanings), call)| {
            let values = self.argument_entry_origins(site.file, call, meanings, "verify_signature");
            values
                .iter()
                .any(|value| self[value.file].facts[value.expr].kind == ExprKind::Truth(false))
        });
        is_switched_off || is_off
    }

    /// How many bytes RFC 7518 asks for, where a call signs or verifies a token with HMAC. Of several algorithms the weakest counts.
    fn bytes_of_key(&self, site: &LibrarySite) -> Option<usize> {
        let role = self.entry(site)?.role?;
        if !matches!(role, Role::MintsToken | Role::ValidatesToken) {
            return None;
        }
        let facts = &self[site.file].facts;
        let mut needs: Option<usize> = None;
        let mut is_other = false;
        for meaning in ["algorithm", "algorithms"] {
            let Some(argument) = self.argument(site, meaning) else {
                continue;
            };
            let elements = self.elements(site.file, argument, 0);
            let places = elements.into_iter().chain([(site.file, argument)]);
            for text in places.flat_map(|(file, expr)| self.texts(file, expr)) {
                match bytes_of(&text.text) {
                    Some(bytes) => needs = Some(needs.map_or(bytes, |known| known.min(bytes))),
                    None => is_other = true,
                }
            }
        }
        for (_, expr) in facts.exprs_within(facts[site.expr].span) {
            if let ExprKind::Member { name, .. } = expr.kind {
                match facts.text(name) {
                    text if bytes_of(text).is_some() => needs = needs.max(bytes_of(text)),
                    "RS256" | "RS384" | "RS512" | "ES256" | "ES384" | "PS256" | "PS384" | "PS512" | "EdDSA" => {
                        is_other = true;
                    }
                    _ => {}
                }
            }
        }
        match needs {
            None if is_other => None,
            None => Some(HS256),
            needs => needs,
        }
    }
}

const HS256: usize = 32;

fn bytes_of(algorithm: &str) -> Option<usize> {
    match algorithm {
        "HS256" => Some(HS256),
        "HS384" => Some(48),
        "HS512" => Some(64),
        _ => None,
    }
}

/// How a value was found.
#[derive(Clone, Debug)]
struct Found {
    trail: Vec<Step>,
    confidence: Confidence,
    is_hashed: bool,
}

impl Found {
    fn at(site: &LibrarySite) -> Self {
        Self {
            trail: Vec::new(),
            confidence: site.confidence,
            is_hashed: false,
        }
    }
}

struct Sources<'p> {
    program: &'p Program<'p>,
    found: Vec<(KeySource, Found)>,
}

impl Sources<'_> {
    fn follow(&mut self, file: FileId, expr: ExprId, found: &Found, depth: u32) {
        if depth > DEEPEST || self.found.len() >= MOST_SOURCES {
            return;
        }
        let program = self.program;
        let facts = &program[file].facts;
        if let Some(path) = program.embedded_file(file, expr) {
            return self.add(KeySource::Embedded { file, expr, path }, found);
        }
        if let Some(read) = program.secret_read_at(file, expr) {
            self.add(KeySource::Secret(read.names.clone()), found);
            if let Some(default) = read.default {
                self.follow(file, default, found, depth + 1);
            }
            return;
        }
        match facts[expr].kind {
            ExprKind::Text(_) => self.add(
                KeySource::Literal {
                    file,
                    expr,
                    is_hashed: found.is_hashed,
                },
                found,
            ),
            ExprKind::Template(parts) if program.is_open_template(file, facts.list(parts)) => {
                let source = KeySource::Literal {
                    file,
                    expr,
                    is_hashed: found.is_hashed,
                };
                self.add(source, found);
            }
            ExprKind::Through(inner) => self.follow(file, inner, found, depth + 1),
            ExprKind::Choice { options, how } => {
                for option in facts.options(options, how) {
                    self.follow(file, *option, found, depth + 1);
                }
            }
            ExprKind::Call(call) => self.follow_call(file, call, expr, found, depth),
            ExprKind::Name { .. } | ExprKind::Member { .. } | ExprKind::Index { .. } => {
                self.follow_reference(file, expr, found, depth);
            }
            _ => {}
        }
    }

    fn follow_call(&mut self, file: FileId, call: CallId, expr: ExprId, found: &Found, depth: u32) {
        let program = self.program;
        let facts = &program[file].facts;
        if let Some(site) = program.site_at(file, expr) {
            let entry = program.entry(site);
            if entry.is_some_and(|entry| program.derives_key(site, entry)) {
                return;
            }
            let (inner, is_hashed) = match entry.and_then(|entry| entry.role) {
                Some(Role::Hashes) => (program.argument(site, "value"), true),
                Some(Role::ReadsSetting) => (program.argument(site, "default"), found.is_hashed),
                Some(Role::ReadsSecret) => (None, false),
                _ => (program.argument(site, "key"), found.is_hashed),
            };
            if let Some(inner) = inner {
                let found = Found {
                    is_hashed,
                    ..found.clone()
                };
                self.follow(file, inner, &found, depth + 1);
                return;
            }
        }
        if let Some(inner) = converted(facts, call) {
            return self.follow(file, inner, found, depth + 1);
        }
        // `sha256(…).hexdigest()`
        if let ExprKind::Member { object, name } = facts[facts[call].callee].kind
            && matches!(facts.text(name), "digest" | "finalize" | "hexdigest")
        {
            return self.follow(file, object, found, depth + 1);
        }
        for value in program.values(file, facts[call].callee) {
            let Origin::Function((at, function)) = value.origin else {
                continue;
            };
            let callee = &program[at].facts;
            for returned in callee.returns_of(function) {
                if let Some(given) = returned.value.filter(|_| !returned.is_yield) {
                    let found = Found {
                        confidence: found.confidence.min(value.confidence).min(Confidence::Likely),
                        ..found.clone()
                    };
                    self.follow(at, given, &found, depth + 1);
                }
            }
        }
    }

    fn follow_reference(&mut self, file: FileId, expr: ExprId, found: &Found, depth: u32) {
        let program = self.program;
        let mut is_known = false;
        for value in program.values(file, expr) {
            if let Origin::Written(at, written) = value.origin
                && (at, written) != (file, expr)
            {
                is_known = true;
                let found = Found {
                    confidence: found.confidence.min(value.confidence),
                    ..found.clone()
                };
                self.follow(at, written, &found, depth + 1);
            }
        }
        if is_known {
            return;
        }
        for origin in program.origins(file, expr) {
            if (origin.file, origin.expr) != (file, expr) {
                let mut trail = origin.trail;
                trail.extend(found.trail.iter().cloned());
                let found = Found {
                    trail,
                    confidence: found.confidence.min(origin.confidence),
                    is_hashed: found.is_hashed,
                };
                self.follow(origin.file, origin.expr, &found, depth + 4);
            }
        }
    }

    fn add(&mut self, source: KeySource, found: &Found) {
        if !self.found.iter().any(|(known, _)| *known == source) {
            self.found.push((source, found.clone()));
        }
    }
}
