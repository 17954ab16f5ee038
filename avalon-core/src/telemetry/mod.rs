//! Start-up of logging, metrics and error reports.
