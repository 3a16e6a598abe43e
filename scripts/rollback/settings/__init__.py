"""The settings file and the environment that a run is about."""
