//! `explain`: the page, the tables, the objects, and everything that is refused.

use crate::home::{Home, Ran, assert_snapshot, home_with_model};
use serde_json::Value;
use std::fs;

/// Runs `explain` with words that may contain blanks.
fn explain(home: &Home, words: &[&str]) -> Ran {
    let mut command = home.command(std::iter::once(&"explain").chain(words));
    Ran::new(&words.join(" "), command.output().unwrap())
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The built-in model never changes without a reason, so that its pages are recorded. Numbers are left out.
#[test]
fn pages_read_as_recorded() {
    let home = Home::new();
    let mut recorded = String::new();
    for words in [
        &["A dull, lifeless film with nothing to say."][..],
        &["It was not good.", "--phrase", "not good"],
        &["dull", "--class", "neg"],
        &["A zorgon film.\u{1b}[31m"],
        &[""],
        &["It was not a good film, but I loved the zorgon ending.", "--per-token"],
    ] {
        let ran = explain(&home, words).ok();
        assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{ran:#?}");
        let digits = |c: char| if c.is_ascii_digit() { '0' } else { c };
        let page: String = ran.stdout.chars().map(digits).collect();
        recorded += &format!("$ gatewise explain {words:?}\n{page}\n");
    }
    assert_snapshot("explain.txt", &recorded);
}

#[test]
fn words_speak_for_the_label_that_they_are_of() {
    let home = Home::new();
    let text = "A wonderful film, and not a dull minute.";
    let ran = explain(&home, &[text]).ok();
    assert!(ran.stderr.contains("note: no model is given"), "{ran:#?}");
    let predicted = home.command(["predict", text]).output().unwrap();
    let predicted = String::from_utf8(predicted.stdout).unwrap();
    let line = ran.stdout.lines().next().unwrap();
    assert!(predicted.starts_with(&format!("{line}\t")), "the answer of predict: {predicted} {ran:#?}");
    let of =
        |side: &str| ran.stdout.lines().find(|line| line.starts_with(side)).unwrap_or_default().to_owned();
    assert!(of("For pos: ").contains("wonderful +") && of("For neg: ").contains("dull -"), "{ran:#?}");
    // The other label sees the same numbers with the other sign.
    let other = explain(&home, &[text, "--class", "neg"]).ok();
    let of = |side: &str| other.stdout.lines().find(|line| line.starts_with(side)).unwrap_or_default();
    assert!(of("For pos: ").contains("wonderful -") && of("For neg: ").contains("dull +"), "{other:#?}");
    assert!(other.stdout.contains("+ for neg, - for pos"), "{other:#?}");
}

#[test]
fn colour_is_asked_for_or_left_out() {
    let home = Home::new();
    let run = |color: &str, name: &str, value: &str| {
        let mut command = home.command(["explain", "dull", "--color", color]);
        let output = command.env(name, value).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(run("always", "NO_COLOR", "1").contains("\u{1b}[1;38;5;231;48;5;25mdull--\u{1b}[0m"));
    assert!(run("auto", "CLICOLOR_FORCE", "1").contains("\u{1b}["));
    assert!(!run("auto", "TERM", "xterm").contains('\u{1b}'), "standard output is no terminal");
    assert!(!run("never", "CLICOLOR_FORCE", "1").contains('\u{1b}'));
}

#[test]
fn objects_have_every_key() {
    let home = Home::new();
    let ran = explain(&home, &["Not a good film.", "Fine.", "--format", "json"]).ok();
    let objects = objects(&ran.stdout);
    assert_eq!(objects.len(), 2);
    let mut keys: Vec<&String> = objects[0].as_object().unwrap().keys().collect();
    keys.sort();
    assert_eq!(
        keys,
        [
            "answer",
            "attributions",
            "beginnings",
            "counterfactuals",
            "endings",
            "layers",
            "notes",
            "output",
            "parts",
            "phrases",
            "text",
            "tokens"
        ]
    );
    let methods = |object: &Value| -> Vec<String> {
        let all = object["attributions"].as_array().unwrap().iter();
        all.map(|it| it["method"].as_str().unwrap().to_owned()).collect()
    };
    let all = methods(&objects[0]);
    assert!(all.contains(&"integrated_gradients".into()) && !all.contains(&"occlusion".into()), "{all:?}");
    let tokens = objects[0]["tokens"].as_array().unwrap().len();
    assert!(objects[0]["attributions"][0]["values"].as_array().unwrap().len() == tokens);
    assert!(objects[0]["layers"][0]["signals"].as_array().is_some_and(|it| !it.is_empty()));
    let one = explain(&home, &["Not good.", "--format", "json", "--method", "occlusion"]).ok().json();
    assert_eq!(methods(&one), ["occlusion"]);
    let one = explain(&home, &["Not good.", "--format", "json", "--phrase", "not good"]).ok().json();
    assert_eq!(one["phrases"][0]["text"], "not good");
    let few = explain(&home, &["Not good.", "--format", "json", "--steps", "5"]).ok().json();
    assert_eq!(few["attributions"][0]["steps"], 5);
}

#[test]
fn every_method_explains() {
    let home = Home::new();
    for method in ["integrated-gradients", "gradient-times-input", "occlusion", "contextual-decomposition"] {
        let ran = explain(&home, &["A dull film.", "--method", method]).ok();
        assert!(ran.stdout.contains(&format!("by {}:", method.replace('-', " "))), "{ran:#?}");
        assert!(ran.stdout.contains("A dull-- film"), "{ran:#?}");
    }
    explain(&home, &["dull", "--method", "linear-model"]).failed(2, &["an ensemble has one, and --baseline"]);
}

#[test]
fn a_baseline_has_its_words_beside_the_contributions() {
    let home = Home::new();
    let rows: String = (0..60)
        .map(|row| format!("{},a {} film\n", ["neg", "pos"][row % 2], ["dull", "fine"][row % 2]))
        .collect();
    fs::write(home.path("films.csv"), format!("label,text\n{rows}")).unwrap();
    let ran = explain(&home, &["A dull film.", "--baseline", "films.csv"]).ok();
    assert!(ran.stdout.contains("Linear model, for neg: dull -"), "{ran:#?}");
    let ran = explain(&home, &["A dull film.", "--baseline", "films.csv", "--method", "linear-model"]).ok();
    assert!(ran.stdout.contains("by linear model:") && ran.stdout.contains("dull--"), "{ran:#?}");
    let ran = explain(&home, &["A dull film.", "--baseline", "films.csv", "--per-token"]).ok();
    assert!(ran.stdout.lines().nth(1).unwrap().contains(" linear "), "{ran:#?}");
    explain(&home, &["x", "--baseline", "none.csv"]).failed(1, &["there is no file none.csv"]);
    explain(&home, &["x", "--baseline", "films.csv", "--label-column", "text2"]).failed(1, &["text2"]);
}

#[test]
fn files_are_tables_with_the_top_words_of_each_label() {
    let home = Home::new();
    let texts = "id,review\n1,A dull film\n2,\"A wonderful, fine film\"\n3,\n4,Dull and boring\n";
    fs::write(home.path("films.csv"), texts).unwrap();
    let by_option = explain(&home, &["--file", "films.csv", "--text-column", "review"]).ok();
    let by_word = explain(&home, &["films.csv"]).ok();
    assert_eq!(by_option.stdout, by_word.stdout);
    let lines: Vec<&str> = by_word.stdout.lines().collect();
    assert!(lines[0].starts_with("neg\t0.") && lines[0].contains("\tdull -"), "{by_word:#?}");
    assert!(lines[0].ends_with("\tA dull film"), "{by_word:#?}");
    assert!(lines[2].split('\t').count() == 4, "an empty text has an answer: {by_word:#?}");
    let top = lines.iter().find(|line| line.starts_with("neg: ")).unwrap();
    assert!(top.contains("dull +") && top.contains("(2)"), "{by_word:#?}");
    let json = objects(&explain(&home, &["films.csv", "--format", "json"]).ok().stdout);
    assert_eq!(json.len(), 5, "four rows and their top words");
    assert_eq!(json[4]["texts"], 4);
    let words = json[4]["top_words"]["neg"].as_array().unwrap();
    assert!(words.iter().any(|word| word["word"] == "dull" && word["count"] == 2), "{words:?}");
    // Lines and folders too.
    fs::write(home.path("lines.txt"), "A dull film\nA fine film\n").unwrap();
    let ran = explain(&home, &["lines.txt"]).ok();
    assert!(ran.stderr.contains("each line of lines.txt is a text"), "{ran:#?}");
    assert!(ran.stdout.starts_with("neg\t") && ran.stdout.contains("\npos: "), "{ran:#?}");
    fs::create_dir(home.path("folder")).unwrap();
    fs::write(home.path("folder/a.txt"), "A dull film\nand more of it").unwrap();
    let ran = explain(&home, &["folder"]).ok();
    assert!(ran.stdout.lines().next().unwrap().ends_with("a.txt"), "{ran:#?}");
}

#[test]
fn standard_input_is_explained_line_by_line() {
    let home = Home::new();
    let mut command = home.command(["explain", "-"]);
    let ran =
        Ran::new("explain -", command.write_stdin("A dull film.\nA fine film.\n").output().unwrap()).ok();
    assert_eq!(ran.stdout.matches("+ for pos, - for neg").count(), 2, "{ran:#?}");
}

#[test]
fn two_models_are_compared() {
    let home = home_with_model();
    let ran = explain(&home, &["A dull film.", "--compare", "model.gatewise"]).ok();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].contains("built-in model") && lines[0].contains("model.gatewise"), "{ran:#?}");
    assert!(lines[1].starts_with("answer") && lines[2].starts_with("P(pos)"), "{ran:#?}");
    assert!(
        lines.iter().any(|line| line.starts_with("dull ") && line.split_whitespace().count() == 4),
        "{ran:#?}"
    );
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{ran:#?}");
    let same = explain(&home, &["model.gatewise", "A dull film.", "--compare", "model.gatewise"]).ok();
    assert!(same.stdout.lines().nth(2).unwrap().ends_with("+0.0000"), "{same:#?}");
    let object =
        explain(&home, &["model.gatewise", "dull", "--compare", "model.gatewise", "--format", "json"])
            .ok()
            .json();
    assert_eq!(object["difference"], 0.0);
    assert_eq!(object["explanations"].as_array().map(Vec::len), Some(2));
    explain(&home, &["dull", "--compare", "none.gatewise"]).failed(1, &["there is no such model"]);
}

#[test]
fn a_table_of_tokens_names_layers_and_units() {
    let home = home_with_model();
    let ran = explain(&home, &["model.gatewise", "A dull film.", "--per-token", "--units"]).ok();
    assert!(
        ran.stdout.contains("lstm (LSTM, 10 units)") && ran.stdout.contains("\nforget_gate\n"),
        "{ran:#?}"
    );
    let ran = explain(&home, &["model.gatewise", "A dull film.", "--per-token", "--layer", "lstm"]).ok();
    assert!(ran.stdout.lines().nth(1).unwrap().contains("forget"), "{ran:#?}");
    explain(&home, &["model.gatewise", "x", "--per-token", "--layer", "gru"])
        .failed(2, &["no recurrent layer 'gru'", "'lstm'"]);
    explain(&home, &["x", "--units"]).failed(2, &["--per-token"]);
}

#[test]
fn a_page_of_pictures_is_one_file() {
    let home = home_with_model();
    let ran = explain(&home, &["A <b>dull</b> film.", "Fine.", "--html", "why.html"]).ok();
    assert!(ran.stderr.contains("Saved why.html"), "{ran:#?}");
    let html = fs::read_to_string(home.path("why.html")).unwrap();
    assert!(html.starts_with("<!doctype html>") && !html.contains("<b>dull"), "texts are no markup");
    explain(&home, &["dull", "--compare", "model.gatewise", "--html", "two.html"]).ok();
    assert!(home.path("two.html").is_file());
    fs::copy(home.path("model.gatewise"), home.path("model.html")).unwrap();
    let before = home.files();
    explain(&home, &["model.gatewise", "x", "--html", "model.gatewise"]).failed(2, &["ends in .html"]);
    explain(&home, &["model.html", "x", "--html", "model.html"])
        .failed(2, &["--html model.html is the same file"]);
    explain(&home, &["x", "--html", "none/why.html"]).failed(1, &["none"]);
    assert_eq!(home.files(), before);
}

#[test]
fn texts_are_cut_at_the_length_of_the_model() {
    let home = home_with_model();
    let long = "plain ".repeat(400) + "dull";
    let ran = explain(&home, &["model.gatewise", &long]).ok();
    assert!(ran.stdout.contains("words are not read …]") && ran.stderr.contains("(maxlen)"), "{ran:#?}");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80), "{ran:#?}");
    let endless = "plain ".repeat(3000);
    let ran = explain(&home, &["model.gatewise", &endless]).ok();
    assert!(ran.stderr.contains("computed for up to 2000"), "{ran:#?}");
}

