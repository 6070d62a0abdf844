"""Charts as pictures: ``self.host.charts``."""

from butler.services.charts.service import Charts

__all__ = ["Charts"]
