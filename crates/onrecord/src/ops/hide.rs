//! Staff keep a single recording from learners, at once and with a reason, and show it again.

use serde_json::json;

use super::media::{self, SeenMedium, Wanted};
use super::{Error, Result, audit, say, say_with};
use crate::app::App;
use crate::model::access::{Act, Viewer};
use crate::model::id::ArtifactId;
use crate::store;

/// Longest reason in characters.
const LONGEST_REASON: usize = 500;

/// Hides a recording from learners: their next byte request gets 404, and running streams end. May be repeated,
/// also with a better reason.
pub async fn hide(app: &App, viewer: &Viewer, id: ArtifactId, reason: &str) -> Result<SeenMedium> {
    let wanted = Wanted::recording(id);
    media::see(app, viewer, wanted, Act::Hide).await?;
    let reason = sound_reason(reason)?;
    let tx = app.store.write().await?;
    if store::media::hide(&tx, id, viewer.user_id, reason, app.clock.now()).await? {
        let about = (wanted.subject(), json!({ "reason": reason }));
        audit::record(app, &tx, Some(viewer.user_id), "recording.hidden", about).await?;
        tx.commit().await?;
    }
    media::see(app, viewer, wanted, Act::Hide).await
}

/// Shows a hidden recording to learners again. May be repeated.
pub async fn show(app: &App, viewer: &Viewer, id: ArtifactId) -> Result<SeenMedium> {
    let wanted = Wanted::recording(id);
    media::see(app, viewer, wanted, Act::Hide).await?;
    let tx = app.store.write().await?;
    if store::media::show(&tx, id).await? {
        let about = (wanted.subject(), json!({}));
        audit::record(app, &tx, Some(viewer.user_id), "recording.shown", about).await?;
        let now = app.clock.now();
        store::mail::sources::note_shown(&tx, id, now - super::mail::STILL_NEWS, now).await?;
        tx.commit().await?;
    }
    media::see(app, viewer, wanted, Act::Hide).await
}

fn sound_reason(reason: &str) -> Result<&str> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Error::invalid("reason", say("op-hide-why")));
    }
    if reason.chars().count() > LONGEST_REASON {
        return Err(Error::invalid("reason", say_with("op-at-most", &[("most", LONGEST_REASON.into())])));
    }
    if reason.chars().any(|letter| letter.is_control() && letter != '\n' && letter != '\r' && letter != '\t')
    {
        return Err(Error::invalid("reason", say("op-no-control")));
    }
    Ok(reason)
}
