//! Subscriptions: the handshake, the rules, and what arrives at the endpoint.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use chrono::TimeDelta;
use msgraph_sim::HoldRequest;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::JoinSet;

use crate::given::{Given, text};

type Params = Query<std::collections::HashMap<String, String>>;

/// An endpoint that echoes validation tokens and passes on what it hears.
struct Endpoint {
    url: String,
    heard: UnboundedReceiver<Value>,
    _server: JoinSet<()>,
}

async fn receive(
    State(sender): State<Arc<Mutex<UnboundedSender<Value>>>>,
    Query(params): Params,
    body: String,
) -> String {
    if let Some(token) = params.get("validationToken") {
        return token.clone();
    }
    let _ = sender.lock().await.send(serde_json::from_str(&body).unwrap());
    String::new()
}

impl Endpoint {
    async fn open() -> Self {
        let (sender, heard) = unbounded_channel();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?x=1", listener.local_addr().unwrap());
        let router = Router::new().fallback(receive).with_state(Arc::new(Mutex::new(sender)));
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, heard, _server: server }
    }
}

fn wish(given: &Given, endpoint: &Endpoint) -> Value {
    json!({
        "changeType": "created", "notificationUrl": endpoint.url, "lifecycleNotificationUrl": endpoint.url,
        "resource": format!("users/{}/onlineMeetings/getAllRecordings", given.organizer), "clientState": "secret",
        "expirationDateTime": (given.sim.now() + TimeDelta::hours(2)).to_rfc3339(),
    })
}

#[tokio::test]
async fn a_recording_is_announced_with_its_ids_and_client_state() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    let mut endpoint = Endpoint::open().await;
    let (status, subscription) =
        given.send(Method::POST, "/v1.0/subscriptions", wish(&given, &endpoint)).await;
    assert_eq!(status, 201, "{subscription}");
    let held = given.hold(&class, HoldRequest::default());
    let heard = endpoint.heard.recv().await.unwrap();
    let one = &heard["value"][0];
    assert_eq!((&one["clientState"], &one["subscriptionId"]), (&json!("secret"), &subscription["id"]));
    assert_eq!(one["resourceData"]["id"], held.recordings[0].id);
}

#[tokio::test]
async fn notifications_can_be_doubled_and_lost() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    let mut endpoint = Endpoint::open().await;
    given.send(Method::POST, "/v1.0/subscriptions", wish(&given, &endpoint)).await;
    given.sim.add_fault(&json!({ "path": "recordings", "notification": "lost", "times": 1 })).unwrap();
    given.sim.add_fault(&json!({ "path": "recordings", "notification": "doubled", "after": 0 })).unwrap();
    given.hold(&class, HoldRequest::default());
    let second = given.hold(&class, HoldRequest::default());
    let mut ids = Vec::new();
    for _ in 0..2 {
        ids.push(text(&endpoint.heard.recv().await.unwrap()["value"][0]["resourceData"]["id"]));
    }
    assert_eq!(ids, vec![second.recordings[0].id.clone(); 2]);
}

#[tokio::test]
async fn drives_announce_changes_without_ids() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    let mut endpoint = Endpoint::open().await;
    let drive = text(&given.ok(&format!("/v1.0/users/{}/drive", given.organizer)).await["id"]);
    let mut body = wish(&given, &endpoint);
    body["resource"] = format!("drives/{drive}/root").into();
    assert_eq!(
        given.send(Method::POST, "/v1.0/subscriptions", body.clone()).await.0,
        400,
        "drives only tell updates"
    );
    body["changeType"] = "updated".into();
    assert_eq!(given.send(Method::POST, "/v1.0/subscriptions", body).await.0, 201);
    given.hold(&class, HoldRequest::default());
    let heard = endpoint.heard.recv().await.unwrap();
    assert_eq!(heard["value"][0]["resourceData"], json!({ "@odata.type": "#Microsoft.Graph.DriveItem" }));
}

