//! Requests that the program sends over HTTP, and where they go: to a handler of its own where their URL ends in its route.

use crate::facts::{CallId, ExprId, ExprKind, FileFacts, Name};
use crate::finding::CodeScope;
use crate::program::names::{FunctionRef, last_name};
use crate::program::{Program, ProgramFile, argument_of, expressions_within};
use crate::source::{FileId, Span};
use rustc_hash::FxHashSet;

/// Names of values are followed so far.
const MOST_STEPS: u32 = 4;

/// A request that the program sends.
#[derive(Clone, Debug)]
pub(in crate::program) struct HttpRequest {
    pub(in crate::program) file: FileId,
    pub(in crate::program) call: CallId,
    /// The path that its URL ends in, where that is written out: `/auth/validate`.
    pub(in crate::program) path: Option<String>,
}

impl Program<'_> {
    /// The requests of production code and scripts, in the order of files; worked out when first asked for.
    pub(in crate::program) fn requests(&self) -> &[HttpRequest] {
        self.requests.get_or_init(|| {
            self.for_each_file(|file, data| {
                if matches!(data.scope, CodeScope::Test | CodeScope::Config) {
                    return Vec::new();
                }
                self.requests_in(file, data)
            })
        })
    }

    fn requests_in(&self, file: FileId, data: &ProgramFile) -> Vec<HttpRequest> {
        let facts = &data.facts;
        let clients = self.catalog.clients(data.language);
        let clients: Vec<_> = clients
            .filter(|client| facts.names.find(&client.module).is_some())
            .map(|client| {
                let names = client.methods.iter().filter_map(|method| facts.names.find(method));
                (names.collect::<FxHashSet<Name>>(), client)
            })
            .collect();
        if clients.is_empty() {
            return Vec::new();
        }
        let mut requests = Vec::new();
        for (id, call) in facts.numbered_calls() {
            let Some(name) = last_name(facts, call.callee) else {
                continue;
            };
            let mut sending = clients.iter().filter(|(names, _)| names.contains(&name));
            let url = sending.find_map(|(_, client)| argument_of(facts, facts.arguments(call), &client.url));
            let Some(url) = url else { continue };
            let path = self.url_path(file, url.value, 0);
            if path.is_some() || self.is_called_url(facts, url.value) {
                requests.push(HttpRequest { file, call: id, path });
            }
        }
        requests
    }

    /// The function that sends a request.
    pub(in crate::program) fn sender(&self, request: &HttpRequest) -> Option<FunctionRef> {
        let facts = &self[request.file].facts;
        let function = facts.function_around(facts[request.call].scope)?;
        Some((request.file, function))
    }

    /// Whether a value is named like a URL: mappings have a method `get`, too.
    fn is_called_url(&self, facts: &FileFacts, value: ExprId) -> bool {
        last_name(facts, value).is_some_and(|name| self.catalog.words().is_url(facts.text(name)))
    }

    /// The path that a URL ends in: that of a literal, of the last part of a text that is put together, or of what a name is bound to.
    fn url_path(&self, file: FileId, expr: ExprId, step: u32) -> Option<String> {
        if step > MOST_STEPS {
            return None;
        }
        let facts = &self[file].facts;
        match facts[expr].kind {
            ExprKind::Text(text) => path_of_url(facts.text(text)),
            ExprKind::Template(parts) => match facts[*facts.list(parts).last()?].kind {
                ExprKind::Text(text) => path_of_url(facts.text(text)),
                _ => None,
            },
            // `urljoin(base, "/auth/validate")`
            ExprKind::Call(call) => {
                let last = facts.arguments(&facts[call]).last()?.value;
                matches!(facts[last].kind, ExprKind::Text(_))
                    .then(|| self.url_path(file, last, step + 1))
                    .flatten()
            }
            ExprKind::Name { .. } => match self.written_values(file, expr).as_slice() {
                [(file, value)] => self.url_path(*file, *value, step + 1),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether the function that sends a request handles something that is named like a credential.
    pub(in crate::program) fn handles_credential(&self, (file, function): FunctionRef) -> bool {
        let facts = &self[file].facts;
        let words = self.catalog.words();
        let inside = facts[function].extent;
        self.names_credential(facts, inside)
            || expressions_within(facts, inside).any(
                |expr| matches!(facts[expr].kind, ExprKind::Text(text) if words.carries_credential(facts.text(text))),
            )
    }

    /// Whether a variable or a field that is said within `span` is named like a credential.
    pub(in crate::program) fn names_credential(&self, facts: &FileFacts, span: Span) -> bool {
        let words = self.catalog.words();
        expressions_within(facts, span).any(|expr| match facts[expr].kind {
            ExprKind::Name { name, .. } | ExprKind::Member { name, .. } => words.carries_credential(facts.text(name)),
            _ => false,
        })
    }
}

/// The path of a URL, or of the end of one, without its query.
fn path_of_url(text: &str) -> Option<String> {
    let text = text.split(['?', '#']).next()?;
    let path = match text.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/')?..],
        None => &text[text.find('/')?..],
    };
    let path = path.trim_end_matches('/');
    (!path.is_empty() && !path.contains(char::is_whitespace)).then(|| path.to_owned())
}

/// Whether a request to `path` arrives at `route`: it is the whole route, or the last segments of it, two at least, whose parameters
/// stand for any segment.
pub(in crate::program) fn arrives_at(path: &str, route: &str) -> bool {
    let segments = |text: &str| -> Vec<String> {
        text.split('/')
            .filter(|one| !one.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (path, route) = (segments(path), segments(route));
    let fits = |asked: &String, own: &String| asked == own || own.starts_with(['{', '<', ':']);
    let is_enough = path.len() == route.len() || (path.len() >= 2 && path.len() < route.len());
    !path.is_empty() && is_enough && {
        let end = &route[route.len() - path.len()..];
        path.iter().zip(end).all(|(asked, own)| fits(asked, own))
            && path.iter().zip(end).any(|(asked, own)| asked == own)
    }
}

#[cfg(test)]
mod tests {
    use super::{arrives_at, path_of_url};

    #[test]
    fn a_url_ends_in_a_path() {
        let cases = [
            ("/auth/validate", Some("/auth/validate")),
            ("http://auth:8081/auth/validate?full=1", Some("/auth/validate")),
            ("https://auth", None),
            ("v1/auth/", Some("/auth")),
            ("auth", None),
        ];
        for (url, path) in cases {
            assert_eq!(path_of_url(url).as_deref(), path, "{url}");
        }
    }

    #[test]
    fn a_request_arrives_at_the_route_that_ends_like_it() {
        assert!(arrives_at("/auth/validate", "/auth/validate"));
        assert!(arrives_at("/auth/validate", "/v1/auth/validate"));
        assert!(arrives_at("/validate", "/validate"));
        assert!(!arrives_at("/validate", "/auth/validate"));
        assert!(arrives_at("/users/7", "/api/users/{id}"));
        assert!(!arrives_at("/auth/validate", "/validate"));
        assert!(!arrives_at("/7", "/users/{id}"));
    }
}
