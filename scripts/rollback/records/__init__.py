"""What we write down: run folders, journal, audit, ledger, lock."""
