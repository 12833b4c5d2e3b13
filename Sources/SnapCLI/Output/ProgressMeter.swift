// How fast an operation goes, and how long it will take: from what was counted, and when.
//
// The rate is that of the last few seconds, so that it follows when small files come after large ones. A time left is told only once the rate
// has been measured for a while: a first guess that is wrong by an hour is worse than none. Time is given, never asked for.

import SnapStore

struct ProgressMeter {
    private struct Sample {
        var time: UInt64
        var files: UInt64
        var bytes: UInt64
    }

    /// A second, in the unit of all times here.
    private static let second: UInt64 = 1_000_000_000
    private static let window: UInt64 = 5 * second
    private static let sampleInterval: UInt64 = second / 10

    private let start: UInt64
    /// nil: nothing was counted yet.
    private(set) var count: ProgressCount?
    /// Of this phase, oldest first: the last before the window, and those in it.
    private var samples: [Sample] = []

    init(start: UInt64) {
        self.start = start
    }

    /// Takes over what was counted. Counts of one phase that arrive out of order do no harm.
    mutating func note(_ new: ProgressCount, at now: UInt64) {
        if var known = count, known.phase == new.phase, known.total == new.total {
            known.files = max(known.files, new.files)
            known.bytes = max(known.bytes, new.bytes)
            count = known
        } else {
            count = new
            samples = []
        }
        guard let count else { return }
        if let last = samples.last, now < last.time || now - last.time < Self.sampleInterval { return }
        samples.append(Sample(time: now, files: count.files, bytes: count.bytes))
        let excess = samples.dropFirst().prefix { now - $0.time >= Self.window }.count
        samples.removeFirst(excess)
    }

    /// Since the operation began.
    func seconds(at now: UInt64) -> UInt64 { now > start ? (now - start) / Self.second : 0 }

    /// How much of it is done, from 0 to 1; nil if that is not known. Bytes say more than files do.
    var fraction: Double? {
        guard let count else { return nil }
        if let total = count.total.bytes, total > 0 { return Self.share(count.bytes, of: total) }
        if let total = count.total.files, total > 0 { return Self.share(count.files, of: total) }
        return nil
    }

    /// What was expected may turn out to be too little.
    private static func share(_ part: UInt64, of whole: UInt64) -> Double? {
        part <= whole ? Double(part) / Double(whole) : nil
    }

    /// What a second brings, on the average of the last few; nil until that can be told.
    struct Rate: Equatable {
        var files: Double
        var bytes: Double
    }

    func rate(at now: UInt64) -> Rate? {
        guard let count, let first = samples.first, let elapsed = self.elapsed(at: now), elapsed >= 0.5 else {
            return nil
        }
        return Rate(
            files: Double(count.files - min(first.files, count.files)) / elapsed,
            bytes: Double(count.bytes - min(first.bytes, count.bytes)) / elapsed)
    }

    /// Seconds that the rate is measured over.
    private func elapsed(at now: UInt64) -> Double? {
        guard let first = samples.first, now > first.time else { return nil }
        return Double(now - first.time) / Double(Self.second)
    }

    /// Seconds that are left at the present rate; nil where that would be a guess.
    func secondsLeft(at now: UInt64) -> Double? {
        guard let count, let fraction, let rate = self.rate(at: now), let elapsed = self.elapsed(at: now) else {
            return nil
        }
        guard elapsed >= 2 || (elapsed >= 1 && fraction >= 0.05) else { return nil }
        let isByBytes = (count.total.bytes ?? 0) > 0
        let total = isByBytes ? count.total.bytes : count.total.files
        let done = isByBytes ? count.bytes : count.files
        let speed = isByBytes ? rate.bytes : rate.files
        guard let total, total >= done, speed > 0 else { return nil }
        return Double(total - done) / speed
    }
}
