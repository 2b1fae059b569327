//! Recordings and transcripts: per meeting, all of an organizer, and what changed.
//! Doc: resources/callrecording, calltranscript; api/onlinemeeting-list-recordings, onlinemeeting-getallrecordings, callrecording-delta.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::online_meetings::{covered, find};
use crate::clock::precise;
use crate::http::{Answer, Call, Family, Refusal, Reply, ReplyBody, function_arguments, unknown};
use crate::odata::{PageRule, link, narrow, open_token, page, seal_token, select};
use crate::tenant::{RecordingContent, TranscriptApi, User};
use crate::vtt;
use crate::world::{Meeting, Recording, Transcript, World};
use crate::zones;

const PAGES: PageRule = PageRule { default: 100, max: 999 };
const PLAIN: &str = "application/vnd.microsoft.graph.transcript+text";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Recordings,
    Transcripts,
}

impl Kind {
    fn permissions(self) -> &'static [&'static str] {
        match self {
            Self::Recordings => &["OnlineMeetingRecording.Read.All"],
            Self::Transcripts => &["OnlineMeetingTranscript.Read.All"],
        }
    }
}

/// Everything below one meeting's `recordings` or `transcripts`.
pub(crate) fn answer(
    world: &mut World,
    call: &Call,
    user: &User,
    (meeting, kind, rest): (&str, &str, &[&str]),
) -> Answer {
    if call.method != Method::GET {
        return Err(unknown(call));
    }
    let kind = if kind == "recordings" { Kind::Recordings } else { Kind::Transcripts };
    allowed(world, call, user, kind)?;
    let meeting = find(world, call, user, meeting)?;
    if !meeting.calendar_backed {
        let status = StatusCode::from_u16(world.tenant.switches.standalone_artifacts_status)
            .unwrap_or(StatusCode::BAD_REQUEST);
        return Err(Refusal::new(
            status,
            "BadRequest",
            "No iCalUid found for the meeting. This API is supported only for calendar backed OnlineMeeting.",
        ));
    }
    match (kind, rest) {
        (_, []) => {
            let items = narrow(
                call,
                of_meeting(world, call, (meeting, kind), 0).into_iter().map(|(_, shown)| shown).collect(),
            )?;
            let mut body = page(call, items, PAGES, world.tenant.switches.page_size)?;
            body["@odata.count"] = body["value"].as_array().map_or(0, Vec::len).into();
            Ok(Reply::ok(body))
        }
        (_, ["delta" | "delta()"]) => {
            let after = position(world, call)?;
            Ok(delta(world, call, of_meeting(world, call, (meeting, kind), after)))
        }
        (Kind::Recordings, [id]) => {
            Ok(Reply::ok(select(call, show_recording(world, &call.base, meeting, recording(meeting, id)?))))
        }
        (Kind::Recordings, [id, "content"]) => Ok(content(world, call, meeting, recording(meeting, id)?)),
        (Kind::Transcripts, [id]) => {
            Ok(Reply::ok(select(call, show_transcript(world, &call.base, meeting, transcript(meeting, id)?))))
        }
        (Kind::Transcripts, [id, "content"]) => words(world, call, transcript(meeting, id)?),
        (Kind::Transcripts, [id, "metadataContent"]) => {
            Ok(Reply::text("text/vtt", vtt::metadata(transcript(meeting, id)?)))
        }
        _ => Err(unknown(call)),
    }
}

/// `getAllRecordings(…)`, `getAllTranscripts(…)` and their deltas.
pub(crate) fn all(world: &mut World, call: &Call, user: &User, (function, rest): (&str, &[&str])) -> Answer {
    let kind = if function.starts_with("getAllRecordings") {
        Kind::Recordings
    } else if function.starts_with("getAllTranscripts") {
        Kind::Transcripts
    } else {
        return Err(unknown(call));
    };
    if call.method != Method::GET {
        return Err(unknown(call));
    }
    allowed(world, call, user, kind)?;
    let arguments = function_arguments(call, function);
    let argument = |name: &str| {
        arguments.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    };
    check_organizer(call, user, argument("meetingOrganizerUserId"))?;
    let bound = |name: &str| match argument(name).filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => zones::moment(text)
            .map(Some)
            .ok_or_else(|| Refusal::bad("BadRequest", format!("{name} '{text}' is no date."))),
    };
    let (from, to) = (bound("startDateTime")?, bound("endDateTime")?);
    let after = if rest.is_empty() { 0 } else { position(world, call)? };
    let meetings: Vec<&Meeting> = match after {
        0 => world.meetings.of_organizer(&user.id).collect(),
        _ => world.meetings.reached_after(after).filter(|meeting| meeting.organizer == user.id).collect(),
    };
    let mut found: Vec<(u64, Value)> = meetings
        .into_iter()
        .filter(|meeting| meeting.calendar_backed && !meeting.expired(call.now))
        .flat_map(|meeting| exported(world, call, (meeting, kind), after))
        .filter(|(_, shown)| {
            let at = shown["createdDateTime"].as_str().and_then(zones::moment);
            from.is_none_or(|from| at >= Some(from)) && to.is_none_or(|to| at < Some(to))
        })
        .collect();
    found.sort_by_key(|(sequence, _)| *sequence);
    match rest {
        [] => {
            let items = found.into_iter().map(|(_, shown)| shown).collect();
            Ok(Reply::ok(page(call, items, PAGES, world.tenant.switches.page_size)?))
        }
        ["delta" | "delta()"] => Ok(delta(world, call, found)),
        _ => Err(unknown(call)),
    }
}

