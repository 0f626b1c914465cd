# One image for web, listener and worker: the command chooses. Behind a mirror, give another base with --build-arg PYTHON_IMAGE=…
ARG PYTHON_IMAGE=python:3.13-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
WORKDIR /srv/lyceum
RUN python -m venv /opt/lyceum
COPY requirements.lock ./
RUN /opt/lyceum/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
COPY . .
RUN /opt/lyceum/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --editable . \
    && /opt/lyceum/bin/python -m compileall -q .

FROM ${PYTHON_IMAGE}
# libfribidi0: Pillow loads it to shape every script.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libfribidi0 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --system --gid 10001 lyceum \
    && useradd --system --uid 10001 --gid lyceum --create-home --home-dir /var/lib/lyceum lyceum
COPY --from=build /opt/lyceum /opt/lyceum
COPY --from=build /srv/lyceum /srv/lyceum
WORKDIR /srv/lyceum
# A number, so that a platform can see that it is not root.
USER 10001:10001
ENV PATH=/opt/lyceum/bin:$PATH PYTHONUNBUFFERED=1 API_HOST=0.0.0.0 API_PORT=8000 LOG_FORMAT=json LYCEUM_DATA_DIR=/var/lib/lyceum/data
EXPOSE 8000
# Whoever restarts what is unhealthy must not do so because a database is away: that is what /ready is for (see deploy/compose.yaml).
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "-c", \
    "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ.get(\"API_PORT\") or 8000}/live', timeout=4)"]
ENTRYPOINT ["lyceum"]
CMD ["web"]
