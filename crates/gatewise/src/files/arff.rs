//! Weka's ARFF: the header, and the fields of a row.
//!
//! Input: lines of an ARFF file. Output: the attributes, and the values of a row, `None` where one is missing.

use std::borrow::Cow;

/// The type of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// `numeric`, `real` or `integer`.
    Number,
    /// `string` or `date`.
    Text,
    /// `{a, b}`: one of these.
    Nominal(Vec<String>),
    /// A table in each row: its attributes are not kept.
    Relational,
}

/// An attribute: a column of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attribute {
    pub name: String,
    pub kind: Kind,
}

/// The header so far.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub attributes: Vec<Attribute>,
    /// The relational attribute whose own attributes are being declared.
    inside: Option<String>,
}

/// Returns whether a line is empty or a comment.
pub(super) fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    line.is_empty() || line.starts_with('%')
}

/// Returns whether a file starts like ARFF: its first line that is not a comment is `@relation` or `@attribute`.
pub(super) fn looks_like(text: &str) -> bool {
    let first = text.lines().find(|line| !is_comment(line)).unwrap_or_default();
    let key = first.split_whitespace().next().unwrap_or_default();
    ["@relation", "@attribute"].iter().any(|known| key.eq_ignore_ascii_case(known))
}

impl Header {
    /// Reads a line; returns whether it is `@data`, which ends the header.
    pub fn line(&mut self, line: &str) -> Result<bool, String> {
        if is_comment(line) {
            return Ok(false);
        }
        let line = line.trim();
        let (key, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match &*key.to_ascii_lowercase() {
            "@data" => Ok(true),
            "@relation" => Ok(false),
            "@end" => {
                self.inside = None;
                Ok(false)
            }
            "@attribute" => self.attribute(rest.trim()).map(|()| false),
            _ => Err(format!("'{key}' was found where @attribute or @data was expected")),
        }
    }

    fn attribute(&mut self, text: &str) -> Result<(), String> {
        let (name, rest) = match text.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                let (name, rest) =
                    quoted(text, quote).ok_or("the name of an attribute has no closing quote")?;
                (name.into_owned(), rest)
            }
            _ => {
                let end = text.find(|c: char| c.is_whitespace() || c == '{').unwrap_or(text.len());
                (text[..end].to_owned(), &text[end..])
            }
        };
        let rest = rest.trim();
        let word = rest.split(|c: char| c.is_whitespace() || c == '[').next().unwrap_or_default();
        let kind = match &*word.to_ascii_lowercase() {
            "numeric" | "real" | "integer" => Kind::Number,
            "string" | "date" => Kind::Text,
            "relational" => Kind::Relational,
            _ => {
                let inner = rest.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                let inner = inner.ok_or_else(|| {
                    format!(
                        "the attribute '{name}' has the type '{rest}', but numeric, string, date, relational or a list {{a, b}} was \
                         expected"
                    )
                })?;
                Kind::Nominal(fields(inner)?.into_iter().flatten().map(Cow::into_owned).collect())
            }
        };
        // The attributes of a relational attribute are the steps of its series.
        if self.inside.is_none() {
            if kind == Kind::Relational {
                self.inside = Some(name.clone());
            }
            self.attributes.push(Attribute { name, kind });
        }
        Ok(())
    }
}

/// Returns the text between `quote` at the start of `text` and the next one, with escapes resolved, and what follows.
fn quoted(text: &str, quote: char) -> Option<(Cow<'_, str>, &str)> {
    let body = &text[quote.len_utf8()..];
    let plain = body.find([quote, '\\'])?;
    if body[plain..].starts_with(quote) {
        return Some((Cow::Borrowed(&body[..plain]), &body[plain + 1..]));
    }
    let mut value = String::new();
    let mut chars = body.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                't' => value.push('\t'),
                'r' => value.push('\r'),
                other => value.push(other),
            },
            c if c == quote => return Some((Cow::Owned(value), &body[at + 1..])),
            c => value.push(c),
        }
    }
    None
}

/// Returns the values of a row; a missing value (`?`) is `None`.
pub(super) fn fields(line: &str) -> Result<Vec<Option<Cow<'_, str>>>, String> {
    let mut fields = Vec::new();
    let mut rest = line.trim();
    if rest.starts_with('{') {
        return Err(
            "this is a sparse row {…}, which is not read; convert the file, for example with Weka's filter \
                    SparseToNonSparse"
                .into(),
        );
    }
    loop {
        rest = rest.trim_start();
        let next = match rest.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                let (value, after) =
                    quoted(rest, quote).ok_or("a quotation mark that opens a value here is never closed")?;
                fields.push(Some(value));
                after.trim_start()
            }
            Some('{') => return Err("the weight of a row {…} is not read; remove it".into()),
            _ => {
                let end = rest.find(',').unwrap_or(rest.len());
                let value = rest[..end].trim();
                fields.push((value != "?").then_some(Cow::Borrowed(value)));
                &rest[end..]
            }
        };
        match next.strip_prefix(',') {
            Some(more) => rest = more,
            None if next.is_empty() => return Ok(fields),
            None => return Err(format!("'{next}' follows a quoted value, but a comma was expected")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_have_names_and_types() {
        let mut header = Header::default();
        let text = "% c\n@RELATION x\n@attribute 'a b' NUMERIC\n@attribute r relational\n @attribute t0 numeric\n@end r\n\
                    @attribute text string\n@attribute class {x, 'y z'}\n";
        assert!(looks_like(text) && !looks_like("a,b\n@relation"));
        assert!(text.lines().all(|line| !header.line(line).unwrap()));
        assert!(header.line("@DATA").unwrap());
        let nominal = Kind::Nominal(vec!["x".into(), "y z".into()]);
        let wanted =
            [("a b", Kind::Number), ("r", Kind::Relational), ("text", Kind::Text), ("class", nominal)];
        assert_eq!(header.attributes, wanted.map(|(name, kind)| Attribute { name: name.into(), kind }));
        assert!(header.line("@attribute a complex").unwrap_err().contains("the type 'complex'"));
    }

    #[test]
    fn fields_are_plain_quoted_or_missing() {
        let of = |line| {
            let fields = fields(line)?;
            Ok::<_, String>(fields.into_iter().map(|field| field.map(Cow::into_owned)).collect::<Vec<_>>())
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            of("1, ?,'it\\'s, so\\n' ,\"b\""),
            Ok(vec![some("1"), None, some("it's, so\n"), some("b")])
        );
        assert_eq!(of("'?',"), Ok(vec![some("?"), some("")]));
        for (line, says) in
            [("{1 x}", "sparse"), ("1,{2}", "weight"), ("'a", "never closed"), ("'a'b", "a comma")]
        {
            assert!(of(line).unwrap_err().contains(says), "{line}");
        }
    }
}
