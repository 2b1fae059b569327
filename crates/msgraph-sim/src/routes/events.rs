//! Calendar events of a mailbox.
//! Doc: api-reference/v1.0/api/user-post-events, event-update, event-cancel, event-delete, user-list-calendarview.

use chrono_tz::Tz;
use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::calendar::{Draft, When};
use crate::clock::precise;
use crate::http::{Answer, Call, Family, Refusal, Reply, unknown};
use crate::odata::{PageRule, narrow, page, select};
use crate::tenant::User;
use crate::world::{Event, World};
use crate::zones;

const READ: [&str; 2] = ["Calendars.Read", "Calendars.ReadWrite"];
const WRITE: [&str; 1] = ["Calendars.ReadWrite"];
const PAGES: PageRule = PageRule { default: 10, max: 1000 };

pub(crate) fn answer(world: &mut World, call: &Call, user: &str, rest: &[&str]) -> Answer {
    let owner = mailbox(world, user)?;
    let rest = match rest {
        ["calendar", tail @ ..] | ["calendars", _, tail @ ..] if !tail.is_empty() => tail,
        other => other,
    };
    match (&call.method, rest) {
        (&Method::GET, ["calendar"]) => calendar(world, call, &owner),
        (&Method::POST, ["events"]) => create(world, call, &owner),
        (&Method::GET, ["events"]) => list(world, call, &owner),
        (&Method::GET, ["calendarView"]) => view(world, call, &owner),
        (&Method::GET, ["events", id]) => {
            admitted(world, call, &owner, &READ)?;
            let event = find(world, &owner, id)?;
            let mut shown = select(call, render(world, call, event)?);
            shown["@odata.context"] =
                format!("{}/$metadata#users('{}')/events/$entity", call.base, owner.id).into();
            Ok(Reply::ok(shown))
        }
        (&Method::GET, ["events", id, "instances"]) => instances(world, call, &owner, id),
        (&Method::PATCH, ["events", id]) => update(world, call, &owner, id),
        (&Method::POST, ["events", id, "cancel"]) => cancel(world, call, &owner, id),
        (&Method::DELETE, ["events", id]) => {
            admitted(world, call, &owner, &WRITE)?;
            let id = find(world, &owner, id)?.id.clone();
            world.remove_event(&id);
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        _ => Err(unknown(call)),
    }
}

/// The person whose mailbox it is; Exchange's own words when there is none.
pub(crate) fn mailbox(world: &World, user: &str) -> Result<User, Refusal> {
    let found = world.tenant.user(user).ok_or_else(|| {
        Refusal::missing("ErrorInvalidUser", format!("The requested user '{user}' is invalid."))
    })?;
    if !found.mailbox || !found.licences.contains(&crate::tenant::Licence::Exchange) {
        return Err(Refusal::missing(
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        ));
    }
    Ok(found.clone())
}

/// Refuses unless Exchange lets the app into this mailbox: by a permission in its token and no policy against it, or by
/// a role that Exchange itself granted for some mailboxes.
pub(crate) fn admitted(world: &World, call: &Call, owner: &User, any_of: &[&str]) -> Result<(), Refusal> {
    let tenant = &world.tenant;
    let in_scope = tenant.exchange_scope.covers(&owner.id);
    let by_exchange = any_of.iter().any(|role| tenant.exchange_roles.iter().any(|held| held == role));
    if in_scope && by_exchange {
        return Ok(());
    }
    call.need(Family::Exchange, any_of)?;
    if in_scope {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::FORBIDDEN, "ErrorAccessDenied", "Access to OData is disabled."))
}

/// Refuses a meeting beyond what one user may make in a month.
fn within_limit(world: &World, call: &Call, owner: &User) -> Result<(), Refusal> {
    if world.meetings.made_in_month(&owner.id, call.now) < world.tenant.monthly_meeting_limit {
        return Ok(());
    }
    let text = "The number of meetings this user may create in a month is reached.";
    Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", text).with("retry-after", "3600"))
}

