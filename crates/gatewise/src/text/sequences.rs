//! Ragged id sequences: one flat array of ids and where each row starts.

/// Many sequences of token ids in one allocation.
///
/// Row `i` is `ids[offsets[i]..offsets[i + 1]]`. Padding is never stored here: it is a policy applied
/// when a block is cut (see [`Padding`](crate::rows::Padding)).
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
    /// No rows.
    pub fn new() -> Self {
        Self::default()
    }

    /// No rows, with room for `rows` rows of `ids` ids in all.
    pub fn with_capacity(rows: usize, ids: usize) -> Self {
        let mut offsets = Vec::with_capacity(rows + 1);
        offsets.push(0);
        Self { ids: Vec::with_capacity(ids), offsets }
    }

    /// Rows whose ids are already flat, with the length of each; `None` when these do not add up.
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

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Row `i`. Panics if there is no such row.
    pub fn row(&self, i: usize) -> &[u32] {
        &self.ids[self.offsets[i]..self.offsets[i + 1]]
    }

    /// All rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[u32]> {
        self.offsets.windows(2).map(|w| &self.ids[w[0]..w[1]])
    }

    /// All ids of all rows, one after the other.
    pub fn ids(&self) -> &[u32] {
        &self.ids
    }

    /// The row that the `at`-th id of [`ids`](Self::ids) belongs to.
    pub fn locate(&self, at: usize) -> Option<usize> {
        (at < self.ids.len()).then(|| self.offsets.partition_point(|&start| start <= at) - 1)
    }

    /// Returns the rows named by `order`, in that order; a row may be named any number of times.
    ///
    /// # Panics
    /// When there is no such row. The message names it.
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

/// Panics, with a message that names it, when `order` names a row that is not one of `rows`.
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
