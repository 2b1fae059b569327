//! The client: the one place that sends.
//!
//! Every request of this crate goes through [`Client::exchange`]: token, lane, ids, log line, judge of retries.
//! Nothing else in the crate touches the HTTP client, so nothing can forget one of them.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;
use uuid::Uuid;

use crate::builder::ClientBuilder;
use crate::call::{Auth, Call, Channel, same_origin};
use crate::connections::Connections;
use crate::error::{Error, Refusal, RequestIds};
use crate::lane::{Lanes, Paused};
use crate::page::Link;
use crate::redact::{self, Named};
use crate::reply::{Reply, broken};
use crate::retry::{Course, Retry, retry_after};
use crate::token::{Bearer, Credentials, OpenIdConfiguration, TokenClaims, TokenSource};

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
const RETURN_CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("return-client-request-id");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");
const PREFER: HeaderName = HeaderName::from_static("prefer");
const LARGEST_REFUSAL: usize = 256 << 10;

/// A connection to one tenant's Microsoft Graph. Cheap to clone; all clones share the token and the lanes.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) graph: Url,
    pub(crate) api: reqwest::Client,
    pub(crate) content: Connections,
    pub(crate) token: TokenSource,
    pub(crate) lanes: Arc<dyn Lanes>,
    pub(crate) retry: Retry,
    pub(crate) request_timeout: Duration,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("graph", &self.inner.graph.as_str()).finish_non_exhaustive()
    }
}

/// Reads an answer; what fails here is judged like any other failure.
pub(crate) type Read<T> = fn(Reply) -> BoxFuture<'static, Result<T, Error>>;

impl Client {
    /// Begins a client for the app registration with these credentials.
    pub fn builder(credentials: Credentials) -> ClientBuilder {
        ClientBuilder::new(credentials)
    }

    pub(crate) fn from_inner(inner: Inner) -> Self {
        Self { inner: Arc::new(inner) }
    }

    /// Graph's address as configured, without the version.
    pub(crate) fn graph_url(&self) -> &Url {
        &self.inner.graph
    }

    /// The keeper of the lanes.
    pub(crate) fn lanes(&self) -> &dyn Lanes {
        self.inner.lanes.as_ref()
    }

    /// How long a call may try, and how it waits.
    pub(crate) fn retry(&self) -> &Retry {
        &self.inner.retry
    }

    /// Gets a token if none is at hand, and decodes it: for diagnostics only, above all which permissions it carries.
    pub async fn token_claims(&self) -> Result<TokenClaims, Error> {
        let bearer = self.bearer().await?;
        bearer.claims()
    }

    /// Forgets the token, so that the next call asks for a new one: newly granted permissions show only there.
    pub async fn forget_token(&self) {
        self.inner.token.forget(None).await;
    }

    /// Reads the tenant's `OpenID` metadata: the cheapest proof that the tenant exists and can be reached.
    pub async fn openid_configuration(&self) -> Result<OpenIdConfiguration, Error> {
        self.inner.token.openid_configuration(&self.inner.api, &self.inner.retry).await
    }

