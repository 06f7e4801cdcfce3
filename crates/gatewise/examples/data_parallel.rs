//! A data-parallel step: two steppers, each with half of a batch, end with the weights of one with all of it.
use gatewise::layers::{Activation, Dense, Input, Lstm};
use gatewise::train::{Gradient, Stepper};
use gatewise::{Sequential, rows::Dataset, rows::Features, rows::Padding};

fn main() -> gatewise::Result<()> {
    let mut series = Features::new(1);
    (0..32).try_for_each(|row| series.push(&[0, 1, 2, 3, 4, 5].map(|t| ((t * row) as f32).sin())))?;
    let rising = (0..32).map(|row| (row % 2) as f32).collect::<Vec<_>>();
    let data = Dataset::new(series, rising)?.with_padding(Padding::to(6));
    let layers = Sequential::new().with(Input::new(1)).with(Lstm::new(8));
    let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
    let stepper = || Stepper::builder().learning_rate(0.01).seed(7).build(model.clone());
    let (mut one, mut left, mut right) = (stepper()?, stepper()?, stepper()?);
    for _ in 0..10 {
        let whole = one.gradient(&data)?;
        let sent = right.gradient_of(&data, &Vec::from_iter(16..32))?.to_bytes();
        let sum = (left.gradient_of(&data, &Vec::from_iter(0..16))? + Gradient::from_bytes(&sent)?)?;
        let loss = [one.apply(&whole)?, left.apply(&sum)?, right.apply(&sum)?].map(|log| log.loss);
        assert!(loss == [loss[0]; 3] && left.model().params() == right.model().params());
    }
    assert_eq!(one.finish().params(), left.finish().params(), "equal to the last bit");
    Ok(())
}
