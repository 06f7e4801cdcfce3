//! `gatewise explain`: why a model answered as it did, for texts, files and series.

mod compare;
mod page;
mod rows;
mod text;
mod tokens;
mod view;

use super::predict::{answers, check_record_options, for_each_file, input, lines, shipped, words};
use crate::args::{Explain, Format};
use crate::color::Style;
use crate::watch::Watch;
use crate::{Done, note};
use gatewise::explain::{ExplainOptions, Explainer, Explanation, Method};
use gatewise::files::SeriesFile;
use gatewise::rows::Problem;
use gatewise::{Artifact, AtomicFile, Error, Result};
use gatewise_pipeline::{Drift, ExplainFile, PredictInput, RunFiles, Source, linear_baseline, set_threshold};
use gatewise_views::Page;
use rows::Rows;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use view::View;

/// The name of the built-in model beside another one.
const BUILT_IN: &str = "built-in model";

pub fn explain(args: Explain) -> Result<Done> {
    check(&args)?;
    if let Some(html) = &args.html {
        if !html.extension().is_some_and(|ending| ending == "html" || ending == "htm") {
            return Err(Error::config(format!(
                "--html {} is a page; give it a name that ends in .html",
                html.display()
            )));
        }
        let named = args.inputs.iter().chain(&args.baseline).map(Path::new);
        let files =
            named.chain(args.compare.as_deref()).chain(args.file.as_deref()).filter(|path| path.exists());
        let files = files.fold(RunFiles::new(), |files, path| files.reads("the input", path));
        files.replaces("--html", html).check()?;
    }
    let (artifact, rest) = shipped::named_or_built_in(&args.inputs)?;
    let name = match rest.len() < args.inputs.len() {
        true => args.inputs[0].to_string_lossy().into_owned(),
        false => BUILT_IN.to_owned(),
    };
    let explainer = explainer(artifact, &args)?;
    let explainer = with_baseline(explainer, &args)?;
    let other = match &args.compare {
        Some(path) => Some((explainer_of(path, &args)?, path.display().to_string())),
        None => None,
    };
    let words = given(rest, &args)?;
    let mut job = Job::new(&args, explainer, name, other)?;
    if job.explainer.artifact().vocabulary().is_none() {
        return series(&job, &words);
    }
    let table = &args.place.rows.table;
    let input = input(&words, &args.text, table, &args.place.rows.text_column)?;
    if args.baseline.is_none() {
        check_record_options(&input, table, &args.place.rows.text_column, false)?;
    }
    let many = !matches!(input, PredictInput::Texts(_) | PredictInput::StandardInput);
    if many {
        job.check_many()?;
    }
    let mut drift = Drift::default();
    let mut done = Done::Whole;
    match input {
        PredictInput::Records(path) => done = records(&job, &path, &mut drift)?,
        PredictInput::Lines(paths) => {
            let mut rows = Rows::new(&job);
            for path in paths {
                let file = lines::open(&path, &table.record_options())?;
                lines::for_each(file, &path.display().to_string(), ExplainFile::CHUNK, |texts| {
                    rows.write(texts, &job.explained(texts, &mut drift)?)
                })?;
            }
            rows.finish()?;
        }
        PredictInput::Folder(folder) => {
            let mut rows = Rows::new(&job);
            for_each_file(&folder, table.encoding, |names, texts| {
                rows.write(names, &job.explained(texts, &mut drift)?)
            })?;
            rows.finish()?;
        }
        PredictInput::Texts(texts) => job.pages(&texts, &mut drift)?,
        _ => lines::for_each(lines::standard_input(), "standard input", ExplainFile::CHUNK, |texts| {
            job.pages(texts, &mut drift)
        })?,
    }
    job.write_html()?;
    words::report(&drift, job.explainer.artifact());
    Ok(done)
}

