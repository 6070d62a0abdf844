"""Discord for Butler."""
