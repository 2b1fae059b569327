//! Drives: where the recordings lie as files. No access policy, but no meeting id either.
//!
//! Docs: `drive-get`, `driveitem-get`, `driveitem-list-children`, `driveitem-delta`, `drive-get-specialfolder`,
//! `shares-get`.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use http::HeaderName;
use serde::Deserialize;

use crate::call::{Call, encode};
use crate::client::Client;
use crate::error::Error;
use crate::identity::IdentitySet;
use crate::lane::Lane;
use crate::moment::{self, null_as_default};
use crate::open_enum::open_enum;
use crate::page::{Delta, Link};

/// Selected, so that no pre-authenticated URL comes along unasked.
const ITEM_FIELDS: &str = "id,name,size,eTag,cTag,webUrl,createdDateTime,lastModifiedDateTime,createdBy,parentReference,\
    file,folder,root,deleted,video,fileSystemInfo";
const DELTA_EXCLUDE_PARENT: HeaderName = HeaderName::from_static("deltaexcludeparent");

open_enum! {
    /// How full a drive is.
    QuotaState {
        /// More than 10 % free.
        Normal = "normal",
        /// Less than 10 % free.
        Nearing = "nearing",
        /// Less than 1 % free.
        Critical = "critical",
        /// Full: new recordings go elsewhere.
        Exceeded = "exceeded",
    }
}

/// A drive.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Drive {
    /// Opaque.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// `business`, `documentLibrary` or `personal`.
    pub drive_type: Option<String>,
    /// The drive in the browser.
    pub web_url: Option<String>,
    /// Whose it is.
    pub owner: Option<IdentitySet>,
    /// Space; figures lag behind.
    pub quota: Option<Quota>,
}

/// Space of a drive in bytes. Some tenants tell zeros.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Quota {
    /// All.
    pub total: Option<i64>,
    /// Taken.
    pub used: Option<i64>,
    /// Free.
    pub remaining: Option<i64>,
    /// In the recycle bin, which counts as taken.
    pub deleted: Option<i64>,
    /// In a word.
    pub state: Option<QuotaState>,
}

/// A file or folder. Its drive and id together are the durable name.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DriveItem {
    /// Unique in its drive; survives renaming and moving within it.
    #[serde(deserialize_with = "null_as_default")]
    pub id: String,
    /// Missing when deleted.
    pub name: Option<String>,
    /// Bytes.
    pub size: Option<i64>,
    /// Changes with anything.
    #[serde(rename = "eTag")]
    pub e_tag: Option<String>,
    /// Changes with the content; deltas leave it out.
    #[serde(rename = "cTag")]
    pub c_tag: Option<String>,
    /// The file in the browser, for those who have rights there.
    pub web_url: Option<String>,
    /// When the file was made, which may be near the end of the class.
    #[serde(deserialize_with = "moment::optional")]
    pub created_date_time: Option<DateTime<Utc>>,
    /// Last change.
    #[serde(deserialize_with = "moment::optional")]
    pub last_modified_date_time: Option<DateTime<Utc>>,
    /// Who made it.
    pub created_by: Option<IdentitySet>,
    /// Where it lies.
    pub parent_reference: Option<ParentReference>,
    /// Present on files.
    pub file: Option<FileFacet>,
    /// Present on folders.
    pub folder: Option<FolderFacet>,
    /// Present on what was deleted.
    pub deleted: Option<Deleted>,
    /// Present on videos, once the server has looked at them.
    pub video: Option<Video>,
}

impl DriveItem {
    /// The hash of the content, if the server has it already.
    pub fn quick_xor_hash(&self) -> Option<&str> {
        self.file.as_ref()?.hashes.as_ref()?.quick_xor_hash.as_deref().filter(|hash| !hash.is_empty())
    }

    /// Whether it was deleted.
    pub fn is_deleted(&self) -> bool {
        self.deleted.is_some()
    }

    /// The drive it lies in.
    pub fn drive_id(&self) -> Option<&str> {
        self.parent_reference.as_ref()?.drive_id.as_deref()
    }

    /// The folder it lies in.
    pub fn folder_id(&self) -> Option<&str> {
        self.parent_reference.as_ref()?.id.as_deref()
    }

    /// Length of a video, if the server has looked at it.
    pub fn duration_ms(&self) -> Option<i64> {
        self.video.as_ref()?.duration.filter(|ms| *ms > 0)
    }
}

/// Where an item lies.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ParentReference {
    /// The drive.
    pub drive_id: Option<String>,
    /// The folder.
    pub id: Option<String>,
    /// The folder's name.
    pub name: Option<String>,
    /// The folder's path; deltas leave it out.
    pub path: Option<String>,
}

/// What makes an item a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FileFacet {
    /// Kind of content.
    pub mime_type: Option<String>,
    /// Checksums.
    pub hashes: Option<Hashes>,
}

/// Checksums; `OneDrive` for Business knows only this one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Hashes {
    /// See [`crate::QuickXorHash`].
    pub quick_xor_hash: Option<String>,
}

/// What makes an item a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FolderFacet {
    /// How much is in it.
    pub child_count: Option<i64>,
}

/// What makes an item a deleted one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Deleted {
    /// Usually `deleted`.
    pub state: Option<String>,
}

/// What makes an item a video.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Video {
    /// Milliseconds; zero while unknown.
    pub duration: Option<i64>,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
}

/// Where a delta of a drive begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriveDeltaFrom<'a> {
    /// With everything that is there.
    Everything,
    /// With what changes from now on: the answer holds no items.
    Now,
    /// At a stored link.
    Link(&'a Link),
}

