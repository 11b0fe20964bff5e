#!/bin/bash
# A real fail2ban with one jail: it tells of its start, of a ban and of its end.
set -euo pipefail
conf=/run/fail2ban/conf
cp -a /etc/fail2ban "$conf"
rm -f "$conf"/jail.d/*
: >/run/fail2ban/log
cat >"$conf/jail.local" <<END
[Gerät]
enabled = true
filter = sshd
backend = polling
logpath = /run/fail2ban/log
action = sendmail[name=Gerät, dest="$TO", sendername="Fail2Ban für alle"]
END
printf '[Definition]\ndbfile = None\n' >"$conf/fail2ban.local"
client=(fail2ban-client -c "$conf" -s /run/fail2ban/sock -p /run/fail2ban/pid --logtarget /run/fail2ban/out)
"${client[@]}" start
"${client[@]}" set Gerät banip 192.0.2.1
until grep -q 'Ban 192.0.2.1' /run/fail2ban/out; do sleep 0.1; done
"${client[@]}" stop
until ! "${client[@]}" ping 2>/dev/null; do sleep 0.1; done
