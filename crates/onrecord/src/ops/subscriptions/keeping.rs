//! The steps by which subscriptions are made, renewed, compared and ended at Microsoft. No request is made while a
//! transaction is open, and every step is written before the next.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use futures::FutureExt as _;
use futures::future::{BoxFuture, join_all};
use msgraph::NewSubscription;
use tokio::sync::OnceCell;

use super::super::{Error, Result};
use super::wanted::Wanted;
use super::{LIFE, NEWS, look_again};
use crate::app::App;
use crate::model::integration::Integration;
use crate::model::permission;
use crate::model::subscription::{Subscription, SubscriptionKind, patience};
use crate::secrets::{hash_token, random_token};
use crate::store::subscriptions::{self as store, Beginning};

/// Subscriptions made or ended at once: making one has Microsoft call us twice before it answers.
const AT_ONCE: usize = 4;

/// Microsoft's list, asked for once in a round and only when it is needed.
type Listed = OnceCell<Vec<msgraph::Subscription>>;

/// Our address did not answer Microsoft.
struct Unanswered {
    /// For an administrator.
    why: String,
    /// When it is tried again.
    again_at: DateTime<Utc>,
}

/// What keeping the subscriptions of one integration needs.
pub(super) struct Keeper<'a> {
    pub(super) app: &'a App,
    pub(super) integration: &'a Integration,
    pub(super) graph: msgraph::Client,
    /// Our address without a path; empty where Microsoft cannot reach us.
    pub(super) base: String,
}

