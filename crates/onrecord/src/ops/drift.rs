//! The drift guard: before class it reads again whether recording is switched on. What somebody switched off is put back
//! and audited with old and new value; what cannot be put back alerts a person while there is still time.

use chrono::{DateTime, TimeDelta, Utc};
use msgraph::OnlineMeeting;
use serde_json::{Value, json};

use super::provision::{self, Asked, Case, Stuck, keep_enabled};
use super::schedule::meeting_subject;
use super::turn::Turn;
use super::{Result, alerts, audit, integration};
use crate::app::App;
use crate::model::alert::AlertKind;
use crate::model::conference::{AutoRecordingStatus as Status, Meeting};
use crate::model::id::MeetingId;
use crate::model::job::JobKind;
use crate::model::words::Word as _;
use crate::store::{jobs, meeting_steps};

/// This long before class everything that is not known to be well is told to a person.
const NEAR: TimeDelta = TimeDelta::hours(24);

/// A class that is so near is not left to the next look when it could not be read.
const AT_HAND: TimeDelta = TimeDelta::hours(1);

/// Reads whether recording is still switched on, and repairs it. `attempt` counts from 1 and decides how long the next
/// try waits. May be repeated; does nothing once the class has begun or was cancelled.
pub async fn verify(app: &App, id: MeetingId, attempt: i64) -> Result<Turn> {
    let Some(mut case) = Case::load(app, id).await? else {
        return Ok(Turn::Done);
    };
    let now = app.clock.now();
    if case.meeting.cancelled_at.is_some() || case.meeting.has_started(now) {
        return Ok(Turn::Done);
    }
    if case.is_exempt(now) {
        return verify_exempted(app, &mut case, attempt).await;
    }
    if case.meeting.auto_recording_status != Status::Enabled {
        return hurry(app, &case.meeting, now).await;
    }
    if !provision::is_connected(&case.integration) {
        not_checked(app, &case.meeting, provision::NOT_CONNECTED).await?;
        return Ok(Turn::Done);
    }
    let (Some(organizer), Some(online)) = (&case.meeting.organizer_id, &case.meeting.online_meeting_id)
    else {
        return hurry(app, &case.meeting, now).await;
    };
    let client = integration::connect(app, &case.integration)?;
    match client.online_meeting(organizer, online).await {
        Ok(read) if read.is_recording_enforced() => {
            let detail = case.meeting.auto_recording_detail.clone();
            keep_enabled(app, &mut case, &detail).await.or_else(broken)?;
            Ok(Turn::Done)
        }
        Ok(read) => repair(app, &client, &mut case, &read).await,
        Err(error) => match provision::judge(&client, Asked::Meetings, error).await {
            Stuck::Failed { status: status @ Status::FailedNotFound, detail, .. } => {
                provision::conclude(app, &case.meeting, status, &detail).await?;
                Ok(Turn::Done)
            }
            Stuck::Failed { detail, retry_after, .. } => {
                let asked = retry_after.and_then(|wait| TimeDelta::from_std(wait).ok());
                not_read(app, &case.meeting, &detail, (attempt, asked)).await
            }
            Stuck::Waiting(_, text) => not_read(app, &case.meeting, &text, (attempt, None)).await,
            Stuck::Broken(error) => Err(error),
        },
    }
}

/// A class that an approved exception covers: recording is to be off, and what somebody switched on is switched off
/// again. Nobody is alerted that it will not be recorded.
async fn verify_exempted(app: &App, case: &mut Case, attempt: i64) -> Result<Turn> {
    let now = app.clock.now();
    if case.meeting.auto_recording_status == Status::Exempted {
        let (Some(organizer), Some(online)) = (&case.meeting.organizer_id, &case.meeting.online_meeting_id)
        else {
            return Ok(Turn::Done);
        };
        let client = integration::connect(app, &case.integration)?;
        match client.online_meeting(organizer, online).await {
            Ok(read) if read.is_recording_off() => {
                provision::keep_exempted(app, case).await.or_else(broken)?;
                return Ok(Turn::Done);
            }
            Ok(_) => provision::note_found_on(app, case).await?,
            Err(error) => {
                let again = now + provision::backoff(attempt, 30, 900);
                let is_worth_it = error.is_retryable() && again < case.meeting.starts_at;
                return Ok(if is_worth_it { Turn::Again(again, error.to_string()) } else { Turn::Done });
            }
        }
    }
    let tx = app.store.write().await?;
    jobs::enqueue(&tx, JobKind::Provision, &meeting_subject(case.meeting.id), now, now).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(Turn::Done)
}

fn broken(stuck: Stuck) -> Result<()> {
    match stuck {
        Stuck::Broken(error) => Err(error),
        Stuck::Waiting(_, text) | Stuck::Failed { detail: text, .. } => Err(super::Error::NotReady(text)),
    }
}

