"""Written SQL, one statement per function: text, parameters and row type together."""
