//! What objects show when they are printed: types that write out all their fields, and the secrets among these.

use crate::catalog::Words;
use crate::facts::{Binding, BindingKind, Class, ExprId, ExprKind, FileFacts, Language};
use crate::finding::Confidence;
use crate::program::names::{self, ClassRef, Origin};
use crate::program::{Program, ProgramFile};
use crate::source::FileId;
use rustc_hash::FxHashMap;

/// The types whose objects show a secret when they are printed.
#[derive(Clone, Debug, Default)]
pub struct PrintedSecrets {
    /// The secret that each shows, as a path of fields.
    by_class: FxHashMap<ClassRef, String>,
}

/// Types whose values are shown as they are.
const PLAIN: &[&str] = &["Bytes", "String", "bytes", "str", "u8"];
/// Types that show what they hold.
const CONTAINERS: &[&str] = &["Arc", "Box", "Cow", "Optional", "Option", "Rc", "Vec"];
/// Objects in objects are looked into this deep.
const DEEPEST: usize = 3;

impl Program<'_> {
    /// Types that print all their fields (`#[derive(Debug)]`, `@dataclass`), of which one is a secret in plain text, and those that
    /// hold such a type.
    #[must_use]
    pub fn printed_secrets(&self) -> PrintedSecrets {
        let words = self.catalog().words();
        let own = self.for_each_file(|file, data| {
            let printing = printing_classes(file, data);
            let secrets = printing.filter_map(|class| Some((class, plain_secret(&data.facts, class, words)?)));
            secrets.collect()
        });
        let mut by_class: FxHashMap<ClassRef, String> = own.into_iter().collect();
        for _ in 0..DEEPEST {
            let holders = self.holders(&by_class);
            if holders.is_empty() {
                break;
            }
            by_class.extend(holders);
        }
        PrintedSecrets { by_class }
    }

    /// The printing types with a field of one of `known`, that are not among these themselves.
    fn holders(&self, known: &FxHashMap<ClassRef, String>) -> Vec<(ClassRef, String)> {
        let name = |(file, class): &ClassRef| self[*file].facts.text(self[*file].facts[*class].name);
        let named: rustc_hash::FxHashSet<&str> = known.keys().map(name).collect();
        if named.is_empty() {
            return Vec::new();
        }
        self.for_each_file(|file, data| {
            let facts = &data.facts;
            let held = |field: &Binding| {
                let written = field.annotation?;
                let inner = innermost(facts, written)?;
                let is_named = names::last_name(facts, inner).is_some_and(|name| named.contains(facts.text(name)));
                if !is_named || is_left_out(facts, field) {
                    return None;
                }
                let values = self.values(file, inner).into_iter();
                let mut secrets = values.filter_map(|value| match value.origin {
                    Origin::Class(class) => known.get(&self.extended(class)),
                    _ => None,
                });
                Some(format!("{}.{}", facts.text(field.name), secrets.next()?))
            };
            let new = printing_classes(file, data).filter(|class| !known.contains_key(class));
            let holders = new.filter_map(|class| Some((class, fields(facts, class).find_map(held)?)));
            holders.collect()
        })
    }
}

impl PrintedSecrets {
    /// The type of the object that `expr` gives and the secret that it shows when it is printed, if it does.
    #[must_use]
    pub fn of(&self, program: &Program<'_>, file: FileId, expr: ExprId) -> Option<(String, &str, Confidence)> {
        if self.by_class.is_empty() {
            return None;
        }
        program.settled_values(file, expr).into_iter().find_map(|value| {
            let Origin::Instance(class) = value.origin else {
                return None;
            };
            let (at, id) = program.extended(class);
            let secret = self.by_class.get(&(at, id))?;
            if program.writes_itself((at, id)) || is_overwritten(&program[file].facts, expr, secret) {
                return None;
            }
            let facts = &program[at].facts;
            Some((facts.text(facts[id].name).to_owned(), secret.as_str(), value.confidence))
        })
    }
}

impl Program<'_> {
    /// Whether a type says itself how it is printed: `impl Display`, `def __str__`.
    fn writes_itself(&self, class: ClassRef) -> bool {
        let blocks = self.extensions.get(&class).map_or(&[][..], Vec::as_slice);
        std::iter::once(&class).chain(blocks).any(|(file, body)| {
            let facts = &self[*file].facts;
            let is_display = |base: &ExprId| {
                let name = names::last_name(facts, *base).map_or("", |name| facts.text(name));
                matches!(name, "Debug" | "Display")
            };
            let writes = |name: &str| {
                let name = facts.names.find(name);
                name.is_some_and(|name| !facts.bindings_of(facts[*body].scope, name).is_empty())
            };
            facts.list(facts[*body].bases).iter().any(is_display) || writes("__repr__") || writes("__str__")
        })
    }
}

