//! Control with a memory: a pole is balanced on a cart without seeing how fast anything moves.
//!
//! ```sh
//! cargo run --release --example cart_pole
//! ```
//!
//! The policy sees where the cart is and how far the pole leans, not their velocities: what to do depends on
//! what was seen before. An LSTM and a policy without memory are trained by the same evolution strategy with
//! the same budget, and then judged on 100 episodes that neither has seen. Fails unless the LSTM holds the
//! pole for 500 steps in at least 95 of them and the policy without memory does not.
//!
//! The seed decides everything; how many threads there are does not show. With the name of a CSV file, the lean of the pole at
//! every step of one unseen episode is written to it, for both policies.

use gatewise::layers::{Activation, Dense, Input, Lstm};
use gatewise::rng::{Purpose, Random};
use gatewise::rows::{Features, Padding};
use gatewise::{Model, Result, Sequential};

const SEED: u64 = 1;
const STEPS: usize = 500;

/// The cart and its pole, with the constants of Barto, Sutton and Anderson (1983) as Gym uses them.
#[derive(Debug, Clone, Copy)]
struct CartPole {
    /// Metres from the middle, and per second.
    x: f64,
    x_dot: f64,
    /// Radians from upright, and per second.
    theta: f64,
    theta_dot: f64,
}

impl CartPole {
    const GRAVITY: f64 = 9.8;
    const CART: f64 = 1.0;
    const POLE: f64 = 0.1;
    /// Half of the pole's length.
    const LENGTH: f64 = 0.5;
    const FORCE: f64 = 10.0;
    /// Seconds a step.
    const TAU: f64 = 0.02;
    const X_LIMIT: f64 = 2.4;
    const THETA_LIMIT: f64 = 12.0 * std::f64::consts::PI / 180.0;

    /// Near the middle, near upright, nearly still.
    fn start(random: &mut Random) -> Self {
        let mut near = || 0.1 * random.uniform() - 0.05;
        Self { x: near(), x_dot: near(), theta: near(), theta_dot: near() }
    }

    /// What the policy sees: both positions, in units of their limits.
    fn seen(&self) -> [f32; 2] {
        [(self.x / Self::X_LIMIT) as f32, (self.theta / Self::THETA_LIMIT) as f32]
    }

    /// Pushes to the right or to the left for one step (Euler's method); whether the pole still stands.
    fn push(&mut self, right: bool) -> bool {
        let force = if right { Self::FORCE } else { -Self::FORCE };
        let (sin, cos) = self.theta.sin_cos();
        let total = Self::CART + Self::POLE;
        let moment = Self::POLE * Self::LENGTH;
        let inner = (force + moment * self.theta_dot.powi(2) * sin) / total;
        let theta_acc = (Self::GRAVITY * sin - cos * inner)
            / (Self::LENGTH * (4.0 / 3.0 - Self::POLE * cos.powi(2) / total));
        let x_acc = inner - moment * theta_acc * cos / total;
        self.x += Self::TAU * self.x_dot;
        self.x_dot += Self::TAU * x_acc;
        self.theta += Self::TAU * self.theta_dot;
        self.theta_dot += Self::TAU * theta_acc;
        self.x.abs() <= Self::X_LIMIT && self.theta.abs() <= Self::THETA_LIMIT
    }
}

/// What is evolved: weights in the order of the model's parameters.
#[derive(Debug, Clone, Copy)]
enum Policy {
    /// `Input(2) → Lstm(n) → Dense(1)`.
    Memory(usize),
    /// Two layers: n hidden units, and one output.
    Memoryless(usize),
}

const INPUTS: usize = 2;

impl Policy {
    fn weights(self) -> usize {
        match self {
            Self::Memory(n) => 4 * n * (INPUTS + n + 1) + n + 1,
            Self::Memoryless(n) => n * (INPUTS + 1) + n + 1,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Memory(_) => "LSTM",
            Self::Memoryless(_) => "no memory",
        }
    }

