//! Secrets that arrive by field: in settings classes, in types that hold the options of a command line, and in types that a library
//! fills from the environment by the names of their fields.

use super::{ReadBy, SecretRead, sorted};
use crate::catalog::{Entry, Meaning, Role};
use crate::facts::{Argument, Binding, BindingKind, Call, ExprId, ExprKind, FileFacts, Name, ScopeId};
use crate::finding::{Confidence, Site};
use crate::program::names::{self, ClassRef, Origin};
use crate::program::{LibrarySite, Program, ProgramFile};
use crate::source::FileId;

// Settings classes

/// Fields of settings classes: `class Settings(BaseSettings): jwt_secret: str`.
pub(in crate::program) fn of_classes(program: &Program<'_>, file: FileId, data: &ProgramFile) -> Vec<SecretRead> {
    let mut found = Vec::new();
    let facts = &data.facts;
    for (id, class) in facts.numbered_classes() {
        if class.bases.len == 0 {
            continue;
        }
        let bases = program.library_bases((file, id));
        let is_settings = bases.iter().any(|base| {
            program
                .catalog()
                .base(*base)
                .is_some_and(|entry| entry.role == Some(Role::SettingsClass))
        });
        if is_settings {
            fields_of(program, (file, id), &mut found);
        }
    }
    found
}

fn fields_of(program: &Program<'_>, (file, class): ClassRef, out: &mut Vec<SecretRead>) {
    let facts = &program[file].facts;
    let scope = facts[class].scope;
    let words = program.catalog().words();
    let prefix = prefix_of(program, file, scope);
    let mut bindings: Vec<_> = facts.bindings_in(scope).iter().collect();
    bindings.sort_by_key(|binding| binding.span);
    for binding in bindings {
        let name = facts.text(binding.name);
        let value = match binding.kind {
            BindingKind::Value(value) => Some(value),
            BindingKind::Declared => None,
            _ => continue,
        };
        let is_class_variable = binding.annotation.is_some_and(|annotation| {
            let head = match facts[annotation].kind {
                ExprKind::Index { object, .. } => object,
                _ => annotation,
            };
            names::last_name(facts, head).is_some_and(|name| facts.text(name) == "ClassVar")
        });
        // Numbers and truth values are no secrets.
        let is_plain = binding.annotation.is_some_and(|annotation| {
            let kind = names::last_name(facts, annotation).map(|name| facts.text(name));
            matches!(kind, Some("bool" | "float" | "int"))
        });
        if name.starts_with('_')
            || is_class_variable
            || is_plain
            || value.is_some_and(|value| is_name_of_key(program, facts, name, value))
            || name == "model_config"
            || binding.annotation.is_none() && value.is_none()
        {
            continue;
        }
        let declaring = value.into_iter().chain(annotated_with(facts, binding));
        let declared: Vec<String> = declaring
            .flat_map(|value| declared_names(program, file, value))
            .collect();
        let names = if declared.is_empty() {
            vec![format!("{prefix}{name}")]
        } else {
            declared
        };
        let secret = names
            .into_iter()
            .filter(|name| words.is_secret(name) || words.is_secret(&name.to_uppercase()));
        let names = sorted(secret.map(|name| name.to_uppercase()));
        if !names.is_empty() {
            out.push(SecretRead {
                primary: Site {
                    file,
                    span: binding.span,
                },
                ..declared_read((file, class), facts, ReadBy::Field, names)
            });
        }
    }
}

/// Whether a field that only ends like a secret's gives the name that a key has: `redis_port_key: str = "occupied_ports"`.
fn is_name_of_key(program: &Program<'_>, facts: &FileFacts, name: &str, value: ExprId) -> bool {
    let words = program.catalog().words();
    let ExprKind::Text(text) = facts[value].kind else {
        return false;
    };
    let text = facts.text(text);
    let is_identifier = text.contains('_') && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    is_identifier && !words.is_certainly_secret(name) && !words.is_secret_text(name, text)
}

