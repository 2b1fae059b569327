//! The chat of a class: what was written, what the system noted, which files were shared.
//! Messages and files go through `World::schedule`, so that delays and notifications work as for everything else.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::story::{CHAT, FILE_LINE, Present};
use super::{HeldFile, HoldOutcome, HoldRequest, Lesson, Told};
use crate::clock::milli;
use crate::drive::{Item, drive_id, tame_name};
use crate::media::Content;
use crate::routes::drive::web_url;
use crate::world::{Arrival, Message, World};

/// The chat of the class, with its system events and shared files.
pub(crate) fn leave_chat(
    world: &mut World,
    lesson: &Lesson,
    request: &HoldRequest,
    outcome: &mut HoldOutcome,
) {
    let due = lesson.due(request.delays.chat);
    let before = messages(world, lesson);
    if lesson.told == Told::Nothing {
        say(world, lesson, (lesson.started_at, due), Spoken::Event(call_event(lesson, "callStarted")));
    }
    let files = leave_files(world, lesson, request);
    let silent = lesson.meeting.props.get("allowMeetingChat") == Some(&json!("disabled"));
    if !silent && !lesson.people.is_empty() {
        for (number, (sender, text)) in lines(lesson, request).into_iter().enumerate() {
            let at = spoken_at(lesson, number);
            let hangs = if number == FILE_LINE || (request.chat.is_some() && number == 0) {
                files.as_slice()
            } else {
                &[]
            };
            say(world, lesson, (at, due), Spoken::Words { sender: &sender, text: &text, files: hangs });
        }
        if request.chat.as_ref().is_some_and(Vec::is_empty) && !files.is_empty() {
            say(
                world,
                lesson,
                (spoken_at(lesson, 0), due),
                Spoken::Words { sender: &lesson.people[0], text: "", files: &files },
            );
        }
    }
    let mut ended = call_event(lesson, "callEnded");
    ended["callDuration"] =
        iso_duration((lesson.ended_at - lesson.started_at).num_milliseconds() as u64).into();
    ended["callParticipants"] = json!([]);
    say(world, lesson, (lesson.ended_at, due), Spoken::Event(ended));
    outcome.chat_messages = messages(world, lesson) - before;
    outcome.files = files;
}

/// What the system notes when a call begins or ends.
pub(super) fn call_event(lesson: &Lesson, kind: &str) -> Value {
    json!({ "@odata.type": format!("#microsoft.graph.{kind}EventMessageDetail"), "callEventType": "meeting", "callId": lesson.call_id })
}

fn messages(world: &World, lesson: &Lesson) -> usize {
    let thread = &lesson.meeting.thread_id;
    world.chats.get(thread).map_or(0, |chat| chat.messages.len()) + world.pending.messages(thread)
}

fn spoken_at(lesson: &Lesson, number: usize) -> DateTime<Utc> {
    if lesson.told == Told::Beginnings {
        // Everything is written just before the end: nothing shows up in the chat later than it was written.
        return lesson.ended_at - TimeDelta::milliseconds(900 - number as i64 * 137 % 800);
    }
    let length = lesson.ended_at - lesson.started_at;
    lesson.started_at
        + length / 12 * (number as i32 * 2 + 1).min(11)
        + TimeDelta::milliseconds(number as i64 * 137)
}

/// Sender and text of each line: the usual ones, or those asked for.
fn lines(lesson: &Lesson, request: &HoldRequest) -> Vec<(Present, String)> {
    let seat = |index: usize| lesson.people[index % lesson.people.len()].clone();
    match &request.chat {
        None => CHAT.iter().map(|(index, text)| (seat(*index), (*text).to_owned())).collect(),
        Some(given) => given
            .iter()
            .map(|line| {
                let known = lesson.people.iter().find(|one| {
                    one.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(&line.from))
                });
                let sender = known.cloned().unwrap_or_else(|| Present {
                    id: None,
                    name: line.from.clone(),
                    email: Some(line.from.clone()),
                    role: "Attendee".to_owned(),
                    stays: Vec::new(),
                });
                (sender, line.text.clone())
            })
            .collect(),
    }
}

