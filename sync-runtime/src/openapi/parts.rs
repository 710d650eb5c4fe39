//! The building blocks of JSON Schema as OpenAPI 3.0 knows it.

use openapiv3::{
    AdditionalProperties, AnySchema, ArrayType, IntegerFormat, IntegerType, NumberFormat,
    NumberType, ObjectType, ReferenceOr, Schema as Shape, SchemaData, SchemaKind, StringFormat,
    StringType, Type as ShapeType, VariantOrUnknownOrEmpty,
};

use crate::schema::{IntType, Rules, Whole};

/// A schema or a reference to one.
pub(super) type Slot = ReferenceOr<Shape>;

/// `{"tag": "member", …the body's own keys}`.
pub(super) fn with_tag(tag: &str, name: Slot, body: Slot) -> Shape {
    if let ReferenceOr::Item(Shape {
        schema_kind: SchemaKind::Type(ShapeType::Object(object)),
        ..
    }) = &body
    {
        let mut object = object.clone();
        object.properties.insert(tag.to_owned(), boxed(name));
        object.required.push(tag.to_owned());
        return shape(SchemaKind::Type(ShapeType::Object(object)));
    }
    let tagged = ReferenceOr::Item(object_of(vec![(tag, name, true)]));
    all_of(vec![tagged, body])
}

/// A bound that is a literal of a declaration.
fn bound<T: std::str::FromStr>(literal: &Option<crate::schema::Str>) -> Option<T> {
    literal
        .as_ref()
        .and_then(|literal| literal.replace('_', "").parse().ok())
}

pub(super) fn integer(width: IntType, rules: &Rules) -> ShapeType {
    let (min, max) = rules
        .range
        .as_ref()
        .map_or((None, None), |range| (bound(&range.min), bound(&range.max)));
    let narrow = matches!(
        width,
        IntType::I8 | IntType::I16 | IntType::I32 | IntType::U8 | IntType::U16
    );
    let own = Whole::to_i64;
    // `int32` says the bounds of an i32 by itself.
    let stated = width != IntType::I32;
    ShapeType::Integer(IntegerType {
        format: VariantOrUnknownOrEmpty::Item(if narrow {
            IntegerFormat::Int32
        } else {
            IntegerFormat::Int64
        }),
        minimum: min.or_else(|| own(width.min(false)).filter(|_| stated)),
        maximum: max.or_else(|| own(width.max(false)).filter(|_| stated)),
        ..IntegerType::default()
    })
}

pub(super) fn number(format: NumberFormat, rules: &Rules) -> ShapeType {
    let range = rules.range.as_ref();
    ShapeType::Number(NumberType {
        format: VariantOrUnknownOrEmpty::Item(format),
        minimum: range.and_then(|range| bound(&range.min)),
        maximum: range.and_then(|range| bound(&range.max)),
        ..NumberType::default()
    })
}

pub(super) fn string(rules: &Rules) -> ShapeType {
    let length = rules.length.as_ref();
    ShapeType::String(StringType {
        pattern: rules
            .pattern
            .as_ref()
            .map(|pattern| format!("^(?:{pattern})$")),
        min_length: length.and_then(|length| length.min).map(|n| n as usize),
        max_length: length.and_then(|length| length.max).map(|n| n as usize),
        ..StringType::default()
    })
}

pub(super) fn formatted(name: &str) -> ShapeType {
    ShapeType::String(StringType {
        format: format(name),
        ..StringType::default()
    })
}

pub(super) fn format(name: &str) -> VariantOrUnknownOrEmpty<StringFormat> {
    Some(name.to_owned()).into()
}

pub(super) fn array(items: Slot, rules: &Rules, unique: bool) -> ShapeType {
    let length = rules.length.as_ref();
    ShapeType::Array(ArrayType {
        items: Some(boxed(items)),
        min_items: length.and_then(|length| length.min).map(|n| n as usize),
        max_items: length.and_then(|length| length.max).map(|n| n as usize),
        unique_items: unique,
    })
}

pub(super) fn fixed_array(items: Slot, len: usize) -> ShapeType {
    ShapeType::Array(ArrayType {
        items: Some(boxed(items)),
        min_items: Some(len),
        max_items: Some(len),
        unique_items: false,
    })
}

pub(super) fn any() -> Slot {
    ReferenceOr::Item(shape(SchemaKind::Any(AnySchema::default())))
}

