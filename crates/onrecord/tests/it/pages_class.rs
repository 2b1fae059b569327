//! The class page: who sees which part of it, and what it says in each state of a class.

use chrono::TimeDelta;
use onrecord::model::id::MeetingId;
use onrecord::params;

use crate::lecture::{ADMIN, INSTRUCTOR, LEARNER, Lecture, OFFICER, OUTSIDER};

impl Lecture {
    fn page(&self, rest: &str) -> String {
        format!("/conferences/{}{rest}", self.conference)
    }

    /// The page as this person sees it.
    async fn seen_by(&self, email: &str, rest: &str) -> String {
        self.person(email).await.get(&self.page(rest)).await.expect(200).text()
    }

    async fn set_meeting(&self, columns: &str, values: Vec<sea_orm::Value>) {
        let mut binds = params![self.meeting];
        binds.extend(values);
        self.execute(&format!("UPDATE meeting SET {columns} WHERE id = $1"), binds).await;
    }

    /// Moves the class so that it begins `hours` from now and lasts one.
    async fn begins_in(&self, hours: i64) {
        let starts_at = self.world.app.clock.now() + TimeDelta::hours(hours);
        let binds = params![starts_at, starts_at + TimeDelta::hours(1)];
        self.set_meeting("starts_at = $2, ends_at = $3", binds).await;
    }

    /// The class without its recording.
    async fn without_recording(&self) {
        self.execute("DELETE FROM artifact WHERE id = $1", params![self.recording]).await;
    }

    /// One more class of the conference.
    async fn another_class(&self, hours: i64, verdict: &str) -> MeetingId {
        let now = self.world.app.clock.now();
        let starts_at = now + TimeDelta::hours(hours);
        let tx = self.world.app.store.write().await.unwrap();
        let id = tx
            .insert(
                "INSERT INTO meeting (conference_id, starts_at, ends_at, transaction_id, verdict, created_at,
                     updated_at) VALUES ($1, $2, $3, $4, $5, $6, $6) RETURNING id",
                params![
                    self.conference,
                    starts_at,
                    starts_at + TimeDelta::hours(1),
                    format!("another-{hours}"),
                    verdict,
                    now
                ],
            )
            .await
            .unwrap();
        tx.commit().await.unwrap();
        id
    }

    async fn reading(&self, kind: &str, state: &str, error: Option<&str>) {
        self.execute(
            "INSERT INTO sync_state (meeting_id, kind, state, error, items, read_at) VALUES ($1, $2, $3, $4, 2, $5)",
            params![self.meeting, kind, state, error.map(str::to_owned), self.world.app.clock.now()],
        )
        .await;
    }

    async fn attended(&self, name: &str, report: &str, minutes: (i64, i64)) {
        let (from, to) =
            (self.starts_at + TimeDelta::minutes(minutes.0), self.starts_at + TimeDelta::minutes(minutes.1));
        let user = (name == "learner").then_some(self.learner);
        self.execute(
            "INSERT INTO attendance_record (meeting_id, report_id, graph_id, user_id, name, joined_at, left_at,
                 attended_s) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            params![self.meeting, report, name, user, name, from, to, (to - from).num_seconds()],
        )
        .await;
    }

    async fn wrote(&self, id: &str, minute: i64, text: &str) {
        self.execute(
            "INSERT INTO chat_message (meeting_id, graph_id, sender, sent_at, text) VALUES ($1, $2, 'Ada', $3, $4)",
            params![self.meeting, id, self.starts_at + TimeDelta::minutes(minute), text],
        )
        .await;
    }
}

#[tokio::test]
async fn a_recorded_class_answers_where_the_recording_is() {
    let lecture = Lecture::held("Cells & membranes").await;
    let expires = lecture.world.app.clock.now() + TimeDelta::days(90);
    lecture.set(lecture.recording, "expected_expiry_at = $2, duration_ms = 3000000", params![expires]).await;
    lecture
        .set_meeting(
            "verdict = 'recorded', verdict_at = starts_at, auto_recording_status = 'enabled'",
            params![],
        )
        .await;
    for person in [ADMIN, OFFICER, INSTRUCTOR, LEARNER] {
        let page = lecture.seen_by(person, "").await;
        assert!(
            page.contains("Was it recorded?") && page.contains("verified copy in the archive"),
            "{person}: {page}"
        );
        assert!(page.contains(&format!("href=\"/recordings/{}\"", lecture.recording)), "{person}");
        assert!(page.contains("30 November 2026"), "{person}: the expected expiry is not said");
        assert_eq!(page.contains("who acts?"), person != LEARNER, "{person}");
        assert_eq!(page.contains("/sync/"), matches!(person, ADMIN | INSTRUCTOR), "{person}");
    }
}