/// Whether the secret of an object was overwritten before it is shown: `settings.password = Some("[redacted]".into())`.
fn is_overwritten(facts: &FileFacts, shown: ExprId, secret: &str) -> bool {
    let Some((_, scope)) = names::first_name(facts, shown) else {
        return false;
    };
    let field = format!("{}.{secret}", names::written(facts, shown));
    facts.stores.iter().any(|store| {
        facts[store.target].span.end <= facts[shown].span.start
            && facts.function_around(facts[store.block].scope) == facts.function_around(scope)
            && names::written(facts, store.target) == field
    })
}

/// The types of a file whose objects write out all their fields.
fn printing_classes(file: FileId, data: &ProgramFile) -> impl Iterator<Item = ClassRef> {
    let facts = &data.facts;
    let marker = match data.language {
        Language::Python => facts.names.find("dataclass"),
        Language::Rust => facts.names.find("Debug"),
        Language::Config => None,
    };
    let classes = facts.numbered_classes();
    let marked = classes.filter(move |(_, class)| marker.is_some() && class.extends.is_none());
    let printing = marked.filter(move |(_, class)| prints_fields(facts, class));
    printing.map(move |(class, _)| (file, class))
}

/// `#[derive(Debug)]`, `@dataclass`, `@dataclass(frozen=True)`
fn prints_fields(facts: &FileFacts, class: &Class) -> bool {
    let named =
        |expr: ExprId, wanted: &str| names::last_name(facts, expr).is_some_and(|name| facts.text(name) == wanted);
    let mut displays = false;
    let mut prints = false;
    for decorator in facts.list(class.decorators) {
        match facts[*decorator].kind {
            ExprKind::Call(call) if named(facts[call].callee, "derive") => {
                for derived in facts.arguments(&facts[call]) {
                    prints |= named(derived.value, "Debug");
                    // A derived text leaves out what it likes.
                    displays |= named(derived.value, "Display") || named(derived.value, "Error");
                }
            }
            ExprKind::Call(call) if named(facts[call].callee, "dataclass") => {
                let mut arguments = facts.arguments(&facts[call]).iter();
                prints |= !arguments.any(|argument| argument.keyword.is_some_and(|name| facts.text(name) == "repr"));
            }
            _ => prints |= named(*decorator, "dataclass"),
        }
    }
    prints && !displays
}

fn fields<'f>(facts: &'f FileFacts, (_, class): ClassRef) -> impl Iterator<Item = &'f Binding> + use<'f> {
    let members = facts.bindings_in(facts[class].scope).iter();
    members.filter(|member| {
        let is_field = matches!(member.kind, BindingKind::Declared | BindingKind::Value(_));
        is_field && member.annotation.is_some()
    })
}

/// The first field that holds a secret in plain text.
fn plain_secret(facts: &FileFacts, class: ClassRef, words: &Words) -> Option<String> {
    let mut secrets = fields(facts, class).filter(|field| {
        let inner = field.annotation.and_then(|written| innermost(facts, written));
        let written = inner.and_then(|inner| names::last_name(facts, inner));
        written.is_some_and(|name| PLAIN.contains(&facts.text(name)))
            && words.is_shown_secret(facts.text(field.name))
            && !is_left_out(facts, field)
    });
    secrets.next().map(|field| facts.text(field.name).to_owned())
}

/// The type that containers hold; none for what hides or keys what it holds.
fn innermost(facts: &FileFacts, written: ExprId) -> Option<ExprId> {
    match facts[written].kind {
        ExprKind::Index { object, key, .. } => {
            let container = names::last_name(facts, object)?;
            let is_known = CONTAINERS.contains(&facts.text(container));
            innermost(facts, key).filter(|_| is_known)
        }
        // `[u8; 32]`
        ExprKind::Group(elements) => innermost(facts, *facts.list(elements).first()?),
        // `str | None`
        ExprKind::Choice { options, how } => innermost(facts, *facts.options(options, how).first()?),
        ExprKind::Name { .. } | ExprKind::Member { .. } => Some(written),
        _ => None,
    }
}

/// Whether a field says that it is left out: `#[debug(skip)]`, `field(repr=False)`.
fn is_left_out(facts: &FileFacts, field: &Binding) -> bool {
    let is_marked = facts.list(field.decorators).iter().any(|decorator| {
        let callee = match facts[*decorator].kind {
            ExprKind::Call(call) => facts[call].callee,
            _ => *decorator,
        };
        names::last_name(facts, callee).is_some_and(|name| facts.text(name) == "debug")
    });
    let says_repr = match field.kind {
        BindingKind::Value(value) => match facts[value].kind {
            ExprKind::Call(call) => facts
                .arguments(&facts[call])
                .iter()
                .any(|argument| argument.keyword.is_some_and(|keyword| facts.text(keyword) == "repr")),
            _ => false,
        },
        _ => false,
    };
    is_marked || says_repr
}
