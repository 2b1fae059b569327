//! Whether recording was still switched on when a class was held. Read once more when a class that was held has left no
//! recording: what somebody switched off after the guard's last look is otherwise taken for Teams' own fault.

use super::context::{Context, Named, over_at};
use super::judge;
use crate::model::artifact::ArtifactKind;
use crate::model::conference::{AutoRecordingStatus as Status, Meeting};
use crate::ops::{Result, drift};
use crate::store::{self, meeting_steps};

/// Reads the meeting's options once after a class that was held without a recording, and keeps what they say. What
/// cannot be read now is left to the next look.
pub(super) async fn look(ctx: &Context<'_>, meeting: &Meeting, named: &Named) -> Result<()> {
    if meeting.auto_recording_status != Status::Enabled {
        return Ok(());
    }
    let (db, now) = (&ctx.app.store, ctx.now());
    let call = judge::call(db, meeting, now).await?;
    let Some(over) = call.and_then(|_| over_at(meeting, call, now)) else {
        return Ok(());
    };
    let was_read = meeting.read_back_at.is_some_and(|read| read >= over);
    if was_read || !store::artifacts::of_meeting(db, meeting.id, ArtifactKind::Recording).await?.is_empty() {
        return Ok(());
    }
    match ctx.graph.online_meeting(&named.organizer, &named.online_meeting).await {
        Ok(read) if read.is_recording_enforced() => {
            let tx = db.write().await?;
            let detail = &meeting.auto_recording_detail;
            meeting_steps::save_status(&tx, meeting.id, Status::Enabled, detail, now).await?;
            Ok(tx.commit().await?)
        }
        Ok(read) => drift::found_too_late(ctx.app, meeting, &read).await,
        Err(error) => {
            tracing::warn!(%error, meeting = %meeting.id, "the options of a class without recording could not be read");
            Ok(())
        }
    }
}
