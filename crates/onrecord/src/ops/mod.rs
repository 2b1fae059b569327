//! The operations: every write and every step outside the database. A door parses, calls one of these, and
//! renders. Each may be repeated.

pub mod acknowledge;
pub mod actor;
pub mod alerts;
pub mod alive;
pub mod audit;
pub mod backup;
pub mod bin;
pub mod by_hand;
pub mod certificate;
pub mod confirm;
pub mod courses;
pub mod doctor;
pub mod drift;
pub mod duties;
pub mod enforce;
pub mod enrolment;
pub mod erasure;
pub mod exceptions;
pub mod expiry;
mod forgotten;
pub mod guard;
pub mod hide;
pub mod holds;
pub mod import;
pub mod inbox;
pub mod integration;
pub mod join;
pub mod journal;
pub mod keep;
pub mod ledger;
pub mod licence;
pub mod mail;
pub mod media;
pub mod minors;
pub mod missing;
pub mod monitor;
pub mod news;
pub mod notice;
pub mod objections;
pub mod organizer;
pub mod people;
pub mod policy;
pub mod privacy;
pub mod provision;
pub mod queue;
pub mod rehearsal;
pub mod rehome;
pub mod report;
pub mod retention;
pub mod rights;
pub mod roster;
pub mod roster_file;
pub mod schedule;
pub mod set_up;
pub mod sign_in;
pub mod slot_faults;
pub mod storage;
pub mod subscriptions;
pub mod sync;
pub mod tell;
pub mod tokens;
pub mod transcripts;
pub mod turn;
pub mod verify;
pub mod visits;

use crate::text;

/// One thing wrong with one field of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct FieldError {
    /// The field as the sender names it, such as `time_slots[2].end_time`.
    pub field: String,
    /// What is wrong and what to write instead.
    pub message: String,
}

impl FieldError {
    /// `field` is wrong because of `message`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// What can go wrong in any operation. Matched in three places only: the web's error page, the worker, the CLI.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It does not exist, or not for this viewer.
    #[error("There is nothing here, or it is not for you.")]
    NotFound,
    /// It is seen, but this may not be done with it.
    #[error("{0}")]
    Denied(String),
    /// What was sent is wrong; each field says how.
    #[error("{}", sentence(.0))]
    Invalid(Vec<FieldError>),
    /// More was sent than may come.
    #[error("{0}")]
    TooLarge(String),
    /// It cannot be done in the present state.
    #[error("{0}")]
    Conflict(String),
    /// It cannot be done yet.
    #[error("{0}")]
    NotReady(String),
    /// It is known, but it is not there (any more); the text says why and what to do.
    #[error("{0}")]
    Lost(String),
    /// The bytes are not what they should be.
    #[error("{0}")]
    Corrupt(String),
    /// Microsoft refused or could not be reached.
    #[error(transparent)]
    Graph(#[from] msgraph::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// The archive.
    #[error(transparent)]
    Bucket(#[from] crate::bucket::BucketError),
    /// A secret could not be sealed or opened.
    #[error(transparent)]
    Secrets(#[from] crate::secrets::SecretsError),
}

/// Result of an operation.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// One wrong field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }
}

/// A sentence of the catalogue, for an error that people read on a page; API and command line show the same.
pub(crate) fn say(key: &str) -> String {
    text::english().get(key).to_owned()
}

/// The same with its arguments put in.
pub(crate) fn say_with(key: &str, args: &[(&str, text::Value<'_>)]) -> String {
    text::english().with(key, args)
}

fn sentence(errors: &[FieldError]) -> String {
    errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect::<Vec<_>>().join(" ")
}
