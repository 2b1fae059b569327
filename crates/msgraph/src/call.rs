//! One request as this crate describes it before it is sent.
//!
//! Ids are percent-encoded here exactly once, so that no other file has to think of it.

use chrono::{DateTime, Utc};
use http::{HeaderName, HeaderValue, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use url::Url;

use crate::builder::is_confidential;
use crate::error::Error;
use crate::lane::Lane;
use crate::moment;
use crate::page::Link;
use crate::retry::Repeat;

/// Everything but RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Without it, members added to an enum later come back as `unknownFutureValue`.
pub(crate) const UNKNOWN_MEMBERS: &str = "include-unknown-enum-members";
/// Event ids that survive a move to another folder.
pub(crate) const IMMUTABLE_ID: &str = "IdType=\"ImmutableId\"";
/// Times of events in UTC, whatever the mailbox is set to.
pub(crate) const EVENTS_IN_UTC: &str = "outlook.timezone=\"UTC\"";

/// Text, percent-encoded for a path segment or a query value.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// Text inside the quotes of an `OData` filter or function.
pub(crate) fn quote(text: &str) -> String {
    text.replace('\'', "''")
}

/// Who vouches for the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    /// The token; only ever sent to Graph's origin.
    Bearer,
    /// The URL itself. The token must not go along.
    None,
}

/// Which connections to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Short answers.
    Api,
    /// Long bodies, one connection each.
    Content,
}

#[derive(Clone)]
enum Target {
    /// Below Graph's `/v1.0`.
    Path { path: String, query: String },
    /// A link of Graph, used as it came.
    Graph(String),
    /// A pre-authenticated URL.
    Elsewhere(Url),
}

/// A request to be sent by [`crate::Client`], possibly several times.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) lane: Lane,
    pub(crate) repeat: Repeat,
    pub(crate) auth: Auth,
    pub(crate) channel: Channel,
    pub(crate) accept: &'static str,
    pub(crate) prefer: Vec<&'static str>,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: Option<Vec<u8>>,
    target: Target,
    invalid: Option<String>,
}

impl Call {
    fn to(method: Method, lane: Lane, target: Target) -> Self {
        let repeat = if method == Method::POST { Repeat::Once } else { Repeat::Safe };
        Self {
            method,
            lane,
            repeat,
            auth: Auth::Bearer,
            channel: Channel::Api,
            accept: "application/json",
            prefer: Vec::new(),
            headers: Vec::new(),
            body: None,
            target,
            invalid: None,
        }
    }

    fn new(method: Method, lane: Lane, first: &str) -> Self {
        Self::to(method, lane, Target::Path { path: format!("/{first}"), query: String::new() })
    }

    pub(crate) fn get(lane: Lane, first: &str) -> Self {
        Self::new(Method::GET, lane, first)
    }

    pub(crate) fn post(lane: Lane, first: &str) -> Self {
        Self::new(Method::POST, lane, first)
    }

    pub(crate) fn patch(lane: Lane, first: &str) -> Self {
        Self::new(Method::PATCH, lane, first)
    }

    pub(crate) fn delete(lane: Lane, first: &str) -> Self {
        Self::new(Method::DELETE, lane, first)
    }

    /// A GET of a link that Graph gave.
    pub(crate) fn follow(lane: Lane, link: &Link) -> Self {
        Self::to(Method::GET, lane, Target::Graph(link.as_str().to_owned()))
    }

    /// A GET of a pre-authenticated URL, without the token.
    pub(crate) fn elsewhere(lane: Lane, url: Url) -> Self {
        let call = Self::to(Method::GET, lane, Target::Elsewhere(url));
        Self { auth: Auth::None, channel: Channel::Content, accept: "*/*", ..call }
    }

    /// A path segment of ours, written as it shall be sent.
    pub(crate) fn word(mut self, word: &str) -> Self {
        if let Target::Path { path, .. } = &mut self.target {
            path.push('/');
            path.push_str(word);
        }
        self
    }

    /// A path segment of somebody else.
    pub(crate) fn id(mut self, id: &str) -> Self {
        // URL parsers take these two as steps, even when encoded.
        if matches!(id, "" | "." | "..") {
            self.invalid = Some(format!("\"{id}\" is no id"));
        }
        self.word(&encode(id))
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        if let Target::Path { query, .. } = &mut self.target {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(name);
            query.push('=');
            query.push_str(&encode(value));
        }
        self
    }

    pub(crate) fn query_time(self, name: &str, time: DateTime<Utc>) -> Self {
        self.query(name, &moment::format(time))
    }

    pub(crate) fn prefer(mut self, preference: &'static str) -> Self {
        self.prefer.push(preference);
        self
    }

    pub(crate) fn accept(mut self, kind: &'static str) -> Self {
        self.accept = kind;
        self
    }