#[tokio::test]
async fn outsiders_and_learners_of_an_unpublished_class_get_the_same_404() {
    let lecture = Lecture::held("Cells").await;
    lecture
        .execute("UPDATE conference SET published = FALSE WHERE id = $1", params![lecture.conference])
        .await;
    let words = lecture.person(OUTSIDER).await.get("/conferences/999999").await.expect(404).text();
    for person in [OUTSIDER, LEARNER] {
        for rest in ["", "?tab=chat", "?tab=recordings"] {
            let page = lecture.person(person).await.get(&lecture.page(rest)).await.expect(404);
            assert_eq!(page.text(), words, "{person} {rest}");
        }
    }
    let page = lecture.seen_by(INSTRUCTOR, "").await;
    assert!(
        page.contains("Not published: learners do not see it") && page.contains("Publish to learners"),
        "{page}"
    );
    let stranger = lecture.world.stranger().get(&lecture.page("")).await.expect(303);
    assert!(stranger.header("location").starts_with("/login?next="));
}

#[tokio::test]
async fn odd_addresses_are_never_our_fault() {
    let lecture = Lecture::held("Cells").await;
    let other = Lecture::held_in(crate::world::World::new().await, "Other").await;
    assert_eq!(other.meeting, lecture.meeting);
    let person = lecture.person(INSTRUCTOR).await;
    for fine in
        ["?tab=nonsense", "?tab=chat&cursor=garbage", "?tab=chat&cursor=9.9.9", "?tab=&class=", "?class=%"]
    {
        let status = person.get(&lecture.page(fine)).await.status.as_u16();
        assert_eq!(status, if fine == "?class=%" { 404 } else { 200 }, "{fine}");
    }
    for missing in ["?class=999999", "?class=one", "?class=-1", "?class=99999999999999999999"] {
        let page = person.get(&lecture.page(missing)).await.expect(404);
        assert!(page.header("content-type").starts_with("text/html"), "{missing}");
    }
    for path in ["/conferences/x", "/conferences/0", "/conferences/99999999999999999999"] {
        let page = person.get(path).await.expect(404);
        assert!(page.header("content-type").starts_with("text/html"), "{path}");
    }
}

#[tokio::test]
async fn learners_see_chat_and_files_only_if_the_course_says_so() {
    let lecture = Lecture::held("Cells").await;
    lecture.wrote("1", 5, "Who has the slides?").await;
    let file = lecture.artifact("file", 1).await;
    lecture
        .set(file, "name = 'slides.pdf', item_id = 'i', drive_id = 'd', size_bytes = 2000000", params![])
        .await;
    let learner = lecture.person(LEARNER).await;
    for tab in ["chat", "files"] {
        learner.get(&lecture.page(&format!("?tab={tab}"))).await.expect(403);
        assert!(!lecture.seen_by(LEARNER, "").await.contains(&format!("tab={tab}")));
        assert!(lecture.seen_by(OFFICER, "").await.contains(&format!("tab={tab}")));
    }
    assert!(lecture.seen_by(INSTRUCTOR, "?tab=chat").await.contains("Who has the slides?"));
    lecture
        .execute(
            "UPDATE course SET learners_see_chat = TRUE, learners_see_files = TRUE WHERE id = $1",
            params![lecture.course],
        )
        .await;
    assert!(lecture.seen_by(LEARNER, "?tab=chat").await.contains("Who has the slides?"));
    let files = lecture.seen_by(LEARNER, "?tab=files").await;
    assert!(files.contains("slides.pdf") && files.contains(&format!("/files/{file}/download")), "{files}");
}

#[tokio::test]
async fn staff_see_all_attendance_with_sessions_summed_and_a_learner_their_own() {
    let lecture = Lecture::held("Cells").await;
    lecture.attended("learner", "first", (0, 20)).await;
    lecture.attended("learner", "second", (30, 60)).await;
    lecture.attended("iPad von Jonas", "first", (5, 45)).await;
    let all = lecture.seen_by(INSTRUCTOR, "?tab=attendance").await;
    assert!(all.contains("2 people") && all.contains("50\u{a0}min") && all.contains("Not matched"), "{all}");
    let own = lecture.seen_by(LEARNER, "?tab=attendance").await;
    assert!(own.contains("50\u{a0}min") && !own.contains("Jonas"), "{own}");
}

