"""`make mutants`: does the suite notice when the library is wrong? 200 faults, one at a time.

The suite is run once to learn which tests run which lines; then the tests of the mirrored file and,
if none of those fails, the quickest of the others that run the changed line are run for each fault.
A mutant that none of them notices survives, and is printed.

Neither mutmut nor cosmic-ray fits: they know no fixed sample, and run one command for all mutants.

Usage: python -m tests.mutants [CHECKOUT [FOLDER]]. The checkout is the one where you are, unless it
is named. A folder keeps what the tests run and all verdicts, so that the same command goes on.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import Queue

from tests.mutants.faults import Mutant, sample

SECONDS = 90.0
"""At most so much of the suite is run for a mutant, beside the mirrored file, by the time that the
tests took at first."""
TIMEOUT = 400.0
N_WORKERS = 2
CACHE = {
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
UNIMPORTABLE = ("ImportError while loading conftest", "found no collectors")


def measure(root: Path, folder: Path) -> None:
    """Run the suite once, for the tests that run each line and the seconds that each takes."""
    rc = folder / "coveragerc"
    rc.write_text(f"[run]\nsource={root}/superpos\ndata_file={folder}/.coverage\nparallel=true\n")
    words = ["-n", str(N_WORKERS), "--dist", "worksteal", "-q", f"--junitxml={folder}/junit.xml"]
    words += ["-p", "pytest_cov", "--cov=superpos", "--cov-context=test", "--cov-report="]
    subprocess.run(
        [sys.executable, "-m", "pytest", *words, f"--cov-config={rc}"], cwd=root, check=True
    )


def tests_by_line(folder: Path) -> Mapping[str, Mapping[int, set[str]]]:
    """File, as its full path -> line -> the tests that run it."""
    from coverage import CoverageData

    data = CoverageData(str(folder / ".coverage"))
    data.read()
    return {
        file: {
            line: {context.partition("|")[0] for context in contexts if context}
            for line, contexts in data.contexts_by_lineno(file).items()
        }
        for file in data.measured_files()
    }


def seconds_by_test(folder: Path) -> Mapping[str, float]:
    """Test -> the seconds that it took, its fixtures included."""
    seconds: dict[str, float] = defaultdict(float)
    for case in ElementTree.parse(folder / "junit.xml").iter("testcase"):
        name = f"{case.get('classname', '').replace('.', '/')}.py::{case.get('name')}"
        seconds[name] += float(case.get("time", 0))
    return seconds


def choose(
    mutant: Mutant,
    root: Path,
    by_line: Mapping[str, Mapping[int, set[str]]],
    seconds: Mapping[str, float],
) -> list[list[str]]:
    """The tests of the mirrored file, and then others that run the line, the quickest first."""
    lines = by_line.get(str(root / mutant.file), {})
    path = Path("tests", mutant.file)
    mirror = str(path.with_name(f"test_{path.name}"))
    found = set().union(*(lines.get(line, ()) for line in mutant.lines))
    own = [mirror] if any(test.startswith(f"{mirror}::") for test in seconds) else []
    others = [test for test in found if not test.startswith(f"{mirror}::")]
    chosen, total = [], 0.0
    for test in sorted(others, key=lambda test: seconds.get(test, 0.0)):
        total += seconds.get(test, 0.0)
        if total <= SECONDS:
            chosen.append(test)
    return [stage for stage in (own, sorted(chosen)) if stage]


def is_noticed(mutant: Mutant, tests: Sequence[str], root: Path) -> bool:
    """Run tests on a copy of the checkout with the fault in it."""
    file = root / mutant.file
    before = file.read_text()
    file.write_text(mutant.source)
    listed = root / "tests.txt"
    listed.write_text("\n".join(tests))
    command = [sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(root), **CACHE}
    environment["JAX_COMPILATION_CACHE_DIR"] = str(root.parent / "xla")
    try:
        done = subprocess.run(
            [*command, f"@{listed}"], cwd=root, env=environment, timeout=TIMEOUT,
            capture_output=True, text=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return True  # it hangs
    finally:
        file.write_text(before)
    unimportable = any(text in done.stdout + done.stderr for text in UNIMPORTABLE)
    if done.returncode not in (0, 1, 2) and not unimportable:
        raise RuntimeError(f"{mutant}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.returncode != 0


def main(root: Path, folder: Path) -> int:
    """Print the survivors and how many there are in each group; keep all verdicts in a file."""
    mutants = sample(root)
    if not (folder / "junit.xml").exists():
        measure(root, folder)
    by_line, seconds = tests_by_line(folder), seconds_by_test(folder)
    copies: Queue[Path] = Queue()
    ignore = shutil.ignore_patterns(".git", ".venv", "outputs", "__pycache__", ".pytest_cache")
    for number in range(N_WORKERS):
        place = folder / f"copy_{number}"
        shutil.rmtree(place, ignore_errors=True)
        copies.put(shutil.copytree(root, place, ignore=ignore))
    kept = folder / "verdicts.json"
    verdicts: dict[str, bool] = json.loads(kept.read_text()) if kept.exists() else {}

    def judge(mutant: Mutant) -> bool:
        if mutant.id in verdicts:
            return verdicts[mutant.id]
        stages = choose(mutant, root, by_line, seconds)
        at = copies.get()
        try:
            noticed = any(is_noticed(mutant, tests, at) for tests in stages)
        finally:
            copies.put(at)
        n_tests = sum(map(len, stages))
        print(f"{'noticed ' if noticed else 'SURVIVED'} {mutant}  [{n_tests} tests]", flush=True)
        verdicts[mutant.id] = noticed
        kept.write_text(json.dumps(dict(verdicts), indent=0))
        return noticed

    with ThreadPoolExecutor(N_WORKERS) as pool:
        noticed = list(pool.map(judge, mutants))
    survivors = [mutant for mutant, seen in zip(mutants, noticed, strict=True) if not seen]
    for mutant in survivors:
        print(f"survived: {mutant}")
    for group, n in Counter(mutant.group for mutant in mutants).items():
        print(f"{group}: {sum(m.group == group for m in survivors)} of {n} survived")
    print(f"{len(survivors)} of {len(mutants)} mutants survived")
    return 0


if __name__ == "__main__":
    where = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    with tempfile.TemporaryDirectory() as name:
        sys.exit(main(where, Path(sys.argv[2] if len(sys.argv) > 2 else name)))
