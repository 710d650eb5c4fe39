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
        let missing = match &event.effect {
            Effect::Custom { .. } => model
                .field_groups
                .iter()
                .map(|group| &*group.name)
                .find(|group| !groups.contains(group)),
            _ => touched
                .iter()
                .find_map(|field| missing(model, field, &groups)),
        };
        match missing {
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
}

/// A group of the field, where none of its groups is held: one of them is enough, and a field in no group needs none.
fn missing<'a>(model: &'a Model, field: &Field, held: &[&str]) -> Option<&'a str> {
    let of_field = || {
        model
            .field_groups
            .iter()
            .filter(|group| group.fields.contains(&field.name))
            .map(|group| &*group.name)
    };
    if of_field().any(|group| held.contains(&group)) {
        None
    } else {
        of_field().next()
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;
    use sync_runtime::{EventMeta, SyncType, Syncable};
    use uuid::Uuid;

    use super::*;

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Syncable)]
    #[sync(
        mode = "events",
        events(
            created,
            price_changed,
            tag_added,
            updated,
            free_changed,
            cut(custom(Cut)),
            archived
        ),
        field_groups(basic = [title, tags], money = [price]),
        roles(viewer = [], editor = [basic], cashier = [money])
    )]
    struct Article {
        id: Uuid,
        title: String,
        #[sync(default)]
        tags: Vec<String>,
        #[sync(default)]
        price: i32,
        free: Option<String>,
    }

    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SyncType)]
    struct Cut {
        by: i32,
    }

    impl Article {
        fn cut(&mut self, cut: &Cut, _: &EventMeta) {
            self.price -= cut.by;
        }
    }

    fn may(roles: &[&str], event: &str, payload: &Value) -> bool {
        let roles: Vec<String> = roles.iter().map(ToString::to_string).collect();
        let event = Article::MODEL.event(event).unwrap();
        Rights::of_roles(&roles)
            .check_write(Article::MODEL, event, payload.as_object().unwrap())
            .is_ok()
    }

    #[test]
    fn roles_add_up_and_groups_decide() {
        let title = json!({ "title": "a" });
        let both = json!({ "title": "a", "price": 1 });
        assert!(may(&["editor"], "created", &title));
        assert!(!may(&["editor"], "created", &both));
        assert!(may(&["editor", "cashier"], "created", &both));
        assert!(may(&["editor"], "updated", &title));
        assert!(!may(&["cashier"], "updated", &title));
        assert!(may(&["cashier"], "price_changed", &json!({ "price": 1 })));
        assert!(may(&["editor"], "tag_added", &json!({ "tag": "x" })));
        assert!(!may(&["cashier"], "tag_added", &json!({ "tag": "x" })));
        // A field in no group goes with any.
        assert!(may(&["cashier"], "free_changed", &json!({ "free": null })));
    }

    #[test]
    fn custom_needs_all_groups_and_delete_any() {
        let cut = json!({ "by": 1 });
        assert!(!may(&["editor"], "cut", &cut));
        assert!(may(&["editor", "cashier"], "cut", &cut));
        assert!(may(&["cashier"], "archived", &json!({})));
    }

    #[test]
    fn a_role_that_is_not_named_or_has_no_group_writes_nothing() {
        for roles in [&["viewer"][..], &["stranger"], &["owner"], &[]] {
            assert!(!may(roles, "archived", &json!({})), "{roles:?}");
            assert!(!may(roles, "free_changed", &json!({ "free": null })));
        }
    }
}
