//! Telling Teams what changed: title, text, times and people of a class, or that it is cancelled. The join block in
//! the event's body survives every edit.

use chrono::{DateTime, Utc};
use msgraph::{Client, EventPatch, ZonedTime};

use super::provision::{self, Asked, Case, Stuck, judge};
use super::turn::Turn;
use super::{Result, integration, notice as notices};
use crate::app::App;
use crate::model::conference::AutoRecordingStatus as Status;
use crate::model::id::MeetingId;
use crate::model::notice;
use crate::store::meeting_steps;

type Step<T> = std::result::Result<T, Stuck>;

/// What the invited read when a class is cancelled.
const CANCELLED: &str = "This class was cancelled.";

/// Tells Teams what it should know of a meeting. `attempt` counts from 1 and decides how long the next try waits.
pub async fn update(app: &App, id: MeetingId, attempt: i64) -> Result<Turn> {
    let Some(mut case) = Case::load(app, id).await? else {
        return Ok(Turn::Done);
    };
    let now = app.clock.now();
    let is_cancelled = case.meeting.cancelled_at.is_some();
    let is_over = case.meeting.has_ended(now) || (!is_cancelled && case.meeting.has_started(now));
    if case.meeting.sent_revision >= case.meeting.wanted_revision || is_over {
        return Ok(Turn::Done);
    }
    if !is_cancelled && case.meeting.event_id.is_none() && case.meeting.online_meeting_id.is_none() {
        // Nothing is made yet; provisioning will make it as it is now.
        return Ok(Turn::Done);
    }
    if is_cancelled && case.meeting.organizer_id.is_none() {
        // Nothing was ever asked for in Teams.
        keep_sent(app, &case).await?;
        return Ok(Turn::Done);
    }
    if !provision::is_connected(&case.integration) {
        return Ok(next_try(&case, now, provision::backoff(attempt, 600, 3_600), provision::NOT_CONNECTED));
    }
    let client = integration::connect(app, &case.integration)?;
    let told =
        if is_cancelled { withdraw(&client, &case).await } else { tell(app, &client, &mut case).await };
    match told {
        Ok(()) => {
            keep_sent(app, &case).await?;
            Ok(Turn::Done)
        }
        Err(Stuck::Broken(error)) => Err(error),
        Err(Stuck::Waiting(_, text)) => Ok(next_try(&case, now, provision::backoff(attempt, 2, 300), &text)),
        Err(Stuck::Failed { status, detail, retry_after }) => {
            tracing::warn!(meeting = %id, %status, detail, "Teams could not be told of a change");
            let asked =
                retry_after.and_then(|wait| chrono::TimeDelta::from_std(wait).ok()).unwrap_or_default();
            let wait = provision::backoff(attempt, 30, 3_600).max(asked);
            Ok(next_try(&case, now, wait, &detail))
        }
    }
}

/// Again, unless the class is over by then.
fn next_try(case: &Case, now: DateTime<Utc>, wait: chrono::TimeDelta, because: &str) -> Turn {
    if now + wait < case.meeting.ends_at { Turn::Again(now + wait, because.to_owned()) } else { Turn::Done }
}

async fn keep_sent(app: &App, case: &Case) -> Result<()> {
    let tx = app.store.write().await?;
    meeting_steps::save_sent(&tx, case.meeting.id, case.meeting.wanted_revision).await?;
    tx.commit().await?;
    Ok(())
}

fn mailbox(case: &Case) -> Step<&str> {
    let text = "The organizer of this class is not known.";
    case.meeting.organizer_id.as_deref().ok_or_else(|| Stuck::failed(Status::FailedNotFound, text))
}

/// Cancels the event; whoever was invited is told. One that is gone already is as good.
async fn withdraw(client: &Client, case: &Case) -> Step<()> {
    let mailbox = mailbox(case)?;
    let event_id = match (&case.meeting.event_id, &case.meeting.join_url) {
        (Some(id), _) => Some(id.clone()),
        // A process may have been killed between making the event and keeping its id.
        (None, None) => provision::event_by_transaction(client, case, mailbox).await?.map(|event| event.id),
        // Somebody else's meeting of which only the link is known is not ours to cancel.
        (None, Some(_)) => None,
    };
    let Some(event_id) = event_id else {
        return Ok(());
    };
    match client.cancel_event(mailbox, &event_id, CANCELLED).await {
        Ok(()) | Err(msgraph::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(judge(client, Asked::Calendar, error).await),
    }
}

/// Changes the event, then the people in Teams, and reads back that recording is still on, or off where an exception is
/// in force.
async fn tell(app: &App, client: &Client, case: &mut Case) -> Step<()> {
    if case.meeting.event_id.is_some() {
        change_event(app, client, case).await?;
    }
    if case.meeting.online_meeting_id.is_none() {
        return Ok(());
    }
    if case.is_exempt(app.clock.now()) {
        return provision::exempt(app, client, case).await;
    }
    provision::enforce(app, client, case).await
}

async fn change_event(app: &App, client: &Client, case: &Case) -> Step<()> {
    let mailbox = mailbox(case)?;
    let Some(event_id) = case.meeting.event_id.as_deref() else {
        return Ok(());
    };
    let event = match client.event(mailbox, event_id).await {
        Ok(event) => event,
        Err(msgraph::Error::NotFound { .. }) => {
            let text = "The event of this class was deleted in the organizer's calendar. The Teams link may still work; \
                        cancel this class and add it again for a new one.";
            provision::conclude(app, &case.meeting, Status::FailedNotFound, text).await?;
            return Ok(());
        }
        Err(error) => return Err(judge(client, Asked::Calendar, error).await),
    };
    let words = notices::announce(app, &case.integration, case.meeting.id).await?;
    let block = notice::invitation_html(&case.conference.description, &words);
    let body = notice::with_invitation(event.body_html().unwrap_or_default(), &block);
    let patch = EventPatch {
        subject: Some(case.subject()),
        body_html: Some(body),
        start: Some(ZonedTime::utc(case.meeting.starts_at)),
        end: Some(ZonedTime::utc(case.meeting.ends_at)),
        // Somebody else's list of invited people is theirs.
        attendees: if case.is_imported() { None } else { Some(provision::attendees(app, case).await?) },
        if_match: event.etag,
    };
    match client.patch_event(mailbox, event_id, &patch).await {
        Ok(_) => Ok(()),
        Err(msgraph::Error::PreconditionFailed { .. }) => {
            let text = "The event was changed by somebody else meanwhile; it is read again.";
            Err(Stuck::Waiting(Status::FailedUnknown, text.to_owned()))
        }
        Err(error) => Err(judge(client, Asked::Calendar, error).await),
    }
}
