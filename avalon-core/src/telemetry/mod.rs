//! Start-up of logging, metrics and error reports, from checked settings.
//!
//! A binary starts them in this order, before everything else, and keeps what they return until its
//! end. None of them is ever waited for by a request, and none that breaks stops the program.

pub mod logging;

pub mod metrics;

pub mod reporting;
