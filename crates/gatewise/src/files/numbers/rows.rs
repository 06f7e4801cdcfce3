//! The rows of a file of numbers, and the series that they make.
//!
//! Input: records. Output: [`NumberFile`].

use super::dates::{self, Dates, Written, written};
use super::parse::{Hints, find_style, is_missing, is_number, number};
use super::roles::{Roles, names_series};
use super::step::Step;
use super::{Missing, NumberFile, NumberOptions, NumberSeries, Timeline, one_column};
use crate::error::{Error, Result};
use crate::files::format::RecordFormat;
use crate::files::records::{OnError, Record, Records};
use jiff::civil::DateTime;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// The most columns that are considered as names of series.
const ID_COLUMNS: usize = 8;
/// The most rows after the last number that are taken for totals and sources.
const FOOTER: usize = 20;
/// The most rows below the header that are taken for units.
const UNITS: usize = 2;
/// The most steps without a date, for each row, that are filled.
const FILLED: i64 = 100;
/// Words with which a row of totals or sources begins.
const FOOTERS: [&str; 12] = [
    "total", "sum", "average", "mean", "source", "note", "notes", "grand", "subtotal", "summe", "quelle",
    "overall",
];

/// A row: its place, and the cells that matter.
struct Row {
    line: u64,
    number: Option<String>,
    date: Option<Written>,
    date_cell: Option<String>,
    ids: Vec<u32>,
    /// The first cell with a word of a footer.
    footer: bool,
}

/// The rows of a file, and what was found so far.
pub(super) struct Table {
    name: String,
    format: RecordFormat,
    columns: Vec<String>,
    /// Whether semicolons separate the fields, as where commas are decimal marks.
    semicolons: bool,
    roles: Roles,
    id_columns: Vec<usize>,
    id_texts: Vec<Vec<String>>,
    rows: Vec<Row>,
    notes: Vec<String>,
}

/// The rows of one series.
struct Group {
    id: Option<String>,
    rows: Vec<usize>,
}

impl Table {
    /// Reads the cells that matter.
    pub fn read(path: &Path, options: &NumberOptions) -> Result<Self> {
        // Bad records are reported here: after the last number they are sources and the like.
        let how = options.records.clone().table(true).on_error(OnError::Skip);
        let mut records = one_column::reopen(path, Records::open(path, &how)?, &how, options)?;
        let mut notes = records.notes().to_vec();
        let roles = Roles::find(&mut records, options, &mut notes)?;
        let mut columns: Vec<String> = records.columns().iter().map(|column| column.name.clone()).collect();
        let mut id_columns = roles.ids.clone();
        if id_columns.is_empty() {
            let parts: Vec<usize> = roles.parts.iter().flat_map(|parts| parts.columns()).collect();
            let others = (0..columns.len())
                .filter(|column| *column != roles.numbers && Some(*column) != roles.date)
                .filter(|column| !parts.contains(column));
            id_columns.extend(others.take(ID_COLUMNS));
        }
        if let Some(parts) = &roles.parts {
            columns[parts.year] = parts.name(&columns);
        }
        let mut interned: Vec<HashMap<String, u32>> = vec![HashMap::new(); id_columns.len()];
        let mut id_texts: Vec<Vec<String>> = vec![Vec::new(); id_columns.len()];
        let mut rows: Vec<Row> = Vec::new();
        let mut record = Record::default();
        loop {
            let more = records.read(&mut record)?;
            if !more {
                break;
            }
            if record.fields().all(|cell| cell.is_none_or(|cell| cell.trim().is_empty())) && columns.len() > 1
            {
                continue;
            }
            let joined = roles.parts.as_ref().map(|parts| parts.date(&record));
            let date_cell = joined.as_deref().or_else(|| record.get(roles.date?));
            let ids = id_columns.iter().zip(interned.iter_mut().zip(&mut id_texts)).map(
                |(&column, (known, texts))| {
                    let text = record.get(column).unwrap_or_default().trim();
                    *known.entry(text.to_owned()).or_insert_with(|| {
                        texts.push(text.to_owned());
                        texts.len() as u32 - 1
                    })
                },
            );
            let first = record.fields().flatten().find(|cell| !cell.trim().is_empty()).unwrap_or_default();
            let word =
                first.trim().split(|c: char| !c.is_alphabetic()).next().unwrap_or_default().to_lowercase();
            rows.push(Row {
                line: record.number(),
                number: record.get(roles.numbers).filter(|cell| !is_missing(cell)).map(str::to_owned),
                date: date_cell.and_then(|cell| written(cell, roles.digits)),
                date_cell: date_cell.map(str::to_owned),
                ids: ids.collect(),
                footer: FOOTERS.contains(&&*word),
            });
        }
        let last = rows.last().map_or(0, |row| row.line);
        let skipped = records.skipped();
        for (bad, &line) in skipped.first.iter().zip(&skipped.numbers) {
            // Sources and the like stand after the last row, in fewer fields.
            if columns.len() == 1 || line < last {
                return Err(Error::data(bad.clone()));
            }
            notes.push(format!("a row after the series is left out: {bad}"));
        }
        let (name, format) = (records.name().to_owned(), records.format());
        let semicolons = records.delimiter().is_some_and(|delimiter| delimiter.byte() == b';');
        Ok(Self { name, format, columns, semicolons, roles, id_columns, id_texts, rows, notes })
    }

