//! Changes of a drive since a token, as OneDrive for Business tells them: no cTag, no paths, deleted items without names.
//! Doc: api-reference/v1.0/api/driveitem-delta.

use std::collections::BTreeSet;

use http::StatusCode;
use serde_json::{Value, json};

use super::drive::{Target, find, show};
use crate::drive::{Drive, Item};
use crate::http::{Answer, Call, Refusal, Reply, function_arguments};
use crate::odata::{context, encode_pairs, open_token, seal_token, select};
use crate::world::World;
use crate::zones;

/// Where a walk through the changes stands.
#[derive(Debug, Clone, Copy)]
struct Position {
    /// Changes after this one are told.
    since: u64,
    /// Changes up to this one are told; later ones wait for the next round.
    until: u64,
    /// How many of them were told on earlier pages.
    told: usize,
}

pub(crate) fn answer(
    world: &World,
    call: &Call,
    drive_id: &str,
    (target, function): (&Target, &str),
) -> Answer {
    let drive = find(world, drive_id)?;
    if !["delta", "delta()"].contains(&function) && !function.starts_with("delta(") {
        return Err(crate::http::unknown(call));
    }
    if target.start != drive.root || !target.names.is_empty() {
        return Err(Refusal::bad("invalidRequest", "Delta is only supported on the root of this drive."));
    }
    let given = call
        .option("token")
        .or_else(|| call.option("deltatoken"))
        .or_else(|| call.option("skiptoken"))
        .map(str::to_owned);
    let given = given.or_else(|| {
        function_arguments(call, function)
            .into_iter()
            .find(|(name, _)| name == "token")
            .map(|(_, token)| token)
    });
    let latest = given.as_deref() == Some("latest");
    let position = position(world, call, drive, given.as_deref())?;
    let changed = if latest { Vec::new() } else { changes(world, call, drive, position) };
    let top = call.option("top").and_then(|top| top.parse::<usize>().ok()).unwrap_or(200).clamp(1, 1000);
    let length = world.tenant.switches.page_size.map_or(top, |smallest| top.min(smallest.max(1)));
    let told = (position.told + length).min(changed.len());
    let more = told < changed.len();
    let value: Vec<Value> = changed
        .into_iter()
        .skip(position.told)
        .take(length)
        .map(|item| select(call, tell(world, call, drive, item)))
        .collect();
    let mut body = json!({ "@odata.context": context(call) });
    if more {
        let next = seal_token("dn", &format!("{}-{}-{told}", position.since, position.until));
        body["@odata.nextLink"] = delta_link(call, drive, &next).into();
    } else {
        body["@odata.deltaLink"] =
            delta_link(call, drive, &seal_token("dl", &position.until.to_string())).into();
    }
    body["value"] = Value::Array(value);
    Ok(Reply::ok(body))
}

fn position(world: &World, call: &Call, drive: &Drive, token: Option<&str>) -> Result<Position, Refusal> {
    let fresh = Position { since: 0, until: world.sequence, told: 0 };
    let Some(token) = token else { return Ok(fresh) };
    if token == "latest" {
        return Ok(fresh);
    }
    if let Some(at) = zones::moment(token) {
        let before = drive.items.values().filter(|item| item.deleted.unwrap_or(item.modified_at) < at);
        return Ok(Position { since: before.map(|item| item.sequence).max().unwrap_or(0), ..fresh });
    }
    let position = if let Some(text) = open_token(token, "dl") {
        text.parse().ok().map(|since| Position { since, ..fresh })
    } else if let Some(text) = open_token(token, "dn") {
        let numbers: Vec<u64> = text.split('-').filter_map(|part| part.parse().ok()).collect();
        match numbers.as_slice() {
            [since, until, told] => Some(Position { since: *since, until: *until, told: *told as usize }),
            _ => None,
        }
    } else {
        None
    };
    match position {
        Some(position) if position.since > 0 && position.since < drive.horizon => Err(gone(call, drive)),
        Some(position) => Ok(position),
        None => Err(Refusal::bad(
            "syncStateNotFound",
            "The sync state generation is not found. Start again without a token.",
        )),
    }
}

/// 410 with the address of a fresh start.
pub(crate) fn gone(call: &Call, drive: &Drive) -> Refusal {
    Refusal::new(StatusCode::GONE, "resyncRequired", "Resync required. Replace any local items with the server's version (including deletes) if you're sure that the service was up to date with your local changes when you last sync'd.")
        .inner("resyncChangesApplyDifferences")
        .with("location", format!("{}/drives/{}/root/delta", call.base, drive.id))
}

/// Changed items in order, with the parents of each, as delta always sends them.
fn changes<'d>(world: &World, call: &Call, drive: &'d Drive, position: Position) -> Vec<&'d Item> {
    let changed: Vec<&Item> = drive
        .items
        .changed(position.since, position.until)
        .filter(|item| position.since > 0 || item.deleted.is_none())
        .collect();
    let mut result: Vec<&Item> = Vec::new();
    if !call.prefers("deltaExcludeParent") && call.header("deltaexcludeparent").is_none() {
        let listed: BTreeSet<&str> = changed.iter().map(|item| item.id.as_str()).collect();
        let mut seen = BTreeSet::new();
        for item in &changed {
            let mut above = item.parent.as_deref();
            while let Some(parent) = above.and_then(|id| drive.item(id)) {
                if !listed.contains(parent.id.as_str()) && seen.insert(parent.id.as_str()) {
                    result.insert(0, parent);
                }
                above = parent.parent.as_deref();
            }
        }
    }
    let repeated: Vec<&Item> = if world.tenant.switches.delta_duplicates {
        changed.iter().rev().copied().collect()
    } else {
        Vec::new()
    };
    result.extend(changed);
    result.extend(repeated);
    result
}

fn tell(world: &World, call: &Call, drive: &Drive, item: &Item) -> Value {
    if item.deleted.is_some() {
        return json!({
            "id": item.id, "deleted": { "state": "deleted" }, "size": 0,
            "parentReference": { "driveType": "business", "driveId": drive.id, "id": item.parent },
        });
    }
    let mut shown = show(world, call, drive, item);
    if let Some(map) = shown.as_object_mut() {
        map.remove("cTag");
        map.remove("@microsoft.graph.downloadUrl");
    }
    if let Some(parent) = shown["parentReference"].as_object_mut() {
        parent.remove("path");
    }
    shown
}

/// Links are on the root's own path, with the caller's other options kept.
fn delta_link(call: &Call, drive: &Drive, token: &str) -> String {
    let mut pairs: Vec<(String, String)> = call
        .query
        .iter()
        .filter(|(name, _)| ["select", "top", "expand"].contains(&name.trim_start_matches('$')))
        .cloned()
        .collect();
    pairs.push(("token".to_owned(), token.to_owned()));
    format!("{}/drives/{}/root/delta?{}", call.base, drive.id, encode_pairs(&pairs))
}
