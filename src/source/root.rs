//! Where a run takes place: the root, the settings file that stands in it, and the part of it that is reported.

use super::{git, paths};
use std::fs;
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// The folder whose files are the program, and what of it the report is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The folder, absolute and without symlinks.
    pub folder: PathBuf,
    /// The settings file, if there is one to heed. Its globs are relative to the root, wherever it lies.
    pub settings: Option<SettingsFile>,
    /// The top level of the work tree the root lies in.
    pub repository: Option<PathBuf>,
    /// The paths below the root that the report is about, relative to it; empty if it is about the whole root.
    pub filter: Vec<String>,
    /// Those of them that are files: they are read whatever ignore rules and settings say.
    pub named: Vec<String>,
    /// The folder the run was started in; paths are relative to it.
    pub current: PathBuf,
}

/// Which settings file a run heeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsChoice<'a> {
    /// The nearest one.
    Nearest,
    /// This one.
    File(&'a Path),
    /// None.
    Off,
}

/// A settings file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingsFile {
    /// Where it lies.
    pub location: PathBuf,
    /// How it holds the settings.
    pub form: SettingsForm,
}

/// How a file holds the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsForm {
    /// The whole file: `ssot.toml`.
    Own,
    /// Under `[tool.ssotlint]`: `pyproject.toml`.
    Pyproject,
}

/// Why there is no root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootError {
    /// A path that was named is not there, or cannot be looked at.
    NoPath {
        /// As it was written.
        path: String,
        /// In a few words.
        reason: String,
    },
    /// The paths have settings files of their own, and none above them all.
    SeveralPrograms {
        /// Relative to the current folder.
        settings: Vec<String>,
    },
}

impl std::fmt::Display for RootError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoPath { path, reason } => {
                write!(
                    out,
                    "cannot read `{path}`: {reason}; name a file or folder that is there and can be read"
                )
            }
            Self::SeveralPrograms { settings } => {
                let settings: Vec<String> = settings.iter().map(|path| format!("`{path}`")).collect();
                write!(
                    out,
                    "the paths are not one program: {} speaks for some of them only; check each program by itself, put a settings \
                     file above them, or choose one with `--config`",
                    settings.join(" and ")
                )
            }
        }
    }
}

impl std::error::Error for RootError {}

/// Finds the root of a run started in the folder `current` with the paths it was given (none means the current folder).
///
/// The root is the folder of the nearest settings file from the paths upwards, not beyond the git top level: an `ssot.toml`, or a
/// `pyproject.toml` with `[tool.ssotlint]`. Without one it is the path, if that is one folder, else the current folder (or what
/// holds the paths, if they lie elsewhere). A settings file that is chosen explicitly, or none, does not move the root.
///
/// # Errors
/// If a path is not there, or no one settings file speaks for all of them.
pub fn find_root(current: &Path, paths: &[PathBuf], choice: SettingsChoice<'_>) -> Result<Root, RootError> {
    let paths = places(current, paths)?;
    let mut common = paths.first().map_or(current, |place| place.folder()).to_path_buf();
    for place in &paths {
        while !place.folder().starts_with(&common) && common.pop() {}
    }
    let top = git::top_level(&common);
    let nearest = nearest_settings(&common, top.as_deref());
    let folder = match (&nearest, paths.as_slice()) {
        (Some(nearest), _) => nearest.location.parent().unwrap_or(&common).to_path_buf(),
        (
            None,
            [
                Place {
                    location,
                    is_folder: true,
                },
            ],
        ) => location.clone(),
        (None, _) if common.starts_with(current) => current.to_path_buf(),
        (None, _) => common.clone(),
    };
    let settings = match choice {
        SettingsChoice::Nearest if nearest.is_none() => {
            refuse_several(current, &paths, &common)?;
            None
        }
        SettingsChoice::Nearest => nearest,
        SettingsChoice::File(path) => Some(SettingsFile::at(current.join(path))),
        SettingsChoice::Off => None,
    };

    let whole = paths.iter().any(|place| place.location == folder);
    let below = |place: &Place| paths::inside(&folder, &place.location);
    Ok(Root {
        filter: if whole {
            Vec::new()
        } else {
            paths.iter().filter_map(below).collect()
        },
        named: paths
            .iter()
            .filter(|place| !place.is_folder)
            .filter_map(below)
            .collect(),
        repository: git::top_level(&folder),
        settings,
        folder,
        current: current.to_path_buf(),
    })
}

