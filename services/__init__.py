"""Business logic as plain functions; depends on the database, never on Discord's API, HTTP or the system clock."""
