"""Install the skill where the client looks for it, with its packages beside it.

Standard library only.
"""
