"""Amazon Web Services, only read: what the adapters of its services share."""
