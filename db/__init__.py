"""The one way to Postgres: the pool, the schema and its migrations, and the written queries."""
