//! What each role may write, beside what can be written of a model.

use sync_runtime::schema::{Effect, Event, List, Mode, Model, Str, Visibility};

use super::{
    layout::{Doc, array, concat, object, text},
    plan::ModelPlan,
    schemas::{Statement, constant},
    syntax::{key, string},
    types::Writer,
};

/// The table of a model that declares roles.
pub(super) fn rules(writer: &mut Writer<'_, '_>, model: &ModelPlan<'_>) -> Option<Statement> {
    let name = model.access.as_ref()?;
    writer.imports.ty("client/access", "AccessRules");
    let declared = model.model;
    let owner_only = declared
        .fields
        .iter()
        .filter(|field| field.visibility == Visibility::OwnerOnly);
    let of_roles = declared.roles.iter().map(|role| (&role.name, &role.groups));
    let of_groups = declared
        .field_groups
        .iter()
        .map(|group| (&group.name, &group.fields));
    let events = declared.events.iter().map(|event| {
        let full = string(&format!("{}.{}", declared.entity, event.name));
        concat([text(format!("{full}: ")), asks(declared, event)])
    });
    let members = vec![
        concat([text("roles: "), table(of_roles)]),
        concat([text("groups: "), table(of_groups)]),
        concat([
            text("ownerOnly: "),
            names(owner_only.map(|field| &field.name)),
        ]),
        concat([text("events: "), object(events.collect(), true)]),
    ];
    let ty = match declared.mode {
        Mode::Events => format!("AccessRules<{}['event_type']>", model.event),
        Mode::Rows | Mode::Api => {
            let events = declared.events.iter();
            let events = events.map(|it| string(&format!("{}.{}", declared.entity, it.name)));
            format!("AccessRules<{}>", events.collect::<Vec<_>>().join(" | "))
        }
    };
    Some(Statement {
        doc: format!(
            "What each role may write of {{@link {}}}, for `canWrite`.",
            model.state
        ),
        code: constant("export const", name, &ty, object(members, true)),
    })
}

fn table<'a>(rows: impl Iterator<Item = (&'a Str, &'a List<Str>)>) -> Doc {
    let rows = rows
        .map(|(name, members)| concat([text(format!("{}: ", key(name))), names(members.iter())]));
    object(rows.collect(), true)
}

fn names<'a>(names: impl Iterator<Item = &'a Str>) -> Doc {
    array(names.map(|name| text(string(name))).collect())
}

/// The same question that the server asks.
fn asks(model: &Model, event: &Event) -> Doc {
    let member = match &event.effect {
        Effect::Custom { .. } => return text("'everything'"),
        Effect::Create | Effect::Merge { .. } => "writesGiven",
        Effect::Set { .. }
        | Effect::Push { .. }
        | Effect::Remove { .. }
        | Effect::Update { .. }
        | Effect::Increment { .. }
        | Effect::Transition { .. }
        | Effect::Delete => "writes",
    };
    let touched = event.touched(model);
    let fields = names(touched.iter().map(|field| &field.name));
    object(vec![concat([text(format!("{member}: ")), fields])], false)
}
