//! A class held elsewhere: staff bring its recording, as a link into OneDrive or as a file, and say why. It is probed
//! before anything is written, counts as certain by their word, and is told apart from what Teams recorded.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _};
use msgraph::DriveItem;
use serde_json::json;

use super::keep::{self, Limit, Naming};
use super::{Error, Result, audit, integration, rights, say, sync};
use crate::app::App;
use crate::model::access::{Act, Standing, Viewer};
use crate::model::artifact::{Artifact, ArtifactKind, MatchBasis};
use crate::model::conference::Meeting;
use crate::model::id::{ArtifactId, IntegrationId, MeetingId, UserId};
use crate::model::job::JobKind;
use crate::model::mp4::Probe;
use crate::store::decisions::By;
use crate::store::keep::Brought;
use crate::store::{self, artifacts, jobs, meetings};

/// Longest link in bytes.
const LONGEST_LINK: usize = 2_048;

/// Longest file name that is kept, in characters.
const LONGEST_NAME: usize = 200;

/// Bytes read at a time while looking into a file in OneDrive.
const WINDOW: u64 = 64 * 1024;

/// Pieces of a file that are looked into at most.
const MOST_PIECES: usize = 200;

/// Who brings something for which class.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// The person.
    pub viewer: &'a Viewer,
    /// The class.
    pub meeting: MeetingId,
    /// Why it is brought by hand.
    pub reason: &'a str,
}

/// A class that may be given a recording by hand.
#[derive(Debug, Clone)]
pub struct Open {
    /// The class.
    pub meeting: Meeting,
    /// Its tenant connection.
    pub integration_id: IntegrationId,
    /// How the person stands to it.
    standing: Standing,
}

/// The class, if the person may bring a recording for it; else `NotFound`, `Denied`, or `Conflict` before its start.
pub async fn open(app: &App, viewer: &Viewer, meeting: MeetingId) -> Result<Open> {
    let meeting = meetings::find(&app.store, meeting).await?.ok_or(Error::NotFound)?;
    let seen = rights::conference(app, viewer, meeting.conference_id, Act::Edit).await?;
    if meeting.starts_at > app.clock.now() {
        return Err(Error::Conflict(say("op-bring-early")));
    }
    let integration_id = seen.placed.conference.integration_id;
    Ok(Open { meeting, integration_id, standing: seen.standing })
}

/// How large an uploaded recording may be.
pub fn limit(app: &App) -> Limit {
    Limit { bytes: u64::from(app.config.limits.recording_mib.get()) * 1024 * 1024 }
}

/// Keeps an uploaded MP4 as a recording of the class: streamed into the archive, hashed and probed on the way. Nothing
/// of it is seen before its last byte is there.
pub async fn upload(
    app: &App,
    delivery: Delivery<'_>,
    name: &str,
    body: impl Stream<Item = Result<Bytes>> + Send,
) -> Result<ArtifactId> {
    let open = open(app, delivery.viewer, delivery.meeting).await?;
    let reason = sound_reason(delivery.reason)?;
    let naming = Naming { meeting: open.meeting.id, began: None };
    let kept = keep::write(app, naming, limit(app), body).await?;
    let now = app.clock.now();
    let tx = app.store.write().await?;
    meetings::lock(&tx, open.meeting.id).await?.ok_or(Error::NotFound)?;
    if store::keep::same_in_class(&tx, open.meeting.id, &kept.sha256).await?.is_some() {
        drop(tx);
        keep::discard(app, &kept.key).await?;
        return Err(Error::Conflict(say("op-bring-same")));
    }
    let name = sound_name(name);
    let new = brought(&open, &name, (delivery.viewer.user_id, reason), kept.duration_ms);
    let id = store::keep::bring(&tx, &new, now).await?;
    store::keep::verified(&tx, id, &kept, now).await?;
    keep::settle(&tx, &kept).await?;
    artifacts::renumber(&tx, open.meeting.id, ArtifactKind::Recording).await?;
    let detail = json!({
        "meeting": open.meeting.id, "reason": reason, "name": name, "size_bytes": kept.size_bytes, "sha256": kept.sha256,
    });
    let about = (format!("recording:{id}"), detail);
    audit::record(app, &tx, Some(delivery.viewer.user_id), "recording.uploaded", about).await?;
    tx.commit().await?;
    tracing::info!(recording = %id, meeting = %open.meeting.id, "a recording was uploaded by hand");
    sync::judge_again(app, open.meeting.id).await?;
    Ok(id)
}

