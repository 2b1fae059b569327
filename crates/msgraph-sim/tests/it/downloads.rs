//! The download port: true hashes, ranges, signatures, broken lines, and files that are really MP4.

use std::time::Duration;

use base64::Engine as _;
use msgraph_sim::HoldRequest;
use reqwest::Method;
use serde_json::{Value, json};

use crate::given::{Class, Given, encode, text};

async fn recorded(request: HoldRequest) -> (Given, Class, Value) {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    let held = given.hold(&class, request);
    let recording = &held.recordings[0];
    let path = format!(
        "/v1.0/drives/{}/items/{}",
        encode(recording.drive_id.as_ref().unwrap()),
        recording.item_id.as_ref().unwrap()
    );
    let item = given.ok(&path).await;
    (given, class, item)
}

/// quickXorHash as the documentation describes it: bit by bit.
fn slow_hash(data: &[u8]) -> String {
    let mut register = [0_u8; 20];
    for (index, byte) in data.iter().enumerate() {
        for bit in 0..8 {
            let position = (index * 11 + bit) % 160;
            register[position / 8] ^= ((byte >> bit) & 1) << (position % 8);
        }
    }
    for (part, byte) in register[12..].iter_mut().zip((data.len() as u64).to_le_bytes()) {
        *part ^= byte;
    }
    base64::engine::general_purpose::STANDARD.encode(register)
}

#[tokio::test]
async fn content_redirects_to_another_port_and_the_hash_is_true() {
    let (given, _, item) =
        recorded(HoldRequest { size_bytes: Some(3_000_000), ..HoldRequest::default() }).await;
    let drive = text(&item["parentReference"]["driveId"]);
    let path = format!("/v1.0/drives/{drive}/items/{}/content", text(&item["id"]));
    let redirect = given.request(Method::GET, &path).send().await.unwrap();
    assert_eq!(redirect.status(), 302);
    let location = redirect.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with(&given.sim.download_url()) && location.contains("tempauth="));
    let bytes = given.http.get(&location).send().await.unwrap().bytes().await.unwrap();
    assert_eq!(json!(bytes.len()), item["size"]);
    assert_eq!(item["file"]["hashes"]["quickXorHash"], slow_hash(&bytes));
    let logged = given.sim.requests().into_iter().find(|one| one.port == "download").unwrap();
    assert_eq!(logged.query, None);
}

#[tokio::test]
async fn ranges_are_exact_and_a_token_is_refused() {
    let (given, _, item) = recorded(HoldRequest::default()).await;
    let url = text(&item["@microsoft.graph.downloadUrl"]);
    let whole = given.http.get(&url).send().await.unwrap().bytes().await.unwrap();
    let size = whole.len();
    for (range, first, end) in [
        ("bytes=0-0", 0, 1),
        ("bytes=1000-1999", 1000, 2000),
        ("bytes=-5", size - 5, size),
        ("bytes=99-", 99, size),
    ] {
        let part = given.http.get(&url).header("range", range).send().await.unwrap();
        assert_eq!(part.status(), 206);
        assert_eq!(part.headers()["content-range"], format!("bytes {first}-{}/{size}", end - 1));
        assert_eq!(part.bytes().await.unwrap(), whole.slice(first..end), "{range}");
    }
    let beyond = given.http.get(&url).header("range", format!("bytes={size}-")).send().await.unwrap();
    assert_eq!(
        (beyond.status().as_u16(), beyond.headers()["content-range"].to_str().unwrap()),
        (416, format!("bytes */{size}").as_str())
    );
    let head = given.http.head(&url).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], size.to_string());
    assert_eq!(given.request(Method::GET, &url).send().await.unwrap().status(), 401);
    assert_eq!(given.http.get(url.replace("v1.", "v1.9")).send().await.unwrap().status(), 401);
    given.sim.advance(Duration::from_secs(3601));
    assert_eq!(given.http.get(&url).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn lines_break_bytes_lie_and_ranges_are_ignored_on_demand() {
    let (given, _, item) = recorded(HoldRequest::default()).await;
    let url = text(&item["@microsoft.graph.downloadUrl"]);
    given.sim.add_fault(&json!({ "path": "/download/", "cut_after": 70_000, "times": 1 })).unwrap();
    let mut answer = given.http.get(&url).send().await.unwrap();
    let mut got = 0;
    let broken = loop {
        match answer.chunk().await {
            Ok(Some(chunk)) => got += chunk.len(),
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken && got == 70_000, "broken: {broken}, after {got} bytes");
    given.sim.add_fault(&json!({ "path": "/download/", "ignore_range": true, "times": 1 })).unwrap();
    assert_eq!(given.http.get(&url).header("range", "bytes=5-9").send().await.unwrap().status(), 200);
    given.sim.add_fault(&json!({ "path": "/download/", "wrong_bytes": true, "times": 1 })).unwrap();
    let wrong = given.http.get(&url).send().await.unwrap().bytes().await.unwrap();
    assert_ne!(item["file"]["hashes"]["quickXorHash"], slow_hash(&wrong));
}

/// The boxes of one level.
fn boxes(mut data: &[u8]) -> Vec<(String, &[u8])> {
    let mut found = Vec::new();
    while data.len() >= 8 {
        let size = u32::from_be_bytes(data[..4].try_into().unwrap()) as usize;
        found.push((String::from_utf8_lossy(&data[4..8]).into_owned(), &data[8..size]));
        data = &data[size..];
    }
    assert!(data.is_empty(), "boxes fill the file exactly");
    found
}

fn inside<'d>(data: &'d [u8], path: &[&str]) -> &'d [u8] {
    path.iter().fold(data, |at, name| {
        boxes(at).into_iter().find(|(kind, _)| kind == name).unwrap_or_else(|| panic!("no {name}")).1
    })
}

