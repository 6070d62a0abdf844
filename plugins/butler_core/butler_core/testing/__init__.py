"""For tests: a stand-in of Open-Meteo's forecast and geocoding APIs, over real sockets."""

from butler_core.testing.open_meteo import Town, Weathers

__all__ = ["Town", "Weathers"]
