//! What `predict` is given: texts are predicted for, files and folders are read, and a path is never taken for a text.

use crate::home::Home;
use crate::toy::{predict, trained};
use std::fs;

const LABELS: [(&str, usize); 2] = [("bill", 40), ("praise", 40)];

fn labels(output: &str) -> Vec<&str> {
    output.lines().map(|line| line.split('\t').next().unwrap()).collect()
}

#[test]
fn a_text_file_is_answered_line_by_line() {
    let (home, _) = trained(&LABELS, "");
    for (what, content) in [
        ("lines", "refund\nthanks\nthanks a lot\n"),
        ("the last line without an end", "refund\nthanks\nthanks a lot"),
        ("the line ends of Windows", "refund\r\nthanks\r\nthanks a lot\r\n"),
        ("a byte order mark", "\u{feff}refund\nthanks\nthanks a lot\n"),
    ] {
        fs::write(home.path("mails.txt"), content).unwrap();
        let ran = home.run("predict model.gatewise mails.txt").ok();
        assert_eq!(labels(&ran.stdout), ["bill", "praise", "praise"], "{what}: {ran:#?}");
        assert!(ran.stdout.lines().next().unwrap().ends_with("\trefund"), "{what}: {ran:#?}");
        assert!(ran.stderr.contains("note: each line of mails.txt is a text"), "{what}: {ran:#?}");
        assert_eq!(
            predict(&home, &["model.gatewise", "-"], content).ok().stdout,
            ran.stdout,
            "{what}, piped"
        );
    }
}

#[test]
fn a_byte_order_mark_is_no_word() {
    let (home, _) = trained(&LABELS, "");
    let words = |args: &[&str], input: &str| {
        let object = predict(&home, &[args, &["--format", "json"]].concat(), input).ok().json();
        (object["words"].clone(), object["oov"].clone(), object["text"].clone())
    };
    let one = (1.into(), 0.into(), "refund".into());
    assert_eq!(words(&["model.gatewise"], "\u{feff}refund"), one, "on standard input");
    assert_eq!(words(&["model.gatewise", "\u{feff}refund"], ""), one, "as an argument");
    assert_eq!(predict(&home, &["model.gatewise"], "\u{feff}").ok().stdout, "", "a mark alone is no line");
}

#[test]
fn several_text_files_are_answered_one_after_the_other() {
    let (home, _) = trained(&LABELS, "");
    fs::write(home.path("a.txt"), "refund\n").unwrap();
    fs::write(home.path("b.log"), "thanks\nrefund\n").unwrap();
    let ran = home.run("predict model.gatewise a.txt b.log").ok();
    assert_eq!(labels(&ran.stdout), ["bill", "praise", "bill"], "{ran:#?}");
}

