//! What Microsoft posts when something is new, as far as it can be believed: it is a reason to look, never a fact.
//! Anybody can post here, so nothing may panic, and one odd item must not lose the others.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::words;

/// Items of one post that are looked at.
const MOST: usize = 1_000;

/// The longest client state that Microsoft keeps.
const LONGEST_STATE: usize = 128;

words! {
    /// Word of a subscription's own life.
    pub enum LifeEvent {
        /// It will end unless it is renewed or its permissions are checked again.
        Reauthorize = "reauthorizationRequired",
        /// Microsoft has ended it.
        Removed = "subscriptionRemoved",
        /// Something was not told.
        Missed = "missed",
    }
}

/// One item of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Which subscription it claims to be of.
    pub subscription: String,
    /// What it gives as its secret.
    pub client_state: String,
    /// Which tenant it claims to be of.
    pub tenant: Option<String>,
    /// When its subscription ends, as it says.
    pub ends_at: Option<DateTime<Utc>>,
    /// The online meeting in the resource's name, if there is one.
    pub meeting: Option<String>,
    /// The id of what is new, if it is told.
    pub artifact: Option<String>,
    /// What it says of its subscription's life, if that is what it is about.
    pub life: Option<LifeEvent>,
}

/// The post is no collection of notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// Reads a post. Items that are none are left out.
pub fn read(body: &[u8]) -> Result<Vec<Notification>, Malformed> {
    let post: Value = serde_json::from_slice(body).map_err(|_| Malformed)?;
    let items = post.get("value").and_then(Value::as_array).ok_or(Malformed)?;
    Ok(items.iter().take(MOST).filter_map(item).collect())
}

fn item(item: &Value) -> Option<Notification> {
    let text = |name: &str| item.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let client_state = text("clientState").filter(|state| state.len() <= LONGEST_STATE)?;
    let resource = text("resource").unwrap_or_default();
    let data = item.get("resourceData").and_then(|data| data.get("id")).and_then(Value::as_str);
    let life = match text("lifecycleEvent") {
        // An event that is not known yet is no news of the resource either.
        Some(event) => Some(crate::model::words::Word::parse(event)?),
        None => None,
    };
    Some(Notification {
        subscription: text("subscriptionId").filter(|id| id.len() <= LONGEST_STATE)?.to_owned(),
        client_state: client_state.to_owned(),
        tenant: text("tenantId").map(str::to_owned),
        ends_at: text("subscriptionExpirationDateTime").and_then(time),
        meeting: named(resource, "onlineMeetings"),
        artifact: data.filter(|id| !id.is_empty()).map(str::to_owned),
        life,
    })
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
}

/// The id behind `collection` in a resource's name: `collection('id')` or `collection/id`.
fn named(resource: &str, collection: &str) -> Option<String> {
    let (_, rest) = resource.split_once(collection)?;
    let id = if let Some(quoted) = rest.strip_prefix("('") {
        quoted_text(quoted)?
    } else {
        rest.strip_prefix('/')?.split(['/', '?', '(']).next()?.to_owned()
    };
    (!id.is_empty() && !id.starts_with("getAll")).then_some(id)
}

