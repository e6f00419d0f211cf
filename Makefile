# `make demo` and `make test` need nothing but Python 3.11+; CI calls these targets and nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
CONFIG ?= gateway.toml
DATA ?=
T ?=
PROCESSES ?= 3
# A file's tests stay together: they share what takes long to start. In the order they stand in: the long ones are first.
SPREAD = -n $(PROCESSES) --dist loadfile --no-loadscope-reorder

# Tests start many processes, each of which would compile every module anew.
export PYTHONDONTWRITEBYTECODE =

.PHONY: install dev demo graphiql serve check test test-full soak bench clean

install: $(VENV)/.installed
dev: $(VENV)/.dev

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml requirements.lock | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -c requirements.lock -e .
	@touch $@

$(VENV)/.dev: pyproject.toml requirements.lock | $(VENV)/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -c requirements.lock -e '.[dev,postgres,redis,tracing]'
	@touch $@ $(VENV)/.installed

demo: install graphiql
	GATEWAY_GRAPHIQL=build/graphiql $(BIN)/gateway demo $(if $(DATA),--data $(DATA))

# The explorer is GraphiQL where Node can build it, and a plain page of our own everywhere else.
graphiql:
	@if [ ! -f build/graphiql/index.html ] && command -v npm >/dev/null 2>&1; then \
	  echo "Building GraphiQL ..."; mkdir -p build/graphiql.src && cp -r docker/graphiql/. build/graphiql.src/ && \
	  (cd build/graphiql.src && npm ci --silent --no-audit --no-fund && npm run --silent build) >build/graphiql.log 2>&1 && \
	  cp -r build/graphiql.src/dist build/graphiql || echo "GraphiQL could not be built (build/graphiql.log); using our own page."; \
	fi

serve: install
	$(BIN)/gateway serve --config $(CONFIG)

check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports
	$(BIN)/python -m tests.check_schema
	$(BIN)/python -m tests.check_locks

# Of two `-m` the last one counts: `make test T="-m full tests/schema"` runs a part of the long ones.
test: dev
	$(BIN)/pytest -m "not full and not soak" $(if $(T),$(T),$(SPREAD))

test-full: dev
	$(BIN)/pytest $(SPREAD) -m "full and not soak"

# What takes hours, and what is measured in milliseconds: on a machine that does nothing else.
soak: dev
	$(BIN)/pytest $(if $(T),$(T),-m soak)

bench: dev
	$(BIN)/python -m tests.bench
	$(BIN)/python -m tests.faults.bench

clean:
	rm -rf $(VENV) build var .pytest_cache .ruff_cache .hypothesis .import_linter_cache
