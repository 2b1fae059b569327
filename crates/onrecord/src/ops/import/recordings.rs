//! `recordings.csv`: recordings that are in OneDrive already, with the class they are of. The school says whose they
//! are, so the match is certain; their bytes are read when somebody watches.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::slots::learn_conferences;
use super::table::{Line, Once, Sheet, about, no_conference, open, quoted};
use super::{Run, Source};
use crate::model::id::{ConferenceId, MeetingId};
use crate::ops::{Result, say, say_with};
use crate::store::import::{self, ImportedRecording, KnownRecording};

const SHEET: Sheet = Sheet {
    file: "recordings.csv",
    columns: &[
        "id",
        "conference_id",
        "title",
        "onedrive_drive_id",
        "onedrive_item_id",
        "file_size",
        "duration_minutes",
        "recorded_at",
    ],
    required: &["id", "conference_id", "onedrive_drive_id", "onedrive_item_id"],
};

/// Longest recording that can be meant.
const LONGEST_MINUTES: f64 = 60.0 * 48.0;

#[derive(Debug)]
struct RecordingRow {
    id: String,
    conference: String,
    title: Option<String>,
    drive_id: String,
    item_id: String,
    size_bytes: Option<i64>,
    duration_ms: Option<i64>,
    recorded_at: Option<String>,
}

fn read(line: &mut Line<'_>) -> Option<RecordingRow> {
    let (id, conference) = (line.required("id"), line.required("conference_id"));
    let (drive_id, item_id) = (line.required("onedrive_drive_id"), line.required("onedrive_item_id"));
    let size_bytes = line.number("file_size");
    let duration_ms = duration(line);
    let recorded_at = line.text("recorded_at");
    if recorded_at.as_deref().is_some_and(|text| moment(text, Tz::UTC).is_none()) {
        line.fault("recorded_at", &say("op-import-moment"));
    }
    Some(RecordingRow {
        id: id?,
        conference: conference?,
        title: line.text("title"),
        drive_id: drive_id?,
        item_id: item_id?,
        size_bytes,
        duration_ms,
        recorded_at,
    })
}

fn duration(line: &mut Line<'_>) -> Option<i64> {
    let text = line.field("duration_minutes").filter(|text| !text.is_empty())?;
    let minutes = text.parse::<f64>().ok().filter(|minutes| (0.0..=LONGEST_MINUTES).contains(minutes));
    if minutes.is_none() {
        line.fault("duration_minutes", &say_with("op-import-minutes", &[("what", quoted(text))]));
    }
    // The system this replaces wrote 0 where it did not know.
    minutes.filter(|minutes| *minutes > 0.0).map(|minutes| (minutes * 60_000.0).round() as i64)
}

/// A time with its offset, or on the wall of the conference's zone.
fn moment(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.with_timezone(&Utc));
    }
    let forms = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"];
    let wall = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    let time = wall.and_local_timezone(zone);
    time.earliest().map(|time| time.with_timezone(&Utc))
}

pub(super) async fn import(run: &mut Run<'_>, source: &Source) -> Result<()> {
    let Some(mut table) = open(run, source, SHEET)? else {
        return Ok(());
    };
    let mut once = (Once::default(), Once::default());
    while let Some(rows) = table.batch(run, read) {
        learn_conferences(run, rows.iter().map(|(_, row)| &row.conference)).await?;
        let conferences: Vec<ConferenceId> =
            rows.iter().filter_map(|(_, row)| Some(run.conferences.get(&row.conference)?.id)).collect();
        let slots = import::meetings_of(run.tx, &conferences).await?;
        let mut resolved = Vec::with_capacity(rows.len());
        for (line, row) in rows {
            let file = format!("{}/{}", row.drive_id, row.item_id);
            let fault = once.0.fault("id", &row.id).or_else(|| once.1.fault("onedrive_item_id", &file));
            let found = match fault {
                Some(fault) => Err(fault),
                None => class_of(run, &slots, &row),
            };
            match found {
                Ok((meeting, started_at)) => resolved.push((line, wanted(run, row, (meeting, started_at)))),
                Err(fault) => run.wrong(SHEET.file, line, fault),
            }
        }
        write(run, resolved).await?;
    }
    Ok(())
}

type Slots = HashMap<ConferenceId, Vec<(MeetingId, DateTime<Utc>, DateTime<Utc>)>>;

