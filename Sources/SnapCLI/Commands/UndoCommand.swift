// `snap undo` and `snap redo`: a step back along the states that the working directory had, and forward again.

import SnapStore

enum UndoCommand {
    private static let largestStep = 1_000_000

    static let undo = Command(
        name: "undo",
        summary: "go back to the state before the last change",
        group: .restore,
        synopses: ["[N] [--force] [--yes] [--json]"],
        operands: [.optional("N", "how many steps; one if it is not said")],
        options: [InPlace.force, InPlace.yes, .json, .quiet, .verbose, .progress],
        discussion: [
            "Puts the working directory back to the state before the last take, revert or run, or N steps back. What was "
                + "changed since the head is the first step: it is taken before it is undone, so that 'snap redo' can bring it "
                + "back. Steps between equal states are passed over.",
            "Prints the id of the head after it.",
        ],
        fields: RevertReceipt.fields,
        examples: [
            Example("snap undo", "take back the last revert, or what was changed since the last take"),
            Example("snap undo 3", "go three steps back"),
        ],
        statuses: statuses,
        meaning: { (typed) throws(UsageError) in try Meaning(typed) },
        run: { (meaning, session) throws(Failure) in
            let directory = try session.workingDirectory(for: .changeWithReceipt)
            return try meaning.change.run(.undo, directory, session) { (options, observer) throws(StoreError) in
                try directory.undo(meaning.steps, options, observer: observer)
            }
        })

    static let redo = Command(
        name: "redo",
        summary: "go forward again after an undo",
        group: .restore,
        synopses: ["[N] [--force] [--yes] [--json]"],
        operands: [.optional("N", "how many steps; one if it is not said")],
        options: [InPlace.force, InPlace.yes, .json, .quiet, .verbose, .progress],
        discussion: [
            "Takes the last undo back, or the last N. A take or a revert ends what can be redone. If the directory has "
                + "changed since the undo, nothing is done.",
            "Prints the id of the head after it.",
        ],
        fields: RevertReceipt.fields,
        examples: [Example("snap redo", "take the last undo back")],
        statuses: statuses,
        meaning: { (typed) throws(UsageError) in try Meaning(typed) },
        run: { (meaning, session) throws(Failure) in
            let directory = try session.workingDirectory(for: .changeWithReceipt)
            return try meaning.change.run(.redo, directory, session) { (options, observer) throws(StoreError) in
                try directory.redo(meaning.steps, options, observer: observer)
            }
        })

    private static let statuses = [
        HelpEntry("0", "the directory is as it was then"), HelpEntry("3", "done, but something could not be put back"),
        HelpEntry("4", "it failed, there is no such step, or the answer was no"),
    ]

    struct Meaning: Sendable {
        var steps = 1
        var change: InPlace

        init(_ typed: ParsedArguments) throws(UsageError) {
            change = InPlace(typed)
            guard let text = typed.operandText(0) else { return }
            guard let number = wholeNumber(text), (1...UndoCommand.largestStep).contains(number) else {
                throw .invalidValue(option: "N", value: text, reason: "it must be a number from 1 to 1,000,000")
            }
            steps = number
        }
    }
}
