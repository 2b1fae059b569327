//! Organizers who left: Microsoft answers for a deleted account as for something that never was. Asked of the directory
//! only when what an organizer should have cannot be read, so that a missing recording can name the cause.

use super::context::Context;
use crate::model::conference::Meeting;
use crate::ops::{Error, Result};
use crate::store::meetings;

/// Whether a refusal may come from the organizer's account being gone.
pub(super) fn may_explain(error: &Error) -> bool {
    matches!(error, Error::Graph(msgraph::Error::NotFound { .. } | msgraph::Error::Forbidden { .. }))
}

/// Keeps whether the organizer is still in the directory. Without doubt and without an earlier finding, no request is
/// made.
pub(super) async fn look(
    ctx: &Context<'_>,
    meeting: &Meeting,
    organizer: &str,
    is_doubted: bool,
) -> Result<()> {
    let was_gone = meeting.organizer_gone_at.is_some();
    if organizer.is_empty() || is_doubted == was_gone {
        return Ok(());
    }
    let gone = match ctx.graph.user(organizer).await {
        Ok(_) => false,
        Err(msgraph::Error::NotFound { .. }) => true,
        // Nothing is known then.
        Err(_) => return Ok(()),
    };
    if gone != was_gone {
        tracing::warn!(meeting = %meeting.id, organizer, gone, "the organizer's account in the directory changed");
        let tx = ctx.app.store.write().await?;
        meetings::save_organizer_gone(&tx, meeting.id, gone.then(|| ctx.now())).await?;
        tx.commit().await?;
    }
    Ok(())
}
