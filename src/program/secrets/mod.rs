//! Where the program reads secrets: settings with secret names, secret files, secret managers, fields of settings classes.
//!
//! `fields` (those that arrive by field), `wrappers` (functions that read what they are told to), `fallbacks` (what stands in for a secret
//! that is not set), `ways` (names of where a secret lies), `printed` (objects that show theirs), `rewrites` (how others call the owner).

pub(in crate::program) mod fallbacks;
pub(in crate::program) mod fields;
pub(in crate::program) mod printed;
pub(in crate::program) mod rewrites;
pub(in crate::program) mod ways;
pub(in crate::program) mod wrappers;

use crate::catalog::Role;
use crate::facts::{BindingKind, BlockKind, Comparison, ExprId, ExprKind, FileFacts, How, Language, ScopeId};
use crate::finding::{Confidence, Site};
use crate::program::handed::HandedOn;
use crate::program::names::{self, FunctionRef, Origin};
use crate::program::{LibrarySite, Program, ProgramFile};
use crate::source::FileId;
use rustc_hash::FxHashMap;

/// A place where a secret is read.
#[derive(Clone, Debug)]
pub struct SecretRead {
    /// The place that stands for it.
    pub primary: Site,
    /// The scope it runs in.
    pub scope: ScopeId,
    /// By which way.
    pub by: ReadBy,
    /// The secret settings it can name, sorted; `*` stands for unknown parts. A manager's read may have none.
    pub names: Vec<String>,
    /// The call as it is written, or the class of a field.
    pub subject: String,
    /// The reading expression; none for what is declared (a field, an option).
    pub expr: Option<ExprId>,
    /// What it gives where the setting is not set, if the call says so.
    pub default: Option<ExprId>,
    /// How it was resolved.
    pub confidence: Confidence,
    /// The functions of the program that read it by the name they are given, the one that is called here first; empty for a read of
    /// its own.
    pub through: Vec<FunctionRef>,
}

/// The way a secret is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadBy {
    /// By a setting's name, for its value.
    Name,
    /// By a setting's name, only to see whether it is there.
    Presence,
    /// As a field of a settings class, or of a type that a library fills from the settings.
    Field,
    /// From a file.
    File,
    /// From a secret manager.
    Manager,
}

/// All reads: the direct ones, and those through functions of the program.
pub(in crate::program) fn with_wrapped(program: &Program<'_>, direct: Vec<SecretRead>) -> Vec<SecretRead> {
    let mut reads = direct;
    reads.extend(wrappers::reads(program));
    reads.sort_by_key(|read| read.primary);
    // Several ways lead from one call to the environment where a wrapper may be one of several.
    reads.dedup_by(|later, first| later.primary == first.primary && later.names == first.names);
    reads
}

/// Which of `reads` each reading expression is.
pub(in crate::program) fn by_expr(reads: &[SecretRead]) -> FxHashMap<(FileId, ExprId), usize> {
    let by_expr = reads.iter().enumerate();
    by_expr
        .filter_map(|(index, read)| Some(((read.primary.file, read.expr?), index)))
        .collect()
}

/// The reads that go through no other function of the program.
pub(in crate::program) fn direct(program: &Program<'_>) -> Vec<SecretRead> {
    program.for_each_file(|file, data| {
        let mut reads: Vec<SecretRead> = program
            .sites_in(file)
            .iter()
            .filter_map(|site| read_at(program, data, site))
            .collect();
        let handed_on = program.handed_on_in(file).iter();
        reads.extend(handed_on.filter_map(|handed| handed_on_read(program, handed)));
        match data.language {
            Language::Python => reads.extend(fields::of_classes(program, file, data)),
            Language::Rust => {
                reads.extend(fields::of_options(program, file, data));
                reads.extend(fields::of_filled_types(program, file));
            }
            Language::Config => {}
        }
        reads.sort_by_key(|read| read.primary);
        reads
    })
}

