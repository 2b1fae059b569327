//! Making a certificate with which OnRecord signs in to Microsoft, so that nobody needs to know openssl. Nothing is
//! kept: the caller writes the file, and whoever holds it can sign in as the app.

use chrono::{DateTime, Datelike as _, Utc};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256};
use rsa::RsaPrivateKey;
use rsa::pkcs8::{EncodePrivateKey as _, LineEnding};
use secrecy::SecretString;

use super::{Error, Result};

/// Bits of the key. Entra takes RSA only; fewer are weak, more are slow.
const BITS: usize = 2_048;

/// A certificate and its key.
#[derive(Debug)]
pub struct Made {
    /// Key (PKCS#8) and certificate in one PEM text, as `TEAMS_CLIENT_CERTIFICATE` takes it.
    pub pem: SecretString,
    /// The certificate alone: what is uploaded to Entra.
    pub public_pem: String,
    /// SHA-1 in hexadecimal, as Entra shows it.
    pub thumbprint: String,
    /// The last moment at which it is good.
    pub not_after: DateTime<Utc>,
}

/// Makes a self-signed certificate that is good from today for so many months.
pub fn make(name: &str, months: u32, now: DateTime<Utc>) -> Result<Made> {
    let failed = |what: &dyn std::fmt::Display| {
        Error::Conflict(format!(
            "The certificate cannot be made: {what}. Try again, or make one with openssl."
        ))
    };
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS).map_err(|error| failed(&error))?;
    let key = key.to_pkcs8_pem(LineEnding::LF).map_err(|error| failed(&error))?;
    let key =
        KeyPair::from_pkcs8_pem_and_sign_algo(&key, &PKCS_RSA_SHA256).map_err(|error| failed(&error))?;
    let until = now.checked_add_months(chrono::Months::new(months)).unwrap_or(now);
    // Midnight of the day: a certificate of today is good at once.
    let day = |at: DateTime<Utc>| rcgen::date_time_ymd(at.year(), at.month() as u8, at.day() as u8);
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (day(now), day(until));
    let certificate = params.self_signed(&key).map_err(|error| failed(&error))?;
    let public_pem = certificate.pem();
    let pem = format!("{}{public_pem}", key.serialize_pem());
    let read = msgraph::ClientCertificate::from_pem(&pem)?;
    Ok(Made { thumbprint: read.thumbprint(), not_after: read.not_after(), public_pem, pem: pem.into() })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn what_is_made_signs_in_at_once_and_for_as_long_as_was_asked() {
        let now = DateTime::from_timestamp(1_788_244_870, 0).expect("a time");
        let made = make("OnRecord", 24, now).expect("a certificate");
        let read = msgraph::ClientCertificate::from_pem(made.pem.expose_secret()).expect("it is usable");
        assert!(read.not_before() <= now && read.not_after() == made.not_after);
        assert_eq!((made.not_after.year(), made.not_after.month()), (now.year() + 2, now.month()));
        assert_eq!(made.thumbprint.len(), 40);
        assert!(made.public_pem.contains("BEGIN CERTIFICATE") && !made.public_pem.contains("PRIVATE"));
        assert!(!format!("{made:?}").contains("PRIVATE KEY"));
    }
}
