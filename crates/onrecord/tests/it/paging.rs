//! However Microsoft cuts its lists into pages, and however often it names a thing twice, the product has each thing
//! once.

use chrono::TimeDelta;
use msgraph_sim::{ChatLine, Delays, HoldRequest};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::school::School;

/// One class, read through pages of this size.
async fn read(page_size: usize, lines: usize, attendees: u32, repeats: bool) -> [usize; 4] {
    let school = School::open().await;
    let switches = json!({ "switches": {
        "page_size": page_size, "delta_duplicates": repeats, "artifact_delta_repeats": repeats,
    } });
    school.world.sim.patch_tenant(&switches).expect("the simulator takes it");
    let class = school.class("Algebra", -60).await;
    let line = |number: usize| ChatLine {
        from: "learner@contoso.example".to_owned(),
        text: format!("Question {number}"),
    };
    school.hold_as(
        &class,
        HoldRequest {
            parts: Some(3),
            attendees: Some(msgraph_sim::Attendees::Count(attendees)),
            chat: Some((0..lines).map(line).collect()),
            ..HoldRequest::default()
        },
    );
    school.timetable().await;
    school.wait(TimeDelta::minutes(3));
    let answer = school.sync(&class).await;
    assert_eq!(answer["success"], json!(true), "{answer}");
    let list = async |what: &str| {
        let path = format!("/api/v1/conferences/{}/{what}?limit=200", class.conference);
        let answer: Value = school.read("instructor@contoso.example", &path).await;
        answer["items"].as_array().map_or(0, Vec::len)
    };
    [list("recordings").await, list("attendance").await, list("chat").await, list("files").await]
}

/// Microsoft shows a class's chat when it likes: what was said before something that is read already still comes.
#[tokio::test]
async fn what_was_said_and_shared_comes_however_late_microsoft_shows_it() {
    let school = School::open().await;
    let class = school.class("Algebra", -60).await;
    let late = Delays { chat: 1_200, files: 3_000, ..Delays::default() };
    school.hold_as(&class, HoldRequest { delays: late, ..HoldRequest::default() });
    school.sync(&class).await;
    school.wait(TimeDelta::minutes(25));
    school.sync(&class).await;
    school.wait(TimeDelta::minutes(40));
    let answer = school.sync(&class).await;
    assert_eq!(answer["success"], json!(true), "{answer}");
    let path = format!("/api/v1/conferences/{}", class.conference);
    let chat = school.read("instructor@contoso.example", &format!("{path}/chat")).await;
    assert!(chat["items"].as_array().is_some_and(|lines| !lines.is_empty()), "{chat}");
    let files = school.artifacts(&class, "file").await;
    assert!(files.iter().all(|file| file.item_id.is_some() && file.gone_at.is_none()), "{files:?}");
    assert_eq!(files.len(), 1);
}

#[test]
fn pages_of_any_size_bring_each_thing_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let config = Config { cases: 5, max_shrink_iters: 4, failure_persistence: None, ..Config::default() };
    // A shared file is a message by itself where nothing else is said.
    let worlds = (1_usize..6, 1_usize..14, 1_u32..12, any::<bool>());
    let checked = TestRunner::new(config).run(&worlds, |(page_size, lines, attendees, repeats)| {
        let read = runtime.block_on(read(page_size, lines, attendees, repeats));
        prop_assert_eq!(read, [3, attendees as usize, lines, 1]);
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
}
