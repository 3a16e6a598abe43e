"""Where releases come from: the ledger, git, builds and tags."""
