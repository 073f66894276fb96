//! SARIF 2.1.0, for code scanning: the log as GitHub and GitLab want it.
//!
//! - All rules are always named, whatever was found: consumers compare the lists of runs.
//! - No absolute path and no time is written: the same sources give the same bytes.
//! - Results are written one by one, since there may be many.
//! - A suppressed result would be shown as an open one by GitHub, so waived findings are left out unless asked for.

mod format;
mod line_hash;

pub(super) use line_hash::line_hashes;

use super::places::Places;
use super::{Report, printable};
use crate::finding::{Edit, Level, Site, Step};
use crate::page::{Page, Stage};
use crate::source::Position;
use crate::verdict::{Judged, WaivedBy};
use format::{
    ArtifactChange, ArtifactLocation, AutomationDetails, BaseIds, CodeFlow, Configuration, Content, Descriptor,
    DescriptorProperties, DescriptorReference, Driver, Fingerprints, Fix, Help, Invocation, Location, Log,
    LogicalLocation, Notification, PhysicalLocation, Region, Replacement, ResultProperties, Run, SarifResult,
    SourceRoot, Suppression, Text, ThreadFlow, ThreadFlowLocation, Tool,
};
use serde::{Serialize, Serializer};
use std::io;

/// GitHub refuses longer descriptions of rules.
const LONGEST_DESCRIPTION: usize = 1024;
/// GitLab drops results with longer messages.
const LONGEST_MESSAGE: usize = 2048;
/// GitHub reads no more places a code flow.
const LONGEST_FLOW: usize = 1000;
/// The id of what is said about files that were not, or not wholly, read.
const UNREAD: &str = "unread-file";
const PARTLY_READ: &str = "partly-read-file";

pub(super) fn write(report: &Report<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let places = Places::seen_from_repository(report);
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver: driver(report) },
            automation_details: report.options.category.as_deref().map(|category| AutomationDetails {
                // all before the last slash is the category
                id: format!("{}/", category.trim_end_matches('/')),
            }),
            invocations: [Invocation {
                execution_successful: true,
                tool_execution_notifications: notifications(report, &places),
            }],
            original_uri_base_ids: BaseIds {
                source_root: SourceRoot {
                    description: Text::new("The top of the repository, or the folder that was linted."),
                },
            },
            column_kind: "unicodeCodePoints",
            results: Results {
                report,
                places: &places,
            },
        }],
    };
    serde_json::to_writer(&mut *out, &log)?;
    writeln!(out)
}

fn driver<'a>(report: &Report<'a>) -> Driver<'a> {
    let described = |id, text: &str, help: &str| Descriptor {
        id,
        name: pascal_case(id),
        short_description: Text::new(sentence(text)),
        full_description: Text::new(sentence(text)),
        help: Help {
            text: sentence(help),
            markdown: None,
        },
        default_configuration: None,
        properties: None,
    };
    Driver {
        name: report.tool.name,
        semantic_version: report.tool.version,
        information_uri: report.tool.information_uri,
        rules: report.pages.iter().map(rule).collect(),
        notifications: vec![
            described(
                UNREAD,
                "a file could not be read, so nothing is known about it",
                "make the file readable, or exclude it in the settings",
            ),
            described(
                PARTLY_READ,
                "a part of a file could not be read, so nothing is known about that part",
                "correct the syntax at that place",
            ),
        ],
    }
}

fn rule(page: &Page) -> Descriptor<'_> {
    Descriptor {
        id: &page.id,
        name: pascal_case(&page.id),
        short_description: Text::new(shortened(&sentence(&page.summary), LONGEST_DESCRIPTION)),
        full_description: Text::new(shortened(&page.introduction.replace('\n', " "), LONGEST_DESCRIPTION)),
        help: Help {
            text: help(page, false),
            markdown: Some(help(page, true)),
        },
        default_configuration: Some(Configuration {
            level: page.level.unwrap_or(Level::Note),
            enabled: page.level.is_some(),
        }),
        properties: Some(properties(page)),
    }
}

/// What a reader of an alert needs: the page, with one example of each kind.
fn help(page: &Page, with_examples: bool) -> String {
    let mut help = page.introduction.clone();
    for section in &page.sections {
        let is_example = matches!(section.title.as_str(), "Bad" | "Good");
        let text = match is_example {
            true if !with_examples => continue,
            true => section.first_part(),
            false => &section.text,
        };
        help.push_str(&format!("\n\n## {}\n\n{text}", section.title));
    }
    help
}

