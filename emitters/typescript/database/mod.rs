//! The rows models in a device's database: the SQL target's own text, for people and for programs.
//!
//! * `schema/*.sql`: to be read, reviewed and run by other tools;
//! * `db/sqlite.ts`, `db/postgres.ts`: the same text as what a program imports, for bundlers have no common way to import
//!   any other; a project that uses one of the two ships nothing of the other;
//! * `db/init.ts` and `db/sync-worker.ts`: what makes the tables, and the worker that holds the database.

use serde::Serialize;
use sync_runtime::schema::Schema;

use super::{
    layout::{Doc, array, concat, object, render, text},
    runtime::ROWS_SQL,
    syntax::string,
};
use crate::{
    Error, FileSet,
    sql::device::{DIALECTS, Device, DeviceEntity, Dialect, device},
    template,
};

const TEMPLATES: &[(&str, &str)] = &[
    ("database", include_str!("database.ts.jinja")),
    ("init", include_str!("init.ts.jinja")),
    ("sync-worker", include_str!("sync-worker.ts.jinja")),
];

/// The files of a schema's rows models; none where it has none.
pub(super) fn files(schema: &Schema) -> Result<FileSet, Error> {
    let env = template::environment(TEMPLATES)?;
    let mut files = FileSet::new();
    for dialect in DIALECTS {
        let Some(device) = device(schema, dialect)? else {
            return Ok(files);
        };
        let suffix = format!("{}.sql", device.dialect);
        files.insert(format!("schema/_changes.{suffix}"), &*device.changes)?;
        for entity in &device.entities {
            files.insert(format!("schema/{}.{suffix}", entity.file), &*entity.script)?;
        }
        let module = template::render(&env, "database", &Database::of(dialect, &device))?;
        files.insert(format!("db/{}.ts", device.dialect), module)?;
    }
    for name in ["init", "sync-worker"] {
        files.insert(format!("db/{name}.ts"), template::render(&env, name, &())?)?;
    }
    for (path, text) in ROWS_SQL {
        files.insert(*path, *text)?;
    }
    Ok(files)
}

/// What the template of a dialect is given.
#[derive(Serialize)]
struct Database {
    constant: &'static str,
    product: &'static str,
    dialect: &'static str,
    changes: String,
    entities: Vec<Entity>,
}

/// A rows model; all are expressions.
#[derive(Serialize)]
struct Entity {
    entity: String,
    version: u32,
    table: String,
    created_at: String,
    updated_at: String,
    last_write_wins: String,
    fields: String,
    manual: String,
    columns: String,
    script: String,
    known: String,
    receive: String,
    remove: String,
}

impl Database {
    fn of(dialect: Dialect, device: &Device) -> Self {
        let (constant, product) = dialect.pick(
            ("postgresRows", "PostgreSQL, as PGlite has it"),
            ("sqliteRows", "SQLite"),
        );
        Self {
            constant,
            product,
            dialect: device.dialect,
            changes: script(&device.changes),
            entities: device.entities.iter().map(Entity::of).collect(),
        }
    }
}

impl Entity {
    fn of(entity: &DeviceEntity) -> Self {
        let optional = |name: &Option<String>| match name {
            Some(name) => string(name),
            None => "null".to_owned(),
        };
        let names = |of: &[String]| array(of.iter().map(|name| text(string(name))).collect());
        Self {
            entity: string(&entity.entity),
            version: entity.version,
            table: string(&entity.table),
            created_at: optional(&entity.created_at),
            updated_at: optional(&entity.updated_at),
            last_write_wins: entity.last_write_wins.to_string(),
            fields: member("fields", names(&entity.fields)),
            manual: member("manual", names(&entity.manual)),
            columns: member("columns", columns(entity)),
            script: script(&entity.script),
            known: script(&entity.known),
            receive: script(&entity.receive),
            remove: script(&entity.remove),
        }
    }
}

fn columns(entity: &DeviceEntity) -> Doc {
    let columns = entity.columns.iter().map(|column| {
        let fill = column
            .fill
            .as_ref()
            .map_or("null".to_owned(), |fill| string(fill));
        object(
            vec![
                text(format!("name: {}", string(&column.name))),
                text(format!("type: {}", string(column.ty))),
                text(format!("fill: {fill}")),
            ],
            false,
        )
    });
    array(columns.collect())
}

/// A member of an entity's object, laid out where it stands.
fn member(name: &str, value: Doc) -> String {
    render(
        &concat([text(format!("{name}: ")), value, text(",")]),
        ENTITY_INDENT,
    )
}

/// How far in an entity's members stand.
const ENTITY_INDENT: usize = 6;

/// SQL as a template literal: as it is read in `schema/`, but for what ends or fills one.
fn script(sql: &str) -> String {
    let escaped = sql.replace('\\', "\\\\").replace('`', "\\`");
    format!("`{}`", escaped.replace("${", "\\${").replace('\r', "\\r"))
}
