//! `GET /v1/shape`: rows in ElectricSQL's HTTP protocol, for its clients.

mod answer;
mod live;
mod request;

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse as _, Response},
};

pub(super) use self::answer::EXPOSED as SHAPE_HEADERS;
use self::{
    answer::{Answer, Failed},
    request::{How, Request},
};
use super::{App, Problem, params::Params};
use crate::{
    feed::{Portion, View, Write as _, cursor::Scope},
    principal::Principal,
    schema::Mode,
    service::Inner,
    shapes::{self, Changes, Chunk, Offset, Shape},
    store::StoredEvent,
};

/// How many entries of the log are read at once.
const PAGE: u32 = 1_000;

pub(super) async fn get(
    State(service): App,
    principal: Principal,
    params: Params,
) -> Result<Response, Problem> {
    // What is past is answered by the log that it was of.
    let end = service.store.end(&principal.tenant_id).await?;
    service.epoch.learn(end.epoch);
    let scope = service.scope(&principal);
    match Request::read(&params, &service.models, &principal.rights(), &scope) {
        Ok(request) => request.respond(service, principal, scope, end.seq).await,
        Err(refused) => Ok(Failed::Refused(refused).into_response()),
    }
}

/// A reader's way to what a shape is and was.
struct Source<'a> {
    service: &'a Inner,
    tenant: &'a str,
    shape: &'a Shape,
    view: &'a View,
}

impl Source<'_> {
    fn changes(&self) -> Changes<'_> {
        Changes {
            store: &*self.service.store,
            models: &self.service.models,
            shape: self.shape,
        }
    }

    /// A part of the snapshot: the first, or what comes after an id.
    async fn chunk(&self, begun: Option<(u64, String)>) -> Result<Chunk, Problem> {
        let (store, models) = (&*self.service.store, &self.service.models);
        Ok(shapes::chunk(store, models, self.shape, self.tenant, begun).await?)
    }

    /// What happened after a position: as much as is read at once, and where that ends. It says so where it is all.
    async fn since(&self, mut after: u64) -> Result<(Vec<String>, u64, bool), Problem> {
        let types = Some(self.view.entity_types());
        let mut messages = Vec::new();
        loop {
            let store = &self.service.store;
            let page = store.read_log(self.tenant, after, types, PAGE).await?;
            let events: Vec<&StoredEvent> = page.events.iter().collect();
            let portion = Portion {
                after,
                events: &events,
                scanned: page.scanned,
                has_more: page.has_more,
            };
            let written = self.changes().write(portion, self.view).await?;
            after = page.scanned;
            messages.extend(written.records.iter().map(|it| it.text().to_string()));
            if !page.has_more || !messages.is_empty() {
                return Ok((messages, after, page.has_more));
            }
        }
    }
}

/// The entity types of all that has shapes: a reader of one hears how far the others are.
fn entity_types(service: &Inner) -> Vec<String> {
    let models = service.models.schema().models().iter();
    let rows = models.filter(|model| model.mode == Mode::Rows);
    rows.map(|model| model.entity.to_string()).collect()
}

impl Request {
    async fn respond(
        self,
        service: Arc<Inner>,
        principal: Principal,
        scope: Scope,
        end: u64,
    ) -> Result<Response, Problem> {
        let view = View::new(scope, principal.rights(), entity_types(&service));
        let source = Source {
            service: &service,
            tenant: &principal.tenant_id,
            shape: &self.shape,
            view: &view,
        };
        let begins = |answer: Answer| answer.of(&self.shape, self.shape.new_handle());
        let goes_on = |answer: Answer| answer.of(&self.shape, self.handle.clone());
        let known = |seq: u64| self.shape.has_handle(&self.handle) && seq <= end;
        match self.offset {
            Offset::Start if self.shape.with_snapshot => {
                let chunk = source.chunk(None).await?;
                Ok(begins(Answer::data(chunk.messages, chunk.next)).into_response())
            }
            Offset::Start => Ok(begins(Answer::data(Vec::new(), Offset::At(end))).into_response()),
            Offset::Now => Ok(begins(Answer::up_to_date(Vec::new(), end)).into_response()),
            Offset::Within { seq, .. } | Offset::At(seq) if !known(seq) => {
                Ok(Failed::Refetch(self.shape.new_handle()).into_response())
            }
            Offset::Within { seq, ref id } => {
                let chunk = source.chunk(Some((seq, id.clone()))).await?;
                Ok(goes_on(Answer::data(chunk.messages, chunk.next)).into_response())
            }
            Offset::At(seq) => match self.how {
                How::Now => {
                    let (messages, scanned, has_more) = source.since(seq).await?;
                    let answer = match has_more {
                        true => Answer::data(messages, Offset::At(scanned)),
                        false => Answer::up_to_date(messages, scanned),
                    };
                    Ok(goes_on(answer).into_response())
                }
                How::LongPoll | How::Sse => {
                    Ok(live::follow(service.clone(), principal, self, view, seq).await?)
                }
            },
        }
    }
}
