//! Tests of forecasts: seasons, large numbers, refusals, and the coverage of intervals.

use super::*;
use crate::rng::{Purpose, Random};

fn options(horizon: usize) -> ForecastOptions {
    ForecastOptions::default().period(3).horizon(horizon).units(6).members(2)
}

#[test]
fn a_season_goes_on_with_its_growth_or_about_its_level() {
    let season = [1.0, 1.5, 0.8];
    let growing: Vec<f64> = (0..60).map(|t| season[t % 3] * 1.03f64.powi(t as i32)).collect();
    let level: Vec<f64> = (0..60).map(|t| season[t % 3] - 1.1).collect();
    for (series, logs) in [(growing, true), (level, false)] {
        let forecaster = Forecaster::fit(&series[..54], &options(3)).unwrap();
        assert_eq!(forecaster.logs(), logs);
        for end in [54, 57] {
            let next = forecaster.forecast(&series[..end]).unwrap();
            for (forecast, number) in next.iter().zip(&series[end..]) {
                assert!((forecast - number).abs() < 1e-6, "{forecast} {number}");
            }
        }
    }
}

#[test]
fn large_numbers_keep_their_small_changes() {
    let series: Vec<f64> = (0..60).map(|t| 330_000_000.0 + f64::from(t)).collect();
    let options = ForecastOptions::default().period(12).horizon(12);
    let next = Forecaster::fit(&series, &options).unwrap().forecast(&series).unwrap();
    for (t, forecast) in (60..).zip(next) {
        assert!((forecast - 330_000_000.0 - f64::from(t)).abs() < 0.01, "{t}: {forecast}");
    }
}

#[test]
fn what_cannot_be_forecast_is_refused() {
    let series: Vec<f64> = (1..40).map(f64::from).collect();
    let refused = |series: &[f64], options| Forecaster::fit(series, &options).unwrap_err().to_string();
    let short = refused(&series[..13], options(1));
    assert!(
        short.contains("has 13 numbers, but to forecast 1 steps with a period of 3 takes at least 14"),
        "{short}"
    );
    assert!(refused(&[1.0, f64::NAN], options(1)).contains("number 2 of the series is NaN"));
    for (name, wrong) in
        [("horizon", options(0)), ("period", options(1).period(0)), ("length", options(1).length(0))]
    {
        assert!(refused(&series, wrong).contains(&format!("the {name} of a forecast is 0")), "{name}");
    }
    assert!(refused(&series, options(usize::MAX)).contains("has 39 numbers"));
    assert!(refused(&series, options(1).period(usize::MAX / 2)).contains("has 39 numbers"));
    let noisy: Vec<f64> = (1..40).map(|t| f64::from(t + t * t % 5)).collect();
    assert!(refused(&noisy, options(1).units(0)).contains("at least 1 unit"));
    let forecaster = Forecaster::fit(&noisy, &options(2).epochs(1)).unwrap();
    let refused = |series: &[f64]| forecaster.forecast(series).unwrap_err().to_string();
    assert!(refused(&[]).contains("reads 9 numbers, but there are 0"));
    assert!(refused(&noisy[..6]).contains("there are 6"));
    assert!(refused(&[-1.0; 9]).contains("was positive, but this one is not"));
    assert!(forecaster.rolling(&noisy, &[40]).is_err());
}

/// Season, growth and a level that wanders, with noise.
fn simulated(seed: u64, length: usize) -> Vec<f64> {
    let mut random = Random::new(seed, Purpose::Data, 0);
    let season: Vec<f64> = (0..4).map(|_| 3.0 * random.normal()).collect();
    let mut level = 50.0;
    let step = |t: usize| {
        level += 0.1 + 0.5 * random.normal();
        level + season[t % 4] + random.normal()
    };
    (0..length).map(step).collect()
}

#[test]
fn intervals_cover_what_they_promise() {
    let options =
        ForecastOptions::default().period(4).horizon(4).units(2).members(1).epochs(2).calibration(20);
    let (mut inside, mut numbers) = ([0.0; 2], 0.0);
    for seed in 0..240 {
        let series = simulated(seed, 84);
        let (known, later) = series.split_at(80);
        let forecaster = Forecaster::fit(known, &options).unwrap();
        let forecast = forecaster.forecast(known).unwrap();
        for (count, coverage) in inside.iter_mut().zip([0.8, 0.95]) {
            let intervals = forecaster.intervals(&forecast, coverage).unwrap();
            *count +=
                intervals.iter().zip(later).filter(|(interval, x)| interval.contains(**x)).count() as f64;
        }
        numbers += later.len() as f64;
    }
    let [of_80, of_95] = inside.map(|count| count / numbers);
    println!("of 80 %: {of_80:.3}, of 95 %: {of_95:.3}");
    assert!((0.74..0.88).contains(&of_80), "{of_80}");
    assert!((0.90..0.99).contains(&of_95), "{of_95}");
}
