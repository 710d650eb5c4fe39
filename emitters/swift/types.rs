//! The schema's types in Swift: one exhaustive match for each question.

use serde_json::Value;
use sync_runtime::{
    schema::{Field, IntType, Type},
    semantics::values::default_of,
};

use super::{
    code::Code,
    plan::{Plan, case_name, has_draft, member, rust_name},
};
use crate::template;

/// Who gives a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A state: complete.
    State,
    /// A payload: without what the event's time fills.
    Input,
}

impl Plan<'_> {
    /// The type as Swift writes it.
    pub(super) fn swift_type(&self, ty: &Type, form: Form) -> String {
        let inner = |ty: &Type| self.swift_type(ty, form);
        match ty {
            Type::Bool => "Bool".to_owned(),
            Type::Int(int) => int_type(*int).to_owned(),
            Type::Float32 => "Float".to_owned(),
            Type::Float64 => "Double".to_owned(),
            Type::String => "String".to_owned(),
            Type::Char => "Unicode.Scalar".to_owned(),
            Type::Uuid => "UUID".to_owned(),
            Type::DateTime => "Date".to_owned(),
            Type::LocalDateTime => "LocalDateTime".to_owned(),
            Type::Date => "CalendarDate".to_owned(),
            Type::Time => "TimeOfDay".to_owned(),
            Type::Decimal => "Decimal".to_owned(),
            Type::Json => "JSONValue".to_owned(),
            Type::Option(of) => format!("{}?", inner(of.non_null())),
            Type::List(item) => format!("[{}]", inner(item)),
            Type::Array { item, len } => format!("FixedList<{}, Count{len}>", inner(item)),
            Type::Set(item) => format!("SortedSet<{}>", inner(item)),
            Type::Map { key, value } => format!("SortedMap<{}, {}>", inner(key), inner(value)),
            Type::Tuple(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| inner(part)).collect();
                format!("Tuple{}<{}>", parts.len(), parts.join(", "))
            }
            Type::Struct(_) | Type::Union(_) if form == Form::Input && has_draft(ty) => {
                format!("{}.Draft", self.type_name(rust_name(ty)))
            }
            Type::Struct(_) | Type::Enum(_) | Type::Union(_) => {
                self.type_name(rust_name(ty)).to_owned()
            }
        }
    }

    /// An input value as the state holds it, with the event's time where it belongs; the same where nothing is missing.
    pub(super) fn completed(&self, ty: &Type, value: &str) -> String {
        if !has_draft(ty) {
            return value.to_owned();
        }
        match ty {
            Type::Option(of) => {
                format!("{value}.map {{ {} }}", self.completed(of.non_null(), "$0"))
            }
            Type::List(of) => format!("{value}.map {{ {} }}", self.completed(of, "$0")),
            Type::Array { item: of, .. } => {
                format!("{value}.mapElements {{ {} }}", self.completed(of, "$0"))
            }
            Type::Map { value: of, .. } => {
                format!("{value}.mapValues {{ {} }}", self.completed(of, "$0"))
            }
            Type::Tuple(parts) => {
                const PLACES: [&str; 8] = [
                    "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
                ];
                let parts: Vec<String> = parts
                    .iter()
                    .zip(PLACES)
                    .map(|(part, place)| self.completed(part, &format!("{value}.{place}")))
                    .collect();
                format!("Tuple{}({})", parts.len(), parts.join(", "))
            }
            Type::Struct(_) | Type::Union(_) => {
                format!("{}({value}, at: time)", self.type_name(rust_name(ty)))
            }
            // None of these holds a field that the event's time fills.
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
            | Type::Json
            | Type::Set(_)
            | Type::Enum(_) => value.to_owned(),
        }
    }

    /// What a field is when nobody says; `None` where somebody must.
    pub(super) fn default_expression(&self, field: &Field, form: Form) -> Option<String> {
        let value = default_of(field)?;
        Some(self.literal(&field.ty, field.big, &value, form))
    }

    /// A value of the wire's normal form as an expression.
    pub(super) fn literal(&self, ty: &Type, big: bool, value: &Value, form: Form) -> String {
        let list = |item: &Type, items: &[Value]| {
            let items: Vec<String> = items
                .iter()
                .map(|value| self.literal(item, big, value, form))
                .collect();
            format!("[{}]", items.join(", "))
        };
        match (ty, value) {
            (Type::Option(_), Value::Null) => "nil".to_owned(),
            (Type::Option(of), value) => self.literal(of, big, value, form),
            (Type::Bool, value) => value.to_string(),
            (Type::Int(int), Value::String(digits)) => match int {
                IntType::I128 | IntType::U128 if digits.parse::<i64>().is_err() => {
                    self.parsed(ty, big, value, form)
                }
                _ => digits.clone(),
            },
            (Type::Int(_) | Type::Float32 | Type::Float64, Value::Number(number)) => {
                number.to_string()
            }
            (Type::String, Value::String(text)) => swift_string(text),
            (Type::Char, Value::String(text)) => swift_string(text),
            (Type::Decimal, Value::String(text)) => match decimal(text) {
                Some(expression) => expression,
                None => self.parsed(ty, big, value, form),
            },
            (Type::Enum(shape), Value::String(name)) => {
                let known = shape.variants.iter().any(|variant| variant.name == **name);
                if known {
                    format!(".{}", case_name(name))
                } else {
                    self.parsed(ty, big, value, form)
                }
            }
            (
                Type::List(item) | Type::Set(item) | Type::Array { item, .. },
                Value::Array(items),
            ) => list(item, items),
            (Type::Map { .. }, Value::Object(entries)) if entries.is_empty() => "[:]".to_owned(),
            (Type::Struct(shape), Value::Object(values)) => {
                let arguments: Vec<String> = shape
                    .fields
                    .iter()
                    .filter_map(|field| {
                        let value = values.get(&*field.name)?;
                        let value = self.literal(&field.ty, field.big, value, form);
                        Some(format!("{}: {value}", argument(&field.name)))
                    })
                    .collect();
                format!("{}({})", self.swift_type(ty, form), arguments.join(", "))
            }
            _ => self.parsed(ty, big, value, form),
        }
    }

    /// A value that is read from its JSON when it is asked for.
    fn parsed(&self, ty: &Type, big: bool, value: &Value, form: Form) -> String {
        format!(
            "WireLiteral<{}>({}{}).value",
            self.swift_type(ty, form),
            swift_string(&value.to_string()),
            style(big)
        )
    }
}

