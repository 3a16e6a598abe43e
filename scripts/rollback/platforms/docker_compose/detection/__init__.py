"""What tells a deployment from a developer's setup."""
