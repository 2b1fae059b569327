//! The sign of life: one request to an address that raises the alarm when such requests stop. The address is a secret and
//! stands in no error.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Whoever does not answer within this time is asked again at the next.
const PATIENCE: Duration = Duration::from_secs(10);

/// Calls the address; any answer but an error counts. `proxy` and `authorities` are those of all requests to elsewhere.
pub async fn call(url: &str, proxy: Option<&str>, authorities: Option<&Path>) -> Result<(), String> {
    let plain = |error: reqwest::Error| error.without_url().to_string();
    let builder = reqwest::Client::builder().timeout(PATIENCE).tls_backend_preconfigured(tls(authorities)?);
    let builder = match proxy.filter(|_| url.starts_with("https:")) {
        Some(proxy) => builder.proxy(reqwest::Proxy::all(proxy).map_err(plain)?),
        None => builder.no_proxy(),
    };
    let answer = builder.build().map_err(plain)?.get(url).send().await.map_err(plain)?;
    answer.error_for_status().map(drop).map_err(plain)
}

fn tls(authorities: Option<&Path>) -> Result<rustls::ClientConfig, String> {
    let mut roots: rustls::RootCertStore = webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect();
    if let Some(path) = authorities {
        let cannot = |error: &dyn std::fmt::Display| format!("ONRECORD_CA_FILE: {}: {error}", path.display());
        let pem = std::fs::read(path).map_err(|error| cannot(&error))?;
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| cannot(&error))?;
            roots.add(certificate).map_err(|error| cannot(&error))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
