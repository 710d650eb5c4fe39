//! The cases of a reducer: what each effect does, written out.

use sync_runtime::schema::{Effect, Field, FieldKind, StructType, Type, Whole};

use super::{
    complete::needs_completion,
    layout::{Doc, call, concat, object, render, text},
    materializers::{CaseView, UTILS, full_type},
    plan::{ModelPlan, PayloadPlan, is_hidden},
    syntax::{entry, is_identifier, key, member, string, whole},
    types::Writer,
};
use crate::{
    Error,
    names::{Language, is_reserved},
};

/// What a case does, as lines at its indent.
pub(super) fn case(
    writer: &mut Writer<'_, '_>,
    model: &ModelPlan<'_>,
    payload: &PayloadPlan<'_>,
) -> Result<CaseView, Error> {
    let field = |name: &str| {
        model
            .model
            .field(name)
            .ok_or_else(|| Error::new(format!("{} has no field `{name}`", model.model.name)))
    };
    let lines = match &payload.event.effect {
        Effect::Create | Effect::Delete => vec!["return deleted;".to_owned()],
        Effect::Set { fields } | Effect::Merge { fields } => {
            let fields = fields
                .iter()
                .map(|name| field(name))
                .collect::<Result<Vec<_>, _>>()?;
            let all = matches!(payload.event.effect, Effect::Set { .. });
            replace(
                writer,
                model,
                &fields,
                all && !payload.loses_keys(model.model),
            )?
        }
        Effect::Push { list } => push(writer, model, field(list)?)?,
        Effect::Remove { list } => remove(writer, model, field(list)?)?,
        Effect::Update { list } => update(writer, model, field(list)?)?,
        Effect::Increment { field: name } => increment(writer, model, field(name)?),
        Effect::Transition { field: name } => transition(writer, model, field(name)?),
        Effect::Custom { payload: ty } => custom(writer, model, payload, ty)?,
    };
    Ok(CaseView {
        event_type: full_type(model, payload),
        block: lines.iter().any(|line| line.starts_with("const ")),
        lines,
    })
}

/// The entry that moves `updated_at`, if the model has it.
fn touched(model: &ModelPlan<'_>) -> Vec<Doc> {
    model
        .model
        .field_of_kind(&FieldKind::UpdatedAt)
        .map(|field| text(entry(&field.name, "time")))
        .into_iter()
        .collect()
}

/// `{ ...state, these, updated_at: time }`
fn next(model: &ModelPlan<'_>, members: Vec<Doc>) -> Doc {
    let mut all = vec![text("...state")];
    all.extend(members);
    all.extend(touched(model));
    object(all, false)
}

/// Six spaces in: the indent of a case, and two more where it is a block.
fn laid(code: Doc) -> String {
    render(&code, 6)
}

fn give(value: Doc) -> String {
    laid(concat([text("return "), value, text(";")]))
}

/// What happens where a reader may not see the payload: `updated_at` moves all the same.
fn unless_hidden(model: &ModelPlan<'_>, field: &Field, local: &str) -> Vec<String> {
    if !is_hidden(field) {
        return vec![];
    }
    let moved = next(model, vec![]);
    vec![laid(concat([
        text(format!("if ({local} === undefined) return ")),
        moved,
        text(";"),
    ]))]
}

/// Leaves out the keys that the wire leaves out when they are null.
fn without_nulls(writer: &mut Writer<'_, '_>, fields: &[&Field], value: Doc) -> Doc {
    let keys: Vec<Doc> = fields
        .iter()
        .filter(|field| field.optional)
        .map(|field| text(string(&field.name)))
        .collect();
    if keys.is_empty() {
        return value;
    }
    let mut args = vec![value];
    args.extend(keys);
    writer.apply(UTILS, "dropNulls", args)
}

