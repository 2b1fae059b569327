//! Recordings that still lie at Microsoft: every byte arrives whatever happens on the way there, or the viewer is
//! told what to do.

use chrono::TimeDelta;
use futures::StreamExt as _;
use msgraph::QuickXorHash;
use msgraph_sim::{HeldRecording, HoldRequest, SeedEvent};
use serde_json::json;

use onrecord::model::id::ArtifactId;
use onrecord::params;

use crate::lecture::{INSTRUCTOR, LEARNER, Lecture};
use crate::world::{Answer, Client};

/// A class whose only recording is in the organizer's OneDrive.
struct Remote {
    lecture: Lecture,
    held: HeldRecording,
    id: ArtifactId,
}

impl Remote {
    async fn of(size_bytes: u64) -> Self {
        let lecture = Lecture::held("Cells").await;
        let sim = &lecture.world.sim;
        let event = SeedEvent {
            subject: "Cells".to_owned(),
            start: Some(lecture.starts_at),
            end: Some(lecture.starts_at + TimeDelta::hours(1)),
            record_automatically: true,
            ..SeedEvent::default()
        };
        let event = sim.seed_event(&event).unwrap();
        let request = HoldRequest {
            join_url: Some(event.join_url.clone()),
            size_bytes: Some(size_bytes),
            ..HoldRequest::default()
        };
        let outcome = sim.hold(&request).unwrap();
        let held = outcome.recordings[0].clone();
        lecture
            .execute(
                "UPDATE meeting SET organizer_id = $1, online_meeting_id = $2",
                params![event.organizer_id, event.meeting_id],
            )
            .await;
        let id = lecture.artifact("recording", 2).await;
        lecture
            .set(
                id,
                "drive_id = $2, item_id = $3, graph_id = $4, size_bytes = $5, quick_xor_hash = $6, name = $7",
                params![
                    held.drive_id.clone(),
                    held.item_id.clone(),
                    held.id,
                    held.size_bytes as i64,
                    held.quick_xor_hash,
                    held.name
                ],
            )
            .await;
        Self { lecture, held, id }
    }

    async fn learner(&self) -> Client<'_> {
        self.lecture.person(LEARNER).await
    }

    fn path(&self) -> String {
        format!("/recordings/{}/download", self.id)
    }

    fn fault(&self, fault: &serde_json::Value) {
        self.lecture.world.sim.add_fault(fault).unwrap();
    }

    /// How often the simulator was asked for something whose path holds `part`.
    fn asked(&self, part: &str) -> usize {
        self.lecture.world.sim.requests().iter().filter(|request| request.path.contains(part)).count()
    }

    #[track_caller]
    fn assert_whole(&self, answer: &Answer) {
        assert_eq!(answer.body.len() as u64, self.held.size_bytes);
        assert_eq!(hash(&answer.body), self.held.quick_xor_hash, "other bytes arrived than Microsoft has");
    }

    async fn downloads(&self) -> i64 {
        self.lecture.count("SELECT SUM(download_count) FROM artifact").await
    }
}

fn hash(bytes: &[u8]) -> String {
    let mut hash = QuickXorHash::new();
    hash.update(bytes);
    hash.finish()
}

#[tokio::test]
async fn a_recording_comes_from_onedrive_byte_for_byte() {
    let remote = Remote::of(3_000_000).await;
    let learner = remote.learner().await;
    let answer = learner.get(&remote.path()).await.expect(200);
    remote.assert_whole(&answer);
    for (name, value) in &answer.headers {
        let value = value.to_str().unwrap_or_default();
        assert!(!value.contains("tempauth") && !value.contains("/download/"), "{name}: {value}");
    }
    let part = learner.get_with(&remote.path(), &[("range", "bytes=1000000-1999999")]).await.expect(206);
    assert_eq!(part.body, answer.body[1_000_000..2_000_000]);
    assert_eq!(remote.asked("/content"), 1, "the way to the bytes is remembered");
    assert_eq!(remote.downloads().await, 1);
}

#[tokio::test]
async fn a_broken_upstream_is_resumed_inside_the_answer() {
    let remote = Remote::of(3_000_000).await;
    remote.fault(&json!({ "path": "/download/", "cut_after": 700_000, "times": 3 }));
    let answer = remote.learner().await.get(&remote.path()).await.expect(200);
    remote.assert_whole(&answer);
    assert!(remote.asked("/download/") >= 4);
    assert_eq!(remote.downloads().await, 1);
}

