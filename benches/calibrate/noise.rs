//! Reproducible randomness: a generator that a seed determines, and the noises that series are made of.

/// SplitMix64: small, seeded, the same on every machine.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The generator of a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x5851_F42D_4C95_7F2D)
    }

    /// Sixty-four random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform between 0 and 1, neither included.
    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    /// Uniform between two numbers.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.unit()
    }

    /// A whole number below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    /// One of the choices.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        let (a, b) = (self.unit(), self.unit());
        libm::sqrt(-2.0 * libm::log(a)) * libm::cos(2.0 * std::f64::consts::PI * b)
    }

    /// Student's t of four degrees of freedom, scaled to variance 1.
    pub fn heavy(&mut self) -> f64 {
        let chi: f64 = (0..4).map(|_| libm::pow(self.normal(), 2.0)).sum();
        self.normal() / libm::sqrt(chi / 4.0) / std::f64::consts::SQRT_2
    }

    /// Gamma of the shape and scale 1 (Marsaglia and Tsang).
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if shape < 1.0 {
            let boost = libm::pow(self.unit(), 1.0 / shape);
            return self.gamma(shape + 1.0) * boost;
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / libm::sqrt(9.0 * d);
        loop {
            let x = self.normal();
            let v = libm::pow(1.0 + c * x, 3.0);
            if v > 0.0 && libm::log(self.unit()) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return d * v;
            }
        }
    }

    /// Poisson.
    pub fn poisson(&mut self, mean: f64) -> f64 {
        if mean > 50.0 {
            return (mean + libm::sqrt(mean) * self.normal() + 0.5).floor().max(0.0);
        }
        let limit = libm::exp(-mean);
        let (mut count, mut product) = (0.0, self.unit());
        while product > limit {
            count += 1.0;
            product *= self.unit();
        }
        count
    }

    /// A count whose variance is `dispersion` times its mean: Poisson at 1, negative binomial above.
    pub fn count(&mut self, mean: f64, dispersion: f64) -> f64 {
        if mean <= 0.0 {
            return 0.0;
        }
        if dispersion <= 1.0 {
            return self.poisson(mean);
        }
        let shape = mean / (dispersion - 1.0);
        let rate = self.gamma(shape) / shape * mean;
        self.poisson(rate)
    }

    /// First-order autoregression of variance 1.
    pub fn autoregression(&mut self, count: usize, rho: f64, is_heavy: bool) -> Vec<f64> {
        let draw = |random: &mut Self| if is_heavy { random.heavy() } else { random.normal() };
        let mut values = Vec::with_capacity(count);
        let mut previous = draw(self);
        for _ in 0..count {
            values.push(previous);
            previous = rho * previous + libm::sqrt(1.0 - rho * rho) * draw(self);
        }
        values
    }
}
