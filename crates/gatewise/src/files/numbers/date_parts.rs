//! Dates whose parts stand in columns of their own: Year, Month, Day and Hour; Year and Quarter; Year and Week.
//!
//! Input: the names of the columns and their first cells. Output: the columns of the parts, and the date of each row as text.

use crate::files::records::Record;

/// Names of a column of years, in lower case.
const YEARS: [&str; 9] = ["year", "yr", "yyyy", "jahr", "año", "ano", "anno", "annee", "année"];
/// Names of the columns of the other parts, with the greatest number in each.
const PARTS: [(Part, &[&str], u32); 5] = [
    (Part::Month, &["month", "mon", "mm", "mo", "monat", "mes", "mois", "mese"], 12),
    (Part::Quarter, &["quarter", "qtr", "q", "quartal", "trimestre"], 4),
    (Part::Week, &["week", "woche", "semana", "semaine", "kw", "settimana"], 53),
    (Part::Day, &["day", "dd", "tag", "día", "dia", "jour", "giorno"], 31),
    (Part::Hour, &["hour", "hr", "hh", "stunde", "hora", "heure", "ora"], 23),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Month,
    Quarter,
    Week,
    Day,
    Hour,
}

/// The columns of the parts of a date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DateParts {
    pub year: usize,
    part: Part,
    second: usize,
    day: Option<usize>,
    hour: Option<usize>,
}

impl DateParts {
    /// Finds the columns by their names, where most cells are whole numbers in range.
    pub fn find(names: &[String], looked: &[Record], free: &dyn Fn(&usize) -> bool) -> Option<Self> {
        let called = |column: usize, all: &[&str]| all.contains(&&*names[column].trim().to_lowercase());
        let within = |column: usize, least: u32, most: u32| {
            let cells = looked.iter().filter_map(|record| whole(record.get(column)?));
            // A few rows may be units, totals and sources; what else is out of range is named as no date.
            let right = cells.filter(|number| (least..=most).contains(number)).count();
            right > 0 && 10 * right >= 6 * looked.len()
        };
        let columns = || (0..names.len()).filter(free);
        let year = columns().find(|&column| called(column, &YEARS) && within(column, 1500, 2200))?;
        let of = |wanted: Part| {
            let (_, all, most) = PARTS.into_iter().find(|(part, ..)| *part == wanted)?;
            columns()
                .find(|&column| called(column, all) && within(column, u32::from(wanted != Part::Hour), most))
        };
        let (part, second) =
            [Part::Month, Part::Quarter, Part::Week].into_iter().find_map(|part| Some((part, of(part)?)))?;
        let day = if part == Part::Month { of(Part::Day) } else { None };
        let hour = day.and_then(|_| of(Part::Hour));
        Some(Self { year, part, second, day, hour })
    }

    /// Returns the columns of the parts.
    pub fn columns(&self) -> impl Iterator<Item = usize> {
        [self.year, self.second].into_iter().chain(self.day).chain(self.hour)
    }

    /// Returns the names of the columns.
    pub fn name(&self, names: &[String]) -> String {
        self.columns().map(|column| names[column].trim()).collect::<Vec<_>>().join(", ")
    }

    /// Returns the date of a row, such as `1970-1-31`; the year alone, or less, where a part is missing.
    pub fn date(&self, record: &Record) -> String {
        let cell = |column: usize| {
            let cell = record.get(column).unwrap_or_default().trim();
            whole(cell).map_or_else(|| cell.to_owned(), |number| number.to_string())
        };
        let (year, second) = (cell(self.year), cell(self.second));
        match (self.part, self.day) {
            (Part::Quarter, _) => format!("{year}Q{second}"),
            (Part::Week, _) => format!("{year}-W{second}"),
            (_, Some(day)) => {
                let hour = self.hour.map_or(String::new(), |hour| format!(" {}:00", cell(hour)));
                format!("{year}-{second}-{}{hour}", cell(day))
            }
            (_, None) => format!("{year}-{second}"),
        }
    }
}

/// Returns the whole number in a cell such as `1970`, `01`, `1.0`, `Q1` or `Jan`.
fn whole(cell: &str) -> Option<u32> {
    let cell = cell.trim();
    let cell = cell.strip_suffix(".0").unwrap_or(cell);
    let cell = cell.strip_prefix(['Q', 'q']).unwrap_or(cell);
    cell.parse().ok().or_else(|| u32::try_from(super::dates::month(cell)?).ok())
}
