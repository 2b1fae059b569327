//! Bad input at every door, made from the route table, so that a new route cannot be forgotten: wrong methods, ids that
//! are none, wrong types, unknown fields, texts that no database keeps, bodies too large or no JSON at all. Whatever is
//! sent, the answer comes at once, is no fault of ours, and under `/api/` says as problem+json what to do.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use onrecord::web::ROUTES;
use onrecord::web::routes::{Reach, Route};
use serde_json::{Value, json};

use crate::lecture::{ADMIN, Lecture};
use crate::world::Answer;

/// No answer takes longer, however busy the machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ids that are nobody's.
const NO_IDS: [&str; 12] = [
    "0",
    "-1",
    "9223372036854775807",
    "-9223372036854775808",
    "9223372036854775808",
    "1e99",
    "1.5",
    "x",
    "%20",
    "%2e%2e",
    "%ff",
    "%00",
];

/// A school with one class, and the token of its administrator.
struct Siege {
    lecture: Lecture,
    token: String,
    wrong: Vec<String>,
}

impl Siege {
    async fn begin() -> Self {
        let lecture = Lecture::held("Algebra").await;
        lecture.artifact("file", 1).await;
        let asked = json!({ "name": "siege", "scope": "admin", "expires_days": 1 });
        let made = lecture.person(ADMIN).await.post("/api/v1/tokens", &asked).await.expect(201).json();
        let token = made["token"].as_str().expect("a token").to_owned();
        Self { lecture, token, wrong: Vec::new() }
    }

    /// The path of a route with this in place of every `{…}`.
    fn path(route: &Route, id: &str) -> String {
        let part = |part: &str| if part.starts_with('{') { id.to_owned() } else { part.to_owned() };
        route.path.split('/').map(part).collect::<Vec<_>>().join("/")
    }

    /// The path of a route in this school.
    fn real(&self, route: &Route) -> String {
        let id = match route.reach {
            Reach::Recording(_) => self.lecture.recording.0,
            _ => 1,
        };
        Self::path(route, &id.to_string())
    }

    /// Sends what is sent and notes what may never be: a fault of ours, a hang, or an API error in another form.
    async fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> u16 {
        let sent: String = String::from_utf8_lossy(&body).chars().take(80).collect();
        let what = format!("{method} {path} {headers:?} {sent}");
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).expect("a method");
        let mut request = Request::builder().method(method).uri(path);
        request = request.header("authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).expect("a request");
        let answer = tokio::time::timeout(PATIENCE, self.lecture.world.send(request)).await;
        let Ok(answer) = answer else {
            self.wrong.push(format!("{what}: no answer"));
            return 0;
        };
        let status = answer.status.as_u16();
        // 502 and 503 say that Microsoft cannot be asked: nothing is connected here.
        let is_ours = status >= 500 && !matches!(status, 502 | 503);
        let is_odd = path.starts_with("/api/v1/") && status >= 400 && !is_problem(&answer);
        if is_ours || is_odd {
            let said: String = answer.text().chars().take(200).collect();
            self.wrong.push(format!("{what}: {status} {} {said}", answer.header("content-type")));
        }
        status
    }

    /// The same, when only these answers are right.
    async fn expect(&mut self, good: &[u16], sent: (&str, &str, &[(&str, &str)], Vec<u8>)) {
        let (method, path, headers, body) = sent;
        let shown: String = String::from_utf8_lossy(&body).chars().take(80).collect();
        let status = self.send(method, path, headers, body).await;
        if !good.contains(&status) {
            self.wrong.push(format!("{method} {path} {headers:?} {shown}: {status} instead of {good:?}"));
        }
    }

    #[track_caller]
    fn end(self) {
        assert!(self.wrong.is_empty(), "{:#?}", self.wrong);
    }
}

/// Whether an error says what it is in the one form that programs read.
fn is_problem(answer: &Answer) -> bool {
    if answer.body.is_empty() {
        return answer.status.as_u16() == 416 || answer.status.as_u16() == 412;
    }
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    answer.header("content-type") == "application/problem+json"
        && body["status"] == answer.status.as_u16()
        && body["detail"].as_str().is_some_and(|detail| !detail.is_empty())
}

