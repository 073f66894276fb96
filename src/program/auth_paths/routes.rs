//! The routes of entry points: the prefixes of the routers that they are registered on, joined, and whether these are mounted at all.

use crate::facts::{BindingKind, CallId, ExprId, ExprKind, ScopeKind};
use crate::finding::CodeScope;
use crate::program::Program;
use crate::program::edges::{Making, Mount, Prefix, Router, Routers};
use crate::program::entries::{EntryPoint, Surface};
use crate::program::names::{FunctionRef, Origin, last_name};
use crate::program::rust;
use crate::source::FileId;
use rustc_hash::{FxHashMap, FxHashSet};

/// Routers that are mounted on one another are followed so far.
const MOST_ROUTERS: u32 = 8;
/// A router that is mounted in more places than this is one of very many.
const MOST_ROUTES: usize = 8;

/// Where an entry point is reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// The full routes, sorted; none where no route is written.
    pub routes: Vec<String>,
    /// The HTTP method, where the registration names one.
    pub method: Option<String>,
    /// Whether what it is registered on is served.
    pub is_mounted: bool,
}

/// Works routes out.
pub(in crate::program) struct RouteTable<'p, 'a> {
    program: &'p Program<'a>,
    registering: FxHashMap<(FileId, CallId), Vec<Router>>,
    making: FxHashMap<Router, Making>,
    mounts: FxHashMap<Router, Vec<Mount>>,
    /// Routers that nothing is known to mount, though something beside their own file speaks of them: they may be mounted by means that
    /// are not understood.
    spoken_of: FxHashSet<Router>,
}

impl<'p, 'a> RouteTable<'p, 'a> {
    pub(in crate::program) fn new(program: &'p Program<'a>, routers: &Routers) -> Self {
        let mut table = Self {
            program,
            registering: FxHashMap::default(),
            making: routers.making().map(|making| (making.router, *making)).collect(),
            mounts: FxHashMap::default(),
            spoken_of: FxHashSet::default(),
        };
        for (file, call, router) in routers.registering() {
            table.registering.entry((file, call)).or_default().push(router);
        }
        for mount in routers.mounts() {
            table.mounts.entry(mount.inner).or_default().push(*mount);
        }
        let of_rust = rust::mounted(program);
        for (call, router) in of_rust.registering {
            table.registering.entry(call).or_default().push(router);
        }
        for making in of_rust.making {
            table.making.insert(making.router, making);
        }
        for mount in of_rust.mounts {
            table.mounts.entry(mount.inner).or_default().push(mount);
        }
        table.spoken_of = table.find_spoken_of();
        table
    }

    /// The routes of an entry point.
    pub(in crate::program) fn of(&self, entry: &EntryPoint) -> Routes {
        let Some(registration) = entry.registration else {
            return Routes {
                is_mounted: true,
                ..Routes::default()
            };
        };
        let (file, call) = (registration.file, registration.call);
        let own = registration.route.and_then(|route| self.text(file, route));
        let routers = call.and_then(|call| self.registering.get(&(file, call)));
        let routers = routers.map_or(&[][..], Vec::as_slice);
        let mut prefixes: Vec<(String, bool)> = Vec::new();
        for router in routers {
            prefixes.extend(self.prefixes(*router, 0));
        }
        // What it is registered on is not known: an application of somebody else, most likely.
        if routers.is_empty() {
            prefixes.push((String::new(), true));
        }
        // What is run by hand or from a queue needs nobody to mount it.
        let is_served = matches!(entry.surface, Surface::Command | Surface::Task);
        let is_mounted = is_served || prefixes.iter().any(|(_, is_mounted)| *is_mounted);
        let counting = prefixes
            .into_iter()
            .filter(|(_, mounted)| *mounted || !is_mounted || is_served);
        let mut routes: Vec<String> = match own {
            Some(own) => counting.map(|(prefix, _)| joined(&prefix, &own)).collect(),
            None => Vec::new(),
        };
        routes.sort();
        routes.dedup();
        routes.truncate(MOST_ROUTES);
        Routes {
            routes,
            method: call
                .and_then(|call| self.program.method_of(file, call))
                .or_else(|| self.program.method_named(entry.function)),
            is_mounted,
        }
    }

    /// What the routes of a router begin with wherever it is mounted, and whether it is served there.
    fn prefixes(&self, router: Router, step: u32) -> Vec<(String, bool)> {
        let making = self.making.get(&router);
        let own = making.and_then(|making| making.prefix);
        let mut found = Vec::new();
        let is_application = making.is_none_or(|making| making.is_application) || self.spoken_of.contains(&router);
        let mounts = self.mounts.get(&router).map_or(&[][..], Vec::as_slice);
        if is_application && mounts.is_empty() {
            found.push((self.prefix(own), true));
        }
        for mount in mounts {
            let replaced = mount.prefix.is_some_and(|prefix| prefix.replaces);
            let own = joined(&self.prefix(mount.prefix), &self.prefix(own.filter(|_| !replaced)));
            let outer = match mount.outer {
                Some(outer) if step < MOST_ROUTERS => self.prefixes(outer, step + 1),
                _ => vec![(String::new(), true)],
            };
            found.extend(
                outer
                    .into_iter()
                    .map(|(outer, mounted)| (joined(&outer, &own), mounted)),
            );
        }
        if found.is_empty() {
            found.push((self.prefix(own), is_application));
        }
        found.sort();
        found.dedup();
        found.truncate(MOST_ROUTES);
        found
    }

