//! The program that a command looks at: which files, under which settings. Commands that look at a program share these arguments.

use super::console::Console;
use super::progress::Progress;
use super::{Failed, is_commit_hook};
use rayon::{ThreadPool, ThreadPoolBuilder};
use ssotlint::catalog::Catalog;
use ssotlint::program::{BUILT_IN_CONCERNS, Declarations, Program};
use ssotlint::rules::RULES;
use ssotlint::settings::{Known, Settings, SettingsError, SettingsWaiver};
use ssotlint::source::{
    self, FileId, Revision, Root, SettingsChoice, SettingsFile, SettingsForm, Sources, Unread, Untracked,
};
use ssotlint::verdict::{BASELINE_FILE, Date};
use ssotlint::{Parsed, Reading, parse};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// More threads than any machine has use for; each takes address space for a deep stack.
const MOST_THREADS: i64 = 256;

/// More are counted, not named.
const NAMED_FILES: usize = 3;

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Program")]
pub struct ProgramArguments {
    /// What the report is about: files and folders of one program
    ///
    /// The program is the whole root, whatever is named here: the folder of the nearest `ssot.toml` (or `pyproject.toml` with
    /// `[tool.ssotlint]`) upwards from PATH, not beyond the git top level. Without settings it is PATH, if that is a folder, else
    /// the current folder. A PATH below the root filters the report.
    #[arg(value_name = "PATH", help_heading = None::<&str>)]
    paths: Vec<PathBuf>,

    /// Read the settings from FILE
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    config: Option<PathBuf>,

    /// Read no settings
    #[arg(long)]
    no_config: bool,

    /// Read files that git ignores, too
    ///
    /// Without it these are the files that git tracks and the untracked ones that it does not ignore. A commit hook (PRE_COMMIT is
    /// set) reads tracked and staged files only: what stays behind in the working copy is no part of the commit.
    #[arg(long)]
    no_ignore: bool,

    /// How many threads to use; by default one for each core
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=MOST_THREADS))]
    threads: Option<u16>,
}

/// A program before it is read.
pub struct Input {
    /// Where it lies and what of it is reported.
    pub root: Root,
    /// What the user declares.
    pub settings: Settings,
    /// Its files.
    pub sources: Sources,
    /// What library names mean.
    pub catalog: Catalog,
    declarations: Declarations,
    untracked: Untracked,
    /// The files that this run writes.
    outputs: Vec<String>,
}

/// What of a program was read and what was not.
pub struct FilesRead {
    /// How many files were read, by language.
    pub by_language: BTreeMap<&'static str, usize>,
    /// Those that could not be read, beside those that discovery names.
    pub unread: Vec<Unread>,
}

impl ProgramArguments {
    /// The threads to run everything in.
    pub fn threads(&self, console: &Console) -> Result<ThreadPool, Failed> {
        let builder = ThreadPoolBuilder::new()
            .num_threads(self.threads.map_or(0, usize::from))
            .stack_size(parse::STACK_SIZE);
        builder.build().map_err(|error| {
            console.fail(&format!(
                "cannot start the threads to run in: {error}; try `--threads 1`"
            ))
        })
    }

    /// The same program, as it is without its settings.
    pub fn without_settings(&self) -> Self {
        Self {
            paths: self.paths.clone(),
            config: None,
            no_config: true,
            ..*self
        }
    }

    /// Where the program lies, and which settings it has.
    pub fn root(&self, console: &Console) -> Result<Root, Failed> {
        let current = source::current_folder()
            .map_err(|error| console.fail(&format!("the current folder cannot be looked at: {error}")))?;
        let choice = match &self.config {
            Some(file) => SettingsChoice::File(file),
            None if self.no_config => SettingsChoice::Off,
            None => SettingsChoice::Nearest,
        };
        source::find_root(&current, &self.paths, choice).map_err(|error| console.fail(&error.to_string()))
    }

    /// Finds the root, reads the settings and lists the files; `outputs` are files that this run writes, and does not read.
    pub fn find(&self, outputs: &[&Path], console: &Console) -> Result<Input, Failed> {
        let root = self.root(console)?;
        let settings = with_known(|known| Settings::load(&root, known)).map_err(|mistakes| {
            console.diagnostics(&mistakes);
            Failed
        })?;
        let too_long = waivers_beyond_policy(&settings, Date::today());
        if !too_long.is_empty() {
            console.diagnostics(&too_long);
            return Err(Failed);
        }
        let outputs: Vec<String> = outputs.iter().filter_map(|file| root.path_of(file)).collect();
        let untracked = self.untracked();
        let is_known = |path: &str| is_read(&root, &outputs, path);
        let (sources, catalog) = rayon::join(
            || source::discover(&request(&root, &settings, untracked, &is_known)),
            || ssotlint::load_catalog(&settings),
        );
        Ok(Input {
            untracked,
            catalog: catalog.map_err(|error| console.fail(&error))?,
            declarations: ssotlint::declarations(&settings, root.settings.is_some()),
            root,
            settings,
            sources,
            outputs,
        })
    }

