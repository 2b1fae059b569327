//! Conferences and their meetings, and the states that are derived from them.

use chrono::{DateTime, Utc};

use super::id::{ConferenceId, CourseId, IntegrationId, MeetingId, ServiceAccountId, UserId};
use crate::words;

words! {
    /// Whether recording is known to be switched on for a meeting. `Pending` only until the first conclusion;
    /// a failure stays until a read-back says `enabled`.
    pub enum AutoRecordingStatus {
        /// No conclusion yet.
        Pending = "pending",
        /// A read-back said that Teams will record.
        Enabled = "enabled",
        /// An approved exception is in force, and a read-back said that Teams will not record.
        Exempted = "exempted",
        /// An app permission is missing.
        FailedPermission = "failed_permission",
        /// The Teams application access policy is missing.
        FailedAccessPolicy = "failed_access_policy",
        /// The organizer lacks a licence or mailbox.
        FailedLicense = "failed_license",
        /// Teams does not know the meeting.
        FailedNotFound = "failed_not_found",
        /// The mailbox does not allow Teams meetings.
        FailedProvider = "failed_provider",
        /// Microsoft asked us to wait.
        FailedThrottled = "failed_throttled",
        /// Microsoft could not be reached.
        FailedNetwork = "failed_network",
        /// Recording was switched off by somebody and could not be repaired.
        FailedDrift = "failed_drift",
        /// Something else; the detail says what.
        FailedUnknown = "failed_unknown",
    }
}

impl AutoRecordingStatus {
    /// Whether this is one of the `failed_…` reasons.
    pub fn is_failure(self) -> bool {
        !matches!(self, Self::Pending | Self::Enabled | Self::Exempted)
    }

    fn badness(self) -> u8 {
        match self {
            Self::Exempted => 0,
            Self::Enabled => 1,
            Self::Pending => 2,
            _ => 3,
        }
    }
}

words! {
    /// What became of a scheduled class.
    pub enum Verdict {
        /// It has not begun.
        Upcoming = "upcoming",
        /// It should be going on now.
        Running = "running",
        /// It ended; its recording may still come.
        Waiting = "waiting",
        /// Parts matched with certainty cover at least half of the call.
        Recorded = "recorded",
        /// A readable source that would show the call shows none.
        NotHeld = "not_held",
        /// It was cancelled.
        Cancelled = "cancelled",
        /// An approved exception was in force.
        Exempted = "exempted",
        /// It was held, or may have been, and there is no recording.
        Missing = "missing",
    }
}

words! {
    /// Where a conference stands, derived from its meetings.
    pub enum ConferenceStatus {
        /// Something is still to come and nothing is on.
        Upcoming = "upcoming",
        /// A meeting is on now.
        Running = "running",
        /// Every meeting has ended.
        Ended = "ended",
        /// Every meeting was cancelled.
        Cancelled = "cancelled",
    }
}

/// A class or a series of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conference {
    /// The row.
    pub id: ConferenceId,
    /// The id in the school's own system.
    pub external_id: Option<String>,
    /// Its course.
    pub course_id: CourseId,
    /// Its tenant connection.
    pub integration_id: IntegrationId,
    /// Name of the class.
    pub title: String,
    /// Plain text for the invitation and the page.
    pub description: String,
    /// IANA time zone in which its slots are entered and shown.
    pub time_zone: String,
    /// Learners see it only when published.
    pub published: bool,
    /// Who scheduled it, if a person did.
    pub created_by: Option<UserId>,
    /// When it was scheduled.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Set when the whole conference was cancelled.
    pub cancelled_at: Option<DateTime<Utc>>,
}

