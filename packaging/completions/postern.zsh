#compdef postern
# Completion of postern(8) for zsh. Made by packaging/completions/generate: change that, not this.

_postern_ids() { local -a found; found=(${(f)"$(postern --json queue list --limit 200 2>/dev/null | sed -n 's/.*"id":"\([^"]*\)".*/\1/p')"}); compadd -a found }
_postern_sites() { local -a found; found=(${(f)"$(postern --json status 2>/dev/null | sed 's/.*"smarthosts":\[//' | grep -o '"name":"[^"]*"' | cut -d '"' -f 4)"}); compadd -a found }

_postern_help() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '*:COMMAND: '
}

_postern_import() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--from[the program\: msmtp, ssmtp, nullmailer, dma, postfix, exim; without it the one that is set up here]:PROGRAM:(msmtp ssmtp nullmailer dma postfix exim)' \
    '--root[the directory in which the program'\''s /etc is]:DIR:_files' \
    '--output[write the settings into this file instead of printing them]:FILE:_files' \
    '--write[write the settings, into /etc/postern/postern.yaml unless told otherwise, and the passwords beside them]' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]'
}

_postern_setup() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--provider[the mail provider, by its name in --list]:NAME: ' \
    '--smarthost[the server, where it is no known provider'\''s]:HOST: ' \
    '--tls[with --smarthost\: implicit, starttls or none]:WORD:(implicit starttls none)' \
    '--tls-ca-file[the authorities to trust; without it the system'\''s store]:PATH:_files' \
    '--user[the login; without it what the provider wants, mostly the address]:NAME: ' \
    '--password-file[the password stands in this file]:PATH:_files' \
    '--password-stdin[the password is the first line of standard input]:E: ' \
    '--no-login[the server takes mail without a login]:E: ' \
    '--client-id[with OAuth 2.0\: the name of this client at the provider]:ID:_postern_ids' \
    '--client-secret-file[with OAuth 2.0\: the client'\''s secret, if it has one, stands in this file]:PATH:_files' \
    '--sender-policy[as whom mail is sent\: keep, as it was, or account, all of it from the address]:WORD:(keep account)' \
    '--root[where mail for root goes]:ADDRESS: ' \
    '--notify-command[what is run when mail is in trouble\: a program and its arguments, in one word of the shell]:COMMAND: ' \
    '--no-import[look for no other program'\''s account]:E: ' \
    '--import[take over the account of a program that is set up here\: msmtp, ssmtp, nullmailer, dma, postfix, exim]:PROGRAM:(msmtp ssmtp nullmailer dma postfix exim)' \
    '--config[the settings file]:PATH:_files' \
    '--no-test[send no test message; posternd need not run]' \
    '--list[show the providers that are known, and exit]' \
    '--undo[put the settings and the password of before back]' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '1:ADDRESS: '
}

_postern_reload() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]'
}

_postern_metrics() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--format[openmetrics, or prometheus for the older text format]:NAME:(openmetrics prometheus)' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]'
}

_postern_send_test() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--timeout[wait at most so long]:SECONDS: ' \
    '--from[the sender; without it root, as cron'\''s mail is]:ADDRESS: ' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '1:ADDRESS: '
}

_postern_login() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--flow[device, by a code on any device, or code, by a browser that comes back to this machine; without it the one that is set up]:FLOW:(device code)' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '1:SITE:_postern_sites'
}

_postern_explain() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--from[the sender, in the envelope and, without a FILE, in the header]:ADDRESS: ' \
    '--to[the recipient; aliases are followed]:ADDRESS: ' \
    '--user[the local user who sends, by name or number, instead of you]:USER: ' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '*:SITE|FILE:_postern_sites'
}

_postern_check() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--verbose[every line of the dialogue, too; secrets are left out]' \
    '--accept-weaker[log in although less is offered than before, and take that for the measure (auth_downgrade)]' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '1:SITE:_postern_sites'
}

_postern_history_show() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '*:ID:_postern_ids'
}

_postern_history() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a commands=(
    'show:the whole way of a message, with every attempt'
  )
  _arguments -C -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--to[only where a recipient, or whom the sender named, contains this]:TEXT: ' \
    '--from[only where the sender contains this; <> is the null sender]:TEXT: ' \
    '--subject[only where the subject contains this]:TEXT: ' \
    '--user[only what this local user handed in, by name or number]:USER: ' \
    '--id[only of messages whose queue ids begin so]:ID:_postern_ids' \
    '--message-id[only where the Message-ID contains this]:TEXT: ' \
    '--state[only these\: accepted, delivered, deferred, failed, bounced, deleted, corrupt (damaged and set aside), gathered (in a storm digest) or refused; all\: the whole way]:OUTCOME:(accepted delivered deferred failed bounced deleted corrupt gathered refused all)' \
    '--site[only what this smarthost said]:NAME:_postern_sites' \
    '--since[not before\: yesterday, 24h, 03\:00, 2026-11-29, "2026-11-29 03\:00"]:TIME: ' \
    '--until[before this time]:TIME: ' \
    '--limit[show at most so many (100)]:N: ' \
    '--config[where posternd does not answer, its settings, which say where its files are\: root reads them then]:PATH:_files' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '1:command:{ _describe command commands }' \
    '*::argument:->argument'
  [[ $state == argument ]] || return
  case $words[1] in
    show) _postern_history_show ;;
  esac
}