    /// One step; positive pushes to the right. `state` holds h, then c.
    fn step(self, weights: &[f32], seen: [f32; 2], state: &mut [f32]) -> f32 {
        match self {
            Self::Memory(n) => {
                let (kernel, rest) = weights.split_at(INPUTS * 4 * n);
                let (recurrent, rest) = rest.split_at(n * 4 * n);
                let (bias, head) = rest.split_at(4 * n);
                let (h, c) = state.split_at_mut(n);
                let mut z = bias.to_vec();
                for (input, row) in
                    seen.iter().chain(&*h).zip(kernel.chunks(4 * n).chain(recurrent.chunks(4 * n)))
                {
                    z.iter_mut().zip(row).for_each(|(z, w)| *z += input * w);
                }
                for unit in 0..n {
                    let gate = |which: usize| 1.0 / (1.0 + (-z[which * n + unit]).exp());
                    c[unit] = gate(1) * c[unit] + gate(0) * z[2 * n + unit].tanh();
                    h[unit] = gate(3) * c[unit].tanh();
                }
                head[n] + h.iter().zip(head).map(|(h, w)| h * w).sum::<f32>()
            }
            Self::Memoryless(n) => {
                let (kernel, rest) = weights.split_at(INPUTS * n);
                let (bias, head) = rest.split_at(n);
                let hidden =
                    |unit: usize| (bias[unit] + seen[0] * kernel[unit] + seen[1] * kernel[n + unit]).tanh();
                head[n] + (0..n).map(|unit| hidden(unit) * head[unit]).sum::<f32>()
            }
        }
    }

    /// Steps that the pole stands in an episode, and all that was seen.
    fn episode(self, weights: &[f32], episode: u64, mut watch: impl FnMut([f32; 2], f32)) -> usize {
        let mut cart = CartPole::start(&mut Random::new(SEED, Purpose::Data, episode));
        let mut state = vec![0.0; 2 * self.units()];
        (0..STEPS)
            .find(|_| {
                let seen = cart.seen();
                let output = self.step(weights, seen, &mut state);
                watch(seen, output);
                !cart.push(output > 0.0)
            })
            .unwrap_or(STEPS)
    }

    fn units(self) -> usize {
        let (Self::Memory(n) | Self::Memoryless(n)) = self;
        n
    }

    /// Mean share of the steps over episodes.
    fn fitness(self, weights: &[f32], episodes: std::ops::Range<u64>) -> f64 {
        let count = (episodes.end - episodes.start) as f64;
        episodes.map(|episode| self.episode(weights, episode, |_, _| {}) as f64).sum::<f64>() / count
    }
}

/// Candidates a generation, episodes that each is judged by, generations at most.
const CANDIDATES: usize = 64;
const EPISODES: u64 = 8;
const GENERATIONS: u64 = 100;
/// Episodes from here on are kept for the end.
const UNSEEN: u64 = 1 << 40;

