//! The page behind a local join link: hold the class in seconds, without script.
//! It stands where Teams would be; nothing of the product may depend on it.

use http::{Method, StatusCode};

use crate::http::{Call, Reply, decode_query};
use crate::script::{self, HoldOutcome, HoldRequest, Outcome};
use crate::server::Shared;
use crate::world::Meeting;

const STYLE: &str = include_str!("join_page.css");

pub(crate) fn is_ours(call: &Call) -> bool {
    let first = call.segments.first().map(String::as_str);
    first == Some("meet")
        || (first == Some("l") && call.segments.get(1).is_some_and(|second| second == "meetup-join"))
}

pub(crate) fn answer(shared: &Shared, call: &Call) -> Reply {
    let link = if call.raw_query.is_empty() {
        format!("{}{}", call.origin, call.path)
    } else {
        format!("{}{}?{}", call.origin, call.path, call.raw_query)
    };
    let meeting = {
        let mut world = shared.world();
        world.settle(call.now);
        find(&world, call, &link)
    };
    let Some(meeting) = meeting else {
        return page(
            StatusCode::NOT_FOUND,
            "Meeting not found",
            "<p>The simulator knows no meeting by this link. It may have been cancelled.</p>",
        );
    };
    if call.method != Method::POST {
        return page(StatusCode::OK, &meeting.subject, &choices(&meeting));
    }
    let form = decode_query(std::str::from_utf8(&call.body).unwrap_or_default());
    let way = form.iter().find(|(name, _)| name == "way").map_or("held", |(_, value)| value.as_str());
    let mut request = HoldRequest { meeting_id: Some(meeting.id.clone()), ..HoldRequest::default() };
    if let Some(reply) = live(shared, call, &meeting, way) {
        return reply;
    }
    match way {
        "stopped_early" => request.outcome = Outcome::StoppedEarly,
        "not_held" => request.outcome = Outcome::NotHeld,
        "parts" => request.parts = Some(3),
        _ => {}
    }
    let held = script::hold(&mut shared.world(), &request, call.now);
    shared.news.notify_one();
    match held {
        Ok(outcome) => page(StatusCode::OK, &meeting.subject, &result(&outcome)),
        Err(error) => page(
            StatusCode::UNPROCESSABLE_ENTITY,
            &meeting.subject,
            &format!("<p>{}</p>", escape(&error.to_string())),
        ),
    }
}

/// The buttons of a class that goes on: `None` for those that hold it in one go.
fn live(shared: &Shared, call: &Call, meeting: &Meeting, way: &str) -> Option<Reply> {
    let request = HoldRequest { meeting_id: Some(meeting.id.clone()), ..HoldRequest::default() };
    let press = |on| script::RecordRequest { join_url: meeting.join_url.clone(), on };
    let done = match way {
        "begin" => script::begin(&mut shared.world(), &request, call.now).map(|_| None),
        "record" => script::record(&mut shared.world(), &press(true), call.now).map(|_| None),
        "stop" => script::record(&mut shared.world(), &press(false), call.now).map(|_| None),
        "end" => script::end(&mut shared.world(), &request, call.now).map(Some),
        _ => return None,
    };
    shared.news.notify_one();
    let now = shared.world().meetings.get(&meeting.id).cloned().unwrap_or_else(|| meeting.clone());
    Some(match done {
        Ok(Some(outcome)) => page(StatusCode::OK, &meeting.subject, &result(&outcome)),
        Ok(None) => page(StatusCode::OK, &meeting.subject, &choices(&now)),
        Err(error) => page(
            StatusCode::UNPROCESSABLE_ENTITY,
            &meeting.subject,
            &format!("<p>{}</p>", escape(&error.to_string())),
        ),
    })
}

fn find(world: &crate::world::World, call: &Call, link: &str) -> Option<Meeting> {
    let by_link = world.meeting_by_link(link).cloned();
    by_link.or_else(|| {
        let code =
            call.segments.get(1).filter(|_| call.segments.first().is_some_and(|first| first == "meet"))?;
        world
            .meetings
            .values()
            .find(|meeting| meeting.props["joinMeetingIdSettings"]["joinMeetingId"] == code.as_str())
            .cloned()
    })
}