_postern_queue_reroute() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--all[all messages that this can be done to]' \
    '--yes[do not ask, whatever the options select]' \
    '--state[only these\: waiting, active, storm, held, failed or corrupt]:STATE:(waiting active storm held failed corrupt)' \
    '--sender[only where the sender contains this; <> is the null sender]:TEXT: ' \
    '--recipient[only where a recipient contains this]:TEXT: ' \
    '--site[only those that wait for this smarthost or were last tried at it]:NAME:_postern_sites' \
    '--route[only those that go by this route\: its smarthosts, main,backup]:NAMES: ' \
    '--text[only where the reason for the wait contains this]:TEXT: ' \
    '--older-than[only those accepted longer ago, like 30m, 4h or 2d]:AGE: ' \
    '--newer-than[only those accepted since then]:AGE: ' \
    '--to[the smarthost, by its name in the settings]:NAME:_postern_sites' \
    '--any[by whichever smarthost is well, as before]' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '*:ID:_postern_ids'
}

_postern_queue_bounce() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--all[all messages that this can be done to]' \
    '--yes[do not ask, whatever the options select]' \
    '--state[only these\: waiting, active, storm, held, failed or corrupt]:STATE:(waiting active storm held failed corrupt)' \
    '--sender[only where the sender contains this; <> is the null sender]:TEXT: ' \
    '--recipient[only where a recipient contains this]:TEXT: ' \
    '--site[only those that wait for this smarthost or were last tried at it]:NAME:_postern_sites' \
    '--route[only those that go by this route\: its smarthosts, main,backup]:NAMES: ' \
    '--text[only where the reason for the wait contains this]:TEXT: ' \
    '--older-than[only those accepted longer ago, like 30m, 4h or 2d]:AGE: ' \
    '--newer-than[only those accepted since then]:AGE: ' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '*:ID:_postern_ids'
}

_postern_queue_delete() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--all[all messages that this can be done to]' \
    '--yes[do not ask, whatever the options select]' \
    '--state[only these\: waiting, active, storm, held, failed or corrupt]:STATE:(waiting active storm held failed corrupt)' \
    '--sender[only where the sender contains this; <> is the null sender]:TEXT: ' \
    '--recipient[only where a recipient contains this]:TEXT: ' \
    '--site[only those that wait for this smarthost or were last tried at it]:NAME:_postern_sites' \
    '--route[only those that go by this route\: its smarthosts, main,backup]:NAMES: ' \
    '--text[only where the reason for the wait contains this]:TEXT: ' \
    '--older-than[only those accepted longer ago, like 30m, 4h or 2d]:AGE: ' \
    '--newer-than[only those accepted since then]:AGE: ' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '*:ID:_postern_ids'
}

_postern_queue_release() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--all[all messages that this can be done to]' \
    '--yes[do not ask, whatever the options select]' \
    '--state[only these\: waiting, active, storm, held, failed or corrupt]:STATE:(waiting active storm held failed corrupt)' \
    '--sender[only where the sender contains this; <> is the null sender]:TEXT: ' \
    '--recipient[only where a recipient contains this]:TEXT: ' \
    '--site[only those that wait for this smarthost or were last tried at it]:NAME:_postern_sites' \
    '--route[only those that go by this route\: its smarthosts, main,backup]:NAMES: ' \
    '--text[only where the reason for the wait contains this]:TEXT: ' \
    '--older-than[only those accepted longer ago, like 30m, 4h or 2d]:AGE: ' \
    '--newer-than[only those accepted since then]:AGE: ' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '*:ID:_postern_ids'
}

_postern_queue_hold() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--all[all messages that this can be done to]' \
    '--yes[do not ask, whatever the options select]' \
    '--state[only these\: waiting, active, storm, held, failed or corrupt]:STATE:(waiting active storm held failed corrupt)' \
    '--sender[only where the sender contains this; <> is the null sender]:TEXT: ' \
    '--recipient[only where a recipient contains this]:TEXT: ' \
    '--site[only those that wait for this smarthost or were last tried at it]:NAME:_postern_sites' \
    '--route[only those that go by this route\: its smarthosts, main,backup]:NAMES: ' \
    '--text[only where the reason for the wait contains this]:TEXT: ' \
    '--older-than[only those accepted longer ago, like 30m, 4h or 2d]:AGE: ' \
    '--newer-than[only those accepted since then]:AGE: ' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '*:ID:_postern_ids'
}

