//! The chat of a meeting, with the system messages that tell of calls and recordings.
//!
//! The HTML of a message is untrusted. Docs: `chat-list-messages`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::call::{Call, UNKNOWN_MEMBERS};
use crate::client::Client;
use crate::error::Error;
use crate::identity::IdentitySet;
use crate::lane::Lane;
use crate::moment::{self, null_as_default};
use crate::open_enum::open_enum;

open_enum! {
    /// What a message is.
    MessageType {
        /// Written by somebody.
        Message = "message",
        /// Written by Teams: read the event detail.
        SystemEventMessage = "systemEventMessage",
        /// Only in channels.
        ChatEvent = "chatEvent",
        /// Only while somebody is writing.
        Typing = "typing",
    }
}

open_enum! {
    /// How far a recording has come.
    RecordingStatus {
        /// Begun.
        Initial = "initial",
        /// A part is done.
        ChunkFinished = "chunkFinished",
        /// The file is there.
        Success = "success",
        /// It failed.
        Failure = "failure",
    }
}

/// A chat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Chat {
    /// The thread id.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// `meeting`, `group` or `oneOnOne`.
    pub chat_type: Option<String>,
    /// Title.
    pub topic: Option<String>,
    /// The chat in Teams.
    pub web_url: Option<String>,
}

/// The text of a message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MessageBody {
    /// `html` or `text`.
    pub content_type: Option<String>,
    /// Untrusted.
    #[serde(deserialize_with = "null_as_default")]
    pub content: String,
}

/// Something hung on a message. A shared file has the content type `reference`; the file is in its sender's drive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Attachment {
    /// Opaque.
    pub id: Option<String>,
    /// `reference` for a file; cards and quotes have others.
    pub content_type: Option<String>,
    /// The file's address, for [`Client::shared_item`].
    pub content_url: Option<String>,
    /// File name.
    pub name: Option<String>,
}

impl Attachment {
    /// Whether this is a file.
    pub fn is_file(&self) -> bool {
        self.content_type.as_deref() == Some("reference") && self.content_url.is_some()
    }
}

/// A recording as the chat tells of it: the only bridge from a call to its file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CallRecordingEvent {
    /// The session within the meeting.
    pub call_id: Option<String>,
    /// The file's name.
    pub call_recording_display_name: Option<String>,
    /// The file's address, once the status is success; for [`Client::shared_item`].
    pub call_recording_url: Option<String>,
    /// Length.
    #[serde(deserialize_with = "moment::optional_duration")]
    pub call_recording_duration: Option<Duration>,
    /// How far it has come.
    pub call_recording_status: Option<RecordingStatus>,
    /// Who pressed the button.
    pub initiator: Option<IdentitySet>,
}

/// What a system message tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventDetail {
    /// A call began.
    CallStarted {
        /// The session within the meeting.
        call_id: Option<String>,
    },
    /// A call ended.
    CallEnded {
        /// The session within the meeting.
        call_id: Option<String>,
        /// Length.
        duration: Option<Duration>,
    },
    /// News of a recording.
    CallRecording(Box<CallRecordingEvent>),
    /// News of a transcript.
    CallTranscript {
        /// The session within the meeting.
        call_id: Option<String>,
    },
    /// Anything else; its type as received.
    Other(String),
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct CallFields {
    call_id: Option<String>,
    #[serde(deserialize_with = "moment::optional_duration")]
    call_duration: Option<Duration>,
}

impl<'de> Deserialize<'de> for EventDetail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let name = value.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
        let kind = name.rsplit('.').next().unwrap_or_default().trim_start_matches('#').to_owned();
        let call = || CallFields::deserialize(&value).unwrap_or_default();
        Ok(match kind.as_str() {
            "callStartedEventMessageDetail" => Self::CallStarted { call_id: call().call_id },
            "callEndedEventMessageDetail" => {
                let CallFields { call_id, call_duration } = call();
                Self::CallEnded { call_id, duration: call_duration }
            }
            "callTranscriptEventMessageDetail" => Self::CallTranscript { call_id: call().call_id },
            "callRecordingEventMessageDetail" => CallRecordingEvent::deserialize(&value)
                .map_or(Self::Other(kind), |event| Self::CallRecording(Box::new(event))),
            _ => Self::Other(kind),
        })
    }
}

