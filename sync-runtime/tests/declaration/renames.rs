//! Names on the wire are those that serde writes, by all of its rules.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sync_runtime::{
    SyncType,
    schema::{Type, UnionBody},
};

macro_rules! rule {
    ($name:ident, $rule:literal) => {
        mod $name {
            use super::*;

            #[derive(Default, Serialize, Deserialize, SyncType)]
            #[serde(rename_all = $rule)]
            struct Fields {
                plain: i32,
                two_words: i32,
                with_2_digits: i32,
                r#type: i32,
                #[serde(rename = "Own-Name")]
                renamed: i32,
                _leading: i32,
                tail_: i32,
            }

            #[derive(Serialize, Deserialize, SyncType)]
            #[serde(rename_all = $rule, rename_all_fields = $rule)]
            enum Members {
                Plain,
                TwoWords,
                HTTPLog,
                A1B2,
                #[serde(rename = "Own-Name")]
                Renamed,
                WithFields {
                    inner_field: i32,
                },
                #[serde(rename_all = "UPPERCASE")]
                OwnRule {
                    inner_field: i32,
                },
            }

            #[test]
            fn fields() {
                let Type::Struct(shape) = Fields::TYPE else {
                    panic!("a struct")
                };
                let schema: Vec<&str> = shape.fields.iter().map(|field| &*field.name).collect();
                assert_eq!(
                    sorted(schema),
                    keys(&serde_json::to_value(Fields::default()).unwrap())
                );
            }

            #[test]
            fn members() {
                let Type::Union(shape) = Members::TYPE else {
                    panic!("a union")
                };
                let all = [
                    Members::Plain,
                    Members::TwoWords,
                    Members::HTTPLog,
                    Members::A1B2,
                    Members::Renamed,
                    Members::WithFields { inner_field: 1 },
                    Members::OwnRule { inner_field: 1 },
                ];
                for (member, variant) in all.iter().zip(shape.variants.iter()) {
                    match (serde_json::to_value(member).unwrap(), &variant.body) {
                        (Value::String(name), UnionBody::Unit) => assert_eq!(variant.name, name),
                        (object, UnionBody::Struct(fields)) => {
                            assert_eq!([&*variant.name], *keys(&object));
                            assert_eq!([&*fields[0].name], *keys(&object[&*variant.name]));
                        }
                        other => panic!("{other:?}"),
                    }
                }
            }
        }
    };
}

rule!(lower, "lowercase");
rule!(upper, "UPPERCASE");
rule!(pascal, "PascalCase");
rule!(camel, "camelCase");
rule!(snake, "snake_case");
rule!(screaming_snake, "SCREAMING_SNAKE_CASE");
rule!(kebab, "kebab-case");
rule!(screaming_kebab, "SCREAMING-KEBAB-CASE");

fn keys(value: &Value) -> Vec<&str> {
    sorted(
        value
            .as_object()
            .expect("an object")
            .keys()
            .map(String::as_str)
            .collect(),
    )
}

fn sorted(mut names: Vec<&str>) -> Vec<&str> {
    names.sort_unstable();
    names
}
