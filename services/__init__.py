"""The rules of the product as plain functions; they know the database, never Discord, HTTP or a clock."""
