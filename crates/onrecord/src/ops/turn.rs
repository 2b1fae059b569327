//! How a piece of work of the queue ended, as the operation tells the worker.

use chrono::{DateTime, Utc};

/// What is to become of the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turn {
    /// It is done.
    Done,
    /// It is to run again at this time, for this reason.
    Again(DateTime<Utc>, String),
}
