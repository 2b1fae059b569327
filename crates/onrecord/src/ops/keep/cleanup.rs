//! `onrecord cleanup`: recordings of a certain age are copied into the archive, one by one, and each is reported. What
//! is shown beforehand is what is done. Nothing is removed here.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::{copy, sidecars};
use crate::app::App;
use crate::model::artifact::Safety;
use crate::model::id::ArtifactId;
use crate::ops::Result;
use crate::ops::turn::Turn;
use crate::store::artifacts;
use crate::store::cleanup::{self, Aged};
use crate::words;

/// Rows read at a time.
const PAGE: i64 = 500;

/// How long is waited for another process that copies the same recording.
const PATIENCE: Duration = Duration::from_mins(10);

/// How often is looked whether it is done.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What to do with recordings of an age.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// Recorded at least so many days ago.
    pub days: i64,
}

words! {
    /// What is to become, or became, of one recording.
    pub enum Outcome {
        /// It is to be copied; nothing was done yet.
        ToCopy = "to_copy",
        /// A verified copy was made.
        Archived = "archived",
        /// A verified copy was there already.
        AlreadyArchived = "already_archived",
        /// Microsoft has it no more, and there is no copy.
        Gone = "gone",
        /// It cannot be copied yet; it is tried again by itself.
        Waiting = "waiting",
        /// It could not be copied.
        Failed = "failed",
    }
}

/// One recording in a report.
#[derive(Debug, Clone, Serialize)]
pub struct Line {
    /// The recording.
    pub recording_id: i64,
    /// Its conference.
    pub conference_id: i64,
    /// Short name of the course.
    pub course_code: String,
    /// Title of the conference.
    pub title: String,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Bytes, once known.
    pub file_size: Option<i64>,
    /// When Microsoft is expected to delete it; an estimate.
    pub expected_expiry_at: Option<DateTime<Utc>>,
    /// What is to become, or became, of it.
    pub outcome: Outcome,
    /// Where its copy lies in the archive.
    pub archive_key: Option<String>,
    /// Why it could not be done; null if it was.
    pub error: Option<String>,
}

/// What would be done.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// Recorded before this moment.
    pub before: DateTime<Utc>,
    /// Each recording of that age.
    pub recordings: Vec<Line>,
}

/// What was done.
#[derive(Debug, Clone, Serialize)]
pub struct CleanupReport {
    /// Whether nothing failed.
    pub success: bool,
    /// Recorded before this moment.
    pub before: DateTime<Utc>,
    /// Copies made and verified now.
    pub archived: u64,
    /// Their bytes.
    pub archived_bytes: i64,
    /// Verified copies that were there already.
    pub already_archived: u64,
    /// Not possible yet.
    pub waiting: u64,
    /// Not at Microsoft any more, and no copy.
    pub gone: u64,
    /// Failed.
    pub failed: u64,
    /// Each recording.
    pub recordings: Vec<Line>,
}

/// What would be done, without doing anything.
pub async fn plan(app: &App, asked: Asked) -> Result<Plan> {
    let before = app.clock.now() - TimeDelta::days(asked.days);
    let mut recordings = Vec::new();
    let mut after = ArtifactId(0);
    loop {
        let page = cleanup::older_than(&app.store, before, after, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.id;
        recordings.extend(page.iter().map(planned));
    }
    Ok(Plan { before, recordings })
}

fn planned(aged: &Aged) -> Line {
    let outcome = match aged.facts.safety() {
        Safety::Verified | Safety::SourceRemoved => Outcome::AlreadyArchived,
        _ if aged.facts.gone_at.is_some() || aged.facts.source_removed_at.is_some() => Outcome::Gone,
        _ => Outcome::ToCopy,
    };
    Line {
        recording_id: aged.id.0,
        conference_id: aged.conference_id.0,
        course_code: aged.course_code.clone(),
        title: aged.title.clone(),
        recorded_at: aged.recorded_at,
        file_size: aged.size_bytes,
        expected_expiry_at: aged.expected_expiry_at,
        outcome,
        archive_key: aged.archive_key.clone().filter(|_| outcome == Outcome::AlreadyArchived),
        error: None,
    }
}

/// Does what was planned, beside a running server too: a recording that another process copies is waited for. `each` is
/// told of every recording when it is done.
pub async fn run(app: &App, plan: Plan, mut each: impl FnMut(&Line)) -> Result<CleanupReport> {
    let mut recordings = Vec::with_capacity(plan.recordings.len());
    for line in plan.recordings {
        let line = match line.outcome {
            Outcome::ToCopy => copied(app, line).await?,
            Outcome::AlreadyArchived => {
                sidecars::write(app, ArtifactId(line.recording_id)).await?;
                line
            }
            _ => line,
        };
        each(&line);
        recordings.push(line);
    }
    let count = |outcome| recordings.iter().filter(|line| line.outcome == outcome).count() as u64;
    let failed = count(Outcome::Failed);
    let archived = recordings.iter().filter(|line| line.outcome == Outcome::Archived);
    Ok(CleanupReport {
        success: failed == 0,
        before: plan.before,
        archived: count(Outcome::Archived),
        archived_bytes: archived.filter_map(|line| line.file_size).sum(),
        already_archived: count(Outcome::AlreadyArchived),
        waiting: count(Outcome::Waiting),
        gone: count(Outcome::Gone),
        failed,
        recordings,
    })
}

/// Copies one. What goes wrong with it is said of it, and the next one's turn comes.
async fn copied(app: &App, mut line: Line) -> Result<Line> {
    let id = ArtifactId(line.recording_id);
    let began = std::time::Instant::now();
    let turn = loop {
        match copy(app, id).await {
            Ok(Turn::Again(at, _)) if at <= app.clock.now() + super::HELD && began.elapsed() < PATIENCE => {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            turn => break turn,
        }
    };
    let row = artifacts::find(&app.store, id).await?;
    let is_verified = row.as_ref().is_some_and(|row| row.facts().is_verified());
    (line.outcome, line.error) = match turn {
        _ if is_verified => (Outcome::Archived, None),
        Ok(Turn::Done) => {
            (Outcome::Gone, Some("Microsoft does not have this recording any more.".to_owned()))
        }
        Ok(Turn::Again(_, because)) => (Outcome::Waiting, Some(because)),
        Err(error) => (Outcome::Failed, Some(error.to_string())),
    };
    if let Some(row) = row.filter(|_| is_verified) {
        line.archive_key = row.archive_key;
        line.file_size = row.size_bytes;
    }
    Ok(line)
}
