//! Which column has the numbers, and which the dates.
//!
//! Input: the names of the columns and their first cells. Output: the number of each column that has a role.

use super::NumberOptions;
use super::date_parts::DateParts;
use super::dates::{Digits, month, written};
use super::parse::{is_missing, is_number};
use crate::error::{Error, Result};
use crate::files::format::RecordFormat;
use crate::files::records::{Record, Records};

/// Names that a column of numbers has where there are several.
const NUMBERS: [&str; 5] = ["y", "value", "values", "target", "close"];
/// Words in the name of a column of dates, in a few languages.
const TIMES: [&str; 32] = [
    "date",
    "time",
    "ds",
    "year",
    "month",
    "day",
    "period",
    "quarter",
    "week",
    "timestamp",
    "datetime",
    "datum",
    "zeit",
    "jahr",
    "monat",
    "tag",
    "quartal",
    "woche",
    "fecha",
    "mes",
    "año",
    "ano",
    "dia",
    "día",
    "annee",
    "année",
    "mois",
    "jour",
    "data",
    "mese",
    "anno",
    "yearmonth",
];
/// Words in the name of a column that tells series apart.
const IDS: [&str; 9] = ["id", "store", "item", "series", "product", "region", "sku", "shop", "key"];

/// The columns with a role.
#[derive(Debug)]
pub(super) struct Roles {
    pub numbers: usize,
    pub date: Option<usize>,
    /// The columns that make the date, where it is in several; the first of them is `date`.
    pub parts: Option<DateParts>,
    /// Which bare digits in it are dates.
    pub digits: Digits,
    /// The columns that name the series, where stated.
    pub ids: Vec<usize>,
}

fn words(name: &str) -> impl Iterator<Item = String> {
    name.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase)
}

fn speaks_of(name: &str, of: &[&str]) -> bool {
    words(name).any(|word| of.contains(&&*word))
}

/// Returns whether a column tells series apart by its name.
pub(super) fn names_series(name: &str) -> bool {
    speaks_of(name, &IDS)
}

