"""What each service is for, and what its containers are attached to."""