#[tokio::test]
async fn what_breaks_a_rule_is_refused() {
    let given = Given::healthy().await;
    let endpoint = Endpoint::open().await;
    let good = wish(&given, &endpoint);
    let far = (given.sim.now() + TimeDelta::days(4)).to_rfc3339();
    for (name, value) in [
        ("notificationUrl", json!("http://hooks.example/x")),
        ("notificationUrl", json!("http://127.0.0.1:1/nobody-listens")),
        ("lifecycleNotificationUrl", Value::Null),
        ("expirationDateTime", json!(far)),
        ("resource", json!("drives/x/root:/Recordings")),
        ("clientState", json!("x".repeat(129))),
    ] {
        let mut bad = good.clone();
        bad[name] = value;
        let (status, body) = given.send(Method::POST, "/v1.0/subscriptions", bad).await;
        assert_eq!(status, 400, "{name}: {body}");
    }
    let (_, made) = given.send(Method::POST, "/v1.0/subscriptions", good.clone()).await;
    assert_eq!(given.send(Method::POST, "/v1.0/subscriptions", good).await.0, 409);
    let path = format!("/v1.0/subscriptions/{}", text(&made["id"]));
    let later = json!({ "expirationDateTime": (given.sim.now() + TimeDelta::days(2)).to_rfc3339() });
    assert_eq!(given.send(Method::PATCH, &path, later).await.0, 200);
    assert_eq!(given.send(Method::DELETE, &path, json!({})).await.0, 204);
    assert_eq!(given.get(&path).await.0, 404);
}

#[tokio::test]
async fn a_subscription_near_its_end_is_remembered() {
    let given = Given::healthy().await;
    let mut endpoint = Endpoint::open().await;
    given.send(Method::POST, "/v1.0/subscriptions", wish(&given, &endpoint)).await;
    given.sim.advance(std::time::Duration::from_mins(105));
    let heard = endpoint.heard.recv().await.unwrap();
    assert_eq!(heard["value"][0]["lifecycleEvent"], "reauthorizationRequired");
}

#[tokio::test]
async fn subscriptions_can_be_lost_and_tell_of_their_own_lives() {
    let given = Given::healthy().await;
    let mut endpoint = Endpoint::open().await;
    given.send(Method::POST, "/v1.0/subscriptions", wish(&given, &endpoint)).await;
    let word = json!({ "event": "reauthorizationRequired", "resource": "getAllRecordings" });
    assert_eq!(given.sim.lifecycle(&word), Ok(1));
    let heard = endpoint.heard.recv().await.unwrap();
    assert_eq!(
        (&heard["value"][0]["lifecycleEvent"], &heard["value"][0]["clientState"]),
        (&json!("reauthorizationRequired"), &json!("secret"))
    );
    assert_eq!(given.sim.lifecycle(&json!({ "event": "missed" })), Ok(0), "Outlook and chats only");
    assert!(given.sim.lifecycle(&json!({ "event": "surprise" })).is_err());
    assert_eq!((given.sim.lose_subscriptions(Some("transcripts")), given.sim.subscriptions().len()), (0, 1));
    assert_eq!((given.sim.lose_subscriptions(None), given.sim.subscriptions().len()), (1, 0));
}

#[tokio::test]
async fn resource_data_is_encrypted_for_the_subscriber_and_vouched_for() {
    use base64::Engine as _;
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    let mut endpoint = Endpoint::open().await;
    let pem = include_str!("subscriber.pem");
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----").unwrap();
    let certificate: String = rest.split("-----END").next().unwrap().split_whitespace().collect();
    let mut body = wish(&given, &endpoint);
    body["includeResourceData"] = true.into();
    assert_eq!(given.send(Method::POST, "/v1.0/subscriptions", body.clone()).await.0, 400, "whom for?");
    body["encryptionCertificateId"] = "ours".into();
    body["encryptionCertificate"] = "AAAA".into();
    assert_eq!(given.send(Method::POST, "/v1.0/subscriptions", body.clone()).await.0, 400, "no certificate");
    body["encryptionCertificate"] = certificate.into();
    let (status, made) = given.send(Method::POST, "/v1.0/subscriptions", body).await;
    assert_eq!((status, &made["encryptionCertificate"]), (201, &Value::Null), "{made}");
    let held = given.hold(&class, HoldRequest::default());
    let heard = endpoint.heard.recv().await.unwrap();
    let sealed = &heard["value"][0]["encryptedContent"];
    assert_eq!(sealed["encryptionCertificateId"], "ours");
    let shown = opened(pem, sealed);
    assert_eq!(shown["id"], held.recordings[0].id);
    assert!(shown["recordingContentUrl"].as_str().unwrap().starts_with("users/"), "{shown}");
    let token = heard["validationTokens"][0].as_str().unwrap();
    let claims =
        base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["aud"], given.sim.tenant()["client_id"]);
    assert_eq!(claims["appid"], "0bf30f3b-4a52-48df-9a82-234910c4a086");
    assert_eq!(given.get("/common/discovery/v2.0/keys").await.1["keys"][0]["kty"], "RSA");
}

