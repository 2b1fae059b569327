//! The honest result of a sync: one state per kind, and success only if every kind is well.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::id::{ConferenceId, MeetingId, SyncRunId};
use super::integration::SyncKind;
use super::words::Word;
use crate::words;

words! {
    /// How one kind went.
    pub enum KindState {
        /// Read; also when nothing was found in a class that was held.
        Ok = "ok",
        /// Microsoft has not offered it yet; looking goes on.
        Waiting = "waiting",
        /// Switched off for the integration or the course.
        Off = "off",
        /// Could not be read; the error says why.
        Failed = "failed",
    }
}

words! {
    /// What made a sync begin.
    pub enum SyncCause {
        /// Somebody pressed Sync Data, or a program asked for it.
        Person = "person",
        /// `onrecord sync`.
        Command = "command",
        /// `onrecord sync --force`: cursors and settled meetings count for nothing.
        Force = "force",
        /// It was time to look.
        Timetable = "timetable",
    }
}

/// One run of Sync Data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRun {
    /// The row.
    pub id: SyncRunId,
    /// Its conference.
    pub conference_id: ConferenceId,
    /// Its meeting, if it is about one slot only.
    pub meeting_id: Option<MeetingId>,
    /// What made it begin.
    pub cause: SyncCause,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Held by its runner until then; afterwards the runner is taken for dead.
    pub lease_until: DateTime<Utc>,
    /// When it ended, or was given up.
    pub finished_at: Option<DateTime<Utc>>,
    /// What it did; `None` while it runs, and for ever if its runner died.
    pub report: Option<SyncReport>,
}

/// What is stored about the last reading of one kind of one meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    /// Which kind.
    pub kind: SyncKind,
    /// How the last reading went.
    pub state: KindState,
    /// Why it failed.
    pub error: Option<String>,
    /// What else is to be said, although nothing failed.
    pub note: Option<String>,
    /// Where the next reading goes on.
    pub position: Option<String>,
    /// Rows that are there.
    pub items: i64,
    /// When it was last read.
    pub read_at: DateTime<Utc>,
    /// Since when readings have found nothing new.
    pub unchanged_since: Option<DateTime<Utc>>,
}

/// What a sync did for one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindReport {
    /// How it went.
    pub state: KindState,
    /// True for `ok` and `off`.
    pub success: bool,
    /// Rows made.
    pub created: u64,
    /// Rows changed.
    pub updated: u64,
    /// Rows seen and left as they were.
    pub unchanged: u64,
    /// Why it failed, in a plain sentence with the fix.
    pub error: Option<String>,
    /// What else is to be said, although nothing failed: that Microsoft no longer offers it.
    #[serde(default)]
    pub note: Option<String>,
}

/// What is said of a kind that is no longer to be had, which is no failure.
pub const NO_LONGER_OFFERED: &str = "no longer offered by Microsoft";

impl KindReport {
    /// A report in `state` with nothing counted.
    pub fn new(state: KindState) -> Self {
        Self {
            state,
            success: matches!(state, KindState::Ok | KindState::Off),
            created: 0,
            updated: 0,
            unchanged: 0,
            error: None,
            note: None,
        }
    }

    /// The report on what Microsoft no longer offers; `items` were read while it did.
    pub fn no_longer_offered(items: u64) -> Self {
        Self { unchanged: items, note: Some(NO_LONGER_OFFERED.to_owned()), ..Self::new(KindState::Ok) }
    }

    /// A failed report with its sentence.
    pub fn failed(error: impl Into<String>) -> Self {
        Self { error: Some(error.into()), ..Self::new(KindState::Failed) }
    }

    /// Adds another meeting's report of the same kind: counts add up, the worse state and its error stay.
    pub fn absorb(&mut self, other: Self) {
        self.created += other.created;
        self.updated += other.updated;
        self.unchanged += other.unchanged;
        if self.note.is_none() {
            self.note.clone_from(&other.note);
        }
        if badness(other.state) > badness(self.state) {
            self.state = other.state;
            self.success = other.success;
            self.error = other.error;
        }
    }
}

fn badness(state: KindState) -> u8 {
    match state {
        KindState::Off => 0,
        KindState::Ok => 1,
        KindState::Waiting => 2,
        KindState::Failed => 3,
    }
}

/// What a sync did for all kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncDetails {
    /// Videos.
    pub recordings: KindReport,
    /// What was said.
    pub transcripts: KindReport,
    /// Who was there.
    pub attendance: KindReport,
    /// What was written.
    pub chat: KindReport,
    /// What was shared.
    pub files: KindReport,
}

/// The answer of Sync Data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncReport {
    /// True only if every kind is `ok` or `off`.
    pub success: bool,
    /// Rows made, changed or seen again.
    pub items_processed: u64,
    /// Each kind.
    pub details: SyncDetails,
}

impl SyncReport {
    /// Builds the report from `kind`'s answers.
    pub fn of(mut kind: impl FnMut(SyncKind) -> KindReport) -> Self {
        let details = SyncDetails {
            recordings: kind(SyncKind::Recordings),
            transcripts: kind(SyncKind::Transcripts),
            attendance: kind(SyncKind::Attendance),
            chat: kind(SyncKind::Chat),
            files: kind(SyncKind::Files),
        };
        let each =
            [&details.recordings, &details.transcripts, &details.attendance, &details.chat, &details.files];
        Self {
            success: each.iter().all(|report| report.success),
            items_processed: each.iter().map(|r| r.created + r.updated + r.unchanged).sum(),
            details,
        }
    }

    /// One kind's part.
    pub fn kind(&self, kind: SyncKind) -> &KindReport {
        match kind {
            SyncKind::Recordings => &self.details.recordings,
            SyncKind::Transcripts => &self.details.transcripts,
            SyncKind::Attendance => &self.details.attendance,
            SyncKind::Chat => &self.details.chat,
            SyncKind::Files => &self.details.files,
        }
    }

    /// Adds another meeting's report to this conference's.
    #[must_use]
    pub fn join(self, other: &Self) -> Self {
        Self::of(|kind| {
            let mut report = self.kind(kind).clone();
            report.absorb(other.kind(kind).clone());
            report
        })
    }

    /// The kinds in the order people read them.
    pub fn kinds() -> &'static [SyncKind] {
        SyncKind::ALL
    }
}
