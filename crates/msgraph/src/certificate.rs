//! Signing in with a certificate: a short-lived statement signed with its private key instead of a secret.
//!
//! Microsoft asks for PS256 and the SHA-256 thumbprint today; the older RS256 with the SHA-1 thumbprint still works
//! and is what some national clouds and proxies of them know. The private key never leaves this file.

use std::fmt;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding, RsaKeyPair};
use serde_json::json;
use uuid::Uuid;

use crate::der;
use crate::error::Error;

/// How long one statement is good; Microsoft recommends five to ten minutes.
const LIFE: TimeDelta = TimeDelta::minutes(10);
/// Clocks differ a little.
const EARLIER: TimeDelta = TimeDelta::minutes(2);

/// A certificate with its private key, as registered for the app.
#[derive(Clone)]
pub struct ClientCertificate {
    key: Arc<RsaKeyPair>,
    der: Arc<[u8]>,
    not_before: DateTime<Utc>,
    not_after: DateTime<Utc>,
}

/// Leaves out the key.
impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientCertificate")
            .field("thumbprint", &self.thumbprint())
            .field("not_after", &self.not_after)
            .finish_non_exhaustive()
    }
}

/// How a statement is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// PS256 and `x5t#S256`: what Microsoft's documentation asks for.
    Current,
    /// RS256 and `x5t`.
    Older,
}

impl ClientCertificate {
    /// Reads PEM text that holds the certificate and its RSA key in PKCS#8, in either order. Of several certificates
    /// the first counts.
    pub fn from_pem(pem: &str) -> Result<Self, Error> {
        let der = section(pem, "CERTIFICATE")
            .ok_or_else(|| refused("holds no certificate; it must contain a part BEGIN CERTIFICATE"))?;
        let Some(key) = section(pem, "PRIVATE KEY") else {
            return Err(refused(wrong_key(pem)));
        };
        let key = RsaKeyPair::from_pkcs8(&key).map_err(|_| {
            refused("holds a key that cannot be used; it must be an RSA key of 2048 to 4096 bits in PKCS#8")
        })?;
        let read = der::certificate(&der)
            .ok_or_else(|| refused("holds a certificate that cannot be read; export it again as PEM"))?;
        if read.public_key != key.public_key().as_ref() {
            return Err(refused("holds a key that does not belong to its certificate"));
        }
        Ok(Self {
            key: Arc::new(key),
            der: der.into(),
            not_before: read.not_before,
            not_after: read.not_after,
        })
    }

