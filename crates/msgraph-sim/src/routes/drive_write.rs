//! Changing a drive: folders, names, places, copies, links, deletion.
//! Doc: api-reference/v1.0/api/driveitem-update, driveitem-delete, driveitem-copy, driveitem-createlink, driveitem-post-children.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::drive::{Target, WRITE, etag, find, item, quota_of, show};
use crate::drive::{Drive, Item};
use crate::http::{Answer, Call, Family, Refusal, Reply, unknown};
use crate::media::Content;
use crate::world::World;

const SIMPLE_LIMIT: usize = 250 * 1024 * 1024;

pub(crate) fn answer(
    world: &mut World,
    call: &Call,
    drive: &str,
    (target, action): (&Target, &[&str]),
) -> Answer {
    let done = match (&call.method, action) {
        (&Method::POST, ["children"]) => make_folder(world, call, drive, target),
        (&Method::PATCH, []) => change(world, call, drive, target),
        (&Method::DELETE, []) => delete(world, call, drive, target),
        (&Method::POST, ["permanentDelete"]) => purge(world, call, drive, target),
        (&Method::POST, ["copy"]) => copy(world, call, drive, target),
        (&Method::POST, ["createLink"]) => create_link(world, call, drive, target),
        _ => return Err(unknown(call)),
    }?;
    world.announce_drive(drive);
    Ok(done)
}

/// What to do when a name is taken: query option or body, `fail` by default.
pub(crate) fn behaviour(call: &Call, body: &Value) -> String {
    call.query
        .iter()
        .find(|(name, _)| name == "@microsoft.graph.conflictBehavior" || name == "@name.conflictBehavior")
        .map(|(_, value)| value.as_str())
        .or_else(|| body["@microsoft.graph.conflictBehavior"].as_str())
        .unwrap_or("fail")
        .to_owned()
}

pub(crate) fn name_taken() -> Refusal {
    Refusal::new(
        StatusCode::CONFLICT,
        "nameAlreadyExists",
        "An item with the same name already exists under the parent",
    )
}

fn checked_name(name: Option<&str>) -> Result<String, Refusal> {
    let name = name.unwrap_or_default();
    if name.is_empty() || name.contains(['"', '*', ':', '<', '>', '?', '/', '\\', '|']) {
        return Err(Refusal::bad("invalidRequest", "The provided name cannot be used."));
    }
    if name.chars().count() > 255 {
        return Err(Refusal::bad("invalidRequest", "The provided name is too long.").inner("pathIsTooLong"));
    }
    Ok(name.to_owned())
}

fn fresh_id(world: &mut World) -> String {
    format!("01{}", world.random.base32(32))
}

fn writable<'w>(world: &'w mut World, call: &Call, drive: &str) -> Result<&'w mut Drive, Refusal> {
    call.need(Family::Files, &WRITE)?;
    find(world, drive)?;
    world.drives.get_mut(drive).ok_or_else(Refusal::item_missing)
}

/// Makes room for `name` in a folder according to the wanted behaviour.
fn settle_name(
    drive: &mut Drive,
    call: &Call,
    (parent, name, own): (&str, &str, &str),
    (wanted, sequence): (&str, u64),
) -> Result<String, Refusal> {
    let Some(other) = drive.child(parent, name).filter(|other| other.id != own).map(|other| other.id.clone())
    else {
        return Ok(name.to_owned());
    };
    match wanted {
        "replace" => {
            drive.delete(&other, call.now, sequence);
            Ok(name.to_owned())
        }
        "rename" => Ok(drive.free_name(parent, name, own)),
        _ => Err(name_taken()),
    }
}

fn make_folder(world: &mut World, call: &Call, drive: &str, target: &Target) -> Answer {
    let body = Value::Object(call.object()?);
    let name = checked_name(body["name"].as_str())?;
    if body["folder"].is_null() {
        return Err(Refusal::bad(
            "invalidRequest",
            "Only folders can be created here; upload files with an upload session.",
        ));
    }
    let (id, sequence) = (fresh_id(world), world.next_sequence());
    let drive = writable(world, call, drive)?;
    let parent = item(drive, target)?.id.clone();
    let name = settle_name(drive, call, (&parent, &name, ""), (&behaviour(call, &body), sequence))?;
    let folder = Item::folder(id.clone(), Some(parent), &name, &drive.owner.clone(), call.now);
    drive.place(folder, sequence);
    let drive_id = drive.id.clone();
    shown(world, call, &drive_id, &id, StatusCode::CREATED)
}

