//! The tabs Attendance, Chat and Files of a class: what is there, or why nothing is.

use chrono::DateTime;

use super::overview::kind_name;
use super::sight::Sight;
use crate::model::access::Act;
use crate::model::conference::Verdict;
use crate::model::id::ChatMessageId;
use crate::model::integration::SyncKind;
use crate::model::retention::Kept;
use crate::model::sync::KindState;
use crate::ops::Result;
use crate::store::media::Breadth;
use crate::store::pages::class_parts::{self, Message, SharedFile, Stay, Whose};
use crate::store::retention::things;
use crate::web::pages::conference::{Attendance, AttendanceRow, Chat, ChatLine, FileRow, Files};
use crate::web::parts::{Badge, Empty, Mark, Note, Pager};
use crate::web::text::Text;
use crate::web::when;

/// Messages on one page.
const MESSAGES: i64 = 200;

/// The Attendance tab: everybody for staff, the reader's own row for a learner.
pub(super) async fn attendance(sight: Sight<'_>) -> Result<Attendance> {
    let t = sight.t;
    let all = sight.may(Act::SeeAttendance);
    let whose = if all { Whose::All } else { Whose::Own(sight.viewer.user_id) };
    let stays = class_parts::attendance(&sight.app.store, sight.meeting.id, whose).await?;
    let none = if all {
        (t.get("attendance-none"), t.get("attendance-none-text"))
    } else {
        (t.get("attendance-not-you"), t.get("attendance-not-you-text"))
    };
    let class = [("class", sight.class_words().into())];
    let heading =
        if all { t.with("attendance-heading", &class) } else { t.with("attendance-own-heading", &class) };
    Ok(Attendance {
        t,
        heading,
        sum: if all { attendance_sum(t, &stays) } else { String::new() },
        rows: stays.iter().map(|stay| attendance_row(sight, stay)).collect(),
        notes: notes(sight, SyncKind::Attendance),
        empty: if stays.is_empty() { empty(sight, SyncKind::Attendance, none).await? } else { None },
    })
}

fn attendance_sum(t: &Text, stays: &[Stay]) -> String {
    if stays.is_empty() {
        return String::new();
    }
    let mut minutes: Vec<i64> = stays.iter().map(|stay| stay.attended_s).collect();
    minutes.sort_unstable();
    let middle = when::duration(t, minutes[minutes.len() / 2] * 1000);
    t.with("attendance-sum", &[("n", stays.len().into()), ("middle", middle.into())])
}

fn attendance_row(sight: Sight<'_>, stay: &Stay) -> AttendanceRow {
    let t = sight.t;
    AttendanceRow {
        name: if stay.name.is_empty() { t.get("someone").to_owned() } else { stay.name.clone() },
        email: stay.email.clone().unwrap_or_default(),
        joined: sight.when.time(stay.joined_at),
        left: sight.when.time(stay.left_at),
        duration: when::duration(t, stay.attended_s * 1000),
        detail: if stay.times > 1 {
            t.with("attendance-times", &[("n", stay.times.into())])
        } else {
            String::new()
        },
        unknown: stay.user_id.is_none().then(|| Badge::new("help", t.get("attendance-unknown"))),
    }
}

/// The Chat tab, from the message after `cursor`.
pub(super) async fn chat(sight: Sight<'_>, cursor: &str) -> Result<Chat> {
    let t = sight.t;
    let after = after(cursor);
    let mut messages = class_parts::chat(&sight.app.store, sight.meeting.id, after, MESSAGES + 1).await?;
    let more = messages.len() as i64 > MESSAGES;
    messages.truncate(MESSAGES as usize);
    let count = t.with("chat-sum", &[("n", messages.len().into())]);
    let address = sight.address("chat");
    let next = messages
        .last()
        .filter(|_| more)
        .map(|last| format!("{address}&cursor={}.{}", last.sent_at.timestamp_micros(), last.id));
    let is_part = more || after.is_some();
    Ok(Chat {
        t,
        heading: t.with("chat-heading", &[("class", sight.class_words().into())]),
        sum: if messages.is_empty() || is_part { String::new() } else { count.clone() },
        notes: notes(sight, SyncKind::Chat),
        empty: if messages.is_empty() && after.is_none() {
            empty(sight, SyncKind::Chat, (t.get("chat-none"), t.get("chat-none-text"))).await?
        } else {
            None
        },
        pager: is_part.then(|| Pager { t, shown: count, first: after.map(|_| address.clone()), next }),
        messages: messages.into_iter().map(|message| chat_line(sight, message)).collect(),
    })
}

/// `{microseconds}.{id}` of the last message of the page before; anything else is the first page.
fn after(cursor: &str) -> Option<(DateTime<chrono::Utc>, ChatMessageId)> {
    let (sent, id) = cursor.split_once('.')?;
    let sent = DateTime::from_timestamp_micros(sent.parse().ok()?)?;
    Some((sent, ChatMessageId(id.parse().ok()?)))
}