    /// The SHA-1 thumbprint in capital hexadecimal, as Entra shows it beside the uploaded certificate.
    pub fn thumbprint(&self) -> String {
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &self.der);
        digest.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}"))
    }

    /// The first moment at which it is good.
    pub fn not_before(&self) -> DateTime<Utc> {
        self.not_before
    }

    /// The last moment at which it is good.
    pub fn not_after(&self) -> DateTime<Utc> {
        self.not_after
    }

    /// A statement that whoever holds the key is `client_id`, for `audience`.
    pub(crate) fn assertion(
        &self,
        form: Form,
        (client_id, audience): (&str, &str),
        now: DateTime<Utc>,
    ) -> Result<String, Error> {
        let (header, encoding): (_, &'static dyn RsaEncoding) = match form {
            Form::Current => {
                let thumbprint = self.encoded(&digest::SHA256);
                (json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": thumbprint }), &RSA_PSS_SHA256)
            }
            Form::Older => {
                let thumbprint = self.encoded(&digest::SHA1_FOR_LEGACY_USE_ONLY);
                (json!({ "alg": "RS256", "typ": "JWT", "x5t": thumbprint }), &RSA_PKCS1_SHA256)
            }
        };
        let claims = json!({
            "aud": audience, "iss": client_id, "sub": client_id, "jti": Uuid::new_v4(),
            "nbf": (now - EARLIER).timestamp(), "iat": now.timestamp(), "exp": (now + LIFE).timestamp(),
        });
        let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(encoding, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| refused("cannot sign: the system gives no random numbers"))?;
        Ok(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    fn encoded(&self, algorithm: &'static digest::Algorithm) -> String {
        URL_SAFE_NO_PAD.encode(digest::digest(algorithm, &self.der))
    }
}

fn refused(what: impl Into<String>) -> Error {
    Error::Setting { name: "client_certificate", what: what.into() }
}

/// What stands where the key should stand.
fn wrong_key(pem: &str) -> &'static str {
    if pem.contains("BEGIN ENCRYPTED PRIVATE KEY") {
        "holds a key with a passphrase; write it without one: openssl pkcs8 -topk8 -nocrypt"
    } else if pem.contains("BEGIN RSA PRIVATE KEY") || pem.contains("BEGIN EC PRIVATE KEY") {
        "holds a key in another form than PKCS#8; convert it: openssl pkcs8 -topk8 -nocrypt"
    } else {
        "holds no private key; it must contain a part BEGIN PRIVATE KEY beside the certificate"
    }
}

/// The bytes of the first part of this name.
fn section(pem: &str, name: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {name}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {name}-----"))?;
    // An environment variable of one line may carry its line ends as two characters.
    let packed: String = body.replace("\\n", "").chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(packed).ok()
}

#[cfg(test)]
pub(crate) mod tests {
    use ring::signature::{
        RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
    };

    use super::*;

    /// Made with openssl for this test only; nothing trusts it.
    const PEM: &str = include_str!("../tests/certificate.pem");

    pub(crate) fn der() -> Vec<u8> {
        section(PEM, "CERTIFICATE").expect("the test's certificate")
    }

    fn json(part: &str) -> serde_json::Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64url")).expect("JSON")
    }

    #[test]
    fn both_forms_are_signed_by_the_key_and_name_the_certificate() {
        let certificate = ClientCertificate::from_pem(PEM).expect("a certificate");
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let forms: [(Form, &str, &str, &dyn VerificationAlgorithm); 2] = [
            (Form::Current, "PS256", "x5t#S256", &RSA_PSS_2048_8192_SHA256),
            (Form::Older, "RS256", "x5t", &RSA_PKCS1_2048_8192_SHA256),
        ];
        let key = der::certificate(&der()).expect("a certificate").public_key;
        for (form, alg, named, algorithm) in forms {
            let jwt = certificate.assertion(form, ("app", "https://login/t"), now).expect("a statement");
            let parts: Vec<&str> = jwt.split('.').collect();
            let (header, claims) = (json(parts[0]), json(parts[1]));
            assert_eq!((&header["alg"], header[named].is_string()), (&json!(alg), true));
            assert_eq!((&claims["iss"], &claims["sub"]), (&json!("app"), &json!("app")));
            assert_eq!(claims["exp"].as_i64().expect("a time") - now.timestamp(), 600);
            let signed = format!("{}.{}", parts[0], parts[1]);
            let tag = URL_SAFE_NO_PAD.decode(parts[2]).expect("base64url");
            assert!(UnparsedPublicKey::new(algorithm, &key).verify(signed.as_bytes(), &tag).is_ok(), "{alg}");
        }
    }

    #[test]
    fn what_cannot_be_used_is_named_and_the_key_is_never_shown() {
        let key = PEM.split("-----BEGIN CERTIFICATE-----").next().expect("the key stands first");
        let rest = &PEM[key.len()..];
        let cases = [
            ("", "BEGIN CERTIFICATE"),
            (rest, "BEGIN PRIVATE KEY"),
            (&rest.replace("CERTIFICATE", "X"), "BEGIN CERTIFICATE"),
            (&format!("{}{rest}", key.replace("PRIVATE KEY", "RSA PRIVATE KEY")), "PKCS#8"),
            (&format!("{}{rest}", key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY")), "passphrase"),
            (&PEM.replacen("MII", "AAA", 1), "RSA key"),
        ];
        for (pem, words) in cases {
            let error = ClientCertificate::from_pem(pem).expect_err("unusable").to_string();
            assert!(error.contains(words), "{error}");
        }
        let one_line = PEM.replace('\n', "\\n");
        let shown = format!("{:?}", ClientCertificate::from_pem(&one_line).expect("one line is enough"));
        assert!(shown.contains("thumbprint") && shown.len() < 200, "{shown}");
    }
}
