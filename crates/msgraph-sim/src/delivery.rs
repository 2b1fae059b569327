//! What the simulator sends out: the validation handshake, notifications, lifecycle reminders.
//! The only place that opens connections; nothing here may hold the world's lock while it waits.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::clock::whole;
use crate::faults::NotificationFault;
use crate::rich;
use crate::routes::artifacts;
use crate::server::Shared;
use crate::subscription::{Subscription, Topic};
use crate::world::{News, World};

/// How long an endpoint may take: for the handshake, and for a notification.
const HANDSHAKE: Duration = Duration::from_secs(10);
const NOTIFY: Duration = Duration::from_secs(3);
/// How often time-bound work is looked at when nothing else happens.
const TICK: Duration = Duration::from_millis(200);
/// Graph goes on trying for so long.
const PERSISTENCE: TimeDelta = TimeDelta::hours(4);
/// An endpoint that answers slowly too often is served late, and if it gets worse not at all.
const HEALTH_WINDOW: TimeDelta = TimeDelta::minutes(10);
const HEALTH_AT_LEAST: usize = 10;
const LATE: TimeDelta = TimeDelta::minutes(10);

/// A notification on its way.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    due: DateTime<Utc>,
    first: DateTime<Utc>,
    url: String,
    body: Value,
    attempt: u32,
}

impl Parcel {
    fn new(due: DateTime<Utc>, url: String, body: Value) -> Self {
        Self { due, first: due, url, body, attempt: 0 }
    }

    /// When it is tried again; nothing once Graph has lost its patience.
    fn again(mut self, now: DateTime<Utc>) -> Option<Self> {
        self.attempt += 1;
        self.due = now + TimeDelta::seconds(10 * 2_i64.saturating_pow(self.attempt.min(12)));
        (self.due - self.first <= PERSISTENCE).then_some(self)
    }
}

/// How an endpoint has answered lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Good,
    Slow,
    Bad,
}

/// What endpoints did in the last ten minutes.
#[derive(Debug, Default)]
struct Record(HashMap<String, Answers>);

/// When an endpoint answered and whether it was slow, with how many were.
#[derive(Debug, Default)]
struct Answers {
    seen: VecDeque<(DateTime<Utc>, bool)>,
    slow: usize,
}

impl Record {
    fn note(&mut self, url: &str, now: DateTime<Utc>, slow: bool) {
        let answers = self.0.entry(url.to_owned()).or_default();
        answers.seen.push_back((now, slow));
        answers.slow += usize::from(slow);
    }

    fn health(&mut self, url: &str, now: DateTime<Utc>) -> Health {
        let Some(answers) = self.0.get_mut(url) else { return Health::Good };
        while let Some((at, slow)) = answers.seen.front().copied()
            && at + HEALTH_WINDOW <= now
        {
            answers.seen.pop_front();
            answers.slow -= usize::from(slow);
        }
        let (seen, slow) = (answers.seen.len(), answers.slow);
        if seen < HEALTH_AT_LEAST || slow * 10 <= seen {
            Health::Good
        } else if slow * 100 <= seen * 15 {
            Health::Slow
        } else {
            Health::Bad
        }
    }
}

/// The client for endpoints on this machine or behind https.
pub(crate) fn client() -> Result<reqwest::Client, reqwest::Error> {
    // A second provider in the same process is refused; whichever came first serves.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build()
}

/// Asks an endpoint to echo a token, as Graph does before it accepts a subscription.
pub(crate) async fn handshake(client: &reqwest::Client, url: &str, token: &str) -> Result<(), String> {
    let joint = if url.contains('?') { '&' } else { '?' };
    let address = format!("{url}{joint}validationToken={}", utf8_percent_encode(token, NON_ALPHANUMERIC));
    let answer = client
        .post(address)
        .header("content-type", "text/plain; charset=utf-8")
        .timeout(HANDSHAKE)
        .send()
        .await
        .map_err(|error| format!("The endpoint could not be reached: {}", error.without_url()))?;
    let (status, plain) = (
        answer.status(),
        answer
            .headers()
            .get("content-type")
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("text/plain")),
    );
    let body = answer.text().await.map_err(|error| error.without_url().to_string())?;
    if status.as_u16() != 200 {
        return Err(format!("It answered {status}."));
    }
    if !plain || body != token {
        return Err("It did not echo the validation token as text/plain.".to_owned());
    }
    Ok(())
}

