//! Bitwarden's CSV, of a person (`folder`) or an organisation (`collections`): logins and notes, and nothing else.

use super::super::evidence::Sink;
use super::columns::Role;
use super::format::Format;
use super::layout::{Cells, Layout, Sort};

/// `folder,favorite,type,name,notes,fields,reprompt,login_uri,login_username,login_password,login_totp`.
pub(super) static LAYOUT: Layout = Layout {
    sort,
    addresses,
    ..Layout::plain(Format::BitwardenCsv, &["type", "name", "login_uri", "login_username", "login_password"])
};

fn sort(cells: &Cells<'_>, _: &mut dyn Sink) -> Sort {
    match cells.get(Role::Sort) {
        "note" | "secureNote" => Sort::Other("a secure note"),
        "card" => Sort::Other("a card"),
        "identity" => Sort::Other("an identity: the JSON export has its fields"),
        _ => Sort::Login,
    }
}

/// Several addresses are joined by commas, and a comma may stand within one: it parts them where a URL begins after it, or
/// a bare host behind one. What stands in a URL's path or query is never taken for a host.
pub(super) fn addresses(field: &str) -> Vec<&str> {
    let mut list = Vec::new();
    let mut start = 0;
    for (at, mark) in field.match_indices([',', '\n']) {
        let rest = field[at + 1..].trim_start();
        let next = rest.split(',').next().unwrap_or_default();
        // What has neither path nor query is at its end.
        let ended = |text: &str| {
            let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
            !rest.trim_end_matches('/').contains(['/', '?', '#'])
        };
        let begins = match next.split_once("://") {
            Some((scheme, _)) => scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)),
            None => {
                (mark == "\n" || ended(&field[start..at]))
                    && !next.contains(['?', '=', '&'])
                    && super::super::address::address(next) != super::super::address::Address::Nothing
            }
        };
        if begins {
            list.push(field[start..at].trim());
            start = at + 1;
        }
    }
    list.push(field[start..].trim());
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_addresses_are_told_apart() {
        assert_eq!(addresses("https://a.example,https://b.example"), ["https://a.example", "https://b.example"]);
        assert_eq!(addresses("a.example,b.example/x"), ["a.example", "b.example/x"]);
        assert_eq!(addresses("https://a.example/?q=1,2"), ["https://a.example/?q=1,2"]);
        assert_eq!(addresses(""), [""]);
        assert_eq!(addresses("https://a.example/in\nb.example"), ["https://a.example/in", "b.example"]);
        assert_eq!(addresses("https://a.example,b.example"), ["https://a.example", "b.example"]);
        for one in
            ["https://a.example/reset?t=1,Zx9.kQ7Secret", "https://www.a.example/news,login.html", "a.example/?x=1,b.c"]
        {
            assert_eq!(addresses(one), [one]);
        }
    }
}