fn properties(page: &Page) -> DescriptorProperties {
    let mut tags = Vec::new();
    let is_security = page.category.is_security();
    if is_security {
        tags.push("security".to_owned());
    }
    tags.push(page.category.name().to_owned());
    // GitHub reads the first spelling, GitLab the second
    for number in &page.cwe {
        tags.push(format!("external/cwe/cwe-{number:03}"));
        tags.push(format!("cwe-{number}"));
    }
    DescriptorProperties {
        tags,
        precision: match page.stage {
            Stage::Stable => "high",
            Stage::Preview => "medium",
        },
        problem_severity: match page.level {
            Some(Level::Error) => "error",
            Some(Level::Warning) => "warning",
            Some(Level::Note) | None => "recommendation",
        },
        // high, medium and low, as GitHub cuts the scale
        security_severity: is_security.then_some(match page.level {
            Some(Level::Error) => "8.0",
            Some(Level::Warning) => "5.0",
            Some(Level::Note) | None => "2.0",
        }),
    }
}

/// Files that were not, or not wholly, read. The run is a success all the same: a run that is none would be refused.
fn notifications(report: &Report<'_>, places: &Places<'_>) -> Vec<Notification> {
    let unread = report.all_unread().into_iter().map(|unread| {
        let location = PhysicalLocation {
            artifact_location: artifact(&places.path_below_root(&unread.path)),
            region: None,
        };
        notification(UNREAD, 0, &unread.reason, location)
    });
    let partly = report
        .problems
        .iter()
        .map(|problem| notification(PARTLY_READ, 1, &problem.message, physical(problem.site, places)));
    unread.chain(partly).collect()
}

fn notification(id: &'static str, index: usize, text: &str, place: PhysicalLocation) -> Notification {
    Notification {
        descriptor: DescriptorReference { id, index },
        level: "warning",
        message: Text::new(sentence(text)),
        locations: [Location {
            id: None,
            physical_location: place,
            logical_locations: None,
            message: None,
        }],
    }
}

/// Writes a result only when its turn comes.
struct Results<'a> {
    report: &'a Report<'a>,
    places: &'a Places<'a>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let verdict = self.report.verdict;
        let waived = self.report.options.include_waived.then_some(&verdict.waived);
        let all = verdict.kept.iter().chain(waived.into_iter().flatten());
        serializer.collect_seq(all.map(|judged| result(judged, self.report, self.places)))
    }
}

fn result<'a>(judged: &'a Judged, report: &Report<'_>, places: &Places<'_>) -> SarifResult<'a> {
    let finding = &judged.finding;
    let start = places.place(finding.primary).start;
    let text = places.text(finding.primary.file);
    SarifResult {
        rule_id: finding.rule,
        rule_index: report.page(finding.rule).map(|(index, _)| index),
        level: judged.level,
        message: Text::new(message(judged, report)),
        locations: [Location {
            id: None,
            physical_location: physical(finding.primary, places),
            logical_locations: logical(&finding.symbol),
            message: None,
        }],
        partial_fingerprints: Fingerprints {
            line_hash: text
                .as_ref()
                .and_then(|text| text.line_hash(start.line))
                .map(str::to_owned),
            own: &judged.fingerprint,
        },
        code_flows: code_flow(&finding.trail, finding.primary, &finding.symbol, places),
        related_locations: (1..)
            .zip(&finding.related)
            .map(|(id, step)| related(id, step, places))
            .collect(),
        fixes: fixes(&finding.fix, places),
        // in a log, either all results speak of suppressions or none does
        suppressions: report
            .options
            .include_waived
            .then(|| judged.waiver.iter().map(suppression).collect()),
        properties: ResultProperties {
            confidence: finding.confidence,
            scope: finding.scope,
            concern: finding.concern.as_deref(),
        },
    }
}

/// What is wrong, which becomes the alert's title; what to do; and links to the related places.
fn message(judged: &Judged, report: &Report<'_>) -> String {
    let wording = report.wording(&judged.finding);
    let mut message = plain(&sentence(&wording.text));
    if !wording.help.is_empty() {
        message.push_str("\n\n");
        message.push_str(&plain(&sentence(&wording.help)));
    }
    let mut message = shortened(&message, LONGEST_MESSAGE);
    for (id, step) in (1..).zip(&judged.finding.related) {
        let link = format!(
            "\n- [{}]({id}): {}",
            step.symbol.replace(['[', ']'], ""),
            plain(&step.note)
        );
        if message.len() + link.len() <= LONGEST_MESSAGE {
            message.push_str(&link);
        }
    }
    message
}

