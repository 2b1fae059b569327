//! What a class leaves behind: recordings and their files, transcripts, attendance.
//! Everything goes through `World::schedule`, so that delays and notifications work the same for all.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::chat::{Spoken, iso_duration, say};
use super::story::{Present, cues};
use super::{HeldAttendee, HeldRecording, HoldOutcome, HoldRequest, Lesson, Outcome, Told};
use crate::clock::precise;
use crate::drive::{Item, drive_id, tame_name};
use crate::media::Content;
use crate::routes::drive::{SHARE_HOST, quota_of, web_url};
use crate::world::{Arrival, Recording, Report, Transcript, World};

/// One stretch that was recorded.
pub(super) struct Stretch {
    pub(super) from: DateTime<Utc>,
    pub(super) to: DateTime<Utc>,
}

/// Where a recording file goes, once a drive with room is found.
struct Filed {
    drive_id: String,
    item: Item,
    url: String,
}

/// Records and transcribes, or says why not.
pub(crate) fn leave_recordings(
    world: &mut World,
    lesson: &Lesson,
    request: &HoldRequest,
    outcome: &mut HoldOutcome,
) {
    let reason = reason_against(world, lesson, request);
    let transcribe = is_transcribed(
        world,
        lesson,
        request,
        reason.is_none() || request.outcome == Outcome::TranscriptOnly,
    );
    if let Some(reason) = reason {
        outcome.not_recorded_because = Some(reason);
        if transcribe {
            leave_transcript_only(world, lesson, request, outcome);
        }
        return;
    }
    for stretch in stretches(lesson, request) {
        leave_stretch(world, lesson, request, &stretch, outcome);
    }
}

/// One recorded stretch with its transcript, or what Teams says of it when it comes to nothing.
pub(super) fn leave_stretch(
    world: &mut World,
    lesson: &Lesson,
    request: &HoldRequest,
    stretch: &Stretch,
    outcome: &mut HoldOutcome,
) {
    if matches!(request.outcome, Outcome::RecordingFailed | Outcome::NeverOffered) {
        come_to_nothing(world, lesson, request, stretch);
        outcome.not_recorded_because = Some("Microsoft offers nothing of it".to_owned());
        return;
    }
    let transcribe = is_transcribed(world, lesson, request, true);
    let correlation = format!("{}-0", world.random.guid());
    leave_recording(world, lesson, request, (stretch, &correlation, transcribe), outcome);
    if transcribe {
        leave_transcript(world, lesson, request, (stretch, &correlation), outcome);
    }
}

fn is_transcribed(world: &World, lesson: &Lesson, request: &HoldRequest, usually: bool) -> bool {
    request.transcribe.unwrap_or(usually)
        && world.tenant.meeting_policy.allow_transcription
        && lesson.meeting.flag("allowTranscription")
        && request.outcome != Outcome::NoTranscript
}

/// The chat's words about a recording of which nothing is left.
fn come_to_nothing(world: &mut World, lesson: &Lesson, request: &HoldRequest, stretch: &Stretch) {
    let name = file_name(lesson, stretch.from - TimeDelta::seconds(2), "Meeting Recording");
    if lesson.told == Told::Nothing {
        tell_recording(world, lesson, (stretch.from, lesson.due(0)), (&name, "initial", None));
    }
    let status = if request.outcome == Outcome::RecordingFailed { "failure" } else { "success" };
    let url = format!("{SHARE_HOST}/personal/nobody/Documents/Recordings/{name}");
    let url = (status == "success").then_some(url.as_str());
    tell_recording(world, lesson, (stretch.to, lesson.due(request.delays.recording)), (&name, status, url));
}

