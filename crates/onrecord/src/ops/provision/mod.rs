//! Provisioning: the Teams meeting of a time slot is made, found, told to record, and read back. Every step is saved
//! before the next begins, so that it may be killed anywhere and repeated; what fails has a reason, and is tried
//! again until the class begins.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::json;

use super::turn::Turn;
use super::{Result, alerts, audit};
use crate::app::App;
use crate::model::alert::{AlertKind, heals_by_itself};
use crate::model::conference::{AutoRecordingStatus as Status, Conference, Meeting};
use crate::model::exception::Exception;
use crate::model::id::MeetingId;
use crate::model::integration::Integration;
use crate::model::job::JobKind;
use crate::model::schedule;
use crate::model::words::Word as _;
use crate::store::{Tx, conferences, exceptions, integrations, jobs, meeting_steps, meetings};

mod exempt;
pub(crate) mod judge;
mod people;
mod steps;

pub(crate) use exempt::{exempt, keep_exempted, note_found_on};
pub(crate) use judge::{Asked, Stuck, judge};
pub(crate) use people::attendees;
pub(crate) use steps::{enforce, event_by_transaction, keep_enabled};

/// As long as Teams only needs a moment, so many tries go by before its silence is a conclusion: about two minutes.
const PATIENCE: i64 = 6;

/// A last try is made this long before the class begins.
const LAST_TRY: TimeDelta = TimeDelta::seconds(45);

/// How often is looked whether Teams has been connected meanwhile. Connecting it wakes the work at once.
const UNCONNECTED: TimeDelta = TimeDelta::minutes(10);

/// What is said of a meeting while no tenant is connected.
pub const NOT_CONNECTED: &str = "Microsoft Teams is not connected yet: an administrator does that under \
     Manage, Microsoft Teams. The class is provisioned as soon as it is.";

/// A meeting with everything that decides how it is provisioned.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    /// The meeting, kept up to date as steps succeed.
    pub(crate) meeting: Meeting,
    /// Its conference.
    pub(crate) conference: Conference,
    /// Its tenant connection.
    pub(crate) integration: Integration,
    /// The conference's zone.
    pub(crate) zone: Tz,
    /// The approved exceptions that may cover it.
    pub(crate) exceptions: Vec<Exception>,
}

impl Case {
    /// The case of a meeting, if it exists.
    pub(crate) async fn load(app: &App, id: MeetingId) -> Result<Option<Self>> {
        let Some(meeting) = meetings::find(&app.store, id).await? else {
            return Ok(None);
        };
        let Some(conference) = conferences::find(&app.store, meeting.conference_id).await? else {
            return Ok(None);
        };
        let Some(integration) = integrations::find(&app.store, conference.integration_id).await? else {
            return Ok(None);
        };
        let zone = schedule::zone(&conference.time_zone).unwrap_or(Tz::UTC);
        let exceptions = exceptions::of_meeting(&app.store, id).await?;
        Ok(Some(Self { meeting, conference, integration, zone, exceptions }))
    }

    /// Whether recording is to be off for it at `now`, by an approved exception.
    pub(crate) fn is_exempt(&self, now: DateTime<Utc>) -> bool {
        self.exceptions.iter().any(|one| one.is_in_force(self.meeting.id, self.span(), now))
    }

    /// Scheduled start and end.
    fn span(&self) -> (DateTime<Utc>, DateTime<Utc>) {
        (self.meeting.starts_at, self.meeting.ends_at)
    }

    /// Whether it was exempted and is so no more, after its end.
    fn is_to_be_given_back(&self, now: DateTime<Utc>) -> bool {
        self.meeting.auto_recording_status == Status::Exempted
            && self.meeting.has_ended(now)
            && !self.is_exempt(now)
    }

    /// Title of the event.
    pub(crate) fn subject(&self) -> String {
        schedule::event_subject(&self.conference.title, self.meeting.starts_at, self.zone)
    }

    /// Whether the meeting came with a link or event of somebody else.
    pub(crate) fn is_imported(&self) -> bool {
        self.meeting.service_account_id.is_none()
            && (self.meeting.event_id.is_some()
                || self.meeting.join_url.is_some()
                || self.meeting.organizer_email.is_some())
    }
}

