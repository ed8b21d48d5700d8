#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Runs in an emulated machine: makes a root folder of the files of the machine that emulates it, which it
# sees by 9p. What is changed there is changed in this one's memory.
#
# Arguments: the root folder, one for what is to reach the other machine, the project's folder, that of the
# programs that measure, the modules that this takes.

set -eu

root=$1
out=$2
project=$3
programs=$4
shift 4

for module; do
	insmod "$PWLOCKS_MODULES/$module.ko"
done

mkdir -p /lower /upper "$out" "$root"
# The files stay as they are meanwhile, so they may be kept in memory.
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000,cache=loose,ro machine /lower
mount -t 9p -o trans=virtio,version=9p2000.L,msize=512000 out "$out"
mount -t tmpfs tmpfs /upper
mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay "$root"
for folder in proc sys dev; do
	mount -o rbind "/$folder" "$root/$folder"
done

# Nothing of what was measured on the other machine.
mkdir -p "$root$project/build/bench-here"
mount -t tmpfs tmpfs "$root$project/build/bench-here"

# Programs lock what they are made of in memory, and start themselves again and again: not by 9p.
mount -o bind /usr/libexec/pwlocks "$root$programs"

# oslat is Debian 13's, whatever the machine is, so with libraries of its own.
mkdir -p "$root/usr/local/lib/oslat" "$root/usr/local/bin"
cp /usr/bin/oslat /lib64/ld-linux-x86-64.so.2 /lib/x86_64-linux-gnu/* "$root/usr/local/lib/oslat"
cat >"$root/usr/local/bin/oslat" <<'EOF'
#!/bin/sh
lib=/usr/local/lib/oslat
exec $lib/ld-linux-x86-64.so.2 --library-path $lib $lib/oslat "$@"
EOF
chmod 755 "$root/usr/local/bin/oslat"