/// The Teams meeting of one time slot: Graph `event` and `onlineMeeting` of one organizer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// The row; also the id of the time slot.
    pub id: MeetingId,
    /// The id in the school's own system.
    pub external_id: Option<String>,
    /// Its conference.
    pub conference_id: ConferenceId,
    /// Scheduled start.
    pub starts_at: DateTime<Utc>,
    /// Scheduled end.
    pub ends_at: DateTime<Utc>,
    /// Graph `event.transactionId`, fixed before the first call.
    pub transaction_id: String,
    /// The service account that organizes it; `None` for imported meetings of other organizers.
    pub service_account_id: Option<ServiceAccountId>,
    /// Graph `user.id` of the organizer, once known.
    pub organizer_id: Option<String>,
    /// Address of the organizer as imported or chosen.
    pub organizer_email: Option<String>,
    /// Graph `event.id`.
    pub event_id: Option<String>,
    /// Graph `onlineMeeting.id`.
    pub online_meeting_id: Option<String>,
    /// Graph `onlineMeeting.joinWebUrl`.
    pub join_url: Option<String>,
    /// Graph `chatInfo.threadId`.
    pub chat_thread_id: Option<String>,
    /// Whether Teams will record.
    pub auto_recording_status: AutoRecordingStatus,
    /// Microsoft's answer in short, for staff; empty when all is well.
    pub auto_recording_detail: String,
    /// When the read-back last said that recording is on.
    pub read_back_at: Option<DateTime<Utc>>,
    /// Rises when something changed that Teams must be told.
    pub wanted_revision: i64,
    /// The revision that Teams has; equal to `wanted_revision` when nothing is to be sent.
    pub sent_revision: i64,
    /// People who could not be entered in Teams, as addresses.
    pub left_out: Vec<String>,
    /// What became of the class.
    pub verdict: Verdict,
    /// Why it is missing, as a fixed word; empty otherwise.
    pub verdict_cause: String,
    /// Whether the cause is proved or inferred; empty without a cause.
    pub verdict_basis: String,
    /// What the verdict rests on, as fixed words.
    pub verdict_evidence: Vec<String>,
    /// When the verdict last changed.
    pub verdict_at: Option<DateTime<Utc>>,
    /// Real start of the call, from attendance or recordings.
    pub call_started_at: Option<DateTime<Utc>>,
    /// Real end of the call.
    pub call_ended_at: Option<DateTime<Utc>>,
    /// When OnRecord looks next; `None` when nothing is planned.
    pub next_sync_at: Option<DateTime<Utc>>,
    /// When the guard looks next: before class whether recording is on, during it whether it records.
    pub guard_at: Option<DateTime<Utc>>,
    /// When its chat was last read while it was on.
    pub watched_at: Option<DateTime<Utc>>,
    /// When its organizer was found to be no longer in the directory.
    pub organizer_gone_at: Option<DateTime<Utc>>,
    /// When it was last looked at.
    pub synced_at: Option<DateTime<Utc>>,
    /// Set when this slot was cancelled.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// Set when nothing more is to be asked of Microsoft.
    pub settled_at: Option<DateTime<Utc>>,
}

impl Meeting {
    /// Whether the slot's scheduled time is over.
    pub fn has_ended(&self, now: DateTime<Utc>) -> bool {
        self.ends_at <= now
    }

    /// Whether the slot's scheduled time has begun.
    pub fn has_started(&self, now: DateTime<Utc>) -> bool {
        self.starts_at <= now
    }

    /// What became of the class as of `now`: the stored verdict, moved on where only time has passed since it was
    /// judged.
    pub fn verdict_now(&self, now: DateTime<Utc>) -> Verdict {
        match self.verdict {
            Verdict::Recorded | Verdict::Missing => self.verdict,
            _ if self.cancelled_at.is_some() => Verdict::Cancelled,
            Verdict::Upcoming | Verdict::Running if self.has_ended(now) => Verdict::Waiting,
            Verdict::Upcoming if self.has_started(now) => Verdict::Running,
            verdict => verdict,
        }
    }
}

/// Where a conference with these meetings stands at `now`. Without meetings it is `upcoming`.
pub fn conference_status(meetings: &[Meeting], now: DateTime<Utc>) -> ConferenceStatus {
    let live: Vec<_> = meetings.iter().filter(|m| m.cancelled_at.is_none()).collect();
    if live.is_empty() {
        return if meetings.is_empty() { ConferenceStatus::Upcoming } else { ConferenceStatus::Cancelled };
    }
    if live.iter().any(|m| m.has_started(now) && !m.has_ended(now)) {
        ConferenceStatus::Running
    } else if live.iter().all(|m| m.has_ended(now)) {
        ConferenceStatus::Ended
    } else {
        ConferenceStatus::Upcoming
    }
}

/// The worst recording status (failed > pending > enabled > exempted) of the meetings that are neither cancelled nor
/// ended; if all have ended, of all that were not cancelled. Without any: `pending`.
pub fn conference_recording_status(meetings: &[Meeting], now: DateTime<Utc>) -> AutoRecordingStatus {
    let live = || meetings.iter().filter(|m| m.cancelled_at.is_none());
    let worst = |statuses: &mut dyn Iterator<Item = AutoRecordingStatus>| {
        statuses.max_by_key(|status| status.badness())
    };
    worst(&mut live().filter(|m| !m.has_ended(now)).map(|m| m.auto_recording_status))
        .or_else(|| worst(&mut live().map(|m| m.auto_recording_status)))
        .unwrap_or(AutoRecordingStatus::Pending)
}
