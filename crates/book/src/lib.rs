//! The programs in the README and the book, which are tests.
//!
//! They are outside of every crate that is published, whose packages cannot reach them. Input: pages. Output: nothing; the
//! documentation tests compile the programs and run them.

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../../book/recipes.md")]
struct Recipes;
