//! `/admin/monitor`: whether recording works, in plain words and in numbers, and another try for what was given up.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::{DateTime, TimeDelta, Utc};

use super::{class_words, live, news, verdict};
use crate::app::App;
use crate::model::access::{Decision, GlobalAct, decide_global};
use crate::model::conference::{AutoRecordingStatus, Verdict};
use crate::model::id::JobId;
use crate::model::job::JobKind;
use crate::model::words::Word as _;
use crate::ops::actor::Actor;
use crate::ops::subscriptions::{self, Standing};
use crate::ops::{Result, queue, rights};
use crate::store::alerts::{self, Told};
use crate::store::conference_lists::Eyes;
use crate::store::pages::home::full_accounts;
use crate::store::pages::monitor::{self as store, ByStatus, Dead, Kept, Pulse, Queue};
use crate::web::auth::{Reader, SignedIn};
use crate::web::error::PageError;
use crate::web::input::PathId;
use crate::web::page::{Place, html};
use crate::web::pages::monitor::{DeadJob, JobRow, Monitor, StatusRow};
use crate::web::pages::trouble;
use crate::web::parts::{Mark, Note, PartLine};
use crate::web::text::Text;
use crate::web::when::When;

/// Jobs given up that are shown.
const MOST_DEAD: i64 = 50;

/// Alerts that are shown.
const MOST_TOLD: i64 = 20;

/// Work that waits longer than this after its time means that nothing works on it.
const LATE: TimeDelta = TimeDelta::minutes(10);

/// Entries are sealed each second; one that waits longer than this means that nobody seals.
const UNSEALED: TimeDelta = TimeDelta::minutes(10);

/// `GET /admin/monitor`.
pub async fn page(State(app): State<Arc<App>>, reader: Reader) -> std::result::Result<Response, PageError> {
    rights::global(&app, &reader.viewer, GlobalAct::Oversee).await?;
    let facts = Facts::read(&app).await?;
    Ok(html(StatusCode::OK, &monitor(&app, &reader, &facts)).into_response())
}

/// `POST /admin/jobs/{id}/retry`.
pub async fn retry(
    State(app): State<Arc<App>>,
    SignedIn(viewer): SignedIn,
    PathId(id): PathId<JobId>,
) -> std::result::Result<Redirect, PageError> {
    queue::retry(&app, Actor::Viewer(&viewer), id).await?;
    Ok(Redirect::to("/admin/monitor"))
}

/// What the page is about.
struct Facts {
    statuses: Vec<ByStatus>,
    verdicts: Vec<(Verdict, i64)>,
    kept: Kept,
    queue: Vec<Queue>,
    dead: Vec<Dead>,
    pulse: Pulse,
    full: Vec<String>,
    news: Standing,
    told: Vec<Told>,
    drift: (i64, i64, i64),
}

impl Facts {
    async fn read(app: &App) -> Result<Self> {
        let db = &app.store;
        Ok(Self {
            statuses: store::by_status(db).await?,
            verdicts: store::by_verdict(db).await?,
            kept: store::kept(db).await?,
            queue: store::queue(db, app.clock.now()).await?,
            dead: store::dead(db, MOST_DEAD).await?,
            pulse: store::pulse(db).await?,
            full: full_accounts(db).await?,
            news: subscriptions::standing(app).await?,
            told: alerts::open(db, Eyes::All, MOST_TOLD).await?,
            drift: crate::store::monitor::drift(db, app.clock.now() - TimeDelta::days(7)).await?,
        })
    }

    /// When the oldest work was due, if that is too long ago.
    fn late_since(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.queue.iter().filter_map(|queue| queue.oldest_at).min().filter(|oldest| now - *oldest > LATE)
    }

    fn unsealed_since(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.pulse.unsealed_since.filter(|since| now - *since > UNSEALED)
    }
}

