"""How much of a history was read."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Objects that were read, now or in an earlier run that counts for this one."""

    objects: int = 0
    size: int = 0
    """Their bytes."""

    def add(self, objects: int, size: int) -> None:
        """So much more."""
        self.objects += objects
        self.size += size
