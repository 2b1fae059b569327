//! Scheduling as people do it: the form, the page that cancels, and the way to the class.

use chrono::TimeDelta;
use onrecord::model::access::Scope;
use onrecord::params;
use onrecord::store::Read as _;

use crate::teaching::School;
use crate::world::Client;

const NEW: &str = "/conferences/new";

/// What a browser sends for a class tomorrow at nine, except for what is given.
fn filled<'f>(school: &'f str, other: &[(&'f str, &'f str)]) -> Vec<(&'f str, &'f str)> {
    let mut fields = vec![
        ("title", "Algebra 1"),
        ("course_id", school),
        ("description", ""),
        ("time_zone", "Europe/Berlin"),
        ("published", "yes"),
        ("weeks", "1"),
        ("slot-0-date", "2026-09-02"),
        ("slot-0-start", "09:00"),
        ("slot-0-end", "10:30"),
        ("do", "save"),
    ];
    for (name, value) in other {
        fields.retain(|(there, _)| there != name);
        fields.push((*name, *value));
    }
    fields
}

async fn count(school: &School, table: &str) -> i64 {
    let sql = format!("SELECT COUNT(*) AS n FROM {table}");
    let row = school.world.app.store.row(&sql, params![]).await.unwrap();
    row.unwrap().get("n").unwrap()
}

async fn person<'s>(school: &'s School, name: &str) -> Client<'s> {
    school.world.sign_in(&format!("{name}@contoso.example")).await
}

#[tokio::test]
async fn an_instructor_schedules_a_term_without_script() {
    let school = School::new().await;
    let course = school.course.to_string();
    let instructor = school.instructor().await;
    let form = instructor.get(NEW).await.expect(200).text();
    assert!(form.contains("ALG-1") && form.contains("Always on") && form.contains("This class is recorded"));
    assert!(!form.contains("enable_recording"));
    let preview = filled(&course, &[("weeks", "3"), ("do", "preview")]);
    let shown = instructor.submit(NEW, &preview).await.expect(200).text();
    assert!(shown.contains("3 classes, in the time of Europe/Berlin"), "{shown}");
    assert!(shown.contains("09:00–10:30") && shown.contains("16 Sep"));
    assert_eq!(count(&school, "conference").await, 0, "nothing is made by looking");
    let done = instructor.submit(NEW, &filled(&course, &[("weeks", "3")])).await.expect(303);
    assert_eq!(done.header("location"), "/conferences/1");
    assert_eq!(count(&school, "meeting").await, 3);
    let first = school.world.app.store.row("SELECT MIN(starts_at) AS at FROM meeting", params![]).await;
    let first: chrono::DateTime<chrono::Utc> = first.unwrap().unwrap().get("at").unwrap();
    assert_eq!(first.to_rfc3339(), "2026-09-02T07:00:00+00:00", "nine in Berlin");
}

#[tokio::test]
async fn one_more_slot_is_added_a_week_later_and_nothing_typed_is_lost() {
    let school = School::new().await;
    let course = school.course.to_string();
    let typed = filled(&course, &[("title", "<Osmosis>"), ("slot-0-end", "9"), ("do", "add-slot")]);
    let shown = school.instructor().await.submit(NEW, &typed).await.expect(200).text();
    assert!(shown.contains("slot-1-date") && shown.contains("2026-09-09"), "{shown}");
    assert!(shown.contains("value=\"9\""), "the odd time stands as it was typed");
    assert!(!shown.contains("<Osmosis>") && shown.contains("Osmosis"), "what was typed is escaped");
}

