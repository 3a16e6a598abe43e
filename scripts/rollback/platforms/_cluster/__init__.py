"""What the Kubernetes and the Helm adapter share; neither imports the other."""
