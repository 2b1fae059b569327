//! The chat of a meeting: thread, messages, members.
//! Doc: api-reference/v1.0/api/chat-list-messages, chat-get; resources/chatmessage.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::clock::milli;
use crate::http::{Answer, Call, Family, Refusal, Reply, unknown};
use crate::odata::{PageRule, page, parse_filter};
use crate::world::{Chat, Meeting, Message, World};

const READ: [&str; 2] = ["Chat.Read.All", "Chat.ReadWrite.All"];
const BASIC: [&str; 3] = ["Chat.ReadBasic.All", "Chat.Read.All", "Chat.ReadWrite.All"];
const MEMBERS: [&str; 4] =
    ["ChatMember.Read.All", "Chat.ReadBasic.All", "Chat.Read.All", "Chat.ReadWrite.All"];
const PAGES: PageRule = PageRule { default: 20, max: 50 };

pub(crate) fn answer(world: &World, call: &Call, thread: &str, rest: &[&str]) -> Answer {
    if call.method != Method::GET {
        return Err(unknown(call));
    }
    match rest {
        [] => {
            call.need(Family::Teams, &BASIC)?;
            Ok(Reply::ok(show(world, find(world, thread)?)))
        }
        ["messages"] => {
            call.need(Family::Teams, &READ)?;
            readable(world)?;
            find(world, thread)?;
            messages(world, call, world.chats.get(thread))
        }
        ["messages", id] => {
            call.need(Family::Teams, &READ)?;
            readable(world)?;
            find(world, thread)?;
            let messages = world.chats.get(thread).map_or(&[][..], |chat| &chat.messages);
            messages
                .iter()
                .find(|message| message.body["id"] == *id)
                .map(|message| Reply::ok(masked(call, message)))
                .ok_or_else(|| Refusal::missing("NotFound", "Message does not exist in the thread."))
        }
        ["members"] => {
            call.need(Family::Teams, &MEMBERS)?;
            let members = members(world, find(world, thread)?);
            Ok(Reply::ok(page(call, members, PAGES, world.tenant.switches.page_size)?))
        }
        _ => Err(unknown(call)),
    }
}

/// Chats were a protected API: the permission alone did not open them.
fn readable(world: &World) -> Result<(), Refusal> {
    if world.tenant.chats_readable {
        return Ok(());
    }
    let text = "Invoked API requires Protected API access in application-only context when not using Resource Specific Consent.";
    Err(Refusal::new(StatusCode::FORBIDDEN, "Forbidden", text))
}

/// Messages of a chat can be subscribed to by whoever may read them.
pub(crate) fn subscribable(world: &World, thread: &str) -> Result<(), Refusal> {
    readable(world)?;
    find(world, thread).map(|_| ())
}

/// The export API: all messages of all chats a person is in.
pub(crate) fn all_of_user(world: &World, call: &Call, user: &str) -> Answer {
    call.need(Family::Teams, &READ)?;
    let user = world.tenant.user(user).ok_or_else(|| Refusal::missing("NotFound", "User not found."))?;
    let mut found: Vec<&Message> = world
        .meetings
        .values()
        .filter(|meeting| {
            meeting.organizer == user.id
                || members(world, meeting).iter().any(|member| member["userId"] == user.id.as_str())
        })
        .filter_map(|meeting| world.chats.get(&meeting.thread_id))
        .flat_map(|chat| &chat.messages)
        .collect();
    found.sort_by_key(|message| message.created_at);
    let items = found.into_iter().map(|message| masked(call, message)).collect();
    Ok(Reply::ok(page(call, items, PAGES, world.tenant.switches.page_size)?))
}

fn find<'w>(world: &'w World, thread: &str) -> Result<&'w Meeting, Refusal> {
    world
        .meetings
        .of_thread(thread)
        .filter(|meeting| meeting.thread_id == thread)
        .ok_or_else(|| Refusal::missing("NotFound", "The specified chat was not found."))
}

