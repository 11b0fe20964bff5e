#!/bin/bash
# rsyslog's ommail, by SMTP.
set -euo pipefail
cat >/run/rsyslog.conf <<END
module(load="imuxsock" SysSock.Use="off")
module(load="ommail")
input(type="imuxsock" Socket="/run/own-log" CreatePath="on")
template(name="subject" type="string" string="$SUBJECT")
template(name="body" type="string" string="Grüße\r\nFrom here\r\n%msg%")
action(type="ommail" server="127.0.0.1" port="$PORT" mailfrom="web@example.org" mailto="$TO" subject.template="subject" template="body")
action(type="omfile" file="/run/told")
END
rsyslogd -n -f /run/rsyslog.conf -i /run/rsyslog.pid &
until [[ -S /run/own-log ]]; do sleep 0.1; done
logger -u /run/own-log 'the Gerät is größer'
# The actions are taken in their order.
until [[ -s /run/told ]]; do sleep 0.1; done
kill $!
wait || true
