#!/bin/sh
# Try compose.yaml with a container engine: build, start, report, start again, upgrade, change a setting, back up and
# restore, with both profiles.
#
#   deploy/try_compose.sh docker compose
#   deploy/try_compose.sh podman-compose
#
# Uses a copy of the files and a project of its own, which it removes, except for the image issue-portal-trial. Needs the
# ports 8080 and 8501. Run it as root unless your user may change the owner of files. Without access to an image registry,
# run deploy/make_base_images.sh first.
set -eu
compose=${*:-docker compose}
work=$(mktemp -d)
cd "$(dirname "$0")/.."
git ls-files -z | xargs -0 cp --parents --target-directory="$work"
cd "$work"
export COMPOSE_PROJECT_NAME=issue-portal-trial
# Keep the image of an installation on this machine.
sed -i 's/image: issue-portal$/image: issue-portal-trial/' compose.yaml
echo "POSTGRES_PASSWORD=$(openssl rand -hex 24)" > .env
install --directory --owner=10001 --mode=700 backups
profile=
trap clean_up EXIT

clean_up() {
    [ -z "$profile" ] || run down --volumes
    rm -rf "$work"
}

run() { $compose --profile "$profile" "$@"; }

# Options are more options of "up".
start() {
    run up --detach "$@"
    seconds=0
    # With the profile scaled, the API may be ready before the portals.
    until curl --fail --silent --output /dev/null --max-time 5 "$url/api/ready" &&
        curl --fail --silent --max-time 5 "$url/" | grep --quiet "<title>"; do
        seconds=$((seconds + 1))
        [ $seconds -lt 120 ] || { echo "not ready: $url" >&2; exit 1; }
        sleep 1
    done
}

call() {
    curl --fail --silent --show-error --max-time 10 --header "Authorization: Bearer $token" \
        --header "Content-Type: application/json" "$url/api/v1/app/issue" "$@"
}

report() {
    call --output /dev/null --data '{"type":"Other","resource_type":"Thread","description":"trial","anonymous":false}'
}

expect_reports() {
    call | grep --quiet "\"total_count\":$1[,}]" || { echo "$1 reports expected: $(call)" >&2; exit 1; }
}

# Run a command in a new container, with the backups.
run_once() { run run --rm --no-deps -T --volume ./backups:/backups "$service" python -m issue_portal "$@"; }

for profile in one scaled; do
    case $profile in
        one) service=one url=http://localhost:8501 ;;
        scaled) service=api-1 url=http://localhost:8080 ;;
    esac
    run build
    start
    token=$(run exec -T "$service" python -m issue_portal token create --email trial@example.com --role AppAdmin |
        grep --only-matching "ipat_[^[:space:]]*")
    report
    expect_reports 1

    run down
    start
    expect_reports 1

    echo "# $profile" >> portal.py
    echo "ISSUES_COMMIT='trial of $profile'" >> .env
    start --build --force-recreate
    expect_reports 1
    run exec -T "$service" tail -n 1 portal.py | grep --quiet "# $profile" || { echo "old image" >&2; exit 1; }
    curl --fail --silent "$url/api/health" | grep --quiet "trial of $profile" || { echo "old setting" >&2; exit 1; }

    run_once backup "/backups/$profile.gz"
    run down --volumes
    # A volume that podman-compose makes for "run" would survive "down --volumes".
    run up --no-start
    if [ $profile = scaled ]; then
        run up --detach database limits
        until run exec -T database pg_isready -U issues; do sleep 1; done
    fi
    run_once restore "/backups/$profile.gz"
    start
    expect_reports 1
    report
    expect_reports 2
    run down --volumes
    echo "$profile works"
done
profile=
