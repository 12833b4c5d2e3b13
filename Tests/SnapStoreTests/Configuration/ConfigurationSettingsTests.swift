// Settings of the system, the user and the store hold together, later ones before earlier ones; what could be somebody else's runs nothing.

import SnapSystem
import Testing

@testable import SnapStore

@Suite struct ConfigurationSettingsTests {
    private let bed: StoreBed

    init() throws {
        bed = try StoreBed()
        try bed.initialize("w")
        for name in ["system", "user"] { try bed.directory(name) }
    }

    private var files: ConfigurationFiles {
        ConfigurationFiles(system: bed.bytes("system/config"), user: bed.bytes("user/config"))
    }

    private func open() throws -> WorkingDirectory {
        try WorkingDirectory.open(containing: bed.bytes("w"), configurationFiles: files)
    }

    private func write(_ level: ConfigurationLevel, _ text: String) throws {
        let name = level == .store ? "w/.snapstore/config" : "\(level.name)/config"
        try bed.write(text, name)
        try bed.shell("chmod 600 \(name)")
    }

    @Test func filesThatAreNotThereSetNothing() throws {
        #expect(try open().configuration() == StoreConfiguration())
        let nowhere = ConfigurationFiles(system: bed.bytes("x/y"), user: bed.bytes("w/.snapstore/id/config"))
        #expect(try ConfigurationSettings.read(nowhere).configuration == StoreConfiguration())
    }

    @Test func aLaterLevelWinsAndRepeatedKeysAddUp() throws {
        try write(.system, "take.exclude = *.s\nstore.max-size = 1G\ntake.compression = lz4\npager = more\n")
        try write(.user, "take.exclude = *.u\nstore.max-size = 2G\npager = most\n")
        try write(.store, "take.exclude = *.t\nstore.max-size = none\n")
        let configuration = try open().configuration()
        #expect(configuration.exclude == ["*.s", "*.u", "*.t"].map { Array($0.utf8) })
        #expect(configuration.maximumSize == nil)
        #expect(configuration.compression == .lz4)
        #expect(configuration.pager == Array("most".utf8))
        #expect(configuration.notes.isEmpty)
    }

    @Test func eachSettingKnowsWhereItStands() throws {
        try write(.user, "# mine\n\ncolor = never\n")
        try write(.store, "take.exclude = a\ntake.exclude = b\n")
        let settings = try open().settings()
        #expect(settings.all.map(\.level) == [.user, .store, .store])
        #expect(settings.all.map(\.line) == [3, 1, 2])
        #expect(settings.all[0].file == bed.bytes("user/config"))
        let exclude = try #require(ConfigurationKey.named("take.exclude"))
        #expect(settings.inForce(exclude, named: "take.exclude").map(\.value) == [[0x61], [0x62]])
        #expect(try open().ownSettings().all.map(\.level) == [.store, .store])
    }

    @Test func aStoreRunsNothing() throws {
        try write(.store, "pager = evil\nalias.st = !evil\ncolor = always\nstore.max-size = 5\n")
        let configuration = try open().configuration()
        #expect(configuration.pager == nil && configuration.aliases.isEmpty && configuration.colour == nil)
        #expect(configuration.maximumSize == 5)
        #expect(configuration.notes.count == 3)
        #expect(configuration.notes[0].contains("'pager'"))
    }

    @Test(arguments: ["620", "602", "666"])
    func aFileThatOthersMayWriteIsNotUsed(_ mode: String) throws {
        try write(.user, "pager = most\n")
        try bed.shell("chmod \(mode) user/config")
        let configuration = try open().configuration()
        #expect(configuration.pager == nil)
        #expect(configuration.notes.count == 1 && configuration.notes[0].contains("others may write to it"))
    }

    @Test func aFileOfAnotherUserIsNotUsed() throws {
        try write(.user, "pager = most\n")
        if SnapSystem.Process.effectiveUser == 0 { try bed.shell("chown 12345 user/config") }
        let file = try FileDescriptor.open(bed.bytes("user/config"), [.read])
        let facts = try file.facts().0
        #expect(TrustedFile.reasonAgainst(facts, user: 4711)?.contains("another user") == true)
        if SnapSystem.Process.effectiveUser == 0 { #expect(try open().configuration().pager == nil) }
    }

    @Test func whatIsNoFileIsNotUsed() throws {
        try bed.shell("mkfifo user/config && mkdir system/config")
        let notes = try open().configuration().notes
        #expect(notes.count == 2 && notes.allSatisfy { $0.contains("not a regular file") })
    }

    @Test func aLinkToAFileIsFollowed() throws {
        try write(.user, "color = never\n")
        try bed.shell("mv user/config user/real && ln -s real user/config")
        #expect(try open().configuration().colour == .never)
    }

    @Test func aMistakeNamesItsFileAndLine() throws {
        for (text, reason) in [
            ("color = never\n\nword\n", "line 3 is not 'key = value'"),
            ("# one\ncolor = green\n", "line 2: 'color' must be auto, always or never"),
        ] {
            try write(.user, text)
            guard case .invalidConfiguration(let file, reason) = failure({ _ = try open().configuration() }) else {
                Issue.record("'\(text)' was taken")
                continue
            }
            #expect(file == bed.path + "/user/config")
        }
    }

    @Test func anUnknownKeyIsNotedWithTheNearest() throws {
        try write(.user, "take.exlude = *.o\n")
        let notes = try open().configuration().notes
        #expect(notes.count == 1 && notes[0].hasSuffix("did you mean 'take.exclude'?"))
    }

    /// What a take leaves out by the user's patterns is in its manifest, so that a revert knows it.
    @Test func mergedPatternsAreTheRulesOfATake() throws {
        try write(.user, "take.exclude = *.u\n")
        try write(.store, "take.exclude = *.t\n")
        try bed.shell("touch w/a.u w/b.t w/c")
        let directory = try open()
        let report = try directory.take(TakeOptions(), observer: Observer())
        #expect(report.statistics.files == 1)
        #expect(Set(report.leftOut.map(\.rule)) == ["take.exclude: *.u", "take.exclude: *.t"])
        #expect(try directory.manifest(report.id).rules.exclude == ["*.u", "*.t"])
        // Without the user's, it is another state, although no file changed.
        let store = try bed.open("w")
        #expect(try store.take(TakeOptions(), observer: Observer()).statistics.files == 2)
    }
}

@Suite struct ConfigurationTargetTests {
    private let bed: StoreBed

