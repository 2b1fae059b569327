//! The list of recordings over the API: its fields, its pages, and what learners do not see of it.

use serde_json::{Value, json};

use onrecord::params;

use crate::lecture::{INSTRUCTOR, LEARNER, Lecture, OUTSIDER, body};

async fn list(lecture: &Lecture, who: &str, query: &str) -> Value {
    let path = format!("/api/v1/conferences/{}/recordings{query}", lecture.conference);
    lecture.person(who).await.get(&path).await.expect(200).json()
}

#[tokio::test]
async fn a_recording_says_what_callers_of_old_expect() {
    let lecture = Lecture::held("Cells").await;
    let columns = "graph_id = 'rec-1', drive_id = 'b!1', item_id = '01A', web_url = 'https://x.example/f', duration_ms = 60001";
    lecture.set(lecture.recording, columns, params![]).await;
    let id = lecture.recording;
    let item = list(&lecture, INSTRUCTOR, "").await["items"][0].clone();
    let base = "http://127.0.0.1:8080";
    for (field, value) in [
        ("id", json!(id)),
        ("recording_id", json!("rec-1")),
        ("title", json!("Cells - 2026-09-01")),
        ("kind", json!("recording")),
        ("file_size", json!(1_000)),
        ("duration_minutes", json!(2)),
        ("onedrive_item_id", json!("01A")),
        ("onedrive_drive_id", json!("b!1")),
        ("onedrive_web_url", json!("https://x.example/f")),
        ("onedrive_download_url", json!(format!("{base}/api/v1/recordings/{id}/content"))),
        ("stored_in_onedrive", json!(true)),
        ("safety", json!("verified")),
        ("download_count", json!(0)),
        ("last_downloaded_at", Value::Null),
        ("content_url", json!(format!("{base}/api/v1/recordings/{id}/content"))),
        ("view_url", json!(format!("{base}/recordings/{id}"))),
    ] {
        assert_eq!(item[field], value, "{field}");
    }
    let learners = list(&lecture, LEARNER, "").await["items"][0].clone();
    for field in ["onedrive_web_url", "onedrive_item_id", "onedrive_drive_id", "hidden", "hidden_reason"] {
        assert_eq!(learners[field], Value::Null, "{field}");
    }
    let one = lecture.person(INSTRUCTOR).await.get(&lecture.api("")).await.expect(200).json();
    assert_eq!(one, item, "one and the list say the same");
}

#[tokio::test]
async fn duration_is_never_zero_and_unknown_is_null() {
    let lecture = Lecture::held("Cells").await;
    assert_eq!(list(&lecture, LEARNER, "").await["items"][0]["duration_minutes"], Value::Null);
    lecture.set(lecture.recording, "duration_ms = 1", params![]).await;
    assert_eq!(list(&lecture, LEARNER, "").await["items"][0]["duration_minutes"], 1);
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repeat() {
    let lecture = Lecture::held("Cells").await;
    for part in 2..=7 {
        lecture.archived(part, &body(part as u8, 10)).await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&lecture, LEARNER, &format!("?limit=3{cursor}")).await;
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["part"].as_i64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, vec![1, 2, 3, 4, 5, 6, 7]);
    let title = list(&lecture, LEARNER, "").await["items"][6]["title"].clone();
    assert_eq!(title, "Cells - 2026-09-01, part 7");
}

#[tokio::test]
async fn wrong_queries_and_foreign_classes_are_refused() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    let base = format!("/api/v1/conferences/{}/recordings", lecture.conference);
    for query in ["?limit=0", "?limit=201", "?limit=x", "?cursor=nonsense", "?colour=red"] {
        let answer = learner.get(&format!("{base}{query}")).await.expect(422);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{query}");
    }
    lecture.person(OUTSIDER).await.get(&base).await.expect(404);
    learner.get("/api/v1/conferences/999/recordings").await.expect(404);
    lecture.world.stranger().get(&base).await.expect(401);
}
