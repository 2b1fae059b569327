//! Change notification subscriptions: rules, renewal, removal.
//! Doc: api-reference/v1.0/api/subscription-post-subscriptions; the handshake itself is in `delivery.rs`.

use chrono::{DateTime, TimeDelta, Utc};
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::http::{Answer, Call, Family, Refusal, Reply, unknown};
use crate::odata::{PageRule, page};
use crate::subscription::{Recipient, Subscription, Wish};
use crate::world::World;
use crate::zones;

const PAGES: PageRule = PageRule { default: 100, max: 999 };
const PER_USER: usize = 10;

/// Everything but `POST /subscriptions`, which has to ask the endpoint first.
pub(crate) fn answer(world: &mut World, call: &Call, rest: &[&str]) -> Answer {
    world.subscriptions.retain(|_, subscription| subscription.expires_at > call.now);
    match (&call.method, rest) {
        (&Method::GET, []) => {
            let shown = world.subscriptions.values().map(Subscription::shown).collect();
            Ok(Reply::ok(page(call, shown, PAGES, world.tenant.switches.page_size)?))
        }
        (&Method::GET, [id]) => Ok(Reply::ok(find(world, id)?.shown())),
        (&Method::PATCH, [id]) => renew(world, call, id),
        (&Method::POST, [id, "reauthorize"]) => {
            let wish = find(world, id)?.wish.clone();
            call.need(Family::Teams, wish.permissions())?;
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (&Method::DELETE, [id]) => {
            let id = find(world, id)?.id.clone();
            world.subscriptions.remove(&id);
            world.touch();
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        _ => Err(unknown(call)),
    }
}

fn find<'w>(world: &'w World, id: &str) -> Result<&'w Subscription, Refusal> {
    world
        .subscriptions
        .get(id)
        .ok_or_else(|| Refusal::missing("ResourceNotFound", "The object was not found."))
}

fn renew(world: &mut World, call: &Call, id: &str) -> Answer {
    let known = find(world, id)?.clone();
    let body = call.object()?;
    let expires_at = expiry(&body, &known.wish, call.now)?;
    let Some(subscription) = world.subscriptions.get_mut(id) else {
        return Err(Refusal::missing("ResourceNotFound", "The object was not found."));
    };
    subscription.expires_at = expires_at;
    subscription.reminded = false;
    let shown = subscription.shown();
    world.touch();
    Ok(Reply::ok(shown))
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::bad("InvalidRequest", message.into())
}

fn expiry(body: &Map<String, Value>, wish: &Wish, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    let wanted = body
        .get("expirationDateTime")
        .and_then(Value::as_str)
        .and_then(zones::moment)
        .ok_or_else(|| invalid("expirationDateTime is missing or no date."))?;
    if wanted <= now {
        return Err(invalid("Subscription expiration must be in the future."));
    }
    let longest = wish.longest_minutes();
    if wanted > now + TimeDelta::minutes(longest) + TimeDelta::seconds(60) {
        return Err(Refusal::bad(
            "ExtensionError",
            format!(
                "Operation: Create; Exception: [Status Code: BadRequest; Reason: Subscription expiration can only be {longest} minutes in the future.]"
            ),
        ));
    }
    Ok(wanted.max(now + TimeDelta::minutes(45)))
}

/// Checks a wanted subscription; what comes back still has to pass the handshake.
pub(crate) fn draft(world: &mut World, call: &Call) -> Result<Subscription, Refusal> {
    let body = call.object()?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let required = |name: &str| {
        text(name).filter(|value| !value.is_empty()).ok_or_else(|| invalid(format!("{name} is required.")))
    };
    let (resource, change_type) = (required("resource")?, required("changeType")?);
    let wish = Wish::read(&resource)
        .ok_or_else(|| invalid(format!("The resource '{resource}' is not supported.")))?;
    call.need(
        if matches!(wish, Wish::Drive(_)) { Family::Files } else { Family::Teams },
        wish.permissions(),
    )?;
    check_change_type(&wish, &change_type)?;
    check_subject(world, &wish)?;
    let expires_at = expiry(&body, &wish, call.now)?;
    let urls = (required("notificationUrl")?, text("lifecycleNotificationUrl"));
    for url in std::iter::once(&urls.0).chain(&urls.1) {
        check_url(world, url)?;
    }
    if wish.is_teams() && urls.1.is_none() && expires_at > call.now + TimeDelta::hours(1) {
        return Err(invalid(
            "lifecycleNotificationUrl is required for subscription creation on this resource when the expirationDateTime value exceeds 1 hour.",
        ));
    }
    if text("clientState").is_some_and(|state| state.chars().count() > 128) {
        return Err(invalid("clientState must not be longer than 128 characters."));
    }
    let sealed_for = recipient(&body, &wish)?;
    world.subscriptions.retain(|_, subscription| subscription.expires_at > call.now);
    check_limits(world, &wish, &resource)?;
    Ok(Subscription {
        id: world.random.guid(),
        change_type,
        notification_url: urls.0,
        lifecycle_url: urls.1,
        resource,
        expires_at,
        client_state: text("clientState"),
        application_id: world.tenant.client_id.clone(),
        wish,
        reminded: false,
        sealed_for,
    })
}

