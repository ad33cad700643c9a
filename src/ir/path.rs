//! Paths of routes as sets of request paths, and how these sets lie to each other.
//!
//! A request path is a `/` followed by segments with `/` between them. A pattern names some segments and may end in
//! `**`, which takes any rest on a segment boundary.

use std::fmt;

/// A segment of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// Exactly this text. The last one may be empty: a trailing slash counts.
    Literal(String),
    /// `*`: one segment that is not empty.
    Star,
}

/// A set of request paths.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathPattern {
    /// The named segments.
    pub segments: Vec<Segment>,
    /// Whether anything below belongs to it too (`/**`).
    pub subtree: bool,
}

/// The characters that a named segment of a path with `*` may have. They are those that a literal of a path template may
/// have on every Envoy (A25b); Istio's policies are matched with such templates.
pub fn is_segment_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~%!$&'()+,;:@".contains(c)
}

impl PathPattern {
    /// `/**`
    pub fn everything() -> Self {
        PathPattern { segments: Vec::new(), subtree: true }
    }

    /// Whether a request path (without its query) is in the set.
    pub fn matches(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix('/') else { return false };
        let mut given = rest.split('/');
        for segment in &self.segments {
            let Some(text) = given.next() else { return false };
            let fits = match segment {
                Segment::Literal(literal) => literal == text,
                Segment::Star => !text.is_empty(),
            };
            if !fits {
                return false;
            }
        }
        self.subtree || given.next().is_none()
    }

    /// Whether every path of `other` is in this set.
    pub fn includes(&self, other: &PathPattern) -> bool {
        if other.subtree && !self.subtree {
            return false;
        }
        let fits = if self.subtree {
            other.segments.len() >= self.segments.len()
        } else {
            other.segments.len() == self.segments.len()
        };
        fits && self.segments.iter().zip(&other.segments).all(|(outer, inner)| outer.includes(inner))
    }

    /// The common part of two sets, which is a pattern again; `None` if they have no path in common.
    pub fn meet(&self, other: &PathPattern) -> Option<PathPattern> {
        let (long, short) = if self.segments.len() >= other.segments.len() { (self, other) } else { (other, self) };
        if long.segments.len() > short.segments.len() && !short.subtree {
            return None;
        }
        let mut segments = Vec::with_capacity(long.segments.len());
        for (i, segment) in long.segments.iter().enumerate() {
            segments.push(match short.segments.get(i) {
                Some(other) => segment.meet(other)?,
                None => segment.clone(),
            });
        }
        let subtree =
            if long.segments.len() == short.segments.len() { long.subtree && short.subtree } else { long.subtree };
        Some(PathPattern { segments, subtree })
    }

    /// The named segments before the first `*`.
    pub fn before_star(&self) -> &[Segment] {
        let named = self.segments.iter().take_while(|segment| **segment != Segment::Star).count();
        &self.segments[..named]
    }

    /// Whether one of the named segments is a `*`.
    pub fn has_star(&self) -> bool {
        self.segments.contains(&Segment::Star)
    }

    /// A path of the set, for examples.
    pub fn example(&self) -> String {
        let mut text = String::new();
        for segment in &self.segments {
            text.push('/');
            text.push_str(match segment {
                Segment::Literal(literal) => literal,
                Segment::Star => "x",
            });
        }
        if text.is_empty() { "/".to_string() } else { text }
    }

    /// The named segments as text, `*` for a star, without the final `/**`. Empty for `/**`.
    pub fn named(&self) -> String {
        let mut text = String::new();
        for segment in &self.segments {
            text.push('/');
            text.push_str(match segment {
                Segment::Literal(literal) => literal,
                Segment::Star => "*",
            });
        }
        text
    }

    /// Sorts the most specific first: a pattern comes before every other one that includes it.
    pub fn most_specific_first(a: &PathPattern, b: &PathPattern) -> std::cmp::Ordering {
        let stars = |p: &PathPattern| p.segments.iter().map(|s| *s == Segment::Star).collect::<Vec<_>>();
        a.subtree
            .cmp(&b.subtree)
            .then_with(|| b.segments.len().cmp(&a.segments.len()))
            .then_with(
                || if a.has_star() || b.has_star() { stars(a).cmp(&stars(b)) } else { std::cmp::Ordering::Equal },
            )
            .then_with(|| a.segments.cmp(&b.segments))
    }
}

