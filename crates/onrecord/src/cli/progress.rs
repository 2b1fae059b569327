//! Long work shows how far it is: on stderr, on a terminal only, and never in what a script reads.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for work on `total` things that began `done` ago.
pub(crate) fn bar(total: u64, done: u64, what: &'static str) -> ProgressBar {
    // Draws on stderr, and on nothing if that is no terminal.
    let bar = ProgressBar::new(total).with_position(done).with_message(what);
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}, {eta} left");
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
