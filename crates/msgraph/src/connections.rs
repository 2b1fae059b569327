//! The connections that file content comes over: one per stream, with read buffers of a known size.
//!
//! The ordinary HTTP client lets the buffer of each connection grow to 400 KiB and hides the setting: fine for
//! one download, ruinous for a thousand slow viewers. Here the first streams get large buffers, for speed, and the
//! more there are the smaller theirs, for room: a stream holds about three times its buffer.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Request, Uri};
use http_body_util::Empty;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::legacy::{Builder, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use percent_encoding::percent_decode_str;
use url::Url;

use crate::builder::is_loopback;
use crate::error::{Error, RequestIds};
use crate::reply::root_cause;

/// Buffers of the streams that are open: of the first so many, of the next up to so many, and so on.
const BUFFERS: [(usize, Buffers); 3] = [
    (4, Buffers { process: 256 << 10, kernel: None }),
    (48, Buffers { process: 64 << 10, kernel: Some(1 << 20) }),
    (usize::MAX, Buffers { process: 16 << 10, kernel: Some(256 << 10) }),
];
const KEPT_IDLE: usize = 128;
const IDLE: Duration = Duration::from_secs(50);

/// What a stream may hold, in bytes.
#[derive(Debug, Clone, Copy)]
struct Buffers {
    process: usize,
    /// Nothing said, the kernel lets it grow to several MiB; hundreds of streams then use up all memory that it has for
    /// connections, and it drops what arrives.
    kernel: Option<usize>,
}

type Direct = HttpsConnector<HttpConnector>;
type Proxied = HttpsConnector<Tunnel<Direct>>;

/// What the connections are made with.
pub(crate) struct Settings {
    pub(crate) tls: rustls::ClientConfig,
    pub(crate) proxy: Option<Url>,
    pub(crate) user_agent: HeaderValue,
    pub(crate) connect_timeout: Duration,
    /// How long a server may be silent.
    pub(crate) silence: Duration,
}

/// All connections for file content.
pub(crate) struct Connections {
    /// One for each size of buffer.
    pools: [Pool; BUFFERS.len()],
    open: Arc<AtomicUsize>,
    user_agent: HeaderValue,
    silence: Duration,
}

struct Pool {
    direct: Client<Direct, Empty<Bytes>>,
    proxied: Option<Client<Proxied, Empty<Bytes>>>,
}

/// Counts a stream as open until it is dropped.
pub(crate) struct OpenStream(Arc<AtomicUsize>);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Connections {
    pub(crate) fn new(settings: Settings) -> Result<Self, Error> {
        let [first, second, rest] = BUFFERS.map(|(_, buffers)| Pool::new(&settings, buffers));
        Ok(Self {
            pools: [first?, second?, rest?],
            open: Arc::default(),
            user_agent: settings.user_agent,
            silence: settings.silence,
        })
    }

    /// Sends a GET and hands out the answer with its body still to be read.
    pub(crate) async fn get(
        &self,
        url: &Url,
        mut request: http::request::Builder,
        ids: &RequestIds,
    ) -> Result<(reqwest::Response, OpenStream), Error> {
        let invalid = || Error::Invalid { what: "the address of a file cannot be sent".to_owned() };
        let uri = Uri::try_from(url.as_str()).map_err(|_| invalid())?;
        request = request.method(http::Method::GET).uri(uri);
        let mut request = request.body(Empty::new()).map_err(|_| invalid())?;
        request.headers_mut().insert(http::header::USER_AGENT, self.user_agent.clone());
        let earlier = self.open.fetch_add(1, Ordering::Relaxed);
        let open = OpenStream(Arc::clone(&self.open));
        let place = BUFFERS.partition_point(|(streams, _)| *streams <= earlier);
        let pool = &self.pools[place.min(BUFFERS.len() - 1)];
        let ids = || Box::new(ids.clone());
        match tokio::time::timeout(self.silence, pool.send(url, request)).await {
            Err(_) => Err(Error::Timeout { ids: ids() }),
            Ok(Ok(response)) => Ok((response, open)),
            Ok(Err(cause)) if cause.is_connect() => {
                Err(Error::Unreachable { what: root_cause(&cause), ids: ids() })
            }
            Ok(Err(cause)) => Err(Error::Transport { what: root_cause(&cause), ids: ids() }),
        }
    }
}

impl Pool {
    fn new(settings: &Settings, buffers: Buffers) -> Result<Self, Error> {
        let mut builder = Client::<(), ()>::builder(TokioExecutor::new());
        builder
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(KEPT_IDLE)
            .http1_max_buf_size(buffers.process);
        let direct = builder.build(direct(settings, buffers));
        let proxied =
            settings.proxy.as_ref().map(|proxy| proxied((settings, buffers), proxy, &builder)).transpose()?;
        Ok(Self { direct, proxied })
    }

    async fn send(
        &self,
        url: &Url,
        request: Request<Empty<Bytes>>,
    ) -> Result<reqwest::Response, hyper_util::client::legacy::Error> {
        let response = match &self.proxied {
            Some(proxied) if !is_loopback(url) => proxied.request(request).await?,
            _ => self.direct.request(request).await?,
        };
        Ok(reqwest::Response::from(response.map(reqwest::Body::wrap)))
    }
}

fn direct(settings: &Settings, buffers: Buffers) -> Direct {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_recv_buffer_size(buffers.kernel);
    tcp.set_connect_timeout(Some(settings.connect_timeout));
    tls(settings).wrap_connector(tcp)
}

fn proxied(
    (settings, buffers): (&Settings, Buffers),
    proxy: &Url,
    builder: &Builder,
) -> Result<Client<Proxied, Empty<Bytes>>, Error> {
    let refused = || Error::Setting {
        name: "proxy",
        what: "must be an address such as http://proxy.school.example:3128".to_owned(),
    };
    let mut bare = proxy.clone();
    bare.set_username("").map_err(|()| refused())?;
    bare.set_password(None).map_err(|()| refused())?;
    let uri = Uri::try_from(bare.as_str()).map_err(|_| refused())?;
    let mut tunnel = Tunnel::new(uri, direct(settings, buffers));
    if !proxy.username().is_empty() {
        tunnel = tunnel.with_auth(basic(proxy).ok_or_else(refused)?);
    }
    Ok(builder.build(tls(settings).wrap_connector(tunnel)))
}

fn basic(proxy: &Url) -> Option<HeaderValue> {
    let plain = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pair = format!("{}:{}", plain(proxy.username()), plain(proxy.password().unwrap_or_default()));
    let mut value = HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(pair))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn tls(settings: &Settings) -> HttpsConnectorBuilder<hyper_rustls::builderstates::WantsProtocols2> {
    HttpsConnectorBuilder::new().with_tls_config(settings.tls.clone()).https_or_http().enable_http1()
}
