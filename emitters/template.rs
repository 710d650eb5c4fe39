//! The one way to render a template.
//!
//! Undefined values are errors, nothing is escaped unless a filter says so, and a block tag takes its line with it, so
//! that a template looks like what it makes. Filters here are about text alone; anything that needs to know a type is
//! decided in Rust before a template sees it.
//!
//! `doc` ends with a newline unless it is empty. Write it directly before the line it is about:
//!
//! ```text
//! {{ field.doc|doc("ts", 2) }}  {{ field.name }}: {{ field.type }};
//! ```

use minijinja::{
    AutoEscape, Environment, ErrorKind, UndefinedBehavior, syntax::SyntaxConfig, value::Serde,
};
use serde::Serialize;

use crate::{Error, names};

/// An environment with these templates, by name and source.
pub fn environment(
    templates: &[(&'static str, &'static str)],
) -> Result<Environment<'static>, Error> {
    let mut env = Environment::new();
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .map_err(|error| Error::caused("the template syntax is wrong", error))?;
    env.set_syntax(syntax);
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::None);
    env.add_filter("doc", doc_filter);
    env.add_filter("string", string_filter);
    env.add_filter("camel", |name: &str| names::camel(name));
    env.add_filter("pascal", |name: &str| names::pascal(name));
    env.add_filter("snake", |name: &str| names::snake(name));
    env.add_filter("screaming", |name: &str| names::screaming(name));
    for (name, source) in templates {
        env.add_template(name, source)
            .map_err(|error| Error::caused(format!("template {name:?} does not parse"), error))?;
    }
    Ok(env)
}

/// Renders a template of the environment.
pub fn render(env: &Environment<'_>, name: &str, view: &impl Serialize) -> Result<String, Error> {
    env.get_template(name)
        .and_then(|template| template.render(minijinja::Value::from(Serde(view))))
        .map_err(|error| Error::caused(format!("template {name:?} failed"), error))
}

fn doc_filter(
    text: &str,
    language: &str,
    indent: Option<usize>,
) -> Result<String, minijinja::Error> {
    doc(text, language, indent.unwrap_or(0)).ok_or_else(|| unknown_language(language))
}

fn string_filter(text: &str, language: &str) -> Result<String, minijinja::Error> {
    string(text, language).ok_or_else(|| unknown_language(language))
}

fn unknown_language(language: &str) -> minijinja::Error {
    minijinja::Error::new(
        ErrorKind::InvalidOperation,
        format!("{language:?} is none of ts, swift, sql"),
    )
}

/// A doc comment: whole lines at that indent, or nothing for an empty text. `None`: unknown language.
pub fn doc(text: &str, language: &str, indent: usize) -> Option<String> {
    let pad = " ".repeat(indent);
    let lines: Vec<&str> = text.trim().lines().map(str::trim_end).collect();
    let prefixed = |prefix: &str| {
        lines
            .iter()
            .map(|line| format!("{pad}{}\n", format!("{prefix} {line}").trim_end()))
            .collect::<String>()
    };
    match language {
        "ts" => Some(match &lines[..] {
            [] => String::new(),
            [line] => format!("{pad}/** {} */\n", line.replace("*/", "*\\/")),
            _ => format!(
                "{pad}/**\n{}{pad} */\n",
                prefixed(" *").replace("*/", "*\\/")
            ),
        }),
        "swift" => Some(prefixed("///")),
        "sql" => Some(prefixed("--")),
        _ => None,
    }
}

/// A string literal, quotes included. `None`: unknown language.
pub fn string(text: &str, language: &str) -> Option<String> {
    match language {
        "ts" => Some(quoted(text, |c| format!("\\u{:04x}", u32::from(c)))),
        "swift" => Some(quoted(text, |c| format!("\\u{{{:x}}}", u32::from(c)))),
        "sql" => Some(format!("'{}'", text.replace('\'', "''"))),
        _ => None,
    }
}

fn quoted(text: &str, unicode: impl Fn(char) -> String) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Line separators end a line for older readers of JavaScript.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.push_str(&unicode(c))
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doc_comments() {
        assert_eq!(doc("", "ts", 2).unwrap(), "");
        assert_eq!(doc(" An order. ", "ts", 2).unwrap(), "  /** An order. */\n");
        assert_eq!(
            doc("One */ here.\n\nTwo.", "ts", 2).unwrap(),
            "  /**\n   * One *\\/ here.\n   *\n   * Two.\n   */\n"
        );
        assert_eq!(
            doc("One.\n\nTwo.", "swift", 4).unwrap(),
            "    /// One.\n    ///\n    /// Two.\n"
        );
        assert_eq!(doc("One.", "sql", 0).unwrap(), "-- One.\n");
        assert_eq!(doc("One.", "cobol", 0), None);
    }

    #[test]
    fn string_literals() {
        assert_eq!(
            string("a\"b\\\n\u{1}\u{2028}é${x}", "ts").unwrap(),
            "\"a\\\"b\\\\\\n\\u0001\\u2028é${x}\""
        );
        assert_eq!(string("\\(x)\u{1}", "swift").unwrap(), "\"\\\\(x)\\u{1}\"");
        assert_eq!(string("it's", "sql").unwrap(), "'it''s'");
    }

    #[test]
    fn templates_are_strict_and_keep_their_lines() {
        let env = environment(&[(
            "a",
            "{% for field in fields %}\n{{ field.doc|doc(\"ts\", 2) }}  {{ field.name|camel }}: {{ field.name|string(\"ts\") }};\n{% endfor %}\n",
        )])
        .unwrap();
        let view = serde_json::json!({ "fields": [{ "name": "a_b", "doc": "It." }, { "name": "c", "doc": "" }] });
        assert_eq!(
            render(&env, "a", &view).unwrap(),
            "  /** It. */\n  aB: \"a_b\";\n  c: \"c\";\n"
        );
        let env = environment(&[("a", "{{ missing }}")]).unwrap();
        let error = render(&env, "a", &view).unwrap_err().to_string();
        assert!(error.contains("undefined"), "{error}");
    }
}
