#!/usr/bin/env bash
# snap's main job on a real directory: /usr/include (or what is given) is copied, kept, changed, and brought back beside itself.
set -euo pipefail
snap=$(realpath "$1")
source=${2:-/usr/include}
work=$(mktemp -d)
trap 'chmod -R u+rwX "$work" 2>/dev/null; rm -rf "$work"' EXIT

step() { local first=$1; shift; printf "\n\033[1m$ %s %s\033[0m\n" "${first##*/}" "$*"; "$first" "$@"; }

echo "A copy of $source to play with:"
cp -a "$source" "$work/project"
cd "$work/project"
du -sh . | cut -f1

step "$snap" init
step "$snap" take -m "as it was"
before=$("$snap" take --quiet)
step "$snap" take

echo
echo "Now something goes wrong:"
find . -path ./.snapstore -prune -o -name 'e*' -type f -print0 | xargs -0 rm -f
find . -path ./.snapstore -prune -o -name 'a*.h' -type f -print | awk 'NR <= 50' | while IFS= read -r file; do echo broken > "$file"; done
mkdir -p new && echo something > new/file
step "$snap" take -m "after the accident"
step "$snap" list
step "$snap" revert "${before:0:12}" --into "$work/back"

echo
echo "The same as the original?"
if diff -r --no-dereference "$source" "$work/back"; then
    echo "Yes: diff finds no difference."
else
    echo "No." >&2
    exit 1
fi

echo
echo "And in place, as a transaction that can be undone:"
step "$snap" revert --yes "${before:0:12}"
if diff -r --no-dereference --exclude=.snapstore "$source" .; then
    echo "The directory itself is as it was: diff finds no difference."
else
    echo "No." >&2
    exit 1
fi
step "$snap" undo --yes
step "$snap" verify --full