impl Root {
    /// Whether the report is about the file at `path`, relative to the root.
    #[must_use]
    pub fn reports(&self, path: &str) -> bool {
        let covers = |filter: &String| {
            let rest = path.strip_prefix(filter.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        self.filter.is_empty() || self.filter.iter().any(covers)
    }

    /// A path as it was written on the command line, relative to the root; none if it leads elsewhere or to nothing.
    #[must_use]
    pub fn path_of(&self, written: &Path) -> Option<String> {
        paths::inside(&self.folder, &paths::resolved(&self.current.join(written)).ok()?)
    }
}

impl SettingsFile {
    /// The settings file at `location`, whose name tells its form.
    #[must_use]
    pub fn at(location: PathBuf) -> Self {
        let is_pyproject = location.file_name().is_some_and(|name| name == "pyproject.toml");
        Self {
            form: if is_pyproject {
                SettingsForm::Pyproject
            } else {
                SettingsForm::Own
            },
            location,
        }
    }
}

/// A path of the command line.
struct Place {
    location: PathBuf,
    is_folder: bool,
}

impl Place {
    /// Where the search for settings begins.
    fn folder(&self) -> &Path {
        if self.is_folder {
            &self.location
        } else {
            self.location.parent().unwrap_or(&self.location)
        }
    }
}

fn places(current: &Path, paths: &[PathBuf]) -> Result<Vec<Place>, RootError> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let place = |path: &PathBuf| {
        let location = paths::resolved(&current.join(path)).map_err(|error| RootError::NoPath {
            path: path.display().to_string(),
            reason: super::text::reason(&error),
        })?;
        let is_folder = location.is_dir();
        Ok(Place { location, is_folder })
    };
    paths.iter().map(place).collect()
}

/// The settings file of `folder` or of the nearest folder above it, up to and including `last`.
fn nearest_settings(folder: &Path, last: Option<&Path>) -> Option<SettingsFile> {
    for folder in folder.ancestors() {
        let own = folder.join("ssot.toml");
        if own.is_file() {
            return Some(SettingsFile::at(own));
        }
        let pyproject = folder.join("pyproject.toml");
        if speaks_of_us(&pyproject) {
            return Some(SettingsFile::at(pyproject));
        }
        if Some(folder) == last {
            break;
        }
    }
    None
}

/// Whether a `pyproject.toml` has `[tool.ssotlint]`, or is broken and may have meant to.
fn speaks_of_us(pyproject: &Path) -> bool {
    let Ok(text) = fs::read_to_string(pyproject) else {
        return false;
    };
    if !text.contains("ssotlint") {
        return false;
    }
    let (document, errors) = DeTable::parse_recoverable(&text);
    let tool = document
        .get_ref()
        .get("tool")
        .and_then(|tool| tool.get_ref().get("ssotlint"));
    tool.is_some() || (!errors.is_empty() && text.contains("tool.ssotlint"))
}

/// Refuses paths of which some have settings below the folder that holds them all: to heed them would be wrong for the others, and
/// not to heed them would be wrong for them.
fn refuse_several(current: &Path, paths: &[Place], common: &Path) -> Result<(), RootError> {
    let mut settings: Vec<String> = paths
        .iter()
        .filter_map(|place| nearest_settings(place.folder(), Some(common)))
        .map(|settings| paths::relative(current, &settings.location))
        .collect();
    settings.sort();
    settings.dedup();
    if settings.is_empty() {
        Ok(())
    } else {
        Err(RootError::SeveralPrograms { settings })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::sample::Folder;
    use super::{Root, RootError, SettingsChoice, SettingsForm, find_root};
    use std::path::{Path, PathBuf};

    const OURS: &str = "[tool.ssotlint]\n";

    fn find(folder: &Folder, current: &str, paths: &[&str], choice: SettingsChoice<'_>) -> Result<Root, RootError> {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        find_root(&folder.path().join(current), &paths, choice)
    }

    #[test]
    fn the_root_is_where_the_nearest_settings_are() {
        let folder = Folder::of(&[
            ("a/ssot.toml", ""),
            ("a/pyproject.toml", OURS),
            ("a/b/c/x.py", ""),
            ("a/p/pyproject.toml", OURS),
            ("a/p/x.py", ""),
            ("a/q/pyproject.toml", "[tool.other]\nname = 'ssotlint'\n"),
            ("a/broken/pyproject.toml", "[tool.ssotlint\n"),
        ]);
        // (current folder, paths, root, settings, what is reported)
        type Case = (
            &'static str,
            &'static [&'static str],
            &'static str,
            &'static str,
            &'static [&'static str],
        );
        let cases: &[Case] = &[
            ("a", &[], "a", "ssot.toml", &[]),
            ("a/b", &[], "a", "ssot.toml", &["b"]),
            ("a", &["b/c"], "a", "ssot.toml", &["b/c"]),
            ("a", &["b/c/x.py"], "a", "ssot.toml", &["b/c/x.py"]),
            ("a", &["b", "p"], "a", "ssot.toml", &["b", "p"]),
            ("a", &["b", "."], "a", "ssot.toml", &[]),
            ("", &["a/p"], "a/p", "pyproject.toml", &[]),
            ("", &["a/p/x.py"], "a/p", "pyproject.toml", &["x.py"]),
            ("a/q", &[], "a", "ssot.toml", &["q"]),
            ("a/broken", &[], "a/broken", "pyproject.toml", &[]),
        ];
        for (current, paths, expected, settings, filter) in cases {
            let root = find(&folder, current, paths, SettingsChoice::Nearest).unwrap();
            let expected = folder.path().join(expected);
            assert_eq!(root.folder, expected, "{paths:?} in {current}");
            assert_eq!(
                root.settings.map(|file| file.location),
                Some(expected.join(settings)),
                "{paths:?} in {current}"
            );
            assert_eq!(root.filter, *filter, "{paths:?} in {current}");
        }
    }

