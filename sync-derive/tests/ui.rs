//! Errors whose text is the compiler's: what only it knows of a declaration.

/// The text of these changes with the compiler, so one version is asked.
#[rustversion::attr(not(stable(1.95)), ignore = "the texts are those of rustc 1.95")]
#[test]
fn ui() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
