//! Monitor: whether what should come out of Microsoft 365 does, in numbers and in plain sentences. One report for the
//! command, the API and the page.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::{Error, Result};
use crate::app::App;
use crate::model::artifact::ArtifactKind;
use crate::model::conference::{self, AutoRecordingStatus, ConferenceStatus, Verdict};
use crate::model::id::{ConferenceId, JobId, MeetingId, SyncRunId};
use crate::model::integration::SyncKind;
use crate::model::sync::{KindState, SyncCause, SyncRun};
use crate::model::verdict::{Cause, Owner};
use crate::model::words::Word as _;
use crate::store::{self, monitor};

/// Runs and dead jobs that a report shows.
const NEWEST: i64 = 10;

/// A word and how many have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Tally {
    /// The word.
    pub status: String,
    /// How many.
    pub count: i64,
}

/// The health of everything.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Report {
    /// Nothing is wrong.
    pub ok: bool,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// What is wrong, each with what to do.
    pub problems: Vec<String>,
    /// Conferences by `auto_recording_status`.
    pub conferences_by_auto_recording_status: Vec<Tally>,
    /// Recordings by `auto_recording_status` of their meeting.
    pub recordings_by_auto_recording_status: Vec<Tally>,
    /// Recordings of classes.
    pub recordings: i64,
    /// Those with a file in OneDrive.
    pub stored_in_onedrive: i64,
    /// Those that vanished at Microsoft.
    pub recordings_gone: i64,
    /// Files that wait in the inbox.
    pub inbox: i64,
    /// Meetings by verdict.
    pub verdicts: Vec<Tally>,
    /// Missing recordings by cause.
    pub missing_by_cause: Vec<Tally>,
    /// The newest sync runs.
    pub last_runs: Vec<Run>,
    /// Jobs by kind.
    pub jobs: Vec<Queue>,
    /// Jobs that were given up.
    pub dead_jobs: Vec<DeadJob>,
}

/// One sync run.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Run {
    /// The run.
    #[schema(value_type = i64)]
    pub id: SyncRunId,
    /// Its conference.
    #[schema(value_type = i64)]
    pub conference_id: ConferenceId,
    /// What made it begin.
    #[schema(value_type = String)]
    pub cause: SyncCause,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// Whether every kind was well; `None` while it runs, or if it left no report.
    pub success: Option<bool>,
    /// What it read.
    pub items_processed: Option<u64>,
}

impl From<SyncRun> for Run {
    fn from(run: SyncRun) -> Self {
        Self {
            id: run.id,
            conference_id: run.conference_id,
            cause: run.cause,
            started_at: run.started_at,
            finished_at: run.finished_at,
            success: run.report.as_ref().map(|report| report.success),
            items_processed: run.report.as_ref().map(|report| report.items_processed),
        }
    }
}

/// Jobs of one kind.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Queue {
    /// The kind.
    pub kind: String,
    /// Waiting.
    pub waiting: i64,
    /// Being worked on.
    pub running: i64,
    /// Given up.
    pub dead: i64,
    /// When the oldest waiting one was due.
    pub oldest_due_at: Option<DateTime<Utc>>,
}

/// A job that was given up.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DeadJob {
    /// The job; `onrecord jobs retry` takes it.
    #[schema(value_type = i64)]
    pub id: JobId,
    /// Its kind.
    pub kind: String,
    /// What it was about.
    pub subject: String,
    /// Why it was given up.
    pub error: String,
    /// When.
    pub at: Option<DateTime<Utc>>,
    /// How often it was begun.
    pub attempts: i64,
}

fn tallies(counts: Vec<monitor::Count>) -> Vec<Tally> {
    counts.into_iter().map(|(status, count)| Tally { status, count }).collect()
}

/// The health of everything.
pub async fn report(app: &App) -> Result<Report> {
    let db = &app.store;
    let now = app.clock.now();
    let stored = monitor::stored(db).await?;
    let dead = store::jobs::list(db, 200).await?.into_iter().filter(|job| job.dead_at.is_some());
    let dead_jobs: Vec<DeadJob> = dead
        .take(NEWEST as usize)
        .map(|job| DeadJob {
            id: job.id,
            kind: job.kind.to_string(),
            subject: job.subject,
            error: job.last_error,
            at: job.dead_at,
            attempts: job.attempts,
        })
        .collect();
    let queue = monitor::queue(db).await?;
    let jobs: Vec<Queue> = queue
        .into_iter()
        .map(|q| Queue {
            kind: q.kind,
            waiting: q.waiting,
            running: q.running,
            dead: q.dead,
            oldest_due_at: q.oldest,
        })
        .collect();
    let verdicts = tallies(monitor::verdicts(db).await?);
    let by_status = tallies(monitor::conferences_by_status(db, now).await?);
    let problems = problems(app, &by_status, &verdicts, &jobs).await?;
    Ok(Report {
        ok: problems.is_empty(),
        at: now,
        problems,
        conferences_by_auto_recording_status: by_status,
        recordings_by_auto_recording_status: tallies(monitor::recordings_by_status(db).await?),
        recordings: stored.recordings,
        stored_in_onedrive: stored.stored_in_onedrive,
        recordings_gone: stored.gone,
        inbox: stored.inbox,
        verdicts,
        missing_by_cause: tallies(monitor::causes(db).await?),
        last_runs: store::sync::newest_runs(db, NEWEST).await?.into_iter().map(Run::from).collect(),
        jobs,
        dead_jobs,
    })
}

