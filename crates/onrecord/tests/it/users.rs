//! People, courses and rosters through the API and the pages, with every sort of wrong input.

use axum::body::Body;
use axum::http::Method;
use onrecord::model::people::{CourseRole, GlobalRole};
use onrecord::params;
use onrecord::store::Read as _;
use serde_json::{Value, json};

use crate::teaching::School;
use crate::world::{Answer, Client, World};

async fn school() -> World {
    let world = World::new().await;
    world.user("admin@school.example", Some(GlobalRole::Admin)).await;
    world.user("officer@school.example", Some(GlobalRole::Officer)).await;
    world
}

/// The names of the fields that an answer finds fault with.
fn faults(answer: &Answer) -> Vec<String> {
    let errors = answer.json()["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["field"].as_str().expect("a field").to_owned()).collect()
}

#[tokio::test]
async fn the_same_external_id_again_is_the_same_person() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let ada = json!({ "external_id": "u-1", "email": "Ada@School.example", "name": "Ada Lovelace" });
    let new = admin.post("/api/v1/users", &ada).await.expect(201).json();
    assert_eq!(new["email"], "ada@school.example");
    let same = admin.post("/api/v1/users", &ada).await.expect(200).json();
    assert_eq!(same, new);
    let renamed = json!({ "external_id": "u-1", "name": "Ada King" });
    let renamed = admin.post("/api/v1/users", &renamed).await.expect(200).json();
    assert_eq!((&renamed["id"], &renamed["name"]), (&new["id"], &json!("Ada King")));
    let thief = json!({ "external_id": "u-2", "email": "ada@school.example" });
    admin.post("/api/v1/users", &thief).await.expect(409);
    admin.post("/api/v1/users", &json!({ "email": "ada@school.example" })).await.expect(409);
}

#[tokio::test]
async fn an_address_with_accents_is_one_person_however_it_was_typed() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let composed = json!({ "email": "j\u{fc}rgen@school.example", "name": "J\u{fc}rgen" });
    admin.post("/api/v1/users", &composed).await.expect(201);
    let marked = json!({ "email": "Ju\u{308}rgen@school.example", "name": "J\u{fc}rgen" });
    admin.post("/api/v1/users", &marked).await.expect(409);
    let course =
        admin.post("/api/v1/courses", &json!({ "code": "BIO", "title": "Biology" })).await.expect(201);
    let roster = format!("/api/v1/courses/{}/roster", course.json()["id"]);
    let enrolled = json!({ "enrolments": [{ "email": "ju\u{308}rgen@school.example", "role": "learner" }] });
    assert_eq!(admin.put(&roster, &enrolled).await.expect(200).json()["added"], 1);
}

#[tokio::test]
async fn someone_added_by_hand_gets_their_external_id_later() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let by_hand =
        admin.post("/api/v1/users", &json!({ "email": "bo@school.example" })).await.expect(201).json();
    assert_eq!(by_hand["name"], "bo@school.example", "without a name the address is shown");
    let adopted = json!({ "external_id": "u-7", "email": "bo@school.example", "name": "Bo" });
    let adopted = admin.post("/api/v1/users", &adopted).await.expect(200).json();
    assert_eq!((&adopted["id"], &adopted["external_id"]), (&by_hand["id"], &json!("u-7")));
}

