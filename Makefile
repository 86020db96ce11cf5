# `make run` and `make test` work from a clean clone: both make the environment when it is missing.
PYTHON ?= python3
BIN := .venv/bin
# One thread a process: on few cores spinning OpenMP threads cost 10 to 40 times.
export OMP_NUM_THREADS := 1

MAIN_JOB := $(BIN)/python -m harness run configs/experiments/first.yaml --jobs 2

.PHONY: run test lint clean

run: .venv/installed
	$(MAIN_JOB)

test: .venv/installed lint
	$(BIN)/pytest -m "not gpu" --durations=10 --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

lint: .venv/installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.venv/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; say make PYTHON=...")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,mnist,nni]'
	touch $@

clean:
	rm -rf .venv build dist *.egg-info
