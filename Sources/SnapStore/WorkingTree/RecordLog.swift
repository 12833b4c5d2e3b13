// The records that a take adds to the stat cache, before they are in it.
//
// Memory is bounded: a full segment is written to a nameless temporary file and mapped from there, where the kernel may drop its pages.

package import SnapSystem

package final class RecordLog: @unchecked Sendable {
    private enum Segment {
        case memory(ByteBuffer)
        case spilled(Mapping)
    }

    private struct State {
        var segments: [Segment] = []
        /// Where each segment begins, counted from the log's own beginning.
        var starts: [UInt64] = []
        var count: UInt64 = 0
        var spill: SpillFile?
        /// The segments in the file that were read last; of the others no page stays in memory.
        var recent: [Int] = []

        /// The segment that is no longer among them.
        mutating func use(_ index: Int) -> Mapping? {
            if recent.last == index { return nil }
            recent.removeAll { $0 == index }
            recent.append(index)
            if recent.count <= RecordLog.recentSegments { return nil }
            if case .spilled(let mapping) = segments[recent.removeFirst()] { return mapping }
            return nil
        }
    }

    private let state = Monitor(State())
    /// Makes an empty temporary file.
    private let makeFile: @Sendable () throws(SystemError) -> SpillFile
    private static let segmentLength = 1 << 20
    private static let segmentsInMemory = 8
    /// More than workers read at once.
    private static let recentSegments = 32

    package init(makeFile: @escaping @Sendable () throws(SystemError) -> SpillFile) {
        self.makeFile = makeFile
    }

    /// Bytes in the log.
    package var count: UInt64 { state.withLock { $0.count } }

    /// Appends one record and answers where it begins.
    package func append(_ record: ByteBuffer) throws(SystemError) -> UInt64 {
        try state.withLock { (state) throws(SystemError) in
            let start = state.count
            let length = record.count
            if case .memory(let last)? = state.segments.last, last.count + length <= Self.segmentLength {
                record.withBytes { last.append($0) }
            } else {
                if state.segments.count >= Self.segmentsInMemory {
                    try spill(&state, state.segments.count - Self.segmentsInMemory)
                }
                // Its full size at once: readers look into it while others append, so it must not move.
                let fresh = ByteBuffer(capacity: max(length, Self.segmentLength))
                record.withBytes { fresh.append($0) }
                state.segments.append(.memory(fresh))
                state.starts.append(start)
            }
            state.count += UInt64(length)
            return start
        }
    }

    private func spill(_ state: inout State, _ index: Int) throws(SystemError) {
        guard case .memory(let buffer) = state.segments[index] else { return }
        let spill: SpillFile
        if let present = state.spill {
            spill = present
        } else {
            spill = try makeFile()
            state.spill = spill
        }
        let offset = try buffer.withBytes { (bytes) throws(SystemError) in try spill.append(bytes) }
        state.segments[index] = .spilled(try spill.map(offset, count: buffer.count))
    }

    /// Calls `body` with the log's bytes from `offset` to the end of their segment; a record never crosses one.
    package func read<R>(at offset: UInt64, _ body: (RawSpan) -> R) -> R? {
        var former: Mapping?
        let found: (Segment, Range<Int>)? = state.withLock { state in
            var low = 0
            var high = state.starts.count
            while low < high {
                let middle = (low + high) / 2
                if state.starts[middle] <= offset { low = middle + 1 } else { high = middle }
            }
            guard low > 0 else { return nil }
            let start = Int(offset - state.starts[low - 1])
            let end =
                low < state.starts.count
                ? Int(state.starts[low] - state.starts[low - 1]) : Int(state.count - state.starts[low - 1])
            let segment = state.segments[low - 1]
            if case .spilled = segment { former = state.use(low - 1) }
            return (segment, start..<max(start, end))
        }
        former?.dropPages()
        guard let found else { return nil }
        switch found.0 {
        case .memory(let buffer): return buffer.withBytes(in: found.1) { body($0) }
        case .spilled(let mapping): return mapping.withBytes(in: found.1) { body($0) }
        }
    }

    /// Gives out everything in order.
    package func forEachSegment(_ body: (RawSpan) throws(SystemError) -> Void) throws(SystemError) {
        let segments = state.withLock { $0.segments }
        for segment in segments {
            switch segment {
            case .memory(let buffer): try buffer.withBytes { (bytes) throws(SystemError) in try body(bytes) }
            case .spilled(let mapping):
                try mapping.withBytes { (bytes) throws(SystemError) in try body(bytes) }
                mapping.dropPages()
            }
        }
    }
}