/// Refuses options that mean nothing together.
fn check(args: &Explain) -> Result<()> {
    let named = args.method;
    let rows = &args.place.rows;
    let without_baseline = args.baseline.is_none();
    let refused = [
        (
            args.steps.is_some() && named.is_some_and(|method| method != Method::IntegratedGradients),
            "--steps is the number of points of integrated gradients; leave it out, or name that --method",
        ),
        (
            args.per_token && args.format == Format::Json,
            "--per-token is a table for people; --format json has every gate and state, so leave it out",
        ),
        (
            without_baseline && !rows.label_column.is_empty(),
            "--label-column is about the labelled texts of --baseline, and none is given; leave it out",
        ),
        (
            without_baseline && rows.on_error.is_some(),
            "--on-error is about the labelled texts of --baseline, and none is given; leave it out",
        ),
        (
            without_baseline && args.place.data_dir.is_some(),
            "--data-dir is about the labelled texts of --baseline, and none is given; leave it out",
        ),
    ];
    match refused.iter().find(|(refused, _)| *refused) {
        Some((_, reason)) => Err(Error::config(*reason)),
        None => Ok(()),
    }
}

/// Returns the words after the model, or the file of `--file`.
fn given(rest: &[OsString], args: &Explain) -> Result<Vec<OsString>> {
    match (&args.file, rest.first()) {
        (None, _) => Ok(rest.to_vec()),
        (Some(file), None) => {
            let exists = file.exists() || file.as_os_str() == "-";
            match exists {
                true => Ok(vec![file.into()]),
                false => Err(Error::data(format!("there is no file {}; check the path", file.display()))),
            }
        }
        (Some(_), Some(word)) => Err(Error::config(format!(
            "--file names the texts, but '{}' is given too; leave one of them out",
            word.display()
        ))),
    }
}

fn explainer(mut artifact: Artifact, args: &Explain) -> Result<Explainer> {
    if let Some(threshold) = args.threshold {
        set_threshold(&mut artifact, threshold)?;
    }
    Explainer::on(artifact, &args.machine.machine())
}

fn explainer_of(path: &Path, args: &Explain) -> Result<Explainer> {
    explainer(Artifact::load(path)?, args)
}

/// Fits the linear baseline, where one is asked for.
fn with_baseline(explainer: Explainer, args: &Explain) -> Result<Explainer> {
    let Some(data) = &args.baseline else { return Ok(explainer) };
    if explainer.artifact().ensemble().is_some() {
        return Err(Error::config(
            "this model is an ensemble, which has a linear model; leave --baseline out",
        ));
    }
    let (source, rows) = (Source::from(data.as_os_str()), args.place.row_options());
    let linear = linear_baseline(explainer.artifact(), &source, &rows, &mut Watch::notes())?;
    explainer.with_linear(linear)
}

/// What is explained, and how.
pub struct Job<'a> {
    args: &'a Explain,
    explainer: Explainer,
    name: String,
    /// Another model and its name.
    other: Option<(Explainer, String)>,
    /// The method whose contributions are shown.
    method: Method,
    style: Style,
    /// The page of `--html`.
    html: Option<Page>,
}

impl<'a> Job<'a> {
    fn new(
        args: &'a Explain,
        explainer: Explainer,
        name: String,
        other: Option<(Explainer, String)>,
    ) -> Result<Self> {
        let (artifact, method) = (explainer.artifact(), args.method.unwrap_or(Method::IntegratedGradients));
        if let Some(class) = &args.class {
            artifact.output_of(class)?;
        }
        let linear = artifact.ensemble().is_some() || args.baseline.is_some();
        if method == Method::LinearModel && !linear {
            return Err(Error::config(
                "--method linear-model needs a linear model: an ensemble has one, and --baseline DATA fits one",
            ));
        }
        if let Some((other, name)) = &other
            && (other.artifact().vocabulary().is_some() != artifact.vocabulary().is_some()
                || is_regression(other.artifact()) != is_regression(artifact))
        {
            return Err(Error::config(format!(
                "--compare {name}: this model has another task; compare models that predict the same"
            )));
        }
        let style = Style::of_output(args.color);
        let html = args.html.as_ref().map(|_| Page::new("gatewise explain"));
        Ok(Self { args, explainer, name, other, method, style, html })
    }

    /// Refuses what is for one text.
    fn check_many(&self) -> Result<()> {
        let options = [
            ("--per-token", self.args.per_token),
            ("--phrase", !self.args.phrase.is_empty()),
            ("--compare", self.args.compare.is_some()),
            ("--html", self.args.html.is_some()),
        ];
        match options.iter().find(|(_, given)| *given) {
            Some((option, _)) => Err(Error::config(format!(
                "{option} is for texts, but a file is given; leave {option} out, or give a text"
            ))),
            None => Ok(()),
        }
    }

