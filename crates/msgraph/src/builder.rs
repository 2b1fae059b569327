//! The settings of a client, checked before the first request.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use url::{Host, Url};

use crate::client::{Client, Inner};
use crate::connections::{Connections, Settings};
use crate::error::Error;
use crate::lane::{Lanes, MemoryLanes};
use crate::retry::{Rest, Retry, RetryPolicy};
use crate::token::{Credentials, Now, Proof, TokenSource, no_clock};

const GRAPH: &str = "https://graph.microsoft.com";
const LOGIN: &str = "https://login.microsoftonline.com";
/// Decorated as `SharePoint` asks for: undecorated traffic is throttled first.
const USER_AGENT: &str = concat!("NONISV|OnRecord|OnRecord/", env!("CARGO_PKG_VERSION"));
const CONNECT: Duration = Duration::from_secs(10);

/// Collects the settings of a [`Client`]; nothing is checked before [`ClientBuilder::build`].
#[must_use]
pub struct ClientBuilder {
    credentials: Credentials,
    graph_url: Option<Url>,
    login_url: Option<Url>,
    user_agent: String,
    lanes: Option<Arc<dyn Lanes>>,
    retry: Retry,
    request_timeout: Duration,
    ca_pem: Option<Vec<u8>>,
    proxy: Option<Url>,
    now: Option<Now>,
}

/// Leaves out what can hold a password.
impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("tenant_id", &self.credentials.tenant_id)
            .field("client_id", &self.credentials.client_id)
            .field("retry", &self.retry.policy)
            .finish_non_exhaustive()
    }
}

impl ClientBuilder {
    pub(crate) fn new(credentials: Credentials) -> Self {
        Self {
            credentials,
            graph_url: None,
            login_url: None,
            user_agent: USER_AGENT.to_owned(),
            lanes: None,
            retry: Retry::default(),
            request_timeout: Duration::from_secs(30),
            ca_pem: None,
            proxy: None,
            now: None,
        }
    }

    /// Where the time comes from. Only a certificate needs it: what it signs says until when it is good.
    pub fn clock(mut self, now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.now = Some(Arc::new(now));
        self
    }

    /// Graph's address without a version, for national clouds and for the simulator.
    pub fn graph_url(mut self, url: Url) -> Self {
        self.graph_url = Some(url);
        self
    }

    /// The address of the token endpoint's host.
    pub fn login_url(mut self, url: Url) -> Self {
        self.login_url = Some(url);
        self
    }

    /// Replaces the decorated `User-Agent`.
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.user_agent = text.into();
        self
    }

    /// The keeper of the lanes; without it each client counts for itself.
    pub fn lanes(mut self, lanes: Arc<dyn Lanes>) -> Self {
        self.lanes = Some(lanes);
        self
    }

    /// How long a call may try.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry.policy = policy;
        self
    }

    /// How the client waits before it tries again, instead of by the machine's clock.
    pub fn rest<F>(mut self, rest: impl Fn(Duration) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.retry.rest = Rest::new(rest);
        self
    }

    /// How long one request may take, its answer included. For file content: how long it may be silent.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.request_timeout = timeout;
        self
    }

    /// Certificates of authorities to trust besides the public ones, for example of a proxy that opens TLS.
    pub fn ca_pem(mut self, pem: Vec<u8>) -> Self {
        self.ca_pem = Some(pem);
        self
    }

    /// The proxy for everything but loopback.
    pub fn proxy(mut self, url: Url) -> Self {
        self.proxy = Some(url);
        self
    }

    /// Checks the settings. Makes no request.
    pub fn build(self) -> Result<Client, Error> {
        // A second installation is refused and harmless: the provider is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let graph = base(self.graph_url.as_ref(), GRAPH, "graph_url")?;
        let login = base(self.login_url.as_ref(), LOGIN, "login_url")?;
        check_credentials(&self.credentials)?;
        if matches!(self.credentials.proof, Proof::Certificate(_)) && self.now.is_none() {
            return Err(no_clock());
        }
        let api = finish(self.api()?)?;
        let user_agent = http::HeaderValue::from_str(&self.user_agent)
            .map_err(|_| setting("user_agent", "must be one line of plain letters"))?;
        let content = Connections::new(Settings {
            tls: self.tls()?,
            proxy: self.proxy.clone(),
            user_agent,
            connect_timeout: CONNECT,
            silence: self.request_timeout,
        })?;
        let scope = scope(&graph);
        let lanes = self.lanes.unwrap_or_else(|| Arc::new(MemoryLanes::new()));
        Ok(Client::from_inner(Inner {
            token: TokenSource::new(self.credentials, &login, scope, self.now),
            graph,
            api,
            content,
            lanes,
            retry: self.retry,
            request_timeout: self.request_timeout,
        }))
    }

    /// The client for short answers. The proxy is only ever the configured one, never one of the environment.
    fn api(&self) -> Result<reqwest::ClientBuilder, Error> {
        let mut tls = self.tls()?;
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .user_agent(&self.user_agent)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT)
            .no_proxy();
        self.proxied(builder)
    }

    fn tls(&self) -> Result<rustls::ClientConfig, Error> {
        let mut roots = rustls::RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        if let Some(pem) = &self.ca_pem {
            let mut added = 0;
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate
                    .map_err(|cause| setting("ca_pem", format!("is not a PEM certificate: {cause}")))?;
                roots
                    .add(certificate)
                    .map_err(|cause| setting("ca_pem", format!("cannot be trusted: {cause}")))?;
                added += 1;
            }
            if added == 0 {
                return Err(setting(
                    "ca_pem",
                    "holds no certificate; it must be a PEM file with BEGIN CERTIFICATE",
                ));
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|cause| setting("tls", cause.to_string()))?;
        Ok(config.with_root_certificates(roots).with_no_client_auth())
    }

    fn proxied(&self, builder: reqwest::ClientBuilder) -> Result<reqwest::ClientBuilder, Error> {
        let Some(url) = &self.proxy else {
            return Ok(builder);
        };
        let refused = || setting("proxy", "must be an address such as http://proxy.school.example:3128");
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(refused());
        }
        let proxy = reqwest::Proxy::all(url.clone())
            .map_err(|_| refused())?
            .no_proxy(reqwest::NoProxy::from_string("localhost,127.0.0.0/8,::1"));
        Ok(builder.proxy(proxy))
    }
}