const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Whether the route reads JSON: those of the API that change something and are not only a command.
fn reads_json(route: &Route) -> bool {
    let commands = [
        "archive",
        "disable",
        "enable",
        "show",
        "undo",
        "confirm",
        "refuse",
        "verify",
        "rehearsals",
        "rehome",
        "restore",
        "upload",
    ];
    route.path.starts_with("/api/v1/")
        && matches!(route.method, "post" | "put" | "patch")
        && !route.path.rsplit('/').next().is_some_and(|last| commands.contains(&last))
        && !matches!(route.path, "/api/v1/meetings/{id}/cancel" | "/api/v1/users/{id}/link")
}

#[tokio::test]
async fn what_no_route_does_is_told_so() {
    let mut siege = Siege::begin().await;
    for route in ROUTES {
        let path = siege.real(route);
        let known: Vec<&str> =
            ROUTES.iter().filter(|other| other.path == route.path).map(|other| other.method).collect();
        for method in ["get", "post", "put", "patch", "delete", "options", "trace", "brew"] {
            if !known.contains(&method) {
                // `/conferences/new` is also `/conferences/{id}`, and so on: 404 is as good.
                siege.expect(&[405, 404], (method, &path, &[], Vec::new())).await;
            }
        }
    }
    siege.end();
}

#[tokio::test]
async fn ids_that_are_nobodys_are_not_there() {
    let mut siege = Siege::begin().await;
    for route in ROUTES.iter().filter(|route| route.path.contains("{id}")) {
        for id in NO_IDS {
            let path = Siege::path(route, id);
            let (kind, body) =
                if reads_json(route) { (JSON, body_for(route)) } else { (FORM, "reason=x".into()) };
            // What is sent may be looked at before the id is looked up.
            let good: &[u16] = &[404, 422, 409];
            // An upload without a file is told so first, and what is no UTF-8 is no path.
            let good =
                if route.path.ends_with("/roster") || id == "%ff" { &[404, 422, 400][..] } else { good };
            let good = if route.path == "/api/v1/tokens/{id}" { &[404, 204, 400][..] } else { good };
            siege.expect(good, (route.method, &path, &[kind], body.into_bytes())).await;
        }
    }
    siege.end();
}

/// A body that this route understands.
fn body_for(route: &Route) -> String {
    let body = match route.path.rsplit('/').next() {
        Some("hide") => json!({ "reason": "a test" }),
        Some("roster") => json!({ "enrolments": [] }),
        Some("dismiss") => json!({ "reason": "other_meeting" }),
        Some("link") => json!({ "onedrive_url": "https://contoso.sharepoint.com/x", "reason": "a test" }),
        Some("assign") => json!({ "meeting_id": 1 }),
        _ => json!({}),
    };
    body.to_string()
}

