#!/usr/bin/env bash
# A directory of oddities goes into a store and comes out the same, by the word of independent tools: as root where the tests run as root, and as an ordinary
# user. roundtrip.sh SNAP
set -euo pipefail
snap=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work"' EXIT
chmod 755 "$work"
cp "$snap" "$work/snap"
passed=0 failed=0

# round NAME EXPECTED-STATUS PREFIX...: EXPECTED-STATUS of the take; 3 where what no user can read is in the tree.
round() {
    local name=$1 expected=$2 status=0
    shift 2
    mkdir -m 777 "$work/$name"
    "$@" python3 "$here/oddities.py" "$work/$name/tree" --small 2>/dev/null
    "$@" "$work/snap" -C "$work/$name/tree" init --store "$work/$name/store" -q
    "$@" "$work/snap" -C "$work/$name/tree" take -q >"$work/$name/id" || status=$?
    if [ "$expected" = 3 ]; then
        # What was not covered is not there to compare.
        "$@" chmod -R u+rwX "$work/$name/tree/modes" 2>/dev/null || true
        "$@" rm -rf "$work/$name/tree/modes"
    fi
    "$@" "$work/snap" -C "$work/$name/tree" verify --full -q
    "$@" "$work/snap" -C "$work/$name/tree" revert @ --into "$work/$name/back" -q
    if [ "$expected" = 3 ]; then
        "$@" chmod -R u+rwX "$work/$name/back/modes" 2>/dev/null || true
        "$@" rm -rf "$work/$name/back/modes"
    fi
    local ignored=(--ignore /.snapstore)
    [ "$expected" = 3 ] && ignored+=(--no-times)
    if [ "$status" = "$expected" ] && "$@" python3 "$here/compare.py" "$work/$name/tree" "$work/$name/back" "${ignored[@]}"; then
        passed=$((passed + 1))
    else
        echo "$name: the take ended with $status and not $expected, or the trees differ" >&2
        failed=$((failed + 1))
    fi
}

if [ "$(id -u)" = 0 ]; then
    round root 0 env
    round user 3 setpriv --reuid=65534 --regid=65534 --clear-groups env "HOME=$work"
else
    round user 3 env
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