/// Whom to encrypt resource data for, if it is wanted: drives offer none, and the key must be usable.
fn recipient(body: &Map<String, Value>, wish: &Wish) -> Result<Option<Recipient>, Refusal> {
    if body.get("includeResourceData") != Some(&json!(true)) {
        return Ok(None);
    }
    if matches!(wish, Wish::Drive(_)) {
        return Err(invalid("includeResourceData is not supported for this resource."));
    }
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let recipient =
        Recipient { certificate: text("encryptionCertificate"), id: text("encryptionCertificateId") };
    if recipient.id.is_empty() || recipient.id.chars().count() > 128 {
        return Err(invalid(
            "encryptionCertificateId is required with includeResourceData and must not be longer than 128 characters.",
        ));
    }
    if crate::rich::public_key(&recipient.certificate).is_none() {
        return Err(invalid(
            "encryptionCertificate must be a base64 X.509 certificate with an RSA key of 2048 to 4096 bits.",
        ));
    }
    Ok(Some(recipient))
}

fn check_change_type(wish: &Wish, change_type: &str) -> Result<(), Refusal> {
    let allowed: &[&str] = match wish {
        Wish::Drive(_) => &["updated"],
        Wish::Chat(_) | Wish::Events(_) => &["created", "updated", "deleted"],
        _ => &["created"],
    };
    if change_type.split(',').all(|one| allowed.contains(&one.trim())) {
        return Ok(());
    }
    Err(invalid(format!(
        "changeType '{change_type}' is not supported for this resource; use {}.",
        allowed.join(",")
    )))
}

fn check_subject(world: &World, wish: &Wish) -> Result<(), Refusal> {
    let missing = || Refusal::missing("ResourceNotFound", "The resource of the subscription was not found.");
    match wish {
        Wish::Drive(id) => super::drive::find(world, id).map(|_| ()),
        Wish::RecordingsOfUser(id) | Wish::TranscriptsOfUser(id) => {
            let user = world.tenant.user(id).ok_or_else(missing)?;
            super::online_meetings::covered(world, user)
        }
        Wish::RecordingsOfMeeting(id) | Wish::TranscriptsOfMeeting(id) => {
            world.meetings.get(id).map(|_| ()).ok_or_else(missing)
        }
        Wish::Chat(thread) => super::chats::subscribable(world, thread),
        _ => Ok(()),
    }
}

fn check_url(world: &World, url: &str) -> Result<(), Refusal> {
    let parsed = url::Url::parse(url).map_err(|_| invalid(format!("'{url}' is no URL.")))?;
    let local = ["127.0.0.1", "localhost", "[::1]"].contains(&parsed.host_str().unwrap_or_default());
    if parsed.scheme() == "https"
        || (parsed.scheme() == "http" && local && world.tenant.switches.http_notifications)
    {
        return Ok(());
    }
    Err(invalid("The notification URL must use https."))
}

fn check_limits(world: &World, wish: &Wish, resource: &str) -> Result<(), Refusal> {
    if !wish.is_teams() {
        return Ok(());
    }
    let same = world.subscriptions.values().any(|other| other.resource.eq_ignore_ascii_case(resource));
    if same {
        return Err(Refusal::new(
            StatusCode::CONFLICT,
            "Conflict",
            "A subscription for this resource by this app exists already.",
        ));
    }
    if matches!(wish, Wish::RecordingsOfUser(_) | Wish::TranscriptsOfUser(_)) {
        let of_user = world
            .subscriptions
            .values()
            .filter(|other| {
                std::mem::discriminant(&other.wish) == std::mem::discriminant(wish) && other.wish == *wish
            })
            .count();
        if of_user >= PER_USER {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "Forbidden",
                "The limit of subscriptions for this user has been reached.",
            ));
        }
    }
    Ok(())
}

/// The refusal when the endpoint did not echo the token.
pub(crate) fn handshake_failed(reason: &str) -> Refusal {
    Refusal::bad(
        "ValidationError",
        format!(
            "Subscription validation request failed. Notification endpoint must respond with 200 OK to validation request. {reason}"
        ),
    )
}
