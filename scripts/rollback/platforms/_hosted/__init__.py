"""What platforms behind an HTTP API share: one reader, which only reads, and where tokens are."""
