"""Amazon Web Services: what the adapters of its services share. Nothing that runs is changed here."""
