//! What an integration should be subscribed to: the recordings and transcripts of everybody who organizes classes,
//! the OneDrive of each service account, and the chat of each class that is on or about to begin.

use std::collections::HashSet;

use chrono::TimeDelta;

use super::Result;
use crate::app::App;
use crate::model::guard::OVERTIME;
use crate::model::integration::{Integration, SyncKind};
use crate::model::subscription::SubscriptionKind;
use crate::store::subscriptions::Stretch;
use crate::store::{delta, integrations, subscriptions};

/// The chat of a class is listened to so long before its time: Microsoft is asked each minute, and may fail at first.
const BEFORE_CLASS: TimeDelta = TimeDelta::minutes(10);

/// So long after its end whether a call goes on has been read.
const AFTER_CLASS: TimeDelta = TimeDelta::minutes(3);

/// One thing to subscribe to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// What it is about.
    pub kind: SubscriptionKind,
    /// An organizer's object id, a drive's id or a chat's thread id.
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
    all.extend(chats(app, integration).await?);
    Ok(all)
}

/// The chats of classes that are on or about to begin. The call's events are read there as long as chat or shared
/// files are; where both are off, nobody looks into a chat.
async fn chats(app: &App, integration: &Integration) -> Result<Vec<Wanted>> {
    let is_off = |off: &[SyncKind]| off.contains(&SyncKind::Chat) && off.contains(&SyncKind::Files);
    if is_off(&integration.kinds_off) {
        return Ok(Vec::new());
    }
    let now = app.clock.now();
    let stretch = Stretch {
        begun_by: now + BEFORE_CLASS,
        now,
        just_ended_after: now - AFTER_CLASS,
        overtime_after: now - OVERTIME,
    };
    let mut seen = HashSet::new();
    let mut wanted = Vec::new();
    for chat in subscriptions::chats_of_classes_on(&app.store, integration.id, stretch).await? {
        let off = [integration.kinds_off.as_slice(), &chat.kinds_off].concat();
        if !is_off(&off) && seen.insert(chat.thread.clone()) {
            wanted.push(Wanted {
                kind: SubscriptionKind::Chat,
                owner: chat.thread,
                organizer: chat.organizer,
            });
        }
    }
    Ok(wanted)
}
