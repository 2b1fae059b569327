//! What Microsoft is asked to tell us at once, and how long such a subscription lives. What it tells is never more
//! than a reason to look: everything works without it, only later.

use chrono::{DateTime, TimeDelta, Utc};

use super::id::{IntegrationId, SubscriptionId};
use super::integration::SyncKind;
use crate::words;

words! {
    /// What a subscription is about.
    pub enum SubscriptionKind {
        /// An organizer's recordings. Owner: the organizer's object id.
        Recordings = "recordings",
        /// An organizer's transcripts. Owner: the organizer's object id.
        Transcripts = "transcripts",
        /// A service account's OneDrive. Owner: the drive's id.
        Drive = "drive",
        /// The chat of a class that is on or about to begin. Owner: the chat's thread id.
        Chat = "chat",
    }
}

/// Answers that came after this much of the longest life are no answers: clocks differ.
const MARGIN: TimeDelta = TimeDelta::minutes(20);

impl SubscriptionKind {
    /// What is subscribed to, in Graph's words.
    pub fn resource(self, owner: &str) -> String {
        match self {
            Self::Recordings => format!("users/{owner}/onlineMeetings/getAllRecordings"),
            Self::Transcripts => format!("users/{owner}/onlineMeetings/getAllTranscripts"),
            Self::Drive => format!("drives/{owner}/root"),
            Self::Chat => format!("chats/{owner}/messages"),
        }
    }

    /// Which changes are told: a drive tells updates only, artifacts only that they were made. Teams may write that a
    /// recording ended into the message in which it told of its beginning.
    pub fn change_type(self) -> &'static str {
        match self {
            Self::Recordings | Self::Transcripts => "created",
            Self::Drive => "updated",
            Self::Chat => "created,updated",
        }
    }

    /// How long Microsoft lets it live at most, less a margin. A chat's is wanted for one class only: should nobody be
    /// left to end it, it ends soon by itself.
    pub fn life(self) -> TimeDelta {
        match self {
            Self::Recordings | Self::Transcripts => TimeDelta::minutes(4_320) - MARGIN,
            Self::Drive => TimeDelta::minutes(42_300) - MARGIN,
            Self::Chat => TimeDelta::hours(3),
        }
    }

    /// How long after its beginning it is renewed: so early that days may be lost without losing it.
    pub fn renewed_after(self) -> TimeDelta {
        match self {
            Self::Recordings | Self::Transcripts => TimeDelta::days(1),
            Self::Drive => TimeDelta::days(7),
            Self::Chat => TimeDelta::minutes(80),
        }
    }

    /// The kind of artifact it tells of.
    pub fn kind(self) -> SyncKind {
        match self {
            Self::Recordings | Self::Drive => SyncKind::Recordings,
            Self::Transcripts => SyncKind::Transcripts,
            Self::Chat => SyncKind::Chat,
        }
    }

    /// The permission without which Microsoft refuses it.
    pub fn permission(self) -> &'static str {
        match self {
            Self::Recordings => "OnlineMeetingRecording.Read.All",
            Self::Transcripts => "OnlineMeetingTranscript.Read.All",
            Self::Drive => "Files.ReadWrite.All",
            Self::Chat => "Chat.Read.All",
        }
    }
}

/// A subscription that is wanted, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The row.
    pub id: SubscriptionId,
    /// The tenant connection.
    pub integration_id: IntegrationId,
    /// What it is about.
    pub kind: SubscriptionKind,
    /// Whose: an organizer's object id, a drive's id or a chat's thread id.
    pub owner: String,
    /// The organizer whose deltas are read when it tells something.
    pub organizer: String,
    /// Tenant and app under which it was made; another app cannot touch it.
    pub made_by: String,
    /// Where it was told to call; empty until it was made.
    pub address: String,
    /// Graph's id; `None` until it was made, or when it was lost.
    pub graph_id: Option<String>,
    /// SHA-256 of the client state, which Microsoft alone knows; empty until it was first asked for.
    pub client_state_hash: String,
    /// When it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it is next made or renewed.
    pub due_at: DateTime<Utc>,
    /// Failures in a row.
    pub attempts: i64,
    /// Why it could not be made or renewed.
    pub error: Option<String>,
    /// When it last told something.
    pub heard_at: Option<DateTime<Utc>>,
    /// When Microsoft last made it, which it does only after our address has answered; kept when it ends.
    pub made_at: Option<DateTime<Utc>>,
    /// Since when Microsoft says that our address does not answer; `None` once it did.
    pub unreachable_at: Option<DateTime<Utc>>,
}

impl Subscription {
    /// Whether Microsoft tells us now.
    pub fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.graph_id.is_some() && self.expires_at.is_some_and(|ends| ends > now)
    }
}

/// How long after the nth failure in a row it is tried again.
pub fn patience(attempts: i64) -> TimeDelta {
    let doublings = u32::try_from(attempts.clamp(1, 8) - 1).unwrap_or_default();
    TimeDelta::minutes(1 << doublings).min(TimeDelta::hours(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::words::Word as _;

    #[test]
    fn every_kind_is_renewed_long_before_its_end() {
        for kind in SubscriptionKind::ALL {
            assert!(kind.renewed_after() * 2 < kind.life(), "{kind}: two chances at least");
        }
        let minutes = [1, 2, 3, 7, 99].map(|n| patience(n).num_minutes());
        assert_eq!(minutes, [1, 2, 4, 60, 60]);
    }
}
