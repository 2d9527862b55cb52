#!/usr/bin/env bash
# Microsoft's validator over the traffic of the suite: the adapter's tests (the contract and the fault battery among
# them), the emulator's own, the conformance journeys, and az and the JavaScript SDK where they are installed.
# A date as its argument writes the figures into tests/clients/oav/differences.json.
# Needs node, npm, the OpenAPI corpus (EVENKEEL_ARM_CORPUS), and the network once to install oav.
set -euo pipefail
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
HERE=$ROOT/tests/clients
PYTHON=$ROOT/.venv/bin/python

if [ ! -d "${EVENKEEL_ARM_CORPUS:-}/openapi" ]; then
  echo "EVENKEEL_ARM_CORPUS names no directory with Microsoft's OpenAPI documents (openapi/): nothing to validate against" >&2
  exit 1
fi
if [ ! -d "$HERE/oav/node_modules" ]; then
  echo "installing oav ..." >&2
  npm install --prefix "$HERE/oav" --silent --no-fund --no-audit --no-package-lock
fi

TRAFFIC=$(mktemp -d)
trap 'rm -rf "$TRAFFIC"' EXIT
cd "$ROOT"
# Left out: nonsense that is sent on purpose, thousands of creations that are all alike, and the page that tells of this.
EVENKEEL_TRAFFIC=$TRAFFIC PYTHONPATH=$ROOT "$PYTHON" -m pytest -q -p no:xdist -p no:cacheprovider \
  --ignore tests/arm/test_arm_fuzz.py --ignore tests/providers/azure/test_azure_pace.py -k 'not test_page_tells' \
  tests/providers/azure tests/arm tests/conformance/test_descriptions.py
if [ -x "${AZ_VENV:-$ROOT/.venv-az}/bin/az" ]; then
  "$HERE/az.sh" --traffic "$TRAFFIC/az"
else
  echo "no az (make clients installs it): its traffic is left out" >&2
fi
if [ -d "$HERE/node/node_modules" ]; then
  "$HERE/node.sh" --traffic "$TRAFFIC/node"
else
  echo "no JavaScript SDK (make clients installs it): its traffic is left out" >&2
fi
"$PYTHON" "$HERE/oav/validate.py" "$EVENKEEL_ARM_CORPUS" "$TRAFFIC" "$HERE/oav/node_modules/.bin/oav" ${1:+"$1"}
