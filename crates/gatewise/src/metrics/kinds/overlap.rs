//! Intersection over union of predicted and true classes.

use super::{EPSILON, Rule};
use crate::error::{Error, Result};
use crate::metrics::{MetricResult, MetricRows, argmax};
use serde::{Deserialize, Serialize};

/// The common part: a confusion matrix, and the classes to average over.
struct Overlap<'a> {
    num_classes: usize,
    /// `None` for all classes.
    targets: Option<&'a [usize]>,
    ignore_class: Option<i64>,
    /// Whether targets, and outputs, are classes, not one number for each class.
    sparse: [bool; 2],
}

impl Overlap<'_> {
    fn check(&self) -> Result<()> {
        // A matrix of all pairs of classes is kept.
        if !(1..=4096).contains(&self.num_classes) {
            return Err(Error::config(format!(
                "num_classes is {}; it must be from 1 to 4096",
                self.num_classes
            )));
        }
        match self.targets.into_iter().flatten().find(|&&class| class >= self.num_classes) {
            None => Ok(()),
            Some(class) => Err(Error::config(format!(
                "target_class_ids has {class}, but there are {} classes, counted from 0",
                self.num_classes
            ))),
        }
    }

    fn add(&self, state: &mut [f64], rows: &MetricRows<'_>) {
        let classes = |values: &[f32], sparse: bool| match sparse {
            true => values.iter().map(|&value| value as i64).collect(),
            false => vec![argmax(values) as i64],
        };
        let count = self.num_classes as i64;
        for (output, target, weight) in rows.iter() {
            let pairs = classes(target, self.sparse[0]).into_iter().zip(classes(output, self.sparse[1]));
            for (y, p) in pairs.filter(|(y, _)| Some(*y) != self.ignore_class) {
                // As in Keras, a class that does not exist is left out.
                if (0..count).contains(&y) && (0..count).contains(&p) {
                    state[(y * count + p) as usize] += weight;
                }
            }
        }
    }

    fn result(&self, state: &[f64]) -> MetricResult {
        let n = self.num_classes;
        let all: Vec<usize> = (0..n).collect();
        let (mut sum, mut counted) = (0.0, 0.0);
        for &class in self.targets.unwrap_or(&all) {
            let row: f64 = state[class * n..][..n].iter().sum();
            let column: f64 = state.iter().skip(class).step_by(n).sum();
            let both = state[class * n + class];
            let union = row + column - both;
            if union > 1e-9 {
                sum += both / (union + EPSILON);
                counted += 1.0;
            }
        }
        (sum / (counted + EPSILON)).into()
    }
}

fn yes() -> bool {
    true
}

/// Makes a metric of its settings and their common part.
macro_rules! overlap {
    ($name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty),* }, |$it:ident| $overlap:expr, $threshold:expr) => {
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(in crate::metrics) struct $name {
            $($(#[$attribute])* $field: $type,)*
        }

        impl $name {
            fn overlap(&self) -> Overlap<'_> {
                let $it = self;
                $overlap
            }
        }

        impl Rule for $name {
            fn check(&self) -> Result<()> {
                self.overlap().check()
            }

            fn target_width(&self, width: usize, given: usize) -> Option<usize> {
                match self.overlap().sparse {
                    [true, true] | [false, false] => Some(width),
                    [true, false] => Some(1),
                    [false, true] => Some(given),
                }
            }

            fn start(&self, _: usize) -> Vec<f64> {
                vec![0.0; self.overlap().num_classes.pow(2)]
            }

            fn update(&self, state: &mut [f64], rows: &MetricRows<'_>) -> Result<()> {
                let threshold: fn(&Self) -> Option<f32> = $threshold;
                let Some(threshold) = threshold(self) else {
                    self.overlap().add(state, rows);
                    return Ok(());
                };
                let outputs: Vec<f32> =
                    rows.outputs().iter().map(|&p| f32::from(u8::from(p >= threshold))).collect();
                let rows = MetricRows::new(&outputs, rows.targets(), rows.width(), rows.sample_weight())?;
                self.overlap().add(state, &rows);
                Ok(())
            }

            fn result(&self, state: &[f64]) -> MetricResult {
                self.overlap().result(state)
            }
        }
    };
}

overlap!(
    IoU {
        num_classes: usize,
        target_class_ids: Vec<usize>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ignore_class: Option<i64>,
        #[serde(default = "yes")]
        sparse_y_true: bool,
        #[serde(default = "yes")]
        sparse_y_pred: bool
    },
    |it| Overlap {
        num_classes: it.num_classes,
        targets: Some(&it.target_class_ids),
        ignore_class: it.ignore_class,
        sparse: [it.sparse_y_true, it.sparse_y_pred],
    },
    |_| None
);

overlap!(
    MeanIoU {
        num_classes: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ignore_class: Option<i64>,
        #[serde(default = "yes")]
        sparse_y_true: bool,
        #[serde(default = "yes")]
        sparse_y_pred: bool
    },
    |it| Overlap {
        num_classes: it.num_classes,
        targets: None,
        ignore_class: it.ignore_class,
        sparse: [it.sparse_y_true, it.sparse_y_pred],
    },
    |_| None
);

overlap!(
    OneHotIoU {
        num_classes: usize,
        target_class_ids: Vec<usize>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ignore_class: Option<i64>,
        #[serde(default)]
        sparse_y_pred: bool
    },
    |it| Overlap {
        num_classes: it.num_classes,
        targets: Some(&it.target_class_ids),
        ignore_class: it.ignore_class,
        sparse: [false, it.sparse_y_pred],
    },
    |_| None
);

overlap!(
    OneHotMeanIoU {
        num_classes: usize,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ignore_class: Option<i64>,
        #[serde(default)]
        sparse_y_pred: bool
    },
    |it| Overlap {
        num_classes: it.num_classes,
        targets: None,
        ignore_class: it.ignore_class,
        sparse: [false, it.sparse_y_pred],
    },
    |_| None
);

fn both() -> Vec<usize> {
    vec![0, 1]
}

fn half() -> f32 {
    0.5
}

overlap!(
    BinaryIoU {
        #[serde(default = "both")]
        target_class_ids: Vec<usize>,
        #[serde(default = "half")]
        threshold: f32
    },
    |it| Overlap { num_classes: 2, targets: Some(&it.target_class_ids), ignore_class: None, sparse: [true, true] },
    |it| Some(it.threshold)
);
