//! Lasting names of findings, `ssotlint/v1`: rule, innermost symbol, message and its values, and which of equal ones it is.
//!
//! A line, a path or the name of a module is no part of it, so it outlives moved code and renamed files. Nor is a secret: rules
//! put names into values, not what they stand for.

use crate::finding::Finding;
use crate::source::FileId;
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_64;

/// Values that tell of other places than the finding's own, and of how many there are. Those can change without making it another
/// finding.
const ELSEWHERE: [&str; 7] = ["caller", "comment", "count", "most", "others", "owner", "user"];

/// Names the findings of a run, in the order of reports.
#[derive(Default)]
pub(super) struct Namer {
    /// How often a name was given in a file.
    given: FxHashMap<(FileId, u64), usize>,
}

impl Namer {
    /// The name of the next finding: 16 hexadecimal digits. `module` gives the name of a file's module.
    pub(super) fn name<'a>(&mut self, finding: &Finding, module: &dyn Fn(FileId) -> &'a str) -> String {
        let key = key(finding, module);
        let given = self
            .given
            .entry((finding.primary.file, xxh3_64(key.as_bytes())))
            .or_default();
        *given += 1;
        let numbered = format!("{key}\n{given}");
        format!("{:016x}", xxh3_64(numbered.as_bytes()))
    }
}

fn key<'a>(finding: &Finding, module: &dyn Fn(FileId) -> &'a str) -> String {
    let symbol = within(&finding.symbol, module(finding.primary.file));
    let mut key = format!("{}\n{symbol}\n{}", finding.rule, finding.message);
    for (name, value) in &finding.values {
        if ELSEWHERE.contains(name) {
            continue;
        }
        let mut steps = finding.trail.iter().chain(&finding.related);
        let value = match steps.find(|step| step.symbol == *value) {
            _ if *value == finding.symbol => symbol,
            Some(step) => within(value, module(step.site.file)),
            None => value,
        };
        let words: Vec<&str> = value.split_whitespace().collect();
        key.push_str(&format!("\n{name}={}", words.join(" ")));
    }
    key
}

/// A symbol's name within its module, so that a renamed file keeps it.
fn within<'a>(symbol: &'a str, module: &str) -> &'a str {
    match symbol.strip_prefix(module) {
        Some("") => "",
        Some(rest) => rest
            .strip_prefix("::")
            .or_else(|| rest.strip_prefix('.'))
            .unwrap_or(if module.is_empty() { rest } else { symbol }),
        None => symbol,
    }
}

#[cfg(test)]
mod tests {
    use super::{Namer, within};
    use crate::finding::{CodeScope, Confidence, Finding, Site, Step};
    use crate::source::{FileId, Span};

    fn finding(file: u32, at: u32, symbol: &str, values: &[(&'static str, &str)]) -> Finding {
        Finding {
            rule: "a-rule",
            message: "a-message",
            values: values
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned()))
                .collect(),
            primary: Site {
                file: FileId(file),
                span: Span::new(at, at + 1),
            },
            symbol: symbol.to_owned(),
            scope: CodeScope::Production,
            concern: None,
            confidence: Confidence::Certain,
            trail: Vec::new(),
            related: Vec::new(),
            fix: Vec::new(),
            counted: None,
        }
    }

    fn named(findings: &[Finding]) -> Vec<String> {
        let mut namer = Namer::default();
        let modules = ["app.auth", "app.login"];
        let module = |file: FileId| modules[file.0 as usize];
        findings.iter().map(|finding| namer.name(finding, &module)).collect()
    }

    #[test]
    fn a_symbol_is_named_within_its_module() {
        for (symbol, module, name) in [
            ("app.auth.Client.get", "app.auth", "Client.get"),
            ("app.auth", "app.auth", ""),
            ("gateway::auth::check", "gateway::auth", "check"),
            ("deploy/.env", "deploy/.env", ""),
            ("main", "", "main"),
            ("app.authority.get", "app.auth", "app.authority.get"),
        ] {
            assert_eq!(within(symbol, module), name, "{symbol} in {module}");
        }
    }

    #[test]
    fn where_a_finding_stands_is_no_part_of_its_name() {
        let mut moved = finding(
            1,
            900,
            "app.login.get",
            &[("call", "jwt.decode"), ("owner", "b"), ("function", "x.start")],
        );
        let mut first = finding(
            0,
            3,
            "app.auth.get",
            &[("call", "jwt.decode"), ("owner", "a"), ("function", "app.auth.start")],
        );
        for (finding, symbol) in [(&mut first, "app.auth.start"), (&mut moved, "app.login.start")] {
            finding.values[2].1 = symbol.to_owned();
            finding.trail.push(Step {
                site: finding.primary,
                symbol: symbol.to_owned(),
                note: "calls".to_owned(),
            });
        }
        let names = named(&[first, moved]);
        assert_eq!(names[0], names[1]);
        assert_eq!(names[0].len(), 16);
    }

    #[test]
    fn equal_findings_of_one_symbol_are_told_apart() {
        let call = [("call", "jwt.decode")];
        let names = named(&[
            finding(0, 1, "app.auth.get", &call),
            finding(0, 2, "app.auth.get", &call),
            finding(0, 3, "app.auth.put", &call),
            finding(0, 4, "app.auth.get", &[("call", "jose.decode")]),
        ]);
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name), "{names:?}");
        }
    }
}
