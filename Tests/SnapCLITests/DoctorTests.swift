// What `snap doctor` makes of what was found: what is a problem, what a note, and hints that can be pasted.

import Testing

@testable import SnapCLI
@testable import SnapStore

/// A revert of which nothing matters but that it is unfinished.
enum UnfinishedRevertSample {
    static let value = UnfinishedRevert(event: .revert, target: .zero, former: .zero, time: Timestamp(seconds: 0))
}

@Suite struct DoctorTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let path = Array("/w/a b".utf8)
    private static let store = Array("/w/a b/.snapstore".utf8)

    private static func fileSystem(_ number: UInt32, attributes: Bool? = true, device: UInt64 = 1)
        -> HealthReport.FileSystem
    {
        HealthReport.FileSystem(
            kind: FileSystemKind(number: number), isReadOnly: false, hasAttributes: attributes, device: device,
            inodes: 0, freeInodes: 0)
    }

    /// Everything is well.
    private func healthy() -> HealthReport {
        let own = Self.fileSystem(0xEF53)
        var report = HealthReport(
            path: Self.path, store: Self.store, home: Self.store, directoryFileSystem: .success(own),
            storeFileSystem: .success(own),
            space: .success(.init(packs: 1 << 20, packCount: 2, limit: nil, free: 1 << 40, floor: 1 << 30)),
            history: .success(.init(snapshots: 3, latest: Self.now)),
            access: .success(.init(owner: 7, faults: [], faultCount: 0)), locks: [], unfinished: .success(nil),
            leftovers: .success(.init()), settings: .success([]), check: .success(VerifyReport()))
        report.lastFullCheck = MaintenanceEvent(time: Self.now, result: "clean")
        return report
    }

    private func findings(_ report: HealthReport) -> [DoctorFinding] {
        HealthWords(report, now: Self.now, hasCollection: false).findings
    }

    private func finding(_ subject: String, _ report: HealthReport) throws -> DoctorFinding {
        try #require(findings(report).first { $0.subject == subject })
    }

    @Test func whatIsWellIsOK() {
        let found = findings(healthy())
        #expect(found.allSatisfy { $0.level == .ok && $0.hints.isEmpty }, "\(found)")
        #expect(DoctorPage.summary(found) == "no problems")
        let lines = DoctorPage.lines([found[0], DoctorFinding(.problem, "revert", "x", hints: ["snap log"])])
        #expect(
            lines == [
                "ok       store   '/w/a b/.snapstore' keeps the states of '/w/a b'", "problem  revert  x",
                "                 hint: snap log",
            ])
    }

    @Test func spaceIsMeasuredByItsLimits() throws {
        var report = healthy()
        report.space = .success(.init(packs: 0, packCount: 0, limit: nil, free: 5, floor: 10))
        let low = try finding("space", report)
        #expect(low.level == .problem)
        #expect(low.hints == ["df -h '/w/a b/.snapstore'"])
        report.space = .success(.init(packs: 0, packCount: 0, limit: nil, free: 11, floor: 10))
        #expect(try finding("space", report).level == .note)
        report.space = .success(.init(packs: 100, packCount: 1, limit: 100, free: 1000, floor: 10))
        #expect(try finding("space", report).level == .problem)
        report.space = .success(.init(packs: 90, packCount: 1, limit: 100, free: 1000, floor: 10))
        #expect(try finding("space", report).level == .note)
        report.space = .success(.init(packs: 89, packCount: 1, limit: 100, free: 1000, floor: 10))
        #expect(try finding("space", report).level == .ok)
    }

    @Test func whatIsNotClosedIsAProblemOnlyOutside() throws {
        var report = healthy()
        let inner = Self.store + Array("/packs".utf8)
        report.access = .success(
            .init(
                owner: 7,
                faults: [
                    .init(path: Self.store, fault: .isOpen(0o755)), .init(path: inner, fault: .isOpen(0o755)),
                    .init(path: inner, fault: .owner(8)), .init(path: inner, fault: .isClosed(0o300)),
                ], faultCount: 4))
        let found = findings(report).filter { $0.subject == "access" }
        #expect(found.map(\.level) == [.problem, .note, .problem, .problem])
        #expect(
            found.flatMap(\.hints) == [
                "chmod 700 '/w/a b/.snapstore'", "chmod 700 '/w/a b/.snapstore/packs'",
                "sudo chown 7 '/w/a b/.snapstore/packs'", "chmod u+rwX '/w/a b/.snapstore/packs'",
            ])
    }

    @Test func fileSystemsAreToldOnceWhereTheyAreOne() throws {
        var report = healthy()
        #expect(findings(report).filter { $0.subject == "file system" }.map(\.text) == ["ext4"])
        report.storeFileSystem = .success(Self.fileSystem(0x6969, device: 2))
        var found = findings(report).filter { $0.subject == "file system" }
        #expect(found.map(\.level) == [.ok, .note])
        #expect(found[1].text == "of the store: nfs; its files are on another machine, whose locks must work")
        let bare = Self.fileSystem(0x2011_BAB0, attributes: false)
        report.directoryFileSystem = .success(bare)
        report.storeFileSystem = .success(bare)
        found = findings(report).filter { $0.subject == "file system" }
        #expect(found.count == 1 && found[0].level == .note)
        #expect(found[0].text.contains("names cannot be exchanged") && found[0].text.contains("extended attributes"))
        #expect(FileSystemKind(number: 0x1234).name == "type 0x1234")
    }

    @Test func whatIsUnderWayIsNamed() throws {
        var report = healthy()
        report.unfinished = .success(UnfinishedRevertSample.value)
        report.leftovers = .success(.init(packs: 1, packBytes: 2048, staged: 4, kept: 1))
        #expect(try finding("revert", report).hints == UnfinishedRevert.waysOut)
        var texts = findings(report).filter { $0.subject == "leftovers" }.map(\.text)
        #expect(texts.count == 2, "what is staged belongs to the revert")
        report.unfinished = .success(nil)
        texts = findings(report).filter { $0.subject == "leftovers" }.map(\.text)
        #expect(
            texts == [
                "1 file of takes that did not end, 2.0 KiB", "4 entries in 'staging', of a revert that is over",
                "1 entry in 'staging' that a revert found and no snapshot has",
            ])
        report.locks = [
            .init(
                subject: .directory(isThis: true), isExclusive: false, isWaiting: false, process: 12,
                processName: Array("snap\u{1B}".utf8)),
            .init(subject: .epoch, isExclusive: false, isWaiting: false, process: 12, processName: nil),
            .init(subject: .gc, isExclusive: true, isWaiting: false, process: nil, processName: nil),
            .init(subject: .configuration, isExclusive: true, isWaiting: true, process: nil, processName: nil),
        ]
        let locks = findings(report).filter { $0.subject == "locks" }
        #expect(
            locks.map(\.text) == [
                #"process 12 (snap\033) takes a snapshot"#,
                "a process that is not to be seen from here collects or merges packs",
                "a process that is not to be seen from here waits, and then changes settings",
            ])
        #expect(locks.map(\.hints) == [["ps -fp 12"], [], []])
        let revert = HealthReport.Lock.Subject.directory(isThis: true)
        report.locks = [.init(subject: revert, isExclusive: true, isWaiting: false, process: 12, processName: nil)]
        texts = findings(report).filter { $0.subject == "leftovers" }.map(\.text)
        #expect(texts.count == 2, "what is staged belongs to the one that is under way")
        report.locks = nil
        #expect(try finding("locks", report).level == .note)
    }

    @Test func damageAndNeglectAreNamed() throws {
        var report = healthy()
        var check = VerifyReport()
        check.damages = [.init(file: "packs/x", what: "checksum")]
        report.check = .success(check)
        #expect(try finding("objects", report).level == .problem)
        report.lastFullCheck = nil
        #expect(try finding("upkeep", report).level == .note)
        report.lastFullCheck = MaintenanceEvent(time: Timestamp(seconds: 1_700_000_000), result: "clean")
        #expect(try finding("upkeep", report).level == .note)
        report.lastFullCheck = MaintenanceEvent(time: Self.now, result: "damage found")
        #expect(try finding("upkeep", report).level == .problem)
        report.history = .success(.init(snapshots: 0, latest: nil))
        report.lastFullCheck = nil
        #expect(!findings(report).contains { $0.subject == "upkeep" })
        report.settings = .success(["the setting 'x' is not known and has no effect"])
        #expect(try finding("settings", report).hints == [#""${EDITOR:-vi}" '/w/a b/.snapstore/config'"#])
        report.settings = .failure(.invalidConfiguration(file: "/s/config", reason: "line 1"))
        #expect(try finding("settings", report).level == .problem)
    }

    @Test func theClockIsComparedWithTheNewestEvent() {
        func level(_ latest: Int64?, isFixed: Bool = false) -> [DoctorFinding.Level] {
            SurroundingsWords.clock(Self.now, isFixed: isFixed, latest: latest.map { Timestamp(seconds: $0) })
                .map(\.level)
        }
        #expect(level(nil) == [.ok])
        #expect(level(Self.now.seconds + 60) == [.ok])
        #expect(level(Self.now.seconds + 61) == [.problem])
        #expect(level(Self.now.seconds - 6 * 365 * 86_400) == [.note])
        #expect(level(Self.now.seconds, isFixed: true) == [.note])
        #expect(level(.max) == [.problem] && level(.min) == [.note])
        #expect(
            SurroundingsWords.clock(Timestamp(seconds: 0), isFixed: false, latest: nil).map(\.level) == [.problem])
    }

    @Test func theSurroundingsAreTold() {
        var around = Surroundings()
        around.executable = Array("/opt/my snap/bin/snap".utf8)
        around.found = Array("/usr/bin/snap".utf8)
        around.shell = "zsh"
        var found = SurroundingsWords.findings(around)
        #expect(found.map(\.level) == [.ok, .note, .note])
        #expect(found[1].hints == [#"export PATH='/opt/my snap/bin':"$PATH""#])
        #expect(found[2].hints == ["snap help completion"])
        around.isFoundThis = true
        around.completions = Array("/x/_snap".utf8)
        found = SurroundingsWords.findings(around)
        #expect(found.map(\.level) == [.ok, .ok, .ok])
        around.openFileLimit = 200
        around.stackLimit = 1 << 16
        #expect(SurroundingsWords.limits(around, packs: 100).map(\.level) == [.problem, .note])
        #expect(SurroundingsWords.limits(around, packs: 100)[0].hints == ["sudo prlimit --pid $$ --nofile=1024"])
        around.openFileLimit = 1024
        around.stackLimit = nil
        #expect(SurroundingsWords.limits(around, packs: 100).map(\.text) == ["1,024 open files"])
    }

    @Test func completionsAreLookedForInTheUsersPlacesFirst() {
        let environment = ["HOME": "/home/u", "XDG_DATA_HOME": "relative", "FPATH": "/f1:/f2"]
        func places(_ shell: String) -> [String] {
            Surroundings.completionPlaces(for: shell, executable: Array("/opt/snap/bin/snap".utf8)) {
                environment[$0].map { Array($0.utf8) }
            }
            .map { String(decoding: $0, as: UTF8.self) }
        }
        // Only absolute paths count.
        #expect(places("bash").first == "/home/u/.local/share/bash-completion/completions/snap")
        #expect(places("bash").contains("/opt/snap/share/bash-completion/completions/snap"))
        #expect(!places("bash").contains { $0.hasPrefix("relative") })
        #expect(Array(places("zsh").prefix(2)) == ["/f1/_snap", "/f2/_snap"])
        #expect(places("fish").first == "/home/u/.config/fish/completions/snap.fish")
        #expect(places("dash").isEmpty)
    }

    @Test func theObjectsHaveTheFieldsThatHelpNames() {
        let line = DoctorPage.json(DoctorFinding(.note, "space", "x", hints: ["y"]))
        #expect(line.text == #"{"check":"space","hints":["y"],"level":"note","text":"x"}"# + "\n")
        #expect(Set(line.keys) == Set(DoctorPage.fields.map(\.term)))
    }
}
