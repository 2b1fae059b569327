//! A tenant's connection: the app registration, its service accounts, and what is read through it.

use chrono::{DateTime, Utc};

use super::id::{IntegrationId, ServiceAccountId};
use crate::words;

words! {
    /// What a sync brings out of Microsoft 365.
    pub enum SyncKind {
        /// The video, as callRecording and driveItem.
        Recordings = "recordings",
        /// What was said, as callTranscript.
        Transcripts = "transcripts",
        /// Who was there, as attendanceReport.
        Attendance = "attendance",
        /// The meeting's chat, as chatMessage.
        Chat = "chat",
        /// Files shared in the chat, as driveItem.
        Files = "files",
    }
}

words! {
    /// Whether people say that they have read the recording notice before they are shown the way to a class.
    pub enum Acknowledge {
        /// The notice stands there, and nobody is asked.
        None = "none",
        /// They are asked, and may go on without.
        Ask = "ask",
        /// Nobody goes on without.
        Required = "required",
    }
}

words! {
    /// Why the school may record; decides the words of the notice.
    pub enum LawfulBasis {
        /// Joining is consenting.
        Consent = "consent",
        /// A public school's task.
        PublicTask = "public_task",
        /// The institution's legitimate interest.
        LegitimateInterest = "legitimate_interest",
        /// A law obliges the school to record.
        LegalObligation = "legal_obligation",
    }
}

words! {
    /// How instructors are entered in Teams.
    pub enum InstructorRole {
        /// May present and record.
        Presenter = "presenter",
        /// May also change the meeting's options.
        Coorganizer = "coorganizer",
    }
}

/// A tenant's connection. The secret stays sealed; only `app.rs` opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Integration {
    /// The row.
    pub id: IntegrationId,
    /// A name for people.
    pub name: String,
    /// Entra tenant id or verified domain; empty until set.
    pub tenant_id: String,
    /// Entra application (client) id; empty until set.
    pub client_id: String,
    /// The client secret, sealed; `None` until set.
    pub client_secret_sealed: Option<String>,
    /// PEM with certificate and key, sealed; `None` unless a certificate signs in. Then there is no secret.
    pub client_certificate_sealed: Option<String>,
    /// A drive read besides the organizers' own.
    pub extra_drive_id: Option<String>,
    /// Kinds that are neither asked for nor requested.
    pub kinds_off: Vec<SyncKind>,
    /// How instructors are entered in Teams.
    pub instructor_role: InstructorRole,
    /// Graph `lobbyBypassScope`.
    pub lobby_scope: String,
    /// Why the school may record.
    pub lawful_basis: LawfulBasis,
    /// Whom to ask about recordings.
    pub notice_contact: String,
    /// Where recordings are kept, for the notice.
    pub notice_storage: String,
    /// How long recordings are kept, for the notice.
    pub notice_retention: String,
    /// The institution's own wording; empty uses ours.
    pub notice_wording: String,
    /// Days after which Microsoft deletes a new recording; 0 if it never does.
    pub recording_expiry_days: i64,
    /// When *Verify* last found no error.
    pub verified_at: Option<DateTime<Utc>>,
    /// Rises with each change; clients are cached by it.
    pub revision: i64,
}

/// A mailbox that organizes meetings, so that its OneDrive receives the recordings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAccount {
    /// The row.
    pub id: ServiceAccountId,
    /// Its integration.
    pub integration_id: IntegrationId,
    /// The mailbox address.
    pub email: String,
    /// Graph `user.id`, once looked up.
    pub entra_object_id: Option<String>,
    /// Graph `drive.id` of its OneDrive, once looked up.
    pub drive_id: Option<String>,
    /// Graph `quota.state` when last read.
    pub drive_state: Option<String>,
    /// Graph `quota.total` in bytes.
    pub drive_total_bytes: Option<i64>,
    /// Graph `quota.used` in bytes.
    pub drive_used_bytes: Option<i64>,
    /// When the drive was last read.
    pub drive_read_at: Option<DateTime<Utc>>,
    /// Set when it takes no new meetings.
    pub disabled_at: Option<DateTime<Utc>>,
}
