"""A local stand-in for Discord: it speaks Discord's protocol and knows nothing of what Lyceum does with it."""
