# What the client checks share: an emulator of their own, and a table of steps. Sourced, not run.
#
# Everything stays on loopback and in a directory that goes at the end; the only process that is ended is
# the emulator that was started here.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
EVENKEEL=${EVENKEEL:-$ROOT/.venv/bin/evenkeel}
SPEED=${SPEED:-30}
WORK=$(mktemp -d)
EMULATOR=
FAILED=0
STEPS=0

finish() {
  if [ -n "$EMULATOR" ]; then
    kill "$EMULATOR" 2>/dev/null || true
    wait "$EMULATOR" 2>/dev/null || true
  fi
  rm -rf "$WORK"
}
trap finish EXIT

# Starts the emulator and sets URL, CA, SUBSCRIPTION, TENANT.
start_emulator() {
  unset HTTP_PROXY HTTPS_PROXY http_proxy https_proxy ALL_PROXY all_proxy
  export NO_PROXY=localhost,127.0.0.1
  (cd "$WORK" && exec "$EVENKEEL" emulator --port 0 --state none --speed "$SPEED" "$@") \
    >"$WORK/ready.json" 2>"$WORK/emulator.log" &
  EMULATOR=$!
  local tries=0
  until [ -s "$WORK/ready.json" ]; do
    tries=$((tries + 1))
    if [ "$tries" -gt 100 ] || ! kill -0 "$EMULATOR" 2>/dev/null; then
      echo "the emulator did not start:" >&2
      cat "$WORK/emulator.log" >&2
      exit 1
    fi
    sleep 0.1
  done
  URL=$(told url) CA=$(told caFile) SUBSCRIPTION=$(told subscription) TENANT=$(told tenant)
}

told() {
  sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p" "$WORK/ready.json"
}

row() {
  STEPS=$((STEPS + 1))
  printf '%-6s %6s s  %s\n' "$1" "$2" "$3"
}

since() {
  awk -v from="$1" -v to="$(date +%s.%N)" 'BEGIN {printf "%.1f", to - from}'
}

# step TITLE EXPECTED COMMAND...: the command succeeds and what it prints matches the extended regular expression.
step() {
  local title=$1 expected=$2 from output status=0
  shift 2
  from=$(date +%s.%N)
  output=$("$@" 2>"$WORK/stderr") || status=$?
  if [ "$status" -eq 0 ] && grep -Eq -- "$expected" <<<"${output//$'\n'/ }"; then
    row ok "$(since "$from")" "$title"
  else
    row FAILED "$(since "$from")" "$title"
    report "$expected" "$status" "$output" "$@"
  fi
}

# refused TITLE EXPECTED COMMAND...: the command fails, and what it says matches.
refused() {
  local title=$1 expected=$2 from output status=0
  shift 2
  from=$(date +%s.%N)
  output=$("$@" 2>"$WORK/stderr") || status=$?
  if [ "$status" -ne 0 ] && grep -Eq -- "$expected" "$WORK/stderr"; then
    row ok "$(since "$from")" "$title"
  else
    row FAILED "$(since "$from")" "$title"
    report "$expected" "$status" "$output" "$@"
  fi
}

report() {
  FAILED=$((FAILED + 1))
  local expected=$1 status=$2 output=$3
  shift 3
  {
    echo "  command:  $*"
    echo "  expected: $expected"
    echo "  exit:     $status"
    printf '%s\n' "$output" | head -n 20 | sed 's/^/  stdout:   /'
    head -n 20 "$WORK/stderr" | sed 's/^/  stderr:   /'
  } >&2
}

conclude() {
  echo "$((STEPS - FAILED)) of $STEPS steps as expected"
  [ "$FAILED" -eq 0 ]
}
