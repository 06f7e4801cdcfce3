//! Scripts without spaces between words, and symbols.

use crate::case::Case;
use crate::home::Home;
use std::fs;

const NOTE: &str = "a script without spaces between words, so --tokenizer unicode is used";

/// For each script: something good, something bad, and words around them.
const SCRIPTS: [(&str, [&str; 2], [&str; 4]); 5] = [
    ("Chinese", ["好看", "难看"], ["这部电影", "昨天的戏", "他写的书", "新的故事"]),
    ("Japanese", ["よかった", "ひどかった"], ["この映画は", "昨日の劇は", "彼の本は", "新しい話は"]),
    ("Thai", ["ดีมาก", "แย่มาก"], ["หนังเรื่องนี้", "ละครเมื่อวาน", "หนังสือเล่มนี้", "เรื่องใหม่"]),
    ("Khmer", ["ល្អណាស់", "អាក្រក់ណាស់"], ["ភាពយន្តនេះ", "សៀវភៅនេះ", "រឿងនេះ", "ល្ខោននេះ"]),
    ("Burmese", ["ကောင်းတယ်", "ဆိုးတယ်"], ["ဒီရုပ်ရှင်", "ဒီစာအုပ်", "ဒီဇာတ်လမ်း", "ဒီပြဇာတ်"]),
];

fn rows([good, bad]: [&str; 2], words: [&str; 4], count: usize) -> String {
    let line = |row: usize| {
        let said = [good, bad][row % 2];
        // Each text once, so that whole texts as words are of no use.
        let around = [words[row / 2 % 4], words[row / 8 % 4], words[row / 32 % 4]].concat();
        format!("{around}{said}。{},{}\n", words[row / 128 % 4], ["good", "bad"][row % 2])
    };
    format!("text,label\n{}", (0..count).map(line).collect::<String>())
}

#[test]
fn scripts_without_spaces_are_learnt() {
    for (script, said, words) in SCRIPTS {
        let home = Home::new();
        fs::write(home.path("a.csv"), rows(said, words, 160)).unwrap();
        let learn =
            "--epochs 12 --units 8 --embedding 8 --learning-rate 0.02 --dropout 0 --maxlen 60 --no-baseline";
        let ran = home.run(&format!("train a.csv {learn}")).ok();
        assert!(ran.stderr.contains(NOTE), "{script}: {ran:#?}");
        assert_eq!(ran.test_results().1, 100.0, "{script}: {ran:#?}");
        let tested = home.run("evaluate model.gatewise a.csv --format json").ok().json();
        assert_eq!(tested["accuracy"], 1.0, "{script}: {tested}");
    }
}

#[test]
fn a_description_cuts_as_training_does() {
    let (_, said, words) = SCRIPTS[0];
    Case::new("Chinese").file("a.csv", rows(said, words, 16)).rows(16).note(NOTE).check();
    Case::new("a tokenizer that is given")
        .file("a.csv", rows(said, words, 16))
        .options("--tokenizer words")
        .no_note(NOTE)
        .check();
    for (name, text) in [
        ("Korean has spaces", "영화가 아주 좋다"),
        ("a Chinese word in an English text", "a film by 张艺谋 that is as fine as his first"),
        ("emoji", "a fine film 😀😀😀"),
    ] {
        Case::new(name)
            .file("a.csv", format!("text,label\n{text},good\nso {text},bad\n"))
            .no_note(NOTE)
            .check();
    }
}

#[test]
fn emoji_are_words_of_the_tokenizer_unicode() {
    let home = Home::new();
    let line =
        |row: usize| format!("film {} {},{}\n", row, ["❤️ €5", "💔 $5"][row % 2], ["good", "bad"][row % 2]);
    fs::write(home.path("a.csv"), format!("text,label\n{}", (0..80).map(line).collect::<String>())).unwrap();
    let learn = "--epochs 12 --units 8 --embedding 8 --learning-rate 0.02 --dropout 0 --no-baseline";
    let ran = home.run(&format!("train a.csv --tokenizer unicode {learn}")).ok();
    assert_eq!(ran.test_results().1, 100.0, "{ran:#?}");
}

#[test]
fn a_vocabulary_that_knows_almost_no_word_is_warned_about() {
    let home = Home::new();
    let line = |row: usize| format!("it is {} film {row},{}\n", ["good", "bad"][row % 2], row % 2);
    fs::write(home.path("a.csv"), format!("text,label\n{}", (0..60).map(line).collect::<String>())).unwrap();
    for (options, words) in
        [("--max-words 4", "0 words has 0.0 %"), ("--min-count 1000", "0 words has 0.0 %")]
    {
        let ran = home.run(&format!("train a.csv {options} --epochs 1 --units 2 --no-baseline")).ok();
        assert!(ran.stderr.contains(&format!("The vocabulary of {words} of the running words")), "{ran:#?}");
    }
    let ran = home.run("train a.csv --epochs 1 --units 2 --no-baseline").ok();
    assert!(!ran.stderr.contains("The vocabulary of"), "{ran:#?}");
}
