//! `gatewise data describe`: describes a file of labelled texts.

use crate::args::{Data, DataDescribe, Format};
use crate::{Done, out};
use gatewise::{Error, ErrorKind, Result};
use gatewise_pipeline::DescribeConfig;

pub fn data(args: Data) -> Result<Done> {
    match args {
        Data::Describe(args) => describe(args),
    }
}

fn describe(args: DataDescribe) -> Result<Done> {
    let name = args.file.display().to_string();
    let config = DescribeConfig::new(args.file).rows(args.rows.row_options()).task(args.task.into());
    let config = match args.label_separator {
        Some(separator) => config.label_separator(separator),
        None => config,
    };
    let config = match args.tokenizer {
        Some(tokenizer) => config.tokenizer(tokenizer),
        None => config,
    };
    let description = config.run()?;
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
