//! Drives: where the recordings lie as files. Read by changes, one stream of requests for all classes of an
//! organizer. A link to the bytes is never kept: drive and item id are.

use chrono::{DateTime, Duration, Utc};
use msgraph::{DriveDeltaFrom, DriveItem, Link, Next};

use super::super::Result;
use super::context::Context;
use super::join;
use crate::model::artifact::{Artifact, ArtifactKind};
use crate::model::id::MeetingId;
use crate::model::recording_name::RecordingName;
use crate::store::artifacts::{self, NewArtifact};
use crate::store::delta::{self, DeltaKey, DeltaKind, DeltaLink};
use crate::store::{self, Tx};

/// The drive and its quota are looked up again after this time.
const HOME_STALE: Duration = Duration::hours(1);

/// The Recordings folder is looked for again after this time if it was not there.
const FOLDER_STALE: Duration = Duration::minutes(1);

/// What Teams calls the folder where the alias does not lead to it.
pub(super) const FOLDER_NAMES: [&str; 12] = [
    "Aufzeichnungen",
    "Enregistrements",
    "Grabaciones",
    "Registrazioni",
    "Gravações",
    "Opnamen",
    "Nagrania",
    "Inspelningar",
    "Optagelser",
    "Opptak",
    "录制",
    "レコーディング",
];

/// A drive that is read.
#[derive(Debug, Clone)]
pub(super) struct Home {
    pub(super) drive: String,
    /// Whose it is; `None` for the extra drive, in which every folder counts.
    pub(super) organizer: Option<String>,
    /// A service account's drive holds nothing private: what fits no class goes to the inbox.
    pub(super) is_service: bool,
}

/// The drive of an organizer, looked up now and then; its quota is kept, so that a full one is told as such.
pub(super) async fn home(ctx: &Context<'_>, organizer: &str) -> Result<Home> {
    let key = DeltaKey { integration: ctx.integration, owner: organizer.to_owned(), kind: DeltaKind::Home };
    let known = delta::find(&ctx.app.store, &key).await?;
    let is_service = delta::is_service_account(&ctx.app.store, ctx.integration, organizer).await?;
    let now = ctx.now();
    if let (Some(drive), Some(read_at)) = (&known.link, known.read_at)
        && now < read_at + HOME_STALE
    {
        return Ok(Home { drive: drive.clone(), organizer: Some(organizer.to_owned()), is_service });
    }
    let drive = ctx.graph.user_drive(organizer).await?;
    let quota = drive.quota.unwrap_or_default();
    let tx = ctx.app.store.write().await?;
    let link = DeltaLink { link: Some(drive.id.clone()), read_at: Some(now), ..DeltaLink::default() };
    delta::put(&tx, &key, &link).await?;
    let state = quota.state.as_ref().map(|state| state.as_str().to_owned());
    if state.as_deref() == Some("exceeded") {
        tracing::error!(drive = %drive.id, "Storage full: this onedrive takes no further recording");
    }
    delta::put_drive(&tx, (ctx.integration, organizer), &drive.id, (state, quota.total, quota.used), now)
        .await?;
    tx.commit().await?;
    Ok(Home { drive: drive.id, organizer: Some(organizer.to_owned()), is_service })
}

