//! The schema's types in TypeScript: their types, parsers, literals, and how a payload's value becomes a state's.
//!
//! Each is one exhaustive match, so that a new schema type does not compile until it is decided here.

use serde_json::Value;
use sync_runtime::{
    schema::{
        Field, FieldKind, IntType, Rules, StructType, Tagging, Type, UnionBody, UnionType,
        UnionVariant,
    },
    semantics::values,
};

use super::{
    imports::Imports,
    layout::{Doc, array, call, concat, condition, object, object_type, text},
    plan::Plan,
    syntax::{entry, integer, key, member, string, whole_match},
};
use crate::Error;

/// The parsers of single values.
const VALIDATE: &str = "schemas/validate";
/// The parsers made of others.
const COMBINE: &str = "schemas/combine";

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
}

impl<'p, 'a> Writer<'p, 'a> {
    pub(super) fn new(plan: &'p Plan<'a>) -> Self {
        Self {
            plan,
            imports: Imports::default(),
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
        let name = match form {
            Form::State => &plan.parse,
            Form::Input => &plan.parse_input,
        };
        self.imports.value(&self.plan.home("schemas", plan), name);
        Ok(text(name.clone()))
    }

    /// A parser that is there already.
    pub(super) fn single(&mut self, file: &str, name: &str) -> Doc {
        self.imports.value(file, name);
        text(name)
    }

    /// A parser of others.
    pub(super) fn apply(&mut self, file: &str, name: &str, args: Vec<Doc>) -> Doc {
        self.imports.value(file, name);
        call(name, args)
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

    /// The members of a union, each with the parser of its form.
    pub(super) fn union_type(&mut self, shape: &UnionType, form: Form) -> Result<Vec<Doc>, Error> {
        shape
            .variants
            .iter()
            .map(|variant| self.variant_type(&shape.tagging, variant, form))
            .collect()
    }

    fn variant_type(
        &mut self,
        tagging: &Tagging,
        variant: &UnionVariant,
        form: Form,
    ) -> Result<Doc, Error> {
        let name = string(&variant.name);
        let tag = |tag: &str| text(format!("readonly {}: {name}", key(tag)));
        Ok(match (tagging, &variant.body) {
            (Tagging::External, UnionBody::Unit) => text(name),
            (Tagging::External, body) => {
                let body = self.body_type(body, form)?;
                object_type(vec![concat([
                    text(format!("readonly {}: ", key(&variant.name))),
                    body,
                ])])
            }
            (Tagging::Internal { tag: at }, UnionBody::Unit) => object_type(vec![tag(at)]),
            (Tagging::Internal { tag: at }, UnionBody::Newtype(ty)) => {
                let ty = self.ty(ty, false, form)?;
                concat([
                    text("("),
                    object_type(vec![tag(at)]),
                    text(format!(" & {ty})")),
                ])
            }
            (Tagging::Internal { tag: at }, UnionBody::Struct(fields)) => {
                let mut members = vec![tag(at)];
                members.extend(self.inline_members(fields, form)?);
                object_type(members)
            }
            (Tagging::Adjacent { tag: at, .. }, UnionBody::Unit) => object_type(vec![tag(at)]),
            (Tagging::Adjacent { tag: at, content }, body) => {
                let body = self.body_type(body, form)?;
                let content = concat([text(format!("readonly {}: ", key(content))), body]);
                object_type(vec![tag(at), content])
            }
        })
    }

    fn body_type(&mut self, body: &UnionBody, form: Form) -> Result<Doc, Error> {
        Ok(match body {
            UnionBody::Unit => text("null"),
            UnionBody::Newtype(ty) => text(self.ty(ty, false, form)?),
            UnionBody::Struct(fields) => object_type(self.inline_members(fields, form)?),
        })
    }

    fn inline_members(&mut self, fields: &[Field], form: Form) -> Result<Vec<Doc>, Error> {
        fields
            .iter()
            .filter(|field| form == Form::State || field.kind != FieldKind::EventTime)
            .map(|field| {
                let ty = self.ty(&field.ty, field.big, form)?;
                let optional = match form {
                    Form::State => field.optional,
                    Form::Input => field.has_default(),
                };
                let mark = if optional { "?" } else { "" };
                Ok(text(format!("readonly {}{mark}: {ty}", key(&field.name))))
            })
            .collect()
    }

    /// The parser of a union.
    pub(super) fn union_parser(
        &mut self,
        shape: &UnionType,
        name: &str,
        form: Form,
    ) -> Result<Doc, Error> {
        let mut units = Vec::new();
        let mut members = Vec::new();
        for variant in shape.variants.iter() {
            let own = string(&variant.name);
            let parser = match (&shape.tagging, &variant.body) {
                (Tagging::External, UnionBody::Unit) => {
                    units.push(variant);
                    continue;
                }
                (Tagging::External, body) => {
                    let inner = self.body_parser(body, form)?;
                    let member = self.member(&variant.name, inner);
                    self.object_parser("object", vec![member], vec![], false)
                }
                (Tagging::Internal { tag }, body) => {
                    let inner = self.body_parser(body, form)?;
                    let args = vec![text(string(tag)), text(own), inner];
                    self.apply(COMBINE, "withTag", args)
                }
                (Tagging::Adjacent { tag, content }, body) => {
                    let inner = match body {
                        UnionBody::Unit => vec![],
                        body => {
                            let inner = self.body_parser(body, form)?;
                            vec![self.member(content, inner)]
                        }
                    };
                    let inner = self.object_parser("object", inner, vec![], false);
                    let args = vec![text(string(tag)), text(own), inner];
                    self.apply(COMBINE, "withTag", args)
                }
            };
            for alias in variant.aliases.iter() {
                let parser = match &shape.tagging {
                    Tagging::External => {
                        let renamed =
                            object(vec![text(entry(alias, &string(&variant.name)))], false);
                        self.apply(COMBINE, "aliased", vec![renamed, parser.clone()])
                    }
                    Tagging::Internal { .. } | Tagging::Adjacent { .. } => parser.clone(),
                };
                members.push(self.member(alias, parser));
            }
            members.push(self.member(&variant.name, parser));
        }
        Ok(match &shape.tagging {
            Tagging::External => {
                let units = self.unit_parser(&units);
                self.imports.value(COMBINE, "external");
                call(
                    &format!("external<{name}>"),
                    vec![units, object(members, true)],
                )
            }
            Tagging::Internal { tag } | Tagging::Adjacent { tag, .. } => {
                self.imports.value(VALIDATE, "tagged");
                call(
                    &format!("tagged<{name}>"),
                    vec![text(string(tag)), object(members, true)],
                )
            }
        })
    }

    fn body_parser(&mut self, body: &UnionBody, form: Form) -> Result<Doc, Error> {
        match body {
            UnionBody::Unit => Ok(self.object_parser("object", vec![], vec![], false)),
            UnionBody::Newtype(ty) => self.parser(ty, false, form),
            UnionBody::Struct(fields) => {
                let fields: Vec<&Field> = fields
                    .iter()
                    .filter(|field| form == Form::State || field.kind != FieldKind::EventTime)
                    .collect();
                self.fields_parser(&fields, form, false)
            }
        }
    }

    fn unit_parser(&mut self, units: &[&UnionVariant]) -> Doc {
        let names = units.iter().map(|unit| text(string(&unit.name))).collect();
        let parser = self.apply(VALIDATE, "oneOf", names);
        let aliases: Vec<(&str, &str)> = units
            .iter()
            .flat_map(|unit| unit.aliases.iter().map(|alias| (&**alias, &*unit.name)))
            .collect();
        self.aliased_names(&aliases, parser)
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

    /// The value of a state that a payload's value stands for: defaults filled in, and the event's `time`.
    pub(super) fn completed(&mut self, ty: &Type, value: &str) -> Result<String, Error> {
        if !needs_completion(ty) {
            return Ok(value.to_owned());
        }
        Ok(match ty {
            Type::Option(inner) => {
                format!(
                    "{value} === null ? null : {}",
                    self.completed(inner, value)?
                )
            }
            Type::List(item) | Type::Array { item, .. } => {
                format!("{value}.map((item) => {})", self.completed_item(item)?)
            }
            Type::Map { value: inner, .. } => {
                self.imports.value("materializers/utils", "mapValues");
                format!(
                    "mapValues({value}, (item) => {})",
                    self.completed_item(inner)?
                )
            }
            Type::Tuple(items) => {
                let items = items
                    .iter()
                    .enumerate()
                    .map(|(at, item)| self.completed(item, &format!("{value}[{at}]")))
                    .collect::<Result<Vec<_>, _>>()?;
                format!("[{}]", items.join(", "))
            }
            Type::Struct(shape) => self.complete_named(&shape.name, ty, value)?,
            Type::Union(shape) => self.complete_named(&shape.name, ty, value)?,
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
        })
    }

    /// The body of an arrow function of an `item`.
    fn completed_item(&mut self, ty: &Type) -> Result<String, Error> {
        let body = self.completed(ty, "item")?;
        Ok(match ty {
            Type::Option(_) => format!("({body})"),
            _ => body,
        })
    }

    fn complete_named(&mut self, name: &str, ty: &Type, value: &str) -> Result<String, Error> {
        let plan = self.plan.named(name)?;
        self.imports
            .value(&self.plan.home("materializers", plan), &plan.complete);
        let time = if needs_time(ty) { ", time" } else { "" };
        Ok(format!("{}({value}{time})", plan.complete))
    }

    /// The entries of an object that completes these fields of `from`.
    pub(super) fn completed_fields(
        &mut self,
        fields: &[&Field],
        from: &str,
    ) -> Result<Vec<Doc>, Error> {
        fields
            .iter()
            .map(|field| self.completed_field(field, from))
            .collect()
    }

    fn completed_field(&mut self, field: &Field, from: &str) -> Result<Doc, Error> {
        if !is_given(field) {
            return Ok(text(entry(&field.name, "time")));
        }
        let given = member(from, &field.name);
        let value = self.completed(&field.ty, &given)?;
        if !field.has_default() {
            return Ok(text(entry(&field.name, &value)));
        }
        let default = self.default(field)?;
        let starts_null = matches!(&default, Doc::Text(text) if text == "null");
        if field.optional && starts_null {
            let inner = self.completed(field.ty.non_null(), &given)?;
            let there = object(vec![text(entry(&field.name, &inner))], false);
            return Ok(concat([
                text(format!("...({given} == null ? {{}} : ")),
                there,
                text(")"),
            ]));
        }
        let head = format!("{}:", key(&field.name));
        Ok(
            match (value == given, field.ty.is_nullable(), starts_null) {
                (true, false, _) | (true, true, true) => {
                    concat([text(format!("{head} {given} ?? ")), default])
                }
                (false, true, true) => {
                    let inner = self.completed(field.ty.non_null(), &given)?;
                    condition(
                        &head,
                        &format!("{given} == null"),
                        text("null"),
                        text(inner),
                    )
                }
                _ => condition(
                    &head,
                    &format!("{given} === undefined"),
                    default,
                    text(value),
                ),
            },
        )
    }
}

/// Whether a payload gives the field, or else the event fills it.
fn is_given(field: &Field) -> bool {
    !matches!(
        field.kind,
        FieldKind::EventTime | FieldKind::CreatedAt | FieldKind::UpdatedAt
    )
}

/// Whether a payload's value of the type may lack something that a state's has.
pub(super) fn needs_completion(ty: &Type) -> bool {
    any_field(ty, &|field| !is_given(field) || field.has_default())
}

/// Whether completing a value of the type takes the event's time.
pub(super) fn needs_time(ty: &Type) -> bool {
    any_field(ty, &|field| !is_given(field))
}

/// Whether a field of a struct inside the type is such.
fn any_field(ty: &Type, is: &dyn Fn(&Field) -> bool) -> bool {
    let any = |fields: &[Field]| {
        fields
            .iter()
            .any(|field| is(field) || any_field(&field.ty, is))
    };
    match ty {
        Type::Option(inner) | Type::List(inner) | Type::Set(inner) => any_field(inner, is),
        Type::Array { item, .. } => any_field(item, is),
        Type::Map { value, .. } => any_field(value, is),
        Type::Tuple(items) => items.iter().any(|item| any_field(item, is)),
        Type::Struct(shape) => any(&shape.fields),
        Type::Union(shape) => shape.variants.iter().any(|variant| match &variant.body {
            UnionBody::Unit => false,
            UnionBody::Newtype(inner) => any_field(inner, is),
            UnionBody::Struct(fields) => any(fields),
        }),
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
        | Type::Enum(_) => false,
    }
}

fn int_parser(int: IntType, big: bool) -> &'static str {
    match int {
        IntType::I8 => "i8",
        IntType::I16 => "i16",
        IntType::I32 => "i32",
        IntType::I64 if big => "bigI64",
        IntType::I64 => "i64",
        IntType::U8 => "u8",
        IntType::U16 => "u16",
        IntType::U32 => "u32",
        IntType::U64 if big => "bigU64",
        IntType::U64 => "u64",
    }
}

/// A key is text, so that 64 bits fit.
fn int_key_parser(int: IntType) -> &'static str {
    match int {
        IntType::I8 => "i8Key",
        IntType::I16 => "i16Key",
        IntType::I32 => "i32Key",
        IntType::I64 => "i64Key",
        IntType::U8 => "u8Key",
        IntType::U16 => "u16Key",
        IntType::U32 => "u32Key",
        IntType::U64 => "u64Key",
    }
}

/// A bound of a range in the form of the values that it bounds.
fn bound_literal(ty: &Type, big: bool, bound: &str) -> String {
    let whole = bound.parse::<i128>().ok();
    match (ty, whole) {
        (Type::Decimal, _) => {
            let value = Value::String(bound.to_owned());
            match values::normal(&Type::Decimal, false, values::Form::State, value) {
                Ok(Value::String(text)) => string(&text),
                _ => string(bound),
            }
        }
        (Type::Int(int), Some(whole)) if big && int.is_wide() => format!("{}n", integer(whole)),
        (_, Some(whole)) => integer(whole),
        (_, None) => bound.to_owned(),
    }
}

/// A value of the wire's normal form as an expression.
pub(super) fn literal(ty: &Type, big: bool, value: &Value) -> Doc {
    let members = |fields: &[Field], values: &serde_json::Map<String, Value>| -> Vec<Doc> {
        values
            .iter()
            .map(|(name, value)| {
                let value = match fields.iter().find(|field| field.name == *name) {
                    Some(field) => literal(&field.ty, field.big, value),
                    None => json(value),
                };
                concat([text(format!("{}: ", key(name))), value])
            })
            .collect()
    };
    match (ty, value) {
        (Type::Option(inner), value) if !value.is_null() => literal(inner, big, value),
        (Type::Int(int), Value::String(digits)) if big && int.is_wide() => {
            let grouped = digits.parse::<i128>().map_or(digits.clone(), integer);
            text(format!("{grouped}n"))
        }
        (Type::List(item) | Type::Set(item) | Type::Array { item, .. }, Value::Array(items)) => {
            array(
                items
                    .iter()
                    .map(|value| literal(item, big, value))
                    .collect(),
            )
        }
        (Type::Tuple(types), Value::Array(items)) => array(
            types
                .iter()
                .zip(items)
                .map(|(ty, value)| literal(ty, big, value))
                .collect(),
        ),
        (Type::Map { value: inner, .. }, Value::Object(values)) => object(
            values
                .iter()
                .map(|(name, value)| {
                    concat([text(format!("{}: ", key(name))), literal(inner, big, value)])
                })
                .collect(),
            false,
        ),
        (Type::Struct(shape), Value::Object(values)) => {
            // In the order of the declaration, whatever the order of the literal.
            let mut sorted = members(&shape.fields, values);
            let at = |name: &str| shape.fields.iter().position(|field| field.name == name);
            let mut keyed: Vec<_> = values
                .keys()
                .map(|name| at(name))
                .zip(sorted.drain(..))
                .collect();
            keyed.sort_by_key(|(at, _)| *at);
            object(keyed.into_iter().map(|(_, member)| member).collect(), false)
        }
        (_, value) => json(value),
    }
}

/// Any JSON as an expression.
pub(super) fn json(value: &Value) -> Doc {
    match value {
        Value::Null => text("null"),
        Value::Bool(value) => text(value.to_string()),
        Value::Number(number) => text(match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => integer(whole.into()),
            (None, Some(float)) if float.fract() == 0.0 && float.abs() < 1e15 => {
                integer(float as i128)
            }
            (None, Some(float)) if (1e-6..1e21).contains(&float.abs()) => float.to_string(),
            (None, Some(float)) => format!("{float:e}"),
            (None, None) => number.to_string(),
        }),
        Value::String(value) => text(string(value)),
        Value::Array(items) => array(items.iter().map(json).collect()),
        Value::Object(members) => object(
            members
                .iter()
                .map(|(name, value)| concat([text(format!("{}: ", key(name))), json(value)]))
                .collect(),
            false,
        ),
    }
}
