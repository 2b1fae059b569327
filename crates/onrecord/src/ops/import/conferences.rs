//! `conferences.csv`: classes or series of them. Their times are in `time_slots.csv`. Recording is mandatory: a column
//! that asks for "off" is overruled, warned about and audited.

use std::collections::{HashMap, HashSet};

use super::table::{self, Line, Once, Sheet, no_course, open, quoted};
use super::{Place, Run, Source};
use crate::model::conference::Conference;
use crate::model::job::JobKind;
use crate::model::schedule::{self, LONGEST_TITLE};
use crate::ops::slot_faults::fault_text;
use crate::ops::{Result, say_with};
use crate::store::conferences::NewConference;
use crate::store::{import, jobs, meetings};

const SHEET: Sheet = Sheet {
    file: "conferences.csv",
    columns: &["id", "course_id", "title", "description", "published", "time_zone", "enable_recording"],
    required: &["id", "course_id", "title", "time_zone"],
};

#[derive(Debug)]
struct ConferenceRow {
    id: String,
    course: String,
    title: String,
    description: Option<String>,
    published: Option<bool>,
    time_zone: String,
    disables_recording: bool,
}

fn read(line: &mut Line<'_>) -> Option<ConferenceRow> {
    let (id, course) = (line.required("id"), line.required("course_id"));
    let title = line.required("title");
    if title.as_ref().is_some_and(|title| title.chars().count() > LONGEST_TITLE) {
        line.fault("title", &say_with("op-title-long", &[("most", LONGEST_TITLE.into())]));
    }
    let time_zone = line.required("time_zone");
    if let Some(Err(fault)) = time_zone.as_deref().map(schedule::zone) {
        line.fault("time_zone", &fault_text(&fault));
    }
    let published = yes_or_no(line, "published");
    let disables_recording = yes_or_no(line, "enable_recording") == Some(false);
    Some(ConferenceRow {
        id: id?,
        course: course?,
        title: title?,
        description: line.prose("description"),
        published,
        time_zone: time_zone?,
        disables_recording,
    })
}

fn yes_or_no(line: &mut Line<'_>, column: &str) -> Option<bool> {
    let text = line.field(column).filter(|text| !text.is_empty())?.to_lowercase();
    match text.as_str() {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => {
            line.fault(column, &say_with("op-import-true-false", &[("what", quoted(&text))]));
            None
        }
    }
}

pub(super) async fn import(run: &mut Run<'_>, source: &Source) -> Result<()> {
    let Some(mut table) = open(run, source, SHEET)? else {
        return Ok(());
    };
    let mut once = Once::default();
    while let Some(rows) = table.batch(run, read) {
        learn_courses(run, &rows).await?;
        let rows: Vec<_> = rows
            .into_iter()
            .filter(|(line, row)| {
                let unknown = (!run.courses.contains_key(&row.course))
                    .then(|| table::about("course_id", &no_course(&row.course)));
                let fault = once.fault("id", &row.id).or(unknown);
                fault.map(|fault| run.wrong(SHEET.file, *line, fault)).is_none()
            })
            .map(|(_, row)| row)
            .collect();
        write(run, rows).await?;
    }
    Ok(())
}

async fn learn_courses(run: &mut Run<'_>, rows: &[(u64, ConferenceRow)]) -> Result<()> {
    let new: HashSet<&String> =
        rows.iter().map(|(_, row)| &row.course).filter(|id| !run.courses.contains_key(*id)).collect();
    let new: Vec<String> = new.into_iter().cloned().collect();
    for course in import::courses(run.tx, &new).await? {
        run.courses.extend(course.external_id.map(|external| (external, course.id)));
    }
    Ok(())
}

async fn write(run: &mut Run<'_>, rows: Vec<ConferenceRow>) -> Result<()> {
    let ids: Vec<_> = rows.iter().map(|row| row.id.clone()).collect();
    let known: HashMap<String, Conference> = import::conferences(run.tx, &ids)
        .await?
        .into_iter()
        .filter_map(|conference| Some((conference.external_id.clone()?, conference)))
        .collect();
    let (mut added, mut changed) = (Vec::new(), Vec::new());
    for row in rows {
        if row.disables_recording {
            tracing::warn!(
                conference = row.id,
                "⚠️ Attempt to disable recording detected. Recording is MANDATORY for all meetings."
            );
            run.disable_attempts.push(row.id.clone());
        }
        match known.get(&row.id) {
            None => added.push(new(run, row)),
            Some(old) => {
                let wanted = wanted(run, old, row);
                if wanted == *old {
                    run.counts().unchanged += 1;
                } else {
                    tell(run, old, &wanted).await?;
                    changed.push(wanted);
                }
            }
        }
    }
    run.counts().added += added.len() as u64;
    run.counts().changed += changed.len() as u64;
    import::insert_conferences(run.tx, &added, run.now).await?;
    import::update_conferences(run.tx, &changed, run.now).await?;
    learn(run, &ids).await
}

fn new(run: &Run<'_>, row: ConferenceRow) -> NewConference {
    NewConference {
        course_id: run.courses[&row.course],
        integration_id: run.integration,
        title: row.title,
        description: row.description.unwrap_or_default(),
        time_zone: row.time_zone,
        published: row.published.unwrap_or_default(),
        created_by: None,
        // Its slots, which come next, say when it really is.
        first_starts_at: run.now,
        last_ends_at: run.now,
        external_id: Some(row.id),
    }
}

fn wanted(run: &Run<'_>, old: &Conference, row: ConferenceRow) -> Conference {
    Conference {
        course_id: run.courses[&row.course],
        title: row.title,
        description: row.description.unwrap_or_else(|| old.description.clone()),
        time_zone: row.time_zone,
        published: row.published.unwrap_or(old.published),
        ..old.clone()
    }
}

/// Invitations carry title and description: Teams is told of a change.
async fn tell(run: &Run<'_>, old: &Conference, wanted: &Conference) -> Result<()> {
    let same = old.title == wanted.title
        && old.description == wanted.description
        && old.course_id == wanted.course_id
        && old.time_zone == wanted.time_zone;
    if same {
        return Ok(());
    }
    for meeting in meetings::mark_changed(run.tx, old.id, run.now).await? {
        jobs::enqueue(run.tx, JobKind::Update, &format!("meeting:{meeting}"), run.now, run.now).await?;
    }
    Ok(())
}

/// Learns under which id and in which zone conferences are kept.
pub(super) async fn learn(run: &mut Run<'_>, external_ids: &[String]) -> Result<()> {
    for conference in import::conferences(run.tx, external_ids).await? {
        let zone = schedule::zone(&conference.time_zone).unwrap_or_default();
        run.conferences
            .extend(conference.external_id.map(|external| (external, Place { id: conference.id, zone })));
    }
    Ok(())
}
