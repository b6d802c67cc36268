# make demo: everything on this machine. make test: all tests. make check: the tests and all other checks (make lint).
# make fast: the tests that take no more than a few seconds each. make bench: the figures. make rehearse: a deployment.
# make messages: the strings to translate, into locale/ (wants Debian's gettext).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Where an environment forbids Python to keep what it compiled, each of the tests' many processes would compile it all.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: demo test fast check lint messages rehearse audit bench clean

demo: $(VENV)/ready
	@$(BIN)/python manage.py demo

test: $(VENV)/ready-dev
	$(BIN)/python -m pytest -n 3 --dist worksteal

fast: $(VENV)/ready-dev
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

check: lint test

lint: $(VENV)/ready-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	PUBLIC_URL=https://ringofix.example ALLOWED_HOSTS=ringofix.example \
	  $(BIN)/python manage.py check --deploy --fail-level WARNING

messages: $(VENV)/ready-dev
	$(BIN)/python manage.py makemessages -l uk -l pl -l ru --add-location file --no-wrap --no-obsolete \
	  -i .venv -i tests -i bench -i sandbox
	$(BIN)/python manage.py compilemessages -l uk -l pl -l ru -i .venv

rehearse:
	$(PYTHON) deploy/rehearse.py

# Not part of check: it asks the internet for the known holes of the packages.
audit:
	$(PYTHON) -m venv var/audit
	var/audit/bin/pip install --quiet --disable-pip-version-check pip-audit==2.10.1
	var/audit/bin/pip-audit --requirement requirements.txt

bench: $(VENV)/ready-dev
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) var

$(VENV)/ready: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/ready-dev: $(VENV)/ready requirements-dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@