async fn problems(app: &App, statuses: &[Tally], verdicts: &[Tally], jobs: &[Queue]) -> Result<Vec<String>> {
    let mut problems = Vec::new();
    let failed: i64 = statuses.iter().filter(|t| t.status.starts_with("failed")).map(|t| t.count).sum();
    if failed > 0 {
        problems.push(format!(
            "{failed} conferences: Failed to enable auto-recording. Run `onrecord doctor`, follow its findings, then \
             `onrecord enforce`."
        ));
    }
    for (reason, count) in monitor::reasons(&app.store, NEWEST).await? {
        problems.push(format!("{count} readings failed: {reason}"));
    }
    for (key, error) in store::delta::failing(&app.store).await? {
        problems.push(format!("The changes ({}) of an organizer could not be read: {error}", key.kind));
    }
    let missing: i64 =
        verdicts.iter().filter(|t| t.status == Verdict::Missing.as_str()).map(|t| t.count).sum();
    if missing > 0 {
        problems.push(format!(
            "{missing} classes have no recording: Recording not found. Their pages name cause and fix."
        ));
    }
    let dead: i64 = jobs.iter().map(|queue| queue.dead).sum();
    if dead > 0 {
        problems.push(format!(
            "{dead} jobs were given up. See `onrecord jobs list`, then `onrecord jobs retry`."
        ));
    }
    Ok(problems)
}

/// The health of one conference.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct ConferenceReport {
    /// The conference.
    #[schema(value_type = i64)]
    pub conference_id: ConferenceId,
    /// Its title.
    pub title: String,
    /// Where it stands.
    #[schema(value_type = String)]
    pub status: ConferenceStatus,
    /// The worst of its meetings.
    #[schema(value_type = String)]
    pub auto_recording_status: AutoRecordingStatus,
    /// No recording is missing and nothing failed at the last look.
    pub ok: bool,
    /// Its meetings by start.
    pub meetings: Vec<MeetingReport>,
    /// Its last run.
    pub last_run: Option<Run>,
}

/// The health of one meeting.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct MeetingReport {
    /// The meeting.
    #[schema(value_type = i64)]
    pub id: MeetingId,
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Scheduled end.
    pub ends_at: DateTime<Utc>,
    /// Whether Teams will record.
    #[schema(value_type = String)]
    pub auto_recording_status: AutoRecordingStatus,
    /// What became of it.
    #[schema(value_type = String)]
    pub verdict: Verdict,
    /// Why the recording is missing.
    #[schema(value_type = Option<String>)]
    pub cause: Option<Cause>,
    /// What to do.
    pub fix: Option<&'static str>,
    /// Who acts.
    #[schema(value_type = Option<String>)]
    pub owner: Option<Owner>,
    /// Its recordings.
    pub recordings: usize,
    /// Those with a file in OneDrive.
    pub stored_in_onedrive: usize,
    /// When it was last looked at.
    pub synced_at: Option<DateTime<Utc>>,
    /// When OnRecord looks next.
    pub next_sync_at: Option<DateTime<Utc>>,
    /// When nothing more was to be asked.
    pub settled_at: Option<DateTime<Utc>>,
    /// Each kind's last reading.
    pub kinds: Vec<KindHealth>,
}

/// One kind's last reading.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct KindHealth {
    /// The kind.
    #[schema(value_type = String)]
    pub kind: SyncKind,
    /// How it went.
    #[schema(value_type = String)]
    pub state: KindState,
    /// Why it failed.
    pub error: Option<String>,
    /// Rows there.
    pub items: i64,
    /// When.
    pub read_at: DateTime<Utc>,
}

/// The health of one conference; `NotFound` if there is none.
pub async fn conference_report(app: &App, id: ConferenceId) -> Result<ConferenceReport> {
    let db = &app.store;
    let conference = store::conferences::find(db, id).await?.ok_or(Error::NotFound)?;
    let meetings = store::meetings::of_conference(db, id).await?;
    let now = app.clock.now();
    let mut reports = Vec::new();
    for meeting in &meetings {
        let parts = store::artifacts::of_meeting(db, meeting.id, ArtifactKind::Recording).await?;
        let states = store::sync::states(db, meeting.id).await?;
        let cause = Cause::parse(&meeting.verdict_cause);
        reports.push(MeetingReport {
            id: meeting.id,
            starts_at: meeting.starts_at,
            ends_at: meeting.ends_at,
            auto_recording_status: meeting.auto_recording_status,
            verdict: meeting.verdict,
            cause,
            fix: cause.map(Cause::fix),
            owner: cause.map(Cause::owner),
            recordings: parts.len(),
            stored_in_onedrive: parts.iter().filter(|p| p.item_id.is_some() && p.gone_at.is_none()).count(),
            synced_at: meeting.synced_at,
            next_sync_at: meeting.next_sync_at,
            settled_at: meeting.settled_at,
            kinds: states
                .into_iter()
                .map(|s| KindHealth {
                    kind: s.kind,
                    state: s.state,
                    error: s.error,
                    items: s.items,
                    read_at: s.read_at,
                })
                .collect(),
        });
    }
    let failed = |meeting: &MeetingReport| {
        meeting.verdict == Verdict::Missing
            || meeting.kinds.iter().any(|kind| kind.state == KindState::Failed)
    };
    Ok(ConferenceReport {
        conference_id: id,
        title: conference.title,
        status: conference::conference_status(&meetings, now),
        auto_recording_status: conference::conference_recording_status(&meetings, now),
        ok: !reports.iter().any(failed),
        meetings: reports,
        last_run: store::sync::last_run(db, id).await?.map(Run::from),
    })
}
