//! Filling the tenant from outside: people, calendar events that were there before, tenant settings, faults.
//! The same functions serve the control endpoints, scenario files and library callers.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::calendar::{Draft, When};
use crate::faults::Fault;
use crate::tenant::{User, UserKind};
use crate::world::World;

/// A person to add or change; an address that is known changes that person.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeedUser {
    /// Object id; made up when missing.
    pub id: Option<String>,
    pub email: String,
    pub display_name: String,
    /// `service`, `teacher` or `student` (default).
    pub kind: Option<String>,
}

/// A calendar event with its online meeting, possibly in the past.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SeedEvent {
    /// Object id or address; the service account by default.
    pub organizer: Option<String>,
    pub subject: String,
    pub start: Option<DateTime<Utc>>,
    pub end: Option<DateTime<Utc>>,
    /// Addresses of the invited.
    pub attendees: Vec<String>,
    /// Whether the meeting records itself; off by default, as in Teams.
    pub record_automatically: bool,
}

/// What was made.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct SeededEvent {
    pub event_id: String,
    pub meeting_id: String,
    pub join_url: String,
    pub thread_id: String,
    pub organizer_id: String,
}

/// Adds or changes a person and gives the object id back.
pub(crate) fn user(world: &mut World, wanted: &SeedUser) -> Result<String, String> {
    if !wanted.email.contains('@') {
        return Err(format!("email: '{}' is no e-mail address", wanted.email));
    }
    let kind = match wanted.kind.as_deref() {
        None | Some("student") => UserKind::Student,
        Some("teacher") => UserKind::Teacher,
        Some("service") => UserKind::Service,
        Some(other) => {
            return Err(format!("kind: '{other}' is none of service, teacher, student"));
        }
    };
    let known = world.tenant.users.position(&wanted.email);
    let id = match (&wanted.id, known) {
        (Some(id), _) => id.clone(),
        (None, Some(index)) => world.tenant.users[index].id.clone(),
        (None, None) => world.random.guid(),
    };
    let name = if wanted.display_name.is_empty() {
        wanted.email.split('@').next().unwrap_or_default().to_owned()
    } else {
        wanted.display_name.clone()
    };
    let fresh = User {
        id: id.clone(),
        email: wanted.email.to_lowercase(),
        display_name: name,
        kind,
        ..User::default()
    };
    match known {
        Some(index) => world.tenant.users.replace(index, fresh),
        None => world.tenant.users.push(fresh),
    }
    world.provision_drive(&id);
    world.touch();
    Ok(id)
}

/// Makes the event and its meeting as Outlook would have.
pub(crate) fn event(
    world: &mut World,
    wanted: &SeedEvent,
    (origin, now): (&str, DateTime<Utc>),
) -> Result<SeededEvent, String> {
    let organizer = wanted.organizer.clone().unwrap_or_else(|| world.tenant.service_account_id.clone());
    let owner = world
        .tenant
        .user(&organizer)
        .ok_or_else(|| format!("organizer: nobody is called {organizer}"))?
        .id
        .clone();
    let start = wanted.start.ok_or("start: say when the event begins, in UTC")?;
    let end = wanted.end.ok_or("end: say when the event ends, in UTC")?;
    if end <= start {
        return Err("end: must be after start".to_owned());
    }
    let attendees: Vec<Value> = wanted
        .attendees
        .iter()
        .map(|address| {
            let name = world.tenant.user(address).map_or(address.clone(), |user| user.display_name.clone());
            json!({ "type": "required", "emailAddress": { "address": address, "name": name } })
        })
        .collect();
    let mut props = Map::new();
    props.insert("subject".to_owned(), wanted.subject.clone().into());
    props.insert("attendees".to_owned(), Value::Array(attendees));
    props.insert("isOnlineMeeting".to_owned(), true.into());
    let zone = || "UTC".to_owned();
    let draft = Draft {
        owner: owner.clone(),
        props,
        start: When { at: start, zone: zone() },
        end: When { at: end, zone: zone() },
        transaction_id: None,
        origin: origin.to_owned(),
    };
    let made_at = now.min(start);
    let event_id = world.create_event(draft, made_at);
    let meeting_id = world
        .events
        .get(&event_id)
        .and_then(|event| event.meeting_id.clone())
        .ok_or("organizer: this mailbox may not make Teams meetings")?;
    let meeting = world.meetings.get_mut(&meeting_id).ok_or("the meeting was not made")?;
    meeting.props.insert("recordAutomatically".to_owned(), wanted.record_automatically.into());
    Ok(SeededEvent {
        event_id,
        meeting_id,
        join_url: meeting.join_url.clone(),
        thread_id: meeting.thread_id.clone(),
        organizer_id: owner,
    })
}

/// Merges settings into the tenant and shows the result.
pub(crate) fn patch_tenant(
    world: &mut World,
    patch: &Map<String, Value>,
    now: DateTime<Utc>,
) -> Result<Value, String> {
    let id = world.random.guid();
    let renamed = patch.get("switches").is_some_and(|switches| switches.get("recordings_folder").is_some());
    let before = world.tenant.roles.clone();
    world.tenant = world.tenant.patched(patch, &id)?;
    if world.tenant.roles != before {
        world.roles_before = Some((now, before));
    }
    if renamed {
        rename_recordings(world);
    }
    world.provision_drives();
    world.touch();
    Ok(world.tenant.shown())
}

fn rename_recordings(world: &mut World) {
    let name = world.tenant.switches.recordings_folder.clone();
    let sequence = world.next_sequence();
    for drive in world.drives.values_mut() {
        if let Some(id) = drive.special("recordings").map(|folder| folder.id.clone()) {
            drive.items.change(&id, |folder| {
                folder.name.clone_from(&name);
                folder.sequence = sequence;
            });
        }
    }
}

/// Puts a fault in place under the next number.
pub(crate) fn add_fault(faults: &mut Vec<Fault>, mut fault: Fault) -> Result<Fault, String> {
    if let Some(text) = fault.problem() {
        return Err(text);
    }
    fault.id = faults.iter().map(|known| known.id).max().unwrap_or(0) + 1;
    faults.push(fault.clone());
    Ok(fault)
}