#[test]
fn several_classes_numbers_and_labels_are_explained() {
    let home = Home::new();
    let kinds = [("place", "where"), ("person", "who"), ("time", "when")];
    let rows: String =
        (0..120).map(|row| format!("{},so {} is it\n", kinds[row % 3].0, kinds[row % 3].1)).collect();
    fs::write(home.path("kinds.csv"), format!("label,text\n{rows}")).unwrap();
    let settings = "--epochs 15 --learning-rate 0.02 --units 6 --embedding 6 --no-baseline --verbose 0";
    home.run(&format!("train kinds.csv {settings}")).ok();
    let ran = explain(&home, &["model.gatewise", "so where is it"]).ok();
    assert!(
        ran.stdout.contains("+ for place, - against it") && ran.stdout.contains("For place: where +"),
        "{ran:#?}"
    );
    let ran = explain(&home, &["model.gatewise", "so where is it", "--class", "time"]).ok();
    assert!(ran.stdout.contains("+ for time") && ran.stdout.contains("Against: where -"), "{ran:#?}");
    explain(&home, &["model.gatewise", "x", "--class", "reason"])
        .failed(2, &["no label 'reason'", "'person', 'place', 'time'"]);
    let other = explain(&home, &["dull", "--compare", "model.gatewise"]);
    other.failed(2, &["--compare model.gatewise: the model has no label 'pos'"]);
    let rows: String =
        (0..120).map(|row| format!("{},{} film\n", row % 2, ["dull", "fine"][row % 2])).collect();
    fs::write(home.path("stars.csv"), format!("stars,text\n{rows}")).unwrap();
    home.run(&format!("train stars.csv --task regression -o stars.gatewise {settings}")).ok();
    let ran = explain(&home, &["stars.gatewise", "fine film"]).ok();
    assert!(ran.stdout.contains("+ raises the number") && ran.stdout.contains("Up: fine +"), "{ran:#?}");
    explain(&home, &["stars.gatewise", "fine", "--class", "1"]).failed(2, &["this model has no labels"]);
    explain(&home, &["stars.gatewise", "fine", "--baseline", "kinds.csv"])
        .failed(2, &["leave --baseline out"]);
    let other = explain(&home, &["stars.gatewise", "fine", "--compare", "model.gatewise"]);
    other.failed(2, &["another task"]);
}

