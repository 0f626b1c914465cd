"""Discord protocol: signature verification, typed interactions and replies, payload JSON, and the REST client."""
