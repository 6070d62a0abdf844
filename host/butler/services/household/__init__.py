"""The host's own commands, by what they are about (HOST-11)."""
