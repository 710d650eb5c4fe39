//! `upcast(1 -> 2: rename(table -> table_number), default(guests = 1))`, or a path to a function.

use proc_macro2::{Span, TokenStream};
use syn::{
    Ident, LitInt, Path, Token, ext::IdentExt, parenthesized, parse::ParseStream, parse::Parser,
};

use super::{item::split, literal::Literal};
use crate::{ctxt::Ctxt, words};

/// One upcast as it is written.
pub(crate) struct UpcastDecl {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) span: Span,
    pub(crate) steps: Vec<LiftDecl>,
}

impl UpcastDecl {
    /// The functions that it names.
    pub(crate) fn functions(&self) -> impl Iterator<Item = &Path> {
        self.steps.iter().filter_map(|step| match step {
            LiftDecl::Function(path) => Some(path),
            LiftDecl::Rename { .. } | LiftDecl::Default { .. } => None,
        })
    }
}

/// One step of an upcast as it is written.
pub(crate) enum LiftDecl {
    Rename { from: Ident, to: Ident },
    Default { field: Ident, value: Literal },
    Function(Path),
}

const STEPS: [&str; 2] = ["rename", "default"];

pub(crate) fn parse(cx: &Ctxt, tokens: TokenStream) -> Option<UpcastDecl> {
    let mut parts = split(tokens).into_iter();
    let first =
        (|input: ParseStream<'_>| versions(cx, input)).parse2(parts.next().unwrap_or_default());
    let mut upcast = cx.ok(first)?;
    for part in parts {
        upcast.steps.extend(
            cx.ok((|input: ParseStream<'_>| step(cx, input)).parse2(part))
                .flatten(),
        );
    }
    Some(upcast)
}

fn versions(cx: &Ctxt, input: ParseStream<'_>) -> syn::Result<UpcastDecl> {
    let expected = "expected `upcast(1 -> 2: rename(old -> new), default(field = value))`";
    let version = |input: ParseStream<'_>| match input.parse::<LitInt>() {
        Ok(number) => number
            .base10_parse()
            .map(|version: u32| (version, number.span())),
        Err(error) => Err(syn::Error::new(error.span(), expected)),
    };
    let (from, span) = version(input)?;
    input.parse::<Token![->]>()?;
    let (to, _) = version(input)?;
    let mut steps = Vec::new();
    if !input.is_empty() {
        input.parse::<Token![:]>()?;
        steps.extend(step(cx, input)?);
    }
    Ok(UpcastDecl {
        from,
        to,
        span,
        steps,
    })
}

fn step(cx: &Ctxt, input: ParseStream<'_>) -> syn::Result<Option<LiftDecl>> {
    let path: Path = input.parse()?;
    if input.is_empty() {
        return Ok(Some(LiftDecl::Function(path)));
    }
    let inside;
    parenthesized!(inside in input);
    if !input.is_empty() {
        return Err(input.error("expected a comma"));
    }
    match path.get_ident().map(ToString::to_string).as_deref() {
        Some("rename") => {
            let from = Ident::parse_any(&inside)?;
            inside.parse::<Token![->]>()?;
            let to = Ident::parse_any(&inside)?;
            end(&inside)?;
            Ok(Some(LiftDecl::Rename { from, to }))
        }
        Some("default") => {
            let field = Ident::parse_any(&inside)?;
            inside.parse::<Token![=]>()?;
            let value = inside.parse()?;
            end(&inside)?;
            Ok(Some(LiftDecl::Default { field, value }))
        }
        other => {
            cx.error_at(
                &path,
                words::unknown("step of an upcast", other.unwrap_or("path"), STEPS),
            );
            let _: TokenStream = inside.parse()?;
            Ok(None)
        }
    }
}

fn end(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() {
        Ok(())
    } else {
        Err(input.error("expected `)`: write a step for each"))
    }
}
