//! A mistake in the settings, shown in the file it stands in.

use crate::source::Span;
use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::sync::Arc;

/// The settings file as mistakes show it: its name and its text.
pub(super) type Document = Arc<NamedSource<String>>;

/// Something in the settings that cannot be meant as it is written. A miette diagnostic: it points into the file and says what to
/// do.
#[derive(Clone, Debug)]
pub struct SettingsError {
    message: String,
    help: Option<String>,
    /// The mistake's place, where it has one.
    place: Option<(Document, Span)>,
}

impl SettingsError {
    /// A mistake at a place of `document`, or of the settings as a whole.
    pub(super) fn new(message: String, help: Option<String>, place: Option<(Document, Span)>) -> Self {
        Self { message, help, place }
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The bytes of the settings file it is about.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.place.as_ref().map(|(_, span)| *span)
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl std::error::Error for SettingsError {}

impl Diagnostic for SettingsError {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place
            .as_ref()
            .map(|(document, _)| document.as_ref() as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (_, span) = self.place.as_ref()?;
        let range = span.start as usize..span.end as usize;
        Some(Box::new(std::iter::once(LabeledSpan::underline(range))))
    }
}
