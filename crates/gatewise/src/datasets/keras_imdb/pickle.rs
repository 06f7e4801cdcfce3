//! A restricted reader of Python pickles: rows of integers.
//!
//! Input: the pickle stream that `numpy.save` writes for an array of lists, untrusted. Output: the rows. A
//! pickle is a program, and Python executes the functions that it names. This reader supports the names that
//! rebuild a NumPy array, builds numbers and lists only, and refuses every other name.
//!
//! All values are table entries, referred to by index. Nothing is nested in memory, so that deep nesting
//! cannot exhaust the stack. The size of the tables is bounded by the number of rows in the `.npy` header.

use super::MOST_ROWS;
use super::pickle_stream::{LONGEST_TEXT, Refused, Stream};
use crate::error::{Error, Result};
use crate::rows::Sequences;
use std::collections::HashMap;
use std::io::BufRead;

/// The maximum size of the stack. Python pushes a thousand list elements at a time.
const MOST_STACK: usize = 1 << 20;
/// The maximum number of strings, tuples and open marks. An array of lists has about ten of each.
const MOST_PARTS: usize = 1_000;

/// A value on the stack. A value with an index is in the table of its variant.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Value {
    None,
    Bool,
    Int(i64),
    Text(usize),
    Tuple(usize),
    List(usize),
    Global(Global),
    /// A `dtype`, and whether its elements are Python objects.
    Dtype {
        objects: bool,
    },
    Array,
}

/// The supported names.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Global {
    Reconstruct,
    Ndarray,
    Dtype,
}

#[derive(Debug)]
enum List {
    Rows(Vec<usize>),
    Ints(Vec<u32>),
}

/// Reads the pickled array of lists in `from`; `rows` is the length in the header of `name`.
pub(super) fn rows(from: &mut impl BufRead, name: &str, rows: u64) -> Result<Sequences> {
    if rows > MOST_ROWS {
        return Err(Error::data(format!("{name} declares {rows} rows; at most {MOST_ROWS} are read")));
    }
    let mut machine = Machine {
        from: Stream { from, read: 0 },
        most_lists: rows as usize + MOST_PARTS,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        texts: Vec::new(),
        tuples: Vec::new(),
        lists: Vec::new(),
        content: None,
    };
    let found = machine.run().and_then(|()| machine.finish(rows as usize));
    found.map_err(|what| {
        Error::data(format!(
            "{name} cannot be read as an array of lists of whole numbers: {what} (at byte {} of the pickle)",
            machine.from.read
        ))
    })
}

struct Machine<'a, R> {
    from: Stream<'a, R>,
    /// The maximum number of lists and of memoized values. Each row is one list.
    most_lists: usize,
    stack: Vec<Value>,
    /// The stack sizes at open marks.
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    texts: Vec<String>,
    tuples: Vec<Vec<Value>>,
    lists: Vec<List>,
    /// The content of the array.
    content: Option<usize>,
}

