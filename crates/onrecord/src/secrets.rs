//! Sealing what must not be readable in the database, and making and checking tokens and passwords.
//! A key never appears in a log, an error or a `Debug`; a value sealed for one context never opens in another.

use std::io::Write as _;
use std::path::Path;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

use crate::model::hex::hex;

/// Verified against when there is no stored hash, so that an unknown address takes as long as a known one.
const DECOY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$b25yZWNvcmRkZWNveXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What can go wrong with keys, sealed values and passwords.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// The configured key text is not usable.
    #[error(
        "ONRECORD_SECRET_KEY (secrets.key) is not a secret key: write 32 random bytes in base64, for example from `openssl rand -base64 32`; several keys are separated by commas, the first one seals"
    )]
    KeyFormat,
    /// PostgreSQL is shared by machines, so no machine may invent a key of its own.
    #[error(
        "ONRECORD_SECRET_KEY (secrets.key) is missing: with PostgreSQL every process needs the same key, so write 32 random bytes in base64, for example from `openssl rand -base64 32`"
    )]
    KeyMissing,
    /// The key file exists and cannot be used.
    #[error("the key file {path} cannot be used: {reason}")]
    KeyFile {
        /// The file.
        path: String,
        /// Why, and what to do.
        reason: String,
    },
    /// The value was sealed under a key that is not configured any more.
    #[error(
        "sealed under the key {0}, which is not among the configured secret keys: add that key again, or enter the secret anew"
    )]
    UnknownKey(String),
    /// The value was changed, cut, or sealed for something else.
    #[error(
        "a sealed value cannot be opened: it was changed, or sealed for something else; enter the secret anew"
    )]
    Unreadable,
    /// The system gave no random bytes, or a password could not be hashed.
    #[error("the system's cryptography failed: {0}")]
    System(String),
}

/// Where the key comes from when none is configured.
#[derive(Debug, Clone, Copy)]
pub enum KeyHome<'a> {
    /// SQLite on one machine: the file is read, and made when missing.
    File(&'a Path),
    /// PostgreSQL: the key must be configured.
    Configured,
}

/// The secret keys of this installation. The first seals, all open.
pub struct SecretKeys(Vec<SecretKey>);

struct SecretKey {
    id: String,
    cipher: XChaCha20Poly1305,
    /// For fingerprints; made from the key, and as secret.
    mark: [u8; 32],
    /// For signatures; made from the key, and as secret.
    seed: [u8; 32],
}

impl std::fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

impl SecretKeys {
    /// The configured keys, or those of the key file, which is made (mode 0600) when it does not exist.
    pub fn load(configured: Option<&str>, home: KeyHome<'_>) -> Result<Self, SecretsError> {
        match (configured, home) {
            (Some(text), _) => Self::parse(text),
            (None, KeyHome::File(path)) => Self::from_file(path),
            (None, KeyHome::Configured) => Err(SecretsError::KeyMissing),
        }
    }

    /// Keys from text: 32 bytes of base64 each, separated by commas.
    pub fn parse(text: &str) -> Result<Self, SecretsError> {
        let keys: Result<Vec<_>, _> = text.split(',').map(|part| SecretKey::parse(part.trim())).collect();
        Ok(Self(keys?))
    }

    /// The id of the key that seals; ids are public and say nothing about the key.
    pub fn sealing_key_id(&self) -> &str {
        &self.first().id
    }

