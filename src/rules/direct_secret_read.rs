//! Secrets read past the resolver.

use super::Findings;
use crate::finding::{Edit, Site};
use crate::program::{Program, ReadBy, SECRET_RESOLUTION, SecretRead};
use crate::source::Span;

/// Reports every read of a secret that is not part of the owner.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    for read in program.secret_reads() {
        let file = read.primary.file;
        let Some(owner) = program.owner_names(SECRET_RESOLUTION, file) else {
            continue;
        };
        // What goes through the owner is what everyone should do.
        let goes_through_owner = read.through.iter().any(|(at, function)| {
            let scope = program[*at].facts[*function].scope;
            program.is_owned(SECRET_RESOLUTION, *at, scope, &read.names)
        });
        if goes_through_owner || program.is_owned(SECRET_RESOLUTION, file, read.scope, &read.names) {
            continue;
        }
        let name = read.names.join(", ");
        let (message, mut values) = match read.by {
            ReadBy::Name => ("read", vec![("name", name)]),
            ReadBy::Presence => ("presence", vec![("name", name)]),
            ReadBy::Field => ("field", vec![("name", name), ("class", read.subject.clone())]),
            ReadBy::File => ("file", vec![("name", name)]),
            ReadBy::Manager => ("manager", vec![("call", read.subject.clone())]),
        };
        values.push(("owner", owner));
        let finding = out.add(program, read.primary, read.scope, message, values);
        finding.concern = Some(SECRET_RESOLUTION.to_owned());
        finding.confidence = read.confidence;
        finding.related = program.owner_steps(SECRET_RESOLUTION, file);
        finding.fix = resolved(program, read).unwrap_or_default();
    }
}

/// The owner's call in the place of the read, with the import that it needs.
fn resolved(program: &Program<'_>, read: &SecretRead) -> Option<Vec<Edit>> {
    let file = read.primary.file;
    let call = program.resolver_call(read)?;
    let edit = |span, replacement| Edit {
        site: Site { file, span },
        replacement,
    };
    let import = call.import.map(|(place, line)| edit(Span::new(place, place), line));
    let read = edit(program[file].facts[read.expr?].span, call.written);
    Some(import.into_iter().chain([read]).collect())
}