/// Lands what is due and sends what is new, until the simulator stops.
pub(crate) async fn run(shared: Arc<Shared>) {
    let mut waiting: Vec<Parcel> = Vec::new();
    let mut record = Record::default();
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            () = shared.news.notified() => {}
            () = tokio::time::sleep(TICK) => {}
        }
        let now = shared.clock.now();
        collect(&shared, now, &mut waiting);
        let (due, later): (Vec<Parcel>, Vec<Parcel>) =
            waiting.into_iter().partition(|parcel| parcel.due <= now);
        waiting = later;
        let together = shared.world().tenant.switches.notifications_together;
        for mut parcel in if together { gathered(due) } else { due } {
            match record.health(&parcel.url, now) {
                Health::Bad if parcel.attempt == 0 => {
                    tracing::warn!("an endpoint is too slow: its notification is dropped");
                    continue;
                }
                Health::Slow if parcel.attempt == 0 && parcel.first + LATE > now => {
                    parcel.due = parcel.first + LATE;
                    waiting.push(parcel);
                    continue;
                }
                _ => {}
            }
            let sent = send(&shared.client, &parcel).await;
            record.note(&parcel.url, now, sent == Sent::TooSlow);
            if sent != Sent::Accepted {
                waiting.extend(parcel.again(now));
            }
        }
    }
}

/// What is due for one endpoint goes in one request, whatever subscriptions it is of.
fn gathered(due: Vec<Parcel>) -> Vec<Parcel> {
    let mut parcels: Vec<Parcel> = Vec::new();
    for parcel in due {
        let earlier = parcels
            .iter_mut()
            .find(|other| other.url == parcel.url && other.attempt == 0 && parcel.attempt == 0);
        match (earlier, parcel.body["value"].as_array()) {
            (Some(earlier), Some(more)) if earlier.body["value"].is_array() => {
                let more = more.clone();
                if let Some(value) = earlier.body["value"].as_array_mut() {
                    value.extend(more);
                }
            }
            _ => parcels.push(parcel),
        }
    }
    parcels
}

/// Turns news into parcels; faults lose, double, delay or swap them here.
fn collect(shared: &Shared, now: DateTime<Utc>, waiting: &mut Vec<Parcel>) {
    let mut world = shared.world();
    world.settle(now);
    let news = std::mem::take(&mut world.news);
    waiting.extend(reminders(&mut world, now));
    let lifecycle = std::mem::take(&mut world.lifecycle);
    waiting.extend(lifecycle.into_iter().map(|(url, body)| Parcel::new(now, url, body)));
    let mut fresh = Vec::new();
    for item in news {
        let effect = shared.notification_fault(&item.resource);
        for subscription in world.subscriptions.values() {
            let heard = subscription.expires_at > now
                && subscription.wish.wants(&item.topic)
                && subscription.change_type.split(',').any(|one| one.trim() == item.change);
            if !heard {
                continue;
            }
            let body = notification(&world, (subscription, &item), now);
            let parcel = Parcel::new(now, subscription.notification_url.clone(), body);
            match effect {
                Some((NotificationFault::Lost, _)) => {}
                Some((NotificationFault::Doubled, _)) => fresh.extend([parcel.clone(), parcel]),
                Some((NotificationFault::Late, delay)) => {
                    fresh.push(Parcel { due: now + TimeDelta::seconds(delay), ..parcel });
                }
                Some((NotificationFault::Reordered, _)) => fresh.insert(0, parcel),
                None => fresh.push(parcel),
            }
        }
    }
    waiting.extend(fresh);
}

fn notification(world: &World, (subscription, news): (&Subscription, &News), now: DateTime<Utc>) -> Value {
    let is_drive = matches!(news.topic, Topic::Drive { .. });
    let data = if is_drive {
        json!({ "@odata.type": news.topic.odata_type() })
    } else {
        json!({ "@odata.type": news.topic.odata_type(), "@odata.id": news.resource, "id": news.id })
    };
    let mut one = json!({
        "id": format!("ls{}", uuid::Uuid::new_v4().simple()), "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": whole(subscription.expires_at), "clientState": subscription.client_state,
        "changeType": news.change, "tenantId": world.tenant.tenant_id,
        "resource": if is_drive { &subscription.resource } else { &news.resource }, "resourceData": data,
        "encryptedContent": null,
    });
    let mut tokens = Value::Null;
    if let Some(recipient) = &subscription.sealed_for {
        one["encryptedContent"] = rich::sealed(recipient, &resource(world, news)).unwrap_or_default();
        tokens = json!([rich::validation_token(&world.tenant, now)]);
    }
    json!({ "value": [one], "validationTokens": tokens })
}

