//! The schema's types in TypeScript: their types and parsers.

use sync_runtime::{
    schema::{Field, IntType, Rules, StructType, Type},
    semantics::values,
};

use super::{
    complete::is_given,
    forms,
    imports::Imports,
    layout::{Doc, call, concat, object, text},
    literals::{bound_literal, literal},
    plan::{Plan, TypePlan},
    syntax::{entry, integer, key, string, whole_match},
};
use crate::Error;

/// The parsers of single values.
pub(super) const VALIDATE: &str = "schemas/validate";
/// The parsers made of others.
pub(super) const COMBINE: &str = "schemas/combine";
/// Both as zod schemas.
pub(super) const FORMS: &str = "forms/zod";

/// Who wrote a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A state: every field is there.
    State,
    /// A payload: what has a default may be missing, what the event fills is.
    Input,
}

/// Writes the types, parsers and values of one file, and notes what they import.
pub(super) struct Writer<'p, 'a> {
    pub(super) plan: &'p Plan<'a>,
    pub(super) imports: Imports,
    /// Zod schemas are written in place of parsers.
    forms: bool,
}

impl<'p, 'a> Writer<'p, 'a> {
    pub(super) fn new(plan: &'p Plan<'a>) -> Self {
        Self {
            plan,
            imports: Imports::default(),
            forms: false,
        }
    }

    /// Writes zod schemas.
    pub(super) fn of_forms(plan: &'p Plan<'a>) -> Self {
        Self {
            forms: true,
            ..Self::new(plan)
        }
    }

    /// The type of a value.
    pub(super) fn ty(&mut self, ty: &Type, big: bool, form: Form) -> Result<String, Error> {
        Ok(match ty {
            Type::Bool => "boolean".to_owned(),
            Type::Int(int) if big && int.is_wide() => "bigint".to_owned(),
            Type::Int(_) | Type::Float32 | Type::Float64 => "number".to_owned(),
            Type::String | Type::Char | Type::Uuid | Type::Decimal => "string".to_owned(),
            Type::DateTime | Type::LocalDateTime | Type::Date | Type::Time => "string".to_owned(),
            Type::Json => "unknown".to_owned(),
            Type::Option(inner) => match self.ty(inner, big, form)? {
                // Null is one of its values already.
                inner if inner == "unknown" || inner.ends_with(" | null") => inner,
                inner => format!("{inner} | null"),
            },
            Type::List(item) | Type::Set(item) | Type::Array { item, .. } => {
                let item = self.ty(item, big, form)?;
                if item.starts_with("readonly ") || item.contains(" | ") {
                    format!("readonly ({item})[]")
                } else {
                    format!("readonly {item}[]")
                }
            }
            Type::Map { key, value } => {
                let value = self.ty(value, big, form)?;
                match &**key {
                    Type::Enum(_) => {
                        let key = self.ty(key, false, form)?;
                        format!("Readonly<Partial<Record<{key}, {value}>>>")
                    }
                    _ => format!("Readonly<Record<string, {value}>>"),
                }
            }
            Type::Tuple(items) => {
                let items = items
                    .iter()
                    .map(|item| self.ty(item, big, form))
                    .collect::<Result<Vec<_>, _>>()?;
                format!("readonly [{}]", items.join(", "))
            }
            Type::Struct(shape) => self.named(&shape.name, form)?,
            Type::Enum(shape) => self.named(&shape.name, form)?,
            Type::Union(shape) => self.named(&shape.name, form)?,
        })
    }

    fn named(&mut self, name: &str, form: Form) -> Result<String, Error> {
        let plan = self.plan.named(name)?;
        let name = match form {
            Form::State => &plan.state,
            Form::Input => &plan.input,
        };
        self.imports.ty(&self.plan.home("schemas", plan), name);
        Ok(name.clone())
    }

    /// The parser of a field's values, which checks the field's rules where a payload brings them.
    pub(super) fn field_parser(&mut self, field: &Field, form: Form) -> Result<Doc, Error> {
        let inner = self.parser(field.ty.non_null(), field.big, form)?;
        let ruled = match form {
            // What stands in a state was checked when it came, and an increment may have led out of the range.
            Form::State => inner,
            Form::Input => self.ruled(&field.rules, field.ty.non_null(), field.big, inner)?,
        };
        Ok(match &*field.ty {
            Type::Option(_) => self.apply(VALIDATE, "nullable", vec![ruled]),
            _ => ruled,
        })
    }