fn calendar(world: &World, call: &Call, owner: &User) -> Answer {
    admitted(world, call, owner, &READ)?;
    let provider = if owner.may_meet() { "teamsForBusiness" } else { "unknown" };
    let allowed: Vec<&str> = owner.may_meet().then_some("teamsForBusiness").into_iter().collect();
    let shown = json!({
        "@odata.context": format!("{}/$metadata#users('{}')/calendar/$entity", call.base, owner.id),
        "id": format!("AAMkAD{}", owner.id.replace('-', "")), "name": "Calendar", "color": "auto", "isDefaultCalendar": true,
        "canEdit": true, "canShare": true, "isRemovable": false,
        "allowedOnlineMeetingProviders": allowed, "defaultOnlineMeetingProvider": provider,
        "owner": { "name": owner.display_name, "address": owner.address() },
    });
    Ok(Reply::ok(select(call, shown)))
}

fn create(world: &mut World, call: &Call, owner: &User) -> Answer {
    admitted(world, call, owner, &WRITE)?;
    let mut props = call.object()?;
    let transaction_id = props.remove("transactionId").and_then(|id| id.as_str().map(str::to_owned));
    if let Some(id) = &transaction_id
        && let Some(known) = world.events.of_transaction(&owner.id, id)
    {
        return Err(duplicate(world, known));
    }
    let (start, end) = (when(&props, "start")?, when(&props, "end")?);
    let (Some(start), Some(end)) = (start, end) else {
        return Err(invalid("start and end are required."));
    };
    check(&props, &start, &end)?;
    if props.get("isOnlineMeeting") == Some(&Value::Bool(true)) {
        within_limit(world, call, owner)?;
    }
    for name in ["start", "end", "id", "iCalUId", "organizer"] {
        props.remove(name);
    }
    let draft =
        Draft { owner: owner.id.clone(), props, start, end, transaction_id, origin: call.origin.clone() };
    let id = world.create_event(draft, call.now);
    let event = find(world, owner, &id)?;
    let mut shown = render(world, call, event)?;
    shown["@odata.context"] = format!("{}/$metadata#users('{}')/events/$entity", call.base, owner.id).into();
    Ok(Reply::created(shown))
}

fn duplicate(world: &World, known: &Event) -> Refusal {
    let switches = &world.tenant.switches;
    let status = StatusCode::from_u16(switches.duplicate_transaction_status).unwrap_or(StatusCode::CONFLICT);
    let mut message = "The transaction id of this request was used before to create an event.".to_owned();
    if switches.duplicate_transaction_names_event {
        message = format!("{message} @event.existingEventId: {}", known.id);
    }
    Refusal::new(status, "ErrorDuplicateTransactionId", message)
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::bad("ErrorPropertyValidationFailure", message.into())
}

/// A `dateTimeTimeZone` property, if it is there.
fn when(props: &Map<String, Value>, name: &str) -> Result<Option<When>, Refusal> {
    let Some(value) = props.get(name) else {
        return Ok(None);
    };
    let wall = value["dateTime"]
        .as_str()
        .and_then(|text| zones::wall(text.trim_end_matches('Z')))
        .ok_or_else(|| {
            invalid(format!(
                "At least one property failed validation: {name}.dateTime is no local date and time."
            ))
        })?;
    let named = value["timeZone"].as_str().unwrap_or("UTC");
    let zone = zones::zone(named)
        .ok_or_else(|| Refusal::bad("TimeZoneNotSupportedException", format!("A valid TimeZone value must be specified. The following TimeZone value is not supported: '{named}'.")))?;
    Ok(Some(When { at: zones::to_utc(wall, zone), zone: named.to_owned() }))
}

fn check(props: &Map<String, Value>, start: &When, end: &When) -> Result<(), Refusal> {
    if end.at < start.at {
        return Err(invalid("The end date of the event must be after its start date."));
    }
    if let Some(attendees) = props.get("attendees") {
        let list = attendees.as_array().ok_or_else(|| invalid("attendees must be a collection."))?;
        let bad = list
            .iter()
            .find(|one| one["emailAddress"]["address"].as_str().is_none_or(|address| !address.contains('@')));
        if let Some(bad) = bad {
            return Err(Refusal::bad(
                "ErrorInvalidRecipients",
                format!("At least one recipient is not valid: {bad}"),
            ));
        }
    }
    match props.get("onlineMeetingProvider").and_then(Value::as_str) {
        None | Some("teamsForBusiness" | "unknown" | "skypeForBusiness" | "skypeForConsumer") => Ok(()),
        Some(other) => Err(Refusal::bad(
            "RequestBodyRead",
            format!(
                "Cannot convert the literal '{other}' to the expected type 'microsoft.graph.onlineMeetingProviderType'."
            ),
        )),
    }
}

