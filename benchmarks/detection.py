"""How much is found and named rightly, on public examples that nobody here wrote, beside other scanners.

    python benchmarks/detection.py --material FOLDER [--scanner NAME] [--set NAME] [--secretlint PROGRAM]
    python benchmarks/detection.py --material FOLDER --scanner scopeaudit --show dev --provider github

FOLDER holds plain checkouts of gitleaks, trufflehog, noseyparker, kingfisher, CredSweeper, secretlint,
detect-secrets and leaky-repo, each under its name; what is missing is left out. Nothing of them is written into this
repository.

Half of the examples, chosen by a hash of what they are, is held out: **nobody looks into that half while writing
patterns**, and nothing here prints its text. Both halves' figures stand beside each other: patterns that fit the
development half only show as a difference.

Columns: positive examples; found: of those, anything reported, generic findings too; service: positive examples whose
set names a service; right: of those, reported as a credential of that service; precision: of those with any service
named, the right one among the names; each name: of all names given in them, right; negative: counter-examples of a
service; same: of those, reported as a credential of that service.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from material.example import Example
from material.figures import HEADER, Figures, count, share
from material.leaky_repo import NAME as LEAKY_REPO
from material.leaky_repo import counts
from material.providers import is_right, provider_of
from material.scanners import Result, available, write_files
from material.sets import PEERS_OWN, read_sets

Numbered = list[tuple[int, Example]]
NOT_IN_TOTALS = frozenset({"kingfisher", "detect-secrets"})
"""Sets of peers that are measured beside: their own examples are no fair measure of them."""
ANCESTOR = "gitleaks"
"""Kingfisher's rules descend from it, so its examples favour Kingfisher."""
OTHERS_RULES = NOT_IN_TOTALS | {"secretlint"}


def main() -> None:
    """Extract, scan and print."""
    chosen = arguments()
    examples, problems = read_sets(chosen.material)
    if chosen.set:
        examples = [each for each in examples if each.set in chosen.set]
    if not examples:
        raise SystemExit("No examples: " + "; ".join(problems))
    numbered = list(enumerate(examples))
    if chosen.export is not None:
        export(chosen.export, examples)
    print_material(examples, problems)
    if chosen.no_scan:
        return
    known = frozenset(each.provider for each in examples if each.provider)
    results: dict[str, Result] = {}
    with tempfile.TemporaryDirectory(prefix="scopeaudit-bench-") as name:
        root = Path(name).resolve() / "examples"
        write_files(examples, root)
        for scanner, scan in available(chosen.scanner, chosen.secretlint).items():
            started = time.monotonic()
            results[scanner] = scan(examples, root, known)
            print(f"{scanner}: {time.monotonic() - started:.1f} s", file=sys.stderr)
    figures = {scanner: tables(scanner, numbered, result) for scanner, result in results.items()}
    if chosen.material.joinpath(LEAKY_REPO).is_dir():
        print_counts(chosen.material / LEAKY_REPO, numbered, results)
    for scanner, result in results.items():
        if chosen.by_provider:
            print_providers(scanner, numbered, result)
        if chosen.show:
            show(scanner, numbered, result, chosen.provider)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--material", type=Path, required=True, metavar="FOLDER", help="the checkouts")
    parser.add_argument("--scanner", action="append", default=[], help="only this one (repeatable)")
    parser.add_argument("--set", action="append", default=[], help="only this set (repeatable)")
    parser.add_argument(
        "--secretlint", metavar="PROGRAM", help="where secretlint and its preset are installed"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument("--by-provider", action="store_true", help="a line for each service")
    parser.add_argument(
        "--show",
        choices=["dev"],
        help="what is missed or wrongly named in the development half, with its text",
    )
    parser.add_argument("--provider", help="show this service only; `generic` for those of none")
    parser.add_argument("--no-scan", action="store_true", help="extract only")
    parser.add_argument(
        "--export",
        type=Path,
        metavar="FOLDER",
        help="write the development half and the services' frequencies there",
    )
    return parser.parse_args()


def frequencies(examples: Sequence[Example]) -> list[tuple[str, int]]:
    """Services by their number of positive examples in sets that are no measured peer's own."""
    counter = Counter(
        each.provider
        for each in examples
        if each.positive and each.provider is not None and each.set not in NOT_IN_TOTALS
    )
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))


