# make demo        the whole product on this machine, with a demo customer and a day of calls
# make test        all tests; make test ARGS="-k phones" runs some of them
# make fast        the tests that take no more than a few seconds each
# make lint        formatting, types, imports, migrations, deployment checks
# make check       lint and test
# make rehearse    a deployment on this machine
# make bench       the benchmarks
# make messages    collect the strings to translate into locale/ (needs Debian's gettext)
# make lock        compile requirements*.in into requirements*.txt, with hashes
# make audit       look for known vulnerabilities of the packages (needs the internet)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/pip install --quiet --disable-pip-version-check --require-hashes
# Hashes for every platform; no index addresses, which differ between machines.
LOCK := --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links \
  --no-emit-trusted-host --no-emit-options
export CUSTOM_COMPILE_COMMAND := make lock

# Keep compiled Python files, even where the environment forbids it: the tests start many processes.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test fast check lint messages rehearse lock audit bench clean

demo: $(VENV)/ready
	@$(BIN)/python manage.py demo

test: $(VENV)/ready-dev
	$(BIN)/python -m pytest -n 4 --dist worksteal $(ARGS)

fast: $(VENV)/ready-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow" $(ARGS)

check: lint test

lint: $(VENV)/ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	PUBLIC_URL=https://ringofix.example ALLOWED_HOSTS=ringofix.example BIND=127.0.0.1 \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING

messages: $(VENV)/ready-dev
	$(BIN)/python manage.py makemessages -l uk -l pl -l ru --add-location file --no-wrap --no-obsolete \
	  -i .venv -i tests -i bench -i sandbox
	$(BIN)/python manage.py compilemessages -l uk -l pl -l ru -i .venv

rehearse:
	$(PYTHON) deploy/rehearse.py

lock: $(VENV)/ready-dev
	$(BIN)/pip-compile $(LOCK) --output-file requirements.txt requirements.in
	$(BIN)/pip-compile $(LOCK) --output-file requirements-dev.txt requirements-dev.in

# Not part of check: it asks an advisory service on the internet.
audit:
	$(PYTHON) -m venv var/audit
	var/audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	var/audit/bin/pip-audit --require-hashes --disable-pip --requirement requirements.txt

bench: $(VENV)/ready-dev
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) var

$(VENV)/ready: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(INSTALL) -r requirements.txt
	touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	$(INSTALL) -r requirements-dev.txt
	touch $@
