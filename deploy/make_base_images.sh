#!/bin/sh
# Make the base images of Dockerfile and compose.yaml from Debian packages, for a machine without access to
# an image registry: sudo deploy/make_base_images.sh. Needs debootstrap and podman.
# The images do only what Dockerfile and compose.yaml need.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Import a minimal Debian as the image debian:$1.
make_debian() {
    podman image exists "debian:$1" && return
    # debootstrap makes every suite with the script of sid, but does not know the names of newer ones.
    debootstrap --variant=minbase --include=ca-certificates "$1" "$work/$1" "" /usr/share/debootstrap/scripts/sid >&2
    tar --directory "$work/$1" --create . | podman import - "debian:$1"
}

# Build the image $1 from a Dockerfile on standard input. BUILD_OPTIONS are more options of podman build.
build() {
    # shellcheck disable=SC2086
    podman build ${BUILD_OPTIONS:-} --tag "$1" --file - "$work"
}

make_debian bookworm
make_debian trixie
make_debian forky

build python:3.11-slim <<'END'
FROM debian:bookworm
RUN apt-get update && apt-get install --yes --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists
RUN ln -s python3 /usr/bin/python
CMD ["python"]
END

build haproxy:2.6 <<'END'
FROM debian:bookworm
RUN apt-get update && apt-get install --yes --no-install-recommends haproxy && rm -rf /var/lib/apt/lists
RUN usermod --uid 99 haproxy
USER haproxy
WORKDIR /var/lib/haproxy
STOPSIGNAL SIGUSR1
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
END

build valkey/valkey:8 <<'END'
FROM debian:trixie
RUN apt-get update && apt-get install --yes --no-install-recommends valkey-server && rm -rf /var/lib/apt/lists
RUN printf '#!/bin/sh\nexec "$@" --protected-mode no\n' > /entrypoint && chmod 755 /entrypoint
USER valkey
WORKDIR /data
ENTRYPOINT ["/entrypoint"]
CMD ["valkey-server"]
END

# Like the official entrypoint: create the cluster in an empty volume, then run the server as postgres.
cat > "$work/entrypoint" <<'END'
#!/bin/sh
set -eu
if [ "$(id -u)" = 0 ]; then
    install --directory --owner=postgres --mode=700 "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    echo "$POSTGRES_PASSWORD" > /tmp/password
    initdb --username="$POSTGRES_USER" --pwfile=/tmp/password --encoding=UTF8 --auth-host=scram-sha-256
    rm /tmp/password
    echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
    echo "create database \"$POSTGRES_USER\"" | postgres --single postgres
fi
exec "$@"
END
chmod 755 "$work/entrypoint"

# A mirror of Debian testing may be older than its lists are valid.
build postgres:18 <<'END'
FROM debian:forky
RUN mkdir -p /etc/postgresql-common && echo "create_main_cluster = false" > /etc/postgresql-common/createcluster.conf
RUN apt-get -o Acquire::Check-Valid-Until=false update \
    && apt-get install --yes --no-install-recommends postgresql-18 && rm -rf /var/lib/apt/lists
ENV PATH=/usr/lib/postgresql/18/bin:$PATH PGDATA=/var/lib/postgresql/18/docker
COPY entrypoint /entrypoint
VOLUME /var/lib/postgresql
STOPSIGNAL SIGINT
ENTRYPOINT ["/entrypoint"]
CMD ["postgres", "-c", "listen_addresses=*", "-c", "unix_socket_directories=/tmp,/var/run/postgresql"]
END
