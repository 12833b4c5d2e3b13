// `snap completion`: a script that teaches a shell to complete snap's command lines.

import SnapStore

enum CompletionCommand {
    static let command = Command(
        name: "completion",
        summary: "print a script that completes snap's words in a shell",
        group: .about,
        synopses: ["SHELL"],
        operands: [.required("SHELL", "bash, zsh or fish")],
        discussion: [
            "SHELL is bash, zsh or fish. With the script loaded, the key Tab completes commands, options and their "
                + "values, the names and ids of snapshots, and behind 'REV:' the paths that are in the snapshot.",
            "bash loads it by a line '. <(snap completion bash)' in '~/.bashrc', or from a file 'snap' in "
                + "'~/.local/share/bash-completion/completions' if bash-completion is installed; it needs bash 4. "
                + "zsh loads it from a file '_snap' in a directory of 'fpath', before 'compinit' runs. fish loads it "
                + "from '~/.config/fish/completions/snap.fish'.",
        ],
        examples: [
            Example(". <(snap completion bash)", "complete in this bash, until it ends"),
            Example("snap completion zsh > _snap", "write it for zsh, to be moved into a directory of 'fpath'"),
            Example("snap completion fish > snap.fish", "write it for fish"),
        ],
        meaning: { (typed) throws(UsageError) -> CompletionShell in
            let text = typed.operandText(0) ?? ""
            guard let shell = CompletionShell(rawValue: text) else {
                let choices = CompletionShell.allCases.map(\.rawValue)
                throw .notAChoice(
                    option: "SHELL", value: text, choices: choices, suggestions: suggestions(for: text, among: choices))
            }
            return shell
        },
        run: { (shell, session) throws(Failure) in
            try session.output.write(shell.script)
            return .done
        })
}
