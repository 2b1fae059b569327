//! Import of a school's CSV files: `users`, `courses`, `enrolments`, `conferences`, `time_slots`, `recordings`. All or
//! nothing in one transaction, unless the good rows are asked for; a repeat changes nothing. Ids are the school's own.

mod conferences;
mod courses;
mod enrolments;
mod problems;
mod recordings;
mod slots;
mod table;
mod users;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::json;

use super::actor::Actor;
use super::{Error, Result, audit, enrolment};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{ConferenceId, CourseId, IntegrationId, UserId};
use crate::store::Tx;

pub use problems::LineError;
use problems::Problems;

/// The files, in the order in which they are read: each may name ids of the ones before it.
pub const FILES: [&str; 6] =
    ["users.csv", "courses.csv", "enrolments.csv", "conferences.csv", "time_slots.csv", "recordings.csv"];

/// Where the files come from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A folder; each file may be missing.
    Folder(PathBuf),
    /// Their contents by name, as they are uploaded or made.
    Contents(BTreeMap<&'static str, Vec<u8>>),
}

/// How to import.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options {
    /// Say what would happen, change nothing.
    pub dry_run: bool,
    /// Keep the good rows where others are wrong.
    pub partial: bool,
    /// Remove from the courses of `enrolments.csv` whom it does not name.
    pub replace_roster: bool,
    /// Remove them even if that is more than a fifth of a roster.
    pub force: bool,
}

/// What became of the rows of one file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Rows read, wrong ones included.
    pub rows: u64,
    /// Rows that are new.
    pub added: u64,
    /// Rows that were otherwise.
    pub changed: u64,
    /// Rows that were so already.
    pub unchanged: u64,
    /// What was removed, being absent.
    pub removed: u64,
    /// Rows with an error.
    pub wrong: u64,
}

/// What an import did, or would have done.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Report {
    /// Whether anything was written.
    pub applied: bool,
    /// By file, in order; only the files that were there.
    pub files: Vec<(&'static str, Counts)>,
    /// What is wrong, by file and line; the first hundred.
    pub errors: Vec<LineError>,
    /// How many errors there are.
    pub error_count: u64,
}

impl Report {
    /// The counts of one file.
    pub fn of(&self, file: &str) -> Counts {
        self.files.iter().find(|(name, _)| *name == file).map(|(_, counts)| *counts).unwrap_or_default()
    }
}

/// A conference as slots and recordings refer to it.
#[derive(Debug, Clone, Copy)]
struct Place {
    id: ConferenceId,
    zone: Tz,
}

/// One import under way.
#[derive(Debug)]
struct Run<'a> {
    tx: &'a Tx,
    options: Options,
    now: DateTime<Utc>,
    integration: IntegrationId,
    problems: Problems,
    files: Vec<(&'static str, Counts)>,
    users: HashMap<String, UserId>,
    courses: HashMap<String, CourseId>,
    conferences: HashMap<String, Place>,
    /// Courses whose roster changed: Teams is told once for each.
    rosters_changed: BTreeSet<CourseId>,
    /// Where somebody tried to switch recording off.
    disable_attempts: Vec<String>,
    /// Roles and addresses of people that change: each is an entry of the audit.
    people: users::Changes,
}

impl Run<'_> {
    fn counts(&mut self) -> &mut Counts {
        let counts = self.files.last_mut().map(|(_, counts)| counts);
        counts.expect("each file is entered into the list before its rows are read")
    }

    fn wrong(&mut self, file: &'static str, line: u64, text: impl Into<String>) {
        self.problems.add(file, line, text);
        self.counts().wrong += 1;
    }
}

/// Imports what is in `source`. Wrong rows are no error of this function: they are in the report, and nothing was
/// written unless `partial` is set. `Invalid` when there is nothing that could be imported.
pub async fn run(app: &App, actor: Actor<'_>, source: &Source, options: Options) -> Result<Report> {
    actor.must(app, GlobalAct::Administer).await?;
    table::check(source)?;
    let integration = super::integration::load(app).await?.integration.id;
    let tx = app.store.write().await?;
    let mut run = Run {
        tx: &tx,
        options,
        now: app.clock.now(),
        integration,
        problems: Problems::default(),
        files: Vec::new(),
        users: HashMap::new(),
        courses: HashMap::new(),
        conferences: HashMap::new(),
        rosters_changed: BTreeSet::new(),
        disable_attempts: Vec::new(),
        people: users::Changes::default(),
    };
    users::import(&mut run, source).await?;
    courses::import(&mut run, source).await?;
    enrolments::import(&mut run, source).await?;
    conferences::import(&mut run, source).await?;
    slots::import(&mut run, source).await?;
    recordings::import(&mut run, source).await?;
    for course in &run.rosters_changed {
        enrolment::tell_teams(app, &tx, *course).await?;
    }
    let applied = !options.dry_run && (options.partial || run.problems.is_empty());
    let report = Report {
        applied,
        files: run.files,
        error_count: run.problems.count(),
        errors: run.problems.into_list(),
    };
    if applied {
        users::note(app, (&tx, actor), run.people).await?;
        finish(app, &tx, actor, (&report, &run.disable_attempts)).await?;
        tx.commit().await?;
        app.work.notify_one();
    }
    Ok(report)
}

async fn finish(app: &App, tx: &Tx, actor: Actor<'_>, done: (&Report, &[String])) -> Result<()> {
    let (report, attempts) = done;
    let files: BTreeMap<_, _> = report.files.iter().map(|(name, counts)| (*name, json!(counts))).collect();
    let detail = json!({ "files": files, "errors": report.error_count });
    audit::record(app, tx, actor.id(), "import.applied", ("installation:0".to_owned(), detail)).await?;
    if !attempts.is_empty() {
        let detail = json!({ "by": "import", "conferences": attempts });
        let about = ("installation:0".to_owned(), detail);
        audit::record(app, tx, actor.id(), "recording.disable_refused", about).await?;
    }
    Ok(())
}

/// Imports one uploaded `users.csv`.
pub async fn users_of(app: &App, actor: Actor<'_>, contents: Vec<u8>, options: Options) -> Result<Report> {
    run(app, actor, &Source::Contents([("users.csv", contents)].into()), options).await
}

/// The error of a door for a report with wrong rows: each line is a field such as `users.csv:3`.
pub fn as_invalid(report: &Report) -> Option<Error> {
    if report.errors.is_empty() {
        return None;
    }
    let field = |error: &LineError| {
        super::FieldError::new(format!("{}:{}", error.file, error.line), error.message.clone())
    };
    Some(Error::Invalid(report.errors.iter().map(field).collect()))
}
