//! Who sees and writes what: the one piece of code that decides for every door.

use serde_json::{Map, Value};

use crate::schema::{Effect, Event, Field, Model, Visibility};

/// The role that reads and writes `owner_only` fields.
const OWNER: &str = "owner";

/// The rights of a reader or writer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    roles: Vec<String>,
}

impl Rights {
    /// The rights of these roles, which add up.
    pub fn of_roles(roles: &[String]) -> Self {
        Self {
            roles: roles.to_vec(),
        }
    }

    /// The rights of the backend's own code: everything that replicas share.
    pub fn owner() -> Self {
        Self {
            roles: vec![OWNER.to_owned()],
        }
    }

    /// Whether `owner_only` fields are visible.
    pub fn is_owner(&self) -> bool {
        self.roles.iter().any(|role| role == OWNER)
    }

    /// Whether the field is visible.
    pub fn sees(&self, field: &Field) -> bool {
        match field.visibility {
            Visibility::Public => true,
            Visibility::OwnerOnly => self.is_owner(),
            Visibility::Excluded => false,
        }
    }

    /// Leaves in a state what the reader may see.
    pub fn redact_state(&self, model: &Model, state: &mut Map<String, Value>) {
        for field in model.fields.iter().filter(|field| !self.sees(field)) {
            state.remove(&*field.name);
        }
    }

    /// Leaves in a payload what the reader may see.
    pub fn redact_payload(&self, model: &Model, event: &Event, payload: &mut Map<String, Value>) {
        match &event.effect {
            Effect::Create | Effect::Set { .. } | Effect::Merge { .. } => {
                self.redact_state(model, payload);
            }
            Effect::Push { .. }
            | Effect::Remove { .. }
            | Effect::Update { .. }
            | Effect::Increment { .. }
            | Effect::Transition { .. } => {
                if event.touched(model).iter().any(|field| !self.sees(field)) {
                    payload.clear();
                }
            }
            Effect::Delete | Effect::Custom { .. } => {}
        }
    }

    /// Whether anything of the model is hidden from this reader.
    pub fn hides_some_of(&self, model: &Model) -> bool {
        model
            .fields
            .iter()
            .any(|field| field.is_shared() && !self.sees(field))
    }

    /// Checks that an event with that payload may be written.
    ///
    /// # Errors
    ///
    /// What the writer may not do, for a person.
    pub fn check_write(
        &self,
        model: &Model,
        event: &Event,
        payload: &Map<String, Value>,
    ) -> Result<(), String> {
        let touched: Vec<&Field> = match &event.effect {
            Effect::Create | Effect::Merge { .. } => event
                .touched(model)
                .into_iter()
                .filter(|field| payload.contains_key(&*field.name))
                .collect(),
            _ => event.touched(model),
        };
        if let Some(hidden) = touched.iter().find(|field| !self.sees(field)) {
            return Err(format!("only the role `{OWNER}` writes `{}`", hidden.name));
        }
        if model.roles.is_empty() {
            return Ok(());
        }
        let groups = self.groups(model);
        if groups.is_empty() {
            return Err(format!("no role of yours writes `{}`", model.entity));
        }
        let needed: Vec<&str> = match &event.effect {
            Effect::Delete => Vec::new(),
            Effect::Custom { .. } => model
                .field_groups
                .iter()
                .map(|group| &*group.name)
                .collect(),
            _ => model
                .field_groups
                .iter()
                .filter(|group| {
                    touched
                        .iter()
                        .any(|field| group.fields.contains(&field.name))
                })
                .map(|group| &*group.name)
                .collect(),
        };
        match self.missing(model, &event.effect, &touched, &needed, &groups) {
            Some(missing) => Err(format!(
                "no role of yours writes the field group `{missing}`"
            )),
            None => Ok(()),
        }
    }

    /// The groups that the roles allow together.
    fn groups<'a>(&self, model: &'a Model) -> Vec<&'a str> {
        model
            .roles
            .iter()
            .filter(|role| self.roles.iter().any(|own| *own == role.name))
            .flat_map(|role| role.groups.iter().map(|group| &**group))
            .collect()
    }

    /// A group that is needed and not held. A field in several groups is written with any of them.
    fn missing<'a>(
        &self,
        model: &'a Model,
        effect: &Effect,
        touched: &[&Field],
        needed: &[&'a str],
        held: &[&str],
    ) -> Option<&'a str> {
        if matches!(effect, Effect::Custom { .. }) {
            return needed.iter().copied().find(|group| !held.contains(group));
        }
        touched.iter().find_map(|field| {
            let mut of_field = model
                .field_groups
                .iter()
                .filter(|group| group.fields.contains(&field.name))
                .map(|group| &*group.name)
                .peekable();
            let first = of_field.peek().copied();
            if of_field.any(|group| held.contains(&group)) {
                None
            } else {
                first
            }
        })
    }
}
