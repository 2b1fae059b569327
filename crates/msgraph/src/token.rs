//! Tokens by client credentials: asked for once, kept until shortly before they end, never shown.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use http::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::certificate::{ClientCertificate, Form};
use crate::error::{Error, RequestIds};
use crate::redact;
use crate::reply::{broken, parse_json};
use crate::retry::{Course, Repeat, Retry, retry_after};

/// Renew this long before the end, or in the last quarter of a short life.
const EARLY: Duration = Duration::from_mins(5);
/// How long an early renewal that failed is left alone while the old token still holds.
const RENEWAL_PAUSE: Duration = Duration::from_secs(30);
const TIMEOUT: Duration = Duration::from_secs(30);
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An app registration and what proves that we are it.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The tenant: its GUID or a verified domain.
    pub tenant_id: String,
    /// The app registration's client id.
    pub client_id: String,
    /// What proves it.
    pub proof: Proof,
}

/// What proves to Microsoft that a program is the app.
#[derive(Debug, Clone)]
pub enum Proof {
    /// The value of a client secret.
    Secret(SecretString),
    /// A certificate that is registered for the app. The client needs [`crate::ClientBuilder::clock`] for it.
    Certificate(ClientCertificate),
}

/// What time it is, for what is signed.
pub(crate) type Now = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// What a token says of itself. Never a proof of anything: for diagnostics only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct TokenClaims {
    /// The resource it is for.
    pub aud: Option<String>,
    /// The tenant it was issued by.
    pub tid: Option<String>,
    /// The client id.
    pub appid: Option<String>,
    /// The granted application permissions; empty if nothing was consented.
    pub roles: Vec<String>,
    /// When it ends.
    #[serde(deserialize_with = "from_unix")]
    pub exp: Option<DateTime<Utc>>,
}

fn from_unix<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    Ok(Option::<i64>::deserialize(deserializer)?.and_then(|seconds| DateTime::from_timestamp(seconds, 0)))
}

/// The part of a tenant's `OpenID` metadata that diagnostics read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct OpenIdConfiguration {
    /// Names the tenant by its GUID.
    pub issuer: String,
    /// Where tokens are asked for.
    pub token_endpoint: String,
}

/// A token on its way into one request.
#[derive(Clone)]
pub(crate) struct Bearer {
    header: HeaderValue,
    serial: u64,
}

impl fmt::Debug for Bearer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bearer(…{})", self.serial)
    }
}

impl Bearer {
    pub(crate) fn header(&self) -> HeaderValue {
        self.header.clone()
    }

    /// Decodes the token without checking it.
    pub(crate) fn claims(&self) -> Result<TokenClaims, Error> {
        let text = self.header.to_str().unwrap_or_default();
        let claims =
            text.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok());
        claims.and_then(|json| serde_json::from_slice(&json).ok()).ok_or_else(|| Error::Decode {
            what: "the token cannot be decoded, so its permissions cannot be listed".to_owned(),
            ids: Box::default(),
        })
    }
}

#[derive(Debug)]
struct Held {
    bearer: Bearer,
    renew_at: Instant,
    ends_at: Instant,
}

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    serial: u64,
    /// What Graph asked of the next token (a claims challenge).
    claims: Option<String>,
    /// Whether the login server knows only the older form of a signed statement.
    older_form: bool,
    /// The last failure, with the moment it became known: those who stood in line meanwhile share it.
    failed: Option<(Instant, Error)>,
}

/// Asks for tokens and keeps one.
pub(crate) struct TokenSource {
    credentials: Credentials,
    tenant: String,
    scope: String,
    now: Option<Now>,
    state: Mutex<State>,
}

impl TokenSource {
    pub(crate) fn new(credentials: Credentials, login: &Url, scope: String, now: Option<Now>) -> Self {
        let tenant = format!("{}/{}", login.as_str().trim_end_matches('/'), credentials.tenant_id);
        Self { credentials, tenant, scope, now, state: Mutex::new(State::default()) }
    }

    /// The token at hand, or a new one. However many ask at once, one request is made.
    pub(crate) async fn bearer(&self, http: &reqwest::Client, retry: &Retry) -> Result<Bearer, Error> {
        let asked = Instant::now();
        let mut state = self.state.lock().await;
        let now = Instant::now();
        if let Some(held) = state.held.as_ref().filter(|held| now < held.renew_at) {
            return Ok(held.bearer.clone());
        }
        if let Some((when, error)) = &state.failed
            && *when > asked
        {
            return Err(error.clone());
        }
        match self.fetch_in_any_form(http, retry, &mut state).await {
            Ok(answer) => Ok(state.keep(answer)),
            Err(error) => state.fall_back(error),
        }
    }

    /// A server that does not take the statement may know only its older form; then that is used from now on.
    async fn fetch_in_any_form(
        &self,
        http: &reqwest::Client,
        retry: &Retry,
        state: &mut State,
    ) -> Result<TokenAnswer, Error> {
        let form = if state.older_form { Form::Older } else { Form::Current };
        let refused = match self.fetch(http, retry, (form, state.claims.as_deref())).await {
            Err(error) if form == Form::Current && self.may_be_form(&error) => error,
            other => return other,
        };
        match self.fetch(http, retry, (Form::Older, state.claims.as_deref())).await {
            Ok(answer) => {
                state.older_form = true;
                Ok(answer)
            }
            Err(_) => Err(refused),
        }
    }

