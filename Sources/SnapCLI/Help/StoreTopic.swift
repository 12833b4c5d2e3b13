// `snap help store`: a tour of `.snapstore` for people. docs/format.md has it down to the byte; here is what somebody
// needs who looks into the directory, and must know what not to touch.

enum StoreTopic {
    static let topic = HelpTopic(
        name: "store", manualName: "snapstore", manualSection: 5,
        summary: "what lies where in a store, and how to read it",
        parts: [opening, files, outside, removal, reading])

    private static let opening = HelpPart(
        nil,
        [
            .paragraph(
                """
                A store holds the snapshots of one working directory or of several. It is the directory '.snapstore' \
                in the working directory, or the directory that 'snap init --store' was given. Only its owner may \
                use it, and root, who leaves files of the owner's behind. Its files are text where a person would \
                look, and standard frames of zstd or LZ4 where there is much.
                """),
            .paragraph(
                """
                The format is described to the byte in docs/format.md, of which a reader can be written without \
                knowing snap. What follows is for looking around.
                """),
        ])

    private static let files = HelpPart(
        HelpPart.files,
        [
            .entries([
                HelpEntry("format", "the version of the store, and what a reader must know; read before all else"),
                HelpEntry("config", "the settings of this store, for you to edit: see 'snap help config'"),
                HelpEntry("id", "the id of the working directory around the store"),
                HelpEntry("packs/ID.pack", "the objects: contents, directories, manifests; never changed once written"),
                HelpEntry("directories/ID/about", "where the working directory with that id is"),
                HelpEntry("directories/ID/timelines/main", "what happened to it, a line for each event"),
                HelpEntry("directories/ID/stat", "the stat cache: what makes a take without changes fast"),
                HelpEntry("directories/ID/journal", "a revert under way, if there is one"),
                HelpEntry("directories/ID/removals", "which removed snapshots gc has seen, and which are gone"),
                HelpEntry("settled", "what the last gc went by, if it left nothing to do"),
                HelpEntry("maintenance", "when the store was checked and collected last, and what came out"),
                HelpEntry("epoch", "a number that keeps takes and the removal of packs apart"),
                HelpEntry("retired", "packs that gc is about to remove, while there are any"),
                HelpEntry("reserve", "a megabyte that gc gives up if the disk is full"),
                HelpEntry("lock/", "files to lock, which say nothing and are never removed"),
                HelpEntry("staging/", "what a revert under way puts in place, and what it took out"),
                HelpEntry("tmp/", "packs that are being written"),
                HelpEntry(".gitignore", "keeps the store out of a git repository around it"),
            ])
        ])

    private static let outside = HelpPart(
        "a store elsewhere",
        [
            .paragraph(
                """
                Then '.snapstore' has 'id', 'staging/', '.gitignore', and the file 'store', one line with the \
                absolute path of the store. If the store was moved, write its new path there.
                """)
        ])

    private static let removal = HelpPart(
        "what may be removed",
        [
            .paragraph(
                """
                'stat' and 'maintenance' may be removed at any time: the next take reads every file once. With the \
                whole store go all its snapshots, and nothing else. What is left in 'tmp/' and 'staging/' snap uses \
                or removes by itself.
                """),
            .paragraph(
                """
                Nothing else may be removed or changed, old packs least of all: what is stored once is used by every \
                later snapshot that needs it.
                """),
        ])

    private static let reading = HelpPart(
        "reading it with other tools",
        [
            .paragraph("The text files are for reading as they are."),
            .script(["cat .snapstore/format", "cat .snapstore/directories/*/timelines/main"]),
            .paragraph(
                """
                A line of a timeline has a version, the time, the former head and the new one, the event, the kind \
                and who did it, then behind tabs the message and a checksum of the line. The id of a piece of \
                content is its SHA-256, so this prints what the store knows a file of at most 256 KiB by.
                """),
            .script(["sha256sum README.md"]),
            .paragraph(
                """
                Every block of a pack is a frame of its own, and all that stands between them are frames that zstd \
                passes over. Unless a block was stored against older versions, or by another codec, this prints the \
                contents of a whole pack.
                """),
            .verbatim(["zstd -dc .snapstore/packs/ID.pack"]),
            .paragraph(
                """
                Section 8 of docs/format.md says how one block is cut out of a pack, and how a pack's name is \
                checked by 'sha256sum'; section 4 says what the older versions are to a block, for 'zstd \
                --patch-from'.
                """),
            .paragraph("The manifest of a snapshot, as it is stored, and the files of one are printed by snap itself."),
            .script(["snap show --json @", "snap ls -R @"]),
        ])
}