/// What a field's type is annotated with: `Annotated[str, Field(…)]`.
fn annotated_with(facts: &FileFacts, field: &Binding) -> Vec<ExprId> {
    let key = match field.annotation.map(|annotation| facts[annotation].kind) {
        Some(ExprKind::Index { object, key, .. })
            if names::last_name(facts, object).is_some_and(|name| facts.text(name) == "Annotated") =>
        {
            key
        }
        _ => return Vec::new(),
    };
    match facts[key].kind {
        ExprKind::Group(parts) => facts.list(parts).iter().skip(1).copied().collect(),
        _ => Vec::new(),
    }
}

/// The names that `Field(alias=…, validation_alias=AliasChoices(…), env=…)` gives a field.
fn declared_names(program: &Program<'_>, file: FileId, value: ExprId) -> Vec<String> {
    let Some(site) = program.site_at(file, value) else {
        return Vec::new();
    };
    if program
        .entry(site)
        .is_none_or(|entry| entry.role != Some(Role::DeclaresField))
    {
        return Vec::new();
    }
    let Some(name) = program.argument(site, "name") else {
        return Vec::new();
    };
    let facts = &program[file].facts;
    let mut names: Vec<String> = program.texts(file, name).into_iter().map(|text| text.text).collect();
    names.extend(
        program
            .elements(file, name, 0)
            .into_iter()
            .flat_map(|(at, element)| program.texts(at, element))
            .map(|text| text.text),
    );
    if let ExprKind::Call(call) = facts[name].kind {
        names.extend(
            facts
                .arguments(&facts[call])
                .iter()
                .flat_map(|choice| program.texts(file, choice.value))
                .map(|text| text.text),
        );
    }
    names
}

/// `env_prefix` of `model_config = SettingsConfigDict(…)` or of an inner `class Config`.
fn prefix_of(program: &Program<'_>, file: FileId, scope: ScopeId) -> String {
    let facts = &program[file].facts;
    let text = |expr: ExprId| program.texts(file, expr).into_iter().next().map(|text| text.text);
    for binding in facts.bindings_in(scope) {
        let found = match (facts.text(binding.name), binding.kind) {
            ("model_config", BindingKind::Value(value)) => match facts[value].kind {
                ExprKind::Call(call) => {
                    let arguments = facts.arguments(&facts[call]).iter();
                    let mut prefix = arguments.filter(|argument| {
                        argument
                            .keyword
                            .is_some_and(|keyword| facts.text(keyword) == "env_prefix")
                    });
                    prefix.next().and_then(|argument| text(argument.value))
                }
                ExprKind::Table(entries) => facts.entries(entries).iter().find_map(|(key, value)| {
                    let is_prefix = key.is_some_and(
                        |key| matches!(facts[key].kind, ExprKind::Text(name) if facts.text(name) == "env_prefix"),
                    );
                    if is_prefix { text(*value) } else { None }
                }),
                _ => None,
            },
            ("Config", BindingKind::Class(inner)) => facts.names.find("env_prefix").and_then(|name| {
                facts
                    .bindings_of(facts[inner].scope, name)
                    .iter()
                    .find_map(|binding| match binding.kind {
                        BindingKind::Value(value) => text(value),
                        _ => None,
                    })
            }),
            _ => None,
        };
        if let Some(prefix) = found {
            return prefix;
        }
    }
    String::new()
}

// Options

/// Fields of types that a library fills from the command line and the environment: `#[arg(env = "JWT_SECRET")] key: String`.
pub(in crate::program) fn of_options(program: &Program<'_>, file: FileId, data: &ProgramFile) -> Vec<SecretRead> {
    let facts = &data.facts;
    let mut found = Vec::new();
    for (id, class) in facts.numbered_classes() {
        if class.decorators.len == 0 {
            continue;
        }
        let fields = facts.bindings_in(class.scope).iter();
        let mut fields = fields.filter(|field| field.decorators.len > 0).peekable();
        if fields.peek().is_none() {
            continue;
        }
        let bases = program.library_bases((file, id));
        let entry = bases
            .iter()
            .filter_map(|base| program.catalog().base(*base))
            .find(|entry| entry.role == Some(Role::DeclaresOption));
        if let Some(entry) = entry {
            found.extend(fields.filter_map(|field| option(program, (file, id), entry, field)));
        }
    }
    found
}

