"""One file per migration tool; a file in this folder is a tool."""

from rollback.registry import Registry

migrations = Registry(__name__, list(__path__))