/// Reads what changed in a drive to its end, and joins files with recordings. Returns the meetings concerned.
pub(super) async fn read(ctx: &Context<'_>, home: &Home) -> Result<Vec<MeetingId>> {
    let key = DeltaKey { integration: ctx.integration, owner: home.drive.clone(), kind: DeltaKind::Drive };
    let mut news = Vec::new();
    let mut known = delta::find(&ctx.app.store, &key).await?;
    let mut folder = Folder::known(ctx, home).await?;
    loop {
        let link = known.link.as_deref().map(Link::from_stored);
        let from = link.as_ref().map_or(DriveDeltaFrom::Everything, DriveDeltaFrom::Link);
        let page = match ctx.graph.drive_delta(&home.drive, from).await {
            Ok(page) => page,
            Err(msgraph::Error::Gone { location, .. }) if known.link.is_some() => {
                tracing::info!(drive = %home.drive, "the onedrive's changes are too old: reading it in full");
                known = restart(ctx, &key, &known, location).await?;
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        folder.look(ctx, home, &page.items).await?;
        let now = ctx.now();
        let done = page.next.is_done();
        let after = DeltaLink {
            link: Some(page.next.link().as_str().to_owned()),
            read_at: if done { Some(now) } else { known.read_at },
            resync_since: if done { None } else { known.resync_since },
            error: None,
        };
        let tx = ctx.app.store.write().await?;
        if !delta::advance(&tx, &key, &known, &after).await? {
            // Another reader was quicker; it has applied this page.
            return Ok(news);
        }
        for item in &page.items {
            news.extend(apply(ctx, &tx, (home, &folder), item).await?);
        }
        if let (true, Some(since)) = (done, known.resync_since) {
            news.extend(artifacts::mark_unseen_gone(&tx, &home.drive, since, now).await?);
        }
        if done {
            news.extend(join::files(ctx, &tx, home).await?);
        }
        tx.commit().await?;
        if matches!(page.next, Next::Done(_)) {
            return Ok(news);
        }
        known = after;
    }
}

/// Begins again in full where Microsoft says; what is not named until the end is gone.
async fn restart(
    ctx: &Context<'_>,
    key: &DeltaKey,
    before: &DeltaLink,
    location: Option<Link>,
) -> Result<DeltaLink> {
    let location = location.filter(|location| Some(location.as_str()) != before.link.as_deref());
    let after = DeltaLink {
        link: location.map(|location| location.as_str().to_owned()),
        resync_since: Some(ctx.now()),
        ..before.clone()
    };
    let tx = ctx.app.store.write().await?;
    delta::put(&tx, key, &after).await?;
    tx.commit().await?;
    Ok(after)
}

/// The folder in which an organizer's recordings lie.
#[derive(Debug, Default)]
pub(super) struct Folder {
    id: Option<String>,
    looked_at: Option<DateTime<Utc>>,
}

impl Folder {
    async fn known(ctx: &Context<'_>, home: &Home) -> Result<Self> {
        let Some(organizer) = &home.organizer else { return Ok(Self::default()) };
        let known = delta::find(&ctx.app.store, &Self::key(ctx, organizer)).await?;
        Ok(Self { id: known.link, looked_at: known.read_at })
    }

    fn key(ctx: &Context<'_>, organizer: &str) -> DeltaKey {
        DeltaKey { integration: ctx.integration, owner: organizer.to_owned(), kind: DeltaKind::Folder }
    }

    /// Asks for the folder only if a video lies in another one than that which is known.
    async fn look(&mut self, ctx: &Context<'_>, home: &Home, items: &[DriveItem]) -> Result<()> {
        let Some(organizer) = &home.organizer else { return Ok(()) };
        let mut elsewhere =
            items.iter().filter(|item| is_video(item) && item.folder_id() != self.id.as_deref());
        let now = ctx.now();
        let is_fresh = self.looked_at.is_some_and(|at| now < at + FOLDER_STALE);
        // What has the name of a recording is worth a request: passed over now, it would not be named again.
        let is_named =
            |item: &&DriveItem| item.name.as_deref().is_some_and(|n| RecordingName::parse(n).is_some());
        let is_to_be_asked =
            if is_fresh { elsewhere.any(|item| is_named(&item)) } else { elsewhere.next().is_some() };
        if !is_to_be_asked {
            return Ok(());
        }
        let found = ctx.graph.recordings_folder(organizer, &FOLDER_NAMES).await?;
        self.id = found.map(|folder| folder.id);
        self.looked_at = Some(now);
        let link = DeltaLink { link: self.id.clone(), read_at: Some(now), ..DeltaLink::default() };
        let tx = ctx.app.store.write().await?;
        delta::put(&tx, &Self::key(ctx, organizer), &link).await?;
        Ok(tx.commit().await?)
    }

    fn holds(&self, item: &DriveItem) -> bool {
        self.id.is_some() && item.folder_id() == self.id.as_deref()
    }
}

pub(super) fn is_video(item: &DriveItem) -> bool {
    let extension =
        item.name.as_deref().and_then(|name| name.rsplit_once('.')).map(|(_, extension)| extension);
    item.file.is_some() && !item.is_deleted() && extension.is_some_and(|it| it.eq_ignore_ascii_case("mp4"))
}

/// Writes one changed item. Returns the meetings that it is news for.
async fn apply(
    ctx: &Context<'_>,
    tx: &Tx,
    (home, folder): (&Home, &Folder),
    item: &DriveItem,
) -> Result<Option<MeetingId>> {
    let now = ctx.now();
    let known = artifacts::lock_recording_by_item(tx, &home.drive, &item.id).await?;
    if item.is_deleted() {
        let Some(row) = known.filter(|row| row.gone_at.is_none()) else { return Ok(None) };
        tracing::warn!(recording = %row.id, "a recording's file vanished from onedrive");
        artifacts::save(tx, &Artifact { gone_at: Some(now), ..row.clone() }, now).await?;
        return Ok(row.meeting_id);
    }
    if let Some(row) = known {
        let after = described(ctx, &row, &home.drive, item);
        if after == row {
            artifacts::seen(tx, row.id, now).await?;
            return Ok(None);
        }
        artifacts::save(tx, &after, now).await?;
        // A changed tag or address alone, as after somebody shared the file, is nothing to look at a class for.
        let same = Artifact { e_tag: row.e_tag.clone(), web_url: row.web_url.clone(), ..after } == row;
        return Ok(row.meeting_id.filter(|_| !same));
    }
    if is_recording(home, folder, item) && may_be_kept(ctx, tx, home, item).await? {
        let new = NewArtifact {
            integration_id: ctx.integration,
            meeting_id: None,
            kind: ArtifactKind::Recording,
            organizer_id: home.organizer.clone(),
        };
        let id = artifacts::insert(tx, &new, now).await?;
        if let Some(row) = artifacts::lock(tx, id).await? {
            artifacts::save(tx, &described(ctx, &row, &home.drive, item), now).await?;
        }
    }
    Ok(None)
}

/// Whether a file is the recording of a meeting: by its name, and in an organizer's drive by its folder.
fn is_recording(home: &Home, folder: &Folder, item: &DriveItem) -> bool {
    let Some(name) = item.name.as_deref().filter(|_| is_video(item)).and_then(RecordingName::parse) else {
        return false;
    };
    !name.is_transcript_shell() && (home.organizer.is_none() || folder.holds(item))
}

/// A teacher's own drive also holds recordings that are no class: only what a class may be is kept.
async fn may_be_kept(ctx: &Context<'_>, tx: &Tx, home: &Home, item: &DriveItem) -> Result<bool> {
    let (Some(organizer), false) = (&home.organizer, home.is_service) else { return Ok(true) };
    let Some(name) = item.name.as_deref().and_then(RecordingName::parse) else { return Ok(false) };
    join::is_of_some_class(ctx, tx, organizer, &name).await
}

/// What the drive says of a recording's file. Of one that was copied, size and hash stay those of our copy.
pub(super) fn described(ctx: &Context<'_>, row: &Artifact, drive: &str, item: &DriveItem) -> Artifact {
    let is_ours = row.facts().is_verified();
    let name = item.name.clone().unwrap_or_else(|| row.name.clone());
    let stamp = RecordingName::parse(&name).filter(|name| name.is_utc).map(|name| name.stamp.and_utc());
    let started_at = row.started_at.or(stamp);
    let duration_ms = item.duration_ms().or(row.duration_ms);
    let length = duration_ms.map(Duration::milliseconds);
    Artifact {
        drive_id: Some(drive.to_owned()),
        item_id: Some(item.id.clone()),
        mime_type: item
            .file
            .as_ref()
            .and_then(|file| file.mime_type.clone())
            .unwrap_or_else(|| row.mime_type.clone()),
        size_bytes: item.size.filter(|_| !is_ours).or(row.size_bytes),
        web_url: item.web_url.clone().or_else(|| row.web_url.clone()),
        e_tag: item.e_tag.clone().or_else(|| row.e_tag.clone()),
        quick_xor_hash: item
            .quick_xor_hash()
            .filter(|_| !is_ours)
            .map(str::to_owned)
            .or_else(|| row.quick_xor_hash.clone()),
        expected_expiry_at: expiry(ctx, row, item),
        ended_at: row.ended_at.or_else(|| Some(started_at? + length?)),
        gone_at: None,
        name,
        started_at,
        duration_ms,
        ..row.clone()
    }
}

/// When Microsoft is expected to delete a file: its creation and the days in force when it was first seen. Graph does not
/// tell; what was estimated or corrected before stays.
fn expiry(ctx: &Context<'_>, row: &Artifact, item: &DriveItem) -> Option<DateTime<Utc>> {
    let is_known = row.item_id.as_deref() == Some(item.id.as_str()) && row.expected_expiry_at.is_some();
    if is_known || row.expiry_set_at.is_some() {
        return row.expected_expiry_at;
    }
    let lives = Duration::days(ctx.expiry_days);
    item.created_date_time.map(cut).filter(|_| ctx.expiry_days > 0).map(|created| created + lives)
}

/// Cut to what both databases keep, so that what was written equals what is read.
pub(super) fn cut(at: DateTime<Utc>) -> DateTime<Utc> {
    use chrono::SubsecRound as _;
    at.trunc_subsecs(6)
}

/// Reads the organizer's drive, and the extra one if there is one.
pub(super) async fn read_all(ctx: &Context<'_>, organizer: &str) -> Result<Vec<MeetingId>> {
    let mut news = read(ctx, &home(ctx, organizer).await?).await?;
    if let Some(drive) = &ctx.extra_drive {
        let extra = Home { drive: drive.clone(), organizer: None, is_service: true };
        news.extend(read(ctx, &extra).await?);
    }
    Ok(news)
}

/// Forgets how far an organizer's recordings were read, so that everything is offered again.
pub(super) async fn forget(ctx: &Context<'_>, organizer: &str) -> Result<()> {
    let home = home(ctx, organizer).await?;
    let tx = ctx.app.store.write().await?;
    for owner in
        [Some(home.drive.as_str()), Some(organizer), ctx.extra_drive.as_deref()].into_iter().flatten()
    {
        store::delta::forget(&tx, ctx.integration, owner).await?;
    }
    Ok(tx.commit().await?)
}
