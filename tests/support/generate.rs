//! Correct programs at random: any construct, in any layout that the language allows, with comments wherever they may stand.

/// A small generator of numbers; the same seed gives the same program.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap_or(0) % limit.max(1)
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

/// A program of a few declarations.
pub fn program(seed: u64) -> String {
    let mut writer = Writer { random: Random::new(seed), out: String::new(), round: 0 };
    writer.gap();
    for _ in 0..=writer.random.below(6) {
        writer.declaration();
        writer.newline();
        writer.gap();
    }
    writer.out
}

struct Writer {
    random: Random,
    out: String,
    /// How many parentheses and brackets are open.
    round: usize,
}

const NAMES: &[&str] = &["a", "shop", "app", "gateway", "require", "my-app", "X_1", "reaches", "policy", "_"];
const WORDS: &[&str] =
    &["x.example.com", "*.a", "${d}", "a.${b-c}.d", "5s", "80", "k/l=m", "a$b", "é", "/x/**", "=", "=>", "-"];
const STRINGS: &[&str] = &[
    "\"\"",
    "\"a b\"",
    "\"\\\"\\\\\\$\"",
    "\"${v}\"",
    "\"\\${v}\"",
    "\"a${v}b${w}\"",
    "\"$\"",
    "\"\\u{e9}\\u{a0}\"",
    "\"#{}()\"",
    "\"\\\\${x}\"",
];
const METHODS: &[&str] = &["GET", "POST", "DELETE", "HEAD", "ANY", "PUT", "TRACE", "OPTIONS"];
const PATHS: &[&str] = &["/", "/**", "/a/*/b", "/${x}/y", "/a(b)", "/a,b", "\"/a b\""];
const COMMENTS: &[&str] = &["#", "# a", "#! \"{[(", "# é # }", "#\tx"];

impl Writer {
    fn chance(&mut self, one_in: usize) -> bool {
        self.random.below(one_in) == 0
    }

    /// Writes a token, with blanks before it; inside parentheses also newlines and comments.
    fn token(&mut self, text: &str) {
        if self.round > 0 && self.chance(8) {
            self.newline();
            self.gap();
        }
        let blanks = self.random.pick(&[" ", " ", " ", "  ", "\t", " \t "]);
        self.out.push_str(blanks);
        self.out.push_str(text);
    }

    fn one_of(&mut self, of: &[&str]) {
        let text = self.random.pick(of);
        self.token(text);
    }

    fn name(&mut self) {
        self.one_of(NAMES);
    }

    fn names(&mut self) {
        for _ in 0..=self.random.below(3) {
            self.name();
        }
    }

    fn text(&mut self) {
        let of = if self.chance(2) { WORDS } else { STRINGS };
        self.one_of(of);
    }

    fn texts(&mut self) {
        for _ in 0..=self.random.below(3) {
            self.text();
        }
    }

    /// The end of a line, with or without a comment.
    fn newline(&mut self) {
        if self.chance(5) {
            let comment = self.random.pick(COMMENTS);
            self.out.push_str(comment);
        }
        let end = self.random.pick(&["\n", "\n", "\n", "\r\n"]);
        self.out.push_str(end);
    }

    /// Blank lines and comments.
    fn gap(&mut self) {
        while self.chance(3) {
            self.out.push_str("  ");
            self.newline();
        }
    }

    /// What ends a line of a block: mostly a newline.
    fn line_end(&mut self) {
        if self.chance(6) {
            self.out.push(' ');
        } else {
            self.newline();
            self.gap();
        }
    }

    fn block(&mut self, lines: usize, line: fn(&mut Self)) {
        self.token("{");
        if self.chance(2) {
            self.newline();
            self.gap();
        }
        for _ in 0..self.random.below(lines) {
            line(self);
            self.line_end();
        }
        self.token("}");
    }

