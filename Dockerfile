# An image with portal and API. compose.yaml shows how to run it.
FROM python:3.11-slim AS build
WORKDIR /app
COPY locks locks
# LOCK=telemetry adds the libraries for Sentry and OpenTelemetry.
ARG LOCK=run
RUN python -m venv .venv \
    && .venv/bin/pip install --no-cache-dir --disable-pip-version-check -r locks/${LOCK}.txt

FROM python:3.11-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin portal \
    && install --directory --owner=portal --mode=700 /data
WORKDIR /app
COPY --from=build /app/.venv .venv
COPY . .
RUN python -m compileall -q issue_portal auth components web
ENV PATH=/app/.venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ISSUES_DATA_DIR=/data \
    STREAMLIT_SERVER_ADDRESS=0.0.0.0
USER 10001
VOLUME /data
EXPOSE 8501
CMD ["python", "-m", "web"]
