"""Looks from outside: what a user of the application would see."""
