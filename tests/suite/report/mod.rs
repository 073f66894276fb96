//! What reports look like, and whether they are what the readers of each format expect.

mod sample;

use insta::assert_snapshot;
use sample::{FILES, Sample};
use serde_json::Value;
use ssotlint::finding::Level;
use ssotlint::report::{FINDINGS_SCHEMA, Format, Terminal};
use ssotlint::source::{FileId, Span};
use std::io;

/// As published with Microsoft's SARIF Multitool (MIT licence).
const SARIF_SCHEMA: &str = include_str!("../schemas/sarif-2.1.0.json");

const ALL_FORMATS: [Format; 11] = [
    Format::Text,
    Format::Concise,
    Format::Json,
    Format::Sarif,
    Format::Github,
    Format::Gitlab,
    Format::Junit,
    Format::Markdown,
    Format::Azure,
    Format::Checkstyle,
    Format::Rdjson,
];

#[test]
fn text_shows_what_is_wrong_where_and_what_to_do() {
    assert_snapshot!("text", Sample::new().written(Format::Text));
}

#[test]
fn text_fits_narrow_terminals_without_unicode() {
    let mut sample = Sample::new();
    sample.current_folder = "/work/app/api/very/far/below";
    sample.options.terminal = Terminal {
        colour: false,
        unicode: false,
        width: 60,
    };
    sample.verdict.kept[3].finding.primary = sample::site("gateway/src/main.rs", "Validation::default()");
    let text = sample.written(Format::Text);
    assert_snapshot!("text_narrow", text);
    let widest = text.lines().map(|line| line.chars().count()).max();
    assert!(widest <= Some(60));
}

#[test]
fn text_has_colours_where_the_terminal_has() {
    let mut sample = Sample::new();
    sample.verdict.kept.truncate(1);
    sample.options.terminal.colour = true;
    assert_snapshot!("text_coloured", sample.written(Format::Text).replace('\x1b', "␛"));
}

#[test]
fn a_clean_run_is_one_line() {
    assert_snapshot!(Sample::clean().written(Format::Text), @"✓ no findings in 8 files (1 config, 6 python, 1 rust)");
    assert_snapshot!(Sample::clean().written(Format::Concise), @"no findings in 8 files");
    assert_snapshot!(Sample::clean().written(Format::Github), @"no findings in 8 files");
}

