//! What a small training gives on this machine, as a SHA-256 for each instruction set and number of
//! threads: the same line everywhere. `tools/cross/check` compares processors with it.

use gatewise::layers::{Activation, Dense, Embedding, Lstm};
use gatewise::rng::{Purpose, Random};
use gatewise::rows::{Dataset, Padding, Sequences};
use gatewise::{Fit, Isa, Sequential};
use sha2::{Digest, Sha256};

fn main() -> gatewise::Result<()> {
    let mut random = Random::new(1, Purpose::Data, 0);
    let rows: Sequences =
        (0..300).map(|row| (0..row % 40).map(|_| 1 + random.below(199) as u32).collect::<Vec<_>>()).collect();
    let targets = (0..300).map(|_| random.below(2) as f32).collect::<Vec<f32>>();
    let data = Dataset::new(rows, targets)?.with_padding(Padding::to(30));
    for isa in Isa::available() {
        for threads in [1, 3] {
            let mut model = Sequential::new()
                .with(Embedding::new(200, 15))
                .with(Lstm::new(33).return_sequences(true))
                .with(Lstm::new(10))
                .with(Dense::new(1).activation(Activation::Sigmoid))
                .compile(1)?;
            Fit::new().epochs(2).learning_rate(0.01).isa(isa).threads(threads).run(&mut model, &data)?;
            let bytes: Vec<u8> = model.params().values().iter().flat_map(|w| w.to_le_bytes()).collect();
            let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            println!("{digest} {isa}, {threads} threads");
        }
    }
    Ok(())
}
