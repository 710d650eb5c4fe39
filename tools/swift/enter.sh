#!/usr/bin/env bash
# Runs a command with the toolchain that install.sh has unpacked: enter.sh FOLDER WORK COMMAND...
#
# In a mount namespace of its own, so that no mount outlives the command. WORK is seen inside under its own path, and is the
# working directory; network, environment and exit status pass through.
set -euo pipefail

root=${1:?"usage: enter.sh FOLDER WORK COMMAND..."}/root
work=$(cd "${2:?}" && pwd -P)
shift 2
export SWIFT_ROOT=$root SWIFT_WORK=$work
exec unshare --mount --propagation private bash -euc '
  # The toolchain finds its libraries by way of /proc/self/exe.
  mount -t proc proc "$SWIFT_ROOT/proc"
  mount --rbind /dev "$SWIFT_ROOT/dev"
  mount -t tmpfs -o mode=1777 tmpfs "$SWIFT_ROOT/tmp"
  mkdir -p "$SWIFT_ROOT$SWIFT_WORK"
  mount --bind "$SWIFT_WORK" "$SWIFT_ROOT$SWIFT_WORK"
  exec chroot "$SWIFT_ROOT" /usr/bin/env -C "$SWIFT_WORK" HOME=/root TMPDIR=/tmp LANG=C.UTF-8 \
    PATH=/usr/libexec/swift/bin:/usr/bin:/usr/sbin "$@"
' enter "$@"
