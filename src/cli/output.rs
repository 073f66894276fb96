//! Where reports go: to standard output, or to files, several of one analysis.

use super::Failed;
use super::console::Console;
use clap::ValueEnum;
use clap::builder::{OsStringValueParser, TypedValueParser};
use ssotlint::report::{self, Format, Options, Report};
use ssotlint::source;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Report")]
pub struct OutputArguments {
    /// The form of the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Write a report to FILE instead of standard output; may be repeated
    ///
    /// FORMAT= before it asks for another form than `--format` does. One analysis is written several times:
    /// `--output sarif=ssot.sarif --output json=ssot.json --output -`, where `-` is standard output. The folder of FILE must exist.
    #[arg(long, value_name = "[FORMAT=]FILE", value_parser = OsStringValueParser::new().try_map(Output::parse))]
    output: Vec<Output>,

    /// Write nothing but findings: no summary, no warnings, no progress
    #[arg(long, short)]
    quiet: bool,

    /// Write waived findings, too, as suppressed (SARIF)
    #[arg(long)]
    include_waived: bool,

    /// What tells this analysis from others of the same sources (SARIF)
    #[arg(long, value_name = "NAME")]
    category: Option<String>,
}

/// One value of `--output`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Output {
    /// None: as `--format` says.
    format: Option<Format>,
    /// None: standard output.
    file: Option<PathBuf>,
}

/// Where reports go, checked.
pub struct Outputs<'a> {
    arguments: &'a OutputArguments,
    /// At least one.
    all: Vec<(Format, Option<&'a Path>)>,
}

impl OutputArguments {
    /// Whether only findings are to be written.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// The options of reports, but for what they are shown on.
    pub fn options(&self) -> Options {
        Options {
            include_waived: self.include_waived,
            category: self.category.clone(),
            quiet: self.quiet,
            ..Options::default()
        }
    }

    /// Where the reports go. What cannot be written is told before the analysis, not behind it.
    pub fn outputs(&self, console: &Console) -> Result<Outputs<'_>, Failed> {
        let mut all: Vec<(Format, Option<&Path>)> = Vec::new();
        for output in &self.output {
            let file = output.file.as_deref();
            if all.iter().any(|(_, other)| *other == file) {
                let file = file.map_or("-".into(), Path::to_string_lossy);
                return Err(console.fail(&format!("two reports go to `{file}`; give each a file of its own")));
            }
            if let Some(file) = file {
                source::check_output(file)
                    .map_err(|reason| console.fail(&format!("cannot write `{}`: {reason}", file.display())))?;
            }
            all.push((output.format.unwrap_or(self.format), file));
        }
        if all.is_empty() {
            all.push((self.format, None));
        }
        Ok(Outputs { arguments: self, all })
    }
}

impl Outputs<'_> {
    /// The files that are written.
    pub fn files(&self) -> Vec<&Path> {
        self.all.iter().filter_map(|(_, file)| *file).collect()
    }

    /// Whether there is room for progress beside the reports: standard output is for people or for nobody.
    pub fn leave_room_for_progress(&self) -> bool {
        let is_for_people = |format| matches!(format, Format::Text | Format::Concise);
        let standard = self.all.iter().find(|(_, file)| file.is_none());
        !self.arguments.quiet && standard.is_none_or(|(format, _)| is_for_people(*format))
    }

    /// Writes all reports, those that can be written even if one cannot.
    pub fn write(&self, report: &mut Report<'_>, console: &Console) -> Result<(), Failed> {
        let mut result = Ok(());
        let mut written = Vec::new();
        for (format, file) in &self.all {
            match file {
                Some(file) => {
                    report.options.terminal = console.file();
                    let mut content = Vec::new();
                    let made = report::write(*format, report, &mut content).map_err(|error| error.to_string());
                    match made.and_then(|()| source::write_output(file, &content)) {
                        Ok(()) => written.push(format!("`{}`", file.display())),
                        Err(reason) => {
                            result = Err(console.fail(&format!("cannot write `{}`: {reason}", file.display())));
                        }
                    }
                }
                None => {
                    report.options.terminal = console.output();
                    if let Err(error) = report::write(*format, report, &mut std::io::stdout().lock()) {
                        result = Err(console.fail(&format!("cannot write to standard output: {error}")));
                    }
                }
            }
        }
        if written.len() == self.all.len() && !self.arguments.quiet {
            let summary = report::summary(report);
            console.note(&format!("{summary}; written to {}", written.join(", ")));
        }
        result
    }
}

impl Output {
    /// Reads `[FORMAT=]FILE`. A file whose name has such a beginning can be written with `./` before it.
    fn parse(written: std::ffi::OsString) -> Result<Self, String> {
        let (format, file) = match written.to_str().and_then(|text| text.split_once('=')) {
            Some((name, file)) if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase()) => {
                let format = Format::from_str(name, false).map_err(|_| unknown_format(name))?;
                (Some(format), OsStr::new(file))
            }
            _ => (None, written.as_os_str()),
        };
        if file.is_empty() {
            return Err("it names no file".to_owned());
        }
        Ok(Self {
            format,
            file: (file != "-").then(|| PathBuf::from(file)),
        })
    }
}

fn unknown_format(name: &str) -> String {
    let known: Vec<String> = Format::value_variants()
        .iter()
        .filter_map(|format| Some(format.to_possible_value()?.get_name().to_owned()))
        .collect();
    format!("there is no format `{name}`; use one of {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Format, Output};

    #[test]
    fn an_output_may_name_its_format() {
        let cases = [
            ("a.txt", None, Some("a.txt")),
            ("-", None, None),
            ("sarif=a=b.sarif", Some(Format::Sarif), Some("a=b.sarif")),
            ("json=-", Some(Format::Json), None),
            ("./json=a", None, Some("./json=a")),
            ("A=b", None, Some("A=b")),
        ];
        for (written, format, file) in cases {
            let output = Output::parse(written.into()).unwrap();
            assert_eq!(
                (output.format, output.file),
                (format, file.map(Into::into)),
                "{written}"
            );
        }
        assert_eq!(Output::parse("json=".into()).unwrap_err(), "it names no file");
        let unknown = Output::parse("yaml=a".into()).unwrap_err();
        assert_eq!(
            unknown,
            "there is no format `yaml`; use one of text, concise, json, sarif, github, gitlab, junit, markdown, azure, checkstyle, rdjson"
        );
    }
}
