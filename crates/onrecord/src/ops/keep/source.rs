//! Where the bytes of a recording are at Microsoft, and what Microsoft says of them at this moment. What a row says was
//! true when it was written; a copy is compared with a fresh answer only.

use chrono::TimeDelta;
use msgraph::{Client, DownloadHandle};

use crate::app::App;
use crate::model::artifact::Artifact;
use crate::ops::Result;
use crate::store::meetings;

/// A new file may have no hash yet. After so long one that has none is read twice instead.
const HASH_COMES: TimeDelta = TimeDelta::hours(24);

/// What Microsoft says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    /// Its length.
    pub(super) size_bytes: Option<u64>,
    /// Its quickXorHash.
    pub(super) quick_xor_hash: Option<String>,
    /// Its tag, which changes with every change, also of the name.
    e_tag: Option<String>,
}

impl Told {
    /// What tells one content from another: the hash where there is one.
    pub(super) fn content(&self) -> String {
        let size = self.size_bytes.map_or_else(String::new, |size| size.to_string());
        match (&self.quick_xor_hash, &self.e_tag) {
            (Some(hash), _) => format!("{size} {hash}"),
            (None, Some(tag)) => format!("{size} tag {tag}"),
            (None, None) => size,
        }
    }
}

/// The bytes of one recording.
pub(super) struct Source {
    client: Client,
    /// Drive and item, if it is a file.
    file: Option<(String, String)>,
    /// Opens it.
    pub(super) handle: DownloadHandle,
    /// What Microsoft said when the copy began.
    pub(super) told: Told,
}

/// Whether there is something to copy now.
pub(super) enum Found {
    /// There is.
    Here(Box<Source>),
    /// Not yet: its hash is not known, and it is young.
    NotYet,
    /// The row names nothing that could be read.
    Nowhere,
}

/// Looks where the recording's bytes are.
pub(super) async fn find(app: &App, client: Client, row: &Artifact) -> Result<Found> {
    if let (Some(drive), Some(item)) = (&row.drive_id, &row.item_id) {
        let file = (drive.clone(), item.clone());
        let now = client.drive_item(drive, item).await?;
        let is_young = now.created_date_time.is_some_and(|created| app.clock.now() - created < HASH_COMES);
        let told = Told {
            size_bytes: now.size.and_then(|size| u64::try_from(size).ok()),
            quick_xor_hash: now.quick_xor_hash().map(str::to_owned),
            e_tag: now.e_tag.clone(),
        };
        if told.size_bytes.is_none() || (told.quick_xor_hash.is_none() && is_young) {
            return Ok(Found::NotYet);
        }
        let handle = client.drive_download(drive, item);
        return Ok(Found::Here(Box::new(Source { client, file: Some(file), handle, told })));
    }
    let Some(meeting) = row.meeting_id else { return Ok(Found::Nowhere) };
    let Some(meeting) = meetings::find(&app.store, meeting).await? else { return Ok(Found::Nowhere) };
    let (Some(organizer), Some(online_meeting), Some(recording)) =
        (&meeting.organizer_id, &meeting.online_meeting_id, &row.graph_id)
    else {
        return Ok(Found::Nowhere);
    };
    let handle = client.recording_content(organizer, online_meeting, recording);
    let told = Told { size_bytes: None, quick_xor_hash: None, e_tag: None };
    Ok(Found::Here(Box::new(Source { client, file: None, handle, told })))
}

impl Source {
    /// What Microsoft says of it now.
    pub(super) async fn ask_again(&self) -> Result<Told> {
        let Some((drive, item)) = &self.file else { return Ok(self.told.clone()) };
        let now = self.client.drive_item(drive, item).await?;
        Ok(Told {
            size_bytes: now.size.and_then(|size| u64::try_from(size).ok()),
            quick_xor_hash: now.quick_xor_hash().map(str::to_owned),
            e_tag: now.e_tag.clone(),
        })
    }

    /// Where it comes from, for the audit.
    pub(super) fn kind(&self) -> &'static str {
        if self.file.is_some() { "onedrive" } else { "teams" }
    }
}
