//! Upload sessions: opened through Graph, fed without a token on the download port.
//! Doc: api-reference/v1.0/api/driveitem-createuploadsession.

use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::drive::{Target, WRITE, find, show};
use super::drive_write::{behaviour, name_taken, place_for, room, store};
use crate::clock::whole;
use crate::http::{Answer, Call, Family, Refusal, Reply, unknown};
use crate::world::{Upload, World};

const FRAGMENT_UNIT: u64 = 327_680;

pub(crate) fn open(world: &mut World, call: &Call, drive: &str, target: &Target) -> Answer {
    call.need(Family::Files, &WRITE)?;
    let body = Value::Object(call.object()?);
    let (parent, mut name) = place_for(world, drive, target)?;
    if let Some(wanted) = body["item"]["name"].as_str() {
        wanted.clone_into(&mut name);
    }
    let wanted = behaviour(call, &body["item"]);
    if wanted == "fail"
        && find(world, drive)?.child(&parent, &name).is_some()
        && !body["item"]["@microsoft.graph.conflictBehavior"].is_null()
    {
        return Err(name_taken());
    }
    let id = world.random.guid();
    let expires_at = call.now + TimeDelta::hours(24);
    world.uploads.insert(
        id.clone(),
        Upload {
            drive_id: drive.to_owned(),
            parent_id: parent,
            name,
            behaviour: wanted,
            item: body["item"].clone(),
            received: 0,
            total: None,
            expires_at,
        },
    );
    world.touch();
    Ok(Reply::ok(json!({
        "@odata.context": format!("{}/$metadata#microsoft.graph.uploadSession", call.base),
        "uploadUrl": format!("{}/upload/{id}?tempauth={}", crate::download::origin(world, call), world.random.base32(32)),
        "expirationDateTime": whole(expires_at), "nextExpectedRanges": ["0-"],
    })))
}

/// Feeding, asking for or cancelling a session; no token here.
pub(crate) fn feed(world: &mut World, call: &Call, id: &str) -> Answer {
    let upload = world
        .uploads
        .get(id)
        .filter(|upload| upload.expires_at > call.now)
        .ok_or_else(|| Refusal::missing("itemNotFound", "The upload session was not found"))?
        .clone();
    match call.method {
        Method::GET => Ok(Reply::ok(progress(&upload))),
        Method::DELETE => {
            world.uploads.remove(id);
            world.blobs.drop_part(id);
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }
        Method::PUT => fragment(world, call, (id, upload)),
        _ => Err(unknown(call)),
    }
}

fn progress(upload: &Upload) -> Value {
    json!({ "expirationDateTime": whole(upload.expires_at), "nextExpectedRanges": [format!("{}-", upload.received)] })
}

/// `bytes 0-10485759/412345678` as first, last and total.
fn content_range(text: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?, total.parse().ok()?))
}

fn fragment(world: &mut World, call: &Call, (id, mut upload): (&str, Upload)) -> Answer {
    let invalid = |text: &str| Refusal::bad("invalidRequest", text);
    if call.header("authorization").is_some() {
        return Err(Refusal::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Do not send a token to an upload session.",
        ));
    }
    let (first, last, total) = call
        .header("content-range")
        .and_then(content_range)
        .ok_or_else(|| invalid("Content-Range is missing or malformed."))?;
    let length = call.body.len() as u64;
    if last < first
        || last >= total
        || last - first + 1 != length
        || upload.total.is_some_and(|known| known != total)
    {
        return Err(invalid("Content-Range does not fit the body or the session."));
    }
    if first != upload.received {
        return Err(Refusal::new(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "invalidRange",
            "The uploaded fragment overlaps with already received data or leaves a gap.",
        ));
    }
    let is_last = last + 1 == total;
    if !is_last && !length.is_multiple_of(FRAGMENT_UNIT) {
        return Err(invalid("Every fragment but the last must be a multiple of 320 KiB."));
    }
    room(world, &upload.drive_id, total)?;
    world.blobs.append_part(id, &call.body);
    upload.received += length;
    upload.total = Some(total);
    if !is_last {
        let answer = progress(&upload);
        world.uploads.insert(id.to_owned(), upload);
        world.touch();
        return Ok(Reply::json(StatusCode::ACCEPTED, answer));
    }
    finish(world, call, id, &upload)
}

fn finish(world: &mut World, call: &Call, id: &str, upload: &Upload) -> Answer {
    let taken = find(world, &upload.drive_id)?.child(&upload.parent_id, &upload.name).is_some();
    let mut name = upload.name.clone();
    if taken && upload.behaviour == "rename" {
        name = find(world, &upload.drive_id)?.free_name(&upload.parent_id, &name, "");
    }
    let content = world.blobs.finish_part(id);
    world.uploads.remove(id);
    // The session was opened by an app that may write; the upload itself carries no token.
    let mut allowed = call.clone();
    allowed.roles = vec![WRITE[0].to_owned()];
    let mime = if name.to_lowercase().ends_with(".mp4") { "video/mp4" } else { "application/octet-stream" };
    let (item_id, status) =
        store(world, &allowed, (&upload.drive_id, &upload.parent_id, &name), (content, mime))?;
    let times = &upload.item["fileSystemInfo"];
    if let (true, Some(drive)) = (times.is_object(), world.drives.get_mut(&upload.drive_id)) {
        let given = |name: &str| times[name].as_str().map_or_else(|| whole(call.now), str::to_owned);
        drive.items.change(&item_id, |item| {
            item.file_times = Some((given("createdDateTime"), given("lastModifiedDateTime")));
        });
    }
    world.announce_drive(&upload.drive_id);
    let drive = find(world, &upload.drive_id)?;
    let item = drive.item(&item_id).ok_or_else(Refusal::item_missing)?;
    Ok(Reply::json(status, show(world, call, drive, item)))
}