impl<R: BufRead> Machine<'_, R> {
    fn run(&mut self) -> Refused<()> {
        loop {
            let [opcode] = self.from.bytes()?;
            match opcode {
                b'K' => self.from.bytes::<1>().and_then(|b| self.push(Value::Int(b[0].into())))?,
                b'M' => {
                    self.from.bytes().and_then(|b| self.push(Value::Int(u16::from_le_bytes(b).into())))?
                }
                b'J' => {
                    self.from.bytes().and_then(|b| self.push(Value::Int(i32::from_le_bytes(b).into())))?
                }
                0x8a => self.long1()?,
                b'I' => self.decimal()?,
                0x80 => {
                    let [version] = self.from.bytes()?;
                    if version > 5 {
                        return Err(format!("it has pickle protocol {version}; up to 5 are known"));
                    }
                }
                0x95 => {
                    // A frame is a read-ahead hint, which a BufRead does not need.
                    self.from.bytes::<8>()?;
                }
                b'(' => {
                    room(self.marks.len(), MOST_PARTS, "open marks")?;
                    self.marks.push(self.stack.len());
                }
                b']' => self.list()?,
                b'a' => {
                    let value = self.pop()?;
                    self.append(&[value])?;
                }
                b'e' => {
                    let values = self.pop_mark()?;
                    self.append(&values)?;
                }
                b')' => self.tuple(0)?,
                0x85..=0x87 => self.tuple(usize::from(opcode - 0x84))?,
                b't' => {
                    let values = self.pop_mark()?;
                    self.make_tuple(values)?;
                }
                b'N' => self.push(Value::None)?,
                0x88 | 0x89 => self.push(Value::Bool)?,
                b'U' | b'C' | 0x8c => {
                    let [length] = self.from.bytes()?;
                    self.text(length.into())?;
                }
                b'T' | b'B' | b'X' => {
                    let length = u32::from_le_bytes(self.from.bytes()?);
                    self.text(length as usize)?;
                }
                b'c' => {
                    let (module, attribute) = (self.from.line()?, self.from.line()?);
                    self.global(&module, &attribute)?;
                }
                0x93 => {
                    let (attribute, module) = (self.pop()?, self.pop()?);
                    let (Value::Text(attribute), Value::Text(module)) = (attribute, module) else {
                        return Err("a name is not a string".into());
                    };
                    let (module, attribute) = (self.texts[module].clone(), self.texts[attribute].clone());
                    self.global(&module, &attribute)?;
                }
                b'R' => self.reduce()?,
                b'b' => self.build()?,
                0x94 => self.put(self.memo.len() as u32)?,
                b'q' => self.from.bytes::<1>().and_then(|b| self.put(b[0].into()))?,
                b'r' => self.from.bytes().and_then(|b| self.put(u32::from_le_bytes(b)))?,
                b'h' => self.from.bytes::<1>().and_then(|b| self.get(b[0].into()))?,
                b'j' => self.from.bytes().and_then(|b| self.get(u32::from_le_bytes(b)))?,
                b'.' => return Ok(()),
                other => {
                    return Err(format!(
                        "it uses the pickle opcode {:?}, which no array of lists of whole numbers needs",
                        char::from(other)
                    ));
                }
            }
        }
    }

    /// Returns the rows after the end of the stream.
    fn finish(&mut self, declared: usize) -> Refused<Sequences> {
        if self.stack != [Value::Array] {
            return Err("it does not hold one NumPy array".into());
        }
        let content = self.content.ok_or("the array was never filled")?;
        let empty = Vec::new();
        let rows = match &self.lists[content] {
            List::Rows(rows) => rows,
            List::Ints(ints) if ints.is_empty() => &empty,
            List::Ints(_) => return Err("its rows are numbers, not lists".into()),
        };
        if rows.len() != declared {
            return Err(format!("it holds {} rows, but the header declares {declared}", rows.len()));
        }
        let mut out = Sequences::with_capacity(rows.len(), 0);
        for &row in rows {
            let List::Ints(ints) = &self.lists[row] else {
                return Err("a row holds a list where numbers are expected".into());
            };
            // A reference to a row takes two bytes of the file; an element of a row takes at least two bytes.
            if (out.ids().len() + ints.len()) as u64 > self.from.read {
                return Err("its rows are copies of one another, far larger than the file".into());
            }
            out.push(ints.iter().copied());
        }
        Ok(out)
    }

    fn push(&mut self, value: Value) -> Refused<()> {
        if self.stack.len() >= MOST_STACK {
            return Err(format!("its stack grows beyond {MOST_STACK} entries"));
        }
        self.stack.push(value);
        Ok(())
    }

    /// Pops the top of the stack, which must be above the last open mark.
    fn pop(&mut self) -> Refused<Value> {
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err("its stack runs empty".into());
        }
        self.stack.pop().ok_or_else(|| "its stack runs empty".into())
    }

    /// Pops the values above the last mark, and the mark.
    fn pop_mark(&mut self) -> Refused<Vec<Value>> {
        let mark = self.marks.pop().ok_or("a mark is missing")?;
        // `pop` never goes below a mark.
        Ok(self.stack.split_off(mark))
    }

    fn list(&mut self) -> Refused<()> {
        room(self.lists.len(), self.most_lists, "lists")?;
        self.lists.push(List::Ints(Vec::new()));
        self.push(Value::List(self.lists.len() - 1))
    }

    /// Appends to the list on top of the stack.
    fn append(&mut self, values: &[Value]) -> Refused<()> {
        let Some(&Value::List(list)) = self.stack.last() else {
            return Err("it appends to what is not a list".into());
        };
        let list = &mut self.lists[list];
        for &value in values {
            match (&mut *list, value) {
                (List::Ints(ints), Value::Int(int)) => ints.push(
                    u32::try_from(int)
                        .map_err(|_| format!("{int} is not a word's rank (0 to 4294967295)"))?,
                ),
                (List::Ints(ints), Value::List(row)) if ints.is_empty() => *list = List::Rows(vec![row]),
                // Rows may repeat for two bytes each; the header bounds their number.
                (List::Rows(rows), Value::List(row)) if rows.len() < self.most_lists => rows.push(row),
                _ => return Err("a list holds more than numbers, or more than lists of numbers".into()),
            }
        }
        Ok(())
    }

    fn tuple(&mut self, length: usize) -> Refused<()> {
        let mut values = Vec::with_capacity(length);
        for _ in 0..length {
            values.push(self.pop()?);
        }
        values.reverse();
        self.make_tuple(values)
    }

    fn make_tuple(&mut self, values: Vec<Value>) -> Refused<()> {
        room(self.tuples.len(), MOST_PARTS, "tuples")?;
        if values.len() > 16 {
            return Err(format!("it has a tuple of {} elements", values.len()));
        }
        self.tuples.push(values);
        self.push(Value::Tuple(self.tuples.len() - 1))
    }

    fn text(&mut self, length: usize) -> Refused<()> {
        room(self.texts.len(), MOST_PARTS, "strings")?;
        if length > LONGEST_TEXT {
            return Err(format!("it has a string of {length} bytes"));
        }
        let mut bytes = vec![0; length];
        self.from.fill(&mut bytes)?;
        self.texts.push(String::from_utf8_lossy(&bytes).into_owned());
        self.push(Value::Text(self.texts.len() - 1))
    }

    /// `I`: a decimal number of protocol 0; `I00` and `I01` are booleans.
    fn decimal(&mut self) -> Refused<()> {
        let line = self.from.line()?;
        match line.as_str() {
            "00" | "01" => self.push(Value::Bool),
            _ => {
                let int = line.trim().parse().map_err(|_| format!("{line:?} is not a whole number"))?;
                self.push(Value::Int(int))
            }
        }
    }

    /// `LONG1`: a length, and that many bytes of a signed little-endian number.
    fn long1(&mut self) -> Refused<()> {
        let [length @ 0..=8] = self.from.bytes()? else {
            return Err("it has a number of more than 64 bits".into());
        };
        let mut bytes = [0; 8];
        self.from.fill(&mut bytes[..usize::from(length)])?;
        let unused = 64 - 8 * u32::from(length);
        let int = i64::from_le_bytes(bytes).checked_shl(unused).map_or(0, |int| int >> unused);
        self.push(Value::Int(int))
    }

    fn global(&mut self, module: &str, attribute: &str) -> Refused<()> {
        let global = match (module, attribute) {
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Global::Reconstruct,
            ("numpy", "ndarray") => Global::Ndarray,
            ("numpy", "dtype") => Global::Dtype,
            _ => {
                return Err(format!(
                    "it asks to load {module}.{attribute}, which is refused: a data file needs nothing but \
                     NumPy's arrays, so this one is damaged or malicious; fetch it again from its publisher"
                ));
            }
        };
        self.push(Value::Global(global))
    }

    /// A call. Only the constructors of an array and of its element type are supported.
    fn reduce(&mut self) -> Refused<()> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let Value::Tuple(arguments) = arguments else {
            return Err("it calls without arguments".into());
        };
        let made = match (callable, &self.tuples[arguments][..]) {
            (Value::Global(Global::Reconstruct), [Value::Global(Global::Ndarray), ..]) => Value::Array,
            (Value::Global(Global::Dtype), [Value::Text(text), ..]) => {
                let name = self.texts[*text].trim_start_matches(['|', '<', '>', '=']);
                Value::Dtype { objects: name.starts_with('O') }
            }
            _ => return Err("it calls something other than what rebuilds a NumPy array".into()),
        };
        self.push(made)
    }

    /// Fills an array, or completes a `dtype`.
    fn build(&mut self) -> Refused<()> {
        let state = self.pop()?;
        let Value::Tuple(state) = state else {
            return Err("an array is filled with something unknown".into());
        };
        match (self.stack.last(), &self.tuples[state][..]) {
            (Some(Value::Dtype { .. }), _) => Ok(()),
            // Version, shape, element type, order, content. The shape is checked against the header's.
            (
                Some(Value::Array),
                [
                    Value::Int(_),
                    Value::Tuple(_),
                    Value::Dtype { objects: true },
                    Value::Bool,
                    Value::List(list),
                ],
            ) if self.content.is_none() => {
                self.content = Some(*list);
                Ok(())
            }
            _ => Err("an array is filled with something other than a list of objects".into()),
        }
    }

    fn put(&mut self, index: u32) -> Refused<()> {
        room(self.memo.len(), self.most_lists, "remembered values")?;
        let value = *self.stack.last().ok_or("its stack runs empty")?;
        self.memo.insert(index, value);
        Ok(())
    }

    fn get(&mut self, index: u32) -> Refused<()> {
        let value = *self.memo.get(&index).ok_or("it recalls what it never remembered")?;
        self.push(value)
    }
}

/// Refuses a table that is larger than the declared rows need.
fn room(table: usize, most: usize, of: &str) -> Refused<()> {
    match table < most {
        true => Ok(()),
        false => Err(format!("it has more {of} than the rows that its header declares can need")),
    }
}
