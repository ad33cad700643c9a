//! Paths of routes, of rewrites and of redirects.

use super::fault::Fault;
use crate::ir::{PathPattern, Segment};

/// The longest path, in characters.
const MAX_PATH: usize = 1024;
/// The most segments of a path.
const MAX_SEGMENTS: usize = 64;

/// Reads the path of a route: `/admin/**`, `/users/*/orders`.
pub(super) fn pattern(text: &str) -> Result<PathPattern, Fault> {
    let not = |label: String| Err(Fault::new(format!("`{text}` is not a path"), label));
    let Some(rest) = text.strip_prefix('/') else {
        let fault = Fault::new(format!("path `{text}` does not begin with `/`"), "begin with `/`");
        let mended = format!("/{text}");
        let first = text.split('/').next().unwrap_or_default();
        // With a dot it may be a host, and `*` alone may stand for every path.
        let is_segment =
            first.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') && !first.is_empty();
        return Err(if is_segment && pattern(&mended).is_ok() {
            fault.write(mended)
        } else {
            fault.help("`/` is the front page, `/**` every path")
        });
    };
    if text.len() > MAX_PATH {
        return not(format!("has more than {MAX_PATH} characters"));
    }
    if let Some(c) = text.chars().find(|&c| !may_stand(c)) {
        return Err(bad_character(text, c));
    }
    let count = rest.bytes().filter(|&b| b == b'/').count() + 1;
    if count > MAX_SEGMENTS {
        return not(format!("has more than {MAX_SEGMENTS} segments"));
    }
    let mut segments = Vec::with_capacity(count);
    for (i, segment) in rest.split('/').enumerate() {
        let last = i + 1 == count;
        match segment {
            "**" if last => return Ok(PathPattern { segments, subtree: true }),
            "**" => {
                let help = "write `*` for one segment of any text, and `/**` at the end for everything below";
                return not("`**` can only be the last segment".into()).map_err(|fault| fault.help(help));
            }
            "*" => segments.push(Segment::Star),
            "" if !last => return Err(doubled_slash(text)),
            "." | ".." => {
                return not(format!("the segment `{segment}` is resolved by the proxy before any route is looked at"))
                    .map_err(|fault| fault.help("write the path as it is once it is resolved"));
            }
            _ if segment.contains('*') => return Err(partial_star(text, segment)),
            _ => segments.push(Segment::Literal(segment.to_string())),
        }
    }
    Ok(PathPattern { segments, subtree: false })
}

/// Reads a path that a redirect leads to: as that of a route, but without `*`.
pub(super) fn target(text: &str) -> Result<String, Fault> {
    let path = pattern(text)?;
    if path.has_star() || path.subtree {
        return Err(Fault::new(format!("`{text}` is not a path to redirect to"), "`*` cannot stand in a target")
            .help("a redirect leads to one path"));
    }
    Ok(text.to_string())
}

fn may_stand(c: char) -> bool {
    c.is_ascii_alphanumeric() || "/*-._~!$&'()+,:@=".contains(c)
}

fn bad_character(text: &str, c: char) -> Fault {
    let not = |label: &'static str| Fault::new(format!("`{text}` is not a path"), label);
    match c {
        '%' => not("`%` encodes a character, and proxy and app may decode it differently")
            .help("write the path as it is after decoding; what cannot be written so is covered by `*` or `**`"),
        ';' => not("`;` begins parameters for some apps and is text for the proxy")
            .help("leave out what begins with `;`: a request with it is refused, or meets `**`"),
        '\\' => not("the proxy reads `\\` as `/`").help("write `/` if that is meant"),
        '?' => not("a path has no query").help("leave out what begins with `?`: the query is never looked at"),
        '#' => not("a path has no fragment"),
        '{' | '}' => not("`{` and `}` cannot stand in a path").help("write `*` for one segment of any text"),
        c if !c.is_ascii() => not("only ASCII characters can stand in a path, since others travel encoded")
            .help("what cannot be written is covered by `*` or `**`"),
        c => Fault::new(format!("`{text}` is not a path"), format!("`{}` cannot stand in a path", c.escape_default())),
    }
}

