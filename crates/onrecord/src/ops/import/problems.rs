//! What is wrong with the files, by line. The first hundred are kept, the rest counted.

/// Problems that are kept with their text.
const KEPT: usize = 100;

/// One thing wrong with one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct LineError {
    /// The file.
    pub file: String,
    /// Its line, from 1; the header is line 1. 0 for the file as a whole.
    pub line: u64,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// All problems of one import.
#[derive(Debug, Default)]
pub(super) struct Problems {
    kept: Vec<LineError>,
    count: u64,
}

impl Problems {
    pub(super) fn add(&mut self, file: &str, line: u64, message: impl Into<String>) {
        self.count += 1;
        if self.kept.len() < KEPT {
            self.kept.push(LineError { file: file.to_owned(), line, message: message.into() });
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// In the order of the files and their lines.
    pub(super) fn into_list(self) -> Vec<LineError> {
        let mut kept = self.kept;
        let place = |file: &str| super::FILES.iter().position(|name| *name == file);
        kept.sort_by_key(|error| (place(&error.file), error.line));
        kept
    }
}
