//! Drives: finding items by id, path, alias or sharing link, and showing them.
//! Doc: api-reference/v1.0/api/drive-get, driveitem-get, driveitem-list-children, driveitem-get-content, shares-get.

use base64::Engine as _;
use chrono::TimeDelta;
use http::{Method, StatusCode};
use percent_encoding::utf8_percent_encode;
use serde_json::{Value, json};

use super::{PATH_SAFE, drive_delta, drive_write, uploads};
use crate::clock::whole;
use crate::drive::{Drive, File, Item, drive_id};
use crate::http::{Answer, Call, Family, Refusal, Reply, decode, unknown};
use crate::media::mp4;
use crate::odata::{PageRule, narrow, page, page_of, select};
use crate::tenant::{Licence, Quota, SpecialFolder, User};
use crate::world::World;

pub(crate) const READ: [&str; 4] =
    ["Files.Read.All", "Files.ReadWrite.All", "Sites.Read.All", "Sites.ReadWrite.All"];
pub(crate) const WRITE: [&str; 2] = ["Files.ReadWrite.All", "Sites.ReadWrite.All"];
const PAGES: PageRule = PageRule { default: 200, max: 1000 };
/// The host in web addresses of files; nothing listens there.
pub(crate) const SHARE_HOST: &str = "https://contoso-my.sharepoint.com";

/// Where a path inside a drive leads: an item to start from, and names below it.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) start: String,
    pub(crate) names: Vec<String>,
}

pub(crate) fn of_user(world: &mut World, call: &Call, user: &str, rest: &[&str]) -> Answer {
    call.need(Family::Files, &READ)?;
    let owner = owner(world, user)?;
    if !owner.drive_readable {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "accessDenied", "Access denied"));
    }
    by_id(world, call, &drive_id(&owner.id), rest)
}

pub(crate) fn drives_of_user(world: &World, call: &Call, user: &str) -> Answer {
    call.need(Family::Files, &READ)?;
    let owner = owner(world, user)?;
    let drive = find(world, &drive_id(&owner.id))?;
    Ok(Reply::ok(page(call, vec![show_drive(world, drive)], PAGES, None)?))
}

/// A person with a OneDrive, or the words OneDrive has for one without.
fn owner(world: &World, user: &str) -> Result<User, Refusal> {
    let found = world
        .tenant
        .user(user)
        .ok_or_else(|| Refusal::missing("itemNotFound", format!("The user '{user}' could not be found.")))?;
    if found.drive && found.licences.contains(&Licence::Onedrive) {
        return Ok(found.clone());
    }
    if world.tenant.switches.missing_drive_status == 400 {
        return Err(Refusal::bad("BadRequest", "Unable to retrieve user's mysite URL."));
    }
    Err(Refusal::missing("ResourceNotFound", "User's mysite not found."))
}

pub(crate) fn by_id(world: &mut World, call: &Call, id: &str, rest: &[&str]) -> Answer {
    call.need(Family::Files, &READ)?;
    let drive = find(world, id)?;
    let id = drive.id.clone();
    if let (&Method::GET, []) = (&call.method, rest) {
        return Ok(Reply::ok(select(call, show_drive(world, drive))));
    }
    if let ["special", alias, ..] = rest
        && drive.special(&alias.to_lowercase()).is_none()
    {
        return Err(Refusal::item_missing());
    }
    if let ["special", ..] = rest {
        match world.tenant.switches.special_folder {
            SpecialFolder::Known => {}
            SpecialFolder::NotFound => return Err(Refusal::item_missing()),
            SpecialFolder::Forbidden => {
                return Err(Refusal::new(StatusCode::FORBIDDEN, "accessDenied", "Access denied"));
            }
        }
    }
    let (target, action) = locate(drive, rest).ok_or_else(|| unknown(call))?;
    let action: Vec<&str> = action.iter().map(String::as_str).collect();
    match (&call.method, action.as_slice()) {
        (&Method::GET, []) => {
            let item = item(drive, &target)?;
            if call.header("if-none-match").is_some_and(|tag| tag == etag(item)) {
                return Ok(Reply::empty(StatusCode::NOT_MODIFIED));
            }
            let mut shown = select(call, show(world, call, drive, item));
            shown["@odata.context"] =
                format!("{}/$metadata#drives('{}')/items/$entity", call.base, drive.id).into();
            if call.option("expand").is_some_and(|expand| expand.contains("children")) {
                shown["children"] = drive
                    .children(&item.id)
                    .into_iter()
                    .map(|child| show(world, call, drive, child))
                    .collect();
            }
            Ok(Reply::ok(shown))
        }
        (&Method::GET, ["children"]) => children(world, call, drive, item(drive, &target)?),
        (&Method::GET, ["content"]) => content(world, call, drive, item(drive, &target)?),
        (&Method::GET, ["permissions"]) => {
            let links = item(drive, &target)?.links.clone();
            Ok(Reply::ok(page(call, links, PAGES, None)?))
        }
        (&Method::GET, ["thumbnails"]) => {
            item(drive, &target)?;
            Ok(Reply::ok(page(call, Vec::new(), PAGES, None)?))
        }
        (&Method::GET, [function]) if function.starts_with("delta") => {
            drive_delta::answer(world, call, &id, (&target, function))
        }
        (&Method::GET, [function]) if function.starts_with("search(") => search(world, call, drive, function),
        (&Method::POST, ["createUploadSession"]) => uploads::open(world, call, &id, &target),
        (&Method::PUT, ["content"]) => drive_write::put_content(world, call, &id, &target),
        _ => drive_write::answer(world, call, &id, (&target, &action)),
    }
}

