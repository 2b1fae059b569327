//! A server that answers as a test tells it and remembers what it was asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use futures::{Stream, StreamExt};
use msgraph::{Client, ClientBuilder, ClientCertificate, Credentials, Proof, RetryPolicy};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use url::Url;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a readable header"))
    }

    /// `bytes=5-9`, the end missing if it was.
    pub(crate) fn range(&self) -> Option<(usize, Option<usize>)> {
        let (from, to) = self.header("range")?.strip_prefix("bytes=")?.split_once('-')?;
        Some((from.parse().expect("a number"), to.parse().ok()))
    }
}

/// An answer to give.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    cut_at: Option<usize>,
    ending: Ending,
}

/// What happens where a body is cut.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Breaks,
    FallsSilent,
}

impl Answer {
    pub(crate) fn of(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), cut_at: None, ending: Ending::Breaks }
    }

    pub(crate) fn json(body: &str) -> Self {
        Self::of(200, body).with("content-type", "application/json")
    }

    pub(crate) fn error(status: u16, code: &str) -> Self {
        Self::of(status, format!(r#"{{"error":{{"code":"{code}","message":"told by the test"}}}}"#))
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Breaks the connection after so many bytes, although the length promises more.
    pub(crate) fn cut_at(mut self, bytes: usize) -> Self {
        self.cut_at = Some(bytes);
        self
    }

    /// Sends nothing more after so many bytes, although the length promises more and the connection stays open.
    pub(crate) fn silent_at(mut self, bytes: usize) -> Self {
        self.cut_at = Some(bytes);
        self.ending = Ending::FallsSilent;
        self
    }

    /// The part of a file that was asked for.
    pub(crate) fn file(file: &[u8], seen: &Seen) -> Self {
        match seen.range() {
            None => Self::of(200, file),
            Some((from, _)) if from >= file.len() => {
                Self::of(416, "").with("content-range", format!("bytes */{}", file.len()))
            }
            Some((from, to)) => {
                let last = to.unwrap_or(usize::MAX).min(file.len() - 1);
                Self::of(206, &file[from..=last])
                    .with("content-range", format!("bytes {from}-{last}/{}", file.len()))
            }
        }
    }

    fn into_response(self) -> Response {
        let length = self.body.len();
        let mut response =
            Response::builder().status(StatusCode::from_u16(self.status).expect("a valid status"));
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        let body = match self.cut_at {
            None => Body::from(self.body),
            Some(cut) => {
                response = response.header("content-length", length);
                let kept = Bytes::copy_from_slice(&self.body[..cut.min(length)]);
                let rest = match self.ending {
                    Ending::Breaks => breaking().boxed(),
                    Ending::FallsSilent => futures::stream::pending().boxed(),
                };
                let parts = futures::stream::once(async { Ok(kept) }).chain(rest);
                Body::from_stream(parts)
            }
        };
        response.body(body).expect("a valid response")
    }
}

/// An error, but not before the part ahead of it had a chance to leave.
fn breaking() -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    futures::stream::once(async {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        Err(std::io::ErrorKind::ConnectionReset.into())
    })
}

type Play = Arc<dyn Fn(&Seen, usize) -> Answer + Send + Sync>;

#[derive(Default)]
struct Stage {
    plays: Mutex<HashMap<String, Play>>,
    seen: Mutex<Vec<Seen>>,
}

/// The server. Gone with its last clone.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: Url,
    stage: Arc<Stage>,
    _running: Arc<JoinSet<()>>,
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let stage = Arc::new(Stage::default());
        let router = Router::new().fallback(answer).with_state(Arc::clone(&stage));
        let mut running = JoinSet::new();
        running.spawn(async move {
            axum::serve(listener, router).await.expect("the server runs");
        });
        let server = Self { url: Url::parse(&url).expect("a valid URL"), stage, _running: Arc::new(running) };
        server.on("/tenant/oauth2/v2.0/token", |_, nth| {
            Answer::json(&format!(
                r#"{{"token_type":"Bearer","expires_in":3599,"access_token":"token-{}"}}"#,
                nth + 1
            ))
        });
        server
    }

    /// Answers this path; `nth` counts the requests to it from 0.
    pub(crate) fn on(&self, path: &str, play: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) {
        self.stage.plays.lock().expect("not poisoned").insert(path.to_owned(), Arc::new(play));
    }

    /// Everything that came, sign-ins left out.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let all = self.stage.seen.lock().expect("not poisoned").clone();
        all.into_iter().filter(|seen| !seen.path.ends_with("/token")).collect()
    }

    pub(crate) fn seen_at(&self, path: &str) -> Vec<Seen> {
        let all = self.stage.seen.lock().expect("not poisoned").clone();
        all.into_iter().filter(|seen| seen.path == path).collect()
    }

    pub(crate) fn sign_ins(&self) -> usize {
        self.seen_at("/tenant/oauth2/v2.0/token").len()
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        self.builder_with(Proof::Secret("hush~hush+1".to_owned().into()))
    }

    /// A client that signs in with a certificate.
    pub(crate) fn with_certificate(&self) -> Client {
        let pem = include_str!("../certificate.pem");
        let certificate = ClientCertificate::from_pem(pem).expect("a certificate");
        let now = chrono::DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        self.builder_with(Proof::Certificate(certificate)).clock(move || now).build().expect("a client")
    }

    fn builder_with(&self, proof: Proof) -> ClientBuilder {
        let credentials = Credentials { tenant_id: "tenant".to_owned(), client_id: "app".to_owned(), proof };
        Client::builder(credentials).graph_url(self.url.clone()).login_url(self.url.clone()).retry(
            RetryPolicy {
                max_attempts: 3,
                max_wait: Duration::from_secs(2),
                first_delay: Duration::from_millis(1),
            },
        )
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().expect("a client")
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url.as_str().trim_end_matches('/'))
    }
}

async fn answer(State(stage): State<Arc<Stage>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a small body");
    let seen = Seen {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let nth = {
        let mut all = stage.seen.lock().expect("not poisoned");
        let nth = all.iter().filter(|earlier| earlier.path == seen.path).count();
        all.push(seen.clone());
        nth
    };
    let play = stage.plays.lock().expect("not poisoned").get(&seen.path).cloned();
    play.map_or_else(|| Answer::error(501, "notPlayed"), |play| play(&seen, nth)).into_response()
}
