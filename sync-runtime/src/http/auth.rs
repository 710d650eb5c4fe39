//! Who asks: the application's authenticator, and tokens for development.

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    extract::{FromRef, FromRequestParts},
    http::{header, request::Parts},
};

use super::Problem;
use crate::{
    principal::Principal,
    service::{Inner, SyncService},
};

/// Turns a bearer token into a principal. The application's own.
#[async_trait]
pub trait Authenticator: Send + Sync + 'static {
    /// Who the token stands for.
    ///
    /// # Errors
    ///
    /// The token is not valid; the client gets 401.
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthError>;
}

/// A token that is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct AuthError(
    /// Why, for the person who holds it.
    pub String,
);

/// Tokens `dev:{tenant}:{user}:{role+role}` that are taken at their word: for development and tests, never for a
/// server that others can reach.
#[derive(Debug, Clone, Copy, Default)]
pub struct DevTokens;

#[async_trait]
impl Authenticator for DevTokens {
    async fn authenticate(&self, token: &str) -> Result<Principal, AuthError> {
        let mut parts = token.split(':');
        match (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) {
            (Some("dev"), Some(tenant), Some(user), roles, None) => {
                let roles = roles
                    .unwrap_or_default()
                    .split('+')
                    .filter(|role| !role.is_empty());
                Ok(Principal::new(tenant, user, roles))
            }
            _ => Err(AuthError(
                "expected a development token, `dev:{tenant}:{user}:{role+role}`".to_owned(),
            )),
        }
    }
}

/// Checks a token and the principal that comes of it.
pub(super) async fn authenticate(service: &Inner, token: &str) -> Result<Principal, Problem> {
    let principal = service
        .authenticator
        .authenticate(token)
        .await
        .map_err(|error| Problem::unauthorized(&error.0))?;
    if !principal.is_valid() {
        return Err(Problem::unauthorized(
            "a tenant id is 1 to 64 of A-Z, a-z, 0-9, _ and -, and a user id is not empty",
        ));
    }
    if principal
        .expires_at
        .is_some_and(|end| end <= std::time::SystemTime::now())
    {
        return Err(Problem::unauthorized("the token has expired"));
    }
    Ok(principal)
}

impl FromRef<Arc<Inner>> for SyncService {
    fn from_ref(inner: &Arc<Inner>) -> Self {
        Self {
            inner: inner.clone(),
        }
    }
}

/// An application's own handlers take it too, where their state is the [`SyncService`] or holds it.
impl<S: Send + Sync> FromRequestParts<S> for Principal
where
    SyncService: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let service = &SyncService::from_ref(state).inner;
        let token = parts
            .headers
            .get(header::AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim());
        match token {
            Some(token) => {
                let principal = authenticate(service, token).await?;
                service.limits.request(&principal)?;
                Ok(principal)
            }
            None => Err(Problem::unauthorized(
                "send `Authorization: Bearer <token>`",
            )),
        }
    }
}
