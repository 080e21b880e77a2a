"""A person's own digits: read from files, checked, kept as named sets in folders."""
