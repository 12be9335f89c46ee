# The service in a container: not root, nothing written but /data. See docs/how-to/run-in-a-container.md
ARG BASE=docker.io/library/python:3.13-slim-bookworm

FROM ${BASE} AS build
# extras.lock brings what the extras s3 and tracing need.
ARG LOCK=run.lock
WORKDIR /src
COPY requirements/${LOCK} requirements/
RUN python3 -m venv /opt/openfrs && \
    /opt/openfrs/bin/pip install --no-cache-dir --require-hashes --requirement requirements/${LOCK}
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /opt/openfrs/bin/pip install --no-cache-dir --no-deps .
# The models are part of the image, so that a container starts without a network.
RUN /opt/openfrs/bin/openfrs models pull --data-dir /opt/openfrs-data && \
    mv /opt/openfrs-data/models /opt/models

FROM ${BASE}
COPY --from=build /opt/openfrs /opt/openfrs
COPY --from=build /opt/models /opt/models
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin openfrs && \
    install --directory --owner openfrs --mode 0700 /data
USER 10001
ENV PATH=/opt/openfrs/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    OPENFRS_DATA_DIR=/data \
    OPENFRS_MODELS_DIR=/opt/models \
    OPENFRS_HOST=0.0.0.0 \
    OPENFRS_LOG_FORMAT=json
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD \
    ["python3", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
ENTRYPOINT ["openfrs"]
CMD ["serve"]
