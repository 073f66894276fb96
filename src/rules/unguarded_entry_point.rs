//! Handlers that no validation is in reach of, though those beside them have one.

use super::Findings;
use crate::finding::{Confidence, Site};
use crate::program::Program;

/// Reports each of them at its name.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    for entry in &program.auth_paths().unguarded {
        let (file, Some(function)) = entry.caller else { continue };
        let declared = &program[file].facts[function];
        let route = entry.routes.routes.first().cloned();
        let name = program.symbol_of_caller(entry.caller);
        let site = Site {
            file,
            span: declared.span,
        };
        let values = vec![("name", name.clone()), ("route", route.unwrap_or(name))];
        let finding = out.add(program, site, declared.scope, "unguarded", values);
        finding.confidence = Confidence::Likely;
    }
}
