//! From Microsoft into the archive, part by part. Each part that is there is written down with what the hashes had come
//! to, so that a break, a full disk or a killed process costs one part at most. While one part goes out the next comes
//! in: two parts are in memory, never more.

use bytes::{Bytes, BytesMut};
use futures::StreamExt as _;
use tokio_util::task::AbortOnDropHandle;

use super::passed::Passed;
use super::source::Source;
use super::{HELD, Limit, too_large};
use crate::app::App;
use crate::bucket::{BucketError, Draft, Part};
use crate::ops::{Error, Result};
use crate::store::drafts::{self, DraftRow, Hold, PartDone};

/// No recording of Teams is larger; what is larger is not what was asked for.
const MOST: Limit = Limit { bytes: 64 * 1024 * 1024 * 1024 };

/// What is said when another process writes now.
pub(super) const TAKEN_OVER: &str = "Another process copies this recording now.";

/// Whether a part is the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    Yes,
    No,
}

/// A part on its way out.
struct Flying {
    put: AbortOnDropHandle<std::result::Result<String, BucketError>>,
    done: PartDone,
}

/// One writer at work on one draft.
pub(super) struct Pouring<'a> {
    pub(super) app: &'a App,
    pub(super) row: DraftRow,
    pub(super) holder: &'a str,
    flying: Option<Flying>,
}

impl<'a> Pouring<'a> {
    pub(super) fn new(app: &'a App, row: DraftRow, holder: &'a str) -> Self {
        Self { app, row, holder, flying: None }
    }

    fn hold(&self) -> Hold<'a> {
        Hold { holder: self.holder, until: self.app.clock.now() + HELD }
    }

    /// Brings what is not there yet. Afterwards all parts are there.
    pub(super) async fn pour(&mut self, source: &Source) -> Result<()> {
        if self.row.whole_at.is_some() {
            return Ok(());
        }
        let begun = Passed::restore(&self.row.state).filter(|_| self.row.parts > 0);
        let mut passed = begun.unwrap_or_else(Passed::new);
        if passed.size_bytes() != self.row.size_bytes as u64 {
            return Err(Error::Corrupt(
                "What is known of a begun copy does not fit; it begins anew.".to_owned(),
            ));
        }
        if self.row.upload.is_empty() {
            self.begin().await?;
        }
        let brought = self.bring(source, &mut passed).await;
        // What is on its way out arrives or fails first: the next writer begins behind it.
        let landed = self.land().await;
        brought.and(landed)
    }

    async fn begin(&mut self) -> Result<()> {
        let draft = self.app.bucket.draft(&self.row.key).await?;
        let tx = self.app.store.write().await?;
        if !drafts::set_upload(&tx, &self.row.key, self.holder, &draft.upload).await? {
            drop(tx);
            self.app.bucket.forget(&draft).await?;
            return Err(Error::NotReady(TAKEN_OVER.to_owned()));
        }
        tx.commit().await?;
        self.row.upload = draft.upload;
        Ok(())
    }

    async fn bring(&mut self, source: &Source, passed: &mut Passed) -> Result<()> {
        let size = self.app.config.archive.part_kib.get() as usize * 1024;
        let mut number = self.row.parts;
        let mut held = BytesMut::with_capacity(size);
        let mut stream = source.handle.open(passed.size_bytes(), None).await?.stream;
        while let Some(next) = stream.next().await {
            let mut next = next?;
            while !next.is_empty() {
                // A full part goes out when more comes: so the last one is never empty.
                if held.len() == size {
                    self.send(std::mem::take(&mut held).freeze(), (number, Last::No), passed).await?;
                    held.reserve(size);
                    number += 1;
                }
                let taken = next.split_to(next.len().min(size - held.len()));
                passed.update(&taken).map_err(no_film)?;
                held.extend_from_slice(&taken);
            }
            if passed.size_bytes() > MOST.bytes {
                return Err(too_large(MOST));
            }
        }
        if source.told.size_bytes.is_some_and(|size| size != passed.size_bytes()) {
            let text = "Microsoft sent another number of bytes than it says the recording has.";
            return Err(Error::Corrupt(text.to_owned()));
        }
        self.send(held.freeze(), (number, Last::Yes), passed).await
    }

    /// Sends a part, after the one before it has arrived. It ends with the copy, whatever becomes of that.
    #[expect(
        clippy::disallowed_methods,
        reason = "the next part waits for it, and dropping the copy ends it"
    )]
    async fn send(&mut self, bytes: Bytes, (number, last): (i64, Last), passed: &Passed) -> Result<()> {
        self.land().await?;
        let done = PartDone {
            number,
            content_id: String::new(),
            state: passed.save(),
            size_bytes: passed.size_bytes() as i64,
            is_last: last == Last::Yes,
        };
        let offset = passed.size_bytes() - bytes.len() as u64;
        let part = Part { number: usize::try_from(number).unwrap_or_default(), offset, bytes };
        let draft = Draft { key: self.row.key.clone(), upload: self.row.upload.clone() };
        let bucket = self.app.bucket.clone();
        let put = tokio::spawn(async move { bucket.put_part(&draft, part).await });
        self.flying = Some(Flying { put: AbortOnDropHandle::new(put), done });
        Ok(())
    }

    /// Waits for the part on its way out and writes down that it is there.
    async fn land(&mut self) -> Result<()> {
        let Some(Flying { put, mut done }) = self.flying.take() else { return Ok(()) };
        done.content_id = put.await.map_err(|error| BucketError::Storage(error.to_string()))??;
        let tx = self.app.store.write().await?;
        if !drafts::add_part(&tx, &self.row.key, &done, self.hold(), self.app.clock.now()).await? {
            return Err(Error::NotReady(TAKEN_OVER.to_owned()));
        }
        tx.commit().await?;
        self.row.parts = done.number + 1;
        self.row.size_bytes = done.size_bytes;
        self.row.state = done.state;
        if done.is_last {
            self.row.whole_at = Some(self.app.clock.now());
        }
        Ok(())
    }

    /// Puts the parts together, unless that was done in an earlier life of the process.
    pub(super) async fn complete(&mut self) -> Result<()> {
        if self.row.finished_at.is_some() {
            return Ok(());
        }
        let stored = self.app.bucket.head(&self.row.key).await?;
        if stored.is_none_or(|stored| stored.size_bytes != self.row.size_bytes as u64) {
            let parts = drafts::parts(&self.app.store, &self.row.key).await?;
            let draft = Draft { key: self.row.key.clone(), upload: self.row.upload.clone() };
            self.app.bucket.complete(&draft, parts, self.row.size_bytes as u64).await?;
        }
        let (now, tx) = (self.app.clock.now(), self.app.store.write().await?);
        if !drafts::finished(&tx, &self.row.key, self.hold(), now).await? {
            return Err(Error::NotReady(TAKEN_OVER.to_owned()));
        }
        tx.commit().await?;
        self.row.finished_at = Some(now);
        Ok(())
    }

    /// Shows that this writer is alive. An error if another took over.
    pub(super) async fn renew(&self) -> Result<()> {
        let tx = self.app.store.write().await?;
        if !drafts::renew(&tx, &self.row.key, self.hold()).await? {
            return Err(Error::NotReady(TAKEN_OVER.to_owned()));
        }
        Ok(tx.commit().await?)
    }
}

/// A page, an error text or a torn file came instead of a film.
fn no_film(fault: crate::model::mp4::Fault) -> Error {
    Error::Corrupt(format!("Microsoft sent something that is no recording: {fault} OnRecord asks again."))
}
