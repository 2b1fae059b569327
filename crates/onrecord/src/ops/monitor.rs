//! Monitor: whether what should come out of Microsoft 365 does, in numbers and in plain sentences. One report for the
//! command, the API and the page.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::doctor::{self, Examination, FindingLine};
use super::report::{self, WeeklyReport};
use super::{Error, Result, missing, subscriptions};
use crate::app::App;
use crate::model::alert::AlertKind;
use crate::model::artifact::ArtifactKind;
use crate::model::conference::{self, AutoRecordingStatus, ConferenceStatus, Verdict};
use crate::model::finding::Severity;
use crate::model::id::{ConferenceId, JobId, MeetingId, SyncRunId};
use crate::model::integration::SyncKind;
use crate::model::sync::{KindState, SyncCause, SyncRun};
use crate::model::verdict::{Basis, Cause, Owner};
use crate::model::words::Word as _;
use crate::store::alerts::Told;
use crate::store::conference_lists::Eyes;
use crate::store::{self, monitor};

/// Runs and dead jobs that a report shows.
const NEWEST: i64 = 10;

/// Alerts that a report shows.
const MOST_ALERTS: i64 = 200;

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
    /// What `doctor` found last: the same findings.
    pub findings: Vec<FindingLine>,
    /// When that was; `None` before the first time.
    pub examined_at: Option<DateTime<Utc>>,
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
    /// What people are told at present, the class that begins first first.
    pub alerts: Vec<AlertLine>,
    /// Recording that somebody switched off in Teams.
    pub drift: Drift,
    /// Of the recordings of classes, those that staff brought because the class was held elsewhere.
    pub recordings_manual: i64,
    /// Classes that count as recorded only because of what staff brought.
    pub recorded_manual: i64,
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
    /// How Microsoft tells of what is new.
    pub notifications: subscriptions::Standing,
    /// The last seven days, beside the seven days before, and how full the drives of the service accounts are.
    pub last_week: WeeklyReport,
}

/// Something that a person must be told while it can still be mended.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct AlertLine {
    /// What is the matter: `not_enabled`, `not_off` (although an exception covers it), `not_checked`, `not_recording`,
    /// `confirm_recording`, `expiring`, `no_room` or `consent_missing`.
    #[schema(value_type = String)]
    pub kind: AlertKind,
    /// The class.
    #[schema(value_type = i64)]
    pub meeting_id: MeetingId,
    /// Its conference.
    #[schema(value_type = i64)]
    pub conference_id: ConferenceId,
    /// Title of the conference.
    pub title: String,
    /// Short name of the course.
    pub course_code: String,
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// Who is told: `instructor`, `admin`.
    #[schema(value_type = Vec<String>)]
    pub told: Vec<Owner>,
    /// More about it, as a fixed word or Microsoft's answer in short.
    pub detail: String,
}

impl From<Told> for AlertLine {
    fn from(told: Told) -> Self {
        Self {
            kind: told.alert.kind,
            meeting_id: told.alert.meeting_id,
            conference_id: told.conference_id,
            title: told.title,
            course_code: told.course_code,
            starts_at: told.starts_at,
            since: told.alert.raised_at,
            told: told.alert.kind.reaches().to_vec(),
            detail: told.alert.detail,
        }
    }
}

/// How often the guard found recording switched off before class, and put it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Drift {
    /// Found switched off.
    pub found: i64,
    /// Of them, switched on again.
    pub repaired: i64,
    /// Switched on again in the last seven days.
    pub repaired_last_7_days: i64,
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
    let alerts: Vec<AlertLine> =
        store::alerts::open(db, Eyes::All, MOST_ALERTS).await?.into_iter().map(AlertLine::from).collect();
    let (found, repaired, repaired_last_7_days) =
        monitor::drift(db, now - chrono::TimeDelta::days(7)).await?;
    let mut problems = problems(app, &by_status, &verdicts, &jobs).await?;
    problems.splice(0..0, alert_problems(&alerts));
    let examined = examined(app).await?;
    problems.extend(examined.iter().flat_map(broken));
    Ok(Report {
        ok: problems.is_empty(),
        at: now,
        problems,
        examined_at: examined.as_ref().map(|found| found.at),
        findings: examined.into_iter().flat_map(|found| found.findings).map(FindingLine::from).collect(),
        conferences_by_auto_recording_status: by_status,
        recordings_by_auto_recording_status: tallies(monitor::recordings_by_status(db).await?),
        recordings: stored.recordings,
        stored_in_onedrive: stored.stored_in_onedrive,
        recordings_gone: stored.gone,
        inbox: stored.inbox,
        alerts,
        drift: Drift { found, repaired, repaired_last_7_days },
        recordings_manual: stored.manual,
        recorded_manual: monitor::recorded_by_hand(db).await?,
        verdicts,
        missing_by_cause: tallies(monitor::causes(db).await?),
        last_runs: store::sync::newest_runs(db, NEWEST).await?.into_iter().map(Run::from).collect(),
        jobs,
        dead_jobs,
        notifications: subscriptions::standing(app).await?,
        last_week: report::of_last_days(app).await?,
    })
}