#[tokio::test]
async fn wrong_fields_are_named_and_change_nothing() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let cases: [(Value, &[&str]); 7] = [
        (json!({ "email": "nonsense" }), &["email"]),
        (json!({}), &["email"]),
        (json!({ "email": "a@b.example", "role": "boss" }), &["role"]),
        (json!({ "email": "a@b.example", "colour": "red" }), &["colour"]),
        (json!({ "email": 7 }), &["email"]),
        (
            json!({ "email": "a@b.example", "entra_object_id": "x", "language": "!" }),
            &["language", "entra_object_id"],
        ),
        (json!({ "email": "a@b.example", "name": "a\nb" }), &["name"]),
    ];
    for (body, expected) in cases {
        let answer = admin.post("/api/v1/users", &body).await.expect(422);
        assert_eq!(faults(&answer), expected, "{body}");
    }
    let json_kind = [("content-type", "application/json")];
    admin.request(Method::POST, "/api/v1/users", &json_kind, Body::from("{not json")).await.expect(400);
    admin.request(Method::POST, "/api/v1/users", &json_kind, Body::from("{} {}")).await.expect(400);
    admin.request(Method::POST, "/api/v1/users", &[], Body::from("{}")).await.expect(415);
    let huge = format!("{{\"email\": \"{}\"}}", "x".repeat(3 * 1024 * 1024));
    admin.request(Method::POST, "/api/v1/users", &json_kind, Body::from(huge)).await.expect(413);
    admin.get("/api/v1/users/nobody").await.expect(404);
    admin.get("/api/v1/users/99999999999999999999").await.expect(404);
    let listed = admin.get("/api/v1/users").await.expect(200).json();
    assert_eq!(listed["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn a_patch_leaves_what_it_does_not_say_and_empties_what_is_null() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let body = json!({ "email": "ada@school.example", "name": "Ada", "role": "officer", "upn": "ada@tenant.example" });
    let id = admin.post("/api/v1/users", &body).await.expect(201).json()["id"].clone();
    let changed =
        admin.patch(&format!("/api/v1/users/{id}"), &json!({ "role": null })).await.expect(200).json();
    assert_eq!(changed["role"], Value::Null);
    assert_eq!(changed["upn"], "ada@tenant.example");
    admin.patch("/api/v1/users/4711", &json!({ "role": null })).await.expect(404);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let me = admin.get("/api/v1/me").await.expect(200).json()["id"].clone();
    admin.patch(&format!("/api/v1/users/{me}"), &json!({ "role": null })).await.expect(409);
    admin.post(&format!("/api/v1/users/{me}/disable"), &json!({})).await.expect(409);
    let other = json!({ "email": "second@school.example", "role": "admin" });
    let other = admin.post("/api/v1/users", &other).await.expect(201).json()["id"].clone();
    admin.post(&format!("/api/v1/users/{me}/disable"), &json!({})).await.expect(409);
    admin.post(&format!("/api/v1/users/{other}/disable"), &json!({})).await.expect(200);
    admin.patch(&format!("/api/v1/users/{me}"), &json!({ "role": "officer" })).await.expect(409);
}

#[tokio::test]
async fn people_are_managed_by_administrators_and_seen_by_officers() {
    let world = school().await;
    world.user("ada@school.example", None).await;
    let body = json!({ "email": "x@school.example" });
    let officer = world.sign_in("officer@school.example").await;
    officer.get("/api/v1/users").await.expect(200);
    officer.post("/api/v1/users", &body).await.expect(403);
    officer.post("/api/v1/courses", &json!({ "code": "A", "title": "B" })).await.expect(403);
    let ada = world.sign_in("ada@school.example").await;
    ada.get("/api/v1/users").await.expect(404);
    ada.post("/api/v1/users", &body).await.expect(404);
    ada.get("/admin/users").await.expect(404);
}

#[tokio::test]
async fn long_lists_come_in_pages_that_leave_nobody_out() {
    let world = school().await;
    for number in 0..7 {
        world.user(&format!("p{number}@school.example"), None).await;
    }
    let admin = world.sign_in("admin@school.example").await;
    let mut seen = Vec::new();
    let mut path = "/api/v1/users?limit=4".to_owned();
    loop {
        let page = admin.get(&path).await.expect(200).json();
        let items = page["items"].as_array().expect("a list").clone();
        seen.extend(items.iter().map(|item| item["email"].as_str().expect("an address").to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("/api/v1/users?limit=4&cursor={cursor}");
    }
    assert_eq!(seen.len(), 9);
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{seen:?}");
    let found = admin.get("/api/v1/users?q=P3%40").await.expect(200).json();
    assert_eq!(found["items"].as_array().map(Vec::len), Some(1));
    admin.get("/api/v1/users?q=%25").await.expect(200);
    admin.get("/api/v1/users?limit=0").await.expect(422);
    admin.get("/api/v1/users?limit=many").await.expect(422);
    admin.get("/api/v1/users?cursor=x").await.expect(422);
}

async fn course_with(world: &World, people: &[&str]) -> (i64, Vec<i64>) {
    let course = world.course("BIO-204").await;
    let mut ids = Vec::new();
    for email in people {
        let user = world.user(email, None).await;
        world.enrol(course, user, CourseRole::Learner).await;
        ids.push(user.0);
    }
    (course.0, ids)
}

#[tokio::test]
async fn a_roster_is_put_as_a_whole_and_a_repeat_changes_nothing() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let body = json!({ "external_id": "c-1", "code": "BIO-204", "title": "Cell Biology", "starts_on": "2026-09-01" });
    let course = admin.post("/api/v1/courses", &body).await.expect(201).json();
    let path = format!("/api/v1/courses/{}/roster", course["id"]);
    for number in 1..=6 {
        let person =
            json!({ "external_id": format!("u-{number}"), "email": format!("p{number}@school.example") });
        admin.post("/api/v1/users", &person).await.expect(201);
    }
    let mut lines: Vec<Value> =
        (1..=6).map(|number| json!({ "external_id": format!("u-{number}"), "role": "learner" })).collect();
    lines[0] = json!({ "email": "P1@school.example", "role": "instructor" });
    let counts = |added, changed, removed, unchanged| json!({ "added": added, "changed": changed, "removed": removed, "unchanged": unchanged });
    let first = admin.put(&path, &json!({ "enrolments": lines })).await.expect(200).json();
    assert_eq!(first, counts(6, 0, 0, 0));
    let again = admin.put(&path, &json!({ "enrolments": lines })).await.expect(200).json();
    assert_eq!(again, counts(0, 0, 0, 6));
    lines[1]["section"] = json!("A");
    lines.pop();
    let third = admin.put(&path, &json!({ "enrolments": lines })).await.expect(200).json();
    assert_eq!(third, counts(0, 1, 1, 4));
    let roster = admin.get(&path).await.expect(200).json();
    assert_eq!(roster["items"][0]["role"], "instructor");
    assert_eq!(roster["items"].as_array().map(Vec::len), Some(5));
    let jobs =
        world.app.store.rows("SELECT subject FROM job WHERE kind = 'roster'", params![]).await.expect("jobs");
    assert_eq!(jobs.len(), 1, "three changes, one debounced job");
}

#[tokio::test]
async fn a_roster_that_loses_more_than_a_fifth_must_be_forced() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let (course, ids) =
        course_with(&world, &["a@s.example", "b@s.example", "c@s.example", "d@s.example"]).await;
    let path = format!("/api/v1/courses/{course}/roster");
    let three: Vec<Value> = ids[..3].iter().map(|id| json!({ "user_id": id, "role": "learner" })).collect();
    let refused = admin.put(&path, &json!({ "enrolments": three })).await.expect(409);
    assert!(refused.text().contains("1 of 4"), "{}", refused.text());
    assert_eq!(admin.get(&path).await.json()["items"].as_array().map(Vec::len), Some(4));
    let forced = admin.put(&path, &json!({ "enrolments": three, "force": true })).await.expect(200).json();
    assert_eq!(forced["removed"], 1);
}

#[tokio::test]
async fn wrong_roster_lines_are_named_by_their_place() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let (course, ids) = course_with(&world, &["a@s.example"]).await;
    let path = format!("/api/v1/courses/{course}/roster");
    let body = json!({ "enrolments": [
        { "user_id": ids[0], "role": "learner" },
        { "email": "a@s.example", "role": "instructor" },
        { "email": "nobody@s.example", "role": "learner" },
        { "external_id": "x-9", "role": "learner" },
    ] });
    let answer = admin.put(&path, &body).await.expect(422);
    assert_eq!(faults(&answer), ["enrolments[1].email", "enrolments[2].email", "enrolments[3].external_id"]);
    let unnamed = json!({ "enrolments": [{ "role": "learner" }] });
    assert_eq!(faults(&admin.put(&path, &unnamed).await.expect(422)), ["enrolments[0]"]);
    let wrong_role = json!({ "enrolments": [{ "email": "a@s.example", "role": "guest" }] });
    assert_eq!(faults(&admin.put(&path, &wrong_role).await.expect(422)), ["enrolments[0].role"]);
    admin.put("/api/v1/courses/99/roster", &json!({ "enrolments": [] })).await.expect(404);
}

