//! Attendance, chat and shared files: what was really there, shown to whom it belongs.

use chrono::TimeDelta;
use msgraph_sim::{Attendee, Attendees, ChatLine, HoldRequest, Person};
use onrecord::model::id::Id as _;
use serde_json::json;

use crate::school::School;

#[tokio::test]
async fn attendance_tells_who_really_came_and_for_how_long() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let person = |email: &str, joined, left| {
        Attendee::Person(Person {
            email: Some(email.into()),
            joined_s: Some(joined),
            left_s: Some(left),
            ..Person::default()
        })
    };
    let people = vec![
        person("instructor@contoso.example", 0, 3_600),
        person("learner@contoso.example", 600, 3_000),
        Attendee::Person(Person { name: Some("A Guest".into()), ..Person::default() }),
    ];
    let held = school.hold_as(
        &class,
        HoldRequest { attendees: Some(Attendees::People(people)), ..HoldRequest::default() },
    );
    school.wait(TimeDelta::minutes(30));
    school.sync(&class).await;
    let path = format!("/api/v1/conferences/{}/attendance", class.conference);
    let rows = school.read("instructor@contoso.example", &path).await;
    assert_eq!(rows["items"].as_array().unwrap().len(), 3, "{rows}");
    let own = school.read("learner@contoso.example", &path).await;
    let own = own["items"].as_array().unwrap();
    assert_eq!(own.len(), 1, "a learner sees only their own row: {own:?}");
    assert_eq!(own[0]["user_id"], json!(school.learner.get()));
    assert_eq!(own[0]["duration_minutes"], json!(40));
    let joined: chrono::DateTime<chrono::Utc> = own[0]["join_time"].as_str().unwrap().parse().unwrap();
    assert!(
        (joined - held.started_at - TimeDelta::minutes(10)).abs() < TimeDelta::seconds(5),
        "not the time of the sync"
    );
    school.world.sign_in("outsider@contoso.example").await.get(&path).await.expect(404);
}

#[tokio::test]
async fn a_chat_of_more_than_fifty_messages_is_whole_and_its_senders_are_known() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let line = |number: u32| ChatLine {
        from: "learner@contoso.example".into(),
        text: format!("Message {number} <b>x</b>"),
    };
    let chat = (0..130).map(line).collect();
    school.hold_as(&class, HoldRequest { chat: Some(chat), ..HoldRequest::default() });
    school.sync(&class).await;
    let mut path = format!("/api/v1/conferences/{}/chat", class.conference);
    let mut messages = Vec::new();
    loop {
        let page = school.read("instructor@contoso.example", &path).await;
        messages.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/conferences/{}/chat?cursor={cursor}", class.conference);
    }
    let own: Vec<_> =
        messages.iter().filter(|m| m["text"].as_str().unwrap().starts_with("Message ")).collect();
    assert_eq!(own.len(), 130);
    assert!(own.iter().all(|message| message["user_id"] == json!(school.learner.get())), "{}", own[0]);
    assert!(own.iter().all(|message| message["sender"] == json!("learner")));
}

#[tokio::test]
async fn chat_and_files_are_for_learners_only_if_the_course_says_so() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    school.hold(&class);
    school.sync(&class).await;
    let learner = school.world.sign_in("learner@contoso.example").await;
    let chat = format!("/api/v1/conferences/{}/chat", class.conference);
    let files = format!("/api/v1/conferences/{}/files", class.conference);
    learner.get(&chat).await.expect(403);
    learner.get(&files).await.expect(403);
    let tx = school.world.app.store.write().await.unwrap();
    tx.execute("UPDATE course SET learners_see_chat = TRUE, learners_see_files = TRUE", Vec::new())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert!(!learner.get(&chat).await.expect(200).json()["items"].as_array().unwrap().is_empty());
    let listed = learner.get(&files).await.expect(200).json();
    assert_eq!(listed["items"][0]["web_url"], json!(null), "where it lies is for staff: {listed}");
    assert_eq!(listed["items"][0]["available"], json!(true));
    assert!(listed["items"][0]["file_size"].as_i64() > Some(0));
    let staff = school.read("instructor@contoso.example", &files).await;
    assert!(staff["items"][0]["web_url"].is_string());
}

#[tokio::test]
async fn an_impossible_page_is_refused_with_the_field() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let instructor = school.world.sign_in("instructor@contoso.example").await;
    for query in ["limit=0", "limit=201", "limit=x", "cursor=nonsense", "page=2"] {
        let path = format!("/api/v1/conferences/{}/chat?{query}", class.conference);
        instructor.get(&path).await.expect(422);
    }
}