    /// Returns the options for one explanation at a time.
    fn options(&self) -> Result<ExplainOptions> {
        let artifact = self.explainer.artifact();
        let output = self.args.class.as_deref().map(|class| artifact.output_of(class)).transpose()?;
        let options = ExplainOptions::new().output(output).steps(self.args.steps);
        let options = options.phrases(self.args.phrase.iter().cloned());
        if self.args.format == Format::Json {
            return Ok(match self.args.method {
                // Phrases come by contextual decomposition.
                Some(method) if self.args.phrase.is_empty() => options.methods([method]),
                Some(Method::ContextualDecomposition) => options.methods([Method::ContextualDecomposition]),
                Some(method) => options.methods([method, Method::ContextualDecomposition]),
                None => options,
            });
        }
        let (table, pictures) = (self.args.per_token, self.args.html.is_some());
        let is_needed = |method: Method| match method {
            Method::LinearModel => true,
            Method::ContextualDecomposition => !table || pictures,
            Method::GradientTimesInput | Method::IntegratedGradients => pictures,
            _ => false,
        };
        let others = Method::ALL.into_iter().filter(|&it| it != self.method && is_needed(it));
        let options = options.methods(std::iter::once(self.method).chain(others));
        Ok(options.states(table || pictures).counterfactuals(!table || pictures))
    }

    /// Returns the options for many texts: the contributions of one method.
    fn options_of_many(&self) -> Result<ExplainOptions> {
        let options = self.options()?.methods([self.method]);
        Ok(options.states(false).beginnings(false).counterfactuals(false))
    }

    fn view<'b>(&self, explanation: &'b Explanation) -> Result<View<'b>> {
        View::new(explanation, self.method, self.args.class.as_deref())
    }

    /// Returns the explanations of some of many texts.
    fn explained(&self, texts: &[String], drift: &mut Drift) -> Result<Vec<Explanation>> {
        let found = self.explainer.explain_many(texts, &self.options_of_many()?)?;
        count(drift, &found);
        Ok(found)
    }

    /// Writes a page for each text.
    fn pages(&mut self, texts: &[String], drift: &mut Drift) -> Result<()> {
        let options = self.options()?;
        for (at, text) in texts.iter().enumerate() {
            let mut explanation = self.explainer.explain_with(text, &options)?;
            count(drift, std::slice::from_ref(&explanation));
            if self.args.format == Format::Text {
                // They are notes on the run, and no part of the result.
                explanation.notes.drain(..).for_each(|note| note!("note: {note}"));
                if at > 0 {
                    emit("\n")?;
                }
            }
            let compared = match &self.other {
                Some((other, name)) => Some((self.comparison(&explanation, other, name, text)?, name)),
                None => {
                    self.page(&explanation, text)?;
                    None
                }
            };
            self.html = self.html.take().map(|page| match &compared {
                Some((their, name)) => page.comparison([(&self.name, &explanation), (name, their)]),
                None => page.explanation(&explanation),
            });
        }
        Ok(())
    }

    fn page(&self, explanation: &Explanation, name: &str) -> Result<()> {
        if self.args.format == Format::Json {
            return emit(&self.object(explanation, name)?);
        }
        let (artifact, view) = (self.explainer.artifact(), self.view(explanation)?);
        emit(&match self.args.per_token {
            true => page::head(artifact, &view, name, self.style) + &tokens::tables(&view, self.args)?,
            false => page::page(artifact, &view, self.method, self.args.phrase.len(), self.style),
        })
    }

    /// Writes the explanation of one text by two models, of the same label.
    fn comparison(
        &self,
        own: &Explanation,
        other: &Explainer,
        name: &str,
        text: &str,
    ) -> Result<Explanation> {
        let label = self.args.class.as_deref().or(own.output.label.as_deref());
        let output = label.map(|label| other.artifact().output_of(label));
        let output =
            output.transpose().map_err(|error| Error::config(format!("--compare {name}: {error}")))?;
        let options = self.options()?.output(output);
        let their = other.explain_with(text, &options)?;
        let views = [View::new(own, self.method, label)?, View::new(&their, self.method, label)?];
        if self.args.format == Format::Json {
            let [before, after] =
                [&views[0], &views[1]].map(|view| view.value(view.explanation.output.value));
            let object = serde_json::json!({"models": [self.name, name], "explanations": [own, &their],
                "label": label, "difference": after - before});
            emit(&format!("{object}\n"))?;
        } else {
            let artifacts = [self.explainer.artifact(), other.artifact()];
            emit(&compare::table(artifacts, [&views[0], &views[1]], [&self.name, name]))?;
        }
        Ok(their)
    }

    /// Writes the page of `--html`.
    fn write_html(&self) -> Result<()> {
        let (Some(page), Some(path)) = (&self.html, &self.args.html) else { return Ok(()) };
        let mut file = AtomicFile::create(path)?;
        file.write_all(page.to_html().as_bytes()).map_err(|e| Error::io("cannot write to", path, e))?;
        file.commit()?;
        note!("Saved {}", path.display());
        Ok(())
    }

    /// Returns the object of an explanation, with the name of a series.
    fn object(&self, explanation: &Explanation, name: &str) -> Result<String> {
        let json = |error| Error::data(format!("the explanation cannot be written as JSON: {error}"));
        let mut object = serde_json::to_value(explanation).map_err(json)?;
        if explanation.text.is_none() {
            object["series"] = name.into();
        }
        Ok(format!("{object}\n"))
    }
}

