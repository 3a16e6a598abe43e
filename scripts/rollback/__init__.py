"""The library behind the scripts: no argv, no printing."""

VERSION = "0.1.0"