#[test]
fn a_folder_is_answered_file_by_file() {
    let (home, _) = trained(&LABELS, "");
    for (name, text) in [
        ("2.txt", "thanks\nfor this"),
        ("1.eml", "\u{feff}refund"),
        (".hidden", "refund"),
        ("old/3", "refund"),
    ] {
        let path = home.path("inbox").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let lines: Vec<String> =
        home.run("predict model.gatewise inbox").ok().stdout.lines().map(String::from).collect();
    assert_eq!(labels(&lines.join("\n")), ["bill", "praise", "bill"]);
    assert!(
        lines[0].ends_with("1.eml") && lines[1].ends_with("2.txt") && lines[2].ends_with("3"),
        "{lines:?}"
    );
    let ran = home.run("predict model.gatewise inbox --format json").ok();
    let object: serde_json::Value = serde_json::from_str(ran.stdout.lines().next().unwrap()).unwrap();
    assert!(object["file"].as_str().unwrap().ends_with("1.eml"), "{object}");
    fs::write(home.path("inbox/9.txt"), b"caf\xe9").unwrap();
    home.run("predict model.gatewise inbox")
        .failed(1, &["9.txt: this is not UTF-8", "offset 3", "--encoding"]);
    fs::create_dir(home.path("none")).unwrap();
    home.run("predict model.gatewise none").failed(1, &["the folder none has no file"]);
}

/// `predict model.gatewise reviews.txt` with a mistyped name has answered the name itself once.
#[test]
fn a_path_that_does_not_exist_is_no_text() {
    let (home, _) = trained(&LABELS, "");
    for path in ["reviews.txt", "Reviews.TXT", "notes.docx", "./reviews", "../x", "a/b.txt"] {
        let ran = home.run(&format!("predict model.gatewise {path}"));
        ran.failed(2, &[&format!("there is no file '{path}'"), "--text TEXT"]);
    }
    // A file of records is none of the texts that a path may be confused with.
    for path in ["reviews.json", "reviews.csv.gz", "reviews.csv"] {
        home.run(&format!("predict model.gatewise {path}")).failed(1, &[&format!("there is no file {path}")]);
    }
    let mut command = home.command(["predict", "model.gatewise", "my reviews.txt"]);
    let ran = crate::home::Ran::new("predict", command.output().unwrap());
    ran.failed(2, &["there is no file 'my reviews.txt'"]);
}

#[test]
fn texts_with_dots_and_slashes_are_texts() {
    let (home, _) = trained(&LABELS, "");
    for text in ["Thanks.", "10/10", "thanks and/or refund", "Thanks... refund!", "3.5", "e.g."] {
        let ran = predict(&home, &["model.gatewise", text], "").ok();
        assert!(ran.stdout.trim_end().ends_with(text), "{ran:#?}");
    }
}

#[test]
fn text_is_an_option_for_texts_that_look_like_paths() {
    let (home, _) = trained(&LABELS, "");
    fs::write(home.path("thanks"), "refund\n").unwrap();
    assert_eq!(
        labels(&home.run("predict model.gatewise thanks").ok().stdout),
        ["bill"],
        "a file of that name"
    );
    let ran = home.run("predict model.gatewise --text thanks --text refund.txt --text -5").ok();
    assert_eq!(labels(&ran.stdout)[0], "praise", "{ran:#?}");
    assert_eq!(ran.stdout.lines().count(), 3);
    home.run("predict model.gatewise thanks --text refund")
        .failed(2, &["--text gives the texts, but 'thanks'"]);
}

#[test]
fn a_file_beside_texts_is_refused() {
    let (home, _) = trained(&LABELS, "");
    fs::write(home.path("mails.txt"), "refund\n").unwrap();
    for args in ["mails.txt thanks", "thanks mails.csv", "mails.csv mails.txt", "- thanks"] {
        home.run(&format!("predict model.gatewise {args}")).failed(2, &["give it alone"]);
    }
    home.run("predict model.gatewise mails.txt -o out.csv")
        .failed(2, &["--output goes with a file of texts"]);
}

#[test]
fn a_model_may_have_any_name_and_a_text_file_is_none() {
    let (home, _) = trained(&LABELS, "");
    fs::rename(home.path("model.gatewise"), home.path("my model")).unwrap();
    let ran = predict(&home, &["my model", "refund"], "").ok();
    assert_eq!(labels(&ran.stdout), ["bill"]);
    // Without a model, a text file is read by the built-in one.
    fs::write(
        home.path("films.txt"),
        "A wonderful film, I loved it.\nTerrible and boring, a waste of time!\n",
    )
    .unwrap();
    let ran = home.run("predict films.txt").ok();
    assert_eq!(labels(&ran.stdout), ["pos", "neg"], "{ran:#?}");
}

#[test]
fn a_line_that_is_not_utf_8_is_named_with_its_file() {
    let (home, _) = trained(&LABELS, "");
    fs::write(home.path("mails.txt"), b"thanks\ncaf\xe9\n").unwrap();
    let ran = home.run("predict model.gatewise mails.txt");
    assert_eq!(labels(&ran.stdout), ["praise"], "the lines before it are answered");
    ran.failed(1, &["line 2 of mails.txt is not UTF-8", "offset 3"]);
}

#[test]
fn text_files_have_encodings_and_are_packed() {
    let (home, _) = trained(&LABELS, "");
    fs::create_dir(home.path("inbox")).unwrap();
    fs::write(home.path("inbox/1"), b"refund caf\xe9").unwrap();
    fs::write(home.path("latin.txt"), b"refund caf\xe9\nthanks\n").unwrap();
    let ran = home.run("predict model.gatewise latin.txt --encoding windows-1252").ok();
    assert_eq!(labels(&ran.stdout), ["bill", "praise"]);
    assert!(ran.stdout.contains("refund caf\u{e9}\n"), "{ran:#?}");
    assert_eq!(labels(&home.run("predict model.gatewise inbox --encoding latin1").ok().stdout), ["bill"]);
    let wide: Vec<u8> = "\u{feff}refund\nthanks\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(home.path("wide.txt"), wide).unwrap();
    let ran = home.run("predict model.gatewise wide.txt").ok();
    assert_eq!(labels(&ran.stdout), ["bill", "praise"], "UTF-16 with its mark: {ran:#?}");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, b"thanks\nrefund\n").unwrap();
    fs::write(home.path("mails.txt.gz"), packed.finish().unwrap()).unwrap();
    assert_eq!(labels(&home.run("predict model.gatewise mails.txt.gz").ok().stdout), ["praise", "bill"]);
}

