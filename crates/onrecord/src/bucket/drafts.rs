//! Objects written part by part, over breaks and restarts: what was handed over stays, and nothing of it can be seen
//! before all of it was put together. A folder keeps one file apart from the objects; S3, Azure Blob and Google Cloud
//! Storage keep an upload of their own. Nothing here judges the bytes: whoever wrote them reads them back.

use std::io::SeekFrom;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use object_store::PutPayload;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use tokio::io::{AsyncSeekExt as _, AsyncWriteExt as _};

use super::{Bucket, BucketError, io, path, storage};
use crate::fail::{self, Step};

/// The folder of unfinished files, beside the objects. No key of an object begins with it.
pub(super) const UNFINISHED: &str = ".unfinished";

/// Where parts are kept until they are put together.
#[derive(Clone)]
pub(super) enum Parts {
    /// In files below this folder.
    Folder(PathBuf),
    /// In uploads of the storage, whose keys all begin with this prefix.
    Cloud(Arc<dyn MultipartStore>, Path),
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Folder(_) => "Parts::Folder",
            Self::Cloud(..) => "Parts::Cloud",
        })
    }
}

/// An object that is being written: its key, and the word by which the storage knows what came of it so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// Key of the object to be.
    pub key: String,
    /// The storage's own word for the upload; ours for a folder.
    pub upload: String,
}

/// A piece of an object.
#[derive(Debug, Clone)]
pub struct Part {
    /// 0, 1, …
    pub number: usize,
    /// Where its first byte stands in the object.
    pub offset: u64,
    /// Its bytes. All parts but the last are of one size.
    pub bytes: Bytes,
}

impl Bucket {
    /// Begins an object. It does not exist until [`Bucket::complete`].
    pub async fn draft(&self, key: &str) -> Result<Draft, BucketError> {
        let path = path(key)?;
        let upload = match &self.parts {
            Parts::Folder(_) => uuid::Uuid::new_v4().simple().to_string(),
            Parts::Cloud(store, prefix) => {
                store.create_multipart(&below(prefix, &path)).await.map_err(|error| storage(key, &error))?
            }
        };
        Ok(Draft { key: key.to_owned(), upload })
    }

    /// Adds a part and returns the storage's word for it. A part may be written again; the last writing counts.
    pub async fn put_part(&self, draft: &Draft, part: Part) -> Result<String, BucketError> {
        match &self.parts {
            Parts::Folder(root) => {
                let folder = root.join(UNFINISHED);
                tokio::fs::create_dir_all(&folder).await.map_err(|error| io(&error))?;
                let mut options = tokio::fs::OpenOptions::new();
                // Only the first part makes the file: what vanished meanwhile must not come back with a hole.
                let opened =
                    options.write(true).create(part.number == 0).open(folder.join(&draft.upload)).await;
                let mut file = opened.map_err(|error| missing_or(&draft.key, &error))?;
                file.seek(SeekFrom::Start(part.offset)).await.map_err(|error| io(&error))?;
                file.write_all(&part.bytes).await.map_err(|error| io(&error))?;
                file.flush().await.map_err(|error| io(&error))?;
                Ok(String::new())
            }
            Parts::Cloud(store, prefix) => {
                let path = below(prefix, &path(&draft.key)?);
                let body = PutPayload::from_bytes(part.bytes);
                let put = store.put_part(&path, &draft.upload, part.number, body).await;
                Ok(put.map_err(|error| storage(&draft.key, &error))?.content_id)
            }
        }
    }

    /// Puts the parts together, in order, and makes the object of `size_bytes` visible.
    pub async fn complete(
        &self,
        draft: &Draft,
        parts: Vec<String>,
        size_bytes: u64,
    ) -> Result<(), BucketError> {
        fail::step(Step::BeforeObject, || "draft".to_owned());
        match &self.parts {
            Parts::Folder(root) => {
                let (root, draft) = (root.clone(), draft.clone());
                let moved = tokio::task::spawn_blocking(move || into_place(&root, &draft, size_bytes)).await;
                moved.map_err(|error| BucketError::Storage(error.to_string()))??;
            }
            Parts::Cloud(store, prefix) => {
                let path = below(prefix, &path(&draft.key)?);
                let parts = parts.into_iter().map(|content_id| PartId { content_id }).collect();
                let done = store.complete_multipart(&path, &draft.upload, parts).await;
                done.map_err(|error| storage(&draft.key, &error))?;
            }
        }
        fail::step(Step::AfterObject, || "draft".to_owned());
        Ok(())
    }

