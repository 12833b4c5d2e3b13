// A setting is used as it is meant, or is an error that names it.

import SnapSystem
import Testing

@testable import SnapStore

@Suite struct StoreConfigurationTests {
    private func parse(_ text: String) throws(StoreError) -> StoreConfiguration {
        try StoreConfiguration(parsing: Array(text.utf8), file: "config")
    }

    @Test func absentIsTheStandard() throws {
        let bed = try StoreBed()
        try bed.initialize("w")
        #expect(try bed.open("w").configuration() == StoreConfiguration())
        try bed.write("store.max-size = 5\n", "w/.snapstore/config")
        #expect(try bed.open("w").configuration().maximumSize == 5)
    }

    @Test func readsWhatPeopleWrite() throws {
        let configuration = try parse(
            """
            # what is not wanted
            take.exclude = *.o
              take.exclude=build/

            take.compression = zstd:9
            take.one-file-system = true
            store.max-size = 20G
            store.min-free = 5%
            colour = green
            """)
        #expect(configuration.exclude == [Array("*.o".utf8), Array("build/".utf8)])
        #expect(configuration.compression == .zstd(level: 9))
        #expect(configuration.oneFileSystem)
        #expect(configuration.maximumSize == 20 << 30)
        #expect(configuration.minimumFree == .percent(5))
        #expect(configuration.notes.count == 1 && configuration.notes[0].contains("'colour'"))
    }

    @Test(arguments: [
        "take.compression = zip", "take.one-file-system = maybe", "store.max-size = much", "store.max-size = 99999999T",
        "store.max-size = -1", "store.max-size = 5%", "store.min-free = 101%", "store.min-free = %",
        "store.max-size = G",
        "store.max-size =",
    ])
    func aValueThatCannotBeUsedIsAnErrorThatNamesItsKey(_ line: String) {
        guard case .invalidConfiguration("config", let reason) = failure({ _ = try parse(line + "\n") }) else {
            Issue.record("'\(line)' was taken")
            return
        }
        #expect(reason.contains("'\(line.prefix { $0 != " " })'"))
    }

    @Test func aLineThatIsNoSettingIsAnError() {
        #expect(failure { _ = try parse("take.exclude\n") }?.word == "invalidConfiguration")
    }

    @Test func theFloorIsTheGreaterOfOneGibibyteAndTwoPercent() {
        let standard = StoreConfiguration.Floor.standard
        #expect(standard.bytes(ofTotal: 10 << 30) == 1 << 30)
        #expect(standard.bytes(ofTotal: 1 << 40) == (1 << 40) / 50)
        #expect(StoreConfiguration.Floor.bytes(7).bytes(ofTotal: 1 << 40) == 7)
        #expect(StoreConfiguration.Floor.percent(100).bytes(ofTotal: .max) == .max)
    }
}