fn doubled_slash(text: &str) -> Fault {
    let mut mended = text.to_string();
    while mended.contains("//") {
        mended = mended.replace("//", "/");
    }
    let fault = Fault::new(
        format!("`{text}` is not a path"),
        "`//` is one slash for some apps and an empty segment for the proxy",
    );
    if pattern(&mended).is_ok() { fault.help(format!("write `{mended}` if one slash is meant")) } else { fault }
}

fn partial_star(text: &str, segment: &str) -> Fault {
    Fault::new(format!("`{text}` is not a path"), format!("`*` must be a whole segment, not a part of `{segment}`"))
        .help("there are no string prefixes: `/admin/**` is `/admin` and everything below it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_they_are_shown() {
        for text in
            ["/", "/**", "/x", "/x/", "/admin/**", "/users/*/orders", "/*", "/*/**", "/a.b/~c/d=e,f/(g)!$&'+:@", "/..."]
        {
            assert_eq!(pattern(text).map(|p| p.to_string()).as_deref(), Ok(text));
        }
        assert_eq!(pattern("/x/").unwrap().segments.len(), 2);
        assert_eq!(pattern("/**"), Ok(PathPattern::everything()));
    }

    #[test]
    fn what_two_readers_may_read_differently_is_refused_with_its_reason() {
        let table = [
            ("/a%2fb", "`%` encodes a character, and proxy and app may decode it differently"),
            ("/a;b", "`;` begins parameters for some apps and is text for the proxy"),
            ("/a\\b", "the proxy reads `\\` as `/`"),
            ("/a?b", "a path has no query"),
            ("/a#b", "a path has no fragment"),
            ("/a//b", "`//` is one slash for some apps and an empty segment for the proxy"),
            ("//", "`//` is one slash for some apps and an empty segment for the proxy"),
            ("/a/../b", "the segment `..` is resolved by the proxy before any route is looked at"),
            ("/.", "the segment `.` is resolved by the proxy before any route is looked at"),
            ("/{id}", "`{` and `}` cannot stand in a path"),
            ("/é", "only ASCII characters can stand in a path, since others travel encoded"),
            ("/a b", "` ` cannot stand in a path"),
            ("/a*", "`*` must be a whole segment, not a part of `a*`"),
            ("/a**", "`*` must be a whole segment, not a part of `a**`"),
            ("/**/a", "`**` can only be the last segment"),
            ("/**/", "`**` can only be the last segment"),
        ];
        for (text, label) in table {
            let fault = pattern(text).unwrap_err();
            assert_eq!(fault.message, format!("`{text}` is not a path"));
            assert_eq!(fault.label, label, "{text}");
        }
        assert_eq!(pattern(&"/a".repeat(65)).unwrap_err().label, "has more than 64 segments");
        assert_eq!(pattern(&format!("/{}", "a".repeat(1024))).unwrap_err().label, "has more than 1024 characters");
    }

    #[test]
    fn slips_come_with_the_path_that_was_meant() {
        assert_eq!(pattern("admin/**").unwrap_err().replacement.as_deref(), Some("/admin/**"));
        assert_eq!(pattern("https://a.com/x").unwrap_err().replacement, None);
        for guessed in ["*", "**", "shop.example.com/x", "'admin'", "./x"] {
            assert_eq!(pattern(guessed).unwrap_err().replacement, None, "{guessed}");
        }
        let doubled = pattern("/a///b//").unwrap_err();
        assert!(doubled.replacement.is_none() && doubled.help.is_some_and(|help| help.contains("`/a/b/`")));
    }

    #[test]
    fn a_redirect_leads_to_one_path() {
        assert_eq!(target("/new/").as_deref(), Ok("/new/"));
        assert_eq!(target("/new/*").unwrap_err().message, "`/new/*` is not a path to redirect to");
    }
}
