"""How a person's Yes becomes a key: the client's hook, the question, the terminal, the approvals on file."""
