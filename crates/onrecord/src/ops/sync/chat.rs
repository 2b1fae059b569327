//! The meeting's chat: all pages since the last reading, as plain text with senders matched to people; the call
//! events between the messages; and the files that hang on them, which `files.rs` looks up.

use std::collections::HashMap;

use chrono::{DateTime, Duration, SecondsFormat, Utc};
use msgraph::{ChatMessage as GraphMessage, EventDetail, MessageType, RecordingStatus};

use super::super::{Result, forgotten};
use super::context::{Context, Reading, Tally};
use super::people::Faces;
use crate::model::artifact::{Artifact, ArtifactKind, Confidence, MatchBasis};
use crate::model::chat::{CallEvent, CallEventKind, ChatMessage, plain_text};
use crate::model::conference::Meeting;
use crate::model::id::ChatMessageId;
use crate::model::integration::SyncKind;
use crate::model::occasion::Occasions;
use crate::model::retention::Kept;
use crate::model::sync::{KindReport, SyncState};
use crate::store::artifacts::{self, NewArtifact};
use crate::store::forgotten::no_erasure;
use crate::store::retention::things;
use crate::store::{self, Tx};

/// Messages may show up late, after others that are newer: each reading takes the class itself again, and this much
/// before it or before the last message that was read.
const OVERLAP: Duration = Duration::minutes(5);

/// What one reading of a chat brought.
pub(super) struct Read {
    pub(super) report: KindReport,
    /// Rows made for shared files.
    pub(super) new_files: u64,
}

/// Brings a meeting's chat. With the chat itself off, only what the files need.
pub(super) async fn sync(
    ctx: &Context<'_>,
    meeting: &Meeting,
    (thread, occasions): (&str, &Occasions),
    last: Option<&SyncState>,
) -> Result<Read> {
    let wanted = wanted(ctx);
    let began = meeting.call_started_at.map_or(meeting.starts_at, |call| call.min(meeting.starts_at));
    let read_until = last
        .filter(|_| !ctx.is_forced())
        .and_then(|last| last.position.as_deref())
        .and_then(|position| position.strip_suffix(wanted))
        .and_then(|moment| moment.parse::<DateTime<Utc>>().ok());
    let mut messages =
        match ctx.graph.chat_messages(thread, read_until.map(|until| until.min(began) - OVERLAP)).await {
            Ok(messages) => messages,
            // Nobody ever wrote, and no call was held: Teams has made no chat yet.
            Err(msgraph::Error::NotFound { .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
    let newest = messages.iter().filter_map(|message| message.last_modified_date_time).max();
    messages.retain(|message| occasions.is_of(meeting.id, message.created_date_time));
    let newest = newest.max(read_until).map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true));
    let known: HashMap<_, _> = store::chat::of_meeting(&ctx.app.store, meeting.id)
        .await?
        .into_iter()
        .map(|message| (message.graph_id.clone(), message))
        .collect();
    let mut faces = Faces::default();
    let mut rows = Vec::new();
    if !ctx.is_off(SyncKind::Chat) {
        let new = messages.iter().filter(|message| !known.contains_key(&message.id));
        let senders = new.filter_map(|message| message.from.as_ref()?.user_id().map(str::to_owned));
        faces.meet(ctx, senders.collect()).await?;
        for message in &messages {
            rows.extend(row(ctx, &mut faces, (meeting, &known), message).await?);
        }
    }
    let tx = ctx.app.store.write().await?;
    no_erasure(&tx).await?;
    faces.remember_erased(ctx, &tx).await?;
    forget(ctx, &tx, meeting, &mut rows).await?;
    // What a retention policy removed does not come back.
    if things::is_removed(&tx, Kept::Chat, meeting.id).await? {
        rows.clear();
    }
    for event in messages.iter().filter_map(event) {
        store::chat::put_event(&tx, meeting.id, &event).await?;
    }
    let mut tally = put(&tx, &known, rows).await?;
    faces.keep(&tx).await?;
    let new_files =
        if ctx.is_off(SyncKind::Files) { 0 } else { put_files(ctx, &tx, meeting, &messages).await? };
    tally.unchanged = (known.len() as u64 + tally.created).saturating_sub(tally.created + tally.updated);
    let position = newest.map(|newest| format!("{newest}{wanted}"));
    let reading = Reading { kind: SyncKind::Chat, last, tally, position };
    Ok(Read { report: ctx.conclude(tx, meeting, reading).await?, new_files })
}

/// What is kept of a chat; a cursor of another choice would skip what was not kept then.
fn wanted(ctx: &Context<'_>) -> &'static str {
    match (ctx.is_off(SyncKind::Chat), ctx.is_off(SyncKind::Files)) {
        (false, false) => "|chat,files",
        (false, true) => "|chat",
        (true, _) => "|files",
    }
}

type Known<'a> = (&'a Meeting, &'a HashMap<String, ChatMessage>);

/// A message that somebody wrote, as a row.
async fn row(
    ctx: &Context<'_>,
    faces: &mut Faces,
    (meeting, known): Known<'_>,
    message: &GraphMessage,
) -> Result<Option<ChatMessage>> {
    let is_written =
        matches!(message.message_type, None | Some(MessageType::Message)) && message.event_detail.is_none();
    let (true, Some(sent_at), Some(from)) = (is_written, message.created_date_time, message.from.as_ref())
    else {
        return Ok(None);
    };
    let object_id = from.user_id().map(str::to_owned);
    let before = known.get(&message.id);
    let user_id = match (&object_id, before.and_then(|before| before.user_id)) {
        (_, Some(user)) => Some(user),
        (Some(id), None) if before.is_none() => faces.find_in_directory(ctx, id).await?,
        (Some(id), None) => faces.find(ctx, Some(id), None).await?,
        (None, None) => None,
    };
    let mut names = [&from.user, &from.application, &from.device].into_iter().flatten();
    let sender = names.find_map(|who| who.display_name.clone());
    let body = message.body.clone().unwrap_or_default();
    let is_text = body.content_type.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case("text"));
    let text = match (message.deleted_date_time, is_text) {
        (Some(_), _) => String::new(),
        (None, true) => body.content.trim().to_owned(),
        (None, false) => plain_text(&body.content),
    };
    let names: Vec<_> =
        message.attachments.iter().filter(|a| a.is_file()).filter_map(|a| a.name.clone()).collect();
    let text = if text.is_empty() && message.deleted_date_time.is_none() { names.join(", ") } else { text };
    Ok(Some(ChatMessage {
        id: ChatMessageId(0),
        meeting_id: meeting.id,
        graph_id: message.id.clone(),
        user_id,
        entra_object_id: object_id,
        sender: sender.or_else(|| before.map(|before| before.sender.clone())).unwrap_or_default(),
        sent_at,
        edited_at: message.last_edited_date_time,
        deleted_at: message.deleted_date_time,
        text,
    }))
}

/// Puts pseudonyms in place of people who were erased, as senders and where others name them.
async fn forget(ctx: &Context<'_>, tx: &Tx, meeting: &Meeting, rows: &mut [ChatMessage]) -> Result<()> {
    let identities: Vec<String> = rows.iter().filter_map(|row| row.entra_object_id.clone()).collect();
    let erased = forgotten::among(ctx.app, tx, identities.iter().map(String::as_str)).await?;
    let forgotten = forgotten::Forgotten::of(ctx.app, tx, meeting.id).await?;
    for row in rows {
        let person = row.entra_object_id.as_deref().and_then(|id| erased.get(id));
        if let Some(person) = person.filter(|who| row.user_id.is_none_or(|user| user == who.user_id)) {
            (row.user_id, row.entra_object_id) = (Some(person.user_id), None);
            row.sender.clone_from(&person.pseudonym);
        } else if row.user_id.is_none()
            && row.entra_object_id.is_none()
            && let Some(pseudonym) = forgotten.name(&row.sender)
        {
            row.sender = pseudonym;
        }
        row.text = forgotten.text(&row.text);
    }
    Ok(())
}

async fn put(tx: &Tx, known: &HashMap<String, ChatMessage>, rows: Vec<ChatMessage>) -> Result<Tally> {
    let mut tally = Tally::default();
    // The newest change comes first; a repeat on a later page is older.
    let mut done = std::collections::HashSet::new();
    for row in rows {
        if !done.insert(row.graph_id.clone()) {
            continue;
        }
        match known.get(&row.graph_id) {
            Some(old) if ChatMessage { id: old.id, ..row.clone() } == *old => continue,
            Some(_) => tally.updated += 1,
            None => tally.created += 1,
        }
        store::chat::put(tx, &row).await?;
    }
    Ok(tally)
}

/// What a system message tells of a call.
pub(super) fn event(message: &GraphMessage) -> Option<CallEvent> {
    let (kind, call_id, file_url) = match message.event_detail.as_ref()? {
        EventDetail::CallStarted { call_id } => (CallEventKind::Started, call_id.clone(), None),
        EventDetail::CallEnded { call_id, .. } => (CallEventKind::Ended, call_id.clone(), None),
        EventDetail::CallRecording(recording) => match recording.call_recording_status {
            Some(RecordingStatus::Success) => {
                let url = recording.call_recording_url.as_deref().map(without_query);
                (CallEventKind::Recorded, recording.call_id.clone(), url)
            }
            Some(RecordingStatus::Failure) => {
                (CallEventKind::RecordingFailed, recording.call_id.clone(), None)
            }
            Some(RecordingStatus::Initial) => {
                (CallEventKind::RecordingStarted, recording.call_id.clone(), None)
            }
            _ => return None,
        },
        _ => return None,
    };
    Some(CallEvent { graph_id: message.id.clone(), kind, call_id, file_url, at: message.created_date_time? })
}

/// An address without its query, which may carry a right to read.
fn without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or(url).to_owned()
}

