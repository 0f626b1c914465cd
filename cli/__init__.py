"""The `lyceum` command: starts the processes, drives the local Discord, and manages the database and the commands."""
