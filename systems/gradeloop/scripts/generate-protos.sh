#!/usr/bin/env bash
# Generates the code of gradeloop's contracts (shared/protos) into shared/protos/gen/{go,python,ts}.
# Go needs Go 1.25, Python needs Python 3.10 with pip; the compilers themselves are pinned and fetched at their first use.
set -euo pipefail

usage() {
  echo "usage: $(basename "$0") go|python|typescript|all" >&2
  exit 2
}

[ $# -eq 1 ] || usage
case "$1" in
  go | python | typescript | all) ;;
  *) usage ;;
esac
system=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
exec node "$system/../../scripts/launch.mjs" parley generate "$1" --system "$system"
