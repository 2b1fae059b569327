//! Recordings: the meeting's own list says what there is, with certainty; the organizer's drive completes it with the
//! file, its size, playing time and hash. A recording that has no file yet is still a recording.

use chrono::Duration;
use msgraph::CallRecording;

use super::super::Result;
use super::context::{Context, Named, Reading, Tally};
use super::drive::{self, cut};
use super::{elsewhere, join};
use crate::model::artifact::{Artifact, ArtifactKind, Confidence, MatchBasis};
use crate::model::chat::CallEventKind;
use crate::model::conference::Meeting;
use crate::model::id::{IntegrationId, MeetingId};
use crate::model::integration::SyncKind;
use crate::model::matching::STAMP_TOLERANCE;
use crate::model::sync::{KindReport, SyncState};
use crate::store::artifacts::{self, NewArtifact};
use crate::store::decisions;
use crate::store::{self, Tx};

/// A delta that was read so recently stands for the meeting's own list, and for the drive.
pub(super) const FRESH: Duration = Duration::minutes(2);

/// Brings a meeting's recordings. Its organizer's drive has been read before.
pub(super) async fn sync(
    ctx: &Context<'_>,
    meeting: &Meeting,
    named: &Named,
    last: Option<&SyncState>,
) -> Result<KindReport> {
    let before = artifacts::of_meeting(&ctx.app.store, meeting.id, ArtifactKind::Recording).await?;
    let listed = if is_told_by_delta(ctx, named, &before).await? {
        None
    } else {
        Some(ctx.graph.recordings(&named.organizer, &named.online_meeting).await?)
    };
    let now = ctx.now();
    // Looked up before the transaction begins: no request is made while one is open.
    let home = drive_of(ctx, named).await?;
    let tx = ctx.app.store.write().await?;
    let is_own = |recording: &&CallRecording| named.occasions.is_of(meeting.id, recording.created_date_time);
    for recording in listed.iter().flatten().filter(is_own) {
        put(ctx, &tx, (meeting.id, &named.organizer), recording).await?;
    }
    if let Some(listed) = &listed {
        mark_vanished(ctx, &tx, meeting, listed).await?;
    }
    join::within(ctx.app, &tx, meeting.id).await?;
    if let Some(home) = &home {
        join::files(ctx, &tx, home).await?;
    }
    artifacts::renumber(&tx, meeting.id, ArtifactKind::Recording).await?;
    tx.commit().await?;
    complete(ctx, meeting, home.as_ref()).await?;
    if home.is_some() {
        elsewhere::look(ctx, meeting, named).await?;
    }
    let tx = ctx.app.store.write().await?;
    artifacts::renumber(&tx, meeting.id, ArtifactKind::Recording).await?;
    let after = artifacts::of_meeting(&tx, meeting.id, ArtifactKind::Recording).await?;
    tracing::debug!(meeting = %meeting.id, recordings = after.len(), %now, "recordings read");
    let tally = tally(last, &before, &after);
    ctx.conclude(
        tx,
        meeting,
        Reading { kind: SyncKind::Recordings, last, tally, position: Some(position(&after)) },
    )
    .await
}