    fn may_be_form(&self, error: &Error) -> bool {
        let numbers = [50_027, 700_027, 700_021, 50_012];
        matches!(self.credentials.proof, Proof::Certificate(_))
            && matches!(error, Error::Token { aadsts: Some(number), .. } if numbers.contains(number))
    }

    /// Graph wants a token that satisfies `claims`: the next one is asked for with them.
    pub(crate) async fn challenged(&self, refused: &Bearer, claims: &str) {
        let mut state = self.state.lock().await;
        if state.held.as_ref().is_none_or(|held| held.bearer.serial == refused.serial) {
            state.held = None;
            state.claims = Some(claims.to_owned());
        }
    }

    /// Forgets the token, unless it was replaced meanwhile.
    pub(crate) async fn forget(&self, refused: Option<&Bearer>) {
        let mut state = self.state.lock().await;
        let current = state.held.as_ref().map(|held| held.bearer.serial);
        if refused.is_none_or(|bearer| current == Some(bearer.serial)) {
            state.held = None;
        }
    }

    pub(crate) async fn openid_configuration(
        &self,
        http: &reqwest::Client,
        retry: &Retry,
    ) -> Result<OpenIdConfiguration, Error> {
        let url = format!("{}/v2.0/.well-known/openid-configuration", self.tenant);
        let mut course = Course::new(retry, Repeat::Safe);
        loop {
            match self.receive(http.get(&url)).await {
                Ok(body) => return parse_json(&body, Box::default()),
                Err(error) => course.after(error).await?,
            }
        }
    }

    async fn fetch(
        &self,
        http: &reqwest::Client,
        retry: &Retry,
        (signed_as, claims): (Form, Option<&str>),
    ) -> Result<TokenAnswer, Error> {
        let url = format!("{}/oauth2/v2.0/token", self.tenant);
        let mut course = Course::new(retry, Repeat::Safe);
        loop {
            // Each attempt has its own statement: one is good for one use.
            let statement = self.statement(signed_as, &url)?;
            let mut form = vec![
                ("client_id", self.credentials.client_id.as_str()),
                ("scope", &self.scope),
                ("grant_type", "client_credentials"),
            ];
            match (&self.credentials.proof, &statement) {
                (Proof::Secret(secret), _) => form.push(("client_secret", secret.expose_secret())),
                (Proof::Certificate(_), statement) => {
                    form.push(("client_assertion_type", ASSERTION_TYPE));
                    form.push(("client_assertion", statement.as_deref().unwrap_or_default()));
                }
            }
            form.extend(claims.map(|claims| ("claims", claims)));
            let outcome = match self.receive(http.post(&url).form(&form)).await {
                Ok(body) => parse_json(&body, Box::default()),
                Err(error) => Err(error),
            };
            match outcome {
                Ok(answer) => return Ok(answer),
                Err(error) => course.after(error).await?,
            }
        }
    }

    fn statement(&self, form: Form, audience: &str) -> Result<Option<String>, Error> {
        let Proof::Certificate(certificate) = &self.credentials.proof else { return Ok(None) };
        let now = self.now.as_ref().ok_or_else(no_clock)?();
        certificate.assertion(form, (&self.credentials.client_id, audience), now).map(Some)
    }

    /// One request to the login host. Neither its body nor its answer is ever logged.
    async fn receive(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>, Error> {
        let ids = RequestIds::default();
        let response = request.timeout(TIMEOUT).send().await.map_err(|cause| broken(cause, &ids))?;
        let status = response.status();
        let wait = retry_after(response.headers());
        let body = response.bytes().await.map_err(|cause| broken(cause, &ids))?;
        tracing::debug!(status = status.as_u16(), "login call");
        if status.is_success() {
            return Ok(body.to_vec());
        }
        Err(self.refusal(status.as_u16(), wait, &body))
    }

    fn refusal(&self, status: u16, retry_after: Option<Duration>, body: &[u8]) -> Error {
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
        let described = text("error_description");
        let listed = answer.get("error_codes").and_then(|codes| codes.get(0)).and_then(Value::as_u64);
        let aadsts = aadsts_in(described).or_else(|| u32::try_from(listed?).ok());
        let description = if described.is_empty() {
            format!("the login server answers {status} without an explanation")
        } else {
            match &self.credentials.proof {
                Proof::Secret(secret) => redact::text_without(described, secret.expose_secret()),
                Proof::Certificate(_) => redact::text(described),
            }
        };
        Error::Token { status, aadsts, error: redact::text(text("error")), description, retry_after }
    }
}

/// A certificate is of no use to whoever does not know the time.
pub(crate) fn no_clock() -> Error {
    Error::Setting { name: "clock", what: "is needed to sign in with a certificate".to_owned() }
}

impl State {
    fn keep(&mut self, answer: TokenAnswer) -> Bearer {
        let now = Instant::now();
        self.serial += 1;
        self.failed = None;
        let bearer = Bearer { header: answer.header, serial: self.serial };
        let early = EARLY.min(answer.lifetime / 4);
        self.held = Some(Held {
            bearer: bearer.clone(),
            renew_at: now + answer.lifetime.saturating_sub(early),
            ends_at: now + answer.lifetime,
        });
        bearer
    }

