# Completion of postern(8) for bash. Made by packaging/completions/generate: change that, not this.

_postern_ids() { postern --json queue list --limit 200 2>/dev/null | sed -n 's/.*"id":"\([^"]*\)".*/\1/p'; }
_postern_sites() { postern --json status 2>/dev/null | sed 's/.*"smarthosts":\[//' | grep -o '"name":"[^"]*"' | cut -d '"' -f 4; }

# _postern_offer CURRENT WORDS: the words that begin like the current one.
_postern_offer() { mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1"); }

_postern() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command= word i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    case $word in
      --after | --client-id | --client-secret-file | --config | --flow | --format | --from | --id | --import | --limit | --message-id | --newer-than | --no-import | --no-login | --notify-command | --older-than | --output | --password-file | --password-stdin | --provider | --recipient | --root | --route | --sender | --sender-policy | --since | --site | --smarthost | --socket | --sort | --state | --subject | --text | --timeout | --tls | --tls-ca-file | --to | --until | --user) ((++i)) ;;
      -*) ;;
      *) command+="${command:+ }$word" ;;
    esac
  done
  case $command:$previous in
    'import'*:--root | *:--client-secret-file | *:--config | *:--output | *:--password-file | *:--socket | *:--tls-ca-file)
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return
      ;;
    'explain'*:--from | 'explain'*:--to | 'history'*:--from | 'history'*:--to | 'send-test'*:--from | 'setup'*:--root | *:--limit | *:--message-id | *:--newer-than | *:--no-import | *:--no-login | *:--notify-command | *:--older-than | *:--password-stdin | *:--provider | *:--recipient | *:--route | *:--sender | *:--since | *:--smarthost | *:--subject | *:--text | *:--timeout | *:--until | *:--user)
      :
      return
      ;;
    *:--after | *:--client-id | *:--id)
      _postern_offer "$current" "$(_postern_ids)"
      return
      ;;
    *:--sort)
      _postern_offer "$current" 'oldest newest next largest'
      return
      ;;
    'queue bounce'*:--state | 'queue delete'*:--state | 'queue hold'*:--state | 'queue list'*:--state | 'queue release'*:--state | 'queue reroute'*:--state | 'queue retry'*:--state)
      _postern_offer "$current" 'waiting active storm held failed corrupt'
      return
      ;;
    'queue reroute'*:--to | *:--site)
      _postern_offer "$current" "$(_postern_sites)"
      return
      ;;
    'history'*:--state)
      _postern_offer "$current" 'accepted delivered deferred failed bounced deleted corrupt gathered refused all'
      return
      ;;
    *:--flow)
      _postern_offer "$current" 'device code'
      return
      ;;
    *:--format)
      _postern_offer "$current" 'openmetrics prometheus'
      return
      ;;
    *:--tls)
      _postern_offer "$current" 'implicit starttls none'
      return
      ;;
    *:--sender-policy)
      _postern_offer "$current" 'keep account'
      return
      ;;
    'import'*:--from | *:--import)
      _postern_offer "$current" 'msmtp ssmtp nullmailer dma postfix exim'
      return
      ;;
  esac
  local options= more=
  case $command in
    'queue release' | 'queue release '*)
      options='--all --yes --state --sender --recipient --site --route --text --older-than --newer-than --help --socket --json'
      [[ $current == -* ]] || more=$(_postern_ids)
      ;;
    'queue reroute' | 'queue reroute '*)
      options='--all --yes --state --sender --recipient --site --route --text --older-than --newer-than --to --any --help --socket --json'
      [[ $current == -* ]] || more=$(_postern_ids)
      ;;
    'queue delete' | 'queue delete '*)
      options='--all --yes --state --sender --recipient --site --route --text --older-than --newer-than --help --socket --json'
      [[ $current == -* ]] || more=$(_postern_ids)
      ;;
    'queue bounce' | 'queue bounce '*)
      options='--all --yes --state --sender --recipient --site --route --text --older-than --newer-than --help --socket --json'
      [[ $current == -* ]] || more=$(_postern_ids)
      ;;
    'history show' | 'history show '*)
      options='--help --socket --json'
      [[ $current == -* ]] || more=$(_postern_ids)
      ;;
    'queue retry' | 'queue retry '*)
      options='--all --yes --state --sender --recipient --site --route --text --older-than --newer-than --help --socket --json'
      [[ $current == -* ]] || more=$(_postern_ids)
      ;;
    'queue list' | 'queue list '*)
      options='--limit --after --sort --all --state --sender --recipient --site --route --text --older-than --newer-than --help --socket --json'
      ;;
    'queue show' | 'queue show '*)
      options='--body --config --help --socket --json'
      [[ $current == -* ]] || more=$(_postern_ids)
      ;;
    'queue hold' | 'queue hold '*)
      options='--all --yes --state --sender --recipient --site --route --text --older-than --newer-than --help --socket --json'
      [[ $current == -* ]] || more=$(_postern_ids)
      ;;
    'send-test' | 'send-test '*)
      options='--timeout --from --help --socket --json'
      ;;
    'history')
      options='--to --from --subject --user --id --message-id --state --site --since --until --limit --config --help --socket --json'
      more='show'
      ;;
    'explain' | 'explain '*)
      options='--from --to --user --help --socket --json'
      [[ $current == -* ]] || more=$(_postern_sites)
      ;;
    'metrics' | 'metrics '*)
      options='--format --help --socket --json'
      ;;
    'status' | 'status '*)
      options='--watch --help --socket --json'
      ;;
    'reload' | 'reload '*)
      options='--help --socket --json'
      ;;
    'import' | 'import '*)
      options='--from --root --output --write --help --socket --json'
      ;;
    'queue')
      options='--help --socket --json'
      more='list show retry hold release delete bounce reroute'
      ;;
    'check' | 'check '*)
      options='--verbose --accept-weaker --help --socket --json'
      [[ $current == -* ]] || more=$(_postern_sites)
      ;;
    'login' | 'login '*)
      options='--flow --help --socket --json'
      [[ $current == -* ]] || more=$(_postern_sites)
      ;;
    'setup' | 'setup '*)
      options='--provider --smarthost --tls --tls-ca-file --user --password-file --password-stdin --no-login --client-id --client-secret-file --sender-policy --root --notify-command --no-import --import --config --no-test --list --undo --help --socket --json'
      ;;
    'help' | 'help '*)
      options='--help --socket --json'
      ;;
    '')
      options='--version --socket --json --help'
      more='status queue history check explain login send-test metrics reload setup import help'
      ;;
  esac
  if [[ $current == -* ]]; then
    _postern_offer "$current" "$options"
  else
    _postern_offer "$current" "$more"
  fi
}

complete -F _postern postern