/// Recording was never switched on: it is tried at once, and when class is near a person is told.
async fn hurry(app: &App, meeting: &Meeting, now: DateTime<Utc>) -> Result<Turn> {
    let tx = app.store.write().await?;
    jobs::enqueue(&tx, JobKind::Provision, &meeting_subject(meeting.id), now, now).await?;
    if meeting.starts_at - now <= NEAR {
        let status = meeting.auto_recording_status;
        tracing::error!(
            meeting = %meeting.id, %status, detail = meeting.auto_recording_detail, starts_at = %meeting.starts_at,
            "Failed to enable auto-recording"
        );
        alerts::raise(app, &tx, meeting.id, AlertKind::NotEnabled, status.as_str()).await?;
    }
    tx.commit().await?;
    app.work.notify_one();
    Ok(Turn::Done)
}

/// Switches recording on again and reads it back. A failure alerts at once and is tried again like any other.
async fn repair(app: &App, client: &msgraph::Client, case: &mut Case, read: &OnlineMeeting) -> Result<Turn> {
    note(app, &case.meeting, read).await?;
    case.meeting.auto_recording_status = Status::FailedDrift;
    let now = app.clock.now();
    match provision::enforce(app, client, case).await {
        Ok(()) => Ok(Turn::Done),
        Err(Stuck::Broken(error)) => Err(error),
        Err(Stuck::Waiting(_, detail)) => {
            let tx = app.store.write().await?;
            jobs::enqueue(&tx, JobKind::Provision, &meeting_subject(case.meeting.id), now, now).await?;
            alerts::raise(app, &tx, case.meeting.id, AlertKind::NotEnabled, Status::FailedDrift.as_str())
                .await?;
            tx.commit().await?;
            tracing::warn!(meeting = %case.meeting.id, detail, "recording is not on again yet");
            Ok(Turn::Done)
        }
        Err(Stuck::Failed { status, detail, .. }) => {
            provision::conclude(app, &case.meeting, status, &detail).await?;
            let tx = app.store.write().await?;
            jobs::enqueue(&tx, JobKind::Provision, &meeting_subject(case.meeting.id), now, now).await?;
            alerts::raise(app, &tx, case.meeting.id, AlertKind::NotEnabled, status.as_str()).await?;
            tx.commit().await?;
            Ok(Turn::Done)
        }
    }
}

/// Somebody switched recording off. Until it is on again the meeting says so; the audit keeps what stood there and what
/// is put there instead.
pub(crate) async fn note(app: &App, meeting: &Meeting, read: &OnlineMeeting) -> Result<()> {
    tracing::warn!(meeting = %meeting.id, "recording was switched off in Teams; it is switched on again");
    let instead = json!({ "recordAutomatically": true, "allowRecording": true, "allowTranscription": true });
    keep(app, meeting, read, ("Recording was switched off in Teams by somebody.", instead)).await
}

/// The same for a class that was held without a recording: nothing is put there instead.
pub(crate) async fn found_too_late(app: &App, meeting: &Meeting, read: &OnlineMeeting) -> Result<()> {
    tracing::warn!(meeting = %meeting.id, "recording was switched off in Teams when the class was held");
    let text = "Recording was switched off in Teams by somebody before or during class.";
    keep(app, meeting, read, (text, Value::Null)).await
}

async fn keep(
    app: &App,
    meeting: &Meeting,
    read: &OnlineMeeting,
    (text, instead): (&str, Value),
) -> Result<()> {
    let about = json!({ "old": options(read), "new": instead, "read_back_at": meeting.read_back_at });
    let tx = app.store.write().await?;
    meeting_steps::save_status(&tx, meeting.id, Status::FailedDrift, text, app.clock.now()).await?;
    audit::record(app, &tx, None, "recording.drift_found", (meeting_subject(meeting.id), about)).await?;
    tx.commit().await?;
    Ok(())
}

fn options(read: &OnlineMeeting) -> Value {
    let mut options = json!({
        "recordAutomatically": read.record_automatically,
        "allowRecording": read.allow_recording,
        "allowTranscription": read.allow_transcription,
    });
    if read.is_end_to_end_encryption_enabled == Some(true) {
        options["isEndToEndEncryptionEnabled"] = json!(true);
    }
    options
}

/// Microsoft did not say how it stands: asked again soon when class is at hand, else at the next look.
async fn not_read(
    app: &App,
    meeting: &Meeting,
    detail: &str,
    (attempt, asked): (i64, Option<TimeDelta>),
) -> Result<Turn> {
    let now = app.clock.now();
    if meeting.starts_at - now <= AT_HAND + TimeDelta::minutes(1) {
        not_checked(app, meeting, detail).await?;
    }
    let again = now + provision::backoff(attempt, 30, 900).max(asked.unwrap_or_default());
    Ok(if again < meeting.starts_at { Turn::Again(again, detail.to_owned()) } else { Turn::Done })
}

async fn not_checked(app: &App, meeting: &Meeting, detail: &str) -> Result<()> {
    let tx = app.store.write().await?;
    alerts::raise(app, &tx, meeting.id, AlertKind::NotChecked, detail).await?;
    tx.commit().await?;
    Ok(())
}