    /// Sends a call and reads its JSON answer.
    pub(crate) async fn json<T: DeserializeOwned + 'static>(&self, call: &Call) -> Result<T, Error> {
        self.exchange(call, |reply| reply.json().boxed()).await
    }

    /// Sends a call whose answer has nothing to say.
    pub(crate) async fn done(&self, call: &Call) -> Result<(), Error> {
        self.exchange(call, |reply| reply.whole().map(|body| body.map(drop)).boxed()).await
    }

    /// Sends a call and hands out the open answer.
    pub(crate) async fn open(&self, call: &Call) -> Result<Reply, Error> {
        self.exchange(call, |reply| async { Ok(reply) }.boxed()).await
    }

    pub(crate) async fn exchange<T>(&self, call: &Call, read: Read<T>) -> Result<T, Error> {
        let url = call.url(&self.inner.graph)?;
        let mut course = Course::new(&self.inner.retry, call.repeat);
        let mut token_renewed = false;
        loop {
            let bearer = match call.auth {
                Auth::Bearer => Some(self.bearer().await?),
                Auth::None => None,
            };
            let permit = match self.inner.lanes.enter(&call.lane).await {
                Ok(permit) => permit,
                Err(Paused { retry_after }) => {
                    course.paused(Error::Throttled { retry_after, ids: Box::default() }).await?;
                    continue;
                }
            };
            let outcome = match self.attempt(call, &url, bearer.as_ref(), course.fallback()).await {
                Ok(reply) => read(reply).await,
                Err(error) => Err(error),
            };
            drop(permit);
            let error = match outcome {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if let (Error::Unauthorized { claims, .. }, Some(bearer), false) =
                (&error, &bearer, token_renewed)
            {
                token_renewed = true;
                match claims {
                    Some(claims) => self.inner.token.challenged(bearer, claims).await,
                    None => self.inner.token.forget(Some(bearer)).await,
                }
                continue;
            }
            if let Some(wait) = asked_for_silence(&error) {
                self.inner.lanes.throttled(&call.lane, wait).await;
            }
            course.after(error).await?;
        }
    }

    async fn bearer(&self) -> Result<Bearer, Error> {
        self.inner.token.bearer(&self.inner.api, &self.inner.retry).await
    }

    /// One request and its status. Leaves exactly one line in the log.
    async fn attempt(
        &self,
        call: &Call,
        url: &Url,
        bearer: Option<&Bearer>,
        fallback: Duration,
    ) -> Result<Reply, Error> {
        let started = Instant::now();
        let client_request_id = Uuid::new_v4().to_string();
        let headers = headers(call, bearer, &client_request_id);
        let ids = RequestIds { request_id: None, client_request_id: Some(client_request_id) };
        let sent = match call.channel {
            Channel::Api => self.send(call, url, headers, ids).await,
            Channel::Content => self.stream(url, headers, ids).await,
        };
        let named = if call.auth == Auth::Bearer { Named::Path } else { Named::HostOnly };
        let named = redact::url(url, &named);
        let ms = started.elapsed().as_millis() as u64;
        let mut reply = match sent {
            Ok(reply) => reply,
            Err(error) => {
                tracing::debug!(method = %call.method, path = named, ms, %error, "graph call failed");
                return Err(error);
            }
        };
        let status = reply.response.status();
        reply.ids.request_id = header_text(reply.response.headers(), &REQUEST_ID);
        tracing::debug!(method = %call.method, path = named, status = status.as_u16(), ids = %reply.ids, ms, "graph call");
        if status.is_success() || status.is_redirection() {
            return Ok(reply);
        }
        Err(self.refusal(reply, fallback).await)
    }

    async fn send(
        &self,
        call: &Call,
        url: &Url,
        headers: HeaderMap,
        ids: RequestIds,
    ) -> Result<Reply, Error> {
        let silence = self.inner.request_timeout;
        let request =
            self.inner.api.request(call.method.clone(), url.clone()).headers(headers).timeout(silence);
        let request = match &call.body {
            Some(body) => request.body(body.clone()),
            None => request,
        };
        match request.send().await {
            Ok(response) => Ok(Reply::new(response, ids, silence)),
            Err(cause) => Err(broken(cause, &ids)),
        }
    }

    async fn stream(&self, url: &Url, headers: HeaderMap, ids: RequestIds) -> Result<Reply, Error> {
        let mut request = http::Request::builder();
        if let Some(map) = request.headers_mut() {
            *map = headers;
        }
        let (response, open) = self.inner.content.get(url, request, &ids).await?;
        Ok(Reply::new(response, ids, self.inner.request_timeout).counted(open))
    }

    async fn refusal(&self, mut reply: Reply, fallback: Duration) -> Error {
        let status = reply.response.status();
        let headers = reply.response.headers().clone();
        // The status counts; a body that breaks off only makes the text poorer.
        let body = reply.beginning(LARGEST_REFUSAL).await;
        let location = header_text(&headers, &LOCATION);
        let location =
            location.filter(|link| same_origin(link, &self.inner.graph).is_ok()).map(Link::from_stored);
        if status == StatusCode::GONE && location.is_none() {
            tracing::debug!(ids = %reply.ids, "410 without a usable Location: the caller has to start in full");
        }
        Error::from_answer(&Refusal {
            status,
            headers: &headers,
            body: &body,
            ids: &reply.ids,
            retry_after: retry_after(&headers),
            fallback,
            location,
        })
    }
}

fn headers(call: &Call, bearer: Option<&Bearer>, client_request_id: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static(call.accept));
    if let Some(bearer) = bearer {
        headers.insert(AUTHORIZATION, bearer.header());
        headers.insert(RETURN_CLIENT_REQUEST_ID, HeaderValue::from_static("true"));
        if let Ok(id) = HeaderValue::from_str(client_request_id) {
            headers.insert(CLIENT_REQUEST_ID, id);
        }
    }
    if let Ok(preferences) = HeaderValue::from_str(&call.prefer.join(", "))
        && !call.prefer.is_empty()
    {
        headers.insert(PREFER, preferences);
    }
    if call.body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.extend(call.headers.iter().cloned());
    headers
}

fn header_text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// How long the whole lane has to be silent after this failure, if the service said so.
pub(crate) fn asked_for_silence(error: &Error) -> Option<Duration> {
    match error {
        Error::Throttled { retry_after, .. } => Some(*retry_after),
        Error::Upstream { status: 503 | 509, retry_after, .. } => *retry_after,
        _ => None,
    }
}
