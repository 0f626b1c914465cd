"""Web client of the local Discord: HTML rendered on the server, updated over a WebSocket."""
