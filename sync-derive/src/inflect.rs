//! Singular and plural, by rule and not by dictionary.

/// The singular of a list's name, or `None` where no rule fits.
pub(crate) fn singular(plural: &str) -> Option<String> {
    let (front, word) = split_last_word(plural);
    // Alike in both numbers, though `-ies` would make `sery` of it.
    if word == "series" || word == "species" {
        return None;
    }
    let stem = if let Some(stem) = word.strip_suffix("ies") {
        format!("{stem}y")
    } else if ["ches", "shes", "sses", "xes"]
        .iter()
        .any(|end| word.ends_with(end))
    {
        word[..word.len() - 2].to_owned()
    } else if ["ss", "us", "is", "ses"]
        .iter()
        .any(|end| word.ends_with(end))
    {
        return None;
    } else {
        word.strip_suffix('s')?.to_owned()
    };
    let whole = format!("{front}{stem}");
    (!stem.is_empty() && stem != "y").then_some(whole)
}

/// The plural of an entity, or `None` where no rule fits.
pub(crate) fn plural(singular: &str) -> Option<String> {
    let (front, word) = split_last_word(singular);
    let before_y = word.strip_suffix('y').and_then(|stem| stem.chars().last());
    let plural = match before_y {
        Some(char) if !"aeiou".contains(char) => format!("{}ies", &word[..word.len() - 1]),
        _ if ["ch", "sh", "ss", "x"]
            .iter()
            .any(|end| word.ends_with(end)) =>
        {
            format!("{word}es")
        }
        _ if word.ends_with('s') => return None,
        _ => format!("{word}s"),
    };
    Some(format!("{front}{plural}"))
}

/// `order_items` as `order_` and `items`.
fn split_last_word(name: &str) -> (&str, &str) {
    name.split_at(name.rfind('_').map_or(0, |at| at + 1))
}

#[cfg(test)]
mod tests {
    use super::{plural, singular};

    #[test]
    fn singulars() {
        let table = [
            ("items", Some("item")),
            ("categories", Some("category")),
            ("branches", Some("branch")),
            ("dishes", Some("dish")),
            ("addresses", Some("address")),
            ("boxes", Some("box")),
            ("order_lines", Some("order_line")),
            ("days", Some("day")),
            ("houses", None),
            ("statuses", None),
            ("buses", None),
            ("series", None),
            ("time_series", None),
            ("children", None),
            ("address", None),
            ("status", None),
            ("basis", None),
            ("data", None),
            ("s", None),
            ("ies", None),
        ];
        for (plural, expected) in table {
            assert_eq!(singular(plural).as_deref(), expected, "{plural}");
        }
    }

    #[test]
    fn plurals() {
        let table = [
            ("order", Some("orders")),
            ("category", Some("categories")),
            ("day", Some("days")),
            ("branch", Some("branches")),
            ("dish", Some("dishes")),
            ("address", Some("addresses")),
            ("box", Some("boxes")),
            ("time_entry", Some("time_entries")),
            ("status", None),
            ("bus", None),
            ("analysis", None),
        ];
        for (singular, expected) in table {
            assert_eq!(plural(singular).as_deref(), expected, "{singular}");
        }
    }

    #[test]
    fn a_singular_undoes_a_plural() {
        for word in [
            "order", "category", "branch", "dish", "address", "box", "day", "shift", "board",
        ] {
            let there = plural(word).unwrap();
            assert_eq!(singular(&there).as_deref(), Some(word));
        }
    }
}
