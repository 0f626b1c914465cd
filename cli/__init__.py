"""The `lyceum` command: starts the processes, drives the local Discord, keeps the database and the commands."""
