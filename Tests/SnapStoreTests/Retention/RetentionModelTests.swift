// Retention against a second model of it that is as naive as can be: sets of days found by Foundation's calendar,
// without walking, counting or any state.

import Foundation
import Testing

@testable import SnapStore

/// What the rules for checkpoints keep of one group, by another way.
private struct NaiveModel {
    /// Each snapshot's number and time; the later recorded has the larger number.
    let snapshots: [(number: Int, time: Timestamp)]
    let clock: LocalClock
    private let calendar: Calendar

    init(_ snapshots: [(number: Int, time: Timestamp)], clock: LocalClock) {
        self.snapshots = snapshots
        self.clock = clock
        var calendar = Calendar(identifier: .iso8601)
        if let zone = TimeZone(secondsFromGMT: 0) { calendar.timeZone = zone }
        self.calendar = calendar
    }

    private var sorted: [(number: Int, time: Timestamp)] {
        snapshots.sorted { ($0.time, $0.number) < ($1.time, $1.number) }
    }

    /// What a wall clock shows, as a date in UTC.
    private func local(_ time: Timestamp) -> Date {
        Date(timeIntervalSince1970: Double(time.seconds) + Double(clock.offset(time.seconds)))
    }

    /// The hour, day, … as numbers that compare as it does.
    private func label(_ period: RetentionPeriod, _ time: Timestamp) -> [Int] {
        let parts = calendar.dateComponents(
            [.year, .month, .day, .hour, .yearForWeekOfYear, .weekOfYear], from: local(time))
        let (year, month, day) = (parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
        switch period {
        case .hourly: return [year, month, day, parts.hour ?? 0]
        case .daily: return [year, month, day]
        case .weekly: return [parts.yearForWeekOfYear ?? 0, parts.weekOfYear ?? 0]
        case .monthly: return [year, month]
        case .yearly: return [year]
        }
    }

    /// The newest of each hour, day, … among some of the snapshots, newest first.
    private func newest(_ period: RetentionPeriod, _ some: [(number: Int, time: Timestamp)]) -> [Int] {
        var result: [[Int]: Int] = [:]
        for snapshot in some { result[label(period, snapshot.time)] = snapshot.number }
        return result.sorted { $1.key.lexicographicallyPrecedes($0.key) }.map(\.value)
    }

    private func withOldest(_ kept: [Int], of limit: Int) -> Set<Int> {
        var result = Set(kept.prefix(limit))
        if kept.count < limit, let oldest = sorted.first { result.insert(oldest.number) }
        return result
    }

    func keep(last limit: Int) -> Set<Int> { withOldest(sorted.reversed().map(\.number), of: limit) }

    func keep(_ period: RetentionPeriod, _ limit: Int) -> Set<Int> { withOldest(newest(period, sorted), of: limit) }

    /// Those behind the moment that lies so long before the newest.
    private func within(_ duration: KeepDuration) -> [(number: Int, time: Timestamp)] {
        guard let last = sorted.last else { return [] }
        var shown = local(last.time)
        let months = -Int(duration.years * 12 + duration.months)
        shown = calendar.date(byAdding: .month, value: months, to: shown) ?? shown
        shown = calendar.date(byAdding: .day, value: -Int(duration.days), to: shown) ?? shown
        let reading = Int64(shown.timeIntervalSince1970.rounded())
        // The first moment at which the clock shows that; where there is none, as if it had not been put forward.
        let candidates = (-14...14).map { reading + Int64($0) * 1800 }
        let found = candidates.first { $0 + Int64(clock.offset($0)) == reading }
        let start = (found ?? reading - Int64(clock.offset(reading - 86_400))) - duration.hours * 3600
        // Times of these tests have no fraction.
        return sorted.filter { $0.time.seconds > start }
    }

    func keep(within duration: KeepDuration) -> Set<Int> { Set(within(duration).map(\.number)) }

    func keep(_ period: RetentionPeriod, within duration: KeepDuration) -> Set<Int> {
        Set(newest(period, within(duration)))
    }
}

@Suite struct RetentionModelTests {
    private static let start = moment("2025-01-01T00:00Z").seconds
    private static let end = moment("2026-12-31T00:00Z").seconds

