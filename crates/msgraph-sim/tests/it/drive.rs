//! OneDrive: files of recordings, addressing, delta, writing.

use std::collections::BTreeSet;

use msgraph_sim::{HoldRequest, Outcome};
use reqwest::Method;
use serde_json::{Value, json};

use crate::given::{Given, answer, encode, text};

async fn children(given: &Given) -> Vec<Value> {
    let path = format!("/v1.0/users/{}/drive/special/recordings/children", given.organizer);
    given.ok(&path).await["value"].as_array().unwrap().clone()
}

async fn drive_id(given: &Given) -> String {
    text(&given.ok(&format!("/v1.0/users/{}/drive", given.organizer)).await["id"])
}

#[tokio::test]
async fn a_recording_is_named_sized_and_dated_as_teams_does() {
    let given = Given::healthy().await;
    let class = given.class("Algebra: groups?").await;
    given.hold(&class, HoldRequest::default());
    let files = children(&given).await;
    let name = text(&files[0]["name"]);
    assert!(name.starts_with("Algebra_ groups_-") && name.ends_with("UTC-Meeting Recording.mp4"), "{name}");
    let duration = files[0]["video"]["duration"].as_u64().unwrap();
    assert!((3_580_000..=3_600_000).contains(&duration), "{duration} ms");
    assert!(files[0]["size"].as_u64().unwrap() < 20 * 1024 * 1024);
    assert!(files[0]["source"].is_null() && files[0]["media"].is_null());
    let again = format!("/v1.0/drives/{}/items/{}", encode(&drive_id(&given).await), text(&files[0]["id"]));
    assert_eq!(given.ok(&again).await["eTag"], files[0]["eTag"]);
    let by_path = format!("/v1.0/drives/{}/root:/recordings/{}", drive_id(&given).await, encode(&name));
    assert_eq!(given.ok(&by_path).await["id"], files[0]["id"]);
    let selected = given.ok(&format!("{again}?$select=id,size,@microsoft.graph.downloadUrl")).await;
    assert!(selected["@microsoft.graph.downloadUrl"].is_string() && selected["name"].is_null());
}

#[tokio::test]
async fn a_localized_folder_is_found_by_its_alias_only() {
    let given = Given::healthy().await;
    given.sim.patch_tenant(&json!({ "switches": { "recordings_folder": "Aufzeichnungen" } })).unwrap();
    let user = format!("/v1.0/users/{}/drive", given.organizer);
    assert_eq!(given.ok(&format!("{user}/special/recordings")).await["name"], "Aufzeichnungen");
    assert_eq!(given.get(&format!("{user}/root:/Recordings")).await.0, 404);
    assert_eq!(given.ok(&format!("{user}/root:/Aufzeichnungen:/children")).await["value"], json!([]));
}

#[tokio::test]
async fn a_person_without_a_drive_is_told_so() {
    let given = Given::healthy().await;
    given.sim.patch_tenant(&json!({ "users": { "learner@contoso.example": { "drive": false } } })).unwrap();
    let (status, body) = given.get("/v1.0/users/learner@contoso.example/drive").await;
    assert_eq!((status, &body["error"]["message"]), (404, &json!("User's mysite not found.")));
}

#[tokio::test]
async fn a_full_drive_sends_the_file_to_somebody_else() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    given
        .sim
        .patch_tenant(&json!({ "users": { "recordings@contoso.example": { "quota": { "total": 1000 } } } }))
        .unwrap();
    let drive = given.ok(&format!("/v1.0/users/{}/drive", given.organizer)).await;
    assert_eq!(drive["quota"]["state"], "normal");
    let held = given.hold(&class, HoldRequest::default());
    assert_ne!(held.recordings[0].drive_id.as_deref(), drive["id"].as_str());
    assert!(children(&given).await.is_empty());
    let elsewhere = given.hold(&class, HoldRequest { outcome: Outcome::QuotaFull, ..HoldRequest::default() });
    assert!(elsewhere.recordings[0].drive_id.is_some());
}

/// Walks a delta to its end: all rows, and the link to go on from.
async fn walk(given: &Given, start: &str) -> (Vec<Value>, String) {
    let (mut rows, mut next) = (Vec::new(), start.to_owned());
    loop {
        let page = given.ok(&next).await;
        rows.extend(page["value"].as_array().unwrap().iter().cloned());
        if let Some(link) = page["@odata.deltaLink"].as_str() {
            return (rows, link.to_owned());
        }
        next = text(&page["@odata.nextLink"]);
    }
}

#[tokio::test]
async fn delta_tells_changes_with_parents_and_deletions_without_names() {
    let given = Given::healthy().await;
    given.sim.patch_tenant(&json!({ "switches": { "page_size": 2 } })).unwrap();
    let class = given.class("Algebra").await;
    given.hold(&class, HoldRequest { parts: Some(3), ..HoldRequest::default() });
    let drive = drive_id(&given).await;
    let root = format!("/v1.0/drives/{drive}/root/delta");
    let (rows, link) = walk(&given, &root).await;
    let ids: BTreeSet<String> = rows.iter().map(|row| text(&row["id"])).collect();
    assert_eq!(ids.len(), 5, "root, folder and three files");
    assert!(rows.iter().all(|row| row["cTag"].is_null() && row["parentReference"]["path"].is_null()));
    assert!(rows.iter().any(|row| row["root"].is_object()));
    let (nothing, link) = walk(&given, &link).await;
    assert_eq!(nothing, Vec::<Value>::new());
    let file = rows.iter().find(|row| row["file"].is_object()).unwrap();
    let path = format!("/v1.0/drives/{drive}/items/{}", text(&file["id"]));
    assert_eq!(given.send(Method::DELETE, &path, json!({})).await.0, 204);
    let (rows, _) = walk(&given, &link).await;
    let gone = rows.iter().find(|row| row["deleted"].is_object()).unwrap();
    assert_eq!((&gone["id"], &gone["name"]), (&file["id"], &Value::Null));
    let (latest, _) = walk(&given, &format!("/v1.0/drives/{drive}/items/root/delta(token='latest')")).await;
    assert_eq!(latest, Vec::<Value>::new());
    let since = encode("2000-01-01T00:00:00Z");
    assert!(!walk(&given, &format!("{root}?token={since}")).await.0.is_empty());
}

