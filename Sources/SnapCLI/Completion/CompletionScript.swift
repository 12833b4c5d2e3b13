// The scripts that hand a command line from a shell to `snap __complete`, and the answer back. They know nothing of snap's
// words, so that an old one serves a new snap.
//
// The files in completions/ are these texts, and a test compares them.

/// A shell that snap has a script for.
enum CompletionShell: String, Sendable, CaseIterable {
    case bash
    case zsh
    case fish

    var script: String {
        switch self {
        case .bash: Self.bashScript
        case .zsh: Self.zshScript
        case .fish: Self.fishScript
        }
    }

    /// What it is called in completions/, as zsh asks for its own.
    var fileName: String {
        switch self {
        case .bash: "snap.bash"
        case .zsh: "_snap"
        case .fish: "snap.fish"
        }
    }

    private static let bashScript = #"""
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

        """#

    private static let zshScript = #"""
        #compdef snap
        # zsh completion for snap, as 'snap completion zsh' prints it.
        #
        # snap knows what can stand where. It is given the words up to the cursor, without their quotes; zsh quotes
        # what comes back.

        _snap() {
            local program="${(Q)words[1]}" line
            local -a before answer whole open
            local -i result=1
            # A tilde is not expanded in it, and an alias is no program.
            (( ${+commands[$program]} )) || [[ $program == */* && -x $program ]] || program=snap
            before=("${(@Q)words[1,CURRENT-1]}")
            answer=("${(@f)$("$program" __complete zsh "${before[@]}" "${(Q)PREFIX}" 2>/dev/null)}")
            for line in "${answer[@]}"; do
                case "$line" in
                    (+*) open+=("${line[2,-1]}") ;;
                    (-*) whole+=("${line[2,-1]}") ;;
                    (:files)
                        compset -P '--[a-z-]#='
                        _files && result=0
                        ;;
                    (:directories)
                        compset -P '--[a-z-]#='
                        _files -/ && result=0
                        ;;
                    (:programs)
                        compset -P '--[a-z-]#='
                        _command_names -e && result=0
                        ;;
                esac
            done
            # In snap's order. Of the open ones more follows, and no space.
            (( ${#open} )) && _describe -V -t beginnings 'snap' open -S '' && result=0
            (( ${#whole} )) && _describe -V -t words 'snap' whole && result=0
            return result
        }

        # Loaded as a function by its first use, or read as a file.
        if [[ "${zsh_eval_context[-1]-}" == loadautofunc ]]; then
            _snap "$@"
        elif (( ${+functions[compdef]} )); then
            compdef _snap snap
        fi

        """#

    private static let fishScript = #"""
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

        """#
}