    fn find_spoken_of(&self) -> FxHashSet<Router> {
        let program = self.program;
        let is_loose = |making: &&Making| !making.is_application && !self.mounts.contains_key(&making.router);
        let loose: FxHashSet<(FileId, ExprId)> = self
            .making
            .values()
            .filter(is_loose)
            .filter_map(|making| match making.router {
                Router::Made(file, expr) => Some((file, expr)),
                Router::Group(_) => None,
            })
            .collect();
        if loose.is_empty() {
            return FxHashSet::default();
        }
        let modules: Vec<(FileId, &str)> = loose
            .iter()
            .map(|(file, _)| (*file, program.modules.name(*file)))
            .collect();
        let makers: Vec<(Origin, (FileId, ExprId))> = loose
            .iter()
            .filter_map(|(file, expr)| Some((program.outermost_around(*file, *expr)?, (*file, *expr))))
            .collect();
        let found = program.for_each_file(|file, data| {
            if data.scope == CodeScope::Test {
                return Vec::new();
            }
            let facts = &data.facts;
            let mut found: Vec<(FileId, ExprId)> = Vec::new();
            let mut origins: Vec<Origin> = Vec::new();
            for (id, expr) in facts.numbered_exprs() {
                if matches!(expr.kind, ExprKind::Member { object, .. } if matches!(facts[object].kind, ExprKind::Name { .. })) {
                    let expr = id;
                    origins.extend(program.values(file, expr).into_iter().map(|value| value.origin));
                }
            }
            let imports = facts.bindings.iter().filter(|binding| matches!(binding.kind, BindingKind::Import(_)));
            for binding in imports {
                origins.extend(program.bound(file, binding).into_iter().map(|value| value.origin));
            }
            for origin in origins {
                match origin {
                    Origin::Written(at, expr) if at != file && loose.contains(&(at, expr)) => found.push((at, expr)),
                    // What makes routers may hand them to who mounts them in ways that are not understood.
                    Origin::Class((at, _)) | Origin::Function((at, _)) if at != file => {
                        let made = makers.iter().filter(|(maker, _)| *maker == origin);
                        found.extend(made.map(|(_, router)| *router));
                    }
                    _ => {}
                }
            }
            // `import_module("harbour.routes.admin")`
            for (at, module) in &modules {
                if *at != file && module.contains('.') && facts.names.find(module).is_some() {
                    found.extend(loose.iter().filter(|(own, _)| own == at));
                }
            }
            found
        });
        found.into_iter().map(|(file, expr)| Router::Made(file, expr)).collect()
    }

    fn prefix(&self, prefix: Option<Prefix>) -> String {
        prefix
            .and_then(|prefix| self.text(prefix.file, prefix.text))
            .unwrap_or_default()
    }

    fn text(&self, file: FileId, expr: ExprId) -> Option<String> {
        self.program.texts(file, expr).into_iter().next().map(|text| text.text)
    }
}

impl Program<'_> {
    /// The class or function of a module that an expression stands in, if it stands in any.
    fn outermost_around(&self, file: FileId, expr: ExprId) -> Option<Origin> {
        let facts = &self[file].facts;
        let scope = self.scope_at(file, facts[expr].span)?;
        let around = std::iter::successors(Some(scope), |scope| facts[*scope].parent);
        let definitions = around.filter_map(|scope| match facts[scope].kind {
            ScopeKind::Class(class) => Some(Origin::Class((file, class))),
            ScopeKind::Function(function) => Some(Origin::Function((file, function))),
            _ => None,
        });
        definitions.last()
    }

    /// The HTTP method that a call is named after, or one before it in its chain: `GET` of `@router.get("/berths")`, `web::get().to(list)`.
    pub(in crate::program) fn method_of(&self, file: FileId, call: CallId) -> Option<String> {
        let facts = &self[file].facts;
        let callee = facts[call].callee;
        let name = facts.text(last_name(facts, callee)?);
        let verb = name.strip_prefix("add_").unwrap_or(name);
        if METHODS.contains(&verb) {
            return Some(verb.to_ascii_uppercase());
        }
        match facts[callee].kind {
            ExprKind::Member { object, .. } => match facts[object].kind {
                ExprKind::Call(before) => self.method_of(file, before),
                _ => None,
            },
            _ => None,
        }
    }

    /// The HTTP method that a method of a class of handlers is named after.
    fn method_named(&self, (file, function): FunctionRef) -> Option<String> {
        let facts = &self[file].facts;
        let name = facts[function]
            .class
            .and(facts[function].name)
            .map(|name| facts.text(name))?;
        METHODS.contains(&name).then(|| name.to_ascii_uppercase())
    }
}

/// The methods of HTTP (RFC 9110, section 9, and RFC 5789), as frameworks name the functions that register handlers of them.
const METHODS: [&str; 8] = ["connect", "delete", "get", "head", "options", "patch", "post", "put"];

/// Two parts of a route, one behind the other.
fn joined(before: &str, after: &str) -> String {
    let before = before.trim_end_matches('/');
    match (before.is_empty(), after.is_empty()) {
        (_, true) => before.to_owned(),
        (true, false) if after.starts_with('/') => after.to_owned(),
        _ => format!("{before}/{}", after.trim_start_matches('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn the_parts_of_a_route_are_joined_by_one_slash() {
        let cases = [
            ("", "/berths", "/berths"),
            ("/api", "/berths", "/api/berths"),
            ("/api/", "berths/", "/api/berths/"),
            ("/api", "", "/api"),
            ("", "berths", "/berths"),
        ];
        for (before, after, route) in cases {
            assert_eq!(joined(before, after), route);
        }
    }
}