#[tokio::test]
async fn before_class_it_says_whether_it_will_be_recorded() {
    let lecture = Lecture::held("Cells").await;
    lecture.without_recording().await;
    lecture.begins_in(5).await;
    let page = lecture.seen_by(LEARNER, "").await;
    assert!(page.contains("Will it be recorded?") && page.contains("It is being switched on"), "{page}");
    assert!(page.contains(&format!("/join/{}", lecture.meeting)));
    lecture
        .set_meeting(
            "auto_recording_status = 'enabled', read_back_at = $2",
            params![lecture.world.app.clock.now()],
        )
        .await;
    assert!(lecture.seen_by(LEARNER, "").await.contains("Yes, by itself"));
    let detail = "No application access policy found";
    let columns = "auto_recording_status = 'failed_access_policy', auto_recording_detail = $2";
    lecture.set_meeting(columns, params![detail]).await;
    let staff = lecture.seen_by(INSTRUCTOR, "").await;
    for words in ["Failed to enable auto-recording", "press Record yourself", detail, "administrator acts"] {
        assert!(staff.contains(words), "{words}: {staff}");
    }
    let learner = lecture.seen_by(LEARNER, "").await;
    assert!(
        learner.contains("Not by itself yet") && !learner.contains(detail) && !learner.contains("PowerShell")
    );
}

#[tokio::test]
async fn after_class_it_waits_and_then_says_what_is_missing_and_who_acts() {
    let lecture = Lecture::held("Cells").await;
    lecture.without_recording().await;
    let soon = lecture.world.app.clock.now() + TimeDelta::minutes(7);
    lecture.set_meeting("next_sync_at = $2", params![soon]).await;
    let waiting = lecture.seen_by(LEARNER, "?tab=recordings").await;
    assert!(waiting.contains("The recording is on its way") && waiting.contains("in 7 minutes"), "{waiting}");
    assert!(waiting.contains("hx-trigger"), "the page does not look again by itself");
    lecture
        .set_meeting("verdict = 'missing', verdict_cause = 'not_recorded', verdict_at = ends_at", params![])
        .await;
    let staff = lecture.seen_by(INSTRUCTOR, "").await;
    for words in ["Recording not found", "Teams made no recording", "You, who teach this class, act"] {
        assert!(staff.contains(words), "{words}: {staff}");
    }
    let tab = lecture.seen_by(INSTRUCTOR, "?tab=recordings").await;
    for words in ["Recording not found", "Teams made no recording", "It looks until"] {
        assert!(tab.contains(words), "{words}: {tab}");
    }
    lecture.set_meeting("settled_at = ends_at, next_sync_at = NULL", params![]).await;
    for who in [INSTRUCTOR, LEARNER] {
        let tab = lecture.seen_by(who, "?tab=recordings").await;
        assert!(tab.contains("Recording not found") && !tab.contains("It looks until"), "{tab}");
        assert!(!tab.contains("usually appear"), "nothing will appear any more: {tab}");
    }
    let learner = lecture.seen_by(LEARNER, "").await;
    assert!(learner.contains("There is no recording of this class") && !learner.contains("meeting policy"));
    assert!(!learner.contains("hx-trigger"));
    for (verdict, words) in [
        ("not_held", "the class was not held"),
        ("cancelled", "the class was cancelled"),
        ("exempted", "it was not to be recorded"),
    ] {
        lecture.set_meeting("verdict = $2", params![verdict]).await;
        assert!(lecture.seen_by(LEARNER, "").await.contains(words), "{verdict}");
        lecture.seen_by(LEARNER, "?tab=recordings").await;
    }
}

#[tokio::test]
async fn the_last_sync_data_tells_of_each_part() {
    let lecture = Lecture::held("Cells").await;
    lecture.set_meeting("verdict = 'recorded'", params![]).await;
    lecture.reading("recordings", "ok", None).await;
    lecture.reading("chat", "failed", Some("Grant Chat.Read.All in Entra.")).await;
    lecture.reading("attendance", "waiting", None).await;
    lecture
        .execute("UPDATE course SET kinds_off = '[\"files\"]' WHERE id = $1", params![lecture.course])
        .await;
    let staff = lecture.seen_by(INSTRUCTOR, "").await;
    for words in [
        "partly done: 2 of 5",
        "Failed.",
        "Grant Chat.Read.All",
        "Off for this course",
        "Chat could not be read",
    ] {
        assert!(staff.contains(words), "{words}: {staff}");
    }
    assert!(lecture.seen_by(INSTRUCTOR, "?tab=chat").await.contains("Grant Chat.Read.All"));
    assert!(lecture.seen_by(INSTRUCTOR, "?tab=files").await.contains("Off for this course"));
    let learner = lecture.seen_by(LEARNER, "").await;
    assert!(!learner.contains("Chat.Read.All") && !learner.contains("Last Sync Data"));
}