    fn declaration(&mut self) {
        match self.random.below(10) {
            0 | 1 => {
                self.token("policy");
                self.name();
                self.token("=");
                self.requirement(3);
            }
            2 => {
                self.token("issuer");
                self.name();
                self.block(5, Self::issuer_line);
            }
            3 => {
                self.token("gateway");
                self.name();
                if self.chance(2) {
                    self.token("in");
                    self.text();
                }
                self.block(5, Self::gateway_line);
            }
            4 => {
                self.token("env");
                self.name();
                self.block(4, |w| {
                    w.name();
                    w.text();
                });
            }
            5 => {
                self.token("test");
                self.one_of(STRINGS);
                self.block(4, Self::case);
            }
            6 => self.invariant(),
            7 => {
                self.token("routes");
                self.name();
                self.block(4, Self::host_line);
            }
            _ => {
                self.token("app");
                self.name();
                let (first, second) = if self.chance(2) { ("in", "port") } else { ("port", "in") };
                for keyword in [first, second] {
                    if self.chance(2) {
                        self.token(keyword);
                        self.text();
                    }
                }
                self.block(7, Self::app_line);
            }
        }
    }

    fn requirement(&mut self, depth: usize) {
        self.term(depth);
        for _ in 0..self.random.below(3) {
            self.one_of(&["and", "or"]);
            self.term(depth);
        }
    }

    fn term(&mut self, depth: usize) {
        if self.chance(5) {
            self.token("not");
        }
        match self.random.below(7) {
            0 | 1 if depth > 0 => {
                self.token("(");
                self.round += 1;
                self.requirement(depth - 1);
                self.round -= 1;
                // The blank that may hold a newline stands before the sign, where still something is open.
                self.round += 1;
                self.token(")");
                self.round -= 1;
            }
            2 => {
                self.token("token");
                if self.chance(2) {
                    self.token("from");
                    self.name();
                }
            }
            3 => {
                self.token("claim");
                self.one_of(&["groups", "a.b", "\"x.y\"", "a.\"b c\".d"]);
                self.one_of(&["is", "has"]);
                self.one_of(STRINGS);
            }
            4 => {
                self.one_of(&["subject", "scope", "audience"]);
                self.token("in");
                self.list(1);
            }
            5 => {
                self.one_of(&["scope", "audience"]);
                self.token("has");
                self.one_of(STRINGS);
            }
            _ => self.name(),
        }
    }

    fn list(&mut self, least: usize) {
        self.token("[");
        self.round += 1;
        let values = least + self.random.below(3);
        for value in 0..values {
            self.one_of(STRINGS);
            if value + 1 < values || self.chance(3) {
                self.token(",");
            }
        }
        self.token("]");
        self.round -= 1;
    }

    fn issuer_line(&mut self) {
        match self.random.below(8) {
            0 => {
                self.token("url");
                self.text();
            }
            1 => {
                self.one_of(&["jwks", "jwks file"]);
                self.one_of(STRINGS);
            }
            2 => {
                self.token("audience");
                self.texts();
            }
            3 => {
                self.one_of(&["token header", "token query", "token cookie"]);
                self.text();
            }
            4 => {
                self.token("token header");
                self.text();
                self.token("prefix");
                self.text();
            }
            5 => self.one_of(&["forward", "subject optional"]),
            _ => {
                self.token("claims");
                self.block(4, |w| {
                    w.one_of(&["groups", "a.b", "\"https://x/y\"", "a.\"b c\""]);
                    w.token(":");
                    w.one_of(&["string", "list"]);
                });
            }
        }
    }

    fn gateway_line(&mut self) {
        match self.random.below(4) {
            0 => {
                self.token("http");
                self.text();
            }
            1 => {
                self.token("https");
                self.text();
                self.token("tls");
                self.text();
            }
            2 => self.token("redirect http to https"),
            _ => {
                self.one_of(&["hosts", "select"]);
                self.texts();
            }
        }
    }

