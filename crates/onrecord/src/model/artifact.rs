//! What a meeting leaves behind as a file or a text: recordings, transcripts and shared files.

use chrono::{DateTime, Utc};

use super::id::{ArtifactId, IntegrationId, MeetingId, UserId};
use crate::words;

words! {
    /// What an artifact is.
    pub enum ArtifactKind {
        /// A video: Graph `callRecording` and/or `driveItem`.
        Recording = "recording",
        /// What was said: Graph `callTranscript`.
        Transcript = "transcript",
        /// A file shared in the chat: Graph `driveItem`.
        File = "file",
    }
}

words! {
    /// How an artifact was found to belong to its meeting.
    pub enum MatchBasis {
        /// Microsoft says so: the meeting's own list or delta carries the meeting id.
        MeetingId = "meeting_id",
        /// The chat's recording event names the call and the file.
        ChatEvent = "chat_event",
        /// Organizer, time and name agree and nothing else fits.
        NameAndTime = "name_and_time",
        /// It was imported with its class.
        Import = "import",
        /// A person decided.
        Person = "person",
        /// Staff brought it: a link or an upload of a class held elsewhere.
        Manual = "manual",
        /// Nothing fits; it waits in the inbox.
        None = "none",
    }
}

words! {
    /// How sure the match is. Below `certain` nothing is shown to learners.
    pub enum Confidence {
        /// No doubt.
        Certain = "certain",
        /// Likely; a person should look.
        Likely = "likely",
        /// Unknown.
        None = "none",
    }
}

words! {
    /// How safe an artifact is, derived from its dated facts.
    pub enum Safety {
        /// Microsoft has it; we do not.
        Offered = "offered",
        /// A copy is being made.
        Copying = "copying",
        /// Our copy was compared and agrees.
        Verified = "verified",
        /// Our copy was found damaged, until a new one is verified.
        Damaged = "damaged",
        /// We have it and Microsoft's was removed by policy.
        SourceRemoved = "source_removed",
        /// Microsoft no longer has it, nor have we.
        Gone = "gone",
        /// In the bin.
        Binned = "binned",
    }
}

/// The dated facts from which [`Safety`] is derived. A later fact of the same sort never erases an earlier one of
/// another sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SafetyFacts {
    /// When our copy was compared and agreed.
    pub verified_at: Option<DateTime<Utc>>,
    /// When our copy was found damaged.
    pub damaged_at: Option<DateTime<Utc>>,
    /// When Microsoft's copy was removed by policy.
    pub source_removed_at: Option<DateTime<Utc>>,
    /// When it vanished at Microsoft.
    pub gone_at: Option<DateTime<Utc>>,
    /// When it was put into the bin.
    pub binned_at: Option<DateTime<Utc>>,
    /// When it was taken out of the bin again.
    pub restored_at: Option<DateTime<Utc>>,
}

impl SafetyFacts {
    /// Whether our copy was compared and agrees, and was not found damaged since.
    pub fn is_verified(&self) -> bool {
        match (self.verified_at, self.damaged_at) {
            (Some(verified), Some(damaged)) => verified > damaged,
            (verified, None) => verified.is_some(),
            (None, Some(_)) => false,
        }
    }

    /// Whether it lies in the bin.
    pub fn is_binned(&self) -> bool {
        match (self.binned_at, self.restored_at) {
            (Some(binned), Some(restored)) => binned > restored,
            (binned, None) => binned.is_some(),
            (None, Some(_)) => false,
        }
    }

    /// How safe it is.
    pub fn safety(&self) -> Safety {
        let verified = self.is_verified();
        if self.is_binned() {
            Safety::Binned
        } else if verified && self.source_removed_at.is_some() {
            Safety::SourceRemoved
        } else if verified {
            Safety::Verified
        } else if self.damaged_at.is_some() {
            Safety::Damaged
        } else if self.gone_at.is_some() {
            Safety::Gone
        } else {
            Safety::Offered
        }
    }
}

