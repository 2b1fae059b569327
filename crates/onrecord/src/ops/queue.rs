//! What a person may do to the queue: give a job that was given up another try.

use serde_json::json;

use super::actor::Actor;
use super::{Error, Result, audit};
use crate::app::App;
use crate::model::access::GlobalAct;
use crate::model::id::JobId;
use crate::store::jobs;

/// Puts a job that was given up back into the queue, to run at once. `NotFound` if it is none: somebody else may have
/// put it back already.
pub async fn retry(app: &App, actor: Actor<'_>, id: JobId) -> Result<()> {
    actor.must(app, GlobalAct::Administer).await?;
    let tx = app.store.write().await?;
    if !jobs::revive(&tx, id, app.clock.now()).await? {
        return Err(Error::NotFound);
    }
    audit::record(app, &tx, actor.id(), "job.retried", (format!("job:{id}"), json!({}))).await?;
    tx.commit().await?;
    app.work.notify_one();
    Ok(())
}
