//! What the simulator sends out: the validation handshake, notifications, lifecycle reminders.
//! The only place that opens connections; nothing here may hold the world's lock while it waits.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::clock::whole;
use crate::faults::NotificationFault;
use crate::server::Shared;
use crate::subscription::Subscription;
use crate::world::{News, World};

/// How long an endpoint may take: for the handshake, and for a notification.
const HANDSHAKE: Duration = Duration::from_secs(10);
const NOTIFY: Duration = Duration::from_secs(3);
/// How often time-bound work is looked at when nothing else happens.
const TICK: Duration = Duration::from_millis(200);
const ATTEMPTS: u32 = 4;

/// A notification on its way.
#[derive(Debug, Clone)]
pub(crate) struct Parcel {
    due: DateTime<Utc>,
    url: String,
    body: Value,
    attempt: u32,
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
        for mut parcel in due {
            if !send(&shared.client, &parcel).await && parcel.attempt < ATTEMPTS {
                parcel.attempt += 1;
                parcel.due = now + TimeDelta::seconds(10 * i64::from(2_i32.pow(parcel.attempt)));
                waiting.push(parcel);
            }
        }
    }
}

/// Turns news into parcels; faults lose, double, delay or swap them here.
fn collect(shared: &Shared, now: DateTime<Utc>, waiting: &mut Vec<Parcel>) {
    let mut world = shared.world();
    world.settle(now);
    let news = std::mem::take(&mut world.news);
    waiting.extend(reminders(&mut world, now));
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
            let parcel = Parcel {
                due: now,
                url: subscription.notification_url.clone(),
                body: notification(&world, subscription, &item),
                attempt: 0,
            };
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

fn notification(world: &World, subscription: &Subscription, news: &News) -> Value {
    let is_drive = matches!(news.topic, crate::subscription::Topic::Drive { .. });
    let data = if is_drive {
        json!({ "@odata.type": news.topic.odata_type() })
    } else {
        json!({ "@odata.type": news.topic.odata_type(), "@odata.id": news.resource, "id": news.id })
    };
    json!({
        "value": [{
            "id": format!("ls{}", uuid::Uuid::new_v4().simple()), "subscriptionId": subscription.id,
            "subscriptionExpirationDateTime": whole(subscription.expires_at), "clientState": subscription.client_state,
            "changeType": news.change, "tenantId": world.tenant.tenant_id,
            "resource": if is_drive { &subscription.resource } else { &news.resource }, "resourceData": data,
        }],
        "validationTokens": null,
    })
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
        let body = json!({ "value": [{
            "lifecycleEvent": "reauthorizationRequired", "subscriptionId": subscription.id,
            "subscriptionExpirationDateTime": whole(subscription.expires_at), "clientState": subscription.client_state,
            "tenantId": tenant_id, "resource": subscription.resource, "resourceData": null,
        }] });
        parcels.push(Parcel { due: now, url, body, attempt: 0 });
    }
    parcels
}

async fn send(client: &reqwest::Client, parcel: &Parcel) -> bool {
    let sent = client.post(&parcel.url).json(&parcel.body).timeout(NOTIFY).send().await;
    match sent {
        Ok(answer) if answer.status().is_success() => true,
        Ok(answer) => {
            tracing::warn!(status = %answer.status(), "an endpoint refused a notification");
            false
        }
        Err(error) => {
            tracing::warn!(error = %error.without_url(), "a notification could not be delivered");
            false
        }
    }
}
