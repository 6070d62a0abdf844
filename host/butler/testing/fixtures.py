"""The pytest plugin: the ``house`` fixture."""
