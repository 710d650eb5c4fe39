//! What each role may write, in a model's conformance: the same question that the server asks.

use sync_runtime::schema::{Effect, Event, List, Model, Str, Visibility};

use super::{code::Code, types::swift_string};

/// `access`, where not everybody may write all.
pub(super) fn rules(code: &mut Code, model: &Model) {
    let hidden: Vec<&Str> = model
        .shared_fields()
        .filter(|field| field.visibility == Visibility::OwnerOnly)
        .map(|field| &field.name)
        .collect();
    if model.roles.is_empty() && hidden.is_empty() {
        return;
    }
    let roles = model.roles.iter().map(|role| (&role.name, &role.groups));
    let groups = model
        .field_groups
        .iter()
        .map(|group| (&group.name, &group.fields));
    code.doc("What each role may write.");
    code.list(
        "public static let access: AccessRules? = AccessRules(",
        ")",
        |code| {
            table(code, "roles", roles);
            table(code, "groups", groups);
            code.array("ownerOnly: ", &names(hidden.into_iter()), ",");
            code.list("events: [", "]", |code| {
                for event in model.events.iter() {
                    writes(code, model, event);
                }
            });
        },
    );
}

fn table<'a>(code: &mut Code, label: &str, rows: impl Iterator<Item = (&'a Str, &'a List<Str>)>) {
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        code.line(format!("{label}: [:],"));
        return;
    }
    code.list(&format!("{label}: ["), "],", |code| {
        for (name, members) in &rows {
            let head = format!("{}: ", swift_string(name));
            code.array(&head, &names(members.iter()), ",");
        }
    });
}

fn names<'a>(names: impl Iterator<Item = &'a Str>) -> Vec<String> {
    names.map(|name| swift_string(name)).collect()
}

fn writes(code: &mut Code, model: &Model, event: &Event) {
    let name = swift_string(&event.name);
    let kind = match &event.effect {
        Effect::Custom { .. } => {
            code.line(format!("{name}: .everything,"));
            return;
        }
        Effect::Create | Effect::Merge { .. } => "given",
        Effect::Set { .. }
        | Effect::Push { .. }
        | Effect::Remove { .. }
        | Effect::Update { .. }
        | Effect::Increment { .. }
        | Effect::Transition { .. }
        | Effect::Delete => "fields",
    };
    let touched = event.touched(model);
    let fields = names(touched.iter().map(|field| &field.name));
    code.array(&format!("{name}: .{kind}("), &fields, "),");
}
