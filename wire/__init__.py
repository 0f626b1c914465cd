"""Discord's language: signed bytes in, typed interactions out, typed replies back to bytes; and Discord's REST."""
