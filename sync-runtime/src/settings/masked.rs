//! Texts without the passwords in them.

/// A text with the passwords of its URLs taken out, for whoever reads a log: `postgres://till:***@host/name`.
///
/// Both `user:password@` and `?password=` are known. Where it is in doubt it takes out too much.
pub fn masked(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (head, tail) = rest.split_at(at + 3);
        shown.push_str(head);
        let end = tail
            .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ','))
            .unwrap_or(tail.len());
        shown.push_str(&masked_url(&tail[..end]));
        rest = &tail[end..];
    }
    shown + rest
}

/// What follows the scheme of a URL.
fn masked_url(url: &str) -> String {
    let mut shown = match url.rsplit_once('@') {
        Some((who, rest)) => match who.split_once(':') {
            Some((user, _)) => format!("{user}:***@{rest}"),
            None => url.to_owned(),
        },
        None => url.to_owned(),
    };
    const KEY: &str = "password=";
    let mut from = 0;
    while let Some(at) = shown[from..].find(KEY) {
        let start = from + at + KEY.len();
        let end = shown[start..]
            .find('&')
            .map_or(shown.len(), |at| start + at);
        shown.replace_range(start..end, "***");
        from = start;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_taken_out() {
        for (text, shown) in [
            ("sqlite:///var/lib/log.db", "sqlite:///var/lib/log.db"),
            ("postgres://host/name", "postgres://host/name"),
            ("postgres://till@host/name", "postgres://till@host/name"),
            (
                "with postgres://till:s3cret@host:5432/name?sslmode=require, and more",
                "with postgres://till:***@host:5432/name?sslmode=require, and more",
            ),
            (
                "postgres://till:a@b/c:d@host/name",
                "postgres://till:***@host/name",
            ),
            ("redis://:s3cret@cache", "redis://:***@cache"),
            (
                "nats://a:b@one:1,nats://c:d@two:2",
                "nats://a:***@one:1,nats://c:***@two:2",
            ),
            (
                "postgres://host/name?user=till&password=s3cret&sslmode=require",
                "postgres://host/name?user=till&password=***&sslmode=require",
            ),
            (
                "Some(\"postgres://u:p@h/n\")",
                "Some(\"postgres://u:***@h/n\")",
            ),
        ] {
            assert_eq!(masked(text), shown);
        }
    }
}
