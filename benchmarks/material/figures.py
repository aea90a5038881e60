"""What is counted of a scanner's report."""

from collections.abc import Iterable
from dataclasses import dataclass

from .example import Example
from .providers import is_right
from .scanners import Reported, Result


@dataclass(slots=True)
class Figures:
    """Counts over a selection of examples."""

    positives: int = 0
    found: int = 0
    """Of the positives, any credential or generic finding reported."""
    of_service: int = 0
    """Positives whose set names a service."""
    of_service_found: int = 0
    named: int = 0
    """Of those, any service named."""
    right: int = 0
    """Of those, the right one among the named."""
    names: int = 0
    """All services named in them, one by one."""
    right_names: int = 0
    negatives: int = 0
    """Counter-examples whose set names a service."""
    negatives_named: int = 0
    """Of those, named as that service."""
    generic_negatives: int = 0
    generic_negatives_found: int = 0
    """Counter-examples of no service, in which anything is reported."""

    def add(self, example: Example, reported: Reported | None) -> None:
        """Count one example."""
        said = reported or Reported()
        right = example.provider is not None and any(is_right(example.provider, each) for each in said.named)
        if not example.positive:
            if example.provider is None:
                self.generic_negatives += 1
                self.generic_negatives_found += said.found
            else:
                self.negatives += 1
                self.negatives_named += right
            return
        self.positives += 1
        self.found += said.found
        if example.provider is not None:
            self.of_service += 1
            self.of_service_found += said.found
            self.named += bool(said.named)
            self.right += right
            self.names += len(said.named)
            self.right_names += sum(is_right(example.provider, each) for each in said.named)

    def row(self) -> str:
        """The columns of a table."""
        return (
            f"{self.positives:>9}{share(self.found, self.positives):>9}{self.of_service:>9}"
            f"{share(self.right, self.of_service):>9}{share(self.right, self.named):>11}"
            f"{share(self.right_names, self.names):>11}{self.negatives:>10}"
            f"{share(self.negatives_named, self.negatives):>10}"
        )


HEADER = (
    f"{'positive':>9}{'found':>9}{'service':>9}{'right':>9}{'precision':>11}{'each name':>11}"
    f"{'negative':>10}{'same':>10}"
)


def share(part: int, whole: int) -> str:
    """A percentage, or a dash of nothing."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def count(
    numbered: Iterable[tuple[int, Example]], result: Result, providers: frozenset[str] | None = None
) -> Figures:
    """Figures of the examples; of some providers only, where given."""
    figures = Figures()
    for number, example in numbered:
        if providers is None or example.provider in providers:
            figures.add(example, result.get(number))
    return figures
