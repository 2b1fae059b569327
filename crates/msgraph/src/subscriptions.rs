//! Change notifications: Microsoft calls us when something is new.
//!
//! Delivery is never guaranteed: whoever subscribes still has to look from time to time. Creating one makes Microsoft
//! call the notification URL before it answers. Docs: `subscription-post-subscriptions`, `subscription-update`,
//! `subscription-reauthorize`, `change-notifications-lifecycle-events`.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::lane::Lane;
use crate::moment::{self, null_as_default};
use crate::retry::Repeat;

/// A subscription as Graph knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Subscription {
    /// Names it in every notification.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// What it is about.
    #[serde(deserialize_with = "null_as_default")]
    pub resource: String,
    /// `created`, `updated`, `deleted`, by commas.
    pub change_type: Option<String>,
    /// Where notifications go.
    pub notification_url: Option<String>,
    /// Where word of its own life goes.
    pub lifecycle_notification_url: Option<String>,
    /// When it ends.
    #[serde(deserialize_with = "moment::optional")]
    pub expiration_date_time: Option<DateTime<Utc>>,
}

/// A subscription to be made.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NewSubscription {
    /// What it is about, for example `users/{id}/onlineMeetings/getAllRecordings`.
    pub resource: String,
    /// `created`, `updated`, `deleted`, by commas.
    pub change_type: String,
    /// Where notifications go: https, except on this machine.
    pub notification_url: String,
    /// Where word of its own life goes. Teams resources need it beyond an hour.
    pub lifecycle_notification_url: String,
    /// When it is to end.
    #[serde(serialize_with = "time")]
    pub expiration_date_time: DateTime<Utc>,
    /// Comes back in every notification; at most 128 characters, and secret.
    pub client_state: String,
}

/// Leaves out the client state, which is a secret.
impl std::fmt::Debug for NewSubscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewSubscription")
            .field("resource", &self.resource)
            .field("expiration_date_time", &self.expiration_date_time)
            .finish_non_exhaustive()
    }
}

fn time<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&moment::format(*time))
}

impl Client {
    /// Makes a subscription. Graph asks the notification URL to echo a token before it answers, so that URL has to
    /// be served meanwhile. [`Error::Conflict`] if this app has one for the resource already.
    pub async fn create_subscription(&self, new: &NewSubscription) -> Result<Subscription, Error> {
        self.json(&Call::post(Lane::Notifications, "subscriptions").json(new)).await
    }

    /// All subscriptions of this app in the tenant.
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, Error> {
        self.all_pages(Call::get(Lane::Notifications, "subscriptions")).await
    }

    /// Lets a subscription live until `until`. [`Error::NotFound`] if it ended already.
    pub async fn renew_subscription(&self, id: &str, until: DateTime<Utc>) -> Result<Subscription, Error> {
        self.json(&renewal(id, until)).await
    }

    /// Lets several subscriptions live until their time, twenty by one request. Each has its own result, in order.
    pub async fn renew_subscriptions(
        &self,
        wanted: &[(String, DateTime<Utc>)],
    ) -> Vec<Result<Subscription, Error>> {
        let calls = wanted.iter().map(|(id, until)| renewal(id, *until)).collect();
        self.batch(calls).await
    }

    /// Has the permissions of a subscription checked again, without letting it live longer.
    pub async fn reauthorize_subscription(&self, id: &str) -> Result<(), Error> {
        let call = Call::post(Lane::Notifications, "subscriptions").id(id).word("reauthorize");
        self.done(&call.repeat(Repeat::Safe)).await
    }

    /// Ends a subscription. One that is gone already is no error.
    pub async fn delete_subscription(&self, id: &str) -> Result<(), Error> {
        match self.done(&Call::delete(Lane::Notifications, "subscriptions").id(id)).await {
            Err(Error::NotFound { .. }) => Ok(()),
            other => other,
        }
    }
}

fn renewal(id: &str, until: DateTime<Utc>) -> Call {
    let body = json!({ "expirationDateTime": moment::format(until) });
    Call::patch(Lane::Notifications, "subscriptions").id(id).json(&body)
}
