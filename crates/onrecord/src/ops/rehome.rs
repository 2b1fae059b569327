//! The future meetings of an account that is full or left are made anew with another account: a new Teams meeting, a new
//! invitation, the former event cancelled. OnRecord's own join link stays what it is. The former event is cancelled only
//! when the new one is there, so that a class is never without a meeting.

use chrono::TimeDelta;
use serde_json::json;
use uuid::Uuid;

use super::actor::Actor;
use super::schedule::meeting_subject;
use super::turn::Turn;
use super::{Error, Result, audit, integration, organizer, say, storage};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::{ServiceAccountId, WithdrawalId};
use crate::model::job::JobKind;
use crate::store::storage::homed;
use crate::store::{jobs, meetings, withdrawals};

/// Meetings that begin sooner stay where they are: their people are on the way.
const TOO_LATE: TimeDelta = TimeDelta::minutes(30);

/// How often is looked whether the new meeting is there.
const LOOK_EVERY: TimeDelta = TimeDelta::minutes(1);

/// What the invited read in the cancellation.
const MOVED: &str = "This class has moved to another Teams meeting. Please use the new invitation, or the link on the class page.";

/// What moving came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub struct Rehomed {
    /// Meetings that are made anew.
    pub moved: usize,
    /// Meetings whose event is being made at this moment: ask again in a minute.
    pub left: usize,
}

/// Gives all meetings to come of an account to others. `Conflict` if no other account has room for them.
pub async fn rehome(app: &App, actor: Actor<'_>, id: ServiceAccountId) -> Result<Rehomed> {
    actor.must(app, GlobalAct::Administer).await?;
    let account = storage::account(app, id).await?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    let all = homed(&tx, id, now + TOO_LATE).await?;
    let (ready, left): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|meeting| meeting.event_id.is_some() || meeting.organizer_id.is_none());
    let others = organizer::choose_other(&tx, account.integration_id, ready.len(), (now, Some(id))).await?;
    if others.iter().any(Option::is_none) {
        return Err(Error::Conflict(say("op-rehome-no-room")));
    }
    for (meeting, other) in ready.iter().zip(others.into_iter().flatten()) {
        let transaction = Uuid::new_v4().to_string();
        withdrawals::rehome(&tx, meeting.id, (other, &transaction), now).await?;
        let subject = meeting_subject(meeting.id);
        jobs::enqueue(&tx, JobKind::Provision, &subject, now, now).await?;
        if let (Some(mailbox), Some(event)) = (&meeting.organizer_id, &meeting.event_id) {
            let former = withdrawals::insert(&tx, meeting, (mailbox, event), (actor.id(), now)).await?;
            let subject = format!("withdrawal:{former}");
            jobs::enqueue(&tx, JobKind::Withdraw, &subject, now + LOOK_EVERY, now).await?;
        }
        let about = (subject, json!({ "from": id, "to": other }));
        audit::record(app, &tx, actor.id(), "meeting.rehomed", about).await?;
    }
    tx.commit().await?;
    app.work.notify_one();
    Ok(Rehomed { moved: ready.len(), left: left.len() })
}

/// Cancels the former event once the new meeting can be joined, or the class is no more.
pub(crate) async fn withdraw(app: &App, id: WithdrawalId) -> Result<Turn> {
    let Some(former) = withdrawals::find(&app.store, id).await?.filter(|former| former.done_at.is_none())
    else {
        return Ok(Turn::Done);
    };
    let now = app.clock.now();
    let meeting = meetings::find(&app.store, former.meeting_id).await?;
    let is_needed = meeting.as_ref().is_some_and(|meeting| {
        meeting.cancelled_at.is_none() && (meeting.join_url.is_none() || meeting.online_meeting_id.is_none())
    });
    if is_needed {
        let because = "The new Teams meeting of this class is not there yet.".to_owned();
        return Ok(Turn::Again(now + LOOK_EVERY, because));
    }
    let client = integration::client(app, former.integration_id).await?;
    match client.cancel_event(&former.organizer_id, &former.event_id, MOVED).await {
        Ok(()) | Err(msgraph::Error::NotFound { .. }) => {}
        Err(error) => return Err(error.into()),
    }
    let tx = app.store.write().await?;
    withdrawals::done(&tx, id, now).await?;
    let about = (meeting_subject(former.meeting_id), json!({ "event": former.event_id }));
    audit::record(app, &tx, None, "meeting.former_withdrawn", about).await?;
    tx.commit().await?;
    Ok(Turn::Done)
}
