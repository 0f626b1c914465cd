"""Database access: the connection pool, the schema and its migrations, and the SQL queries."""