/// The class that a recording is of: the only one of its conference, or the one nearest to its time.
fn class_of(
    run: &Run<'_>,
    slots: &Slots,
    row: &RecordingRow,
) -> std::result::Result<(MeetingId, Option<DateTime<Utc>>), String> {
    let Some(place) = run.conferences.get(&row.conference) else {
        return Err(about("conference_id", &no_conference(&row.conference)));
    };
    let slots = slots.get(&place.id).map(Vec::as_slice).unwrap_or_default();
    let at = row.recorded_at.as_deref().and_then(|text| moment(text, place.zone));
    match (slots, at) {
        ([], _) => {
            let text = say_with("op-import-no-slot", &[("what", quoted(&row.conference))]);
            Err(about("conference_id", &text))
        }
        ([(only, ..)], at) => Ok((*only, at)),
        (_, None) => Err(about("recorded_at", &say("op-import-several-slots"))),
        (slots, Some(at)) => {
            let away = |(_, starts, ends): &&(MeetingId, DateTime<Utc>, DateTime<Utc>)| {
                if at < *starts { *starts - at } else { (at - *ends).max(TimeDelta::zero()) }
            };
            let nearest = slots.iter().min_by_key(away).map(|(id, ..)| *id);
            nearest
                .map(|id| (id, Some(at)))
                .ok_or_else(|| about("recorded_at", &say("op-import-no-near-slot")))
        }
    }
}

fn wanted(
    run: &Run<'_>,
    row: RecordingRow,
    (meeting_id, started_at): (MeetingId, Option<DateTime<Utc>>),
) -> ImportedRecording {
    let length = row.duration_ms.map(TimeDelta::milliseconds);
    ImportedRecording {
        external_id: row.id,
        integration_id: run.integration,
        meeting_id,
        drive_id: row.drive_id,
        item_id: row.item_id,
        name: row.title.unwrap_or_default(),
        size_bytes: row.size_bytes,
        duration_ms: row.duration_ms,
        started_at,
        ended_at: started_at.zip(length).map(|(start, length)| start + length),
        part: 0,
    }
}

async fn write(run: &mut Run<'_>, rows: Vec<(u64, ImportedRecording)>) -> Result<()> {
    let ids: Vec<_> = rows.iter().map(|(_, row)| row.external_id.clone()).collect();
    let items: Vec<_> = rows.iter().map(|(_, row)| row.item_id.clone()).collect();
    let known = import::recordings(run.tx, &ids, &items).await?;
    let meetings: Vec<_> = rows.iter().map(|(_, row)| row.meeting_id).collect();
    let mut parts = import::last_parts(run.tx, &meetings).await?;
    let by_id: HashMap<&str, &KnownRecording> =
        known.iter().filter_map(|row| Some((row.external_id.as_deref()?, row))).collect();
    let by_file: HashMap<_, &KnownRecording> = known
        .iter()
        .filter_map(|row| Some(((row.drive_id.as_deref()?, row.item_id.as_deref()?), row)))
        .collect();
    let (mut added, mut changed) = (Vec::new(), Vec::new());
    for (line, mut row) in rows {
        let same_id = by_id.get(row.external_id.as_str()).copied();
        let same_file = by_file.get(&(row.drive_id.as_str(), row.item_id.as_str())).copied();
        if let (Some(one), Some(other)) = (same_id, same_file)
            && one.id != other.id
        {
            run.wrong(SHEET.file, line, about("onedrive_item_id", &say("op-import-file-taken")));
            continue;
        }
        let present = same_id.or(same_file);
        row.part = if let Some(old) = present.filter(|old| old.meeting_id == Some(row.meeting_id)) {
            old.part
        } else {
            let last = parts.entry(row.meeting_id).or_insert(0);
            *last += 1;
            *last
        };
        match present {
            None => added.push(row),
            Some(old) => {
                let row = completed(old, row);
                if is_same(old, &row) {
                    run.counts().unchanged += 1;
                } else {
                    changed.push((old.id, row));
                }
            }
        }
    }
    run.counts().added += added.len() as u64;
    run.counts().changed += changed.len() as u64;
    import::insert_recordings(run.tx, &added, run.now).await?;
    import::update_recordings(run.tx, &changed, run.now).await?;
    Ok(())
}

/// What was learnt from Microsoft meanwhile is better than an empty field.
fn completed(old: &KnownRecording, row: ImportedRecording) -> ImportedRecording {
    ImportedRecording {
        name: if row.name.is_empty() { old.name.clone() } else { row.name },
        size_bytes: row.size_bytes.or(old.size_bytes),
        duration_ms: row.duration_ms.or(old.duration_ms),
        started_at: row.started_at.or(old.started_at),
        ended_at: row.ended_at.or(old.ended_at),
        ..row
    }
}

fn is_same(old: &KnownRecording, row: &ImportedRecording) -> bool {
    old.external_id.as_deref() == Some(row.external_id.as_str())
        && old.meeting_id == Some(row.meeting_id)
        && old.drive_id.as_deref() == Some(row.drive_id.as_str())
        && old.item_id.as_deref() == Some(row.item_id.as_str())
        && old.name == row.name
        && old.size_bytes == row.size_bytes
        && old.duration_ms == row.duration_ms
        && old.started_at == row.started_at
        && old.ended_at == row.ended_at
}
