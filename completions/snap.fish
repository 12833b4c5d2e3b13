# fish completion for snap, as 'snap completion fish' prints it.
#
# snap knows what can stand where. It is given the words up to the cursor, without their quotes; fish quotes
# what comes back.

function __snap_complete
    set -l words (commandline -opc)
    set -l raw (commandline -ct)
    # A quotation that is still open cannot be unescaped.
    set -l current (string unescape -- "$raw")
    or set current (string trim --left --chars="'\"" -- "$raw")

    # A tilde is not expanded in it, and an alias is no program.
    set -l program "$words[1]"
    command -q "$program"
    or set program snap
    set -l answer ("$program" __complete fish $words "$current" 2>/dev/null)
    test (count $answer) -gt 0
    or return

    set -l directive $answer[-1]
    set -e answer[-1]
    # Behind '--option=' a value starts.
    set -l option (string match -r -- '^--[a-z-]+=' "$current")
    set -l value (string replace -r -- '^--[a-z-]+=' '' "$current")
    switch "$directive"
        case :files
            set answer (__fish_complete_path "$value")
        case :directories
            set answer (__fish_complete_directories "$value")
        case :programs
            set answer (complete -C "$value")
        case '*'
            set option ''
    end
    for candidate in $answer
        printf '%s%s\n' "$option" $candidate
    end
end

complete -c snap -f -k -a '(__snap_complete)'
