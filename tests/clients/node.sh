#!/usr/bin/env bash
# The JavaScript SDK of Azure Compute against the emulator. Needs node and npm, and the network once to install it.
set -euo pipefail
. "$(dirname "$0")/lib.sh"

HERE=$ROOT/tests/clients/node
if [ ! -d "$HERE/node_modules" ]; then
  echo "installing @azure/arm-compute ..." >&2
  npm install --prefix "$HERE" --silent --no-fund --no-audit --no-package-lock
fi
start_emulator "$@"
echo "node $(node --version), emulator at $SPEED times the speed of time"
NODE_EXTRA_CA_CERTS=$CA node "$HERE/members.mjs" "$URL" "$SUBSCRIPTION"