    fn place(&self, row: usize) -> String {
        match self.format {
            RecordFormat::Parquet => format!("{}, row {}", self.name, self.rows[row].line),
            _ => format!("{}:{}", self.name, self.rows[row].line),
        }
    }

    /// Makes the series.
    pub fn series(mut self, options: &NumberOptions) -> Result<NumberFile> {
        self.leave_out_units();
        self.leave_out_footer();
        let column = self.columns[self.roles.numbers].clone();
        let (values, decimals) = self.numbers(&column, options)?;
        let dates = self.dates(options)?;
        let groups = self.groups(options, dates.as_ref())?;
        let mut irregular = 0;
        let mut series = Vec::with_capacity(groups.len());
        let (mut filled, mut sorted) = (0, false);
        for group in groups {
            let mut rows = group.rows;
            let timeline = match &dates {
                None => None,
                Some(dates) => {
                    sorted |= !rows.is_sorted_by_key(|&row| dates.times[row]);
                    rows.sort_by_key(|&row| dates.times[row]);
                    let times: Vec<DateTime> = rows.iter().map(|&row| dates.times[row]).collect();
                    let step = Step::of(&times);
                    irregular += usize::from(step.is_none() && times.len() > 2);
                    Some(Timeline { times, step, precision: dates.precision })
                }
            };
            let (holes, one) = self.fill(options, group.id, &rows, &values, timeline)?;
            filled += holes;
            series.push(one);
        }
        if sorted {
            let date = self.roles.date.map_or("", |date| &self.columns[date]);
            self.notes.push(format!("rows are sorted by '{date}'"));
        }
        if irregular > 0 {
            let date = self.roles.date.map_or("", |date| &self.columns[date]);
            self.notes.push(format!(
                "the dates in '{date}' are irregular; rows are taken as steps of equal length"
            ));
        }
        if filled > 0 {
            let (are, numbers) = if filled == 1 { ("is", "number") } else { ("are", "numbers") };
            self.notes
                .push(format!("{filled} missing {numbers} in '{column}' {are} {}", options.missing.done()));
        }
        if series.iter().all(|one| one.values.is_empty()) {
            return Err(Error::data(format!("{} has no numbers in column '{column}'", self.name)));
        }
        Ok(NumberFile {
            column,
            date_column: self.roles.date.map(|date| self.columns[date].clone()),
            id_columns: if series.iter().any(|one| one.id.is_some()) {
                self.roles.ids.iter().map(|&id| self.columns[id].clone()).collect()
            } else {
                Vec::new()
            },
            decimals,
            series,
            notes: self.notes,
        })
    }