/// The secret that the attributes of one field say to come from the environment.
fn option(program: &Program<'_>, (file, class): ClassRef, entry: &Entry, field: &Binding) -> Option<SecretRead> {
    let facts = &program[file].facts;
    let words = program.catalog().words();
    let means = |wanted: &str, keyword: Name| {
        let of_it = entry.arguments.iter().filter(|(meaning, _)| meaning == wanted);
        let mut meanings = of_it.flat_map(|(_, meanings)| meanings);
        meanings.any(|meaning| matches!(meaning, Meaning::Keyword(word) if word == facts.text(keyword)))
    };
    let attributes = || attributes_of(facts, field);
    let (names, place) = attributes().find_map(|attribute| match (attribute.keyword, facts[attribute.value].kind) {
        (Some(keyword), _) if means("environment", keyword) => {
            let names = program.texts(file, attribute.value).into_iter().map(|text| text.text);
            Some((names.collect(), facts[attribute.value].span))
        }
        // `#[arg(env)]`: the field's own name.
        (None, ExprKind::Name { name, .. }) if means("environment", name) => {
            let own = facts.text(field.name).to_uppercase();
            Some((vec![own], facts[attribute.value].span))
        }
        _ => None,
    })?;
    // What help must not show may be a secret though its name alone does not say so.
    let is_hidden = attributes().any(|attribute| {
        attribute.keyword.is_some_and(|keyword| means("hidden", keyword))
            && facts[attribute.value].kind == ExprKind::Truth(true)
    });
    let is_secret = |name: &String| words.is_secret(name) || is_hidden && words.may_be_secret(name);
    let names = sorted(names.into_iter().filter(is_secret));
    let default = attributes().find(|attribute| attribute.keyword.is_some_and(|keyword| means("default", keyword)));
    let is_secret = !names.is_empty() && may_hold_secret(facts, field);
    is_secret.then(|| SecretRead {
        primary: Site { file, span: place },
        default: default.map(|attribute| attribute.value),
        ..declared_read((file, class), facts, ReadBy::Name, names)
    })
}

// Types that are filled by the names of their fields

/// Fields of types that a library fills where it is asked for one: `envy::prefixed("APP_").from_env::<Settings>()`.
pub(in crate::program) fn of_filled_types(program: &Program<'_>, file: FileId) -> Vec<SecretRead> {
    let mut found = Vec::new();
    for site in program.sites_in(file) {
        if program
            .entry(site)
            .is_none_or(|entry| entry.role != Some(Role::FillsFields))
        {
            continue;
        }
        let mut classes = Vec::new();
        types_asked(program, site, &mut classes);
        if classes.is_empty() {
            continue;
        }
        if let Some(naming) = Naming::of(program, site) {
            for class in classes {
                let mut path = Vec::new();
                naming.fields_of(program, class, &mut path, &mut found);
            }
        }
    }
    found
}

/// How settings are named that fill a type.
#[derive(Debug)]
struct Naming {
    /// What stands before all of them, one for each place that they come from.
    prefixes: Vec<String>,
    /// What stands between the name of a field that is a type itself and those of its own fields; none if such fields are not
    /// filled one by one.
    separator: Option<String>,
}

/// Types in types are followed this deep.
const MOST_NESTED: usize = 4;

impl Naming {
    /// As the calls say which put the settings together that `site` is called on; none if the environment is no part of them.
    fn of(program: &Program<'_>, site: &LibrarySite) -> Option<Self> {
        let mut sources = Vec::new();
        put_together(program, site.file, site.expr, 0, &mut sources);
        let text = |site: &LibrarySite, meaning: &str| {
            let expr = program.argument(site, meaning)?;
            program.texts(site.file, expr).into_iter().next().map(|text| text.text)
        };
        let separator = sources.iter().find_map(|site| text(site, "separator"));
        let is_environment = |site: &&&LibrarySite| {
            let role = program.entry(site).and_then(|entry| entry.role);
            role == Some(Role::ReadsAllSettings)
        };
        let mut prefixes: Vec<String> = sources
            .iter()
            .filter(is_environment)
            .map(|site| {
                let joined = text(site, "namespace").map(|word| word + separator.as_deref().unwrap_or("_"));
                joined.or_else(|| text(site, "prefix")).unwrap_or_default()
            })
            .collect();
        prefixes.sort();
        prefixes.dedup();
        // What is no method of something that was put together reads the environment itself.
        if prefixes.is_empty() && is_function(program, site) {
            prefixes.push(String::new());
        }
        (!prefixes.is_empty()).then_some(Self { prefixes, separator })
    }