fn replace(
    writer: &mut Writer<'_, '_>,
    model: &ModelPlan<'_>,
    fields: &[&Field],
    all_given: bool,
) -> Result<Vec<String>, Error> {
    let plain = fields.iter().all(|field| !needs_completion(&field.ty));
    if all_given {
        let members = fields
            .iter()
            .map(|field| {
                let given = member("event.payload", &field.name);
                Ok(text(entry(
                    &field.name,
                    &writer.completed(&field.ty, &given)?,
                )))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let value = without_nulls(writer, fields, next(model, members));
        return Ok(vec![give(value)]);
    }
    if plain {
        let value = without_nulls(writer, fields, next(model, vec![text("...event.payload")]));
        return Ok(vec![give(value)]);
    }
    let (taken, mut members) = split(writer, fields)?;
    members.insert(0, text("...rest"));
    let value = without_nulls(writer, fields, next(model, members));
    Ok(vec![format!("const {taken} = event.payload;"), give(value)])
}

/// Takes the fields that need completing out of a partial value: the pattern, and the entries that put them back.
fn split(writer: &mut Writer<'_, '_>, fields: &[&Field]) -> Result<(String, Vec<Doc>), Error> {
    let mut pattern = Vec::new();
    let mut members = Vec::new();
    for (at, field) in fields
        .iter()
        .filter(|field| needs_completion(&field.ty))
        .enumerate()
    {
        let local = local_name(&field.name, at);
        pattern.push(entry(&field.name, &local));
        let value = writer.completed(&field.ty, &local)?;
        members.push(text(format!(
            "...({local} === undefined ? {{}} : {{ {} }})",
            entry(&field.name, &value)
        )));
    }
    pattern.push("...rest".to_owned());
    Ok((format!("{{ {} }}", pattern.join(", ")), members))
}

/// A local variable for a field, which must not hide another.
fn local_name(field: &str, at: usize) -> String {
    let hides = matches!(
        field,
        "state" | "event" | "time" | "rest" | "next" | "list" | "id" | "reducers"
    );
    if is_identifier(field) && !hides && !is_reserved(Language::TypeScript, field) {
        field.to_owned()
    } else {
        format!("given{at}")
    }
}

/// How the list is read and put back.
fn change_list(
    model: &ModelPlan<'_>,
    list: &Field,
    change: Doc,
    before: Vec<String>,
) -> Vec<String> {
    let current = member("state", &list.name);
    let mut lines = before;
    let known = if is_hidden(list) {
        lines.push(format!("const list = {current} ?? [];"));
        "list".to_owned()
    } else {
        current
    };
    lines.push(laid(concat([text("const next = "), change, text(";")])));
    let changed = next(model, vec![text(entry(&list.name, "next"))]);
    lines.push(laid(concat([
        text(format!("return next === {known} ? state : ")),
        changed,
        text(";"),
    ])));
    lines
}

fn list_name(list: &Field) -> String {
    if is_hidden(list) {
        "list".to_owned()
    } else {
        member("state", &list.name)
    }
}

fn element_of(list: &Field) -> Result<&Type, Error> {
    list.ty
        .element()
        .ok_or_else(|| Error::new(format!("`{}` is no list", list.name)))
}

/// `Keyed` for elements with an `id`, else the function that gives their key.
fn by_key(list: &Field) -> Option<(&Field, Option<String>)> {
    let id = list.ty.keyed_element().and_then(StructType::id_field)?;
    let by = (id.name != "id").then(|| format!("(element) => {}", member("element", &id.name)));
    Some((id, by))
}

/// The payload's element as a local, so that it is looked at once where it may be hidden.
fn given(list: &Field, key: &str) -> (Vec<String>, String) {
    let given = member("event.payload", key);
    if is_hidden(list) {
        (vec![format!("const given = {given};")], "given".to_owned())
    } else {
        (vec![], given)
    }
}

fn push(
    writer: &mut Writer<'_, '_>,
    model: &ModelPlan<'_>,
    list: &Field,
) -> Result<Vec<String>, Error> {
    let item = element_of(list)?;
    let (mut lines, element) = given(list, &list.singular);
    lines.extend(unless_hidden(model, list, &element));
    let element = writer.completed(item, &element)?;
    let known = list_name(list);
    let change = match (by_key(list), &*list.ty) {
        (Some((_, None)), _) => util(writer, "pushKeyed", &[&known, &element]),
        (Some((_, Some(by))), _) => util(writer, "pushBy", &[&known, &element, &by]),
        (None, Type::Set(_)) => util(writer, "addToSet", &[&known, &element]),
        (None, _) => {
            let pushed = util(writer, "pushPlain", &[&known, &element]);
            if is_hidden(list) {
                lines.push(format!(
                    "const list = {} ?? [];",
                    member("state", &list.name)
                ));
            }
            let member = concat([text(format!("{}: ", key(&list.name))), pushed]);
            lines.push(give(next(model, vec![member])));
            return Ok(lines);
        }
    };
    Ok(change_list(model, list, change, lines))
}

fn remove(
    writer: &mut Writer<'_, '_>,
    model: &ModelPlan<'_>,
    list: &Field,
) -> Result<Vec<String>, Error> {
    let item = element_of(list)?;
    let keyed = by_key(list);
    let wanted = match keyed {
        Some(_) => format!("{}_id", list.singular),
        None => list.singular.to_string(),
    };
    let (mut lines, wanted) = given(list, &wanted);
    lines.extend(unless_hidden(model, list, &wanted));
    let known = list_name(list);
    let change = match (keyed, &*list.ty) {
        (Some((_, None)), _) => util(writer, "removeKeyed", &[&known, &wanted]),
        (Some((_, Some(by))), _) => util(writer, "removeBy", &[&known, &wanted, &by]),
        (None, Type::Set(_)) => util(writer, "removeFromSet", &[&known, &wanted]),
        (None, _) => {
            // Compared as the list holds it, with its defaults.
            let wanted = writer.completed(item, &wanted)?;
            util(writer, "removeValue", &[&known, &wanted])
        }
    };
    Ok(change_list(model, list, change, lines))
}

fn update(
    writer: &mut Writer<'_, '_>,
    model: &ModelPlan<'_>,
    list: &Field,
) -> Result<Vec<String>, Error> {
    let (Some((_, by)), Some(shape)) = (by_key(list), list.ty.keyed_element()) else {
        return Err(Error::new(format!("`{}` is no keyed list", list.name)));
    };
    let fields: Vec<&Field> = shape.patch_fields().collect();
    let id_key = format!("{}_id", list.singular);
    let (mut lines, id) = given(list, &id_key);
    lines.extend(unless_hidden(model, list, &id));
    let mut change = member("event.payload", &list.singular);
    if fields.iter().any(|field| needs_completion(&field.ty)) {
        let (pattern, members) = split(writer, &fields)?;
        let from = if is_hidden(list) {
            format!("{change} ?? {{}}")
        } else {
            change
        };
        lines.push(format!("const {pattern} = {from};"));
        let mut all = vec![text("...rest")];
        all.extend(members);
        lines.push(laid(concat([
            text("const change = "),
            object(all, false),
            text(";"),
        ])));
        change = "change".to_owned();
    }
    let known = list_name(list);
    let optional: Vec<String> = fields
        .iter()
        .filter(|field| field.optional)
        .map(|field| string(&field.name))
        .collect();
    let change = if optional.is_empty() {
        match &by {
            None => util(writer, "updateKeyed", &[&known, &id, &change]),
            Some(by) => {
                let merge = format!("(element) => ({{ ...element, ...{change} }})");
                util(writer, "updateBy", &[&known, &id, by, &merge])
            }
        }
    } else {
        writer.imports.value(UTILS, "dropNulls");
        let by = by.unwrap_or_else(|| "(element) => element.id".to_owned());
        let merge = format!(
            "(element) => dropNulls({{ ...element, ...{change} }}, {})",
            optional.join(", ")
        );
        util(writer, "updateBy", &[&known, &id, &by, &merge])
    };
    Ok(change_list(model, list, change, lines))
}

fn util(writer: &mut Writer<'_, '_>, name: &str, args: &[&str]) -> Doc {
    writer.apply(UTILS, name, args.iter().map(|arg| text(*arg)).collect())
}

fn increment(writer: &mut Writer<'_, '_>, model: &ModelPlan<'_>, field: &Field) -> Vec<String> {
    let Type::Int(int) = field.ty.non_null() else {
        return vec![give(next(model, vec![]))];
    };
    let big = field.big && int.is_wide();
    let (name, suffix) = if big {
        ("incrementBig", "n")
    } else {
        ("incrementNumber", "")
    };
    let bound = |bound: Whole| format!("{}{suffix}", whole(bound));
    let (min, max) = (bound(int.min(field.big)), bound(int.max(field.big)));
    let now = member("state", &field.name);
    if !field.ty.is_nullable() && !is_hidden(field) {
        let sum = util(writer, name, &[&now, "event.payload.by", &min, &max]);
        let sum = concat([text(format!("{}: ", key(&field.name))), sum]);
        return vec![give(next(model, vec![sum]))];
    }
    let by_hidden = if is_hidden(field) {
        "by === undefined || "
    } else {
        ""
    };
    let nothing = next(model, vec![]);
    let sum = util(writer, name, &["now", "by", &min, &max]);
    let sum = concat([text(format!("{}: ", key(&field.name))), sum]);
    vec![
        "const { by } = event.payload;".to_owned(),
        format!("const now = {now};"),
        laid(concat([
            text(format!("if ({by_hidden}now == null) return ")),
            nothing,
            text(";"),
        ])),
        give(next(model, vec![sum])),
    ]
}

fn transition(writer: &mut Writer<'_, '_>, model: &ModelPlan<'_>, field: &Field) -> Vec<String> {
    let Some(machine) = model
        .machines
        .iter()
        .find(|machine| machine.field.name == field.name)
    else {
        return vec!["return state;".to_owned()];
    };
    writer.imports.value(UTILS, "canTransition");
    writer.imports.value(&model.at("events"), &machine.moves);
    let now = member("state", &field.name);
    let to = member("event.payload", &format!("new_{}", field.name));
    let mut lines = vec![format!("const next = {to};")];
    lines.extend(unless_hidden(model, field, "next"));
    let absent = match (is_hidden(field), field.ty.is_nullable()) {
        (false, false) => String::new(),
        _ => format!("{now} == null || "),
    };
    let changed = next(model, vec![text(entry(&field.name, "next"))]);
    lines.push(format!(
        "if ({absent}!canTransition({}, {now}, next)) return state;",
        machine.moves
    ));
    lines.push(give(changed));
    lines
}

/// Runs the application's function on the state with hidden fields at their default, which it cannot change.
fn custom(
    writer: &mut Writer<'_, '_>,
    model: &ModelPlan<'_>,
    payload: &PayloadPlan<'_>,
    ty: &Type,
) -> Result<Vec<String>, Error> {
    let hidden: Vec<&Field> = model
        .model
        .shared_fields()
        .filter(|field| is_hidden(field))
        .collect();
    writer.imports.value(UTILS, "eventMeta");
    writer.imports.value(&model.at("schemas"), &model.parse);
    let given = writer.completed(ty.non_null(), "event.payload")?;
    let effect = member("reducers", &payload.event.name);
    let mut lines = Vec::new();
    let seen = if hidden.is_empty() {
        "state".to_owned()
    } else {
        let mut members = vec![text("...state")];
        for field in &hidden {
            let default = writer.default(field)?;
            members.push(concat([text(format!("{}: ", key(&field.name))), default]));
        }
        lines.push(laid(concat([
            text(format!("const seen: {} = ", model.state)),
            object(members, false),
            text(";"),
        ])));
        "seen".to_owned()
    };
    let changed = call(
        &effect,
        vec![text(seen), text(given), text("eventMeta(event)")],
    );
    lines.push(laid(concat([text("const changed = "), changed, text(";")])));
    let mut members = vec![text("...changed")];
    for field in &hidden {
        members.push(text(entry(&field.name, &member("state", &field.name))));
    }
    for field in model.model.shared_fields() {
        if matches!(field.kind, FieldKind::Id | FieldKind::CreatedAt) {
            members.push(text(entry(&field.name, &member("state", &field.name))));
        }
    }
    members.extend(touched(model));
    // A function may have left the declared types, which the compiler of the application does not see.
    let parsed = call(&model.parse, vec![object(members, false), text("''")]);
    let all: Vec<&Field> = model.model.shared_fields().collect();
    let value = without_nulls(writer, &all, parsed);
    lines.push(give(value));
    Ok(lines)
}

/// `return value;` at that level.
pub(super) fn returned(value: Doc, level: usize) -> String {
    render(&concat([text("return "), value, text(";")]), level)
}
