//! Arguments of `gatewise explain`.

use super::values::{at_least, probability};
use super::{Format, Machine, Place};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args as ClapArgs, ValueEnum};
use gatewise::explain::Method;
use std::ffi::OsString;
use std::path::PathBuf;

/// Explain predictions: which words speak for and against them, and what would turn them.
#[derive(Debug, ClapArgs)]
#[command(
    override_usage = "gatewise explain [OPTIONS] [MODEL] [TEXTS]...\n       gatewise explain [OPTIONS] [MODEL] FILE|FOLDER|-",
    after_help = "\
Examples:
  gatewise explain 'A dull, lifeless film with nothing to say.'
  gatewise explain model.gatewise 'Not good.' --phrase 'not good' --html why.html
  gatewise explain model.gatewise 'Not good.' --per-token
  gatewise explain model.gatewise --file films.csv
  gatewise explain model.gatewise 'Not good.' --compare other.gatewise

In a text, a word with + speaks for the label and a word with - speaks against it; ++ and -- are
strong. book/explain.md describes the methods."
)]
pub struct Explain {
    /// Model file, followed by texts, or by -, or nothing, for the lines of standard input: each is explained by
    /// itself. Or followed by a file or a folder, as in `predict`: a line for each text, and the words that speak most
    /// for each label. Without a model file, the built-in model predicts the sentiment of English film reviews.
    #[arg(value_name = "MODEL|TEXT|FILE")]
    pub inputs: Vec<OsString>,
    /// Text, also if it looks like a path; give several.
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub text: Vec<String>,
    /// File of texts or series, or folder of texts, as a word after the model.
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub file: Option<PathBuf>,
    /// Method that gives the contributions of the words [default: integrated-gradients; with --format json, all but
    /// occlusion].
    #[arg(long, value_parser = method(), value_name = "METHOD")]
    pub method: Option<Method>,
    /// Points of integrated gradients [default: 14, more where they are not enough].
    #[arg(long, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub steps: Option<usize>,
    /// Label to explain [default: the predicted label; of a binary model its positive class].
    #[arg(long, value_name = "LABEL")]
    pub class: Option<String>,
    /// Phrase of the text to decompose into the phrase and its words; give several.
    #[arg(long, value_name = "WORDS")]
    pub phrase: Vec<String>,
    /// Print a table of the tokens: contributions, the answer if the text ended there, gates and states.
    #[arg(long, conflicts_with_all = ["phrase", "compare"])]
    pub per_token: bool,
    /// Recurrent layer of the table [default: all].
    #[arg(long, value_name = "NAME", requires = "per_token")]
    pub layer: Option<String>,
    /// Print every unit of the layers in place of the means over the units.
    #[arg(long, requires = "per_token")]
    pub units: bool,
    /// File for one HTML page with pictures of the explanations, which needs no network.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Another model, to compare its explanation of the same texts.
    #[arg(long, value_name = "MODEL", conflicts_with_all = ["phrase", "baseline"])]
    pub compare: Option<PathBuf>,
    /// Labelled texts, as in `gatewise train`: a linear model is fitted to their training rows, and the weights of its
    /// words are printed beside the contributions.
    #[arg(long, value_name = "DATA")]
    pub baseline: Option<OsString>,
    /// Decision threshold, in place of the model's own.
    #[arg(long, value_name = "P", value_parser = probability, allow_negative_numbers = true)]
    pub threshold: Option<f32>,
    /// Whether to colour the words [default: auto, on a terminal; NO_COLOR and CLICOLOR_FORCE are respected].
    #[arg(long, value_enum, default_value_t = ColorChoice::Auto, hide_default_value = true, value_name = "WHEN")]
    pub color: ColorChoice,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub machine: Machine,
    /// Output format; json writes one object per text.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// When to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    Auto,
    Always,
    Never,
}

/// Returns the name of a method as an option value.
pub fn method_name(method: Method) -> String {
    method.name().replace('_', "-")
}

/// Parses a method.
fn method() -> impl TypedValueParser<Value = Method> {
    let names = Method::ALL.map(|method| &*method_name(method).leak());
    PossibleValuesParser::new(names).try_map(|name| {
        Method::ALL.into_iter().find(|&method| method_name(method) == name).ok_or("there is no such method")
    })
}