/// Whether the tenant can be asked at all.
pub fn is_connected(integration: &Integration) -> bool {
    !integration.tenant_id.is_empty()
        && !integration.client_id.is_empty()
        && integration.client_secret_sealed.is_some()
}

/// Works on one meeting. `attempt` counts from 1 and decides how long the next try waits.
pub async fn provision(app: &App, id: MeetingId, attempt: i64) -> Result<Turn> {
    let Some(mut case) = Case::load(app, id).await? else {
        return Ok(Turn::Done);
    };
    let now = app.clock.now();
    if case.meeting.cancelled_at.is_some() || is_complete(&case, now) {
        return Ok(Turn::Done);
    }
    let is_past = case.meeting.has_ended(now);
    if is_past && !case.is_imported() && !case.is_to_be_given_back(now) {
        return Ok(Turn::Done);
    }
    if !is_connected(&case.integration) {
        return unconnected(app, &case, now).await;
    }
    let client = super::integration::connect(app, &case.integration)?;
    if case.is_to_be_given_back(now) {
        return exempt::give_back(app, &client, &mut case, attempt).await;
    }
    let brought = if is_past {
        steps::identify(app, &client, &mut case).await
    } else {
        bring(app, &client, &mut case).await
    };
    match brought {
        Ok(()) => Ok(Turn::Done),
        Err(Stuck::Broken(error)) => Err(error),
        Err(stuck @ (Stuck::Waiting(..) | Stuck::Failed { .. })) if case.is_exempt(now) => {
            let may_mend = exempt::MayMend::of(&stuck);
            let (Stuck::Waiting(_, text) | Stuck::Failed { detail: text, .. }) = stuck else {
                return Ok(Turn::Done);
            };
            exempt::not_off(app, &mut case, (&text, may_mend)).await?;
            let wait = backoff(attempt, 5, 3_600).min(patience_until(&case.meeting, now));
            Ok(next_try(&case.meeting, now, wait, text))
        }
        Err(Stuck::Waiting(status, text)) => {
            if attempt >= PATIENCE {
                conclude(app, &case.meeting, status, &text).await?;
            } else {
                note_pending(app, &case.meeting, &text).await?;
            }
            Ok(next_try(&case.meeting, now, backoff(attempt, 2, 900), text))
        }
        Err(Stuck::Failed { status, detail, retry_after }) => {
            conclude(app, &case.meeting, status, &detail).await?;
            let wait = backoff(attempt, 30, 6 * 3_600).min(patience_until(&case.meeting, now));
            let asked = retry_after.and_then(|wait| TimeDelta::from_std(wait).ok()).unwrap_or_default();
            Ok(next_try(&case.meeting, now, wait.max(asked), detail))
        }
    }
}

