//! Notifications that carry their resource: encrypted for the subscriber, and vouched for by Microsoft's own token.
//! Doc: change-notifications-with-resource-data. Only public keys of subscribers are used here.

use aes::Aes256;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockEncryptMut as _, KeyIvInit as _};
use chrono::{DateTime, Utc};
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use ring::{digest, hmac};
use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::rand_core::{OsRng, RngCore as _};
use rsa::traits::PublicKeyParts as _;
use rsa::{Oaep, RsaPublicKey};
use serde_json::{Value, json};

use crate::assertion;
use crate::subscription::Recipient;
use crate::tenant::Tenant;

/// The key that plays Microsoft's. It is public with this source and vouches for nothing anywhere else.
const NOTARY: &str = include_str!("notary.pem");
const NOTARY_ID: &str = "msgraph-sim-1";
/// The application id under which Microsoft sends change notifications.
const SENDER: &str = "0bf30f3b-4a52-48df-9a82-234910c4a086";

/// The key of a subscriber's certificate, if it can be encrypted for.
pub(crate) fn public_key(certificate: &str) -> Option<RsaPublicKey> {
    let der = STANDARD.decode(certificate.trim()).ok()?;
    let key = RsaPublicKey::from_pkcs1_der(assertion::rsa_key(&der)?).ok()?;
    (256..=512).contains(&key.size()).then_some(key)
}

/// `encryptedContent` of one notification.
pub(crate) fn sealed(recipient: &Recipient, resource: &Value) -> Option<Value> {
    let mut key = [0_u8; 32];
    OsRng.fill_bytes(&mut key);
    let data_key =
        public_key(&recipient.certificate)?.encrypt(&mut OsRng, Oaep::new::<sha1::Sha1>(), &key).ok()?;
    let (data, signature) = wrapped(&key, resource.to_string().as_bytes());
    let der = STANDARD.decode(recipient.certificate.trim()).ok()?;
    let thumbprint = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, &der);
    let thumbprint =
        thumbprint.as_ref().iter().fold(String::new(), |text, byte| text + &format!("{byte:02X}"));
    Some(json!({
        "data": data, "dataKey": STANDARD.encode(data_key), "dataSignature": signature,
        "encryptionCertificateId": recipient.id, "encryptionCertificateThumbprint": thumbprint,
    }))
}

/// The resource under a key of its own, and the signature over it, both in base64.
fn wrapped(key: &[u8; 32], plain: &[u8]) -> (String, String) {
    let (iv, _) = key.split_at(16);
    let mut first = [0_u8; 16];
    first.copy_from_slice(iv);
    let cipher = cbc::Encryptor::<Aes256>::new(key.into(), &first.into());
    let data = cipher.encrypt_padded_vec_mut::<Pkcs7>(plain);
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), &data);
    (STANDARD.encode(data), STANDARD.encode(signature))
}

fn notary() -> Option<RsaKeyPair> {
    let body: String = NOTARY.lines().filter(|line| !line.starts_with("-----")).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(body).ok()?).ok()
}

/// The token by which a subscriber knows that Microsoft sent a notification.
pub(crate) fn validation_token(tenant: &Tenant, now: DateTime<Utc>) -> Value {
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": NOTARY_ID, "x5t": NOTARY_ID });
    let claims = json!({
        "aud": tenant.client_id, "iss": format!("https://sts.windows.net/{}/", tenant.tenant_id), "tid": tenant.tenant_id,
        "appid": SENDER, "azp": SENDER, "iat": now.timestamp(), "nbf": now.timestamp(), "exp": now.timestamp() + 3_600, "ver": "1.0",
    });
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header.to_string()),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let Some(notary) = notary() else { return Value::Null };
    let mut signature = vec![0; notary.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    if notary.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).is_err() {
        return Value::Null;
    }
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature)).into()
}

/// The public keys by which validation tokens are checked.
pub(crate) fn keys() -> Value {
    let Some(key) =
        notary().and_then(|notary| RsaPublicKey::from_pkcs1_der(notary.public_key().as_ref()).ok())
    else {
        return json!({ "keys": [] });
    };
    json!({ "keys": [{
        "kty": "RSA", "use": "sig", "kid": NOTARY_ID, "x5t": NOTARY_ID,
        "n": URL_SAFE_NO_PAD.encode(key.n().to_bytes_be()), "e": URL_SAFE_NO_PAD.encode(key.e().to_bytes_be()),
    }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_wrapped_as_the_check_vector_says() {
        let key: [u8; 32] = std::array::from_fn(|n| n as u8);
        let (data, signature) = wrapped(&key, br#"{"id":"7e31db25","callId":"af63"}"#);
        assert_eq!(data, "54DUm6+gJsf1Pw7jNSb9uPX0V/zFduimQf6bqx8v/Ymgavcy5A39pkiwgCV8Ii/z");
        assert_eq!(signature, "pOL7unOhaLr9tFeQKtIjJjxydf/kIclUpwdAbVnXLq8=");
    }

    #[test]
    fn the_token_is_signed_by_the_key_that_is_published() {
        let token = validation_token(&Tenant::healthy(), DateTime::UNIX_EPOCH);
        let (signed, tag) = token.as_str().unwrap().rsplit_once('.').unwrap();
        let key = notary().unwrap().public_key().as_ref().to_vec();
        let checked =
            ring::signature::UnparsedPublicKey::new(&ring::signature::RSA_PKCS1_2048_8192_SHA256, key)
                .verify(signed.as_bytes(), &URL_SAFE_NO_PAD.decode(tag).unwrap());
        assert!(checked.is_ok());
        assert_eq!(keys()["keys"][0]["e"], "AQAB");
    }
}
