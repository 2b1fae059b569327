//! Online meetings of an organizer: look up, read, change.
//! Doc: api-reference/v1.0/api/onlinemeeting-get, onlinemeeting-update; concepts/cloud-communication-online-meeting-application-access-policy.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use crate::clock::{precise, whole};
use crate::http::{Answer, Call, Family, Refusal, Reply, unknown};
use crate::odata::{Test, parse_filter, select};
use crate::tenant::User;
use crate::world::{Meeting, World};
use crate::zones;

const READ: [&str; 2] = ["OnlineMeetings.Read.All", "OnlineMeetings.ReadWrite.All"];
const WRITE: [&str; 1] = ["OnlineMeetings.ReadWrite.All"];

/// Settings that change nothing once the meeting runs.
const NOT_WHILE_RUNNING: [&str; 11] = [
    "recordAutomatically",
    "participants",
    "startDateTime",
    "endDateTime",
    "subject",
    "isEndToEndEncryptionEnabled",
    "meetingSpokenLanguageTag",
    "sensitivityLabelAssignment",
    "watermarkProtection",
    "allowBreakoutRooms",
    "anonymizeIdentityForRoles",
];
const LATE_ONES: [&str; 3] = ["allowLiveShare", "allowPowerPointSharing", "allowWhiteboard"];

/// Properties PATCH takes, with the values of those that are enumerations.
const ENUMS: [(&str, &[&str]); 5] = [
    ("allowedPresenters", &["everyone", "organization", "roleIsPresenter", "organizer"]),
    ("allowMeetingChat", &["enabled", "disabled", "limited"]),
    ("allowedLobbyAdmitters", &["organizerAndCoOrganizersAndPresenters", "organizerAndCoOrganizers"]),
    ("allowLiveShare", &["enabled", "disabled"]),
    ("shareMeetingChatHistoryDefault", &["none", "all"]),
];
const BOOLEANS: [&str; 14] = [
    "recordAutomatically",
    "allowRecording",
    "allowTranscription",
    "allowAttendeeToEnableCamera",
    "allowAttendeeToEnableMic",
    "allowTeamworkReactions",
    "allowBreakoutRooms",
    "allowPowerPointSharing",
    "allowWhiteboard",
    "allowParticipantsToChangeName",
    "allowCopyingAndSharingMeetingContent",
    "isEntryExitAnnounced",
    "isEndToEndEncryptionEnabled",
    "isBroadcast",
];
const OTHERS: [&str; 9] = [
    "lobbyBypassSettings",
    "participants",
    "subject",
    "startDateTime",
    "endDateTime",
    "meetingSpokenLanguageTag",
    "sensitivityLabelAssignment",
    "watermarkProtection",
    "anonymizeIdentityForRoles",
];
const LOBBY: [&str; 6] = [
    "organizer",
    "organization",
    "organizationAndFederated",
    "everyone",
    "invited",
    "organizationExcludingGuests",
];
/// Enum members younger than `unknownFutureValue`.
const YOUNG: [&str; 4] = ["coorganizer", "producer", "invited", "organizationExcludingGuests"];

