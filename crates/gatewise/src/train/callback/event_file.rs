//! TensorBoard's event files: protocol buffers in TFRecord frames.
//!
//! Input: scalars by tag and step. Output: records with checksums.
//!
//! A frame is the length of its record (u64, little-endian), the length's checksum, the record, its
//! checksum; a checksum is CRC-32C, rotated and shifted by a constant. Of the messages
//! `Event { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5;
//! SessionLog session_log = 7 }`, `Summary { repeated Value value = 1 }`,
//! `Value { string tag = 1; float simple_value = 2 }` and `SessionLog { SessionStatus status = 1 }` only
//! these fields are written.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// An open event file.
#[derive(Debug)]
pub(super) struct EventFile {
    file: File,
    path: PathBuf,
}

const VERSION: &[u8] = b"brain.Event:2";
/// `SessionLog::START`: readers discard events from its step on.
const START: u64 = 1;

impl EventFile {
    /// Creates a file in `folder` for a run whose first step is `from`. Names sort by time of creation.
    pub fn create(folder: &Path, from: u64) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(|e| Error::io("cannot make the folder", folder, e))?;
        let now = now();
        let (seconds, nanos, process) = (now.as_secs(), now.subsec_nanos(), std::process::id());
        let path = folder.join(format!("events.out.tfevents.{seconds:010}.{nanos:09}.{process}.gatewise"));
        let file = File::create(&path).map_err(|e| Error::io("cannot write", &path, e))?;
        let mut own = Self { file, path };
        let mut bytes = record(&event(now, 0, 3, VERSION));
        if from > 0 {
            bytes.extend(record(&event(now, from, 7, &varint(1, START))));
        }
        own.write(&bytes)?;
        Ok(own)
    }

    /// Writes `values` at `step`.
    pub fn scalars(&mut self, step: u64, values: &[(String, f64)]) -> Result<()> {
        self.write(&record(&event(now(), step, 5, &summary(values))))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|e| Error::io("cannot write", &self.path, e))
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// Returns a framed record.
fn record(data: &[u8]) -> Vec<u8> {
    let masked =
        |bytes: &[u8]| crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes();
    let length = (data.len() as u64).to_le_bytes();
    [&length[..], &masked(&length), data, &masked(data)].concat()
}

/// Returns an `Event` with one field of bytes.
fn event(time: Duration, step: u64, field: u8, bytes: &[u8]) -> Vec<u8> {
    let mut event = key(1, 1);
    event.extend(time.as_secs_f64().to_le_bytes());
    // Protocol buffers omit zero.
    if step > 0 {
        event.extend(varint(2, step));
    }
    event.extend(delimited(field, bytes));
    event
}

/// Returns a `Summary`.
fn summary(values: &[(String, f64)]) -> Vec<u8> {
    let value = |(tag, value): &(String, f64)| {
        let mut bytes = delimited(1, tag.as_bytes());
        bytes.extend(key(2, 5));
        bytes.extend((*value as f32).to_le_bytes());
        delimited(1, &bytes)
    };
    values.iter().flat_map(value).collect()
}

/// Returns the key of a field: its number and wire type (0 varint, 1 eight bytes, 2 length and bytes, 5 four
/// bytes).
fn key(field: u8, layout: u8) -> Vec<u8> {
    vec![field << 3 | layout]
}

fn varint(field: u8, value: u64) -> Vec<u8> {
    let mut bytes = key(field, 0);
    push_varint(&mut bytes, value);
    bytes
}

fn delimited(field: u8, value: &[u8]) -> Vec<u8> {
    let mut bytes = key(field, 2);
    push_varint(&mut bytes, value.len() as u64);
    bytes.extend(value);
    bytes
}

/// Appends a varint: seven bits per byte, lowest first; the eighth bit marks continuation.
fn push_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
