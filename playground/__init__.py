"""A local Discord server for development and tests: REST API, gateway, interactions and a web client, all in memory."""
