//! How long each stage of a run took, for whoever makes it faster.

use super::console::Console;
use std::time::{Duration, Instant};

/// Measures stages that follow one another.
pub struct Timings {
    start: Instant,
    stages: Vec<(&'static str, Instant)>,
}

impl Timings {
    /// Starts with the first stage.
    pub fn start() -> Self {
        Self {
            start: Instant::now(),
            stages: Vec::new(),
        }
    }

    /// Ends the stage that is called `name`; the next one begins.
    pub fn end(&mut self, name: &'static str) {
        self.stages.push((name, Instant::now()));
    }

    /// Tells how long each stage took, and all of them together.
    pub fn tell(&self, console: &Console) {
        let starts = std::iter::once(self.start).chain(self.stages.iter().map(|(_, end)| *end));
        for (start, (name, end)) in starts.zip(&self.stages) {
            console.note(&line(end.duration_since(start), name));
        }
        if let Some((_, end)) = self.stages.last() {
            console.note(&line(end.duration_since(self.start), "in all"));
        }
    }
}

fn line(took: Duration, name: &str) -> String {
    format!("{:10.1} ms  {name}", took.as_secs_f64() * 1000.0)
}
