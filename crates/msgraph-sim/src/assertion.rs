//! Client assertions: JWTs signed with a certificate registered for the app.
//! Only what Entra checks is checked; the certificate's own chain and dates are not.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::{digest, signature};
use serde_json::Value;

use crate::tenant::Tenant;

/// Why an assertion was refused, by AADSTS number.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    Malformed,
    UnknownCertificate,
    BadSignature,
    Audience,
    Expired,
}

impl Problem {
    pub(crate) fn number(&self) -> u32 {
        match self {
            Self::Malformed => 50027,
            Self::UnknownCertificate | Self::BadSignature => 700_027,
            Self::Audience => 50012,
            Self::Expired => 700_024,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "JWT token is invalid or malformed.",
            Self::UnknownCertificate => "The certificate with identifier used to sign the client assertion is not registered on application. Reason - The key was not found.",
            Self::BadSignature => "Client assertion failed signature validation.",
            Self::Audience => "Authentication failed: the client assertion contains an invalid audience, issuer or subject.",
            Self::Expired => "Client assertion is not within its valid time range.",
        })
    }
}

/// Checks header, signature and claims of `jwt` against the tenant's registered certificates.
pub(crate) fn check(jwt: &str, tenant: &Tenant, now: i64) -> Result<(), Problem> {
    let (signed, tag) = jwt.rsplit_once('.').ok_or(Problem::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(Problem::Malformed)?;
    let (header, claims) = (json_part(header)?, json_part(claims)?);
    let tag = URL_SAFE_NO_PAD.decode(tag).map_err(|_| Problem::Malformed)?;
    let certificate = tenant
        .certificates
        .iter()
        .filter_map(|pem| der(pem))
        .find(|der| names(&header, der))
        .ok_or(Problem::UnknownCertificate)?;
    let key = rsa_key(&certificate).ok_or(Problem::UnknownCertificate)?;
    let algorithm: &dyn signature::VerificationAlgorithm = match header["alg"].as_str() {
        Some("RS256") => &signature::RSA_PKCS1_2048_8192_SHA256,
        Some("PS256") => &signature::RSA_PSS_2048_8192_SHA256,
        _ => return Err(Problem::BadSignature),
    };
    signature::UnparsedPublicKey::new(algorithm, key)
        .verify(signed.as_bytes(), &tag)
        .map_err(|_| Problem::BadSignature)?;
    let client = Some(tenant.client_id.as_str());
    let audience_fits = claims["aud"]
        .as_str()
        .is_some_and(|aud| aud.ends_with("/oauth2/v2.0/token") || aud.ends_with("/v2.0"));
    if claims["iss"].as_str() != client || claims["sub"].as_str() != client || !audience_fits {
        return Err(Problem::Audience);
    }
    let (from, to) = (claims["nbf"].as_i64().unwrap_or(0), claims["exp"].as_i64().unwrap_or(0));
    if now + 300 < from || now - 300 > to {
        return Err(Problem::Expired);
    }
    Ok(())
}

fn json_part(encoded: &str) -> Result<Value, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| Problem::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| Problem::Malformed)
}

/// Whether the header names this certificate, by SHA-256 or SHA-1 thumbprint.
fn names(header: &Value, der: &[u8]) -> bool {
    let fits = |name: &str, algorithm: &'static digest::Algorithm| {
        header[name].as_str().map(|given| given == URL_SAFE_NO_PAD.encode(digest::digest(algorithm, der)))
    };
    fits("x5t#S256", &digest::SHA256)
        .or_else(|| fits("x5t", &digest::SHA1_FOR_LEGACY_USE_ONLY))
        .unwrap_or_default()
}

/// The first certificate in a PEM text.
fn der(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let packed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(packed).ok()
}

/// The RSA public key (PKCS#1) inside an X.509 certificate.
pub(crate) fn rsa_key(certificate: &[u8]) -> Option<&[u8]> {
    let body = element(certificate, 0x30)?.0;
    let mut rest = element(body, 0x30)?.0;
    if rest.first() == Some(&0xa0) {
        rest = element(rest, 0xa0)?.1;
    }
    // serial number, signature algorithm, issuer, validity, subject
    for tag in [0x02, 0x30, 0x30, 0x30, 0x30] {
        rest = element(rest, tag)?.1;
    }
    let key_info = element(rest, 0x30)?.0;
    let bits = element(element(key_info, 0x30)?.1, 0x03)?.0;
    bits.get(1..)
}

/// One DER element with the wanted tag: its body, and what follows it.
fn element(data: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    if *data.first()? != tag {
        return None;
    }
    let first = usize::from(*data.get(1)?);
    let (start, length) = if first < 0x80 {
        (2, first)
    } else {
        let count = first & 0x7f;
        let bytes = data.get(2..2 + count).filter(|_| count <= 4)?;
        (2 + count, bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))
    };
    Some((data.get(start..start + length)?, data.get(start + length..)?))
}
