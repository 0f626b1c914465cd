"""The schema's history; `db.migrate` walks it."""
