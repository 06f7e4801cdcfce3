//! Principal components of a cloud of points.
//!
//! Input: points of a few dozen numbers. Output: the axes along which they vary most, and how much.

/// The centre and the principal axes of points.
#[derive(Debug, Clone)]
pub struct PrincipalAxes {
    /// The mean of the points.
    pub mean: Vec<f64>,
    /// Unit vectors, the one with the largest variance first.
    pub axes: Vec<Vec<f64>>,
    /// The variance along each axis.
    pub variances: Vec<f64>,
}

impl PrincipalAxes {
    /// Returns the axes of `points`, each of `width` numbers. The points are read twice.
    pub fn of<'a>(points: impl Iterator<Item = &'a [f32]> + Clone, width: usize) -> Self {
        let mut mean = vec![0.0; width];
        let mut count = 0.0;
        for point in points.clone() {
            count += 1.0;
            mean.iter_mut().zip(point).for_each(|(sum, &x)| *sum += f64::from(x));
        }
        mean.iter_mut().for_each(|sum| *sum /= f64::max(count, 1.0));
        let mut covariance = vec![vec![0.0; width]; width];
        for point in points {
            let centred: Vec<f64> = point.iter().zip(&mean).map(|(&x, mean)| f64::from(x) - mean).collect();
            for (row, a) in covariance.iter_mut().zip(&centred) {
                row.iter_mut().zip(&centred).for_each(|(sum, b)| *sum += a * b / f64::max(count, 1.0));
            }
        }
        let (axes, variances) = eigenvectors(covariance);
        Self { mean, axes, variances }
    }

    /// Returns the coordinate of a point along axis `axis`.
    pub fn project(&self, point: &[f32], axis: usize) -> f64 {
        let centred = point.iter().zip(&self.mean).map(|(&x, mean)| f64::from(x) - mean);
        centred.zip(&self.axes[axis]).map(|(x, a)| x * a).sum()
    }

    /// Returns the fraction of the variance along axis `axis`.
    pub fn share(&self, axis: usize) -> f64 {
        self.variances[axis] / self.variances.iter().sum::<f64>().max(f64::MIN_POSITIVE)
    }

    /// Returns the effective number of dimensions, (Σλ)²/Σλ²: 1 on a line, the number of axes for a ball.
    pub fn dimensions(&self) -> f64 {
        let sum: f64 = self.variances.iter().sum();
        sum * sum / self.variances.iter().map(|v| v * v).sum::<f64>().max(f64::MIN_POSITIVE)
    }

    /// Turns axis `axis` round.
    pub fn flip(&mut self, axis: usize) {
        self.axes[axis].iter_mut().for_each(|a| *a = -*a);
    }
}

/// Returns the eigenvectors of a symmetric matrix with their eigenvalues, the largest first: Jacobi's rotations.
fn eigenvectors(mut a: Vec<Vec<f64>>) -> (Vec<Vec<f64>>, Vec<f64>) {
    let n = a.len();
    let mut vectors: Vec<Vec<f64>> =
        (0..n).map(|i| (0..n).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    let size: f64 = a.iter().flatten().map(|x| x * x).sum();
    for _ in 0..100 {
        let off: f64 = (0..n).flat_map(|p| (0..p).map(move |q| (p, q))).map(|(p, q)| a[p][q] * a[p][q]).sum();
        if off <= 1e-26 * size {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                if a[p][q] == 0.0 {
                    continue;
                }
                let theta = (a[q][q] - a[p][p]) / (2.0 * a[p][q]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let (c, s) = (1.0 / (t * t + 1.0).sqrt(), t / (t * t + 1.0).sqrt());
                for row in &mut a {
                    (row[p], row[q]) = (c * row[p] - s * row[q], s * row[p] + c * row[q]);
                }
                let (first, second) = (a[p].clone(), a[q].clone());
                for k in 0..n {
                    a[p][k] = c * first[k] - s * second[k];
                    a[q][k] = s * first[k] + c * second[k];
                }
                let (first, second) = (vectors[p].clone(), vectors[q].clone());
                for k in 0..n {
                    vectors[p][k] = c * first[k] - s * second[k];
                    vectors[q][k] = s * first[k] + c * second[k];
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&i, &j| a[j][j].total_cmp(&a[i][i]));
    (order.iter().map(|&i| vectors[i].clone()).collect(), order.iter().map(|&i| a[i][i].max(0.0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_its_eigenvectors() {
        let a = vec![vec![4.0, 1.0, -2.0], vec![1.0, 2.0, 0.5], vec![-2.0, 0.5, 3.0]];
        let (vectors, values) = eigenvectors(a.clone());
        assert!(values[0] >= values[1] && values[1] >= values[2]);
        assert!((values.iter().sum::<f64>() - 9.0).abs() < 1e-12);
        for (v, value) in vectors.iter().zip(&values) {
            assert!((v.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-12);
            for (row, x) in a.iter().zip(v) {
                let product: f64 = row.iter().zip(v).map(|(a, b)| a * b).sum();
                assert!((product - value * x).abs() < 1e-12, "{product} {value} {x}");
            }
        }
    }

    #[test]
    fn points_on_a_line_have_one_axis() {
        let points: Vec<[f32; 3]> = (0..9).map(|i| [i as f32, 2.0 * i as f32 + 1.0, 5.0]).collect();
        let it = PrincipalAxes::of(points.iter().map(|point| &point[..]), 3);
        assert!((it.share(0) - 1.0).abs() < 1e-12 && (it.dimensions() - 1.0).abs() < 1e-9);
        assert!((it.axes[0][1] / it.axes[0][0] - 2.0).abs() < 1e-9 && it.axes[0][2].abs() < 1e-12);
        // From the mean, 4 steps of √5.
        assert!((it.project(&points[8], 0).abs() - 4.0 * 5f64.sqrt()).abs() < 1e-6);
        let square = [[1.0f32, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]];
        let it = PrincipalAxes::of(square.iter().map(|point| &point[..]), 2);
        assert!((it.share(0) - 0.5).abs() < 1e-12 && (it.dimensions() - 2.0).abs() < 1e-12);
    }
}