    /// Seals `plain` so that it opens only for the same `context` (for example `integration/1/client_secret`).
    pub fn seal(&self, context: &str, plain: &str) -> Result<String, SecretsError> {
        let key = self.first();
        let mut nonce = [0_u8; 24];
        fill_random(&mut nonce)?;
        let payload = Payload { msg: plain.as_bytes(), aad: &additional_data(context) };
        let sealed = key
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .map_err(|error| SecretsError::System(error.to_string()))?;
        let body = BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat());
        Ok(format!("v1.{}.{body}", key.id))
    }

    /// Opens what [`SecretKeys::seal`] made for the same `context`, by whichever configured key sealed it.
    pub fn open(&self, context: &str, sealed: &str) -> Result<String, SecretsError> {
        let mut parts = sealed.splitn(3, '.');
        let (Some("v1"), Some(id), Some(body)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(SecretsError::Unreadable);
        };
        let key =
            self.0.iter().find(|key| key.id == id).ok_or_else(|| SecretsError::UnknownKey(id.to_owned()))?;
        let body = BASE64_URL_SAFE_NO_PAD.decode(body).map_err(|_| SecretsError::Unreadable)?;
        let Some((nonce, cipher_text)) = body.split_first_chunk::<24>() else {
            return Err(SecretsError::Unreadable);
        };
        let payload = Payload { msg: cipher_text, aad: &additional_data(context) };
        let plain =
            key.cipher.decrypt(&XNonce::from(*nonce), payload).map_err(|_| SecretsError::Unreadable)?;
        String::from_utf8(plain).map_err(|_| SecretsError::Unreadable)
    }

    /// A keyed hash of `text` for one `purpose`: the same text has the same one, and nobody without the key can tell which
    /// text it is of. The last key makes it, so that a new first key changes no fingerprint.
    pub fn fingerprint(&self, purpose: &str, text: &str) -> String {
        let mark = self.0.last().unwrap_or_else(|| self.first()).mark;
        let inner =
            Sha256::new().chain_update(mark).chain_update(purpose).chain_update([0]).chain_update(text);
        hex(&Sha256::new().chain_update(mark).chain_update(inner.finalize()).finalize())
    }

    /// Signs `text` with Ed25519 under the first key and returns public key and signature in base64url. Whoever has the
    /// public key can check it; only who has the secret key can make it.
    pub fn sign(&self, text: &str) -> Result<(String, String), SecretsError> {
        let pair = self.first().pair()?;
        let signature = pair.sign(text.as_bytes());
        Ok((public_text(&pair), BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Whether a public key belongs to one of the configured keys.
    pub fn is_ours(&self, public_key: &str) -> bool {
        self.0.iter().any(|key| key.pair().is_ok_and(|pair| public_text(&pair) == public_key))
    }

    /// Whether the key of this id is configured.
    pub fn has(&self, key_id: &str) -> bool {
        self.0.iter().any(|key| key.id == key_id)
    }

    fn from_file(path: &Path) -> Result<Self, SecretsError> {
        if !path.exists() {
            make_key_file(path)?;
        }
        let text = std::fs::read_to_string(path).map_err(|error| key_file_error(path, &error.to_string()))?;
        Self::parse(text.trim()).map_err(|_| {
            key_file_error(path, "it does not hold 32 bytes in base64; put the right file back, or remove it and enter all secrets anew")
        })
    }

    fn first(&self) -> &SecretKey {
        self.0.first().expect("parse() yields at least one key, because split() yields at least one part")
    }
}

impl SecretKey {
    fn parse(text: &str) -> Result<Self, SecretsError> {
        let bytes = BASE64_STANDARD
            .decode(text)
            .or_else(|_| BASE64_URL_SAFE_NO_PAD.decode(text))
            .map_err(|_| SecretsError::KeyFormat)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| SecretsError::KeyFormat)?;
        let digest = Sha256::new().chain_update(b"onrecord key id").chain_update(bytes).finalize();
        let mark = Sha256::new().chain_update(b"onrecord fingerprints").chain_update(bytes).finalize().into();
        let seed = Sha256::new().chain_update(b"onrecord signatures").chain_update(bytes).finalize().into();
        Ok(Self { id: hex(&digest[..4]), cipher: XChaCha20Poly1305::new(&bytes.into()), mark, seed })
    }

    fn pair(&self) -> Result<Ed25519KeyPair, SecretsError> {
        Ed25519KeyPair::from_seed_unchecked(&self.seed)
            .map_err(|error| SecretsError::System(error.to_string()))
    }
}

fn public_text(pair: &Ed25519KeyPair) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(pair.public_key())
}

/// Whether `signature` (base64url) is one of `text` under `public_key` (base64url).
pub fn is_signed(text: &str, public_key: &str, signature: &str) -> bool {
    let (Ok(key), Ok(signature)) =
        (BASE64_URL_SAFE_NO_PAD.decode(public_key), BASE64_URL_SAFE_NO_PAD.decode(signature))
    else {
        return false;
    };
    UnparsedPublicKey::new(&ED25519, key).verify(text.as_bytes(), &signature).is_ok()
}

