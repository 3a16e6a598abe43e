"""rollback.sh and restore.sh: how they are rendered and started."""