#[tokio::test]
async fn an_expired_address_is_renewed_between_and_inside_answers() {
    let remote = Remote::of(2_000_000).await;
    let learner = remote.learner().await;
    learner.get_with(&remote.path(), &[("range", "bytes=0-9")]).await.expect(206);
    remote.lecture.world.advance(TimeDelta::minutes(9));
    remote.lecture.world.sim.advance(std::time::Duration::from_secs(100_000));
    learner.get_with(&remote.path(), &[("range", "bytes=10-19")]).await.expect(206);
    let requests = remote.lecture.world.sim.requests();
    let addresses =
        requests.iter().filter(|request| request.path.ends_with("/content") && request.status == 302);
    assert_eq!(addresses.count(), 2);
    remote.fault(&json!({ "path": "/download/", "cut_after": 500_000, "times": 1 }));
    remote.fault(&json!({ "path": "/download/", "status": 401, "after": 1, "times": 1 }));
    let answer = learner.get(&remote.path()).await.expect(200);
    remote.assert_whole(&answer);
}

#[tokio::test]
async fn an_upstream_that_knows_no_ranges_is_survived() {
    let remote = Remote::of(2_000_000).await;
    let whole = remote.learner().await.get(&remote.path()).await.expect(200);
    remote.fault(&json!({ "path": "/download/", "ignore_range": true }));
    let range = [("range", "bytes=1500000-1500009")];
    let part = remote.learner().await.get_with(&remote.path(), &range).await.expect(206);
    assert_eq!(part.body, whole.body[1_500_000..1_500_010]);
}

#[tokio::test]
async fn a_length_that_was_wrong_or_unknown_is_learnt() {
    let remote = Remote::of(1_500_000).await;
    for size in ["NULL", "1000", "99999999"] {
        remote.lecture.set(remote.id, &format!("size_bytes = {size}"), params![]).await;
        let answer = remote.learner().await.get(&remote.path()).await.expect(200);
        assert_eq!(answer.header("content-length"), remote.held.size_bytes.to_string(), "it was {size}");
        remote.assert_whole(&answer);
    }
    remote.lecture.set(remote.id, "size_bytes = NULL", params![]).await;
    let head = remote.learner().await.head(&remote.path()).await.expect(200);
    assert_eq!(head.header("content-length"), remote.held.size_bytes.to_string());
    remote.lecture.set(remote.id, "size_bytes = 99999999", params![]).await;
    let beyond = [("range", "bytes=90000000-")];
    let answer = remote.learner().await.get_with(&remote.path(), &beyond).await.expect(416);
    assert_eq!(answer.header("content-range"), format!("bytes */{}", remote.held.size_bytes));
}

#[tokio::test]
async fn a_recording_that_only_teams_knows_is_taken_from_there() {
    let remote = Remote::of(1_500_000).await;
    let whole = remote.learner().await.get(&remote.path()).await.expect(200);
    let columns = "drive_id = NULL, item_id = NULL, size_bytes = NULL, quick_xor_hash = NULL";
    remote.lecture.set(remote.id, columns, params![]).await;
    let answer = remote.learner().await.get(&remote.path()).await.expect(200);
    assert_eq!(answer.body, whole.body);
    let part = remote.learner().await.get_with(&remote.path(), &[("range", "bytes=-10")]).await.expect(206);
    assert_eq!(part.body, whole.body[whole.body.len() - 10..]);
}

#[tokio::test]
async fn what_vanished_at_microsoft_is_told_and_looked_for() {
    let remote = Remote::of(1_000).await;
    remote.fault(&json!({ "path": "/content", "status": 404 }));
    let path = format!("/api/v1/recordings/{}/content", remote.id);
    let answer = remote.learner().await.get(&path).await.expect(404);
    assert!(answer.json()["detail"].as_str().unwrap_or_default().starts_with("Recording not found: "));
    assert_eq!(remote.downloads().await, 0);
    let jobs = format!(
        "SELECT COUNT(*) FROM job WHERE kind = 'sync' AND subject = 'meeting:{}'",
        remote.lecture.meeting
    );
    assert_eq!(remote.lecture.count(&jobs).await, 1);
}

