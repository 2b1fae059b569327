//! Transcripts: the list, then the text of each once. The text as Microsoft wrote it is kept in the archive, because
//! there is no file of it in OneDrive; its cues are laid on the time line of the recording they belong to.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use msgraph::CallTranscript;

use super::super::forgotten::Forgotten;
use super::super::{Error, Result};
use super::context::{Context, Named, Reading, Tally};
use super::drive::cut;
use crate::model::artifact::{Artifact, ArtifactKind, Confidence, Cue, MatchBasis};
use crate::model::conference::Meeting;
use crate::model::id::{ArtifactId, MeetingId};
use crate::model::integration::SyncKind;
use crate::model::sync::{KindReport, SyncCause, SyncState};
use crate::model::transcript;
use crate::store::artifacts::{self, NewArtifact};
use crate::store::delta::{DeltaKey, DeltaKind};
use crate::store::forgotten::no_erasure;
use crate::store::{self, Tx, cues};

/// A transcript with its cues as they shall be stored.
struct Text {
    id: ArtifactId,
    key: String,
    shift_ms: i64,
    cues: Vec<Cue>,
    size_bytes: i64,
}

/// Brings a meeting's transcripts. Its recordings have been read before.
pub(super) async fn sync(
    ctx: &Context<'_>,
    meeting: &Meeting,
    named: &Named,
    last: Option<&SyncState>,
) -> Result<KindReport> {
    let before = artifacts::of_meeting(&ctx.app.store, meeting.id, ArtifactKind::Transcript).await?;
    if !is_told_by_delta(ctx, named, &before).await? {
        let listed = ctx.graph.transcripts(&named.organizer, &named.online_meeting).await?;
        let tx = ctx.app.store.write().await?;
        let is_own =
            |transcript: &&CallTranscript| named.occasions.is_of(meeting.id, transcript.created_date_time);
        for transcript in listed.iter().filter(is_own) {
            put(ctx, &tx, (meeting.id, &named.organizer), transcript).await?;
        }
        tx.commit().await?;
    }
    let recordings = artifacts::of_meeting(&ctx.app.store, meeting.id, ArtifactKind::Recording).await?;
    let rows = artifacts::of_meeting(&ctx.app.store, meeting.id, ArtifactKind::Transcript).await?;
    let (tx, tally, texts) = loop {
        let forgotten = Forgotten::of(ctx.app, &ctx.app.store, meeting.id).await?;
        let (tally, texts) = read(ctx, named, (&rows, &recordings), &forgotten).await?;
        let tx = ctx.app.store.write().await?;
        no_erasure(&tx).await?;
        // Who was erased while this was read must not be in it.
        if texts.is_empty() || Forgotten::of(ctx.app, &tx, meeting.id).await?.is_same(&forgotten) {
            break (tx, tally, texts);
        }
    };
    let now = ctx.now();
    for text in texts {
        let row = artifacts::lock(&tx, text.id).await?.filter(|row| row.purged_at.is_none());
        let Some(row) = row else { continue };
        cues::replace(&tx, text.id, &text.cues).await?;
        let row = Artifact {
            archive_key: Some(text.key),
            shift_ms: text.shift_ms,
            size_bytes: Some(text.size_bytes),
            mime_type: "text/vtt".to_owned(),
            ..row
        };
        artifacts::save(&tx, &row, now).await?;
    }
    // Those that a delta told of are numbered here, too.
    artifacts::renumber(&tx, meeting.id, ArtifactKind::Transcript).await?;
    ctx.conclude(tx, meeting, Reading { kind: SyncKind::Transcripts, last, tally, position: None }).await
}

async fn is_told_by_delta(ctx: &Context<'_>, named: &Named, known: &[Artifact]) -> Result<bool> {
    if known.is_empty() || !matches!(ctx.cause, SyncCause::Command | SyncCause::Timetable) {
        return Ok(false);
    }
    let key = DeltaKey {
        integration: ctx.integration,
        owner: named.organizer.clone(),
        kind: DeltaKind::Transcripts,
    };
    let link = store::delta::find(&ctx.app.store, &key).await?;
    Ok(link.error.is_none()
        && link.read_at.is_some_and(|read| ctx.now() <= read + chrono::Duration::minutes(2)))
}

/// The texts that are new or lie elsewhere by now, without those whom the school has forgotten.
async fn read(
    ctx: &Context<'_>,
    named: &Named,
    (rows, recordings): (&[Artifact], &[Artifact]),
    forgotten: &Forgotten<'_>,
) -> Result<(Tally, Vec<Text>)> {
    let (mut tally, mut texts) = (Tally::default(), Vec::new());
    // What was purged does not come back.
    for row in rows.iter().filter(|row| row.purged_at.is_none()) {
        let text = text(ctx, named, (row, recordings), forgotten).await?;
        match (&text, &row.archive_key) {
            (None, _) => tally.unchanged += 1,
            (Some(_), None) => tally.created += 1,
            (Some(_), Some(_)) => tally.updated += 1,
        }
        texts.extend(text);
    }
    Ok((tally, texts))
}

