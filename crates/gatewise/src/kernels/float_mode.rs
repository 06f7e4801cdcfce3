//! Flush-to-zero for denormals, set while kernels run and restored afterwards.
//!
//! Gradients that vanish through time pass through the denormal range, where most processors take a
//! slow path: backward then runs up to fifteen times slower. Kernels lose nothing by the flush, since
//! denormals are more than thirty orders of magnitude below anything that matters.
//!
//! x86-64 and 64-bit Arm flush alike, arguments and results, to a zero of the same sign, but for one case:
//! a result that is below the smallest normal number and rounds up to it is that number on x86-64, which
//! looks after rounding, and zero on Arm, which looks before. Elsewhere nothing is flushed. So the bits of
//! a training can differ between kinds of processors, though not between instruction sets of one, if a
//! number comes this near to 1.2e-38. The training of `tools/cross/check` gives the same bits everywhere.

/// Denormals are flushed while a value of this type lives, on the thread that made it.
pub(crate) struct FlushDenormals {
    saved: Mode,
}

impl FlushDenormals {
    /// Turns the flush on and remembers the setting found.
    #[inline]
    pub fn enter() -> Self {
        let saved = read();
        write(saved | FLUSH);
        Self { saved }
    }
}

impl Drop for FlushDenormals {
    #[inline]
    fn drop(&mut self) {
        write(self.saved);
    }
}

#[cfg(target_arch = "x86_64")]
mod arch {
    pub type Mode = u32;
    /// Flush-to-zero and denormals-are-zero.
    pub const FLUSH: Mode = 0x8040;

    #[inline]
    pub fn read() -> Mode {
        let mut mode = 0u32;
        // SAFETY: stores the control register into a local; SSE is part of x86-64.
        unsafe { std::arch::asm!("stmxcsr [{}]", in(reg) &mut mode, options(nostack)) };
        mode
    }

    #[inline]
    pub fn write(mode: Mode) {
        // SAFETY: the value is one that was read here, with at most the flush bits added: rounding and
        // exception masks stay as they were.
        unsafe { std::arch::asm!("ldmxcsr [{}]", in(reg) &mode, options(nostack)) };
    }
}

#[cfg(target_arch = "aarch64")]
mod arch {
    pub type Mode = u64;
    /// The FZ bit of FPCR.
    pub const FLUSH: Mode = 1 << 24;

    #[inline]
    pub fn read() -> Mode {
        let mode;
        // SAFETY: reads a control register.
        unsafe { std::arch::asm!("mrs {}, fpcr", out(reg) mode, options(nomem, nostack)) };
        mode
    }

    #[inline]
    pub fn write(mode: Mode) {
        // SAFETY: the value is one that was read here, with at most the flush bit added.
        unsafe { std::arch::asm!("msr fpcr, {}", in(reg) mode, options(nostack)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod arch {
    pub type Mode = u32;
    pub const FLUSH: Mode = 0;
    pub fn read() -> Mode {
        0
    }
    pub fn write(_: Mode) {}
}

use arch::{FLUSH, Mode, read, write};

#[cfg(all(test, any(target_arch = "x86_64", target_arch = "aarch64")))]
mod tests {
    use super::*;

    #[test]
    fn flushes_inside_and_restores_outside() {
        let halve = |x: f32| std::hint::black_box(x) * std::hint::black_box(0.5);
        let before = read();
        assert!(halve(f32::MIN_POSITIVE) > 0.0);
        {
            let _flush = FlushDenormals::enter();
            assert_eq!(halve(f32::MIN_POSITIVE), 0.0);
        }
        assert!(halve(f32::MIN_POSITIVE) > 0.0);
        // Sticky exception flags may have been raised meanwhile; the control bits must be as found.
        #[cfg(target_arch = "x86_64")]
        assert_eq!(before & !0x3f, read() & !0x3f);
        #[cfg(not(target_arch = "x86_64"))]
        assert_eq!(before, read());
    }
}
