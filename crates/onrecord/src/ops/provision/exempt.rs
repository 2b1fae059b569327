//! The one path that switches recording off: for a class that an approved exception covers, before it begins. Off is
//! believed only when the meeting, read again, says so; at the exception's end the usual path switches it on again.
//! Nothing else in the program calls [`msgraph::Client::exempt_from_recording`], and a test holds that.

use chrono::TimeDelta;
use msgraph::Client;
use serde_json::json;

use super::steps::{self, Step};
use super::{Asked, Case, PATIENCE, Stuck, backoff, judge};
use crate::app::App;
use crate::model::alert::{AlertKind, heals_by_itself};
use crate::model::conference::AutoRecordingStatus as Status;
use crate::ops::turn::Turn;
use crate::ops::{Result, alerts, audit, schedule};
use crate::store::meeting_steps;

/// What is said of a class while recording is being switched off for it.
const UNDER_WAY: &str = "An approved exception is in force; recording is being switched off.";

/// So long before class everybody who can act is told, whatever the reason.
const NEAR: TimeDelta = TimeDelta::hours(2);

/// Whether trying again usually mends what keeps recording from being switched off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MayMend {
    /// It does.
    ByItself,
    /// Somebody must do something.
    ByPeople,
}

impl MayMend {
    /// What is to be thought of a step that did not come through.
    pub(super) fn of(stuck: &Stuck) -> Self {
        match stuck {
            Stuck::Failed { status, .. } if !heals_by_itself(*status) => Self::ByPeople,
            _ => Self::ByItself,
        }
    }
}

/// Switches recording off for a class that is exempted at this moment, and reads it back.
pub(crate) async fn exempt(app: &App, client: &Client, case: &mut Case) -> Step<()> {
    let now = app.clock.now();
    if !case.is_exempt(now) || case.meeting.has_started(now) {
        let text = "No exception is in force for this class, or it has begun.";
        return Err(Stuck::failed(Status::FailedUnknown, text));
    }
    let (organizer, online_meeting) = steps::teams_ids(case)?;
    if case.meeting.auto_recording_status != Status::Exempted {
        // Whoever is killed after the next call leaves a meeting that is looked after, with exception or without.
        keep(app, case, (Status::Pending, UNDER_WAY)).await?;
    }
    tracing::info!(meeting = %case.meeting.id, online_meeting, "switching recording off: an approved exception is in force");
    let settings = steps::settings(app, client, case).await?;
    if let Err(error) = client.exempt_from_recording(&organizer, &online_meeting, &settings).await {
        return Err(judge(client, Asked::Meetings, error).await);
    }
    let read = match client.online_meeting(&organizer, &online_meeting).await {
        Ok(read) => read,
        Err(error) => return Err(judge(client, Asked::Meetings, error).await),
    };
    if !read.is_recording_off() {
        let text = "Teams accepted the setting, but the meeting, read again, says that it will be recorded.";
        return Err(Stuck::Waiting(Status::FailedDrift, text.to_owned()));
    }
    keep_exempted(app, case).await
}

/// Keeps that Teams says it will not record, which ends every alert about recording.
pub(crate) async fn keep_exempted(app: &App, case: &mut Case) -> Step<()> {
    let was = case.meeting.auto_recording_status;
    let now = app.clock.now();
    let exceptions: Vec<i64> = case
        .exceptions
        .iter()
        .filter(|one| one.is_in_force(case.meeting.id, case.span(), now))
        .map(|one| one.id.0)
        .collect();
    let tx = app.store.write().await?;
    meeting_steps::save_status(&tx, case.meeting.id, Status::Exempted, "", now).await?;
    if was != Status::Exempted {
        let about = (schedule::meeting_subject(case.meeting.id), json!({ "exceptions": exceptions }));
        audit::record(app, &tx, None, "recording.exempted", about).await?;
    }
    let ended = [AlertKind::NotEnabled, AlertKind::NotOff, AlertKind::NotChecked, AlertKind::NoRoom];
    alerts::resolve(app, &tx, case.meeting.id, &ended).await?;
    tx.commit().await?;
    case.meeting.auto_recording_status = Status::Exempted;
    case.meeting.read_back_at = Some(now);
    tracing::info!(meeting = %case.meeting.id, "recording is off, and read back");
    Ok(())
}

