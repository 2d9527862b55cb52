#!/usr/bin/env bash
# Checks the specs in $EVENKEEL_PATHS: annotations on the lines, all mistakes as SARIF, and as text in the summary.
# GitHub shows ten annotations of a kind and drops the others without a word; the summary and SARIF have them all.
set -euo pipefail

read -r -a paths <<< "$EVENKEEL_PATHS"
sarif=$RUNNER_TEMP/evenkeel.sarif
text=$RUNNER_TEMP/evenkeel-mistakes.txt

code=0
evenkeel validate --format github "${paths[@]}" || code=$?
# The same again in other forms; how it ended is known already.
evenkeel validate --format sarif "${paths[@]}" > "$sarif" 2> /dev/null || true
evenkeel validate --color never "${paths[@]}" > "$text" 2> /dev/null || true

echo "sarif=$sarif" >> "$GITHUB_OUTPUT"
if [[ -s $text ]]; then
  {
    echo "### Specs with mistakes"
    echo
    # Indented, so that nothing in a spec can end the block; a summary has at most 1 MiB.
    head -c 500000 "$text" | sed 's/^/    /'
  } >> "$GITHUB_STEP_SUMMARY"
fi
exit "$code"
