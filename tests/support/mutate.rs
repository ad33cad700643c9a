//! Broken programs: a correct one with a few bytes changed.

use super::generate::Random;

const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "#",
    "\n",
    "\r",
    "\\",
    "$",
    "${",
    "${x}",
    ",",
    " ",
    "/",
    "=>",
    "=",
    "app x {",
    "GET",
    "\u{feff}",
    "\u{2028}",
    "é",
    "\0",
    "\n}\n",
    "policy a = b\n",
    "not",
    "\\u{",
    "%",
];

/// A text with some pieces put in, taken out or doubled. Always valid UTF-8.
pub fn mutate(text: &str, seed: u64) -> String {
    let mut random = Random::new(seed);
    let mut text = text.to_string();
    for _ in 0..=random.below(5) {
        let at = boundary(&text, random.below(text.len() + 1));
        match random.below(4) {
            0 => text.insert_str(at, PIECES[random.below(PIECES.len())]),
            1 => {
                let end = boundary(&text, (at + random.below(20)).min(text.len())).max(at);
                text.replace_range(at..end, "");
            }
            2 => {
                let end = boundary(&text, (at + random.below(60)).min(text.len())).max(at);
                let copy = text[at..end].to_string();
                let to = boundary(&text, random.below(text.len() + 1));
                text.insert_str(to, &copy);
            }
            _ => {
                let end = (at..=text.len()).find(|&i| i > at && text.is_char_boundary(i)).unwrap_or(at);
                text.replace_range(at..end, PIECES[random.below(PIECES.len())]);
            }
        }
    }
    text
}

fn boundary(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}
