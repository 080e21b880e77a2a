"""What is said where there is no such set, or something cannot be kept."""


class NoSuchSet(KeyError):
    """A name that no own set has, or not any more; the message says so."""

    def __str__(self) -> str:
        return f"The set {self.args[0]} is not there, or not any more."


class Refused(ValueError):
    """What is asked for cannot be kept; the message says why and what to do."""
