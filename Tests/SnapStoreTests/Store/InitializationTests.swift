// `init` makes a whole store, for its owner's eyes alone, and only where one is meant to be.

import Foundation
import SnapSystem
import Testing

@testable import SnapStore

@Suite struct InitializationTests {
    @Test func makesWhatTheFormatDescribes() throws {
        let bed = try StoreBed()
        let report = try bed.initialize("w")
        #expect(report.isNew)
        #expect(report.path == bed.bytes("w"))
        #expect(report.store == bed.bytes("w/.snapstore"))
        let id = try bed.text("w/.snapstore/id")
        #expect(id.count == 33 && id.last == "\n" && id.dropLast().allSatisfy { $0.isHexDigit && !$0.isUppercase })
        #expect(try bed.text("w/.snapstore/.gitignore") == "*\n")
        let start = """
            version = snapstore 1
            hash = sha256
            chunker = fastcdc
            chunker.min = 16384
            chunker.average = 65536
            chunker.max = 262144
            chunker.seed = 0
            required =\u{20}
            optional =\u{20}
            checksum =\u{20}
            """
        #expect(try bed.text("w/.snapstore/format").hasPrefix(start))
        let names = try bed.names("w/.snapstore")
        #expect(names == [".gitignore", "directories", "format", "id", "lock", "packs", "staging", "tmp"])
        #expect(try bed.names("w/.snapstore/directories/\(id.dropLast())") == ["about", "timelines"])
        #expect(try bed.text("w/.snapstore/directories/\(id.dropLast())/about").hasPrefix("path = \(bed.path)/w\n"))
        #expect(try bed.names("w") == [".snapstore"])
    }