/// Why nobody may record at all, or why nobody did.
pub(super) fn reason_against(world: &World, lesson: &Lesson, request: &HoldRequest) -> Option<String> {
    let because = |text: &str| Some(text.to_owned());
    match request.outcome {
        Outcome::NotRecorded => return because("nobody recorded"),
        Outcome::TranscriptOnly => return because("only transcribed"),
        _ => {}
    }
    if let Some(reason) = forbidden(world, lesson) {
        return Some(reason);
    }
    if !request.record.unwrap_or_else(|| lesson.meeting.flag("recordAutomatically")) {
        return because("recordAutomatically is off and nobody pressed Record");
    }
    if request.record.is_none() && lesson.people.iter().all(|one| one.role == "Attendee") {
        return because("nobody who may record joined");
    }
    None
}

/// Why a recording cannot begin, whoever presses Record or whatever is set.
pub(super) fn forbidden(world: &World, lesson: &Lesson) -> Option<String> {
    let because = |text: &str| Some(text.to_owned());
    if !world.tenant.meeting_policy.allow_cloud_recording {
        return because("the tenant's meeting policy forbids cloud recording");
    }
    if !lesson.meeting.flag("allowRecording") {
        return because("allowRecording is off");
    }
    if lesson.meeting.flag("isEndToEndEncryptionEnabled") {
        return because("end-to-end encrypted meetings cannot be recorded");
    }
    None
}

/// The recorded stretches: whole, in parts, cut short or after a false start.
fn stretches(lesson: &Lesson, request: &HoldRequest) -> Vec<Stretch> {
    let length = lesson.ended_at - lesson.started_at;
    let lag = TimeDelta::seconds(8).min(length / 20);
    let start = lesson.started_at + lag;
    match request.outcome {
        Outcome::StoppedEarly => vec![Stretch { from: start, to: lesson.started_at + length / 3 }],
        Outcome::FalseStart => {
            let trial = TimeDelta::seconds(20).min(length / 4);
            vec![
                Stretch { from: start, to: start + trial },
                Stretch { from: start + trial * 2, to: lesson.ended_at },
            ]
        }
        _ => {
            let parts = request.parts.unwrap_or(1) as i32;
            let piece = (lesson.ended_at - start) / parts;
            (0..parts)
                .map(|part| Stretch {
                    from: start + piece * part,
                    to: if part + 1 == parts { lesson.ended_at } else { start + piece * (part + 1) },
                })
                .collect()
        }
    }
}

pub(super) fn file_name(lesson: &Lesson, at: DateTime<Utc>, suffix: &str) -> String {
    let stamp = at.format("%Y%m%d_%H%M%S");
    format!("{}-{stamp}UTC-{suffix}.mp4", tame_name(&lesson.meeting.subject))
}

fn leave_recording(
    world: &mut World,
    lesson: &Lesson,
    request: &HoldRequest,
    (stretch, correlation, transcribed): (&Stretch, &str, bool),
    outcome: &mut HoldOutcome,
) {
    let id = world.random.guid();
    let duration_ms = (stretch.to - stretch.from).num_milliseconds().max(1000) as u64;
    let content =
        Content::Class { length_ms: duration_ms, label: id.clone(), size_bytes: request.size_bytes };
    let measure = content.measure();
    let offered_at = lesson.due(request.delays.recording);
    let name = file_name(lesson, stretch.from - TimeDelta::seconds(2), "Meeting Recording");
    let filed = file_away(world, lesson, request, (&name, &content, offered_at));
    let recording = Recording {
        id: id.clone(),
        call_id: lesson.call_id.clone(),
        correlation_id: correlation.to_owned(),
        created_at: stretch.from,
        ended_at: stretch.to,
        content,
        exported: transcribed,
        sequence: 0,
    };
    if lesson.told == Told::Nothing {
        tell_recording(world, lesson, (stretch.from, lesson.due(0)), (&name, "initial", None));
    }
    let url = filed.as_ref().map(|filed| filed.url.clone());
    let event = recording_event(world, lesson, (&name, "success", url.as_deref()), duration_ms);
    say(world, lesson, (stretch.to, offered_at), Spoken::Event(event));
    outcome.recordings.push(HeldRecording {
        id,
        drive_id: filed.as_ref().map(|filed| filed.drive_id.clone()),
        item_id: filed.as_ref().map(|filed| filed.item.id.clone()),
        name: filed.as_ref().map_or(name.clone(), |filed| filed.item.name.clone()),
        size_bytes: measure.size,
        quick_xor_hash: measure.hash,
        duration_ms,
        offered_at,
    });
    world.schedule(
        offered_at,
        lesson.now,
        Arrival::Recording { meeting_id: lesson.meeting.id.clone(), recording: Box::new(recording) },
    );
    if let Some(filed) = filed {
        world.schedule(
            offered_at,
            lesson.now,
            Arrival::File { drive_id: filed.drive_id, item: Box::new(filed.item) },
        );
    }
}