#[tokio::test]
async fn a_series_shows_the_class_that_matters_now_and_any_other_on_request() {
    let lecture = Lecture::held("Cells").await;
    lecture.set_meeting("verdict = 'recorded'", params![]).await;
    let old = lecture.another_class(-50, "missing").await;
    let next = lecture.another_class(40, "upcoming").await;
    let page = lecture.seen_by(LEARNER, "").await;
    assert!(page.contains("Was it recorded?"), "{page}");
    for class in [old, next] {
        assert!(page.contains(&format!("?class={class}\"")), "{page}");
    }
    assert!(lecture.seen_by(LEARNER, &format!("?class={next}")).await.contains("Will it be recorded?"));
    assert!(
        lecture
            .seen_by(LEARNER, &format!("?class={old}"))
            .await
            .contains("There is no recording of this class")
    );
    let now = lecture.another_class(0, "upcoming").await;
    lecture.world.advance(TimeDelta::minutes(10));
    let page = lecture.seen_by(LEARNER, "").await;
    assert!(page.contains("Is it being recorded?") && page.contains(&format!("/join/{now}")), "{page}");
}

#[tokio::test]
async fn a_long_chat_comes_in_pages() {
    let lecture = Lecture::held("Cells").await;
    for number in 0..201 {
        lecture.wrote(&number.to_string(), number / 10, &format!("Message no. {number}.")).await;
    }
    let first = lecture.seen_by(INSTRUCTOR, "?tab=chat").await;
    assert!(first.contains("Message no. 199.") && !first.contains("Message no. 200."));
    let next = first.split("rel=\"next\"").next().unwrap().rsplit("href=\"").next().unwrap();
    let next = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
    let second = lecture.person(INSTRUCTOR).await.get(&next).await.expect(200).text();
    assert!(second.contains("Message no. 200.") && !second.contains("Message no. 199."), "{next}");
}

#[tokio::test]
async fn staff_publish_and_withdraw_and_others_may_not() {
    let lecture = Lecture::held("Cells").await;
    let path = lecture.page("/publish");
    lecture.person(LEARNER).await.submit(&path, &[("published", "no")]).await.expect(403);
    lecture.person(OFFICER).await.submit(&path, &[("published", "no")]).await.expect(403);
    lecture.person(OUTSIDER).await.submit(&path, &[("published", "no")]).await.expect(404);
    lecture.person(INSTRUCTOR).await.submit(&path, &[("published", "maybe")]).await.expect(422);
    let answer = lecture.person(INSTRUCTOR).await.submit(&path, &[("published", "no")]).await.expect(303);
    assert_eq!(answer.header("location"), lecture.page(""));
    lecture.person(LEARNER).await.get(&lecture.page("")).await.expect(404);
    lecture.person(INSTRUCTOR).await.submit(&path, &[("published", "yes")]).await.expect(303);
    lecture.seen_by(LEARNER, "").await;
}

#[tokio::test]
async fn a_conference_without_classes_is_a_page_too() {
    let lecture = Lecture::held("Cells").await;
    lecture.without_recording().await;
    lecture.execute("DELETE FROM meeting WHERE id = $1", params![lecture.meeting]).await;
    assert!(lecture.seen_by(INSTRUCTOR, "").await.contains("No class is planned"));
    assert!(lecture.seen_by(INSTRUCTOR, "?tab=recordings").await.contains("No class is planned"));
}

#[tokio::test]
async fn the_tab_counts_the_files_that_its_reader_may_see() {
    let lecture = Lecture::held("Cells").await;
    lecture.execute("UPDATE course SET learners_see_files = $1", params![true]).await;
    let now = lecture.world.app.clock.now();
    for (name, confidence, binned) in
        [("sheet.pdf", "certain", None), ("guess.pdf", "likely", None), ("old.pdf", "certain", Some(now))]
    {
        lecture
            .execute(
                "INSERT INTO artifact (meeting_id, integration_id, kind, name, confidence, binned_at, created_at, updated_at)
                 SELECT $1, integration_id, 'file', $2, $3, $4, $5, $5 FROM artifact WHERE id = $6",
                params![lecture.meeting, name, confidence, binned, now, lecture.recording],
            )
            .await;
    }
    let counted = |page: &str, n: usize| page.contains(&format!("Files <span class=\"num\">{n}</span>"));
    let staff = lecture.seen_by(INSTRUCTOR, "").await;
    assert!(counted(&staff, 2), "without the bin: {staff}");
    let learner = lecture.seen_by(LEARNER, "").await;
    assert!(counted(&learner, 1), "without what is not certain: {learner}");
}