    #[test]
    fn without_settings_the_root_is_the_path_or_the_current_folder() {
        let folder = Folder::repository(&[("a/b/x.py", ""), ("a/c/y.py", ""), ("d/z.py", "")]);
        let outer = Folder::of(&[("ssot.toml", "")]);
        // (current folder, paths, root, what is reported)
        type Case = (
            &'static str,
            &'static [&'static str],
            &'static str,
            &'static [&'static str],
        );
        let cases: &[Case] = &[
            ("", &[], "", &[]),
            ("", &["a"], "a", &[]),
            ("", &["a/b/x.py"], "", &["a/b/x.py"]),
            ("", &["a/b", "a/c"], "", &["a/b", "a/c"]),
            ("d", &["../a/b/x.py"], "a/b", &["x.py"]),
            ("d", &["../a/b", "../a/c/y.py"], "a", &["b", "c/y.py"]),
        ];
        for (current, paths, expected, filter) in cases {
            let root = find(&folder, current, paths, SettingsChoice::Nearest).unwrap();
            assert_eq!(root.folder, folder.path().join(expected), "{paths:?} in {current}");
            assert_eq!(root.filter, *filter, "{paths:?} in {current}");
            assert_eq!(root.settings, None, "{paths:?} in {current}");
            assert_eq!(root.repository.as_deref(), Some(folder.path()));
        }
        // The search for settings ends at the top level.
        outer.write(&[("clone/x.py", "")]);
        outer.git(&["init", "-q", "clone"]);
        let root = find(&outer, "clone", &[], SettingsChoice::Nearest).unwrap();
        assert_eq!((root.folder, root.settings), (outer.path().join("clone"), None));
    }

    #[test]
    fn chosen_settings_do_not_move_the_root() {
        let folder = Folder::of(&[
            ("a/ssot.toml", ""),
            ("a/b/x.py", ""),
            ("ci/strict.toml", ""),
            ("ci/pyproject.toml", OURS),
        ]);
        let root = find(&folder, "", &["a/b"], SettingsChoice::Off).unwrap();
        assert_eq!((root.folder, root.settings), (folder.path().join("a"), None));
        for (name, form) in [
            ("strict.toml", SettingsForm::Own),
            ("pyproject.toml", SettingsForm::Pyproject),
        ] {
            let chosen = Path::new("ci").join(name);
            let root = find(&folder, "", &["a/b"], SettingsChoice::File(&chosen)).unwrap();
            assert_eq!(root.folder, folder.path().join("a"));
            let settings = root.settings.unwrap();
            assert_eq!((settings.location, settings.form), (folder.path().join(chosen), form));
        }
    }

    #[test]
    fn paths_that_are_not_one_program_are_refused() {
        let folder = Folder::of(&[("a/ssot.toml", ""), ("b/pyproject.toml", OURS), ("c/x.py", "")]);
        let refused = |paths: &[&str]| {
            find(&folder, "", paths, SettingsChoice::Nearest)
                .unwrap_err()
                .to_string()
        };
        assert!(refused(&["a", "b"]).contains("`a/ssot.toml` and `b/pyproject.toml`"));
        assert!(refused(&["a", "c"]).contains("`a/ssot.toml` speaks"));
        assert_eq!(
            refused(&["a", "lost.py"]),
            "cannot read `lost.py`: no such file; name a file or folder that is there and can be read"
        );
        assert!(find(&folder, "", &["a", "b"], SettingsChoice::Off).is_ok());
        // One above them joins them.
        folder.write(&[("ssot.toml", "")]);
        assert_eq!(
            find(&folder, "", &["a", "b"], SettingsChoice::Nearest).unwrap().folder,
            folder.path()
        );
    }

    #[test]
    fn the_report_is_about_the_paths_that_were_named() {
        let folder = Folder::of(&[("a/x.py", ""), ("ab/x.py", ""), ("c.py", "")]);
        let root = find(&folder, "", &["a", "c.py"], SettingsChoice::Nearest).unwrap();
        for (path, reported) in [("a/x.py", true), ("c.py", true), ("ab/x.py", false), ("d.py", false)] {
            assert_eq!(root.reports(path), reported, "{path}");
        }
        assert_eq!(root.named, ["c.py"]);
        assert_eq!(root.path_of(Path::new("a/../ab/x.py")), Some("ab/x.py".to_owned()));
        assert_eq!(root.path_of(Path::new("../x.py")), None);
    }
}