/// The resource itself, as it goes into a rich notification.
fn resource(world: &World, news: &News) -> Value {
    let shown = match &news.topic {
        Topic::Recordings(meeting, _) | Topic::Transcripts(meeting, _) => {
            artifacts::as_news(world, meeting, &news.id)
        }
        Topic::Chat { thread_id } => world.chats.get(thread_id).and_then(|chat| {
            chat.messages
                .iter()
                .map(|message| &message.body)
                .find(|body| body["id"] == news.id.as_str())
                .cloned()
        }),
        Topic::Drive { .. } | Topic::Events { .. } => None,
    };
    shown.unwrap_or_else(|| json!({ "id": news.id }))
}

/// Lifecycle reminders, once per expiry, when a third of an hour is left.
fn reminders(world: &mut World, now: DateTime<Utc>) -> Vec<Parcel> {
    let tenant_id = world.tenant.tenant_id.clone();
    let mut parcels = Vec::new();
    for subscription in world.subscriptions.values_mut() {
        let near = subscription.expires_at > now && subscription.expires_at - TimeDelta::minutes(20) <= now;
        if !near || subscription.reminded {
            continue;
        }
        subscription.reminded = true;
        let Some(url) = subscription.lifecycle_url.clone() else {
            continue;
        };
        parcels.push(Parcel::new(now, url, lifecycle("reauthorizationRequired", subscription, &tenant_id)));
    }
    parcels
}

/// Word of a subscription's own life.
pub(crate) fn lifecycle(event: &str, subscription: &Subscription, tenant_id: &str) -> Value {
    json!({ "value": [{
        "lifecycleEvent": event, "subscriptionId": subscription.id,
        "subscriptionExpirationDateTime": whole(subscription.expires_at), "clientState": subscription.client_state,
        "tenantId": tenant_id, "resource": subscription.resource, "resourceData": null,
    }] })
}

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sent {
    Accepted,
    Refused,
    TooSlow,
}

async fn send(client: &reqwest::Client, parcel: &Parcel) -> Sent {
    let patience = if parcel.attempt == 0 { NOTIFY } else { HANDSHAKE };
    let sent = client.post(&parcel.url).json(&parcel.body).timeout(patience).send().await;
    match sent {
        Ok(answer) if answer.status().is_success() => Sent::Accepted,
        Ok(answer) => {
            tracing::warn!(status = %answer.status(), "an endpoint refused a notification");
            Sent::Refused
        }
        Err(error) => {
            let sent = if error.is_timeout() { Sent::TooSlow } else { Sent::Refused };
            tracing::warn!(error = %error.without_url(), "a notification could not be delivered");
            sent
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_that_is_often_slow_is_served_late_and_then_not_at_all() {
        let now = DateTime::UNIX_EPOCH;
        let health = |slow: usize| {
            let mut record = Record::default();
            (0..100).for_each(|n| record.note("u", now, n < slow));
            record.health("u", now)
        };
        assert_eq!(
            [0, 10, 11, 15, 16].map(health),
            [Health::Good, Health::Good, Health::Slow, Health::Slow, Health::Bad]
        );
        let mut record = Record::default();
        (0..9).for_each(|_| record.note("u", now, true));
        assert_eq!(record.health("u", now), Health::Good, "a few say nothing");
        (0..9).for_each(|_| record.note("u", now, true));
        assert_eq!(record.health("u", now), Health::Bad);
        assert_eq!(record.health("u", now + HEALTH_WINDOW), Health::Good, "it may mend its ways");
    }

    #[test]
    fn graph_tries_for_four_hours() {
        let now = DateTime::UNIX_EPOCH;
        let mut parcel = Some(Parcel::new(now, String::new(), Value::Null));
        let mut last = now;
        let mut tries = 0;
        while let Some(one) = parcel {
            (last, tries) = (one.due, tries + 1);
            parcel = one.clone().again(one.due);
        }
        assert!(
            last - now <= PERSISTENCE && last - now > PERSISTENCE / 3 && tries > 6,
            "{tries} {}",
            last - now
        );
    }
}