    fn fields_of(
        &self,
        program: &Program<'_>,
        (file, class): ClassRef,
        path: &mut Vec<String>,
        out: &mut Vec<SecretRead>,
    ) {
        if path.len() > MOST_NESTED {
            return;
        }
        let facts = &program[file].facts;
        let mut fields: Vec<&Binding> = facts.bindings_in(facts[class].scope).iter().collect();
        fields.sort_by_key(|field| field.span);
        for field in fields {
            let (BindingKind::Declared, Some(written)) = (field.kind, field.annotation) else {
                continue;
            };
            let form = Form::of(facts, field);
            if form.is_skipped {
                continue;
            }
            let inner = class_written(program, file, written, 0).filter(|inner| has_fields(program, *inner));
            match inner {
                Some(inner) if form.is_flat => self.fields_of(program, inner, path, out),
                Some(inner) if self.separator.is_some() => {
                    path.push(form.names[0].to_owned());
                    self.fields_of(program, inner, path, out);
                    path.pop();
                }
                Some(_) => {}
                None => out.extend(self.read(program, (file, class), field, &form, path)),
            }
        }
    }

    fn read(
        &self,
        program: &Program<'_>,
        (file, class): ClassRef,
        field: &Binding,
        form: &Form<'_>,
        path: &[String],
    ) -> Option<SecretRead> {
        let facts = &program[file].facts;
        let words = program.catalog().words();
        let separator = self.separator.as_deref().unwrap_or("_");
        let mut names = Vec::new();
        for prefix in &self.prefixes {
            for name in &form.names {
                let segments: Vec<&str> = path.iter().map(String::as_str).chain([*name]).collect();
                names.push(format!("{prefix}{}", segments.join(separator)).to_uppercase());
            }
        }
        let names = sorted(names.into_iter().filter(|name| words.is_secret(name)));
        let is_secret = !names.is_empty() && may_hold_secret(facts, field);
        is_secret.then(|| SecretRead {
            primary: Site { file, span: field.span },
            default: form.default,
            ..declared_read((file, class), facts, ReadBy::Field, names)
        })
    }
}

/// What the attributes of a field say of how it is filled.
struct Form<'f> {
    /// Its names, the main one first.
    names: Vec<&'f str>,
    /// Whether the fields of its type stand in its place.
    is_flat: bool,
    is_skipped: bool,
    /// What it is where nothing is set.
    default: Option<ExprId>,
}

impl<'f> Form<'f> {
    fn of(facts: &'f FileFacts, field: &Binding) -> Self {
        let mut form = Self {
            names: vec![facts.text(field.name)],
            is_flat: false,
            is_skipped: false,
            default: None,
        };
        for attribute in attributes_of(facts, field) {
            let text = match facts[attribute.value].kind {
                ExprKind::Text(text) => Some(facts.text(text)),
                _ => None,
            };
            match (attribute.keyword.map(|keyword| facts.text(keyword)), text) {
                (Some("rename"), Some(name)) => form.names[0] = name,
                (Some("alias"), Some(name)) => form.names.push(name),
                (Some("default"), Some(function)) => form.default = given_by(facts, function).or(Some(attribute.value)),
                (None, _) => match names::last_name(facts, attribute.value).map_or("", |name| facts.text(name)) {
                    "flatten" => form.is_flat = true,
                    "skip" | "skip_deserializing" => form.is_skipped = true,
                    "default" => form.default = Some(attribute.value),
                    _ => {}
                },
                _ => {}
            }
        }
        form
    }
}

