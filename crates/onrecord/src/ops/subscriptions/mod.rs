//! Microsoft's change notifications: what is subscribed to, and keeping it so. A subscription makes news arrive in
//! seconds; nothing rests on it. What is lost, late or never told is found by the timetable all the same.
//!
//! Every step may be repeated and may break off anywhere: what Microsoft has and we do not know of is found by the
//! comparison each hour, and what we believe to have and Microsoft does not, too.

mod keeping;
mod wanted;

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::schedule::meeting_subject;
use super::sync::organizer_subject;
use super::{Error, Result, integration};
use crate::app::App;
use crate::config::NoNotifications;
use crate::model::guard::OVERTIME;
use crate::model::id::IntegrationId;
use crate::model::integration::Integration;
use crate::model::job::JobKind;
use crate::model::permission;
use crate::model::subscription::{Subscription, SubscriptionKind};
use crate::store::delta::{self, DeltaKey, DeltaKind, DeltaLink, Organizer};
use crate::store::{Tx, integrations, jobs, subscriptions};

pub use wanted::wanted;

use keeping::Keeper;
use wanted::Wanted;

/// Where Microsoft posts what is new, below the notification URL.
pub const NEWS: &str = "/graph/notifications";

/// Where Microsoft posts word of the subscriptions' own lives.
pub const LIFE: &str = "/graph/lifecycle";

/// How often our subscriptions are compared with Microsoft's list.
const COMPARE: TimeDelta = TimeDelta::hours(1);

/// Makes, renews, compares and ends subscriptions, as it is time. An integration that fails does not keep the others.
pub async fn keep(app: &App) -> Result<()> {
    for integration in integrations::list(&app.store).await? {
        match keep_one(app, &integration).await {
            Err(error @ Error::Store(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "subscriptions to news of recordings cannot be kept at present");
            }
            Ok(()) => {}
        }
    }
    Ok(())
}

async fn keep_one(app: &App, integration: &Integration) -> Result<()> {
    let address = app.config.notification_url().ok();
    let mut wanted = match &address {
        Some(_) => wanted(app, integration).await?,
        None => Vec::new(),
    };
    let known = subscriptions::of_integration(&app.store, integration.id).await?;
    if wanted.is_empty() && known.is_empty() {
        return Ok(());
    }
    let graph = match integration::connect(app, integration) {
        Ok(graph) => graph,
        Err(Error::NotReady(_)) => return forget_all(app, integration.id).await,
        Err(error) => return Err(error),
    };
    if wanted.iter().any(|one| one.kind == SubscriptionKind::Chat) && !may_read_chats(&graph).await? {
        wanted.retain(|one| one.kind != SubscriptionKind::Chat);
    }
    let now = app.clock.now();
    want_new(app, integration.id, (&wanted, &known)).await?;
    let base = address.map(|address| address.base().to_owned()).unwrap_or_default();
    let keeper = Keeper { app, integration, graph, base };
    keeper.end_unwanted(&wanted).await?;
    if keeper.base.is_empty() {
        return Ok(());
    }
    if is_time_to_compare(app, integration.id, now).await? {
        // What cannot be compared now can be renewed all the same.
        match keeper.compare().await {
            Ok(()) => compared(app, integration.id, now).await?,
            Err(error @ Error::Store(_)) => return Err(error),
            Err(error) => tracing::warn!(%error, "Microsoft's list of subscriptions could not be read"),
        }
    }
    keeper.renew_due().await?;
    keeper.make_due().await
}

/// Writes down what is wanted and was not yet.
async fn want_new(app: &App, id: IntegrationId, (wanted, known): (&[Wanted], &[Subscription])) -> Result<()> {
    let there: HashSet<_> = known.iter().map(|one| (one.kind, one.owner.as_str())).collect();
    let new: Vec<_> = wanted.iter().filter(|one| !there.contains(&(one.kind, one.owner.as_str()))).collect();
    if new.is_empty() {
        return Ok(());
    }
    let tx = app.store.write().await?;
    for one in new {
        subscriptions::want(&tx, id, (one.kind, &one.owner, &one.organizer), app.clock.now()).await?;
    }
    Ok(tx.commit().await?)
}

