# One image for every part of Keepword: “web”, “worker”, “cluster worker”, “cluster beat”, “serve”.
# Built from the lock file with its hashes; runs as nobody in particular on a read-only file system.
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
# The lock file of the parts wanted: requirements-cluster.lock adds Celery, and
# requirements-telemetry.lock both it and OpenTelemetry.
ARG REQUIREMENTS=requirements.lock
WORKDIR /build
COPY requirements*.lock ./
RUN python -m venv --without-pip /opt/keepword \
 && python -m pip --python /opt/keepword/bin/python install \
      --require-hashes --only-binary :all: -r "${REQUIREMENTS}"
WORKDIR /opt/keepword/app
COPY pyproject.toml openapi.yaml ./
COPY migrations ./migrations
COPY templates ./templates
COPY service ./service
RUN printf '#!/bin/sh\nexec /opt/keepword/bin/python -P -m service "$@"\n' > /opt/keepword/bin/keepword \
 && chmod 0755 /opt/keepword/bin/keepword \
 && /opt/keepword/bin/python -m compileall -q /opt/keepword/app

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="Keepword" \
      org.opencontainers.image.description="Keeps a recruiter's word to candidates."
COPY --from=build /opt/keepword /opt/keepword
RUN install -d -o 10001 -g 10001 -m 0700 /var/lib/keepword
ENV PATH=/opt/keepword/bin:${PATH} \
    PYTHONPATH=/opt/keepword/app \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    KEEPWORD_HOME=/var/lib/keepword \
    KEEPWORD_LOG_FORMAT=json
# A number, so that “must not run as root” can be checked without reading the image.
USER 10001:10001
WORKDIR /var/lib/keepword
VOLUME /var/lib/keepword
EXPOSE 8000
STOPSIGNAL SIGTERM
# For what listens; compose.yaml switches it off for what does not.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
ENTRYPOINT ["keepword"]
CMD ["serve", "--host", "0.0.0.0"]
