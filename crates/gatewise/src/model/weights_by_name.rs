//! Weights by name: the tensors of one model in another, which may have other layers besides.
//!
//! Input: named tensors, from a model or a file. Output: the tensors of the same names and shapes copied, and
//! sentences about all others.

use super::Model;
use super::params::Params;
use crate::error::{Error, Result};
use crate::storage::tensors::TensorFile;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// A tensor that was given: its shape, and its values if they are 32-bit floats.
struct Given<'a> {
    name: Cow<'a, str>,
    shape: Cow<'a, [usize]>,
    values: Option<Cow<'a, [f32]>>,
}

impl Params {
    /// Copies the tensors of `from` to the tensors of the same names, as Keras's
    /// `load_weights(by_name=True, skip_mismatch=…)` does. A tensor's name is the name of its layer and its own
    /// (`lstm/kernel`), so that layers are matched by name wherever they stand.
    ///
    /// A mismatch is a tensor that only one of the two sides has, or that has another shape.
    ///
    /// * With `skip_mismatch`, tensors without a counterpart keep their values. Returns a sentence for each
    ///   mismatch.
    /// * Without it, every tensor must have its counterpart. Returns an empty list.
    ///
    /// ```
    /// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
    /// use gatewise::Sequential;
    /// let body = || Sequential::new().with(Embedding::new(50, 4)).with(Lstm::new(3));
    /// let trained = body().with(Dense::new(1).activation(Activation::Sigmoid).name("film")).compile(1)?;
    /// // The same body under another head.
    /// let mut model = body().with(Dense::new(5).name("topics")).compile(2)?;
    /// let skipped = model.params_mut().copy_by_name(trained.params(), true)?;
    /// assert_eq!(model.params().get("lstm/kernel"), trained.params().get("lstm/kernel"));
    /// assert_eq!(skipped.len(), 4);
    /// assert_eq!(skipped[0], "topics/kernel [3, 5] is not among the given tensors");
    /// assert_eq!(skipped[2], "film/kernel [3, 1] was given, but this model does not have it");
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) without `skip_mismatch` if there is a mismatch. The
    /// message lists all of them, and no value changes.
    #[doc(alias = "by_name")]
    pub fn copy_by_name(&mut self, from: &Self, skip_mismatch: bool) -> Result<Vec<String>> {
        let given = from.table().iter().zip(from.weights()).map(|(info, values)| Given {
            name: Cow::Borrowed(&info.name),
            shape: Cow::Borrowed(&info.shape),
            values: Some(Cow::Borrowed(values)),
        });
        self.adopt(given.collect(), skip_mismatch)
    }

    fn adopt(&mut self, given: Vec<Given<'_>>, skip_mismatch: bool) -> Result<Vec<String>> {
        let by_name: HashMap<&str, &Given<'_>> = given.iter().map(|it| (&*it.name, it)).collect();
        let (mut found, mut skipped) = (Vec::new(), Vec::new());
        for info in self.table() {
            let (name, shape) = (&info.name, &info.shape);
            match by_name.get(&**name).map(|given| (given, &given.values)) {
                None => skipped.push(format!("{name} {shape:?} is not among the given tensors")),
                Some((given, _)) if *given.shape != **shape => {
                    skipped.push(format!("{name} has the shape {shape:?}, but {:?} was given", given.shape));
                }
                Some((_, None)) => skipped.push(format!("{name} was not given as 32-bit floats")),
                Some((_, Some(values))) => found.push((info.range.clone(), values)),
            }
        }
        let own: HashSet<&str> = self.table().iter().map(|info| &*info.name).collect();
        for Given { name, shape, .. } in given.iter().filter(|given| !own.contains(&*given.name)) {
            skipped.push(format!("{name} {shape:?} was given, but this model does not have it"));
        }
        if !skip_mismatch && !skipped.is_empty() {
            return Err(Error::shape(format!(
                "the tensors do not match: {}; give layers the same names and sizes, or set skip_mismatch",
                skipped.join("; ")
            )));
        }
        for (range, values) in found {
            self.values_mut()[range].copy_from_slice(values);
        }
        Ok(skipped)
    }
}

impl Model {
    /// Loads the tensors of a safetensors file by their names: a file of [`save_weights`](Self::save_weights)
    /// of a model that may have other layers besides, or an artifact. See [`Params::copy_by_name`].
    ///
    /// ```
    /// use gatewise::layers::{Dense, Embedding, Lstm};
    /// use gatewise::Sequential;
    /// let body = || Sequential::new().with(Embedding::new(9, 2)).with(Lstm::new(3));
    /// let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("weights.safetensors");
    /// body().with(Dense::new(1)).compile(1)?.save_weights(&path)?;
    /// let mut model = body().with(Dense::new(2)).compile(2)?;
    /// assert_eq!(model.load_weights_by_name(&path, true)?, [
    ///     "dense/kernel has the shape [3, 2], but [3, 1] was given",
    ///     "dense/bias has the shape [2], but [1] was given",
    /// ]);
    /// assert!(model.load_weights_by_name(&path, false).is_err());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// * [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read.
    /// * [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) if the file is damaged.
    /// * [`ErrorKind::Shape`](crate::ErrorKind::Shape) as [`Params::copy_by_name`].
    pub fn load_weights_by_name(
        &mut self,
        path: impl AsRef<Path>,
        skip_mismatch: bool,
    ) -> Result<Vec<String>> {
        let path = path.as_ref();
        let refused =
            |why: String| Error::artifact(format!("cannot take weights from {}: {why}", path.display()));
        let bytes = std::fs::read(path).map_err(|e| Error::reading("cannot read the weights", path, e))?;
        let file = TensorFile::read(&bytes).map_err(refused)?;
        let given = file.sorted().into_iter().map(|tensor| {
            let values = file.f32(&tensor.name, &tensor.shape).ok().map(|values| values.collect());
            Given { name: tensor.name.into(), shape: tensor.shape.into(), values }
        });
        let named = |e: Error| Error::new(e.kind(), format!("{}: {e}", path.display()));
        self.params_mut().adopt(given.collect(), skip_mismatch).map_err(named)
    }
}
