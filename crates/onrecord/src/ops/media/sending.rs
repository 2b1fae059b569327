//! The bytes on their way to a viewer. They pass through untouched and uncopied; what is added is the count, the
//! promised length, and a look at the viewer's rights every few seconds: who loses the right loses the stream.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use futures::{FutureExt as _, Stream};

use super::{Opened, Wanted, authorize};
use crate::app::App;
use crate::model::access::Viewer;
use crate::model::id::VisitId;
use crate::model::visit::VisitKey;
use crate::ops::{Error, Result};

/// How long bytes flow between two looks at the viewer's rights.
const LOOK_EVERY: TimeDelta = TimeDelta::seconds(10);

/// The body of an answer. Dropped when the viewer is gone, which lets go of Microsoft's end, too.
pub struct Sending {
    opened: Opened,
    left: Option<u64>,
    uncounted: u64,
    looked_at: DateTime<Utc>,
    look: Option<BoxFuture<'static, Result<()>>>,
    audience: Audience,
}

/// Who receives what, on which visit.
#[derive(Clone)]
pub struct Audience {
    /// The process.
    pub app: Arc<App>,
    /// The person.
    pub viewer: Viewer,
    /// What they asked for.
    pub wanted: Wanted,
    /// Whose visit it is.
    pub key: VisitKey,
    /// Its row.
    pub visit: VisitId,
}

impl Sending {
    /// Sends what was opened to someone whose rights were just asked.
    pub fn new(opened: Opened, audience: Audience) -> Self {
        let looked_at = audience.app.clock.now();
        Self { left: opened.length, opened, uncounted: 0, looked_at, look: None, audience }
    }

    fn count(&mut self, now: DateTime<Utc>) {
        let Audience { app, key, visit, .. } = &self.audience;
        app.delivery.sent(*key, *visit, std::mem::take(&mut self.uncounted), now);
    }

    /// Asks for the viewer's rights again when it is time; bytes wait for the answer.
    fn poll_rights(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        if self.look.is_none() {
            let now = self.audience.app.clock.now();
            if now - self.looked_at < LOOK_EVERY {
                return Poll::Ready(Ok(()));
            }
            self.looked_at = now;
            self.count(now);
            let Audience { app, viewer, wanted, .. } = self.audience.clone();
            let look = async move { authorize(&app, &viewer, wanted).await.map(|_| ()) };
            self.look = Some(look.boxed());
        }
        if let Some(look) = &mut self.look {
            let answer = ready!(look.poll_unpin(context));
            self.look = None;
            return Poll::Ready(answer.inspect_err(|error| {
                tracing::info!(subject = self.audience.wanted.subject(), %error, "a recording was cut off: the viewer's right to it ended");
            }));
        }
        Poll::Ready(Ok(()))
    }

    fn take(&mut self, mut bytes: Bytes) -> Bytes {
        if let Some(left) = &mut self.left {
            // More than was promised would break the connection's framing.
            bytes.truncate((*left).min(bytes.len() as u64) as usize);
            *left -= bytes.len() as u64;
        }
        self.uncounted += bytes.len() as u64;
        bytes
    }
}

impl Stream for Sending {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let sending = &mut *self;
        if sending.left == Some(0) {
            return Poll::Ready(None);
        }
        if let Err(error) = ready!(sending.poll_rights(context)) {
            return Poll::Ready(Some(Err(error)));
        }
        match ready!(sending.opened.bytes.as_mut().poll_next(context)) {
            Some(Ok(bytes)) => Poll::Ready(Some(Ok(sending.take(bytes)))),
            Some(Err(error)) => Poll::Ready(Some(Err(error))),
            None => match sending.left {
                Some(left) if left > 0 => {
                    let text = format!("Download failed: {left} bytes of the recording did not come.");
                    tracing::warn!(subject = sending.audience.wanted.subject(), "{text}");
                    Poll::Ready(Some(Err(Error::Corrupt(text))))
                }
                _ => Poll::Ready(None),
            },
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let now = self.audience.app.clock.now();
        self.count(now);
    }
}
