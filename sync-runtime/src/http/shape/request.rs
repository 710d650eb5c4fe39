//! What a request asks for.

use std::collections::BTreeMap;

use crate::{
    feed::cursor::Scope,
    http::params::Params,
    registry::Models,
    semantics::access::Rights,
    shapes::{Asked, Offset, Refused, Shape},
};

/// How a reader waits for what is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// Not at all.
    Now,
    /// Until there is something, or for a while.
    LongPoll,
    /// By server-sent events.
    Sse,
}

/// What a request asks for.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) shape: Shape,
    pub(super) offset: Offset,
    /// Empty: it has none.
    pub(super) handle: String,
    pub(super) how: How,
    /// What the reader was given the last time, so that no cache on the way answers for us.
    pub(super) cursor: Option<u64>,
}

impl Request {
    /// What is none of the protocol's is somebody else's, and does no harm.
    pub(super) fn read(
        params: &Params,
        models: &Models,
        rights: &Rights,
        scope: &Scope,
    ) -> Result<Self, Refused> {
        let asked = Asked {
            table: params.get("table"),
            columns: params.get("columns"),
            condition: params.get("where"),
            params: numbered(params)?,
            replica: params.get("replica"),
            log: params.get("log"),
        };
        if let Some((name, _)) = params.all().find(|(name, _)| name.starts_with("subset__")) {
            return Err(Refused::new(
                "subset",
                format!("{name}: subsets of shapes are not served; take the shape whole"),
            ));
        }
        let offset = params
            .get("offset")
            .ok_or_else(|| Refused::new("offset", "can't be blank"))?;
        let offset =
            Offset::read(offset).ok_or_else(|| Refused::new("offset", "has invalid format"))?;
        let begins = matches!(offset, Offset::Start | Offset::Now);
        let handle = params.get("handle").unwrap_or_default();
        if handle.is_empty() && !begins {
            let reason = "can't be blank when offset != -1";
            return Err(Refused::new("handle", reason));
        }
        let how = if !is_set(params, "live") {
            How::Now
        } else if is_set(params, "live_sse") || is_set(params, "experimental_live_sse") {
            How::Sse
        } else {
            How::LongPoll
        };
        if how != How::Now && begins {
            let reason = "can't be true when offset == -1 or offset == now";
            return Err(Refused::new("live", reason));
        }
        Ok(Self {
            shape: Shape::read(&asked, models, rights, scope)?,
            offset,
            handle: handle.to_owned(),
            how,
            cursor: params.get("cursor").and_then(|text| text.parse().ok()),
        })
    }
}

/// Whether a flag is there; only `false` says that it is not meant.
fn is_set(params: &Params, name: &str) -> bool {
    let mut found = params.all().filter(|(known, _)| *known == name);
    found.next().is_some_and(|(_, value)| value != "false")
}

/// `params[1]=…`
fn numbered(params: &Params) -> Result<BTreeMap<u32, String>, Refused> {
    let mut numbered = BTreeMap::new();
    for (name, value) in params.all() {
        let Some(at) = name
            .strip_prefix("params[")
            .and_then(|it| it.strip_suffix(']'))
        else {
            continue;
        };
        let at: u32 = at
            .parse()
            .ok()
            .filter(|at| *at > 0)
            .ok_or_else(|| Refused::new("params", "keys must be numbers from 1"))?;
        numbered.insert(at, value.to_owned());
    }
    Ok(numbered)
}
