"""`make mutants`: does the suite notice when the library is wrong? 200 faults, one at a time.

The suite is run once to learn which tests run which lines; then the tests of the mirrored file and,
if none of those fails, the quickest of the others that run the changed line are run for each fault.
A mutant that none of these notices survives, and is printed.

Neither mutmut nor cosmic-ray fits: they know no fixed sample, and run one command for all mutants.

Usage: python -m tests.mutants [CHECKOUT [FOLDER]]. The checkout is the one where you are, unless it
is named. The folder, which is in outputs/mutants and named after the content of the library and the
tests, keeps what the tests run and all verdicts, so that the same command goes on.
"""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import Queue

from tests.mutants.faults import Mutant, sample

SECONDS = 90.0
"""At most so much of the suite is run for a mutant, beside the mirrored file, by the time that the
tests took at first."""
TIMEOUT = 400.0
N_WORKERS = 2
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
    environment = {**os.environ, "PYTHONPATH": str(root)}
    environment["JAX_COMPILATION_CACHE_DIR"] = str(root.parent / "xla")  # not the user's
    with subprocess.Popen(
        [*command, f"@{listed}"], cwd=root, env=environment, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        try:
            said, _ = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return True  # it hangs
        finally:
            with suppress(ProcessLookupError):  # whatever its tests have started
                os.killpg(process.pid, signal.SIGKILL)
            file.write_text(before)
    if process.returncode in (4, 5) and not any(text in said for text in UNIMPORTABLE):
        raise RuntimeError(f"{mutant}: {said[-2000:]}")  # no such tests
    return process.returncode != 0


def copies_of(root: Path, folder: Path) -> Queue[Path]:
    """A copy of the checkout for each worker."""
    copies: Queue[Path] = Queue()
    ignore = shutil.ignore_patterns(".git", ".venv", "outputs", "__pycache__", ".pytest_cache")
    for number in range(N_WORKERS):
        place = folder / f"copy_{number}"
        shutil.rmtree(place, ignore_errors=True)
        copies.put(shutil.copytree(root, place, ignore=ignore))
    return copies


def summary(noticed: Mapping[Mutant, bool]) -> list[str]:
    """The survivors, and how many there are in each group and in all."""
    survivors = [mutant for mutant, seen in noticed.items() if not seen]
    of_group = Counter(mutant.group for mutant in survivors)
    groups = Counter(mutant.group for mutant in noticed).items()
    return [
        *(f"survived: {mutant}" for mutant in survivors),
        *(f"{group}: {of_group[group]} of {n} survived" for group, n in groups),
        f"{len(survivors)} of {len(noticed)} mutants survived",
    ]


def main(root: Path, folder: Path) -> None:
    """Judge every mutant, and keep each verdict."""
    if not (folder / "junit.xml").exists():
        measure(root, folder)
    by_line, seconds = tests_by_line(folder), seconds_by_test(folder)
    copies, kept = copies_of(root, folder), folder / "verdicts.json"
    verdicts: dict[str, bool] = json.loads(kept.read_text()) if kept.exists() else {}

    def is_seen(mutant: Mutant) -> bool:
        if mutant.id in verdicts:
            return verdicts[mutant.id]
        at = copies.get()
        try:
            stages = choose(mutant, root, by_line, seconds)
            return any(is_noticed(mutant, tests, at) for tests in stages)
        finally:
            copies.put(at)

    noticed: dict[Mutant, bool] = {}
    mutants = sample(root)
    with ThreadPoolExecutor(N_WORKERS) as pool:
        for mutant, seen in zip(mutants, pool.map(is_seen, mutants), strict=True):
            print(f"{'noticed ' if seen else 'SURVIVED'} {mutant}", flush=True)
            noticed[mutant] = verdicts[mutant.id] = seen
            kept.write_text(json.dumps(verdicts, indent=0))
    print("\n".join(summary(noticed)))


def digest(root: Path) -> str:
    """What the library and its tests are, in eight digits."""
    files = sorted(path for top in ("superpos", "tests") for path in (root / top).rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:8]


if __name__ == "__main__":
    where = Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    usual = where / "outputs" / "mutants" / digest(where)
    into = Path(sys.argv[2]) if len(sys.argv) > 2 else usual
    into.mkdir(parents=True, exist_ok=True)
    main(where, into.resolve())
