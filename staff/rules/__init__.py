"""What may those who work here do with their accounts, and in which words? Pure."""