/// What people are told at present, in a sentence for each kind; classes that could not be enabled are counted elsewhere.
fn alert_problems(alerts: &[AlertLine]) -> Vec<String> {
    let count = |kind| alerts.iter().filter(|alert| alert.kind == kind).count();
    let said = [
        (AlertKind::NotRecording, "classes are on and not being recorded: press Record now, in Teams."),
        (
            AlertKind::ConfirmRecording,
            "classes are on whose chat cannot be read: their instructors are asked whether Teams records.",
        ),
        (
            AlertKind::NotOff,
            "classes will be recorded although an approved exception covers them: recording could not be switched off. Run `onrecord doctor`.",
        ),
        (
            AlertKind::NotChecked,
            "classes are near and nobody could read whether recording is still on. Run `onrecord doctor`.",
        ),
        (
            AlertKind::Expiring,
            "classes have a recording that Microsoft is expected to delete soon and that has no verified copy. Run `onrecord cleanup --days 0 --archive`.",
        ),
        (
            AlertKind::ConsentMissing,
            "classes of minors are near and something required of guardians is missing. See the course's page, Minors.",
        ),
        (
            AlertKind::NoRoom,
            "classes are near and there is no room for their recording. Storage full: see Manage, Storage.",
        ),
    ];
    let lines = said.into_iter().map(|(kind, words)| (count(kind), words)).filter(|(n, _)| *n > 0);
    lines.map(|(n, words)| format!("{n} {words}")).collect()
}

/// What `doctor` found last; running it again is for `doctor`.
async fn examined(app: &App) -> Result<Option<Examination>> {
    match store::integrations::first(&app.store).await? {
        Some(integration) => doctor::last(app, integration.id).await,
        None => Ok(None),
    }
}

/// A sentence for each thing that does not work.
fn broken(found: &Examination) -> Vec<String> {
    let errors = found.findings.iter().filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| format!("{} [{}] {}", finding.message, finding.code, finding.fix)).collect()
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
    if let (waiting @ 1.., until) = store::keep::without_file(&app.store).await? {
        let until =
            until.map_or_else(String::new, |until| format!(", the first on {}", until.format("%Y-%m-%d")));
        problems.push(format!(
            "{waiting} recordings lie in no known onedrive and Microsoft deletes them{until}. OnRecord is taking them into \
             the archive; if this stays, see `onrecord jobs list`. Free space in the organizer's onedrive (Storage full)."
        ));
    }
    for (error, count) in store::mail::errors(&app.store, NEWEST).await? {
        problems.push(format!("{count} mails wait because they are not taken: {error}. See Manage, Mail."));
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
    /// Whether the cause is `proved` or `inferred`.
    #[schema(value_type = Option<String>)]
    pub basis: Option<Basis>,
    /// What the verdict rests on, as fixed words.
    pub evidence: Vec<String>,
    /// When the guard looks next whether recording is on, or whether the class is being recorded.
    pub guard_at: Option<DateTime<Utc>>,
    /// What people are told of it at present.
    #[schema(value_type = Vec<String>)]
    pub alerts: Vec<AlertKind>,
    /// What to do.
    pub fix: Option<String>,
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
        let alerts = store::alerts::open_of_meeting(db, meeting.id).await?;
        reports.push(MeetingReport {
            id: meeting.id,
            starts_at: meeting.starts_at,
            ends_at: meeting.ends_at,
            auto_recording_status: meeting.auto_recording_status,
            verdict: meeting.verdict,
            cause,
            basis: Basis::parse(&meeting.verdict_basis),
            evidence: meeting.verdict_evidence.clone(),
            guard_at: meeting.guard_at,
            alerts: alerts.into_iter().map(|alert| alert.kind).collect(),
            fix: cause.map(missing::told),
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
            || !meeting.alerts.is_empty()
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