/// JSON that is none, or of the wrong shape, with the only right answers.
fn broken_json() -> Vec<(Vec<u8>, &'static [u16])> {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_field = format!("{{\"title\":{}1{}}}", "{\"a\":".repeat(5_000), "}".repeat(5_000));
    vec![
        (b"".to_vec(), &[400]),
        (b"{".to_vec(), &[400, 422]),
        (b"\xff\xfe".to_vec(), &[400, 422]),
        (b"{\"title\":\"\xff\"}".to_vec(), &[400, 422]),
        (b"{\"title\":\"\x00\"}".to_vec(), &[400, 422]),
        (b"{}{}".to_vec(), &[400, 422]),
        (b"null".to_vec(), &[422]),
        (b"[]".to_vec(), &[422]),
        (b"1e999".to_vec(), &[400, 422]),
        (b"\"text\"".to_vec(), &[422]),
        (br#"{"no such field":1}"#.to_vec(), &[422]),
        (br#"{"":1}"#.to_vec(), &[422]),
        (br#"{"title":"a","title":"b"}"#.to_vec(), &[422]),
        (br#"{"title":"\u0000"}"#.to_vec(), &[422]),
        (br#"{"title":"\ud800"}"#.to_vec(), &[400, 422]),
        (deep.into_bytes(), &[400, 422]),
        (deep_field.into_bytes(), &[400, 422]),
    ]
}

#[tokio::test]
async fn what_is_no_json_or_another_shape_is_told_so() {
    let mut siege = Siege::begin().await;
    // What dismisses may come without a body.
    let must_say = |route: &&Route| reads_json(route) && !route.path.ends_with("/dismiss");
    for route in ROUTES.iter().filter(must_say) {
        let path = siege.real(route);
        for (body, good) in broken_json() {
            siege.expect(good, (route.method, &path, &[JSON], body)).await;
        }
        siege.expect(&[415], (route.method, &path, &[], b"{}".to_vec())).await;
        siege.expect(&[415], (route.method, &path, &[("content-type", "text/xml")], b"{}".to_vec())).await;
        let huge = format!("{{\"title\":\"{}\"}}", "a".repeat(40 * 1024 * 1024));
        siege.expect(&[413], (route.method, &path, &[JSON], huge.into_bytes())).await;
    }
    siege.end();
}

/// Values that fit nowhere or almost nowhere.
fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-1),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1e99),
        json!(1.5),
        json!(""),
        json!(" "),
        json!("\u{0}"),
        json!("\u{7}\u{202e}"),
        json!("a".repeat(100_000)),
        json!("\u{10ffff}"),
        json!("-9999-01-01"),
        json!("+262142-12-31"),
        json!("2027-03-28"),
        json!("25:61"),
        json!("'; DROP TABLE course; --"),
        json!([]),
        json!([[]]),
        json!({}),
        json!({ "a": 1 }),
    ]
}

#[tokio::test]
async fn every_field_bears_every_value() {
    let mut siege = Siege::begin().await;
    let slot = json!({ "date": "2026-12-01", "start_time": "09:00", "end_time": "10:00" });
    let conference = json!({
        "title": "Algebra", "description": "", "course_id": 1, "platform": "teams", "time_zone": "Europe/Berlin",
        "time_slots": [slot], "published": true, "enable_recording": true,
    });
    let course = json!({
        "external_id": "c-1", "code": "ALG", "title": "Algebra", "term": "2026", "starts_on": "2026-09-01",
        "ends_on": "2027-01-31", "learners_see_chat": true, "learners_see_files": false, "invite_learners": false,
        "kinds_off": ["chat"],
    });
    let user = json!({
        "email": "ada@school.example", "name": "Ada", "role": null, "upn": "ada@school.example",
        "entra_object_id": "11111111-2222-4333-8444-555555555555", "external_id": "u-1", "language": "en",
    });
    let line = json!({ "email": "learner@contoso.example", "role": "learner", "section": "A", "ends_on": "2027-01-31" });
    let token = json!({ "name": "app", "scope": "read", "expires_days": 30 });
    let whole = [
        ("post", "/api/v1/conferences", conference.clone()),
        ("patch", "/api/v1/conferences/1", conference),
        ("post", "/api/v1/courses", course.clone()),
        ("patch", "/api/v1/courses/1", course),
        ("post", "/api/v1/users", user.clone()),
        ("patch", "/api/v1/users/5", user),
        ("put", "/api/v1/courses/1/roster", json!({ "enrolments": [line], "force": true })),
        ("post", "/api/v1/tokens", token),
        ("post", "/api/v1/recordings/1/hide", json!({ "reason": "a test" })),
        ("post", "/api/v1/inbox/1/assign", json!({ "meeting_id": 1 })),
    ];
    for (method, path, body) in whole {
        for pointer in pointers(&body, "") {
            for value in odd_values() {
                let mut body = body.clone();
                *body.pointer_mut(&pointer).expect("a field") = value;
                let good = [200, 201, 204, 400, 404, 409, 422];
                siege.expect(&good, (method, path, &[JSON], body.to_string().into_bytes())).await;
            }
        }
    }
    siege.end();
}

/// The JSON pointers of everything inside a value.
fn pointers(value: &Value, at: &str) -> Vec<String> {
    let below = |key: String, value: &Value| {
        let at = format!("{at}/{key}");
        let mut all = pointers(value, &at);
        all.push(at);
        all
    };
    match value {
        Value::Object(fields) => fields.iter().flat_map(|(key, value)| below(key.clone(), value)).collect(),
        Value::Array(items) => {
            items.iter().enumerate().flat_map(|(index, item)| below(index.to_string(), item)).collect()
        }
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn queries_that_mean_nothing_are_told_so() {
    const NAMES: [&str; 16] = [
        "cursor",
        "limit",
        "q",
        "course_id",
        "status",
        "from",
        "to",
        "who",
        "subject",
        "action",
        "tab",
        "class",
        "people",
        "did",
        "next",
        "id",
    ];
    // Each by each, because the first that is refused hides the others.
    const WORST: [&str; 6] = [
        "x",
        "9223372036854775807_1",
        "-99999999999999999_1_1",
        "-210866803200000001.1",
        "-9999-01-01",
        "%2B262142-12-31",
    ];
    const OTHERS: [&str; 14] = [
        "",
        "0",
        "-1",
        "201",
        "9223372036854775807",
        "-9223372036854775808",
        "1e99",
        "%ff",
        "%F0%9F%92%A9",
        "%",
        "9999-12-31",
        "1_2_3_4",
        "%27%3B--",
        "%5C%25_",
    ];
    let mut siege = Siege::begin().await;
    let long = "a".repeat(30_000);
    for route in ROUTES.iter().filter(|route| route.method == "get") {
        let path = siege.real(route);
        for value in WORST {
            for name in NAMES {
                siege.send("get", &format!("{path}?{name}={value}"), &[], Vec::new()).await;
            }
        }
        for value in OTHERS {
            let query = NAMES.map(|name| format!("{name}={value}")).join("&");
            siege.send("get", &format!("{path}?{query}"), &[], Vec::new()).await;
        }
        for query in ["cursor=1&cursor=1", "limit=1&limit=2", "&&==&", "q", "%=%", "no_such_thing=1", "q=%00"]
        {
            siege.send("get", &format!("{path}?{query}"), &[], Vec::new()).await;
        }
        siege.send("get", &format!("{path}?q={long}"), &[], Vec::new()).await;
    }
    siege.end();
}

#[tokio::test]
async fn lists_refuse_lengths_and_cursors_that_are_not_theirs() {
    let mut siege = Siege::begin().await;
    let lists = [
        "/api/v1/conferences",
        "/api/v1/courses",
        "/api/v1/users",
        "/api/v1/tokens",
        "/api/v1/audit",
        "/api/v1/inbox",
        "/api/v1/courses/1/roster",
        "/api/v1/conferences/1/recordings",
        "/api/v1/conferences/1/attendance",
        "/api/v1/conferences/1/chat",
        "/api/v1/conferences/1/files",
    ];
    for list in lists {
        siege.expect(&[200], ("get", list, &[], Vec::new())).await;
        for query in [
            "limit=0",
            "limit=-1",
            "limit=201",
            "limit=x",
            "limit=1e2",
            "cursor=x",
            "cursor=1__2",
            "cursor=1&cursor=1",
        ] {
            siege.expect(&[422], ("get", &format!("{list}?{query}"), &[], Vec::new())).await;
        }
    }
    siege.end();
}

#[tokio::test]
async fn ranges_and_conditions_that_mean_nothing_break_nothing() {
    let mut siege = Siege::begin().await;
    let paths = ["/recordings/1/content", "/recordings/1/download", "/api/v1/recordings/1/content"];
    let ranges = [
        "bytes=",
        "bytes=-",
        "bytes=5",
        "bytes=9-1",
        "bytes=1000-",
        "bytes=-0",
        "bytes=a-b",
        "bytes=0-0,2-3",
        "x=0-1",
        "bytes=99999999999999999999-",
        "bytes=0-99999999999999999999",
        "bytes=-99999999999999999999",
        "bytes 0-1",
        "bytes=0-1,,,,",
        "bytes=-1-2",
        "\u{7f}",
        "BYTES=0-1",
    ];
    for path in paths {
        for range in ranges {
            for method in ["get", "head"] {
                if axum::http::HeaderValue::from_str(range).is_ok() {
                    siege.expect(&[200, 206, 416], (method, path, &[("range", range)], Vec::new())).await;
                }
            }
        }
        for (name, value) in [
            ("if-none-match", "nonsense"),
            ("if-none-match", "\"\u{e9}"),
            ("if-match", "\"other\""),
            ("if-range", "x"),
            ("if-modified-since", "yesterday"),
            ("if-unmodified-since", "Mon, 32 Foo 99999 99:99:99 GMT"),
            ("accept", "\u{e9}"),
            ("accept-encoding", ";;;q=x"),
            ("cookie", "onrecord_session=\u{e9}; ;;="),
            ("content-length", "0"),
            ("x-forwarded-for", "::::,999.1.1.1"),
            ("x-request-id", "\u{e9}"),
            ("origin", "\u{e9}"),
            ("sec-fetch-site", "\u{e9}"),
        ] {
            siege.send("get", path, &[(name, value)], Vec::new()).await;
        }
    }
    siege.end();
}

#[tokio::test]
async fn forms_that_no_page_sends_break_nothing() {
    let mut siege = Siege::begin().await;
    let names = [
        "reason",
        "email",
        "name",
        "role",
        "title",
        "code",
        "term",
        "course_id",
        "time_zone",
        "date",
        "start_time",
        "end_time",
        "password",
        "current_password",
        "meeting_id",
        "scope",
        "expires_days",
        "published",
        "theme",
        "tenant_id",
        "client_id",
        "service_accounts",
        "lawful_basis",
        "kinds",
        "learners_see_chat",
    ];
    let all = |value: &str| names.map(|name| format!("{name}={value}")).join("&");
    let mut bodies: Vec<Vec<u8>> =
        ["", "x", "1", "-1", "%00", "%ff", "1e99", "%F0%9F%92%A9", "%0d%0aSet-Cookie:x"]
            .iter()
            .map(|value| all(value).into_bytes())
            .collect();
    bodies.push(vec![0xff, 0xfe, b'=', 0]);
    bodies.push(b"&&&===%%%".to_vec());
    bodies.push(format!("{0}&{0}", all("2")).into_bytes());
    bodies.push(all(&"9".repeat(5_000)).into_bytes());
    // What signs somebody out or disables them would end the siege.
    let ending = ["/logout", "/admin/users/{id}/disable"];
    for route in ROUTES.iter().filter(|route| route.method == "post" && !ending.contains(&route.path)) {
        if route.path.starts_with("/api/") {
            continue;
        }
        let path = siege.real(route);
        for body in &bodies {
            siege.send("post", &path, &[FORM], body.clone()).await;
        }
        siege.send("post", &path, &[("content-type", "multipart/form-data")], b"x".to_vec()).await;
        let parts = ("content-type", "multipart/form-data; boundary=b");
        for parts_body in [
            &b"--b"[..],
            b"--b\r\n\r\n",
            b"--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n\xff,\0\r\n--b--\r\n",
        ] {
            siege.send("post", &path, &[parts], parts_body.to_vec()).await;
        }
        let huge = format!("reason={}", "a".repeat(40 * 1024 * 1024));
        siege.send("post", &path, &[FORM], huge.into_bytes()).await;
    }
    siege.end();
}

#[tokio::test]
async fn a_time_that_the_clocks_skip_is_named() {
    let siege = Siege::begin().await;
    let body = json!({
        "title": "Night watch", "course_id": 1, "time_zone": "Europe/Berlin",
        "time_slots": [{ "date": "2027-03-28", "start_time": "02:30", "end_time": "04:00" }],
    });
    let answer =
        siege.lecture.person(ADMIN).await.post("/api/v1/conferences", &body).await.expect(422).json();
    assert_eq!(answer["errors"][0]["field"], "time_slots[0].start_time", "{answer}");
}
