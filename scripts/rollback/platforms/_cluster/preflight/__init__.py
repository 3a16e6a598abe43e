"""What both adapters ask before anything is touched."""