#[tokio::test]
async fn a_token_that_is_too_old_gets_410_and_a_place_to_start_again() {
    let given = Given::healthy().await;
    let root = format!("/v1.0/drives/{}/root/delta", drive_id(&given).await);
    let (_, link) = walk(&given, &root).await;
    assert_eq!(given.send(Method::POST, "/sim/drives/forget", json!({})).await.0, 200);
    let refused = given.request(Method::GET, &link).send().await.unwrap();
    assert_eq!(refused.status(), 410);
    let location = refused.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(refused.json::<Value>().await.unwrap()["error"]["code"], "resyncRequired");
    assert!(!walk(&given, &location).await.0.is_empty());
    assert_eq!(given.get(&format!("{root}?token=nonsense")).await.0, 400);
}

#[tokio::test]
async fn expired_recordings_go_to_the_bin_by_the_clock() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    given.sim.patch_tenant(&json!({ "token_lifetime_s": 999_999_999, "meeting_policy": { "recording_expiration_days": 30 } })).unwrap();
    let given = Given { token: given.sign_in().await, ..given };
    given.hold(&class, HoldRequest::default());
    assert_eq!(children(&given).await.len(), 1);
    given.sim.advance(std::time::Duration::from_mins(30 * 24 * 60 + 2));
    assert!(children(&given).await.is_empty());
    let quota = given.ok(&format!("/v1.0/users/{}/drive", given.organizer)).await["quota"].clone();
    assert_eq!(quota["deleted"], quota["used"]);
    assert!(quota["deleted"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn files_are_uploaded_in_fragments_in_order_and_come_back_whole() {
    let given = Given::healthy().await;
    let drive = drive_id(&given).await;
    let (status, folder) = given
        .send(
            Method::POST,
            &format!("/v1.0/drives/{drive}/root/children"),
            json!({ "name": "Archive", "folder": {} }),
        )
        .await;
    assert_eq!(status, 201);
    assert_eq!(
        given
            .send(
                Method::POST,
                &format!("/v1.0/drives/{drive}/root/children"),
                json!({ "name": "archive", "folder": {} })
            )
            .await
            .0,
        409
    );
    let parent = text(&folder["id"]);
    let open = format!("/v2.0/drives/{drive}/items/{parent}:/notes.bin:/createUploadSession");
    let (_, session) = given
        .send(Method::POST, &open, json!({ "item": { "@microsoft.graph.conflictBehavior": "rename" } }))
        .await;
    let url = text(&session["uploadUrl"]);
    let bytes: Vec<u8> = (0..400_000_u32).map(|i| (i % 251) as u8).collect();
    let put = |range: &str, part: &[u8]| {
        answer(given.http.put(&url).header("content-range", range.to_owned()).body(part.to_vec()))
    };
    assert_eq!(put("bytes 0-99/400000", &bytes[..100]).await.0, 400, "not a multiple of 320 KiB");
    let (status, progress) = put("bytes 0-327679/400000", &bytes[..327_680]).await;
    assert_eq!((status, &progress["nextExpectedRanges"]), (202, &json!(["327680-"])));
    assert_eq!(put("bytes 0-327679/400000", &bytes[..327_680]).await.0, 416);
    let (status, item) = put("bytes 327680-399999/400000", &bytes[327_680..]).await;
    assert_eq!((status, &item["size"]), (201, &json!(400_000)));
    let back = given
        .http
        .get(text(&item["@microsoft.graph.downloadUrl"]))
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(back, bytes);
}

#[tokio::test]
async fn files_can_be_renamed_copied_and_linked() {
    let given = Given::healthy().await;
    let drive = drive_id(&given).await;
    let put =
        given.request(Method::PUT, &format!("/v1.0/drives/{drive}/root:/note.txt:/content")).body("hello");
    let (status, item) = answer(put).await;
    assert_eq!((status, &item["size"]), (201, &json!(5)));
    let path = format!("/v1.0/drives/{drive}/items/{}", text(&item["id"]));
    assert_eq!(given.send(Method::PATCH, &path, json!({ "name": "kept.bin" })).await.1["name"], "kept.bin");
    let copy = given
        .request(Method::POST, &format!("{path}/copy"))
        .json(&json!({ "name": "copy.bin" }))
        .send()
        .await
        .unwrap();
    assert_eq!(copy.status(), 202);
    let monitor = copy.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(answer(given.http.get(monitor)).await.1["status"], "completed");
    let link = json!({ "type": "view", "scope": "organization" });
    assert_eq!(given.send(Method::POST, &format!("{path}/createLink"), link.clone()).await.0, 201);
    assert_eq!(given.send(Method::POST, &format!("{path}/createLink"), link).await.0, 200);
}
