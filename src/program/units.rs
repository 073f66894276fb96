//! Which files are judged together: a Python distribution or a Cargo workspace, or all of them under one settings file.

use super::ProgramFile;
use crate::source::FileId;
use rustc_hash::FxHashMap;

/// Names a unit of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnitId(u32);

/// The unit of each file.
#[derive(Debug, Default)]
pub(super) struct Units {
    by_file: Vec<UnitId>,
}

/// Files that stand at the top of a distribution.
const MANIFESTS: [&str; 3] = ["pyproject.toml", "setup.py", "Cargo.toml"];

impl Units {
    pub(super) fn new(files: &[ProgramFile], joined: bool) -> Self {
        let mut tops: FxHashMap<&str, UnitId> = FxHashMap::default();
        if !joined {
            let workspaces: Vec<&str> = files.iter().filter_map(workspace).collect();
            let is_member = |folder: &str| {
                workspaces.iter().any(|top| {
                    folder != *top
                        && (top.is_empty() || folder.strip_prefix(top).is_some_and(|rest| rest.starts_with('/')))
                })
            };
            for file in files {
                if file.path.ends_with("/Cargo.toml") && is_member(file.path.strip_suffix("/Cargo.toml").unwrap_or(""))
                {
                    continue;
                }
                let (folder, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
                if MANIFESTS.contains(&name) {
                    let next = UnitId(u32::try_from(tops.len() + 1).unwrap_or(u32::MAX));
                    tops.entry(folder).or_insert(next);
                }
            }
        }
        let by_file = files.iter().map(|file| unit_of(&file.path, &tops)).collect();
        Self { by_file }
    }

    pub(super) fn of(&self, file: FileId) -> UnitId {
        self.by_file[file.0 as usize]
    }
}

/// The folder of a Cargo workspace, if the file is the manifest that declares one.
fn workspace(file: &ProgramFile) -> Option<&str> {
    let folder = file.path.strip_suffix("Cargo.toml")?;
    let facts = &file.facts;
    let declares = facts.config.iter().any(|setting| {
        facts
            .path(setting.path)
            .first()
            .is_some_and(|first| facts.text(*first) == "workspace")
    });
    declares.then(|| folder.trim_end_matches('/'))
}

fn unit_of(path: &str, tops: &FxHashMap<&str, UnitId>) -> UnitId {
    let mut folder = path;
    while let Some((parent, _)) = folder.rsplit_once('/') {
        if let Some(unit) = tops.get(parent) {
            return *unit;
        }
        folder = parent;
    }
    tops.get("").copied().unwrap_or(UnitId(0))
}
