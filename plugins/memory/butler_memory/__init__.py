"""Memory: any persona remembers people, events and facts, and says where it knows them from."""

from butler_memory.plugin import Memory

__all__ = ["Memory"]
