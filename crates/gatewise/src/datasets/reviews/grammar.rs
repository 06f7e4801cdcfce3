//! A context-free grammar whose symbols have a side.
//!
//! Input: the text of a grammar (its notation is documented at the top of `grammar.txt`), a random number
//! stream and a side. Output: a text.

use std::collections::HashMap;

use crate::rng::Random;

/// A parsed grammar with resolved names.
pub(super) struct Grammar {
    rules: Vec<Rule>,
}

/// The choices of a rule by side: `[minus, plus]`.
type Rule = [Vec<Choice>; 2];
type Choice = Vec<Part>;

#[derive(Clone)]
enum Part {
    Words(&'static str),
    Symbol { rule: usize, turn: Turn },
}

/// The side of a symbol, relative to the side of its rule.
#[derive(Clone, Copy, PartialEq)]
enum Turn {
    Same,
    Other,
    Lot,
}

impl Grammar {
    /// Parses a grammar. The text is part of this crate, so that an error in it is a bug: the function panics
    /// with the line or the name.
    pub(super) fn parse(text: &'static str) -> Self {
        let mut names = HashMap::new();
        let mut rules: Vec<Rule> = Vec::new();
        let mut open = None; // the rule and its sides that the next line continues
        let mut bodies = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            let body = if line.starts_with(' ') {
                line
            } else {
                let (name, body) = line.split_once(':').unwrap_or_else(|| panic!("not a rule: {line}"));
                let (name, sides) = match name.strip_suffix(['-', '+']) {
                    None => (name, 0..2),
                    Some(stem) => (stem, if name.ends_with('-') { 0..1 } else { 1..2 }),
                };
                let rule = *names.entry(name).or_insert_with(|| {
                    rules.push(Rule::default());
                    rules.len() - 1
                });
                open = Some((rule, sides));
                body
            };
            bodies.push((open.clone().expect("the first line names a rule"), body));
        }
        // Names may be used before their definition, so that choices are parsed in a second pass.
        for ((rule, sides), body) in bodies {
            // A continuation line starts with '|', and the text before it is not a choice.
            let body = body.trim_start().strip_prefix("| ").unwrap_or(body);
            for choice in body.split('|') {
                let (times, choice) = match choice.split_once('*') {
                    Some((times, rest)) => (times.trim().parse().expect("a weight is a number"), rest),
                    None => (1, choice),
                };
                let parts = parse_choice(choice.trim(), &names);
                for side in sides.clone() {
                    rules[rule][side].extend(std::iter::repeat_n(parts.clone(), times));
                }
            }
        }
        Self { rules }
    }

    /// Returns a text of the first rule, on `side` (0 minus, 1 plus).
    pub(super) fn text(&self, random: &mut Random, side: usize) -> String {
        let mut raw = String::new();
        self.expand(0, side, random, &mut raw);
        polish(&raw)
    }

    fn expand(&self, rule: usize, side: usize, random: &mut Random, out: &mut String) {
        let choices = &self.rules[rule][side];
        for part in &choices[random.below(choices.len())] {
            match *part {
                Part::Words(words) => out.push_str(words),
                Part::Symbol { rule, turn } => {
                    let side = match turn {
                        Turn::Same => side,
                        Turn::Other => 1 - side,
                        Turn::Lot => random.below(2),
                    };
                    self.expand(rule, side, random, out);
                }
            }
        }
    }
}

fn parse_choice(mut text: &'static str, names: &HashMap<&str, usize>) -> Choice {
    let mut parts = Vec::new();
    while let Some((words, rest)) = text.split_once('{') {
        let (symbol, rest) = rest.split_once('}').unwrap_or_else(|| panic!("no }} in: {text}"));
        let (name, turn) = match symbol.as_bytes().last() {
            Some(b'-') => (&symbol[..symbol.len() - 1], Turn::Other),
            Some(b'?') => (&symbol[..symbol.len() - 1], Turn::Lot),
            Some(b'+') => (&symbol[..symbol.len() - 1], Turn::Same),
            _ => (symbol, Turn::Same),
        };
        let rule = *names.get(name).unwrap_or_else(|| panic!("no rule is called {name}"));
        parts.push(Part::Words(words));
        parts.push(Part::Symbol { rule, turn });
        text = rest;
    }
    parts.push(Part::Words(text));
    parts
}

/// Normalizes the output of the rules: single spaces, "an" before a vowel, capitals after full stops.
fn polish(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut words = raw.split_whitespace().peekable();
    let mut opens = true;
    while let Some(word) = words.next() {
        if !text.is_empty() {
            text.push(' ');
        }
        let start = text.len();
        let vowel = |next: &&str| next.starts_with(['a', 'e', 'i', 'o', 'u']);
        let article = word == "a" && words.peek().is_some_and(vowel);
        text.push_str(if article { "an" } else { word });
        if opens {
            text[start..=start].make_ascii_uppercase();
        }
        opens = word.ends_with('.');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(grammar: &'static str, side: usize) -> String {
        Grammar::parse(grammar).text(&mut Random::new(1, crate::rng::Purpose::Data, 0), side)
    }

    #[test]
    fn sides_turn_as_the_notation_says() {
        let grammar = "all: {x+} {x-} {deep-}.\ndeep: {x+}{x-}\nx+: p\nx-: m\n";
        assert_eq!(text(grammar, 1), "P m mp.");
        assert_eq!(text(grammar, 0), "M p pm.");
    }

    #[test]
    fn continuation_lines_and_weights_add_choices() {
        let grammar = Grammar::parse("# remark\nall: a | 2* b\n  | c | \n");
        assert_eq!(grammar.rules[0][0].len(), 5, "the empty choice counts");
        assert_eq!(grammar.rules[0][1].len(), 5);
    }

    #[test]
    fn polish_mends_articles_spaces_and_capitals() {
        assert_eq!(polish("a  awful film. a dull one"), "An awful film. A dull one");
    }
}
