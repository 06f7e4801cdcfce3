//! Damage that no checksum sees: the checksums are made right before the model is read.
#![no_main]

use gatewise::Artifact;
use libfuzzer_sys::fuzz_target;
use safetensors::SafeTensors;
use serde_json::Value;
use sha2::{Digest, Sha256};

fuzz_target!(|bytes: &[u8]| {
    if let Some(sealed) = resealed(bytes)
        && let Ok(artifact) = Artifact::from_bytes(&sealed)
    {
        let _ = artifact.predict(&["a good film", ""]);
        // What it would not read again it does not write.
        let _ = artifact.to_bytes();
    }
});

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

fn resealed(bytes: &[u8]) -> Option<Vec<u8>> {
    let tensors = SafeTensors::deserialize(bytes).ok()?;
    let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
    let (_, json) = header.metadata().as_ref()?.get("gatewise")?.split_once('\n')?;
    let mut metadata: Value = serde_json::from_str(json).ok()?;
    let mut names = tensors.names();
    names.sort_unstable();
    let mut hash = Sha256::new();
    for name in names {
        hash.update(tensors.tensor(name).ok()?.data());
    }
    *metadata.get_mut("weights_sha256")? = hex(hash.finalize()).into();
    let json = metadata.to_string();
    let entry = format!("{}\n{json}", hex(Sha256::digest(&json)));
    let views: Vec<_> = tensors.iter().collect();
    safetensors::serialize(views, Some([("gatewise".to_owned(), entry)].into())).ok()
}
