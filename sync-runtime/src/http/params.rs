//! The query of a request.

use std::convert::Infallible;

use axum::{extract::FromRequestParts, http::request::Parts};

use super::Problem;
use crate::registry::Models;

/// The pairs of a query, in order.
#[derive(Debug, Clone)]
pub(super) struct Params(Vec<(String, String)>);

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(
            form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
        ))
    }
}

impl Params {
    /// The value of a key that is there and not empty.
    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, value)| name == key && !value.is_empty())
            .map(|(_, value)| &**value)
    }

    /// All pairs, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }

    /// All pairs but those of these keys.
    pub(super) fn others<'a>(
        &'a self,
        keys: &'a [&str],
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .filter(|(name, _)| !keys.contains(name))
    }

    /// How many a page holds: what lies above `max` is cut.
    pub(super) fn limit(&self, default: u32, max: u32) -> Result<u32, Problem> {
        match self.get("limit") {
            None => Ok(default),
            Some(text) => match text.parse::<u64>() {
                Ok(limit @ 1..) => Ok(u32::try_from(limit).unwrap_or(max).min(max)),
                _ => Err(Problem::invalid_query("`limit` is a whole number from 1")),
            },
        }
    }

    /// The entity types that a key names, separated by commas, each once; all if it is not there.
    pub(super) fn entity_types(&self, key: &str, models: &Models) -> Result<Vec<String>, Problem> {
        let Some(text) = self.get(key) else {
            let all = models.schema().models().iter();
            let logged = all.filter(|model| model.is_logged());
            return Ok(logged.map(|model| model.entity.to_string()).collect());
        };
        let mut types: Vec<String> = Vec::new();
        for name in text.split(',') {
            let model = models.logged(name.trim()).ok_or_else(|| {
                Problem::invalid_query(format!("`{key}`: there is no model `{name}`"))
            })?;
            if !types.iter().any(|known| *known == model.entity) {
                types.push(model.entity.to_string());
            }
        }
        Ok(types)
    }
}
