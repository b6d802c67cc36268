# One image for the web, the worker and every command. Built and run by compose.yaml; without a container engine,
# deploy/rehearse.py carries out the same steps.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LOG_FORMAT=json PATH=/srv/ringofix/.venv/bin:$PATH
WORKDIR /srv/ringofix

# The packages in a layer of their own: a new release usually changes only the code.
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

# Nothing is written into the image's folders: a stranger in the process finds nothing to change.
RUN useradd --system --no-create-home --uid 10001 ringofix
USER ringofix

EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s CMD ["python", "deploy/healthcheck.py"]
CMD ["gunicorn", "ringofix.wsgi"]