/// Makes a row for each shared file that has none; `files.rs` asks where the file is.
async fn put_files(ctx: &Context<'_>, tx: &Tx, meeting: &Meeting, messages: &[GraphMessage]) -> Result<u64> {
    let known = artifacts::of_meeting(tx, meeting.id, ArtifactKind::File).await?;
    let mut addresses: Vec<String> = known.into_iter().filter_map(|file| file.web_url).collect();
    let now = ctx.now();
    let mut made = 0;
    for message in messages.iter().filter(|message| message.deleted_date_time.is_none()) {
        for attachment in message.attachments.iter().filter(|attachment| attachment.is_file()) {
            let address = attachment.content_url.as_deref().map(without_query).unwrap_or_default();
            if addresses.contains(&address) {
                continue;
            }
            let new = NewArtifact {
                integration_id: ctx.integration,
                meeting_id: Some(meeting.id),
                kind: ArtifactKind::File,
                organizer_id: message.from.as_ref().and_then(|from| from.user_id()).map(str::to_owned),
            };
            let id = artifacts::insert(tx, &new, now).await?;
            if let Some(row) = artifacts::lock(tx, id).await? {
                let row = Artifact {
                    web_url: Some(address.clone()),
                    name: attachment.name.clone().unwrap_or_default(),
                    started_at: message.created_date_time,
                    match_basis: MatchBasis::ChatEvent,
                    confidence: Confidence::Certain,
                    ..row
                };
                artifacts::save(tx, &row, now).await?;
            }
            addresses.push(address);
            made += 1;
        }
    }
    Ok(made)
}
