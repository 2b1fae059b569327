//! Whoever teaches says whether Teams is recording, where OnRecord cannot see it for itself.

use serde_json::json;

use super::schedule::meeting_subject;
use super::{Error, Result, alerts, audit, rights, say};
use crate::app::App;
use crate::model::access::{Act, Viewer};
use crate::model::alert::AlertKind;
use crate::model::conference::Meeting;
use crate::model::id::MeetingId;
use crate::model::live::{Answer, Silence};
use crate::model::words::Word as _;
use crate::store::{alerts as store, meetings};

/// The class, if `viewer` is one of those who are asked.
pub async fn may_answer(app: &App, viewer: &Viewer, id: MeetingId) -> Result<Meeting> {
    let meeting = meetings::find(&app.store, id).await?.ok_or(Error::NotFound)?;
    rights::conference(app, viewer, meeting.conference_id, Act::Sync).await?;
    Ok(meeting)
}

/// Keeps what `viewer` sees in Teams and returns the class. "No" alerts; "yes" mends what is open. May be repeated: the
/// last answer counts.
pub async fn recording(app: &App, viewer: &Viewer, id: MeetingId, answer: Answer) -> Result<Meeting> {
    let meeting = may_answer(app, viewer, id).await?;
    let now = app.clock.now();
    if meeting.cancelled_at.is_some() || !meeting.has_started(now) || meeting.has_ended(now) {
        return Err(Error::Conflict(say("op-not-on")));
    }
    let tx = app.store.write().await?;
    meetings::lock(&tx, id).await?;
    store::put_answer(&tx, id, (viewer.user_id, answer), now).await?;
    alerts::resolve(app, &tx, id, &[AlertKind::ConfirmRecording]).await?;
    match answer {
        Answer::Recording => alerts::resolve(app, &tx, id, &[AlertKind::NotRecording]).await?,
        Answer::NotRecording => {
            alerts::raise(app, &tx, id, AlertKind::NotRecording, Silence::Said.as_str()).await?;
        }
    }
    let about = (meeting_subject(id), json!({ "answer": answer }));
    audit::record(app, &tx, Some(viewer.user_id), "recording.seen", about).await?;
    // What was said is compared with the chat at once, where that can be read.
    meetings::set_guard(&tx, id, Some(now)).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(meeting)
}
