//! The player page: video, captions, transcript, parts, and the buttons of staff.

use onrecord::params;

use crate::lecture::{INSTRUCTOR, LEARNER, Lecture, OUTSIDER, body};

#[tokio::test]
async fn a_learner_watches_with_captions_and_finds_a_sentence() {
    let lecture = Lecture::held("Cells & membranes").await;
    let transcript = lecture.artifact("transcript", 1).await;
    for (seq, text) in ["Good morning.", "The <b>sodium</b> pump"].into_iter().enumerate() {
        let seq = seq as i64;
        lecture
            .execute(
                "INSERT INTO transcript_cue (artifact_id, seq, start_ms, end_ms, speaker, text)
                 VALUES ($1, $2, $3, $4, 'Ada', $5)",
                params![transcript, seq, seq * 61_000, seq * 61_000 + 900, text],
            )
            .await;
    }
    let learner = lecture.person(LEARNER).await;
    let id = lecture.recording;
    let page = learner.get(&format!("/recordings/{id}?t=61&find=SODIUM")).await.expect(200).text();
    assert!(page.contains(&format!("src=\"/recordings/{id}/content#t=61\"")), "{page}");
    assert!(page.contains(&format!("src=\"/recordings/{id}/captions.vtt\"")));
    assert!(page.contains(&format!("href=\"/recordings/{id}/download\"")));
    assert!(page.contains("<mark>sodium</mark>") && !page.contains("<b>sodium"));
    assert!(page.contains("1 places") || page.contains("1 place"), "{page}");
    assert!(page.contains("Cells &#38; membranes") || page.contains("Cells &amp; membranes"));
    assert_eq!(
        lecture.count("SELECT COUNT(*) FROM visit WHERE way = 'watch'").await,
        1,
        "the transcript was read"
    );
}

#[tokio::test]
async fn parts_lead_to_one_another_and_nothing_of_microsofts_shows_to_learners() {
    let lecture = Lecture::held("Cells").await;
    let second = lecture.archived(2, &body(2, 10)).await;
    let columns =
        "duration_ms = 60000, item_id = '01A', drive_id = 'b', web_url = 'https://x.sharepoint.example/f'";
    lecture.set(lecture.recording, columns, params![]).await;
    lecture.set(second, "duration_ms = 60000, item_id = '01B', drive_id = 'b'", params![]).await;
    let path = format!("/recordings/{}", lecture.recording);
    let page = lecture.person(LEARNER).await.get(&path).await.expect(200).text();
    assert!(page.contains(&format!("href=\"/recordings/{second}\"")), "{page}");
    assert!(!page.contains("sharepoint"));
    let page = lecture.person(INSTRUCTOR).await.get(&path).await.expect(200).text();
    assert!(page.contains("https://x.sharepoint.example/f"));
}

#[tokio::test]
async fn what_is_gone_says_so_and_outsiders_learn_nothing() {
    let lecture = Lecture::held("Cells").await;
    let now = lecture.world.app.clock.now();
    lecture.set(lecture.recording, "gone_at = $2, verified_at = NULL", params![now]).await;
    let path = format!("/recordings/{}", lecture.recording);
    let page = lecture.person(LEARNER).await.get(&path).await.expect(200).text();
    assert!(page.contains("Recording not found") && !page.contains("<video"), "{page}");
    lecture.person(OUTSIDER).await.get(&path).await.expect(404);
    let stranger = lecture.world.stranger().get(&path).await.expect(303);
    assert_eq!(stranger.header("location"), format!("/login?next={path}"));
}

#[tokio::test]
async fn forms_hide_and_show_and_lead_back_to_the_tab() {
    let lecture = Lecture::held("Cells").await;
    let instructor = lecture.person(INSTRUCTOR).await;
    let path = format!("/recordings/{}", lecture.recording);
    let hidden = instructor.submit(&format!("{path}/hide"), &[("reason", "a name")]).await.expect(303);
    let tab = format!("/conferences/{}?class={}&tab=recordings", lecture.conference, lecture.meeting);
    assert_eq!(hidden.header("location"), tab);
    lecture.person(LEARNER).await.get(&path).await.expect(404);
    instructor.submit(&format!("{path}/hide"), &[("reason", "")]).await.expect(422);
    instructor.submit(&format!("{path}/hide"), &[]).await.expect(422);
    instructor.submit(&format!("{path}/show"), &[]).await.expect(303);
    lecture.person(LEARNER).await.get(&path).await.expect(200);
    lecture.person(LEARNER).await.submit(&format!("{path}/hide"), &[("reason", "x")]).await.expect(403);
}
