//! Any schema comes back from its document.

use proptest::prelude::*;

use crate::openapi::{Options, document, from_document, parse, to_yaml};
use crate::schema::{
    Conflict, Default, Effect, EnumType, Event, Field, FieldGroup, FieldKind, IntType, Length,
    Lift, Mode, Model, Notification, Range, Ref, Role, Rules, Schema, SnapshotPolicy, Str,
    StructType, Tagging, Transition, Type, UnionBody, UnionType, UnionVariant, Upcast, Variant,
    Visibility,
};

fn text() -> impl Strategy<Value = Str> {
    prop_oneof![
        "[a-z_]{1,8}".prop_map(Str::from),
        any::<String>().prop_map(Str::from),
        proptest::sample::select(vec![
            "",
            "yes",
            "null",
            "~",
            "1.0",
            "struct",
            "a: b",
            "- x",
            "# c",
            "\u{85}\u{2028}"
        ])
        .prop_map(Str::from),
    ]
}

fn one_of<T: Clone + std::fmt::Debug + 'static>(all: &[T]) -> impl Strategy<Value = T> + use<T> {
    proptest::sample::select(all.to_vec())
}

fn boxed(ty: Type) -> Ref<Type> {
    Ref::Boxed(Box::new(ty))
}

fn leaf() -> impl Strategy<Value = Type> {
    let ints = [
        IntType::I8,
        IntType::I32,
        IntType::I64,
        IntType::U16,
        IntType::U64,
    ];
    prop_oneof![
        one_of(&ints).prop_map(Type::Int),
        one_of(&[
            Type::Bool,
            Type::Float32,
            Type::Float64,
            Type::String,
            Type::Char,
            Type::Uuid,
            Type::DateTime,
            Type::LocalDateTime,
            Type::Date,
            Type::Time,
            Type::Decimal,
            Type::Json,
        ]),
        (
            text(),
            proptest::collection::vec((text(), text()), 1..3),
            proptest::option::of(text())
        )
            .prop_map(|(doc, variants, default)| {
                let variants: Vec<Variant> = variants
                    .into_iter()
                    .map(|(name, doc)| Variant {
                        name,
                        doc,
                        aliases: vec!["old".into()].into(),
                    })
                    .collect();
                let shape = EnumType {
                    name: "".into(),
                    doc,
                    variants: variants.into(),
                    default,
                };
                Type::Enum(Ref::Boxed(Box::new(shape)))
            }),
    ]
}

fn ty() -> impl Strategy<Value = Type> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|ty| Type::Option(boxed(ty))),
            inner.clone().prop_map(|ty| Type::List(boxed(ty))),
            inner.clone().prop_map(|ty| Type::Set(boxed(ty))),
            inner.clone().prop_map(|ty| Type::Map {
                key: boxed(Type::String),
                value: boxed(ty)
            }),
            (inner.clone(), 0..4u32).prop_map(|(ty, len)| Type::Array {
                item: boxed(ty),
                len
            }),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(|items| Type::Tuple(
                items.into_iter().map(boxed).collect::<Vec<_>>().into()
            )),
            (text(), fields(inner.clone())).prop_map(|(doc, fields)| {
                let shape = StructType {
                    name: "".into(),
                    doc,
                    fields: fields.into(),
                };
                Type::Struct(Ref::Boxed(Box::new(shape)))
            }),
            (tagging(), text(), fields(inner.clone()), inner).prop_map(
                |(tagging, doc, fields, ty)| {
                    let variant = |name: &'static str, body| UnionVariant {
                        name: name.into(),
                        doc: "It.".into(),
                        aliases: vec![].into(),
                        body,
                    };
                    let variants = vec![
                        variant("none", UnionBody::Unit),
                        variant("one", UnionBody::Newtype(boxed(ty))),
                        variant("many", UnionBody::Struct(fields.into())),
                    ];
                    let shape = UnionType {
                        name: "".into(),
                        doc,
                        tagging,
                        variants: variants.into(),
                    };
                    Type::Union(Ref::Boxed(Box::new(shape)))
                }
            ),
        ]
    })
}

fn tagging() -> impl Strategy<Value = Tagging> {
    one_of(&[
        Tagging::External,
        Tagging::Internal { tag: "type".into() },
        Tagging::Adjacent {
            tag: "t".into(),
            content: "c".into(),
        },
    ])
}

fn fields(ty: impl Strategy<Value = Type>) -> impl Strategy<Value = Vec<Field>> {
    proptest::collection::vec(field(ty), 0..4).prop_map(numbered)
}

fn numbered(mut fields: Vec<Field>) -> Vec<Field> {
    for (i, field) in fields.iter_mut().enumerate() {
        field.name = format!("f{i}").into();
    }
    fields
}

fn field(ty: impl Strategy<Value = Type>) -> impl Strategy<Value = Field> {
    let default = prop_oneof![
        Just(None),
        Just(Some(Default::OfType)),
        text().prop_map(|json| Some(Default::Literal(json))),
    ];
    let kind = one_of(&[
        FieldKind::Plain,
        FieldKind::Id,
        FieldKind::CreatedAt,
        FieldKind::UpdatedAt,
        FieldKind::EventTime,
        FieldKind::Machine(
            vec![Transition {
                from: "a".into(),
                to: vec!["b".into()].into(),
            }]
            .into(),
        ),
    ]);
    let visibility = one_of(&[
        Visibility::Public,
        Visibility::OwnerOnly,
        Visibility::Excluded,
    ]);
    let flags = any::<(bool, bool, bool)>();
    (
        ty,
        default,
        kind,
        visibility,
        rules(),
        flags,
        (text(), text(), text()),
    )
        .prop_map(
            |(
                ty,
                default,
                kind,
                visibility,
                rules,
                (big, optional, conflict_manual),
                (doc, singular, alias),
            )| Field {
                name: "f".into(),
                doc,
                ty: boxed(ty),
                default,
                kind,
                visibility,
                rules,
                big,
                optional,
                singular,
                aliases: vec![alias].into(),
                conflict_manual,
            },
        )
}

