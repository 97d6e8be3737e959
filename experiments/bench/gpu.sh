#!/usr/bin/env bash
# The benchmark on a machine with one GPU, no registry and little time: OUT=FOLDER experiments/bench/gpu.sh
#
# It takes the Python that is there (PYTHON=python3), with its JAX; wheels that travelled in .whl/ come
# first, such as of hydra-core, omegaconf and antlr4-python3-runtime. A part whose packages are missing is
# skipped with a line. After LIMIT_S seconds it stops; run again, with the same OUT or with KEPT=FOLDER of
# what came back, it goes on where it stopped. SUPERPOS_BENCH_SMALL=1 tries all commands on a CPU.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
: "${OUT:?expected the folder of the results}"
python=${PYTHON:-python3} limit=${LIMIT_S:-460}
mkdir -p "$OUT"
if [[ -n ${KEPT:-} ]]; then cp "$KEPT"/* "$OUT"; fi
export PYTHONUNBUFFERED=1 TF_CPP_MIN_LOG_LEVEL=3 PYTHONPATH=$PWD
if compgen -G '.whl/*.whl' >/dev/null; then
    site=$(mktemp -d)
    "$python" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --target "$site" .whl/*.whl || exit
    PYTHONPATH+=:$site
fi
# The table last of what is short; no part may take the time of all others.
for part in tests saes multirun table growth kernels memory; do
    left=$((limit - SECONDS))
    if ((left < 10)); then
        echo "$part: no time left"
        continue
    fi
    timeout --kill-after=5 "$left" "$python" -m experiments.bench.parts "$OUT" "$part" 2>&1 || echo "$part: stopped"
done | tee -a "$OUT/log.txt"
echo "$SECONDS s"
