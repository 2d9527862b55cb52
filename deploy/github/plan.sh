#!/usr/bin/env bash
# Plans, changes nothing, and leaves the plan as Markdown for the comment and the summary.
set -euo pipefail

read -r -a paths <<< "$EVENKEEL_PATHS"
read -r -a words <<< "$PLAN_ARGUMENTS"
if [[ -n $PLAN_PROVIDER ]]; then
  words+=(--provider "$PLAN_PROVIDER")
fi
if [[ -n $PLAN_OBSERVED ]]; then
  words+=(--observed "$PLAN_OBSERVED")
fi
plan=$RUNNER_TEMP/evenkeel-plan.md

code=0
evenkeel reconcile "${paths[@]}" --dry-run --detailed-exitcode -o markdown ${words[@]+"${words[@]}"} > "$plan" || code=$?

if [[ -s $plan ]]; then
  cat "$plan" >> "$GITHUB_STEP_SUMMARY"
  echo "plan=$plan" >> "$GITHUB_OUTPUT"
fi
case $code in
  0) echo "changes=false" >> "$GITHUB_OUTPUT" ;;
  # Changes to make, or some that are prevented: both are a plan to look at, and no failure.
  2 | 3)
    echo "changes=true" >> "$GITHUB_OUTPUT"
    code=0
    ;;
esac
exit "$code"
