//! `lab gates`, `lab ablation`, `lab grid`, `lab cost`, `lab eager`: experiments on one LSTM, in small.

use crate::home::Home;

#[test]
fn gates_are_between_open_and_closed() {
    let home = Home::new();
    let args = "lab gates --generated --units 4 --rows 50";
    let ran = home.run(&format!("{args} --check --output gates.svg --threads 1")).ok();
    for row in ["input untrained", "forget trained", "candidate trained"] {
        assert!(ran.stdout.contains(row), "{ran:#?}");
    }
    let svg = std::fs::read_to_string(home.path("gates.svg")).unwrap();
    assert!(svg.contains("forget gate") && svg.contains("candidate"), "{svg}");
    let json = |threads: u8| home.run(&format!("{args} --format json --threads {threads}")).ok().json();
    let found = json(1);
    assert_eq!(found, json(2));
    // An untrained forget gate begins at σ(1).
    let forget = &found["before"][1];
    assert_eq!(forget["signal"], "forget_gate");
    assert!((forget["mean"].as_f64().unwrap() - 0.731).abs() < 0.002, "{forget}");
}

#[test]
fn gates_are_held_open_one_at_a_time() {
    let home = Home::new();
    let args = "lab ablation --generated --task order-6a --trials 1 --budget 200";
    let found = home.run(&format!("{args} --format json --threads 2 --output ablation.svg")).ok().json();
    assert!(home.path("ablation.svg").exists());
    let held = |i: usize| found["variants"][i]["held_open"].clone();
    assert_eq!(
        [held(0), held(1), held(2), held(3)],
        [serde_json::Value::Null, "input".into(), "forget".into(), "output".into()]
    );
    home.run(&format!("{args} --check")).failed(1, &["the whole LSTM solved 0 of 1 trials"]);
    home.run("lab ablation --generated --task counting").failed(2, &["no task 'counting'", "order-6a"]);
}

#[test]
fn a_grid_has_every_point_and_its_good_rates() {
    let home = Home::new();
    let args = "lab grid --generated --learning-rates 0.005,0.05 --units 3,6 --starts 0,1 --rows 600";
    let ran = home.run(&format!("{args} --output grid.svg --threads 2")).ok();
    assert_eq!(ran.stdout.matches("forget bias").count(), 4, "{ran:#?}");
    assert!(std::fs::read_to_string(home.path("grid.svg")).unwrap().contains("6 units"));
    let found = home.run(&format!("{args} --format json --threads 1")).ok().json();
    let points = found["points"].as_array().unwrap();
    assert_eq!(points.len(), 8);
    assert!(points.iter().all(|point| point["score"].as_f64().unwrap() > 0.4), "{points:#?}");
    let task = "lab grid order-6a --learning-rates 0.01 --units 4 --starts 2,100 --budget 200";
    let ran = home.run(task).ok();
    assert!(ran.stdout.contains("Solved at 0 of 2 points") && ran.stdout.contains("bias 0"), "{ran:#?}");
    home.run(&format!("{task} --check")).failed(1, &["no tenfold range"]);
    home.run("lab grid counting").failed(2, &["no task 'counting'"]);
    home.run("lab grid order-6a --rows 50").failed(2, &["cannot be used with"]);
    home.run("lab grid order-6a --starts 0").failed(2, &["--starts has 0"]);
}

#[test]
fn costs_are_counted_and_eager_answers_agree() {
    let home = Home::new();
    let ran = home.run("lab cost --units 4,8 --steps 5,10 --check --output cost.svg").ok();
    assert!(ran.stdout.contains("ns/weight/step") && home.path("cost.svg").exists(), "{ran:#?}");
    let found = home.run("lab cost --units 4 --steps 5,10 --format json").ok().json();
    assert_eq!((&found["by_steps"][0]["kept"], &found["by_steps"][1]["kept"]), (&960.into(), &1920.into()));
    let ran = home.run("lab eager --rows 4 --steps 16 --check --output eager.svg").ok();
    assert!(ran.stdout.contains("eager, step after step") && home.path("eager.svg").exists(), "{ran:#?}");
    let found = home.run("lab eager --rows 2 --steps 3 --format json").ok().json();
    assert_eq!(found["ways"][0]["calls_per_row"], 5);
}
