//! Statistics computed by hand, and the report.

use super::*;
use crate::files::{Columns, LabelledTexts, OnError, ReadOptions};
use crate::rows::Problem;

fn describe(text: &str, problem: Problem) -> Description {
    let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let columns = Columns::default().problem(problem);
    let options = ReadOptions::default().columns(columns).on_error(OnError::Skip);
    LabelledTexts::read(file.path(), &options).unwrap().describe().unwrap()
}

fn tally(lengths: impl IntoIterator<Item = usize>) -> LengthTally {
    let mut tally = LengthTally::default();
    lengths.into_iter().for_each(|length| tally.add(length));
    tally
}

#[test]
fn lengths_have_percentiles_and_round_bins() {
    let tally = tally(1..=20);
    let lengths = tally.lengths();
    let LengthSummary { min, median, mean, p90, p95, p99, max, histogram } = &lengths;
    assert_eq!((min, median, mean, p90, p95, p99, max), (&1, &10, &10.5, &18, &19, &20, &20));
    let bins = |histogram: &[Bin]| -> Vec<_> { histogram.iter().map(|b| (b.from, b.to, b.rows)).collect() };
    let steps = [(0, 4, 4), (5, 9, 5), (10, 14, 5), (15, 19, 5), (20, 24, 1)];
    assert_eq!(bins(histogram), steps.map(|(from, to, rows)| (from, Some(to), rows)));
    // 19 rows of 20 have at most 19 words, before which the start token stands.
    assert_eq!(tally.maxlen(), Suggestion { value: 20, fraction: 0.95 });
    // A few long rows neither widen the bins nor ask for a longer maxlen.
    let long = self::tally([3; 996].into_iter().chain([0, 5, 700, 9_000]));
    let steps = [(0, Some(0), 1), (1, Some(1), 0), (2, Some(2), 0), (3, Some(3), 996), (4, None, 3)];
    assert_eq!(bins(&long.lengths().histogram), steps);
    assert_eq!(long.maxlen(), Suggestion { value: 10, fraction: 0.998 });
    let same = self::tally([120; 3]);
    assert_eq!((bins(&same.lengths().histogram), same.maxlen().value), (vec![(120, Some(120), 3)], 150));
}

#[test]
fn vocabularies_cover_what_they_have_ids_for() {
    let (words, max_words) = WordSummary::of(vec![1, 5, 0, 3, 1]);
    assert_eq!((words.running, words.distinct, words.once), (10, 4, 2));
    assert_eq!(words.coverage, [Coverage { words: 4, fraction: 1.0 }]);
    assert_eq!(max_words, Suggestion { value: 100, fraction: 1.0 });
    // 500 words ten times and 1,000 once. 95 % of 6,000 are 5,700: all of the former and 700 of the latter.
    let (words, max_words) = WordSummary::of([vec![1; 1000], vec![10; 500]].concat());
    assert_eq!(words.coverage[0], Coverage { words: 1000, fraction: 5500.0 / 6000.0 });
    assert_eq!((words.coverage.len(), &max_words), (2, &Suggestion { value: 2000, fraction: 1.0 }));
    // Of 100 ids 96 are words, and these would be just too few.
    let enough = |rare: usize| WordSummary::of([vec![19; 96], vec![1; rare]].concat()).1;
    assert_eq!(enough(96), Suggestion { value: 100, fraction: 0.95 });
    assert_eq!(enough(97).value, 200);
    assert_eq!(WordSummary::of(vec![]).1.value, 100);
}

#[test]
fn labels_are_counted_whatever_there_are() {
    let one = describe("text,label\na b,x\nc,x\n,\nd,\n", Problem::SingleLabel);
    assert_eq!((one.rows, one.skipped), (2, 2));
    let counted = |label: &str, rows, fraction| LabelCount { label: label.into(), rows, fraction };
    assert_eq!(
        one.labels,
        LabelSummary::Labels { counts: vec![counted("x", 2, 1.0)], per_row: 1.0, rows_without: 0 }
    );
    assert!(one.notes.iter().any(|note| note.contains("every row has the label 'x'")), "{:?}", one.notes);
    let several = describe("text,tags\na,x;y\nb,y\nc,\nd,z;y;x\n", Problem::multi_label(";"));
    let counts = vec![counted("y", 3, 0.75), counted("x", 2, 0.5), counted("z", 1, 0.25)];
    assert_eq!(several.labels, LabelSummary::Labels { counts, per_row: 1.5, rows_without: 1 });
    let numbers = describe("text,score\na,1\nb,4\nc,2\nd,3\n", Problem::regression());
    let standard_deviation = 1.25f64.sqrt();
    assert_eq!(numbers.labels, LabelSummary::Numbers { min: 1.0, mean: 2.5, standard_deviation, max: 4.0 });
    assert!(numbers.notes.is_empty());
}

#[test]
fn a_page_is_no_wider_than_a_terminal() {
    let rows: String = (0..400)
        .map(|row| {
            format!("{},\"{}\ttag {}\"\n", "word ".repeat(row * row % 97), "long ".repeat(row % 9), row % 30)
        })
        .collect();
    for problem in [Problem::SingleLabel, Problem::multi_label(" ")] {
        let page = describe(&format!("text,label\n{rows},x\n"), problem).to_string();
        assert!(page.lines().all(|line| line.chars().count() <= 80 && line == line.trim_end()), "{page}");
        assert!(page.contains("more, with") || page.contains("a row"), "{page}");
        assert!(!page.contains('\t'), "{page}");
    }
    // A fraction below 1 is not 100 %.
    assert!(tally([1; 5000].into_iter().chain([3])).lengths().to_string().contains("99.9 %"));
}

#[test]
fn nothing_is_refused() {
    let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    std::fs::write(file.path(), "text,label\na,x\nb,y\n").unwrap();
    let (_, held) = LabelledTexts::read(file.path(), &ReadOptions::default()).unwrap().hold_out(0.1, 1);
    assert!(held.is_empty() && held.describe().unwrap_err().to_string().contains("no row"));
    // No word at all is fine.
    let page = describe("text,label\n-,x\n.,y\n", Problem::SingleLabel).to_string();
    assert!(page.contains("0 running words") && page.contains("2 texts have no words"), "{page}");
}
