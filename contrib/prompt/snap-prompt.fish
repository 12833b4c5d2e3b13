# The snapshot that a directory is at, for the prompt of fish.
#
#     source snap-prompt.fish
#     function fish_prompt
#         printf '%s%s> ' (prompt_pwd) (snap_prompt)
#     end
#
# It prints ' (7176e22a3c)', and ' (7176e22a3c|REVERT)' where a revert has to be continued or aborted. A format may be
# given: snap_prompt ' [%s]'. Outside of a working directory it prints nothing and starts no process; inside of one it
# starts snap, which reads the end of the timeline and does not look at the directory's files.

function snap_prompt --description 'The snapshot that this directory is at'
    set -l directory "$PWD"
    while not test -d "$directory/.snapstore"
        test -n "$directory"
        or return 0
        set directory (string replace -r '/[^/]*$' '' -- "$directory")
    end
    set -l report (command snap status --no-scan --json 2>/dev/null)
    or return 0
    # In the text of a message these quotation marks have backslashes in front.
    set -l text (string replace -rf '^.*"head":"([0-9a-f]{10}).*$' '$1' -- "$report")
    test -n "$text"
    or set text 'no snapshots'
    string match -q '*"unfinished_revert":true*' -- "$report"
    and set text "$text|REVERT"
    set -l format ' (%s)'
    set -q argv[1]
    and set format "$argv[1]"
    printf "$format" "$text"
end