_postern_queue_retry() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--all[all messages that this can be done to]' \
    '--yes[do not ask, whatever the options select]' \
    '--state[only these\: waiting, active, storm, held, failed or corrupt]:STATE:(waiting active storm held failed corrupt)' \
    '--sender[only where the sender contains this; <> is the null sender]:TEXT: ' \
    '--recipient[only where a recipient contains this]:TEXT: ' \
    '--site[only those that wait for this smarthost or were last tried at it]:NAME:_postern_sites' \
    '--route[only those that go by this route\: its smarthosts, main,backup]:NAMES: ' \
    '--text[only where the reason for the wait contains this]:TEXT: ' \
    '--older-than[only those accepted longer ago, like 30m, 4h or 2d]:AGE: ' \
    '--newer-than[only those accepted since then]:AGE: ' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '*:ID:_postern_ids'
}

_postern_queue_show() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--body[the body too]' \
    '--config[where posternd does not answer, its settings, which say where its files are\: root reads them then]:PATH:_files' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '*:ID:_postern_ids'
}

_postern_queue_list() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--limit[show at most so many]:N: ' \
    '--after[begin after this message]:ID:_postern_ids' \
    '--sort[oldest, newest, next (attempt) or largest (on the disk) first]:ORDER:(oldest newest next largest)' \
    '--all[all messages, as without options]' \
    '--state[only these\: waiting, active, storm, held, failed or corrupt]:STATE:(waiting active storm held failed corrupt)' \
    '--sender[only where the sender contains this; <> is the null sender]:TEXT: ' \
    '--recipient[only where a recipient contains this]:TEXT: ' \
    '--site[only those that wait for this smarthost or were last tried at it]:NAME:_postern_sites' \
    '--route[only those that go by this route\: its smarthosts, main,backup]:NAMES: ' \
    '--text[only where the reason for the wait contains this]:TEXT: ' \
    '--older-than[only those accepted longer ago, like 30m, 4h or 2d]:AGE: ' \
    '--newer-than[only those accepted since then]:AGE: ' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '*:ALL: '
}

_postern_queue() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a commands=(
    'list:the messages, oldest first, each with the reason it waits'
    'show:one message: envelope, state and header'
    'retry:try messages now; `all` in place of ids tries every one'
    'hold:keep messages from being tried until they are released'
    'release:let go what is on hold or waits for a storm digest, and try it now'
    'delete:remove messages for good, without a bounce'
    'bounce:give up on messages and tell their senders'
    'reroute:send messages by one smarthost, whichever others are well'
  )
  _arguments -C -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '1:command:{ _describe command commands }' \
    '*::argument:->argument'
  [[ $state == argument ]] || return
  case $words[1] in
    list) _postern_queue_list ;;
    show) _postern_queue_show ;;
    retry) _postern_queue_retry ;;
    hold) _postern_queue_hold ;;
    release) _postern_queue_release ;;
    delete) _postern_queue_delete ;;
    bounce) _postern_queue_bounce ;;
    reroute) _postern_queue_reroute ;;
  esac
}

_postern_status() {
  _arguments -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--watch[again every so many seconds (2), in place, until interrupted]::SECONDS: ' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]'
}

_postern() {
  local curcontext=$curcontext state line
  typeset -A opt_args
  local -a commands=(
    'status:whether mail flows and if not, why'
    'queue:list and handle messages'
    'history:what became of messages, the newest first: did it arrive?'
    'check:connect to the smarthosts, show TLS and login; sends no mail'
    'explain:as whom a message would be sent, and which logins would be tried'
    'login:let a person grant access in a browser (OAuth 2.0), and store it'
    'send-test:send a test message and follow it to the smarthost'\''s answer'
    'metrics:counts, times and states for monitoring, in OpenMetrics text'
    'reload:read the settings file again, and tell what is wrong with it'
    'setup:from a mail address to settings that work, by questions or options'
    'import:take over the settings of another program that sends mail'
    'help:the usage, or that of a command'
  )
  _arguments -C -s \
    '(-h --help)'{-h,--help}'[show the usage]' \
    '--version[Display program version information and exit]' \
    '--socket[posternd'\''s control socket]:PATH:_files' \
    '--json[one JSON object per line instead of text]' \
    '1:command:{ _describe command commands }' \
    '*::argument:->argument'
  [[ $state == argument ]] || return
  case $words[1] in
    status) _postern_status ;;
    queue) _postern_queue ;;
    history) _postern_history ;;
    check) _postern_check ;;
    explain) _postern_explain ;;
    login) _postern_login ;;
    send-test) _postern_send_test ;;
    metrics) _postern_metrics ;;
    reload) _postern_reload ;;
    setup) _postern_setup ;;
    import) _postern_import ;;
    help) _postern_help ;;
  esac
}

_postern "$@"
