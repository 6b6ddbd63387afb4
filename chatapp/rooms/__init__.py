"""What a chat is: rules, names, presence and rates. Knows no socket and no SQL."""