pub(crate) fn find<'w>(world: &'w World, owner: &User, id: &str) -> Result<&'w Event, Refusal> {
    world.events.get(id).filter(|event| event.owner == owner.id).ok_or_else(|| {
        Refusal::missing("ErrorItemNotFound", "The specified object was not found in the store.")
    })
}

fn list(world: &World, call: &Call, owner: &User) -> Answer {
    admitted(world, call, owner, &READ)?;
    let mut events: Vec<&Event> = world.events.values().filter(|event| event.owner == owner.id).collect();
    events.sort_by_key(|event| event.created_at);
    listed(world, call, &events)
}

fn view(world: &World, call: &Call, owner: &User) -> Answer {
    admitted(world, call, owner, &READ)?;
    let bound = |name: &str| {
        call.option(name)
            .and_then(zones::moment)
            .ok_or_else(|| Refusal::bad("ErrorInvalidParameter", format!("This request requires a time window specified by the query string parameters StartDateTime and EndDateTime; {name} is missing or no date.")))
    };
    let (from, to) = (bound("startDateTime")?, bound("endDateTime")?);
    listed(world, call, &world.events.touching(&owner.id, &(from..to)))
}

fn instances(world: &World, call: &Call, owner: &User, id: &str) -> Answer {
    admitted(world, call, owner, &READ)?;
    let event = find(world, owner, id)?;
    listed(world, call, &[event])
}

fn listed(world: &World, call: &Call, events: &[&Event]) -> Answer {
    let shown = events.iter().map(|event| render(world, call, event)).collect::<Result<Vec<_>, _>>()?;
    let items = narrow(call, shown)?;
    Ok(Reply::ok(page(call, items, PAGES, world.tenant.switches.page_size)?))
}

fn update(world: &mut World, call: &Call, owner: &User, id: &str) -> Answer {
    admitted(world, call, owner, &WRITE)?;
    let event = find(world, owner, id)?.clone();
    if let Some(wanted) = call.header("if-match")
        && wanted != "*"
        && wanted != etag(&event)
    {
        return Err(Refusal::new(
            StatusCode::PRECONDITION_FAILED,
            "ErrorIrresolvableConflict",
            "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
        ));
    }
    let mut patch = call.object()?;
    if patch.contains_key("transactionId") {
        return Err(invalid("transactionId cannot be changed after the event was created."));
    }
    let start = when(&patch, "start")?.unwrap_or(When { at: event.start, zone: event.start_zone.clone() });
    let end = when(&patch, "end")?.unwrap_or(When { at: event.end, zone: event.end_zone.clone() });
    check(&patch, &start, &end)?;
    let online = patch.remove("isOnlineMeeting");
    for name in ["start", "end", "id", "organizer"] {
        patch.remove(name);
    }
    let body_changed = patch.contains_key("body").then_some(());
    let had_meeting = event.meeting_id.is_some();
    world.events.change(&event.id, |stored| {
        (stored.start, stored.start_zone) = (start.at, start.zone);
        (stored.end, stored.end_zone) = (end.at, end.zone);
        stored.props.extend(patch);
    });
    world.event_changed(&event.id, body_changed, call.now);
    if online == Some(Value::Bool(true)) && !had_meeting && owner.may_meet() {
        let mut stored = find(world, owner, &event.id)?.clone();
        world.attach_meeting(&mut stored, &call.origin, call.now);
        world.events.insert(stored);
    }
    let event = find(world, owner, &event.id)?;
    Ok(Reply::ok(render(world, call, event)?))
}

