//! The hash by which GitHub follows an alert when lines move: `primaryLocationLineHash`.
//!
//! GitHub's uploader computes it too and warns where a file says otherwise, so it must be the very same: of each line's first
//! hundred UTF-16 units that are no space or tab, counted on over line ends, which all are LF. A unit of 0xFFFF ends the text.

use rustc_hash::FxHashMap;

const UNITS: usize = 100;
const BASE: u64 = 37;
const END_OF_TEXT: u16 = 0xFFFF;
const LINE_FEED: u16 = 0x0A;

/// The hash of every line: 64 bits in hexadecimal, and the how-manieth line with the same hash it is.
pub(in crate::report) fn line_hashes(text: &str) -> Vec<String> {
    let (units, line_starts) = significant_units(text);
    let mut seen: FxHashMap<u64, usize> = FxHashMap::default();
    let hash_of_line = |start: usize| {
        let window = units[start..].iter().copied().chain(std::iter::repeat(0)).take(UNITS);
        window.fold(0, |hash: u64, unit| {
            hash.wrapping_mul(BASE).wrapping_add(u64::from(unit))
        })
    };
    let numbered = |hash: u64| {
        let count = seen.entry(hash).or_default();
        *count += 1;
        format!("{hash:x}:{count}")
    };
    line_starts.into_iter().map(hash_of_line).map(numbered).collect()
}

/// The units that count, and where among them lines begin.
fn significant_units(text: &str) -> (Vec<u16>, Vec<usize>) {
    let mut units = Vec::with_capacity(text.len() + 1);
    let mut line_starts = Vec::new();
    let mut begins_line = true;
    let mut behind_return = false;
    for unit in text.encode_utf16().chain([END_OF_TEXT]) {
        let is_line_feed = unit == LINE_FEED;
        if matches!(unit, 0x20 | 0x09) || (behind_return && is_line_feed) {
            behind_return = false;
            continue;
        }
        behind_return = unit == 0x0D;
        if begins_line {
            line_starts.push(units.len());
        }
        begins_line = is_line_feed || behind_return;
        units.push(if behind_return { LINE_FEED } else { unit });
    }
    (units, line_starts)
}

#[cfg(test)]
mod tests {
    use super::line_hashes;

    #[test]
    fn hashes_are_githubs() {
        // the values that GitHub's own tests expect
        assert_eq!(line_hashes(""), ["c129715d7a2bc9a3:1"]);
        assert_eq!(
            line_hashes(" a\nb\n  \t\tc\n d"),
            [
                "271789c17abda88f:1",
                "54703d4cd895b18:1",
                "180aee12dab6264:1",
                "a23a3dc5e078b07b:1"
            ]
        );
    }

    #[test]
    fn line_ends_are_alike() {
        let expected = [
            "e9496ae3ebfced30:1",
            "fb7c023a8b9ccb3f:1",
            "ce8ba1a563dcdaca:1",
            "e20e36e16fcb0cc8:1",
            "b3edc88f2938467e:1",
            "c8e28b0b4002a3a0:1",
            "c129715d7a2bc9a3:1",
        ];
        assert_eq!(
            line_hashes(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End\n"),
            expected
        );
        assert_eq!(
            line_hashes(" hello; \t\nworld!!!\r\r\r  \t\tGreetings\r End\r"),
            expected
        );
        assert_eq!(
            line_hashes(" hello; \t\r\nworld!!!\r\n\r\n\r\n  \t\tGreetings\r\n End\r\n"),
            expected
        );
        assert_eq!(
            line_hashes(" hello; \t\nworld!!!\r\n\n\r  \t\tGreetings\r End\r\n"),
            expected
        );
    }

    #[test]
    fn equal_lines_are_counted() {
        assert_eq!(
            line_hashes(&"Lorem ipsum dolor sit amet.\n".repeat(10)),
            [
                "a7f2ff13bc495cf2:1",
                "a7f2ff13bc495cf2:2",
                "a7f2ff13bc495cf2:3",
                "a7f2ff13bc495cf2:4",
                "a7f2ff13bc495cf2:5",
                "a7f2ff13bc495cf2:6",
                "a7f2ff1481e87703:1",
                "a9cf91f7bbf1862b:1",
                "55ec222b86bcae53:1",
                "cc97dc7b1d7d8f7b:1",
                "c129715d7a2bc9a3:1",
            ]
        );
    }

    #[test]
    fn lines_are_those_of_the_line_index() {
        for text in ["a\r\n b\r \r\n\n", "\u{feff}x\n🔑 = 1\r", "", "\n", "a\r\n\r\nb"] {
            let lines = crate::source::LineIndex::new(text);
            let last = lines.line(u32::MAX) + 1;
            assert_eq!(line_hashes(text).len(), last, "{text:?}");
        }
    }
}
