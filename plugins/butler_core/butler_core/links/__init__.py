"""Links and images are collected; a link that people like is reposted into the links-for-later channel (CORE-19)."""

from butler_core.links.feature import Links

__all__ = ["Links"]