    /// Removes rows below the header without a number, before one with a number.
    fn leave_out_units(&mut self) {
        let is_unit = |row: &Row| {
            let text = row.number.as_deref().is_some_and(|cell| !cell.contains(|c: char| c.is_ascii_digit()));
            let undated = self.roles.date.is_some() && row.date.is_none();
            text && (undated || self.roles.date.is_none()) || undated && row.number.is_none()
        };
        let units = self.rows.iter().take_while(|row| is_unit(row)).count();
        if (1..=UNITS).contains(&units) && units < self.rows.len() {
            let text = self.rows[0].number.clone().unwrap_or_default();
            let place = self.place(0);
            self.notes.push(format!("{place}: a line of units is left out ('{}')", text.trim()));
            self.rows.drain(..units);
        }
    }

    /// Removes rows of totals and sources after the last number.
    fn leave_out_footer(&mut self) {
        let end = self.rows.len();
        let is_footer = |row: &Row| match (self.roles.date.is_some(), row.date) {
            (true, Some(_)) => false,
            // A cell that begins with a digit is a date with a flaw.
            (true, None) => !row
                .date_cell
                .as_ref()
                .is_some_and(|cell| cell.trim().starts_with(|c: char| c.is_ascii_digit())),
            (false, _) => row.footer,
        };
        let count = self.rows.iter().rev().take(FOOTER).take_while(|row| is_footer(row)).count();
        if count > 0 && count < end {
            let first = &self.rows[end - count];
            let text = first.date_cell.as_deref().map_or("", str::trim);
            let text = if text.is_empty() { first.number.as_deref().unwrap_or_default() } else { text };
            let rows = if count == 1 { "a row after the series is" } else { "rows after the series are" };
            let place = self.place(end - count);
            self.notes.push(format!("{place}: {rows} left out ('{text}')"));
            self.rows.truncate(end - count);
        }
    }

    /// Returns the number of each row, and the most decimals.
    fn numbers(&mut self, column: &str, options: &NumberOptions) -> Result<(Vec<Option<f64>>, usize)> {
        let cells = self.rows.iter().filter_map(|row| row.number.as_deref());
        let hints = Hints { stated: options.decimal, may_state: true, semicolons: self.semicolons };
        let style = find_style(cells, column, hints, &mut self.notes)
            .map_err(|message| Error::data(format!("{}: {message}", self.name)))?;
        let mut most = 0;
        let mut values = Vec::with_capacity(self.rows.len());
        for (at, row) in self.rows.iter().enumerate() {
            values.push(match &row.number {
                None => None,
                Some(cell) => {
                    let (value, decimals) = number(cell, style).ok_or_else(|| {
                        let hint = if is_number(cell) { "; --decimal states the decimal mark" } else { "" };
                        let (place, cell) = (self.place(at), cell.trim());
                        Error::data(format!("{place}: '{cell}' in column '{column}' is not a number{hint}"))
                    })?;
                    most = most.max(decimals);
                    Some(value)
                }
            });
        }
        Ok((values, most))
    }

    /// Returns the date of each row.
    fn dates(&mut self, options: &NumberOptions) -> Result<Option<Dates>> {
        let Some(date) = self.roles.date else { return Ok(None) };
        let column = self.columns[date].clone();
        let mut all = Vec::with_capacity(self.rows.len());
        for (at, row) in self.rows.iter().enumerate() {
            all.push(row.date.ok_or_else(|| {
                let cell = row.date_cell.as_deref().unwrap_or_default().trim();
                Error::data(format!(
                    "{}: '{cell}' in column '{column}' is not a date; correct the row, or name the column of the dates with \
                     --date-column",
                    self.place(at)
                ))
            })?);
        }
        let settled = dates::settle(&all, &column, options.date_order, &mut self.notes);
        settled.map(Some).map_err(|message| Error::data(format!("{}: {message}", self.name)))
    }