#[test]
fn series_are_explained_by_their_steps() {
    let home = Home::new();
    let case = |row: usize| match row % 2 {
        0 => format!("0,1,2,{}:9,9,9,9:up\n", row % 3),
        _ => format!("2,1,0,{}:9,9,9,9:down\n", row % 3),
    };
    let rows: String = (0..40).map(case).collect();
    fs::write(home.path("a.ts"), format!("@dimensions 2\n@classLabel true down up\n@data\n{rows}")).unwrap();
    home.run("train a.ts --epochs 5 --units 4 --verbose 0").ok();
    let ran = explain(&home, &["model.gatewise", "--file", "a.ts"]).ok();
    let line = ran.stdout.lines().next().unwrap();
    assert!(line.contains("step ") && line.ends_with("a.ts, row 1"), "{ran:#?}");
    let table = explain(&home, &["model.gatewise", "a.ts", "--per-token"]).ok();
    assert!(table.stdout.contains("\ntoken ") && table.stdout.contains("\ta.ts, row 2\n"), "{table:#?}");
    let json = objects(&explain(&home, &["model.gatewise", "a.ts", "--format", "json"]).ok().stdout);
    assert_eq!((json.len(), &json[1]["series"]), (40, &"a.ts, row 2".into()));
    explain(&home, &["model.gatewise", "a text"]).failed(1, &["a text"]);
    explain(&home, &["model.gatewise"]).failed(2, &["this model reads series: give the .ts files"]);
    explain(&home, &["model.gatewise", "a.ts", "--phrase", "x"]).failed(2, &["--phrase is for texts"]);
}