fn rules() -> impl Strategy<Value = Rules> {
    let bound = || proptest::option::of("-?[0-9]{1,3}".prop_map(Str::from));
    let range = (bound(), bound()).prop_map(|(min, max)| Range { min, max });
    let length = any::<(Option<u32>, Option<u32>)>().prop_map(|(min, max)| Length { min, max });
    (
        proptest::option::of(range),
        proptest::option::of(length),
        proptest::option::of(text()),
    )
        .prop_map(|(range, length, pattern)| Rules {
            range,
            length,
            pattern,
        })
}

fn effect() -> impl Strategy<Value = Effect> {
    let name = || one_of::<Str>(&["f0".into(), "f1".into(), "f9".into()]);
    let names = || proptest::collection::vec(name(), 0..2);
    prop_oneof![
        one_of(&[Effect::Create, Effect::Delete]),
        names().prop_map(|fields| Effect::Set {
            fields: fields.into()
        }),
        names().prop_map(|fields| Effect::Merge {
            fields: fields.into()
        }),
        name().prop_map(|list| Effect::Push { list }),
        name().prop_map(|list| Effect::Remove { list }),
        name().prop_map(|list| Effect::Update { list }),
        name().prop_map(|field| Effect::Increment { field }),
        name().prop_map(|field| Effect::Transition { field }),
        fields(ty()).prop_map(|fields| {
            let shape = StructType {
                name: "".into(),
                doc: "".into(),
                fields: fields.into(),
            };
            Effect::Custom {
                payload: boxed(Type::Struct(Ref::Boxed(Box::new(shape)))),
            }
        }),
    ]
}

fn model() -> impl Strategy<Value = Model> {
    let snapshot = proptest::option::of((0..9u32, 9..99u32))
        .prop_map(|policy| policy.map(|(every, max)| SnapshotPolicy { every, max }));
    let notification = proptest::option::of(one_of(&[Notification::Redis, Notification::Noop]));
    let lifts = one_of(&[
        Lift::Rename {
            from: "a".into(),
            to: "b".into(),
        },
        Lift::Default {
            field: "a".into(),
            value: "{\"struct\": {\"name\": 1}}".into(),
        },
        Lift::Function {
            path: "crate::lift".into(),
        },
    ]);
    let mode = one_of(&[Mode::Api, Mode::Rows, Mode::Events]);
    let conflict = one_of(&[Conflict::Reject, Conflict::LastWriteWins]);
    let settings = (
        mode,
        snapshot,
        notification,
        conflict,
        lifts,
        any::<(u32, bool, bool)>(),
    );
    (
        fields(ty()),
        proptest::collection::vec(effect(), 0..4),
        settings,
        text(),
    )
        .prop_map(|(fields, effects, settings, doc)| {
            let (mode, snapshot, notification, conflict, lift, (version, tenant, local_first)) =
                settings;
            let events: Vec<Event> = effects
                .into_iter()
                .enumerate()
                .map(|(i, effect)| Event {
                    name: format!("e{i}").into(),
                    effect,
                })
                .collect();
            Model {
                name: "".into(),
                module: "shop".into(),
                entity: "".into(),
                path: "".into(),
                doc,
                mode,
                version,
                tenant,
                fields: fields.into(),
                events: events.into(),
                snapshot,
                notification,
                local_first,
                conflict,
                upcasts: vec![Upcast {
                    from: 1,
                    steps: vec![lift].into(),
                }]
                .into(),
                field_groups: vec![FieldGroup {
                    name: "g".into(),
                    fields: vec!["f0".into()].into(),
                }]
                .into(),
                roles: vec![Role {
                    name: "r".into(),
                    groups: vec!["g".into()].into(),
                }]
                .into(),
            }
        })
}

/// Gives every model and every named type a name of its own.
fn named(models: Vec<Model>) -> Schema {
    let mut json = serde_json::to_value(&models).expect("models");
    let mut n = 0;
    rename(&mut json, &mut n);
    let mut models: Vec<Model> = serde_json::from_value(json).expect("models");
    for (i, model) in models.iter_mut().enumerate() {
        model.name = format!("M{i}").into();
        model.entity = format!("m{i}").into();
        model.path = format!("ms{i}").into();
    }
    Schema::new(models).expect("a sound schema")
}

fn rename(value: &mut serde_json::Value, n: &mut u32) {
    match value {
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| rename(item, n)),
        serde_json::Value::Object(object) => {
            if object.get("name").is_some_and(|name| name == "") {
                object.insert("name".to_owned(), format!("T{n}").into());
                *n += 1;
            }
            object.values_mut().for_each(|item| rename(item, n));
        }
        _ => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn any_schema_comes_back(models in proptest::collection::vec(model(), 0..3)) {
        let schema = named(models);
        let document = document(&schema, &Options::default());
        prop_assert_eq!(&from_document(&document).unwrap(), &schema);
        let read = parse(&to_yaml(&document)).unwrap();
        prop_assert_eq!(&from_document(&read).unwrap(), &schema);
    }
}
