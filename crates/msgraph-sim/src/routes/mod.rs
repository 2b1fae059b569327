//! From path to answer: one `match` per resource, each in its own file.
//! Routes read and change the world; they never wait, log or talk to the network.

pub(crate) mod artifacts;
pub(crate) mod attendance;
pub(crate) mod chats;
pub(crate) mod directory;
pub(crate) mod drive;
pub(crate) mod drive_delta;
pub(crate) mod drive_write;
pub(crate) mod events;
pub(crate) mod mail;
pub(crate) mod online_meetings;
pub(crate) mod subscriptions;
pub(crate) mod uploads;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

use crate::http::{Answer, Call, unknown};
use crate::world::World;

/// What stays readable in a path segment.
pub(crate) const PATH_SAFE: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'!')
    .remove(b'(')
    .remove(b')');

/// Answers one authorised Graph call.
pub(crate) fn answer(world: &mut World, call: &Call) -> Answer {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["users", user, "events" | "calendar" | "calendarView" | "calendars", ..] => {
            events::answer(world, call, user, &segments[2..])
        }
        ["users", user, "onlineMeetings", rest @ ..] => online_meetings::answer(world, call, user, rest),
        ["users", user, "drive", rest @ ..] => drive::of_user(world, call, user, rest),
        ["users", user, "drives"] => drive::drives_of_user(world, call, user),
        ["users", user, "sendMail"] => mail::send(world, call, user),
        ["users", user, "chats", "getAllMessages" | "getAllMessages()"] => {
            chats::all_of_user(world, call, user)
        }
        ["communications", "onlineMeetings", ..] => Err(online_meetings::tenant_wide()),
        ["drives", drive, rest @ ..] => drive::by_id(world, call, drive, rest),
        ["shares", token, "driveItem", rest @ ..] => drive::shared(world, call, token, rest),
        ["chats", chat, rest @ ..] => chats::answer(world, call, chat, rest),
        ["subscriptions", rest @ ..] => subscriptions::answer(world, call, rest),
        ["users" | "organization" | "subscribedSkus" | "applications" | "reports", ..] => {
            directory::answer(world, call, &segments)
        }
        [first, ..] if first.starts_with("servicePrincipals") || first.starts_with("applications(") => {
            directory::answer(world, call, &segments)
        }
        [first, ..] if first.starts_with("reports") => directory::answer(world, call, &segments),
        _ => Err(unknown(call)),
    }
}
