//! Standard output and standard error. A reader that goes away early, such as `head`, is no failure.

use super::Failed;
use miette::{Diagnostic, GraphicalReportHandler};
use ssotlint::report::{Colour, Terminal, printable};
use std::io::{self, Write};

/// Where a run speaks to people.
pub struct Console {
    colour: Colour,
    errors: Terminal,
}

impl Console {
    /// `colour` is what users ask for.
    pub fn new(colour: Colour) -> Self {
        Self {
            colour,
            errors: Terminal::of_standard_error(colour),
        }
    }

    /// What standard output is shown on.
    pub fn output(&self) -> Terminal {
        Terminal::of_standard_output(self.colour)
    }

    /// What a file takes that a report is written to: colours only if they are asked for.
    pub fn file(&self) -> Terminal {
        Terminal {
            colour: self.colour == Colour::Always,
            ..Terminal::default()
        }
    }

    /// Writes to standard output.
    pub fn print(&self, text: &str) -> Result<(), Failed> {
        let mut out = io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(self.fail(&format!("cannot write to standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    /// Tells what is wrong and what to do about it, on one line.
    pub fn error(&self, message: &str) {
        self.line("error", anstyle::AnsiColor::Red, message);
    }

    /// [`Console::error`] where the run ends with it.
    pub fn fail(&self, message: &str) -> Failed {
        self.error(message);
        Failed
    }

    /// Tells what may make the run worth less than it looks.
    pub fn warning(&self, message: &str) {
        self.line("warning", anstyle::AnsiColor::Yellow, message);
    }

    /// Tells what was done.
    pub fn note(&self, message: &str) {
        self.to_errors(&format!("{}\n", printable(message)));
    }

    /// Shows mistakes in the file they stand in.
    pub fn diagnostics(&self, mistakes: &[impl Diagnostic]) {
        let handler = GraphicalReportHandler::new_themed(self.errors.theme())
            .with_width(self.errors.width)
            .with_links(false)
            .with_word_splitter(textwrap::WordSplitter::NoHyphenation)
            .without_syntax_highlighting();
        for mistake in mistakes {
            let mut text = String::new();
            match handler.render_report(&mut text, mistake) {
                Ok(()) => self.to_errors(&text),
                Err(_) => self.error(&mistake.to_string()),
            }
        }
    }

    fn line(&self, word: &str, colour: anstyle::AnsiColor, message: &str) {
        let message = printable(message);
        if self.errors.colour {
            let style = colour.on_default().bold();
            self.to_errors(&format!("{style}{word}:{style:#} {message}\n"));
        } else {
            self.to_errors(&format!("{word}: {message}\n"));
        }
    }

    /// What cannot be told cannot be helped: there is no further place to tell it.
    fn to_errors(&self, text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}