/// `GET /shares/{token}/driveItem`: from a web address to the file.
pub(crate) fn shared(world: &World, call: &Call, token: &str, rest: &[&str]) -> Answer {
    let needed: &[&str] = if rest == ["content"] { &READ } else { &WRITE };
    call.need(Family::Files, needed)?;
    let url = token
        .strip_prefix("u!")
        .and_then(|text| {
            base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
        })
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| Refusal::bad("invalidRequest", "The sharing token is malformed."))?;
    let found = by_address(world, &url).or_else(|| by_link(world, &url));
    let (drive, item) = found.ok_or_else(Refusal::item_missing)?;
    match (&call.method, rest) {
        (&Method::GET, []) => Ok(Reply::ok(select(call, show(world, call, drive, item)))),
        (&Method::GET, ["content"]) => content(world, call, drive, item),
        _ => Err(unknown(call)),
    }
}

/// The item at an address as `web_url` writes it; case and escapes do not count.
fn by_address<'w>(world: &'w World, url: &str) -> Option<(&'w Drive, &'w Item)> {
    let address = url.split('?').next().unwrap_or_default();
    let below = address.get(..SHARE_HOST.len()).filter(|host| host.eq_ignore_ascii_case(SHARE_HOST));
    let names: Vec<String> = address[below?.len()..].split('/').map(decode).collect();
    let [empty, personal, person, documents, names @ ..] = names.as_slice() else {
        return None;
    };
    if !empty.is_empty()
        || !personal.eq_ignore_ascii_case("personal")
        || !documents.eq_ignore_ascii_case("documents")
    {
        return None;
    }
    let owners = world.tenant.users.iter().filter(|user| is_folder_of(&user.email, person));
    owners.filter_map(|owner| world.drives.get(&drive_id(&owner.id))).find_map(|drive| {
        let item = drive.walk(&drive.root, names)?;
        Some((drive, item))
    })
}

/// The item that a link was made for.
fn by_link<'w>(world: &'w World, url: &str) -> Option<(&'w Drive, &'w Item)> {
    world.drives.values().find_map(|drive| {
        let item = drive.items.values().find(|item| {
            let made = item.links.iter().any(|link| link["link"]["webUrl"] == url);
            item.deleted.is_none() && made
        })?;
        Some((drive, item))
    })
}

pub(crate) fn find<'w>(world: &'w World, id: &str) -> Result<&'w Drive, Refusal> {
    let drive = world.drives.get(id);
    let living = drive.filter(|drive| world.tenant.user(&drive.owner).is_some_and(|user| user.drive));
    living.ok_or_else(|| {
        if id.starts_with("b!") {
            Refusal::item_missing()
        } else {
            Refusal::bad(
                "invalidRequest",
                "The provided drive id appears to be malformed, or does not represent a valid drive.",
            )
        }
    })
}

/// Reads the addressing part of a path; the rest is what to do there.
fn locate(drive: &Drive, rest: &[&str]) -> Option<(Target, Vec<String>)> {
    let (start, tail) = match rest {
        ["root", tail @ ..] => (drive.root.clone(), tail),
        ["root:", tail @ ..] => return Some(by_path(drive.root.clone(), tail)),
        ["items", id, tail @ ..] => match id.strip_suffix(':') {
            Some(id) => return Some(by_path(real_id(drive, id), tail)),
            None => (real_id(drive, id), tail),
        },
        ["special", alias, tail @ ..] => {
            let name = alias.trim_end_matches(':').to_lowercase();
            let start = drive.special(&name)?.id.clone();
            if alias.ends_with(':') {
                return Some(by_path(start, tail));
            }
            (start, tail)
        }
        _ => return None,
    };
    Some((Target { start, names: Vec::new() }, tail.iter().map(|&part| part.to_owned()).collect()))
}