fn read_at(program: &Program<'_>, data: &ProgramFile, site: &LibrarySite) -> Option<SecretRead> {
    let facts = &data.facts;
    let role = program.entry(site)?.role?;
    let (by, names) = match role {
        Role::ReadsSetting => {
            // `environ.pop(name)` on a line of its own deletes.
            let method = names::last_name(facts, site.callee).map(|name| facts.text(name));
            if site.call.is_some_and(|call| facts[call].discarded) && method == Some("pop") {
                return None;
            }
            let names = secret_names(program, site, "name");
            let is_none = defaults_to_a_switch(program, site)
                || is_put_back(program, site, &names)
                || (names.len() == 1 && gives_path(facts, site.expr));
            if names.is_empty() || is_none {
                return None;
            }
            (
                if only_for_presence(facts, site.expr) {
                    ReadBy::Presence
                } else {
                    ReadBy::Name
                },
                names,
            )
        }
        Role::DeclaresOption => {
            let names = secret_names(program, site, "environment");
            if names.is_empty() {
                return None;
            }
            (ReadBy::Name, names)
        }
        Role::ReadsSecret => (ReadBy::Manager, secret_names(program, site, "name")),
        Role::OpensFile => {
            if writes(program, site) {
                return None;
            }
            let names = secret_files(program, site);
            if names.is_empty() {
                return None;
            }
            (ReadBy::File, names)
        }
        _ => return None,
    };
    Some(SecretRead {
        primary: program.primary(site),
        scope: site.scope,
        by,
        names,
        subject: program.written(site.file, site.callee),
        expr: Some(site.expr),
        default: program
            .argument(site, "default")
            .filter(|default| role != Role::DeclaresOption || !is_flag(facts, *default)),
        confidence: site.confidence,
        through: Vec::new(),
    })
}

/// Whether a text is the flag of an option, which stands first where the default stands elsewhere: `Annotated[str, Option("--key")]`.
fn is_flag(facts: &FileFacts, expr: ExprId) -> bool {
    matches!(facts[expr].kind, ExprKind::Text(text) if facts.text(text).starts_with('-'))
}

/// What reads settings by the names that are handed on beside it: `map(os.getenv, NAMES)`.
fn handed_on_read(program: &Program<'_>, handed: &HandedOn) -> Option<SecretRead> {
    let role = handed.entry(program)?.role?;
    if !matches!(role, Role::ReadsSetting | Role::ReadsSecret) {
        return None;
    }
    let passed = handed.passed(program).into_iter();
    let names = sorted(passed.flat_map(|names| secret_names_in(program, handed.file, names)));
    (!names.is_empty()).then(|| SecretRead {
        primary: handed.primary(program),
        scope: handed.scope,
        by: ReadBy::Name,
        names,
        subject: program.written(handed.file, handed.reference),
        expr: None,
        default: None,
        confidence: handed.confidence,
        through: Vec::new(),
    })
}

/// `getenv("ALLOW_API_KEYS", "false")`: whatever its name says, the setting is a switch.
fn defaults_to_a_switch(program: &Program<'_>, site: &LibrarySite) -> bool {
    let facts = &program[site.file].facts;
    program
        .argument(site, "default")
        .is_some_and(|default| is_switch(program, facts, default))
}

pub(in crate::program) fn is_switch(program: &Program<'_>, facts: &FileFacts, value: ExprId) -> bool {
    match facts[value].kind {
        ExprKind::Truth(_) => true,
        ExprKind::Text(text) => program.catalog().words().truth(facts.text(text)).is_some(),
        _ => false,
    }
}

fn secret_names(program: &Program<'_>, site: &LibrarySite, argument: &str) -> Vec<String> {
    let Some(names) = program.argument(site, argument) else {
        return Vec::new();
    };
    let mut secret = secret_names_in(program, site.file, names);
    if secret.is_empty() {
        secret.extend(name_of_unknown_constant(program, site.file, names));
    }
    sorted(secret.into_iter())
}

/// What the name of a constant of others says of the setting that it names: `keys::JWT_SECRET_ENV`, where nothing is known of `keys`.
fn name_of_unknown_constant(program: &Program<'_>, file: FileId, expr: ExprId) -> Option<String> {
    let facts = &program[file].facts;
    let is_path = matches!(facts[expr].kind, ExprKind::Name { .. } | ExprKind::Member { .. });
    let name = names::last_name(facts, expr).filter(|_| is_path)?;
    let name = facts.text(name);
    let is_constant = name
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_constant || !program.values(file, expr).is_empty() {
        return None;
    }
    let words = program.catalog().words();
    let said = words.setting_of_constant(name);
    words.is_secret(said).then(|| format!("*{said}*"))
}

/// Whether what is read is the path of a file: `Path(value)`, `open(value)`.
fn gives_path(facts: &FileFacts, read: ExprId) -> bool {
    let kept = facts
        .bindings
        .iter()
        .find(|binding| matches!(binding.kind, BindingKind::Value(value) if value == read));
    facts.calls.iter().any(|call| {
        let opens = names::last_name(facts, call.callee).is_some_and(|name| OPENING.contains(&facts.text(name)));
        opens
            && facts
                .arguments(call)
                .first()
                .is_some_and(|first| match facts[first.value].kind {
                    ExprKind::Name { name, scope } => kept.is_some_and(|kept| kept.name == name && kept.scope == scope),
                    _ => first.value == read,
                })
    })
}

