//! Any bytes are a model or an error; a model is written as the bytes that it was read from.
#![no_main]

use gatewise::Artifact;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(artifact) = Artifact::from_bytes(bytes) {
        assert_eq!(artifact.to_bytes().unwrap(), bytes, "read silently, though changed");
    }
});
