"""SQL queries: one function per statement, with its parameters and row type."""
