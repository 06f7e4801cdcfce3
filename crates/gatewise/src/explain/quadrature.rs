//! Gauss–Legendre quadrature on [0, 1].

/// Returns the points and weights of the rule with `count` points: exact for polynomials up to degree 2·count − 1.
///
/// The points are the roots of the Legendre polynomial P_n, found by Newton's method from `cos(π (k + ¾)/(n + ½))`;
/// the weights are `2 / ((1 − x²) P_n′(x)²)`, both moved from [−1, 1].
pub(super) fn gauss_legendre(count: usize) -> (Vec<f64>, Vec<f64>) {
    let n = count as f64;
    let root = |k: usize| {
        let mut x = (std::f64::consts::PI * (k as f64 + 0.75) / (n + 0.5)).cos();
        let mut slope = 1.0;
        for _ in 0..100 {
            let (mut before, mut p) = (1.0, x);
            for j in 1..count {
                let j = j as f64;
                (before, p) = (p, ((2.0 * j + 1.0) * x * p - j * before) / (j + 1.0));
            }
            slope = n * (x * p - before) / (x * x - 1.0);
            let step = p / slope;
            x -= step;
            if step.abs() < 1e-15 {
                break;
            }
        }
        // From 1 down to −1; the points go from 0 up to 1.
        ((1.0 - x) / 2.0, 1.0 / ((1.0 - x * x) * slope * slope))
    };
    (0..count).map(root).unzip()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_two_points_are_those_of_the_books() {
        let (points, weights) = gauss_legendre(1);
        assert!((points[0] - 0.5).abs() < 1e-15 && (weights[0] - 1.0).abs() < 1e-15);
        let (points, weights) = gauss_legendre(2);
        let away = 0.5 / 3f64.sqrt();
        assert!((points[0] - (0.5 - away)).abs() < 1e-15 && (points[1] - (0.5 + away)).abs() < 1e-15);
        assert!(weights.iter().all(|weight| (weight - 0.5).abs() < 1e-15));
    }

    #[test]
    fn polynomials_up_to_twice_the_points_are_exact() {
        for count in [1, 2, 3, 7, 14, 16, 50, 510] {
            let (points, weights) = gauss_legendre(count);
            assert!(points.is_sorted() && points[0] > 0.0 && points[count - 1] < 1.0);
            for degree in [0, 1, 2 * count - 1] {
                let sum: f64 = points.iter().zip(&weights).map(|(x, w)| w * x.powi(degree as i32)).sum();
                let exact = 1.0 / (degree as f64 + 1.0);
                assert!(
                    (sum - exact).abs() < 1e-12,
                    "{count} points, degree {degree}: {sum} against {exact}"
                );
            }
            // One degree more is not exact.
            if count < 8 {
                let degree = 2 * count as i32;
                let sum: f64 = points.iter().zip(&weights).map(|(x, w)| w * x.powi(degree)).sum();
                assert!((sum - 1.0 / (f64::from(degree) + 1.0)).abs() > 1e-12);
            }
        }
    }
}
