//! `#[sync(...)]` on a model.

use proc_macro2::{Span, TokenStream};
use syn::{
    Attribute, Ident, LitInt, LitStr, Token, bracketed,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    punctuated::Punctuated,
};

use super::{
    events::{self, EventDecl},
    item::{Item, items, split},
    lift::{self, UpcastDecl},
};
use crate::ctxt::Ctxt;

/// How a model reaches a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Api,
    Rows,
    Events,
}

/// `snapshot(50, 100)` or `snapshot(off)`
#[derive(Debug, Clone, Copy)]
pub(crate) enum SnapshotDecl {
    At { every: u32, max: u32 },
    Off,
}

/// `events(created, ...)`
pub(crate) struct EventsDecl {
    /// Those that can be read.
    pub(crate) events: Vec<EventDecl>,
    /// How many are written, readable or not.
    pub(crate) written: usize,
    pub(crate) span: Span,
}

/// `name = [a, b]`
pub(crate) struct Named {
    pub(crate) name: Ident,
    pub(crate) members: Vec<Ident>,
}

/// `#[sync(...)]` on a model, as it is written.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) mode: Option<(Mode, Span)>,
    pub(crate) entity: Option<LitStr>,
    pub(crate) path: Option<LitStr>,
    pub(crate) events: Option<EventsDecl>,
    pub(crate) snapshot: Option<(SnapshotDecl, Span)>,
    /// As the variant of the schema.
    pub(crate) notification: Option<(&'static str, Span)>,
    pub(crate) local_first: Option<Span>,
    /// As the variant of the schema.
    pub(crate) conflict: Option<(&'static str, Span)>,
    pub(crate) version: Option<(u32, Span)>,
    pub(crate) upcasts: Vec<UpcastDecl>,
    pub(crate) field_groups: Vec<Named>,
    pub(crate) roles: Vec<Named>,
    pub(crate) tenant: Option<(bool, Span)>,
    /// The keys that are there, right or wrong.
    written: Vec<String>,
}

const KEYS: [&str; 13] = [
    "mode",
    "entity",
    "path",
    "events",
    "snapshot",
    "notification",
    "local_first",
    "conflict",
    "version",
    "upcast",
    "field_groups",
    "roles",
    "tenant",
];

const MODES: [(&str, Mode); 3] = [
    ("api", Mode::Api),
    ("rows", Mode::Rows),
    ("events", Mode::Events),
];

const NOTIFICATIONS: [(&str, &str); 7] = [
    ("memory", "Memory"),
    ("redis", "Redis"),
    ("postgres", "Postgres"),
    ("nats", "Nats"),
    ("electric", "Electric"),
    ("polling", "Polling"),
    ("noop", "Noop"),
];

const CONFLICTS: [(&str, &str); 2] = [("reject", "Reject"), ("last_write_wins", "LastWriteWins")];

impl Container {
    pub(crate) fn parse(cx: &Ctxt, attrs: &[Attribute]) -> Self {
        let mut this = Self::default();
        for item in items(cx, attrs, &KEYS, "key of a model") {
            this.take(cx, &item);
        }
        this
    }

    /// Whether the key is there; what is wrong with it is reported already.
    pub(crate) fn wrote(&self, key: &str) -> bool {
        self.written.iter().any(|written| written == key)
    }

    fn take(&mut self, cx: &Ctxt, item: &Item) {
        self.written.push(item.key.to_string());
        match item.key.to_string().as_str() {
            "mode" => self.mode = item.choice(cx, &MODES),
            "entity" => self.entity = item.string(cx),
            "path" => self.path = item.string(cx),
            "events" => {
                let tokens = item.parens(cx, "`events(created, ...)`");
                self.events = tokens.map(|tokens| EventsDecl {
                    written: split(tokens.clone()).len(),
                    events: events::parse(cx, tokens),
                    span: item.span(),
                });
            }
            "snapshot" => self.snapshot = snapshot(cx, item).map(|decl| (decl, item.span())),
            "notification" => self.notification = item.choice(cx, &NOTIFICATIONS),
            "local_first" => {
                self.local_first = item.bool(cx).and_then(|on| on.then_some(item.span()))
            }
            "conflict" => self.conflict = item.choice(cx, &CONFLICTS),
            "version" => self.version = version(cx, item),
            "upcast" => {
                let tokens = item.parens(cx, "`upcast(1 -> 2: ...)`");
                self.upcasts
                    .extend(tokens.and_then(|tokens| lift::parse(cx, tokens)));
            }
            "field_groups" => {
                self.field_groups = named(cx, item, "`field_groups(basic = [field, ...])`")
            }
            "roles" => self.roles = named(cx, item, "`roles(editor = [group, ...])`"),
            "tenant" => self.tenant = item.bool(cx).map(|on| (on, item.span())),
            _ => {}
        }
    }
}

fn snapshot(cx: &Ctxt, item: &Item) -> Option<SnapshotDecl> {
    let expected = "`snapshot(50, 100)` or `snapshot(off)`";
    let parser = |input: ParseStream<'_>| {
        if input.peek(Ident) {
            let word: Ident = input.parse()?;
            return if word == "off" && input.is_empty() {
                Ok(SnapshotDecl::Off)
            } else {
                Err(syn::Error::new(word.span(), format!("expected {expected}")))
            };
        }
        let numbers = Punctuated::<LitInt, Token![,]>::parse_terminated(input)?;
        match numbers.iter().collect::<Vec<_>>()[..] {
            [every, max] => Ok(SnapshotDecl::At {
                every: every.base10_parse()?,
                max: max.base10_parse()?,
            }),
            _ => Err(syn::Error::new(item.span(), format!("expected {expected}"))),
        }
    };
    cx.ok(parser.parse2(item.parens(cx, expected)?))
}

fn version(cx: &Ctxt, item: &Item) -> Option<(u32, Span)> {
    let number: LitInt = item.equals(cx, "`version = 2`")?;
    let version = cx.ok(number.base10_parse())?;
    if version == 0 {
        cx.error(number.span(), "versions count from 1");
    }
    Some((version, number.span()))
}

/// `a = [x, y], b = []`
fn named(cx: &Ctxt, item: &Item, expected: &str) -> Vec<Named> {
    let parser = |input: ParseStream<'_>| {
        let name = Ident::parse_any(input)?;
        if !input.peek(Token![=]) || !input.peek2(syn::token::Bracket) {
            return Err(syn::Error::new(name.span(), format!("expected {expected}")));
        }
        input.parse::<Token![=]>()?;
        let inside;
        bracketed!(inside in input);
        let members =
            Punctuated::<Ident, Token![,]>::parse_terminated_with(&inside, Ident::parse_any)?;
        if !input.is_empty() {
            return Err(input.error("expected a comma"));
        }
        Ok(Named {
            name,
            members: members.into_iter().collect(),
        })
    };
    let tokens: TokenStream = item.parens(cx, expected).unwrap_or_default();
    split(tokens)
        .into_iter()
        .filter_map(|part| cx.ok(parser.parse2(part)))
        .collect()
}
