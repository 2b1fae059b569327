//! Everything that is logged in one test's thread, to look for what must or must not be in it.

use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing::Dispatch;
use tracing::subscriber::{DefaultGuard, NoSubscriber};

/// The log of this thread while this lives.
pub(crate) struct Log {
    lines: Lines,
    _guard: DefaultGuard,
    _second: Dispatch,
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panicked").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// Begins to keep every line, down to the smallest.
    pub(crate) fn capture() -> Self {
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || writer.clone())
            .finish();
        // While there is only one subscriber in the process, whoever comes to a log line first decides for all threads
        // whether it is wanted: a test on another thread, which keeps no log, would silence it for this one.
        let second = Dispatch::new(NoSubscriber::new());
        Self { lines, _guard: tracing::subscriber::set_default(subscriber), _second: second }
    }

    /// What was logged so far.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.lines.0.lock().expect("nobody panicked")).into_owned()
    }
}
