# The snapshot that a directory is at, for the prompt of zsh.
#
#     source snap-prompt.zsh
#     setopt prompt_subst
#     PS1='%~$(snap_prompt_info)%# '
#
# It prints ' (7176e22a3c)', and ' (7176e22a3c|REVERT)' where a revert has to be continued or aborted. A format may be
# given: snap_prompt_info ' [%s]'. Outside of a working directory it prints nothing and starts no process; inside of
# one it starts snap, which reads the end of the timeline and does not look at the directory's files.

snap_prompt_info() {
    emulate -L zsh
    local directory=$PWD report text='no snapshots'
    local MATCH MBEGIN MEND
    local -a match mbegin mend
    until [[ -d $directory/.snapstore ]]; do
        [[ -n $directory ]] || return 0
        directory=${directory%/*}
    done
    report="$(command snap status --no-scan --json 2>/dev/null)" || return 0
    # In the text of a message these quotation marks have backslashes in front.
    if [[ $report =~ '"head":"([0-9a-f]{10})' ]]; then text=$match[1]; fi
    if [[ $report == *'"unfinished_revert":true'* ]]; then text+='|REVERT'; fi
    printf -- "${1- (%s)}" "$text"
}
