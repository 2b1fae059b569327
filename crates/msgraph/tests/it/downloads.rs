//! Downloads: without the token, from any position, through every interruption.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use msgraph::{Client, Content, Error, QuickXorHash};

use crate::server::{Answer, Seen, Server};

const CONTENT: &str = "/v1.0/drives/d/items/i/content";

fn file() -> Vec<u8> {
    (0..300_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

/// Graph, its download origin, and a client.
struct Set {
    graph: Server,
    storage: Server,
    client: Client,
}

/// The first URL is `/f?tempauth=1`, the next `/f?tempauth=2`, and so on.
async fn set(play: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Set {
    let (graph, storage) = (Server::start().await, Server::start().await);
    let base = storage.at("/f?tempauth=");
    graph.on(CONTENT, move |_, nth| Answer::of(302, "").with("location", format!("{base}{}", nth + 1)));
    storage.on("/f", play);
    let client = graph.client();
    Set { graph, storage, client }
}

async fn read(content: Content) -> Result<Vec<u8>, Error> {
    content
        .stream
        .try_fold(Vec::new(), |mut all, chunk| async move {
            all.extend_from_slice(&chunk);
            Ok(all)
        })
        .await
}

#[tokio::test]
async fn the_token_never_reaches_the_download_origin_and_the_range_only_it() {
    let set = set(|seen, _| Answer::file(&file(), seen).with("etag", "\"v1\"")).await;
    let content = set.client.drive_content("d", "i", 1_000, Some(5_000)).await.expect("a file");
    assert_eq!((content.total_size, content.start, content.length), (Some(300_000), 1_000, Some(5_000)));
    assert_eq!(content.etag.as_deref(), Some("\"v1\""));
    assert_eq!(read(content).await.expect("bytes"), file()[1_000..6_000]);
    let (asked, got) = (&set.graph.seen()[0], &set.storage.seen()[0]);
    assert!(asked.header("authorization").is_some() && asked.header("range").is_none());
    assert!(got.header("authorization").is_none());
    assert_eq!(got.header("range"), Some("bytes=1000-5999"));
    assert_eq!(got.header("accept-encoding"), Some("identity"));
}

#[tokio::test]
async fn a_broken_stream_goes_on_at_the_byte_reached() {
    let set = set(|seen, nth| {
        let answer = Answer::file(&file(), seen);
        if nth < 6 { answer.cut_at(40_000) } else { answer }
    })
    .await;
    let content = set.client.drive_content("d", "i", 0, None).await.expect("a file");
    assert_eq!(content.length, Some(300_000));
    let bytes = read(content).await.expect("the whole file");
    let (mut got, mut real) = (QuickXorHash::new(), QuickXorHash::new());
    got.update(&bytes);
    real.update(&file());
    assert_eq!(got.finish(), real.finish());
    assert_eq!(set.graph.seen().len(), 1, "a URL that works is kept");
    assert_eq!(set.storage.seen().len(), 7);
}

#[tokio::test]
async fn a_url_that_is_over_is_replaced_in_the_middle_of_a_stream() {
    for status in [401, 403, 404, 410] {
        let set = set(move |seen, nth| match nth {
            0 => Answer::file(&file(), seen).cut_at(100_000),
            _ if seen.query.ends_with("tempauth=1") => Answer::of(status, "expired"),
            _ => Answer::file(&file(), seen),
        })
        .await;
        let content = set.client.drive_content("d", "i", 5, None).await.expect("a file");
        assert_eq!(read(content).await.expect("the whole file"), file()[5..], "{status}");
        assert_eq!(set.graph.seen().len(), 2);
    }
}

#[tokio::test]
async fn a_handle_serves_many_ranges_with_one_url() {
    let set = set(|seen, _| Answer::file(&file(), seen)).await;
    let handle = set.client.drive_download("d", "i");
    for from in [0, 100_000, 299_999] {
        let content = handle.open(from, Some(50_000)).await.expect("a range");
        let end = (from as usize + 50_000).min(300_000);
        assert_eq!(read(content).await.expect("bytes"), file()[from as usize..end]);
    }
    assert_eq!((set.graph.seen().len(), set.storage.seen().len()), (1, 3));
    let behind = handle.open(300_000, None).await.expect_err("behind the end");
    assert!(matches!(behind, Error::Unsatisfiable { total_size: Some(300_000) }), "{behind:?}");
    assert!(matches!(handle.open(0, Some(0)).await, Err(Error::Invalid { .. })));
    assert!(!format!("{handle:?}").contains("tempauth"));
}

#[tokio::test]
async fn many_openings_at_once_ask_for_one_url() {
    let set = set(|seen, _| Answer::file(&file(), seen)).await;
    let handle = set.client.drive_download("d", "i");
    let all = futures::future::join_all((0..16).map(|n| handle.open(n * 1_000, Some(10)))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(set.graph.seen().len(), 1);
}

#[tokio::test]
async fn a_server_that_ignores_ranges_is_read_by_skipping() {
    let set = set(|_, nth| {
        let answer = Answer::of(200, file());
        if nth == 0 { answer.cut_at(150_000) } else { answer }
    })
    .await;
    let content = set.client.drive_content("d", "i", 100_000, Some(100_000)).await.expect("a file");
    assert_eq!(content.length, Some(100_000));
    assert_eq!(read(content).await.expect("bytes"), file()[100_000..200_000]);
}

#[tokio::test]
async fn a_file_that_changes_meanwhile_is_an_error_and_not_a_mixture() {
    let by_etag = set(|seen, nth| {
        let answer = Answer::file(&file(), seen).with("etag", format!("\"v{nth}\""));
        if nth == 0 { answer.cut_at(50_000) } else { answer }
    })
    .await;
    let content = by_etag.client.drive_content("d", "i", 0, None).await.expect("a file");
    assert!(matches!(read(content).await, Err(Error::Changed { .. })));

    let by_size = set(|seen, nth| {
        if nth == 0 {
            Answer::file(&file(), seen).cut_at(50_000)
        } else {
            Answer::file(&file()[..200_000], seen)
        }
    })
    .await;
    let content = by_size.client.drive_content("d", "i", 0, None).await.expect("a file");
    assert!(matches!(read(content).await, Err(Error::Changed { .. })));
}

#[tokio::test]
async fn a_server_that_sends_nothing_more_is_given_up() {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let set = set(move |seen, nth| {
        counted.fetch_add(1, Ordering::SeqCst);
        Answer::file(&file(), seen).cut_at(if nth == 0 { 1_000 } else { 0 })
    })
    .await;
    let content = set.client.drive_content("d", "i", 0, None).await.expect("a file");
    let mut stream = content.stream;
    let mut read = 0;
    let error = loop {
        match stream.next().await {
            Some(Ok(chunk)) => read += chunk.len(),
            Some(Err(error)) => break error,
            None => panic!("ended without an error after {read} bytes"),
        }
    };
    assert_eq!(read, 1_000);
    assert!(error.is_retryable(), "{error:?}");
    assert!(count.load(Ordering::SeqCst) <= 10, "tries are bounded");
    assert!(!format!("{error}{error:?}").contains("tempauth"));
}

#[tokio::test]
async fn html_in_place_of_a_video_is_an_error_and_not_a_video() {
    let set = set(|_, _| Answer::of(200, "<html>Sign in</html>").with("content-type", "text/html")).await;
    let error = set.client.drive_content("d", "i", 0, None).await.expect_err("HTML");
    assert!(matches!(error, Error::BrokenBody { .. }), "{error:?}");
    assert!(set.storage.seen().len() <= 4);
}

#[tokio::test]
async fn a_missing_file_is_not_found_and_a_refused_one_forbidden() {
    let set = set(|_, _| Answer::error(403, "accessDenied")).await;
    let error = set.client.drive_content("d", "i", 0, None).await.expect_err("refused");
    assert!(matches!(error, Error::Forbidden { .. }), "{error:?}");
    set.graph.on(CONTENT, |_, _| Answer::error(404, "itemNotFound"));
    let error = set.client.drive_content("d", "i", 0, None).await.expect_err("missing");
    assert!(error.has_code("itemNotFound"));
}

#[tokio::test]
async fn a_download_over_plain_http_to_another_machine_is_refused() {
    let set = set(|seen, _| Answer::file(&file(), seen)).await;
    set.graph.on(CONTENT, |_, _| Answer::of(302, "").with("location", "http://192.0.2.1/f?tempauth=1"));
    let error = set.client.drive_content("d", "i", 0, None).await.expect_err("not confidential");
    assert!(matches!(error, Error::ForeignLink { .. }), "{error:?}");
}

#[tokio::test]
async fn a_recording_is_read_whether_teams_sends_it_or_redirects() {
    let graph = Server::start().await;
    let path = "/v1.0/users/5f/onlineMeetings/m/recordings/r/content";
    graph.on(path, |seen, nth| {
        let answer = Answer::file(&file(), seen).with("content-type", "video/mp4");
        if nth == 0 { answer.cut_at(70_000) } else { answer }
    });
    let content = graph.client().recording_content("5f", "m", "r").open(10, None).await.expect("a recording");
    assert_eq!(content.content_type.as_deref(), Some("video/mp4"));
    assert_eq!(read(content).await.expect("bytes"), file()[10..]);
    assert!(graph.seen().iter().all(|seen| seen.header("authorization").is_some()));

    let storage = Server::start().await;
    let place = storage.at("/r?sig=1");
    graph.on(path, move |_, _| Answer::of(302, "").with("location", place.clone()));
    storage.on("/r", |seen, _| Answer::file(&file(), seen));
    let content = graph.client().recording_content("5f", "m", "r").open(10, None).await.expect("a recording");
    assert_eq!(read(content).await.expect("bytes"), file()[10..]);
    assert!(storage.seen()[0].header("authorization").is_none());
}

#[tokio::test]
async fn an_empty_file_is_an_empty_stream() {
    let set = set(|_, _| Answer::of(200, "")).await;
    let content = set.client.drive_content("d", "i", 0, None).await.expect("an empty file");
    assert_eq!(content.length, Some(0));
    assert!(read(content).await.expect("no bytes").is_empty());
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_resumed() {
    let set = set(|seen, nth| {
        let answer = Answer::file(&file(), seen);
        if nth == 0 { answer.silent_at(90_000) } else { answer }
    })
    .await;
    let client = set.graph.builder().request_timeout(Duration::from_secs(1)).build().expect("a client");
    let content = client.drive_content("d", "i", 0, None).await.expect("a file");
    assert_eq!(read(content).await.expect("the whole file"), file());
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("not poisoned").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_every_request_and_no_secret() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("msgraph=trace")
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let set = set(|seen, nth| match nth {
        0 => Answer::file(&file(), seen).cut_at(20_000),
        1 => Answer::of(403, "<html>expired ?tempauth=1</html>"),
        _ => Answer::file(&file(), seen),
    })
    .await;
    let content = set.client.drive_content("d", "i", 0, None).await.expect("a file");
    assert!(read(content).await.is_ok());
    set.graph.on("/v1.0/shares/u!aHR0cHM6Ly94LnkvYS5tcDQ_cD0x/driveItem", |_, _| {
        Answer::error(404, "itemNotFound")
    });
    assert!(set.client.shared_item("https://x.y/a.mp4?p=1").await.is_err());

    let text = String::from_utf8(log.0.lock().expect("not poisoned").clone()).expect("text");
    assert!(text.contains("/v1.0/drives/d/items/i/content") && text.contains("127.0.0.1/…"), "{text}");
    assert!(text.contains("/v1.0/shares/…/driveItem"), "{text}");
    for secret in ["tempauth", "hush", "token-1", "Bearer", "aHR0c"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}
