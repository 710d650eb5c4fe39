//! What can be set before an authenticator takes tokens.

use std::{path::PathBuf, time::Duration};

use jsonwebtoken::{Algorithm, DecodingKey};

use super::{
    JwtAuthenticator,
    claims::{Names, Path},
    jwks::{Jwks, Pace, Source},
    keys::Key,
};

/// The least bytes of a secret: those of the digest, as RFC 7518 has it.
const MIN_SECRET: usize = 32;

/// Why an authenticator cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum JwtError {
    /// It would take no token.
    #[error(
        "set a key: `.secret(…)`, `.rsa_pem(…)`, `.ec_pem(…)`, `.jwks_file(…)` or `.jwks_url(…)`"
    )]
    NoKeys,
    /// A secret that can be guessed.
    #[error("a secret for HS256 has at least {MIN_SECRET} bytes, and this one {0}")]
    ShortSecret(usize),
    /// A key that cannot be read.
    #[error("the {0} key is no public key in PEM: {1}")]
    Pem(&'static str, jsonwebtoken::errors::Error),
    /// The published keys cannot be read.
    #[error("the key set `{0}`: {1}")]
    Jwks(String, String),
}

/// Builds a [`JwtAuthenticator`].
#[derive(Debug)]
#[must_use]
pub struct JwtBuilder {
    keys: Vec<Result<Key, JwtError>>,
    source: Option<Source>,
    pace: Pace,
    names: Names,
    issuers: Vec<String>,
    audiences: Vec<String>,
    leeway: Duration,
}

impl JwtBuilder {
    pub(super) fn new() -> Self {
        Self {
            keys: Vec::new(),
            source: None,
            pace: Pace {
                max_age: Duration::from_secs(600),
                min_pause: Duration::from_secs(30),
            },
            names: Names {
                tenant: Path::new("tenant_id"),
                user: Path::new("sub"),
                roles: Path::new("roles"),
            },
            issuers: Vec::new(),
            audiences: Vec::new(),
            leeway: Duration::from_secs(60),
        }
    }

    /// Takes HS256 with that secret, of at least 32 bytes.
    pub fn secret(mut self, secret: impl AsRef<[u8]>) -> Self {
        let secret = secret.as_ref();
        self.keys.push(if secret.len() < MIN_SECRET {
            Err(JwtError::ShortSecret(secret.len()))
        } else {
            Ok(Key::new(Algorithm::HS256, DecodingKey::from_secret(secret)))
        });
        self
    }

    /// Takes RS256 with that public key, in PEM.
    pub fn rsa_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        let key = DecodingKey::from_rsa_pem(pem.as_ref());
        self.keys.push(
            key.map(|key| Key::new(Algorithm::RS256, key))
                .map_err(|error| JwtError::Pem("RSA", error)),
        );
        self
    }

    /// Takes ES256 with that public key of the curve P-256, in PEM.
    pub fn ec_pem(mut self, pem: impl AsRef<[u8]>) -> Self {
        let key = DecodingKey::from_ec_pem(pem.as_ref());
        self.keys.push(
            key.map(|key| Key::new(Algorithm::ES256, key))
                .map_err(|error| JwtError::Pem("EC", error)),
        );
        self
    }

    /// Takes RS256 and ES256 with the keys of a JSON Web Key Set in a file, which may be replaced while it runs.
    pub fn jwks_file(mut self, path: impl Into<PathBuf>) -> Self {
        self.source = Some(Source::File(path.into()));
        self
    }

    /// Takes RS256 and ES256 with the keys that an identity provider publishes as a JSON Web Key Set.
    ///
    /// They are fetched when the authenticator is built, again when they are [old](Self::jwks_max_age), and again, at most so
    /// [often](Self::jwks_min_pause), when a token names a key that is not among them. While the provider is away, those
    /// known so far are taken.
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.source = Some(Source::Url(url.into()));
        self
    }

    /// When published keys are looked at again; ten minutes unless set. A key that is withdrawn is taken until then.
    pub fn jwks_max_age(mut self, age: Duration) -> Self {
        self.pace.max_age = age;
        self
    }

    /// The least time between two looks at the published keys; 30 seconds unless set.
    pub fn jwks_min_pause(mut self, pause: Duration) -> Self {
        self.pace.min_pause = pause;
        self
    }

    /// Takes tokens of this issuer (`iss`) alone; called again, of that one too.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuers.push(issuer.into());
        self
    }

    /// Takes tokens for this audience (`aud`) alone; called again, for that one too. A token that names an audience is
    /// refused unless one is set: it was meant for somebody else.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// How far the clocks of service and provider may be apart, in whole seconds; one minute unless set. A token begins so
    /// much earlier (`nbf`) and ends so much later (`exp`).
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = Duration::from_secs(leeway.as_secs());
        self
    }

    /// The claim that names the tenant, `tenant_id` unless set: text or a whole number. `realm.tenant` is `tenant` in
    /// `realm`, unless a claim has that whole name.
    pub fn tenant_claim(mut self, claim: impl Into<String>) -> Self {
        self.names.tenant = Path::new(claim);
        self
    }

    /// The claim that names the user, `sub` unless set; as [`Self::tenant_claim`].
    pub fn user_claim(mut self, claim: impl Into<String>) -> Self {
        self.names.user = Path::new(claim);
        self
    }

    /// The claim that holds the roles, `roles` unless set: a list of texts, or one text with blanks between the words. A token
    /// without it has no role.
    pub fn roles_claim(mut self, claim: impl Into<String>) -> Self {
        self.names.roles = Path::new(claim);
        self
    }

    /// Reads the published keys, if there are any.
    ///
    /// # Errors
    ///
    /// A key that cannot be read, or none.
    pub async fn build(self) -> Result<JwtAuthenticator, JwtError> {
        let keys = self.keys.into_iter().collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() && self.source.is_none() {
            return Err(JwtError::NoKeys);
        }
        let jwks = match self.source {
            Some(source) => {
                let name = match &source {
                    Source::File(path) => path.display().to_string(),
                    Source::Url(url) => url.clone(),
                };
                let started = Jwks::start(source, self.pace).await;
                Some(started.map_err(|error| JwtError::Jwks(name, error))?)
            }
            None => None,
        };
        Ok(JwtAuthenticator {
            keys,
            jwks,
            names: self.names,
            issuers: self.issuers,
            audiences: self.audiences,
            leeway: self.leeway,
        })
    }
}