impl Keeper<'_> {
    fn now(&self) -> DateTime<Utc> {
        self.app.clock.now()
    }

    fn made_by(&self) -> String {
        format!("{}/{}", self.integration.tenant_id, self.integration.client_id)
    }

    fn address(&self) -> String {
        format!("{}{NEWS}", self.base)
    }

    async fn known(&self) -> Result<Vec<Subscription>> {
        Ok(store::of_integration(&self.app.store, self.integration.id).await?)
    }

    /// Ends what is not wanted. What Microsoft does not let go of now is tried again, until it has ended by itself.
    pub(super) async fn end_unwanted(&self, wanted: &[Wanted]) -> Result<()> {
        let is_wanted =
            |one: &Subscription| wanted.iter().any(|wish| wish.kind == one.kind && wish.owner == one.owner);
        let unwanted: Vec<_> = self.known().await?.into_iter().filter(|one| !is_wanted(one)).collect();
        for some in unwanted.chunks(AT_ONCE) {
            let ending: Vec<BoxFuture<'_, bool>> =
                some.iter().map(|one| self.has_let_go(one).boxed()).collect();
            let let_go = join_all(ending).await;
            let tx = self.app.store.write().await?;
            for (one, _) in some.iter().zip(let_go).filter(|(_, let_go)| *let_go) {
                store::remove(&tx, one.id).await?;
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// Ends one at Microsoft. False if that is to be tried again.
    async fn has_let_go(&self, one: &Subscription) -> bool {
        let Some(graph_id) = one.graph_id.as_deref().filter(|_| one.made_by == self.made_by()) else {
            return true;
        };
        match self.graph.delete_subscription(graph_id).await {
            Err(error) if error.is_retryable() && one.is_live(self.now()) => {
                tracing::warn!(%error, "a subscription that is not wanted any more could not be ended yet");
                false
            }
            _ => true,
        }
    }

    /// Compares with what Microsoft has: what is lost there is made anew, what we know nothing of is ended.
    pub(super) async fn compare(&self) -> Result<()> {
        let listed = self.graph.subscriptions().await?;
        let mut by_id: HashMap<String, msgraph::Subscription> =
            listed.into_iter().map(|one| (one.id.clone(), one)).collect();
        let now = self.now();
        let tx = self.app.store.write().await?;
        for known in store::of_integration(&tx, self.integration.id).await? {
            let Some(graph_id) = &known.graph_id else { continue };
            if let Some(found) = by_id.remove(graph_id) {
                let Some(ends) = found.expiration_date_time else { continue };
                if known.expires_at.is_none_or(|known| ends < known) {
                    store::live(&tx, known.id, graph_id, (ends, now)).await?;
                }
                continue;
            }
            tracing::warn!(kind = %known.kind, owner = known.owner, "Microsoft has lost a subscription to news of recordings");
            store::lost(&tx, known.id, now).await?;
            look_again(&tx, &known, now).await?;
        }
        tx.commit().await?;
        let ours = self.address();
        for stranger in
            by_id.into_values().filter(|one| one.notification_url.as_deref() == Some(ours.as_str()))
        {
            if let Err(error) = self.graph.delete_subscription(&stranger.id).await {
                tracing::warn!(%error, "a subscription that nobody knows could not be ended");
            }
        }
        Ok(())
    }

    /// Renews what is due, twenty by one request. What Microsoft does not know any more is lost, and so made anew.
    pub(super) async fn renew_due(&self) -> Result<()> {
        let now = self.now();
        let is_ours = |one: &Subscription| one.made_by == self.made_by() && one.address == self.address();
        let due: Vec<_> = self.known().await?.into_iter().filter(|one| one.due_at <= now).collect();
        let (due, moved): (Vec<_>, Vec<_>) =
            due.into_iter().filter(|one| one.graph_id.is_some()).partition(is_ours);
        for one in moved {
            self.give_up(&one).await?;
        }
        let asked: Vec<_> =
            due.iter().map(|one| (one.graph_id.clone().unwrap_or_default(), now + one.kind.life())).collect();
        for (one, renewed) in due.iter().zip(self.graph.renew_subscriptions(&asked).await) {
            let tx = self.app.store.write().await?;
            match renewed {
                Ok(renewed) => {
                    let ends = renewed.expiration_date_time.unwrap_or(now + one.kind.life());
                    let graph_id = one.graph_id.as_deref().unwrap_or_default();
                    store::live(&tx, one.id, graph_id, (ends, next_renewal(one.kind, now, ends))).await?;
                }
                Err(msgraph::Error::NotFound { .. }) => {
                    tracing::warn!(kind = %one.kind, owner = one.owner, "a subscription to news of recordings has ended; it is made anew");
                    store::lost(&tx, one.id, now).await?;
                    look_again(&tx, one, now).await?;
                }
                Err(error) => {
                    store::failed(&tx, one.id, &error.to_string(), self.again(one, &error)).await?;
                }
            }
            tx.commit().await?;
        }
        Ok(())
    }

    /// A subscription that calls another address or belongs to another app: ended if that can be done, and forgotten.
    async fn give_up(&self, one: &Subscription) -> Result<()> {
        if let Some(graph_id) = one.graph_id.as_deref().filter(|_| one.made_by == self.made_by())
            && let Err(error) = self.graph.delete_subscription(graph_id).await
        {
            tracing::warn!(%error, "a subscription of an earlier address could not be ended");
        }
        let tx = self.app.store.write().await?;
        store::lost(&tx, one.id, self.now()).await?;
        Ok(tx.commit().await?)
    }

    /// Makes what is wanted and due. Where Microsoft could not reach us last, one attempt stands for all.
    pub(super) async fn make_due(&self) -> Result<()> {
        let now = self.now();
        let known = self.known().await?;
        let address = self.address();
        let is_told = known.iter().any(|one| one.is_live(now) && one.address == address);
        let is_cut_off =
            |one: &Subscription| !is_told && one.unreachable_at.is_some() && one.address == address;
        let missing: Vec<_> = known.into_iter().filter(|one| one.graph_id.is_none()).collect();
        let cut_off: Vec<_> = missing.iter().filter(|one| is_cut_off(one)).collect();
        if !cut_off.is_empty() && cut_off.iter().all(|one| one.due_at > now) {
            return Ok(());
        }
        let due: Vec<_> = missing.into_iter().filter(|one| one.due_at <= now).collect();
        if due.is_empty() {
            return Ok(());
        }
        let mut due = self.allowed(due).await?;
        due.sort_by_key(|one| !is_cut_off(one));
        let listed = OnceCell::new();
        let mut at_once = if due.first().is_some_and(is_cut_off) { 1 } else { AT_ONCE };
        let mut rest = due.as_slice();
        while !rest.is_empty() {
            let (some, later) = rest.split_at(at_once.min(rest.len()));
            let making: Vec<BoxFuture<'_, Result<Option<Unanswered>>>> =
                some.iter().map(|one| self.make(one, &listed).boxed()).collect();
            let mut unanswered = None;
            for outcome in join_all(making).await {
                unanswered = outcome?.or(unanswered);
            }
            if let Some(unanswered) = unanswered {
                return self.put_off(later, &unanswered).await;
            }
            (rest, at_once) = (later, AT_ONCE);
        }
        Ok(())
    }

    /// Those for which the permission is there; the others wait for it.
    async fn allowed(&self, due: Vec<Subscription>) -> Result<Vec<Subscription>> {
        let roles = match self.graph.token_claims().await {
            Ok(claims) => claims.roles,
            // A token that cannot be read may still do everything.
            Err(msgraph::Error::Decode { .. }) => return Ok(due),
            Err(error) => return Err(error.into()),
        };
        let (allowed, forbidden): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|one| permission::granted(&roles, one.kind.permission()));
        if forbidden.is_empty() {
            return Ok(allowed);
        }
        let tx = self.app.store.write().await?;
        for one in forbidden {
            let wanted = one.kind.permission();
            let error = format!(
                "Microsoft asks for the permission {wanted} for this. Without it OnRecord looks from time to time, and nothing is lost."
            );
            store::failed(&tx, one.id, &error, self.now() + patience(99)).await?;
        }
        tx.commit().await?;
        Ok(allowed)
    }

    /// Has these wait as long as the one for which Microsoft could not reach us: it would reach us for none.
    async fn put_off(&self, waiting: &[Subscription], unanswered: &Unanswered) -> Result<()> {
        let tx = self.app.store.write().await?;
        for one in waiting {
            store::failed(&tx, one.id, &unanswered.why, unanswered.again_at).await?;
            store::unreachable(&tx, one.id, self.now()).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn make(&self, one: &Subscription, listed: &Listed) -> Result<Option<Unanswered>> {
        // An earlier attempt that left no word may have worked all the same.
        if !one.client_state_hash.is_empty() {
            self.end_forgotten(one, listed).await?;
        }
        let mut made = self.ask(one).await?;
        if let Err(msgraph::Error::Conflict { .. }) = &made
            && self.end_forgotten(one, listed).await?
        {
            made = self.ask(one).await?;
        }
        let now = self.now();
        let mut unanswered = None;
        let tx = self.app.store.write().await?;
        match made {
            Ok(made) => {
                let ends = made.expiration_date_time.unwrap_or(now + one.kind.life());
                store::live(&tx, one.id, &made.id, (ends, next_renewal(one.kind, now, ends))).await?;
                store::made(&tx, one.id, now).await?;
                look_again(&tx, one, now).await?;
            }
            Err(error) => {
                tracing::warn!(%error, kind = %one.kind, owner = one.owner, "a subscription to news of recordings or calls could not be made");
                let (why, again_at) = (sentence(&error, &self.base), self.again(one, &error));
                store::failed(&tx, one.id, &why, again_at).await?;
                if is_unanswered(&error) {
                    store::unreachable(&tx, one.id, now).await?;
                    unanswered = Some(Unanswered { why, again_at });
                }
            }
        }
        tx.commit().await?;
        self.app.work.notify_one();
        Ok(unanswered)
    }

    /// Asks Microsoft for a subscription with a client state of its own.
    async fn ask(
        &self,
        one: &Subscription,
    ) -> Result<std::result::Result<msgraph::Subscription, msgraph::Error>> {
        let now = self.now();
        let state = random_token()?;
        let (address, made_by) = (self.address(), self.made_by());
        let beginning = Beginning {
            state_hash: &hash_token(&state),
            made_by: &made_by,
            address: &address,
            again_at: now + patience(one.attempts + 1),
        };
        let tx = self.app.store.write().await?;
        store::begin(&tx, one.id, beginning).await?;
        tx.commit().await?;
        let new = NewSubscription {
            resource: one.kind.resource(&one.owner),
            change_type: one.kind.change_type().to_owned(),
            notification_url: address,
            lifecycle_notification_url: format!("{}{LIFE}", self.base),
            expiration_date_time: now + one.kind.life(),
            client_state: state,
        };
        Ok(self.graph.create_subscription(&new).await)
    }

    /// Ends a subscription of ours for the same thing whose making we did not live to note. False if there is none:
    /// then it is another program's.
    async fn end_forgotten(&self, one: &Subscription, listed: &Listed) -> Result<bool> {
        let (resource, ours) = (one.kind.resource(&one.owner), self.address());
        let listed = listed.get_or_try_init(|| self.graph.subscriptions()).await?;
        let mut ended = false;
        for found in listed {
            let is_ours = found.notification_url.as_deref() == Some(ours.as_str());
            if is_ours && found.resource.trim_start_matches('/').eq_ignore_ascii_case(&resource) {
                self.graph.delete_subscription(&found.id).await?;
                ended = true;
            }
        }
        Ok(ended)
    }

    /// When a failed step is tried again.
    fn again(&self, one: &Subscription, error: &msgraph::Error) -> DateTime<Utc> {
        let own = patience(one.attempts + 1);
        let asked = error.retry_after().and_then(|wait| chrono::TimeDelta::from_std(wait).ok());
        self.now() + asked.map_or(own, |asked| asked.max(own))
    }
}

/// In good time, whatever end Microsoft chose.
fn next_renewal(kind: SubscriptionKind, now: DateTime<Utc>, ends: DateTime<Utc>) -> DateTime<Utc> {
    now + kind.renewed_after().min((ends - now) / 2)
}

/// Whether Microsoft has tried our address and had no answer that it takes.
fn is_unanswered(error: &msgraph::Error) -> bool {
    matches!(error, msgraph::Error::Upstream { status: 400, message, .. } if message.contains("validation request failed"))
}

/// Why a subscription could not be made, for an administrator.
fn sentence(error: &msgraph::Error, base: &str) -> String {
    match error {
        msgraph::Error::Upstream { message, .. } if is_unanswered(error) => {
            format!(
                "Microsoft could not reach {base}{NEWS}. Let {NEWS} and {LIFE} through to OnRecord from the internet over https, or set ONRECORD_NOTIFICATIONS to off. ({message})"
            )
        }
        msgraph::Error::Conflict { .. } => {
            "Another program subscribes with the same app registration. Give each installation its own."
                .to_owned()
        }
        other => Error::Graph(other.clone()).to_string(),
    }
}
