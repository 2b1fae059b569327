//! Where the bytes of a file are: the pre-authenticated URL that Graph gives, kept in memory and fetched again when
//! it stops working.
//!
//! The URL opens the file without any sign-in: it is never shown, stored or sent the token.

use http::header::{ACCEPT_ENCODING, LOCATION, RANGE};
use tokio::sync::Mutex;
use url::Url;

use crate::call::Call;
use crate::client::Client;
use crate::error::Error;
use crate::lane::Lane;
use crate::range::{Head, Misplaced, Version, Wanted, read_head};
use crate::reply::Reply;

/// URLs tried for one opening: the cached one, and fresh ones.
const URLS_TRIED: u32 = 3;
/// Redirects from one pre-authenticated URL to the next.
const HOPS: u32 = 3;

/// Whether Graph itself may answer with bytes and should then know the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RangeAt {
    LocationOnly,
    Both,
}

/// An answer that holds the wanted bytes.
pub(crate) struct Opened {
    pub(crate) reply: Reply,
    pub(crate) version: Version,
    pub(crate) content_type: Option<String>,
    /// Bytes to throw away first, from a server that does not know ranges.
    pub(crate) skip: u64,
}

/// One file and where it is.
pub(crate) struct Source {
    pub(crate) client: Client,
    /// Graph's `…/content`.
    call: Call,
    /// Of the bytes that are elsewhere.
    lane: Lane,
    range_at: RangeAt,
    location: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    url: Option<Url>,
    /// Raised with every new URL, so that one that failed is dropped only once.
    serial: u64,
}

enum Place {
    Location { url: Url, serial: u64, is_fresh: bool },
    Here(Reply),
}

impl Source {
    /// The file behind this call of Graph's `…/content`.
    pub(crate) fn new(client: Client, call: Call, range_at: RangeAt) -> Self {
        Self { client, lane: Lane::Content(call.lane.key()), call, range_at, location: Mutex::default() }
    }

    /// Opens the file, with a fresh URL if the known one does not work any more.
    pub(crate) async fn open(&self, wanted: Wanted) -> Result<Opened, Error> {
        let mut tried = 0;
        loop {
            let (url, serial, is_fresh) = match self.place(wanted).await? {
                Place::Here(reply) => return place_in(reply, wanted),
                Place::Location { url, serial, is_fresh } => (url, serial, is_fresh),
            };
            tried += 1;
            let error = match self.open_at(url, wanted).await {
                Ok(opened) => return Ok(opened),
                Err(error) => error,
            };
            if !is_stale(&error) {
                return Err(error);
            }
            self.forget(serial).await;
            // A URL that was good a moment ago and is refused at once is not old: the refusal is meant.
            if is_fresh && tried > 1 || tried >= URLS_TRIED {
                return Err(error);
            }
        }
    }

    async fn open_at(&self, mut url: Url, wanted: Wanted) -> Result<Opened, Error> {
        for _ in 0..HOPS {
            let call = with_range(Call::elsewhere(self.lane.clone(), url), wanted);
            let reply = self.client.open(&call).await?;
            if !reply.response.status().is_redirection() {
                return place_in(reply, wanted);
            }
            url = location(&reply)?;
        }
        Err(Error::Decode { what: "too many redirects".to_owned(), ids: Box::default() })
    }

    /// The known URL, or a fresh one. However many ask at once, one request is made.
    async fn place(&self, wanted: Wanted) -> Result<Place, Error> {
        let mut known = self.location.lock().await;
        if let Some(url) = &known.url {
            return Ok(Place::Location { url: url.clone(), serial: known.serial, is_fresh: false });
        }
        let reply = match self.range_at {
            RangeAt::LocationOnly => self.client.open(&self.call).await?,
            RangeAt::Both => self.client.open(&with_range(self.call.clone(), wanted)).await?,
        };
        if !reply.response.status().is_redirection() {
            return Ok(Place::Here(reply));
        }
        let url = location(&reply)?;
        known.serial += 1;
        known.url = Some(url.clone());
        Ok(Place::Location { url, serial: known.serial, is_fresh: true })
    }

    async fn forget(&self, serial: u64) {
        let mut known = self.location.lock().await;
        if known.serial == serial {
            known.url = None;
        }
    }
}

/// A pre-authenticated URL that is over answers in any of these ways.
fn is_stale(error: &Error) -> bool {
    matches!(
        error,
        Error::Unauthorized { .. }
            | Error::Forbidden { .. }
            | Error::NotFound { .. }
            | Error::Gone { .. }
            | Error::BrokenBody { .. }
    )
}

fn with_range(call: Call, wanted: Wanted) -> Call {
    let call = call.header(ACCEPT_ENCODING, "identity");
    match wanted.header() {
        Some(range) => call.header(RANGE, &range),
        None => call,
    }
}

fn location(reply: &Reply) -> Result<Url, Error> {
    let text = reply.response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
    text.and_then(|text| Url::parse(text).ok()).ok_or_else(|| Error::Decode {
        what: "a redirect without a usable Location".to_owned(),
        ids: Box::new(reply.ids.clone()),
    })
}

/// Finds out which bytes an answer really holds.
fn place_in(reply: Reply, wanted: Wanted) -> Result<Opened, Error> {
    let length = reply.response.content_length();
    let found = read_head(reply.response.status(), reply.response.headers(), length, wanted);
    match found {
        Ok(Head { skip, version, content_type }) => Ok(Opened { reply, version, content_type, skip }),
        Err(Misplaced::Behind(total_size)) => Err(Error::Unsatisfiable { total_size }),
        Err(Misplaced::Broken(what)) => {
            Err(Error::BrokenBody { what: what.to_owned(), ids: Box::new(reply.ids) })
        }
    }
}
