"""What personas remember: found, outdated, told to the wrong people; how fast, how big, how well prompts are cached."""

from benchmarks.memory.measuring import measure

__all__ = ["measure"]
