//! The rules that span models, checked once, in one place.
//!
//! What concerns one declaration alone is a compile error of the derive. What only shows when all models are known is
//! checked here, when a server starts and when `cargo sync-gen` has read them.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::{Field, Model, Type, UnionBody};

/// All models of a backend, checked and ordered by entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    models: Vec<Model>,
}

/// What is wrong with a set of models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where: the Rust path of the model.
    pub model: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.model, self.message)
    }
}

impl std::error::Error for Problem {}

impl Schema {
    /// Orders the models by entity and checks them together.
    ///
    /// # Errors
    ///
    /// Every problem found, in the order of the models.
    pub fn new(mut models: Vec<Model>) -> Result<Self, Vec<Problem>> {
        models.sort_by(|a, b| (&a.entity, &a.module).cmp(&(&b.entity, &b.module)));
        let mut problems = Vec::new();
        check_unique(&models, "entity", |model| &model.entity, &mut problems);
        check_unique(&models, "path", |model| &model.path, &mut problems);
        check_model_names(&models, &mut problems);
        check_type_names(&models, &mut problems);
        if problems.is_empty() {
            Ok(Self { models })
        } else {
            Err(problems)
        }
    }

    /// The models, ordered by entity.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The model of that entity.
    pub fn model(&self, entity: &str) -> Option<&Model> {
        self.models.iter().find(|model| model.entity == entity)
    }
}

/// `entity = "order"` on two structs, or two structs that share a path.
fn check_unique(
    models: &[Model],
    key: &str,
    of: impl Fn(&Model) -> &str,
    problems: &mut Vec<Problem>,
) {
    let mut seen: BTreeMap<&str, &Model> = BTreeMap::new();
    for model in models {
        if let Some(first) = seen.insert(of(model), model) {
            problems.push(problem(
                model,
                format!(
                    "the {key} `{}` is also that of {}; give one of them another with `#[sync({key} = \"…\")]`",
                    of(model),
                    rust_path(first),
                ),
            ));
        }
    }
}

/// Two models of one Rust name, with entities of their own.
fn check_model_names(models: &[Model], problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<&str, &Model> = BTreeMap::new();
    for model in models {
        if let Some(first) = seen.insert(&model.name, model) {
            problems.push(problem(
                model,
                format!(
                    "{} has the same name, and clients have one namespace; rename one of them",
                    rust_path(first)
                ),
            ));
        }
    }
}

/// Two different structs of one name: the generated clients have one namespace.
fn check_type_names<'a>(models: &'a [Model], problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<&'a str, &'a Type> = BTreeMap::new();
    let names: BTreeMap<&str, &Model> = models.iter().map(|m| (&*m.name, m)).collect();
    for model in models {
        let mut named = Vec::new();
        for field in model.fields.iter() {
            named_types(&field.ty, &mut named);
        }
        for event in model.events.iter() {
            if let super::Effect::Custom { payload } = &event.effect {
                named_types(payload, &mut named);
            }
        }
        for (name, ty) in named {
            if names.contains_key(name) {
                problems.push(problem(
                    model,
                    format!("it holds a type `{name}`, and a model has that name too; rename one of them"),
                ));
            } else if seen.insert(name, ty).is_some_and(|first| first != ty) {
                problems.push(problem(
                    model,
                    format!("two different types are called `{name}`; clients have one namespace, so rename one of them"),
                ));
            }
        }
    }
}

/// Every struct, enum and union inside a type, outermost first.
fn named_types<'a>(ty: &'a Type, into: &mut Vec<(&'a str, &'a Type)>) {
    let fields = |fields: &'a [Field], into: &mut Vec<(&'a str, &'a Type)>| {
        for field in fields {
            named_types(&field.ty, into);
        }
    };
    match ty {
        Type::Option(inner) | Type::List(inner) | Type::Set(inner) => named_types(inner, into),
        Type::Array { item, .. } => named_types(item, into),
        Type::Map { key, value } => {
            named_types(key, into);
            named_types(value, into);
        }
        Type::Tuple(items) => items.iter().for_each(|item| named_types(item, into)),
        Type::Struct(shape) => {
            into.push((&shape.name, ty));
            fields(&shape.fields, into);
        }
        Type::Enum(shape) => into.push((&shape.name, ty)),
        Type::Union(shape) => {
            into.push((&shape.name, ty));
            for variant in shape.variants.iter() {
                match &variant.body {
                    UnionBody::Unit => {}
                    UnionBody::Newtype(inner) => named_types(inner, into),
                    UnionBody::Struct(inner) => fields(inner, into),
                }
            }
        }
        Type::Bool
        | Type::Int(_)
        | Type::Float32
        | Type::Float64
        | Type::String
        | Type::Char
        | Type::Uuid
        | Type::DateTime
        | Type::LocalDateTime
        | Type::Date
        | Type::Time
        | Type::Decimal
        | Type::Json => {}
    }
}

fn problem(model: &Model, message: String) -> Problem {
    Problem {
        model: rust_path(model),
        message,
    }
}

fn rust_path(model: &Model) -> String {
    format!("{}::{}", model.module, model.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Conflict, Mode};

    fn model(module: &'static str, name: &'static str, entity: &'static str) -> Model {
        Model {
            name: name.into(),
            module: module.into(),
            entity: entity.into(),
            path: format!("{entity}s").into(),
            doc: "".into(),
            mode: Mode::Events,
            version: 1,
            tenant: true,
            fields: Vec::new().into(),
            events: Vec::new().into(),
            snapshot: None,
            notification: None,
            local_first: false,
            conflict: Conflict::Reject,
            upcasts: Vec::new().into(),
            field_groups: Vec::new().into(),
            roles: Vec::new().into(),
        }
    }

    #[test]
    fn names_are_unique_across_models() {
        let problems = Schema::new(vec![
            model("shop", "Order", "order"),
            model("bar", "Order", "bar_order"),
            model("kitchen", "Ticket", "order"),
        ])
        .expect_err("they clash");
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            [
                "shop::Order: the entity `order` is also that of kitchen::Ticket; give one of them another with `#[sync(entity = \"…\")]`",
                "shop::Order: the path `orders` is also that of kitchen::Ticket; give one of them another with `#[sync(path = \"…\")]`",
                "shop::Order: bar::Order has the same name, and clients have one namespace; rename one of them",
            ]
        );
    }
}
