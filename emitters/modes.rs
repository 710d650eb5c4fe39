//! What targets say of the models that they do not write.

use sync_runtime::schema::{Mode, Schema};

/// That a target does not write the models in these modes, and which they are; `None` where there are none.
pub(crate) fn left_out(target: &str, modes: &[Mode], schema: &Schema) -> Option<String> {
    let of_mode = |mode: Mode| {
        let models = schema.models().iter().filter(move |it| it.mode == mode);
        models.map(|it| &*it.entity).collect::<Vec<_>>().join(", ")
    };
    let parts: Vec<String> = modes
        .iter()
        .map(|mode| (name(*mode), of_mode(*mode)))
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

fn name(mode: Mode) -> &'static str {
    match mode {
        Mode::Api => "api",
        Mode::Rows => "rows",
        Mode::Events => "events",
    }
}