fn real_id(drive: &Drive, id: &str) -> String {
    if id.eq_ignore_ascii_case("root") { drive.root.clone() } else { id.to_owned() }
}

/// Names up to the closing colon; what follows is the action.
fn by_path(start: String, tail: &[&str]) -> (Target, Vec<String>) {
    let mut names = Vec::new();
    let mut rest = tail.iter();
    for part in rest.by_ref() {
        match part.strip_suffix(':') {
            Some("") => break,
            Some(last) => {
                names.push(last.to_owned());
                break;
            }
            None => names.push((*part).to_owned()),
        }
    }
    (Target { start, names }, rest.map(|&part| part.to_owned()).collect())
}

/// The item a target leads to.
pub(crate) fn item<'d>(drive: &'d Drive, target: &Target) -> Result<&'d Item, Refusal> {
    drive.walk(&target.start, &target.names).ok_or_else(Refusal::item_missing)
}

fn children(world: &World, call: &Call, drive: &Drive, folder: &Item) -> Answer {
    if folder.file.is_some() {
        return Err(Refusal::bad("invalidRequest", "The item is not a folder."));
    }
    let found = drive.children(&folder.id);
    let rule = (PAGES, world.tenant.switches.page_size);
    if call.option("filter").is_none() && call.option("orderby").is_none() {
        let body = page_of(call, found, rule, |child| show(world, call, drive, child))?;
        return Ok(Reply::ok(body));
    }
    let shown = found.into_iter().map(|child| show(world, call, drive, child)).collect();
    Ok(Reply::ok(page(call, narrow(call, shown)?, rule.0, rule.1)?))
}

fn search(world: &World, call: &Call, drive: &Drive, function: &str) -> Answer {
    let words =
        function.trim_start_matches("search(q=").trim_end_matches(')').trim_matches('\'').to_lowercase();
    let shown = drive
        .items
        .values()
        .filter(|item| {
            item.deleted.is_none() && item.parent.is_some() && item.name.to_lowercase().contains(&words)
        })
        .map(|item| show(world, call, drive, item))
        .collect();
    Ok(Reply::ok(page(call, shown, PAGES, world.tenant.switches.page_size)?))
}

fn content(world: &World, call: &Call, drive: &Drive, item: &Item) -> Answer {
    if item.file.is_none() {
        return Err(Refusal::bad("invalidRequest", "You cannot get content for a folder."));
    }
    Ok(Reply::empty(StatusCode::FOUND).with("location", download_url(world, call, drive, item)))
}

fn download_url(world: &World, call: &Call, drive: &Drive, item: &Item) -> String {
    crate::download::sign(world, call, "item", &format!("{}*{}", drive.id, item.id))
}

pub(crate) fn quota_of<'w>(world: &'w World, drive: &Drive) -> &'w Quota {
    world.tenant.user(&drive.owner).and_then(|user| user.quota.as_ref()).unwrap_or(&world.tenant.quota)
}

pub(crate) fn show_drive(world: &World, drive: &Drive) -> Value {
    let quota = quota_of(world, drive);
    let used = quota.used.unwrap_or_else(|| drive.used());
    let remaining = quota.total.saturating_sub(used);
    let state = quota.state.clone().unwrap_or_else(|| {
        let state = match remaining {
            0 => "exceeded",
            left if left < quota.total / 100 => "critical",
            left if left < quota.total / 10 => "nearing",
            _ => "normal",
        };
        state.to_owned()
    });
    json!({
        "id": drive.id, "driveType": "business", "name": "OneDrive", "description": "",
        "webUrl": format!("{}/Documents", personal_site(world, drive)),
        "createdDateTime": whole(drive.created_at), "lastModifiedDateTime": whole(drive.created_at),
        "owner": { "user": identity(world, &drive.owner) },
        "quota": { "total": quota.total, "used": used, "remaining": remaining,
            "deleted": quota.deleted.unwrap_or_else(|| drive.binned()), "state": state },
    })
}

fn identity(world: &World, user: &str) -> Value {
    let user = world.tenant.user(user);
    json!({ "id": user.map(|user| &user.id), "displayName": user.map(|user| &user.display_name), "email": user.map(User::address) })
}

fn personal_site(world: &World, drive: &Drive) -> String {
    let name = world.tenant.user(&drive.owner).map_or(drive.owner.as_str(), |user| user.email.as_str());
    let folder: String = name.chars().map(plain).collect();
    format!("{SHARE_HOST}/personal/{folder}")
}