fn show(world: &World, meeting: &Meeting) -> Value {
    let event = meeting.event_id.as_ref().and_then(|id| world.events.get(id));
    let last = world
        .chats
        .get(&meeting.thread_id)
        .and_then(|chat| chat.messages.iter().map(|message| message.modified_at).max());
    json!({
        "id": meeting.thread_id, "topic": meeting.subject, "chatType": "meeting",
        "createdDateTime": milli(meeting.created_at), "lastUpdatedDateTime": milli(last.unwrap_or(meeting.created_at)),
        "tenantId": world.tenant.tenant_id,
        "webUrl": format!("https://teams.microsoft.com/l/chat/{}/0?tenantId={}", meeting.thread_id, world.tenant.tenant_id),
        "viewpoint": null,
        "onlineMeetingInfo": {
            "calendarEventId": event.map(|event| &event.id), "joinWebUrl": meeting.join_url,
            "organizer": { "id": meeting.organizer, "displayName": null, "userIdentityType": "aadUser" } },
    })
}

fn members(world: &World, meeting: &Meeting) -> Vec<Value> {
    let listed = meeting.props["participants"]["attendees"].as_array().into_iter().flatten();
    let ids = listed.filter_map(|attendee| attendee["identity"]["user"]["id"].as_str());
    std::iter::once(meeting.organizer.as_str())
        .chain(ids)
        .filter_map(|id| world.tenant.user(id))
        .map(|user| {
            json!({
                "@odata.type": "#microsoft.graph.aadUserConversationMember", "id": format!("MCMjMCMj{}", user.id.replace('-', "")),
                "roles": if user.id == meeting.organizer { vec!["owner"] } else { Vec::new() },
                "displayName": user.display_name, "userId": user.id, "email": user.address(), "tenantId": world.tenant.tenant_id,
                "visibleHistoryStartDateTime": "0001-01-01T00:00:00Z",
            })
        })
        .collect()
}

fn messages(world: &World, call: &Call, chat: Option<&Chat>) -> Answer {
    let order = call.option("orderby").unwrap_or("lastModifiedDateTime desc");
    let (field, direction) = order.split_once(' ').unwrap_or((order, "asc"));
    if !["lastModifiedDateTime", "createdDateTime"].contains(&field)
        || !direction.trim().eq_ignore_ascii_case("desc")
    {
        return Err(Refusal::bad(
            "BadRequest",
            format!(
                "QueryOptions to order by '{order}' is not supported. Only descending order of lastModifiedDateTime or createdDateTime is."
            ),
        ));
    }
    let mut found: Vec<&Message> = chat.map(|chat| chat.messages.iter().collect()).unwrap_or_default();
    let by_creation = field == "createdDateTime";
    found.sort_by_key(|message| {
        std::cmp::Reverse(if by_creation { message.created_at } else { message.modified_at })
    });
    // A filter counts only together with the order by the same property; otherwise it is ignored without a word.
    let clauses = call
        .option("filter")
        .filter(|_| call.option("orderby").is_some())
        .and_then(parse_filter)
        .filter(|clauses| clauses.iter().all(|clause| clause.field == field))
        .unwrap_or_default();
    let items = found
        .into_iter()
        .map(|message| masked(call, message))
        .filter(|shown| clauses.iter().all(|clause| clause.holds(shown)))
        .collect();
    let mut body = page(call, items, PAGES, world.tenant.switches.page_size)?;
    body["@odata.count"] = body["value"].as_array().map_or(0, Vec::len).into();
    Ok(Reply::ok(body))
}

/// System events hide behind `unknownFutureValue` unless asked for.
fn masked(call: &Call, message: &Message) -> Value {
    let mut shown = message.body.clone();
    if shown["messageType"] == "systemEventMessage" && !call.prefers("include-unknown-enum-members") {
        shown["messageType"] = "unknownFutureValue".into();
    }
    shown
}
