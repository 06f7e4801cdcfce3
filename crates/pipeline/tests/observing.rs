//! What an observer sees of a run, and that it can end it.

use gatewise::{Artifact, Error, ErrorKind, Result};
use gatewise_pipeline::{Observer, Preset, Progress, Source, TrainConfig, TuneConfig};

/// Everything that happened, a word each; stops after so many batches, fails at the first of a kind.
#[derive(Default)]
struct Seen {
    events: Vec<&'static str>,
    stop_after: Option<usize>,
    fail_at: Option<&'static str>,
}

impl Seen {
    fn count(&self, event: &str) -> usize {
        self.events.iter().filter(|seen| **seen == event).count()
    }
}

impl Observer for Seen {
    fn note(&mut self, _: &str) {
        self.events.push("note");
    }

    fn progress(&mut self, progress: Progress<'_>) -> Result<()> {
        let event = match progress {
            Progress::Ready { .. } => "ready",
            Progress::Member { .. } => "member",
            Progress::EpochBegin { .. } => "begin",
            Progress::Batch { .. } => "batch",
            Progress::EpochEnd { .. } => "end",
            Progress::TrialBegin { .. } => "trial",
            Progress::TrialEnd { .. } => "tried",
            _ => "other",
        };
        self.events.push(event);
        match self.fail_at {
            Some(failing) if failing == event => Err(Error::new(ErrorKind::Interrupted, "enough")),
            _ => Ok(()),
        }
    }

    fn should_stop(&self) -> bool {
        self.stop_after.is_some_and(|most| self.count("batch") >= most)
    }
}

fn config() -> TrainConfig {
    let rows =
        (0..200).map(|row| (format!("{} no {}", ["good", "bad"][row % 2], row % 7), ["p", "n"][row % 2]));
    TrainConfig::new(Source::texts(rows)).epochs(3).units([4]).embedding(4)
}

#[test]
fn a_run_is_seen_from_its_data_to_its_last_epoch() {
    let mut seen = Seen::default();
    let outcome = config().plan().unwrap().run(&mut seen).unwrap();
    assert!(!outcome.interrupted && outcome.evaluation.is_some());
    assert_eq!([seen.count("ready"), seen.count("begin"), seen.count("end")], [1, 3, 3]);
    assert_eq!(seen.count("batch"), 3 * outcome.data.training.div_ceil(32));
    assert_eq!(
        seen.events.iter().position(|it| *it == "ready"),
        seen.events.iter().position(|it| *it != "note")
    );
}

#[test]
fn a_run_that_is_stopped_keeps_and_saves_what_was_learnt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gatewise");
    std::fs::write(&path, "an older model").unwrap();
    let mut seen = Seen { stop_after: Some(2), ..Seen::default() };
    let outcome = config().output(&path).plan().unwrap().run(&mut seen).unwrap();
    assert!(outcome.interrupted && outcome.history().stopped && outcome.history().epochs.is_empty());
    assert_eq!(seen.count("batch"), 2);
    assert!(outcome.baselines.is_empty(), "who wants to stop does not wait for them");
    let older = std::fs::read_to_string(&path).unwrap();
    assert_eq!(older, "an older model", "before its first epoch a run replaces nothing");
    let batches = outcome.data.training.div_ceil(32);
    let mut seen = Seen { stop_after: Some(batches + 1), ..Seen::default() };
    let outcome = config().output(&path).plan().unwrap().run(&mut seen).unwrap();
    assert!(outcome.interrupted && outcome.history().epochs.len() == 1);
    let saved = Artifact::load(&path).unwrap();
    assert_eq!(saved.weights_sha256(), outcome.artifact.weights_sha256());
}

#[test]
fn members_and_trials_are_seen_and_stopped() {
    let mut seen = Seen::default();
    let outcome = config().epochs(1).preset(Preset::Accurate).plan().unwrap().run(&mut seen).unwrap();
    assert_eq!(seen.count("member"), 10);
    assert_eq!(outcome.artifact.ensemble().map(|ensemble| ensemble.others().len()), Some(9));
    assert!(serde_json::to_value(&outcome).unwrap()["out_of_fold_accuracy"]["joined"].is_f64());
    let mut seen = Seen { stop_after: Some(1), ..Seen::default() };
    let outcome = config().preset(Preset::Accurate).plan().unwrap().run(&mut seen).unwrap();
    assert_eq!((seen.count("member"), outcome.interrupted), (1, true));

    let mut seen = Seen::default();
    let outcome = TuneConfig::new(config()).trials(3).plan().unwrap().run(&mut seen).unwrap();
    assert_eq!([seen.count("trial"), seen.count("tried"), outcome.trials], [3, 3, 3]);
    assert!(outcome.log.command.is_none(), "rows in memory have no command line");
    assert!(outcome.best.evaluation.is_some());
    let mut seen = Seen { stop_after: Some(8), ..Seen::default() };
    let outcome = TuneConfig::new(config()).plan().unwrap().run(&mut seen).unwrap();
    assert!(outcome.interrupted && outcome.trials < 4);
}

#[test]
fn an_error_of_the_observer_ends_the_run() {
    for event in ["ready", "begin", "batch", "end"] {
        let mut seen = Seen { fail_at: Some(event), ..Seen::default() };
        let error = config().plan().unwrap().run(&mut seen).unwrap_err();
        assert_eq!((error.kind(), seen.count(event)), (ErrorKind::Interrupted, 1), "{event}");
    }
}