fn word(data: &[u8], at: usize) -> u32 {
    u32::from_be_bytes(data[at..at + 4].try_into().unwrap())
}

#[tokio::test]
async fn recordings_are_mp4_files_whose_tables_point_at_real_samples() {
    for length_s in [1, 65, 4 * 3600] {
        let (given, _, item) =
            recorded(HoldRequest { length_s: Some(length_s), ..HoldRequest::default() }).await;
        let file = given
            .http
            .get(text(&item["@microsoft.graph.downloadUrl"]))
            .send()
            .await
            .unwrap()
            .bytes()
            .await
            .unwrap();
        let duration = word(inside(&file, &["moov", "mvhd"]), 16);
        assert_eq!(item["video"]["duration"], duration);
        let tracks: Vec<&[u8]> = boxes(inside(&file, &["moov"]))
            .into_iter()
            .filter(|(kind, _)| kind == "trak")
            .map(|(_, body)| body)
            .collect();
        assert_eq!(tracks.len(), 2);
        for track in tracks {
            let table = inside(track, &["mdia", "minf", "stbl"]);
            let sizes = inside(table, &["stsz"]);
            let samples = word(sizes, 8) as usize;
            let media = inside(track, &["mdia", "mdhd"]);
            let seconds = f64::from(word(media, 16)) / f64::from(word(media, 12));
            assert!((seconds - f64::from(duration) / 1000.0).abs() < 0.2, "{seconds} s of {duration} ms");
            let offsets = inside(table, &["stco"]);
            let (runs, chunks) = (inside(table, &["stsc"]), word(offsets, 4) as usize);
            let mut sample = 0;
            for chunk in 1..=chunks {
                let run = (0..word(runs, 4) as usize)
                    .rev()
                    .find(|run| word(runs, 8 + run * 12) as usize <= chunk)
                    .unwrap();
                let mut end = word(offsets, 8 + (chunk - 1) * 4) as usize;
                for _ in 0..word(runs, 8 + run * 12 + 4) {
                    end += word(sizes, 12 + sample * 4) as usize;
                    sample += 1;
                }
                assert!(end <= file.len());
            }
            assert_eq!(sample, samples, "chunks hold every sample once");
        }
    }
}

#[tokio::test]
async fn a_gigabyte_is_measured_and_cut_without_being_made() {
    let size = 5 * 1024 * 1024 * 1024_u64;
    let (given, _, item) = recorded(HoldRequest { size_bytes: Some(size), ..HoldRequest::default() }).await;
    assert_eq!(item["size"], size);
    let tail = given
        .http
        .get(text(&item["@microsoft.graph.downloadUrl"]))
        .header("range", "bytes=-1000")
        .send()
        .await
        .unwrap();
    assert_eq!(tail.headers()["content-range"], format!("bytes {}-{}/{size}", size - 1000, size - 1));
    assert_eq!(tail.bytes().await.unwrap().len(), 1000);
}
