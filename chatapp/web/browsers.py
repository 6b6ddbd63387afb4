"""The oldest browsers in which the page works, as it says itself when it did not start, and as the READMEs do.

These were current at the end of November 2024. tests/test_browsers.py states what newer versions brought: the page
uses none of it without a substitute.
"""

from __future__ import annotations

OLDEST = {"chrome": "131", "firefox": "133", "safari": "18.1"}  # Edge has the numbers of Chrome