#[tokio::test]
async fn each_fault_stands_at_its_field_and_nothing_is_made() {
    let school = School::new().await;
    let course = school.course.to_string();
    let instructor = school.instructor().await;
    let wrong = [
        ("title", " ", "title-error"),
        ("course_id", "", "course_id-error"),
        ("course_id", "999", "course_id-error"),
        ("time_zone", "Europe/Atlantis", "time_zone-error"),
        ("weeks", "99", "weeks-error"),
        ("slot-0-date", "soon", "slot-0-date-error"),
        ("slot-0-date", "2026-08-01", "slot-0-start-error"),
        ("slot-0-start", "25:00", "slot-0-start-error"),
        ("slot-0-end", "08:00", "slot-0-end-error"),
    ];
    for (field, value, error) in wrong {
        let answer = instructor.submit(NEW, &filled(&course, &[(field, value)])).await.expect(422).text();
        assert!(answer.contains(&format!("id=\"{error}\"")), "{field}={value}: {answer}");
        assert!(answer.contains("One thing to mend"), "{field}={value}");
    }
    let twice = [("slot-1-date", "2026-09-02"), ("slot-1-start", "10:00"), ("slot-1-end", "11:00")];
    let answer = instructor.submit(NEW, &filled(&course, &twice)).await.expect(422).text();
    assert!(answer.contains("slot-1-start-error") && answer.contains("overlaps"), "{answer}");
    let none: Vec<_> =
        filled(&course, &[]).into_iter().filter(|(name, _)| !name.starts_with("slot")).collect();
    let answer = instructor.submit(NEW, &none).await.expect(422).text();
    assert!(answer.contains("Give at least one time slot"), "{answer}");
    assert_eq!(count(&school, "conference").await, 0);
    let odd = instructor.submit(NEW, &[("slot-", "x"), ("slot-9-", ""), ("do", "dance")]).await;
    odd.expect(422);
}

#[tokio::test]
async fn a_clash_with_what_one_teaches_already_is_shown_before() {
    let school = School::new().await;
    school.class_tomorrow_at("09:30", "11:00").await;
    let course = school.course.to_string();
    let preview = filled(&course, &[("do", "preview")]);
    let shown = school.instructor().await.submit(NEW, &preview).await.expect(200).text();
    assert!(shown.contains("You also teach Algebra 1 until 11:00"), "{shown}");
}

#[tokio::test]
async fn only_those_who_teach_or_administer_get_the_form() {
    let school = School::new().await;
    let course = school.course.to_string();
    for name in ["learner", "outsider"] {
        let person = person(&school, name).await;
        person.get(NEW).await.expect(403);
        person.submit(NEW, &filled(&course, &[])).await.expect(403);
    }
    person(&school, "admin").await.get(NEW).await.expect(200);
    school.world.stranger().get(NEW).await.expect(303);
    let reads = school.world.sign_in_with("instructor@contoso.example", Scope::Read).await;
    reads.submit(NEW, &filled(&course, &[])).await.expect(422);
    assert_eq!(count(&school, "conference").await, 0);
}

#[tokio::test]
async fn editing_moves_adds_and_cancels_slots_and_leaves_history_alone() {
    let school = School::new().await;
    let instructor = school.instructor().await;
    let slots = [
        ("2026-09-02", "09:00", "10:00"),
        ("2026-09-03", "09:00", "10:00"),
        ("2026-09-04", "09:00", "10:00"),
    ];
    let made = instructor.post("/api/v1/conferences", &school.request(&slots)).await.expect(201).json();
    let ids: Vec<String> = (0..3).map(|at| made["meetings"][at]["id"].to_string()).collect();
    school.world.advance(TimeDelta::hours(26));
    let path = format!("/conferences/{}/edit", made["id"]);
    let form = instructor.get(&path).await.expect(200).text();
    assert!(form.contains("It has begun; its time cannot change."), "{form}");
    assert!(
        form.contains("Bring &#60;paper&#62; &#38; pencil.") || form.contains("Bring &lt;paper&gt;"),
        "{form}"
    );
    let course = school.course.to_string();
    let sent = [
        ("title", "Algebra, second term"),
        ("course_id", course.as_str()),
        ("description", ""),
        ("time_zone", "Europe/Berlin"),
        ("published", "no"),
        ("slot-0-id", &ids[0]),
        ("slot-0-date", "2026-09-02"),
        ("slot-0-start", "09:00"),
        ("slot-0-end", "10:00"),
        ("slot-1-id", &ids[1]),
        ("slot-1-date", "2026-09-03"),
        ("slot-1-start", "15:00"),
        ("slot-1-end", "16:00"),
        ("slot-2-id", &ids[2]),
        ("slot-2-date", "2026-09-04"),
        ("slot-2-start", "09:00"),
        ("slot-2-end", "10:00"),
        ("slot-2-remove", "yes"),
        ("slot-3-date", "2026-09-07"),
        ("slot-3-start", "09:00"),
        ("slot-3-end", "10:00"),
        ("do", "save"),
    ];
    instructor.submit(&path, &sent).await.expect(303);
    let now = instructor.get(&format!("/api/v1/conferences/{}", made["id"])).await.expect(200).json();
    assert_eq!(
        (now["title"].as_str(), now["published"].as_bool()),
        (Some("Algebra, second term"), Some(false))
    );
    let starts: Vec<&str> =
        now["meetings"].as_array().unwrap().iter().map(|m| m["starts_at"].as_str().unwrap()).collect();
    for start in ["2026-09-02T07:00:00Z", "2026-09-03T13:00:00Z", "2026-09-07T07:00:00Z"] {
        assert!(starts.contains(&start), "{starts:?}");
    }
    let cancelled = school.meeting(onrecord::model::id::MeetingId(ids[2].parse().unwrap())).await;
    assert!(cancelled.cancelled_at.is_some());
}

