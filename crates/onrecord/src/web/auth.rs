//! The only place that turns a request into a viewer: by session cookie or by API token. It also refuses requests that
//! another site makes a browser send. Who may do what is not decided here.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{FromRequestParts, OptionalFromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::TimeDelta;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::error::{ApiError, PageError, problem};
use super::page::{Account, Page, Place, Standing, Theme, html};
use super::pages::error::ErrorPage;
use super::text::{self, Text};
use crate::app::App;
use crate::config::Config;
use crate::model::access::Viewer;
use crate::model::people::GlobalRole;
use crate::secrets::hash_token;
use crate::store::sessions::{self, Known};

/// The cookie of a session.
pub const COOKIE: &str = "onrecord_session";

/// Use is noted at most this often, so that reading a page does not write.
const NOTE_EVERY: TimeDelta = TimeDelta::minutes(5);

/// Noting use never makes a request wait longer than this.
const NOTE_PATIENCE: Duration = Duration::from_millis(250);

/// What must be escaped inside a query value.
const QUERY: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'&')
    .add(b'+')
    .add(b'<')
    .add(b'=')
    .add(b'>')
    .add(b'?');

/// The signed-in person. Without one the API answers 401 and a page leads to `/login?next=`.
#[derive(Debug, Clone)]
pub struct SignedIn(pub Viewer);

/// The signed-in person as a page sees them: with what the layout shows.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Who asks.
    pub viewer: Viewer,
    /// What the layout shows of them.
    pub account: Account,
}

impl Reader {
    /// The words of the person's language.
    pub fn text(&self) -> &'static Text {
        text::text(&self.viewer.language)
    }

    /// The frame of a page for this person.
    pub fn page(&self, title: impl Into<String>, here: Place) -> Page {
        Page::new(self.text(), title, here).seen_by(self.account.clone())
    }
}

impl From<Known> for Reader {
    fn from(known: Known) -> Self {
        let standing = match (known.viewer.role, known.teaches) {
            (Some(GlobalRole::Admin), _) => Standing::Admin,
            (Some(GlobalRole::Officer), _) => Standing::Officer,
            (None, true) => Standing::Instructor,
            (None, false) => Standing::Learner,
        };
        let theme = known.theme.as_deref().and_then(Theme::parse);
        let account = Account { name: known.viewer.name.clone(), standing, theme };
        Self { viewer: known.viewer, account }
    }
}

impl FromRequestParts<Arc<App>> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        required(parts, app).await.map(|known| Self(known.viewer))
    }
}

impl FromRequestParts<Arc<App>> for Reader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        required(parts, app).await.map(Self::from)
    }
}

impl OptionalFromRequestParts<Arc<App>> for Reader {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Option<Self>, Response> {
        let known = identify(&parts.headers, app).await.map_err(|error| failed(parts, error))?;
        Ok(known.map(Self::from))
    }
}

/// The token in `Authorization: Bearer …`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// The value of the session cookie.
pub fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|value| value.split(';')).find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE && !value.is_empty()).then_some(value)
    })
}

/// Who sends this, by one query. A token goes before a cookie; a bad token is nobody, whatever the cookie says.
async fn identify(headers: &HeaderMap, app: &App) -> crate::ops::Result<Option<Known>> {
    let now = app.clock.now();
    let (hash, known) = match (bearer(headers), session_cookie(headers)) {
        (Some(token), _) => {
            let hash = hash_token(token);
            let known = sessions::of_token(&app.store, &hash, now).await?;
            (hash, known)
        }
        (None, Some(cookie)) => {
            let hash = hash_token(cookie);
            let known = sessions::of_session(&app.store, &hash, now).await?;
            (hash, known)
        }
        (None, None) => return Ok(None),
    };
    if let Some(known) = &known
        && known.last_used_at.is_none_or(|last| now - last >= NOTE_EVERY)
    {
        note_use(app, &hash, known).await;
    }
    Ok(known)
}

/// Notes the use of a session or token. Losing a note is harmless; waiting for a long import is not.
async fn note_use(app: &App, hash: &str, known: &Known) {
    let write = async {
        let tx = app.store.write().await?;
        sessions::touch(&tx, hash, known, app.clock.now()).await?;
        tx.commit().await
    };
    if let Ok(Err(error)) = tokio::time::timeout(NOTE_PATIENCE, write).await {
        tracing::warn!(%error, "the use of a session could not be noted");
    }
}

async fn required(parts: &Parts, app: &App) -> Result<Known, Response> {
    match identify(&parts.headers, app).await {
        Ok(Some(known)) => Ok(known),
        Ok(None) => Err(sign_in_first(parts)),
        Err(error) => Err(failed(parts, error)),
    }
}