fn shown(world: &World, call: &Call, drive: &str, id: &str, status: StatusCode) -> Answer {
    let drive = find(world, drive)?;
    let item = drive.item(id).ok_or_else(Refusal::item_missing)?;
    Ok(Reply::json(status, show(world, call, drive, item)))
}

fn check_match(call: &Call, item: &Item) -> Result<(), Refusal> {
    match call.header("if-match") {
        Some(wanted) if wanted != "*" && wanted != etag(item) => Err(Refusal::new(
            StatusCode::PRECONDITION_FAILED,
            "resourceModified",
            "ETag does not match current item's value",
        )),
        _ => Ok(()),
    }
}

fn change(world: &mut World, call: &Call, drive_id: &str, target: &Target) -> Answer {
    let body = Value::Object(call.object()?);
    let sequence = world.next_sequence();
    let drive = writable(world, call, drive_id)?;
    let current = item(drive, target)?.clone();
    check_match(call, &current)?;
    let mut changed = current.clone();
    if let Some(name) = body.get("name") {
        changed.name = checked_name(name.as_str())?;
    }
    if let Some(parent) = body["parentReference"]["id"].as_str() {
        if body["parentReference"]["driveId"].as_str().is_some_and(|other| other != drive.id) {
            return Err(Refusal::bad(
                "invalidRequest",
                "Items cannot be moved across drives; copy and delete instead.",
            ));
        }
        changed.parent = Some(drive.item(parent).ok_or_else(Refusal::item_missing)?.id.clone());
    }
    let times = &body["fileSystemInfo"];
    if times.is_object() {
        let old = current.file_times.clone().unwrap_or_else(|| {
            (crate::clock::whole(current.created_at), crate::clock::whole(current.modified_at))
        });
        let given = |name: &str, old: String| times[name].as_str().map_or(old, str::to_owned);
        changed.file_times = Some((given("createdDateTime", old.0), given("lastModifiedDateTime", old.1)));
    }
    let parent = changed.parent.clone().unwrap_or_default();
    changed.name =
        settle_name(drive, call, (&parent, &changed.name, &current.id), (&behaviour(call, &body), sequence))?;
    changed.version += 1;
    changed.modified_at = call.now;
    drive.place(changed, sequence);
    shown(world, call, drive_id, &current.id, StatusCode::OK)
}

