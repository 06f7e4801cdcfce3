//! Floats in JSON: NaN and infinity, which JSON does not have, are written as strings.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// A float that survives a round trip through JSON.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub(super) struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.is_finite() {
            true => serializer.serialize_f64(self.0),
            false => serializer.collect_str(&self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(f64),
            Text(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Number(number) => Ok(Self(number)),
            Form::Text(text) => text.parse().map(Self).map_err(D::Error::custom),
        }
    }
}

/// For `#[serde(with = "number")]` on a float.
pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    Number(*value).serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    Number::deserialize(deserializer).map(|number| number.0)
}

/// For `#[serde(with = "number::optional")]`.
pub(super) mod optional {
    use super::*;

    pub fn serialize<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
        value.map(Number).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
        Ok(Option::<Number>::deserialize(deserializer)?.map(|number| number.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_float_comes_back() {
        for value in [0.1 + 0.2, -0.0, 5e-324, f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 3.0] {
            let json = serde_json::to_string(&Number(value)).unwrap();
            let Number(back) = serde_json::from_str(&json).unwrap();
            assert!(back.to_bits() == value.to_bits() || back.is_nan() && value.is_nan(), "{json}");
        }
        assert!(serde_json::from_str::<Number>("\"one\"").is_err());
        assert!(serde_json::from_str::<Number>("null").is_err());
    }
}
