//! How far a long run has come, on standard error.

use super::{is_commit_hook, is_set};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Shorter runs need none.
const PATIENCE: Duration = Duration::from_secs(1);
const REDRAW: Duration = Duration::from_millis(100);

/// A bar that shows itself once the run has lasted a second, and is gone when it ends.
pub struct Progress {
    bar: ProgressBar,
    /// Shows the bar in time; it ends as soon as the other end of the channel is dropped.
    timer: Mutex<Option<(Sender<()>, JoinHandle<()>)>>,
}

impl Progress {
    /// A bar for people who watch: not if they want quiet (`wanted`), nor if standard error is no terminal, nor in CI.
    pub fn new(wanted: bool) -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|name| name == "dumb");
        let is_watched = std::io::stderr().is_terminal() && !is_dumb && !is_set("CI") && !is_commit_hook();
        let bar = ProgressBar::hidden();
        if let Ok(style) = ProgressStyle::with_template("{msg} [{bar:40}] {pos}/{len}") {
            bar.set_style(style.progress_chars("=> "));
        }
        Self {
            timer: Mutex::new((wanted && is_watched).then(|| show_later(bar.clone()))),
            bar,
        }
    }

    /// Tells how many files there are to read.
    pub fn begin(&self, files: usize) {
        self.bar.set_length(files as u64);
        self.bar.set_message("reading");
    }

    /// Tells that a file has been read.
    pub fn step(&self) {
        self.bar.inc(1);
    }

    /// Tells that all files have been read.
    pub fn link(&self) {
        self.bar.set_message("linking");
    }

    /// Takes the bar away, before something is written to where it stands.
    pub fn end(&self) {
        let timer = self.timer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((sender, timer)) = timer {
            drop(sender);
            // The bar must not appear behind what is written next.
            let _ = timer.join();
        }
        self.bar.finish_and_clear();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end();
    }
}

fn show_later(bar: ProgressBar) -> (Sender<()>, JoinHandle<()>) {
    let (sender, ended) = channel::<()>();
    let timer = std::thread::spawn(move || {
        if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(REDRAW);
        }
    });
    (sender, timer)
}
