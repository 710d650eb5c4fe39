//! Rules of field groups and roles.

use syn::{Ident, ext::IdentExt};

use crate::{
    ctxt::Ctxt,
    infer,
    input::{Kind, Model, container::Named},
    words,
};

/// `field_groups(basic = [tabel_number])`, a group that is there twice, a field that nobody writes
pub(super) fn groups(cx: &Ctxt, model: &Model<'_>) {
    twice(cx, &model.attrs.field_groups, "field group");
    for group in &model.attrs.field_groups {
        if group.members.is_empty() {
            cx.error(
                group.name.span(),
                format!("the field group '{}' names no field", group.name),
            );
        }
        for member in &group.members {
            let Some(target) = infer::target(cx, model, member) else {
                continue;
            };
            let field = &model.fields[target.field];
            if !field.is_writable() && field.kind != Kind::Machine {
                cx.error(
                    target.span,
                    format!(
                        "'{}' is written by no payload, so it is in no field group",
                        field.name()
                    ),
                );
            }
        }
        members_twice(cx, group);
    }
}

/// `roles(editor = [baisc])`, a role that is there twice
pub(super) fn roles(cx: &Ctxt, model: &Model<'_>) {
    twice(cx, &model.attrs.roles, "role");
    let known: Vec<String> = model
        .attrs
        .field_groups
        .iter()
        .map(|group| group.name.unraw().to_string())
        .collect();
    for role in &model.attrs.roles {
        for member in &role.members {
            let name = member.unraw().to_string();
            if !known.contains(&name) {
                cx.error(
                    member.span(),
                    words::unknown("field group", &name, known.iter().map(String::as_str)),
                );
            }
        }
        members_twice(cx, role);
    }
}

fn twice(cx: &Ctxt, named: &[Named], what: &str) {
    for (at, one) in named.iter().enumerate() {
        if named[..at].iter().any(|other| other.name == one.name) {
            cx.error(one.name.span(), format!("a second {what} '{}'", one.name));
        }
    }
}

fn members_twice(cx: &Ctxt, named: &Named) {
    let repeated = |at: usize, member: &Ident| named.members[..at].contains(member);
    for (_, member) in named
        .members
        .iter()
        .enumerate()
        .filter(|(at, member)| repeated(*at, member))
    {
        cx.error(member.span(), format!("'{member}' is there twice"));
    }
}
