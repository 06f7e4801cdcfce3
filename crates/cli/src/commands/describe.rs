//! `gatewise data describe`: what a file of labelled texts is like.

use super::texts::problem_of;
use crate::args::{Data, DataDescribe, Format};
use crate::{Done, data, out};
use gatewise::files::LabelledTexts;
use gatewise::{Error, ErrorKind, Result};

pub fn data(args: Data) -> Result<Done> {
    match args {
        Data::Describe(args) => describe(args),
    }
}

fn describe(args: DataDescribe) -> Result<Done> {
    let name = args.file.display().to_string();
    if !data::is_labelled_texts(&name) {
        let there_is = if args.file.exists() { "" } else { ", and there is no such file" };
        return Err(Error::config(format!(
            "describe reads {}; {name} is none{there_is}",
            data::LABELLED_TEXTS
        )));
    }
    let problem = problem_of(args.task, args.label_separator.as_deref())?;
    let tokenizer = data::tokenizer(args.tokenizer.as_deref().unwrap_or("words"))?;
    let reading = data::Reading { problem: &problem, tokenizer: &tokenizer };
    let texts = LabelledTexts::read(&args.file, &data::read_options(&args.rows, reading))?;
    let description = texts.describe()?;
    if args.format == Format::Text {
        out!("Data: {name}\n{description}")?;
        return Ok(Done::Whole);
    }
    let object = serde_json::to_value(&description);
    let mut object = object.map_err(|e| Error::new(ErrorKind::Data, format!("cannot write JSON: {e}")))?;
    object["data"] = name.into();
    out!("{object:#}\n")?;
    Ok(Done::Whole)
}
