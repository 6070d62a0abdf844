"""People driven from another process: one websocket each, on which they do things and see what happens."""