/// Separable natural evolution: a mean and a deviation for each weight, both moved towards the candidates that
/// did best (Wierstra et al., "Natural Evolution Strategies", 2014).
fn evolve(policy: Policy) -> Vec<f32> {
    let n = policy.weights();
    let (mut mean, mut deviation) = (vec![0.0f64; n], vec![0.5f64; n]);
    let rate = (3.0 + (n as f64).ln()) / (5.0 * (n as f64).sqrt());
    // The better half shares the weight, the best most.
    let raw = |rank: usize| ((CANDIDATES as f64 / 2.0 + 1.0).ln() - ((rank + 1) as f64).ln()).max(0.0);
    let total: f64 = (0..CANDIDATES).map(raw).sum();
    let utility: Vec<f64> = (0..CANDIDATES).map(|rank| raw(rank) / total - 1.0 / CANDIDATES as f64).collect();
    for generation in 0..GENERATIONS {
        let mut random = Random::new(SEED, Purpose::Init, generation);
        let noise: Vec<Vec<f64>> =
            (0..CANDIDATES).map(|_| (0..n).map(|_| random.normal()).collect()).collect();
        let place = |noise: &[f64]| -> Vec<f32> {
            (0..n).map(|i| (mean[i] + deviation[i] * noise[i]) as f32).collect()
        };
        // All candidates of a generation meet the same episodes; each has its own place for its result.
        let episodes = generation * EPISODES..(generation + 1) * EPISODES;
        let mut scored: Vec<(f64, usize)> = vec![(0.0, 0); CANDIDATES];
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            let share = CANDIDATES.div_ceil(threads);
            for (index, scored) in scored.chunks_mut(share).enumerate() {
                let (noise, place, episodes) = (&noise, &place, episodes.clone());
                scope.spawn(move || {
                    for (offset, scored) in scored.iter_mut().enumerate() {
                        let candidate = index * share + offset;
                        *scored = (policy.fitness(&place(&noise[candidate]), episodes.clone()), candidate);
                    }
                });
            }
        });
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for i in 0..n {
            let by_utility = |f: &dyn Fn(f64) -> f64| -> f64 {
                scored.iter().zip(&utility).map(|(&(_, who), u)| u * f(noise[who][i])).sum()
            };
            mean[i] += deviation[i] * by_utility(&|z| z);
            deviation[i] *= (rate / 2.0 * by_utility(&|z| z * z - 1.0)).exp();
        }
        if generation % 20 == 19 {
            let centre: Vec<f32> = mean.iter().map(|&m| m as f32).collect();
            let fitness = policy.fitness(&centre, episodes);
            eprintln!("{}: generation {}, {fitness:.0} steps", policy.name(), generation + 1);
        }
    }
    mean.into_iter().map(|m| m as f32).collect()
}

/// The model of the library with these weights.
fn model(units: usize, weights: &[f32]) -> Result<Model> {
    let layers = Sequential::new().with(Input::new(INPUTS)).with(Lstm::new(units));
    let mut model = layers.with(Dense::new(1).activation(Activation::Linear)).compile(SEED)?;
    model.params_mut().values_mut().copy_from_slice(weights);
    Ok(model)
}

fn main() -> Result<()> {
    let mut held = Vec::new();
    let mut lean = String::from("series,step,degrees\n");
    for policy in [Policy::Memory(8), Policy::Memoryless(16)] {
        let weights = evolve(policy);
        let steps: Vec<usize> =
            (UNSEEN..UNSEEN + 100).map(|episode| policy.episode(&weights, episode, |_, _| {})).collect();
        let whole = steps.iter().filter(|&&steps| steps == STEPS).count();
        let mean = steps.iter().sum::<usize>() as f64 / 100.0;
        println!(
            "{}: {} weights, {} episodes of training: {whole} of 100 unseen episodes held for {STEPS} steps, {mean:.0} \
             steps on average",
            policy.name(),
            policy.weights(),
            GENERATIONS * EPISODES * CANDIDATES as u64
        );
        held.push(whole);
        let mut step = 0;
        policy.episode(&weights, UNSEEN, |[_, theta], _| {
            let degrees = f64::from(theta) * CartPole::THETA_LIMIT.to_degrees();
            lean += &format!("{},{step},{degrees:.4}\n", policy.name());
            step += 1;
        });
        if let Policy::Memory(units) = policy {
            // The policy above is the library's LSTM, step by step: over a whole episode they agree.
            let (mut seen, mut output) = (Vec::new(), 0.0);
            policy.episode(&weights, UNSEEN, |s, y| {
                seen.extend(s);
                output = y;
            });
            let mut rows = Features::new(INPUTS);
            rows.push(&seen)?;
            let answer = model(units, &weights)?.predict(&rows.into(), Padding::default())?[0];
            assert!((answer - output).abs() < 1e-3 * (1.0 + output.abs()), "{answer} is not {output}");
        }
    }
    if let Some(file) = std::env::args_os().nth(1) {
        std::fs::write(&file, lean).map_err(|e| gatewise::Error::io("cannot write", &file, e))?;
    }
    assert!(held[0] >= 95, "the LSTM held the pole in {} of 100 episodes; 95 were expected", held[0]);
    assert!(held[1] < 95, "the policy without memory held the pole in {} of 100 episodes", held[1]);
    Ok(())
}
