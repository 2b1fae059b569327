//! A class takes place: from one request to everything Microsoft 365 would hold afterwards.
//! This is the only source of recordings, transcripts, attendance and chat; routes merely show them.

mod aftermath;
mod chat;
mod live;
mod story;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::world::{Meeting, World};

pub(crate) use live::{Live, begin, end, record};
pub use live::{LiveState, RecordRequest};

/// What `POST /sim/hold` takes. Only the meeting has to be named, by link, id or event.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HoldRequest {
    /// The Teams join link, exactly as Graph gave it.
    pub join_url: Option<String>,
    pub meeting_id: Option<String>,
    pub event_id: Option<String>,
    pub outcome: Outcome,
    /// How many recordings the class leaves, 1 by default.
    pub parts: Option<u32>,
    /// Seconds from first to last person; the scheduled length by default.
    #[serde(alias = "length", alias = "length_seconds")]
    pub length_s: Option<u64>,
    /// Default: the class ends now.
    pub started_at: Option<DateTime<Utc>>,
    /// Who came: e-mail addresses, people with times, or how many.
    pub attendees: Option<Attendees>,
    /// Size of each recording; smaller than a playable file is not possible.
    #[serde(alias = "size")]
    pub size_bytes: Option<u64>,
    /// Seconds on the clock until each kind is offered.
    pub delays: Delays,
    /// Chat lines instead of the usual ones.
    pub chat: Option<Vec<ChatLine>>,
    /// Names of files shared in the chat; one sheet by default.
    pub files: Option<Vec<String>>,
    /// Somebody presses (or forbids) Record, whatever `recordAutomatically` says.
    pub record: Option<bool>,
    pub transcribe: Option<bool>,
}

/// How the class went.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    #[default]
    Held,
    /// Nobody came: nothing is left behind.
    NotHeld,
    /// Policy or people kept it from being recorded.
    NotRecorded,
    /// The recording ends after a third of the class.
    StoppedEarly,
    NoTranscript,
    /// Transcribed but not recorded: an MP4 shell and a transcript.
    TranscriptOnly,
    /// The organizer's drive is full: the file goes elsewhere.
    QuotaFull,
    /// A first attempt of seconds, then the class.
    FalseStart,
    /// Teams begins to record and says in the chat that it failed: nothing is left.
    RecordingFailed,
    /// Teams says in the chat that it recorded, and Microsoft never offers anything.
    NeverOffered,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Attendees {
    Count(u32),
    People(Vec<Attendee>),
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Attendee {
    Email(String),
    Person(Person),
}

/// One who came; guests have no account in the tenant.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Person {
    pub email: Option<String>,
    pub name: Option<String>,
    pub role: Option<String>,
    /// Seconds after the start.
    pub joined_s: Option<u64>,
    pub left_s: Option<u64>,
}

/// Seconds until artifacts are offered; one number in JSON means all of them.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Delays {
    pub recording: i64,
    pub transcript: i64,
    pub attendance: i64,
    pub chat: i64,
    pub files: i64,
}

impl<'de> Deserialize<'de> for Delays {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields, default)]
        #[derive(Default)]
        struct Each {
            recording: i64,
            transcript: i64,
            attendance: i64,
            chat: i64,
            files: i64,
        }
        let value = Value::deserialize(deserializer)?;
        if let Some(all) = value.as_i64() {
            return Ok(Self { recording: all, transcript: all, attendance: all, chat: all, files: all });
        }
        let Each { recording, transcript, attendance, chat, files } =
            serde_json::from_value(value).map_err(serde::de::Error::custom)?;
        Ok(Self { recording, transcript, attendance, chat, files })
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChatLine {
    /// E-mail address of the sender.
    pub from: String,
    pub text: String,
}