    /// pre-commit and prek put unstaged edits aside before they run a hook, but leave untracked files where they are.
    fn untracked(&self) -> Untracked {
        if self.no_ignore {
            Untracked::Ignored
        } else if is_commit_hook() {
            Untracked::None
        } else {
            Untracked::Visible
        }
    }
}

impl Input {
    /// The same program with `text` as its settings, as it will be once they stand at `location`.
    pub fn under(self, location: PathBuf, text: String, console: &Console) -> Result<Self, Failed> {
        let name = source::relative(&self.root.current, &location);
        let settings =
            with_known(|known| Settings::parse(&name, text, SettingsForm::Own, known)).map_err(|mistakes| {
                console.diagnostics(&mistakes);
                Failed
            })?;
        Ok(Self {
            catalog: ssotlint::load_catalog(&settings).map_err(|error| console.fail(&error))?,
            declarations: ssotlint::declarations(&settings, true),
            root: Root {
                settings: Some(SettingsFile::at(location)),
                ..self.root
            },
            settings,
            ..self
        })
    }

    /// Why an owner that the settings name is one, in words.
    pub fn declared_reason(&self) -> String {
        let settings = self.root.settings.as_ref();
        let file = settings.map_or_else(String::new, |file| source::relative(&self.root.folder, &file.location));
        format!("{file} names it")
    }

    /// The files that are reported, of these `only`, if they are given; nothing if all are.
    pub fn reported(&self, only: Option<&BTreeSet<String>>) -> Option<BTreeSet<FileId>> {
        if only.is_none() && self.root.filter.is_empty() {
            return None;
        }
        let is_reported = |path: &str| self.root.reports(path) && only.is_none_or(|only| only.contains(path));
        let files = self.sources.iter().filter(|(_, file)| is_reported(&file.path));
        Some(files.map(|(file, _)| file).collect())
    }

    /// The files as they were in a commit, and what has changed since. `option` is how users ask for it.
    pub fn revision(&self, name: &str, option: &str, console: &Console) -> Result<Revision, Failed> {
        Revision::read(&self.root, name).map_err(|reason| {
            let advice = match self.root.repository {
                None => format!("`{option}` needs one; without it everything is reported"),
                Some(_) if self.root.path_of(Path::new(name)).is_some() => {
                    format!("to report a path, write `{option}=HEAD {name}`")
                }
                Some(_) => "name a commit, a branch or a tag that is there; in CI, fetch it first".to_owned(),
            };
            console.fail(&format!("`{option} {name}`: {reason}; {advice}"))
        })
    }

    /// The files of the program as they were in a commit.
    pub fn sources_of(&self, revision: &Revision) -> Sources {
        let is_known = |path: &str| is_read(&self.root, &self.outputs, path);
        revision.sources(
            &self.sources,
            &request(&self.root, &self.settings, self.untracked, &is_known),
        )
    }

