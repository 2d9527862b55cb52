#!/usr/bin/env bash
# Installs the program from this checkout of the action, with the locked versions of everything it needs.
set -euo pipefail

source_directory=$(cd "$GITHUB_ACTION_PATH/../.." && pwd)
venv=$RUNNER_TEMP/evenkeel-venv
python3 -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$source_directory/requirements.lock"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation "$source_directory"
echo "$venv/bin" >> "$GITHUB_PATH"
