// What is seen of a long operation: frames by a clock that is given, rates that follow, and no estimate before it is one.

import SnapStore
import Testing

@testable import SnapCLI

@Suite struct ProgressTests {
    private static let second: UInt64 = 1_000_000_000
    private static let mebibyte: UInt64 = 1 << 20

    private func count(
        _ phase: ProgressPhase = .reading, files: UInt64, bytes: UInt64 = 0, of total: ProgressTotal = ProgressTotal()
    ) -> ProgressCount {
        ProgressCount(phase: phase, files: files, bytes: bytes, total: total)
    }

    private func line(_ counts: [(UInt64, ProgressCount)]) -> String {
        var meter = ProgressMeter(start: 0)
        for (time, count) in counts { meter.note(count, at: time) }
        return ProgressFrame.line(meter, at: counts.last?.0 ?? 0)
    }

    @Test func aFrameSaysWhatIsDoneHowFastAndWhatIsLeft() {
        let total = ProgressTotal(files: 1000, bytes: 100 * Self.mebibyte)
        let start = (UInt64(0), count(files: 0, of: total))
        #expect(
            line([start, (Self.second, count(files: 100, bytes: 10 * Self.mebibyte, of: total))])
                == "reading 10%: 100 files, 10 MiB, 10 MiB/s, 9 s left")
        // Too early for a rate, and for an estimate.
        #expect(
            line([start, (3 * Self.second / 10, count(files: 10, bytes: Self.mebibyte, of: total))])
                == "reading 1%: 10 files, 1.0 MiB")
        let early = line([start, (Self.second, count(files: 10, bytes: Self.mebibyte, of: total))])
        #expect(early == "reading 1%: 10 files, 1.0 MiB, 1.0 MiB/s")
        let later = line([start, (2 * Self.second, count(files: 10, bytes: Self.mebibyte, of: total))])
        #expect(later == "reading 1%: 10 files, 1.0 MiB, 512 KiB/s, 3 min 18 s left")
    }

    @Test func phasesHaveTheirOwnWords() {
        #expect(line([(0, count(.applying, files: 2, of: ProgressTotal(files: 4)))]) == "applying 50%: 2 changes")
        #expect(line([(0, count(.walking, files: 1234))]) == "walking: 1,234 entries")
        #expect(
            line([(0, count(.checking, files: 0, bytes: 50, of: ProgressTotal(bytes: 100)))]) == "checking 50%: 50 B")
        #expect(line([(0, count(.writing, files: 1))]) == "writing: 1 file")
        #expect(line([]).isEmpty)
        let files = line([(0, count(files: 0)), (Self.second, count(files: 1000))])
        #expect(files == "reading: 1,000 files, 1,000 files/s")
    }

    @Test func whatIsMoreThanWasExpectedHasNoShare() {
        #expect(line([(0, count(files: 11, of: ProgressTotal(files: 10)))]) == "reading: 11 files")
        #expect(line([(0, count(files: 0, of: ProgressTotal(files: 0, bytes: 0)))]) == "reading: 0 files")
    }

    @Test func theRateFollowsTheLastSeconds() throws {
        var meter = ProgressMeter(start: 0)
        var bytes: UInt64 = 0
        for number in 0...20 as ClosedRange<UInt64> {
            meter.note(count(files: 0, bytes: bytes), at: number * Self.second)
            bytes += (number < 10 ? 10 : 1) * Self.mebibyte
        }
        let rate = try #require(meter.rate(at: 20 * Self.second))
        #expect(rate.bytes == Double(Self.mebibyte))
        #expect(meter.seconds(at: 20 * Self.second) == 20)
    }

    @Test func aPhaseStartsAnew() {
        var meter = ProgressMeter(start: 0)
        meter.note(count(files: 0), at: 0)
        meter.note(count(files: 900, bytes: 5), at: Self.second)
        // Late news of the same phase takes nothing back.
        meter.note(count(files: 899, bytes: 4), at: Self.second)
        #expect(meter.count == count(files: 900, bytes: 5))
        meter.note(count(.writing, files: 1), at: Self.second)
        #expect(ProgressFrame.line(meter, at: Self.second) == "writing: 1 file")
    }

    @Test func clocksAndNumbersThatCannotBeDoNoHarm() {
        var meter = ProgressMeter(start: 5)
        meter.note(count(files: .max, bytes: .max, of: ProgressTotal(files: .max, bytes: .max)), at: 9)
        meter.note(count(files: 0, bytes: 0, of: ProgressTotal(files: 1)), at: 3)
        #expect(meter.seconds(at: 0) == 0)
        #expect(meter.secondsLeft(at: 0) == nil)
        #expect(ProgressFrame.line(meter, at: .max).hasPrefix("reading 0%: 0 files"))
    }

    @Test(
        arguments: [
            (0, "0 s left"), (0.2, "1 s left"), (59.2, "1 min 0 s left"), (3599, "59 min 59 s left"),
            (7800, "2 h 10 min left"), (1e9, nil), (.nan, nil), (-1, nil), (.infinity, nil),
        ] as [(Double, String?)])
    func timesLeftAreShort(_ seconds: Double, _ text: String?) {
        #expect(ProgressFrame.leftText(seconds) == text)
    }

    @Test func programsGetOneObjectALine() {
        var meter = ProgressMeter(start: 0)
        meter.note(count(files: 10, bytes: 20, of: ProgressTotal(files: 1000, bytes: 2000)), at: Self.second)
        #expect(
            ProgressFrame.json(meter, at: 3 * Self.second)
                == #"{"progress":{"bytes":20,"files":10,"phase":"reading","seconds":3,"total_bytes":2000,"total_files":1000}}"#
                + "\n")
        meter.note(count(.walking, files: 1), at: Self.second)
        #expect(
            ProgressFrame.json(meter, at: 0)
                == #"{"progress":{"bytes":0,"files":1,"phase":"walking","seconds":0}}"# + "\n")
    }

    @Test func quietIsForPeople() throws {
        #expect(Messages(verbosity: .quiet, progress: .always).progressForm == .none)
        #expect(Messages(verbosity: .quiet, progress: .json).progressForm == .json)
        #expect(Messages(verbosity: .normal, progress: .always).progressForm == .line)
        #expect(Messages(verbosity: .normal, progress: .never).progressForm == .none)
        let typed = try ArgumentParser(options: Option.global).parse(
            [Array("--progress=always".utf8), Array("--progress".utf8), Array("json".utf8)][...])
        #expect(typed.progress == .json)
        #expect(ParsedArguments().progress == .auto)
    }
}
