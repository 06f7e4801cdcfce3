//! The shape of a JSON file: an object per line, objects one after the other, or a list of objects.
//!
//! Input: the first bytes of a file. Output: [`Shape`], or the reason why it holds no records; and [`Scan`], which finds the
//! end of a value.

/// How the records of a JSON file are laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Shape {
    /// One object per line.
    Lines,
    /// Objects that span lines, one after the other.
    Objects,
    /// A list of objects, whose first element comes after `skip` bytes. It is the file, or the value of `key`.
    List { skip: usize, key: Option<String> },
}

/// The state of a scan over JSON: how deep it is nested, and whether the scan is inside a string.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Scan {
    depth: usize,
    in_string: bool,
    escaped: bool,
    begun: bool,
}

impl Scan {
    /// Takes the next byte of a value; returns whether the value ends with it.
    fn byte(&mut self, byte: u8) -> bool {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => {
                    self.in_string = false;
                    return self.depth == 0;
                }
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }

    /// Returns how many of `bytes`, the next ones, belong to the value, and whether it ends there.
    pub fn value(&mut self, bytes: &[u8]) -> (usize, bool) {
        for (at, &byte) in bytes.iter().enumerate() {
            let plain = self.begun && self.depth == 0 && !self.in_string;
            if plain && (byte.is_ascii_whitespace() || matches!(byte, b',' | b']' | b'}' | b'{' | b'[')) {
                return (at, true);
            }
            self.begun = true;
            if self.byte(byte) {
                return (at + 1, true);
            }
        }
        (bytes.len(), false)
    }
}

/// What is at the first level of an object.
#[derive(Debug, Default)]
struct Outline {
    keys: usize,
    /// The number of values that are lists or objects.
    nested: usize,
    /// The values that are lists of objects: their keys, and where their first element starts.
    lists: Vec<(String, usize)>,
    /// Where the object ends.
    end: Option<usize>,
}

fn after_space(bytes: &[u8], from: usize) -> Option<(usize, u8)> {
    let at = bytes.get(from..)?.iter().position(|byte| !byte.is_ascii_whitespace())?;
    Some((from + at, bytes[from + at]))
}

/// Returns what is in the object that starts at `from`.
fn outline(bytes: &[u8], from: usize) -> Outline {
    let (mut outline, mut scan) = (Outline::default(), Scan::default());
    let mut string = from..from;
    for (at, &byte) in bytes.iter().enumerate().skip(from) {
        let before = scan;
        let ended = scan.byte(byte);
        match (before.depth, before.in_string, byte) {
            (1, false, b'"') => string.start = at + 1,
            (1, true, b'"') if !scan.in_string => string.end = at,
            (1, false, b':') => outline.keys += 1,
            (1, false, b'{') => outline.nested += 1,
            (1, false, b'[') => {
                outline.nested += 1;
                if let Some((first, b'{')) = after_space(bytes, at + 1) {
                    let key = bytes.get(string.clone()).unwrap_or_default();
                    outline.lists.push((String::from_utf8_lossy(key).into_owned(), first));
                }
            }
            _ => {}
        }
        if ended {
            outline.end = Some(at + 1);
            break;
        }
    }
    outline
}

/// Returns whether `rest`, what follows a list in an object, has more lists of objects.
pub(super) fn has_lists(rest: &[u8]) -> bool {
    !outline(&[b"{", rest].concat(), 0).lists.is_empty()
}

