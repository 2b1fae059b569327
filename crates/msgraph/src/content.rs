//! The bytes of a file, from any position, through every interruption, in constant memory.
//!
//! A stream that breaks goes on at the byte reached, if the file is still the same. Docs: `driveitem-get-content`.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use futures::Stream;
use futures::stream::BoxStream;

use crate::call::{Call, Channel};
use crate::client::Client;
use crate::drive;
use crate::error::Error;
use crate::range::{Version, Wanted};
use crate::reply::Reply;
use crate::retry::{backoff, jitter};
use crate::source::{RangeAt, Source};

/// Interruptions in a row without a single new byte, after which a stream gives up.
const FRUITLESS: u32 = 5;
/// The longest wait inside a stream: somebody is watching.
const PATIENCE: Duration = Duration::from_mins(1);

/// A file that can be opened at any position, many times. Keep it as long as the file is being read: it remembers
/// where the bytes are, so that most openings cost one request. Cheap to clone.
#[derive(Clone)]
pub struct DownloadHandle {
    source: Arc<Source>,
}

impl fmt::Debug for DownloadHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DownloadHandle(…)")
    }
}

/// An opened file.
#[derive(Debug)]
pub struct Content {
    /// Bytes of the whole file, if told.
    pub total_size: Option<u64>,
    /// Position of the first byte of the stream.
    pub start: u64,
    /// Bytes the stream will yield, if known. A stream that yields fewer ends with an error.
    pub length: Option<u64>,
    /// The file's etag, if told.
    pub etag: Option<String>,
    /// Kind of content as told by the server.
    pub content_type: Option<String>,
    /// The bytes.
    pub stream: ContentStream,
}

/// The bytes of a file. Resumed by itself; ends with an error if the file changed or cannot be read any further.
pub struct ContentStream {
    bytes: BoxStream<'static, Result<Bytes, Error>>,
}

impl fmt::Debug for ContentStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContentStream(…)")
    }
}

impl Stream for ContentStream {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.bytes.as_mut().poll_next(context)
    }
}

impl Client {
    /// A file of a drive, to be opened. Makes no request yet.
    pub fn drive_download(&self, drive_id: &str, item_id: &str) -> DownloadHandle {
        let call = drive::item(drive_id, item_id).word("content").accept("*/*").channel(Channel::Content);
        DownloadHandle::new(self.clone(), call, RangeAt::LocationOnly)
    }

    /// Opens a file of a drive once; for many ranges keep a [`Client::drive_download`].
    pub async fn drive_content(
        &self,
        drive_id: &str,
        item_id: &str,
        from: u64,
        length: Option<u64>,
    ) -> Result<Content, Error> {
        self.drive_download(drive_id, item_id).open(from, length).await
    }
}

impl DownloadHandle {
    fn new(client: Client, call: Call, range_at: RangeAt) -> Self {
        Self { source: Arc::new(Source::new(client, call, range_at)) }
    }

    /// A recording by way of Teams, which may send the bytes itself.
    pub(crate) fn of_recording(client: Client, call: Call) -> Self {
        Self::new(client, call, RangeAt::Both)
    }

    /// Opens the file at a position, for so many bytes or to its end. [`Error::Unsatisfiable`] behind its end.
    pub async fn open(&self, from: u64, length: Option<u64>) -> Result<Content, Error> {
        if length == Some(0) {
            return Err(Error::Invalid { what: "a range of no bytes".to_owned() });
        }
        let wanted = Wanted { at: from, end: length.map(|length| from.saturating_add(length)) };
        let opened = self.source.open(wanted).await?;
        let end = match (wanted.end, opened.version.total_size) {
            (Some(end), Some(total)) => Some(end.min(total)),
            (None, total) => total,
            // The file may end before the range does: its own end tells.
            (Some(_), None) => None,
        };
        Ok(Content {
            total_size: opened.version.total_size,
            start: from,
            length: end.map(|end| end.saturating_sub(from)),
            etag: opened.version.etag.clone(),
            content_type: opened.content_type,
            stream: Feed {
                source: Arc::clone(&self.source),
                limit: wanted.end,
                at: from,
                end,
                skip: opened.skip,
                version: opened.version,
                reply: Some(opened.reply),
                fruitless: 0,
            }
            .into_stream(),
        })
    }
}

