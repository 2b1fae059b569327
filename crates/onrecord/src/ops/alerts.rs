//! Alerts: what a person must be told while something can still be done. Each is raised once for its thing and resolved
//! when that is mended or the class is over; both are audited. Who reads them is said in `model/alert.rs`.

use serde_json::json;

use super::schedule::meeting_subject;
use super::{Result, audit};
use crate::app::App;
use crate::model::access::Viewer;
use crate::model::alert::{Alert, AlertKind};
use crate::model::id::MeetingId;
use crate::store::alerts::{self, Told};
use crate::store::conference_lists::Eyes;
use crate::store::{Tx, meetings};

/// Alerts resolved in one transaction because their class is over.
const BATCH: i64 = 200;

/// Raises an alert in the transaction of its cause. Repeating it changes its detail at most.
pub(crate) async fn raise(
    app: &App,
    tx: &Tx,
    meeting: MeetingId,
    kind: AlertKind,
    detail: &str,
) -> Result<()> {
    if !alerts::raise(tx, meeting, kind, detail, app.clock.now()).await? {
        return Ok(());
    }
    match kind {
        AlertKind::NotEnabled => {
            tracing::error!(%meeting, detail, "Failed to enable auto-recording: the class will not be recorded");
        }
        AlertKind::NotChecked => {
            tracing::warn!(%meeting, detail, "nobody could read whether recording is still switched on");
        }
        AlertKind::NotRecording => {
            tracing::error!(%meeting, detail, "a class is on and not being recorded: somebody must press Record");
        }
        AlertKind::ConfirmRecording => {
            tracing::warn!(%meeting, detail, "the chat of a class cannot be read: whoever teaches is asked about the recording");
        }
    }
    let about = json!({ "kind": kind, "detail": detail, "told": kind.reaches() });
    audit::record(app, tx, None, "alert.raised", (meeting_subject(meeting), about)).await
}

/// Resolves what is open of these kinds, in the transaction of what mended it.
pub(crate) async fn resolve(app: &App, tx: &Tx, meeting: MeetingId, kinds: &[AlertKind]) -> Result<()> {
    for kind in kinds {
        if alerts::resolve(tx, meeting, *kind, app.clock.now()).await? {
            let about = (meeting_subject(meeting), json!({ "kind": kind }));
            audit::record(app, tx, None, "alert.resolved", about).await?;
        }
    }
    Ok(())
}

/// Resolves the alerts of classes that are over or cancelled: nothing can be done any more, the verdict says the rest.
pub(crate) async fn forget_outlived(app: &App) -> Result<()> {
    loop {
        let outlived = alerts::outlived(&app.store, app.clock.now(), BATCH).await?;
        if outlived.is_empty() {
            return Ok(());
        }
        let tx = app.store.write().await?;
        for Alert { meeting_id, kind, .. } in &outlived {
            meetings::lock(&tx, *meeting_id).await?;
            resolve(app, &tx, *meeting_id, &[*kind]).await?;
        }
        tx.commit().await?;
    }
}

/// The open alerts that `viewer` is told of: all for whoever oversees the installation, else those of their courses.
pub async fn open(app: &App, viewer: &Viewer, limit: i64) -> Result<Vec<Told>> {
    let eyes = match viewer.role {
        Some(_) => Eyes::All,
        None => Eyes::Member(viewer.user_id, app.clock.now().date_naive()),
    };
    Ok(alerts::open(&app.store, eyes, limit).await?)
}
