//! What a course lets its learners see and what is fetched for it: set on its page or over the API by whoever may edit
//! its classes, and by nobody else.

use chrono::TimeDelta;
use onrecord::model::access::Scope;
use onrecord::params;
use serde_json::json;

use crate::lecture::{ADMIN, INSTRUCTOR, LEARNER, Lecture, OFFICER, OUTSIDER};
use crate::school::School;

/// All boxes of the form ticked, as a browser sends them.
const ALL: [(&str, &str); 7] = [
    ("learners_see_chat", "yes"),
    ("learners_see_files", "yes"),
    ("invite_learners", "yes"),
    ("transcripts", "yes"),
    ("attendance", "yes"),
    ("chat", "yes"),
    ("files", "yes"),
];

#[tokio::test]
async fn staff_open_the_chat_to_learners_on_the_courses_page() {
    let lecture = Lecture::held("Cells").await;
    let (page, chat) =
        (format!("/courses/{}", lecture.course), format!("/api/v1/conferences/{}/chat", lecture.conference));
    let learner = lecture.person(LEARNER).await;
    learner.get(&chat).await.expect(403);
    let instructor = lecture.person(INSTRUCTOR).await;
    assert!(instructor.get(&page).await.expect(200).text().contains("Settings of this course"));
    let done = instructor.submit(&format!("{page}/settings"), &ALL).await.expect(303);
    let shown = instructor.get(done.header("location")).await.expect(200).text();
    assert!(shown.contains("The settings of this course were saved"), "{shown}");
    assert!(shown.contains("name=\"learners_see_chat\" value=\"yes\" checked"), "{shown}");
    learner.get(&chat).await.expect(200);
    assert_eq!(lecture.audited("course.changed").await, 1);
    instructor.submit(&format!("{page}/settings"), &ALL).await.expect(303);
    assert_eq!(lecture.audited("course.changed").await, 1, "the same again is no change");
    instructor.submit(&format!("{page}/settings"), &[("chat", "yes")]).await.expect(303);
    learner.get(&chat).await.expect(403);
}

#[tokio::test]
async fn what_is_off_for_a_course_is_neither_shown_nor_fetched() {
    let lecture = Lecture::held("Cells").await;
    let path = format!("/api/v1/courses/{}", lecture.course);
    let instructor = lecture.person(INSTRUCTOR).await;
    let off = instructor.patch(&path, &json!({ "kinds_off": ["files", "chat", "chat"] })).await.expect(200);
    assert_eq!(off.json()["kinds_off"], json!(["chat", "files"]));
    let shown = instructor.get(&format!("/conferences/{}?tab=chat", lecture.conference)).await.expect(200);
    assert!(shown.text().contains("Off for this course"), "{}", shown.text());
    let wrong = instructor.patch(&path, &json!({ "kinds_off": ["recordings"] })).await.expect(422).json();
    assert_eq!(wrong["errors"][0]["field"], "kinds_off", "recording is mandatory");
    let odd = instructor.patch(&path, &json!({ "kinds_off": ["smells"] })).await.expect(422).json();
    assert_eq!(odd["errors"][0]["field"], "kinds_off[0]");
}

#[tokio::test]
async fn instructors_change_the_settings_and_nothing_else_of_their_course() {
    let lecture = Lecture::held("Cells").await;
    let path = format!("/api/v1/courses/{}", lecture.course);
    let form = format!("/courses/{}/settings", lecture.course);
    let settings = json!({ "learners_see_files": true });
    let (named, ended) = (json!({ "title": "Mine" }), json!({ "ends_on": null }));
    let instructor = lecture.person(INSTRUCTOR).await;
    instructor.patch(&path, &settings).await.expect(200);
    instructor.patch(&path, &named).await.expect(403);
    instructor.patch(&path, &ended).await.expect(403);
    let reading = lecture.world.sign_in_with(INSTRUCTOR, Scope::Read).await;
    reading.patch(&path, &settings).await.expect(403);
    for (who, status) in [(OFFICER, 403), (LEARNER, 403), (OUTSIDER, 404)] {
        lecture.person(who).await.patch(&path, &settings).await.expect(status);
        lecture.person(who).await.submit(&form, &ALL).await.expect(status);
        assert!(
            !lecture
                .person(who)
                .await
                .get(&format!("/courses/{}", lecture.course))
                .await
                .text()
                .contains(&form)
        );
    }
    lecture.person(ADMIN).await.patch(&path, &named).await.expect(200);
    let now = lecture.world.app.clock.now();
    lecture.execute("UPDATE enrolment SET ends_on = $1", params![now.date_naive().pred_opt()]).await;
    instructor.patch(&path, &settings).await.expect(404);
}

#[tokio::test]
async fn what_is_fetched_again_is_fetched_for_settled_classes_too() {
    let school = School::open().await;
    let path = format!("/api/v1/courses/{}", school.course);
    let instructor = school.world.sign_in(INSTRUCTOR).await;
    instructor.patch(&path, &json!({ "kinds_off": ["attendance", "chat"] })).await.expect(200);
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    for _ in 0..6 {
        school.timetable().await;
        school.wait(TimeDelta::hours(2));
    }
    school.timetable().await;
    assert!(school.row(&class).await.settled_at.is_some());
    let attended = "SELECT COUNT(*) AS n FROM attendance_record";
    assert_eq!(school.count(attended).await, 0, "it was off");
    instructor.patch(&path, &json!({ "kinds_off": ["chat"] })).await.expect(200);
    school.wait(TimeDelta::minutes(1));
    school.timetable().await;
    assert!(school.count(attended).await >= 3, "nobody went back for it");
    assert_eq!(school.count("SELECT COUNT(*) AS n FROM chat_message").await, 0, "still off");
    school.timetable().await;
    school.wait(TimeDelta::hours(3));
    school.timetable().await;
    assert!(school.row(&class).await.settled_at.is_some(), "and then it is settled again");
}
