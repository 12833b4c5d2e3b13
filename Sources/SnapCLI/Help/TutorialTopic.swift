// `snap help tutorial`: ten minutes with snap. A test runs every line of it from the first to the last, so that it
// can be typed as it stands.

enum TutorialTopic {
    static let topic = HelpTopic(
        name: "tutorial", manualName: "snap-tutorial", manualSection: 7,
        summary: "ten minutes with snap",
        parts: [opening, keeping, comparing, goingBack, parts, scripts, schedules])

    private static let opening = HelpPart(
        nil,
        [
            .paragraph(
                """
                snap puts a directory back exactly as it was, at any moment, after anything. All commands here can \
                be typed as they stand. First, something to play with.
                """),
            .script([
                "mkdir playground",
                "cd playground",
                "mkdir src",
                "echo 'the first line' > notes",
                "echo 'int main(void) { return 0; }' > src/main.c",
            ]),
        ])

    private static let keeping = HelpPart(
        "keep a state",
        [
            .examples([
                Example("snap init", "make a store for this directory: '.snapstore', beside the files"),
                Example("snap take -m 'it works'", "record the whole directory, and print the id of the snapshot"),
                Example("snap take", "see that a state is recorded once: nothing changed, so the id is the same"),
                Example("snap name works", "give the snapshot a name, for all commands to know it by"),
            ]),
            .paragraph(
                """
                Nothing has to be added or told beforehand: all is covered but what '.snapignore' files leave out, \
                which are written as '.gitignore' is.
                """),
        ])

    private static let comparing = HelpPart(
        "see what changed",
        [
            .script(["echo 'the second line' >> notes"]),
            .examples([
                Example("snap status", "see what differs from the head, which is the last recorded state"),
                Example("snap diff", "see how it differs, as git would print it"),
                Example("snap take -m 'another line'", "record that, too"),
                Example("snap list", "list the snapshots, the newest first; '@' is at the head"),
                Example("snap diff --stat works @", "compare any two of them"),
                Example("snap ls -l works:src", "look into a directory as it was"),
                Example("snap cat works:notes", "print a file as it was"),
            ]),
        ])

    private static let goingBack = HelpPart(
        "go back",
        [
            .paragraph("Now an accident."),
            .script(["rm -r src", "echo spoilt > notes"]),
            .examples([
                Example("snap undo", "put everything back as it was when it was last recorded"),
                Example("snap redo", "see that not even the spoilt state is lost: it was recorded first"),
                Example("snap undo", "put everything back again"),
                Example("snap revert works --dry-run", "see what going back to a certain snapshot would do"),
                Example("snap revert works", "go back to it"),
                Example("snap log", "see all that happened so far"),
                Example("snap undo", "take the revert back"),
            ]),
        ])

    private static let parts = HelpPart(
        "go back in part",
        [
            .examples([
                Example("snap revert works -- notes", "put one file back, and leave the rest"),
                Example("snap undo", "take that back as well"),
                Example("snap revert works --into ../as-it-was", "put a snapshot into a directory of its own"),
            ])
        ])

    private static let scripts = HelpPart(
        "in a script",
        [
            .paragraph(
                """
                'snap take' prints the id and nothing else on standard output, whatever happens; what is for people \
                goes to standard error, and -q turns it off. --init makes a store where there is none. './upgrade' \
                stands for whatever may go wrong.
                """),
            .script([
                "before=$(snap take --init -q -m 'before the upgrade')",
                "if ! ./upgrade; then",
                "    snap revert -q --yes \"$before\"",
                "fi",
                "snap status --exit-code -q || snap take -q",
            ]),
            .paragraph(
                """
                The status is 0 if all was done, 3 if something was there and could not be covered or put back, 4 if \
                it failed. With --json results are objects, one a line.
                """),
        ])

    private static let schedules = HelpPart(
        "in a cron job",
        [
            .paragraph("A take without a change records nothing, so it can be made as often as is wished."),
            .verbatim([
                "*/10 * * * *  snap -C /srv/data take -q --trigger schedule >/dev/null",
                "0 3 * * 0     snap -C /srv/data verify -q --full",
            ]),
            .paragraph(
                """
                With -q errors are still printed, and cron sends them; a damage that 'snap verify' finds is printed \
                too. A file that cannot be read shows in the status alone.
                """),
        ])
}