    /// Deals the rows to the series that the columns `places` of `id_columns` name.
    fn dealt(&self, places: &[usize]) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let mut known: HashMap<Vec<u32>, usize> = HashMap::new();
        for row in 0..self.rows.len() {
            let ids: Vec<u32> = places.iter().map(|&at| self.rows[row].ids[at]).collect();
            let at = *known.entry(ids).or_insert_with_key(|ids| {
                let texts: Vec<&str> =
                    places.iter().zip(ids).map(|(&at, &id)| &*self.id_texts[at][id as usize]).collect();
                groups.push(Group { id: Some(texts.join("/")), rows: Vec::new() });
                groups.len() - 1
            });
            groups[at].rows.push(row);
        }
        groups
    }

    /// Deals the rows to series, and finds the columns that tell them apart where dates repeat.
    fn groups(&mut self, options: &NumberOptions, dates: Option<&Dates>) -> Result<Vec<Group>> {
        let all = || 0..self.rows.len();
        if options.id_columns.is_empty() {
            let one = || Ok(vec![Group { id: None, rows: all().collect() }]);
            let few = |at: &usize| self.id_texts[*at].len() * 2 <= self.rows.len();
            let Some(dates) = dates else {
                // Without dates only a name tells series apart.
                let named = |at: &usize| names_series(&self.columns[self.id_columns[*at]]);
                let several = |at: &usize| self.id_texts[*at].len() > 1;
                let Some(at) = (0..self.id_columns.len()).filter(few).filter(named).find(|at| several(at))
                else {
                    return one();
                };
                let name = &self.columns[self.id_columns[at]];
                self.notes.push(format!("series are told apart by '{name}' (--id-column)"));
                self.roles.ids = vec![self.id_columns[at]];
                return Ok(self.dealt(&[at]));
            };
            let mut seen = HashMap::new();
            let twice = all().find_map(|row| Some((seen.insert(dates.times[row], row)?, row)));
            let Some((first, second)) = twice else {
                return one();
            };
            let apart = |columns: &[usize]| {
                let mut seen = HashSet::new();
                all().all(|row| {
                    let ids: Vec<u32> = columns.iter().map(|&at| self.rows[row].ids[at]).collect();
                    seen.insert((dates.times[row], ids))
                })
            };
            let usable: Vec<usize> = (0..self.id_columns.len()).filter(few).collect();
            let pairs =
                usable.iter().flat_map(|&a| usable.iter().filter(move |b| **b > a).map(move |&b| vec![a, b]));
            let sets = usable.iter().map(|&at| vec![at]).chain(pairs).chain([usable.clone()]);
            let Some(found) = sets.into_iter().find(|set| !set.is_empty() && apart(set)) else {
                let (date, place) = (dates::label(&dates.times[second], dates.precision), self.place(second));
                return Err(Error::data(format!(
                    "{place}: the date {date} comes twice, first in line {}; remove one of the rows, or name the column that tells \
                     the series of the file apart with --id-column",
                    self.rows[first].line
                )));
            };
            self.roles.ids = found.iter().map(|&at| self.id_columns[at]).collect();
            let names: Vec<_> = self.roles.ids.iter().map(|&id| format!("'{}'", self.columns[id])).collect();
            self.notes.push(format!(
                "dates repeat; series are told apart by {} (--id-column)",
                names.join(" and ")
            ));
        }
        let places: Vec<usize> = self
            .roles
            .ids
            .iter()
            .filter_map(|id| self.id_columns.iter().position(|column| column == id))
            .collect();
        let groups = self.dealt(&places);
        if let Some(dates) = dates {
            for group in &groups {
                let mut seen = HashSet::new();
                if let Some(&row) = group.rows.iter().find(|&&row| !seen.insert(dates.times[row])) {
                    return Err(Error::data(format!(
                        "{}: the date {} comes twice in the series '{}'; remove one of the rows, or add a column to --id-column",
                        self.place(row),
                        dates::label(&dates.times[row], dates.precision),
                        group.id.as_deref().unwrap_or_default()
                    )));
                }
            }
        }
        Ok(groups)
    }

    /// Lays the numbers of a series on its steps, and fills or refuses what is missing. Returns how many were missing.
    fn fill(
        &mut self,
        options: &NumberOptions,
        id: Option<String>,
        rows: &[usize],
        values: &[Option<f64>],
        timeline: Option<Timeline>,
    ) -> Result<(usize, NumberSeries)> {
        let missing = options.missing;
        let column = &self.columns[self.roles.numbers];
        let holes = rows.iter().filter(|&&row| values[row].is_none()).count();
        let advice =
            "fill with --missing interpolate or --missing previous, or leave out with --missing drop";
        if let Some(&row) = rows.iter().find(|&&row| values[row].is_none())
            && missing == Missing::Refuse
        {
            return Err(Error::data(format!(
                "{}: the number in column '{column}' is missing ({holes} of {} are); {advice}",
                self.place(row),
                rows.len()
            )));
        }
        let mut laid: Vec<Option<f64>> = rows.iter().map(|&row| values[row]).collect();
        let mut timeline = timeline;
        let mut gaps = 0;
        if let Some(dates) = &mut timeline
            && let Some(step) = dates.step
            && let [first, .., last] = dates.times.as_slice()
        {
            let steps = step.between(first, last) + 1;
            gaps = usize::try_from(steps - dates.times.len() as i64).unwrap_or(0);
            if gaps > 0 {
                let of = |series: &Option<String>| {
                    series.as_ref().map_or(String::new(), |id| format!(" in the series '{id}'"))
                };
                let before = dates.times.windows(2).find(|pair| step.between(&pair[0], &pair[1]) > 1);
                let gap = before.and_then(|pair| step.after(&pair[0], 1)).unwrap_or(*first);
                let gap = dates::label(&gap, dates.precision);
                let what = format!(
                    "{}: there is no row for {gap}{}; {gaps} of {steps} dates are missing ({step})",
                    self.name,
                    of(&id)
                );
                if step == Step::Weekdays && missing == Missing::Refuse {
                    // Holidays.
                    self.notes.push(format!("{what}; rows are taken as neighbours"));
                    gaps = 0;
                } else if missing == Missing::Refuse {
                    return Err(Error::data(format!("{what}; {advice}")));
                } else if missing != Missing::Drop {
                    if steps > FILLED * dates.times.len() as i64 {
                        return Err(Error::data(format!(
                            "{what}, too many to fill; leave them out with --missing drop"
                        )));
                    }
                    (dates.times, laid) = on_steps(&dates.times, step, &laid);
                }
            }
        }
        missing.fill(&mut laid);
        // What no number comes before or after cannot be filled.
        let mut kept = laid.iter().map(Option::is_some);
        if let Some(dates) = &mut timeline {
            dates.times.retain(|_| kept.next().unwrap_or(false));
        }
        let values = laid.into_iter().flatten().collect();
        Ok((holes + gaps, NumberSeries { id, values, dates: timeline }))
    }
}

/// Lays numbers on all steps from their first date to the last.
fn on_steps(times: &[DateTime], step: Step, numbers: &[Option<f64>]) -> (Vec<DateTime>, Vec<Option<f64>>) {
    let [first, .., last] = times else { return (times.to_vec(), numbers.to_vec()) };
    let steps = step.between(first, last) + 1;
    let mut laid = vec![None; usize::try_from(steps).unwrap_or(0)];
    for (time, number) in times.iter().zip(numbers) {
        let at = usize::try_from(step.between(first, time)).unwrap_or(0);
        if let Some(place) = laid.get_mut(at) {
            *place = *number;
        }
    }
    ((0..steps).filter_map(|at| step.after(first, at)).collect(), laid)
}