    pub(crate) fn header(mut self, name: HeaderName, value: &str) -> Self {
        match HeaderValue::from_str(value) {
            Ok(value) => self.headers.push((name, value)),
            Err(_) => self.invalid = Some(format!("the value of {name} cannot be sent")),
        }
        self
    }

    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        match serde_json::to_vec(body) {
            Ok(bytes) => self.body = Some(bytes),
            Err(cause) => {
                self.invalid = Some(format!("the body cannot be written as JSON: {cause}"));
            }
        }
        self
    }

    pub(crate) fn repeat(mut self, repeat: Repeat) -> Self {
        self.repeat = repeat;
        self
    }

    pub(crate) fn channel(mut self, channel: Channel) -> Self {
        self.channel = channel;
        self
    }

    /// Where the request goes. Refuses what would carry the token to another origin.
    pub(crate) fn url(&self, graph: &Url) -> Result<Url, Error> {
        if let Some(what) = &self.invalid {
            return Err(Error::Invalid { what: what.clone() });
        }
        match &self.target {
            Target::Path { path, query } => {
                let text = format!("{}/v1.0{path}{query}", graph.as_str().trim_end_matches('/'));
                Url::parse(&text).map_err(|cause| Error::Invalid { what: cause.to_string() })
            }
            Target::Graph(link) => same_origin(link, graph),
            Target::Elsewhere(url) if is_confidential(url) => Ok(url.clone()),
            Target::Elsewhere(url) => {
                Err(Error::ForeignLink { host: url.host_str().unwrap_or_default().to_owned() })
            }
        }
    }
}

/// A link of an answer, if it stays with the server that gave it.
pub(crate) fn same_origin(link: &str, graph: &Url) -> Result<Url, Error> {
    let url = Url::parse(link)
        .map_err(|_| Error::Invalid { what: "a link of Graph is not an absolute URL".to_owned() })?;
    if url.origin() != graph.origin() || !url.username().is_empty() || url.password().is_some() {
        return Err(Error::ForeignLink { host: url.host_str().unwrap_or_default().to_owned() });
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Url {
        Url::parse("https://graph.microsoft.com").expect("a valid URL")
    }

    fn url(call: &Call) -> String {
        call.url(&graph()).expect("a URL").into()
    }

    #[test]
    fn ids_are_encoded_exactly_once() {
        let call = Call::get(Lane::Meetings, "users").id("a%b").word("chats").id("19:m_x=@thread.v2/é?#");
        assert_eq!(
            url(&call),
            "https://graph.microsoft.com/v1.0/users/a%25b/chats/19%3Am_x%3D%40thread.v2%2F%C3%A9%3F%23"
        );
        let drive = Call::get(Lane::Meetings, "drives").id("b!-RIj2");
        assert_eq!(url(&drive), "https://graph.microsoft.com/v1.0/drives/b%21-RIj2");
    }

    #[test]
    fn a_join_url_keeps_its_own_escapes_and_is_encoded_once_more() {
        let call =
            Call::get(Lane::Meetings, "x").query("$filter", "JoinWebUrl eq 'https://t/19%3ameeting%40v2'");
        assert!(
            url(&call).ends_with("?$filter=JoinWebUrl%20eq%20%27https%3A%2F%2Ft%2F19%253ameeting%2540v2%27")
        );
        assert_eq!(quote("O'Hara"), "O''Hara");
    }

    #[test]
    fn steps_and_empty_ids_are_refused() {
        for id in ["", ".", ".."] {
            assert!(matches!(
                Call::get(Lane::Meetings, "users").id(id).url(&graph()),
                Err(Error::Invalid { .. })
            ));
        }
    }

    #[test]
    fn only_links_of_the_same_origin_are_followed() {
        for good in
            ["https://graph.microsoft.com/v1.0/x?$skiptoken=1", "https://GRAPH.microsoft.com:443/v1.0/x"]
        {
            assert!(same_origin(good, &graph()).is_ok(), "{good}");
        }
        for bad in [
            "https://evil.example/v1.0/x",
            "http://graph.microsoft.com/v1.0/x",
            "https://graph.microsoft.com:8443/x",
            "https://graph.microsoft.com.evil.example/x",
            "https://graph.microsoft.com@evil.example/x",
            "https://user@graph.microsoft.com/x",
        ] {
            assert!(matches!(same_origin(bad, &graph()), Err(Error::ForeignLink { .. })), "{bad}");
        }
        assert!(matches!(same_origin("/v1.0/x", &graph()), Err(Error::Invalid { .. })));
    }

    #[test]
    fn a_download_over_plain_http_is_refused_unless_it_is_this_machine() {
        let to = |text: &str| {
            Call::elsewhere(Lane::Meetings, Url::parse(text).expect("a valid URL")).url(&graph())
        };
        assert!(to("https://t.sharepoint.com/a?tempauth=1").is_ok());
        assert!(to("http://127.0.0.1:9/a?tempauth=1").is_ok());
        assert!(matches!(to("http://t.sharepoint.com/a?tempauth=1"), Err(Error::ForeignLink { .. })));
    }
}