    /// Links files that are not those of the work tree. What the settings name and these files do not have owns nothing.
    pub fn link_others(&self, files: Vec<Parsed>) -> Program<'_> {
        ssotlint::link(files, &self.settings, &self.catalog, &self.declarations)
    }

    /// Reads all files.
    pub fn read(&self, progress: &Progress, console: &Console) -> Result<(Vec<Parsed>, FilesRead), Failed> {
        progress.begin(self.sources.files.len());
        let Reading { files, read, unread } = ssotlint::read(&self.sources, &|| progress.step());
        let read = FilesRead {
            by_language: read,
            unread,
        };
        let is_read = |path: &str| !read.unread.iter().any(|unread| unread.path == path);
        if files
            .iter()
            .any(|file| self.root.reports(&file.path) && is_read(&file.path))
        {
            return Ok((files, read));
        }
        progress.end();
        let shown = |path: &str| source::relative(&self.root.current, &self.root.folder.join(path));
        let mut places: Vec<String> = self
            .root
            .filter
            .iter()
            .map(|path| format!("`{}`", shown(path)))
            .collect();
        if places.is_empty() {
            places.push(format!("`{}`", shown("")));
        }
        let why = self.unread_files(&read, |path| self.root.reports(path)).unwrap_or_else(|| {
            let hook = if is_commit_hook() {
                "; PRE_COMMIT is set, so files that git does not track are not read"
            } else {
                ""
            };
            format!(
                "there is none in a language that is read, or all are left out; `--no-ignore` reads what git ignores, and \
                 `files.exclude` in the settings leaves files out{hook}"
            )
        });
        Err(console.fail(&format!("no file was read in {}: {why}", places.join(", "))))
    }

    /// Links the files that were read.
    pub fn link(
        &self,
        files: Vec<Parsed>,
        read: &FilesRead,
        progress: &Progress,
        console: &Console,
    ) -> Result<Program<'_>, Failed> {
        progress.link();
        let program = ssotlint::link(files, &self.settings, &self.catalog, &self.declarations);
        let unresolved = program.owners().unresolved();
        let waivers = self.settings.waivers.iter();
        let waivers: Vec<&SettingsWaiver> = waivers
            .filter(|waiver| program.symbols_named(&waiver.symbol).is_empty())
            .collect();
        if unresolved.is_empty() && waivers.is_empty() {
            return Ok(program);
        }
        progress.end();
        let mut help = "name a module, class or function of the program as it is imported: `package.module.Class`, or \
                        `crate::module::Type` in Rust"
            .to_owned();
        if let Some(unread) = self.unread_files(read, |_| true) {
            help.push_str(&format!(
                "; what it names may stand in a file that was not read: {unread}"
            ));
        }
        let owners = unresolved.iter().map(|owner| ("owner", &owner.path, owner.span));
        let waivers = waivers
            .iter()
            .map(|waiver| ("waived symbol", &waiver.symbol, waiver.span));
        let mistakes: Vec<_> = owners
            .chain(waivers)
            .map(|(what, path, span)| {
                let message = format!("the {what} `{path}` names nothing in the program");
                self.settings.mistake(span, message, help.as_str())
            })
            .collect();
        console.diagnostics(&mistakes);
        Err(Failed)
    }

    /// The files that were not read, as far as they can be named on a line; nothing if all were that `matter`.
    pub fn unread_files(&self, read: &FilesRead, matter: impl Fn(&str) -> bool) -> Option<String> {
        let unread = self.sources.unread.iter().chain(&read.unread);
        let mut unread: Vec<&Unread> = unread.filter(|unread| matter(&unread.path)).collect();
        unread.sort();
        unread.dedup();
        let named = unread.iter().take(NAMED_FILES).map(|unread| {
            let path = source::relative(&self.root.current, &self.root.folder.join(&unread.path));
            format!("`{path}` ({})", unread.reason)
        });
        let mut text = named.collect::<Vec<_>>().join(", ");
        if unread.len() > NAMED_FILES {
            text.push_str(&format!(" and {} more", unread.len() - NAMED_FILES));
        }
        (!unread.is_empty()).then_some(text)
    }
}

/// Reads settings, which may name the rules and concerns that there are.
fn with_known<T>(read: impl FnOnce(&Known<'_>) -> T) -> T {
    let rules: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
    read(&Known {
        rules: &rules,
        concerns: &BUILT_IN_CONCERNS,
    })
}

/// The waivers of the settings that last longer than these allow.
fn waivers_beyond_policy(settings: &Settings, today: Date) -> Vec<SettingsError> {
    let Some(longest) = settings.longest_waiver else {
        return Vec::new();
    };
    let latest = today.plus_days(longest);
    let is_too_long = |waiver: &&SettingsWaiver| waiver.until.map(Date::from).is_none_or(|until| until > latest);
    let mistake = |waiver: &SettingsWaiver| {
        let message = format!(
            "the waiver for `{}` lasts longer than `waiver-policy.longest` allows",
            waiver.symbol
        );
        settings.mistake(
            waiver.span,
            message,
            format!("write `until = {latest}` or an earlier day"),
        )
    };
    settings.waivers.iter().filter(is_too_long).map(mistake).collect()
}

/// What discovery is asked for.
fn request<'a>(
    root: &'a Root,
    settings: &'a Settings,
    untracked: Untracked,
    is_known: &'a (dyn Fn(&str) -> bool + Sync),
) -> source::Request<'a> {
    source::Request {
        root,
        exclude: &settings.exclude,
        untracked,
        is_known,
    }
}

/// Whether the file at `path` is part of the program, going by its name.
fn is_read(root: &Root, outputs: &[String], path: &str) -> bool {
    let is_written = outputs.iter().any(|output| output == path);
    parse::language_of(path).is_some() && !is_settings_file(root, path) && !is_written
}

/// Settings and the baseline speak about the program and are no part of it.
fn is_settings_file(root: &Root, path: &str) -> bool {
    let chosen = root
        .settings
        .as_ref()
        .is_some_and(|settings| settings.form == SettingsForm::Own && settings.location == root.folder.join(path));
    chosen
        || Path::new(path)
            .file_name()
            .is_some_and(|name| name == "ssot.toml" || name == BASELINE_FILE)
}
