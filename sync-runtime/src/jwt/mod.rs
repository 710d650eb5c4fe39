//! A ready authenticator: JSON Web Tokens of an identity provider, or of the application's own.
//!
//! ```no_run
//! # async fn main_() -> Result<(), Box<dyn std::error::Error>> {
//! use sync_runtime::{SyncService, jwt::JwtAuthenticator};
//!
//! let tokens = JwtAuthenticator::builder()
//!     .jwks_url("https://login.example.com/realms/pos/protocol/openid-connect/certs")
//!     .issuer("https://login.example.com/realms/pos")
//!     .audience("pos")
//!     .tenant_claim("restaurant")
//!     .roles_claim("realm_access.roles")
//!     .build()
//!     .await?;
//! let sync = SyncService::builder().authenticator(tokens).build().await?;
//! # Ok(())
//! # }
//! ```
//!
//! A token is taken if a key of this service signed it with that key's own algorithm (HS256, RS256 or ES256: what the token
//! says of itself never chooses how it is checked), if it has not ended and has begun, if issuer and audience are those asked
//! for, and if it names a tenant and a user. Whoever sends another is told that it is not valid and no more; why it is
//! not goes to the log.

mod builder;
mod claims;
mod jwks;
mod keys;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use jsonwebtoken::{Validation, decode, decode_header, errors::ErrorKind};
use serde_json::{Map, Value};

pub use builder::{JwtBuilder, JwtError};

use crate::{
    http::{AuthError, Authenticator},
    principal::Principal,
};
use claims::Names;
use jwks::Jwks;
use keys::{Key, Wanted};

/// The most bytes of a token; a header of HTTP is not much larger.
const MAX_TOKEN: usize = 16 * 1024;

/// Takes JSON Web Tokens; see the [module](self).
#[derive(Debug)]
pub struct JwtAuthenticator {
    /// Those set by hand.
    keys: Vec<Key>,
    jwks: Option<Jwks>,
    names: Names,
    issuers: Vec<String>,
    audiences: Vec<String>,
    leeway: Duration,
}

/// Why a token is not taken; for operators.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("it is longer than {MAX_TOKEN} bytes")]
    TooLong,
    #[error("its header cannot be read, or names an algorithm that nobody should use: {0}")]
    Header(jsonwebtoken::errors::Error),
    #[error("no key of this service is for it")]
    NoKey,
    #[error("{0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    #[error("the claim `{0}` is missing, or is no text")]
    Claim(String),
    #[error("the tenant or the user of its claims cannot be one")]
    Principal,
}

impl Refused {
    /// Whether another key might take the token.
    fn is_of_key(&self) -> bool {
        match self {
            Refused::NoKey => true,
            Refused::Token(error) => matches!(error.kind(), ErrorKind::InvalidSignature),
            _ => false,
        }
    }
}

impl JwtAuthenticator {
    /// A builder that knows no key yet.
    pub fn builder() -> JwtBuilder {
        JwtBuilder::new()
    }

    async fn principal(&self, token: &str) -> Result<Principal, Refused> {
        if token.len() > MAX_TOKEN {
            return Err(Refused::TooLong);
        }
        let header = decode_header(token).map_err(Refused::Header)?;
        let wanted = Wanted {
            algorithm: header.alg,
            kid: header.kid.as_deref(),
        };
        let claims = match self.claims(token, wanted).await {
            // The provider may have a key that this service has not seen yet.
            Err(refused) if refused.is_of_key() && self.look_again(wanted).await => {
                self.claims(token, wanted).await?
            }
            claims => claims?,
        };
        self.principal_of(&claims)
    }

    /// The claims of a token that one of the keys has signed.
    async fn claims(&self, token: &str, wanted: Wanted<'_>) -> Result<Map<String, Value>, Refused> {
        let fetched = match &self.jwks {
            Some(jwks) => Some(jwks.keys().await),
            None => None,
        };
        let fetched = fetched.iter().flat_map(|keys| keys.iter());
        let mut refused = Refused::NoKey;
        for key in self.keys.iter().chain(fetched).filter(|key| key.is(wanted)) {
            match decode(token, &key.key, &self.validation(key)) {
                Ok(token) => return Ok(token.claims),
                Err(error) => refused = error.into(),
            }
            if !refused.is_of_key() {
                break;
            }
        }
        Err(refused)
    }

    async fn look_again(&self, wanted: Wanted<'_>) -> bool {
        match &self.jwks {
            Some(jwks) => jwks.look_for(wanted).await,
            None => false,
        }
    }

    fn validation(&self, key: &Key) -> Validation {
        let mut validation = Validation::new(key.algorithm);
        validation.leeway = self.leeway.as_secs();
        validation.validate_nbf = true;
        let mut required = vec!["exp"];
        if !self.issuers.is_empty() {
            validation.set_issuer(&self.issuers);
            required.push("iss");
        }
        if !self.audiences.is_empty() {
            validation.set_audience(&self.audiences);
            required.push("aud");
        }
        validation.set_required_spec_claims(&required);
        validation
    }

    fn principal_of(&self, claims: &Map<String, Value>) -> Result<Principal, Refused> {
        let text = |path: &claims::Path| {
            path.text(claims)
                .ok_or_else(|| Refused::Claim(path.to_string()))
        };
        let principal = Principal {
            tenant_id: text(&self.names.tenant)?,
            user_id: text(&self.names.user)?,
            roles: self.names.roles.words(claims),
            expires_at: self.end(claims),
        };
        if principal.is_valid() {
            Ok(principal)
        } else {
            Err(Refused::Principal)
        }
    }

    /// When the token ends for this service; `None`: beyond all time.
    fn end(&self, claims: &Map<String, Value>) -> Option<SystemTime> {
        let seconds = claims.get("exp")?.as_f64()?;
        let end = Duration::try_from_secs_f64(seconds.floor()).ok()?;
        UNIX_EPOCH.checked_add(end)?.checked_add(self.leeway)
    }
}

#[async_trait]
impl Authenticator for JwtAuthenticator {
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthError> {
        self.principal(token).await.map_err(|refused| {
            tracing::warn!(reason = %refused, "a token was not taken");
            AuthError("the token is not valid".to_owned())
        })
    }
}
