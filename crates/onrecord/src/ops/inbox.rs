//! The inbox: what fits no class with certainty, for a person to decide. What was decided is remembered, so that no
//! later sync undoes it.

use serde_json::json;

use super::{Error, Result, audit, rights, sync};
use crate::app::App;
use crate::model::access::{GlobalAct, Viewer};
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::id::{ArtifactId, MeetingId};
use crate::store::{artifacts, meetings};

/// What waits in the inbox, oldest first; at most `limit`, after the row `after`.
pub async fn list(
    app: &App,
    viewer: &Viewer,
    after: Option<ArtifactId>,
    limit: i64,
) -> Result<Vec<Artifact>> {
    rights::global(app, viewer, GlobalAct::Oversee).await?;
    Ok(artifacts::inbox(&app.store, after, limit).await?)
}

/// Gives a file to a meeting. `NotFound` if it does not wait in the inbox; `Invalid` if there is no such meeting.
pub async fn assign(app: &App, viewer: &Viewer, id: ArtifactId, meeting: MeetingId) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Administer).await?;
    let tx = app.store.write().await?;
    let Some(row) = meetings::lock(&tx, meeting).await? else {
        return Err(Error::invalid("meeting_id", "There is no such meeting. Choose one of the list."));
    };
    let now = app.clock.now();
    let decided = artifacts::Decided::Belongs(meeting);
    if !artifacts::decide(&tx, id, decided, (viewer.user_id, now)).await? {
        return Err(Error::NotFound);
    }
    artifacts::renumber(&tx, meeting, ArtifactKind::Recording).await?;
    let detail = json!({ "meeting": row.id, "conference": row.conference_id });
    let subject = format!("artifact:{id}");
    audit::record(app, &tx, Some(viewer.user_id), "inbox.assigned", (subject, detail)).await?;
    tx.commit().await?;
    sync::judge_again(app, meeting).await
}

/// Decides that a file belongs to no class. `NotFound` if it does not wait in the inbox.
pub async fn dismiss(app: &App, viewer: &Viewer, id: ArtifactId) -> Result<()> {
    rights::global(app, viewer, GlobalAct::Administer).await?;
    let tx = app.store.write().await?;
    let now = app.clock.now();
    if !artifacts::decide(&tx, id, artifacts::Decided::ToNone, (viewer.user_id, now)).await? {
        return Err(Error::NotFound);
    }
    let subject = format!("artifact:{id}");
    audit::record(app, &tx, Some(viewer.user_id), "inbox.dismissed", (subject, json!({}))).await?;
    Ok(tx.commit().await?)
}