async fn courses_of(client: &Client<'_>) -> Option<usize> {
    client.get("/api/v1/courses").await.expect(200).json()["items"].as_array().map(Vec::len)
}

#[tokio::test]
async fn one_sees_ones_own_courses_and_only_staff_see_the_roster() {
    let world = school().await;
    let (course, _) = course_with(&world, &["learner@s.example"]).await;
    world.course("CHE-101").await;
    let teacher = world.user("teacher@s.example", None).await;
    world.enrol(onrecord::model::id::CourseId(course), teacher, CourseRole::Instructor).await;
    world.user("outsider@s.example", None).await;
    let learner = world.sign_in("learner@s.example").await;
    let outsider = world.sign_in("outsider@s.example").await;
    let teacher = world.sign_in("teacher@s.example").await;
    let admin = world.sign_in("admin@school.example").await;
    assert_eq!(courses_of(&learner).await, Some(1));
    assert_eq!(courses_of(&outsider).await, Some(0));
    assert_eq!(courses_of(&admin).await, Some(2));
    let (page, roster) = (format!("/courses/{course}"), format!("/api/v1/courses/{course}/roster"));
    assert_eq!(learner.get(&format!("/api/v1{page}")).await.expect(200).json()["role"], "learner");
    learner.get(&roster).await.expect(403);
    outsider.get(&roster).await.expect(404);
    outsider.get(&page).await.expect(404);
    teacher.get(&roster).await.expect(200);
    assert!(teacher.get(&page).await.expect(200).text().contains("learner@s.example"));
    assert!(!learner.get(&page).await.expect(200).text().contains("teacher@s.example"));
}