    /// 300 moments of two years: some by themselves, some in bursts, some equal, and in no order.
    private func times(_ samples: inout TextSamples) -> [Timestamp] {
        var result: [Timestamp] = []
        while result.count < 300 {
            var seconds = Self.start + Int64(samples.below(Int(Self.end - Self.start)))
            let count = samples.below(4) == 0 ? 1 + samples.below(12) : 1
            for _ in 0..<count {
                result.append(Timestamp(seconds: seconds))
                seconds += Int64([0, 600, 3600, 40_000][samples.below(4)])
            }
        }
        return Array(result.prefix(300))
    }

    private func duration(_ samples: inout TextSamples) -> KeepDuration {
        let years = samples.below(4) == 0 ? samples.below(2) : 0
        let months = samples.below(3) == 0 ? samples.below(8) : 0
        let days = samples.below(2) == 0 ? samples.below(60) : 0
        // Never nothing, which is no rule.
        let hours = 1 + samples.below(50)
        return KeepDuration(years: Int64(years), months: Int64(months), days: Int64(days), hours: Int64(hours))
    }

    @Test(arguments: UInt64(0)..<60) func aSecondModelKeepsTheSame(seed: UInt64) {
        var samples = TextSamples(seed: seed)
        let zone = SampleZone.allCases[samples.below(SampleZone.allCases.count)]
        let clock = zone.clock("2027-06-01T00:00Z")
        let snapshots = someSnapshots(times(&samples))
        let model = NaiveModel(snapshots.map { (Int($0.id.words.0), $0.time) }, clock: clock)
        var rules = RetentionRules()
        var expected: Set<Int> = []
        if samples.below(3) == 0 {
            let limit = 1 + samples.below(40)
            rules.last = .count(limit)
            expected.formUnion(model.keep(last: limit))
        }
        for period in RetentionPeriod.allCases where samples.below(3) == 0 {
            let limit = 1 + samples.below(period == .yearly ? 4 : 40)
            rules.counts[period] = .count(limit)
            expected.formUnion(model.keep(period, limit))
        }
        if samples.below(3) == 0 {
            rules.within = duration(&samples)
            expected.formUnion(model.keep(within: rules.within))
        }
        for period in RetentionPeriod.allCases where samples.below(4) == 0 {
            let length = duration(&samples)
            rules.periodsWithin[period] = length
            expected.formUnion(model.keep(period, within: length))
        }
        if !rules.governsCheckpoints { expected = Set(0..<snapshots.count) }

        let decisions = RetentionPolicy.decide(snapshots, by: rules, clock: clock)
        #expect(decisions.count == snapshots.count)
        #expect(decisions.kept == expected.sorted(), "\(zone), \(rules)")
        // What stays says why, and rules with a count keep no more than that.
        for decision in decisions { #expect(!decision.reasons.isEmpty) }
        for (period, limit) in rules.counts {
            guard case .count(let number) = limit else { continue }
            var kept = 0
            for reason in decisions.flatMap(\.reasons) {
                switch reason {
                case .newest(period, _, _), .oldest(period, _, _): kept += 1
                default: break
                }
            }
            #expect(kept <= number)
        }
    }

    @Test func aHundredThousandAreDecidedAtOnce() throws {
        var samples = TextSamples(seed: 1)
        let moments = (0..<100_000).map { _ in
            Timestamp(seconds: Self.start + Int64(samples.below(Int(Self.end - Self.start))))
        }
        let rules = try someRules(["daily": "30", "monthly": "24", "within": "7d"])
        let clock = SampleZone.berlin.clock("2027-01-01T00:00Z")
        let decisions = RetentionPolicy.decide(someSnapshots(moments), by: rules, clock: clock)
        #expect(decisions.count == 100_000)
        #expect(decisions.kept.count < 2000)
    }
}