fn code_flow(trail: &[Step], primary: Site, symbol: &str, places: &Places<'_>) -> Option<[CodeFlow; 1]> {
    let last = trail.last()?;
    let mut locations: Vec<ThreadFlowLocation> = trail
        .iter()
        .take(LONGEST_FLOW - 1)
        .map(|step| flow_location(step.site, &step.symbol, &step.note, places))
        .collect();
    if last.site != primary {
        locations.push(flow_location(primary, symbol, "here", places));
    }
    Some([CodeFlow {
        thread_flows: [ThreadFlow { locations }],
    }])
}

fn flow_location(site: Site, symbol: &str, note: &str, places: &Places<'_>) -> ThreadFlowLocation {
    ThreadFlowLocation {
        location: Location {
            id: None,
            physical_location: physical(site, places),
            logical_locations: logical(symbol),
            message: Some(Text::new(plain(&format!("{symbol}: {note}")))),
        },
    }
}

fn related(id: usize, step: &Step, places: &Places<'_>) -> Location {
    Location {
        id: Some(id),
        physical_location: physical(step.site, places),
        logical_locations: logical(&step.symbol),
        message: Some(Text::new(plain(&step.note))),
    }
}

fn fixes(edits: &[Edit], places: &Places<'_>) -> Vec<Fix> {
    if edits.is_empty() {
        return Vec::new();
    }
    let by_file = edits.chunk_by(|left, right| left.site.file == right.site.file);
    vec![Fix {
        artifact_changes: by_file
            .map(|edits| ArtifactChange {
                artifact_location: artifact(&places.path(edits[0].site.file)),
                replacements: edits
                    .iter()
                    .map(|edit| Replacement {
                        deleted_region: region(edit.site, places),
                        inserted_content: Content {
                            text: edit.replacement.clone(),
                        },
                    })
                    .collect(),
            })
            .collect(),
    }]
}

fn suppression(waiver: &WaivedBy) -> Suppression {
    let until = waiver.until.as_ref().map(|day| format!(" (until {day})"));
    Suppression {
        kind: if waiver.comment.is_some() {
            "inSource"
        } else {
            "external"
        },
        status: "accepted",
        justification: format!("{}{}", waiver.reason, until.unwrap_or_default()),
    }
}

fn physical(site: Site, places: &Places<'_>) -> PhysicalLocation {
    PhysicalLocation {
        artifact_location: artifact(&places.path(site.file)),
        region: Some(region(site, places)),
    }
}

fn region(site: Site, places: &Places<'_>) -> Region {
    let place = places.place(site);
    let Position { line, column } = place.end;
    Region {
        start_line: place.start.line,
        start_column: place.start.column,
        end_line: line,
        end_column: column,
    }
}

fn logical(symbol: &str) -> Option<[LogicalLocation; 1]> {
    (!symbol.is_empty()).then(|| {
        [LogicalLocation {
            fully_qualified_name: symbol.to_owned(),
        }]
    })
}

fn artifact(path: &str) -> ArtifactLocation {
    ArtifactLocation {
        uri: percent_encoded(path),
        uri_base_id: "%SRCROOT%",
    }
}

/// A relative path as a URI: everything but letters, digits and the marks that a path may have is encoded.
fn percent_encoded(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => uri.push(char::from(byte)),
            _ if b"-._~/!$&'()*+,;=@".contains(&byte) => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// A message as SARIF reads it: plain text, in which brackets may be links.
fn plain(text: &str) -> String {
    let text = printable::line(text);
    match text.contains("](") {
        true => text.replace('[', "\\[").replace(']', "\\]"),
        false => text.into_owned(),
    }
}

/// Messages are written without capitals and full stops, SARIF's as sentences.
fn sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => String::new(),
    }
}

fn pascal_case(id: &str) -> String {
    let words = id.split('-');
    let capitalised = words.map(|word| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    });
    capitalised.collect()
}

/// At most `longest` bytes of a text, cut between characters.
fn shortened(text: &str, longest: usize) -> String {
    if text.len() <= longest {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(longest - '…'.len_utf8());
    format!("{}…", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded_as_relative_uris() {
        assert_eq!(percent_encoded("a b/[id]/ü#?.py"), "a%20b/%5Bid%5D/%C3%BC%23%3F.py");
        assert_eq!(percent_encoded("c:x%20/(group)/.env"), "c%3Ax%2520/(group)/.env");
    }

    #[test]
    fn brackets_are_no_links() {
        assert_eq!(plain("`x[0](1)`"), "`x\\[0\\](1)`");
        assert_eq!(plain("`x[0]`"), "`x[0]`");
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(shortened("äöü", 6), "äöü");
        assert_eq!(shortened("äöüä", 6), "ä…");
    }

    #[test]
    fn names_are_in_pascal_case() {
        assert_eq!(pascal_case("skip-auth-flag"), "SkipAuthFlag");
    }
}