/// Chats are only for those who were granted them. A school that was not is asked for nothing: each class would be
/// one more refusal, and whoever teaches is asked instead.
async fn may_read_chats(graph: &msgraph::Client) -> Result<bool> {
    match graph.token_claims().await {
        Ok(claims) => Ok(permission::granted(&claims.roles, SubscriptionKind::Chat.permission())),
        // A token that cannot be read may still do everything.
        Err(msgraph::Error::Decode { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Ends every subscription of an integration that is about to change its tenant or app, as far as that can be done:
/// with the new credentials nobody could. What remains ends by its time.
pub async fn leave(app: &App, integration: &Integration) {
    let left = async {
        if subscriptions::of_integration(&app.store, integration.id).await?.is_empty() {
            return Ok(());
        }
        let graph = integration::connect(app, integration)?;
        Keeper { app, integration, graph, base: String::new() }.end_unwanted(&[]).await
    };
    if let Err(error) = left.await {
        tracing::warn!(%error, "subscriptions of the former connection end by themselves");
    }
    if let Err(error) = forget_all(app, integration.id).await {
        tracing::warn!(%error, "subscriptions of the former connection are forgotten later");
    }
}

async fn forget_all(app: &App, id: IntegrationId) -> Result<()> {
    let known = subscriptions::of_integration(&app.store, id).await?;
    let tx = app.store.write().await?;
    for subscription in known {
        subscriptions::remove(&tx, subscription.id).await?;
    }
    Ok(tx.commit().await?)
}

fn stamp(id: IntegrationId) -> DeltaKey {
    DeltaKey { integration: id, owner: String::new(), kind: DeltaKind::Subscriptions }
}

async fn is_time_to_compare(app: &App, id: IntegrationId, now: DateTime<Utc>) -> Result<bool> {
    let last = delta::find(&app.store, &stamp(id)).await?.read_at;
    Ok(last.is_none_or(|last| now >= last + COMPARE))
}

async fn compared(app: &App, id: IntegrationId, now: DateTime<Utc>) -> Result<()> {
    let tx = app.store.write().await?;
    delta::put(&tx, &stamp(id), &DeltaLink { read_at: Some(now), ..DeltaLink::default() }).await?;
    Ok(tx.commit().await?)
}

/// Has an organizer's changes or a class's chat read: something may have been missed.
async fn look_again(tx: &Tx, one: &Subscription, now: DateTime<Utc>) -> Result<()> {
    if one.kind == SubscriptionKind::Chat {
        let classes =
            subscriptions::classes_of_chat(tx, (one.integration_id, &one.owner), (now, now - OVERTIME))
                .await?;
        for class in classes {
            jobs::enqueue(tx, JobKind::Watch, &meeting_subject(class.id), now, now).await?;
        }
        return Ok(());
    }
    let organizer = Organizer { integration: one.integration_id, entra_object_id: one.organizer.clone() };
    Ok(jobs::enqueue(tx, JobKind::Delta, &organizer_subject(&organizer), now, now).await?)
}

/// How news arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Microsoft tells us at once; looking from time to time finds the rest.
    Told,
    /// We look from time to time, because the setting says so.
    SwitchedOff,
    /// We look from time to time, because Microsoft cannot reach us.
    Unreachable,
}

/// How change notifications stand.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Standing {
    /// How news arrives.
    pub way: Way,
    /// Subscriptions wanted.
    pub wanted: i64,
    /// Subscriptions through which Microsoft tells us now.
    pub live: i64,
    /// When Microsoft last told something.
    pub last_heard_at: Option<DateTime<Utc>>,
    /// Why some could not be made or renewed.
    pub troubles: Vec<String>,
}

/// How change notifications stand.
pub async fn standing(app: &App) -> Result<Standing> {
    let way = match app.config.notification_url() {
        Ok(_) => Way::Told,
        Err(NoNotifications::SwitchedOff) => Way::SwitchedOff,
        Err(NoNotifications::Unreachable) => Way::Unreachable,
    };
    let sum = subscriptions::sum(&app.store, app.clock.now()).await?;
    let troubles = subscriptions::troubles(&app.store).await?;
    let sentence = |(kind, error, n): (SubscriptionKind, String, i64)| {
        let needs = kind.permission();
        format!("{n} × {kind}: {error}. This subscription needs the application permission {needs}.")
    };
    Ok(Standing {
        way,
        wanted: sum.wanted,
        live: sum.live,
        last_heard_at: sum.heard_at,
        troubles: troubles.into_iter().map(sentence).collect(),
    })
}
