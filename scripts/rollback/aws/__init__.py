"""Amazon Web Services: what the adapters of its services share. It changes nothing that runs."""
