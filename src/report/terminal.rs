//! What a report is shown on: whether it takes colours, which characters, and how many columns.

use anstream::stream::RawStream;
use miette::{GraphicalTheme, ThemeCharacters, ThemeStyles};
use std::env;
use supports_unicode::Stream;

/// Columns where there is no terminal to ask, such as in a file.
const WIDTH_OF_FILES: usize = 100;
/// Wider text is hard to read.
const WIDEST: usize = 120;
/// Narrower text cannot be laid out.
const NARROWEST: usize = 60;

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Colour {
    /// Where a terminal shows them, unless the environment says otherwise
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What a report is shown on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Whether it takes colours.
    pub colour: bool,
    /// Whether it shows more than ASCII.
    pub unicode: bool,
    /// How many columns it has.
    pub width: usize,
}

impl Default for Terminal {
    /// A file: no colours, Unicode.
    fn default() -> Self {
        Self {
            colour: false,
            unicode: true,
            width: WIDTH_OF_FILES,
        }
    }
}

impl Terminal {
    /// What standard output is, as users and the environment want it used.
    #[must_use]
    pub fn of_standard_output(colour: Colour) -> Self {
        let output = std::io::stdout();
        Self::of(
            &output,
            terminal_size::terminal_size_of(&output),
            Stream::Stdout,
            colour,
        )
    }

    /// What standard error is, as users and the environment want it used.
    #[must_use]
    pub fn of_standard_error(colour: Colour) -> Self {
        let output = std::io::stderr();
        Self::of(
            &output,
            terminal_size::terminal_size_of(&output),
            Stream::Stderr,
            colour,
        )
    }

    /// How miette draws on it.
    #[must_use]
    pub fn theme(self) -> GraphicalTheme {
        GraphicalTheme {
            characters: if self.unicode {
                ThemeCharacters::unicode()
            } else {
                ThemeCharacters::ascii()
            },
            styles: if self.colour {
                ThemeStyles::ansi()
            } else {
                ThemeStyles::none()
            },
        }
    }

    fn of<S: RawStream>(
        output: &S,
        size: Option<(terminal_size::Width, terminal_size::Height)>,
        stream: Stream,
        colour: Colour,
    ) -> Self {
        let colour = match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => wants_colour(|name| env::var(name).ok())
                .unwrap_or_else(|| anstream::AutoStream::choice(output) != anstream::ColorChoice::Never),
        };
        if !output.is_terminal() {
            return Self {
                colour,
                ..Self::default()
            };
        }
        let columns = size.map_or(WIDTH_OF_FILES, |(terminal_size::Width(columns), _)| {
            usize::from(columns)
        });
        Self {
            colour,
            unicode: supports_unicode::on(stream),
            width: columns.clamp(NARROWEST, WIDEST),
        }
    }
}

/// What `NO_COLOR` and `FORCE_COLOR` ask for; the other variables are left to anstream, which does not know the second.
fn wants_colour(variable: impl Fn(&str) -> Option<String>) -> Option<bool> {
    let is_set = |name| variable(name).filter(|value| !value.is_empty());
    if is_set("NO_COLOR").is_some() {
        return Some(false);
    }
    is_set("FORCE_COLOR").map(|value| !matches!(value.as_str(), "0" | "false"))
}

#[cfg(test)]
mod tests {
    use super::wants_colour;

    #[test]
    fn the_environment_decides_over_colours() {
        let asked = |set: &[(&str, &str)]| {
            wants_colour(|name| {
                let found = set.iter().find(|(key, _)| *key == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(asked(&[]), None);
        assert_eq!(asked(&[("FORCE_COLOR", "1")]), Some(true));
        assert_eq!(asked(&[("FORCE_COLOR", "0")]), Some(false));
        assert_eq!(asked(&[("FORCE_COLOR", "")]), None);
        assert_eq!(asked(&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]), Some(false));
        assert_eq!(asked(&[("FORCE_COLOR", "1"), ("NO_COLOR", "")]), Some(true));
    }
}
