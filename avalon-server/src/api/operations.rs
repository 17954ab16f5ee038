//! From endpoints to what is to be told of them.

use super::endpoint::Endpoint;
use super::operation::Operation;
use super::{lists, plain, search};

/// What is told of an endpoint.
fn of(endpoint: Endpoint) -> Operation {
    match endpoint {
        Endpoint::List(collection) => lists::list(collection),
        Endpoint::Song => lists::song(),
        Endpoint::Search => search::search(),
        Endpoint::Suggest => search::suggest(),
        Endpoint::Heartbeat => plain::heartbeat(),
        Endpoint::Version => plain::version(),
        Endpoint::OpenApi => plain::openapi(),
        Endpoint::Docs => plain::docs(),
    }
}

/// What is told of each, in their order.
pub(super) fn all() -> Vec<Operation> {
    Endpoint::ALL.into_iter().map(of).collect()
}
