//! A recording that Teams lists and its organizer's drive does not hold: a full drive sends it to a co-organizer's, to
//! the initiator's, or to a storage of Teams' own that is emptied after 21 days. It is looked for there; what is not
//! found is taken from Teams into the archive at once, and the day on which it would be lost is told.

use chrono::{DateTime, Duration, Utc};
use msgraph::DriveItem;
use serde_json::json;

use super::super::{Result, audit};
use super::context::{Context, Named};
use super::drive::{self, FOLDER_NAMES};
use super::join;
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::conference::Meeting;
use crate::model::job::JobKind;
use crate::model::matching::STAMP_TOLERANCE;
use crate::model::recording_name::RecordingName;
use crate::ops::keep;
use crate::store::{self, artifacts, jobs};

/// The file of a listed recording may show in its drive a little later.
const GRACE: Duration = Duration::minutes(15);

/// Teams' own storage keeps a recording so long.
const TEMPORARY: Duration = Duration::days(21);

/// People whose drives are looked into for one recording.
const MOST_PEOPLE: usize = 8;

/// Looks for the files of this meeting's recordings that are nowhere yet. The organizer's drive has been read.
pub(super) async fn look(ctx: &Context<'_>, meeting: &Meeting, named: &Named) -> Result<()> {
    let parts = artifacts::of_meeting(&ctx.app.store, meeting.id, ArtifactKind::Recording).await?;
    let is_full = store::sync::storage_full(&ctx.app.store, &named.organizer).await?;
    let is_nowhere = |part: &Artifact| {
        part.graph_id.is_some()
            && part.item_id.is_none()
            && part.gone_at.is_none()
            && part.verified_at.is_none()
    };
    let is_due =
        |part: &Artifact| is_full || part.offered_at.is_some_and(|offered| ctx.now() >= offered + GRACE);
    for part in parts.iter().filter(|part| is_nowhere(part) && is_due(part)) {
        match find(ctx, meeting, named, part).await? {
            Some((drive, item)) => file(ctx, part, (&drive, &item)).await?,
            None => take(ctx, part).await?,
        }
    }
    Ok(())
}

/// The one file of this recording in the drive of somebody who may have got it; `None` if there is none, or several.
async fn find(
    ctx: &Context<'_>,
    meeting: &Meeting,
    named: &Named,
    part: &Artifact,
) -> Result<Option<(String, DriveItem)>> {
    let Some(began) = part.started_at else { return Ok(None) };
    let tx = ctx.app.store.write().await?;
    let subjects = join::own_subjects(&tx, meeting.id).await?;
    drop(tx);
    // With a twin, name and time prove nothing.
    let Some(subjects) = subjects else { return Ok(None) };
    let mut found = Vec::new();
    for person in people(ctx, meeting, named).await? {
        for (drive, item) in recordings_of(ctx, &person).await? {
            if is_it(&item, &subjects, began) {
                found.push((drive, item));
            }
        }
    }
    Ok(if found.len() == 1 { found.pop() } else { None })
}

/// Whoever may have got the file: the instructors of the course, who are co-organizers or presenters, and those who
/// presented in the call.
async fn people(ctx: &Context<'_>, meeting: &Meeting, named: &Named) -> Result<Vec<String>> {
    let db = &ctx.app.store;
    let mut people = store::keep::instructors(db, meeting.conference_id).await?;
    let came = store::attendance::of_meeting(db, meeting.id).await?;
    let presented = came.into_iter().filter(|one| !one.role.eq_ignore_ascii_case("attendee"));
    people.extend(presented.filter_map(|one| one.entra_object_id));
    let mut known = std::collections::HashSet::new();
    people.retain(|person| *person != named.organizer && known.insert(person.clone()));
    people.truncate(MOST_PEOPLE);
    Ok(people)
}