/// What a class left behind, with the ids Graph will show.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct HoldOutcome {
    pub meeting_id: String,
    pub join_url: String,
    pub thread_id: String,
    pub call_id: Option<String>,
    pub started_at: DateTime<Utc>,
    pub ended_at: DateTime<Utc>,
    pub recordings: Vec<HeldRecording>,
    pub transcript_ids: Vec<String>,
    pub attendance_report_id: Option<String>,
    pub attendees: Vec<HeldAttendee>,
    pub chat_messages: usize,
    pub files: Vec<HeldFile>,
    /// Why there is no recording, if there is none.
    pub not_recorded_because: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HeldRecording {
    pub id: String,
    /// `None` when no drive had room.
    pub drive_id: Option<String>,
    pub item_id: Option<String>,
    pub name: String,
    pub size_bytes: u64,
    pub quick_xor_hash: String,
    pub duration_ms: u64,
    pub offered_at: DateTime<Utc>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HeldAttendee {
    pub name: String,
    pub email: Option<String>,
    pub seconds: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HeldFile {
    pub drive_id: String,
    pub item_id: String,
    pub name: String,
    pub web_url: String,
}

/// Why a class could not be held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HoldError {
    /// No meeting is known by this link or id.
    UnknownMeeting(String),
    /// A value makes no sense; the text names it.
    Invalid(String),
}

impl std::fmt::Display for HoldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownMeeting(name) => {
                write!(f, "no meeting is known as {name}; give the join link as Graph gave it")
            }
            Self::Invalid(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for HoldError {}

/// The frame of one class: who, when, by which call.
#[derive(Debug, Clone)]
pub(crate) struct Lesson {
    pub(crate) meeting: Meeting,
    pub(crate) call_id: String,
    pub(crate) started_at: DateTime<Utc>,
    pub(crate) ended_at: DateTime<Utc>,
    pub(crate) people: Vec<story::Present>,
    pub(crate) now: DateTime<Utc>,
    pub(crate) told: Told,
}

/// What the chat has heard of the class before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// Nothing: all is told in one go.
    Nothing,
    /// That the call and its recordings began, when they did.
    Beginnings,
}

impl Lesson {
    /// When something is offered: at the end of the class, or so long after it (but not before now).
    pub(crate) fn due(&self, delay_s: i64) -> DateTime<Utc> {
        if delay_s == 0 {
            return self.ended_at;
        }
        self.now.max(self.ended_at) + TimeDelta::seconds(delay_s)
    }
}

const LONGEST_S: u64 = 30 * 3600;
const MOST_PARTS: u32 = 50;

/// Lets the class take place.
pub(crate) fn hold(
    world: &mut World,
    request: &HoldRequest,
    now: DateTime<Utc>,
) -> Result<HoldOutcome, HoldError> {
    let meeting = find(world, request)?.clone();
    check(request)?;
    let scheduled = (meeting.end - meeting.start).num_seconds().max(60);
    let length = request.length_s.map_or(scheduled, |seconds| seconds as i64);
    let started_at = request.started_at.unwrap_or(now - TimeDelta::seconds(length));
    let ended_at = started_at + TimeDelta::seconds(length);
    let mut outcome = HoldOutcome {
        meeting_id: meeting.id.clone(),
        join_url: meeting.join_url.clone(),
        thread_id: meeting.thread_id.clone(),
        started_at,
        ended_at,
        ..HoldOutcome::default()
    };
    if request.outcome == Outcome::NotHeld {
        outcome.not_recorded_because = Some("nobody came".to_owned());
        return Ok(outcome);
    }
    if let Some(held) = world.meetings.get_mut(&meeting.id) {
        held.held.push((started_at, ended_at));
        held.used_at = held.used_at.max(ended_at);
    }
    let people = story::present(world, &meeting, request, length);
    let call_id = world.random.guid();
    let lesson = Lesson { meeting, call_id, started_at, ended_at, people, now, told: Told::Nothing };
    outcome.call_id = Some(lesson.call_id.clone());
    aftermath::leave_recordings(world, &lesson, request, &mut outcome);
    aftermath::leave_attendance(world, &lesson, request, &mut outcome);
    chat::leave_chat(world, &lesson, request, &mut outcome);
    world.touch();
    Ok(outcome)
}

fn find<'w>(world: &'w World, request: &HoldRequest) -> Result<&'w Meeting, HoldError> {
    let unknown = |name: &str| HoldError::UnknownMeeting(name.to_owned());
    if let Some(id) = &request.meeting_id {
        return world.meetings.get(id).ok_or_else(|| unknown(id));
    }
    if let Some(id) = &request.event_id {
        let meeting = world.events.get(id).and_then(|event| event.meeting_id.as_ref());
        return meeting.and_then(|id| world.meetings.get(id)).ok_or_else(|| unknown(id));
    }
    let link = request.join_url.as_ref().ok_or_else(|| {
        HoldError::Invalid("join_url: name the meeting by join_url, meeting_id or event_id".to_owned())
    })?;
    world.meeting_by_link(link).ok_or_else(|| unknown(link))
}

fn check(request: &HoldRequest) -> Result<(), HoldError> {
    let invalid = |text: &str| Err(HoldError::Invalid(text.to_owned()));
    if request.length_s.is_some_and(|seconds| seconds == 0 || seconds > LONGEST_S) {
        return invalid("length_s: a class lasts 1 second to 30 hours");
    }
    if request.parts.is_some_and(|parts| parts == 0 || parts > MOST_PARTS) {
        return invalid("parts: 1 to 50");
    }
    if request.size_bytes.is_some_and(|size| size > 1 << 40) {
        return invalid("size_bytes: at most 1 TiB");
    }
    if let Some(Attendees::Count(count)) = request.attendees
        && count > 10_000
    {
        return invalid("attendees: at most 10000");
    }
    let delays = &request.delays;
    let far = [delays.recording, delays.transcript, delays.attendance, delays.chat, delays.files];
    if far.iter().any(|seconds| !(0..=366 * 86_400).contains(seconds)) {
        return invalid("delays: 0 seconds to one year");
    }
    Ok(())
}
