// `snap help safety`: what can be relied on, and what cannot. Each promise here is one that tests try to break:
// kill_take.py and kill_revert.py by ending the program at each system call, revert_races.py by changing files under
// a revert.

enum SafetyTopic {
    static let topic = HelpTopic(
        name: "safety", manualName: "snap-safety", manualSection: 7,
        summary: "what is promised, what is not, and how to check",
        parts: [opening, taking, coverage, reverting, crashes, limits, checking, copies])

    private static let opening = HelpPart(
        nil,
        [
            .paragraph(
                """
                Four promises, the first the strongest. Nothing is lost: what a take has acknowledged can be put \
                back bit for bit until it is removed by you or by rules that you set. Each command says what it did, \
                and what it could not do. It is cheap enough never to skip. It is small enough to keep.
                """)
        ])

    private static let taking = HelpPart(
        "when a take has printed an id",
        [
            .paragraph(
                """
                Then all that the snapshot needs is on the disk, as far as the disk can be believed. The objects are \
                written and synchronised under a temporary name; they get their name, and the directory that holds \
                it is synchronised; only then is the line written into the timeline, and synchronised too. A take \
                that ends before that has changed nothing, and what it had finished is used by the next one.
                """),
            .paragraph(
                """
                Two takes may run at once, and with any number of commands that only look. What is in a store is \
                never written again in place.
                """),
        ])

    private static let coverage = HelpPart(
        "what a snapshot covers",
        [
            .paragraph(
                """
                Contents, types, modes, owners and groups, modification times to the nanosecond, symbolic and hard \
                links, holes of sparse files, extended attributes with access-control lists and capabilities, FIFOs, \
                devices, the places of sockets, empty directories, names of any bytes and paths of any length.
                """),
            .paragraph(
                """
                What rules leave out is counted in the receipt of each take, by rule: '.snapignore' files, the \
                setting take.exclude, directories with a CACHEDIR.TAG, with --one-file-system what is mounted. \
                Stores are always left out. That is as it was asked for, and the status is 0.
                """),
            .paragraph(
                """
                What was there and could not be covered is a gap: a file that cannot be read, one that changed as \
                often as it was read. The receipt names it with the reason, the snapshot remembers it, and the \
                status is 3. If nothing at all could be covered, the take fails.
                """),
        ])

    private static let reverting = HelpPart(
        "what a revert never does",
        [
            .paragraph(
                """
                'snap revert', 'snap undo' and 'snap redo' never destroy a state that is in no snapshot: what \
                differs from the head is taken first, and 'snap undo' brings it back.
                """),
            .paragraph(
                """
                They never touch what the snapshot did not cover, unless it proves that the path was not there: \
                files left out by rules, gaps, other stores and mount points stay as they are. Files that are right \
                already are not opened for writing. No path is followed through a symbolic link, so that nothing \
                outside of the directory can be changed.
                """),
            .paragraph(
                """
                Nobody sees half a file: new content is made whole beside the old, and takes its place in one step. \
                What another process has written meanwhile is compared, put back, named as a conflict, and makes the \
                status 3. What you could not make again, a device or a file of somebody else's, is changed only with \
                --force.
                """),
        ])

    private static let crashes = HelpPart(
        "after a crash",
        [
            .paragraph(
                """
                A store needs no repair, whenever the program, the system or the power failed: it has the state from \
                before or the one from after. A take that was interrupted is made again. A revert that was \
                interrupted may leave the directory between two states: every command says so, and none that writes \
                works until one of these has settled it.
                """),
            .entries([
                HelpEntry("snap revert --continue", "finish it"),
                HelpEntry("snap revert --abort", "take it back, with the very files that were there"),
            ]),
        ])

    private static let limits = HelpPart(
        "what is not promised",
        [
            .paragraph(
                """
                A snapshot is not of one instant. Files are read one after another, each as it was at one moment; \
                programs that change several files together, such as databases, are best stopped meanwhile.
                """),
            .paragraph(
                """
                A file on tmpfs that is written through a memory mapping may change without its times showing it, \
                and is then not read again: 'snap take --rehash' reads everything.
                """),
            .paragraph(
                """
                Inode flags such as 'immutable', and project ids, are not kept, and the receipt counts the files \
                that have them. Times of access, of birth and of the last change of the inode are not kept; reading \
                leaves the times of access alone where the system allows it.
                """),
            .paragraph(
                """
                A process that has a file open for writing while a revert replaces it, and for longer than a moment \
                after it, goes on writing to the file that was replaced. The receipt counts such files. On an \
                overlay file system a directory of a lower layer cannot be moved, so that a revert which is aborted \
                makes it anew.
                """),
            .paragraph(
                """
                A store is no copy on another disk: what destroys the disk destroys the store on it, and 'rm -r' or \
                'git clean -fdx' one that lies in the directory. 'snap init --store DIR' keeps it elsewhere. A store \
                is not encrypted; its mode keeps out other users.
                """),
        ])

    private static let checking = HelpPart(
        "checking",
        [
            .examples([
                Example("snap verify", "check that every object of every snapshot is there"),
                Example("snap verify --full", "read every byte of the store, and compare it with its ids"),
                Example("snap revert @ --into ../restored", "put the head into a directory of its own, and look"),
            ]),
            .paragraph(
                """
                Where something is damaged, 'snap verify' names the files of the store, and the snapshots and paths \
                that cannot be put back whole; its status is 1. All others can be.
                """),
        ])

    private static let copies = HelpPart(
        "copies",
        [
            .paragraph(
                """
                A directory may be moved, and copied with its store by whatever keeps modes and times, while no \
                command writes to it. One that moved is known by its id. A copy gets an id and a timeline of its own \
                as soon as snap is used in it, so that the two never write into each other's history, and snap says \
                so.
                """),
            .paragraph(
                """
                A copy that was made while something was written may lack what its timeline names: 'snap verify' in \
                the copy tells. What is in the store cannot change in place, so copying again copies only what is \
                new.
                """),
        ])
}