    fn app_line(&mut self) {
        match self.random.below(9) {
            0 => {
                self.one_of(&["hosts", "select"]);
                self.texts();
            }
            1 => {
                self.one_of(&["via", "issuers", "use"]);
                self.names();
            }
            2 => {
                self.token("service");
                self.text();
            }
            3 => {
                self.token("protocol");
                self.name();
            }
            4 => {
                self.token("cors");
                self.block(5, Self::cors_line);
            }
            5 => {
                self.token("host");
                self.texts();
                self.block(4, Self::host_line);
            }
            _ => self.route(),
        }
    }

    fn host_line(&mut self) {
        if self.chance(4) {
            self.token("use");
            self.names();
        } else {
            self.route();
        }
    }

    fn cors_line(&mut self) {
        match self.random.below(4) {
            0 => {
                self.one_of(&["origins", "headers", "expose"]);
                self.texts();
            }
            1 => {
                self.token("methods");
                self.methods();
            }
            2 => self.token("credentials"),
            _ => {
                self.token("max-age");
                self.text();
            }
        }
    }

    fn methods(&mut self) {
        for _ in 0..=self.random.below(3) {
            self.one_of(METHODS);
        }
    }

    fn route(&mut self) {
        self.methods();
        self.one_of(PATHS);
        match self.random.below(4) {
            0 => self.token("public"),
            1 => self.token("deny"),
            2 => {
                self.token("redirect");
                self.one_of(&["/x", "\"https://x/${y}\""]);
                if self.chance(2) {
                    self.one_of(&["301", "\"302\""]);
                }
            }
            _ => {
                self.token("require");
                self.requirement(2);
            }
        }
        if self.chance(4) {
            self.block(4, |w| match w.random.below(3) {
                0 => {
                    w.one_of(&["timeout", "retries"]);
                    w.text();
                }
                1 => {
                    w.token("rewrite");
                    w.one_of(PATHS);
                }
                _ => {
                    w.token("to");
                    w.one_of(&["shop", "ns/shop"]);
                    w.one_of(&["10%", "${x}%"]);
                }
            });
        }
    }

    fn case(&mut self) {
        self.one_of(METHODS);
        self.one_of(&["a/b", "https://a:1/b?c=d", "\"a b\""]);
        if self.chance(2) {
            self.token("with");
            if self.chance(4) {
                self.token("garbage");
            } else {
                self.one_of(&["corp", "b"]);
                for _ in 0..self.random.below(3) {
                    self.one_of(&["expired", "signed by nobody", "audience \"x\"", "without subject"]);
                }
                if self.chance(2) {
                    self.block(4, |w| {
                        w.one_of(&["groups", "a.b", "\"x y\""]);
                        match w.random.below(3) {
                            0 => w.list(0),
                            1 => w.one_of(STRINGS),
                            _ => w.one_of(&["true", "false", "12"]),
                        }
                    });
                }
            }
        }
        self.token("=>");
        self.one_of(&["shop", "ns/shop", "refused", "not found", "redirect", "401"]);
    }

    fn invariant(&mut self) {
        if self.chance(2) {
            self.token("always");
            self.one_of(&["shop", "ns/shop"]);
            if self.chance(2) {
                self.token("at");
                self.one_of(PATHS);
            }
            self.token("requires");
            self.requirement(2);
            return;
        }
        self.token("never");
        if self.chance(2) {
            self.token("public");
        } else {
            self.requirement(2);
        }
        self.token("reaches");
        self.one_of(&["shop", "ns/shop"]);
        if self.chance(2) {
            self.token("at");
            self.one_of(PATHS);
        }
        if self.chance(2) {
            self.token("except");
            self.methods();
            self.one_of(&["/x", "\"/a b\""]);
            if self.chance(2) {
                self.token(",");
                self.methods();
                self.one_of(&["/x", "\"/a b\""]);
            }
        }
    }
}
