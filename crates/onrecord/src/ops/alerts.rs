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
    tell(app, tx, (meeting, kind), detail).await
}

/// Raises an alert whose detail grows graver: each new detail is told and audited like a new alert.
pub(crate) async fn raise_by_degrees(
    app: &App,
    tx: &Tx,
    meeting: MeetingId,
    kind: AlertKind,
    detail: &str,
) -> Result<()> {
    let open = alerts::open_of_meeting(tx, meeting).await?;
    if open.iter().any(|alert| alert.kind == kind && alert.detail == detail) {
        return Ok(());
    }
    if !alerts::raise(tx, meeting, kind, detail, app.clock.now()).await? {
        alerts::tell_again(tx, meeting, kind).await?;
    }
    tell(app, tx, (meeting, kind), detail).await
}

/// A copy was verified: the alarm about its class ends, unless another of its recordings has none.
pub(crate) async fn settle_expiring(app: &App, tx: &Tx, meeting: MeetingId) -> Result<()> {
    if crate::store::expiry::soonest_of(tx, meeting).await?.is_some() {
        return Ok(());
    }
    resolve(app, tx, meeting, &[AlertKind::Expiring]).await
}

/// The log line and the audit entry of an alert.
async fn tell(app: &App, tx: &Tx, (meeting, kind): (MeetingId, AlertKind), detail: &str) -> Result<()> {
    match kind {
        AlertKind::NotEnabled => {
            tracing::error!(%meeting, detail, "Failed to enable auto-recording: the class will not be recorded");
        }
        AlertKind::NotOff => {
            tracing::error!(%meeting, detail, "recording is not off: a class will be recorded although an approved exception covers it");
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
        AlertKind::Expiring => {
            tracing::error!(%meeting, days = detail, "Microsoft is expected to delete a recording in onedrive soon, and there is no verified copy");
        }
        AlertKind::ConsentMissing => {
            tracing::warn!(%meeting, people = detail, "a class of minors is near and what is required of their guardians is missing");
        }
        AlertKind::NoRoom => {
            tracing::error!(%meeting, account = detail, "Storage full: the onedrive that is to take the recording of a class has no room for it");
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
