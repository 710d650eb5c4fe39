//! The models that are linked into a program.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{
    guard::AnyGuard,
    schema::{Model, Problem, Schema},
    semantics::fold::{Faults, Reducer},
    typed::{CustomFn, Registration, UpcastFn},
};

/// The models of a backend, with the functions that their declarations name.
#[derive(Debug, Clone)]
pub struct Models {
    schema: Schema,
    functions: BTreeMap<String, Functions>,
    guards: BTreeMap<String, Vec<Arc<dyn AnyGuard>>>,
    guard_time: Duration,
    faults: Arc<Faults>,
}

/// How much of one group a tenant's guards may take.
pub(crate) const GUARD_TIME: Duration = Duration::from_secs(2);

/// The functions that a declaration names.
#[derive(Debug, Clone, Copy, Default)]
struct Functions {
    customs: &'static [(&'static str, CustomFn)],
    upcasts: &'static [(u32, UpcastFn)],
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
        let mut functions = BTreeMap::new();
        for registration in registrations {
            functions.insert(
                registration.model.entity.to_string(),
                Functions {
                    customs: registration.customs,
                    upcasts: registration.upcasts,
                },
            );
            models.push(registration.model.clone());
        }
        Ok(Self {
            schema: Schema::new(models)?,
            functions,
            guards: BTreeMap::new(),
            guard_time: GUARD_TIME,
            faults: Arc::default(),
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

    /// The model of that entity, if its changes are in the log.
    pub fn logged(&self, entity: &str) -> Option<&Model> {
        self.model(entity).filter(|model| model.is_logged())
    }

    /// With the application's rules, by entity.
    pub(crate) fn guarded(
        mut self,
        guards: BTreeMap<String, Vec<Arc<dyn AnyGuard>>>,
        time: Duration,
    ) -> Self {
        self.guards = guards;
        self.guard_time = time;
        self
    }

    /// The application's rules for the model of that entity.
    pub(crate) fn guards(&self, entity: &str) -> &[Arc<dyn AnyGuard>] {
        self.guards.get(entity).map_or(&[], Vec::as_slice)
    }

    /// How much of one group a tenant's guards may take.
    pub(crate) fn guard_time(&self) -> Duration {
        self.guard_time
    }

    /// How often a custom effect or an upcast has failed, so that its event did nothing; since the service started.
    pub fn faults(&self) -> u64 {
        self.faults.count()
    }

    /// The model of that entity, ready to fold.
    pub fn reducer(&self, entity: &str) -> Option<Reducer<'_>> {
        let functions = self.functions.get(entity).copied().unwrap_or_default();
        self.model(entity).map(|model| Reducer {
            model,
            customs: functions.customs,
            upcasts: functions.upcasts,
            faults: Some(&self.faults),
        })
    }
}
