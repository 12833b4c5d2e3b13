// The names that snapshots may be given.
//
// A name must not be taken for another kind of revision, for an option or for a path behind one: so none of the characters
// that revisions are made of, and not only hexadecimal digits.

/// Why a name is refused.
public enum NameError: Error, Sendable, Equatable {
    case empty
    case tooLong
    case notUTF8
    /// It starts with `-` or `@`.
    case firstCharacter(Unicode.Scalar)
    case character(Unicode.Scalar)
    /// It could be an id.
    case onlyHexadecimalDigits

    package var reason: String {
        switch self {
        case .empty: "a name is not empty"
        case .tooLong: "a name has at most \(SnapshotName.lengthLimit) bytes"
        case .notUTF8: "a name is UTF-8"
        case .firstCharacter(let scalar): "a name does not start with '\(scalar)'"
        case .character(let scalar) where scalar.properties.generalCategory == .control:
            "a name has no control characters"
        case .character(let scalar) where scalar.properties.isWhitespace: "a name has no spaces"
        case .character(let scalar): "a name has no '\(scalar)'"
        case .onlyHexadecimalDigits: "a name is not only hexadecimal digits, or it could be an id"
        }
    }
}

package enum SnapshotName {
    /// In bytes.
    package static let lengthLimit = 255

    /// The name in `bytes`, if it is one.
    package static func validate(_ bytes: Span<UInt8>) throws(NameError) -> String {
        if bytes.isEmpty { throw .empty }
        if bytes.count > lengthLimit { throw .tooLong }
        guard let name = String(validUTF8: bytes) else { throw .notUTF8 }
        if let first = name.unicodeScalars.first, first == "-" || first == "@" { throw .firstCharacter(first) }
        for scalar in name.unicodeScalars {
            switch scalar {
            case ":", "~", "^", "{", "}": throw .character(scalar)
            default:
                let properties = scalar.properties
                if properties.isWhitespace || properties.generalCategory == .control { throw .character(scalar) }
            }
        }
        if bytes.indices.allSatisfy({ hexadecimalValue(bytes[$0]) != nil }) { throw .onlyHexadecimalDigits }
        return name
    }

    package static func validate(_ name: String) throws(NameError) {
        let bytes = Array(name.utf8)
        _ = try validate(bytes.span)
    }

    package static func isValid(_ name: String) -> Bool {
        do throws(NameError) {
            try validate(name)
            return true
        } catch {
            return false
        }
    }
}
