"""The two servers that carry us, and the little that we change in each."""