impl Roles {
    /// Finds the columns, by name where it is stated, else by looking at the first records.
    pub fn find(records: &mut Records, options: &NumberOptions, notes: &mut Vec<String>) -> Result<Self> {
        let names: Vec<String> = records.columns().iter().map(|column| column.name.clone()).collect();
        let file = records.name().to_owned();
        let of = |name: &String| {
            names.iter().position(|found| found == name.trim()).ok_or_else(|| {
                Error::data(format!(
                    "{file}:1: there is no column '{name}'; the columns are {}",
                    names.join(", ")
                ))
            })
        };
        let stated = options.column.as_ref().map(of).transpose()?;
        let ids = options.id_columns.iter().map(of).collect::<Result<Vec<_>>>()?;
        let many = if records.format() == RecordFormat::Parquet { Digits::Parquet } else { Digits::Many };
        let looked = records.peek(crate::files::records::LOOKED_AT)?;
        let share = |column: usize, is: &dyn Fn(&str) -> bool| {
            let cells =
                looked.iter().filter_map(|record| record.get(column)).filter(|cell| !is_missing(cell));
            let (mut all, mut right) = (0.0f64, 0.0);
            cells.for_each(|cell| (all, right) = (all + 1.0, right + f64::from(u8::from(is(cell)))));
            if all > 0.0 { right / all } else { 0.0 }
        };
        // A few rows may be units, totals and sources.
        let enough = |share: f64| share >= 0.6;
        let free = |column: &usize| !ids.contains(column) && Some(*column) != stated;
        let date = match &options.date_column {
            Some(name) => Some(of(name)?),
            None => (0..names.len()).filter(free).find(|&column| {
                let named = speaks_of(&names[column], &TIMES);
                enough(share(column, &|cell| written(cell, if named { many } else { Digits::Few }).is_some()))
                    && (named || !enough(share(column, &is_number)) || counts_up(looked, column))
                    && names.len() > 1
            }),
        };
        let parts = match &options.date_column {
            Some(_) => None,
            // Whole dates in a column of their own come first.
            None => DateParts::find(&names, looked, &free).filter(|parts| {
                let dated = |column: usize| {
                    enough(share(column, &|cell| written(cell, Digits::Few).is_some()))
                        && !enough(share(column, &is_number))
                };
                let mut others = (0..names.len()).filter(free);
                !others.any(|column| !parts.columns().any(|part| part == column) && dated(column))
            }),
        };
        let date = parts.as_ref().map_or(date, |parts| Some(parts.year));
        let named =
            options.date_column.is_some() || date.is_some_and(|column| speaks_of(&names[column], &TIMES));
        let digits = if named { many } else { Digits::Few };
        let candidates: Vec<usize> = (0..names.len())
            .filter(|column| Some(*column) != date && !ids.contains(column))
            .filter(|&column| !parts.iter().any(|parts| parts.columns().any(|part| part == column)))
            .filter(|&column| enough(share(column, &is_number)))
            .collect();
        if stated.is_none()
            && let Some(wide) = wide(&names, &candidates)
        {
            return Err(Error::data(format!(
                "{file} has {wide}, but one row per number is needed: write the numbers below one another, each beside its date"
            )));
        }
        let numbers = match stated {
            Some(column) => column,
            None => {
                let plain = |column: &&usize| !speaks_of(&names[**column], &IDS);
                let called = |column: &&usize| NUMBERS.contains(&&*names[**column].to_lowercase());
                let found = candidates.iter().find(called);
                let found = found.or_else(|| candidates.iter().rfind(plain)).or(candidates.last());
                *found.ok_or_else(|| {
                    let others = (0..names.len()).rev().filter(|column| Some(*column) != date);
                    let wrong = others.into_iter().find_map(|column| {
                        let mut cells = looked.iter().filter_map(|record| record.get(column));
                        let digits = |cell: &&str| cell.contains(|c: char| c.is_ascii_digit());
                        let cell = cells.find(|cell| digits(cell) && !is_number(cell))?.trim();
                        let cell: String = cell.chars().take(40).collect();
                        Some(format!("; '{cell}' in column '{}' is not a number", names[column]))
                    });
                    Error::data(format!(
                        "{file} has no column of numbers; the columns are {}{}",
                        names.join(", "),
                        wrong.unwrap_or_default()
                    ))
                })?
            }
        };
        if stated.is_none() && candidates.len() > 1 {
            let others: Vec<_> = candidates
                .iter()
                .filter(|column| **column != numbers)
                .map(|column| format!("'{}'", names[*column]))
                .collect();
            notes.push(format!(
                "the series is column '{}'; other columns of numbers are {} (--column)",
                names[numbers],
                others.join(", ")
            ));
        }
        if let Some(parts) = &parts {
            notes.push(format!("dates are made of the columns {} (--date-column)", parts.name(&names)));
        }
        Ok(Self { numbers, date, parts, digits, ids })
    }
}

/// Returns the columns of numbers that are months or quarters, if they are: a wide table.
fn wide(names: &[String], candidates: &[usize]) -> Option<String> {
    let quarter = |name: &str| match name.trim().as_bytes() {
        [b'Q' | b'q', digit @ b'1'..=b'4'] => Some((digit - b'0').cast_signed()),
        _ => None,
    };
    let named = |of: &dyn Fn(&str) -> Option<i8>, all: i8| {
        let mut found: Vec<&usize> =
            candidates.iter().filter(|&&column| of(&names[column]).is_some()).collect();
        let mut kinds: Vec<i8> = found.iter().filter_map(|&&column| of(&names[column])).collect();
        kinds.sort_unstable();
        kinds.dedup();
        found.retain(|_| kinds.len() == usize::from(all.unsigned_abs()));
        Some((&names[**found.first()?], &names[**found.last()?]))
    };
    let month_of = |name: &str| month(name.trim());
    let (what, (first, last)) = named(&month_of, 12)
        .map(|found| ("month", found))
        .or_else(|| named(&quarter, 4).map(|found| ("quarter", found)))?;
    Some(format!("a column for each {what} ('{first}' to '{last}')"))
}

/// Returns whether bare years follow one another in equal steps, so that they are dates and not numbers.
fn counts_up(looked: &[Record], column: usize) -> bool {
    let years = looked.iter().filter_map(|record| record.get(column)?.trim().parse::<i32>().ok());
    let years: Vec<i32> = years.filter(|year| (1500..=2200).contains(year)).collect();
    let mut steps = years.windows(2).map(|pair| pair[1] - pair[0]);
    match steps.next() {
        None | Some(0) => false,
        Some(first) => steps.all(|step| step == first),
    }
}