/// The letter that stands for this one in the name of a personal site.
fn plain(letter: char) -> char {
    if letter.is_ascii_alphanumeric() { letter } else { '_' }
}

/// Whether a personal site of this name is that of the person with this address.
fn is_folder_of(email: &str, folder: &str) -> bool {
    let letters = email.chars().map(|letter| plain(letter).to_ascii_lowercase());
    letters.eq(folder.chars().map(|letter| letter.to_ascii_lowercase()))
}

/// The address of a file in a browser: what chats and sharing tokens use.
pub(crate) fn web_url(world: &World, drive: &Drive, item: &Item) -> String {
    let parent = item.parent.as_deref().unwrap_or(&drive.root);
    let folder = drive.path_of(parent);
    let below = folder.split_once("/root:").map_or("", |(_, below)| below);
    if item.parent.is_none() {
        return format!("{}/Documents", personal_site(world, drive));
    }
    format!("{}/Documents{below}/{}", personal_site(world, drive), utf8_percent_encode(&item.name, PATH_SAFE))
}

fn guid_of(item: &Item) -> String {
    guid_from(&item.id)
}

fn guid_from(id: &str) -> String {
    let seed = id.bytes().fold(3_u64, |sum, byte| sum.wrapping_mul(137).wrapping_add(u64::from(byte)));
    crate::random::Random::seeded(seed).guid().to_uppercase()
}

pub(crate) fn etag(item: &Item) -> String {
    format!("\"{{{}}},{}\"", guid_of(item), item.version)
}

/// The item as Graph shows it.
pub(crate) fn show(world: &World, call: &Call, drive: &Drive, item: &Item) -> Value {
    let author = identity(world, &item.author);
    let (created, modified) = (whole(item.created_at), whole(item.modified_at));
    let times = item.file_times.clone().unwrap_or_else(|| (created.clone(), modified.clone()));
    let mut shown = json!({
        "id": item.id, "name": item.name, "eTag": etag(item), "webUrl": web_url(world, drive, item),
        "cTag": format!("\"c:{{{}}},{}\"", guid_of(item), item.content_version),
        "createdDateTime": created, "lastModifiedDateTime": modified,
        "createdBy": { "user": author }, "lastModifiedBy": { "user": author },
        "fileSystemInfo": { "createdDateTime": times.0, "lastModifiedDateTime": times.1 },
        "size": size_of(drive, item),
    });
    shown["parentReference"] = match &item.parent {
        None => json!({ "driveType": "business", "driveId": drive.id }),
        Some(parent) => json!({
            "driveType": "business", "driveId": drive.id, "id": parent, "path": drive.path_of(parent),
            "name": drive.items.get(parent).map(|folder| &folder.name), "siteId": guid_from(&drive.id).to_lowercase() }),
    };
    if item.parent.is_none() {
        shown["root"] = json!({});
    }
    if item.shared || !item.links.is_empty() {
        shown["shared"] = json!({ "scope": "users" });
    }
    if world.tenant.switches.unknown_fields {
        shown["futureFacet"] = json!({ "unknown": true });
    }
    match &item.file {
        None => shown["folder"] = json!({ "childCount": drive.items.weight(&item.id).0 }),
        Some(file) => {
            show_file(world, call, file, &mut shown);
            shown["@microsoft.graph.downloadUrl"] = download_url(world, call, drive, item).into();
        }
    }
    if item.special.is_some() {
        shown["specialFolder"] = json!({ "name": item.special });
    }
    shown
}

fn show_file(world: &World, call: &Call, file: &File, shown: &mut Value) {
    let switches = &world.tenant.switches;
    let after = |seconds: i64| file.landed_at + TimeDelta::seconds(seconds) <= call.now;
    let mut facet = json!({ "mimeType": file.mime });
    if after(switches.hash_delay_s) {
        facet["hashes"] = json!({ "quickXorHash": file.measure.hash });
    }
    shown["file"] = facet;
    if let Some(duration) = file.duration_ms.filter(|_| after(switches.video_facet_delay_s)) {
        shown["video"] = json!({
            "duration": duration, "bitrate": file.measure.size.saturating_mul(8000) / duration.max(1),
            "width": mp4::WIDTH, "height": mp4::HEIGHT, "frameRate": mp4::FRAME_RATE, "fourCC": "H264",
            "audioChannels": 1, "audioFormat": "AAC", "audioSamplesPerSecond": mp4::AUDIO_RATE, "audioBitsPerSample": 16,
        });
    }
}

fn size_of(drive: &Drive, item: &Item) -> u64 {
    match &item.file {
        Some(file) => file.measure.size,
        None => drive.items.weight(&item.id).1,
    }
}