type Progress<'a> = (&'a str, &'static str, Option<&'a str>);

/// Says in the chat how far a recording has come: its name, status and, once saved, address.
pub(super) fn tell_recording(
    world: &mut World,
    lesson: &Lesson,
    when: (DateTime<Utc>, DateTime<Utc>),
    what: Progress<'_>,
) {
    let event = recording_event(world, lesson, what, 0);
    say(world, lesson, when, Spoken::Event(event));
}

fn recording_event(
    world: &World,
    lesson: &Lesson,
    (name, status, url): Progress<'_>,
    duration_ms: u64,
) -> Value {
    let initiator = lesson.people.first().map(|one| one.identity(&world.tenant.tenant_id));
    json!({
        "@odata.type": "#microsoft.graph.callRecordingEventMessageDetail", "callId": lesson.call_id,
        "callRecordingDisplayName": name, "callRecordingUrl": url, "callRecordingStatus": status,
        "callRecordingDuration": iso_duration(duration_ms), "initiator": { "user": initiator },
        "meetingOrganizer": { "user": { "id": lesson.meeting.organizer, "userIdentityType": "aadUser" } },
    })
}

/// Finds a drive with room: the organizer's, a co-organizer's, then whoever presented.
fn file_away(
    world: &mut World,
    lesson: &Lesson,
    request: &HoldRequest,
    (name, content, at): (&str, &Content, DateTime<Utc>),
) -> Option<Filed> {
    let id = format!("01{}", world.random.base32(32));
    let size = content.measure().size;
    let mut owners: Vec<String> = Vec::new();
    if request.outcome != Outcome::QuotaFull {
        owners.push(lesson.meeting.organizer.clone());
    }
    let listed = lesson.meeting.props["participants"]["attendees"].as_array().into_iter().flatten();
    let mut deputies: Vec<String> = listed
        .filter(|one| one["role"] == "coorganizer")
        .filter_map(|one| one["identity"]["user"]["id"].as_str().map(str::to_owned))
        .collect();
    deputies.sort();
    owners.extend(deputies);
    owners
        .extend(lesson.people.iter().filter(|one| one.role == "Presenter").filter_map(|one| one.id.clone()));
    let drive = owners.iter().find_map(|owner| {
        let drive = crate::routes::drive::find(world, &drive_id(owner)).ok()?;
        (drive.remaining(quota_of(world, drive)) >= size).then_some(drive)
    })?;
    let folder = drive.special("recordings").map_or_else(|| drive.root.clone(), |folder| folder.id.clone());
    let mut item = Item::folder(id, Some(folder.clone()), name, &drive.owner, at).with_file(
        "video/mp4",
        content.clone(),
        at,
    );
    // The chat names the file as it will be called, before it is offered.
    let awaited: Vec<&str> = world.pending.files(&drive.id).collect();
    item.name = drive.free_name_beside(&folder, name, "", &awaited);
    item.shared = true;
    let days = world.tenant.meeting_policy.recording_expiration_days;
    item.expires_at = (days >= 0).then(|| at + TimeDelta::days(days));
    let url = web_url(world, drive, &item);
    Some(Filed { drive_id: drive.id.clone(), item, url })
}

