//! The files under `static/`: embedded in the binary, served under an address that changes with their contents.
//! Nothing else is ever served from here, and no file is read by a name that a request chose.

use std::{borrow::Cow, sync::LazyLock};

use axum::{
    Router,
    body::Body,
    extract::Path,
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    routing::get,
};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest, Sha256};

use crate::model::hex::hex;

const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

#[derive(RustEmbed)]
#[folder = "static/"]
struct Static;

/// The addresses that pages link to. Every field names an embedded file (a test holds it).
#[derive(Debug)]
pub struct Addresses {
    pub tokens: String,
    pub components: String,
    pub app_css: String,
    pub app_js: String,
    pub player_js: String,
    pub htmx: String,
    pub icons: String,
    pub logo: String,
}

static HASH: LazyLock<String> = LazyLock::new(contents_hash);

static ADDRESSES: LazyLock<Addresses> = LazyLock::new(|| Addresses {
    tokens: address("tokens.css"),
    components: address("components.css"),
    app_css: address("app.css"),
    app_js: address("app.js"),
    player_js: address("player.js"),
    htmx: address("vendor/htmx/htmx-2.0.11.min.js"),
    icons: address("icons.svg"),
    logo: address("logo.svg"),
});

/// The addresses of all assets of this build.
pub fn addresses() -> &'static Addresses {
    &ADDRESSES
}

/// `GET /static/{hash}/{path}` and `GET /favicon.ico`. Needs no state and no sign-in.
pub fn router<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/static/{hash}/{*path}", get(serve)).route("/favicon.ico", get(favicon))
}

fn address(path: &str) -> String {
    format!("/static/{}/{path}", *HASH)
}

/// One hash over names and contents of all files, so that a page and its assets always fit together.
fn contents_hash() -> String {
    let mut names: Vec<Cow<'static, str>> = Static::iter().collect();
    names.sort();
    let mut sum = Sha256::new();
    for name in names {
        sum.update(name.as_bytes());
        if let Some(file) = Static::get(&name) {
            sum.update(file.metadata.sha256_hash());
        }
    }
    let digest = sum.finalize();
    hex(&digest[..8])
}

async fn serve(Path((hash, path)): Path<(String, String)>, headers: HeaderMap) -> Response<Body> {
    let Some(file) = Static::get(&path) else {
        return answer(StatusCode::NOT_FOUND, Body::empty());
    };
    // An address of another build (a rolling update) must not be pinned to these contents.
    let cache = if hash == *HASH { IMMUTABLE } else { ASK_AGAIN };
    file_response(&file, &headers, cache)
}

async fn favicon(headers: HeaderMap) -> Response<Body> {
    match Static::get("logo.svg") {
        Some(file) => file_response(&file, &headers, ASK_AGAIN),
        None => answer(StatusCode::NOT_FOUND, Body::empty()),
    }
}

fn file_response(file: &EmbeddedFile, headers: &HeaderMap, cache: HeaderValue) -> Response<Body> {
    let etag = etag(file);
    let known = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|value| matches_etag(value.trim(), &etag));
    let mut response = if known {
        answer(StatusCode::NOT_MODIFIED, Body::empty())
    } else {
        answer(StatusCode::OK, Body::from(file.data.clone().into_owned()))
    };
    let all = response.headers_mut();
    all.insert(header::CACHE_CONTROL, cache);
    if let Ok(value) = HeaderValue::from_str(&etag) {
        all.insert(header::ETAG, value);
    }
    if let Ok(value) = HeaderValue::from_str(&content_type(file)) {
        all.insert(header::CONTENT_TYPE, value);
    }
    response
}

fn matches_etag(asked: &str, etag: &str) -> bool {
    asked == "*" || asked.strip_prefix("W/").unwrap_or(asked) == etag
}

fn etag(file: &EmbeddedFile) -> String {
    let digest = file.metadata.sha256_hash();
    format!("\"{}\"", hex(&digest[..12]))
}

fn content_type(file: &EmbeddedFile) -> String {
    let mime = file.metadata.mimetype();
    if mime.starts_with("text/") { format!("{mime}; charset=utf-8") } else { mime.to_owned() }
}

fn answer(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_is_an_embedded_file() {
        let all = addresses();
        for address in [
            &all.tokens,
            &all.components,
            &all.app_css,
            &all.app_js,
            &all.player_js,
            &all.htmx,
            &all.icons,
            &all.logo,
        ] {
            let path = address.splitn(4, '/').nth(3).expect("an address has a path");
            assert!(Static::get(path).is_some(), "{path} is not embedded");
        }
    }

    #[test]
    fn a_weak_or_listed_etag_is_recognised() {
        assert!(matches_etag("W/\"ab\"", "\"ab\""));
        assert!(matches_etag("*", "\"ab\""));
        assert!(!matches_etag("\"cd\"", "\"ab\""));
    }
}
