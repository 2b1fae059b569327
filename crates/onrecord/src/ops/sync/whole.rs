//! `sync --all`: the deltas of every organizer say what is new, then every conference that is not settled is read by
//! the very function the button uses.

use std::collections::HashSet;

use super::super::{Error, Result};
use super::backfill::{self, Progress};
use super::context::Context;
use super::meeting::Drives;
use super::{SyncRequest, delta, drive, room};
use crate::app::App;
use crate::model::id::{ConferenceId, IntegrationId};
use crate::model::sync::{SyncCause, SyncReport};
use crate::store;
use crate::store::sync::Scope;

/// Conferences read from the database at one time.
const BATCH: i64 = 200;

/// What a command asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Which conferences.
    pub scope: Scope,
    /// Whether cursors and settled meetings count for nothing.
    pub cause: SyncCause,
}

/// One conference's part in a sync of all.
#[derive(Debug, Clone)]
pub struct Synced {
    /// The conference.
    pub conference: ConferenceId,
    /// What was done, or why nothing could be.
    pub result: std::result::Result<SyncReport, String>,
}

/// Syncs every conference that `asked` names, and tells `each` as it goes. A conference that fails does not keep the
/// others from being read. One by force that was broken off goes on where it stood.
pub async fn sync_whole(app: &App, asked: Asked, mut each: impl FnMut(&Synced)) -> Result<()> {
    let mut progress = Progress::begin(app, asked).await?;
    read_deltas(app, asked.cause, &mut progress).await?;
    let now = app.clock.now();
    let mut after = ConferenceId(progress.after());
    loop {
        let scope = (asked.scope, backfill::settled(asked));
        let page = store::sync::conferences_to_sync(&app.store, scope, now, (after, BATCH)).await?;
        let Some(last) = page.last() else { break };
        after = *last;
        for conference in page {
            let request = SyncRequest { conference, cause: asked.cause, requested_by: None };
            let result = match room::share(app, &request, Drives::JustRead).await {
                Ok(outcome) => outcome.report.ok_or_else(|| "it is still running".to_owned()),
                Err(error) => Err(error.to_string()),
            };
            each(&Synced { conference, result });
            progress.reached(app, conference.0).await?;
        }
    }
    progress.end(app).await
}

/// Reads the deltas of all organizers, so that news opens settled meetings again. Trouble shows per conference.
async fn read_deltas(app: &App, cause: SyncCause, progress: &mut Progress) -> Result<()> {
    let mut without: HashSet<IntegrationId> = HashSet::new();
    let mut organizers = store::delta::organizers_ever(&app.store).await?;
    organizers.sort_by_key(backfill::key);
    for organizer in organizers {
        if without.contains(&organizer.integration)
            || (cause == SyncCause::Force && progress.has_read(&organizer))
        {
            continue;
        }
        let ctx = match Context::of_integration(app, organizer.integration, cause).await {
            Ok(ctx) => ctx,
            Err(error @ Error::Store(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "the recordings of an integration cannot be read");
                without.insert(organizer.integration);
                continue;
            }
        };
        if ctx.is_forced() && !progress.has_forgotten(&organizer) {
            if let Err(error) = drive::forget(&ctx, &organizer.entra_object_id).await {
                tracing::warn!(%error, "an organizer's recordings are read from where reading stands");
            }
            progress.forgot(app, &organizer).await?;
        }
        match delta::round(&ctx, &organizer.entra_object_id).await {
            Err(error @ Error::Store(_)) => return Err(error),
            Err(error) => tracing::warn!(%error, "news of recordings could not be read"),
            Ok(()) => {}
        }
    }
    progress.read_all(app).await
}
