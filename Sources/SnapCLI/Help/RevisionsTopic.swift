// `snap help revisions`: how snapshots and moments are named. The forms of times are the library's own list, which
// its tests parse, so that none is promised here that is not understood.

import SnapStore

enum RevisionsTopic {
    static let topic = HelpTopic(
        name: "revisions", manualName: "snap-revisions", manualSection: 7,
        summary: "how snapshots and times are named",
        parts: [opening, snapshots, times, names, examples])

    private static let opening = HelpPart(
        nil,
        [
            .paragraph(
                """
                Wherever a command takes REV, a snapshot can be named in each of the ways below. Most shells want \
                quotes around names with spaces and braces.
                """)
        ])

    private static let snapshots = HelpPart(
        "snapshots",
        [
            .entries([
                HelpEntry("@", "the head: the state that the working directory had when it was last recorded"),
                HelpEntry("@~N", "the snapshot N before the head, each made from the one before it; '@~' is '@~1'"),
                HelpEntry(
                    "@{N}",
                    "the head as it was N head events ago, that is before the last N takes, reverts, undos and redos; "
                        + "'snap log' shows the numbers"),
                HelpEntry("@{TIME}", "the head as it was at that time; before the first event it is an error"),
                HelpEntry("NAME", "the snapshot that was given that name"),
                HelpEntry("ID", "the snapshot whose id starts so: four digits or more, of upper or lower case"),
                HelpEntry("TIMELINE@{N}", "as '@{N}', of another timeline; there is one, 'main'"),
                HelpEntry("TIMELINE@{TIME}", "as '@{TIME}', of another timeline"),
                HelpEntry("REV~N", "the N-th ancestor of any of these; '~' is '~1', and several are added up"),
                HelpEntry(
                    "REV:PATH",
                    "what PATH was in the snapshot, for the commands that take it: a path from the root of the working "
                        + "directory, or from the current directory if it starts with './' or '../'"),
                HelpEntry(
                    "A..B",
                    "'snap list' lists the snapshots that lead to B and not to A, and 'snap diff' compares A with B; a "
                        + "side that is left out is the head"),
            ]),
            .paragraph(
                """
                '@~N' counts snapshots, '@{N}' counts what happened. After an undo '@{1}' is the state that was \
                undone, and '@~1' the one from which the present one was made. REV ends at the first colon outside \
                of braces, so that a time may have colons.
                """),
        ])

    private static let times = HelpPart(
        "times",
        [
            .paragraph(
                """
                TIME is read by the local clock and in the local zone. Upper case is as lower case, and words may be \
                parted by dots as well as by spaces. A text of which something is not understood is an error: \
                nothing is guessed. Where an option takes TIME, it stands there without '@{' and '}'.
                """),
            .entries(TimeExpression.forms.map { HelpEntry($0.text, $0.meaning) }),
        ])

    private static let names = HelpPart(
        "names",
        [
            .paragraph(
                """
                A name has at most \(SnapshotName.lengthLimit) bytes of UTF-8, no spaces, no control characters and \
                none of ':', '~', '^', '{' and '}'. It does not start with '-' or '@', and is not only hexadecimal \
                digits, so that no name can be taken for anything else. Names are given by 'snap name' and by 'snap \
                take --name'.
                """)
        ])

    private static let examples = HelpPart(
        HelpPart.examples,
        [
            .examples([
                Example("snap show @~1", "show the snapshot before the head"),
                Example("snap diff '@{2 hours ago}'", "see what changed in the last two hours"),
                Example("snap diff release-1.2 @", "see what changed from a named snapshot to the head"),
                Example("snap cat @{yesterday}:src/main.c", "print a file as it was when yesterday began"),
                Example("snap revert '@{monday 9am}' --dry-run", "see what going back to Monday morning would do"),
                Example("snap list release-1.2..", "list what came after a named snapshot"),
            ])
        ])
}
