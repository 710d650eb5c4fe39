//! Keys, each for one algorithm.

use std::fmt;

use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;

/// A key, which checks signatures of one algorithm alone: a public key never does as a secret.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    /// Where the provider names its keys.
    pub(super) kid: Option<String>,
    pub(super) key: DecodingKey,
}

/// What a token says of the key that it was signed with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<&'a str>,
}

impl Key {
    pub(super) fn new(algorithm: Algorithm, key: DecodingKey) -> Self {
        Self {
            algorithm,
            kid: None,
            key,
        }
    }

    /// Whether a token may be tried with it.
    pub(super) fn is(&self, wanted: Wanted<'_>) -> bool {
        let same_name = match (&self.kid, wanted.kid) {
            (Some(own), Some(kid)) => own == kid,
            _ => true,
        };
        self.algorithm == wanted.algorithm && same_name
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?}, {:?})", self.algorithm, self.kid)
    }
}

/// The keys of a JSON Web Key Set; those that are not for checking RS256 or ES256 are left out.
///
/// # Errors
///
/// It is no key set.
pub(super) fn of_set(json: &[u8]) -> Result<Vec<Key>, serde_json::Error> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }

    let set: Set = serde_json::from_slice(json)?;
    Ok(set.keys.into_iter().filter_map(of_jwk).collect())
}

fn of_jwk(value: Value) -> Option<Key> {
    // A key of a kind that nobody knew when this was written spoils no other.
    let jwk: Jwk = serde_json::from_value(value).ok()?;
    if matches!(&jwk.common.public_key_use, Some(of) if *of != PublicKeyUse::Signature) {
        return None;
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(curve) if curve.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        // A secret that is published is none.
        _ => return None,
    };
    let named = match jwk.common.key_algorithm {
        None => true,
        Some(KeyAlgorithm::RS256) => algorithm == Algorithm::RS256,
        Some(KeyAlgorithm::ES256) => algorithm == Algorithm::ES256,
        Some(_) => false,
    };
    let key = DecodingKey::from_jwk(&jwk).ok().filter(|_| named)?;
    Some(Key {
        algorithm,
        kid: jwk.common.key_id,
        key,
    })
}