/// What is handed a path.
const OPENING: &[&str] = &[
    "Path",
    "PurePath",
    "expanduser",
    "from_service_account_file",
    "isfile",
    "open",
];

/// Whether a read only keeps what is put back after something else was there: `before = environ.get(name)`, `environ[name] = other`
/// and `environ[name] = before`.
fn is_put_back(program: &Program<'_>, site: &LibrarySite, names: &[String]) -> bool {
    let facts = &program[site.file].facts;
    let kept = facts
        .bindings
        .iter()
        .find(|binding| matches!(binding.kind, BindingKind::Value(value) if value == site.expr));
    let Some(kept) = kept else { return false };
    let is_kept = |value: ExprId| matches!(facts[value].kind, ExprKind::Name { name, scope } if name == kept.name && scope == kept.scope);
    let is_same_setting = |target: ExprId| match facts[target].kind {
        ExprKind::Index { object, key, .. } => {
            let mapping = names::last_name(facts, object).map(|mapping| facts.text(mapping));
            let mut keys = program.texts(site.file, key).into_iter();
            mapping == Some("environ") && keys.next().is_some_and(|key| names == [key.text]) && keys.next().is_none()
        }
        _ => false,
    };
    let mut written = facts.stores.iter().filter(|store| {
        is_same_setting(store.target) && facts[store.target].span.start > kept.span.start && store.value.is_some()
    });
    // The first write behind the read is of something else, a later one of what was read.
    written.next().is_some_and(|first| !first.value.is_some_and(is_kept))
        && written.any(|later| later.value.is_some_and(is_kept))
}

/// The secret names that an expression can be, or that are among its elements.
fn secret_names_in(program: &Program<'_>, file: FileId, names: ExprId) -> Vec<String> {
    let words = program.catalog().words();
    let texts = program.texts(file, names).into_iter();
    let elements = program.elements(file, names, 0).into_iter();
    let listed = elements.flat_map(|(file, element)| program.texts(file, element));
    let facts = &program[file].facts;
    let secret = texts
        .chain(listed)
        .map(|text| text.text)
        .filter(|text| words.is_secret(text) && !is_key_of_secret(facts, text));
    secret.collect()
}

/// Whether a setting beside it names the secret of which this one names the key: `APP_SECRET_NAME` and `APP_SECRET_KEY`.
fn is_key_of_secret(facts: &FileFacts, name: &str) -> bool {
    let holder = name.strip_suffix("SECRET_KEY").map(|stem| format!("{stem}SECRET_NAME"));
    holder.is_some_and(|holder| facts.names.find(&holder).is_some())
}

pub(in crate::program) fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort();
    names.dedup();
    names
}

// Files

/// `open(path, "w")`: the mode says that nothing is read.
fn writes(program: &Program<'_>, site: &LibrarySite) -> bool {
    let facts = &program[site.file].facts;
    let Some(call) = site.call else { return false };
    // `os.fdopen(os.open(path, flags), "w")`: what is around the call says how.
    let around = facts.calls.iter().filter(|around| {
        let mut arguments = facts.arguments(around).iter();
        arguments.any(|argument| argument.value == facts[call].expr)
    });
    let arguments = around.chain([&facts[call]]).flat_map(|call| facts.arguments(call));
    arguments.into_iter().any(|argument| match facts[argument.value].kind {
        ExprKind::Text(text) => {
            let mode = facts.text(text);
            !mode.is_empty()
                && mode.len() <= 3
                && mode.starts_with(['w', 'a', 'x'])
                && mode.bytes().all(|sign| b"waxbt+r".contains(&sign))
        }
        _ => false,
    })
}

fn secret_files(program: &Program<'_>, site: &LibrarySite) -> Vec<String> {
    let facts = &program[site.file].facts;
    let path = program
        .argument(site, "path")
        .or_else(|| match facts[site.callee].kind {
            ExprKind::Member { object, .. } => Some(object),
            _ => None,
        });
    let Some(path) = path else { return Vec::new() };
    let paths = path_texts(program, site.file, path).into_iter();
    let secret = paths.filter(|path| is_secret_path(program, path));
    sorted(secret.chain(settings_of_secret_files(program, site.file, path)))
}

