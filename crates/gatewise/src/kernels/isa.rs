//! Instruction sets: which are present, and how a kernel is compiled for each of them.

use serde::{Deserialize, Serialize};
use std::str::FromStr;

use crate::error::{Error, Result};

/// An instruction set that the kernels are compiled for.
///
/// All instruction sets give the same bits. They differ only in speed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isa {
    /// AVX-512 F and DQ (x86-64).
    Avx512,
    /// AVX2 and FMA (x86-64).
    Avx2,
    /// NEON (64-bit Arm).
    Neon,
    /// Plain Rust for any processor.
    Portable,
}

impl Isa {
    /// Returns the instruction sets that the running processor has, fastest first.
    pub fn available() -> Vec<Self> {
        let all = [Self::Avx512, Self::Avx2, Self::Neon, Self::Portable];
        all.into_iter().filter(|isa| isa.is_available()).collect()
    }

    /// Returns the fastest instruction set that the running processor has.
    pub fn detect() -> Self {
        Self::available()[0]
    }

    /// Returns `true` if the running processor has the instruction set.
    pub fn is_available(self) -> bool {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512dq")
                    && Self::Avx2.is_available()
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"),
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            Self::Neon => std::arch::is_aarch64_feature_detected!("neon"),
            Self::Portable => true,
            _ => false,
        }
    }

    /// Returns the name, as in `--isa`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "avx512",
            Self::Avx2 => "avx2",
            Self::Neon => "neon",
            Self::Portable => "portable",
        }
    }
}

impl std::fmt::Display for Isa {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Isa {
    type Err = Error;

    /// Reads the name of an instruction set that the running processor has.
    fn from_str(name: &str) -> Result<Self> {
        let names: Vec<_> = Self::available().iter().map(|isa| isa.name()).collect();
        Self::available().into_iter().find(|isa| isa.name() == name).ok_or_else(|| {
            Error::config(format!(
                "no instruction set '{name}' on this processor; it has {}",
                names.join(", ")
            ))
        })
    }
}

/// Compiles the generic kernel `$generic::<V: Lanes>` for every instruction set and gives the safe
/// function `$name(isa, args)` that runs the one asked for.
///
/// The generic kernel must be `#[inline(always)]`: only then is it compiled with the features of the
/// wrapper it lands in. It must be sound for every `args` (kernels assert their sizes at the start),
/// so that the only thing left to promise here is the instruction set, which is checked. A kernel over
/// cells as well is written `$name<C: Cell> = $generic(…)`.
macro_rules! for_each_isa {
    ($(#[$doc:meta])* $vis:vis fn $name:ident $(<$cell:ident: $bound:ident>)? = $generic:ident($args:ident: $ty:ty)) => {
        $(#[$doc])*
        $vis fn $name $(<$cell: $bound>)? (isa: $crate::kernels::Isa, $args: $ty) {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512dq,avx2,fma")]
            unsafe fn avx512 $(<$cell: $bound>)? ($args: $ty) {
                // SAFETY: compiled for the features that `Avx512` needs.
                unsafe { $generic::<$crate::kernels::x86::Avx512 $(, $cell)?>($args) }
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn avx2 $(<$cell: $bound>)? ($args: $ty) {
                // SAFETY: compiled for the features that `Avx2` needs.
                unsafe { $generic::<$crate::kernels::x86::Avx2 $(, $cell)?>($args) }
            }
            #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
            #[target_feature(enable = "neon")]
            unsafe fn neon $(<$cell: $bound>)? ($args: $ty) {
                // SAFETY: compiled for the feature that `Neon` needs.
                unsafe { $generic::<$crate::kernels::neon::Neon $(, $cell)?>($args) }
            }
            assert!(isa.is_available(), "{isa} is not available on this processor");
            match isa {
                // SAFETY: `is_available` has just confirmed the features.
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::Isa::Avx512 => unsafe { avx512($args) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::Isa::Avx2 => unsafe { avx2($args) },
                // SAFETY: as above.
                #[cfg(all(target_arch = "aarch64", target_endian = "little"))]
                $crate::kernels::Isa::Neon => unsafe { neon($args) },
                // SAFETY: `Portable` needs no feature.
                _ => unsafe { $generic::<$crate::kernels::lanes::Portable $(, $cell)?>($args) },
            }
        }
    };
}
pub(crate) use for_each_isa;