/// Attaches a file in OneDrive as a recording of the class; its bytes are copied into the archive at once. An
/// instructor may attach what lies in their own OneDrive, or what waits in the inbox and is likely of this class; an
/// administrator any file.
pub async fn attach(app: &App, delivery: Delivery<'_>, link: &str) -> Result<ArtifactId> {
    let open = open(app, delivery.viewer, delivery.meeting).await?;
    let reason = sound_reason(delivery.reason)?;
    let link = sound_link(link)?;
    let client = integration::client(app, open.integration_id).await?;
    let item = client.shared_item(&link).await.map_err(unreadable)?;
    let drive = item.drive_id().map(str::to_owned);
    let drive = drive.ok_or_else(|| wrong("op-link-nowhere"))?;
    let known = known_row(app, &drive, &item.id).await?;
    if let Some(row) = &known
        && (row.meeting_id.is_some() || row.dismissed_at.is_some())
    {
        return Err(taken(row, open.meeting.id));
    }
    may_attach(app, &client, (delivery.viewer, &open), (&drive, known.as_ref())).await?;
    let duration_ms = look(&client, &drive, &item).await?;
    let by = By { user: delivery.viewer.user_id, at: app.clock.now(), reason };
    if let Some(row) = known {
        super::inbox::belongs(app, row.id, open.meeting.id, by).await?;
        return Ok(row.id);
    }
    write_attached(app, &open, by, (&drive, &item, duration_ms)).await
}

async fn write_attached(
    app: &App,
    open: &Open,
    by: By<'_>,
    (drive, item, duration_ms): (&str, &DriveItem, i64),
) -> Result<ArtifactId> {
    let name = sound_name(item.name.as_deref().unwrap_or_default());
    let tx = app.store.write().await?;
    meetings::lock(&tx, open.meeting.id).await?.ok_or(Error::NotFound)?;
    if let Some(row) = artifacts::lock_recording_by_item(&tx, drive, &item.id).await? {
        return Err(taken(&row, open.meeting.id));
    }
    let id = store::keep::bring(&tx, &brought(open, &name, (by.user, by.reason), duration_ms), by.at).await?;
    let row = artifacts::lock(&tx, id).await?.expect("the row was inserted in this transaction");
    let placed = Artifact {
        drive_id: Some(drive.to_owned()),
        item_id: Some(item.id.clone()),
        web_url: item.web_url.clone(),
        e_tag: item.e_tag.clone(),
        size_bytes: item.size,
        quick_xor_hash: item.quick_xor_hash().map(str::to_owned),
        ..row
    };
    artifacts::save(&tx, &placed, by.at).await?;
    artifacts::renumber(&tx, open.meeting.id, ArtifactKind::Recording).await?;
    jobs::enqueue(&tx, JobKind::Copy, &keep::subject(id), by.at, by.at).await?;
    let detail = json!({
        "meeting": open.meeting.id, "reason": by.reason, "name": name, "drive": drive, "item": item.id,
    });
    audit::record(app, &tx, Some(by.user), "recording.attached", (format!("recording:{id}"), detail)).await?;
    tx.commit().await?;
    app.work.notify_one();
    tracing::info!(recording = %id, meeting = %open.meeting.id, "a recording in onedrive was attached by hand");
    sync::judge_again(app, open.meeting.id).await?;
    Ok(id)
}

