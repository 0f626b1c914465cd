"""The process that follows Discord's gateway and writes down who is in voice; it never answers anybody."""