/// A recording, transcript or shared file. A recording is seen twice, as `callRecording` and as `driveItem`,
/// in either order; one row holds both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// The row.
    pub id: ArtifactId,
    /// Its tenant connection.
    pub integration_id: IntegrationId,
    /// Its meeting; `None` while it waits in the inbox.
    pub meeting_id: Option<MeetingId>,
    /// What it is.
    pub kind: ArtifactKind,
    /// Graph `callRecording.id` or `callTranscript.id`.
    pub graph_id: Option<String>,
    /// Graph `callId`.
    pub call_id: Option<String>,
    /// Graph `contentCorrelationId`; pairs a recording with its transcript.
    pub correlation_id: Option<String>,
    /// Graph `user.id` of the organizer it was found under.
    pub organizer_id: Option<String>,
    /// Graph `driveItem.parentReference.driveId`.
    pub drive_id: Option<String>,
    /// Graph `driveItem.id`.
    pub item_id: Option<String>,
    /// Graph `driveItem.webUrl`; for staff.
    pub web_url: Option<String>,
    /// Graph `driveItem.eTag`.
    pub e_tag: Option<String>,
    /// File name as Microsoft wrote it; empty when unknown.
    pub name: String,
    /// MIME type; empty when unknown.
    pub mime_type: String,
    /// Length in bytes, once known.
    pub size_bytes: Option<i64>,
    /// Playing time in milliseconds, once known.
    pub duration_ms: Option<i64>,
    /// Graph `hashes.quickXorHash`, base64.
    pub quick_xor_hash: Option<String>,
    /// Our own SHA-256 of the archived bytes, hex.
    pub sha256: Option<String>,
    /// 1, 2, … when a class has several.
    pub part: i64,
    /// When recording or transcription began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// How it was matched.
    pub match_basis: MatchBasis,
    /// How sure that is.
    pub confidence: Confidence,
    /// Who decided, if a person did.
    pub decided_by: Option<UserId>,
    /// Why they decided so; empty when nobody did or nothing was said.
    pub decided_reason: String,
    /// When a person said that it belongs to no class.
    pub dismissed_at: Option<DateTime<Utc>>,
    /// How far a transcript's times were moved to lie on its recording's time line.
    pub shift_ms: i64,
    /// When Microsoft offered it to us.
    pub offered_at: Option<DateTime<Utc>>,
    /// When our copy was compared and agreed.
    pub verified_at: Option<DateTime<Utc>>,
    /// When our copy was found damaged.
    pub damaged_at: Option<DateTime<Utc>>,
    /// When Microsoft's copy was removed by policy.
    pub source_removed_at: Option<DateTime<Utc>>,
    /// When it vanished at Microsoft.
    pub gone_at: Option<DateTime<Utc>>,
    /// When staff hid it from learners.
    pub hidden_at: Option<DateTime<Utc>>,
    /// Who hid it.
    pub hidden_by: Option<UserId>,
    /// Why it is hidden.
    pub hidden_reason: String,
    /// When it was put into the bin.
    pub binned_at: Option<DateTime<Utc>>,
    /// When it was taken out of the bin again.
    pub restored_at: Option<DateTime<Utc>>,
    /// When its bytes were deleted after its time in the bin; the row stays as a record.
    pub purged_at: Option<DateTime<Utc>>,
    /// When Microsoft is expected to delete its copy; an estimate.
    pub expected_expiry_at: Option<DateTime<Utc>>,
    /// When a person said when that is.
    pub expiry_set_at: Option<DateTime<Utc>>,
    /// Key of our copy in the archive.
    pub archive_key: Option<String>,
    /// Finished or begun downloads, each visit once.
    pub download_count: i64,
    /// Visits of the player.
    pub view_count: i64,
    /// When it was last downloaded.
    pub last_downloaded_at: Option<DateTime<Utc>>,
    /// When the row was made.
    pub created_at: DateTime<Utc>,
}

impl Artifact {
    /// The dated facts that its safety is derived from.
    pub fn facts(&self) -> SafetyFacts {
        SafetyFacts {
            verified_at: self.verified_at,
            damaged_at: self.damaged_at,
            source_removed_at: self.source_removed_at,
            gone_at: self.gone_at,
            binned_at: self.binned_at,
            restored_at: self.restored_at,
        }
    }

    /// How safe it is.
    pub fn safety(&self) -> Safety {
        self.facts().safety()
    }

    /// Whether staff have hidden it from learners.
    pub fn is_hidden(&self) -> bool {
        self.hidden_at.is_some()
    }

    /// Playing time in whole minutes, rounded up and never 0; `None` while unknown.
    pub fn duration_minutes(&self) -> Option<i64> {
        self.duration_ms.map(|ms| ((ms + 59_999) / 60_000).max(1))
    }
}

/// One line of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// Milliseconds from the recording's start.
    pub start_ms: i64,
    /// Milliseconds from the recording's start.
    pub end_ms: i64,
    /// Who spoke; empty when Microsoft does not say.
    pub speaker: String,
    /// What was said, as plain text.
    pub text: String,
}
