#!/usr/bin/env bash
# Starts the mock in the background, waits until it answers, and tells the following steps where.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
log="$RUNNER_TEMP/runway-mock.jsonl"
errors="$RUNNER_TEMP/runway-mock.err"

# Flags are words, so they are split here.
read -ra flags <<<"${ARGS:-}"
nohup "$root/node_modules/.bin/node" "$root/mock/src/bin.ts" --json --clock "$CLOCK" --port "$PORT" "${flags[@]}" \
  >"$log" 2>"$errors" </dev/null &
pid=$!
echo "RUNWAY_MOCK_PID=$pid" >>"$GITHUB_ENV"

# Its first line says where it listens, or why it cannot.
for _ in {1..600}; do
  if grep -q '"event":"ready"' "$log"; then
    url=$(head -n 1 "$log" | sed 's/.*"url":"\([^"]*\)".*/\1/')
    echo "url=$url" >>"$GITHUB_OUTPUT"
    echo "RUNWAY_MOCK_URL=$url" >>"$GITHUB_ENV"
    echo "The mock listens at $url; its clock is $CLOCK."
    exit 0
  fi
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.1
done
echo "::error title=Runway mock::The mock did not start. It said:"
cat "$log" "$errors"
kill "$pid" 2>/dev/null || true
exit 1
