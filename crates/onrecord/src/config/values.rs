//! The types of settings: each reads itself from text, says what to write instead, and shows itself without secrets.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use crate::model::integration::{Acknowledge, InstructorRole, LawfulBasis};
use crate::model::people::normal_email;
use crate::model::words::Word;

/// What the file or the environment says, before a type has judged it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw {
    /// A string, number or truth value.
    Text(String),
    /// An array of strings.
    List(Vec<String>),
    /// A table of strings.
    Table(BTreeMap<String, String>),
}

/// A type that a setting can have.
pub trait Value: Sized {
    /// Whether the value is masked wherever it is shown.
    const SECRET: bool = false;

    /// The value, or `None` when the text is not one.
    fn read(raw: Raw) -> Option<Self>;

    /// The value when nobody set it and it has no default.
    fn absent() -> Option<Self> {
        None
    }

    /// Completes the sentence "write …".
    fn write() -> String;

    /// The value as shown to people, secrets masked; empty when there is none.
    fn show(&self) -> String;
}

/// A text that is not empty.
pub(super) fn text(raw: Raw) -> Option<String> {
    match raw {
        Raw::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Raw::List(_) | Raw::Table(_) => None,
    }
}

impl<T: Value> Value for Option<T> {
    const SECRET: bool = T::SECRET;

    fn read(raw: Raw) -> Option<Self> {
        T::read(raw).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }

    fn write() -> String {
        T::write()
    }

    fn show(&self) -> String {
        self.as_ref().map(T::show).unwrap_or_default()
    }
}

impl Value for String {
    fn read(raw: Raw) -> Option<Self> {
        text(raw)
    }