    /// Throws away what was written of an object that is not to be. That there is nothing is no error.
    pub async fn forget(&self, draft: &Draft) -> Result<(), BucketError> {
        if draft.upload.is_empty() {
            return Ok(());
        }
        match &self.parts {
            Parts::Folder(root) => {
                match tokio::fs::remove_file(root.join(UNFINISHED).join(&draft.upload)).await {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(&error)),
                    _ => Ok(()),
                }
            }
            Parts::Cloud(store, prefix) => {
                let path = below(prefix, &path(&draft.key)?);
                match store.abort_multipart(&path, &draft.upload).await {
                    Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                    Err(error) => Err(storage(&draft.key, &error)),
                }
            }
        }
    }
}

/// Gives a finished file its name. After a power cut it is either there whole or not at all.
fn into_place(root: &std::path::Path, draft: &Draft, size_bytes: u64) -> Result<(), BucketError> {
    let from = root.join(UNFINISHED).join(&draft.upload);
    let file =
        std::fs::File::options().write(true).open(&from).map_err(|error| missing_or(&draft.key, &error))?;
    let length = file.metadata().map_err(|error| io(&error))?.len();
    if length != size_bytes {
        let text = format!("`{}` has {length} bytes of {size_bytes} that were written", draft.key);
        return Err(BucketError::Storage(text));
    }
    file.sync_all().map_err(|error| io(&error))?;
    let to = root.join(path(&draft.key)?.as_ref());
    let folder = to.parent().unwrap_or(root);
    std::fs::create_dir_all(folder).map_err(|error| io(&error))?;
    std::fs::rename(&from, &to).map_err(|error| io(&error))?;
    let folder = std::fs::File::open(folder).map_err(|error| io(&error))?;
    folder.sync_all().map_err(|error| io(&error))
}

fn missing_or(key: &str, error: &std::io::Error) -> BucketError {
    if error.kind() == std::io::ErrorKind::NotFound {
        BucketError::Missing(key.to_owned())
    } else {
        io(error)
    }
}

fn below(prefix: &Path, path: &Path) -> Path {
    prefix.parts().chain(path.parts()).collect()
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    const KEY: &str = "Recordings/BIO-204/Zellen und Gewebe_20261201_090000.mp4";

    fn part(number: usize, offset: u64, fill: u8, length: usize) -> Part {
        Part { number, offset, bytes: Bytes::from(vec![fill; length]) }
    }

    /// What a draft of three parts is, through any storage.
    async fn three_parts(bucket: &Bucket) {
        let draft = bucket.draft(KEY).await.unwrap();
        let mut words = Vec::new();
        for number in 0..3_usize {
            let length = if number == 2 { 7 } else { 100 };
            let part = part(number, number as u64 * 100, number as u8, length);
            words.push(bucket.put_part(&draft, part).await.unwrap());
            assert!(!bucket.exists(KEY).await.unwrap(), "a half copy is visible");
        }
        bucket.complete(&draft, words, 207).await.unwrap();
        let whole = bucket.read(KEY).await.unwrap();
        assert_eq!((whole.len(), whole[0], whole[150], whole[206]), (207, 0, 1, 2));
        let draft = bucket.draft("Recordings/x.mp4").await.unwrap();
        bucket.put_part(&draft, part(0, 0, 1, 10)).await.unwrap();
        bucket.forget(&draft).await.unwrap();
        assert!(!bucket.exists("Recordings/x.mp4").await.unwrap());
    }

    #[tokio::test]
    async fn a_draft_in_a_folder_is_seen_only_when_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::from_directory_path(folder.path()).unwrap();
        three_parts(&Bucket::open(url.as_str(), &[]).unwrap()).await;
        let left = std::fs::read_dir(folder.path().join(UNFINISHED)).unwrap().count();
        assert_eq!(left, 0, "unfinished files stay behind");
    }

    #[tokio::test]
    async fn a_draft_in_object_storage_is_seen_only_when_it_is_whole() {
        let memory = Arc::new(object_store::memory::InMemory::new());
        three_parts(&Bucket::over(memory.clone(), memory, "memory://test")).await;
    }

    #[tokio::test]
    async fn a_file_that_vanished_or_lost_bytes_is_never_put_into_place() {
        let folder = tempfile::tempdir().unwrap();
        let url = Url::from_directory_path(folder.path()).unwrap();
        let bucket = Bucket::open(url.as_str(), &[]).unwrap();
        let draft = bucket.draft(KEY).await.unwrap();
        bucket.put_part(&draft, part(0, 0, 1, 100)).await.unwrap();
        assert!(matches!(bucket.complete(&draft, Vec::new(), 200).await, Err(BucketError::Storage(_))));
        std::fs::remove_file(folder.path().join(UNFINISHED).join(&draft.upload)).unwrap();
        assert!(matches!(bucket.put_part(&draft, part(1, 100, 1, 100)).await, Err(BucketError::Missing(_))));
        assert!(matches!(bucket.complete(&draft, Vec::new(), 100).await, Err(BucketError::Missing(_))));
        assert!(!bucket.exists(KEY).await.unwrap());
    }
}
