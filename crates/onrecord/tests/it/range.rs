//! Taking a recording in pieces: ranges, conditions, HEAD, and what the headers promise.

use crate::lecture::{INSTRUCTOR, LEARNER, Lecture, body};

#[tokio::test]
async fn a_download_is_byte_for_byte_the_recording() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    for path in [lecture.download(), lecture.watch(), lecture.api("/content")] {
        let answer = learner.get(&path).await.expect(200);
        assert_eq!(answer.body, body(1, 1_000), "{path}");
        assert_eq!(answer.header("content-length"), "1000");
        assert_eq!(answer.header("accept-ranges"), "bytes");
        assert_eq!(answer.header("content-type"), "video/mp4");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("cache-control"), "private, no-store");
        assert!(answer.header("content-security-policy").contains("sandbox"));
        assert!(answer.header("etag").starts_with('"'), "{}", answer.header("etag"));
        assert!(answer.header("last-modified").ends_with(" GMT"));
    }
}

#[tokio::test]
async fn ranges_give_exactly_what_they_ask_for() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    let whole = body(1, 1_000);
    let parts: [(&str, std::ops::Range<usize>); 6] = [
        ("bytes=0-0", 0..1),
        ("bytes=0-999", 0..1_000),
        ("bytes=500-", 500..1_000),
        ("bytes=990-5000", 990..1_000),
        ("bytes=-10", 990..1_000),
        ("bytes=-5000", 0..1_000),
    ];
    for (range, expected) in parts {
        let answer = learner.get_with(&lecture.download(), &[("range", range)]).await.expect(206);
        assert_eq!(answer.body, whole[expected.clone()], "{range}");
        let told = format!("bytes {}-{}/1000", expected.start, expected.end - 1);
        assert_eq!(answer.header("content-range"), told);
        assert_eq!(answer.header("content-length"), expected.len().to_string());
    }
    for nonsense in ["bytes=0-1,5-9", "pages=1-2", "bytes=9-1", "bytes=x", "bytes"] {
        let answer = learner.get_with(&lecture.download(), &[("range", nonsense)]).await.expect(200);
        assert_eq!(answer.body, whole, "{nonsense}");
        assert_eq!(answer.header("content-range"), "");
    }
    for beyond in ["bytes=1000-", "bytes=5000-6000", "bytes=-0", "bytes=99999999999999999999-"] {
        let answer = learner.get_with(&lecture.api("/content"), &[("range", beyond)]).await.expect(416);
        assert_eq!(answer.header("content-range"), "bytes */1000", "{beyond}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn a_resume_goes_on_only_while_the_recording_is_the_same() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    let first = learner.get_with(&lecture.download(), &[("range", "bytes=0-99")]).await.expect(206);
    let (tag, modified) = (first.header("etag").to_owned(), first.header("last-modified").to_owned());
    for name in [&tag, &modified] {
        let answer = learner
            .get_with(&lecture.download(), &[("range", "bytes=100-"), ("if-range", name)])
            .await
            .expect(206);
        assert_eq!(answer.body, body(1, 1_000)[100..]);
    }
    lecture.set(lecture.recording, "quick_xor_hash = 'another'", Vec::new()).await;
    let other = learner
        .get_with(&lecture.download(), &[("range", "bytes=100-"), ("if-range", &tag)])
        .await
        .expect(200);
    assert_eq!(other.body.len(), 1_000);
    assert_ne!(other.header("etag"), tag);
}

#[tokio::test]
async fn what_a_player_has_already_is_not_sent_again() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    let tag = learner.head(&lecture.watch()).await.expect(200).header("etag").to_owned();
    let answer = learner.get_with(&lecture.watch(), &[("if-none-match", &tag)]).await.expect(304);
    assert!(answer.body.is_empty());
    assert_eq!(answer.header("etag"), tag);
    learner.get_with(&lecture.watch(), &[("if-match", "\"another\"")]).await.expect(412);
}

#[tokio::test]
async fn head_tells_the_size_and_sends_nothing() {
    let lecture = Lecture::held("Cells").await;
    let learner = lecture.person(LEARNER).await;
    for path in [lecture.watch(), lecture.download(), lecture.api("/content")] {
        let answer = learner.head(&path).await.expect(200);
        assert!(answer.body.is_empty());
        assert_eq!(answer.header("content-length"), "1000", "{path}");
        assert_eq!(answer.header("accept-ranges"), "bytes");
    }
}

#[tokio::test]
async fn a_saved_recording_is_named_after_its_class_in_any_script() {
    let titles = [
        ("Cells", "BIO-204%20Cells%202026-09-01.mp4"),
        ("কোষ বিভাজন", "BIO-204%20%E0%A6%95%E0%A7%8B%E0%A6%B7%20"),
        ("الخلية", "BIO-204%20%D8%A7%D9%84%D8%AE%D9%84%D9%8A%D8%A9%20"),
        ("🧬 day", "BIO-204%20%F0%9F%A7%AC%20day%202026"),
        ("\"quoted\"\r\nSet-Cookie: x=1", "BIO-204%20-quoted-%20Set-Cookie-%20x%3D1%202026"),
    ];
    for (title, expected) in titles {
        let lecture = Lecture::held(title).await;
        let answer = lecture.person(INSTRUCTOR).await.get(&lecture.download()).await.expect(200);
        let name = answer.header("content-disposition");
        assert!(name.starts_with("attachment; filename=\"BIO-204 "), "{name}");
        assert!(name.contains(&format!("filename*=UTF-8''{expected}")), "{name}");
        assert!(answer.header("set-cookie").is_empty());
        let watched = lecture.person(INSTRUCTOR).await.get(&lecture.watch()).await.expect(200);
        assert!(watched.header("content-disposition").starts_with("inline; "));
    }
}

#[tokio::test]
async fn parts_are_numbered_when_there_are_several() {
    let lecture = Lecture::held("Cells").await;
    let second = lecture.archived(2, &body(2, 500)).await;
    let learner = lecture.person(LEARNER).await;
    let name = |answer: crate::world::Answer| answer.header("content-disposition").to_owned();
    let first = name(learner.head(&lecture.download()).await);
    assert!(first.contains("\"BIO-204 Cells 2026-09-01 part 1.mp4\""), "{first}");
    let path = format!("/recordings/{second}/download");
    let answer = learner.get(&path).await.expect(200);
    assert_eq!(answer.body, body(2, 500));
    assert!(name(answer).contains("\"BIO-204 Cells 2026-09-01 part 2.mp4\""));
}

#[tokio::test]
async fn an_empty_recording_is_answered_as_such() {
    let lecture = Lecture::held("Cells").await;
    let empty = lecture.archived(2, b"").await;
    let learner = lecture.person(LEARNER).await;
    let path = format!("/recordings/{empty}/download");
    let answer = learner.get(&path).await.expect(200);
    assert_eq!((answer.header("content-length"), answer.body.len()), ("0", 0));
    learner.get_with(&path, &[("range", "bytes=0-")]).await.expect(416);
}
