"""Butler: a host for bots in which every feature is a plugin."""