fn failed(parts: &Parts, error: crate::ops::Error) -> Response {
    if super::is_program(parts.uri.path()) {
        ApiError(error).into_response()
    } else {
        PageError(error).into_response()
    }
}

fn sign_in_first(parts: &Parts) -> Response {
    if super::is_program(parts.uri.path()) {
        let text = "Sign in, or send an API token as Authorization: Bearer.";
        return problem(StatusCode::UNAUTHORIZED, text, Vec::new());
    }
    let next = match (parts.method == Method::GET, parts.uri.path_and_query()) {
        (true, Some(asked)) => asked.as_str(),
        _ => "/",
    };
    Redirect::to(&format!("/login?next={}", utf8_percent_encode(local_path(next), QUERY))).into_response()
}

/// `next` if it is a path of ours, else `/`: no sign-in may lead to another site.
pub fn local_path(next: &str) -> &str {
    let ours = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(char::is_control);
    if ours { next } else { "/" }
}

/// `Set-Cookie` of a new session.
pub fn cookie(config: &Config, token: &str) -> HeaderValue {
    set_cookie(config, token, sessions::LIFE.num_seconds())
}

/// `Set-Cookie` that makes the browser forget its session.
pub fn no_cookie(config: &Config) -> HeaderValue {
    set_cookie(config, "", 0)
}

fn set_cookie(config: &Config, value: &str, seconds: i64) -> HeaderValue {
    let secure = if config.public_url().is_https() { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    HeaderValue::from_str(&text).expect("a token is base64url and the rest is ASCII")
}

/// Layer of every route: refuses a changing request that another site makes a browser send. Requests with a token
/// pass, because no other site can make a browser add one.
pub async fn same_site(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || bearer(request.headers()).is_some() || is_our_own(request.headers(), &app.config) {
        return next.run(request).await;
    }
    let detail = "This was sent by a page of another site, so it was refused. Open OnRecord and do it there.";
    if super::is_program(request.uri().path()) {
        return problem(StatusCode::FORBIDDEN, detail, Vec::new());
    }
    html(StatusCode::FORBIDDEN, &ErrorPage::forbidden(text::english(), detail)).into_response()
}

/// A browser says where a request comes from in `Sec-Fetch-Site`, an old one in `Origin` only. Programs say neither.
fn is_our_own(headers: &HeaderMap, config: &Config) -> bool {
    let value = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    match (value("sec-fetch-site"), value("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin == config.public_url().base(),
        (None, None) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let sources = crate::config::Sources {
            environment: [("ONRECORD_PUBLIC_URL".to_owned(), "https://onrecord.example.edu".to_owned())]
                .into(),
            ..Default::default()
        };
        Config::load(&sources).unwrap()
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn sign_in_leads_only_to_paths_of_ours() {
        for good in ["/", "/conferences/3?tab=recordings", "/recordings/1#t=5"] {
            assert_eq!(local_path(good), good);
        }
        for bad in ["", "//evil.example", "https://evil.example", "/\\evil.example", "javascript:1", "/a\n"] {
            assert_eq!(local_path(bad), "/", "{bad:?}");
        }
    }

    #[test]
    fn the_cookie_is_found_among_others_and_is_secure_behind_https() {
        let sent = headers(&[("cookie", "a=b; onrecord_session=tok; c=d")]);
        assert_eq!(session_cookie(&sent), Some("tok"));
        assert_eq!(session_cookie(&headers(&[("cookie", "onrecord_session=; x_onrecord_session=y")])), None);
        let made = cookie(&config(), "tok").to_str().unwrap().to_owned();
        for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
            assert!(made.contains(part), "{made}");
        }
    }

    #[test]
    fn other_sites_are_known_by_what_the_browser_says() {
        let own = |pairs| is_our_own(&headers(pairs), &config());
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(own(&[("sec-fetch-site", "none")]));
        assert!(own(&[("origin", "https://onrecord.example.edu")]));
        assert!(own(&[]));
        assert!(!own(&[("sec-fetch-site", "cross-site"), ("origin", "https://onrecord.example.edu")]));
        assert!(!own(&[("sec-fetch-site", "same-site")]));
        assert!(!own(&[("origin", "https://evil.example")]));
        assert!(!own(&[("origin", "null")]));
    }

    #[test]
    fn only_bearer_counts_as_a_token() {
        assert_eq!(bearer(&headers(&[("authorization", "bearer onr_x")])), Some("onr_x"));
        assert_eq!(bearer(&headers(&[("authorization", "Basic eDp5")])), None);
        assert_eq!(bearer(&headers(&[])), None);
    }
}
