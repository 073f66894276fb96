//! Tokens made outside the owner.

use super::Findings;
use super::duplicate_token_validation::outside_owner;
use crate::program::{Program, TOKEN_MINTING};

/// Reports every minting site that is not part of the owner.
pub(super) fn check(program: &Program<'_>, out: &mut Findings) {
    outside_owner(program, TOKEN_MINTING, program.minting_sites(), out);
}
