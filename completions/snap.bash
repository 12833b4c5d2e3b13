# shellcheck shell=bash
# bash completion for snap, as 'snap completion bash' prints it.
#
# snap knows what can stand where. It is given the line up to the cursor, and the end of it that readline
# will replace, whatever COMP_WORDBREAKS is; what comes back is put into the line as it is.

_snap() {
    local program=${1:-snap} directive
    local -a found=()
    # A tilde is not expanded in it, and an alias is no program.
    type -P -- "$program" >/dev/null || program=snap
    mapfile -t found < <(
        COLUMNS=${COLUMNS-} "$program" __complete bash \
            "${COMP_TYPE-9}" "${COMP_LINE:0:COMP_POINT}" "${2-}" 2>/dev/null
    )
    COMPREPLY=()
    ((${#found[@]} > 0)) || return 0
    directive=${found[${#found[@]}-1]}
    unset "found[${#found[@]}-1]"
    case $directive in
        :files) compopt -o default ;;
        :directories) compopt -o filenames -o dirnames ;;
        :programs) mapfile -t COMPREPLY < <(compgen -c -- "${2-}") ;;
        *)
            ((${#found[@]} > 0)) || return 0
            COMPREPLY=("${found[@]}")
            # Candidates have their space behind them, if they are whole.
            compopt -o nospace
            # They stand in an order of their own; bash before 4.4 sorts them.
            compopt -o nosort 2>/dev/null || :
            ;;
    esac
}

complete -F _snap snap
