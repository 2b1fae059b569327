//! What an integration should be subscribed to: the recordings and transcripts of everybody who organizes classes,
//! and the OneDrive of each service account.

use super::Result;
use crate::app::App;
use crate::model::integration::Integration;
use crate::model::subscription::SubscriptionKind;
use crate::store::{delta, integrations};

/// One thing to subscribe to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What it is about.
    pub kind: SubscriptionKind,
    /// An organizer's object id or a drive's id.
    pub owner: String,
    /// The organizer whose changes are read when it tells something.
    pub organizer: String,
}

/// Everything that should be subscribed to, kinds that are off left out.
pub async fn wanted(app: &App, integration: &Integration) -> Result<Vec<Wanted>> {
    let mut all = Vec::new();
    let organizers = delta::organizers_known(&app.store).await?;
    for organizer in organizers.iter().filter(|organizer| organizer.integration == integration.id) {
        let id = &organizer.entra_object_id;
        for kind in [SubscriptionKind::Recordings, SubscriptionKind::Transcripts] {
            all.push(Wanted { kind, owner: id.clone(), organizer: id.clone() });
        }
    }
    for account in integrations::accounts(&app.store, integration.id).await? {
        if let (None, Some(drive), Some(id)) =
            (account.disabled_at, account.drive_id, account.entra_object_id)
        {
            all.push(Wanted { kind: SubscriptionKind::Drive, owner: drive, organizer: id });
        }
    }
    all.retain(|one| !integration.kinds_off.contains(&one.kind.kind()));
    Ok(all)
}