/// Writes a transcript that Microsoft names for a meeting, without its text. True if that was news.
pub(super) async fn put(
    ctx: &Context<'_>,
    tx: &Tx,
    (meeting, organizer): (MeetingId, &str),
    transcript: &CallTranscript,
) -> Result<bool> {
    let now = ctx.now();
    let kind = ArtifactKind::Transcript;
    let known = artifacts::lock_by_graph_id(tx, ctx.integration, kind, &transcript.id).await?;
    let row = if let Some(row) = known {
        row
    } else {
        let new = NewArtifact {
            integration_id: ctx.integration,
            meeting_id: Some(meeting),
            kind,
            organizer_id: Some(organizer.to_owned()),
        };
        let id = artifacts::insert(tx, &new, now).await?;
        artifacts::lock(tx, id).await?.expect("the row was inserted in this transaction")
    };
    let (started_at, ended_at) = (transcript.created_date_time.map(cut), transcript.end_date_time.map(cut));
    let after = Artifact {
        meeting_id: Some(meeting),
        graph_id: Some(transcript.id.clone()),
        call_id: transcript.call_id.clone().or_else(|| row.call_id.clone()),
        correlation_id: transcript.content_correlation_id.clone().or_else(|| row.correlation_id.clone()),
        started_at: started_at.or(row.started_at),
        ended_at: ended_at.or(row.ended_at),
        match_basis: MatchBasis::MeetingId,
        confidence: Confidence::Certain,
        gone_at: None,
        ..row.clone()
    };
    if after == row {
        artifacts::seen(tx, row.id, now).await?;
        return Ok(false);
    }
    artifacts::save(tx, &after, now).await?;
    Ok(true)
}

/// The transcript's text if it was never read, or if its recording turned out to begin at another moment.
async fn text(
    ctx: &Context<'_>,
    named: &Named,
    (row, recordings): (&Artifact, &[Artifact]),
    forgotten: &Forgotten<'_>,
) -> Result<Option<Text>> {
    let began = recording_of(row, recordings).and_then(|recording| recording.started_at);
    let key = format!("transcripts/{}.vtt", row.id);
    if row.archive_key.is_some() && row.shift_ms == planned_shift(row, began) && !ctx.is_forced() {
        return Ok(None);
    }
    let is_there = row.archive_key.is_some() && ctx.app.bucket.exists(&key).await?;
    let text = if is_there {
        String::from_utf8_lossy(&ctx.app.bucket.read(&key).await?).into_owned()
    } else {
        let id = row.graph_id.as_deref().unwrap_or_default();
        ctx.graph.transcript_text(&named.organizer, &named.online_meeting, id).await?.vtt
    };
    let vtt = forgotten.text(&text);
    if !is_there || vtt != text {
        ctx.app.bucket.put(&key, Bytes::from(vtt.clone())).await?;
    }
    let said = transcript::parse(&vtt).map_err(|error| {
        Error::Corrupt(format!(
            "A transcript cannot be read: {error}. OnRecord tries again; if it stays so, tell us."
        ))
    })?;
    let shift_ms = planned_shift(row, began);
    // Negative times mean that Microsoft has laid the cues on the recording's line itself.
    let applied = if transcript::shift_ms(&said, row.started_at, began) == 0 { 0 } else { shift_ms };
    let size_bytes = vtt.len() as i64;
    let text = Text { id: row.id, key, shift_ms, cues: transcript::place(said, applied), size_bytes };
    Ok(Some(text))
}

fn planned_shift(row: &Artifact, began: Option<DateTime<Utc>>) -> i64 {
    transcript::shift_ms(&[], row.started_at, began)
}

/// The recording on whose time line a transcript lies: of the same part, else of the same call and nearest in time.
pub fn recording_of<'a>(transcript: &Artifact, recordings: &'a [Artifact]) -> Option<&'a Artifact> {
    let same = |a: &Option<String>, b: &Option<String>| a.is_some() && a == b;
    let distance = |recording: &Artifact| match (recording.started_at, transcript.started_at) {
        (Some(a), Some(b)) => (a - b).abs(),
        _ => chrono::Duration::MAX,
    };
    recordings
        .iter()
        .find(|recording| same(&recording.correlation_id, &transcript.correlation_id))
        .or_else(|| {
            let of_call = recordings.iter().filter(|recording| same(&recording.call_id, &transcript.call_id));
            of_call.min_by_key(|recording| distance(recording))
        })
        .or_else(|| if recordings.len() == 1 { recordings.first() } else { None })
}