/// Sends `file` as the form on the course's page does.
async fn upload(client: &Client<'_>, course: i64, file: &str, replace: &str) -> Answer {
    upload_with(client, course, file, &[("replace", replace)]).await
}

async fn upload_with(client: &Client<'_>, course: i64, file: &str, ticked: &[(&str, &str)]) -> Answer {
    let part = |name: &str, value: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let ticked: String = ticked.iter().map(|(name, value)| part(name, value)).collect();
    let body = format!(
        "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.csv\"\r\n\r\n{file}\r\n{ticked}--x--\r\n"
    );
    let kind = [("content-type", "multipart/form-data; boundary=x")];
    client.request(Method::POST, &format!("/courses/{course}/roster"), &kind, Body::from(body)).await
}

#[tokio::test]
async fn a_roster_file_adds_people_and_names_every_wrong_line() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let course = world.course("BIO-204").await.0;
    let good = "email,name,role\nada@s.example,Ada,instructor\nbo@s.example,\"Bo, Jr.\",\n";
    let done = upload(&admin, course, good, "").await.expect(200);
    assert!(done.text().contains("2 added"), "{}", done.text());
    let wrong = upload(&admin, course, "email,role\nada@s.example,boss\nnobody,\n", "").await.expect(422);
    for words in ["Line 2", "Line 3", "“boss”"] {
        assert!(wrong.text().contains(words), "{words} is missing: {}", wrong.text());
    }
    let unknown = upload(&admin, course, "email,shoe_size\nada@s.example,42\n", "").await.expect(422);
    assert!(unknown.text().contains("shoe_size"));
    let fewer = upload(&admin, course, "email,role\nada@s.example,instructor\n", "yes").await.expect(409);
    assert!(fewer.text().contains("1 of 2"), "{}", fewer.text());
    let roster = admin.get(&format!("/api/v1/courses/{course}/roster")).await.json();
    assert_eq!(roster["items"].as_array().map(Vec::len), Some(2), "{roster}");
    assert!(fewer.text().contains("name=\"force\""), "it can be meant: {}", fewer.text());
    let meant = [("replace", "yes"), ("force", "yes")];
    upload_with(&admin, course, "email,role\nada@s.example,instructor\n", &meant).await.expect(200);
    let roster = admin.get(&format!("/api/v1/courses/{course}/roster")).await.json();
    assert_eq!(roster["items"].as_array().map(Vec::len), Some(1), "{roster}");
}

