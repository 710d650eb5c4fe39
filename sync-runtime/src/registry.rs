//! The models that are linked into a program.

use std::collections::BTreeMap;

use crate::{
    schema::{Model, Problem, Schema},
    semantics::fold::Reducer,
    typed::{CustomFn, Registration},
};

/// The models of a backend, with the functions that their custom effects run.
#[derive(Debug, Clone)]
pub struct Models {
    schema: Schema,
    customs: BTreeMap<String, &'static [(&'static str, CustomFn)]>,
}

impl Models {
    /// All models that are linked into this program.
    ///
    /// # Errors
    ///
    /// Models that do not go together.
    pub fn linked() -> Result<Self, Vec<Problem>> {
        Self::of(inventory::iter::<Registration>)
    }

    /// These models.
    ///
    /// # Errors
    ///
    /// Models that do not go together.
    pub fn of<'a>(
        registrations: impl IntoIterator<Item = &'a Registration>,
    ) -> Result<Self, Vec<Problem>> {
        let mut models = Vec::new();
        let mut customs = BTreeMap::new();
        for registration in registrations {
            customs.insert(registration.model.entity.to_string(), registration.customs);
            models.push(registration.model.clone());
        }
        Ok(Self {
            schema: Schema::new(models)?,
            customs,
        })
    }

    /// What was declared.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The model of that entity.
    pub fn model(&self, entity: &str) -> Option<&Model> {
        self.schema.model(entity)
    }

    /// The model of that entity, ready to fold.
    pub fn reducer(&self, entity: &str) -> Option<Reducer<'_>> {
        self.model(entity).map(|model| Reducer {
            model,
            customs: self.customs.get(entity).copied().unwrap_or(&[]),
        })
    }
}