    init() throws {
        bed = try StoreBed()
    }

    private func user(_ name: String = "home/.config/snap/config") -> ConfigurationTarget {
        ConfigurationTarget(.user, path: bed.bytes(name))
    }

    /// Sets the colour; whether that wrote something.
    private func setColour(_ target: ConfigurationTarget) throws -> Bool {
        try target.change { $0.set("color", [Array("never".utf8)]) }
    }

    @Test func aUsersFileIsMadeForTheUserAlone() throws {
        try bed.directory("home")
        #expect(try setColour(user()))
        #expect(try bed.text("home/.config/snap/config") == "color = never\n")
        #expect(try bed.mode("home/.config/snap/config") == 0o600)
        #expect(try bed.mode("home/.config/snap") == 0o700)
        #expect(try bed.mode("home/.config") == 0o700)
        #expect(try bed.names("home/.config/snap") == ["config"])
    }

    @Test func theSystemsFileIsForAll() throws {
        let target = ConfigurationTarget(.system, path: bed.bytes("etc/snap/config"))
        #expect(try setColour(target))
        #expect(try bed.mode("etc/snap/config") == 0o644)
    }

    @Test func nothingIsMadeWhereNothingIsWritten() throws {
        let isChanged = try user().change { _ = $0.remove("color") }
        #expect(!isChanged)
        #expect(!bed.exists("home"))
    }

    @Test func modeAndLinkStay() throws {
        try bed.directory("home/dotfiles")
        try bed.write("color = auto\n", "home/dotfiles/snap")
        try bed.shell("chmod 640 home/dotfiles/snap && ln -s dotfiles/snap home/config")
        #expect(try setColour(user("home/config")))
        #expect(try !setColour(user("home/config")))
        #expect(try bed.text("home/dotfiles/snap") == "color = never\n")
        #expect(try bed.mode("home/dotfiles/snap") == 0o640)
        try bed.shell("test -L home/config")
    }

    @Test func aFileThatWouldNotBeUsedIsNotWritten() throws {
        try bed.directory("home")
        try bed.write("color = auto\n", "home/config")
        try bed.shell("chmod 666 home/config")
        #expect(failure { _ = try setColour(user("home/config")) }?.word == "system")
        #expect(try bed.text("home/config") == "color = auto\n")
    }

    @Test func aLinkToNothingStays() throws {
        try bed.directory("home")
        try bed.shell("ln -s nowhere home/config")
        #expect(failure { _ = try setColour(user("home/config")) }?.word == "system")
        try bed.shell("test -L home/config")
        #expect(try bed.names("home") == ["config"])
    }

    @Test func aStoresFileIsWrittenInTheStore() throws {
        try bed.initialize("w")
        let target = ConfigurationTarget(of: try bed.open("w"))
        #expect(target.level == .store && target.path == bed.bytes("w/.snapstore/config"))
        #expect(try target.read() == nil)
        let isChanged = try target.change { $0.add("take.exclude", Array("*.o".utf8)) }
        #expect(isChanged)
        #expect(try bed.open("w").configuration().exclude == [Array("*.o".utf8)])
        #expect(try bed.mode("w/.snapstore/config") == 0o600)
        let isChangedAgain = try target.change { _ in }
        #expect(!isChangedAgain)
    }

    @Test func whatSomebodyElseWroteMeanwhileIsNotReplaced() throws {
        try bed.initialize("w")
        let target = ConfigurationTarget(of: try bed.open("w"))
        try bed.write("take.exclude = a\n", "w/.snapstore/config")
        #expect(try !target.replace(nil, with: Array("x = y\n".utf8)))
        #expect(try bed.text("w/.snapstore/config") == "take.exclude = a\n")
        #expect(try target.replace(Array("take.exclude = a\n".utf8), with: []))
        #expect(try bed.text("w/.snapstore/config") == "")
    }
}
