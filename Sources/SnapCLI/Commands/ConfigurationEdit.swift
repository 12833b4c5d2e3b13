// `snap config edit`: a file of settings in the user's editor.
//
// The editor gets a copy, in a directory of its own that only this user may read; what comes back replaces the file only if it can be used, and only if
// nobody else changed the file meanwhile. A mistake can be corrected where somebody can be asked, and is an error elsewhere.

import SnapStore
import SnapSystem

struct ConfigurationEdit {
    let target: ConfigurationTarget
    let session: Session

    func run() throws(Failure) -> ExitStatus {
        let target = target
        let before = try storing { () throws(StoreError) in try target.read() }
        let start = before ?? Self.template(for: target.level)
        var text = start
        while true {
            let edited = try edit(text)
            if edited == start {
                session.messages.receipt(["nothing to do: \(subject(target.path)) is as it was"])
                return .done
            }
            let notes: [String]
            do throws(Failure) {
                notes = try check(edited)
            } catch {
                guard session.messages.canAsk else { throw error }
                session.messages.print(ErrorWords(error, command: nil).text)
                guard RemovalQuestion.isYes(session.messages.ask("edit it again? [y/N] ")) else { throw .declined }
                text = edited
                continue
            }
            let isReplaced = try storing { () throws(StoreError) in try target.replace(before, with: edited) }
            if !isReplaced { throw .changedMeanwhile(path: target.path) }
            session.messages.receipt(["\(subject(target.path)) is changed"])
            for note in notes { session.messages.note(note) }
            return .done
        }
    }

    /// What has to be said of settings that can be used.
    private func check(_ content: [UInt8]) throws(Failure) -> [String] {
        let target = target
        return try storing { () throws(StoreError) in
            var settings = ConfigurationSettings()
            try settings.add(content, target.level, file: target.path)
            return settings.configuration.notes
        }
    }

    /// What a new file starts with: every setting that has an effect there, as a comment.
    static func template(for level: ConfigurationLevel) -> [UInt8] {
        var lines = ["# Settings of snap. A line that begins with '#' is a comment."]
        for key in ConfigurationKey.all where level.isTrusted || !key.isTrustedOnly {
            let value = key.defaultText.isEmpty ? key.valueName : key.defaultText
            lines += ["", "# \(key.meaning)", "# \(key.name) = \(value)"]
        }
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    // MARK: The editor

    /// The shell's command line of the editor; nil if none is named, and nobody is there to use the usual one.
    static func editor(environment: (String) -> [UInt8]?, hasTerminal: Bool) -> [UInt8]? {
        for variable in ["VISUAL", "EDITOR"] {
            if let command = environment(variable), !command.isEmpty { return command }
        }
        return hasTerminal ? Array("vi".utf8) : nil
    }

    /// What the editor makes of the text.
    private func edit(_ text: [UInt8]) throws(Failure) -> [UInt8] {
        let hasTerminal = session.messages.canAsk && session.output.isTerminal
        guard let command = Self.editor(environment: { Process.environment($0) }, hasTerminal: hasTerminal) else {
            throw .editorMissing
        }
        // An interrupt from the keyboard is for the editor; this process waits for its end.
        Interrupts.install()
        let status: Int32
        let edited: [UInt8]
        do throws(SystemError) {
            (status, edited) = try ScratchDirectory.use("config") { (path, directory) throws(SystemError) in
                let file = Array("config".utf8)
                let copy = try directory.open(file, [.write, .create, .exclusive], mode: 0o600)
                try copy.write(text)
                try copy.close()
                let status = try Process.run(command, path + [0x2F] + file)
                // By its name: editors replace the file that they were given.
                let result = try directory.open(file, [.read, .nonBlocking])
                return (status, try result.readAll(limit: StoreDirectory.smallFileLimit))
            }
        } catch {
            throw .system(doing: "edit by", path: command, error)
        }
        if status != 0 { throw .editorFailed(command: command, status: status) }
        return edited
    }
}
