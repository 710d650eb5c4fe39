//! What targets that write events models alone say of the others.

use sync_runtime::schema::{Mode, Schema};

/// That a target does not write the models in other modes, and which these are; `None` where there are none.
pub(crate) fn left_out(target: &str, schema: &Schema) -> Option<String> {
    let of_mode = |mode: Mode| {
        let models = schema.models().iter().filter(move |it| it.mode == mode);
        models.map(|it| &*it.entity).collect::<Vec<_>>().join(", ")
    };
    let parts = [("rows", of_mode(Mode::Rows)), ("api", of_mode(Mode::Api))];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(_, models)| !models.is_empty())
        .map(|(mode, models)| format!("{mode} models yet: {models}"))
        .collect();
    (!parts.is_empty()).then(|| {
        format!(
            "the {target} target does not write {}",
            parts.join(", nor ")
        )
    })
}