impl Client {
    /// The drive of a person. [`Error::NotFound`] or a 400 if they have none yet.
    pub async fn user_drive(&self, user_id: &str) -> Result<Drive, Error> {
        let call = Call::get(lane(user_id), "users").id(user_id).word("drive");
        self.json(&call.query("$select", "id,driveType,quota,owner,webUrl")).await
    }

    /// A drive by its id.
    pub async fn drive(&self, drive_id: &str) -> Result<Drive, Error> {
        let call = Call::get(lane(drive_id), "drives").id(drive_id);
        self.json(&call.query("$select", "id,driveType,quota,owner,webUrl")).await
    }

    /// A file or folder.
    pub async fn drive_item(&self, drive_id: &str, item_id: &str) -> Result<DriveItem, Error> {
        self.json(&item(drive_id, item_id).query("$select", ITEM_FIELDS)).await
    }

    /// Puts a file into the recycle bin of its drive, if it is still the one with this tag. One that is gone already is
    /// as good. Needs write permission.
    pub async fn delete_drive_item(
        &self,
        drive_id: &str,
        item_id: &str,
        e_tag: Option<&str>,
    ) -> Result<(), Error> {
        let mut call = Call::delete(lane(drive_id), "drives").id(drive_id).word("items").id(item_id);
        if let Some(e_tag) = e_tag {
            call = call.header(http::header::IF_MATCH, e_tag);
        }
        match self.done(&call).await {
            Err(Error::NotFound { .. }) => Ok(()),
            other => other,
        }
    }

    /// Everything directly in a folder.
    pub async fn children(&self, drive_id: &str, folder_id: &str) -> Result<Vec<DriveItem>, Error> {
        let call =
            item(drive_id, folder_id).word("children").query("$top", "200").query("$select", ITEM_FIELDS);
        self.all_pages(call).await
    }

    /// The folder in which Teams keeps a person's recordings: by its role, then by its English name, then by
    /// `names` in other languages. `None` while there is none, that is, before the first recording.
    pub async fn recordings_folder(&self, user_id: &str, names: &[&str]) -> Result<Option<DriveItem>, Error> {
        let drive = || Call::get(lane(user_id), "users").id(user_id).word("drive");
        let by_role = drive().word("special").word("recordings").query("$select", ITEM_FIELDS);
        match self.json(&by_role).await {
            Ok(folder) => return Ok(Some(folder)),
            // With read permission alone, a missing special folder answers 403: no sign of a missing permission.
            Err(Error::NotFound { .. } | Error::Forbidden { .. } | Error::Upstream { status: 400, .. }) => {}
            Err(error) => return Err(error),
        }
        for name in std::iter::once("Recordings").chain(names.iter().copied()) {
            let path = format!("root:/{}", encode(name));
            match self.json::<DriveItem>(&drive().word(&path).query("$select", ITEM_FIELDS)).await {
                Ok(folder) => return Ok(Some(folder)),
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// The file behind an address from a chat message or a browser.
    pub async fn shared_item(&self, address: &str) -> Result<DriveItem, Error> {
        let token = format!("u!{}", URL_SAFE_NO_PAD.encode(address));
        let call = Call::get(Lane::Drive("shares".to_owned()), "shares").word(&token).word("driveItem");
        self.json(&call.query("$select", ITEM_FIELDS)).await
    }

    /// One page of what changed in a drive, in no particular order; an item may come twice, the last wins.
    /// [`Error::Gone`] if the link is too old: start at its location, and treat what is not named any more as gone.
    pub async fn drive_delta(
        &self,
        drive_id: &str,
        from: DriveDeltaFrom<'_>,
    ) -> Result<Delta<DriveItem>, Error> {
        let first = || {
            Call::get(lane(drive_id), "drives")
                .id(drive_id)
                .word("root")
                .word("delta")
                .query("$select", ITEM_FIELDS)
        };
        let call = match from {
            DriveDeltaFrom::Everything => first().query("$top", "200"),
            DriveDeltaFrom::Now => first().query("token", "latest"),
            DriveDeltaFrom::Link(link) => Call::follow(lane(drive_id), link),
        };
        self.delta_page(&call.header(DELTA_EXCLUDE_PARENT, "true")).await
    }
}

fn lane(drive: &str) -> Lane {
    Lane::Drive(drive.to_owned())
}

pub(crate) fn item(drive_id: &str, item_id: &str) -> Call {
    Call::get(lane(drive_id), "drives").id(drive_id).word("items").id(item_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_with_what_is_there() {
        let deleted: DriveItem = serde_json::from_str(
            r#"{"id":"01","deleted":{"state":"deleted"},"parentReference":{"driveId":"b!1"}}"#,
        )
        .expect("an item");
        assert!(deleted.is_deleted() && deleted.name.is_none());
        assert_eq!(deleted.drive_id(), Some("b!1"));
        let young: DriveItem = serde_json::from_str(
            r#"{"id":"01","name":"a.mp4","size":5,"file":{"mimeType":"video/mp4","hashes":null},"video":{"duration":0},
            "@microsoft.graph.downloadUrl":"https://x/secret?tempauth=1"}"#,
        )
        .expect("an item");
        assert_eq!((young.quick_xor_hash(), young.duration_ms()), (None, None));
        assert!(!format!("{young:?}").contains("tempauth"));
    }

    #[test]
    fn a_sharing_token_is_the_address_in_base64() {
        let address =
            "https://school-my.sharepoint.com/personal/rec_school_example/Documents/Recordings/a.mp4";
        assert_eq!(
            format!("u!{}", URL_SAFE_NO_PAD.encode(address)),
            "u!aHR0cHM6Ly9zY2hvb2wtbXkuc2hhcmVwb2ludC5jb20vcGVyc29uYWwvcmVjX3NjaG9vbF9leGFtcGxlL0RvY3VtZW50cy9SZWNvcmRpbmdzL2EubXA0"
        );
    }
}
