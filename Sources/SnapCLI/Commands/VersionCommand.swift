// `snap version`: the version, as `snap --version` prints it.

enum VersionCommand {
    static let command = Command(
        name: "version",
        summary: "print the version",
        group: .about,
        synopses: [""],
        discussion: ["The same as 'snap --version'."],
        examples: [Example("snap version", "see which snap this is, as for a report")],
        meaning: { (_) throws(UsageError) in () },
        run: { (_, session) throws(Failure) in
            try session.output.print(SnapCLI.versionLine)
            return .done
        })
}
