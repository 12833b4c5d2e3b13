// Which of the store's locks are held, by whom, and which files in `tmp/` therefore still have a writer.
//
// Nothing is locked to find out: a take or a gc that asked for the lock at that moment would be refused.

internal import CSnapSystem
internal import SnapSystem

struct LockCheck {
    private let all: [FileLock]
    private let hasOtherDevices: Bool

    /// nil where the system does not tell.
    init?(on kind: FileSystemKind?) {
        guard let all = FileLocks.read() else { return nil }
        self.all = all
        hasOtherDevices = kind?.hasOtherDevices ?? true
    }

    /// The locks on a file.
    func locks(on facts: FileFacts, _ extra: FileExtra) -> [FileLock] {
        all.filter { $0.inode == facts.inode && ($0.device == extra.device || hasOtherDevices) }
    }

    /// The locks that are held or waited for in `lock/`, and on packs that are being written.
    func held(in layout: StoreLayout, by directoryID: String) throws(StoreError) -> [HealthReport.Lock] {
        var result: [HealthReport.Lock] = []
        for directory in [layout.lock, layout.tmp] {
            for file in try directory.regularFiles() {
                for lock in locks(on: file.facts, file.extra) {
                    let subject: HealthReport.Lock.Subject
                    if directory === layout.tmp {
                        subject = .pack
                    } else {
                        guard let known = Self.subject(of: file.name, directoryID) else { continue }
                        subject = known
                    }
                    result.append(
                        HealthReport.Lock(
                            subject: subject, isExclusive: lock.isExclusive, isWaiting: lock.isWaiting,
                            process: lock.process, processName: lock.process.flatMap { Process.name(of: $0) }))
                }
            }
        }
        return result
    }

    /// What the lock file `name` is for.
    private static func subject(of name: [UInt8], _ directoryID: String) -> HealthReport.Lock.Subject? {
        let text = String(decoding: name, as: UTF8.self)
        switch text {
        case "identity": return .identity
        case "config": return .configuration
        case "gc": return .gc
        case "epoch-0", "epoch-1": return .epoch
        default: break
        }
        if text.hasPrefix("timeline-") { return .timeline }
        if text.hasPrefix("directory-") { return .directory(isThis: text == "directory-" + directoryID) }
        return nil
    }
}