impl Plan<'_> {
    /// The file of the lengths that lists have.
    pub(super) fn lengths(&self) -> String {
        let mut code = Code::new();
        code.line("import SyncRuntime");
        for count in &self.counts {
            code.gap();
            code.doc(&format!("The length of a list of {count}."));
            code.block(format!("public enum Count{count}: FixedCount"), |code| {
                code.doc("How many elements.");
                code.line(format!("public static var count: Int {{ {count} }}"));
            });
        }
        code.finish()
    }
}

/// A decimal number as an expression that is exact, which a literal with a point is not; `None` for one of many digits.
fn decimal(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits: i64 = format!("{whole}{fraction}").parse().ok()?;
    Some(match fraction.len() {
        0 => digits.to_string(),
        places => {
            let sign = if text.starts_with('-') {
                "minus"
            } else {
                "plus"
            };
            format!(
                "Decimal(sign: .{sign}, exponent: -{places}, significand: {})",
                digits.unsigned_abs()
            )
        }
    })
}

/// A string literal.
pub(super) fn swift_string(text: &str) -> String {
    template::string(text, "swift").unwrap_or_default()
}

/// An argument's label: keywords need no backticks there.
pub(super) fn argument(name: &str) -> String {
    let name = member(name);
    match name.trim_matches('`') {
        keyword @ ("inout" | "var" | "let") => format!("`{keyword}`"),
        label => label.to_owned(),
    }
}

/// Its integers, as the wire has them.
pub(super) fn style(big: bool) -> &'static str {
    if big { ", .big" } else { "" }
}

fn int_type(int: IntType) -> &'static str {
    match int {
        IntType::I8 => "Int8",
        IntType::I16 => "Int16",
        IntType::I32 => "Int32",
        IntType::I64 => "Int64",
        IntType::I128 => "WideInt",
        IntType::U8 => "UInt8",
        IntType::U16 => "UInt16",
        IntType::U32 => "UInt32",
        IntType::U64 => "UInt64",
        IntType::U128 => "WideUInt",
    }
}
