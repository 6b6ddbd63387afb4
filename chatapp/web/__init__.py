"""What speaks HTTP: the pages, the API, and the answers to errors."""