#[tokio::test]
async fn a_role_is_given_and_taken_away_on_the_page_and_then_the_person_can_be_forgotten() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let ada = json!({ "email": "ada@school.example", "name": "Ada" });
    let id = admin.post("/api/v1/users", &ada).await.expect(201).json()["id"].clone();
    let path = format!("/admin/users/{id}/role");
    assert!(admin.get("/admin/users").await.expect(200).text().contains(&path));
    let role = async || admin.get(&format!("/api/v1/users/{id}")).await.expect(200).json()["role"].clone();
    let officer = world.sign_in("officer@school.example").await;
    officer.submit(&path, &[("role", "officer")]).await.expect(403);
    admin.submit(&path, &[("role", "boss")]).await.expect(422);
    admin.submit(&path, &[]).await.expect(422);
    assert_eq!(role().await, Value::Null, "nothing is taken for granted");
    admin.submit(&path, &[("role", "officer")]).await.expect(303);
    assert_eq!(role().await, "officer");
    let forget = [("email", "ada@school.example"), ("reason", "She asked"), ("step", "erase")];
    officer.submit("/admin/requests", &forget).await.expect(409);
    admin.submit(&path, &[("role", "none")]).await.expect(303);
    officer.submit("/admin/requests", &forget).await.expect(303);
    let me = admin.get("/api/v1/me").await.expect(200).json()["id"].clone();
    admin.submit(&format!("/admin/users/{me}/role"), &[("role", "none")]).await.expect(409);
}

#[tokio::test]
async fn a_hold_on_a_person_is_placed_by_their_address() {
    let world = school().await;
    let officer = world.sign_in("officer@school.example").await;
    let on = |who| [("scope", "person"), ("subject_id", who), ("reason", "An inquiry")];
    let unknown = officer.submit("/admin/holds", &on("nobody@school.example")).await.expect(422);
    assert!(unknown.text().contains("Nobody here has this address"), "{}", unknown.text());
    officer.submit("/admin/holds", &on("Admin@School.example")).await.expect(303);
    let holds = officer.get("/api/v1/holds").await.expect(200).json();
    let admin = world.sign_in("admin@school.example").await;
    assert_eq!(holds["items"][0]["subject_id"], admin.get("/api/v1/me").await.expect(200).json()["id"]);
}

#[tokio::test]
async fn a_refusal_on_a_page_has_its_own_status_and_no_machine_names() {
    let world = school().await;
    let officer = world.sign_in("officer@school.example").await;
    let on = [("scope", "person"), ("subject_id", "admin@school.example"), ("reason", "An inquiry")];
    officer.submit("/admin/holds", &on).await.expect(303);
    let refused = officer.submit("/admin/holds/1/release", &[("reason", " ")]).await.expect(422).text();
    assert!(refused.contains(">422<") && refused.contains("Say why"), "{refused}");
    assert!(!refused.contains("reason:"), "{refused}");
}

#[tokio::test]
async fn a_file_of_people_comes_in_whole_or_not_at_all() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let send = async |client: &Client<'_>, file: &str| {
        let body = format!(
            "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"u.csv\"\r\n\r\n{file}\r\n--x--\r\n"
        );
        let kind = [("content-type", "multipart/form-data; boundary=x")];
        client.request(Method::POST, "/admin/users/file", &kind, Body::from(body)).await
    };
    let people = async || {
        let row = world.app.store.row("SELECT COUNT(*) AS n FROM \"user\"", params![]).await;
        row.expect("a query").expect("a row").get::<i64>("n").expect("a number")
    };
    let wrong = "id,email,name,role\nu-1,ada@s.example,Ada,\nu-2,nobody,Bo,boss\n,cy@s.example,Cy,\n";
    let refused = send(&admin, wrong).await.expect(422).text();
    for words in ["Line 3", "&#34;nobody&#34; is no address", "&#34;boss&#34; is no role", "Line 4"] {
        assert!(refused.contains(words), "{words} is missing: {refused}");
    }
    assert_eq!(people().await, 2, "a file with a wrong line changes nothing");
    let good = "id,email,name,role\nu-1,Ada@s.example,Ada,\nu-2,bo@s.example,Bo,officer\n";
    let done = send(&admin, good).await.expect(200).text();
    assert!(done.contains("2 added, 0 changed, 0 unchanged"), "{done}");
    let again = send(&admin, good).await.expect(200).text();
    assert!(again.contains("0 added, 0 changed, 2 unchanged"), "{again}");
    assert_eq!(people().await, 4);
    send(&world.sign_in("officer@school.example").await, good).await.expect(403);
    send(&admin, "").await.expect(422);
}

