//! Where expressions stand among each other, so that those within a stretch of code are found without looking at all of the file.
//!
//! Front ends hand expressions out nearly in the order they stand, inner ones first. So two numbers for each group of neighbours, how far
//! the text is read until here and where it is the earliest that is still to come, tell which groups a stretch can have any of.

use super::Expr;
use crate::source::Span;
use std::ops::Range;

/// So many neighbours share their place.
const GROUP: usize = 32;

/// The places of a file's expressions, in groups.
#[derive(Debug, Default)]
pub(crate) struct Places {
    groups: Vec<Group>,
}

#[derive(Clone, Copy, Debug)]
struct Group {
    /// Where the last ends of this group and those before.
    latest_end: u32,
    /// Where the first begins of this group and those behind.
    earliest_start: u32,
}

impl Places {
    /// The places of `exprs`, which are all of a file.
    pub(crate) fn of(exprs: &[Expr]) -> Self {
        let mut latest_end = 0;
        let mut groups: Vec<Group> = Vec::with_capacity(exprs.len().div_ceil(GROUP));
        for group in exprs.chunks(GROUP) {
            let mut earliest_start = u32::MAX;
            for expr in group {
                latest_end = latest_end.max(expr.span.end);
                earliest_start = earliest_start.min(expr.span.start);
            }
            groups.push(Group {
                latest_end,
                earliest_start,
            });
        }
        let mut earliest_start = u32::MAX;
        for group in groups.iter_mut().rev() {
            earliest_start = earliest_start.min(group.earliest_start);
            group.earliest_start = earliest_start;
        }
        Self { groups }
    }

    /// The indices among which all expressions are that stand within `span`; others may be among them.
    pub(crate) fn within(&self, span: Span) -> Range<usize> {
        self.between(span.start, span.end)
    }

    /// The indices among which all expressions are that `span` stands within; others may be among them.
    pub(crate) fn around(&self, span: Span) -> Range<usize> {
        self.between(span.end, span.start)
    }

    /// The indices among which all expressions are that end at `end` or later, and begin at `start` or earlier.
    fn between(&self, end: u32, start: u32) -> Range<usize> {
        let first = self.groups.partition_point(|group| group.latest_end < end);
        let behind = self.groups.partition_point(|group| group.earliest_start <= start);
        first * GROUP..behind.max(first) * GROUP
    }
}