impl Segment {
    fn includes(&self, other: &Segment) -> bool {
        match (self, other) {
            (Segment::Star, Segment::Star) => true,
            (Segment::Star, Segment::Literal(text)) => !text.is_empty(),
            (Segment::Literal(_), Segment::Star) => false,
            (Segment::Literal(a), Segment::Literal(b)) => a == b,
        }
    }

    fn meet(&self, other: &Segment) -> Option<Segment> {
        if self.includes(other) {
            Some(other.clone())
        } else if other.includes(self) {
            Some(self.clone())
        } else {
            None
        }
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.named())?;
        if self.subtree { f.write_str("/**") } else { Ok(()) }
    }
}

#[cfg(test)]
impl PathPattern {
    /// The pattern of a text that is known to be one: what the language takes is `analyze`'s to say.
    pub(crate) fn written(text: &str) -> PathPattern {
        let (named, subtree) = text.strip_suffix("/**").map_or((text, false), |n| (n, true));
        let segments = named.split('/').skip(1).map(|s| match s {
            "*" => Segment::Star,
            _ => Segment::Literal(s.to_string()),
        });
        PathPattern { segments: segments.collect(), subtree }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> PathPattern {
        PathPattern::written(text)
    }

    #[test]
    fn a_subtree_ends_on_segment_boundaries() {
        let admin = path("/admin/**");
        for inside in ["/admin", "/admin/", "/admin/x", "/admin//x"] {
            assert!(admin.matches(inside), "{inside}");
        }
        for outside in ["/administrator", "/", "/x/admin", "/Admin", "admin"] {
            assert!(!admin.matches(outside), "{outside}");
        }
        assert!(path("/**").matches("/") && path("/**").matches("/a/b") && !path("/**").matches("*"));
    }

    #[test]
    fn an_exact_path_counts_its_trailing_slash() {
        assert!(path("/x").matches("/x") && !path("/x").matches("/x/"));
        assert!(path("/x/").matches("/x/") && !path("/x/").matches("/x"));
        assert!(path("/").matches("/") && !path("/").matches("//"));
    }

    #[test]
    fn a_star_takes_one_segment_that_is_not_empty() {
        let star = path("/u/*/o");
        assert!(star.matches("/u/7/o") && star.matches("/u/a%20b/o") && star.matches("/u/a=b/o"));
        assert!(!star.matches("/u//o") && !star.matches("/u/a/b/o"));
    }

    #[test]
    fn inclusion_meet_and_order_agree_with_matching() {
        let texts = [
            "/", "/**", "/a", "/a/", "/a/**", "/a/b", "/a/*", "/*/b", "/*", "/*/**", "/a/b/**", "/*/b/**", "/a/*/**",
            "/a/=",
        ];
        let probes =
            ["/", "/a", "/a/", "/b", "/a/b", "/a/b/", "/a/b/c", "/c/b", "/c/b/d", "/a/=", "//", "/a//b", "/a/c"];
        for a in texts.map(path) {
            for b in texts.map(path) {
                if a.includes(&b) {
                    assert!(probes.iter().all(|p| !b.matches(p) || a.matches(p)), "{a} includes {b}");
                    if a != b {
                        assert!(!b.includes(&a), "{a} {b}");
                        assert_eq!(
                            PathPattern::most_specific_first(&b, &a),
                            std::cmp::Ordering::Less,
                            "{b} before {a}"
                        );
                    }
                }
                for probe in probes {
                    let both = a.matches(probe) && b.matches(probe);
                    assert_eq!(both, a.meet(&b).is_some_and(|m| m.matches(probe)), "{a} and {b} at {probe}");
                }
                assert_eq!(a.meet(&b), b.meet(&a));
            }
        }
    }
}
