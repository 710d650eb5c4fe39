//! What models of rows have beside what all logged models have: rules, conflicts, and how their writes get on.

use serde::Serialize;
use sync_runtime::schema::{Conflict, Effect, Field, FieldKind, Mode};

use super::{
    imports::Imports,
    layout::{Doc, array, concat, function, object, text},
    plan::{ModelPlan, Plan},
    surface::Add,
    syntax::string,
    types::Writer,
};
use crate::Error;

const CONFLICT: &str = "client/conflict";

/// In `collections/{entity}.ts`
#[derive(Serialize)]
pub(super) struct CollectionPart {
    conflict: String,
    /// The type whose keys are the fields that can be in conflict.
    update: String,
    options: String,
}

/// In `hooks/use{Entity}.ts`
#[derive(Serialize)]
pub(super) struct HooksPart {
    signature: String,
}

/// The member `mode` of a model's definition: `mode: new RowsMode({ … })`.
pub(super) fn mode(writer: &mut Writer<'_, '_>, model: &ModelPlan<'_>) -> Option<Doc> {
    if model.model.mode != Mode::Rows {
        return None;
    }
    let names = |wanted: fn(&Field) -> bool| {
        let fields = model
            .model
            .shared_fields()
            .filter(|field| field.is_writable());
        let fields = fields.filter(|field| wanted(field));
        array(fields.map(|field| text(string(&field.name))).collect())
    };
    let updated_at = model.model.field_of_kind(&FieldKind::UpdatedAt);
    let rules = vec![
        concat([text("fields: "), names(|_| true)]),
        concat([text("manual: "), names(|field| field.conflict_manual)]),
        text(format!(
            "lastWriteWins: {}",
            model.model.conflict == Conflict::LastWriteWins
        )),
        text(format!("localFirst: {}", model.model.local_first)),
        text(format!(
            "updatedAt: {}",
            updated_at.map_or("null".to_owned(), |field| string(&field.name))
        )),
    ];
    writer.imports.value("rows/mode", "RowsMode");
    Some(concat([
        text("mode: new RowsMode("),
        object(rules, true),
        text("),"),
    ]))
}

/// What the collection of a model of rows has besides.
pub(super) fn collection_part(
    plan: &Plan<'_>,
    model: &ModelPlan<'_>,
    imports: &mut Imports,
) -> Result<Option<CollectionPart>, Error> {
    let updates = |effect: &Effect| matches!(effect, Effect::Merge { .. });
    let mut payloads = model.payloads.iter();
    let update = payloads.find(|payload| updates(&payload.event.effect));
    let (Some(rows), Some(update)) = (&model.rows, update) else {
        return Ok(None);
    };
    imports.ty(CONFLICT, "ConflictOf");
    imports.ty("rows/book", "RowTransaction");
    imports.value("rows/collectionOptions", "rowCollectionOptions");
    imports.ty("rows/collectionOptions", "RowCollectionOptions");
    imports.value("rows/rows", "Rows");
    imports.ty(&plan.payload_home(model, update)?, &update.name);
    Ok(Some(CollectionPart {
        conflict: rows.conflict.clone(),
        update: update.name.clone(),
        options: rows.options.clone(),
    }))
}

/// What the hooks of a model of rows have besides.
pub(super) fn hooks_part(model: &ModelPlan<'_>, imports: &mut Imports) -> Option<HooksPart> {
    let rows = model.rows.as_ref()?;
    imports.value("hooks/useRows", "useConflicts");
    imports.ty(&model.at("collections"), &rows.conflict);
    Some(HooksPart {
        signature: function(
            &rows.use_conflicts,
            vec![text("id: string")],
            &format!("readonly {}[]", rows.conflict),
        ),
    })
}

/// What `index.ts` exports for rows.
pub(super) fn index_exports(add: Add<'_>) {
    for name in ["DeleteConflict", "FieldConflict", "RowConflict", "RowLoss"] {
        add(CONFLICT, name, true);
    }
    for name in ["RowTransaction", "TransactionState"] {
        add("rows/book", name, true);
    }
}
