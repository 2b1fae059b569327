//! The types of settings about telling people: sender, times of day, zone, and the address that waits for a sign of life.

use std::fmt;

use chrono::NaiveTime;
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::values::{Addresses, Raw, Value, is_loopback, text};

/// An address that is called while all is well. Whoever knows it can pretend that it is, so only its host is shown.
#[derive(Clone)]
pub struct AliveUrl(SecretString);

impl AliveUrl {
    /// The whole address: for the code that calls it, never for a log.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for AliveUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.show())
    }
}

impl Value for AliveUrl {
    const SECRET: bool = true;

    fn read(raw: Raw) -> Option<Self> {
        let text = text(raw)?;
        let url = Url::parse(&text).ok()?;
        let safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
        (safe && url.has_host()).then(|| Self(text.into()))
    }

    fn write() -> String {
        "an https:// address, such as https://hc-ping.com/… (http:// only for this machine)".to_owned()
    }

    fn show(&self) -> String {
        let host = Url::parse(self.expose()).ok().and_then(|url| url.host_str().map(str::to_owned));
        format!("https://{}/…", host.unwrap_or_default())
    }
}

/// One mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(pub String);

impl Value for Address {
    fn read(raw: Raw) -> Option<Self> {
        let Addresses(mut addresses) = Addresses::read(raw)?;
        (addresses.len() == 1).then(|| Self(addresses.remove(0)))
    }

    fn write() -> String {
        "one mail address, such as classes@school.example".to_owned()
    }

    fn show(&self) -> String {
        self.0.clone()
    }
}

fn clock_time(text: &str) -> Option<NaiveTime> {
    NaiveTime::parse_from_str(text.trim(), "%H:%M").ok()
}

/// A time of day, `17:00`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeOfDay(pub NaiveTime);

impl Value for TimeOfDay {
    fn read(raw: Raw) -> Option<Self> {
        clock_time(&text(raw)?).map(Self)
    }

    fn write() -> String {
        "a time of day, such as 17:00".to_owned()
    }

    fn show(&self) -> String {
        self.0.format("%H:%M").to_string()
    }
}

/// A span of the day that may pass midnight, `21:00-07:00`; or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuietHours(pub Option<(NaiveTime, NaiveTime)>);

impl Value for QuietHours {
    fn read(raw: Raw) -> Option<Self> {
        let text = text(raw)?;
        if text == "off" {
            return Some(Self(None));
        }
        let (from, until) = text.split_once('-')?;
        let span = (clock_time(from)?, clock_time(until)?);
        (span.0 != span.1).then_some(Self(Some(span)))
    }

    fn write() -> String {
        "two times of day, such as 21:00-07:00, or off".to_owned()
    }

    fn show(&self) -> String {
        match self.0 {
            Some((from, until)) => format!("{}-{}", from.format("%H:%M"), until.format("%H:%M")),
            None => "off".to_owned(),
        }
    }
}

/// An IANA time zone.
impl Value for chrono_tz::Tz {
    fn read(raw: Raw) -> Option<Self> {
        text(raw)?.parse().ok()
    }

    fn write() -> String {
        "an IANA time zone, such as Europe/Berlin".to_owned()
    }

    fn show(&self) -> String {
        self.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::values::MailUrl;
    use super::*;

    fn read<T: Value>(text: &str) -> Option<T> {
        T::read(Raw::Text(text.to_owned()))
    }

    #[test]
    fn where_mail_goes_is_said_without_its_password() {
        let url: MailUrl = read("smtp://onrecord:hush@mail.example:587").unwrap();
        assert!(url.expose().contains("hush") && !url.show().contains("hush"));
        assert_eq!(read::<MailUrl>("graph:").unwrap().scheme(), "graph");
        for bad in ["http://mail.example", "smtp:", "mail.example:25"] {
            assert!(read::<MailUrl>(bad).is_none(), "{bad} was taken");
        }
        let alive: AliveUrl = read("https://hc-ping.example/2b8c-secret").unwrap();
        assert!(!alive.show().contains("secret") && !format!("{alive:?}").contains("secret"));
        assert!(read::<AliveUrl>("http://hc-ping.example/x").is_none());
    }

    #[test]
    fn times_of_day_and_quiet_hours_are_read_as_written() {
        assert_eq!(read::<QuietHours>("21:00-07:00").unwrap().show(), "21:00-07:00");
        assert_eq!(read::<QuietHours>("off").unwrap(), QuietHours(None));
        assert_eq!(read::<TimeOfDay>("17:00").unwrap().show(), "17:00");
        assert!(read::<QuietHours>("21:00").is_none() && read::<QuietHours>("7:00-7:00").is_none());
        assert!(read::<TimeOfDay>("25:00").is_none());
        assert!(
            read::<chrono_tz::Tz>("Europe/Berlin").is_some() && read::<chrono_tz::Tz>("Berlin").is_none()
        );
    }
}
