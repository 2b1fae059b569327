//! The recurring duties of the timetable. Each looks at rows, not at what happened before: a missed run is made good
//! by the next.

use chrono::TimeDelta;

use super::schedule::meeting_subject;
use super::{
    Result, alerts, alive, audit, bin, doctor, erasure, expiry, guard, journal, keep, mail, privacy,
    provision, retention, roster, storage, subscriptions, sync,
};
use crate::app::App;
use crate::model::alert::AlertKind;
use crate::model::conference::{AutoRecordingStatus as Status, Meeting};
use crate::model::id::MeetingId;
use crate::model::job::{Duty, JobKind};
use crate::model::words::Word as _;
use crate::store::meetings::{self, BegunPending};
use crate::store::{exceptions, jobs, lanes, meeting_steps};

/// Rows handled in one transaction.
const BATCH: i64 = 200;

/// Work that nobody queued is queued a little later than work that somebody did.
const SOON: TimeDelta = TimeDelta::minutes(15);

/// Does one duty.
pub async fn perform(app: &App, duty: Duty) -> Result<()> {
    match duty {
        Duty::ClassStart => class_start(app).await,
        Duty::CatchUp => catch_up(app).await,
        Duty::PlanSync => sync::plan_work(app).await.map(|_| ()),
        Duty::PlanGuard => {
            super::exceptions::plan(app).await?;
            guard::plan(app).await.map(|_| ())
        }
        Duty::Drafts => keep::clear_drafts(app).await,
        Duty::Verdicts => sync::judge_by_time(app).await.map(|_| ()),
        Duty::Subscriptions => subscriptions::keep(app).await,
        Duty::Expiry => {
            super::minors::warn(app).await?;
            expiry::watch(app).await
        }
        Duty::Storage => storage::watch(app).await,
        Duty::Examine => doctor::daily(app).await,
        Duty::Mail => mail::plan(app).await,
        Duty::Alive => alive::call(app).await,
        Duty::Retention => retention::daily(app).await,
        Duty::Purge => {
            journal::settle(app).await?;
            bin::clear_doomed(app).await?;
            erasure::try_again(app).await?;
            privacy::tidy(app).await?;
            audit::keep_days(app).await
        }
    }
}

/// No class that has begun stays `pending`: it gets its last known reason.
async fn class_start(app: &App) -> Result<()> {
    loop {
        let now = app.clock.now();
        let tx = app.store.write().await?;
        let begun = meetings::begun_pending(&tx, now, BATCH).await?;
        for BegunPending { meeting, was_known_before } in &begun {
            let (status, detail) = last_known_reason(meeting);
            meeting_steps::save_status(&tx, meeting.id, status, &detail, now).await?;
            let covering = exceptions::of_meeting(&tx, meeting.id).await?;
            let is_exempt = covering.iter().any(|one| one.covers(meeting.id, meeting.starts_at));
            // A class that came by import after its start never had a chance, and one that is exempted needs none: nobody
            // is alerted.
            if *was_known_before && !is_exempt {
                tracing::error!(meeting = %meeting.id, %status, detail, "Failed to enable auto-recording");
                provision::alert(app, &tx, meeting.id, status, &detail).await?;
                alerts::raise(app, &tx, meeting.id, AlertKind::NotEnabled, status.as_str()).await?;
            }
        }
        tx.commit().await?;
        if (begun.len() as i64) < BATCH {
            return Ok(());
        }
    }
}

/// How far provisioning came says what was missing.
fn last_known_reason(meeting: &Meeting) -> (Status, String) {
    let (status, text) = match meeting {
        Meeting { online_meeting_id: Some(_), .. } => {
            (Status::FailedUnknown, "The class began before Teams confirmed that it will be recorded.")
        }
        Meeting { join_url: Some(_), .. } => {
            (Status::FailedNotFound, "The class began before Teams found the meeting by its link.")
        }
        Meeting { event_id: Some(_), .. } => {
            (Status::FailedProvider, "The class began before Teams gave the event its link.")
        }
        _ => (Status::FailedUnknown, "The class began before its Teams meeting could be made."),
    };
    let known = meeting.auto_recording_detail.trim();
    (status, if known.is_empty() { text.to_owned() } else { known.to_owned() })
}

/// Queues what Teams should know and no job will tell, and forgets lanes that nobody uses.
async fn catch_up(app: &App) -> Result<()> {
    let now = app.clock.now();
    let unenforced = meetings::unenforced_and_idle(&app.store, now, 10_000).await?;
    let unsent = meetings::unsent(&app.store, (now, now + roster::NEAR), 10_000).await?;
    let tx = app.store.write().await?;
    let subjects = |ids: Vec<MeetingId>| ids.into_iter().map(meeting_subject).collect::<Vec<_>>();
    jobs::enqueue_missing(&tx, JobKind::Provision, &subjects(unenforced), now + SOON, now).await?;
    jobs::enqueue_missing(&tx, JobKind::Update, &subjects(unsent), now, now).await?;
    lanes::forget_idle(&tx, now).await?;
    tx.commit().await?;
    Ok(())
}
