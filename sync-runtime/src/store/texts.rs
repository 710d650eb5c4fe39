//! The texts of a model's statements, written once: to write one takes longer than to run it for a single event.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use crate::schema::Model;

/// What is made of each model when it is first needed.
pub(super) struct OfModels<T> {
    make: fn(&Model) -> T,
    /// By entity.
    made: RwLock<HashMap<String, Arc<T>>>,
}

impl<T> OfModels<T> {
    pub(super) fn made_by(make: fn(&Model) -> T) -> Self {
        Self {
            make,
            made: RwLock::default(),
        }
    }

    /// That of a model.
    pub(super) fn of(&self, model: &Model) -> Arc<T> {
        let made = self.made.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.get(&*model.entity) {
            return made.clone();
        }
        drop(made);
        let new = Arc::new((self.make)(model));
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        made.insert(model.entity.to_string(), new.clone());
        new
    }
}

impl<T> std::fmt::Debug for OfModels<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OfModels").finish_non_exhaustive()
    }
}
