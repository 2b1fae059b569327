//! Object storage for verified copies and transcripts: a folder, S3, Azure Blob or Google Cloud Storage.
//! No key leaves the bucket's prefix, and an object is never seen half-written.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::{Stream, StreamExt as _, TryStreamExt as _, stream::BoxStream};
use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::local::LocalFileSystem;
use object_store::multipart::MultipartStore;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{
    GetOptions, GetRange, ObjectStore, ObjectStoreExt as _, ObjectStoreScheme, PutPayload, WriteMultipart,
};
use url::Url;

use crate::fail::{self, Step};

mod drafts;

use drafts::Parts;
pub use drafts::{Draft, Part};

/// Bytes per part of an upload; with [`PARTS_AT_ONCE`] it bounds the memory of one upload.
const PART_BYTES: usize = 8 * 1024 * 1024;
const PARTS_AT_ONCE: usize = 2;

/// What can go wrong with the archive.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// The archive's address cannot be used.
    #[error("the archive {place} cannot be used (ONRECORD_ARCHIVE_URL, archive.url): {reason}")]
    Place {
        /// The address without credentials.
        place: String,
        /// Why.
        reason: String,
    },
    /// A key that no part of this program makes.
    #[error("`{0}` is not an archive key")]
    Key(String),
    /// There is no such object.
    #[error("the archive holds no `{0}`")]
    Missing(String),
    /// There is no room left.
    #[error(
        "Storage full: the archive has no room left ({0}). Free some, or give it more; OnRecord goes on by itself."
    )]
    Full(String),
    /// The storage refused or failed.
    #[error("the archive failed: {0}")]
    Storage(String),
}

/// What is known of an object without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// Its size.
    pub size_bytes: u64,
    /// When it was written.
    pub modified_at: DateTime<Utc>,
}

/// The archive. Cloning shares the connection.
#[derive(Debug, Clone)]
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    parts: Parts,
    place: String,
}

