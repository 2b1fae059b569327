//! Counting sensibly: a visit is a person, a thing and a way, until half an hour of silence.

use chrono::TimeDelta;
use futures::StreamExt as _;
use serde_json::Value;

use onrecord::ops::visits;
use onrecord::params;
use onrecord::store::Read as _;

use crate::lecture::{INSTRUCTOR, LEARNER, Lecture, OUTSIDER};

async fn counts(lecture: &Lecture) -> (i64, i64) {
    let json = lecture.person(INSTRUCTOR).await.get(&lecture.api("")).await.expect(200).json();
    (json["download_count"].as_i64().unwrap(), json["view_count"].as_i64().unwrap())
}

#[tokio::test]
async fn a_player_that_sends_many_ranges_is_one_view() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    for from in 0..20 {
        let range = format!("bytes={}-{}", from * 50, from * 50 + 49);
        learner.get_with(&lecture.watch(), &[("range", &range)]).await.expect(206);
    }
    assert_eq!(counts(&lecture).await, (0, 1));
    assert_eq!(lecture.audited("recording.watched").await, 1);
    assert_eq!(lecture.count("SELECT COUNT(*) FROM visit").await, 1);
}

#[tokio::test]
async fn a_resumed_download_is_one_download_with_all_its_bytes() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    learner.get_with(&lecture.download(), &[("range", "bytes=0-399")]).await.expect(206);
    lecture.world.advance(TimeDelta::minutes(20));
    learner.get_with(&lecture.download(), &[("range", "bytes=400-")]).await.expect(206);
    assert_eq!(counts(&lecture).await, (1, 0));
    visits::save(&lecture.world.app).await.unwrap();
    assert_eq!(lecture.count("SELECT SUM(bytes_sent) FROM visit").await, 1_000);
}

#[tokio::test]
async fn half_an_hour_later_it_is_another_visit() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    learner.get(&lecture.download()).await.expect(200);
    lecture.world.advance(TimeDelta::minutes(30));
    learner.get(&lecture.download()).await.expect(200);
    assert_eq!(counts(&lecture).await, (2, 0));
    assert_eq!(lecture.audited("recording.downloaded").await, 2);
}

#[tokio::test]
async fn each_person_and_each_way_counts_apart() {
    let lecture = Lecture::held("Cells").await;
    for who in [LEARNER, INSTRUCTOR] {
        let person = lecture.person(who).await;
        person.get(&lecture.download()).await.expect(200);
        person.get(&lecture.watch()).await.expect(200);
        person.get(&lecture.api("/content")).await.expect(200);
    }
    assert_eq!(counts(&lecture).await, (2, 2));
}

#[tokio::test]
async fn what_sends_no_bytes_counts_nothing() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    let tag = learner.head(&lecture.download()).await.expect(200).header("etag").to_owned();
    learner.get_with(&lecture.download(), &[("if-none-match", &tag)]).await.expect(304);
    learner.get_with(&lecture.download(), &[("range", "bytes=1000-")]).await.expect(416);
    lecture.person(OUTSIDER).await.get(&lecture.download()).await.expect(404);
    lecture.set(lecture.recording, "archive_key = 'recordings/lost.mp4'", params![]).await;
    let failed = learner.get(&lecture.download()).await;
    assert!(!failed.status.is_success());
    assert_eq!(counts(&lecture).await, (0, 0));
    assert_eq!(lecture.count("SELECT COUNT(*) FROM visit").await, 0);
    assert_eq!(lecture.audited("recording.downloaded").await, 0);
}

#[tokio::test]
async fn the_last_download_is_dated_and_a_view_is_none() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    let last = async || {
        lecture.person(INSTRUCTOR).await.get(&lecture.api("")).await.json()["last_downloaded_at"].clone()
    };
    learner.get(&lecture.watch()).await.expect(200);
    assert_eq!(last().await, Value::Null);
    learner.get(&lecture.download()).await.expect(200);
    assert_eq!(last().await, "2026-09-01T06:00:00Z");
}

#[tokio::test]
async fn a_visit_outlives_the_process_and_is_not_counted_twice() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    learner.get_with(&lecture.download(), &[("range", "bytes=0-9")]).await.expect(206);
    lecture.world.advance(TimeDelta::minutes(25));
    learner.get_with(&lecture.download(), &[("range", "bytes=10-19")]).await.expect(206);
    visits::save(&lecture.world.app).await.unwrap();
    // Another process knows only the rows.
    let elsewhere = lecture.world.restarted();
    elsewhere.advance(TimeDelta::minutes(10));
    let learner = elsewhere.sign_in(LEARNER).await;
    learner.get_with(&lecture.download(), &[("range", "bytes=20-29")]).await.expect(206);
    visits::save(&elsewhere.app).await.unwrap();
    assert_eq!(counts(&lecture).await, (1, 0));
    let row = lecture.world.app.store.row("SELECT bytes_sent FROM visit", params![]).await.unwrap().unwrap();
    assert_eq!(row.get::<i64>("bytes_sent").unwrap(), 30);
}

#[tokio::test]
async fn first_requests_at_the_same_time_are_one_visit() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    let path = lecture.download();
    let ask = || learner.get_with(&path, &[("range", "bytes=0-9")]);
    let answers = tokio::join!(ask(), ask(), ask(), ask(), ask());
    for answer in [answers.0, answers.1, answers.2, answers.3, answers.4] {
        answer.expect(206);
    }
    assert_eq!(counts(&lecture).await, (1, 0));
    assert_eq!(lecture.audited("recording.downloaded").await, 1);
}

#[tokio::test]
async fn who_loses_the_right_loses_the_stream() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    let long = lecture.archived(2, &crate::lecture::body(3, 400_000)).await;
    let path = format!("/recordings/{long}/content");
    let mut stream = learner.stream(&path).await;
    assert!(stream.next().await.expect("a first piece").is_ok());
    lecture.execute("DELETE FROM enrolment WHERE user_id = $1", params![lecture.learner]).await;
    assert!(stream.next().await.expect("bytes go on for some seconds").is_ok());
    lecture.world.advance(TimeDelta::seconds(11));
    assert!(
        stream.next().await.expect("an end").is_err(),
        "the stream is cut, so that nobody takes it for whole"
    );
}

#[tokio::test]
async fn who_leaves_early_is_counted_with_what_was_sent() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    let long = lecture.archived(2, &crate::lecture::body(3, 400_000)).await;
    let mut stream = learner.stream(&format!("/recordings/{long}/download")).await;
    let first = stream.next().await.expect("a first piece").expect("bytes").len() as i64;
    drop(stream);
    visits::save(&lecture.world.app).await.unwrap();
    assert_eq!(lecture.count("SELECT SUM(bytes_sent) FROM visit").await, first);
    assert!(first > 0 && first < 400_000);
}

#[tokio::test]
async fn what_cannot_be_counted_is_not_sent() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    lecture.execute("ALTER TABLE visit RENAME TO visit_gone", params![]).await;
    let answer = learner.get(&lecture.download()).await.expect(500);
    assert!(!answer.body.windows(16).any(|bytes| bytes == &crate::lecture::body(1, 1_000)[..16]));
    assert_eq!(lecture.audited("recording.downloaded").await, 0);
}