    fn ruled(&mut self, rules: &Rules, ty: &Type, big: bool, parser: Doc) -> Result<Doc, Error> {
        let mut parser = parser;
        if let Some(range) = &rules.range {
            let bounds = [&range.min, &range.max].map(|bound| match bound {
                Some(bound) => bound_literal(ty, big, bound),
                None => "null".to_owned(),
            });
            let name = if matches!(ty, Type::Decimal) {
                "decimalRange"
            } else {
                "range"
            };
            let [min, max] = bounds.map(text);
            parser = self.apply(VALIDATE, name, vec![parser, min, max]);
        }
        if let Some(length) = rules.length {
            let bound = |bound: Option<u32>| {
                text(bound.map_or("null".to_owned(), |bound| integer(bound.into())))
            };
            let args = vec![parser, bound(length.min), bound(length.max)];
            parser = match ty {
                Type::Map { .. } => self.apply(COMBINE, "entries", args),
                _ => self.apply(VALIDATE, "length", args),
            };
        }
        if let Some(pattern) = &rules.pattern {
            parser = self.apply(
                VALIDATE,
                "pattern",
                vec![parser, text(whole_match(pattern))],
            );
        }
        Ok(parser)
    }

    /// The parser of a type's values.
    pub(super) fn parser(&mut self, ty: &Type, big: bool, form: Form) -> Result<Doc, Error> {
        Ok(match ty {
            Type::Bool => self.single(VALIDATE, "bool"),
            Type::Int(int) => self.single(COMBINE, int_parser(*int, big)),
            Type::Float32 => self.single(VALIDATE, "float32"),
            Type::Float64 => self.single(VALIDATE, "float"),
            Type::String => self.single(VALIDATE, "string"),
            Type::Char => self.single(VALIDATE, "char"),
            Type::Uuid => self.single(VALIDATE, "uuid"),
            Type::DateTime => self.single(VALIDATE, "datetime"),
            Type::LocalDateTime => self.single(COMBINE, "localDateTime"),
            Type::Date => self.single(VALIDATE, "date"),
            Type::Time => self.single(COMBINE, "time"),
            Type::Decimal => self.single(VALIDATE, "decimal"),
            Type::Json => self.single(VALIDATE, "json"),
            Type::Option(inner) => {
                let inner = self.parser(inner, big, form)?;
                self.apply(VALIDATE, "nullable", vec![inner])
            }
            Type::List(item) => {
                let inner = self.parser(item, big, form)?;
                match ty.keyed_element().and_then(StructType::id_field) {
                    // A state's list was given by the fold, which keeps ids apart.
                    Some(id) if form == Form::Input => {
                        self.apply(COMBINE, "keyedList", vec![inner, text(string(&id.name))])
                    }
                    _ => self.apply(VALIDATE, "list", vec![inner]),
                }
            }
            Type::Set(item) => {
                let inner = self.parser(item, big, form)?;
                self.apply(VALIDATE, "set", vec![inner])
            }
            Type::Map { key, value } => {
                let value = self.parser(value, big, form)?;
                match &**key {
                    Type::String => self.apply(VALIDATE, "map", vec![value]),
                    Type::Int(int) => {
                        let key = self.single(COMBINE, int_key_parser(*int));
                        self.apply(COMBINE, "record", vec![key, value])
                    }
                    Type::Enum(_) => {
                        let key = self.parser(key, false, form)?;
                        self.apply(COMBINE, "partialRecord", vec![key, value])
                    }
                    other => {
                        let key = self.parser(other, false, form)?;
                        self.apply(COMBINE, "record", vec![key, value])
                    }
                }
            }
            Type::Array { item, len } => {
                let inner = self.parser(item, big, form)?;
                self.apply(VALIDATE, "array", vec![inner, text(integer((*len).into()))])
            }
            Type::Tuple(items) => {
                let items = items
                    .iter()
                    .map(|item| self.parser(item, big, form))
                    .collect::<Result<Vec<_>, _>>()?;
                self.apply(VALIDATE, "tuple", items)
            }
            Type::Struct(shape) => self.named_parser(&shape.name, form)?,
            Type::Enum(shape) => self.named_parser(&shape.name, form)?,
            Type::Union(shape) => self.named_parser(&shape.name, form)?,
        })
    }

    fn named_parser(&mut self, name: &str, form: Form) -> Result<Doc, Error> {
        let plan = self.plan.named(name)?;
        Ok(self.own_parser(
            plan,
            match form {
                Form::State => &plan.parse,
                Form::Input => &plan.parse_input,
            },
        ))
    }

    /// A parser of a type's own.
    pub(super) fn own_parser(&mut self, plan: &TypePlan<'_>, parse: &str) -> Doc {
        if self.forms {
            let home = self.plan.home("forms", plan);
            self.single(&home, &forms::name(parse))
        } else {
            let home = self.plan.home("schemas", plan);
            self.single(&home, parse)
        }
    }

    /// A parser that is there already.
    pub(super) fn single(&mut self, file: &str, name: &str) -> Doc {
        self.library(file, name);
        text(name)
    }

    /// A parser of others.
    pub(super) fn apply(&mut self, file: &str, name: &str, args: Vec<Doc>) -> Doc {
        self.library(file, name);
        call(name, args)
    }

