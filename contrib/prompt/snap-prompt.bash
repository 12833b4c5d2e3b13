# shellcheck shell=bash
# The snapshot that a directory is at, for the prompt of bash.
#
#     . snap-prompt.bash
#     PS1='\w$(__snap_ps1)\$ '
#
# It prints ' (7176e22a3c)', and ' (7176e22a3c|REVERT)' where a revert has to be continued or aborted. A format may be
# given: __snap_ps1 ' [%s]'. Outside of a working directory it prints nothing and starts no process; inside of one it
# starts snap, which reads the end of the timeline and does not look at the directory's files.

__snap_ps1() {
    # What the last command ended with is for the rest of the prompt to show.
    local ended=$? directory=$PWD report text='no snapshots'
    until [[ -d $directory/.snapstore ]]; do
        [[ -n $directory ]] || return "$ended"
        directory=${directory%/*}
    done
    report=$(command snap status --no-scan --json 2>/dev/null) || return "$ended"
    # In the text of a message these quotation marks have backslashes in front.
    if [[ $report =~ \"head\":\"([0-9a-f]{10}) ]]; then text=${BASH_REMATCH[1]}; fi
    if [[ $report == *'"unfinished_revert":true'* ]]; then text+='|REVERT'; fi
    # shellcheck disable=SC2059 # The format is the caller's.
    printf -- "${1- (%s)}" "$text"
    return "$ended"
}
