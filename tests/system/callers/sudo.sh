#!/bin/bash
# sudo.sh FORM: sudo's word to the administrator: alice may not, a wrong password, each command, in words of one's own.
set -euo pipefail
case $1 in
  may-not) rules='Defaults !authenticate' ;;
  password) rules=$'Defaults mail_badpass, passwd_tries=1\nalice ALL = ALL' ;;
  always) rules=$'Defaults mail_always\nalice ALL = NOPASSWD: ALL' ;;
  words) rules=$'Defaults mail_all_cmnds, mailfrom="alarm@example.org", mailsub="Gerät %h: %u"\nalice ALL = NOPASSWD: ALL' ;;
esac
printf 'Defaults mailto="%s"\n%s\n' "$TO" "$rules" >/run/mailto
mount -t tmpfs -o mode=755 tmpfs /etc/sudoers.d
install -m 440 /run/mailto /etc/sudoers.d/mailto
cd /tmp
alice() { setpriv --reuid=alice --regid=alice --init-groups sudo "$@"; }
case $1 in
  may-not) ! alice -n /bin/echo Gerät ;;
  password) ! alice -S /bin/echo Gerät <<<wrong ;;
  *) alice -n /bin/echo Gerät ;;
esac
