//! Object storage in memory that fails when it is told to: parts that are refused, lost or spoilt, a bucket that is full,
//! objects that come back other than they went in.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::memory::InMemory;
use object_store::multipart::{MultipartStore, PartId};
use object_store::path::Path;
use object_store::{
    CopyOptions, GetOptions, GetResult, GetResultPayload, ListResult, MultipartId, MultipartUpload,
    ObjectMeta, ObjectStore, PutMultipartOptions, PutOptions, PutPayload, PutResult, Result,
};

/// What goes wrong once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Harm {
    /// A part is refused.
    Refused,
    /// There is no room for a part.
    Full,
    /// A part is kept with one bit turned.
    SpoiltPart,
    /// The upload is forgotten, as one that lay too long.
    Forgotten,
    /// Putting the parts together fails.
    NotPutTogether,
    /// The object is put together and the answer gets lost.
    AnswerLost,
    /// A byte is read wrongly.
    SpoiltReading,
    /// Reading breaks off.
    BrokenReading,
}

pub(crate) const HARMS: [Harm; 8] = [
    Harm::Refused,
    Harm::Full,
    Harm::SpoiltPart,
    Harm::Forgotten,
    Harm::NotPutTogether,
    Harm::AnswerLost,
    Harm::SpoiltReading,
    Harm::BrokenReading,
];

/// The storage.
#[derive(Debug, Clone, Default)]
pub(crate) struct Flaky {
    inner: Arc<InMemory>,
    harms: Arc<Mutex<VecDeque<(u64, Harm)>>>,
}

impl Flaky {
    /// Has something go wrong, after so many occasions for it went well.
    pub(crate) fn harm(&self, after: u64, harm: Harm) {
        self.harms.lock().unwrap_or_else(PoisonError::into_inner).push_back((after, harm));
    }

    /// Nothing goes wrong any more.
    pub(crate) fn heal(&self) {
        self.harms.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn strikes(&self, these: &[Harm]) -> Option<Harm> {
        let mut harms = self.harms.lock().unwrap_or_else(PoisonError::into_inner);
        let (after, harm) = harms.iter_mut().find(|(_, harm)| these.contains(harm))?;
        if *after > 0 {
            *after -= 1;
            return None;
        }
        let struck = *harm;
        harms.retain(|(_, harm)| *harm != struck);
        Some(struck)
    }
}

impl std::fmt::Display for Flaky {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("storage that fails")
    }
}

fn broken(kind: std::io::ErrorKind) -> object_store::Error {
    object_store::Error::Generic { store: "flaky", source: Box::new(std::io::Error::from(kind)) }
}

fn turned(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 0x10;
    }
    bytes
}

#[async_trait]
impl MultipartStore for Flaky {
    async fn create_multipart(&self, path: &Path) -> Result<MultipartId> {
        self.inner.create_multipart(path).await
    }

    async fn put_part(&self, path: &Path, id: &MultipartId, part: usize, data: PutPayload) -> Result<PartId> {
        match self.strikes(&[Harm::Refused, Harm::Full, Harm::SpoiltPart, Harm::Forgotten]) {
            Some(Harm::Refused) => Err(broken(std::io::ErrorKind::ConnectionReset)),
            Some(Harm::Full) => Err(broken(std::io::ErrorKind::StorageFull)),
            Some(Harm::SpoiltPart) => {
                let bytes: Vec<u8> = data.iter().flatten().copied().collect();
                self.inner.put_part(path, id, part, PutPayload::from(turned(&bytes))).await
            }
            Some(_) => {
                self.inner.abort_multipart(path, id).await?;
                let source = "the upload is not known".into();
                Err(object_store::Error::NotFound { path: path.to_string(), source })
            }
            None => self.inner.put_part(path, id, part, data).await,
        }
    }

    async fn complete_multipart(
        &self,
        path: &Path,
        id: &MultipartId,
        parts: Vec<PartId>,
    ) -> Result<PutResult> {
        match self.strikes(&[Harm::NotPutTogether, Harm::AnswerLost]) {
            Some(Harm::NotPutTogether) => Err(broken(std::io::ErrorKind::InvalidData)),
            Some(_) => {
                self.inner.complete_multipart(path, id, parts).await?;
                Err(broken(std::io::ErrorKind::ConnectionReset))
            }
            None => self.inner.complete_multipart(path, id, parts).await,
        }
    }

    async fn abort_multipart(&self, path: &Path, id: &MultipartId) -> Result<()> {
        self.inner.abort_multipart(path, id).await
    }
}

#[async_trait]
impl ObjectStore for Flaky {
    async fn put_opts(&self, path: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        self.inner.put_opts(path, payload, options).await
    }

    async fn put_multipart_opts(
        &self,
        path: &Path,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.inner.put_multipart_opts(path, options).await
    }

    async fn get_opts(&self, path: &Path, options: GetOptions) -> Result<GetResult> {
        let is_head = options.head;
        let mut result = self.inner.get_opts(path, options).await?;
        let harm = if is_head { None } else { self.strikes(&[Harm::SpoiltReading, Harm::BrokenReading]) };
        if let Some(harm) = harm {
            let mut pieces: Vec<Result<Bytes>> = Vec::new();
            let mut stream = std::mem::replace(
                &mut result.payload,
                GetResultPayload::Stream(futures::stream::empty().boxed()),
            );
            if let GetResultPayload::Stream(bytes) = &mut stream {
                while let Some(next) = bytes.next().await {
                    pieces.push(next.map(|bytes| {
                        if harm == Harm::SpoiltReading { Bytes::from(turned(&bytes)) } else { bytes }
                    }));
                }
            }
            if harm == Harm::BrokenReading {
                pieces.push(Err(broken(std::io::ErrorKind::ConnectionReset)));
            }
            result.payload = GetResultPayload::Stream(futures::stream::iter(pieces).boxed());
        }
        Ok(result)
    }

    fn delete_stream(&self, paths: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(paths)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}