/// A stream under way.
struct Feed {
    source: Arc<Source>,
    /// The end that was asked for.
    limit: Option<u64>,
    /// Position of the next byte to hand out.
    at: u64,
    /// Position behind the last byte, if known.
    end: Option<u64>,
    skip: u64,
    version: Version,
    reply: Option<Reply>,
    fruitless: u32,
}

impl Feed {
    fn into_stream(self) -> ContentStream {
        let bytes = futures::stream::try_unfold(self, |mut feed| async move {
            let chunk = feed.next().await?;
            Ok(chunk.map(|chunk| (chunk, feed)))
        });
        ContentStream { bytes: Box::pin(bytes) }
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if self.end == Some(self.at) {
                return Ok(None);
            }
            let Some(reply) = &mut self.reply else {
                self.reopen().await?;
                continue;
            };
            match reply.chunk().await {
                Ok(Some(chunk)) => {
                    if let Some(chunk) = self.take(chunk) {
                        return Ok(Some(chunk));
                    }
                }
                // Without a known end, the end of the body is the end of the file.
                Ok(None) if self.end.is_none() && self.skip == 0 => return Ok(None),
                Ok(None) => {
                    let ids = Box::new(reply.ids.clone());
                    let what = "the body ended early".to_owned();
                    self.interrupted(Error::BrokenBody { what, ids }).await?;
                }
                Err(error) => self.interrupted(error).await?,
            }
        }
    }

    /// Cuts a chunk to what is wanted. `None` if nothing of it is.
    fn take(&mut self, mut chunk: Bytes) -> Option<Bytes> {
        if self.skip > 0 {
            let cut = self.skip.min(chunk.len() as u64);
            chunk.advance(cut as usize);
            self.skip -= cut;
        }
        if let Some(end) = self.end.or(self.limit) {
            let room = end.saturating_sub(self.at);
            if (chunk.len() as u64) > room {
                chunk.truncate(room as usize);
            }
        }
        if chunk.is_empty() {
            return None;
        }
        self.at += chunk.len() as u64;
        if self.limit == Some(self.at) {
            self.end = self.limit;
        }
        self.fruitless = 0;
        Some(chunk)
    }

    /// Opens the file again at the position reached.
    async fn reopen(&mut self) -> Result<(), Error> {
        match self.source.open(Wanted { at: self.at, end: self.limit }).await {
            Ok(opened) => {
                if let Some(what) = self.version.changed_to(&opened.version) {
                    return Err(Error::Changed { what: what.to_owned() });
                }
                self.skip = opened.skip;
                self.reply = Some(opened.reply);
                Ok(())
            }
            Err(Error::Unsatisfiable { .. }) => Err(Error::Changed { what: "it became shorter".to_owned() }),
            Err(error) if error.is_retryable() => self.interrupted(error).await,
            Err(error) => Err(error),
        }
    }

    /// Lets go of the connection and waits a moment, or gives up.
    async fn interrupted(&mut self, error: Error) -> Result<(), Error> {
        self.reply = None;
        self.fruitless += 1;
        let wait = match error.retry_after() {
            Some(wait) => wait,
            None if self.fruitless == 1 => Duration::ZERO,
            None => backoff(self.source.client.retry().policy.first_delay, self.fruitless - 2, jitter()),
        };
        if self.fruitless >= FRUITLESS || wait > PATIENCE {
            return Err(error);
        }
        tracing::debug!(at = self.at, fruitless = self.fruitless, cause = %error, "a download broke off and is resumed");
        self.source.client.retry().rest.of(wait).await;
        Ok(())
    }
}
