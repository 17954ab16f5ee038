//! The API as a table: what there is to ask for, with what, and what is answered.
//!
//! In: nothing but the setting REQUEST_PATH. Out: [`Endpoint`], by which the service finds its way, and
//! two documents of the same table: the description in OpenAPI 3.1 and a page for people.
//!
//! What stays true: whatever the service answers is described, since both go through
//! [`Endpoint::ALL`]; and what is described is what the contract says (docs/api/), type by type.
//!
//! ```text
//! Endpoint --operations::of--> Operation --document::render--> openapi.json
//!                                       \--page::render--> docs
//! ```

mod endpoint;

mod operation;

mod errors;

mod schemas;

mod plain;

mod lists;

mod search;

mod operations;

mod components;

mod document;

mod page;

pub use endpoint::{Endpoint, Place};
pub use errors::codes;

/// The description of the API in OpenAPI 3.1, as JSON. `request_path` is the setting.
pub fn openapi(request_path: &str) -> String {
    document::render(request_path, &operations::all())
}

/// The same as a page in HTML that needs nothing beside itself.
pub fn docs(request_path: &str) -> String {
    page::render(request_path, &operations::all())
}
