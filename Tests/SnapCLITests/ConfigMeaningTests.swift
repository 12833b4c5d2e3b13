// What the words behind config mean, and where the command line's own settings come from.

import SnapSystem
import Testing

@testable import SnapCLI
@testable import SnapStore

@Suite struct ConfigMeaningTests {
    private func meaning(_ words: String...) throws(UsageError) -> ConfigCommand.Meaning {
        let typed = try ConfigCommand.command.parse(words.map { Array($0.utf8) }[...], after: ParsedArguments())
        return try ConfigCommand.Meaning(typed)
    }

    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func eachActionHasItsOperands() throws {
        let get = try meaning("get", "take.exclude")
        #expect(get.verb == .get && get.key == "take.exclude" && get.level == nil)
        let set = try meaning("set", "--user", "take.exclude", "*.o", "*.a")
        #expect(set.verb == .set && set.level == .user && set.values == [bytes("*.o"), bytes("*.a")] && !set.isAdding)
        #expect(try meaning("set", "--add", "take.exclude", "x").isAdding)
        #expect(try meaning("set", "pager", "--", "-x").values == [bytes("-x")])
        #expect(try meaning("unset", "take.exclude", "x").values == [bytes("x")])
        #expect(try meaning("unset", "no.such.key").key == "no.such.key")
        let list = try meaning("list", "--show-origin", "-z", "--system")
        #expect(list.verb == .list && list.hasOrigin && list.isZero && list.level == .system)
        #expect(try meaning("edit", "--store").level == .store)
    }

    @Test func whatCannotBeMeantIsAnError() {
        #expect(throws: UsageError.missingOperand("ACTION")) { try meaning() }
        #expect(throws: UsageError.self) { try meaning("gett", "pager") }
        #expect(throws: UsageError.missingOperand("KEY")) { try meaning("get") }
        #expect(throws: UsageError.missingOperand("VALUE")) { try meaning("set", "pager") }
        #expect(throws: UsageError.extraOperand(bytes("x"))) { try meaning("list", "x") }
        #expect(throws: UsageError.extraOperand(bytes("x"))) { try meaning("get", "pager", "x") }
        #expect(throws: UsageError.extraOperand(bytes("b"))) { try meaning("set", "pager", "a", "b") }
        #expect(throws: UsageError.exclusive("--system", "--user")) { try meaning("list", "--user", "--system") }
        #expect(throws: UsageError.exclusive("--user", "--store")) { try meaning("list", "--user", "--store") }
        #expect(throws: UsageError.requires(option: "--add", other: "set")) { try meaning("get", "--add", "pager") }
        #expect(throws: UsageError.exclusive("--json", "set")) { try meaning("set", "--json", "pager", "x") }
        #expect(throws: UsageError.exclusive("-z", "edit")) { try meaning("edit", "-z") }
        #expect(throws: UsageError.requires(option: "--show-origin", other: "list")) {
            try meaning("get", "--show-origin", "pager")
        }
        #expect(throws: UsageError.unknownSetting("take.exlude", suggestions: ["take.exclude"])) {
            try meaning("get", "take.exlude")
        }
    }

    @Test func whatWouldNotBeReadIsNotWritten() {
        #expect(throws: UsageError.self) { try meaning("set", "take.compression", "zip") }
        #expect(throws: UsageError.self) { try meaning("set", "--add", "pager", "less") }
        #expect(throws: UsageError.self) { try meaning("set", "--store", "pager", "less") }
        #expect(throws: UsageError.self) { try meaning("set", "alias.x", "a 'b") }
        #expect(throws: UsageError.self) { try meaning("set", "alias.take", "list") }
        #expect(throws: Never.self) { try meaning("set", "alias.st", "status --short") }
    }

    @Test func aLineOfAListIsOneOfAFile() {
        let setting = ConfigurationSetting(
            key: "take.exclude", value: bytes(" a\n"), level: .user, file: bytes("/h/a b"), line: 3)
        func line(_ hasOrigin: Bool, _ isZero: Bool) -> String {
            String(decoding: ConfigCommand.line(setting, hasOrigin: hasOrigin, isZero: isZero), as: UTF8.self)
        }
        #expect(line(false, false) == "take.exclude = \\x20a\\x0a\n")
        #expect(line(true, false) == "user:/h/a b\ttake.exclude = \\x20a\\x0a\n")
        #expect(line(false, true) == "take.exclude\n a\n\0")
        #expect(line(true, true) == "user:/h/a b\0take.exclude\n a\n\0")
        let json = #"{"file":"/h/a b","key":"take.exclude","level":"user","line":3,"value":" a\n"}"#
        #expect(ConfigCommand.json(setting).text == json + "\n")
    }

    @Test func anEditorIsNamedOrThereIsATerminal() {
        func editor(_ variables: [String: String], _ hasTerminal: Bool) -> [UInt8]? {
            ConfigurationEdit.editor(environment: { variables[$0].map { bytes($0) } }, hasTerminal: hasTerminal)
        }
        #expect(editor(["VISUAL": "code -w", "EDITOR": "ed"], false) == bytes("code -w"))
        #expect(editor(["VISUAL": "", "EDITOR": "ed"], false) == bytes("ed"))
        #expect(editor([:], true) == bytes("vi"))
        #expect(editor(["EDITOR": ""], false) == nil)
    }

    /// A setting is switched on by taking its '#' away; what has no effect in a file is not offered there.
    @Test(arguments: ConfigurationLevel.allCases)
    func aNewFileExplainsItsSettings(_ level: ConfigurationLevel) throws {
        let template = ConfigurationEdit.template(for: level)
        let lines = String(decoding: template, as: UTF8.self).split(separator: "\n")
        for key in ConfigurationKey.all {
            let isOffered = lines.contains { $0.hasPrefix("# \(key.name) = ") }
            #expect(isOffered == (level != .store || !key.isTrustedOnly), "\(key.name)")
        }
        #expect(try ConfigurationText(parsing: template).entries.isEmpty)
    }
}

