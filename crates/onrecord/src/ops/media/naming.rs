//! What a medium is called and what it is, as a program that saves or plays it is told. The media type comes from
//! a short list: nothing that was uploaded may run as a page of ours.

use chrono::NaiveDate;

use crate::model::artifact::ArtifactKind;
use crate::model::file_name::{RecordingName, safe_name};
use crate::store::media::{Medium, PlacedMedium};

/// Media types that are passed on as they are.
const SAFE_TYPES: [&str; 24] = [
    "video/mp4",
    "video/webm",
    "video/quicktime",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "application/pdf",
    "application/zip",
    "text/csv",
    "text/plain",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
    "application/rtf",
];

/// The media type to send; a recording that says nothing sound is MP4, a file is just bytes.
pub fn media_type(medium: &Medium) -> &'static str {
    let told = medium.mime_type.split(';').next().unwrap_or_default().trim();
    let safe = SAFE_TYPES.into_iter().find(|kind| kind.eq_ignore_ascii_case(told));
    match medium.kind {
        ArtifactKind::File => safe.unwrap_or("application/octet-stream"),
        _ => safe
            .filter(|kind| kind.starts_with("video/") || kind.starts_with("audio/"))
            .unwrap_or("video/mp4"),
    }
}

/// The name to save it under.
pub fn file_name(placed: &PlacedMedium) -> String {
    let medium = &placed.medium;
    let Some(place) = placed.place.as_ref().filter(|_| medium.kind == ArtifactKind::Recording) else {
        return safe_name(&medium.name, "file");
    };
    let name = RecordingName {
        course_code: &place.course_code,
        title: &place.title,
        day: day_in(&place.time_zone, medium.started_at.unwrap_or(place.starts_at)),
        part: placed.of_several.then_some(medium.part),
        ending: match media_type(medium) {
            "video/webm" => "webm",
            "video/quicktime" => "mov",
            "audio/mp4" => "m4a",
            "audio/mpeg" => "mp3",
            "audio/ogg" => "ogg",
            _ => "mp4",
        },
    };
    name.file_name()
}

/// What people call a recording: its class, its day there, and its part if there are several.
pub fn title(conference: &str, day: NaiveDate, part: Option<i64>) -> String {
    match part {
        Some(part) => format!("{conference} - {day}, part {part}"),
        None => format!("{conference} - {day}"),
    }
}

/// The day on which `moment` lies in an IANA zone; an unknown zone is read as UTC.
pub fn day_in(zone: &str, moment: chrono::DateTime<chrono::Utc>) -> NaiveDate {
    let zone: chrono_tz::Tz = zone.parse().unwrap_or(chrono_tz::UTC);
    moment.with_timezone(&zone).date_naive()
}
