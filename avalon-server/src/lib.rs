//! database -> catalog -> index -> query -> response.
