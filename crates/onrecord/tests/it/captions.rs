//! The transcript as cues and as captions that load everywhere.

use onrecord::model::id::ArtifactId;
use onrecord::params;

use crate::lecture::{LEARNER, Lecture, OUTSIDER, body};

async fn said(lecture: &Lecture, transcript: ArtifactId, cues: &[(i64, i64, &str, &str)]) {
    for (seq, (start, end, speaker, text)) in cues.iter().enumerate() {
        lecture
            .execute(
                "INSERT INTO transcript_cue (artifact_id, seq, start_ms, end_ms, speaker, text)
                 VALUES ($1, $2, $3, $4, $5, $6)",
                params![transcript, seq as i64, *start, *end, *speaker, *text],
            )
            .await;
    }
}

#[tokio::test]
async fn cues_are_json_and_captions_are_valid_webvtt() {
    let lecture = Lecture::held("Cells").await;
    let transcript = lecture.artifact("transcript", 1).await;
    let cues = [(0, 1_500, "Ada <Lovelace>", "a --> b & c\n\nd"), (1_500, 1_500, "", "শুভ সকাল")];
    said(&lecture, transcript, &cues).await;
    let learner = lecture.person(LEARNER).await;
    let json = learner.get(&lecture.api("/transcript")).await.expect(200).json();
    assert_eq!(json["items"][0]["speaker"], "Ada <Lovelace>");
    assert_eq!(
        (json["items"][1]["start_ms"].as_i64(), json["items"][1]["end_ms"].as_i64()),
        (Some(1_500), Some(1_500))
    );
    let page = learner.get(&format!("/recordings/{}/captions.vtt", lecture.recording)).await.expect(200);
    let api = learner.get_with(&lecture.api("/transcript"), &[("accept", "text/vtt")]).await.expect(200);
    for file in [page, api] {
        assert_eq!(file.header("content-type"), "text/vtt; charset=utf-8");
        assert_eq!(
            file.text(),
            "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\n<v Ada &lt;Lovelace&gt;>a --&gt; b &amp; c\nd\n\n\
             00:00:01.500 --> 00:00:01.501\nশুভ সকাল\n"
        );
    }
    assert_eq!(lecture.audited("transcript.read").await, 1, "reading is one visit");
}

#[tokio::test]
async fn each_part_has_its_own_transcript() {
    let lecture = Lecture::held("Cells").await;
    let second = lecture.archived(2, &body(2, 10)).await;
    let (one, two) = (lecture.artifact("transcript", 1).await, lecture.artifact("transcript", 2).await);
    said(&lecture, one, &[(0, 1, "", "first")]).await;
    said(&lecture, two, &[(0, 1, "", "second")]).await;
    for (recording, transcript, name) in [(lecture.recording, one, "c-0"), (second, two, "c-1")] {
        lecture.set(recording, "correlation_id = $2, call_id = 'call'", params![name]).await;
        lecture.set(transcript, "correlation_id = $2, call_id = 'call'", params![name]).await;
    }
    let learner = lecture.person(LEARNER).await;
    let read = async |id: ArtifactId| {
        let path = format!("/api/v1/recordings/{id}/transcript");
        learner.get(&path).await.expect(200).json()["items"][0]["text"].clone()
    };
    assert_eq!((read(lecture.recording).await, read(second).await), ("first".into(), "second".into()));
    lecture.set(two, "correlation_id = 'of nothing', call_id = 'of nothing'", params![]).await;
    let path = format!("/api/v1/recordings/{second}/transcript");
    let none = learner.get(&path).await.expect(404);
    assert!(none.json()["detail"].as_str().unwrap_or_default().contains("no transcript"), "{}", none.text());
}

#[tokio::test]
async fn what_may_not_be_watched_may_not_be_read() {
    let lecture = Lecture::held("Cells").await;
    let transcript = lecture.artifact("transcript", 1).await;
    said(&lecture, transcript, &[(0, 1, "", "secret")]).await;
    let captions = format!("/recordings/{}/captions.vtt", lecture.recording);
    lecture.person(OUTSIDER).await.get(&captions).await.expect(404);
    lecture.set(lecture.recording, "hidden_at = $2", params![lecture.world.app.clock.now()]).await;
    lecture.person(LEARNER).await.get(&captions).await.expect(404);
    lecture.person(LEARNER).await.get(&lecture.api("/transcript")).await.expect(404);
    assert_eq!(lecture.audited("transcript.read").await, 0);
}
