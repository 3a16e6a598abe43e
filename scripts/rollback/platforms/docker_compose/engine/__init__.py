"""What the Docker engine holds: containers, images, and how to ask for them."""
