# Completion of postern(8) for fish. Made by packaging/completions/generate: change that, not this.

function __postern_ids
    postern --json queue list --limit 200 2>/dev/null | sed -n 's/.*"id":"\([^"]*\)".*/\1/p'
end

function __postern_sites
    postern --json status 2>/dev/null | sed 's/.*"smarthosts":\[//' | grep -o '"name":"[^"]*"' | cut -d '"' -f 4
end

# The command so far, without options and their values.
function __postern_command
    set -l words
    set -l value no
    for word in (commandline -opc)[2..-1]
        if test $value = yes
            set value no
            continue
        end
        switch $word
            case --after --client-id --config --format --from --import --limit --newer-than --no-import --no-login --notify-command --older-than --output --password-file --password-stdin --provider --recipient --root --sender --sender-policy --site --smarthost --socket --sort --state --text --timeout --tls --tls-ca-file --to --user
                set value yes
            case '-*'
            case '*'
                set -a words $word
        end
    end
    echo "$words"
end

function __postern_at
    test (__postern_command) = "$argv[1]"
end

function __postern_under
    set -l command (__postern_command)
    test "$command" = "$argv[1]"; or string match -q -- "$argv[1] *" "$command"
end

complete -c postern -f
complete -c postern -s h -l help -d 'show the usage'
complete -c postern -n '__postern_at \'\'' -l version -d 'Display program version information and exit'
complete -c postern -l socket -r -F -d 'posternd\'s control socket'
complete -c postern -l json -d 'one JSON object per line instead of text'
complete -c postern -n '__postern_at \'\'' -a status -d 'whether mail flows and if not, why'
complete -c postern -n '__postern_at \'\'' -a queue -d 'list and handle messages'
complete -c postern -n '__postern_at \'\'' -a check -d 'connect to the smarthosts, show TLS and login; sends no mail'
complete -c postern -n '__postern_at \'\'' -a explain -d 'as whom a message would be sent, and which logins would be tried'
complete -c postern -n '__postern_at \'\'' -a login -d 'let a person grant access in a browser (OAuth 2.0), and store it'
complete -c postern -n '__postern_at \'\'' -a send-test -d 'send a test message and follow it to the smarthost\'s answer'
complete -c postern -n '__postern_at \'\'' -a metrics -d 'counts, times and states for monitoring, in OpenMetrics text'
complete -c postern -n '__postern_at \'\'' -a reload -d 'read the settings file again, and tell what is wrong with it'
complete -c postern -n '__postern_at \'\'' -a setup -d 'from a mail address to settings that work, by questions or options'
complete -c postern -n '__postern_at \'\'' -a import -d 'take over the settings of another program that sends mail'
complete -c postern -n '__postern_under \'status\'' -l watch -d 'again every so many seconds (2), in place, until interrupted'
complete -c postern -n '__postern_at \'queue\'' -a list -d 'the messages, oldest first, each with the reason it waits'
complete -c postern -n '__postern_at \'queue\'' -a show -d 'one message: envelope, state and header'
complete -c postern -n '__postern_at \'queue\'' -a retry -d 'try messages now; `retry all` tries every one'
complete -c postern -n '__postern_at \'queue\'' -a hold -d 'keep messages from being tried until they are released'
complete -c postern -n '__postern_at \'queue\'' -a release -d 'let go what is on hold, and try it now'
complete -c postern -n '__postern_at \'queue\'' -a delete -d 'remove messages for good, without a bounce'
complete -c postern -n '__postern_at \'queue\'' -a bounce -d 'give up on messages and tell their senders'
complete -c postern -n '__postern_at \'queue\'' -a reroute -d 'send messages by one smarthost, whichever others are well'
complete -c postern -n '__postern_under \'queue list\'' -l limit -x -d 'show at most so many'
complete -c postern -n '__postern_under \'queue list\'' -l after -x -a '(__postern_ids)' -d 'begin after this message'
complete -c postern -n '__postern_under \'queue list\'' -l sort -x -a 'oldest newest next largest' -d 'oldest, newest, next (attempt) or largest first'
complete -c postern -n '__postern_under \'queue list\'' -l state -x -a 'waiting active held failed corrupt' -d 'only these: waiting, active, held, failed or corrupt'
complete -c postern -n '__postern_under \'queue list\'' -l sender -x -d 'only where the sender contains this; <> is the null sender'
complete -c postern -n '__postern_under \'queue list\'' -l recipient -x -d 'only where a recipient contains this'
complete -c postern -n '__postern_under \'queue list\'' -l site -x -a '(__postern_sites)' -d 'only those that wait for this smarthost or were last tried at it'
complete -c postern -n '__postern_under \'queue list\'' -l text -x -d 'only where the reason for the wait contains this'
complete -c postern -n '__postern_under \'queue list\'' -l older-than -x -d 'only those accepted longer ago, like 30m, 4h or 2d'
complete -c postern -n '__postern_under \'queue list\'' -l newer-than -x -d 'only those accepted since then'
complete -c postern -n '__postern_under \'queue show\'' -l body -d 'the body too'
complete -c postern -n '__postern_under \'queue show\'' -a '(__postern_ids)'
complete -c postern -n '__postern_under \'queue retry\'' -l all -d 'all messages'
complete -c postern -n '__postern_under \'queue retry\'' -l yes -d 'do not ask, whatever the options select'
complete -c postern -n '__postern_under \'queue retry\'' -l state -x -a 'waiting active held failed corrupt' -d 'only these: waiting, active, held, failed or corrupt'
complete -c postern -n '__postern_under \'queue retry\'' -l sender -x -d 'only where the sender contains this; <> is the null sender'
complete -c postern -n '__postern_under \'queue retry\'' -l recipient -x -d 'only where a recipient contains this'
complete -c postern -n '__postern_under \'queue retry\'' -l site -x -a '(__postern_sites)' -d 'only those that wait for this smarthost or were last tried at it'
complete -c postern -n '__postern_under \'queue retry\'' -l text -x -d 'only where the reason for the wait contains this'
complete -c postern -n '__postern_under \'queue retry\'' -l older-than -x -d 'only those accepted longer ago, like 30m, 4h or 2d'
complete -c postern -n '__postern_under \'queue retry\'' -l newer-than -x -d 'only those accepted since then'
complete -c postern -n '__postern_under \'queue retry\'' -a '(__postern_ids)'
complete -c postern -n '__postern_under \'queue hold\'' -l all -d 'all messages'
complete -c postern -n '__postern_under \'queue hold\'' -l yes -d 'do not ask, whatever the options select'
complete -c postern -n '__postern_under \'queue hold\'' -l state -x -a 'waiting active held failed corrupt' -d 'only these: waiting, active, held, failed or corrupt'
complete -c postern -n '__postern_under \'queue hold\'' -l sender -x -d 'only where the sender contains this; <> is the null sender'
complete -c postern -n '__postern_under \'queue hold\'' -l recipient -x -d 'only where a recipient contains this'
complete -c postern -n '__postern_under \'queue hold\'' -l site -x -a '(__postern_sites)' -d 'only those that wait for this smarthost or were last tried at it'
complete -c postern -n '__postern_under \'queue hold\'' -l text -x -d 'only where the reason for the wait contains this'
complete -c postern -n '__postern_under \'queue hold\'' -l older-than -x -d 'only those accepted longer ago, like 30m, 4h or 2d'
complete -c postern -n '__postern_under \'queue hold\'' -l newer-than -x -d 'only those accepted since then'
complete -c postern -n '__postern_under \'queue hold\'' -a '(__postern_ids)'
complete -c postern -n '__postern_under \'queue release\'' -l all -d 'all messages'
complete -c postern -n '__postern_under \'queue release\'' -l yes -d 'do not ask, whatever the options select'
complete -c postern -n '__postern_under \'queue release\'' -l state -x -a 'waiting active held failed corrupt' -d 'only these: waiting, active, held, failed or corrupt'
complete -c postern -n '__postern_under \'queue release\'' -l sender -x -d 'only where the sender contains this; <> is the null sender'
complete -c postern -n '__postern_under \'queue release\'' -l recipient -x -d 'only where a recipient contains this'
complete -c postern -n '__postern_under \'queue release\'' -l site -x -a '(__postern_sites)' -d 'only those that wait for this smarthost or were last tried at it'
complete -c postern -n '__postern_under \'queue release\'' -l text -x -d 'only where the reason for the wait contains this'
complete -c postern -n '__postern_under \'queue release\'' -l older-than -x -d 'only those accepted longer ago, like 30m, 4h or 2d'
complete -c postern -n '__postern_under \'queue release\'' -l newer-than -x -d 'only those accepted since then'
complete -c postern -n '__postern_under \'queue release\'' -a '(__postern_ids)'
complete -c postern -n '__postern_under \'queue delete\'' -l all -d 'all messages'
complete -c postern -n '__postern_under \'queue delete\'' -l yes -d 'do not ask, whatever the options select'
complete -c postern -n '__postern_under \'queue delete\'' -l state -x -a 'waiting active held failed corrupt' -d 'only these: waiting, active, held, failed or corrupt'
complete -c postern -n '__postern_under \'queue delete\'' -l sender -x -d 'only where the sender contains this; <> is the null sender'
complete -c postern -n '__postern_under \'queue delete\'' -l recipient -x -d 'only where a recipient contains this'
complete -c postern -n '__postern_under \'queue delete\'' -l site -x -a '(__postern_sites)' -d 'only those that wait for this smarthost or were last tried at it'
complete -c postern -n '__postern_under \'queue delete\'' -l text -x -d 'only where the reason for the wait contains this'
complete -c postern -n '__postern_under \'queue delete\'' -l older-than -x -d 'only those accepted longer ago, like 30m, 4h or 2d'
complete -c postern -n '__postern_under \'queue delete\'' -l newer-than -x -d 'only those accepted since then'
complete -c postern -n '__postern_under \'queue delete\'' -a '(__postern_ids)'
complete -c postern -n '__postern_under \'queue bounce\'' -l all -d 'all messages'
complete -c postern -n '__postern_under \'queue bounce\'' -l yes -d 'do not ask, whatever the options select'
complete -c postern -n '__postern_under \'queue bounce\'' -l state -x -a 'waiting active held failed corrupt' -d 'only these: waiting, active, held, failed or corrupt'
complete -c postern -n '__postern_under \'queue bounce\'' -l sender -x -d 'only where the sender contains this; <> is the null sender'
complete -c postern -n '__postern_under \'queue bounce\'' -l recipient -x -d 'only where a recipient contains this'
complete -c postern -n '__postern_under \'queue bounce\'' -l site -x -a '(__postern_sites)' -d 'only those that wait for this smarthost or were last tried at it'
complete -c postern -n '__postern_under \'queue bounce\'' -l text -x -d 'only where the reason for the wait contains this'
complete -c postern -n '__postern_under \'queue bounce\'' -l older-than -x -d 'only those accepted longer ago, like 30m, 4h or 2d'
complete -c postern -n '__postern_under \'queue bounce\'' -l newer-than -x -d 'only those accepted since then'
complete -c postern -n '__postern_under \'queue bounce\'' -a '(__postern_ids)'
complete -c postern -n '__postern_under \'queue reroute\'' -l all -d 'all messages'
complete -c postern -n '__postern_under \'queue reroute\'' -l yes -d 'do not ask, whatever the options select'
complete -c postern -n '__postern_under \'queue reroute\'' -l state -x -a 'waiting active held failed corrupt' -d 'only these: waiting, active, held, failed or corrupt'
complete -c postern -n '__postern_under \'queue reroute\'' -l sender -x -d 'only where the sender contains this; <> is the null sender'
complete -c postern -n '__postern_under \'queue reroute\'' -l recipient -x -d 'only where a recipient contains this'
complete -c postern -n '__postern_under \'queue reroute\'' -l site -x -a '(__postern_sites)' -d 'only those that wait for this smarthost or were last tried at it'
complete -c postern -n '__postern_under \'queue reroute\'' -l text -x -d 'only where the reason for the wait contains this'
complete -c postern -n '__postern_under \'queue reroute\'' -l older-than -x -d 'only those accepted longer ago, like 30m, 4h or 2d'
complete -c postern -n '__postern_under \'queue reroute\'' -l newer-than -x -d 'only those accepted since then'
complete -c postern -n '__postern_under \'queue reroute\'' -l to -x -a '(__postern_sites)' -d 'the smarthost, by its name in the settings'
complete -c postern -n '__postern_under \'queue reroute\'' -l any -d 'by whichever smarthost is well, as before'
complete -c postern -n '__postern_under \'queue reroute\'' -a '(__postern_ids)'
complete -c postern -n '__postern_under \'check\'' -l verbose -d 'every line of the dialogue, too; secrets are left out'
complete -c postern -n '__postern_under \'check\'' -l accept-weaker -d 'log in although less is offered than before, and take that for the measure (auth_downgrade)'
complete -c postern -n '__postern_under \'check\'' -a '(__postern_sites)'
complete -c postern -n '__postern_under \'explain\'' -l from -x -d 'the sender, in the envelope and, without a FILE, in the header'
complete -c postern -n '__postern_under \'explain\'' -l to -x -d 'the recipient; aliases are followed'
complete -c postern -n '__postern_under \'explain\'' -l user -x -d 'the local user who sends, by name or number, instead of you'
complete -c postern -n '__postern_under \'explain\'' -a '(__postern_sites)'
complete -c postern -n '__postern_under \'login\'' -a '(__postern_sites)'
complete -c postern -n '__postern_under \'send-test\'' -l timeout -x -d 'wait at most so long'
complete -c postern -n '__postern_under \'send-test\'' -l from -x -d 'the sender; without it root, as cron\'s mail is'
complete -c postern -n '__postern_under \'metrics\'' -l format -x -a 'openmetrics prometheus' -d 'openmetrics, or prometheus for the older text format'
complete -c postern -n '__postern_under \'setup\'' -l provider -x -d 'the mail provider, by its name in --list'
complete -c postern -n '__postern_under \'setup\'' -l smarthost -x -d 'the server, where it is no known provider\'s'
complete -c postern -n '__postern_under \'setup\'' -l tls -x -a 'implicit starttls none' -d 'with --smarthost: implicit, starttls or none'
complete -c postern -n '__postern_under \'setup\'' -l tls-ca-file -r -F -d 'the authorities to trust; without it the system\'s store'
complete -c postern -n '__postern_under \'setup\'' -l user -x -d 'the login; without it what the provider wants, mostly the address'
complete -c postern -n '__postern_under \'setup\'' -l password-file -r -F -d 'the password stands in this file'
complete -c postern -n '__postern_under \'setup\'' -l password-stdin -x -d 'the password is the first line of standard input'
complete -c postern -n '__postern_under \'setup\'' -l no-login -x -d 'the server takes mail without a login'
complete -c postern -n '__postern_under \'setup\'' -l client-id -x -a '(__postern_ids)' -d 'with OAuth 2.0: the name of this client at the provider'
complete -c postern -n '__postern_under \'setup\'' -l sender-policy -x -a 'keep account' -d 'as whom mail is sent: keep, as it was, or account, all of it from the address'
complete -c postern -n '__postern_under \'setup\'' -l root -x -d 'where mail for root goes'
complete -c postern -n '__postern_under \'setup\'' -l notify-command -x -d 'what is run when mail is in trouble: a program and its arguments, in one word of the shell'
complete -c postern -n '__postern_under \'setup\'' -l no-import -x -d 'look for no other program\'s account'
complete -c postern -n '__postern_under \'setup\'' -l import -x -a 'msmtp ssmtp nullmailer dma postfix exim' -d 'take over the account of a program that is set up here: msmtp, ssmtp, nullmailer, dma, postfix, exim'
complete -c postern -n '__postern_under \'setup\'' -l config -r -F -d 'the settings file'
complete -c postern -n '__postern_under \'setup\'' -l no-test -d 'send no test message; posternd need not run'
complete -c postern -n '__postern_under \'setup\'' -l list -d 'show the providers that are known, and exit'
complete -c postern -n '__postern_under \'setup\'' -l undo -d 'put the settings and the password of before back'
complete -c postern -n '__postern_under \'import\'' -l from -x -a 'msmtp ssmtp nullmailer dma postfix exim' -d 'the program: msmtp, ssmtp, nullmailer, dma, postfix, exim; without it the one that is set up here'
complete -c postern -n '__postern_under \'import\'' -l root -r -F -d 'the directory in which the program\'s /etc is'
complete -c postern -n '__postern_under \'import\'' -l output -r -F -d 'write the settings into this file instead of printing them'
complete -c postern -n '__postern_under \'import\'' -l write -d 'write the settings, into /etc/postern/postern.yaml unless told otherwise, and the passwords beside them'