/// Somebody switched recording on for an exempted class: it is noted, and no longer said to be off.
pub(crate) async fn note_found_on(app: &App, case: &mut Case) -> Result<()> {
    tracing::warn!(meeting = %case.meeting.id, "recording was switched on in Teams during an exception; it is switched off again");
    let tx = app.store.write().await?;
    let about =
        (schedule::meeting_subject(case.meeting.id), json!({ "read_back_at": case.meeting.read_back_at }));
    audit::record(app, &tx, None, "recording.found_on", about).await?;
    meeting_steps::save_status(&tx, case.meeting.id, Status::Pending, UNDER_WAY, app.clock.now()).await?;
    tx.commit().await?;
    case.meeting.auto_recording_status = Status::Pending;
    Ok(())
}

/// Keeps that recording could not be switched off. It is tried again until class; staff are alerted at once of what does
/// not mend itself, of everything else when class is near.
pub(super) async fn not_off(app: &App, case: &mut Case, (detail, may_mend): (&str, MayMend)) -> Result<()> {
    tracing::error!(
        meeting = %case.meeting.id, detail, starts_at = %case.meeting.starts_at,
        "recording could not be switched off although an approved exception is in force"
    );
    if case.meeting.auto_recording_status != Status::Exempted {
        keep(app, case, (Status::Pending, detail)).await?;
    }
    if may_mend == MayMend::ByItself && case.meeting.starts_at - app.clock.now() > NEAR {
        return Ok(());
    }
    let tx = app.store.write().await?;
    alerts::raise(app, &tx, case.meeting.id, AlertKind::NotOff, detail).await?;
    Ok(tx.commit().await?)
}

async fn keep(app: &App, case: &mut Case, (status, detail): (Status, &str)) -> Result<()> {
    let tx = app.store.write().await?;
    meeting_steps::save_status(&tx, case.meeting.id, status, detail, app.clock.now()).await?;
    tx.commit().await?;
    case.meeting.auto_recording_status = status;
    detail.clone_into(&mut case.meeting.auto_recording_detail);
    Ok(())
}

/// The exception of a class that is over has ended: whoever meets under its link again is recorded. Nobody is alerted
/// when that fails; what Teams has forgotten is left.
pub(super) async fn give_back(app: &App, client: &Client, case: &mut Case, attempt: i64) -> Result<Turn> {
    match steps::enforce(app, client, case).await {
        Ok(()) => Ok(Turn::Done),
        Err(Stuck::Broken(error)) => Err(error),
        Err(Stuck::Waiting(_, detail)) if attempt < PATIENCE => {
            Ok(Turn::Again(app.clock.now() + backoff(attempt, 30, 900), detail))
        }
        Err(Stuck::Failed { status: Status::FailedThrottled | Status::FailedNetwork, detail, .. })
            if attempt < PATIENCE =>
        {
            Ok(Turn::Again(app.clock.now() + backoff(attempt, 60, 3_600), detail))
        }
        Err(Stuck::Waiting(status, detail) | Stuck::Failed { status, detail, .. }) => {
            let tx = app.store.write().await?;
            meeting_steps::save_status(&tx, case.meeting.id, status, &detail, app.clock.now()).await?;
            let about =
                (schedule::meeting_subject(case.meeting.id), json!({ "status": status, "detail": detail }));
            audit::record(app, &tx, None, "recording.enable_failed", about).await?;
            tx.commit().await?;
            Ok(Turn::Done)
        }
    }
}
