//! What `#[derive(Syncable)]` writes.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ext::IdentExt, spanned::Spanned};

use super::{checks, embed, events, field, list, option, text, texts};
use crate::{
    infer::{Effect, Event, Target},
    input::{
        Model,
        container::{Mode, Named, SnapshotDecl},
        lift::{LiftDecl, UpcastDecl},
    },
};

/// All of it.
pub(crate) fn model(model: &Model<'_>, events: &[Event<'_>]) -> TokenStream {
    let ident = model.ident;
    let schema = schema(model, events);
    let checks = checks::model(model, events);
    let types = events::types(model, events);
    let impls = events::impls(model, events);
    let embed = embed::embed(ident);
    let functions = upcast_functions(model);
    quote! {
        #types

        #[doc(hidden)]
        const _: () = {
            impl ::sync_runtime::Syncable for #ident {
                const MODEL: &'static ::sync_runtime::schema::Model = &#schema;
            }

            #impls

            ::sync_runtime::__register!(::sync_runtime::__private::Registration {
                model: <#ident as ::sync_runtime::Syncable>::MODEL,
                customs: CUSTOMS,
                upcasts: &[#(#functions),*],
            });

            #embed
        };

        #checks
    }
}

fn schema(model: &Model<'_>, events: &[Event<'_>]) -> TokenStream {
    let name = text(&model.ident.unraw().to_string());
    let entity = text(&model.entity());
    let path = text(&model.path().unwrap_or_default());
    let doc = text(&model.doc);
    let version = model.version();
    let tenant = model.attrs.tenant.is_none_or(|(tenant, _)| tenant);
    let fields = list(model.fields.iter().map(field::field));
    let events = list(events.iter().map(|it| event(model, it)));
    let mode = match model.mode() {
        Mode::Api => quote!(Api),
        Mode::Rows => quote!(Rows),
        Mode::Events => quote!(Events),
    };
    let snapshot = option(match model.attrs.snapshot.map(|(decl, _)| decl) {
        None if model.mode() != Mode::Events => None,
        None => Some(snapshot(50, 100)),
        Some(SnapshotDecl::At { every, max }) => Some(snapshot(every, max)),
        Some(SnapshotDecl::Off) => None,
    });
    let notification = option(model.attrs.notification.map(|(name, _)| {
        let name = quote::format_ident!("{name}");
        quote!(::sync_runtime::schema::Notification::#name)
    }));
    let local_first = model.attrs.local_first.is_some();
    let conflict = quote::format_ident!(
        "{}",
        model.attrs.conflict.map_or("Reject", |(name, _)| name)
    );
    let mut upcasts: Vec<&UpcastDecl> = model.attrs.upcasts.iter().collect();
    upcasts.sort_by_key(|upcast| upcast.from);
    let upcasts = list(upcasts.into_iter().map(|it| upcast(model, it)));
    let field_groups = list(
        model
            .attrs
            .field_groups
            .iter()
            .map(|it| field_group(model, it)),
    );
    let roles = list(model.attrs.roles.iter().map(role));
    quote! {
        ::sync_runtime::schema::Model {
            name: #name,
            module: ::std::borrow::Cow::Borrowed(::std::module_path!()),
            entity: #entity,
            path: #path,
            doc: #doc,
            mode: ::sync_runtime::schema::Mode::#mode,
            version: #version,
            tenant: #tenant,
            fields: #fields,
            events: #events,
            snapshot: #snapshot,
            notification: #notification,
            local_first: #local_first,
            conflict: ::sync_runtime::schema::Conflict::#conflict,
            upcasts: #upcasts,
            field_groups: #field_groups,
            roles: #roles,
        }
    }
}

fn snapshot(every: u32, max: u32) -> TokenStream {
    quote!(::sync_runtime::schema::SnapshotPolicy { every: #every, max: #max })
}

fn event(model: &Model<'_>, event: &Event<'_>) -> TokenStream {
    let name = text(&event.name());
    let wire = |target: &Target| text(&model.fields[target.field].wire);
    let wires = |targets: &[Target]| list(targets.iter().map(wire));
    let effect = match &event.effect {
        Effect::Create => quote!(Create),
        Effect::Delete => quote!(Delete),
        Effect::Set(fields) => {
            let fields = wires(fields);
            quote!(Set { fields: #fields })
        }
        Effect::Merge { fields, .. } => {
            let fields = wires(fields);
            quote!(Merge { fields: #fields })
        }
        Effect::Push(target) => named("Push", "list", wire(target)),
        Effect::Remove(target) => named("Remove", "list", wire(target)),
        Effect::Update(target) => named("Update", "list", wire(target)),
        Effect::Increment(target) => named("Increment", "field", wire(target)),
        Effect::Transition(target) => named("Transition", "field", wire(target)),
        Effect::Custom(payload) => {
            let ty = field::type_of(payload);
            quote!(Custom { payload: ::sync_runtime::schema::Ref::Static(#ty) })
        }
    };
    quote!(::sync_runtime::schema::Event { name: #name, effect: ::sync_runtime::schema::Effect::#effect })
}

fn named(variant: &str, key: &str, value: TokenStream) -> TokenStream {
    let (variant, key) = (
        quote::format_ident!("{variant}"),
        quote::format_ident!("{key}"),
    );
    quote!(#variant { #key: #value })
}

/// A field's name on the wire; what no field is called now, an older version may have called one.
fn wire(model: &Model<'_>, ident: &syn::Ident) -> String {
    let name = ident.unraw().to_string();
    let field = model.fields.iter().find(|field| field.name() == name);
    field.map_or(name, |field| field.wire.clone())
}

fn upcast(model: &Model<'_>, upcast: &UpcastDecl) -> TokenStream {
    let from = upcast.from;
    let steps = list(upcast.steps.iter().map(|step| {
        let step = match step {
            LiftDecl::Rename { from, to } => {
                let (from, to) = (text(&from.unraw().to_string()), text(&wire(model, to)));
                quote!(Rename { from: #from, to: #to })
            }
            LiftDecl::Default { field, value } => {
                let (field, value) = (text(&wire(model, field)), text(&value.json));
                quote!(Default { field: #field, value: #value })
            }
            LiftDecl::Function(path) => {
                let path = text(&quote!(#path).to_string().replace(' ', ""));
                quote!(Function { path: #path })
            }
        };
        quote!(::sync_runtime::schema::Lift::#step)
    }));
    quote!(::sync_runtime::schema::Upcast { from: #from, steps: #steps })
}

/// For each version the function that reads it. One that is missing, or of another type, is an error at its path.
fn upcast_functions(model: &Model<'_>) -> Vec<TokenStream> {
    let upcasts = model.attrs.upcasts.iter();
    let functions = upcasts.flat_map(|upcast| upcast.functions().map(|path| (upcast.from, path)));
    functions
        .map(|(from, path)| {
            let function = quote_spanned! {path.span()=>
                { let upcast: ::sync_runtime::UpcastFn = #path; upcast }
            };
            quote!((#from, #function))
        })
        .collect()
}

fn field_group(model: &Model<'_>, group: &Named) -> TokenStream {
    let name = text(&group.name.unraw().to_string());
    let fields = texts(group.members.iter().map(|member| wire(model, member)));
    quote!(::sync_runtime::schema::FieldGroup { name: #name, fields: #fields })
}

fn role(role: &Named) -> TokenStream {
    let name = text(&role.name.unraw().to_string());
    let groups = texts(role.members.iter().map(|member| member.unraw().to_string()));
    quote!(::sync_runtime::schema::Role { name: #name, groups: #groups })
}