#[tokio::test]
async fn one_person_is_enrolled_and_removed_on_the_page() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let course = world.course("BIO-204").await.0;
    let ada = world.user("ada@s.example", None).await;
    let add = format!("/courses/{course}/enrolments");
    admin.submit(&add, &[("email", "nobody@s.example"), ("role", "learner")]).await.expect(422);
    admin.submit(&add, &[("email", "ada@s.example"), ("role", "boss")]).await.expect(422);
    admin.submit(&add, &[("email", "Ada@s.example"), ("role", "learner")]).await.expect(200);
    let removed = admin.submit(&format!("{add}/{ada}/remove"), &[]).await.expect(303);
    admin.get(removed.header("location")).await.expect(200);
    admin.submit(&format!("{add}/{ada}/remove"), &[]).await.expect(404);
    admin.submit(&format!("{add}/x/remove"), &[]).await.expect(404);
}

#[tokio::test]
async fn an_administrator_invites_disables_and_finds_people_on_the_page() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    let form = [("email", "new@s.example"), ("name", "Łukasz <b>"), ("role", "officer")];
    let invited = admin.submit("/admin/users", &form).await.expect(200);
    assert!(
        invited.text().contains("/welcome/") && !invited.text().contains("Łukasz <b>"),
        "{}",
        invited.text()
    );
    let twice = admin.submit("/admin/users", &form).await.expect(422);
    assert!(twice.text().contains("here already"));
    admin.submit("/admin/users", &[("email", "x"), ("name", "x"), ("role", "boss")]).await.expect(422);
    let found = admin.get("/admin/users?q=new%40").await.expect(200);
    assert!(found.text().contains("new@s.example") && !found.text().contains("officer@school.example"));
    let id = admin.get("/api/v1/users?q=new%40").await.json()["items"][0]["id"].clone();
    admin.submit(&format!("/admin/users/{id}/disable"), &[]).await.expect(303);
    admin.submit(&format!("/admin/users/{id}/link"), &[]).await.expect(409);
    admin.submit(&format!("/admin/users/{id}/enable"), &[]).await.expect(303);
    admin.submit(&format!("/admin/users/{id}/link"), &[]).await.expect(200);
}

#[tokio::test]
async fn a_course_is_added_on_the_page_and_changed_over_the_api() {
    let world = school().await;
    let admin = world.sign_in("admin@school.example").await;
    admin.submit("/courses", &[("code", ""), ("title", "x")]).await.expect(422);
    let made = admin.submit("/courses", &[("code", "BIO-204"), ("title", "Cell Biology")]).await.expect(303);
    let path = format!("/api/v1{}", made.header("location"));
    let changed = admin.patch(&path, &json!({ "learners_see_chat": true })).await.expect(200).json();
    assert_eq!((&changed["learners_see_chat"], &changed["title"]), (&json!(true), &json!("Cell Biology")));
    let wrong = json!({ "starts_on": "2026-12-01", "ends_on": "2026-09-01" });
    assert_eq!(faults(&admin.patch(&path, &wrong).await.expect(422)), ["ends_on"]);
    assert_eq!(faults(&admin.patch(&path, &json!({ "starts_on": "soon" })).await.expect(422)), ["starts_on"]);
    let listed = admin.get("/courses?q=cell").await.expect(200);
    assert!(listed.text().contains("BIO-204"));
}

#[tokio::test]
async fn a_course_page_lists_its_conferences_and_learners_see_the_published_ones() {
    let school = School::new().await;
    let world = &school.world;
    let teacher = world.sign_in("instructor@contoso.example").await;
    let learner = world.sign_in("learner@contoso.example").await;
    for (title, published) in [("Public lecture", true), ("Draft seminar", false)] {
        let slot = json!({ "date": "2026-09-02", "start_time": "09:00", "end_time": "10:00" });
        let body = json!({
            "title": title, "course_id": school.course, "platform": "teams", "time_zone": "Europe/Berlin",
            "time_slots": [slot], "published": published,
        });
        teacher.post("/api/v1/conferences", &body).await.expect(201);
    }
    let page = format!("/courses/{}", school.course);
    let staff_page = teacher.get(&page).await.expect(200).text();
    assert!(staff_page.contains("Public lecture") && staff_page.contains("Draft seminar"));
    let learners_page = learner.get(&page).await.expect(200).text();
    assert!(learners_page.contains("Public lecture") && !learners_page.contains("Draft seminar"));
    assert!(teacher.get("/courses").await.expect(200).text().contains("2 upcoming"));
    assert!(learner.get("/courses").await.expect(200).text().contains("1 upcoming"));
}