/// As many commas in each line may be chance, and make no table of a text.
#[test]
fn a_text_file_with_commas_is_a_text_file_unless_options_or_a_header_name_columns() {
    let (home, _) = trained(&LABELS, "");
    let lines = "thanks,well\nrefund,well\nthanks,so\nrefund,so\nthanks,no\nrefund,no\n";
    fs::write(home.path("mails.txt"), lines).unwrap();
    let ran = home.run("predict model.gatewise mails.txt").ok();
    assert_eq!(labels(&ran.stdout), ["praise", "bill", "praise", "bill", "praise", "bill"], "{ran:#?}");
    assert!(ran.stderr.contains("all have as many commas; --delimiter , reads them as a table"), "{ran:#?}");
    fs::write(home.path("mails.txt"), format!("text,well\n{lines}")).unwrap();
    for options in ["", "--text-column text --header"] {
        let ran = home.run(&format!("predict model.gatewise mails.txt {options}")).ok();
        assert!(ran.stdout.starts_with("text,well,label,probability\nthanks,well,praise,"), "{ran:#?}");
    }
}

/// What `train` and `evaluate` read as records, `predict` does not answer line by line, labels included.
#[test]
fn a_text_file_with_records_is_answered_record_by_record() {
    let (home, _) = trained(&LABELS, "");
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    for (what, content, options, first, answers) in [
        (
            "semicolons without a header",
            "thanks a lot;bill\nthe refund;praise\n".repeat(4).into_bytes(),
            "",
            "thanks a lot;bill;praise;",
            8,
        ),
        (
            "vertical bars and a header",
            b"id|verdict|comment\n1|bill|thanks a lot\n2|praise|the refund\n".to_vec(),
            "",
            "id|verdict|comment|label|probability",
            3,
        ),
        (
            "UTF-16 and tabs",
            wide("\u{feff}label\ttext\nbill\tthanks a lot\npraise\tthe refund\n"),
            "",
            "label\ttext\tpredicted_label\tprobability",
            3,
        ),
        (
            "an encoding",
            b"text;label\nthanks caf\xe9;bill\nrefund caf\xe9;praise\n".to_vec(),
            "--encoding latin1",
            "text;label;predicted_label;probability",
            3,
        ),
    ] {
        fs::write(home.path("rows.txt"), content).unwrap();
        let ran = home.run(&format!("predict model.gatewise rows.txt {options}")).ok();
        assert!(ran.stdout.starts_with(first), "{what}: {ran:#?}");
        assert_eq!(ran.stdout.lines().count(), answers, "{what}: {ran:#?}");
        home.run(&format!("predict model.gatewise rows.txt {options} -o out.csv")).ok();
    }
}

#[test]
fn an_output_without_records_is_refused_with_what_is_there() {
    let (home, _) = trained(&LABELS, "");
    fs::write(home.path("mails.txt"), "refund\n").unwrap();
    fs::create_dir(home.path("inbox")).unwrap();
    fs::write(home.path("inbox/1"), "refund\n").unwrap();
    for (input, says) in [
        ("mails.txt", "but each line of mails.txt is a text; name the delimiter of its fields (--delimiter)"),
        ("inbox", "but inbox is a folder, each file a text; leave --output out"),
    ] {
        home.run(&format!("predict model.gatewise {input} -o out.csv")).failed(2, &[says]);
    }
    home.run("predict thanks nofile.csv").failed(2, &["there is no file 'nofile.csv'"]);
}

