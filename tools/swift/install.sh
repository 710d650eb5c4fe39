#!/usr/bin/env bash
# Unpacks a Swift toolchain from Debian's packages into a folder of its own: install.sh FOLDER
#
# For machines whose own Debian release has no Swift. apt resolves and fetches the packages of another release against an
# empty database that is kept in the folder, so that nothing of the machine changes; they are unpacked and not configured.
# `enter.sh` runs commands in what comes of it. Needs root, network, and 2 GB while it works (1.3 GB afterwards).
set -euo pipefail

folder=${1:?"usage: install.sh FOLDER"}
release=trixie
packages=(swiftlang libc6-dev libsqlite3-dev tzdata bash coreutils)
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

die() { echo "swift: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || die "only root can install the toolchain here"
for tool in apt-get dpkg-deb tar unshare chroot; do
  command -v "$tool" >/dev/null || die "$tool is missing"
done
[ -f "$keyring" ] || die "$keyring is missing: install debian-archive-keyring"

mkdir -p "$folder"
folder=$(cd "$folder" && pwd -P)
exec 9>"$folder/lock"
flock 9
[ ! -f "$folder/complete" ] || exit 0

# The mirror that this machine uses for its own release has the others too.
own=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
  awk -v own="$own" '$2 == own && $3 == "main" { print $1; exit }')
[ -n "$mirror" ] || die "no mirror of Debian's \"$own main\" among apt's sources"

apt=$folder/apt
rm -rf "$apt"
mkdir -p "$apt/lists/partial" "$apt/archives/partial" "$apt/parts"
: >"$apt/status"
echo "deb [signed-by=$keyring] $mirror $release main" >"$apt/sources.list"
cat >"$apt/apt.conf" <<END
Dir::State "$apt";
Dir::State::status "$apt/status";
Dir::Cache "$apt";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "$apt/parts";
Dir::Etc::preferencesparts "$apt/parts";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
#clear DPkg::Post-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
export APT_CONFIG=$apt/apt.conf DEBIAN_FRONTEND=noninteractive
apt-get -qq update
apt-get -qq -y --download-only install "${packages[@]}" >"$apt/log" 2>&1 || { cat "$apt/log" >&2; exit 1; }

# Debuggers, language servers, the static library and manuals are half of it, and no test needs them.
swift=./usr/libexec/swift
without=("$swift/bin/lldb*" "$swift/bin/repl_swift" "$swift/bin/clangd" "$swift/bin/sourcekit-lsp" "$swift/lib/liblldb*"
  "$swift/lib/libLTO*" "$swift/lib/libsourcekitdInProc*" "$swift/lib/swift_static" "$swift/lib/swift/embedded"
  "$swift/lib/swift/migrator" ./usr/share/doc ./usr/share/man ./usr/share/locale ./usr/share/info)
root=$folder/root
rm -rf --one-file-system "$root"
mkdir -p "$root"/usr/{bin,sbin,lib,lib64}
for name in bin sbin lib lib64; do
  ln -s "usr/$name" "$root/$name"
done
for package in "$apt"/archives/*.deb; do
  dpkg-deb --fsys-tarfile "$package" |
    tar -x -C "$root" --keep-directory-symlink --no-same-owner "${without[@]/#/--exclude=}" -f -
done
rm -rf "$apt"

# What configuring the packages would have made, as far as a compiler looks at it.
mkdir -p "$root"/{proc,dev,tmp,root,etc,run,var/tmp}
chmod 1777 "$root/tmp" "$root/var/tmp"
echo 'root:x:0:0:root:/root:/bin/bash' >"$root/etc/passwd"
echo 'root:x:0:' >"$root/etc/group"
echo '127.0.0.1 localhost' >"$root/etc/hosts"
echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
ln -sfn /usr/share/zoneinfo/Etc/UTC "$root/etc/localtime"
[ -e "$root/usr/bin/sh" ] || ln -s bash "$root/usr/bin/sh"
# What imports Observation does not link before Swift 6.3 (swiftlang/swift#75670): its library leaves a symbol open that
# only a fatal error would call.
rm -f "$root/usr/bin/ld"
printf '#!/bin/sh\nexec /usr/bin/ld.bfd --allow-shlib-undefined "$@"\n' >"$root/usr/bin/ld"
chmod +x "$root/usr/bin/ld"
touch "$folder/complete"
