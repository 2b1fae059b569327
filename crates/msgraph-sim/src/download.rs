//! The second port: pre-authenticated downloads, upload sessions, copy monitors.
//! Whoever has the address may read; an Authorization header is refused. The query is never logged.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use ring::hmac;
use serde_json::Value;

use crate::http::{Answer, Call, Refusal, Reply, unknown};
use crate::media::Segments;
use crate::world::World;

/// What a download request leads to.
pub(crate) struct Opened {
    pub(crate) segments: Segments,
    pub(crate) etag: String,
    pub(crate) mime: String,
    pub(crate) name: String,
}

/// `http://127.0.0.1:8082`, on the host the caller used.
pub(crate) fn origin(world: &World, call: &Call) -> String {
    if let Some(elsewhere) = &world.tenant.switches.download_host {
        return format!("http://{elsewhere}");
    }
    let host = world.download_host.clone().unwrap_or_else(|| {
        let authority = call.origin.trim_start_matches("http://");
        let port =
            authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        port.map_or(authority, |(host, _)| host).to_owned()
    });
    format!("http://{host}:{}", world.download_port)
}

/// A short-lived address for one file; signed in whole seconds, so that repeated answers agree.
pub(crate) fn sign(world: &World, call: &Call, kind: &str, key: &str) -> String {
    let path = URL_SAFE_NO_PAD.encode(format!("{kind}|{key}"));
    let until = call.now.timestamp() + world.tenant.switches.download_lifetime_s;
    let tag = hmac::sign(&secret(world), format!("{path}.{until}").as_bytes());
    let seal = URL_SAFE_NO_PAD.encode(tag);
    format!(
        "{}/download/{path}?UniqueId={}&Translate=false&tempauth=v1.{until}.{seal}&ApiVersion=2.0",
        origin(world, call),
        &path[..path.len().min(12)]
    )
}

fn secret(world: &World) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, format!("download {}", world.signing_key).as_bytes())
}

/// Everything on this port that is not a file body.
pub(crate) fn answer(world: &mut World, call: &Call) -> Answer {
    let segments: Vec<&str> = call.segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["upload", id] => crate::routes::uploads::feed(world, call, id),
        ["monitor", id] if call.method == Method::GET => {
            let status = world.copies.get(*id).ok_or_else(Refusal::item_missing)?;
            let shown: Value = serde_json::from_str(status).unwrap_or_default();
            Ok(Reply::json(StatusCode::OK, shown))
        }
        _ => Err(unknown(call)),
    }
}

/// Checks a download address and finds its file.
pub(crate) fn open(world: &World, call: &Call) -> Result<Opened, Refusal> {
    let [first, path] = call.segments.as_slice() else {
        return Err(unknown(call));
    };
    if first != "download" {
        return Err(unknown(call));
    }
    let denied = |message: &str| Refusal::new(StatusCode::UNAUTHORIZED, "unauthenticated", message);
    if call.header("authorization").is_some() {
        return Err(denied("A pre-authenticated address must be used without an Authorization header."));
    }
    let seal = call
        .option("tempauth")
        .and_then(|seal| seal.strip_prefix("v1."))
        .and_then(|seal| seal.split_once('.'));
    let (until, tag) = seal.ok_or_else(|| denied("The address carries no valid signature."))?;
    let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| denied("The address carries no valid signature."))?;
    hmac::verify(&secret(world), format!("{path}.{until}").as_bytes(), &tag)
        .map_err(|_| denied("The address carries no valid signature."))?;
    if until.parse::<i64>().is_ok_and(|until| until <= call.now.timestamp()) {
        return Err(denied("The address has expired."));
    }
    let key =
        URL_SAFE_NO_PAD.decode(path).ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    find(world, &key).ok_or_else(Refusal::item_missing)
}

fn find(world: &World, key: &str) -> Option<Opened> {
    let (kind, rest) = key.split_once('|')?;
    let (outer, inner) = rest.rsplit_once('*')?;
    if kind == "recording" {
        let recording =
            world.meetings.get(outer)?.recordings.iter().find(|recording| recording.id == inner)?;
        return Some(Opened {
            segments: world.blobs.render(&recording.content),
            etag: format!("\"{}\"", recording.id),
            mime: "video/mp4".to_owned(),
            name: "recording.mp4".to_owned(),
        });
    }
    let item = world.drives.get(outer)?.item(inner)?;
    let file = item.file.as_ref()?;
    Some(Opened {
        segments: world.blobs.render(&file.content),
        etag: crate::routes::drive::etag(item),
        mime: file.mime.clone(),
        name: item.name.clone(),
    })
}

/// What part of a file a request wants.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    All,
    Part { first: u64, last: u64 },
    Unsatisfiable,
}

/// Reads one `Range`; several ranges or nonsense mean the whole file, as HTTP allows.
pub(crate) fn wanted(range: Option<&str>, length: u64) -> Wanted {
    let Some(spec) = range.and_then(|range| range.strip_prefix("bytes=")) else {
        return Wanted::All;
    };
    let Some((first, last)) = spec.trim().split_once('-') else {
        return Wanted::All;
    };
    let number = |text: &str| text.trim().parse::<u64>();
    match (first.is_empty(), number(first), number(last)) {
        (true, _, Ok(0)) => Wanted::Unsatisfiable,
        (true, _, Ok(_)) if length == 0 => Wanted::Unsatisfiable,
        (true, _, Ok(tail)) => Wanted::Part { first: length.saturating_sub(tail), last: length - 1 },
        (false, Ok(first), _) if first >= length => Wanted::Unsatisfiable,
        (false, Ok(first), Ok(last)) if last >= first => Wanted::Part { first, last: last.min(length - 1) },
        (false, Ok(first), Err(_)) if last.trim().is_empty() => Wanted::Part { first, last: length - 1 },
        _ => Wanted::All,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_http_says() {
        for (range, expected) in [
            (None, Wanted::All),
            (Some("bytes=0-3"), Wanted::Part { first: 0, last: 3 }),
            (Some("bytes=5-"), Wanted::Part { first: 5, last: 9 }),
            (Some("bytes=-4"), Wanted::Part { first: 6, last: 9 }),
            (Some("bytes=8-99"), Wanted::Part { first: 8, last: 9 }),
            (Some("bytes=10-"), Wanted::Unsatisfiable),
            (Some("bytes=1-2,4-5"), Wanted::All),
            (Some("lines=1-2"), Wanted::All),
        ] {
            assert_eq!(wanted(range, 10), expected, "{range:?}");
        }
    }
}