/// The answer to words that the model has never seen is no answer to them.
#[test]
fn texts_of_unknown_words_are_noted() {
    let (home, _) = trained(&LABELS, "");
    for (texts, note) in [
        (&["zork blarg quux"][..], Some("note: no word of the text is known to the model")),
        (&["zork", "blarg"], Some("note: no word of the texts is known to the model")),
        (&["zork", "refund"], None),
        (&["refund zork"], None),
    ] {
        let ran = predict(&home, &[&["model.gatewise"], texts].concat(), "").ok();
        match note {
            Some(note) => assert_eq!(ran.stderr.trim_end(), note, "{ran:#?}"),
            None => assert_eq!(ran.stderr, "", "{ran:#?}"),
        }
    }
}

/// A path is bytes, and on Linux these need not be UTF-8.
#[cfg(target_os = "linux")]
#[test]
fn paths_that_are_not_utf_8_are_paths() {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::OsStrExt;
    let (home, _) = trained(&LABELS, "");
    let name = |end: &str| OsStr::from_bytes(&[b"caf\xe9", end.as_bytes()].concat()).to_owned();
    let beside = |name: &OsStr| home.path("").join(name);
    fs::copy(home.path("mails.csv"), beside(&name(".csv"))).unwrap();
    fs::write(beside(&name(".txt")), "refund\nthanks\n").unwrap();
    let run = |args: &[&OsStr], options: &str| {
        let options = options.split_whitespace().map(OsString::from);
        let mut command = home.command(args.iter().map(|word| word.to_os_string()).chain(options));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let word = OsStr::new;
    let (model, table) = (name(".gatewise"), name(".csv"));
    let train = [word("train"), &table, word("-o"), &model];
    let trained = run(&train, &format!("{} --format json", crate::toy::QUICK));
    let object: serde_json::Value = serde_json::from_str(&trained).unwrap();
    assert_eq!(object["data"], "caf\u{fffd}.csv");
    assert!(beside(&model).exists(), "the model has the name that was given");
    for format in ["text", "json"] {
        let format = format!("--format {format}");
        assert_eq!(run(&[word("predict"), &model, &name(".txt")], &format).lines().count(), 2);
        run(&[word("evaluate"), &model, &table], &format);
        run(&[word("summary"), &model], &format);
        run(&[word("bench"), &model, &table], &format!("--time 0.1s {format}"));
        run(&[word("data"), word("describe"), &table], &format);
        fs::write(beside(&name("-sales.csv")), format!("passengers\n{}", "1\n2\n".repeat(20))).unwrap();
        let few = "--period 2 --horizon 2 --length 4 --test 4 --epochs 1 --units 2";
        run(&[word("forecast"), &name("-sales.csv")], &format!("{few} {format}"));
        let log = name(".jsonl");
        run(
            &[word("tune"), &table, word("-o"), &model, word("--log"), &log],
            &format!("{format} --trials 1 -- --epochs 1"),
        );
    }
}

#[test]
fn a_language_model_learns_no_byte_order_mark() {
    let home = Home::new();
    let train = |text: &str| {
        fs::write(home.path("tale.txt"), text).unwrap();
        let options =
            "--task language-model --epochs 1 --units 4 --embedding 4 --maxlen 8 --verbose 0 --format json";
        home.run(&format!("train tale.txt {options}")).ok().json()
    };
    let (with, without) = (train(&format!("\u{feff}{}", "abcd ".repeat(60))), train(&"abcd ".repeat(60)));
    assert_eq!(with["characters"], without["characters"]);
    assert_eq!(with["weights_sha256"], without["weights_sha256"], "the same text, the same model");
    // A text in another encoding is the same text.
    fs::write(home.path("latin.txt"), b"caf\xe9 ".repeat(60)).unwrap();
    let quick =
        "--task language-model --epochs 1 --units 4 --embedding 4 --maxlen 8 --verbose 0 --format json";
    let latin =
        home.run(&format!("train latin.txt {quick} --encoding windows-1252 -o l.gatewise")).ok().json();
    assert_eq!(latin["weights_sha256"], train(&"caf\u{e9} ".repeat(60))["weights_sha256"]);
    home.run("evaluate l.gatewise latin.txt --encoding windows-1252").ok();
    train(&"abcd ".repeat(60));
    let generate = |prompt: &str| {
        let mut command = home.command(["generate", "model.gatewise", "--length", "20", "--prompt", prompt]);
        crate::home::Ran::new("generate", command.output().unwrap()).ok().stdout
    };
    assert_eq!(generate("\u{feff}abc"), generate("abc"));
}
