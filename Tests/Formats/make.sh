#!/usr/bin/env bash
# Makes a sample store of the present format: make.sh SNAP VERSION. Run once for each released version; its output is checked in and never made again.
# As root, because the sample has an owner and a device of its own.
set -euo pipefail
snap=$(realpath "$1")
target=$(realpath "$(dirname "$0")")/$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$target" "$work/sample"
cd "$work/sample"
umask 022
export SNAP_NOW=2026-11-20T10:00:00Z USER=sample

"$snap" init -q
printf 'hello\n' > file
: > empty
mkdir -p many deep/er 'odd names'
for i in $(seq 400); do echo "$i" > "many/$i.txt"; done
printf 'x' > $'odd names/new\nline'
printf 'y' > $'odd names/\xff\xfe'
ln -s ../file deep/link
ln file deep/er/second
mkfifo pipe
mknod null c 1 3
seq 60000 > large
truncate -s 1M sparse
printf 'middle' | dd of=sparse bs=1 seek=500000 conv=notrunc status=none
setfattr -n user.note -v 'a value' file
chmod 4711 empty
chown 1234:5678 deep/er
printf 'Signature: 8a477f597d28d172789f06886806bc55\n' > many/../odd\ names/CACHEDIR.TAG
printf '*.o\n' > .snapignore
touch left.o
find . -name .snapstore -prune -o -print0 | xargs -0 touch -h -d '2026-11-01T12:34:56.123456789Z'
"$snap" take -q -m 'all kinds' --name first > "$target/ids"
rm 'odd names/CACHEDIR.TAG'
head -c 20000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null > random
"$snap" take -q --compression lz4 --tag two --kind milestone >> "$target/ids"
seq 100 > plain
"$snap" take -q --compression none --event-id e --action-id a --trigger hook --source s --reason r >> "$target/ids"

tar -C "$work/sample" --owner=0 --group=0 --exclude='.snapstore/*/*/stat' --exclude='.snapstore/lock/*' --exclude='.snapstore/tmp/*' -czf "$target/store.tar.gz" .snapstore
: > "$target/expected"
while read -r id; do
    "$snap" revert "$id" --into "$work/out-$id" -q
    (cd "$work/out-$id" && find . -printf '%P|%y|%m|%U:%G|%T@|%l|%n\n' | LC_ALL=C sort -z | LC_ALL=C sort | sha256sum
     find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum) >> "$target/expected"
done < "$target/ids"
