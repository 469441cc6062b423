# `make run` sets up and opens the dashboard; `make test` sets up and runs all checks and tests.
PORT ?= 8501
BIN := .venv/bin

.PHONY: run test lint format unit browser coverage soak fuzz mutants bench screenshots audit clean

# Keeps a library in library/; `make run TABULAR_TWIN_LIBRARY=` keeps none (do so where others can reach the page).
run: export TABULAR_TWIN_LIBRARY ?= library
run:
	@tools/setup.sh app
	$(BIN)/streamlit run streamlit_app.py --server.port $(PORT)

# Both kinds of tests at once: those in a browser mostly wait. What they need is there before they begin.
test: lint
	@tools/chromium.sh
	@$(MAKE) --no-print-directory -j 2 unit browser

lint:
	@tools/setup.sh dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --num-workers auto

format:
	@tools/setup.sh dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# All tests but those in a browser, on all cores. Neighbours stay together, so that they share what was trained.
unit:
	@tools/setup.sh dev
	$(BIN)/pytest -m "not browser" -n logical --maxprocesses 8 --dist worksteal

# What a person does, in a real Chromium, two of them at a time; screenshots are left in test-output/.
browser:
	@tools/setup.sh dev
	@tools/chromium.sh
	$(BIN)/pytest -m browser -n logical --maxprocesses 2 --dist worksteal

# The unit tests once more, watched: how much of the engine they run, line by line. Fails under 90 %.
coverage:
	@tools/setup.sh dev
	$(BIN)/pytest -m "not browser" -n logical --maxprocesses 8 --dist worksteal --cov --cov-report=term-missing:skip-covered

# Thousands of made-up tables go the whole way by every method; `make soak EXAMPLES=10000` tries more.
soak: EXAMPLES ?= 2000
soak:
	@tools/setup.sh dev
	SOAK_EXAMPLES=$(EXAMPLES) $(BIN)/pytest tests/soak -n logical --hypothesis-show-statistics

# Changed files of every kind that anyone may hand in: each is done with, or refused in one sentence.
fuzz: CASES ?= 1000
fuzz:
	@tools/setup.sh dev
	$(BIN)/python benchmarks/fuzz.py --cases $(CASES)

# The code is changed on purpose, and tests must notice: hours for all, so `make mutants ONLY="engine.table.schema*"`.
mutants:
	@tools/setup.sh dev
	$(BIN)/python -m tools.mutants $(if $(CHILDREN),--children $(CHILDREN)) $(if $(ONLY),"$(ONLY)")

# Minutes, not seconds: results belong into benchmarks/README.md.
bench:
	@tools/setup.sh dev
	@tools/chromium.sh
	$(BIN)/python benchmarks/reading.py
	$(BIN)/python benchmarks/samples.py
	$(BIN)/python benchmarks/app.py
	$(BIN)/python benchmarks/sampling.py

# Known weaknesses in our code and in the packages; the latter need the package index's advisory service.
audit:
	@tools/setup.sh app
	$(BIN)/python -m tools.audit

# The README's pictures, after pages have changed; look at them before they are committed.
screenshots:
	@tools/setup.sh dev
	@tools/chromium.sh
	$(BIN)/python tools/screenshots.py

clean:
	rm -rf .venv .venv-audit .venv-mutants mutants .mypy_cache .ruff_cache .pytest_cache .hypothesis test-output runs