/// The videos in a person's recordings folder; none if they have no drive, or it may not be read.
async fn recordings_of(ctx: &Context<'_>, person: &str) -> Result<Vec<(String, DriveItem)>> {
    let read = async {
        let drive = ctx.graph.user_drive(person).await?.id;
        let Some(folder) = ctx.graph.recordings_folder(person, &FOLDER_NAMES).await? else {
            return Ok((drive, Vec::new()));
        };
        let items = ctx.graph.children(&drive, &folder.id).await?;
        Ok::<_, msgraph::Error>((drive, items))
    };
    match read.await {
        Ok((drive, items)) => Ok(items.into_iter().map(|item| (drive.clone(), item)).collect()),
        Err(
            msgraph::Error::NotFound { .. }
            | msgraph::Error::Forbidden { .. }
            | msgraph::Error::Upstream { status: 400, .. },
        ) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

fn is_it(item: &DriveItem, subjects: &[String], began: DateTime<Utc>) -> bool {
    let Some(name) = item.name.as_deref().filter(|_| drive::is_video(item)).and_then(RecordingName::parse)
    else {
        return false;
    };
    name.is_utc
        && !name.is_transcript_shell()
        && (name.stamp.and_utc() - began).abs() <= STAMP_TOLERANCE
        && subjects.iter().any(|subject| name.may_be(subject))
}

/// Writes where a recording's file was found.
async fn file(ctx: &Context<'_>, part: &Artifact, (drive, item): (&str, &DriveItem)) -> Result<()> {
    let tx = ctx.app.store.write().await?;
    let is_free = artifacts::lock_recording_by_item(&tx, drive, &item.id).await?.is_none();
    let Some(row) = artifacts::lock(&tx, part.id).await?.filter(|row| is_free && row.item_id.is_none())
    else {
        return Ok(());
    };
    tracing::info!(recording = %row.id, "a recording's file was found in another person's onedrive");
    artifacts::save(&tx, &drive::described(ctx, &row, drive, item), ctx.now()).await?;
    Ok(tx.commit().await?)
}

/// Has the recording taken from Teams at once, and tells until when Teams is expected to keep it.
async fn take(ctx: &Context<'_>, part: &Artifact) -> Result<()> {
    let now = ctx.now();
    let until = part.ended_at.or(part.offered_at).unwrap_or(now) + TEMPORARY;
    let tx = ctx.app.store.write().await?;
    let Some(row) = artifacts::lock(&tx, part.id).await?.filter(|row| row.item_id.is_none()) else {
        return Ok(());
    };
    if row.expected_expiry_at != Some(until) {
        tracing::error!(
            recording = %row.id, %until,
            "no known onedrive holds this recording: Teams deletes it then; it is being taken into the archive"
        );
        store::keep::expect_expiry(&tx, row.id, until).await?;
        let about = (format!("recording:{}", row.id), json!({ "until": until, "meeting": row.meeting_id }));
        audit::record(ctx.app, &tx, None, "recording.without_file", about).await?;
    }
    jobs::enqueue(&tx, JobKind::Copy, &keep::subject(row.id), now, now).await?;
    tx.commit().await?;
    ctx.app.work.notify_one();
    Ok(())
}

/// Joins recordings whose bytes we have with the files of this drive that hold the very same: proof enough where name
/// and time are not.
pub(crate) async fn join_same_bytes(
    app: &crate::app::App,
    tx: &store::Tx,
    drive: &str,
) -> Result<Vec<crate::model::id::MeetingId>> {
    let pairs = store::keep::same_bytes(tx, drive).await?;
    let mut news = Vec::new();
    for (recording, file) in &pairs {
        let is_only = pairs.iter().filter(|(r, f)| r.id == recording.id || f.id == file.id).count() == 1;
        let Some(meeting) = recording.meeting_id.filter(|_| is_only) else { continue };
        if store::decisions::is_refused(tx, file.id, meeting).await? {
            continue;
        }
        join::merge(app, tx, recording.clone(), file.clone()).await?;
        artifacts::renumber(tx, meeting, ArtifactKind::Recording).await?;
        news.push(meeting);
    }
    Ok(news)
}