pub(crate) fn answer(world: &mut World, call: &Call, user: &str, rest: &[&str]) -> Answer {
    let user = organizer(world, user)?;
    match (&call.method, rest) {
        (&Method::GET, []) => look_up(world, call, &user),
        (&Method::POST, []) => create(world, call, &user),
        (&Method::POST, ["createOrGet"]) => create_or_get(world, call, &user),
        (_, [first, tail @ ..]) if first.starts_with("getAll") => {
            super::artifacts::all(world, call, &user, (first, tail))
        }
        (&Method::GET, [id]) => {
            call.need(Family::Teams, &READ)?;
            covered(world, &user)?;
            let meeting = find(world, call, &user, id)?;
            let mut shown = select(call, render(world, call, meeting));
            shown["@odata.context"] =
                format!("{}/$metadata#users('{}')/onlineMeetings/$entity", call.base, user.id).into();
            Ok(Reply::ok(shown))
        }
        (&Method::PATCH, [id]) => update(world, call, &user, id),
        (&Method::DELETE, [id]) => {
            call.need(Family::Teams, &WRITE)?;
            covered(world, &user)?;
            let id = find(world, call, &user, id)?.id.clone();
            world.meetings.remove(&id);
            world.touch();
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        (_, [id, "attendanceReports", tail @ ..]) => {
            super::attendance::answer(world, call, &user, (id, tail))
        }
        (_, [id, kind @ ("recordings" | "transcripts"), tail @ ..]) => {
            super::artifacts::answer(world, call, &user, (id, kind, tail))
        }
        _ => Err(unknown(call)),
    }
}

/// Only object ids work here; a sign-in name gives the empty error Teams gives.
fn organizer(world: &World, user: &str) -> Result<User, Refusal> {
    if uuid::Uuid::parse_str(user).is_err() {
        return Err(Refusal::missing("UnknownError", ""));
    }
    world
        .tenant
        .user(user)
        .cloned()
        .ok_or_else(|| Refusal::missing("NotFound", format!("User {user} was not found.")))
}

/// Refuses unless the application access policy covers the user.
pub(crate) fn covered(world: &World, user: &User) -> Result<(), Refusal> {
    if world.tenant.access_policy.covers(&user.id) {
        return Ok(());
    }
    Err(Refusal::new(
        StatusCode::FORBIDDEN,
        "Forbidden",
        format!(
            "No application access policy found for this app {} on the user {}.",
            world.tenant.client_id, user.id
        ),
    ))
}

/// The meeting, if this user organizes it or is invited, and it has not expired.
pub(crate) fn find<'w>(world: &'w World, call: &Call, user: &User, id: &str) -> Result<&'w Meeting, Refusal> {
    let meeting = world
        .meetings
        .get(id)
        .filter(|meeting| !meeting.expired(call.now))
        .ok_or_else(|| Refusal::missing("NotFound", "The meeting was not found."))?;
    if meeting.organizer == user.id || is_invited(meeting, user) {
        return Ok(meeting);
    }
    Err(Refusal::new(
        StatusCode::FORBIDDEN,
        "Forbidden",
        "3003: User does not have access to lookup meeting.",
    ))
}

fn is_invited(meeting: &Meeting, user: &User) -> bool {
    attendees(meeting).iter().any(|attendee| {
        attendee["identity"]["user"]["id"] == user.id.as_str()
            || attendee["upn"].as_str().is_some_and(|upn| user.is_called(upn))
    })
}

fn attendees(meeting: &Meeting) -> &[Value] {
    meeting.props["participants"]["attendees"].as_array().map_or(&[], Vec::as_slice)
}

/// The tenant-wide path is for subscriptions only.
pub(crate) fn tenant_wide() -> Refusal {
    Refusal::missing("NotFound", "Requested API is not supported. Please check the path.")
}

fn look_up(world: &World, call: &Call, user: &User) -> Answer {
    call.need(Family::Teams, &READ)?;
    covered(world, user)?;
    let filter = call
        .option("filter")
        .ok_or_else(|| Refusal::bad("BadRequest", "Filter expression expected - JoinWebUrl, joinMeetingIdSettings/joinMeetingId or VideoTeleconferenceId is required."))?;
    let clauses = parse_filter(filter).unwrap_or_default();
    let [clause] = clauses.as_slice() else {
        return Err(Refusal::bad("BadRequest", format!("Invalid filter clause: '{filter}'.")));
    };
    if clause.test != Test::Eq {
        return Err(Refusal::bad("BadRequest", "Only eq is supported in this filter."));
    }
    let wanted = clause.literal.as_str();
    let matching: Vec<&Meeting> = match clause.field.to_lowercase().as_str() {
        "joinweburl" => world.meetings.of_link(wanted).into_iter().collect(),
        "joinmeetingidsettings/joinmeetingid" => world
            .meetings
            .values()
            .filter(|meeting| meeting.props["joinMeetingIdSettings"]["joinMeetingId"] == wanted)
            .collect(),
        "videoteleconferenceid" => Vec::new(),
        other => {
            return Err(Refusal::bad("BadRequest", format!("Filtering by '{other}' is not supported.")));
        }
    };
    let found = matching
        .into_iter()
        .find(|meeting| !meeting.expired(call.now) && world.lookup_works(meeting, call.now));
    let value: Vec<Value> = match found {
        Some(meeting) if meeting.organizer == user.id => {
            vec![select(call, render(world, call, meeting))]
        }
        Some(_) => {
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "Forbidden",
                "3003: User does not have access to lookup meeting.",
            ));
        }
        None => match world.tenant.switches.unknown_join_url_status {
            404 => return Err(Refusal::missing("NotFound", "The meeting was not found.")),
            400 => return Err(Refusal::bad("BadRequest", "Invalid meeting url.")),
            _ => Vec::new(),
        },
    };
    Ok(Reply::ok(json!({
        "@odata.context": format!("{}/$metadata#users('{}')/onlineMeetings", call.base, user.id),
        "value": value,
    })))
}