/// Puts shared files into the drive of whoever shares them.
fn leave_files(world: &mut World, lesson: &Lesson, request: &HoldRequest) -> Vec<HeldFile> {
    let usual = vec!["Exercise sheet.pdf".to_owned()];
    let due = lesson.due(request.delays.files);
    let mut left = Vec::new();
    for name in request.files.as_ref().unwrap_or(&usual) {
        let owners =
            lesson.people.iter().filter_map(|one| one.id.clone()).chain([lesson.meeting.organizer.clone()]);
        let owners: Vec<String> = owners.collect();
        let Some(drive) = owners
            .iter()
            .find_map(|owner| crate::routes::drive::find(world, &drive_id(owner)).ok())
            .map(|drive| drive.id.clone())
        else {
            continue;
        };
        let Some(folder) = chat_folder(world, &drive, lesson) else {
            continue;
        };
        let id = format!("01{}", world.random.base32(32));
        let Some(owned) = world.drives.get(&drive) else {
            continue;
        };
        let content = Content::Document { title: format!("{} - {}", lesson.meeting.subject, name) };
        let mime = if name.to_lowercase().ends_with(".pdf") {
            "application/pdf"
        } else {
            "application/octet-stream"
        };
        let mut item =
            Item::folder(id, Some(folder.clone()), &tame_name(name), &owned.owner, lesson.started_at)
                .with_file(mime, content, due);
        item.name = owned.free_name(&folder, &item.name, "");
        item.shared = true;
        left.push(HeldFile {
            drive_id: drive.clone(),
            item_id: item.id.clone(),
            name: item.name.clone(),
            web_url: web_url(world, owned, &item),
        });
        world.schedule(due, lesson.now, Arrival::File { drive_id: drive, item: Box::new(item) });
    }
    left
}

/// `Microsoft Teams Chat Files`, made when it is first needed.
fn chat_folder(world: &mut World, drive_id: &str, lesson: &Lesson) -> Option<String> {
    const NAME: &str = "Microsoft Teams Chat Files";
    let drive = world.drives.get(drive_id)?;
    if let Some(folder) = drive.child(&drive.root, NAME) {
        return Some(folder.id.clone());
    }
    let (root, owner) = (drive.root.clone(), drive.owner.clone());
    let id = format!("01{}", world.random.base32(32));
    let sequence = world.next_sequence();
    let folder = Item::folder(id.clone(), Some(root), NAME, &owner, lesson.started_at);
    world.drives.get_mut(drive_id)?.place(folder, sequence);
    Some(id)
}

/// What a chat message says.
pub(super) enum Spoken<'a> {
    Event(Value),
    Words { sender: &'a Present, text: &'a str, files: &'a [HeldFile] },
}

/// Schedules one message; ids are the time in milliseconds, made unique.
pub(super) fn say(
    world: &mut World,
    lesson: &Lesson,
    (at, due): (DateTime<Utc>, DateTime<Utc>),
    spoken: Spoken<'_>,
) {
    let thread_id = lesson.meeting.thread_id.clone();
    let mut stamp = at.timestamp_millis();
    while taken(world, &thread_id, &stamp.to_string()) {
        stamp += 1;
    }
    let id = stamp.to_string();
    let at = DateTime::from_timestamp_millis(stamp).unwrap_or(at);
    let mut body = json!({
        "id": id, "replyToId": null, "etag": id, "messageType": "message", "createdDateTime": milli(at), "lastModifiedDateTime": milli(at),
        "lastEditedDateTime": null, "deletedDateTime": null, "subject": null, "summary": null, "chatId": thread_id, "importance": "normal",
        "locale": "en-us", "webUrl": null, "channelIdentity": null, "policyViolation": null, "eventDetail": null, "from": null,
        "body": { "contentType": "html", "content": "<systemEventMessage/>" }, "attachments": [], "mentions": [], "reactions": [], "messageHistory": [],
    });
    match spoken {
        Spoken::Event(detail) => {
            body["messageType"] = "systemEventMessage".into();
            body["eventDetail"] = detail;
        }
        Spoken::Words { sender, text, files } => {
            body["from"] = json!({ "application": null, "device": null, "user": sender.identity(&world.tenant.tenant_id) });
            let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let mut content = format!("<p>{escaped}</p>");
            let mut attachments = Vec::new();
            for file in files {
                let key = world.random.guid();
                content.extend(["<attachment id=\"", &key, "\"></attachment>"]);
                attachments.push(json!({ "id": key, "contentType": "reference", "contentUrl": file.web_url, "content": null, "name": file.name, "thumbnailUrl": null, "teamsAppId": null }));
            }
            body["body"]["content"] = content.into();
            body["attachments"] = Value::Array(attachments);
        }
    }
    let message = Message { created_at: at, modified_at: at, body };
    world.schedule(due, lesson.now, Arrival::Message { thread_id, message: Box::new(message) });
}

fn taken(world: &World, thread: &str, id: &str) -> bool {
    let known = world
        .chats
        .get(thread)
        .is_some_and(|chat| chat.messages.iter().any(|message| message.body["id"] == id));
    known || world.pending.has_message(thread, id)
}

/// `PT1H29M51S`.
pub(super) fn iso_duration(ms: u64) -> String {
    let seconds = ms / 1000;
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let part = |number: u64, letter: &str| {
        if number > 0 { format!("{number}{letter}") } else { String::new() }
    };
    let text = format!("{}{}{}", part(hours, "H"), part(minutes, "M"), part(rest, "S"));
    if text.is_empty() { "PT0S".to_owned() } else { format!("PT{text}") }
}