#[tokio::test]
async fn a_busy_microsoft_is_passed_on_as_a_time_to_wait() {
    let remote = Remote::of(1_000).await;
    remote.fault(&json!({ "path": "/content", "status": 429, "retry_after": 300 }));
    let path = format!("/api/v1/recordings/{}/content", remote.id);
    let answer = remote.learner().await.get(&path).await.expect(503);
    assert!((290..=300).contains(&answer.header("retry-after").parse::<u64>().unwrap_or(0)));
    assert_eq!(remote.downloads().await, 0);
}

#[tokio::test]
async fn a_refusal_of_microsofts_says_download_failed_and_no_address() {
    for fault in [
        json!({ "path": "/content", "status": 403 }),
        json!({ "path": "/download/", "status": 403 }),
        json!({ "path": "/content", "status": 400, "html": true }),
    ] {
        let remote = Remote::of(1_000).await;
        remote.fault(&fault);
        for path in [format!("/api/v1/recordings/{}/content", remote.id), remote.path()] {
            let answer = remote.learner().await.get(&path).await.expect(503);
            let text = answer.text();
            assert!(
                text.contains("Download failed")
                    && !text.contains("tempauth")
                    && !text.contains("127.0.0.1:"),
                "{text}"
            );
            assert!(!answer.header("retry-after").is_empty());
        }
        assert_eq!(remote.downloads().await, 0);
    }
}

#[tokio::test]
async fn a_stream_that_cannot_be_resumed_is_broken_off_not_ended() {
    let remote = Remote::of(3_000_000).await;
    remote.fault(&json!({ "path": "/download/", "cut_after": 500_000, "times": 1 }));
    remote.fault(&json!({ "path": "/download/", "status": 403, "after": 1 }));
    let learner = remote.learner().await;
    let mut stream = learner.stream(&remote.path()).await;
    let mut bytes = 0;
    let end = loop {
        match stream.next().await {
            Some(Ok(piece)) => bytes += piece.len(),
            end => break end,
        }
    };
    assert!(matches!(end, Some(Err(_))), "after {bytes} bytes it must not look complete");
    assert!(bytes < 3_000_000);
}

#[tokio::test]
async fn a_lost_copy_is_made_good_by_microsofts() {
    let remote = Remote::of(1_000_000).await;
    let now = remote.lecture.world.app.clock.now();
    remote
        .lecture
        .set(remote.id, "archive_key = 'recordings/lost.mp4', verified_at = $2", params![now])
        .await;
    let answer = remote.learner().await.get(&remote.path()).await.expect(200);
    remote.assert_whole(&answer);
    remote.lecture.set(remote.id, "source_removed_at = $2", params![now]).await;
    let failed = remote.learner().await.get(&remote.path()).await.expect(503);
    assert!(failed.text().contains("Download failed"));
}

#[tokio::test]
async fn without_a_connection_to_teams_nothing_breaks() {
    let remote = Remote::of(1_000).await;
    remote.lecture.set(remote.id, "drive_id = NULL, item_id = NULL, graph_id = NULL", params![]).await;
    let answer = remote.lecture.person(INSTRUCTOR).await;
    let answer = answer.get(&format!("/api/v1/recordings/{}/content", remote.id)).await.expect(404);
    assert!(answer.json()["detail"].as_str().unwrap_or_default().contains("Sync Data"));
}

#[tokio::test]
async fn no_log_line_holds_an_address_that_opens_a_recording() {
    let log = crate::log::Log::capture();
    let remote = Remote::of(2_000_000).await;
    remote.fault(&json!({ "path": "/download/", "cut_after": 500_000, "times": 1 }));
    remote.fault(&json!({ "path": "/download/", "status": 403, "after": 3 }));
    let learner = remote.learner().await;
    learner.get(&remote.path()).await.expect(200);
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(learner.get(&remote.path()).await.status.as_u16());
    }
    assert_eq!(answers.last(), Some(&503));
    let text = log.text();
    assert!(text.contains("Download failed"), "{text}");
    for secret in ["tempauth", "v1.17", "Bearer ", "client_secret"] {
        assert!(!text.contains(secret), "{secret} stands in the log");
    }
}