fn brought<'a>(open: &Open, name: &'a str, (by, reason): (UserId, &'a str), duration_ms: i64) -> Brought<'a> {
    Brought {
        integration_id: open.integration_id,
        meeting_id: open.meeting.id,
        name,
        // Nothing in a file tells when it was recorded; the class was at its time.
        started_at: open.meeting.starts_at,
        duration_ms,
        by,
        reason,
    }
}

async fn known_row(app: &App, drive: &str, item: &str) -> Result<Option<Artifact>> {
    let tx = app.store.write().await?;
    Ok(artifacts::lock_recording_by_item(&tx, drive, item).await?)
}

/// What the person is told about a file that has its place already; other classes are not named.
fn taken(row: &Artifact, meeting: MeetingId) -> Error {
    Error::Conflict(match (row.meeting_id, row.dismissed_at) {
        (Some(own), _) if own == meeting => say("op-bring-here"),
        (Some(_), _) => say("op-bring-other"),
        (None, Some(_)) if row.match_basis == MatchBasis::Person => say("op-bring-dismissed"),
        (None, _) => say("op-bring-inbox"),
    })
}

/// OnRecord may read every OneDrive; the person who gives a link may not. What they could not open themselves they
/// cannot bring before a class by way of us.
async fn may_attach(
    app: &App,
    client: &msgraph::Client,
    (viewer, open): (&Viewer, &Open),
    (drive, known): (&str, Option<&Artifact>),
) -> Result<()> {
    if open.standing == Standing::Admin {
        return Ok(());
    }
    if let Some(row) = known {
        let likely = super::inbox::likely(app, &open.meeting).await?;
        if likely.iter().any(|item| item.waiting.id == row.id) {
            return Ok(());
        }
    } else if own_drive(app, client, viewer).await?.as_deref() == Some(drive) {
        return Ok(());
    }
    Err(Error::Denied(
        "You may attach a file of your own OneDrive only. Copy the recording there and give that link, upload the file, \
         or ask an administrator to attach it."
            .to_owned(),
    ))
}

/// The person's own OneDrive, found by their object id, else by their address.
async fn own_drive(app: &App, client: &msgraph::Client, viewer: &Viewer) -> Result<Option<String>> {
    let user = store::users::find(&app.store, viewer.user_id).await?.ok_or(Error::NotFound)?;
    let object_id = match (user.entra_object_id, user.upn) {
        (Some(id), _) => id,
        (None, upn) => match client.user(upn.as_deref().unwrap_or(&user.email)).await {
            Ok(person) => person.id,
            Err(msgraph::Error::NotFound { .. } | msgraph::Error::Forbidden { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        },
    };
    match client.user_drive(&object_id).await {
        Ok(drive) => Ok(Some(drive.id)),
        Err(
            msgraph::Error::NotFound { .. }
            | msgraph::Error::Forbidden { .. }
            | msgraph::Error::Upstream { status: 400, .. },
        ) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Looks into a file in OneDrive by a few short reads, and returns how long it plays.
async fn look(client: &msgraph::Client, drive: &str, item: &DriveItem) -> Result<i64> {
    if item.folder.is_some() || item.file.is_none() {
        return Err(wrong("op-link-folder"));
    }
    let size = item.size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0);
    let handle = client.drive_download(drive, &item.id);
    let mut probe = Probe::default();
    for _ in 0..MOST_PIECES {
        let from = probe.wants();
        if from >= size {
            break;
        }
        probe.jump();
        let mut content = handle.open(from, Some(WINDOW.min(size - from))).await.map_err(unreadable)?;
        while let Some(bytes) = content.stream.next().await {
            probe
                .push(&bytes.map_err(unreadable)?)
                .map_err(|fault| Error::invalid("onedrive_url", fault.to_string()))?;
        }
    }
    if probe.wants() < size {
        // A film in very many fragments: its OneDrive has looked at it, and the copy is probed whole.
        return item.duration_ms().ok_or_else(|| wrong("op-link-pieces"));
    }
    probe.jump();
    Ok(probe.finish(size).map_err(|fault| Error::invalid("onedrive_url", fault.to_string()))?.duration_ms)
}

/// The link is wrong; `key` names the sentence.
fn wrong(key: &str) -> Error {
    Error::invalid("onedrive_url", say(key))
}

/// What Microsoft's refusal of a link means for whoever gave it.
fn unreadable(error: msgraph::Error) -> Error {
    match error {
        msgraph::Error::NotFound { .. } | msgraph::Error::Invalid { .. } | msgraph::Error::Gone { .. } => {
            wrong("op-link-empty")
        }
        msgraph::Error::Upstream { status: 400..=499, .. } => wrong("op-link-unknown"),
        msgraph::Error::Forbidden { .. } => Error::Denied(say("op-bring-forbidden")),
        other => other.into(),
    }
}

fn sound_link(link: &str) -> Result<String> {
    let link = link.trim();
    let parsed = url::Url::parse(link).ok().filter(|_| link.len() <= LONGEST_LINK);
    let is_web =
        parsed.as_ref().is_some_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    if is_web { Ok(link.to_owned()) } else { Err(wrong("op-link-form")) }
}

fn sound_reason(reason: &str) -> Result<&str> {
    let reason = super::inbox::sound_reason(reason)?;
    if reason.is_empty() {
        return Err(Error::invalid("reason", say("op-bring-why")));
    }
    Ok(reason)
}

/// The last part of a name as a browser sends it, without what no name needs.
fn sound_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
    last.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect()
}

/// When a class was, for a page that asks for its recording.
pub fn may_be_brought(meeting: &Meeting, now: DateTime<Utc>) -> bool {
    meeting.starts_at <= now
}