/// The drive as it was looked up when it was read; `None` if that failed, which is reported there.
async fn drive_of(ctx: &Context<'_>, named: &Named) -> Result<Option<drive::Home>> {
    match drive::home(ctx, &named.organizer).await {
        Ok(home) => Ok(Some(home)),
        Err(crate::ops::Error::Graph(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// After a round of deltas the list of a meeting that they named would only say the same again. A person gets the
/// list itself: deltas may leave out recordings of meetings without transcription.
async fn is_told_by_delta(ctx: &Context<'_>, named: &Named, known: &[Artifact]) -> Result<bool> {
    use crate::model::sync::SyncCause;
    use crate::store::delta::{DeltaKey, DeltaKind};
    let hurried = matches!(ctx.cause, SyncCause::Command | SyncCause::Timetable);
    if !hurried || !known.iter().any(|recording| recording.graph_id.is_some()) {
        return Ok(false);
    }
    let key = DeltaKey {
        integration: ctx.integration,
        owner: named.organizer.clone(),
        kind: DeltaKind::Recordings,
    };
    let link = store::delta::find(&ctx.app.store, &key).await?;
    Ok(link.error.is_none() && link.read_at.is_some_and(|read| ctx.now() <= read + FRESH))
}

/// Writes a recording that Microsoft names for a meeting, new or changed. True if that was news.
pub(super) async fn put(
    ctx: &Context<'_>,
    tx: &Tx,
    (meeting, organizer): (MeetingId, &str),
    recording: &CallRecording,
) -> Result<bool> {
    let now = ctx.now();
    let known =
        artifacts::lock_by_graph_id(tx, ctx.integration, ArtifactKind::Recording, &recording.id).await?;
    let row = match known {
        Some(row) => row,
        None => match same_file(tx, meeting, recording).await? {
            Some(row) => row,
            None => blank(tx, ctx.integration, (meeting, organizer), now).await?,
        },
    };
    let started_at = recording.created_date_time.map(cut);
    let ended_at = recording.end_date_time.map(cut);
    let length = || Some((ended_at? - started_at?).num_milliseconds().max(0));
    let decided = row.match_basis == MatchBasis::Person;
    let after = Artifact {
        meeting_id: if decided { row.meeting_id } else { Some(meeting) },
        graph_id: Some(recording.id.clone()),
        call_id: recording.call_id.clone().or_else(|| row.call_id.clone()),
        correlation_id: recording.content_correlation_id.clone().or_else(|| row.correlation_id.clone()),
        organizer_id: Some(organizer.to_owned()),
        duration_ms: row.duration_ms.or_else(length),
        started_at: started_at.or(row.started_at),
        ended_at: ended_at.or(row.ended_at),
        match_basis: if decided { row.match_basis } else { MatchBasis::MeetingId },
        confidence: Confidence::Certain,
        gone_at: if row.item_id.is_none() { None } else { row.gone_at },
        ..row.clone()
    };
    if after == row {
        artifacts::seen(tx, row.id, now).await?;
        return Ok(false);
    }
    artifacts::save(tx, &after, now).await?;
    Ok(true)
}

/// A file of this meeting that came before Teams listed its recording.
async fn same_file(tx: &Tx, meeting: MeetingId, recording: &CallRecording) -> Result<Option<Artifact>> {
    let Some(began) = recording.created_date_time else { return Ok(None) };
    let files = artifacts::of_meeting(tx, meeting, ArtifactKind::Recording).await?;
    let is_near = |file: &Artifact| {
        file.graph_id.is_none()
            && file.match_basis != MatchBasis::Manual
            && file.started_at.is_some_and(|at| (at - began).abs() <= STAMP_TOLERANCE)
    };
    let mut near = files.into_iter().filter(is_near);
    Ok(match (near.next(), near.next()) {
        (Some(file), None) => Some(file),
        _ => None,
    })
}

async fn blank(
    tx: &Tx,
    integration: IntegrationId,
    (meeting, organizer): (MeetingId, &str),
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Artifact> {
    let new = NewArtifact {
        integration_id: integration,
        meeting_id: Some(meeting),
        kind: ArtifactKind::Recording,
        organizer_id: Some(organizer.to_owned()),
    };
    let id = artifacts::insert(tx, &new, now).await?;
    Ok(artifacts::lock(tx, id).await?.expect("the row was inserted in this transaction"))
}

/// What the list no longer names and has no file is gone. A file outlives the list by months.
async fn mark_vanished(
    ctx: &Context<'_>,
    tx: &Tx,
    meeting: &Meeting,
    listed: &[CallRecording],
) -> Result<()> {
    let known = artifacts::of_meeting(tx, meeting.id, ArtifactKind::Recording).await?;
    let vanished = known.into_iter().filter(|row| {
        row.item_id.is_none()
            && row.gone_at.is_none()
            && row.graph_id.as_ref().is_some_and(|id| !listed.iter().any(|recording| recording.id == *id))
    });
    for row in vanished {
        tracing::warn!(recording = %row.id, "Recording not found: Teams no longer lists it");
        artifacts::save(tx, &Artifact { gone_at: Some(ctx.now()), ..row }, ctx.now()).await?;
    }
    Ok(())
}

/// Asks for what is still missing: the file of a call that only the chat names, and what the server had not yet
/// worked out when it named a file.
async fn complete(ctx: &Context<'_>, meeting: &Meeting, home: Option<&drive::Home>) -> Result<()> {
    let parts = artifacts::of_meeting(&ctx.app.store, meeting.id, ArtifactKind::Recording).await?;
    for part in parts.into_iter().filter(|part| part.gone_at.is_none()) {
        match (&part.drive_id, &part.item_id) {
            (Some(drive), Some(item)) if part.quick_xor_hash.is_none() || part.size_bytes.is_none() => {
                let item = match ctx.graph.drive_item(drive, item).await {
                    Ok(item) => item,
                    Err(msgraph::Error::NotFound { .. }) => continue,
                    Err(error) => return Err(error.into()),
                };
                let tx = ctx.app.store.write().await?;
                if let Some(row) = artifacts::lock(&tx, part.id).await? {
                    artifacts::save(&tx, &drive::described(ctx, &row, drive, &item), ctx.now()).await?;
                }
                tx.commit().await?;
            }
            (_, None) if home.is_some() => by_chat(ctx, meeting, &part).await?,
            _ => {}
        }
    }
    Ok(())
}

/// Finds a recording's file through the chat event of its call, if that names exactly one file that is not taken.
async fn by_chat(ctx: &Context<'_>, meeting: &Meeting, part: &Artifact) -> Result<()> {
    let events = store::chat::events(&ctx.app.store, meeting.id).await?;
    let parts = artifacts::of_meeting(&ctx.app.store, meeting.id, ArtifactKind::Recording).await?;
    let same_call =
        parts.iter().filter(|other| other.call_id == part.call_id && other.item_id.is_none()).count();
    let addresses: Vec<_> = events
        .iter()
        .filter(|event| event.kind == CallEventKind::Recorded && event.call_id == part.call_id)
        .filter_map(|event| event.file_url.clone())
        .filter(|address| !parts.iter().any(|other| other.name == join::file_name(address)))
        .collect();
    let ([address], 1, true) = (addresses.as_slice(), same_call, part.call_id.is_some()) else {
        return Ok(());
    };
    let item = match ctx.graph.shared_item(address).await {
        Ok(item) => item,
        Err(msgraph::Error::NotFound { .. } | msgraph::Error::Forbidden { .. }) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let Some(drive) = item.drive_id().map(str::to_owned) else { return Ok(()) };
    let tx = ctx.app.store.write().await?;
    let Some(row) = artifacts::lock(&tx, part.id).await? else { return Ok(()) };
    match artifacts::lock_recording_by_item(&tx, &drive, &item.id).await? {
        Some(file) if file.meeting_id.is_none() && file.dismissed_at.is_none() => {
            if decisions::is_refused(&tx, file.id, meeting.id).await? {
                return Ok(());
            }
            join::merge(ctx.app, &tx, row, file).await?;
        }
        Some(_) => return Ok(()),
        None => artifacts::save(&tx, &drive::described(ctx, &row, &drive, &item), ctx.now()).await?,
    }
    Ok(tx.commit().await?)
}

/// What the last reading left, so that the next can tell what has changed since, by whatever way it came.
fn position(rows: &[Artifact]) -> String {
    rows.iter().map(mark).collect::<Vec<_>>().join(" ")
}

fn mark(row: &Artifact) -> String {
    use sha2::{Digest, Sha256};
    let facts = format!(
        "{:?}",
        (
            (&row.graph_id, &row.item_id, &row.name, row.size_bytes, row.duration_ms),
            (&row.quick_xor_hash, row.started_at, row.ended_at, row.gone_at, row.part),
        )
    );
    let digest = Sha256::digest(facts);
    format!("{}:{}", row.id, crate::model::hex::hex(&digest[..6]))
}

/// Rows made, changed and unchanged since the last reading ended; what a delta or the drive brought meanwhile counts.
fn tally(last: Option<&SyncState>, before: &[Artifact], after: &[Artifact]) -> Tally {
    let marks: Vec<String> = match last.and_then(|last| last.position.as_deref()) {
        Some(position) => position.split(' ').map(str::to_owned).collect(),
        None => before.iter().filter(|_| last.is_some()).map(mark).collect(),
    };
    let mut tally = Tally::default();
    for row in after {
        let prefix = format!("{}:", row.id);
        match marks.iter().find(|mark| mark.starts_with(&prefix)) {
            None => tally.created += 1,
            Some(known) if *known == mark(row) => tally.unchanged += 1,
            Some(_) => tally.updated += 1,
        }
    }
    tally
}
