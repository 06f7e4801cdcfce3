//! `lab tasks`: layers compared on the long-lag tasks.

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
