"""Gateway listener: a process that receives voice events from Discord's gateway and stores them; it never replies."""