    fn write() -> String {
        "a text".to_owned()
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl Value for PathBuf {
    fn read(raw: Raw) -> Option<Self> {
        text(raw).map(Self::from)
    }

    fn write() -> String {
        "a path".to_owned()
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl Value for SocketAddr {
    fn read(raw: Raw) -> Option<Self> {
        let text = text(raw)?.replace("localhost:", "127.0.0.1:");
        text.parse().ok()
    }

    fn write() -> String {
        "an address with a port, such as 127.0.0.1:8080 or [::]:8080".to_owned()
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// A secret: masked in every `Debug` and everywhere it is shown.
impl Value for SecretString {
    const SECRET: bool = true;

    fn read(raw: Raw) -> Option<Self> {
        text(raw).map(Self::from)
    }

    fn write() -> String {
        "the secret as text".to_owned()
    }

    fn show(&self) -> String {
        "********".to_owned()
    }
}

/// A list of texts; one text is split at commas.
fn list(raw: Raw) -> Option<Vec<String>> {
    let items = match raw {
        Raw::Text(text) => text.split(',').map(str::to_owned).collect(),
        Raw::List(items) => items,
        Raw::Table(_) => return None,
    };
    let items = items.into_iter().map(|item: String| item.trim().to_owned());
    Some(items.filter(|item| !item.is_empty()).collect())
}

/// Mail addresses as they are compared, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses(pub Vec<String>);

impl Value for Addresses {
    fn read(raw: Raw) -> Option<Self> {
        let mut addresses: Vec<String> = Vec::new();
        for item in list(raw)? {
            let address = normal_email(&item);
            let (name, domain) = address.split_once('@')?;
            if name.is_empty()
                || domain.is_empty()
                || address.contains(char::is_whitespace)
                || domain.contains('@')
            {
                return None;
            }
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        Some(Self(addresses))
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    fn write() -> String {
        "one or more mail addresses separated by commas".to_owned()
    }

    fn show(&self) -> String {
        self.0.join(", ")
    }
}

/// Proxies whose `X-Forwarded-*` headers are believed: addresses or networks such as `10.0.0.0/8`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<(IpAddr, u8)>);

impl Proxies {
    /// Whether a connection from `address` comes from a trusted proxy.
    pub fn trust(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|(network, bits)| within(address, *network, *bits))
    }
}

fn within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(n)) => same_start(&a.octets(), &n.octets(), bits),
        (IpAddr::V6(a), IpAddr::V6(n)) => same_start(&a.octets(), &n.octets(), bits),
        _ => false,
    }
}

fn same_start(a: &[u8], b: &[u8], bits: u8) -> bool {
    let (whole, rest) = (usize::from(bits / 8), bits % 8);
    let mask = !(u8::MAX.checked_shr(u32::from(rest)).unwrap_or(0));
    a[..whole] == b[..whole] && (rest == 0 || a[whole] & mask == b[whole] & mask)
}

impl Value for Proxies {
    fn read(raw: Raw) -> Option<Self> {
        let mut networks = Vec::new();
        for item in list(raw)? {
            let (address, bits) = match item.split_once('/') {
                Some((address, bits)) => (address.parse::<IpAddr>().ok()?, Some(bits.parse::<u8>().ok()?)),
                None => (item.parse().ok()?, None),
            };
            let most = if address.is_ipv4() { 32 } else { 128 };
            let bits = bits.unwrap_or(most);
            if bits > most {
                return None;
            }
            networks.push((address, bits));
        }
        Some(Self(networks))
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    fn write() -> String {
        "IP addresses or networks such as 10.0.0.0/8, separated by commas".to_owned()
    }

    fn show(&self) -> String {
        let networks: Vec<_> = self.0.iter().map(|(address, bits)| format!("{address}/{bits}")).collect();
        networks.join(", ")
    }
}

/// The address of a site without a path: https, or plain http on this machine only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(Url);

impl Origin {
    /// The address; its path is `/`.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// The address without a slash at its end: append an absolute path to it.
    pub fn base(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// Whether it leads to this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.0)
    }

    /// Whether it is reached over TLS: then cookies are Secure.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

/// Whether `url` leads to this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

impl Value for Origin {
    fn read(raw: Raw) -> Option<Self> {
        let url = Url::parse(&text(raw)?).ok()?;
        let safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        let bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        (safe && bare && url.has_host()).then_some(Self(url))
    }

    fn write() -> String {
        "an https:// address without a path, such as https://onrecord.example.edu (http:// only for 127.0.0.1, [::1] or localhost)".to_owned()
    }

    fn show(&self) -> String {
        self.base().to_owned()
    }
}

/// An address that may carry a password, which is never shown.
#[derive(Clone)]
pub struct PrivateUrl<const KIND: u8>(SecretString);

/// `sqlite:` or `postgres:`.
pub type DatabaseUrl = PrivateUrl<0>;
/// `file:`, `s3:`, `az:` or `gs:`.
pub type ArchiveUrl = PrivateUrl<1>;
/// `http:` or `https:` of a proxy.
pub type ProxyUrl = PrivateUrl<2>;
/// `smtp:`, `smtps:` or `graph:`.
pub type MailUrl = PrivateUrl<3>;

const KINDS: [(&[&str], &str); 4] = [
    (&["sqlite", "postgres", "postgresql"], "sqlite:///path/onrecord.db or postgres://user@host/database"),
    (
        &["file", "s3", "az", "gs"],
        "file:///path, s3://bucket/prefix, az://container/prefix or gs://bucket/prefix",
    ),
    (&["http", "https"], "the proxy's address, such as http://proxy.example.edu:3128"),
    (&["smtp", "smtps", "graph"], "smtp://user:password@host:587, smtps://user:password@host or graph:"),
];

/// The schemes that name no machine.
fn without_host(scheme: &str) -> bool {
    matches!(scheme, "file" | "graph")
}

impl<const KIND: u8> PrivateUrl<KIND> {
    /// A URL that this program made itself.
    pub(super) fn made(text: String) -> Self {
        Self(text.into())
    }

    /// The whole address, password included: for the code that connects, never for a log.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The part before the colon.
    pub fn scheme(&self) -> &str {
        self.expose().split(':').next().unwrap_or_default()
    }
}

impl<const KIND: u8> fmt::Debug for PrivateUrl<KIND> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}

impl<const KIND: u8> Value for PrivateUrl<KIND> {
    const SECRET: bool = true;

    fn read(raw: Raw) -> Option<Self> {
        let text = text(raw)?;
        let scheme = text.split_once(':')?.0.to_owned();
        let known = KINDS[usize::from(KIND)].0.contains(&scheme.as_str());
        let parses =
            scheme == "sqlite" || Url::parse(&text).is_ok_and(|url| without_host(&scheme) || url.has_host());
        (known && parses).then(|| Self(text.into()))
    }

    fn write() -> String {
        KINDS[usize::from(KIND)].1.to_owned()
    }

    fn show(&self) -> String {
        let Ok(mut url) = Url::parse(self.expose()) else {
            return self.scheme().to_owned() + ":…";
        };
        if url.password().is_some() && url.set_password(Some("********")).is_err() {
            return self.scheme().to_owned() + "://…";
        }
        if url.query().is_some_and(|query| query.contains("password")) {
            url.set_query(Some("********"));
        }
        url.to_string()
    }
}

/// A whole number from `LEAST` to `MOST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole<const LEAST: u32, const MOST: u32>(u32);

impl<const LEAST: u32, const MOST: u32> Whole<LEAST, MOST> {
    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

impl<const LEAST: u32, const MOST: u32> Value for Whole<LEAST, MOST> {
    fn read(raw: Raw) -> Option<Self> {
        let number = text(raw)?.parse().ok()?;
        (LEAST..=MOST).contains(&number).then_some(Self(number))
    }

    fn write() -> String {
        format!("a whole number from {LEAST} to {MOST}")
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

/// The institution's own wording of the notice, by language tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wording(pub BTreeMap<String, String>);

impl Value for Wording {
    fn read(raw: Raw) -> Option<Self> {
        let by_language = match raw {
            Raw::Table(table) => table,
            other => BTreeMap::from([("en".to_owned(), text(other)?)]),
        };
        let sound = by_language.iter().all(|(language, words)| {
            let tag = language.parse::<unic_langid::LanguageIdentifier>().is_ok();
            tag && !words.trim().is_empty()
        });
        sound.then_some(Self(by_language))
    }

    fn absent() -> Option<Self> {
        Some(Self::default())
    }

    fn write() -> String {
        "a table of texts by language, such as { en = \"This class is recorded.\" }, or one English text"
            .to_owned()
    }

    fn show(&self) -> String {
        let texts: Vec<_> = self.0.iter().map(|(language, words)| format!("{language}: {words}")).collect();
        texts.join("; ")
    }
}

macro_rules! value_of_words {
    ($($type:ty),+) => {$(
        impl Value for $type {
            fn read(raw: Raw) -> Option<Self> {
                <Self as Word>::parse(&text(raw)?)
            }

            fn write() -> String {
                let words: Vec<_> = <Self as Word>::ALL.iter().map(|word| word.as_str()).collect();
                format!("one of {}", words.join(", "))
            }

            fn show(&self) -> String {
                self.as_str().to_owned()
            }
        }
    )+};
}

crate::words! {
    /// How log lines are written.
    pub enum LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object per line, for collectors.
        Json = "json",
    }
}

crate::words! {
    /// Whether Microsoft is asked to say when something is new.
    pub enum Notifications {
        /// Where it can reach us.
        Auto = "auto",
        /// Never.
        Off = "off",
    }
}

crate::words! {
    /// When recordings are copied into the archive by themselves.
    pub enum CopyPolicy {
        /// Before Microsoft is expected to delete them.
        InTime = "in_time",
        /// As soon as they are there.
        AtOnce = "at_once",
        /// Only when somebody asks.
        Asked = "asked",
    }
}

crate::words! {
    /// Who enters a class without waiting in the lobby, in Graph's words.
    pub enum LobbyScope {
        /// Only the organizer.
        Organizer = "organizer",
        /// People of the tenant.
        Organization = "organization",
        /// People of the tenant and of trusted tenants.
        OrganizationAndFederated = "organizationAndFederated",
        /// People of the tenant, but not its guests.
        OrganizationExcludingGuests = "organizationExcludingGuests",
        /// Who was invited.
        Invited = "invited",
        /// Everyone with the link.
        Everyone = "everyone",
    }
}

value_of_words!(Acknowledge, LawfulBasis, InstructorRole, LogFormat, LobbyScope, Notifications, CopyPolicy);

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: Value>(text: &str) -> Option<T> {
        T::read(Raw::Text(text.to_owned()))
    }

    #[test]
    fn origins_are_https_or_loopback_and_have_no_path() {
        for good in [
            "https://graph.microsoft.com",
            "https://onrecord.example.edu:8443/",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost:80",
        ] {
            assert!(read::<Origin>(good).is_some(), "{good} was refused");
        }
        for bad in [
            "http://onrecord.example.edu",
            "http://10.0.0.1",
            "https://graph.microsoft.com/v1.0",
            "https://a@b.c",
            "https://x.y/?q",
            "ftp://localhost",
            "nonsense",
            "",
            "http://127.0.0.1.example.com",
        ] {
            assert!(read::<Origin>(bad).is_none(), "{bad} was taken");
        }
    }

    #[test]
    fn proxies_are_addresses_and_networks() {
        let proxies: Proxies = read("10.1.0.0/9, 192.0.2.7,fd00::/8").unwrap();
        for trusted in ["10.127.255.255", "192.0.2.7", "fd12::1", "::ffff:192.0.2.7"] {
            assert!(proxies.trust(trusted.parse().unwrap()), "{trusted}");
        }
        for stranger in ["10.128.0.0", "192.0.2.8", "fe00::1", "::1"] {
            assert!(!proxies.trust(stranger.parse().unwrap()), "{stranger}");
        }
        assert!(read::<Proxies>("10.0.0.0/33").is_none());
        assert!(read::<Proxies>("0.0.0.0/0").unwrap().trust("8.8.8.8".parse().unwrap()));
    }

    #[test]
    fn a_password_in_an_address_is_never_shown() {
        let url: DatabaseUrl = read("postgres://onrecord:hush@db.example/onrecord").unwrap();
        assert!(url.expose().contains("hush"));
        assert!(!url.show().contains("hush"));
        assert!(!format!("{url:?}").contains("hush"));
        assert!(read::<DatabaseUrl>("mysql://x/y").is_none());
        assert!(read::<DatabaseUrl>("postgres:").is_none());
    }

    #[test]
    fn addresses_are_lower_case_and_each_stands_once() {
        let addresses: Addresses = read("Classes@Contoso.example, classes@contoso.example,b@c").unwrap();
        assert_eq!(addresses.0, ["classes@contoso.example", "b@c"]);
        for bad in ["nobody", "@b", "a@", "a b@c", "a@b@c"] {
            assert!(read::<Addresses>(bad).is_none(), "{bad} was taken");
        }
    }

    #[test]
    fn whole_numbers_keep_their_range() {
        assert_eq!(read::<Whole<1, 9>>("9").map(Whole::get), Some(9));
        for bad in ["0", "10", "-1", "1.5", "one", ""] {
            assert!(read::<Whole<1, 9>>(bad).is_none(), "{bad} was taken");
        }
    }

    #[test]
    fn wording_is_english_or_by_language() {
        assert_eq!(read::<Wording>("Recorded.").unwrap().0["en"], "Recorded.");
        let table = BTreeMap::from([("not a tag".to_owned(), "x".to_owned())]);
        assert!(Wording::read(Raw::Table(table)).is_none());
    }
}
