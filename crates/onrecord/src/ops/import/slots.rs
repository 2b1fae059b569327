//! `time_slots.csv`: when classes are, also past ones. A link or event says that the Teams meeting is there already:
//! it is kept, its online-meeting id is found by the link, and recording is enforced.

use std::collections::{BTreeSet, HashMap, HashSet};

use uuid::Uuid;

use super::table::{Line, Once, Sheet, about, no_conference, open};
use super::{Run, Source, conferences};
use crate::model::conference::Meeting;
use crate::model::guard;
use crate::model::id::ConferenceId;
use crate::model::job::JobKind;
use crate::model::people::{is_email, normal_email};
use crate::model::schedule::{self, Fault, Slot, SlotText};
use crate::ops::slot_faults::fault_text;
use crate::ops::{Result, organizer, say};
use crate::store::import;
use crate::store::meetings::NewMeeting;

const SHEET: Sheet = Sheet {
    file: "time_slots.csv",
    columns: &["id", "conference_id", "date", "start_time", "end_time", "join_url", "event_id", "organizer"],
    required: &["id", "conference_id", "date", "start_time", "end_time"],
};

#[derive(Debug)]
struct SlotRow {
    id: String,
    conference: String,
    text: SlotText,
    join_url: Option<String>,
    event_id: Option<String>,
    organizer: Option<String>,
}

fn read(line: &mut Line<'_>) -> Option<SlotRow> {
    let (id, conference) = (line.required("id"), line.required("conference_id"));
    let date = line.required("date");
    let (start_time, end_time) = (line.required("start_time"), line.required("end_time"));
    let join_url = link(line);
    let organizer = line.text("organizer").map(|email| normal_email(&email));
    if organizer.as_deref().is_some_and(|email| !is_email(email)) {
        line.fault("organizer", &say("op-import-organizer"));
    }
    let text = SlotText { id: None, date: date?, start_time: start_time?, end_time: end_time? };
    Some(SlotRow {
        id: id?,
        conference: conference?,
        text,
        join_url,
        event_id: line.text("event_id"),
        organizer,
    })
}

/// Links are longer than other fields.
fn link(line: &mut Line<'_>) -> Option<String> {
    let text = line.field("join_url").filter(|text| !text.is_empty())?;
    let is_link = text.len() <= 2_000
        && (text.starts_with("https://") || text.starts_with("http://127.0.0.1"))
        && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    if !is_link {
        line.fault("join_url", &say("op-import-link"));
    }
    Some(text.to_owned())
}

pub(super) async fn import(run: &mut Run<'_>, source: &Source) -> Result<()> {
    let Some(mut table) = open(run, source, SHEET)? else {
        return Ok(());
    };
    let mut once = Once::default();
    let mut touched = BTreeSet::new();
    while let Some(rows) = table.batch(run, read) {
        learn_conferences(run, rows.iter().map(|(_, row)| &row.conference)).await?;
        let mut resolved = Vec::with_capacity(rows.len());
        for (line, row) in rows {
            match resolve(run, &mut once, &row) {
                Ok((conference, slot)) => resolved.push((line, conference, slot, row)),
                Err(faults) => {
                    run.counts().wrong += 1;
                    for fault in faults {
                        run.problems.add(SHEET.file, line, fault);
                    }
                }
            }
        }
        write(run, resolved, &mut touched).await?;
    }
    import::span_conferences(run.tx, &touched.into_iter().collect::<Vec<_>>()).await?;
    Ok(())
}

/// Learns the conferences that were not met yet.
pub(super) async fn learn_conferences<'r>(
    run: &mut Run<'_>,
    named: impl Iterator<Item = &'r String>,
) -> Result<()> {
    let new: HashSet<&String> = named.filter(|id| !run.conferences.contains_key(*id)).collect();
    let new: Vec<String> = new.into_iter().cloned().collect();
    if new.is_empty() { Ok(()) } else { conferences::learn(run, &new).await }
}

fn resolve(
    run: &Run<'_>,
    once: &mut Once,
    row: &SlotRow,
) -> std::result::Result<(ConferenceId, Slot), Vec<String>> {
    if let Some(fault) = once.fault("id", &row.id) {
        return Err(vec![fault]);
    }
    let Some(place) = run.conferences.get(&row.conference) else {
        return Err(vec![about("conference_id", &no_conference(&row.conference))]);
    };
    let in_words = |(field, fault): (&str, Fault)| about(field, &fault_text(&fault));
    let slot = schedule::slot(&row.text, place.zone);
    slot.map(|slot| (place.id, slot)).map_err(|faults| faults.into_iter().map(in_words).collect())
}