    @Test func isForTheOwnerAloneWhateverTheUmask() async {
        await #expect(processExitsWith: .success) {
            let bed = try StoreBed()
            try bed.directory("w")
            try bed.directory("v")
            umask(0o777)
            let inner = failure { try bed.initialize("w") }
            let elsewhere = failure { try bed.initialize("v", store: "s") }
            umask(0o022)
            try #require(inner == nil && elsewhere == nil)
            for name in ["w/.snapstore", "v/.snapstore", "s"] {
                try #require(bed.mode(name) == 0o700)
                for file in try bed.allFiles(name) {
                    var isDirectory: ObjCBool = false
                    _ = FileManager.default.fileExists(atPath: "\(bed.path)/\(file)", isDirectory: &isDirectory)
                    try #require(bed.mode(file) == (isDirectory.boolValue ? 0o700 : 0o600), "\(file)")
                }
            }
        }
    }

    @Test func changesNothingTheSecondTime() throws {
        let bed = try StoreBed()
        try bed.initialize("w")
        let before = try bed.allFiles("w")
        let id = try bed.text("w/.snapstore/id")
        #expect(try bed.initialize("w").isNew == false)
        #expect(try bed.text("w/.snapstore/id") == id)
        #expect(try bed.allFiles("w") == before)
    }

    @Test func manyAtOnceMakeOneStore() throws {
        for round in 0..<20 {
            let bed = try StoreBed(isFast: true)
            let path = try bed.directory("w")
            let made = Monitor<[InitReport]>([])
            Workers.run(8) { _ in
                var options = InitOptions()
                if round % 2 == 1 { options.store = bed.bytes("s") }
                guard let report = try? WorkingDirectory.initialize(at: path, options) else { return }
                made.withLock { $0.append(report) }
            }
            #expect(made.withLock { $0.count } == 8)
            #expect(made.withLock { $0.count { $0.isNew } } == 1)
            #expect(try bed.names("w") == [".snapstore"])
            #expect(try bed.open("w").layout.roomIDs().count == 1)
        }
    }

    @Test func severalDirectoriesShareAStore() throws {
        let bed = try StoreBed()
        let first = try bed.initialize("a", store: "s")
        let second = try bed.initialize("b", store: "s/")
        #expect(first.isNew && second.isNew)
        #expect(first.store == bed.bytes("s") && second.store == bed.bytes("s"))
        let (a, b) = (try bed.open("a"), try bed.open("b"))
        #expect(a.id != b.id)
        #expect(try bed.names("s/directories") == [a.id, b.id].sorted())
        #expect(try bed.names("a/.snapstore") == [".gitignore", "id", "staging", "store"])
        #expect(try bed.text("a/.snapstore/store") == "\(bed.path)/s\n")
        try a.append(someEvent(.take, someID(1)))
        #expect(try a.list().count == 1)
        #expect(try b.list().isEmpty)
        #expect(try bed.initialize("a", store: "s").isNew == false)
    }

    /// Often, because it is about moments.
    @Test func manyAtOnceShareAStoreThatIsNotThereYet() throws {
        for _ in 0..<20 {
            let bed = try StoreBed(isFast: true)
            for number in 0..<6 { try bed.directory("w\(number)") }
            let failures = Monitor<[String]>([])
            Workers.run(6) { number in
                var options = InitOptions()
                options.store = bed.bytes("s")
                do { _ = try WorkingDirectory.initialize(at: bed.bytes("w\(number)"), options) } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
            #expect(failures.withLock { $0 } == [])
            #expect(try Set((0..<6).map { try bed.open("w\($0)").id }).count == 6)
        }
    }

    @Test func aStoreInsideAWorkingDirectoryTakesOthersToo() throws {
        let bed = try StoreBed()
        try bed.initialize("a")
        try bed.initialize("b", store: "a/.snapstore")
        #expect(try bed.open("b").store == bed.bytes("a/.snapstore"))
        #expect(try bed.open("a").id != bed.open("b").id)
    }

    @Test func refusesAPlaceForTheStoreThatHoldsOtherThings() throws {
        let bed = try StoreBed()
        try bed.directory("s")
        try bed.write("mine", "s/file")
        #expect(failure { try bed.initialize("w", store: "s") }?.word == "notEmpty")
        #expect(try bed.names("s") == ["file"])
        #expect(!bed.exists("w/.snapstore"))
        try bed.directory("empty")
        #expect(failure { try bed.initialize("empty", store: "empty") }?.word == "notEmpty")
        #expect(failure { try bed.initialize("w", store: "missing/s") }?.word == "system")
    }

    @Test func refusesAnotherStoreThanTheOneThatIs() throws {
        let bed = try StoreBed()
        try bed.initialize("w")
        #expect(failure { try bed.initialize("w", store: "s") }?.word == "alreadyExists")
        #expect(!bed.exists("s"))
    }

    @Test func refusesPlacesThatNobodyMeans() throws {
        let bed = try StoreBed()
        let home = try bed.directory("home")
        try bed.shell("ln -s home link")
        var options = InitOptions()
        options.homeDirectory = bed.bytes("link")
        #expect(failure { _ = try WorkingDirectory.initialize(at: home, options) }?.word == "refused")
        #expect(failure { _ = try WorkingDirectory.initialize(at: [0x2F], options) }?.word == "refused")
        #expect(!FileManager.default.fileExists(atPath: "/.snapstore"))
        options.force = true
        #expect(try WorkingDirectory.initialize(at: home, options).isNew)

        try bed.initialize("w", store: "s")
        for place in ["s", "s/packs", "home/.snapstore/directories", "w/.snapstore", "w/.snapstore/staging"] {
            #expect(failure { try bed.initialize(place) }?.word == "refused", "\(place)")
        }
        #expect(failure { try bed.initialize("v", store: "s/packs/t") }?.word == "refused")
        #expect(try bed.names("s/packs") == [])
    }

    @Test func aPointerToNothingIsAnError() throws {
        let bed = try StoreBed()
        try bed.initialize("w", store: "s")
        try bed.shell("mv s t")
        #expect(failure { try bed.initialize("w") }?.word == "storeMissing")
        #expect(failure { try bed.initialize("w", store: "s") }?.word == "storeMissing")
        #expect(failure { _ = try bed.open("w") }?.word == "storeMissing")
        #expect(!bed.exists("s"))
        try bed.shell("ln -s t s")
        _ = try bed.open("w")
    }

    @Test(arguments: ["w/.git", ".git"]) func noticesGit(_ git: String) throws {
        let bed = try StoreBed()
        try bed.directory(git)
        #expect(try bed.initialize("w").isInsideGit)
        #expect(try bed.initialize("v").isInsideGit == (git == ".git"))
    }

    @Test func leftoversOfTheDeadGoAndThoseOfTheLivingStay() throws {
        let bed = try StoreBed()
        try bed.directory("w/.snapstore.new-dead/packs")
        try bed.write("x", "w/.snapstore.new-dead/format")
        let living = try FileDescriptor.open(try bed.directory("w/.snapstore.new-living"), [.read, .directory])
        #expect(try living.lock(exclusive: true, waiting: false))
        try bed.initialize("w")
        #expect(try bed.names("w") == [".snapstore", ".snapstore.new-living"])
        _ = consume living
    }
}