/// A message of a chat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChatMessage {
    /// Unique in its chat.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// What it is.
    pub message_type: Option<MessageType>,
    /// The message it answers.
    pub reply_to_id: Option<String>,
    /// Written.
    #[serde(deserialize_with = "moment::optional")]
    pub created_date_time: Option<DateTime<Utc>>,
    /// Last change of any kind, reactions included.
    #[serde(deserialize_with = "moment::optional")]
    pub last_modified_date_time: Option<DateTime<Utc>>,
    /// Last change of the text.
    #[serde(deserialize_with = "moment::optional")]
    pub last_edited_date_time: Option<DateTime<Utc>>,
    /// Deleted; the text is empty then.
    #[serde(deserialize_with = "moment::optional")]
    pub deleted_date_time: Option<DateTime<Utc>>,
    /// Title, rarely used.
    pub subject: Option<String>,
    /// Who; nobody for system messages.
    pub from: Option<IdentitySet>,
    /// The text.
    pub body: Option<MessageBody>,
    /// Files and cards.
    #[serde(deserialize_with = "null_as_default")]
    pub attachments: Vec<Attachment>,
    /// What a system message tells.
    pub event_detail: Option<EventDetail>,
}

impl Client {
    /// Reads a chat. A meeting that was never used may have none: [`Error::NotFound`].
    pub async fn chat(&self, thread_id: &str) -> Result<Chat, Error> {
        self.json(&Call::get(lane(thread_id), "chats").id(thread_id)).await
    }

    /// All messages, newest change first; with `since` only those changed after it. Take some overlap, and tell
    /// repeats by their id.
    pub async fn chat_messages(
        &self,
        thread_id: &str,
        since: Option<DateTime<Utc>>,
    ) -> Result<Vec<ChatMessage>, Error> {
        let mut call = Call::get(lane(thread_id), "chats")
            .id(thread_id)
            .word("messages")
            .query("$top", "50")
            .query("$orderby", "lastModifiedDateTime desc")
            .prefer(UNKNOWN_MEMBERS);
        if let Some(since) = since {
            // Heeded only because of the order by the same field.
            call = call.query("$filter", &format!("lastModifiedDateTime gt {}", moment::format(since)));
        }
        self.all_pages(call).await
    }
}

fn lane(thread_id: &str) -> Lane {
    Lane::Chat(thread_id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(detail: &str) -> ChatMessage {
        serde_json::from_str(&format!(
            r#"{{"id":"1","messageType":"unknownFutureValue","from":null,"attachments":null,"body":null,"eventDetail":{detail}}}"#
        ))
        .expect("a message")
    }

    #[test]
    fn system_events_are_told_apart_and_unknown_ones_survive() {
        let recording = message(
            r##"{"@odata.type":"#microsoft.graph.callRecordingEventMessageDetail","callId":"c","callRecordingUrl":"https://x/a.mp4",
            "callRecordingDuration":"PT1H29M51S","callRecordingStatus":"success","meetingOrganizer":{}}"##,
        );
        let Some(EventDetail::CallRecording(event)) = recording.event_detail else { panic!("no recording") };
        assert_eq!(event.call_recording_duration, Some(Duration::from_secs(5_391)));
        assert_eq!(event.call_recording_status, Some(RecordingStatus::Success));

        let ended = message(
            r##"{"@odata.type":"#microsoft.graph.callEndedEventMessageDetail","callId":"c","callDuration":"PT1M"}"##,
        );
        assert_eq!(
            ended.event_detail,
            Some(EventDetail::CallEnded {
                call_id: Some("c".to_owned()),
                duration: Some(Duration::from_mins(1))
            })
        );
        let other = message(r##"{"@odata.type":"#microsoft.graph.membersAddedEventMessageDetail"}"##);
        assert_eq!(other.event_detail, Some(EventDetail::Other("membersAddedEventMessageDetail".to_owned())));
        assert_eq!(message("{}").event_detail, Some(EventDetail::Other(String::new())));
        assert_eq!(message("null").event_detail, None);
    }
}
