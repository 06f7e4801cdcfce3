//! `gatewise completions` and `gatewise man`: what shells and `man` know of the commands, made from the arguments.

use crate::args::{Args, Completions, Man};
use crate::{Done, out};
use gatewise::{Error, Result};

const PROGRAM: &str = "gatewise";

pub fn completions(args: Completions) -> Result<Done> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::with_defaults(), PROGRAM, &mut script);
    out!("{}", String::from_utf8_lossy(&script))?;
    Ok(Done::Whole)
}

pub fn man(args: Man) -> Result<Done> {
    let command = Args::with_defaults();
    let Some(folder) = args.dir else {
        let mut page = Vec::new();
        let rendered = clap_mangen::Man::new(command).render(&mut page);
        rendered.map_err(|e| Error::io("cannot write", "the manual page", e))?;
        out!("{}", String::from_utf8_lossy(&page))?;
        return Ok(Done::Whole);
    };
    let made = std::fs::create_dir_all(&folder).and_then(|()| clap_mangen::generate_to(command, &folder));
    made.map_err(|e| Error::io("cannot write the manual pages to", &folder, e))?;
    Ok(Done::Whole)
}
