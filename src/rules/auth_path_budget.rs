//! More auth paths, or more implementations of a concern, than the budget allows.

use super::Findings;
use crate::finding::{Site, Step};
use crate::program::{AuthPath, Caller, Implementation, PathState, Program};
use std::cmp::Reverse;

/// More of what is too many are counted, not shown.
const MOST_SHOWN: usize = 20;

/// Reports each number of the budget that is exceeded, at what is most likely new.
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
    // What goes through the owner, and what many enter by, has been there for long.
    live.sort_by_key(|path| (!path.through_owner, Reverse(path.entries.len())));
    let Some(newest) = live.get(most) else { return };
    let at = newest.chain.last().copied().unwrap_or(newest.gate);
    let values = vec![
        ("count", live.len().to_string()),
        ("what", what.to_owned()),
        ("most", most.to_string()),
        ("gate", program.symbol_of_caller(newest.gate)),
    ];
    let finding = out.add(program, newest.site, program.scope_of_caller(at), "paths", values);
    finding.confidence = newest.confidence;
    finding.trail = trail(program, newest);
    finding.related = live[most + 1..]
        .iter()
        .take(MOST_SHOWN)
        .map(|path| Step {
            site: path.site,
            symbol: program.symbol_of_caller(path.gate),
            note: "the gate of another one that is too many".to_owned(),
        })
        .collect();
}

/// The calls from the gate to the site.
fn trail(program: &Program<'_>, path: &AuthPath) -> Vec<Step> {
    let step = |((caller, callee), site): ((&Caller, &Caller), &Site)| Step {
        site: *site,
        symbol: program.symbol_of_caller(*caller),
        note: format!("calls `{}`", program.symbol_of_caller(*callee)),
    };
    let pairs = path.chain.iter().zip(&path.chain[1..]);
    pairs.zip(&path.calls).map(step).collect()
}

fn implementations(program: &Program<'_>, concern: &str, most: usize, out: &mut Findings) {
    let mut found: Vec<Implementation> = program.implementations_of(concern);
    found.sort_by_key(|one| !one.is_owner);
    let Some(newest) = found.get(most) else { return };
    let values = vec![
        ("count", found.len().to_string()),
        ("concern", concern.to_owned()),
        ("most", most.to_string()),
        ("name", newest.name.clone()),
    ];
    let finding = out.add(program, newest.site, newest.scope, "implementations", values);
    finding.concern = Some(concern.to_owned());
    finding.related = found[most + 1..]
        .iter()
        .take(MOST_SHOWN)
        .map(|one| Step {
            site: one.site,
            symbol: one.name.clone(),
            note: "another one that is too many".to_owned(),
        })
        .collect();
}
