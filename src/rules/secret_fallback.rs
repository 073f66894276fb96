//! Secrets that something else stands in for where they are not set.

use super::{Findings, is_for_tests, is_test_support};
use crate::finding::{CodeScope, Step};
use crate::program::{FallbackEnd, Program, SECRET_RESOLUTION};

/// Reports the first read of each chain that ends in another secret or in a literal.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    for fallback in program.secret_fallbacks() {
        let (file, scope) = (fallback.primary.file, fallback.scope);
        let is_of_tests = program.code_scope(file, scope) == CodeScope::Test || is_for_tests(&program[file].path);
        if is_of_tests && !is_test_support(program, file, scope) {
            continue;
        }
        let mut values = vec![("name", fallback.names.join(", "))];
        let (message, note) = match fallback.end {
            FallbackEnd::Secret(other) => {
                // The resolver may know several names of one secret.
                if program.is_owned_as_declared(SECRET_RESOLUTION, file, scope, &fallback.names) {
                    continue;
                }
                values.push(("other", other));
                ("secret", "the other secret")
            }
            FallbackEnd::Literal => ("literal", "the literal"),
            FallbackEnd::Empty => ("empty", "the empty value"),
        };
        let step = Step {
            site: fallback.end_site,
            symbol: program.symbol(file, scope),
            note: note.to_owned(),
        };
        let finding = out.add(program, fallback.primary, scope, message, values);
        finding.confidence = fallback.confidence;
        if fallback.end_site != fallback.primary {
            finding.related.push(step);
        }
    }
}