/// The settings which an expression can be that say where a secret lies: `os.environ["JWT_SECRET_FILE"]`.
fn settings_of_secret_files(program: &Program<'_>, file: FileId, path: ExprId) -> Vec<String> {
    let words = program.catalog().words();
    let written = program.written_values(file, path).into_iter();
    let reads = written.filter_map(|(at, expr)| program.site_at(at, expr));
    let settings = reads.filter(|site| {
        let role = program.entry(site).and_then(|entry| entry.role);
        role == Some(Role::ReadsSetting)
    });
    let names = settings.filter_map(|site| Some((site.file, program.argument(site, "name")?)));
    let texts = names
        .flat_map(|(at, name)| program.texts(at, name))
        .map(|text| text.text);
    let of_secrets = texts.filter(|name| {
        let stem = ["_FILE", "_PATH"].iter().find_map(|suffix| name.strip_suffix(suffix));
        stem.is_some_and(|stem| words.is_secret(stem))
    });
    of_secrets.collect()
}

/// The paths an expression can name, `Path(…)` looked through.
fn path_texts(program: &Program<'_>, file: FileId, path: ExprId) -> Vec<String> {
    let mut texts: Vec<String> = program.texts(file, path).into_iter().map(|text| text.text).collect();
    for value in program.values(file, path) {
        if let Origin::Written(at, expr) = value.origin
            && let ExprKind::Call(call) = program[at].facts[expr].kind
            && let Some(argument) = program[at].facts.arguments(&program[at].facts[call]).first()
            && names::last_name(&program[at].facts, program[at].facts[call].callee)
                .is_some_and(|name| program[at].facts.text(name).ends_with("Path"))
        {
            texts.extend(program.texts(at, argument.value).into_iter().map(|text| text.text));
        }
    }
    if program[file].language == Language::Rust {
        for (at, written) in program.written_values(file, path) {
            texts.extend(built_paths(program, at, written, 0));
        }
    }
    texts
}

/// The paths that Rust builds: `Path::new("/run/secrets").join("api_key")`.
fn built_paths(program: &Program<'_>, file: FileId, path: ExprId, step: u32) -> Vec<String> {
    let facts = &program[file].facts;
    let ExprKind::Call(call) = facts[through(facts, path)].kind else {
        return Vec::new();
    };
    let (ExprKind::Member { object, name }, [argument]) =
        (facts[facts[call].callee].kind, facts.arguments(&facts[call]))
    else {
        return Vec::new();
    };
    let given = || program.texts(file, argument.value).into_iter().map(|text| text.text);
    match facts.text(name) {
        "from" | "new" => {
            let of_paths =
                names::last_name(facts, object).is_some_and(|class| matches!(facts.text(class), "Path" | "PathBuf"));
            if of_paths { given().collect() } else { Vec::new() }
        }
        "join" if step < 4 => {
            let folders = program
                .written_values(file, object)
                .into_iter()
                .flat_map(|(at, folder)| built_paths(program, at, folder, step + 1));
            folders
                .flat_map(|folder| given().map(move |name| format!("{folder}/{name}")))
                .collect()
        }
        _ => Vec::new(),
    }
}

fn through(facts: &FileFacts, mut expr: ExprId) -> ExprId {
    while let ExprKind::Through(inner) = facts[expr].kind {
        expr = inner;
    }
    expr
}

/// Whether a file's path says that it holds a secret: it lies in a folder of secrets, or its name is a secret's.
fn is_secret_path(program: &Program<'_>, path: &str) -> bool {
    let words = program.catalog().words();
    let mut segments = path.rsplit('/');
    let name = segments.next().unwrap_or("");
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    if name.is_empty() || words.is_public_file(path) {
        return false;
    }
    segments.any(|folder| folder == "secrets") || words.is_secret(stem) || words.is_key_file(stem, extension)
}

// Presence

/// A read with the calls behind it that only trim what it gives: `getenv("X", "").strip()`.
fn with_trimming(facts: &FileFacts, read: ExprId) -> ExprId {
    let trimming = facts.calls.iter().find(|call| {
        matches!(facts[call.callee].kind, ExprKind::Member { object, name } if object == read && facts.text(name) == "strip")
            && facts.arguments(call).is_empty()
    });
    trimming.map_or(read, |call| call.expr)
}