#[tokio::test]
async fn what_cannot_be_changed_any_more_is_said_on_the_form() {
    let school = School::new().await;
    let (conference, meeting) = school.class_tomorrow().await;
    let (course, meeting) = (school.course.to_string(), meeting.to_string());
    let path = format!("/conferences/{conference}/edit");
    let instructor = school.instructor().await;
    let gone = filled(&course, &[("slot-0-id", &meeting), ("slot-0-remove", "yes")]);
    let answer = instructor.submit(&path, &gone).await.expect(422).text();
    assert!(answer.contains("Give at least one time slot"), "{answer}");
    let other = filled(&course, &[("slot-0-id", "4711")]);
    let answer = instructor.submit(&path, &other).await.expect(422).text();
    assert!(answer.contains("has no time slot 4711"), "{answer}");
    for (name, status) in [("learner", 403), ("outsider", 404)] {
        person(&school, name).await.get(&path).await.expect(status);
        person(&school, name).await.submit(&path, &gone).await.expect(status);
    }
    instructor.get("/conferences/x/edit").await.expect(404);
}

#[tokio::test]
async fn one_class_of_a_series_is_cancelled_and_the_others_stay() {
    let school = School::new().await;
    let request = school.request(&[
        ("2026-09-02", "09:00", "10:00"),
        ("2026-09-03", "09:00", "10:00"),
        ("2026-09-04", "09:00", "10:00"),
    ]);
    let instructor = school.instructor().await;
    let made = instructor.post("/api/v1/conferences", &request).await.expect(201).json();
    let conference = made["id"].as_i64().expect("an id");
    let class = |place: usize| made["meetings"][place]["id"].as_i64().expect("an id");
    let page = format!("/conferences/{conference}?class={}", class(1));
    let path = format!("/conferences/{conference}/cancel?class={}", class(1));
    let shown = instructor.get(&page).await.expect(200).text();
    assert!(shown.contains(&path), "the class page leads to cancelling it: {shown}");
    let asks = instructor.get(&path).await.expect(200).text();
    assert!(asks.contains("Cancel this class?") && asks.contains("Thu 3 Sep"), "{asks}");
    let learner = school.world.sign_in("learner@contoso.example").await;
    learner.submit(&path, &[]).await.expect(403);
    school.world.sign_in("outsider@contoso.example").await.submit(&path, &[]).await.expect(404);
    let done = instructor.submit(&path, &[("reason", "Strike")]).await.expect(303);
    assert_eq!(done.header("location"), page);
    assert_eq!(school.audited("meeting.cancelled").await, 1);
    instructor.submit(&path, &[("reason", "Strike")]).await.expect(303);
    assert_eq!(school.audited("meeting.cancelled").await, 1, "repeating it changes nothing");
    instructor.get(&path).await.expect(409);
    let api = format!("/api/v1/meetings/{}/cancel", class(2));
    let after = instructor.post(&api, &serde_json::json!({})).await.expect(200).json();
    let cancelled: Vec<bool> =
        (0..3).map(|place| after["meetings"][place]["cancelled"].as_bool().expect("yes or no")).collect();
    assert_eq!(cancelled, [false, true, true]);
    assert_eq!(after["status"], "upcoming");
    school.run_jobs().await;
    let other = school.class_tomorrow_at("13:00", "14:00").await.0;
    let elsewhere = format!("/conferences/{other}/cancel?class={}", class(0));
    instructor.get(&elsewhere).await.expect(404);
    instructor.submit(&elsewhere, &[]).await.expect(404);
    school.wait(TimeDelta::hours(26)).await;
    let begun = format!("/api/v1/meetings/{}/cancel", class(0));
    instructor.post(&begun, &serde_json::json!({})).await.expect(409);
}

