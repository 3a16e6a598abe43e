"""How a person's Yes becomes an approval: the hook, the question, the terminal, the files."""
