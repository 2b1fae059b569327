//! The list of conferences: whose classes it shows, its filters, and its pages.

use chrono::{DateTime, TimeDelta, Utc};
use onrecord::model::id::{ConferenceId, CourseId, MeetingId};
use onrecord::model::people::CourseRole;
use onrecord::params;
use onrecord::store::Read as _;
use onrecord::store::meetings::NO_FAILURE;

use crate::database::on_postgres;
use crate::lecture::{ADMIN, INSTRUCTOR, LEARNER, Lecture, OFFICER, OUTSIDER};
use crate::world::World;

/// A conference with one class that begins `hours` from now and lasts one.
async fn class(lecture: &Lecture, course: CourseId, title: &str, hours: i64) -> (ConferenceId, MeetingId) {
    let now: DateTime<Utc> = lecture.world.app.clock.now();
    let (from, to) = (now + TimeDelta::hours(hours), now + TimeDelta::hours(hours + 1));
    let tx = lecture.world.app.store.write().await.unwrap();
    let id: ConferenceId = tx
        .insert(
            "INSERT INTO conference (course_id, integration_id, title, time_zone, published, first_starts_at,
                 last_ends_at, created_at, updated_at)
             VALUES ($1, 1, $2, 'Europe/Amsterdam', TRUE, $3, $4, $5, $5) RETURNING id",
            params![course, title, from, to, now],
        )
        .await
        .unwrap();
    let meeting = tx
        .insert(
            "INSERT INTO meeting (conference_id, starts_at, ends_at, transaction_id, auto_recording_status,
                 created_at, updated_at) VALUES ($1, $2, $3, $4, 'enabled', $5, $5) RETURNING id",
            params![id, from, to, format!("t{id}"), now],
        )
        .await
        .unwrap();
    tx.commit().await.unwrap();
    (id, meeting)
}

async fn list(lecture: &Lecture, email: &str, query: &str) -> String {
    lecture.person(email).await.get(&format!("/conferences{query}")).await.expect(200).text()
}

#[tokio::test]
async fn everybody_sees_their_own_and_overseers_all() {
    let lecture = Lecture::held("Cells of the onion").await;
    let other = lecture.world.course("ART-1").await;
    class(&lecture, other, "Drawing", 24).await;
    for (person, cells, drawing) in [
        (ADMIN, true, true),
        (OFFICER, true, true),
        (INSTRUCTOR, true, false),
        (LEARNER, true, false),
        (OUTSIDER, false, false),
    ] {
        let page = list(&lecture, person, "").await;
        assert_eq!(page.contains("Cells of the onion"), cells, "{person}");
        assert_eq!(page.contains("Drawing"), drawing, "{person}");
        assert_eq!(page.contains("/conferences/new"), matches!(person, ADMIN | INSTRUCTOR), "{person}");
    }
    assert!(list(&lecture, OUTSIDER, "").await.contains("No classes yet"));
    lecture.execute("UPDATE conference SET published = FALSE", params![]).await;
    assert!(!list(&lecture, LEARNER, "").await.contains("Cells of the onion"));
    let page = list(&lecture, INSTRUCTOR, "").await;
    assert!(page.contains("Cells of the onion") && page.contains("Not published"));
}

#[tokio::test]
async fn an_enrolment_that_ended_shows_nothing() {
    let lecture = Lecture::held("Cells of the onion").await;
    let today = lecture.world.app.clock.now().date_naive();
    lecture.execute("UPDATE enrolment SET ends_on = $1", params![today]).await;
    assert!(list(&lecture, LEARNER, "").await.contains("Cells of the onion"));
    lecture.execute("UPDATE enrolment SET ends_on = $1", params![today - TimeDelta::days(1)]).await;
    for person in [LEARNER, INSTRUCTOR] {
        assert!(!list(&lecture, person, "").await.contains("Cells of the onion"), "{person}");
    }
}

