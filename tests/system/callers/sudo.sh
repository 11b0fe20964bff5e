#!/bin/bash
# sudo's word to the administrator that somebody tried what he may not.
set -euo pipefail
printf 'Defaults mailto="%s", !authenticate\n' "$TO" >/run/mailto
mount -t tmpfs -o mode=755 tmpfs /etc/sudoers.d
install -m 440 /run/mailto /etc/sudoers.d/mailto
cd /tmp
! setpriv --reuid=alice --regid=alice --init-groups sudo -n /bin/echo Gerät