fn finish(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, Error> {
    builder.build().map_err(|cause| setting("http client", cause.without_url().to_string()))
}

fn setting(name: &'static str, what: impl Into<String>) -> Error {
    Error::Setting { name, what: what.into() }
}

/// A server's address without a slash at its end. Plain http only where nobody can listen in.
fn base(given: Option<&Url>, default: &str, name: &'static str) -> Result<Url, Error> {
    let mut url = match given {
        Some(url) => url.clone(),
        None => Url::parse(default).expect("the default addresses are valid"),
    };
    if !is_confidential(&url) {
        return Err(setting(
            name,
            "must be https; plain http is allowed for this machine only (127.0.0.1, localhost)",
        ));
    }
    if url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(setting(name, "must be a plain address such as https://graph.microsoft.com"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    if path.ends_with("/v1.0") || path.ends_with("/beta") {
        return Err(setting(name, "must not contain the version; leave out /v1.0"));
    }
    url.set_path(&path);
    Ok(url)
}

/// Whether nobody on the way can read along.
pub(crate) fn is_confidential(url: &Url) -> bool {
    url.scheme() == "https" && url.has_host() || url.scheme() == "http" && is_loopback(url)
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// The resource whose permissions the token shall carry: this cloud's Graph. A simulator on this machine plays the
/// global one.
fn scope(graph: &Url) -> String {
    let resource = if is_loopback(graph) { GRAPH.to_owned() } else { graph.origin().ascii_serialization() };
    format!("{resource}/.default")
}

fn check_credentials(credentials: &Credentials) -> Result<(), Error> {
    for (name, value) in [("tenant_id", &credentials.tenant_id), ("client_id", &credentials.client_id)] {
        let strange = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.' | '_');
        if value.is_empty() || matches!(value.as_str(), "." | "..") || value.contains(strange) {
            return Err(setting(name, "must be the GUID shown on the app registration's overview page"));
        }
    }
    if let Proof::Secret(secret) = &credentials.proof
        && secrecy::ExposeSecret::expose_secret(secret).is_empty()
    {
        return Err(setting(
            "client_secret",
            "is empty; use the value (not the id) of a client secret of the app registration",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials() -> Credentials {
        Credentials {
            tenant_id: "t".to_owned(),
            client_id: "c".to_owned(),
            proof: Proof::Secret("hush-hush".to_owned().into()),
        }
    }

    fn with_graph(url: &str) -> Result<Client, Error> {
        ClientBuilder::new(credentials()).graph_url(Url::parse(url).expect("a valid URL")).build()
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        for good in
            ["http://127.0.0.1:8081", "http://localhost:1", "http://[::1]:9", "https://graph.microsoft.us/"]
        {
            assert!(with_graph(good).is_ok(), "{good}");
        }
        for bad in [
            "http://graph.microsoft.com",
            "http://10.0.0.1",
            "ftp://127.0.0.1",
            "https://graph.microsoft.com/v1.0",
            "https://u:p@x.example",
        ] {
            assert!(matches!(with_graph(bad), Err(Error::Setting { name: "graph_url", .. })), "{bad}");
        }
    }

    #[test]
    fn the_scope_names_the_cloud() {
        let scope_of = |url| scope(&Url::parse(url).expect("a valid URL"));
        assert_eq!(scope_of("https://graph.microsoft.us"), "https://graph.microsoft.us/.default");
        assert_eq!(scope_of("http://127.0.0.1:8081"), "https://graph.microsoft.com/.default");
    }

    #[test]
    fn bad_credentials_and_certificates_are_named_and_secrets_stay_hidden() {
        let empty = Credentials { client_id: String::new(), ..credentials() };
        assert!(matches!(ClientBuilder::new(empty).build(), Err(Error::Setting { name: "client_id", .. })));
        let odd = Credentials { tenant_id: "a/../b".to_owned(), ..credentials() };
        assert!(matches!(ClientBuilder::new(odd).build(), Err(Error::Setting { name: "tenant_id", .. })));
        let no_ca = ClientBuilder::new(credentials()).ca_pem(b"nonsense".to_vec()).build();
        assert!(matches!(no_ca, Err(Error::Setting { name: "ca_pem", .. })));
        let socks = Url::parse("socks5://proxy.example").expect("a valid URL");
        let odd_proxy = ClientBuilder::new(credentials()).proxy(socks).build();
        assert!(matches!(odd_proxy, Err(Error::Setting { name: "proxy", .. })));
        let proxy = Url::parse("http://u:hush-too@proxy.example").expect("a valid URL");
        let shown = format!("{:?}", ClientBuilder::new(credentials()).proxy(proxy));
        assert!(!shown.contains("hush"), "{shown}");
    }
}
