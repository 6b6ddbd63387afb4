"""The sentences of the page `/flow`, in the language of the request."""


def flow_strings() -> dict[str, str]:
    """Return every sentence by its key."""
    return {}