fn chat_line(sight: Sight<'_>, message: Message) -> ChatLine {
    let sender = if message.sender.is_empty() { sight.t.get("someone").to_owned() } else { message.sender };
    ChatLine { sender, at: sight.when.day_time(message.sent_at), text: message.text }
}

/// The Files tab.
pub(super) async fn files(sight: Sight<'_>) -> Result<Files> {
    let t = sight.t;
    let breadth = if sight.for_staff() { Breadth::Staff } else { Breadth::Learner };
    let files = class_parts::files(&sight.app.store, sight.meeting.id, breadth).await?;
    Ok(Files {
        t,
        heading: t.with("files-heading", &[("class", sight.class_words().into())]),
        sum: if files.is_empty() { String::new() } else { t.with("files-sum", &[("n", files.len().into())]) },
        notes: notes(sight, SyncKind::Files),
        empty: if files.is_empty() {
            empty(sight, SyncKind::Files, (t.get("files-none"), t.get("files-none-text"))).await?
        } else {
            None
        },
        rows: files.into_iter().map(|file| file_row(sight, file)).collect(),
    })
}

fn file_row(sight: Sight<'_>, file: SharedFile) -> FileRow {
    let t = sight.t;
    FileRow {
        name: file.name,
        shared_by: t.get("files-in-chat").to_owned(),
        at: file.shared_at.map(|at| sight.when.day_time(at)),
        size: file.size_bytes.map_or_else(|| t.get("not-known-yet").to_owned(), |bytes| when::size(t, bytes)),
        download_href: file.is_here.then(|| format!("/files/{}/download", file.id)),
    }
}

/// What went wrong with reading a kind: staff read why and what mends it, learners that it is not complete.
fn notes(sight: Sight<'_>, kind: SyncKind) -> Vec<Note> {
    let failed = sight.around.reading.as_ref().filter(|reading| reading.state == KindState::Failed);
    let Some(reading) = failed.filter(|_| !sight.is_off(kind)) else {
        return Vec::new();
    };
    let t = sight.t;
    let title = t.with("step-unread", &[("kind", kind_name(t, kind).into())]);
    let note = Note::new(Some(Mark::Missing), title);
    let note = match &reading.error {
        Some(error) if sight.for_staff() => note.line(error.clone()),
        _ => note.line(t.get("kind-failed-learner")),
    };
    vec![note.line(t.get("kind-failed-rest"))]
}

/// What a policy removed is no fact about the class.
async fn removed(sight: Sight<'_>, kind: SyncKind) -> Result<Option<Empty>> {
    let kind = match kind {
        SyncKind::Attendance => Kept::Attendance,
        SyncKind::Chat => Kept::Chat,
        _ => return Ok(None),
    };
    let removed = things::removed(&sight.app.store, sight.meeting.id).await?;
    Ok(removed.into_iter().find(|removal| removal.kind == kind).map(|removal| {
        let date = sight.when.date(removal.removed_at).words;
        let text = sight.t.with("kind-removed-text", &[("date", date.into()), ("why", removal.why.into())]);
        Empty { icon: "trash", title: sight.t.get("kind-removed").into(), text: text.into(), action: None }
    }))
}

/// Why a kind shows nothing; nothing itself where a note says it already.
async fn empty(
    sight: Sight<'_>,
    kind: SyncKind,
    none: (&'static str, &'static str),
) -> Result<Option<Empty>> {
    if let Some(removed) = removed(sight, kind).await? {
        return Ok(Some(removed));
    }
    let t = sight.t;
    let state = if sight.is_off(kind) {
        Some(KindState::Off)
    } else {
        sight.around.reading.as_ref().map(|reading| reading.state)
    };
    let is_no_longer_offered = sight.around.reading.as_ref().is_some_and(|reading| reading.note.is_some());
    let (icon, title, text) = match (sight.verdict, state) {
        (_, Some(KindState::Off)) => ("not-held", t.get("kind-off"), t.get("kind-off-text")),
        (_, Some(KindState::Failed)) => return Ok(None),
        (Verdict::Upcoming | Verdict::Running, _) => {
            ("upcoming", t.get("kind-ahead"), t.get("kind-ahead-text"))
        }
        (Verdict::Cancelled, _) => ("cancelled", t.get("recordings-cancelled"), t.get("kind-cancelled-text")),
        (Verdict::NotHeld, _) => ("not-held", t.get("recordings-not-held"), t.get("kind-not-held-text")),
        (_, None | Some(KindState::Waiting)) => {
            ("waiting", t.get("kind-waiting"), t.get("kind-waiting-text"))
        }
        (_, Some(KindState::Ok)) if is_no_longer_offered => {
            ("info", t.get("kind-no-longer"), t.get("kind-no-longer-text"))
        }
        (_, Some(KindState::Ok)) => ("info", none.0, none.1),
    };
    Ok(Some(Empty { icon, title: title.into(), text: text.into(), action: None }))
}
