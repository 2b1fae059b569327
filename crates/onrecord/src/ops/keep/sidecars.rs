//! The transcript and the chat beside a recording in the archive, as texts that any program opens. They are made from
//! what OnRecord holds, are written again when that changes, and go when it is gone: the archive never says more than
//! OnRecord does.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};

use crate::app::App;
use crate::model::archive_name::{chat_beside, transcript_beside};
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::captions;
use crate::model::chat::ChatMessage;
use crate::model::hex::hex;
use crate::model::id::{ArtifactId, MeetingId};
use crate::ops::{Result, sync};
use crate::store::sidecars::{self, Sidecar, SidecarKind};
use crate::store::{artifacts, chat, cues, keep};

/// A text as it should lie in the archive; empty if there is nothing to say.
struct Wanted {
    kind: SidecarKind,
    key: String,
    text: String,
}

/// Brings the texts beside a recording up to date, if its copy is verified. Writes only what differs, and returns how
/// many it wrote or removed.
pub(super) async fn write(app: &App, id: ArtifactId) -> Result<u64> {
    let Some(row) = artifacts::find(&app.store, id).await? else { return Ok(0) };
    let (Some(key), Some(meeting), true) = (&row.archive_key, row.meeting_id, row.facts().is_verified())
    else {
        return Ok(0);
    };
    let parts = artifacts::of_meeting(&app.store, meeting, ArtifactKind::Recording).await?;
    let wanted = [
        Wanted {
            kind: SidecarKind::Transcript,
            key: transcript_beside(key),
            text: transcript(app, meeting, &row, &parts).await?,
        },
        Wanted {
            kind: SidecarKind::Chat,
            key: chat_beside(key),
            text: said(app, meeting, &row, &parts).await?,
        },
    ];
    let known = sidecars::of_recording(&app.store, id).await?;
    let mut changed = 0;
    for one in wanted {
        let before = known.iter().find(|known| known.kind == one.kind);
        changed += u64::from(settle(app, id, one, before).await?);
    }
    Ok(changed)
}

/// The keys of the texts beside a recording, for whoever removes or erases.
pub async fn beside(app: &App, id: ArtifactId) -> Result<Vec<String>> {
    let known = sidecars::of_recording(&app.store, id).await?;
    Ok(known.into_iter().map(|sidecar| sidecar.key).collect())
}

/// Writes or removes one text. True if something changed.
async fn settle(app: &App, id: ArtifactId, wanted: Wanted, before: Option<&Sidecar>) -> Result<bool> {
    let sha256 = hex(&Sha256::digest(wanted.text.as_bytes()));
    let is_same = before.is_some_and(|before| before.key == wanted.key && before.sha256 == sha256);
    if is_same || (wanted.text.is_empty() && before.is_none()) {
        return Ok(false);
    }
    if let Some(before) = before.filter(|before| wanted.text.is_empty() || before.key != wanted.key) {
        app.bucket.delete(&before.key).await?;
    }
    let size_bytes = wanted.text.len() as i64;
    let is_empty = wanted.text.is_empty();
    if !is_empty {
        app.bucket.put(&wanted.key, Bytes::from(wanted.text)).await?;
    }
    let tx = app.store.write().await?;
    if is_empty {
        sidecars::remove(&tx, id, wanted.kind).await?;
    } else {
        let sidecar = Sidecar { key: wanted.key, artifact_id: id, kind: wanted.kind, sha256, size_bytes };
        sidecars::put(&tx, &sidecar, app.clock.now()).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// The transcript that lies on this recording's time line, as WebVTT.
async fn transcript(app: &App, meeting: MeetingId, row: &Artifact, parts: &[Artifact]) -> Result<String> {
    let transcripts = artifacts::of_meeting(&app.store, meeting, ArtifactKind::Transcript).await?;
    let mut all = Vec::new();
    for transcript in &transcripts {
        let is_ours = sync::recording_of(transcript, parts).is_some_and(|recording| recording.id == row.id);
        if is_ours && !transcript.facts().is_binned() {
            all.extend(cues::of_transcript(&app.store, transcript.id).await?);
        }
    }
    Ok(if all.is_empty() { String::new() } else { captions::webvtt(&all) })
}

/// What was written in the chat from this recording's beginning until the next one's; the first has what came before.
async fn said(app: &App, meeting: MeetingId, row: &Artifact, parts: &[Artifact]) -> Result<String> {
    let Some(class) = keep::class_of(&app.store, meeting).await? else { return Ok(String::new()) };
    let zone: chrono_tz::Tz = class.time_zone.parse().unwrap_or(chrono_tz::UTC);
    let begins = |part: &Artifact| part.started_at.unwrap_or(class.starts_at);
    let is_first = parts.iter().all(|part| (begins(part), part.id) >= (begins(row), row.id));
    let later = parts.iter().map(begins).filter(|begin| *begin > begins(row));
    let until: Option<DateTime<Utc>> = later.min();
    let is_ours = |message: &&ChatMessage| {
        message.deleted_at.is_none()
            && (is_first || message.sent_at >= begins(row))
            && until.is_none_or(|until| message.sent_at < until)
    };
    let messages = chat::named_of_meeting(&app.store, meeting).await?;
    let line = |message: &ChatMessage| {
        let at = message.sent_at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %:z");
        let text = message.text.replace("\r\n", "\n").replace('\n', "\n    ");
        format!("[{at}] {}: {text}\n", message.sender)
    };
    Ok(messages.iter().filter(is_ours).map(line).collect())
}
