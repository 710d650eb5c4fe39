//! Lists, keyed lists and sets: what an effect makes of one, and whether it does something.

use sync_runtime::schema::{Field, StructType, Type};

use super::{
    complete::{Completion, Lacking},
    step::Step,
};
use crate::sql::{
    dialect::{Dialect, case, subquery},
    json::At,
};

/// The name of a list's rows.
const ROW: &str = "item";

/// A list that an event changes.
pub(super) struct ListStep<'a> {
    step: &'a Step<'a>,
    field: &'a Field,
    item: &'a Type,
    /// The list before; null counts as empty.
    list: At,
}

/// How an element that a payload names is found.
enum Wanted {
    /// By its id, in a keyed list.
    Id(At),
    /// By its value.
    Value(At),
}

impl<'a> ListStep<'a> {
    /// `None`: the field is no list.
    pub(super) fn new(step: &'a Step<'a>, field: &'a Field) -> Option<Self> {
        let column = step.column(field);
        let list = match field.ty.is_nullable() {
            true => {
                let (null, empty) = (step.null(), step.dialect.json(&serde_json::json!([])));
                format!("coalesce(nullif({column}, {null}), {empty})")
            }
            false => column,
        };
        Some(Self {
            step,
            field,
            item: field.ty.non_null().element()?,
            list: At::root(list),
        })
    }

    /// The list after a `push`.
    pub(super) fn pushed(&self) -> String {
        let given = self.singular();
        let list = self.dialect().raw(&self.list);
        let element = self.step.completion().of(self.item, &given, 1);
        let made = match (self.key(), self.field.ty.non_null()) {
            (Some(_), _) => case(
                &[(self.has_pushed(), list.clone())],
                &self.dialect().appended(&list, &element),
            ),
            (None, Type::Set(_)) => self.with_member(&given),
            (None, _) => self.dialect().appended(&list, &element),
        };
        self.if_given(&given, made)
    }

    /// Whether a `push` does something; `None`: always.
    pub(super) fn push_applies(&self) -> Option<String> {
        let known = match (self.key(), self.field.ty.non_null()) {
            (None, Type::List(_)) => return None,
            _ => self.has_pushed(),
        };
        Some(format!(
            "{} IS NULL OR NOT {known}",
            self.dialect().raw(&self.singular())
        ))
    }

    /// Whether the list holds the id or the member that is pushed.
    fn has_pushed(&self) -> String {
        match self.key() {
            Some(id) => self.holds(&Wanted::Id(self.singular().key(id))),
            None => self.holds(&Wanted::Value(self.singular())),
        }
    }

    /// The list after a `remove`.
    pub(super) fn removed(&self) -> String {
        let (given, wanted) = self.removal();
        let others = format!(
            "FROM {}\nWHERE NOT ({})",
            self.dialect().each_item(&self.list, ROW),
            self.is(&wanted)
        );
        let made = self.dialect().list_of(&self.row_value(), ROW, &others);
        self.if_held(&given, made)
    }

    /// Whether a `remove` does something.
    pub(super) fn remove_applies(&self) -> String {
        let (given, wanted) = self.removal();
        let given = self.dialect().raw(&given);
        format!("{given} IS NULL OR {}", self.holds(&wanted))
    }

    fn removal(&self) -> (At, Wanted) {
        match self.key() {
            Some(_) => (self.singular_id(), Wanted::Id(self.singular_id())),
            None => (self.singular(), Wanted::Value(self.singular())),
        }
    }

    /// The list after an `update`, and whether it does something; `None`: it is no keyed list.
    pub(super) fn updated(&self) -> Option<(String, String)> {
        let shape = self.field.ty.non_null().keyed_element()?;
        let (id, row) = (self.singular_id(), At::Row(ROW.to_owned()));
        let wanted = Wanted::Id(id.clone());
        let completion = self.step.completion();
        let changed = completion.object(shape, &self.singular(), Lacking::Kept(&row), 1);
        let value = case(&[(self.is(&wanted), changed)], &format!("{ROW}.value"));
        let from = format!("FROM {}", self.dialect().each_item(&self.list, ROW));
        let made = self.dialect().list_of(&value, ROW, &from);
        let applies = format!(
            "{} IS NULL OR {}",
            self.dialect().raw(&id),
            self.holds(&wanted)
        );
        Some((self.if_held(&id, made), applies))
    }