    /// Imports a parser, or the zod schema of that name.
    pub(super) fn library(&mut self, file: &str, name: &str) {
        let is_library = file == VALIDATE || file == COMBINE;
        self.imports.value(
            if self.forms && is_library {
                FORMS
            } else {
                file
            },
            name,
        );
    }

    /// The parser of an object with these fields; in a state unknown keys are left out and defaults filled in.
    pub(super) fn fields_parser(
        &mut self,
        fields: &[&Field],
        form: Form,
        expanded: bool,
    ) -> Result<Doc, Error> {
        if fields.is_empty() {
            return Ok(self.single(VALIDATE, "empty"));
        }
        let may_lack = |field: &Field| match form {
            Form::State => field.optional || super::plan::is_hidden(field),
            Form::Input => field.has_default(),
        };
        let mut required = Vec::new();
        let mut optional = Vec::new();
        let mut defaults = Vec::new();
        let mut aliases = Vec::new();
        for field in fields {
            let parser = self.field_parser(field, form)?;
            let member = self.member(&field.name, parser);
            if may_lack(field) {
                optional.push(member);
                continue;
            }
            required.push(member);
            if form == Form::State && field.has_default() && is_given(field) {
                let value = self.default(field)?;
                defaults.push(self.member(&field.name, value));
            }
        }
        if form == Form::Input {
            for field in fields {
                for alias in field.aliases.iter() {
                    aliases.push(text(entry(alias, &string(&field.name))));
                }
            }
        }
        let name = if form == Form::State {
            "shape"
        } else {
            "object"
        };
        let mut parser = self.object_parser(name, required, optional, expanded);
        if !defaults.is_empty() {
            parser = self.apply(
                COMBINE,
                "withDefaults",
                vec![object(defaults, false), parser],
            );
        }
        if !aliases.is_empty() {
            parser = self.apply(COMBINE, "aliased", vec![object(aliases, false), parser]);
        }
        Ok(parser)
    }

    /// `object({ required }, { optional })`
    pub(super) fn object_parser(
        &mut self,
        name: &str,
        required: Vec<Doc>,
        optional: Vec<Doc>,
        expanded: bool,
    ) -> Doc {
        let mut args = vec![object(required, expanded)];
        if !optional.is_empty() {
            args.push(object(optional, expanded));
        }
        self.apply(VALIDATE, name, args)
    }

    /// `name: value`
    pub(super) fn member(&self, name: &str, value: Doc) -> Doc {
        match &value {
            Doc::Text(value) => text(entry(name, value)),
            _ => concat([text(format!("{}: ", key(name))), value]),
        }
    }

    /// The value of a field that a payload leaves out.
    pub(super) fn default(&self, field: &Field) -> Result<Doc, Error> {
        let value = values::default_of(field).ok_or_else(|| {
            Error::new(format!(
                "the default of `{}` cannot be told without running code",
                field.name
            ))
        })?;
        Ok(literal(&field.ty, field.big, &value))
    }

    /// A parser of names that also takes older ones.
    pub(super) fn aliased_names(&mut self, aliases: &[(&str, &str)], parser: Doc) -> Doc {
        if aliases.is_empty() {
            return parser;
        }
        let renamed = aliases
            .iter()
            .map(|(alias, name)| text(entry(alias, &string(name))))
            .collect();
        self.apply(COMBINE, "aliasedName", vec![object(renamed, false), parser])
    }
}

fn int_parser(int: IntType, big: bool) -> &'static str {
    match int {
        IntType::I8 => "i8",
        IntType::I16 => "i16",
        IntType::I32 => "i32",
        IntType::I64 if big => "bigI64",
        IntType::I128 if big => "bigI128",
        IntType::I64 | IntType::I128 => "i64",
        IntType::U8 => "u8",
        IntType::U16 => "u16",
        IntType::U32 => "u32",
        IntType::U64 if big => "bigU64",
        IntType::U128 if big => "bigU128",
        IntType::U64 | IntType::U128 => "u64",
    }
}

/// A key is text, so that all bits fit.
fn int_key_parser(int: IntType) -> &'static str {
    match int {
        IntType::I8 => "i8Key",
        IntType::I16 => "i16Key",
        IntType::I32 => "i32Key",
        IntType::I64 => "i64Key",
        IntType::I128 => "i128Key",
        IntType::U8 => "u8Key",
        IntType::U16 => "u16Key",
        IntType::U32 => "u32Key",
        IntType::U64 => "u64Key",
        IntType::U128 => "u128Key",
    }
}

#[cfg(test)]
mod tests {
    use sync_runtime::schema::{List, Ref, Schema};

    use super::*;
    use crate::typescript::layout::render;