@Suite struct UserSettingsTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test(
        arguments: [
            (["XDG_CONFIG_HOME": "/x", "HOME": "/h"], "/x/snap/config"), (["HOME": "/h"], "/h/.config/snap/config"),
            (["XDG_CONFIG_HOME": "", "HOME": "/h/"], "/h/.config/snap/config"), (["HOME": "/"], "/.config/snap/config"),
            (["XDG_CONFIG_HOME": "x", "HOME": "/h"], "/h/.config/snap/config"), (["HOME": "h"], nil),
            (["HOME": ""], nil),
            ([:], nil),
        ] as [([String: String], String?)])
    func theUsersFileIsWhereOthersAre(_ variables: [String: String], _ path: String?) {
        let files = UserConfiguration.located { variables[$0].map { bytes($0) } }
        #expect(files.user == path.map { bytes($0) })
        #expect(files.system == bytes("/etc/snap/config"))
    }

    @Test func theFirstThatSaysSomethingDecidesOnColour() {
        func isColoured(
            _ option: ColourChoice?, noColour: String? = nil, forced: String? = nil, _ configured: ColourChoice? = nil,
            isTerminal: Bool, terminal: String? = "xterm"
        ) -> Bool {
            colourIsWanted(
                option: option, isTerminal: isTerminal, noColour: noColour.map { bytes($0) },
                forced: forced.map { bytes($0) }, configured: { configured }, terminal: terminal.map { bytes($0) })
        }
        // The option.
        #expect(isColoured(.always, noColour: "1", .never, isTerminal: false, terminal: "dumb"))
        #expect(!isColoured(.never, forced: "1", .always, isTerminal: true))
        // The environment; who wants none has none.
        #expect(!isColoured(nil, noColour: "1", forced: "1", .always, isTerminal: true))
        #expect(isColoured(nil, noColour: "", forced: "1", .never, isTerminal: false, terminal: nil))
        #expect(!isColoured(nil, forced: "0", isTerminal: false))
        #expect(!isColoured(.auto, noColour: "1", isTerminal: true))
        // What is configured, unless 'auto' was asked for.
        #expect(isColoured(nil, .always, isTerminal: false))
        #expect(!isColoured(nil, .never, isTerminal: true))
        #expect(!isColoured(.auto, .always, isTerminal: false))
        // The terminal.
        #expect(isColoured(nil, .auto, isTerminal: true))
        #expect(!isColoured(nil, isTerminal: false))
        #expect(!isColoured(nil, isTerminal: true, terminal: "dumb"))
    }

    @Test func thePagerIsTheUsersFirst() {
        func pager(_ variables: [String: String], _ configured: String? = nil, hasLess: Bool = true) -> String? {
            let all = variables.merging(["TERM": "xterm"]) { given, _ in given }
            let command = Pager.command(
                environment: { all[$0].map { bytes($0) } }, configured: { configured.map { bytes($0) } },
                hasProgram: { _ in hasLess })
            return command.map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(pager(["SNAP_PAGER": "a", "PAGER": "c"], "b") == "a")
        #expect(pager(["PAGER": "c"], "b") == "b")
        #expect(pager(["PAGER": "c"]) == "c")
        #expect(pager([:]) == "less")
        #expect(pager([:], hasLess: false) == nil)
        #expect(pager(["PAGER": "c"], "") == nil)
        #expect(pager(["SNAP_PAGER": ""], "b") == nil)
        #expect(pager([:], "cat") == nil)
        #expect(pager(["TERM": "dumb"], "b") == nil)
        #expect(pager(["TERM": ""], "b") == nil)
    }

    @Test func anAliasIsKnownByItsName() {
        var configuration = StoreConfiguration()
        configuration.aliases = ["st": bytes("status --short"), "x": bytes("!echo")]
        let aliases = Aliases(configuration)
        #expect(aliases.names == ["st", "x"])
        #expect(aliases.line("st") == .words([bytes("status"), bytes("--short")]))
        #expect(aliases.line("x") == .shell(bytes("echo")))
        #expect(aliases.line("status") == nil)
    }
}
