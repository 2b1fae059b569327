//! Files shared in the chat. The chat holds only a link; the file lies in its sender's OneDrive and can vanish with
//! them, so it is looked up once and its size, type and hash are kept.

use chrono::Duration;

use super::super::Result;
use super::context::{Context, Reading, Tally};
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::conference::Meeting;
use crate::model::integration::SyncKind;
use crate::model::sync::{KindReport, SyncState};
use crate::store::artifacts;

/// A file that is not found so soon after it was shared is looked for again; later it is gone.
const PATIENCE: Duration = Duration::hours(24);

/// Looks up the shared files whose place is not known yet; `new` of them were found in the chat just now.
pub(super) async fn sync(
    ctx: &Context<'_>,
    meeting: &Meeting,
    new: u64,
    last: Option<&SyncState>,
) -> Result<KindReport> {
    let files = artifacts::of_meeting(&ctx.app.store, meeting.id, ArtifactKind::File).await?;
    let all = files.len() as u64;
    let mut found = Vec::new();
    for file in files {
        let is_known = file.item_id.is_some() && !ctx.is_forced();
        let Some(address) = file.web_url.clone().filter(|_| !is_known && file.gone_at.is_none()) else {
            continue;
        };
        let is_fresh = file.started_at.is_some_and(|shared| ctx.now() < shared + PATIENCE);
        match ctx.graph.shared_item(&address).await {
            Ok(item) => found.push((file, Some(item))),
            Err(msgraph::Error::NotFound { .. }) if is_fresh => {}
            Err(msgraph::Error::NotFound { .. }) => found.push((file, None)),
            Err(error) => return Err(error.into()),
        }
    }
    let now = ctx.now();
    let tx = ctx.app.store.write().await?;
    let mut updated = 0;
    for (file, item) in found {
        let after = match &item {
            Some(item) => described(&file, item),
            None => Artifact { gone_at: Some(now), ..file.clone() },
        };
        if after == file {
            continue;
        }
        let twin =
            artifacts::of_meeting(&tx, meeting.id, ArtifactKind::File).await?.into_iter().find(|other| {
                other.id != after.id
                    && other.item_id.is_some()
                    && (&other.drive_id, &other.item_id) == (&after.drive_id, &after.item_id)
            });
        match twin {
            // The same file was shared twice: the older row stays as it is.
            Some(twin) if twin.id < after.id => artifacts::merge(&tx, twin.id, after.id).await?,
            Some(twin) => {
                artifacts::merge(&tx, after.id, twin.id).await?;
                artifacts::save(&tx, &after, now).await?;
            }
            None => artifacts::save(&tx, &after, now).await?,
        }
        updated += 1;
    }
    artifacts::renumber(&tx, meeting.id, ArtifactKind::File).await?;
    let updated = u64::saturating_sub(updated, new);
    let tally = Tally { created: new, updated, unchanged: all.saturating_sub(new + updated) };
    ctx.conclude(tx, meeting, Reading { kind: SyncKind::Files, last, tally, position: None }).await
}

/// What the file's drive says of it.
fn described(file: &Artifact, item: &msgraph::DriveItem) -> Artifact {
    Artifact {
        drive_id: item.drive_id().map(str::to_owned).or_else(|| file.drive_id.clone()),
        item_id: Some(item.id.clone()),
        name: item.name.clone().unwrap_or_else(|| file.name.clone()),
        mime_type: item.file.as_ref().and_then(|facet| facet.mime_type.clone()).unwrap_or_default(),
        size_bytes: item.size.or(file.size_bytes),
        quick_xor_hash: item.quick_xor_hash().map(str::to_owned),
        e_tag: item.e_tag.clone(),
        gone_at: None,
        ..file.clone()
    }
}
