//! The archive in real object storage: an S3 server and an Azure Blob server on this machine, where `./test` has started
//! them (`ONRECORD_TEST_S3`, `ONRECORD_TEST_AZURE`: their addresses). Elsewhere these tests do nothing; the same flow over
//! storage in memory is in `archive_faults`.

use onrecord::ops::keep;
use serde_json::json;

use crate::archive::recorded;
use crate::school::School;

/// Azurite's and moto's own well-known keys: they open nothing but the emulators.
const AZURE_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not of the product")]
fn server(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|address| !address.is_empty())
}

/// The smallest part that S3 takes.
const PARTS: (&str, &str) = ("ONRECORD_ARCHIVE_PART_KIB", "5120");

/// A recording of several parts is copied, broken off, resumed in another process, served, damaged, found and copied anew.
async fn flow(settings: &[(&str, &str)]) {
    let school = School::with(settings).await;
    school.world.app.bucket.probe().await.expect("the storage works");
    let (_, id, whole) = recorded(&school, "Zellen & Gewebe – আণবিক", 12_000_000).await;
    let fault = |fault: serde_json::Value| school.world.sim.add_fault(&fault).expect("a fault");
    fault(json!({ "path": "/download/", "cut_after": 8_000_000, "times": 1 }));
    fault(json!({ "path": "/download/", "status": 403, "after": 1, "times": 8 }));
    keep::copy(&school.world.app, id).await.expect_err("it broke off");
    school.world.sim.clear_faults();
    school.world.sim.clear_requests();
    let world = school.world.restarted();
    keep::copy(&world.app, id).await.expect("it goes on");
    let resumed = school.world.sim.requests().into_iter().any(|request| request.status == 206);
    assert!(resumed, "it began anew");
    let path = format!("/api/v1/recordings/{id}");
    let shown = school.read("admin@contoso.example", &path).await;
    assert_eq!(shown["safety"], json!("verified"), "{shown}");
    let learner = school.world.sign_in("learner@contoso.example").await;
    assert_eq!(learner.get(&format!("/recordings/{id}/content")).await.expect(200).body, whole);
    assert!(keep::verify(&school.world.app, |_| {}).await.expect("a run").ok);
    let key = shown["archive_key"].as_str().expect("a key");
    school.world.app.bucket.put(key, whole[..9_000_000].to_vec().into()).await.expect("spoilt");
    let report = keep::verify(&school.world.app, |_| {}).await.expect("a run");
    assert_eq!(report.damaged.len(), 1, "{report:?}");
    keep::copy(&school.world.app, id).await.expect("copied anew");
    assert!(keep::verify(&school.world.app, |_| {}).await.expect("a run").ok);
}

#[tokio::test]
async fn a_recording_is_kept_in_s3() {
    let Some(address) = server("ONRECORD_TEST_S3") else { return };
    let url = format!("s3://onrecord-test/{}", uuid::Uuid::new_v4());
    flow(&[
        PARTS,
        ("ONRECORD_ARCHIVE_URL", &url),
        ("AWS_ENDPOINT_URL", &address),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ])
    .await;
}

#[tokio::test]
async fn a_recording_is_kept_in_azure_blob() {
    let Some(address) = server("ONRECORD_TEST_AZURE") else { return };
    let url = format!("az://onrecord-test/{}", uuid::Uuid::new_v4());
    let endpoint = format!("{address}/devstoreaccount1");
    flow(&[
        PARTS,
        ("ONRECORD_ARCHIVE_URL", &url),
        ("AZURE_STORAGE_ENDPOINT", &endpoint),
        ("AZURE_STORAGE_ACCOUNT_NAME", "devstoreaccount1"),
        ("AZURE_STORAGE_ACCOUNT_KEY", AZURE_KEY),
    ])
    .await;
}
