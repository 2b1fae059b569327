//! Lists that come in pages, and deltas whose last page gives a link to continue from later.

use std::collections::HashSet;
use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::call::{Call, same_origin};
use crate::client::Client;
use crate::error::Error;

const MOST_PAGES: usize = 10_000;

/// A link given by Graph, to be stored and sent back as it is. What stands in it is nobody's business.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Link(String);

impl Link {
    /// A link that was stored earlier. Whether it leads to the right server is checked when it is used.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The link as it has to be stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = Url::parse(&self.0).ok().and_then(|url| url.host_str().map(str::to_owned));
        write!(f, "Link({}/…)", host.unwrap_or_default())
    }
}

/// Where a delta goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// More pages wait at this link. It may be stored, too.
    More(Link),
    /// This was the last page; ask at this link for what changes from now on.
    Done(Link),
}

impl Next {
    /// The link, whichever it is.
    pub fn link(&self) -> &Link {
        match self {
            Self::More(link) | Self::Done(link) => link,
        }
    }

    /// Whether this was the last page.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }
}

/// One page of a delta. Items may come twice, in any page: the last one wins.
#[derive(Debug, Clone, PartialEq)]
pub struct Delta<T> {
    /// What changed.
    pub items: Vec<T>,
    /// Store it together with the items.
    pub next: Next,
}

/// A page as Graph sends it.
#[derive(Deserialize)]
struct Page<T> {
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink", default)]
    next_link: Option<String>,
    #[serde(rename = "@odata.deltaLink", default)]
    delta_link: Option<String>,
}

impl Client {
    /// All items of a list, all pages. An item may come twice if the list changes meanwhile.
    pub(crate) async fn all_pages<T: DeserializeOwned + 'static>(
        &self,
        mut call: Call,
    ) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        loop {
            let page: Page<T> = self.json(&call).await?;
            items.extend(page.value);
            let Some(link) = page.next_link else {
                return Ok(items);
            };
            if seen.len() >= MOST_PAGES || !seen.insert(link.clone()) {
                return Err(Error::TooManyPages { pages: seen.len() });
            }
            call = next_page(call, link);
        }
    }

    /// One page of a delta.
    pub(crate) async fn delta_page<T: DeserializeOwned + 'static>(
        &self,
        call: &Call,
    ) -> Result<Delta<T>, Error> {
        let page: Page<T> = self.json(call).await?;
        let next = match (page.next_link, page.delta_link) {
            (Some(link), _) => Next::More(self.own_link(link)?),
            (None, Some(link)) => Next::Done(self.own_link(link)?),
            (None, None) => {
                let what = "a delta without a link to go on from".to_owned();
                return Err(Error::Decode { what, ids: Box::default() });
            }
        };
        Ok(Delta { items: page.value, next })
    }

    /// A link that may be stored: one of another server never gets that far.
    fn own_link(&self, link: String) -> Result<Link, Error> {
        same_origin(&link, self.graph_url())?;
        Ok(Link(link))
    }
}

/// The next page is asked for with the same preferences, at the link as it came.
fn next_page(before: Call, link: String) -> Call {
    let Call { lane, prefer, headers, accept, .. } = before;
    let mut call = Call::follow(lane, &Link(link)).accept(accept);
    call.prefer = prefer;
    call.headers = headers;
    call
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_shows_only_its_host() {
        let link = Link::from_stored("https://graph.microsoft.com/v1.0/x/delta?$deltatoken=abc");
        assert_eq!(format!("{link:?}"), "Link(graph.microsoft.com/…)");
        assert_eq!(link.as_str(), "https://graph.microsoft.com/v1.0/x/delta?$deltatoken=abc");
    }
}
