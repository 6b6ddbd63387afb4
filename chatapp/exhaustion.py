"""How a system says that it has no more files or memory for us."""

from __future__ import annotations

import errno

OUT_OF_RESOURCES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)  # of an OSError that passes by itself