def export(folder: Path, examples: Sequence[Example]) -> None:
    """For work on patterns, outside of the repository: never the text of the held-out half."""
    lines = (
        json.dumps(
            {
                "set": each.set,
                "provider": each.provider,
                "positive": each.positive,
                "text": each.text.decode("utf-8", "replace"),
                "file": each.file_name,
            }
        )
        for each in examples
        if not each.held_out
    )
    (folder / "examples.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = (f"{provider}\t{number}\n" for provider, number in frequencies(examples))
    (folder / "providers-frequency.tsv").write_text("".join(rows), encoding="utf-8")


def print_material(examples: Sequence[Example], problems: Sequence[str]) -> None:
    """Counts for each set."""
    print(f"{'set':<16}{'positive':>9}{'generic':>9}{'services':>10}{'negative':>10}{'held out':>10}")
    for name in sorted({each.set for each in examples}):
        own = [each for each in examples if each.set == name]
        positive = [each for each in own if each.positive]
        services = {each.provider for each in positive} - {None}
        generic = sum(each.provider is None for each in positive)
        held_out = sum(each.held_out for each in own)
        print(
            f"{name:<16}{len(positive):>9}{generic:>9}{len(services):>10}"
            f"{len(own) - len(positive):>10}{held_out:>10}"
        )
    total = [each for each in examples if each.positive and each.set not in NOT_IN_TOTALS]
    print(
        f"{len(total)} positive examples of {len(frequencies(examples))} services in sets that count in totals\n"
    )
    for problem, times in Counter(problems).items():
        print(f"not extracted: {problem}" + (f" ({times} times)" if times > 1 else ""), file=sys.stderr)


def tables(scanner: str, numbered: Numbered, result: Result) -> dict[str, dict[str, int]]:
    """Print a scanner's figures; the counts behind them."""
    print(f"{scanner:<34}{HEADER}")
    halves: list[tuple[str, Numbered]] = [
        ("development", [each for each in numbered if not each[1].held_out]),
        ("held out", [each for each in numbered if each[1].held_out]),
        ("all", numbered),
    ]
    frequent = [provider for provider, _ in frequencies([each for _, each in numbered])]
    recorded: dict[str, dict[str, int]] = {}

    def line(title: str, figures: Figures) -> None:
        recorded[title] = asdict(figures)
        print(f"  {title:<32}{figures.row()}")

    for limit in (50, 100, None):
        providers = frozenset(frequent[:limit]) if limit else None
        scope = f"{limit} most frequent" if limit else "every service"
        for half, selection in halves:
            counted = [each for each in selection if each[1].set not in NOT_IN_TOTALS]
            line(f"{scope}, {half}", count(counted, result, providers))
    independent = [each for each in numbered if each[1].set not in OTHERS_RULES]
    line("no peer's own sets, all", count(independent, result))
    unrelated = [each for each in independent if each[1].set != ANCESTOR]
    line(f"the same without {ANCESTOR}", count(unrelated, result))
    for name in sorted({each.set for _, each in numbered}):
        own = " (its own)" if PEERS_OWN.get(name) == scanner else ""
        line(name + own, count([each for each in numbered if each[1].set == name], result))
    everything = count(numbered, result)
    print(
        f"  counter-examples of no service: {everything.generic_negatives}, something reported in "
        f"{share(everything.generic_negatives_found, everything.generic_negatives)}\n"
    )
    return recorded


def print_counts(folder: Path, numbered: Numbered, results: dict[str, Result]) -> None:
    """leaky-repo counts lines of risk in each file: how many of them are reported, at most as many as there are."""
    risks = {Path(path).name: (path, number) for path, number in counts(folder).items() if number}
    texts = {
        (folder / path).read_bytes(): number for path, number in risks.values() if (folder / path).is_file()
    }
    own = [
        (number, texts[each.text])
        for number, each in numbered
        if each.set == LEAKY_REPO and each.text in texts
    ]
    if not own:
        return
    total = sum(risk for _, risk in own)
    print(f"{LEAKY_REPO}: {total} lines of risk in {len(own)} files")
    for scanner, result in results.items():
        reported = sum(min(len(result[number].lines), risk) for number, risk in own if number in result)
        files = sum(number in result for number, _ in own)
        print(
            f"  {scanner:<16}{share(reported, total):>8} of the lines, {share(files, len(own)):>8} of the files"
        )
    print()


def print_providers(scanner: str, numbered: Numbered, result: Result) -> None:
    """A line for each service, both halves counted."""
    counted = [each for each in numbered if each[1].set not in NOT_IN_TOTALS and each[1].positive]
    print(f"{scanner}: {'service':<30}{'examples':>9}{'found':>7}{'right':>7}")
    for provider, _ in frequencies([each for _, each in numbered]):
        figures = count(counted, result, frozenset({provider}))
        print(f"  {provider:<40}{figures.positives:>9}{figures.found:>7}{figures.right:>7}")
    print()


def show(scanner: str, numbered: Numbered, result: Result, wanted: str | None) -> None:
    """What went wrong in the development half, with its text."""
    only = provider_of(wanted) if wanted else None
    for number, example in numbered:
        if example.held_out or (wanted is not None and example.provider != only):
            continue
        reported = result.get(number)
        named = reported.named if reported else set()
        right = example.provider is not None and any(is_right(example.provider, each) for each in named)
        if example.positive:
            fine = bool(reported and reported.found) if example.provider is None else right
        else:
            fine = not right if example.provider is not None else not (reported and reported.found)
        if fine:
            continue
        what = ", ".join(sorted(named)) or ("generic" if reported and reported.found else "nothing")
        kind = "example" if example.positive else "counter-example"
        text = example.text.decode("utf-8", "replace").strip("\n")
        print(
            f"--- {scanner}: {example.set} {example.provider or 'generic'} {kind} {example.file_name}: {what}"
        )
        print(text if len(text) < 4000 else text[:4000] + " ...")


if __name__ == "__main__":
    main()