/// What a subscriber does with encrypted content, written from the documentation.
fn opened(pem: &str, sealed: &Value) -> Value {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use cbc::cipher::block_padding::Pkcs7;
    use cbc::cipher::{BlockDecryptMut as _, KeyIvInit as _};
    use rsa::pkcs8::DecodePrivateKey as _;
    let bytes = |name: &str| STANDARD.decode(sealed[name].as_str().unwrap()).unwrap();
    let key = rsa::RsaPrivateKey::from_pkcs8_pem(pem.split("-----BEGIN CERTIFICATE").next().unwrap().trim())
        .unwrap();
    let key = key.decrypt(rsa::Oaep::new::<sha1::Sha1>(), &bytes("dataKey")).unwrap();
    let data = bytes("data");
    let signed = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
    ring::hmac::verify(&signed, &data, &bytes("dataSignature")).unwrap();
    let cipher = cbc::Decryptor::<aes::Aes256>::new(key[..].into(), key[..16].into());
    serde_json::from_slice(&cipher.decrypt_padded_vec_mut::<Pkcs7>(&data).unwrap()).unwrap()
}

#[tokio::test]
async fn what_is_due_together_can_come_in_one_request() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    let mut endpoint = Endpoint::open().await;
    given.sim.patch_tenant(&json!({ "switches": { "notifications_together": true } })).unwrap();
    given.send(Method::POST, "/v1.0/subscriptions", wish(&given, &endpoint)).await;
    given.hold(&class, HoldRequest { parts: Some(2), ..HoldRequest::default() });
    let heard = endpoint.heard.recv().await.unwrap();
    assert_eq!(heard["value"].as_array().unwrap().len(), 2, "{heard}");
}

#[tokio::test]
async fn a_chat_tells_of_each_event_of_its_call_to_whoever_may_read_it() {
    let given = Given::healthy().await;
    let class = given.class("Algebra").await;
    let mut endpoint = Endpoint::open().await;
    let begun = HoldRequest { join_url: Some(class.join_url.clone()), ..HoldRequest::default() };
    given.sim.begin(&begun).unwrap();
    let thread = class.thread_id.clone();
    let mut body = wish(&given, &endpoint);
    body["resource"] = "chats/19:nobody@thread.v2/messages".into();
    assert_eq!(given.send(Method::POST, "/v1.0/subscriptions", body.clone()).await.0, 404);
    body["resource"] = format!("chats/{thread}/messages").into();
    body["changeType"] = "created,updated".into();
    given.sim.patch_tenant(&json!({ "chats_readable": false })).unwrap();
    assert_eq!(given.send(Method::POST, "/v1.0/subscriptions", body.clone()).await.0, 403);
    given.sim.patch_tenant(&json!({ "chats_readable": true })).unwrap();
    assert_eq!(given.send(Method::POST, "/v1.0/subscriptions", body).await.0, 201);
    given.sim.record(&class.join_url, false).unwrap();
    let one = endpoint.heard.recv().await.unwrap()["value"][0].clone();
    assert_eq!(one["resourceData"]["@odata.type"], "#Microsoft.Graph.chatMessage");
    assert!(text(&one["resource"]).starts_with(&format!("chats('{thread}')/messages('")), "{one}");
}
