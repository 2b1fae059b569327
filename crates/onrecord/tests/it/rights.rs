//! The rights matrix: every route of the product × who asks × what is published or hidden, made from the route
//! table, so that a new route cannot be forgotten. The expectations are written here from the rights as they were
//! decided, not taken from the code that enforces them.

use axum::body::Body;
use axum::http::Method;
use onrecord::model::access::{Act, GlobalAct};
use onrecord::params;
use onrecord::web::ROUTES;
use onrecord::web::routes::{Reach, Route};

use crate::lecture::{ADMIN, INSTRUCTOR, LEARNER, Lecture, OFFICER, OUTSIDER};
use crate::world::{Answer, Client};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Person {
    Stranger,
    Admin,
    Officer,
    Instructor,
    Learner,
    Outsider,
}

/// Those who may change something come last: what they change must not decide the answers of the others.
const PEOPLE: [Person; 6] =
    [Person::Stranger, Person::Outsider, Person::Learner, Person::Officer, Person::Instructor, Person::Admin];

/// What may be seen of the class at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Published,
    Unpublished,
    RecordingHidden,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    /// 401, or 303 to the sign-in page.
    SignIn,
    /// 404, as for what does not exist.
    NotThere,
    /// 403.
    Refused,
    /// Whatever it answers, it is no refusal and no fault of ours.
    Let,
}

/// The rights as decided.
fn expected(reach: Reach, person: Person, class: Class) -> Expected {
    use Expected::{Let, NotThere, Refused, SignIn};
    if reach == Reach::Public {
        return Let;
    }
    if person == Person::Stranger {
        return SignIn;
    }
    match reach {
        Reach::Public | Reach::SignedIn => Let,
        Reach::Teaching if matches!(person, Person::Admin | Person::Instructor) => Let,
        Reach::Teaching => Refused,
        Reach::Installation(act) | Reach::Inbox(act) => match (person, act) {
            (Person::Admin, _) | (Person::Officer, GlobalAct::Oversee | GlobalAct::Retain) => Let,
            (Person::Officer, GlobalAct::Administer) => Refused,
            _ => NotThere,
        },
        Reach::Conference(act) | Reach::Meeting(act) | Reach::SyncRun(act) => {
            of_class(act, person, class == Class::Unpublished)
        }
        // A course is there for its people whether or not a class of it is published.
        Reach::Course(act) => of_class(act, person, false),
        Reach::Recording(act) => of_class(act, person, class != Class::Published),
        Reach::File(act) => of_class(act, person, class == Class::Unpublished),
    }
}

fn of_class(act: Act, person: Person, kept_from_learners: bool) -> Expected {
    use Expected::{Let, NotThere, Refused};
    let changes = matches!(act, Act::Edit | Act::Sync | Act::Hide);
    match person {
        Person::Officer if changes || matches!(act, Act::Join | Act::Object) => Refused,
        Person::Admin | Person::Instructor | Person::Officer => Let,
        Person::Learner if kept_from_learners => NotThere,
        Person::Learner => match act {
            Act::See | Act::Watch | Act::Download | Act::Join | Act::SeeOwnAttendance | Act::Object => Let,
            // Chat and files are the course's choice, by default no.
            _ => Refused,
        },
        Person::Stranger | Person::Outsider => NotThere,
    }
}

fn fits(expected: Expected, route: &Route, answer: &Answer) -> bool {
    let status = answer.status.as_u16();
    match expected {
        Expected::SignIn if route.path.starts_with("/api/") => status == 401,
        Expected::SignIn => {
            status == 401 || (status == 303 && answer.header("location").starts_with("/login"))
        }
        Expected::NotThere => status == 404,
        Expected::Refused => status == 403,
        Expected::Let => {
            let to_sign_in = status == 303 && answer.header("location").starts_with("/login");
            let own_door = matches!(route.path, "/logout" | "/login");
            status < 500 && !matches!(status, 401 | 403) && (own_door || !to_sign_in)
        }
    }
}

async fn ask(client: &Client<'_>, route: &Route, path: &str) -> Answer {
    let method = Method::from_bytes(route.method.to_uppercase().as_bytes()).expect("a method");
    if method == Method::GET {
        return client.get(path).await;
    }
    let (kind, body) = if route.path.starts_with("/api/") {
        let body = match route.path.rsplit('/').next() {
            Some("hide") => r#"{"reason":"a test"}"#,
            Some("roster") => r#"{"enrolments":[]}"#,
            _ => "{}",
        };
        ("application/json", body)
    } else {
        ("application/x-www-form-urlencoded", "reason=a+test")
    };
    client.request(method, path, &[("content-type", kind)], Body::from(body)).await
}

/// A lecture as this class is, and the address of `route` in it.
async fn scene(class: Class) -> Lecture {
    let lecture = Lecture::held("Algebra").await;
    lecture.execute("UPDATE conference SET published = $1", params![class != Class::Unpublished]).await;
    if class == Class::RecordingHidden {
        let now = lecture.world.app.clock.now();
        lecture.set(lecture.recording, "hidden_at = $2, hidden_reason = 'a test'", params![now]).await;
    }
    lecture
}

async fn address(lecture: &Lecture, route: &Route) -> String {
    let id = match route.reach {
        Reach::Conference(_) => lecture.conference.0,
        Reach::Meeting(_) => lecture.meeting.0,
        Reach::Recording(_) => lecture.recording.0,
        Reach::File(_) => lecture.artifact("file", 1).await.0,
        Reach::Course(_) => lecture.course.0,
        _ => 1,
    };
    let mut path = String::new();
    for part in route.path.split_inclusive('/') {
        let bare = part.trim_end_matches('/');
        if bare.starts_with('{') {
            path.push_str(&part.replace(bare, &id.to_string()));
        } else {
            path.push_str(part);
        }
    }
    path
}

/// Runs the whole matrix for one kind of class and returns what does not fit.
async fn matrix(class: Class) -> Vec<String> {
    let mut wrong = Vec::new();
    let looked_at = scene(class).await;
    for route in ROUTES {
        // A sync run and an item of the inbox need one to be looked at; their own tests say who may.
        if matches!(route.reach, Reach::SyncRun(_) | Reach::Inbox(_)) {
            continue;
        }
        let own;
        let lecture = if route.method == "get" {
            &looked_at
        } else {
            own = scene(class).await;
            &own
        };
        let path = address(lecture, route).await;
        for person in PEOPLE {
            let client = match person {
                Person::Stranger => lecture.world.stranger(),
                Person::Admin => lecture.person(ADMIN).await,
                Person::Officer => lecture.person(OFFICER).await,
                Person::Instructor => lecture.person(INSTRUCTOR).await,
                Person::Learner => lecture.person(LEARNER).await,
                Person::Outsider => lecture.person(OUTSIDER).await,
            };
            let answer = ask(&client, route, &path).await;
            let expected = expected(route.reach, person, class);
            if !fits(expected, route, &answer) {
                wrong.push(format!(
                    "{} {} as {person:?}, {class:?}: {} instead of {expected:?}",
                    route.method, route.path, answer.status
                ));
            }
        }
    }
    wrong
}

#[tokio::test]
async fn everybody_reaches_what_is_theirs_in_a_published_class() {
    let wrong = matrix(Class::Published).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn learners_see_nothing_of_an_unpublished_class() {
    let wrong = matrix(Class::Unpublished).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn a_hidden_recording_is_gone_for_learners_at_once() {
    let wrong = matrix(Class::RecordingHidden).await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}