fn update(world: &mut World, call: &Call, user: &User, id: &str) -> Answer {
    call.need(Family::Teams, &WRITE)?;
    covered(world, user)?;
    let meeting = find(world, call, user, id)?;
    if meeting.organizer != user.id {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            "Only the organizer can update the meeting.",
        ));
    }
    let running = meeting.running(call.now);
    let id = meeting.id.clone();
    let mut patch = call.object()?;
    validate(&patch)?;
    if running {
        patch.retain(|name, _| {
            !NOT_WHILE_RUNNING.contains(&name.as_str()) && !LATE_ONES.contains(&name.as_str())
        });
    }
    name_attendees(world, &mut patch);
    let Some(meeting) = world.meetings.get_mut(&id) else {
        return Err(Refusal::missing("NotFound", "The meeting was not found."));
    };
    apply(meeting, patch);
    meeting.used_at = call.now;
    world.touch();
    let meeting = find(world, call, user, &id)?;
    let mut shown = render(world, call, meeting);
    shown["@odata.context"] =
        format!("{}/$metadata#users('{}')/onlineMeetings/$entity", call.base, user.id).into();
    Ok(Reply::ok(shown))
}

fn validate(patch: &Map<String, Value>) -> Result<(), Refusal> {
    for (name, value) in patch {
        if name == "meetingType" {
            return Err(Refusal::bad("BadRequest", "Updating meeting type is not supported."));
        }
        if BOOLEANS.contains(&name.as_str()) {
            if !value.is_boolean() {
                return Err(Refusal::bad(
                    "BadRequest",
                    format!("Cannot convert the value of '{name}' to the expected type 'Edm.Boolean'."),
                ));
            }
        } else if let Some((_, values)) = ENUMS.iter().find(|(known, _)| known == name) {
            if !value.as_str().is_some_and(|value| values.contains(&value)) {
                return Err(Refusal::bad(
                    "BadRequest",
                    format!("Requested value {value} was not found for '{name}'."),
                ));
            }
        } else if !OTHERS.contains(&name.as_str()) && !name.starts_with('@') {
            return Err(Refusal::bad("BadRequest", format!("The property '{name}' cannot be updated.")));
        }
    }
    if let Some(scope) = patch.get("lobbyBypassSettings").and_then(|lobby| lobby.get("scope"))
        && !scope.as_str().is_some_and(|scope| LOBBY.contains(&scope))
    {
        return Err(Refusal::bad(
            "BadRequest",
            format!("Requested value {scope} was not found for 'lobbyBypassSettings/scope'."),
        ));
    }
    if patch.contains_key("startDateTime") != patch.contains_key("endDateTime") {
        return Err(Refusal::bad("BadRequest", "startDateTime and endDateTime must be given together."));
    }
    let listed = patch.get("participants").and_then(|people| people["attendees"].as_array());
    for attendee in listed.into_iter().flatten() {
        let role = attendee["role"].as_str().unwrap_or("attendee");
        if !["attendee", "presenter", "producer", "coorganizer"].contains(&role) {
            return Err(Refusal::bad(
                "BadRequest",
                format!("Requested value '{role}' was not found for 'role'."),
            ));
        }
        let known = attendee["identity"]["user"]["id"].is_string() || attendee["upn"].is_string();
        if !known {
            return Err(Refusal::bad("BadRequest", "Each attendee needs an upn or an identity."));
        }
    }
    Ok(())
}

/// Completes attendees who were given by id or by name only.
fn name_attendees(world: &World, patch: &mut Map<String, Value>) {
    let Some(list) = patch
        .get_mut("participants")
        .and_then(|people| people.get_mut("attendees"))
        .and_then(Value::as_array_mut)
    else {
        return;
    };
    for attendee in list {
        let named =
            attendee["identity"]["user"]["id"].as_str().or(attendee["upn"].as_str()).unwrap_or_default();
        let user = world.tenant.user(named);
        let role = attendee["role"].as_str().unwrap_or("attendee");
        // A leading role outside the directory is not kept.
        let role = if user.is_none() && role != "attendee" { "attendee" } else { role };
        *attendee = json!({
            "upn": user.map_or(attendee["upn"].clone(), |user| user.email.clone().into()), "role": role,
            "identity": { "user": { "id": user.map(|user| &user.id), "displayName": null, "tenantId": world.tenant.tenant_id, "identityProvider": "AAD" } },
        });
    }
}