#[tokio::test]
async fn filters_narrow_and_chips_count() {
    let lecture = Lecture::held("Behind us").await;
    lecture.execute("UPDATE meeting SET verdict = 'recorded'", params![]).await;
    let (_, on_now) = class(&lecture, lecture.course, "On now", 0).await;
    let (_, ahead) = class(&lecture, lecture.course, "Ahead", 30).await;
    let (gone, _) = class(&lecture, lecture.course, "Called off", 50).await;
    lecture.execute("UPDATE conference SET cancelled_at = created_at WHERE id = $1", params![gone]).await;
    let titles = ["Behind us<", "On now<", "Ahead<", "Called off<"];
    let shows = |page: &str| titles.map(|title| page.contains(&format!(">{title}/a>")));
    for person in [ADMIN, INSTRUCTOR, LEARNER] {
        for (query, expected) in [
            ("", [true, true, true, true]),
            ("?status=ended", [true, false, false, false]),
            ("?status=running", [false, true, false, false]),
            ("?status=upcoming", [false, false, true, false]),
            ("?status=cancelled", [false, false, false, true]),
            ("?status=nonsense&course_id=x&cursor=garbage", [true, true, true, true]),
            ("?q=AHEAD", [false, false, true, false]),
            ("?q=bio-204&status=running", [false, true, false, false]),
            ("?q=100%25", [false, false, false, false]),
            ("?status=attention", [false, false, false, false]),
        ] {
            assert_eq!(shows(&list(&lecture, person, query).await), expected, "{person} {query}");
        }
    }
    lecture
        .execute("UPDATE meeting SET auto_recording_status = 'failed_license' WHERE id = $1", params![ahead])
        .await;
    lecture.execute("UPDATE meeting SET verdict = 'missing' WHERE id = $1", params![lecture.meeting]).await;
    let page = list(&lecture, INSTRUCTOR, "?status=attention").await;
    assert_eq!(shows(&page), [true, false, true, false]);
    assert!(page.contains("Recording not on") && page.contains("Needs attention"), "{page}");
    assert!(!list(&lecture, LEARNER, "").await.contains("Needs attention"));
    lecture.execute("UPDATE meeting SET verdict = 'recorded' WHERE id = $1", params![on_now]).await;
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repeat() {
    let lecture = Lecture::held("First").await;
    for number in 0..60 {
        // Many end at the same moment, so that the id decides.
        class(&lecture, lecture.course, &format!("Class no. {number}."), 10 + number / 20).await;
    }
    for (person, query) in [(ADMIN, ""), (LEARNER, ""), (INSTRUCTOR, "?status=upcoming")] {
        let client = lecture.person(person).await;
        let mut address = Some(format!("/conferences{query}"));
        let mut seen = Vec::new();
        while let Some(path) = address {
            let page = client.get(&path).await.expect(200).text();
            let titles = page.split("Class no. ").skip(1).filter_map(|rest| rest.split('.').next());
            seen.extend(titles.map(str::to_owned));
            address =
                page.split("rel=\"next\"").next().filter(|before| before.len() < page.len()).map(|before| {
                    let href = before.rsplit("href=\"").next().unwrap().split('"').next().unwrap();
                    href.replace("&#38;", "&").replace("&amp;", "&")
                });
        }
        assert_eq!(seen.len(), 60, "{person} {query}");
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 60, "{person} {query}");
    }
}

#[tokio::test]
async fn the_course_filter_offers_ones_own_courses() {
    let lecture = Lecture::held("Cells").await;
    let other = lecture.world.course("ART-1").await;
    class(&lecture, other, "Drawing", 24).await;
    lecture.world.enrol(other, lecture.learner, CourseRole::Learner).await;
    let page = list(&lecture, LEARNER, &format!("?course_id={other}")).await;
    assert!(
        page.contains("ART-1 Course ART-1</option>") && page.contains("BIO-204 Course BIO-204</option>"),
        "{page}"
    );
    assert!(page.contains(">Drawing</a>") && !page.contains(">Cells</a>"));
    let page = list(&lecture, INSTRUCTOR, &format!("?course_id={other}")).await;
    assert!(page.contains("Nothing fits these filters") && !page.contains("ART-1"), "{page}");
}

/// The list of 20,000 classes took sixteen times as long when the index and the question spoke of different words.
#[tokio::test]
async fn what_went_wrong_is_found_by_its_index() {
    if on_postgres() {
        return;
    }
    let world = World::new().await;
    let sql = format!(
        "SELECT m.id FROM meeting m INDEXED BY meeting_failing
         WHERE m.auto_recording_status NOT IN {NO_FAILURE} AND m.ends_at > '2026'"
    );
    world.app.store.rows(&sql, params![]).await.expect("SQLite can answer from the index alone");
}