/// The simulator's front door: what this is and where to look.
pub(crate) fn front(origin: &str) -> Reply {
    let body = format!(
        "<p>This is a Microsoft Graph that runs on your own machine. Nothing here leaves it.</p>\
         <p class=\"quiet\">Graph: <code>{0}/v1.0</code><br>Control: <a href=\"{0}/sim\">{0}/sim</a></p>",
        escape(origin)
    );
    page(StatusCode::OK, "Microsoft Graph simulator", &body)
}

fn choices(meeting: &Meeting) -> String {
    let when =
        format!("{} to {} UTC", meeting.start.format("%A %-d %B %Y, %H:%M"), meeting.end.format("%H:%M"));
    let recording = if meeting.flag("recordAutomatically") {
        "<p class=\"badge on\">Records automatically</p>"
    } else {
        "<p class=\"badge off\">Does not record automatically: nobody will press Record here</p>"
    };
    if let Some(on) = &meeting.live {
        return format!("<p class=\"quiet\">{when}</p>{}", running(on));
    }
    let buttons = [
        ("held", "Hold the class", "It takes its scheduled length and ends now.", "primary"),
        ("parts", "Hold it in three recordings", "As after long classes or restarts.", ""),
        ("stopped_early", "Hold it, recording stops early", "Somebody stopped after a third.", ""),
        ("not_held", "Nobody came", "Nothing is recorded, nobody attended.", ""),
        ("begin", "Begin the class now", "It goes on until you end it.", ""),
    ]
    .map(button)
    .concat();
    format!("<p class=\"quiet\">{when}</p>{recording}<h2>What happens in this class?</h2>{buttons}")
}

fn button((way, name, hint, class): (&str, &str, &str, &str)) -> String {
    format!(
        "<form method=\"post\"><input type=\"hidden\" name=\"way\" value=\"{way}\"><button class=\"{class}\">{name}</button><span class=\"quiet\">{hint}</span></form>"
    )
}

/// The class is on: what one may press in Teams.
fn running(on: &script::Live) -> String {
    let (badge, press) = if on.recording_since.is_some() {
        (
            "<p class=\"badge on\">The class is on and is being recorded</p>",
            ("stop", "Stop the recording", "The class goes on without.", ""),
        )
    } else {
        (
            "<p class=\"badge off\">The class is on and is not being recorded</p>",
            ("record", "Press Record", "Somebody who may record presses it.", "primary"),
        )
    };
    let end = ("end", "End the class", "What was recorded is offered.", "");
    format!("{badge}<h2>What happens now?</h2>{}{}", button(press), button(end))
}

fn result(outcome: &HoldOutcome) -> String {
    if outcome.call_id.is_none() {
        return "<p>Nobody came. There is no recording, no attendance and no chat.</p>".to_owned();
    }
    let mut lines = Vec::new();
    for recording in &outcome.recordings {
        let (minutes, seconds) = (recording.duration_ms / 60_000, recording.duration_ms / 1000 % 60);
        lines.push(format!(
            "a recording of {minutes} min {seconds} s, {} kB: <code>{}</code>",
            recording.size_bytes / 1000,
            escape(&recording.name)
        ));
    }
    if let Some(reason) = &outcome.not_recorded_because {
        lines.push(format!("<strong>no recording</strong>: {}", escape(reason)));
    }
    lines.push(counted(outcome.transcript_ids.len(), "transcript"));
    lines.push(format!("attendance of {} people", outcome.attendees.len()));
    lines.push(format!(
        "{} and {}",
        counted(outcome.chat_messages, "chat message"),
        counted(outcome.files.len(), "shared file")
    ));
    let list = format!("<li>{}</li>", lines.join("</li><li>"));
    format!(
        "<p class=\"badge on\">The class is over</p><p>Microsoft 365 now offers:</p><ul>{list}</ul><p class=\"quiet\">You can close this page; the recording arrives on the class page shortly.</p>"
    )
}

/// "1 transcript", "3 transcripts".
fn counted(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

fn page(status: StatusCode, title: &str, body: &str) -> Reply {
    let title = escape(title);
    let mut reply = Reply::text(
        "text/html; charset=utf-8",
        format!(
            "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <link rel=\"icon\" href=\"data:,\"><title>{title} - Simulated Teams meeting</title><style>{STYLE}</style></head><body><main>\
             <p class=\"kicker\">Simulated Teams meeting</p><h1>{title}</h1>{body}</main></body></html>"
        ),
    );
    reply.status = status;
    reply
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
