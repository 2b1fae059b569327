//! What Microsoft says is new: believed only with the secret that Microsoft alone was told, and then only a reason to
//! look. Nothing here asks Microsoft anything; whatever is posted makes at most one waiting job per meeting or organizer.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use subtle::ConstantTimeEq as _;

use super::Result;
use super::schedule::meeting_subject;
use super::sync::organizer_subject;
use crate::app::App;
use crate::model::guard::OVERTIME;
use crate::model::id::{IntegrationId, MeetingId};
use crate::model::job::{Duty, JobKind};
use crate::model::notification::{LifeEvent, Notification};
use crate::model::subscription::{Subscription, SubscriptionKind};
use crate::secrets::hash_token;
use crate::store::delta::Organizer;
use crate::store::subscriptions::ClassOfChat;
use crate::store::{self, Tx, integrations, jobs, subscriptions};

/// Subscriptions of one post that are looked up.
const MOST: usize = 200;

/// A chat is read no more often than this, however much is written there.
const BREATH: TimeDelta = TimeDelta::seconds(8);

/// News of a chat so long before its class is of no class.
const EARLY: TimeDelta = TimeDelta::hours(1);

/// What became of a post.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heard {
    /// Items that were believed.
    pub believed: usize,
    /// Items that were not: unknown, foreign, old or with a wrong secret.
    pub ignored: usize,
}

/// What believed items make us do.
#[derive(Debug, Default)]
struct Errands {
    meetings: BTreeSet<MeetingId>,
    /// Classes whose chat is to be read, and when.
    watched: BTreeMap<MeetingId, DateTime<Utc>>,
    organizers: BTreeSet<(IntegrationId, String)>,
    heard: BTreeMap<crate::model::id::SubscriptionId, Option<LifeEvent>>,
}

/// Takes in what was posted. What cannot be believed changes nothing.
pub async fn hear(app: &App, items: &[Notification]) -> Result<Heard> {
    let now = app.clock.now();
    let mut known: BTreeMap<(&str, &str), Option<Subscription>> = BTreeMap::new();
    let mut errands = Errands::default();
    let mut heard = Heard::default();
    for item in items {
        let key = (item.subscription.as_str(), item.client_state.as_str());
        if !known.contains_key(&key) {
            let found = if known.len() < MOST { believed(app, item, now).await? } else { None };
            known.insert(key, found);
        }
        match known.get(&key).and_then(Option::as_ref).filter(|_| is_timely(item, now)) {
            Some(subscription) => {
                heard.believed += 1;
                note(app, &mut errands, subscription, item).await?;
            }
            None => heard.ignored += 1,
        }
    }
    metrics::counter!("onrecord_notifications_total", "outcome" => "believed")
        .increment(heard.believed as u64);
    metrics::counter!("onrecord_notifications_total", "outcome" => "ignored").increment(heard.ignored as u64);
    if !errands.heard.is_empty() {
        run(app, &errands, now).await?;
    }
    Ok(heard)
}

/// The subscription an item belongs to, if it proves that it does.
async fn believed(app: &App, item: &Notification, now: DateTime<Utc>) -> Result<Option<Subscription>> {
    let hash = hash_token(&item.client_state);
    let Some(found) = subscriptions::named(&app.store, &item.subscription, &hash).await? else {
        return Ok(None);
    };
    // Hashes of equal length are compared whole, so that the time taken says nothing about the secret.
    let is_secret = bool::from(found.client_state_hash.as_bytes().ct_eq(hash.as_bytes()));
    let has_ended = found.expires_at.is_some_and(|ends| ends <= now);
    if !is_secret || has_ended || is_foreign(app, &found, item).await? {
        return Ok(None);
    }
    Ok(Some(found))
}

/// Whether it names another tenant than the integration's. Where that is configured by a domain, nothing can be said.
async fn is_foreign(app: &App, found: &Subscription, item: &Notification) -> Result<bool> {
    let Some(tenant) = &item.tenant else { return Ok(false) };
    let integration = integrations::find(&app.store, found.integration_id).await?;
    let ours = integration.map(|integration| integration.tenant_id).unwrap_or_default();
    Ok(uuid::Uuid::try_parse(&ours).is_ok() && !ours.eq_ignore_ascii_case(tenant))
}

