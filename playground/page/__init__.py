"""The local Discord in a browser: drawn by the server, kept up to date over a websocket."""
