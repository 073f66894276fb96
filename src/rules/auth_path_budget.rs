//! More auth paths, or more implementations of a concern, than the budget allows.
//!
//! Everything that a limit of the budget speaks of is a finding of its own, so that each is known again; the verdict drops what stays
//! within its limit, and tells what is new from what has been there before.

use super::Findings;
use crate::finding::{Counted, Site, Step};
use crate::program::{AuthPath, Caller, Implementation, PathState, Program};

/// Finds what each number of the budget counts.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    let budget = program.budget();
    if let Some(most) = budget.auth_paths {
        paths(program, "live auth paths", &|_| true, most, out);
    }
    for (surface, most) in &budget.surfaces {
        let what = format!("live auth paths by {surface}");
        paths(program, &what, &|path| path.surface_name() == surface, *most, out);
    }
    for (concern, most) in &budget.concerns {
        implementations(program, concern, *most, out);
    }
}

fn paths(program: &Program<'_>, what: &str, counts: &dyn Fn(&AuthPath) -> bool, most: usize, out: &mut Findings) {
    let found = program.auth_paths();
    let live = found.paths.iter().filter(|path| path.state == PathState::Live);
    let mut live: Vec<&AuthPath> = live.filter(|path| counts(path)).collect();
    // What goes past the owner is what a team wants to see first.
    live.sort_by_key(|path| path.through_owner);
    for (rank, path) in live.iter().enumerate() {
        let end = path.chain.last().copied().unwrap_or(path.gate);
        let values = vec![
            ("count", live.len().to_string()),
            ("what", what.to_owned()),
            ("most", most.to_string()),
            ("gate", path.gate_name(program)),
            ("end", program.symbol_of_caller(end)),
            ("call", path.call.clone()),
        ];
        let finding = out.add(
            program,
            place(program, path),
            program.scope_of_caller(path.gate),
            "paths",
            values,
        );
        finding.confidence = path.confidence;
        finding.trail = trail(program, path, end);
        finding.counted = Some(Box::new(Counted {
            what: what.to_owned(),
            most,
            rank,
            note: match path.through_owner {
                true => "another gate, through the owner".to_owned(),
                false => "another gate, past the owner".to_owned(),
            },
            end: path.site,
            marks: path.marks(program),
            when_new: "new-path",
        }));
    }
}

/// The gate's name; where statements of a module are one, their first call, and of a gate of a library the first place that names it.
fn place(program: &Program<'_>, path: &AuthPath) -> Site {
    if path.gate_of_library.is_some() {
        return path.site;
    }
    let (file, function) = path.gate;
    match function {
        Some(function) => Site {
            file,
            span: program[file].facts[function].span,
        },
        None => path.calls.first().copied().unwrap_or(path.site),
    }
}

/// The calls from the gate to the site.
fn trail(program: &Program<'_>, path: &AuthPath, end: Caller) -> Vec<Step> {
    let step = |((caller, callee), site): ((&Caller, &Caller), &Site)| Step {
        site: *site,
        symbol: program.symbol_of_caller(*caller),
        note: format!("calls `{}`", program.symbol_of_caller(*callee)),
    };
    let pairs = path.chain.iter().zip(&path.chain[1..]);
    let last = Step {
        site: path.site,
        symbol: program.symbol_of_caller(end),
        note: format!("validates by `{}`", path.call),
    };
    pairs.zip(&path.calls).map(step).chain([last]).collect()
}

fn implementations(program: &Program<'_>, concern: &str, most: usize, out: &mut Findings) {
    let mut found: Vec<Implementation> = program.implementations_of(concern);
    found.sort_by_key(|one| one.is_owner);
    let count = found.len().to_string();
    for (rank, one) in found.into_iter().enumerate() {
        let values = vec![
            ("count", count.clone()),
            ("concern", concern.to_owned()),
            ("most", most.to_string()),
            ("name", one.name.clone()),
        ];
        let finding = out.add(program, one.site, one.scope, "implementations", values);
        finding.concern = Some(concern.to_owned());
        finding.counted = Some(Box::new(Counted {
            what: concern.to_owned(),
            most,
            rank,
            note: match one.is_owner {
                true => "another one, part of the owner".to_owned(),
                false => "another one".to_owned(),
            },
            end: one.site,
            marks: vec![program[one.site.file].path.clone()],
            when_new: "new-implementation",
        }));
    }
}