pub(super) fn any_of(mut kinds: Vec<Slot>) -> Slot {
    match kinds.len() {
        0 => any(),
        1 => kinds.remove(0),
        _ => ReferenceOr::Item(shape(SchemaKind::AnyOf { any_of: kinds })),
    }
}

/// Both at once.
pub(super) fn all_of(parts: Vec<Slot>) -> Shape {
    shape(SchemaKind::AllOf { all_of: parts })
}

/// A string that is always this one.
pub(super) fn constant(value: &str) -> Slot {
    ReferenceOr::Item(shape(SchemaKind::Type(ShapeType::String(StringType {
        enumeration: vec![Some(value.to_owned())],
        ..StringType::default()
    }))))
}

/// An object with these keys: name, value, required.
pub(super) fn object_of(keys: Vec<(&str, Slot, bool)>) -> Shape {
    let mut object = ObjectType::default();
    for (name, slot, required) in keys {
        object.properties.insert(name.to_owned(), boxed(slot));
        if required {
            object.required.push(name.to_owned());
        }
    }
    shape(SchemaKind::Type(ShapeType::Object(object)))
}

/// The same, and no other keys.
pub(super) fn closed_object_of(keys: Vec<(&str, Slot, bool)>) -> Shape {
    let mut shape = object_of(keys);
    if let SchemaKind::Type(ShapeType::Object(object)) = &mut shape.schema_kind {
        object.additional_properties = Some(AdditionalProperties::Any(false));
    }
    shape
}

/// A number to add.
pub(super) fn amount() -> Slot {
    let rules = Rules::NONE;
    ReferenceOr::Item(shape(SchemaKind::Type(integer(IntType::I64, &rules))))
}

/// A reference to a component.
pub(super) fn reference(key: &str) -> Slot {
    ReferenceOr::Reference {
        reference: format!("#/components/schemas/{key}"),
    }
}

pub(super) fn shape(schema_kind: SchemaKind) -> Shape {
    Shape {
        schema_data: SchemaData::default(),
        schema_kind,
    }
}

pub(super) fn described(mut shape: Shape, doc: &str) -> Shape {
    if !doc.is_empty() {
        shape.schema_data.description = Some(doc.to_owned());
    }
    shape
}

/// The same, or null. OpenAPI 3.0 heeds `nullable` only beside a `type`, which a reference has no room for; where the
/// referred type is of several kinds, null is a case of its own.
pub(super) fn nullable(slot: Slot, keyword: Option<&str>) -> Slot {
    match (slot, keyword) {
        // No schema at all takes null anyway.
        (ReferenceOr::Item(any), _) if any.schema_kind == SchemaKind::Any(AnySchema::default()) => {
            ReferenceOr::Item(any)
        }
        (ReferenceOr::Item(mut shape), _) => {
            shape.schema_data.nullable = true;
            ReferenceOr::Item(shape)
        }
        (reference, Some(keyword)) => {
            let mut shape = shape(SchemaKind::Any(AnySchema {
                typ: Some(keyword.to_owned()),
                all_of: vec![reference],
                ..AnySchema::default()
            }));
            shape.schema_data.nullable = true;
            ReferenceOr::Item(shape)
        }
        (reference, None) => {
            let mut null = shape(SchemaKind::Type(ShapeType::String(StringType {
                enumeration: vec![None],
                ..StringType::default()
            })));
            null.schema_data.nullable = true;
            ReferenceOr::Item(shape(SchemaKind::AnyOf {
                any_of: vec![reference, ReferenceOr::Item(null)],
            }))
        }
    }
}

/// Says something about a value. A reference has no room for it in OpenAPI 3.0, so it goes into an `allOf`.
pub(super) fn decorated(slot: Slot, say: impl FnOnce(&mut SchemaData)) -> Slot {
    let mut shape = match slot {
        ReferenceOr::Item(shape) => shape,
        reference => all_of(vec![reference]),
    };
    say(&mut shape.schema_data);
    ReferenceOr::Item(shape)
}

pub(super) fn into_shape(slot: Slot) -> Shape {
    match slot {
        ReferenceOr::Item(shape) => shape,
        reference => all_of(vec![reference]),
    }
}

pub(super) fn boxed(slot: Slot) -> ReferenceOr<Box<Shape>> {
    match slot {
        ReferenceOr::Item(shape) => ReferenceOr::Item(Box::new(shape)),
        ReferenceOr::Reference { reference } => ReferenceOr::Reference { reference },
    }
}