/// A fresh secret of 32 random bytes in base64url: session ids, API tokens, one-time links.
pub fn random_token() -> Result<String, SecretsError> {
    let mut bytes = [0_u8; 32];
    fill_random(&mut bytes)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// What the database keeps of a token: its SHA-256 in hex. Tokens have 256 random bits, so no salt is needed.
pub fn hash_token(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

/// The argon2id hash of a password in PHC form. Takes tens of milliseconds: call it on a blocking thread.
pub fn hash_password(password: &str) -> Result<String, SecretsError> {
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash: PasswordHash| hash.to_string())
        .map_err(|error| SecretsError::System(error.to_string()))
}

/// Whether `password` belongs to `stored`. Without a stored hash (unknown or passwordless user) it takes just as long
/// and is false. Call it on a blocking thread.
pub fn verify_password(password: &str, stored: Option<&str>) -> bool {
    let Ok(hash) = PasswordHash::new(stored.unwrap_or(DECOY)) else {
        return false;
    };
    let matches = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
    matches && stored.is_some()
}

fn additional_data(context: &str) -> Vec<u8> {
    [b"onrecord/v1/", context.as_bytes()].concat()
}

fn fill_random(bytes: &mut [u8]) -> Result<(), SecretsError> {
    getrandom::fill(bytes).map_err(|error| SecretsError::System(error.to_string()))
}

/// Writes a new key beside `path` and links it into place, so that two processes starting at once agree on one key.
fn make_key_file(path: &Path) -> Result<(), SecretsError> {
    let failed = |error: std::io::Error| key_file_error(path, &error.to_string());
    let mut bytes = [0_u8; 32];
    fill_random(&mut bytes)?;
    let mut suffix = [0_u8; 8];
    fill_random(&mut suffix)?;
    let draft = path.with_extension(format!("key.{}", hex(&suffix)));
    let written = write_private(&draft, &format!("{}\n", BASE64_STANDARD.encode(bytes)));
    let linked = written.and_then(|()| match std::fs::hard_link(&draft, path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    });
    let removed = std::fs::remove_file(&draft);
    linked.and(removed).map_err(failed)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn key_file_error(path: &Path, reason: &str) -> SecretsError {
    SecretsError::KeyFile { path: path.display().to_string(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> SecretKeys {
        SecretKeys::parse(text).unwrap()
    }

    fn key_text(byte: u8) -> String {
        BASE64_STANDARD.encode([byte; 32])
    }

    #[test]
    fn a_sealed_value_opens_only_in_its_context() {
        let keys = keys(&key_text(1));
        let sealed = keys.seal("integration/1/client_secret", "p~Q8").unwrap();
        assert!(!sealed.contains("p~Q8"));
        assert_eq!(keys.open("integration/1/client_secret", &sealed).unwrap(), "p~Q8");
        assert!(matches!(keys.open("integration/2/client_secret", &sealed), Err(SecretsError::Unreadable)));
    }

    #[test]
    fn a_changed_or_cut_value_does_not_open() {
        let keys = keys(&key_text(1));
        let sealed = keys.seal("c", "secret").unwrap();
        let mut changed = sealed.clone().into_bytes();
        let at = changed.len() - 3;
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        for bad in [changed.as_str(), &sealed[..20], "", "v1", "v1..", "v2.x.y", "no dots"] {
            assert!(keys.open("c", bad).is_err(), "{bad:?} opened");
        }
    }

    #[test]
    fn after_a_rotation_old_values_open_and_new_ones_use_the_first_key() {
        let old = keys(&key_text(1));
        let sealed = old.seal("c", "secret").unwrap();
        let both = keys(&format!("{}, {}", key_text(2), key_text(1)));
        assert_eq!(both.open("c", &sealed).unwrap(), "secret");
        let fresh = both.seal("c", "secret").unwrap();
        assert!(fresh.contains(both.sealing_key_id()));
        assert!(
            matches!(old.open("c", &fresh), Err(SecretsError::UnknownKey(id)) if id == both.sealing_key_id())
        );
    }

    #[test]
    fn what_is_signed_is_known_and_nothing_else_is() {
        let one = keys(&key_text(1));
        let (public, signature) = one.sign("a head").unwrap();
        assert!(is_signed("a head", &public, &signature) && one.is_ours(&public));
        assert!(!is_signed("another head", &public, &signature));
        assert!(!is_signed("a head", &public, &signature[1..]) && !is_signed("a head", "?", "?"));
        let other = keys(&key_text(2));
        assert!(!other.is_ours(&public));
        let rotated = keys(&format!("{}, {}", key_text(2), key_text(1)));
        assert!(rotated.is_ours(&public), "an old key still counts");
        assert_ne!(rotated.sign("a head").unwrap().0, public);
    }

    #[test]
    fn wrong_key_text_is_refused() {
        for bad in [
            "",
            "short",
            &BASE64_STANDARD.encode([1; 31]),
            &format!("{},", key_text(1)),
            "not base64 at all!!",
        ] {
            assert!(matches!(SecretKeys::parse(bad), Err(SecretsError::KeyFormat)), "{bad:?} was taken");
        }
        assert!(!format!("{:?}", keys(&key_text(1))).contains(&key_text(1)));
    }

    #[test]
    fn the_key_file_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret.key");
        let first = SecretKeys::load(None, KeyHome::File(&path)).unwrap();
        let second = SecretKeys::load(None, KeyHome::File(&path)).unwrap();
        assert_eq!(first.sealing_key_id(), second.sealing_key_id());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the draft is gone");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&path, "garbage").unwrap();
        let error = SecretKeys::load(None, KeyHome::File(&path)).unwrap_err().to_string();
        assert!(error.contains("secret.key"), "{error}");
    }

    #[test]
    fn postgresql_without_a_key_is_an_error() {
        assert!(matches!(SecretKeys::load(None, KeyHome::Configured), Err(SecretsError::KeyMissing)));
    }

    #[test]
    fn tokens_are_long_and_different_and_hash_the_same_way() {
        let token = random_token().unwrap();
        assert_eq!(token.len(), 43);
        assert_ne!(token, random_token().unwrap());
        assert_eq!(hash_token("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn passwords_verify_only_when_right() {
        let hash = hash_password("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify_password("correct horse", Some(&hash)));
        assert!(!verify_password("wrong horse", Some(&hash)));
        assert!(!verify_password("correct horse", None));
        assert!(!verify_password("correct horse", Some("not a hash")));
    }

    #[test]
    fn the_decoy_is_a_hash_that_takes_as_long_as_a_real_one() {
        let real = hash_password("x").unwrap();
        assert!(PasswordHash::new(DECOY).is_ok());
        assert_eq!(real.split('$').nth(3), DECOY.split('$').nth(3));
    }
}