/// The organizer, as argument or filter, has to be the user in the path.
fn check_organizer(call: &Call, user: &User, given: Option<&str>) -> Result<(), Refusal> {
    let by_filter = call.option("filter").and_then(|filter| {
        let (field, id) = filter.split_once(" eq ")?;
        field
            .trim()
            .eq_ignore_ascii_case("MeetingOrganizer/User/Id")
            .then(|| id.trim().trim_matches('\'').to_owned())
    });
    let organizer = given.map(str::to_owned).or(by_filter).filter(|id| !id.is_empty());
    match organizer {
        None => Err(Refusal::bad("BadRequest", "meetingOrganizerUserId is required.")),
        Some(id) if !id.eq_ignore_ascii_case(&user.id) => Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            "The meetingOrganizerUserId must be the user in the path.",
        )),
        Some(_) => Ok(()),
    }
}

fn allowed(world: &World, call: &Call, user: &User, kind: Kind) -> Result<(), Refusal> {
    call.need(Family::Teams, kind.permissions())?;
    if kind == Kind::Transcripts && world.tenant.meeting_policy.transcript_api == TranscriptApi::Off {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            "Access to transcripts through Graph is turned off by the tenant administrator.",
        )
        .inner("GraphAccessToTranscriptsDisabled"));
    }
    if world.tenant.access_policy.covers(&user.id) {
        return covered(world, user);
    }
    Err(Refusal::new(
        StatusCode::FORBIDDEN,
        "Forbidden",
        format!(
            "Application is not allowed to perform operations on the user '{}', neither is allowed access through RSC permission evaluation.",
            user.id
        ),
    ))
}

/// Artifacts of one meeting that came after a sequence, ready to show.
fn of_meeting(
    world: &World,
    call: &Call,
    (meeting, kind): (&Meeting, Kind),
    after: u64,
) -> Vec<(u64, Value)> {
    match kind {
        Kind::Recordings => meeting
            .recordings
            .iter()
            .filter(|one| one.sequence > after)
            .map(|one| (one.sequence, show_recording(world, &call.base, meeting, one)))
            .collect(),
        Kind::Transcripts => meeting
            .transcripts
            .iter()
            .filter(|one| one.sequence > after)
            .map(|one| (one.sequence, show_transcript(world, &call.base, meeting, one)))
            .collect(),
    }
}

/// What the organizer-wide lists know: not what was recorded without transcription (known issue 22933).
fn exported(world: &World, call: &Call, (meeting, kind): (&Meeting, Kind), after: u64) -> Vec<(u64, Value)> {
    let strict = world.tenant.switches.export_needs_transcription;
    let hidden: Vec<u64> =
        meeting.recordings.iter().filter(|one| strict && !one.exported).map(|one| one.sequence).collect();
    let mut found = of_meeting(world, call, (meeting, kind), after);
    found.retain(|(sequence, _)| kind == Kind::Transcripts || !hidden.contains(sequence));
    found
}

/// The sequence a delta call goes on from; older rows may come again (known issue 22934).
fn position(world: &World, call: &Call) -> Result<u64, Refusal> {
    let (token, kind) = match call.option("deltatoken") {
        Some(token) => (Some(token), "ad"),
        None => (call.option("skiptoken"), "as"),
    };
    let since = match token {
        None => 0,
        Some(token) => open_token(token, kind)
            .and_then(|text| text.parse::<u64>().ok())
            .ok_or_else(|| Refusal::bad("BadRequest", "Badly formed token."))?,
    };
    let repeats = world.tenant.switches.artifact_delta_repeats && kind == "ad";
    Ok(if repeats { since.saturating_sub(3) } else { since })
}

/// Pages through changes by sequence; the last page carries the delta link.
fn delta(world: &World, call: &Call, mut items: Vec<(u64, Value)>) -> Reply {
    items.sort_by_key(|(sequence, _)| *sequence);
    let top = call
        .option("top")
        .and_then(|top| top.parse::<usize>().ok())
        .unwrap_or(PAGES.default)
        .clamp(1, PAGES.max);
    let length = world.tenant.switches.page_size.map_or(top, |smallest| top.min(smallest.max(1)));
    let more = items.len() > length;
    items.truncate(length);
    let last = items.last().map_or(world.sequence, |(sequence, _)| *sequence);
    let mut body = json!({ "@odata.context": crate::odata::context(call) });
    if more {
        body["@odata.nextLink"] = link(call, &[("$skiptoken", &seal_token("as", &last.to_string()))]).into();
    } else {
        body["@odata.deltaLink"] =
            link(call, &[("$deltatoken", &seal_token("ad", &world.sequence.to_string()))]).into();
    }
    body["value"] = items.into_iter().map(|(_, shown)| select(call, shown)).collect();
    Reply::ok(body)
}