fn apply(meeting: &mut Meeting, patch: Map<String, Value>) {
    for (name, value) in patch {
        match name.as_str() {
            "subject" => value.as_str().unwrap_or_default().clone_into(&mut meeting.subject),
            "startDateTime" | "endDateTime" => {
                if let Some(at) = value.as_str().and_then(zones::moment) {
                    if name == "startDateTime" {
                        meeting.start = at;
                    } else {
                        meeting.end = at;
                    }
                }
            }
            "participants" => {
                if let Some(attendees) = value.get("attendees") {
                    meeting.props["participants"]["attendees"] = attendees.clone();
                }
            }
            "lobbyBypassSettings" => {
                let lobby = &mut meeting.props["lobbyBypassSettings"];
                for (key, part) in value.as_object().into_iter().flatten() {
                    lobby[key] = part.clone();
                }
            }
            _ if name.starts_with('@') => {}
            _ => {
                meeting.props.insert(name, value);
            }
        }
    }
}

fn create(world: &mut World, call: &Call, user: &User) -> Answer {
    call.need(Family::Teams, &WRITE)?;
    if !world.tenant.access_policy.covers(&user.id) {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            format!(
                "No application access policy found for this app {} on the user {}.",
                world.tenant.client_id, user.id
            ),
        ));
    }
    let props = call.object()?;
    let id = standalone(world, call, user, props)?;
    let meeting = find(world, call, user, &id)?;
    Ok(Reply::created(render(world, call, meeting)))
}

fn create_or_get(world: &mut World, call: &Call, user: &User) -> Answer {
    call.need(Family::Teams, &WRITE)?;
    covered(world, user)?;
    let mut props = call.object()?;
    let external = props
        .remove("externalId")
        .and_then(|id| id.as_str().map(str::to_owned))
        .ok_or_else(|| Refusal::bad("BadRequest", "externalId is required."))?;
    if props.contains_key("endDateTime") && !props.contains_key("startDateTime") {
        return Err(Refusal::bad("BadRequest", "startDateTime is required when endDateTime is given."));
    }
    let known =
        world.meetings.of_organizer(&user.id).find(|meeting| meeting.external_id.as_ref() == Some(&external));
    if let Some(meeting) = known {
        return Ok(Reply::ok(render(world, call, meeting)));
    }
    props.remove("chatInfo");
    let id = standalone(world, call, user, props)?;
    if let Some(meeting) = world.meetings.get_mut(&id) {
        meeting.external_id = Some(external);
    }
    let meeting = find(world, call, user, &id)?;
    Ok(Reply::created(render(world, call, meeting)))
}

fn standalone(
    world: &mut World,
    call: &Call,
    user: &User,
    mut props: Map<String, Value>,
) -> Result<String, Refusal> {
    let time = |name: &str| props.get(name).and_then(Value::as_str).and_then(zones::moment);
    let start = time("startDateTime").unwrap_or(call.now);
    let end = time("endDateTime").unwrap_or(start + chrono::TimeDelta::hours(1));
    for name in ["startDateTime", "endDateTime"] {
        props.remove(name);
    }
    validate(&props)?;
    name_attendees(world, &mut props);
    let mut meeting = world.new_meeting(&user.id, "", (start, end), (&call.origin, call.now));
    apply(&mut meeting, props);
    let id = meeting.id.clone();
    world.meetings.insert(meeting);
    world.touch();
    Ok(id)
}

/// The meeting as Graph shows it; young enum members are masked unless asked for.
pub(crate) fn render(world: &World, call: &Call, meeting: &Meeting) -> Value {
    let mut shown = Value::Object(meeting.props.clone());
    let details = json!({
        "id": meeting.id, "creationDateTime": precise(meeting.created_at),
        "startDateTime": whole(meeting.start), "endDateTime": whole(meeting.end),
        "joinWebUrl": meeting.join_url, "subject": meeting.subject, "externalId": meeting.external_id,
        "meetingOptionsWebUrl": format!("https://teams.microsoft.com/meetingOptions/?organizerId={}", meeting.organizer),
        "chatInfo": { "threadId": meeting.thread_id, "messageId": "0", "replyChainMessageId": null },
        "joinInformation": { "contentType": "html", "content": "data:text/html,%3cdiv%3eMicrosoft+Teams+meeting%3c%2fdiv%3e" },
    });
    if let (Value::Object(shown), Value::Object(details)) = (&mut shown, details) {
        shown.extend(details);
    }
    if world.tenant.switches.unknown_fields {
        shown["autoAdmittedUsers"] = "everyoneInCompany".into();
        shown["capabilities"] = json!([]);
    }
    if !call.prefers("include-unknown-enum-members") {
        mask(&mut shown["lobbyBypassSettings"]["scope"]);
        for attendee in shown["participants"]["attendees"].as_array_mut().into_iter().flatten() {
            mask(&mut attendee["role"]);
        }
    }
    shown
}

fn mask(value: &mut Value) {
    if value.as_str().is_some_and(|text| YOUNG.contains(&text)) {
        *value = "unknownFutureValue".into();
    }
}
