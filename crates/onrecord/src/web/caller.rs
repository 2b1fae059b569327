//! Where a request comes from: the peer, or what a trusted proxy says of it. Nothing else believes a header about that.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::Extensions;
use axum::http::HeaderMap;

use crate::config::Proxies;

/// The address of the caller. `X-Forwarded-For` is read from its end, past trusted proxies, and only if the peer is
/// one itself. `None` inside tests without a connection.
pub fn address(headers: &HeaderMap, extensions: &Extensions, proxies: &Proxies) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    if !proxies.trust(peer) {
        return Some(peer);
    }
    let named = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = named.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in hops.iter().rev() {
        match hop.parse::<IpAddr>() {
            Ok(address) if proxies.trust(address) => {}
            Ok(address) => return Some(address.to_canonical()),
            Err(_) => break,
        }
    }
    Some(peer)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn seen(peer: &str, forwarded: &str) -> String {
        let sources = crate::config::Sources {
            environment: [("ONRECORD_TRUSTED_PROXIES".to_owned(), "10.0.0.0/8".to_owned())].into(),
            ..Default::default()
        };
        let config = crate::config::Config::load(&sources).unwrap();
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 4711)));
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::from_str(forwarded).unwrap());
        address(&headers, &extensions, &config.http.trusted_proxies).unwrap().to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(seen("203.0.113.9", "198.51.100.1"), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", "192.0.2.66, 198.51.100.1, 10.2.3.4"), "198.51.100.1");
        assert_eq!(seen("10.0.0.1", "nonsense"), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", "192.0.2.66, nonsense"), "10.0.0.1");
    }
}
