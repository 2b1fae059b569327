//! Staff ask for a recording to be copied into the archive now. The copy itself is work of the queue.

use serde_json::json;

use super::subject;
use crate::app::App;
use crate::model::access::{Act, Viewer};
use crate::model::id::ArtifactId;
use crate::model::job::JobKind;
use crate::ops::media::{self, SeenMedium, Wanted};
use crate::ops::{Error, Result, audit, say};
use crate::store::jobs;

/// Queues the copy of a recording, before anything that is planned. May be repeated; one that is verified already is
/// left as it is, but for the texts beside it. `Lost` if Microsoft has nothing to copy any more.
pub async fn ask(app: &App, viewer: &Viewer, id: ArtifactId) -> Result<SeenMedium> {
    let wanted = Wanted::recording(id);
    let seen = media::see(app, viewer, wanted, Act::Hide).await?;
    let medium = &seen.placed.medium;
    if medium.facts.gone_at.is_some() && !medium.facts.is_verified() {
        return Err(Error::Lost(say("op-archive-gone")));
    }
    let now = app.clock.now();
    let tx = app.store.write().await?;
    jobs::enqueue(&tx, JobKind::Copy, &subject(id), now, now).await?;
    let about = (wanted.subject(), json!({ "safety": medium.safety() }));
    audit::record(app, &tx, Some(viewer.user_id), "recording.archive_asked", about).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(seen)
}