    /// The set with one member more, sorted.
    fn with_member(&self, member: &At) -> String {
        let dialect = self.dialect();
        let rows = dialect.each_item(&self.list, ROW);
        match dialect {
            Dialect::Postgres => {
                let order = match self.item {
                    Type::Int(_) => "(value #>> '{}')::numeric",
                    _ => "(value #>> '{}') COLLATE \"C\"",
                };
                let member = dialect.raw(member);
                subquery(
                    &format!("jsonb_agg(value ORDER BY {order})"),
                    &format!(
                        "FROM (SELECT {ROW}.value FROM {rows} UNION SELECT {member}) AS members"
                    ),
                )
            }
            Dialect::Sqlite => {
                let order = match self.item {
                    Type::Int(int) if self.field.big && int.is_wide() => WIDE_ORDER,
                    _ => "value",
                };
                let member = dialect.scalar(member);
                subquery(
                    "json_group_array(value)",
                    &format!(
                        "FROM (\n  SELECT value FROM (SELECT {ROW}.value AS value FROM {rows} UNION SELECT {member})\n  ORDER BY {order}\n)"
                    ),
                )
            }
        }
    }

    fn holds(&self, wanted: &Wanted) -> String {
        let rows = self.dialect().each_item(&self.list, ROW);
        let rows = format!("FROM {rows}\nWHERE {}", self.is(wanted));
        format!("EXISTS {}", subquery("1", &rows))
    }

    /// Whether a row of the list is the one.
    fn is(&self, wanted: &Wanted) -> String {
        let (dialect, row) = (self.dialect(), At::Row(ROW.to_owned()));
        match wanted {
            Wanted::Id(id) => {
                let own = row.key(self.key().unwrap_or_default());
                format!("{} = {}", dialect.scalar(&own), dialect.scalar(id))
            }
            Wanted::Value(value) => {
                // An element is compared as the state holds it, with its defaults and no time.
                let completion = Completion {
                    time: dialect.json(&serde_json::json!("")),
                    ..self.step.completion()
                };
                match dialect {
                    Dialect::Postgres => {
                        format!("{ROW}.value = {}", completion.of(self.item, value, 1))
                    }
                    Dialect::Sqlite if is_compound(self.item) => format!(
                        "{} = {}",
                        canonical(&dialect.raw(&row)),
                        canonical(&completion.of(self.item, value, 1))
                    ),
                    Dialect::Sqlite => format!("{ROW}.value IS {}", dialect.scalar(value)),
                }
            }
        }
    }

    /// The value of a row, as it is spelled in the list.
    fn row_value(&self) -> String {
        let row = At::Row(ROW.to_owned());
        match (self.dialect(), self.item.non_null()) {
            (Dialect::Sqlite, Type::Bool) => format!("{ROW}.type"),
            // As a number it would lose its last digits.
            (Dialect::Sqlite, Type::Float32 | Type::Float64 | Type::Json) => {
                format!("{} -> {ROW}.fullkey", self.dialect().raw(&self.list))
            }
            (dialect, _) => dialect.raw(&row),
        }
    }

    /// A key that the payload lacks changes nothing.
    fn if_given(&self, given: &At, made: String) -> String {
        self.unless(format!("{} IS NULL", self.dialect().raw(given)), made)
    }

    /// Nothing is taken out of a list, or changed in one, that the state does not have.
    fn if_held(&self, given: &At, made: String) -> String {
        if !self.field.ty.is_nullable() {
            return self.if_given(given, made);
        }
        let nothing = format!(
            "{} IS NULL OR {} = {}",
            self.dialect().raw(given),
            self.step.column(self.field),
            self.step.null()
        );
        self.unless(nothing, made)
    }

    fn unless(&self, nothing: String, made: String) -> String {
        match made
            .strip_prefix("CASE\n")
            .and_then(|made| made.strip_suffix("\nEND"))
        {
            // One CASE for both.
            Some(branches) => format!(
                "CASE\n  WHEN {nothing} THEN {}\n{branches}\nEND",
                self.step.column(self.field)
            ),
            None => case(&[(nothing, self.step.column(self.field))], &made),
        }
    }

    fn singular(&self) -> At {
        self.step.payload().key(&self.field.singular)
    }

    fn singular_id(&self) -> At {
        let key = format!("{}_id", self.field.singular);
        self.step.payload().key(&key)
    }

    fn key(&self) -> Option<&str> {
        let shape = self.field.ty.non_null().keyed_element();
        shape
            .and_then(StructType::id_field)
            .map(|field| &*field.name)
    }

    fn dialect(&self) -> Dialect {
        self.step.dialect
    }
}

/// Whole numbers of any length as text, by value.
const WIDE_ORDER: &str = "value NOT LIKE '-%', length(value) * iif(value LIKE '-%', -1, 1), iif(value LIKE '-%', NULL, value), value DESC";

/// Whether an element's text may be spelled in several ways.
fn is_compound(ty: &Type) -> bool {
    !matches!(
        ty.non_null(),
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
            | Type::Enum(_)
    )
}

/// SQLite: JSON in a form that does not depend on the order of keys.
fn canonical(value: &str) -> String {
    format!(
        "(SELECT json_group_array(json_array(fullkey, type, atom)) FROM (SELECT fullkey, type, atom FROM json_tree({value}) ORDER BY fullkey))"
    )
}