fn missing() -> Refusal {
    Refusal::missing("NotFound", "The requested artifact was not found.")
}

fn recording<'m>(meeting: &'m Meeting, id: &str) -> Result<&'m Recording, Refusal> {
    meeting.recordings.iter().find(|one| one.id == id).ok_or_else(missing)
}

fn transcript<'m>(meeting: &'m Meeting, id: &str) -> Result<&'m Transcript, Refusal> {
    meeting.transcripts.iter().find(|one| one.id == id).ok_or_else(missing)
}

/// The address of one artifact, ids as they stand in a path.
fn address(base: &str, meeting: &Meeting, kind: &str, id: &str) -> String {
    let encode = |text: &str| percent_encoding::utf8_percent_encode(text, super::PATH_SAFE).to_string();
    format!(
        "{}/users/{}/onlineMeetings/{}/{kind}/{}",
        base,
        meeting.organizer,
        encode(&meeting.id),
        encode(id)
    )
}

fn identity(world: &World, meeting: &Meeting) -> Value {
    json!({ "application": null, "device": null, "user": {
        "@odata.type": "#microsoft.graph.teamworkUserIdentity", "id": meeting.organizer, "displayName": null,
        "userIdentityType": "aadUser", "tenantId": world.tenant.tenant_id } })
}

fn show_recording(world: &World, base: &str, meeting: &Meeting, one: &Recording) -> Value {
    json!({
        "id": one.id, "meetingId": meeting.id, "callId": one.call_id, "contentCorrelationId": one.correlation_id,
        "createdDateTime": precise(one.created_at), "endDateTime": precise(one.ended_at),
        "recordingContentUrl": format!("{}/content", address(base, meeting, "recordings", &one.id)),
        "meetingOrganizer": identity(world, meeting),
    })
}

fn show_transcript(world: &World, base: &str, meeting: &Meeting, one: &Transcript) -> Value {
    json!({
        "id": one.id, "meetingId": meeting.id, "callId": one.call_id, "contentCorrelationId": one.correlation_id,
        "createdDateTime": precise(one.created_at), "endDateTime": precise(one.ended_at),
        "transcriptContentUrl": format!("{}/content", address(base, meeting, "transcripts", &one.id)),
        "meetingOrganizer": identity(world, meeting),
    })
}

/// A recording or transcript as a rich notification carries it: addresses in it are relative.
pub(crate) fn as_news(world: &World, meeting: &str, id: &str) -> Option<Value> {
    let meeting = world.meetings.get(meeting)?;
    let recording = meeting.recordings.iter().find(|one| one.id == id);
    let shown = recording.map(|one| show_recording(world, "", meeting, one)).or_else(|| {
        let transcript = meeting.transcripts.iter().find(|one| one.id == id)?;
        Some(show_transcript(world, "", meeting, transcript))
    });
    let mut shown = shown?;
    for name in ["recordingContentUrl", "transcriptContentUrl"] {
        if let Some(relative) = shown[name].as_str().map(|url| url.trim_start_matches('/').to_owned()) {
            shown[name] = relative.into();
        }
    }
    Some(shown)
}

fn content(world: &World, call: &Call, meeting: &Meeting, one: &Recording) -> Reply {
    match world.tenant.switches.recording_content {
        RecordingContent::Direct => Reply {
            status: StatusCode::OK,
            headers: Vec::new(),
            body: ReplyBody::File("video/mp4", world.blobs.render(&one.content)),
        },
        RecordingContent::Redirect => {
            let key = format!("{}*{}", meeting.id, one.id);
            Reply::empty(StatusCode::FOUND)
                .with("location", crate::download::sign(world, call, "recording", &key))
        }
    }
}

fn words(world: &World, call: &Call, one: &Transcript) -> Answer {
    let accept = call.option("format").or_else(|| call.header("accept")).unwrap_or_default();
    if accept.contains(PLAIN) {
        return Ok(Reply::text("application/vnd.microsoft.graph.transcript+text", vtt::plain(one)));
    }
    if accept.contains("docx") || accept.contains("wordprocessingml") {
        return Err(Refusal::bad("BadRequest", "The requested format is not supported. Use text/vtt."));
    }
    if world.tenant.meeting_policy.transcript_api == TranscriptApi::WithoutSpeakers {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "Forbidden",
            "Speaker attribution is not allowed by the tenant administrator.",
        )
        .inner("SpeakerAttributionNotAllowed"));
    }
    Ok(Reply::text("text/vtt", vtt::captions(one)))
}