#[test]
fn what_is_missing_is_said_when_nothing_is_found() {
    let mut sample = Sample::new();
    sample.verdict.kept.clear();
    sample.sources.git_failure = Some("git: not found".to_owned());
    assert_snapshot!(sample.written(Format::Text), @r"
    ✓ no findings in 8 files (1 config, 6 python, 1 rust)
    git was not asked which files there are: git: not found
    unread 1 file:
      data/big file.py  larger than 8 MiB
    partly read 1 file:
      legacy/broken.py:1:6  expected a parameter, found `:`
    hidden by scope: 1 in scripts (duplicate-token-validation 1); 12 in tests
    (duplicate-token-validation 9, secret-fallback 3); shown with
    `--scopes production,script,test,config`
    waived: 1; shown with `--no-waivers`
    ");
}

#[test]
fn quiet_leaves_only_findings() {
    for format in [Format::Text, Format::Concise, Format::Github] {
        let mut sample = Sample::clean();
        sample.options.quiet = true;
        assert_eq!(sample.written(format), "");
        let mut sample = Sample::new();
        sample.options.quiet = true;
        let text = sample.written(format);
        assert!(text.contains("jwt.decode") && !text.contains("unread"), "{text}");
    }
}

#[test]
fn concise_is_one_line_a_finding() {
    let mut sample = Sample::new();
    sample.current_folder = "/work/app/auth";
    assert_snapshot!("concise", sample.written(Format::Concise));
}

#[test]
fn github_gets_the_gravest_first_and_the_total_last() {
    assert_snapshot!("github", Sample::new().written(Format::Github));
}

#[test]
fn gitlab_gets_an_array_of_issues_each_with_a_fingerprint_of_its_own() {
    let mut sample = Sample::new();
    for judged in &mut sample.verdict.kept {
        judged.fingerprint = "0123456789abcdef".to_owned();
    }
    let issues: Value = serde_json::from_str(&sample.written(Format::Gitlab)).unwrap();
    let issues = issues.as_array().unwrap();
    assert_eq!(issues.len(), sample.verdict.kept.len());
    let fingerprints: std::collections::BTreeSet<&str> = issues
        .iter()
        .map(|issue| issue["fingerprint"].as_str().unwrap())
        .collect();
    assert_eq!(fingerprints.len(), issues.len());
    assert_eq!(Sample::clean().written(Format::Gitlab), "[]\n");
    assert_snapshot!("gitlab", Sample::new().written(Format::Gitlab));
}

#[test]
fn other_consumers_get_their_forms() {
    for (name, format) in [
        ("junit", Format::Junit),
        ("markdown", Format::Markdown),
        ("azure", Format::Azure),
        ("checkstyle", Format::Checkstyle),
        ("rdjson", Format::Rdjson),
    ] {
        assert_snapshot!(name, Sample::new().written(format));
    }
    assert!(
        Sample::clean()
            .written(Format::Junit)
            .contains("<testcase name=\"no findings\"")
    );
}

#[test]
fn json_is_what_its_schema_says() {
    let text = Sample::new().written(Format::Json);
    let schema: Value = serde_json::from_str(FINDINGS_SCHEMA).unwrap();
    assert!(jsonschema::meta::is_valid(&schema));
    assert_valid(&schema, &text);
    assert_valid(&schema, &Sample::clean().written(Format::Json));
    assert_snapshot!("json", text);
}

#[test]
fn sarif_is_what_its_schema_says() {
    let mut sample = Sample::new();
    let log = sample.written(Format::Sarif);
    let schema: Value = serde_json::from_str(SARIF_SCHEMA).unwrap();
    assert_valid(&schema, &log);
    assert_valid(&schema, &Sample::clean().written(Format::Sarif));
    assert_snapshot!("sarif", pretty(&log));
    sample.options.include_waived = true;
    sample.options.category = Some("backend/auth".to_owned());
    assert_valid(&schema, &sample.written(Format::Sarif));
}

#[test]
fn sarif_names_all_rules_whatever_was_found() {
    let rules = |sample: &Sample| sarif_run(sample)["tool"]["driver"]["rules"].clone();
    assert_eq!(rules(&Sample::new()), rules(&Sample::clean()));
    let clean = sarif_run(&Sample::clean());
    assert_eq!(clean["results"], Value::Array(Vec::new()));
    assert_eq!(clean["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn sarif_has_waived_findings_only_when_asked() {
    let mut sample = Sample::new();
    let run = sarif_run(&sample);
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), sample.verdict.kept.len());
    assert!(results.iter().all(|result| result.get("suppressions").is_none()));
    assert!(run.get("automationDetails").is_none());

    sample.options.include_waived = true;
    sample.options.category = Some("backend".to_owned());
    let run = sarif_run(&sample);
    let (waived, kept) = run["results"].as_array().unwrap().split_last().unwrap();
    assert_eq!(
        waived["suppressions"],
        serde_json::json!([{
            "kind": "inSource",
            "status": "accepted",
            "justification": "smoke tests have no gateway (until 2027-03-01)",
        }])
    );
    assert!(
        kept.iter()
            .all(|result| result["suppressions"] == Value::Array(Vec::new()))
    );
    assert_eq!(run["automationDetails"]["id"], "backend/");
}

#[test]
fn no_report_shows_a_secret() {
    let mut sample = Sample::new();
    sample.options.include_waived = true;
    for format in ALL_FORMATS {
        let text = sample.written(format);
        for secret in ["fake-fallback-value", "not-a-real-secret", "fake-signing-key"] {
            assert!(FILES.iter().any(|(_, text)| text.contains(secret)));
            assert!(!text.contains(secret), "{format:?} shows {secret}:\n{text}");
        }
    }
}

#[test]
fn a_report_never_fails_over_what_it_cannot_show() {
    let mut sample = Sample::new();
    sample.pages.clear();
    for judged in &mut sample.verdict.kept {
        // a file that has changed since it was read
        judged.finding.primary.span = Span::new(90_000, 90_001);
    }
    let gone = &mut sample.verdict.kept[0].finding;
    gone.primary.file = FileId(u32::try_from(FILES.len()).unwrap());
    sample.sources.files.push(ssotlint::source::SourceFile {
        path: "gone.py".to_owned(),
        location: "/work/app/gone.py".into(),
        tracked: None,
        size: 0,
        content: None,
    });
    for format in ALL_FORMATS {
        let text = sample.written(format);
        assert!(text.contains("gone.py") && text.contains("utside owner"), "{text}");
    }
}

#[test]
fn marks_may_stand_anywhere() {
    // every place of every file, also empty ones, ends of lines and ends of files
    let mut sample = Sample::new();
    sample.verdict.kept.truncate(1);
    for width in [60, 100] {
        sample.options.terminal.width = width;
        for (file, (_, text)) in FILES.iter().enumerate() {
            let ends: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
            for (start, end) in ends
                .iter()
                .flat_map(|start| [0, 1, 30].map(|length| (*start, start + length)))
            {
                if text.is_char_boundary(end) && end <= text.len() {
                    let finding = &mut sample.verdict.kept[0].finding;
                    finding.primary.file = FileId(u32::try_from(file).unwrap());
                    finding.primary.span = Span::new(u32::try_from(start).unwrap(), u32::try_from(end).unwrap());
                    sample.written(Format::Text);
                }
            }
        }
    }
}

#[test]
fn a_closed_pipe_is_a_success_and_a_full_disk_is_not() {
    struct Failing(io::ErrorKind);
    impl io::Write for Failing {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut many = Sample::new();
    for _ in 0..100 {
        many.verdict.waived.append(&mut Sample::new().verdict.waived);
        many.verdict.kept.append(&mut Sample::new().verdict.kept);
    }
    for format in ALL_FORMATS {
        for sample in [&Sample::new(), &many] {
            assert!(
                sample.write(format, &mut Failing(io::ErrorKind::BrokenPipe)).is_ok(),
                "{format:?}"
            );
            assert!(
                sample.write(format, &mut Failing(io::ErrorKind::StorageFull)).is_err(),
                "{format:?}"
            );
        }
    }
}

#[test]
fn formats_are_named_as_users_write_them() {
    use clap::ValueEnum;
    let names: Vec<String> = Format::value_variants()
        .iter()
        .map(|format| format.to_possible_value().unwrap().get_name().to_owned())
        .collect();
    let expected = "text concise json sarif github gitlab junit markdown azure checkstyle rdjson";
    assert_eq!(names.join(" "), expected);
    assert_eq!(Format::default(), Format::Text);
    assert!(Level::Note < Level::Error);
}

fn sarif_run(sample: &Sample) -> Value {
    let log: Value = serde_json::from_str(&sample.written(Format::Sarif)).unwrap();
    log["runs"][0].clone()
}

fn pretty(json: &str) -> String {
    let value: Value = serde_json::from_str(json).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}

#[track_caller]
fn assert_valid(schema: &Value, json: &str) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let instance = serde_json::from_str(json).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&instance)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

/// Writes samples for validators that are no part of the tests: `cargo test --test suite samples -- --ignored`.
#[test]
#[ignore = "leaves files for other validators"]
fn samples() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let sources = folder.join("sample-sources/app");
    for (path, text) in FILES {
        let file = sources.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    for (name, include_waived) in [("sample.sarif", false), ("sample-waived.sarif", true)] {
        let mut sample = Sample::new();
        sample.options.include_waived = include_waived;
        std::fs::write(folder.join(name), sample.written(Format::Sarif)).unwrap();
        println!("{}", folder.join(name).display());
    }
}
