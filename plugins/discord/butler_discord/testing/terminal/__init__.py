"""A small Discord client for the terminal, to try a bot in the stand-in without an account."""
