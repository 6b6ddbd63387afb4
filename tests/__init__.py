"""The tests mirror the modules; each test's name is a sentence about behaviour."""
