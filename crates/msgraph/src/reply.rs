//! An answer whose status was good, and how its body is read: in time, within bounds, and told apart from a page
//! of some gateway.

use std::time::Duration;

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::connections::OpenStream;
use crate::error::{Error, RequestIds};
use crate::redact;

const LARGEST_ANSWER: usize = 64 << 20;

/// An answer with a good status (2xx or 3xx), its body not yet read.
pub(crate) struct Reply {
    pub(crate) response: reqwest::Response,
    pub(crate) ids: RequestIds,
    silence: Duration,
    _open: Option<OpenStream>,
}

impl Reply {
    /// `silence` is how long the server may send nothing.
    pub(crate) fn new(response: reqwest::Response, ids: RequestIds, silence: Duration) -> Self {
        Self { response, ids, silence, _open: None }
    }

    /// Counts as an open stream until it is dropped.
    pub(crate) fn counted(self, open: OpenStream) -> Self {
        Self { _open: Some(open), ..self }
    }

    /// The next piece of the body.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        match tokio::time::timeout(self.silence, self.response.chunk()).await {
            Ok(Ok(chunk)) => Ok(chunk),
            Ok(Err(cause)) => Err(broken(cause, &self.ids)),
            Err(_) => Err(Error::Timeout { ids: Box::new(self.ids.clone()) }),
        }
    }

    /// As much of the body as comes, at most `largest` bytes.
    pub(crate) async fn beginning(&mut self, largest: usize) -> Vec<u8> {
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = self.chunk().await {
            body.extend_from_slice(&chunk[..chunk.len().min(largest - body.len())]);
            if body.len() == largest {
                break;
            }
        }
        body
    }

    /// The whole body.
    pub(crate) async fn whole(mut self) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        while let Some(chunk) = self.chunk().await? {
            if body.len() + chunk.len() > LARGEST_ANSWER {
                let what = format!("more than {LARGEST_ANSWER} bytes");
                return Err(Error::Decode { what, ids: Box::new(self.ids) });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    /// The body as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(self) -> Result<T, Error> {
        let ids = Box::new(self.ids.clone());
        if self.response.status().is_redirection() {
            return Err(Error::Decode { what: "a redirect where JSON was expected".to_owned(), ids });
        }
        parse_json(&self.whole().await?, ids)
    }
}

/// A failure below HTTP. Its URL is stripped: it may be pre-authenticated.
pub(crate) fn broken(cause: reqwest::Error, ids: &RequestIds) -> Error {
    let ids = Box::new(ids.clone());
    let cause = cause.without_url();
    if cause.is_connect() || cause.is_dns() {
        return Error::Unreachable { what: root_cause(&cause), ids };
    }
    if cause.is_timeout() {
        return Error::Timeout { ids };
    }
    Error::Transport { what: root_cause(&cause), ids }
}

/// The innermost cause, which names no URL.
pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut at = error;
    while let Some(source) = at.source() {
        at = source;
    }
    redact::text(&at.to_string())
}

/// Cut or foreign bodies may be whole the next time; a wrong shape stays wrong.
pub(crate) fn parse_json<T: DeserializeOwned>(body: &[u8], ids: Box<RequestIds>) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|cause| {
        if cause.is_data() {
            return Error::Decode { what: redact::text(&cause.to_string()), ids };
        }
        let what = match body.trim_ascii_start().first() {
            None => "an empty body instead of JSON".to_owned(),
            Some(b'<') => "HTML instead of JSON".to_owned(),
            Some(_) => {
                format!("JSON that breaks off or is damaged at byte {} of {}", cause.column(), body.len())
            }
        };
        Error::BrokenBody { what, ids }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cut_json_may_be_repeated_and_a_wrong_shape_not() {
        let parse =
            |body: &[u8]| parse_json::<Vec<u32>>(body, Box::default()).expect_err("not a list of numbers");
        for cut in [&b""[..], b"[1, 2", b"<html>", b"[1,]"] {
            assert!(parse(cut).is_retryable());
        }
        assert!(matches!(parse(b"{\"a\":1}"), Error::Decode { .. }));
    }
}
