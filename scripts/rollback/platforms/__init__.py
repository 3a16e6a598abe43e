"""One file (or folder) per platform; what lies in this folder is a platform."""

from rollback.registry import Registry

platforms = Registry(__name__, list(__path__))
