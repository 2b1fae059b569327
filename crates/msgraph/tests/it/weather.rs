//! Bad weather: throttling, dropped connections, foreign links, refused tokens, pages of gateways.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use msgraph::{DriveDeltaFrom, Error, EventPatch, Lane, Lanes, Link, Next, Paused, Permit, RetryPolicy};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::server::{Answer, Server};

const USER: &str = "/v1.0/users/u";

#[tokio::test]
async fn a_throttled_call_is_repeated_after_the_time_told() {
    let graph = Server::start().await;
    graph.on(USER, |_, nth| match nth {
        0 => Answer::error(429, "TooManyRequests").with("retry-after", "0"),
        _ => Answer::json(r#"{"id":"u"}"#),
    });
    assert_eq!(graph.client().user("u").await.expect("a user").id, "u");
    assert_eq!(graph.seen().len(), 2);
}

#[tokio::test]
async fn a_long_wait_is_given_back_to_the_caller_in_seconds_and_as_date() {
    let graph = Server::start().await;
    graph.on(USER, |_, _| Answer::error(429, "TooManyRequests").with("retry-after", "120"));
    let error = graph.client().user("u").await.expect_err("throttled");
    assert!(matches!(error, Error::Throttled { .. }));
    assert_eq!(error.retry_after(), Some(Duration::from_mins(2)));

    graph.on("/v1.0/users/v", |_, _| {
        Answer::error(503, "serviceNotAvailable")
            .with("date", "Sat, 21 Nov 2026 09:00:00 GMT")
            .with("retry-after", "Sat, 21 Nov 2026 09:05:00 GMT")
    });
    let error = graph.client().user("v").await.expect_err("unavailable");
    assert!(matches!(error, Error::Upstream { status: 503, .. }) && error.is_retryable());
    assert_eq!(error.retry_after(), Some(Duration::from_mins(5)));
    assert_eq!(graph.seen().len(), 2, "no request may be wasted on a service that asked for silence");
}

#[tokio::test]
async fn attempts_are_bounded_and_bad_requests_not_repeated() {
    let graph = Server::start().await;
    graph.on(USER, |_, _| Answer::of(502, "<html>Bad gateway</html>"));
    let error = graph.client().user("u").await.expect_err("bad gateway");
    assert!(matches!(error, Error::Upstream { status: 502, .. }));
    assert_eq!(graph.seen().len(), 3);

    graph.on("/v1.0/users/w", |_, _| Answer::error(400, "BadRequest"));
    assert!(graph.client().user("w").await.is_err());
    assert_eq!(graph.seen_at("/v1.0/users/w").len(), 1);
}

#[tokio::test]
async fn a_body_that_breaks_off_or_is_html_is_asked_for_again() {
    let graph = Server::start().await;
    graph.on(USER, |_, nth| match nth {
        0 => Answer::json(r#"{"id":"u","displayName":"Ada"}"#).cut_at(12),
        1 => Answer::of(200, "<html>proxy says hello</html>").with("content-type", "text/html"),
        _ => Answer::json(r#"{"id":"u"}"#),
    });
    assert!(graph.client().user("u").await.is_ok());
    assert_eq!(graph.seen().len(), 3);

    graph.on("/v1.0/users/v", |_, _| Answer::of(200, "<html>proxy says hello</html>"));
    let error = graph.client().user("v").await.expect_err("HTML");
    assert!(matches!(error, Error::BrokenBody { .. }) && !error.to_string().contains("hello"), "{error}");
}

#[tokio::test]
async fn a_call_that_must_not_happen_twice_is_not_repeated_unless_it_surely_did_not_happen() {
    let graph = Server::start().await;
    let path = "/v1.0/users/m/events/e/cancel";
    graph.on(path, |_, _| Answer::of(504, ""));
    assert!(graph.client().cancel_event("m", "e", "no class").await.is_err());
    assert_eq!(graph.seen_at(path).len(), 1);

    let path = "/v1.0/users/m/events/f/cancel";
    graph.on(
        path,
        |_, nth| {
            if nth == 0 { Answer::of(429, "").with("retry-after", "0") } else { Answer::of(202, "") }
        },
    );
    assert!(graph.client().cancel_event("m", "f", "no class").await.is_ok());
    assert_eq!(graph.seen_at(path).len(), 2);

    let path = "/v1.0/users/m/events/g";
    graph.on(path, |_, _| Answer::of(500, ""));
    let change = EventPatch { if_match: Some("W/\"1\"".to_owned()), ..EventPatch::default() };
    assert!(graph.client().patch_event("m", "g", &change).await.is_err());
    assert_eq!(graph.seen_at(path).len(), 1);
    assert_eq!(graph.seen_at(path)[0].header("if-match"), Some("W/\"1\""));
}

#[tokio::test]
async fn one_sign_in_serves_many_calls_at_once() {
    let graph = Server::start().await;
    graph.on(USER, |_, _| Answer::json(r#"{"id":"u"}"#));
    let client = graph.client();
    let all = join_all((0..20).map(|_| client.user("u"))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(graph.sign_ins(), 1);
    let form = &graph.seen_at("/tenant/oauth2/v2.0/token")[0].body;
    assert!(
        form.contains("scope=https%3A%2F%2Fgraph.microsoft.com%2F.default")
            && form.contains("client_secret=hush%7Ehush%2B1"),
        "{form}"
    );
}

#[tokio::test]
async fn a_refused_token_is_renewed_exactly_once() {
    let graph = Server::start().await;
    graph.on(USER, |seen, _| match seen.header("authorization") {
        Some("Bearer token-1") => Answer::error(401, "InvalidAuthenticationToken"),
        _ => Answer::json(r#"{"id":"u"}"#),
    });
    assert!(graph.client().user("u").await.is_ok());
    assert_eq!((graph.sign_ins(), graph.seen().len()), (2, 2));

    graph.on("/v1.0/users/v", |_, _| Answer::error(401, "InvalidAuthenticationToken"));
    let error = graph.client().user("v").await.expect_err("refused");
    assert!(matches!(error, Error::Unauthorized { .. }));
    assert_eq!(graph.seen_at("/v1.0/users/v").len(), 2);
}

#[tokio::test]
async fn a_wrong_secret_is_named_by_its_number_and_shared_by_those_who_wait() {
    let graph = Server::start().await;
    graph.on("/tenant/oauth2/v2.0/token", |_, _| {
        let text = "AADSTS7000215: Invalid client secret 'hush~hush+1' provided. Trace ID: 1";
        Answer::of(
            401,
            format!(r#"{{"error":"invalid_client","error_description":"{text}","error_codes":[7000215]}}"#),
        )
    });
    let client = graph.client();
    let all = join_all((0..5).map(|_| client.user("u"))).await;
    for outcome in all {
        let error = outcome.expect_err("no token");
        assert!(matches!(error, Error::Token { aadsts: Some(7_000_215), status: 401, .. }), "{error:?}");
        assert!(!format!("{error}{error:?}").contains("hush"));
    }
    assert_eq!((graph.sign_ins(), graph.seen().len()), (1, 0));
}

#[tokio::test]
async fn pages_are_followed_as_they_come_and_never_to_another_server() {
    let graph = Server::start().await;
    let foreign = Server::start().await;
    let path = "/v1.0/chats/19%3Am%40thread.v2/messages";
    let next = graph.at("/v1.0/chats/19:m@thread.v2/messages?$skiptoken=a%2Fb");
    graph.on(path, move |_, _| {
        Answer::json(&format!(r#"{{"value":[{{"id":"1"}}],"@odata.nextLink":"{next}"}}"#))
    });
    graph.on("/v1.0/chats/19:m@thread.v2/messages", |_, _| Answer::json(r#"{"value":[{"id":"2"}]}"#));
    let messages = graph.client().chat_messages("19:m@thread.v2", None).await.expect("two pages");
    assert_eq!(messages.iter().map(|message| message.id.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    let second = &graph.seen()[1];
    assert_eq!(second.query, "$skiptoken=a%2Fb");
    assert_eq!(
        second.header("prefer"),
        Some("include-unknown-enum-members"),
        "the same preferences on every page"
    );

    let away = foreign.at("/v1.0/steal?$skiptoken=1");
    graph.on(path, move |_, _| Answer::json(&format!(r#"{{"value":[],"@odata.nextLink":"{away}"}}"#)));
    let error = graph.client().chat_messages("19:m@thread.v2", None).await.expect_err("foreign");
    assert!(matches!(error, Error::ForeignLink { .. }));
    assert!(foreign.seen().is_empty(), "nothing may reach the other server");
}

#[tokio::test]
async fn a_list_that_names_itself_as_next_page_ends() {
    let graph = Server::start().await;
    let path = "/v1.0/users/u/licenseDetails";
    let again = graph.at(path);
    graph.on(path, move |_, _| Answer::json(&format!(r#"{{"value":[],"@odata.nextLink":"{again}"}}"#)));
    let error = graph.client().license_details("u").await.expect_err("endless");
    assert!(matches!(error, Error::TooManyPages { .. }));
    assert_eq!(graph.seen().len(), 2);
}

#[tokio::test]
async fn a_delta_hands_out_its_cursor_page_by_page_and_starts_again_where_graph_says() {
    let graph = Server::start().await;
    let path = "/v1.0/drives/d/root/delta";
    let (more, done) = (graph.at("/v1.0/more?$skiptoken=1"), graph.at("/v1.0/done?token=2"));
    graph.on(path, move |_, _| {
        Answer::json(&format!(r#"{{"value":[{{"id":"a"}}],"@odata.nextLink":"{more}"}}"#))
    });
    graph.on("/v1.0/more", move |_, _| {
        Answer::json(&format!(r#"{{"value":[],"@odata.deltaLink":"{done}"}}"#))
    });
    let client = graph.client();
    let first = client.drive_delta("d", DriveDeltaFrom::Everything).await.expect("a page");
    assert_eq!((first.items.len(), first.next.is_done()), (1, false));
    let last = client.drive_delta("d", DriveDeltaFrom::Link(first.next.link())).await.expect("a page");
    assert!(matches!(last.next, Next::Done(ref link) if link.as_str().ends_with("/v1.0/done?token=2")));

    let fresh = graph.at("/v1.0/fresh");
    graph.on("/v1.0/done", move |_, _| Answer::error(410, "resyncRequired").with("location", fresh.clone()));
    let gone = client.drive_delta("d", DriveDeltaFrom::Link(last.next.link())).await.expect_err("gone");
    let Error::Gone { location: Some(location), .. } = gone else { panic!("{gone:?}") };
    assert!(location.as_str().ends_with("/v1.0/fresh"));

    graph.on("/v1.0/done", |_, _| {
        Answer::error(410, "resyncRequired").with("location", "https://evil.example/x")
    });
    let gone = client.drive_delta("d", DriveDeltaFrom::Link(last.next.link())).await.expect_err("gone");
    assert!(matches!(gone, Error::Gone { location: None, .. }), "a foreign place to start again is none");

    let stored = Link::from_stored("https://evil.example/v1.0/x");
    let foreign = client.drive_delta("d", DriveDeltaFrom::Link(&stored)).await.expect_err("foreign");
    assert!(matches!(foreign, Error::ForeignLink { .. }));
}

#[derive(Debug, Default)]
struct ClosedLanes {
    asked: Mutex<Vec<String>>,
    told: Mutex<Vec<(String, Duration)>>,
    closed: bool,
}

#[async_trait]
impl Lanes for ClosedLanes {
    async fn enter(&self, lane: &Lane) -> Result<Permit, Paused> {
        self.asked.lock().expect("not poisoned").push(lane.key());
        if self.closed { Err(Paused { retry_after: Duration::from_secs(77) }) } else { Ok(Permit::free()) }
    }

    async fn throttled(&self, lane: &Lane, wait: Duration) {
        self.told.lock().expect("not poisoned").push((lane.key(), wait));
    }
}

#[tokio::test]
async fn every_call_asks_its_lane_and_reports_every_throttling() {
    let graph = Server::start().await;
    let lanes = Arc::new(ClosedLanes { closed: true, ..ClosedLanes::default() });
    let client = graph.builder().lanes(Arc::clone(&lanes) as Arc<dyn Lanes>).build().expect("a client");
    let error = client.calendar("m@x").await.expect_err("closed");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(77)));
    assert_eq!(*lanes.asked.lock().expect("not poisoned"), ["mailbox:m@x"]);
    assert!(graph.seen().is_empty());

    let lanes = Arc::new(ClosedLanes::default());
    let client = graph.builder().lanes(Arc::clone(&lanes) as Arc<dyn Lanes>).build().expect("a client");
    graph.on("/v1.0/chats/t", |_, _| Answer::error(429, "TooManyRequests").with("retry-after", "33"));
    assert!(client.chat("t").await.is_err());
    assert_eq!(*lanes.told.lock().expect("not poisoned"), [("chat:t".to_owned(), Duration::from_secs(33))]);
}

#[tokio::test]
async fn nobody_listening_is_said_plainly_and_without_the_address() {
    let graph = Server::start().await;
    let nowhere = Url::parse("http://127.0.0.1:9").expect("a valid URL");
    let policy = RetryPolicy { max_attempts: 1, ..RetryPolicy::default() };
    let client = graph.builder().graph_url(nowhere).retry(policy).build().expect("a client");
    let error = client.user("u").await.expect_err("nobody there");
    assert!(matches!(error, Error::Unreachable { .. }) && error.is_retryable(), "{error:?}");
    assert!(!format!("{error}{error:?}").contains("http://"));
}

#[tokio::test]
async fn every_request_carries_an_id_and_errors_tell_both() {
    let graph = Server::start().await;
    graph.on(USER, |seen, _| {
        let id = seen.header("client-request-id").unwrap_or_default();
        Answer::error(404, "Request_ResourceNotFound")
            .with("request-id", "server-1")
            .with("client-request-id", id)
    });
    let error = graph.client().user("u").await.expect_err("missing");
    let seen = &graph.seen()[0];
    assert_eq!(seen.header("return-client-request-id"), Some("true"));
    assert!(seen.header("user-agent").is_some_and(|agent| agent.starts_with("NONISV|OnRecord|OnRecord/")));
    let ids = error.request_ids().expect("ids");
    assert_eq!(ids.request_id.as_deref(), Some("server-1"));
    assert_eq!(ids.client_request_id.as_deref(), seen.header("client-request-id"));
}

#[tokio::test]
async fn a_silent_server_is_a_timeout() {
    let graph = Server::start().await;
    graph.on(USER, |_, _| Answer::json(r#"{"id":"u"}"#).silent_at(3));
    let twice = RetryPolicy { max_attempts: 2, ..RetryPolicy::default() };
    // Long enough for a busy machine to bring each request to the server.
    let client =
        graph.builder().request_timeout(Duration::from_secs(1)).retry(twice).build().expect("a client");
    let error = client.user("u").await.expect_err("silence");
    assert!(matches!(error, Error::Timeout { .. }) && error.is_retryable(), "{error:?}");
    assert_eq!(graph.seen().len(), 2);
}

/// Reads a request, answers 407 and returns what it was asked.
async fn grumpy(stream: &mut TcpStream) -> String {
    let mut asked = Vec::new();
    while !asked.ends_with(b"\r\n\r\n") {
        let read = stream.read_buf(&mut asked).await.expect("a request");
        assert!(read > 0, "the request ends");
    }
    let answer = b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(answer).await.expect("an answer");
    String::from_utf8(asked).expect("text")
}

#[tokio::test]
async fn a_proxy_is_asked_for_a_tunnel_and_a_refusal_is_told_without_its_password() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let proxy = format!("http://school:pa%40ss@{}", listener.local_addr().expect("an address"));
    let graph = Server::start().await;
    let client = graph
        .builder()
        .graph_url(Url::parse("https://graph.example").expect("a valid URL"))
        .proxy(Url::parse(&proxy).expect("a valid URL"))
        .retry(RetryPolicy { max_attempts: 1, ..RetryPolicy::default() })
        .build()
        .expect("a client");
    assert!(client.openid_configuration().await.is_err(), "nothing is played there");
    assert_eq!(graph.seen().len(), 1, "loopback needs no proxy");
    for is_download in [false, true] {
        let call = async {
            if is_download {
                client.drive_content("d", "i", 0, None).await.map(drop)
            } else {
                client.user("u").await.map(drop)
            }
        };
        let proxy = async {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            grumpy(&mut stream).await
        };
        let (outcome, asked) = tokio::join!(call, proxy);
        let error = outcome.expect_err("refused by the proxy");
        assert!(matches!(error, Error::Unreachable { .. }), "{error:?}");
        assert!(!format!("{error}{error:?}").contains("ss@"));
        assert!(asked.starts_with("CONNECT graph.example:443 "), "{asked}");
        assert!(asked.to_ascii_lowercase().contains("proxy-authorization: basic"), "{asked}");
        assert!(asked.contains("c2Nob29sOnBhQHNz") && !asked.contains("token-1"), "{asked}");
    }
}
