// Where settings are, besides in a store: the library looks nowhere by itself, callers say.

/// The files with the settings of the system and of the user. What is not there sets nothing.
public struct ConfigurationFiles: Sendable, Equatable {
    /// Absolute; nil: none. The weakest.
    public var system: [UInt8]?
    /// Absolute; nil: none. Stronger than the system's, weaker than a store's own.
    public var user: [UInt8]?

    public init(system: [UInt8]? = nil, user: [UInt8]? = nil) {
        self.system = system
        self.user = user
    }
}

/// Whose settings they are, the weakest first.
package enum ConfigurationLevel: String, Sendable, CaseIterable {
    case system, user, store

    package var name: String { rawValue }

    /// Keys that name programs count here.
    package var isTrusted: Bool { self != .store }
}
