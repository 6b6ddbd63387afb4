"""What tells every process what was committed."""