    /// A token that is renewed early may be used to its end if the renewal fails.
    fn fall_back(&mut self, error: Error) -> Result<Bearer, Error> {
        let now = Instant::now();
        if let Some(held) = self.held.as_mut().filter(|held| now < held.ends_at) {
            tracing::warn!(%error, "cannot renew the Graph token yet; using the old one");
            held.renew_at = now + RENEWAL_PAUSE;
            return Ok(held.bearer.clone());
        }
        self.failed = Some((now, error.clone()));
        Err(error)
    }
}

/// What the token endpoint grants.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Granted")]
struct TokenAnswer {
    header: HeaderValue,
    lifetime: Duration,
}

#[derive(Deserialize)]
struct Granted {
    access_token: SecretString,
    #[serde(default)]
    expires_in: Value,
}

impl TryFrom<Granted> for TokenAnswer {
    type Error = String;

    fn try_from(granted: Granted) -> Result<Self, String> {
        let mut header = HeaderValue::from_str(&format!("Bearer {}", granted.access_token.expose_secret()))
            .map_err(|_| "the access token holds characters that cannot be sent".to_owned())?;
        header.set_sensitive(true);
        let told = granted.expires_in.as_u64().or_else(|| granted.expires_in.as_str()?.parse().ok());
        // At most a day, so that a wrong number cannot keep a token for ever.
        let lifetime = Duration::from_secs(told.unwrap_or(300).min(24 * 3600));
        Ok(Self { header, lifetime })
    }
}

/// The number after `AADSTS`.
fn aadsts_in(text: &str) -> Option<u32> {
    let rest = &text[text.find("AADSTS")? + "AADSTS".len()..];
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source() -> TokenSource {
        let credentials = Credentials {
            tenant_id: "contoso.example".to_owned(),
            client_id: "app".to_owned(),
            proof: Proof::Secret("s3~cret+".to_owned().into()),
        };
        TokenSource::new(
            credentials,
            &Url::parse("https://login.example").expect("a valid URL"),
            String::new(),
            None,
        )
    }

    #[test]
    fn a_refusal_names_the_aadsts_number_and_not_the_secret() {
        let body = br#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret 's3~cret+' provided."}"#;
        let error = source().refusal(401, None, body);
        assert!(matches!(error, Error::Token { aadsts: Some(7_000_215), status: 401, .. }), "{error:?}");
        assert!(!format!("{error:?}{error}").contains("s3~cret"));
        assert!(matches!(source().refusal(400, None, b"<html>"), Error::Token { aadsts: None, .. }));
        let listed = source().refusal(400, None, br#"{"error":"invalid_request","error_codes":[90002]}"#);
        assert!(matches!(listed, Error::Token { aadsts: Some(90_002), .. }));
    }

    #[test]
    fn claims_are_decoded_and_missing_roles_are_none() {
        let bearer = |json: &str| Bearer {
            header: HeaderValue::from_str(&format!("Bearer e30.{}.sig", URL_SAFE_NO_PAD.encode(json)))
                .expect("a header"),
            serial: 1,
        };
        let claims = bearer(r#"{"tid":"t","appid":"a","roles":["Mail.Send"],"exp":1800000000}"#)
            .claims()
            .expect("claims");
        assert_eq!(claims.roles, ["Mail.Send"]);
        assert!(claims.exp.is_some());
        assert!(bearer(r#"{"tid":"t"}"#).claims().expect("claims").roles.is_empty());
        let opaque = Bearer { header: HeaderValue::from_static("Bearer opaque"), serial: 1 };
        assert!(matches!(opaque.claims(), Err(Error::Decode { .. })));
    }

    #[test]
    fn lifetimes_are_read_as_number_and_as_text() {
        for (json, seconds) in [("3599", 3_599), ("\"3599\"", 3_599), ("null", 300), ("99999999999", 86_400)]
        {
            let answer: TokenAnswer =
                serde_json::from_str(&format!(r#"{{"access_token":"t","expires_in":{json}}}"#))
                    .expect("an answer");
            assert_eq!(answer.lifetime, Duration::from_secs(seconds));
            assert!(!format!("{answer:?}").contains("Bearer t"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_token_is_used_to_its_end_when_renewal_fails() {
        let mut state = State::default();
        state.keep(TokenAnswer {
            header: HeaderValue::from_static("Bearer a"),
            lifetime: Duration::from_hours(1),
        });
        let error = || Error::Timeout { ids: Box::default() };
        tokio::time::advance(Duration::from_secs(3_400)).await;
        assert!(state.fall_back(error()).is_ok());
        tokio::time::advance(Duration::from_secs(200)).await;
        assert!(state.fall_back(error()).is_err());
    }
}