/// Text up to its closing quote; a quote inside is doubled.
fn quoted_text(text: &str) -> Option<String> {
    let mut found = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\'' {
            found.push(letter);
        } else if letters.next_if_eq(&'\'').is_some() {
            found.push('\'');
        } else {
            return Some(found);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn recording() -> Value {
        json!({
            "id": "lsgTZMr9KwAAA", "subscriptionId": "f37536ac", "subscriptionExpirationDateTime": "2026-09-04T06:00:00Z",
            "clientState": "hush", "changeType": "created", "tenantId": "aa",
            "resource": "communications/onlineMeetings('MSo1''x')/recordings('7e31')",
            "resourceData": { "id": "7e31", "@odata.type": "#Microsoft.Graph.callRecording" }, "encryptedContent": null,
        })
    }

    fn one(item: &Value) -> Option<Notification> {
        read(json!({ "value": [item] }).to_string().as_bytes()).expect("a post").pop()
    }

    #[test]
    fn a_recording_is_read_with_its_meeting() {
        let found = one(&recording()).expect("a notification");
        assert_eq!((found.subscription.as_str(), found.client_state.as_str()), ("f37536ac", "hush"));
        assert_eq!((found.meeting.as_deref(), found.artifact.as_deref()), (Some("MSo1'x"), Some("7e31")));
        assert_eq!((found.tenant.as_deref(), found.life), (Some("aa"), None));
        assert!(found.ends_at.is_some());
    }

    #[test]
    fn a_drive_names_no_item_and_no_meeting() {
        let mut item = recording();
        item["resource"] = "drives/b!x/root".into();
        item["resourceData"] = json!({ "@odata.type": "#Microsoft.Graph.DriveItem" });
        let found = one(&item).expect("a notification");
        assert_eq!((found.meeting, found.artifact), (None, None));
    }

    #[test]
    fn both_spellings_of_a_resource_are_understood() {
        for (resource, meeting) in [
            ("communications/onlineMeetings/MSo1/recordings/7e31", Some("MSo1")),
            ("users('5f')/onlineMeetings('MSo1')/transcripts('x')", Some("MSo1")),
            ("users/5f/onlineMeetings/getAllRecordings", None),
            ("communications/onlineMeetings('MSo1", None),
            ("communications/onlineMeetings('')/recordings", None),
            ("communications/onlineMeetings", None),
            ("", None),
        ] {
            assert_eq!(named(resource, "onlineMeetings").as_deref(), meeting, "{resource}");
        }
    }

    #[test]
    fn word_of_a_subscriptions_life_is_told_apart() {
        let mut item = recording();
        for (event, life) in [
            ("reauthorizationRequired", Some(LifeEvent::Reauthorize)),
            ("subscriptionRemoved", Some(LifeEvent::Removed)),
            ("missed", Some(LifeEvent::Missed)),
        ] {
            item["lifecycleEvent"] = event.into();
            assert_eq!(one(&item).expect("a notification").life, life);
        }
        item["lifecycleEvent"] = "somethingNew".into();
        assert_eq!(one(&item), None);
    }

    #[test]
    fn what_cannot_be_a_notification_is_left_out_and_the_others_stay() {
        let mut without_state = recording();
        without_state["clientState"] = Value::Null;
        let mut long = recording();
        long["clientState"] = "x".repeat(129).into();
        let post =
            json!({ "value": [1, null, [], {}, without_state, long, recording()], "validationTokens": null });
        assert_eq!(read(post.to_string().as_bytes()).expect("a post").len(), 1);
        for none in ["", "null", "[]", "{}", r#"{"value":{}}"#, r#"{"value":[}"#, "\u{0}"] {
            assert_eq!(read(none.as_bytes()), Err(Malformed), "{none}");
        }
        let many = json!({ "value": vec![recording(); MOST + 5] });
        assert_eq!(read(many.to_string().as_bytes()).expect("a post").len(), MOST);
    }

    /// JSON of any shape, with our own names among its keys.
    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,40}".prop_map(Value::from),
            "communications/onlineMeetings\\(?'?.{0,20}'?\\)?/recordings.{0,9}".prop_map(Value::from),
        ];
        let names =
            "value|subscriptionId|clientState|resource|resourceData|id|lifecycleEvent|tenantId|[a-z]{1,4}";
        leaf.prop_recursive(4, 64, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::btree_map(names, inner, 0..8)
                    .prop_map(|map| map.into_iter().collect::<Value>()),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_post_makes_it_panic_and_every_item_read_has_a_secret_to_check(post in anything()) {
            for post in [post.clone(), json!({ "value": [post, recording()] })] {
                for found in read(post.to_string().as_bytes()).unwrap_or_default() {
                    prop_assert!(!found.client_state.is_empty() && found.client_state.len() <= LONGEST_STATE);
                    prop_assert!(!found.subscription.is_empty());
                }
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&bytes);
        }

        #[test]
        fn a_meetings_id_comes_out_as_it_went_in(id in "[^?(/]{1,40}") {
            let resource = format!("communications/onlineMeetings('{}')/recordings('1')", id.replace('\'', "''"));
            let expected = (!id.starts_with("getAll")).then_some(id);
            prop_assert_eq!(named(&resource, "onlineMeetings"), expected);
        }
    }
}