/// A post whose own subscription had ended when it says so is a recording of an old one.
fn is_timely(item: &Notification, now: DateTime<Utc>) -> bool {
    item.ends_at.is_none_or(|ends| ends > now)
}

/// What an item makes us do.
async fn note(
    app: &App,
    errands: &mut Errands,
    subscription: &Subscription,
    item: &Notification,
) -> Result<()> {
    let organizer = (subscription.integration_id, subscription.organizer.clone());
    let life = errands.heard.entry(subscription.id).or_default();
    match item.life {
        None | Some(LifeEvent::Missed) if subscription.kind == SubscriptionKind::Chat => {
            errands.watched.extend(to_watch(app, subscription).await?);
        }
        Some(LifeEvent::Missed) => {
            errands.organizers.insert(organizer);
        }
        Some(event) => {
            *life = Some(event);
        }
        None => match meeting(app, subscription, item).await? {
            Told::Meeting(meeting) => {
                errands.meetings.insert(meeting);
            }
            Told::Organizer => {
                errands.organizers.insert(organizer);
            }
            Told::Nothing => {}
        },
    }
    Ok(())
}

/// The classes that a chat's news is of, and when the chat is to be read. Which message is new is not told, and a
/// class may write many: they are read together. Before class a call is nobody's concern, so that waits for its begin.
async fn to_watch(app: &App, subscription: &Subscription) -> Result<Vec<(MeetingId, DateTime<Utc>)>> {
    let now = app.clock.now();
    let chat = (subscription.integration_id, subscription.owner.as_str());
    let classes = subscriptions::classes_of_chat(&app.store, chat, (now + EARLY, now - OVERTIME)).await?;
    let due = |class: &ClassOfChat| {
        let rested = class.watched_at.map_or(now, |last| last + BREATH);
        now.max(rested).max(class.starts_at)
    };
    Ok(classes.iter().map(|class| (class.id, due(class))).collect())
}

/// What a piece of news is about.
enum Told {
    Meeting(MeetingId),
    Organizer,
    /// What is known and settled already: told twice, or replayed.
    Nothing,
}

async fn meeting(app: &App, subscription: &Subscription, item: &Notification) -> Result<Told> {
    if let Some(artifact) = &item.artifact
        && subscriptions::is_settled(&app.store, subscription.integration_id, artifact).await?
    {
        return Ok(Told::Nothing);
    }
    let Some(online_meeting) = &item.meeting else { return Ok(Told::Organizer) };
    let slots = store::sync::sharing(&app.store, &subscription.organizer, online_meeting).await?;
    Ok(match slots.as_slice() {
        [(meeting, ..)] => Told::Meeting(*meeting),
        // The changes themselves say which slot of a series it is, or that it is none of ours.
        _ => Told::Organizer,
    })
}

async fn run(app: &App, errands: &Errands, now: DateTime<Utc>) -> Result<()> {
    let tx = app.store.write().await?;
    for meeting in &errands.meetings {
        store::sync::reopen(&tx, *meeting, now).await?;
        jobs::enqueue(&tx, JobKind::Sync, &meeting_subject(*meeting), now, now).await?;
    }
    for (meeting, at) in &errands.watched {
        jobs::enqueue(&tx, JobKind::Watch, &meeting_subject(*meeting), *at, now).await?;
    }
    for (integration, organizer) in &errands.organizers {
        let organizer = Organizer { integration: *integration, entra_object_id: organizer.clone() };
        jobs::enqueue(&tx, JobKind::Delta, &organizer_subject(&organizer), now, now).await?;
    }
    let mut is_life = false;
    for (id, life) in &errands.heard {
        subscriptions::heard(&tx, *id, now).await?;
        match life {
            Some(LifeEvent::Reauthorize) => subscriptions::hurry(&tx, *id, now).await?,
            Some(LifeEvent::Removed) => subscriptions::lost(&tx, *id, now).await?,
            Some(LifeEvent::Missed) | None => continue,
        }
        is_life = true;
    }
    if is_life {
        hurry_keeping(&tx, now).await?;
    }
    tx.commit().await?;
    app.work.notify_one();
    Ok(())
}

/// Has the subscriptions looked after at once.
async fn hurry_keeping(tx: &Tx, now: DateTime<Utc>) -> Result<()> {
    let subject = format!("duty:{}", Duty::Subscriptions);
    Ok(jobs::enqueue(tx, JobKind::Duty, &subject, now, now).await?)
}