fn cancel(world: &mut World, call: &Call, owner: &User, id: &str) -> Answer {
    admitted(world, call, owner, &WRITE)?;
    let id = find(world, owner, id)?.id.clone();
    call.object()?;
    world.remove_event(&id);
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

fn etag(event: &Event) -> String {
    format!("W/\"{}\"", change_key(event))
}

fn change_key(event: &Event) -> String {
    format!("k{}AAA{}==", event.uid.get(32..44).unwrap_or_default(), event.version)
}

/// The event as Graph shows it, in the zone the caller prefers.
fn render(world: &World, call: &Call, event: &Event) -> Result<Value, Refusal> {
    let preferred = call.preference("outlook.timezone").unwrap_or_else(|| "UTC".to_owned());
    let zone = zones::zone(&preferred).ok_or_else(|| {
        Refusal::bad(
            "TimeZoneNotSupportedException",
            format!("The following TimeZone value is not supported: '{preferred}'."),
        )
    })?;
    let organizer = world.tenant.user(&event.owner);
    let meeting = event.meeting_id.as_ref().and_then(|id| world.meetings.get(id));
    let late = chrono::TimeDelta::seconds(world.tenant.switches.late_join_url_s);
    let link = meeting.filter(|meeting| meeting.created_at + late <= call.now);
    let mut shown = json!({
        "subject": "", "bodyPreview": "", "body": { "contentType": "html", "content": "" },
        "importance": "normal", "sensitivity": "normal", "showAs": "busy", "type": "singleInstance", "seriesMasterId": null,
        "categories": [], "hasAttachments": false, "hideAttendees": false, "isAllDay": false, "isDraft": false,
        "isReminderOn": true, "reminderMinutesBeforeStart": 15, "responseRequested": true, "allowNewTimeProposals": true,
        "location": { "displayName": "", "locationType": "default" }, "locations": [], "recurrence": null,
        "responseStatus": { "response": "organizer", "time": "0001-01-01T00:00:00Z" }, "attendees": [],
        "isOrganizer": true, "onlineMeetingUrl": null,
    });
    let map = shown.as_object_mut().expect("a JSON object was written above");
    map.extend(event.props.clone());
    for attendee in map.get_mut("attendees").and_then(Value::as_array_mut).into_iter().flatten() {
        attendee["status"] = json!({ "response": "none", "time": "0001-01-01T00:00:00Z" });
        if attendee["type"].is_null() {
            attendee["type"] = "required".into();
        }
    }
    let details = json!({
        "@odata.etag": etag(event), "id": event.id, "changeKey": change_key(event), "iCalUId": event.uid,
        "createdDateTime": precise(event.created_at), "lastModifiedDateTime": precise(event.modified_at),
        "originalStartTimeZone": event.start_zone, "originalEndTimeZone": event.end_zone,
        "bodyPreview": preview(&event.props),
        "start": in_zone(event.start, zone, &preferred), "end": in_zone(event.end, zone, &preferred),
        "isCancelled": event.cancelled, "isOnlineMeeting": meeting.is_some(),
        "onlineMeetingProvider": if meeting.is_some() { "teamsForBusiness" } else { "unknown" },
        "onlineMeeting": link.map(|meeting| json!({ "joinUrl": meeting.join_url })),
        "organizer": { "emailAddress": {
            "name": organizer.map(|user| user.display_name.as_str()), "address": organizer.map(User::address) } },
        "webLink": format!("https://outlook.office365.com/owa/?itemid={}&exvsurl=1&path=/calendar/item", event.uid),
    });
    if let Value::Object(details) = details {
        map.extend(details);
    }
    if let Some(id) = &event.transaction_id {
        map.insert("transactionId".to_owned(), id.clone().into());
    }
    if world.tenant.switches.unknown_fields {
        map.insert("futureProperty".to_owned(), json!({ "unknown": true }));
    }
    Ok(shown)
}

fn in_zone(at: chrono::DateTime<chrono::Utc>, zone: Tz, name: &str) -> Value {
    let local = at.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S.0000000").to_string();
    json!({ "dateTime": local, "timeZone": name })
}

/// The beginning of the body without its tags.
fn preview(props: &Map<String, Value>) -> String {
    let content = props.get("body").and_then(|body| body["content"].as_str()).unwrap_or_default();
    let mut inside = false;
    let plain: String = content
        .chars()
        .filter(|c| {
            match c {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    return false;
                }
                _ => {}
            }
            !inside
        })
        .take(255)
        .collect();
    plain.trim().to_owned()
}