impl Bucket {
    /// Opens the archive at `url`; a folder is made when missing, a cloud bucket must exist. `credentials` go before the
    /// machine's own identity and the cloud's usual environment variables.
    pub fn open(url: &str, credentials: &[(&'static str, String)]) -> Result<Self, BucketError> {
        let failed = |reason: String| BucketError::Place { place: place(url), reason };
        let parsed = Url::parse(url).map_err(|error| failed(error.to_string()))?;
        let (store, parts) = if parsed.scheme() == "file" {
            folder(&parsed).map_err(failed)?
        } else {
            cloud(&parsed, credentials).map_err(|error| failed(reason(&error)))?
        };
        Ok(Self { store, parts, place: place(url) })
    }

    /// An archive over any object storage, such as one in memory.
    pub fn over(store: Arc<dyn ObjectStore>, parts: Arc<dyn MultipartStore>, place: &str) -> Self {
        Self { store, parts: Parts::Cloud(parts, Path::default()), place: place.to_owned() }
    }

    /// The archive's address without credentials, for people.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Writes a small object whole, replacing what was there.
    pub async fn put(&self, key: &str, body: Bytes) -> Result<(), BucketError> {
        let path = path(key)?;
        fail::step(Step::BeforeObject, || "put".to_owned());
        self.store.put(&path, PutPayload::from_bytes(body)).await.map_err(|error| storage(key, &error))?;
        fail::step(Step::AfterObject, || "put".to_owned());
        Ok(())
    }

    /// Begins an object of unknown size. It does not exist until [`Upload::finish`].
    pub async fn begin(&self, key: &str) -> Result<Upload, BucketError> {
        let path = path(key)?;
        let upload = self.store.put_multipart(&path).await.map_err(|error| storage(key, &error))?;
        let writer = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        Ok(Upload { key: key.to_owned(), writer, size_bytes: 0 })
    }

    /// Writes a whole stream and returns its size. When the stream fails nothing remains of it.
    pub async fn put_stream<E>(
        &self,
        key: &str,
        body: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<u64, BucketError>
    where
        E: std::fmt::Display,
    {
        let mut upload = self.begin(key).await?;
        let mut body = std::pin::pin!(body);
        while let Some(next) = body.next().await {
            match next {
                Ok(bytes) => upload.write(bytes).await?,
                Err(error) => {
                    upload.abort().await?;
                    return Err(BucketError::Storage(format!("the source of `{key}` broke off: {error}")));
                }
            }
        }
        upload.finish().await
    }

    /// Streams `range` of an object, which the caller took from the object's size. Missing is an error.
    pub async fn get(
        &self,
        key: &str,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, BucketError>>, BucketError> {
        if range.is_empty() {
            return Ok(futures::stream::empty().boxed());
        }
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        let result = self.store.get_opts(&path(key)?, options).await.map_err(|error| storage(key, &error))?;
        let key = key.to_owned();
        Ok(result.into_stream().map_err(move |error| storage(&key, &error)).boxed())
    }

    /// Reads a small object whole. Missing is an error.
    pub async fn read(&self, key: &str) -> Result<Bytes, BucketError> {
        let result = self.store.get(&path(key)?).await.map_err(|error| storage(key, &error))?;
        result.bytes().await.map_err(|error| storage(key, &error))
    }

    /// Reads a small object whole, or `None` when there is none.
    pub async fn read_if_there(&self, key: &str) -> Result<Option<Bytes>, BucketError> {
        match self.read(key).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(BucketError::Missing(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The keys of all objects with their sizes, in no order. Only `onrecord verify` lists: nothing else needs that right.
    pub fn list(&self) -> BoxStream<'static, Result<(String, u64), BucketError>> {
        let listed = self.store.list(None).map_err(|error| storage("", &error));
        let ours = |(key, _): &(String, u64)| std::future::ready(!key.starts_with(drafts::UNFINISHED));
        listed.map_ok(|meta| (meta.location.to_string(), meta.size)).try_filter(ours).boxed()
    }

    /// What is known of an object, or `None` when there is none.
    pub async fn head(&self, key: &str) -> Result<Option<Stored>, BucketError> {
        match self.store.head(&path(key)?).await {
            Ok(meta) => Ok(Some(Stored { size_bytes: meta.size, modified_at: meta.last_modified })),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(storage(key, &error)),
        }
    }

    /// Whether there is such an object.
    pub async fn exists(&self, key: &str) -> Result<bool, BucketError> {
        Ok(self.head(key).await?.is_some())
    }

    /// Removes an object; that there is none is no error.
    pub async fn delete(&self, key: &str) -> Result<(), BucketError> {
        match self.store.delete(&path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(storage(key, &error)),
        }
    }

    /// Writes, reads and removes a small object, to learn whether the archive works.
    pub async fn probe(&self) -> Result<(), BucketError> {
        const KEY: &str = "probe/onrecord";
        let body =
            Bytes::from_static(b"OnRecord writes, reads and removes this to see that the archive works.");
        self.put(KEY, body.clone()).await?;
        let read = self.read(KEY).await?;
        self.delete(KEY).await?;
        if read == body {
            Ok(())
        } else {
            Err(BucketError::Storage("it did not return what was written".to_owned()))
        }
    }
}

/// An object being written. Dropping it without finishing leaves no object.
pub struct Upload {
    key: String,
    writer: WriteMultipart,
    size_bytes: u64,
}

impl Upload {
    /// Adds bytes; waits while too many parts are on their way, so memory stays bounded.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), BucketError> {
        self.writer.wait_for_capacity(PARTS_AT_ONCE).await.map_err(|error| storage(&self.key, &error))?;
        self.size_bytes += bytes.len() as u64;
        self.writer.put(bytes);
        Ok(())
    }

    /// Makes the object visible and returns its size.
    pub async fn finish(self) -> Result<u64, BucketError> {
        let Self { key, writer, size_bytes } = self;
        fail::step(Step::BeforeObject, || "upload".to_owned());
        writer.finish().await.map_err(|error| storage(&key, &error))?;
        fail::step(Step::AfterObject, || "upload".to_owned());
        Ok(size_bytes)
    }

    /// Throws away what was written.
    pub async fn abort(self) -> Result<(), BucketError> {
        let Self { key, writer, .. } = self;
        writer.abort().await.map_err(|error| storage(&key, &error))
    }
}

/// A storage for whole objects, and the same for parts.
type Opened = (Arc<dyn ObjectStore>, Parts);

fn folder(url: &Url) -> Result<Opened, String> {
    let folder: PathBuf = url.to_file_path().map_err(|()| "write file:// and an absolute path".to_owned())?;
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("the folder {} cannot be made: {error}", folder.display()))?;
    let store = LocalFileSystem::new_with_prefix(&folder).map_err(|error| reason(&error))?;
    Ok((Arc::new(store), Parts::Folder(folder)))
}

fn within<S: ObjectStore + MultipartStore + Clone>(store: S, prefix: Path) -> Opened {
    let parts = Parts::Cloud(Arc::new(store.clone()), prefix.clone());
    (Arc::new(PrefixStore::new(store, prefix)), parts)
}

fn cloud(url: &Url, credentials: &[(&'static str, String)]) -> object_store::Result<Opened> {
    let (scheme, prefix) = ObjectStoreScheme::parse(url)?;
    Ok(match scheme {
        ObjectStoreScheme::AmazonS3 => {
            let mut builder = AmazonS3Builder::from_env().with_url(url.as_str());
            for (name, value) in credentials.iter().filter(|(name, _)| name.starts_with("aws_")) {
                builder = builder.with_config(name.parse()?, value);
                if *name == "aws_endpoint" && is_loopback_http(value) {
                    builder = builder.with_allow_http(true);
                }
            }
            within(builder.build()?, prefix)
        }
        ObjectStoreScheme::MicrosoftAzure => {
            let mut builder = MicrosoftAzureBuilder::from_env().with_url(url.as_str());
            for (name, value) in credentials.iter().filter(|(name, _)| name.starts_with("azure_")) {
                builder = builder.with_config(name.parse()?, value);
                if *name == "azure_storage_endpoint" && is_loopback_http(value) {
                    builder = builder.with_allow_http(true);
                }
            }
            within(builder.build()?, prefix)
        }
        ObjectStoreScheme::GoogleCloudStorage => {
            let mut builder = GoogleCloudStorageBuilder::from_env().with_url(url.as_str());
            for (name, value) in credentials.iter().filter(|(name, _)| name.starts_with("google_")) {
                builder = builder.with_config(name.parse()?, value);
            }
            within(builder.build()?, prefix)
        }
        _ => {
            let source =
                "write file:///path, s3://bucket/prefix, az://container/prefix or gs://bucket/prefix".into();
            return Err(object_store::Error::Generic { store: "archive", source });
        }
    })
}

fn is_loopback_http(endpoint: &str) -> bool {
    ["http://127.0.0.1", "http://localhost", "http://[::1]"].iter().any(|start| {
        endpoint.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/']))
    })
}

fn place(url: &str) -> String {
    match Url::parse(url) {
        Ok(url) => format!("{}://{}{}", url.scheme(), url.host_str().unwrap_or_default(), url.path()),
        Err(_) => url.split(':').next().unwrap_or_default().to_owned() + ":…",
    }
}

/// A key is one or more names joined by slashes: of letters and digits of any script, spaces and a few signs that every
/// storage and file system takes. No name is `.` or `..`, and the folder of unfinished files is nobody's.
fn path(key: &str) -> Result<Path, BucketError> {
    let sound = |name: &str| {
        let ends_well = !name.starts_with(' ') && !name.ends_with(' ') && name.len() <= 255;
        !name.is_empty() && name != "." && name != ".." && ends_well && name.chars().all(is_of_a_key)
    };
    let is_reserved = key.split('/').next() == Some(drafts::UNFINISHED);
    if key.len() > 800 || is_reserved || !key.split('/').all(sound) {
        return Err(BucketError::Key(key.chars().take(80).collect()));
    }
    Path::parse(key).map_err(|_| BucketError::Key(key.to_owned()))
}

fn is_of_a_key(letter: char) -> bool {
    if letter.is_ascii() {
        letter.is_ascii_alphanumeric() || " -_.=,()'&+@".contains(letter)
    } else {
        !letter.is_control() && !letter.is_whitespace()
    }
}

fn storage(key: &str, error: &object_store::Error) -> BucketError {
    match error {
        object_store::Error::NotFound { .. } => BucketError::Missing(key.to_owned()),
        other if is_full(other) => BucketError::Full(reason(other)),
        other => BucketError::Storage(reason(other)),
    }
}

fn io(error: &std::io::Error) -> BucketError {
    match error.kind() {
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
            BucketError::Full(error.to_string())
        }
        _ => BucketError::Storage(error.to_string()),
    }
}

/// Whether a disk that ran full is behind it.
fn is_full(error: &object_store::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(error) = inner.downcast_ref::<std::io::Error>() {
            return matches!(io(error), BucketError::Full(_));
        }
        cause = inner.source();
    }
    false
}

/// The error with its causes; what the storage said without the query of any URL, which may be a signature.
fn reason(error: &object_store::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    let words = text.split(' ').map(|word| match word.split_once('?') {
        Some((start, _)) if start.contains("://") => format!("{start}?…"),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(folder: &tempfile::TempDir) -> Bucket {
        let url = Url::from_directory_path(folder.path()).unwrap();
        Bucket::open(url.as_str(), &[]).unwrap()
    }

    async fn collect(stream: BoxStream<'static, Result<Bytes, BucketError>>) -> Vec<u8> {
        stream
            .try_fold(Vec::new(), async |mut all, bytes| {
                all.extend_from_slice(&bytes);
                Ok(all)
            })
            .await
            .unwrap()
    }

    #[test]
    fn keys_never_leave_the_prefix() {
        for bad in [
            "",
            "/",
            "/etc/passwd",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            "a/./b",
            "a\\b",
            "a /b",
            "a%2e%2e/b",
            "a\tb",
            ".unfinished/a",
            &"x".repeat(256),
            &"x/".repeat(401),
        ] {
            assert!(matches!(path(bad), Err(BucketError::Key(_))), "{bad:?} was taken");
        }
        for good in [
            "a",
            "Recordings/BIO-204/Zellen & Gewebe_1.mp4",
            "transcripts/7.vtt",
            "a/..b",
            "Recordings/কোষ/ä.mp4",
        ] {
            assert_eq!(path(good).unwrap().as_ref(), good);
        }
    }

    #[tokio::test]
    async fn what_is_put_can_be_read_in_ranges_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let bucket = bucket(&folder);
        bucket.put("transcripts/7.vtt", Bytes::from_static(b"WEBVTT\n")).await.unwrap();
        assert_eq!(bucket.read("transcripts/7.vtt").await.unwrap().as_ref(), b"WEBVTT\n");
        assert_eq!(collect(bucket.get("transcripts/7.vtt", 1..4).await.unwrap()).await, b"EBV");
        assert_eq!(collect(bucket.get("transcripts/7.vtt", 3..3).await.unwrap()).await, b"");
        assert_eq!(bucket.head("transcripts/7.vtt").await.unwrap().unwrap().size_bytes, 7);
        bucket.delete("transcripts/7.vtt").await.unwrap();
        bucket.delete("transcripts/7.vtt").await.unwrap();
        assert!(!bucket.exists("transcripts/7.vtt").await.unwrap());
        assert!(matches!(bucket.get("transcripts/7.vtt", 0..1).await, Err(BucketError::Missing(_))));
        bucket.probe().await.unwrap();
    }

    #[tokio::test]
    async fn a_stream_of_several_parts_arrives_whole() {
        let folder = tempfile::tempdir().unwrap();
        let bucket = bucket(&folder);
        let piece = Bytes::from(vec![7_u8; 3_000_001]);
        let body = futures::stream::iter(std::iter::repeat_n(piece, 6).map(Ok::<_, std::io::Error>));
        assert_eq!(bucket.put_stream("recordings/1.mp4", body).await.unwrap(), 18_000_006);
        assert_eq!(bucket.head("recordings/1.mp4").await.unwrap().unwrap().size_bytes, 18_000_006);
        let tail = collect(bucket.get("recordings/1.mp4", 17_999_000..18_000_006).await.unwrap()).await;
        assert!(tail.len() == 1_006 && tail.iter().all(|byte| *byte == 7));
    }

    #[tokio::test]
    async fn a_broken_or_aborted_upload_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let bucket = bucket(&folder);
        let piece = Bytes::from(vec![7_u8; 9_000_000]);
        let body = futures::stream::iter(vec![Ok(piece.clone()), Err("cut")]);
        assert!(bucket.put_stream("recordings/1.mp4", body).await.is_err());
        let mut upload = bucket.begin("recordings/2.mp4").await.unwrap();
        upload.write(piece).await.unwrap();
        assert!(!bucket.exists("recordings/2.mp4").await.unwrap(), "visible before it was finished");
        upload.abort().await.unwrap();
        assert!(
            !bucket.exists("recordings/1.mp4").await.unwrap()
                && !bucket.exists("recordings/2.mp4").await.unwrap()
        );
    }

    #[test]
    fn an_address_that_cannot_be_used_says_which_setting() {
        for bad in ["http://example.com/x", "nonsense", "file:///dev/null/x"] {
            let error = Bucket::open(bad, &[]).unwrap_err().to_string();
            assert!(error.contains("ONRECORD_ARCHIVE_URL"), "{error}");
        }
        assert_eq!(place("s3://key:secret@bucket/prefix?x=y"), "s3://bucket/prefix");
    }

    #[test]
    fn plain_http_to_storage_is_for_this_machine_only() {
        assert!(is_loopback_http("http://127.0.0.1:9000") && is_loopback_http("http://localhost"));
        assert!(!is_loopback_http("http://127.0.0.1.example.com") && !is_loopback_http("https://127.0.0.1"));
    }
}
