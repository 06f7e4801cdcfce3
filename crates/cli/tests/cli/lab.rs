//! `lab`: layers compared on the long-lag tasks, gradients by lag, states and units, forget gates.

use crate::home::Home;

#[test]
fn layers_are_compared_on_tasks() {
    let home = Home::new();
    let args = "lab tasks reber --cells lstm,simple_rnn,lstm --trials 2 --budget 512 --units 6";
    let ran = home.run(&format!("{args} --threads 2 --output lags.svg")).ok();
    let rows: Vec<_> = ran.stdout.lines().filter(|line| line.starts_with("reber  ")).collect();
    assert_eq!(rows.len(), 2, "{ran:#?}");
    assert!(rows.iter().all(|row| row.contains("0 of 2") && row.ends_with("512  - -")), "{rows:?}");
    assert!(rows[0].contains("8440") && !rows[1].contains("8440"), "{rows:?}");
    assert_eq!(home.files(), ["lags.svg"]);
    let svg = std::fs::read_to_string(home.path("lags.svg")).unwrap();
    assert!(svg.contains("SimpleRNN") && !svg.contains("GRU"), "{svg}");
    // The same at another number of threads.
    let json = |more: &str| home.run(&format!("{args} --format json {more}")).ok().json();
    let (one, two) = (json("--threads 1"), json("--threads 2"));
    assert_eq!(one, two);
    let trials = one["trials"].as_array().unwrap();
    assert_eq!(trials.len(), 4);
    assert!(trials.iter().all(|trial| trial["sequences"] == 512 && trial["solved"] == false), "{one}");
    home.run(&format!("{args} --check")).failed(1, &["not as published"]);
}

#[test]
fn a_task_is_solved_by_lstm_and_not_by_simple_rnn() {
    let ran =
        Home::new().run("lab tasks order-6a --cells lstm,simple_rnn --trials 1 --budget 10000 --check").ok();
    assert!(ran.stdout.contains("LSTM           1 of 1"), "{ran:#?}");
}

#[test]
fn unknown_tasks_and_seeds_without_room_are_refused() {
    let home = Home::new();
    home.run("lab tasks reber counting").failed(2, &["no task 'counting'", "order-6a"]);
    home.run(&format!("lab tasks reber --seed {}", u64::MAX)).failed(2, &["--seed", "further trials"]);
}

#[test]
fn gradients_are_measured_before_and_after_training() {
    let home = Home::new();
    let args = "lab gradient-flow --generated --cells lstm,simple_rnn,lstm --sequences 64 --rows 64";
    let ran = home.run(&format!("{args} --threads 2 --output flow.svg")).ok();
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    // Two rows for an LSTM, whose cell is measured too, and one for SimpleRNN.
    let rows = |layer: &str| ran.stdout.lines().filter(|line| line.starts_with(layer)).count();
    assert_eq!((rows("LSTM "), rows("SimpleRNN ")), (12, 10), "{}", ran.stdout);
    let svg = std::fs::read_to_string(home.path("flow.svg")).unwrap();
    assert!(svg.contains("adding-100, before training") && svg.contains("LSTM (c)") && !svg.contains("GRU"));
    let json = |more: &str| home.run(&format!("{args} --format json {more}")).ok().json();
    let one = json("--threads 1");
    assert_eq!(one, json("--threads 2"));
    let curves = one["curves"].as_array().unwrap();
    assert_eq!(curves.len(), 2 * 3 + 2 * 3 + 4);
    let h0 = curves[0]["norms"]["h"][0]["median"].as_f64().unwrap();
    // The gradient of h with respect to itself: √16 units.
    assert!((h0 - 4.0).abs() < 1e-12, "{h0}");
    // 64 sequences teach nothing.
    home.run(&format!("{args} --check")).failed(1, &["not as claimed", "LSTM has"]);
    home.run("lab gradient-flow --clipnorm 0").failed(2, &["--clipnorm"]);
}

#[test]
fn states_and_units_of_the_built_in_model_are_shown() {
    let home = Home::new();
    let ran = home.run("lab memory --generated --rows 60 --output memory.svg").ok();
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    assert!(
        ran.stdout.contains("variance along axis 1") && ran.stdout.contains("raised by"),
        "{}",
        ran.stdout
    );
    assert!(std::fs::read_to_string(home.path("memory.svg")).unwrap().contains("of the variance"));
    let json = home.run("lab memory --generated --rows 60 --format json").ok().json();
    assert_eq!(json["roles"]["units"].as_array().unwrap().len(), 12);
    let shares: Vec<f64> =
        json["trained"]["shares"].as_array().unwrap().iter().map(|it| it.as_f64().unwrap()).collect();
    assert!(
        (shares.iter().sum::<f64>() - 1.0).abs() < 1e-9 && shares.is_sorted_by(|a, b| a >= b),
        "{shares:?}"
    );
    home.run("lab memory --model no-such-file").failed(1, &["no-such-file"]);
}

#[test]
fn forget_gates_begin_where_their_bias_says() {
    let home = Home::new();
    let args = "lab forget --generated --rows 64 --epochs 2 --trials 1 --units 3";
    let ran = home.run(&format!("{args} --output forget.svg")).ok();
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{}", ran.stdout);
    assert!(std::fs::read_to_string(home.path("forget.svg")).unwrap().contains("forget bias begins at 1"));
    let json = home.run(&format!("{args} --format json")).ok().json();
    for (trial, half_life) in [(0, 1.0), (1, 2.2)] {
        let trial = &json["trials"][trial];
        assert_eq!(trial["accuracy"].as_array().unwrap().len(), 2);
        for found in trial["initial"]["half_lives"].as_array().unwrap() {
            assert!((found.as_f64().unwrap() - half_life).abs() < 0.3, "{found} {half_life}");
        }
    }
}
