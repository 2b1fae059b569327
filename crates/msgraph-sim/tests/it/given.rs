//! A running simulator with a token, and short words for what tests do with it.

use msgraph_sim::{HoldOutcome, HoldRequest, Options, Simulator};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

pub(crate) struct Given {
    pub(crate) sim: Simulator,
    pub(crate) http: Client,
    pub(crate) token: String,
    pub(crate) organizer: String,
}

/// One meeting as made through the calendar.
pub(crate) struct Class {
    pub(crate) event: Value,
    pub(crate) join_url: String,
    pub(crate) meeting_id: String,
    pub(crate) thread_id: String,
}

pub(crate) fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// Percent-encodes for one path segment or query value.
pub(crate) fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

impl Given {
    pub(crate) async fn healthy() -> Self {
        Self::started(Options::default()).await
    }

    pub(crate) async fn started(options: Options) -> Self {
        let sim = Simulator::start(options).await.unwrap();
        let mut given = Self { sim, http: client(), token: String::new(), organizer: String::new() };
        given.organizer = text(&given.sim.tenant()["service_account_id"]);
        given.token = given.sign_in().await;
        given
    }

    pub(crate) async fn sign_in(&self) -> String {
        let (status, answer) = self.ask_token(&[]).await;
        assert_eq!(status, 200, "{answer}");
        text(&answer["access_token"])
    }

    /// Asks for a token with some form fields changed (or left out, when empty).
    pub(crate) async fn ask_token(&self, changes: &[(&str, &str)]) -> (u16, Value) {
        let tenant = self.sim.tenant();
        let mut form = vec![
            ("grant_type", "client_credentials".to_owned()),
            ("scope", "https://graph.microsoft.com/.default".to_owned()),
            ("client_id", text(&tenant["client_id"])),
            ("client_secret", text(&tenant["client_secret"])),
        ];
        for (name, value) in changes {
            form.retain(|(known, _)| known != name);
            if !value.is_empty() {
                form.push((name, (*value).to_owned()));
            }
        }
        let tenant_id = text(&tenant["tenant_id"]);
        let url = format!("{}/{tenant_id}/oauth2/v2.0/token", self.sim.url());
        let answer = self.http.post(url).form(&form).send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url =
            if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.sim.url()) };
        self.http.request(method, url).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        answer(self.request(method, path).json(&body)).await
    }

    pub(crate) async fn ok(&self, path: &str) -> Value {
        let (status, body) = self.get(path).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    pub(crate) fn event_body(&self, subject: &str) -> Value {
        let start = self.sim.now() + chrono::TimeDelta::hours(1);
        let stamp = |hours| (start + chrono::TimeDelta::hours(hours)).format("%Y-%m-%dT%H:%M:%S").to_string();
        json!({
            "subject": subject, "body": { "contentType": "HTML", "content": "<p>This class is recorded.</p>" },
            "start": { "dateTime": stamp(0), "timeZone": "UTC" }, "end": { "dateTime": stamp(1), "timeZone": "UTC" },
            "attendees": [{ "emailAddress": { "address": "instructor@contoso.example", "name": "Maya" }, "type": "required" }],
            "isOnlineMeeting": true, "onlineMeetingProvider": "teamsForBusiness",
        })
    }

    pub(crate) fn events(&self) -> String {
        format!("/v1.0/users/{}/events", self.organizer)
    }

    /// A class of one hour that begins in an hour and records itself.
    pub(crate) async fn class(&self, subject: &str) -> Class {
        let (status, event) = self.send(Method::POST, &self.events(), self.event_body(subject)).await;
        assert_eq!(status, 201, "{event}");
        let join_url = text(&event["onlineMeeting"]["joinUrl"]);
        let found = self.look_up(&join_url).await;
        let class = Class {
            meeting_id: text(&found["value"][0]["id"]),
            thread_id: text(&found["value"][0]["chatInfo"]["threadId"]),
            join_url,
            event,
        };
        let (status, patched) =
            self.send(Method::PATCH, &self.meeting(&class, ""), json!({ "recordAutomatically": true })).await;
        assert_eq!(status, 200, "{patched}");
        class
    }

    pub(crate) async fn look_up(&self, join_url: &str) -> Value {
        let filter = encode(&format!("JoinWebUrl eq '{join_url}'"));
        self.ok(&format!("/v1.0/users/{}/onlineMeetings?%24filter={filter}", self.organizer)).await
    }

    /// The path of a meeting and something below it.
    pub(crate) fn meeting(&self, class: &Class, below: &str) -> String {
        format!("/v1.0/users/{}/onlineMeetings/{}{below}", self.organizer, encode(&class.meeting_id))
    }

    pub(crate) fn hold(&self, class: &Class, request: HoldRequest) -> HoldOutcome {
        self.sim.hold(&HoldRequest { join_url: Some(class.join_url.clone()), ..request }).unwrap()
    }
}

pub(crate) async fn answer(request: RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.bytes().await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("expected text, got {value}")).to_owned()
}
