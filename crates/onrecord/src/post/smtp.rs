//! Handing letters to a mail server, over TLS wherever the server is on another machine. A connection is opened for each
//! letter: letters are few, and a server that was restarted meanwhile is no trouble.

use std::path::Path;
use std::time::{Duration, SystemTime};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use url::{Host, Url};

use super::{Letter, NotSent};

/// A server that says nothing for so long is not there.
const PATIENCE: Duration = Duration::from_secs(30);

/// Codes by which a server says that it does not know us, or does not like how we come: mended here, not by the reader.
const ABOUT_US: [&str; 6] = ["421", "530", "534", "535", "538", "521"];

/// The way to a mail server.
#[derive(Clone)]
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// The right-hand side of message ids.
    site: String,
    place: String,
}

impl std::fmt::Debug for Smtp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smtp").field("place", &self.place).finish_non_exhaustive()
    }
}

impl Smtp {
    /// The way to `url`, which is `smtp:` or `smtps:`, for letters from `from`. Opens no connection. The error is what
    /// to change.
    pub fn new(url: &str, from: &str, site: &str, authorities: Option<&Path>) -> Result<Self, String> {
        let url = Url::parse(url).map_err(|error| format!("ONRECORD_MAIL_URL (mail.url): {error}"))?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']).to_owned();
        let is_wrapped = url.scheme() == "smtps";
        let port = url.port().unwrap_or(if is_wrapped { 465 } else { 587 });
        let tls = match (is_wrapped, is_loopback(&url)) {
            (false, true) => Tls::None,
            (true, _) => Tls::Wrapper(tls(&host, authorities)?),
            (false, false) => Tls::Required(tls(&host, authorities)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&host)
            .port(port)
            .tls(tls)
            .timeout(Some(PATIENCE))
            .hello_name(ClientId::Domain(site.to_owned()));
        if !url.username().is_empty() {
            let plain =
                |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
            let password = plain(url.password().unwrap_or_default());
            builder = builder.credentials(Credentials::new(plain(url.username()), password));
        }
        let address: Address =
            from.parse().map_err(|error| format!("ONRECORD_MAIL_FROM (mail.from): {error}"))?;
        Ok(Self {
            transport: builder.build(),
            from: Mailbox::new(Some("OnRecord".to_owned()), address),
            site: site.to_owned(),
            place: format!("{host}:{port}"),
        })
    }

    /// The server, without name and password.
    pub fn place(&self) -> &str {
        &self.place
    }

    /// Whether the server takes us: connects, says hello, signs in. Sends nothing.
    pub async fn probe(&self) -> Result<(), String> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("it answers, but does not take us".to_owned()),
            Err(error) => Err(sentence(&error)),
        }
    }

    /// Sends a letter. `Ok` means that the server took it.
    pub async fn send(&self, letter: &Letter, at: SystemTime) -> Result<(), NotSent> {
        let message = self.message(letter, at)?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() && is_about_reader(&error) => {
                Err(NotSent::Refused(sentence(&error)))
            }
            Err(error) => Err(NotSent::Later(format!("{}: {}", self.place, sentence(&error)))),
        }
    }

    fn message(&self, letter: &Letter, at: SystemTime) -> Result<Message, NotSent> {
        let refused = |error: &dyn std::fmt::Display| NotSent::Refused(error.to_string());
        let address: Address = letter.to_address.parse().map_err(|error| refused(&error))?;
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(Some(letter.to_name.clone()), address))
            .subject(letter.subject.clone())
            .message_id(Some(format!("<{}@{}>", letter.id, self.site)))
            .date(at)
            .multipart(MultiPart::alternative_plain_html(letter.plain(), letter.html()))
            .map_err(|error| refused(&error))?;
        let mut headers = vec![("Auto-Submitted", "auto-generated".to_owned())];
        if let Some(link) = &letter.unsubscribe {
            headers.push(("List-Unsubscribe", format!("<{}>", link.url)));
            headers.push(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()));
        }
        for (name, value) in headers {
            let name = HeaderName::new_from_ascii(name.to_owned()).map_err(|error| refused(&error))?;
            // An address of ours is one word of ASCII: nothing is to be encoded, and nothing may be folded.
            message.headers_mut().insert_raw(HeaderValue::dangerous_new_pre_encoded(
                name,
                value.clone(),
                value,
            ));
        }
        Ok(message)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // In an address that is not http, numbers are read as a name.
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        None => false,
    }
}

fn tls(host: &str, authorities: Option<&Path>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(path) = authorities {
        let cannot = |error: &dyn std::fmt::Display| format!("ONRECORD_CA_FILE: {}: {error}", path.display());
        let pem = std::fs::read(path).map_err(|error| cannot(&error))?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| cannot(&error))?);
    }
    builder.build_rustls().map_err(|error| format!("TLS to the mail server cannot be set up: {error}"))
}

/// Whether a final refusal is about the reader's address, not about us: policies that forbid relaying are ours to mend.
fn is_about_reader(error: &lettre::transport::smtp::Error) -> bool {
    let code = error.status().map(|code| code.to_string()).unwrap_or_default();
    !ABOUT_US.contains(&code.as_str()) && !sentence(error).contains("5.7.")
}

/// An error and what is behind it, on one line.
fn sentence(error: &lettre::transport::smtp::Error) -> String {
    let mut said = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let more = cause.to_string();
        if !said.contains(&more) {
            said = format!("{said}: {more}");
        }
        source = cause.source();
    }
    crate::model::mail::one_line(&said).chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        let is_plain = |url: &str| is_loopback(&Url::parse(url).unwrap());
        for own in ["smtp://127.0.0.1:25", "smtp://localhost", "smtp://[::1]:25"] {
            assert!(is_plain(own), "{own}");
        }
        for other in ["smtp://mail.school.example", "smtp://10.0.0.1", "smtp://127.0.0.1.example"] {
            assert!(!is_plain(other), "{other}");
        }
    }
}
