"""What the host and its plugins keep: one writer, durable at every commit, on SQLite or PostgreSQL (HOST-20)."""
