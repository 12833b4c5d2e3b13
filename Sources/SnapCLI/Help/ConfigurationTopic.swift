// `snap help config`: where settings are, how they are written, and which there are. The keys are the library's own
// table.

import SnapStore

enum ConfigurationTopic {
    static let topic = HelpTopic(
        name: "config", manualName: "snap-config", manualSection: 5,
        summary: "settings, their files, and the environment",
        parts: [opening, levels, syntax, keys, HelpPart(HelpPart.environment, [.entries(environment)])])

    private static let opening = HelpPart(
        nil,
        [
            .paragraph(
                """
                snap works without any settings. What is to hold for every command is written into one of three \
                files; what is given to a command by an option is stronger than all of them.
                """)
        ])

    /// Where settings are looked for, the weakest first.
    static let levelEntries = [
        HelpEntry("/etc/snap/config", "the system's"),
        HelpEntry(
            "$XDG_CONFIG_HOME/snap/config", "the user's; '~/.config/snap/config' if XDG_CONFIG_HOME is not set"),
        HelpEntry(".snapstore/config", "the store's; of a store elsewhere, 'config' in it"),
    ]

    private static let levels = HelpPart(
        "levels",
        [
            .paragraph("The files are read in this order, and need not be there."),
            .entries(levelEntries),
            .paragraph(
                """
                Of several values for one key the last one counts, so that the store's file is stronger than the \
                user's; of keys that may be repeated, all values count. A file of the system or of the user that \
                belongs to somebody else than the user or root, or that others may write to, is not used, and snap \
                says so.
                """),
            .paragraph(
                """
                Keys that name programs are not taken from a store's file, because a store may come from somebody \
                else: nothing in it makes snap run anything.
                """),
        ])

    private static let syntax = HelpPart(
        "syntax",
        [
            .verbatim([
                "# What no snapshot of this directory needs.",
                "take.exclude = *.o",
                "take.exclude = /build/",
                "store.max-size = 20G",
            ]),
            .paragraph(
                """
                Each line is a key, '=' and a value, or is blank, or is a comment, which has '#' as its first \
                character. Spaces around the key and around the value do not count. In a value '\\\\' stands for a \
                backslash, '\\t' and '\\n' for a tab and the end of a line, and '\\xHH' for the byte with that \
                hexadecimal number.
                """),
            .paragraph(
                """
                BOOLEAN is 'true' or 'false', or 'yes' or 'no'. SIZE is a number of bytes, or a number with K, M, G \
                or T, which are powers of 1,024. PATTERN is as a line of '.gitignore'. N is a number, or 'unlimited'. \
                DURATION is years, months, weeks, days and hours, such as '2y5m1w7d3h'. A key that is not known has \
                no effect and is named; a value that cannot be used is an error.
                """),
        ])

    private static let keys = HelpPart("keys", [.entries(ConfigurationKey.all.map { entry($0) })])

    /// A key with what it takes, what it means and what holds without it.
    private static func entry(_ key: ConfigurationKey) -> HelpEntry {
        var meaning = key.meaning
        if !key.defaultText.isEmpty { meaning += "; if it is not set: \(key.defaultText)" }
        if key.isTrustedOnly { meaning += "; not from a store's file" }
        return HelpEntry("\(key.name) = \(key.valueName)", meaning)
    }

    /// The variables that snap looks at.
    static let environment = [
        HelpEntry("SNAP_STORE", "the store that 'snap init' makes or uses if --store is not given"),
        HelpEntry(
            "SNAP_PAGER, PAGER",
            "a shell's command line that long results on a terminal go through: SNAP_PAGER, else the setting 'pager', "
                + "else PAGER, else 'less'; an empty one and 'cat' mean none"),
        HelpEntry("NO_COLOR", "if it is not empty, nothing is coloured"),
        HelpEntry(
            "CLICOLOR_FORCE", "if it is neither empty nor 0, text is coloured also where it goes to no terminal"),
        HelpEntry("COLUMNS", "the width to fit tables into"),
        HelpEntry(
            "TERM", "'dumb' is a terminal without colours, on which no pager is started; so is one without a name"),
        HelpEntry("TZ", "the local zone, by which times are read and shown"),
        HelpEntry("XDG_CONFIG_HOME, HOME", "where the user's settings are; HOME is refused as a working directory"),
        HelpEntry("VISUAL, EDITOR", "the editor of 'snap config edit', a shell's command line; else 'vi'"),
        HelpEntry(
            "TMPDIR",
            "where 'snap diff --tool' and 'snap config edit' put what another program reads; '/tmp' if it is not set"),
        HelpEntry("USER, LOGNAME", "the name of the user, which timelines record"),
        HelpEntry(
            "SNAP_NOW", "a time such as 2026-11-20T10:00:00Z, which is then taken for the present; for tests"),
    ]
}
