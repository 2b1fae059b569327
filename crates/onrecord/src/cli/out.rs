//! The two streams of a command. A reader that goes away (`| head`) ends the output, not the program.

use std::io::Write as _;

/// Writes a result to stdout.
pub(crate) fn print(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", text.trim_end_matches('\n'));
}

/// Writes why a command failed to stderr.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