fn delete(world: &mut World, call: &Call, drive: &str, target: &Target) -> Answer {
    let sequence = world.next_sequence();
    let drive = writable(world, call, drive)?;
    let item = item(drive, target)?.clone();
    check_match(call, &item)?;
    if item.parent.is_none() {
        return Err(Refusal::bad("invalidRequest", "The root cannot be deleted."));
    }
    drive.delete(&item.id, call.now, sequence);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn purge(world: &mut World, call: &Call, drive: &str, target: &Target) -> Answer {
    let sequence = world.next_sequence();
    let drive = writable(world, call, drive)?;
    let id = item(drive, target)?.id.clone();
    drive.delete(&id, call.now, sequence);
    drive.items.change(&id, |item| item.purged = true);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn copy(world: &mut World, call: &Call, drive_id: &str, target: &Target) -> Answer {
    let body = Value::Object(call.object()?);
    let (id, sequence, monitor) = (fresh_id(world), world.next_sequence(), world.random.guid());
    let source = writable(world, call, drive_id)?;
    let mut copied = item(source, target)?.clone();
    let to = body["parentReference"]["driveId"].as_str().unwrap_or(drive_id).to_owned();
    let folder = body["parentReference"]["id"]
        .as_str()
        .map(str::to_owned)
        .or_else(|| copied.parent.clone())
        .unwrap_or_default();
    if let Some(name) = body["name"].as_str() {
        copied.name = checked_name(Some(name))?;
    }
    room(world, &to, copied.file.as_ref().map_or(0, |file| file.measure.size))?;
    let drive = writable(world, call, &to)?;
    let parent = drive.item(&folder).ok_or_else(Refusal::item_missing)?.id.clone();
    let name = settle_name(drive, call, (&parent, &copied.name, ""), (&behaviour(call, &body), sequence))?;
    copied = Item {
        id: id.clone(),
        parent: Some(parent),
        name,
        expires_at: None,
        links: Vec::new(),
        special: None,
        version: 1,
        content_version: 1,
        created_at: call.now,
        modified_at: call.now,
        ..copied
    };
    drive.place(copied, sequence);
    world.announce_drive(&to);
    let status = json!({ "status": "completed", "percentageComplete": 100.0, "resourceId": id, "operation": "itemCopy" });
    world.copies.insert(monitor.clone(), status.to_string());
    Ok(Reply::empty(StatusCode::ACCEPTED)
        .with("location", format!("{}/monitor/{monitor}", crate::download::origin(world, call))))
}

/// Refuses what does not fit into the drive.
pub(crate) fn room(world: &World, drive: &str, size: u64) -> Result<(), Refusal> {
    let drive = find(world, drive)?;
    if drive.remaining(quota_of(world, drive)) < size {
        return Err(Refusal::new(
            StatusCode::INSUFFICIENT_STORAGE,
            "quotaLimitReached",
            "Insufficient Space Available",
        ));
    }
    Ok(())
}

fn create_link(world: &mut World, call: &Call, drive: &str, target: &Target) -> Answer {
    let body = Value::Object(call.object()?);
    let kind = body["type"].as_str().unwrap_or("view").to_owned();
    let scope = body["scope"].as_str().unwrap_or("organization").to_owned();
    if !["view", "edit"].contains(&kind.as_str())
        || !["anonymous", "organization", "users"].contains(&scope.as_str())
    {
        return Err(Refusal::bad("invalidRequest", "The link type or scope is not supported."));
    }
    let code = world.random.base32(24);
    let sequence = world.next_sequence();
    let drive = writable(world, call, drive)?;
    let id = item(drive, target)?.id.clone();
    let item = drive.item(&id).ok_or_else(Refusal::item_missing)?;
    let known = item
        .links
        .iter()
        .find(|link| link["link"]["type"] == kind.as_str() && link["link"]["scope"] == scope.as_str());
    if let Some(link) = known {
        return Ok(Reply::ok(link.clone()));
    }
    let letter = if item.name.to_lowercase().ends_with(".mp4") { "v" } else { "b" };
    let link = json!({
        "id": code.to_lowercase(), "roles": [if kind == "edit" { "write" } else { "read" }], "hasPassword": false,
        "expirationDateTime": body["expirationDateTime"],
        "link": { "type": kind, "scope": scope, "webUrl": format!("https://contoso-my.sharepoint.com/:{letter}:/g/personal/{code}"), "preventsDownload": false },
    });
    drive.items.change(&id, |item| {
        item.links.push(link.clone());
        item.version += 1;
        item.sequence = sequence;
    });
    Ok(Reply::created(link))
}

/// `PUT …:/content` and `PUT …/items/{id}/content`: small files at once.
pub(crate) fn put_content(world: &mut World, call: &Call, drive_id: &str, target: &Target) -> Answer {
    call.need(Family::Files, &WRITE)?;
    if call.body.len() > SIMPLE_LIMIT {
        return Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "invalidRequest",
            "Use an upload session for large files.",
        ));
    }
    room(world, drive_id, call.body.len() as u64)?;
    let content = world.blobs.keep(&world.random.guid(), &call.body);
    let (parent, name) = place_for(world, drive_id, target)?;
    let mime = call.header("content-type").unwrap_or("application/octet-stream").to_owned();
    let (id, status) = store(world, call, (drive_id, &parent, &name), (content, &mime))?;
    world.announce_drive(drive_id);
    shown(world, call, drive_id, &id, status)
}

/// Folder and name a file is to be written to.
pub(crate) fn place_for(world: &World, drive: &str, target: &Target) -> Result<(String, String), Refusal> {
    let drive = find(world, drive)?;
    match target.names.split_last() {
        None => {
            let item = item(drive, target)?;
            Ok((item.parent.clone().unwrap_or_default(), item.name.clone()))
        }
        Some((name, folders)) => {
            let folder = drive.walk(&target.start, folders).ok_or_else(Refusal::item_missing)?;
            Ok((folder.id.clone(), checked_name(Some(name))?))
        }
    }
}

/// Writes a file, over one of the same name if there is one: 201 new, 200 replaced.
pub(crate) fn store(
    world: &mut World,
    call: &Call,
    (drive_id, parent, name): (&str, &str, &str),
    (content, mime): (Content, &str),
) -> Result<(String, StatusCode), Refusal> {
    let (fresh, sequence) = (fresh_id(world), world.next_sequence());
    let drive = writable(world, call, drive_id)?;
    let known = drive.child(parent, name).cloned();
    let owner = drive.owner.clone();
    let status = if known.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let mut item =
        known.unwrap_or_else(|| Item::folder(fresh, Some(parent.to_owned()), name, &owner, call.now));
    item.version += 1;
    item.content_version += 1;
    item.modified_at = call.now;
    item.file_times = None;
    let id = item.id.clone();
    drive.place(item.with_file(mime, content, call.now), sequence);
    Ok((id, status))
}
