#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# expect.sh <source> <output> <compiler...>: runs the compiler and fails unless its errors are just
# those that the source names in a line `//~ E0000 ...`. Without such a line it has to succeed. The
# output file gets what the compiler said.

source=$1
output=$2
shift 2

expected=$(sed -n 's,^//~ ,,p' "$source")
said=$(env "$@" 2>&1)
status=$?
found=$(printf '%s\n' "$said" | sed -n 's/^error\[\(E[0-9]*\)\].*/\1/p' | sort -u | xargs)

if [ "$found" = "$expected" ] && { [ -n "$expected" ] || [ $status -eq 0 ]; }; then
	printf '%s\n' "$said" >"$output"
	exit 0
fi
printf '%s\n' "$said" >&2
echo "$source: errors '$found', not '$expected'; exit status $status" >&2
exit 1
