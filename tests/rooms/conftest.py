"""The house stands on a real log."""

from ..log.conftest import log, make_log

__all__ = ["log", "make_log"]