fn monitor(app: &App, reader: &Reader, facts: &Facts) -> Monitor {
    let t = reader.text();
    let now = app.clock.now();
    let when = When::new(t, chrono_tz::UTC, now);
    let wrong = wrong(t, facts, (&when, now));
    Monitor {
        page: reader.page(t.get("nav-monitor"), Place::Monitor),
        headline: match wrong.len() {
            0 => t.get("home-all-well").to_owned(),
            n => t.with("home-need-mending", &[("n", n.into())]),
        },
        lead: t.with("monitor-at", &[("time", when.full(now).into())]),
        wrong,
        health: health(app, t, facts, (&when, now)),
        statuses: facts.statuses.iter().map(|by| status(t, by.status, by.meetings)).collect(),
        recordings: facts
            .statuses
            .iter()
            .filter(|by| by.recordings > 0)
            .map(|by| status(t, by.status, by.recordings))
            .collect(),
        verdicts: facts.verdicts.iter().map(|(verdict, count)| verdict_row(t, *verdict, *count)).collect(),
        stored: stored(t, facts.kept),
        jobs: facts.queue.iter().map(|queue| job(t, queue, &when)).collect(),
        dead: facts.dead.iter().map(|dead| dead_job(t, dead, (&when, now))).collect(),
        may_retry: decide_global(&reader.viewer, GlobalAct::Administer) == Decision::Allowed,
    }
}

fn wrong(t: &'static Text, facts: &Facts, (when, now): (&When, DateTime<Utc>)) -> Vec<Note> {
    let mut notes: Vec<Note> = facts
        .told
        .iter()
        .filter_map(|told| {
            let zone = told.time_zone.parse().unwrap_or(chrono_tz::UTC);
            live::home_note(t, told, &When::new(t, zone, now))
        })
        .collect();
    if facts.pulse.connected == 0 {
        let note = Note::new(Some(Mark::Missing), t.get("home-not-connected"));
        notes.push(note.line(t.get("home-not-connected-text")));
    }
    for account in &facts.full {
        notes.push(trouble::storage_full(t, account));
    }
    if let Some(since) = facts.late_since(now) {
        let line = t.with("monitor-late-text", &[("ago", when.relative_words(since).into())]);
        let note = Note::new(Some(Mark::Missing), t.get("monitor-late")).line(line);
        notes.push(note.fix(t.get("monitor-late-fix")));
    }
    if let Some(since) = facts.unsealed_since(now) {
        let line = t.with("monitor-unsealed-text", &[("ago", when.relative_words(since).into())]);
        let note = Note::new(Some(Mark::Missing), t.get("monitor-unsealed")).line(line);
        notes.push(note.fix(t.get("monitor-late-fix")));
    }
    if facts.pulse.changes_failing > 0 {
        let n = facts.pulse.changes_failing;
        let title = t.with("monitor-changes-failing", &[("n", n.into())]);
        notes.push(Note::new(Some(Mark::Missing), title).fix(t.get("monitor-changes-fix")));
    }
    notes
}

fn health(app: &App, t: &'static Text, facts: &Facts, (when, now): (&When, DateTime<Utc>)) -> Vec<PartLine> {
    let pulse = &facts.pulse;
    let (found, repaired, lately) = facts.drift;
    let ago = |at: Option<DateTime<Utc>>| match at {
        Some(at) => when.relative_words(at),
        None => t.get("monitor-never").to_owned(),
    };
    let database = if app.config.is_postgres() { "PostgreSQL" } else { "SQLite" };
    let waiting: i64 = facts.queue.iter().map(|queue| queue.waiting).sum();
    let dead: i64 = facts.queue.iter().map(|queue| queue.dead).sum();
    let good_if = |good: bool| if good { Mark::Recorded } else { Mark::Missing };
    let verified = pulse.connected > 0 && pulse.verified == pulse.connected;
    let jobs = [("waiting", waiting.into()), ("dead", dead.into())];
    vec![
        PartLine::new(
            if verified { Mark::Recorded } else { Mark::Waiting },
            t.get("teams-title"),
            if verified { t.get("monitor-verified") } else { t.get("monitor-not-verified") },
        ),
        PartLine::new(
            Mark::Recorded,
            t.get("monitor-database"),
            t.with("monitor-answers", &[("what", database.into())]),
        ),
        PartLine::new(
            good_if(dead == 0 && facts.late_since(now).is_none()),
            t.get("monitor-work"),
            t.with("monitor-work-sum", &jobs),
        ),
        PartLine::new(
            if pulse.synced_at.is_some() { Mark::Recorded } else { Mark::Upcoming },
            t.get("sync-data"),
            t.with("monitor-last", &[("ago", ago(pulse.synced_at).into())]),
        ),
        PartLine::new(
            if found == repaired { Mark::Recorded } else { Mark::Waiting },
            t.get("monitor-drift"),
            t.with("monitor-drift-sum", &[("n", repaired.into()), ("lately", lately.into())]),
        ),
        PartLine::new(
            good_if(pulse.changes_failing == 0),
            t.get("monitor-changes"),
            t.with("monitor-last", &[("ago", ago(pulse.changes_read_at).into())]),
        ),
        news::line(t, when, &facts.news),
        PartLine::new(
            good_if(facts.unsealed_since(now).is_none()),
            t.get("audit-title"),
            t.with("monitor-unsealed-count", &[("n", pulse.unsealed.into())]),
        ),
    ]
}

