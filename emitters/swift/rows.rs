//! How a device keeps the rows of a model: the SQL that the SQL target writes, for the runtime to run.

use sync_runtime::schema::{Model, Type};

use super::{
    code::Code,
    plan::{ModelPlan, Plan},
    types::swift_string,
};
use crate::sql::device::{ColumnAccess, access};

/// The constant that holds what all rows models share.
const SHARED: &str = "rowOutbox";
/// SQL has its own lines.
const IGNORED: &str = "// swift-format-ignore";

impl Plan<'_> {
    /// The file of what all rows models share; `None` where there are none.
    pub(super) fn outbox(&self) -> Option<String> {
        let device = self.device.as_ref()?;
        let mut code = Code::new();
        code.doc("The outbox of this device's rows, and where its stream stands.");
        code.line(IGNORED);
        code.line(format!("let {SHARED} = {}", opening(&device.changes)));
        raw(&mut code, &device.changes);
        Some(code.finish())
    }

    /// The SQL of a rows model's tables; empty for a model of another mode.
    pub(super) fn table_script(&self, model: &Model) -> &str {
        let mut entities = self.device.iter().flat_map(|device| &device.entities);
        let entity = entities.find(|entity| entity.entity == *model.entity);
        entity.map_or("", |entity| &entity.script)
    }

    /// The file of a rows model's tables; `None` for a model of another mode.
    pub(super) fn table(&self, plan: &ModelPlan<'_>) -> Option<String> {
        let device = self.device.as_ref()?;
        let model = plan.model;
        let entity = device
            .entities
            .iter()
            .find(|entity| entity.entity == *model.entity)?;
        let quoted = |name: &str| swift_string(&format!("\"{}\"", name.replace('"', "\"\"")));
        let mut code = Code::new();
        code.line("import SyncRuntime");
        code.gap();
        code.block(format!("extension {}", plan.name), |code| {
            code.doc("How this device keeps them.");
            code.list("static let rowTable = RowTable(", ")", |code| {
                code.line(format!("view: {},", quoted(&model.entity)));
                code.line(format!("synced: {},", quoted(&entity.table)));
                code.list("columns: [", "],", |code| {
                    for column in access(model) {
                        line(code, &column);
                    }
                });
                code.list("stored: [", "],", |code| {
                    for column in &entity.columns {
                        let fill = match &column.fill {
                            Some(fill) => format!(", fill: {}", swift_string(fill)),
                            None => String::new(),
                        };
                        let (name, ty) = (swift_string(&column.name), swift_string(column.ty));
                        code.line(format!(".init({name}, type: {ty}{fill}),"));
                    }
                });
                let numbers = matches!(model.id_type().non_null(), Type::Int(_));
                code.line(format!("hasNumberIDs: {numbers},"));
                code.line(format!("definitions: [{SHARED}, definition],"));
                code.line(format!("isLocalFirst: {},", model.local_first));
                code.line(format!("lastWriteWins: {},", entity.last_write_wins));
                let asks: Vec<String> = entity.manual.iter().map(|it| swift_string(it)).collect();
                code.line(format!("asks: [{}]", asks.join(", ")));
            });
            code.gap();
            code.line(IGNORED);
            code.line(format!(
                "private static let definition = {}",
                opening(&entity.script)
            ));
            raw(code, &entity.script);
        });
        Some(code.finish())
    }
}

fn line(code: &mut Code, column: &ColumnAccess) {
    code.list(".init(", "),", |code| {
        code.line(format!("{},", swift_string(&column.key)));
        for (label, value) in [
            ("name", &column.name),
            ("json", &column.json),
            ("value", &column.value),
            ("isGiven", &column.given),
        ] {
            code.line(format!("{label}: {},", swift_string(value)));
        }
        code.line(format!("isWritable: {},", column.writable));
        code.line(format!("isNullable: {}", column.nullable));
    });
}

/// How many signs a text must stand between so that nothing in it ends it or is read as Swift.
fn hashes(text: &str) -> String {
    let mut hashes = "#".to_owned();
    while text.contains(&format!("\"\"\"{hashes}")) || text.contains(&format!("\\{hashes}")) {
        hashes.push('#');
    }
    hashes
}

fn opening(text: &str) -> String {
    format!("{}\"\"\"", hashes(text))
}

/// The lines of a text, and what ends it.
fn raw(code: &mut Code, text: &str) {
    for line in text.lines() {
        code.line(line);
    }
    code.line(format!("\"\"\"{}", hashes(text)));
}
