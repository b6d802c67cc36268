# One image for web, worker and every command. compose.yaml builds and runs it; deploy/rehearse.py runs the same steps
# without a container engine.
FROM python:3.13.12-slim-trixie

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LOG_FORMAT=json PATH=/srv/ringofix/.venv/bin:$PATH
WORKDIR /srv/ringofix

# Packages in their own layer: a new release usually changes only the code.
COPY requirements.txt ./
RUN python -m venv .venv \
 && .venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt

COPY manage.py gunicorn.conf.py ./
COPY deploy/healthcheck.py deploy/
COPY ringofix ringofix
COPY integrations integrations
COPY templates templates
COPY static static
COPY locale locale
RUN .venv/bin/python -m compileall -q ringofix integrations

# The user may write nowhere in the image, so an intruder in the process cannot change the code.
RUN useradd --system --no-create-home --uid 10001 ringofix
USER ringofix

EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "deploy/healthcheck.py"]
CMD ["gunicorn", "ringofix.wsgi"]