/// How many have a recording status, as a line.
pub(super) fn status(t: &'static Text, status: AutoRecordingStatus, count: i64) -> StatusRow {
    let (mark, words) = match status {
        AutoRecordingStatus::Enabled => (Mark::Recorded, t.get("status-enabled")),
        AutoRecordingStatus::Exempted => (Mark::Exempted, t.get("status-exempted")),
        AutoRecordingStatus::Pending => (Mark::Waiting, t.get("status-pending")),
        failed => {
            let sentence = class_words::failure(failed).map_or("", |failure| failure.sentence(t));
            (Mark::Missing, sentence)
        }
    };
    StatusRow { mark, words: words.to_owned(), code: status.as_str().to_owned(), count, href: None }
}

fn verdict_row(t: &'static Text, judged: Verdict, count: i64) -> StatusRow {
    let mark = verdict::mark(judged);
    let href = match judged {
        Verdict::Missing => Some("/conferences?status=attention".to_owned()),
        Verdict::Upcoming => Some("/conferences?status=upcoming".to_owned()),
        Verdict::Running => Some("/conferences?status=running".to_owned()),
        Verdict::Cancelled => Some("/conferences?status=cancelled".to_owned()),
        _ => None,
    };
    StatusRow { mark, words: mark.word(t).to_owned(), code: judged.as_str().to_owned(), count, href }
}

fn stored(t: &'static Text, kept: Kept) -> Vec<StatusRow> {
    let row = |mark, words: &str, code: &str, count| StatusRow {
        mark,
        words: words.to_owned(),
        code: code.to_owned(),
        count,
        href: None,
    };
    let away = kept.recordings - kept.in_onedrive;
    let lost = if kept.lost > 0 { Mark::Missing } else { Mark::NotHeld };
    let damaged = if kept.damaged > 0 { Mark::Missing } else { Mark::NotHeld };
    vec![
        row(Mark::Recorded, t.get("stored-onedrive"), "stored_in_onedrive: true", kept.in_onedrive),
        row(Mark::NotHeld, t.get("stored-not-onedrive"), "stored_in_onedrive: false", away),
        row(Mark::Recorded, t.get("kept-archive"), "safety: verified", kept.verified),
        row(damaged, t.get("kept-damaged"), "safety: damaged", kept.damaged),
        row(lost, t.get("kept-gone"), "safety: gone", kept.lost),
    ]
}

fn job(t: &'static Text, queue: &Queue, when: &When) -> JobRow {
    JobRow {
        kind: kind(t, queue.kind).to_owned(),
        waiting: queue.waiting,
        running: queue.running,
        dead: queue.dead,
        oldest: queue.oldest_at.map_or_else(String::new, |at| when.relative_words(at)),
    }
}

fn dead_job(t: &'static Text, dead: &Dead, (when, now): (&When, DateTime<Utc>)) -> DeadJob {
    let (subject, subject_href) = match &dead.class {
        Some((conference, title, starts_at)) => (
            format!("{title}, {}", when.day_time_within(*starts_at)),
            Some(format!("/conferences/{conference}")),
        ),
        None => (dead.job.subject.clone(), None),
    };
    DeadJob {
        id: dead.job.id.0,
        kind: kind(t, dead.job.kind).to_owned(),
        subject,
        subject_href,
        error: dead.job.last_error.clone(),
        at: when.day_time(dead.job.dead_at.unwrap_or(now)),
        attempts: dead.job.attempts,
    }
}

/// What a kind of work does, in words.
fn kind(t: &'static Text, kind: JobKind) -> &'static str {
    match kind {
        JobKind::Provision => t.get("job-provision"),
        JobKind::Update => t.get("job-update"),
        JobKind::Verify => t.get("job-verify"),
        JobKind::Watch => t.get("job-watch"),
        JobKind::Sync => t.get("job-sync"),
        JobKind::Delta => t.get("job-delta"),
        JobKind::Copy => t.get("job-copy"),
        JobKind::Roster => t.get("job-roster"),
        JobKind::Rehearse => t.get("job-rehearse"),
        JobKind::Withdraw => t.get("job-withdraw"),
        JobKind::Mail => t.get("job-mail"),
        JobKind::Duty => t.get("job-duty"),
    }
}
