// Which snapshots stay and which expire: a pure function of the snapshots, the rules and a clock.
//
// Checkpoints are what keep rules govern, and the rules are restic's (`restic forget`), so that who knows them knows
// these:
//
// - A group is gone through from the newest to the oldest. A rule with a count keeps the newest of each hour, day,
//   week, … that has one, until the count is used up; rules do not look at each other, and one is enough to stay.
// - The oldest of the group stays as long as a rule has not used up its count, so that history grows to its full length
//   (restic has this since 0.16).
// - A duration counts from the group's newest and not from now: a directory in which nothing happens loses nothing.
//   What is exactly so old is too old.
// - Weeks are those of ISO 8601. A day, week or month is the local calendar's, and has the length that it has there.
//
// Different by intention:
// - The head, the newest safety snapshot, names and milestones stay. Named snapshots and the head are gone through like
//   others; milestones are not, so a milestone takes no checkpoint's place.
// - Days are those of the zone in which the rules are applied. restic takes the zone in which each snapshot was taken.
// - A snapshot that the clock is behind stays, and takes nobody's place. restic counts it, so that a clock that was
//   wrong for a day would have all newer snapshots expire.
// - Where a clock is put back across midnight, days come back that were over: a day counts once, also then.
// - A month before the 31st is the end of the month before, as in `@{1 month ago}`; Go's calendar says the 1st.
// - The newest of a group stays if no rule keeps any of it. restic removes all, or refuses to work (since 0.17).
// - Of equal times, the one that was recorded later is the newer.
//
// Operations have one rule of their own, for undo and not for history: they expire if they are not among the newest so
// many, in all groups together, and also older than so long, counted from now.

public enum RetentionPolicy {
    /// What is to be done with each of `snapshots`, newest first. `snapshots`: the living ones, in the order in which
    /// they were recorded, oldest first.
    public static func decide(
        _ snapshots: [RetentionSnapshot], by rules: RetentionRules, clock: LocalClock
    ) -> [RetentionDecision] {
        // Stable, because of the places.
        let order = snapshots.indices.sorted { a, b in
            snapshots[a].time == snapshots[b].time ? a > b : snapshots[a].time > snapshots[b].time
        }
        var run = RetentionRun(snapshots: snapshots, rules: rules, clock: clock)
        run.keepAlways()
        run.keepOperations(order)
        run.keepCheckpoints(order)
        return order.map { run.decision(on: $0) }
    }
}

/// One set of decisions being made.
private struct RetentionRun {
    let snapshots: [RetentionSnapshot]
    let rules: RetentionRules
    let clock: LocalClock
    /// By the snapshots' places.
    var reasons: [[RetentionReason]]

    init(snapshots: [RetentionSnapshot], rules: RetentionRules, clock: LocalClock) {
        self.snapshots = snapshots
        self.rules = rules
        self.clock = clock
        reasons = Array(repeating: [], count: snapshots.count)
    }

    func decision(on index: Int) -> RetentionDecision {
        let snapshot = snapshots[index]
        if !reasons[index].isEmpty {
            return RetentionDecision(id: snapshot.id, isKept: true, reasons: reasons[index])
        }
        let reason =
            snapshot.kind == .operation
            ? RetentionReason.beyondOperations(rules.operations, rules.operationsWithin) : .beyondRules
        return RetentionDecision(id: snapshot.id, isKept: false, reasons: [reason])
    }

    /// What stays whatever the rules say.
    mutating func keepAlways() {
        // The last one that happened, whatever the clock said then.
        let newestSafety = snapshots.lastIndex { $0.isSafety }
        for (index, snapshot) in snapshots.enumerated() {
            if snapshot.isHead { reasons[index].append(.head) }
            if index == newestSafety { reasons[index].append(.newestSafety) }
            for name in snapshot.names.sorted() { reasons[index].append(.name(name)) }
            if snapshot.kind == .milestone { reasons[index].append(.milestone) }
            if snapshot.kind == nil { reasons[index].append(.unreadable) }
            if isFuture(snapshot) { reasons[index].append(.future) }
        }
    }

    private func isFuture(_ snapshot: RetentionSnapshot) -> Bool { clock.now < snapshot.time }

    // MARK: Operations