fn is_regression(artifact: &Artifact) -> bool {
    matches!(artifact.problem(), Problem::Regression { .. })
}

fn count(drift: &mut Drift, explanations: &[Explanation]) {
    explanations.iter().for_each(|it| drift.count(std::slice::from_ref(&it.answer)));
}

/// Explains the texts of a file of records.
fn records(job: &Job<'_>, path: &Path, drift: &mut Drift) -> Result<Done> {
    let rows_of = &job.args.place.rows;
    let config = ExplainFile::new(path).records(rows_of.table.record_options());
    // With a baseline the columns are those of its data too.
    let config = config.text_columns(&rows_of.text_column);
    let (mut watch, mut rows) = (Watch::rows()?, Rows::new(job));
    let whole = config.run(&job.explainer, &job.options_of_many()?, &mut watch, |texts, explanations| {
        count(drift, explanations);
        rows.write(texts, explanations)
    })?;
    let signal = watch.signal().unwrap_or("request");
    drop(watch);
    if !whole {
        note!("Stopped by {signal}.");
        return Ok(Done::Interrupted);
    }
    rows.finish()?;
    Ok(Done::Whole)
}

/// Explains the series in files.
fn series(job: &Job<'_>, files: &[OsString]) -> Result<Done> {
    let args = job.args;
    let rows_of = &args.place.rows;
    if !args.text.is_empty() || files.is_empty() || files.iter().any(|file| file == "-") {
        return Err(Error::config("this model reads series: give the .ts files that hold them"));
    }
    let refused = [
        ("--text-column", !rows_of.text_column.is_empty()),
        ("--phrase", !args.phrase.is_empty()),
        ("--compare", args.compare.is_some()),
        ("--html", args.html.is_some()),
    ];
    if let Some((option, _)) = refused.iter().find(|(_, given)| *given) {
        return Err(Error::config(format!(
            "{option} is for texts, but this model reads series; leave it out"
        )));
    }
    let options = if args.per_token { job.options()? } else { job.options_of_many()? };
    let mut rows = Rows::new(job);
    for path in files.iter().map(Path::new) {
        let file = SeriesFile::read(path)?;
        file.notes.iter().for_each(|note| note!("note: {}: {note}", path.display()));
        let all: Vec<usize> = (0..file.rows.len()).collect();
        for chunk in all.chunks(ExplainFile::CHUNK) {
            let found = job.explainer.explain_series(&file.rows.select(chunk), &options)?;
            let names: Vec<String> =
                chunk.iter().map(|row| format!("{}, row {}", path.display(), row + 1)).collect();
            match args.per_token {
                false => rows.write(&names, &found)?,
                true => found.iter().zip(&names).try_for_each(|(found, name)| job.page(found, name))?,
            }
        }
    }
    Ok(Done::Whole)
}

/// Writes to standard output. A closed pipe ends the program: nobody reads what would come.
fn emit(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    written
        .map_err(|e| Error::io("cannot write to", "standard output", e))
        .or_else(answers::ignore_closed_pipe)
}
