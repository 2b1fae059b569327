//! Who wants to hear of what: subscriptions and the topics they match.
//! Delivery is in `delivery.rs`; this file never opens a connection.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::clock::whole;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Subscription {
    pub(crate) id: String,
    pub(crate) change_type: String,
    pub(crate) notification_url: String,
    pub(crate) lifecycle_url: Option<String>,
    pub(crate) resource: String,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) client_state: Option<String>,
    pub(crate) application_id: String,
    pub(crate) wish: Wish,
    /// Whether the lifecycle reminder for the present expiry was sent.
    pub(crate) reminded: bool,
    /// Whom to encrypt resource data for, if the subscriber wants it.
    #[serde(default)]
    pub(crate) sealed_for: Option<Recipient>,
}

/// What a subscriber gave so that resource data can be encrypted for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Recipient {
    /// The certificate, base64 of its DER.
    pub(crate) certificate: String,
    /// The subscriber's own name for it.
    pub(crate) id: String,
}

/// What a resource string asks for.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub(crate) enum Wish {
    Drive(String),
    AllRecordings,
    AllTranscripts,
    RecordingsOfMeeting(String),
    TranscriptsOfMeeting(String),
    RecordingsOfUser(String),
    TranscriptsOfUser(String),
    Chat(String),
    Events(String),
}

/// What a piece of news is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Topic {
    Drive { drive_id: String },
    Recordings(String, String),
    Transcripts(String, String),
    Chat { thread_id: String },
    Events { user_id: String },
}

impl Topic {
    /// The collection artifacts of this topic lie in.
    pub(crate) fn collection(&self) -> &'static str {
        match self {
            Self::Recordings(..) => "recordings",
            Self::Transcripts(..) => "transcripts",
            Self::Drive { .. } => "items",
            Self::Chat { .. } => "messages",
            Self::Events { .. } => "events",
        }
    }

    pub(crate) fn odata_type(&self) -> &'static str {
        match self {
            Self::Recordings(..) => "#Microsoft.Graph.callRecording",
            Self::Transcripts(..) => "#Microsoft.Graph.callTranscript",
            Self::Drive { .. } => "#Microsoft.Graph.DriveItem",
            Self::Chat { .. } => "#Microsoft.Graph.chatMessage",
            Self::Events { .. } => "#Microsoft.Graph.Event",
        }
    }
}

impl Wish {
    /// Reads a resource string; nothing when the resource cannot be subscribed to.
    pub(crate) fn read(resource: &str) -> Option<Self> {
        let path = resource.trim_start_matches('/').split('?').next()?;
        let segments = crate::http::split_path(path);
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let owned = |text: &str| text.to_owned();
        match parts.as_slice() {
            ["drives", id, "root"] => Some(Self::Drive(owned(id))),
            ["users", id, "drive", "root"] => Some(Self::Drive(crate::drive::drive_id(id))),
            ["communications", "onlineMeetings", "getAllRecordings" | "getAllRecordings()"] => {
                Some(Self::AllRecordings)
            }
            ["communications", "onlineMeetings", "getAllTranscripts" | "getAllTranscripts()"] => {
                Some(Self::AllTranscripts)
            }
            ["communications", "onlineMeetings", id, "recordings"] => {
                Some(Self::RecordingsOfMeeting(owned(id)))
            }
            ["communications", "onlineMeetings", id, "transcripts"] => {
                Some(Self::TranscriptsOfMeeting(owned(id)))
            }
            ["users", id, "onlineMeetings", "getAllRecordings" | "getAllRecordings()"] => {
                Some(Self::RecordingsOfUser(owned(id)))
            }
            ["users", id, "onlineMeetings", "getAllTranscripts" | "getAllTranscripts()"] => {
                Some(Self::TranscriptsOfUser(owned(id)))
            }
            ["chats", id, "messages"] => Some(Self::Chat(owned(id))),
            ["users", id, "events"] => Some(Self::Events(owned(id))),
            _ => None,
        }
    }

    pub(crate) fn wants(&self, topic: &Topic) -> bool {
        match (self, topic) {
            (Self::Drive(id), Topic::Drive { drive_id }) => id == drive_id,
            (Self::AllRecordings, Topic::Recordings(..)) | (Self::AllTranscripts, Topic::Transcripts(..)) => {
                true
            }
            (Self::RecordingsOfMeeting(id), Topic::Recordings(meeting, _))
            | (Self::TranscriptsOfMeeting(id), Topic::Transcripts(meeting, _)) => id == meeting,
            (Self::RecordingsOfUser(id), Topic::Recordings(_, user))
            | (Self::TranscriptsOfUser(id), Topic::Transcripts(_, user)) => id.eq_ignore_ascii_case(user),
            (Self::Chat(id), Topic::Chat { thread_id }) => id == thread_id,
            (Self::Events(id), Topic::Events { user_id }) => id.eq_ignore_ascii_case(user_id),
            _ => false,
        }
    }

    /// Longest life in minutes.
    pub(crate) fn longest_minutes(&self) -> i64 {
        match self {
            Self::Drive(_) => 42_300,
            Self::Events(_) => 4_230,
            _ => 4_320,
        }
    }

    /// Teams resources need a lifecycle URL when they live longer than an hour.
    pub(crate) fn is_teams(&self) -> bool {
        !matches!(self, Self::Drive(_) | Self::Events(_))
    }

    /// Only Outlook and chats say that a subscription was removed or that something was missed.
    pub(crate) fn tells_removal(&self) -> bool {
        matches!(self, Self::Chat(_) | Self::Events(_))
    }

    pub(crate) fn permissions(&self) -> &'static [&'static str] {
        match self {
            Self::Drive(_) => &["Files.ReadWrite.All"],
            Self::AllRecordings | Self::RecordingsOfMeeting(_) | Self::RecordingsOfUser(_) => {
                &["OnlineMeetingRecording.Read.All"]
            }
            Self::AllTranscripts | Self::TranscriptsOfMeeting(_) | Self::TranscriptsOfUser(_) => {
                &["OnlineMeetingTranscript.Read.All"]
            }
            Self::Chat(_) => &["Chat.Read.All", "Chat.ReadWrite.All"],
            Self::Events(_) => &["Calendars.Read", "Calendars.ReadWrite"],
        }
    }
}

impl Subscription {
    pub(crate) fn shown(&self) -> Value {
        json!({
            "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#subscriptions/$entity",
            "id": self.id,
            "resource": self.resource,
            "applicationId": self.application_id,
            "changeType": self.change_type,
            "clientState": self.client_state,
            "notificationUrl": self.notification_url,
            "lifecycleNotificationUrl": self.lifecycle_url,
            "notificationQueryOptions": null,
            "expirationDateTime": whole(self.expires_at),
            "creatorId": self.application_id,
            "includeResourceData": self.sealed_for.as_ref().map(|_| true),
            "latestSupportedTlsVersion": "v1_2",
            "encryptionCertificate": null,
            "encryptionCertificateId": self.sealed_for.as_ref().map(|recipient| &recipient.id),
            "notificationUrlAppId": null,
        })
    }
}