/// Brings a meeting that has not ended to `enabled`, or to `exempted` while an approved exception is in force.
pub(crate) async fn bring(
    app: &App,
    client: &msgraph::Client,
    case: &mut Case,
) -> std::result::Result<(), Stuck> {
    steps::organizer(app, client, case).await?;
    let sent = steps::event(app, client, case).await?;
    steps::join_url(app, client, case).await?;
    steps::online_meeting(app, client, case).await?;
    if case.is_exempt(app.clock.now()) {
        exempt::exempt(app, client, case).await?;
    } else {
        steps::enforce(app, client, case).await?;
    }
    let tx = app.store.write().await?;
    match sent {
        steps::Sent::Current => {
            meeting_steps::save_sent(&tx, case.meeting.id, case.meeting.wanted_revision).await?;
        }
        steps::Sent::Unknown => {
            let now = app.clock.now();
            let subject = super::schedule::meeting_subject(case.meeting.id);
            jobs::enqueue(&tx, JobKind::Update, &subject, now, now).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

fn is_complete(case: &Case, now: DateTime<Utc>) -> bool {
    let wanted = if case.is_exempt(now) { Status::Exempted } else { Status::Enabled };
    // A class that has begun keeps what it began with; its exception, if it has one, is over when it is.
    let is_late = case.meeting.auto_recording_status == Status::Enabled && case.meeting.has_started(now);
    case.meeting.online_meeting_id.is_some() && (case.meeting.auto_recording_status == wanted || is_late)
}

async fn unconnected(app: &App, case: &Case, now: DateTime<Utc>) -> Result<Turn> {
    if case.meeting.auto_recording_detail != NOT_CONNECTED {
        note_pending(app, &case.meeting, NOT_CONNECTED).await?;
    }
    if case.meeting.has_started(now) {
        return Ok(Turn::Done);
    }
    Ok(Turn::Again(now + UNCONNECTED, NOT_CONNECTED.to_owned()))
}

/// Keeps what is waited for, without a conclusion.
async fn note_pending(app: &App, meeting: &Meeting, text: &str) -> Result<()> {
    if meeting.auto_recording_status != Status::Pending {
        return Ok(());
    }
    let tx = app.store.write().await?;
    meeting_steps::save_status(&tx, meeting.id, Status::Pending, text, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Keeps that recording could not be switched on, and alerts: in the log each time, in the audit when the reason is
/// new. The class goes on all the same.
pub(crate) async fn conclude(app: &App, meeting: &Meeting, status: Status, detail: &str) -> Result<()> {
    let id = meeting.id;
    tracing::error!(meeting = %id, %status, detail, starts_at = %meeting.starts_at, "Failed to enable auto-recording");
    let tx = app.store.write().await?;
    let known = meetings::lock(&tx, id).await?;
    meeting_steps::save_status(&tx, id, status, detail, app.clock.now()).await?;
    alerts::resolve(app, &tx, id, &[AlertKind::NotOff]).await?;
    if known.is_none_or(|known| known.auto_recording_status != status) {
        alert(app, &tx, id, status, detail).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// The audit entry of a failure, and the alert of one that does not mend itself.
pub(crate) async fn alert(app: &App, tx: &Tx, id: MeetingId, status: Status, detail: &str) -> Result<()> {
    let about = (super::schedule::meeting_subject(id), json!({ "status": status, "detail": detail }));
    audit::record(app, tx, None, "recording.enable_failed", about).await?;
    if !heals_by_itself(status) {
        alerts::raise(app, tx, id, AlertKind::NotEnabled, status.as_str()).await?;
    }
    Ok(())
}

/// Doubling from `first` seconds, at most `most` seconds.
pub(crate) fn backoff(attempt: i64, first: i64, most: i64) -> TimeDelta {
    let doublings = u32::try_from(attempt.clamp(1, 20) - 1).unwrap_or_default();
    TimeDelta::seconds(first.saturating_mul(1_i64 << doublings).min(most))
}

/// The closer the class, the more often is tried: an eighth of the time that is left, at least a minute.
fn patience_until(meeting: &Meeting, now: DateTime<Utc>) -> TimeDelta {
    ((meeting.starts_at - now) / 8).max(TimeDelta::minutes(1))
}

/// The next try before the class begins; none afterwards.
fn next_try(meeting: &Meeting, now: DateTime<Utc>, wait: TimeDelta, because: String) -> Turn {
    let last = meeting.starts_at - LAST_TRY;
    let at = now + wait;
    if at < last {
        Turn::Again(at, because)
    } else if now < last {
        Turn::Again(last, because)
    } else {
        Turn::Done
    }
}

/// Wakes all work that waits for Microsoft: settings were saved, or *Verify* found no error any more.
pub async fn wake(app: &App) -> Result<()> {
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let ahead = meetings::unenforced(&tx, now, 100_000).await?;
    let subjects: Vec<String> = ahead.into_iter().map(super::schedule::meeting_subject).collect();
    jobs::enqueue_many(&tx, JobKind::Provision, &subjects, now, now).await?;
    jobs::hurry(&tx, JobKind::Update, now).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_its_limit() {
        let seconds = |attempt| backoff(attempt, 2, 60).num_seconds();
        assert_eq!([1, 2, 3, 6, 70].map(seconds), [2, 4, 8, 60, 60]);
    }
}
