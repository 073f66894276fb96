//! Arms that turn failures of validation into results, outside the owner of that concern.

use super::Findings;
use super::concern_outside_owner::implementations_outside;
use crate::program::{AUTH_ERROR_HANDLING, Program};

/// Reports each of them.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    implementations_outside(program, AUTH_ERROR_HANDLING, out);
}