    mutating func keepOperations(_ order: [Int]) {
        let start = rules.operationsWithin.start(before: clock.now, clock: clock)
        var place = 0
        for index in order where snapshots[index].kind == .operation && !isFuture(snapshots[index]) {
            if rules.operations.hasRoom(after: place) { reasons[index].append(.newestOperations(rules.operations)) }
            place += 1
            if !rules.operationsWithin.isZero, snapshots[index].time > start {
                reasons[index].append(.within(rules.operationsWithin))
            }
        }
    }

    // MARK: Checkpoints

    mutating func keepCheckpoints(_ order: [Int]) {
        let governed = order.filter { snapshots[$0].kind == .checkpoint && !isFuture(snapshots[$0]) }
        guard rules.governsCheckpoints else {
            for index in governed { reasons[index].append(.noRule) }
            return
        }
        for group in groups(of: governed) { keep(group) }
    }

    /// Each in its order; the group of the newest is the first.
    private func groups(of governed: [Int]) -> [[Int]] {
        var places: [[Text]: Int] = [:]
        var result: [[Int]] = []
        for index in governed {
            let key: [Text]
            switch rules.grouping {
            case .component: key = snapshots[index].component.map { [$0] } ?? []
            case .tag: key = Set(snapshots[index].tags).sorted()
            case .none: key = []
            }
            if let place = places[key] {
                result[place].append(index)
            } else {
                places[key] = result.count
                result.append([index])
            }
        }
        return result
    }

    /// A rule with a count, on its way through a group.
    private struct Counter {
        /// nil: every snapshot is one of its own.
        var period: RetentionPeriod?
        var limit: KeepCount
        var kept = 0
        /// The number of the last hour, day, … of which one was kept.
        var last = Int64.max

        /// The reason to keep a snapshot; nil if there is none.
        mutating func take(_ reading: Int64, isOldest: Bool) -> RetentionReason? {
            guard limit.hasRoom(after: kept) else { return nil }
            guard let period else {
                kept += 1
                return .last(place: kept, of: limit)
            }
            let number = period.number(ofReading: reading)
            let isNew = number < last
            guard isNew || isOldest else { return nil }
            kept += 1
            last = min(number, last)
            return isNew ? .newest(period, place: kept, of: limit) : .oldest(period, place: kept, of: limit)
        }
    }

    /// A rule with a period and a duration, on its way through a group.
    private struct Window {
        var period: RetentionPeriod
        var duration: KeepDuration
        var start: Timestamp
        var last = Int64.max

        mutating func take(_ time: Timestamp, _ reading: Int64) -> RetentionReason? {
            guard time > start else { return nil }
            let number = period.number(ofReading: reading)
            guard number < last else { return nil }
            last = number
            return .newestWithin(period, duration)
        }
    }

    /// Applies the rules to a group, whose newest is the first.
    private mutating func keep(_ group: [Int]) {
        guard let newest = group.first, let oldest = group.last else { return }
        let end = snapshots[newest].time
        let start = rules.within.start(before: end, clock: clock)
        var counters = self.counters
        var windows = self.windows(before: end)
        for index in group {
            let snapshot = snapshots[index]
            let reading = clock.reading(at: snapshot.time.seconds)
            for list in rules.tags where list.allSatisfy({ snapshot.tags.contains($0) }) {
                reasons[index].append(.tags(list))
            }
            if !rules.within.isZero, snapshot.time > start { reasons[index].append(.within(rules.within)) }
            for place in counters.indices {
                if let reason = counters[place].take(reading, isOldest: index == oldest) {
                    reasons[index].append(reason)
                }
            }
            for place in windows.indices {
                if let reason = windows[place].take(snapshot.time, reading) { reasons[index].append(reason) }
            }
        }
        if group.allSatisfy({ reasons[$0].isEmpty }) { reasons[newest].append(.newestOfGroup) }
    }

    private var counters: [Counter] {
        var result: [Counter] = []
        if !rules.last.isZero { result.append(Counter(period: nil, limit: rules.last)) }
        for period in RetentionPeriod.allCases {
            guard let limit = rules.counts[period], !limit.isZero else { continue }
            result.append(Counter(period: period, limit: limit))
        }
        return result
    }

    private func windows(before end: Timestamp) -> [Window] {
        var result: [Window] = []
        for period in RetentionPeriod.allCases {
            guard let duration = rules.periodsWithin[period], !duration.isZero else { continue }
            let start = duration.start(before: end, clock: clock)
            result.append(Window(period: period, duration: duration, start: start))
        }
        return result
    }
}