/// Returns the shape of a file that starts with `first`, which is all of it if `whole` is set. `lines` is whether an
/// object per line is expected.
pub(super) fn shape(first: &[u8], whole: bool, lines: bool) -> Result<Shape, String> {
    let expected = "a list of objects, such as [{\"text\": \"…\", \"label\": \"…\"}, …], or an object per line was expected";
    let Some((start, byte)) = after_space(first, 0) else { return Ok(Shape::Lines) };
    if byte == b'[' {
        let list = |what: &str| Err(format!("the file is a list of {what}, but {expected}"));
        return match after_space(first, start + 1) {
            Some((skip, b'{')) => Ok(Shape::List { skip, key: None }),
            Some((_, b'[')) => list("lists without names"),
            Some((_, b']')) | None => Err("the list is empty".into()),
            Some((_, b'"')) => list("texts without labels"),
            Some(_) => list("plain values"),
        };
    }
    if byte != b'{' {
        return Ok(Shape::Lines);
    }
    let Outline { keys, nested, lists, end } = outline(first, start);
    let object = &first[start..end.unwrap_or(first.len())];
    let spans = object.contains(&b'\n');
    let one = match end {
        Some(end) => whole && after_space(first, end).is_none(),
        None => !lists.is_empty(),
    };
    let one_of_lines = lines && !spans && keys > 1 && end.is_some();
    if !one || one_of_lines {
        return Ok(if spans { Shape::Objects } else { Shape::Lines });
    }
    match &*lists {
        [(key, skip)] => Ok(Shape::List { skip: *skip, key: Some(key.clone()) }),
        [] if nested > 1 && nested == keys => Err(format!(
            "the file is one object with a list or an object for each column, but {expected}; in pandas: \
             to_json(path, orient='records', lines=True)"
        )),
        [] => Ok(if spans { Shape::Objects } else { Shape::Lines }),
        lists => {
            let names: Vec<&str> = lists.iter().map(|(key, _)| key.as_str()).collect();
            Err(format!(
                "the file is one object with several lists of objects ({}); write the one to read into a file of its own",
                names.join(", ")
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_show_the_shape() {
        let list = |skip, key: &str| Ok(Shape::List { skip, key: Some(key.into()) });
        for (text, lines, wanted) in [
            ("", false, Ok(Shape::Lines)),
            ("{\"a\":1}\n{\"a\":2}\n", false, Ok(Shape::Lines)),
            ("{\"a\":[{}]}\n{\"a\":[]}\n", false, Ok(Shape::Lines)),
            ("{\"a\":1}", false, Ok(Shape::Lines)),
            ("{\"a\":\"x\",\"b\":[{\"c\":1}]}\n", true, Ok(Shape::Lines)),
            ("{\n\"a\": 1\n}\n{\n\"a\": 2\n}\n", false, Ok(Shape::Objects)),
            (" [ {\"a\":1}]", false, Ok(Shape::List { skip: 3, key: None })),
            ("{\"version\":\"[{\",\"data\": [\n{\"a\":1}]}", false, list(26, "data")),
            ("{\"data\":[{\"a\":1}]}", true, list(9, "data")),
        ] {
            assert_eq!(shape(text.as_bytes(), true, lines), wanted, "{text}");
        }
        // The first object is longer than what is looked at.
        assert_eq!(shape(b"{\"data\":[{\"a\":1},{\"a\"", false, false), list(9, "data"));
        assert_eq!(shape(b"{\"text\":\"long", false, false), Ok(Shape::Lines));
        for (text, says) in [
            ("[]", "the list is empty"),
            ("[[1]]", "lists without names"),
            ("[\"a\"]", "texts without labels"),
            ("[1]", "plain values"),
            ("{\"text\":[\"a\"],\"label\":[1]}", "orient='records'"),
            ("{\"train\":[{}],\"test\":[{}]}", "several lists of objects (train, test)"),
        ] {
            assert!(shape(text.as_bytes(), true, false).unwrap_err().contains(says), "{text}");
        }
    }

    #[test]
    fn values_end_wherever_the_bytes_are_split() {
        for (text, length) in [
            ("{\"a\":\"}\\\"{\",\"b\":[{}]},", 21),
            ("\"a, b\" ", 6),
            ("12,", 2),
            ("true]", 4),
            ("[1,[2]]]", 7),
            ("}}", 1),
        ] {
            for split in 0..=text.len() {
                let (head, tail) = text.as_bytes().split_at(split);
                let mut scan = Scan::default();
                let (first, done) = scan.value(head);
                let all = if done { first } else { first + scan.value(tail).0 };
                assert_eq!(all, length, "{text} at {split}");
            }
        }
    }
}