impl Program<'_> {
    /// The one value that the function of a file gives that an attribute names: `#[serde(default = "function")]`.
    #[must_use]
    pub fn given_by(&self, file: FileId, function: &str) -> Option<ExprId> {
        given_by(&self[file].facts, function)
    }
}

/// The one value that a function of this file gives: `#[serde(default = "function")]`.
fn given_by(facts: &FileFacts, path: &str) -> Option<ExprId> {
    let name = facts.names.find(path.rsplit("::").next().unwrap_or(path))?;
    let mut named = facts.numbered_functions();
    let (function, _) = named.find(|(_, function)| function.name == Some(name))?;
    let mut returns = facts.returns_of(function).iter();
    match (returns.next(), returns.next()) {
        (Some(only), None) => only.value,
        _ => None,
    }
}

/// The types of the program that a call is asked for: as it is told, or as what takes its result is declared.
fn types_asked(program: &Program<'_>, site: &LibrarySite, out: &mut Vec<ClassRef>) {
    let facts = &program[site.file].facts;
    let mut written = Vec::new();
    match site.call.and_then(|call| facts.asked_type(call)) {
        Some(asked) => written.push(asked),
        None => declared_types(facts, site.expr, 0, &mut written),
    }
    for written in written {
        out.extend(class_written(program, site.file, written, 0));
    }
    out.dedup();
}

/// The types that the places are declared with which get the value of `expr`: variables, statics, the results of functions.
fn declared_types(facts: &FileFacts, expr: ExprId, step: u32, out: &mut Vec<ExprId>) {
    if step > 3 {
        return;
    }
    let mut bound = Vec::new();
    for binding in &facts.bindings {
        if let BindingKind::Value(value) = binding.kind
            && gives(facts, value, expr)
        {
            match binding.annotation {
                Some(annotation) => out.push(annotation),
                None => bound.push((binding.name, binding.scope)),
            }
        }
    }
    let is_it = |value: ExprId| {
        let is_bound = matches!(facts[value].kind, ExprKind::Name { name, scope } if bound.contains(&(name, scope)));
        is_bound || gives(facts, value, expr)
    };
    for returned in &facts.returns {
        if !returned.value.is_some_and(is_it) {
            continue;
        }
        let function = &facts[returned.function];
        match function.returns {
            Some(returns) => out.push(returns),
            // `LazyLock::new(|| …)`: what is asked of the closure is asked of what takes it.
            None if function.name.is_none() => {
                let takes = |call: &&Call| {
                    let mut arguments = facts.arguments(call).iter();
                    arguments.any(|argument| facts[argument.value].kind == ExprKind::Lambda(returned.function))
                };
                for call in facts.calls.iter().filter(takes) {
                    declared_types(facts, call.expr, step + 1, out);
                }
            }
            None => {}
        }
    }
}

/// Whether `value` is what `expr` gives, or something else where that is not there.
fn gives(facts: &FileFacts, value: ExprId, expr: ExprId) -> bool {
    value == expr
        || match facts[value].kind {
            ExprKind::Through(inner) => gives(facts, inner, expr),
            ExprKind::Choice { options, how } => facts.options(options, how).contains(&expr),
            _ => false,
        }
}

/// The class of the program that a type names, wrappers (`Result<Settings, Error>`, `Arc<Settings>`) looked through.
fn class_written(program: &Program<'_>, file: FileId, written: ExprId, step: u32) -> Option<ClassRef> {
    let facts = &program[file].facts;
    let head = match facts[written].kind {
        ExprKind::Index { object, .. } => object,
        _ => written,
    };
    let class = program
        .values(file, head)
        .into_iter()
        .find_map(|value| match value.origin {
            Origin::Class(class) => Some(program.extended(class)),
            _ => None,
        });
    match facts[written].kind {
        _ if class.is_some() || step > 4 => class,
        ExprKind::Index { key, .. } => {
            let first = match facts[key].kind {
                ExprKind::Group(arguments) => *facts.list(arguments).first()?,
                _ => key,
            };
            class_written(program, file, first, step + 1)
        }
        _ => None,
    }
}