#[tokio::test]
async fn cancelling_shows_first_what_it_does() {
    let school = School::new().await;
    let (conference, _) = school.class_tomorrow().await;
    let path = format!("/conferences/{conference}/cancel");
    let instructor = school.instructor().await;
    let shown = instructor.get(&path).await.expect(200).text();
    for words in
        ["Cancel this class?", "Tomorrow, 09:00–10:00", "instructor are told by Outlook", "The ledger says"]
    {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let long = "x".repeat(1_001);
    instructor.submit(&path, &[("reason", &long)]).await.expect(422);
    assert_eq!(school.audited("conference.cancelled").await, 0);
    for (name, status) in [("learner", 403), ("outsider", 404)] {
        person(&school, name).await.get(&path).await.expect(status);
        person(&school, name).await.submit(&path, &[("reason", "")]).await.expect(status);
    }
    let done = instructor.submit(&path, &[("reason", "Holiday")]).await.expect(303);
    assert_eq!(done.header("location"), format!("/conferences/{conference}"));
    assert_eq!(school.audited("conference.cancelled").await, 1);
    instructor.get(&path).await.expect(409);
    instructor.get(&format!("/conferences/{conference}/edit")).await.expect(409);
}

#[tokio::test]
async fn joining_waits_for_the_link_then_leads_to_teams_and_is_on_record() {
    let school = School::new().await;
    let (conference, meeting) = school.class_tomorrow().await;
    let path = format!("/join/{meeting}");
    let learner = person(&school, "learner").await;
    let waiting = learner.get(&path).await.expect(200).text();
    assert!(waiting.contains("The Teams meeting is being made") && waiting.contains("hx-get"), "{waiting}");
    assert!(waiting.contains("This class is recorded"), "the notice stands there too");
    assert_eq!(school.audited("meeting.joined").await, 0);
    school.run_jobs().await;
    let link = school.meeting(meeting).await.join_url.expect("a link");
    assert_eq!(learner.get(&path).await.expect(303).header("location"), link);
    assert_eq!(school.audited("meeting.joined").await, 1);
    person(&school, "outsider").await.get(&path).await.expect(404);
    learner.get("/join/4711").await.expect(404);
    learner.get("/join/soon").await.expect(404);
    school.instructor().await.submit(&format!("/conferences/{conference}/cancel"), &[]).await.expect(303);
    let cancelled = learner.get(&path).await.expect(200).text();
    assert!(cancelled.contains("This class was cancelled") && !cancelled.contains(&link), "{cancelled}");
}

#[tokio::test]
async fn an_officer_sees_a_class_and_does_not_join_it_and_drafts_are_not_joined_by_learners() {
    let school = School::new().await;
    school.world.user("officer@contoso.example", Some(onrecord::model::people::GlobalRole::Officer)).await;
    let (conference, meeting) = school.class_tomorrow().await;
    person(&school, "officer").await.get(&format!("/join/{meeting}")).await.expect(403);
    let tx = school.world.app.store.write().await.unwrap();
    tx.execute("UPDATE conference SET published = FALSE WHERE id = $1", params![conference]).await.unwrap();
    tx.commit().await.unwrap();
    person(&school, "learner").await.get(&format!("/join/{meeting}")).await.expect(404);
}