type Resolved = (u64, ConferenceId, Slot, SlotRow);

async fn write(run: &mut Run<'_>, rows: Vec<Resolved>, touched: &mut BTreeSet<ConferenceId>) -> Result<()> {
    let ids: Vec<_> = rows.iter().map(|(_, _, _, row)| row.id.clone()).collect();
    let known: HashMap<String, Meeting> = import::meetings(run.tx, &ids)
        .await?
        .into_iter()
        .filter_map(|meeting| Some((meeting.external_id.clone()?, meeting)))
        .collect();
    let (mut added, mut changed) = (Vec::new(), Vec::new());
    let (mut provision, mut update) = (Vec::new(), Vec::new());
    for (line, conference, slot, row) in rows {
        let id = row.id.clone();
        let Some(old) = known.get(&id) else {
            if slot.ends_at > run.now {
                provision.push(id);
            }
            touched.insert(conference);
            added.push((conference, new(slot, row)));
            continue;
        };
        match wanted(run, old, (conference, slot), row) {
            Err(fault) => run.wrong(SHEET.file, line, fault),
            Ok(wanted) if wanted == *old => run.counts().unchanged += 1,
            Ok(wanted) => {
                if wanted.ends_at > run.now {
                    let queue = if wanted.wanted_revision == old.wanted_revision {
                        &mut provision
                    } else {
                        &mut update
                    };
                    queue.push(id);
                }
                touched.insert(conference);
                changed.push(wanted);
            }
        }
    }
    run.counts().added += added.len() as u64;
    run.counts().changed += changed.len() as u64;
    choose_organizers(run, &mut added).await?;
    import::insert_slots(run.tx, &added, run.now).await?;
    import::update_slots(run.tx, &changed, run.now).await?;
    import::enqueue_many(run.tx, JobKind::Provision, &provision, run.now).await?;
    import::enqueue_many(run.tx, JobKind::Update, &update, run.now).await?;
    Ok(())
}

fn new(slot: Slot, row: SlotRow) -> NewMeeting {
    NewMeeting {
        external_id: Some(row.id),
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        transaction_id: Uuid::new_v4().to_string(),
        service_account_id: None,
        organizer_email: row.organizer,
        event_id: row.event_id,
        join_url: row.join_url,
    }
}

/// Gives meetings that Teams does not have yet to service accounts.
async fn choose_organizers(run: &Run<'_>, added: &mut [(ConferenceId, NewMeeting)]) -> Result<()> {
    let mut ours: Vec<&mut NewMeeting> = added
        .iter_mut()
        .map(|(_, meeting)| meeting)
        .filter(|meeting| {
            let is_somebodys =
                meeting.join_url.is_some() || meeting.event_id.is_some() || meeting.organizer_email.is_some();
            meeting.ends_at > run.now && !is_somebodys
        })
        .collect();
    let chosen = organizer::choose(run.tx, run.integration, ours.len(), run.now).await?;
    for (meeting, account) in ours.iter_mut().zip(chosen) {
        meeting.service_account_id = account;
    }
    Ok(())
}

/// The meeting as the row wants it, or why it cannot be so any more. What Teams has told is never overwritten by an
/// empty field.
fn wanted(
    run: &Run<'_>,
    old: &Meeting,
    (conference, slot): (ConferenceId, Slot),
    row: SlotRow,
) -> std::result::Result<Meeting, String> {
    if old.conference_id != conference {
        return Err(about("conference_id", &say("op-import-slot-taken")));
    }
    let moves = (old.starts_at, old.ends_at) != (slot.starts_at, slot.ends_at);
    if moves && (old.cancelled_at.is_some() || old.starts_at <= run.now) {
        return Err(about("date", &say("op-import-too-late")));
    }
    Ok(Meeting {
        starts_at: slot.starts_at,
        ends_at: slot.ends_at,
        next_sync_at: if moves { Some(slot.ends_at) } else { old.next_sync_at },
        guard_at: if moves { guard::first((slot.starts_at, slot.ends_at), run.now) } else { old.guard_at },
        wanted_revision: old.wanted_revision + i64::from(moves),
        join_url: row.join_url.or_else(|| old.join_url.clone()),
        event_id: row.event_id.or_else(|| old.event_id.clone()),
        organizer_email: row.organizer.or_else(|| old.organizer_email.clone()),
        ..old.clone()
    })
}
