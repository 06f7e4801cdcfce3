//! Ragged sequences of token ids: one flat array of ids and the offset of each row.

/// Ragged sequences of token ids in one allocation.
///
/// Row `i` is `ids[offsets[i]..offsets[i + 1]]`. Padding is not stored: it is a policy that is applied to
/// each batch (see [`Padding`](crate::rows::Padding)).
///
/// ```
/// use gatewise::text::Sequences;
/// let rows: Sequences = [vec![1, 14, 22], vec![1]].into_iter().collect();
/// assert_eq!(rows.len(), 2);
/// assert_eq!(rows.row(0), [1, 14, 22]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequences {
    ids: Vec<u32>,
    offsets: Vec<usize>,
}

impl Default for Sequences {
    fn default() -> Self {
        Self { ids: Vec::new(), offsets: vec![0] }
    }
}

impl Sequences {
    /// Returns sequences without rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns sequences without rows, with capacity for `rows` rows and `ids` ids in total.
    pub fn with_capacity(rows: usize, ids: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { ids: Vec::with_capacity(ids), offsets }
    }

    /// Returns the sequences with these flat ids and row lengths, or `None` if the lengths do not add up.
    #[cfg(feature = "datasets")]
    pub(crate) fn from_lengths(ids: Vec<u32>, lengths: &[usize]) -> Option<Self> {
        let mut offsets = Vec::with_capacity(lengths.len() + 1);
        let mut end = 0usize;
        offsets.push(end);
        for &length in lengths {
            end = end.checked_add(length)?;
            offsets.push(end);
        }
        (end == ids.len()).then_some(Self { ids, offsets })
    }

    /// Appends a row.
    pub fn push(&mut self, row: impl IntoIterator<Item = u32>) {
        self.ids.extend(row);
        self.offsets.push(self.ids.len());
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Returns `true` if there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns row `i`.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len).
    #[inline]
    #[track_caller]
    pub fn row(&self, i: usize) -> &[u32] {
        assert!(i < self.len(), "row {i} is out of range: there are {} rows", self.len());
        &self.ids[self.offsets[i]..self.offsets[i + 1]]
    }

    /// Returns all rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        self.offsets.windows(2).map(|w| &self.ids[w[0]..w[1]])
    }

    /// Returns the ids of all rows as one flat slice.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// Returns the row that contains the id at index `at` of [`ids`](Self::ids).
    pub fn locate(&self, at: usize) -> Option<usize> {
        (at < self.ids.len()).then(|| self.offsets.partition_point(|&start| start <= at) - 1)
    }

    /// Returns the rows with the indices `order`, in that order.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    #[track_caller]
    pub fn select(&self, order: &[usize]) -> Self {
        check_rows(order, self.len());
        let ids = order.iter().map(|&i| self.offsets[i + 1] - self.offsets[i]).sum();
        let mut out = Self::with_capacity(order.len(), ids);
        for &i in order {
            out.push(self.row(i).iter().copied());
        }
        out
    }
}

/// Checks that all indices in `order` are below `rows`.
///
/// # Panics
/// If an index is out of range. The message contains the index.
#[track_caller]
pub(crate) fn check_rows(order: &[usize], rows: usize) {
    if let Some(row) = order.iter().find(|&&row| row >= rows) {
        panic!("row {row} was selected, but there are {rows} rows, numbered from 0");
    }
}

impl<R: IntoIterator<Item = u32>> FromIterator<R> for Sequences {
    fn from_iter<I: IntoIterator<Item = R>>(rows: I) -> Self {
        let mut out = Self::new();
        for row in rows {
            out.push(row);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "row 2 is out of range: there are 2 rows")]
    fn a_row_out_of_range_is_named() {
        let rows: Sequences = [vec![1], vec![2, 3]].into_iter().collect();
        rows.row(2);
    }

    #[test]
    #[should_panic(expected = "row 7 was selected, but there are 2 rows")]
    fn a_selected_row_out_of_range_is_named() {
        let rows: Sequences = [vec![1], vec![2, 3]].into_iter().collect();
        rows.select(&[1, 7]);
    }
}
