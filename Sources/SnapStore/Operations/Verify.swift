// Checking the store of a working directory, with all that it keeps for others.

extension WorkingDirectory {
    /// Checks the whole store. Damage is in the report; an error means that nothing could be checked, or `cancelled`.
    ///
    /// The quick depth reads each pack's index and all manifests, trees and lists; the full depth reads every byte.
    public func verify(_ options: VerifyOptions, observer: Observer) throws(StoreError) -> VerifyReport {
        let report = try Verifier(layout: layout, packs: packs, options: options, observer: observer).run()
        let depth = options.depth == .full ? "full" : "quick"
        let result = report.isClean ? "clean" : "damage found"
        let time = options.time ?? .now
        Maintenance.record(.verify, "\(depth), \(result)", at: time, in: layout.root)
        if options.depth == .full { Maintenance.record(.fullVerify, result, at: time, in: layout.root) }
        return report
    }
}