fn leave_transcript(
    world: &mut World,
    lesson: &Lesson,
    request: &HoldRequest,
    (stretch, correlation): (&Stretch, &str),
    outcome: &mut HoldOutcome,
) {
    let id = world.random.guid();
    let length_ms = (stretch.to - stretch.from).num_milliseconds();
    let start_ms = if world.tenant.switches.negative_cues { -2500 } else { 1200 };
    let transcript = Transcript {
        id: id.clone(),
        call_id: lesson.call_id.clone(),
        correlation_id: correlation.to_owned(),
        created_at: stretch.from,
        ended_at: stretch.to,
        cues: cues(&lesson.people, &lesson.meeting.subject, length_ms, start_ms),
        sequence: 0,
    };
    let due = lesson.due(request.delays.transcript);
    let event = world
        .meetings
        .get(&lesson.meeting.id)
        .and_then(|meeting| meeting.event_id.as_ref())
        .and_then(|id| world.events.get(id));
    let detail = json!({
        "@odata.type": "#microsoft.graph.callTranscriptEventMessageDetail", "callId": lesson.call_id,
        "callTranscriptICalUid": event.map(|event| &event.uid),
        "meetingOrganizer": { "user": { "id": lesson.meeting.organizer, "userIdentityType": "aadUser" } },
    });
    say(world, lesson, (stretch.to + TimeDelta::seconds(1), due), Spoken::Event(detail));
    outcome.transcript_ids.push(id);
    world.schedule(
        due,
        lesson.now,
        Arrival::Transcript { meeting_id: lesson.meeting.id.clone(), transcript: Box::new(transcript) },
    );
}

fn leave_transcript_only(
    world: &mut World,
    lesson: &Lesson,
    request: &HoldRequest,
    outcome: &mut HoldOutcome,
) {
    let stretch = Stretch { from: lesson.started_at, to: lesson.ended_at };
    let correlation = format!("{}-0", world.random.guid());
    let label = world.random.guid();
    leave_transcript(world, lesson, request, (&stretch, &correlation), outcome);
    let due = lesson.due(request.delays.transcript);
    let name = file_name(lesson, stretch.from, "Meeting Transcript");
    if let Some(filed) = file_away(world, lesson, request, (&name, &Content::Shell { label }, due)) {
        world.schedule(
            due,
            lesson.now,
            Arrival::File { drive_id: filed.drive_id, item: Box::new(filed.item) },
        );
    }
}

/// The attendance report of this session.
pub(crate) fn leave_attendance(
    world: &mut World,
    lesson: &Lesson,
    request: &HoldRequest,
    outcome: &mut HoldOutcome,
) {
    let id = world.random.guid();
    let tenant_id = world.tenant.tenant_id.clone();
    let records =
        lesson.people.iter().map(|one| record(lesson, one, (&tenant_id, world.random.guid()))).collect();
    outcome.attendees = lesson
        .people
        .iter()
        .map(|one| HeldAttendee { name: one.name.clone(), email: one.email.clone(), seconds: one.seconds() })
        .collect();
    outcome.attendance_report_id = Some(id.clone());
    let report = Report { id, started_at: lesson.started_at, ended_at: lesson.ended_at, records };
    let due = lesson.due(request.delays.attendance);
    world.schedule(
        due,
        lesson.now,
        Arrival::Report { meeting_id: lesson.meeting.id.clone(), report: Box::new(report) },
    );
}

fn record(lesson: &Lesson, one: &Present, (tenant_id, anonymous): (&str, String)) -> Value {
    let at = |seconds: i64| precise(lesson.started_at + TimeDelta::seconds(seconds));
    let intervals: Vec<Value> = one
        .stays
        .iter()
        .map(|(from, to)| json!({ "joinDateTime": at(*from), "leaveDateTime": at(*to), "durationInSeconds": to - from }))
        .collect();
    json!({
        "id": one.id.clone().unwrap_or(anonymous), "emailAddress": one.id.as_ref().and(one.email.as_ref()),
        "totalAttendanceInSeconds": one.seconds(), "role": one.role, "registrationId": null,
        "identity": { "@odata.type": "#microsoft.graph.communicationsUserIdentity", "id": one.id, "displayName": one.name,
            "tenantId": one.id.as_ref().map(|_| tenant_id) },
        "attendanceIntervals": intervals,
    })
}