/// Whether an expression only decides which way is taken: the condition of a branch, or of an expression of two ways.
pub(in crate::program) fn is_only_asked(facts: &FileFacts, expr: ExprId) -> bool {
    let is_branch = facts
        .blocks
        .iter()
        .any(|block| matches!(block.kind, BlockKind::Branch { condition, .. } if condition == expr));
    let decides = |other: ExprKind| match other {
        ExprKind::Choice {
            options,
            how: How::ByCondition,
        } => facts.list(options).last() == Some(&expr),
        _ => false,
    };
    let is_kept = facts
        .bindings
        .iter()
        .any(|binding| matches!(binding.kind, BindingKind::Value(value) if value == expr));
    !is_kept
        && (is_branch
            || facts
                .exprs_around(facts[expr].span)
                .any(|(_, other)| decides(other.kind)))
}

/// Whether a read's value is used only to see whether it is there: as a condition, negated, compared with nothing.
pub(in crate::program) fn only_for_presence(facts: &FileFacts, read: ExprId) -> bool {
    let read = with_trimming(facts, read);
    let place = facts[read].span;
    let is_alternative = |expr: ExprId| match facts[expr].kind {
        ExprKind::Choice {
            options,
            how: How::FirstPresent,
        } => facts
            .list(options)
            .iter()
            .any(|option| facts[*option].span.contains(place)),
        _ => false,
    };
    let is_condition = |expr: ExprId| {
        facts
            .blocks
            .iter()
            .any(|block| matches!(block.kind, BlockKind::Branch { condition, .. } if condition == expr))
    };
    let is_kept = facts.bindings.iter().any(|binding| match binding.kind {
        BindingKind::Value(value) => value == read || is_alternative(value),
        _ => false,
    });
    // `bool(a or b)`
    let is_asked = |expr: ExprId| {
        is_condition(expr)
            || facts.calls.iter().any(|call| {
                matches!(facts[call.callee].kind, ExprKind::Name { name, .. } if facts.text(name) == "bool")
                    && matches!(facts.arguments(call), [only] if only.value == expr)
            })
    };
    // `a or b` as a value: whether `a` is there decides, but it is taken, too.
    let is_taken = || {
        let mut around = facts.exprs_around(place);
        around.any(|(expr, _)| is_alternative(expr) && !is_asked(expr))
    };
    if is_kept || is_taken() {
        return false;
    }
    if is_condition(read) || is_only_attempted(facts, read) {
        return true;
    }
    for (id, parent) in facts.exprs_around(place) {
        let used = match parent.kind {
            ExprKind::Not(inner) => inner == read,
            ExprKind::Both(parts) => {
                facts.list(parts).contains(&read) && (facts.list(parts).last() != Some(&read) || is_condition(id))
            }
            ExprKind::Choice {
                options,
                how: How::FirstPresent,
            } => facts.list(options).contains(&read) && is_asked(id),
            ExprKind::Choice {
                options,
                how: How::ByCondition,
            } => facts.list(options).last() == Some(&read),
            ExprKind::Compare {
                operator: Comparison::Equal | Comparison::NotEqual,
                left,
                right,
            } => {
                let is_nothing = |side: ExprId| facts[side].kind == ExprKind::Nothing;
                (left == read && is_nothing(right)) || (right == read && is_nothing(left))
            }
            ExprKind::Call(call) => {
                let call = &facts[call];
                let name = match facts[call.callee].kind {
                    ExprKind::Name { name, .. } => facts.text(name),
                    _ => "",
                };
                match facts.arguments(call) {
                    // `env::var(name).is_ok()`
                    [] => matches!(facts[call.callee].kind, ExprKind::Member { object, name }
                        if object == read && matches!(facts.text(name), "is_ok" | "is_err" | "is_some" | "is_none")),
                    [argument] if name == "bool" => argument.value == read,
                    [argument] if matches!(name, "any" | "all") => match facts[argument.value].kind {
                        ExprKind::Each { element, .. } => element == read,
                        ExprKind::Group(elements) => facts.list(elements).contains(&read),
                        _ => false,
                    },
                    _ => false,
                }
            }
            _ => false,
        };
        if used {
            return true;
        }
    }
    false
}

/// `if let Ok(_) = env::var(name)`, `try: os.environ[name]`: whether the read succeeds is all that is asked. (What takes the value
/// of an attempt binds it, or compares it.)
fn is_only_attempted(facts: &FileFacts, read: ExprId) -> bool {
    let place = facts[read].span;
    let is_attempt = facts
        .blocks
        .iter()
        .any(|block| block.kind == BlockKind::Attempt && block.span == place);
    is_attempt
        && !facts
            .exprs
            .iter()
            .any(|expr| matches!(expr.kind, ExprKind::Compare { left, right, .. } if left == read || right == read))
}