#[test]
fn what_cannot_be_explained_is_said() {
    let home = home_with_model();
    fs::write(home.path("films.csv"), "text\nA dull film\n").unwrap();
    fs::write(home.path("bad.csv"), "text,n\nfine,1\nbroken\n").unwrap();
    fs::write(home.path("latin.txt"), b"caf\xe9\n").unwrap();
    fs::write(home.path("tale.txt"), "abc ".repeat(200)).unwrap();
    home.run("train tale.txt --task language-model --epochs 1 --units 2 -o tale.gatewise --verbose 0").ok();
    for (args, code, says) in [
        ("missing.gatewise x", 1, "there is no such model"),
        ("model.gatewis x", 2, "there is no file 'model.gatewis'"),
        ("tale.gatewise x", 2, "this is a language model"),
        ("x --class good", 2, "the model has no label 'good'; its labels are 'neg', 'pos'"),
        ("dull --phrase fine", 1, "the phrase \"fine\" is not in the text"),
        ("x --method guess", 2, "integrated-gradients"),
        ("x --steps 0", 2, "at least 1"),
        ("x --steps 99999", 2, "integrated gradients with 99999 points"),
        ("x --steps 4 --method occlusion", 2, "--steps is the number of points"),
        ("x --per-token --format json", 2, "--per-token is a table for people"),
        ("x --label-column a", 2, "--label-column is about"),
        ("x --on-error skip", 2, "--on-error is about"),
        ("x --data-dir .", 2, "--data-dir is about"),
        ("x --text-column a", 2, "--text-column goes with a file of texts"),
        ("x --threshold 2", 2, "--threshold"),
        ("x --threads 0", 2, "--threads"),
        ("x --file films.csv", 2, "--file names the texts, but 'x' is given too"),
        ("--file none.csv", 1, "there is no file none.csv"),
        ("--file films.csv --text-column a", 1, "there is no column 'a'"),
        ("films.csv films.csv", 2, "give it alone"),
        ("films.csv --per-token", 2, "--per-token is for texts, but a file is given"),
        ("films.csv --phrase dull", 2, "--phrase is for texts, but a file is given"),
        ("films.csv --compare model.gatewise", 2, "--compare is for texts, but a file is given"),
        ("films.csv --html a.html", 2, "--html is for texts, but a file is given"),
        ("bad.csv", 1, "bad.csv:3: "),
        ("model.gatewise latin.txt", 1, "is not UTF-8"),
        ("none.txt", 2, "there is no file 'none.txt'"),
        ("x --color sometimes", 2, "--color"),
    ] {
        home.run(&format!("explain {args}")).failed(code, &[says]);
    }
    let object = home.run("explain x --class good --format json").json();
    assert_eq!(object["error"]["kind"], "config");
    let ran = explain(&home, &["zwei drei"]).ok();
    assert!(ran.stderr.contains("no word of the text is known"), "{ran:#?}");
    assert!(ran.stdout.contains("Unknown words: zwei, drei"), "{ran:#?}");
}