/// Whether a library function is called by its path, and not as a method.
fn is_function(program: &Program<'_>, site: &LibrarySite) -> bool {
    match program[site.file].facts[site.callee].kind {
        ExprKind::Member { object, .. } => {
            let values = program.values(site.file, object);
            values.iter().any(|value| matches!(value.origin, Origin::Library(_)))
        }
        _ => true,
    }
}

fn has_fields(program: &Program<'_>, (file, class): ClassRef) -> bool {
    let facts = &program[file].facts;
    let mut members = facts.bindings_in(facts[class].scope).iter();
    let is_named = |member: &Binding| {
        !facts
            .text(member.name)
            .starts_with(|first: char| first.is_ascii_digit())
    };
    members.any(|member| member.kind == BindingKind::Declared && member.annotation.is_some() && is_named(member))
}

/// The library sites that put the value of `expr` together: those in it, and those in what stands at the start of its chain of
/// calls, be it a variable or what a function of the program gives.
fn put_together<'p>(program: &'p Program<'_>, file: FileId, expr: ExprId, step: u32, out: &mut Vec<&'p LibrarySite>) {
    let facts = &program[file].facts;
    if step == 0 || !matches!(facts[expr].kind, ExprKind::Name { .. }) {
        let place = facts[expr].span;
        let inside = program
            .sites_in(file)
            .iter()
            .filter(|site| place.contains(facts[site.expr].span));
        let new: Vec<&LibrarySite> = inside
            .filter(|site| !out.iter().any(|known| known.expr == site.expr))
            .collect();
        out.extend(new);
    }
    if step > 4 {
        return;
    }
    let mut at = expr;
    loop {
        let called = match facts[at].kind {
            ExprKind::Call(call) => facts[call].callee,
            ExprKind::Through(inner) => {
                at = inner;
                continue;
            }
            _ => at,
        };
        for value in program.values(file, called) {
            match value.origin {
                Origin::Function((other, function)) if called != at => {
                    let given = program[other].facts.returns_of(function).iter();
                    for value in given.filter_map(|returned| returned.value) {
                        put_together(program, other, value, step + 1, out);
                    }
                }
                Origin::Written(other, written) if (other, written) != (file, expr) && written != called => {
                    put_together(program, other, written, step + 1, out);
                }
                _ => {}
            }
        }
        match facts[called].kind {
            ExprKind::Member { object, .. } => at = object,
            _ => return,
        }
    }
}

// What they have in common

/// The arguments of a field's attributes.
fn attributes_of<'f>(facts: &'f FileFacts, field: &Binding) -> impl Iterator<Item = &'f Argument> + use<'f> {
    let decorators = facts.list(field.decorators).iter();
    let calls = decorators.filter_map(|decorator| match facts[*decorator].kind {
        ExprKind::Call(call) => Some(facts.arguments(&facts[call])),
        _ => None,
    });
    calls.flatten()
}

/// Whether a field is declared to be neither a truth value, a number nor a path: those are about a secret, whatever its name.
fn may_hold_secret(facts: &FileFacts, field: &Binding) -> bool {
    let mut written = field.annotation;
    while let Some(ExprKind::Index { key, .. }) = written.map(|written| facts[written].kind) {
        written = Some(key);
    }
    let name = written.and_then(|written| names::last_name(facts, written));
    !matches!(
        name.map_or("", |name| facts.text(name)),
        "bool"
            | "Duration"
            | "f32"
            | "f64"
            | "i16"
            | "i32"
            | "i64"
            | "i8"
            | "Path"
            | "PathBuf"
            | "u16"
            | "u32"
            | "u64"
            | "u8"
            | "usize"
            | "Utf8Path"
            | "Utf8PathBuf"
    )
}

/// A read that is declared as a field of `class`.
fn declared_read((file, class): ClassRef, facts: &FileFacts, by: ReadBy, names: Vec<String>) -> SecretRead {
    SecretRead {
        primary: Site {
            file,
            span: facts[class].span,
        },
        scope: facts[class].scope,
        by,
        names,
        subject: facts.text(facts[class].name).to_owned(),
        expr: None,
        default: None,
        confidence: Confidence::Certain,
        through: Vec::new(),
    }
}