    /// The type in a state, and the parser of a payload's value.
    fn mapped(ty: Type, big: bool) -> (String, String) {
        let schema = Schema::new(vec![]).expect("no models");
        let plan = Plan::new(&schema).expect("a plan");
        let mut writer = Writer::new(&plan);
        let name = writer.ty(&ty, big, Form::State).expect("a type");
        let parser = writer.parser(&ty, big, Form::Input).expect("a parser");
        (name, render(&parser, 0))
    }

    fn of(ty: Type) -> Ref<Type> {
        Ref::Boxed(Box::new(ty))
    }

    #[test]
    fn types_without_parts() {
        for (ty, big, name, parser) in [
            (Type::Bool, false, "boolean", "bool"),
            (Type::Int(IntType::U8), false, "number", "u8"),
            (Type::Int(IntType::I64), false, "number", "i64"),
            (Type::Int(IntType::I64), true, "bigint", "bigI64"),
            (Type::Int(IntType::U64), true, "bigint", "bigU64"),
            (Type::Int(IntType::I128), false, "number", "i64"),
            (Type::Int(IntType::I128), true, "bigint", "bigI128"),
            (Type::Int(IntType::U128), false, "number", "u64"),
            (Type::Int(IntType::U128), true, "bigint", "bigU128"),
            // `big` says nothing about what 32 bits hold.
            (Type::Int(IntType::I32), true, "number", "i32"),
            (Type::Float32, false, "number", "float32"),
            (Type::Float64, false, "number", "float"),
            (Type::String, false, "string", "string"),
            (Type::Char, false, "string", "char"),
            (Type::Uuid, false, "string", "uuid"),
            (Type::DateTime, false, "string", "datetime"),
            (Type::LocalDateTime, false, "string", "localDateTime"),
            (Type::Date, false, "string", "date"),
            (Type::Time, false, "string", "time"),
            (Type::Decimal, false, "string", "decimal"),
            (Type::Json, false, "unknown", "json"),
        ] {
            let what = format!("{ty:?}");
            assert_eq!(
                mapped(ty, big),
                (name.to_owned(), parser.to_owned()),
                "{what}"
            );
        }
    }

    #[test]
    fn types_of_others() {
        let int = || of(Type::Int(IntType::I64));
        for (ty, big, name, parser) in [
            (
                Type::Option(of(Type::Option(int()))),
                false,
                "number | null",
                "nullable(nullable(i64))",
            ),
            (
                Type::Option(of(Type::Json)),
                false,
                "unknown",
                "nullable(json)",
            ),
            (
                Type::List(of(Type::Option(int()))),
                true,
                "readonly (bigint | null)[]",
                "list(nullable(bigI64))",
            ),
            (Type::Set(int()), true, "readonly bigint[]", "set(bigI64)"),
            (
                Type::Array {
                    item: of(Type::List(int())),
                    len: 2,
                },
                false,
                "readonly (readonly number[])[]",
                "array(list(i64), 2)",
            ),
            (
                Type::Tuple(List::Owned(vec![of(Type::Bool), int()])),
                false,
                "readonly [boolean, number]",
                "tuple(bool, i64)",
            ),
            (
                Type::Map {
                    key: of(Type::String),
                    value: int(),
                },
                false,
                "Readonly<Record<string, number>>",
                "map(i64)",
            ),
            (
                Type::Map {
                    key: int(),
                    value: of(Type::Bool),
                },
                false,
                "Readonly<Record<string, boolean>>",
                "record(i64Key, bool)",
            ),
        ] {
            let what = format!("{ty:?}");
            assert_eq!(
                mapped(ty, big),
                (name.to_owned(), parser.to_owned()),
                "{what}"
            );
        }
    }

    #[test]
    fn rules_stand_inside_null() {
        let field = Field {
            name: "price".into(),
            doc: "".into(),
            ty: of(Type::Option(of(Type::Decimal))),
            default: None,
            kind: sync_runtime::schema::FieldKind::Plain,
            visibility: sync_runtime::schema::Visibility::Public,
            rules: Rules {
                range: Some(sync_runtime::schema::Range {
                    min: Some("0.10".into()),
                    max: None,
                }),
                length: None,
                pattern: None,
            },
            big: false,
            optional: false,
            singular: "".into(),
            aliases: List::Owned(vec![]),
            conflict_manual: false,
        };
        let schema = Schema::new(vec![]).expect("no models");
        let plan = Plan::new(&schema).expect("a plan");
        let mut writer = Writer::new(&plan);
        let parser = writer.field_parser(&field, Form::Input).expect("a parser");
        assert_eq!(
            render(&parser, 0),
            "nullable(decimalRange(decimal, '0.1', null))"
        );
        // A state was checked when it came.
        let parser = writer.field_parser(&field, Form::State).expect("a parser");
        assert_eq!(render(&parser, 0), "nullable(decimal)");
    }
}
