// Text from outside that is nearly always UTF-8 and need not be: messages, tags, patterns.
//
// A Swift String cannot hold other bytes, and compares by Unicode equivalence, where the format compares bytes. So text
// that is kept is bytes, and becomes a String only where it is shown.

/// Bytes that are meant as text. Equal only if every byte is.
public struct Text: Hashable, Sendable, ExpressibleByStringInterpolation, CustomStringConvertible {
    public var bytes: [UInt8]

    public init(_ string: some StringProtocol) {
        bytes = Array(string.utf8)
    }

    public init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    public init(stringLiteral value: String) {
        self.init(value)
    }

    package init(copying span: Span<UInt8>) {
        bytes = []
        bytes.reserveCapacity(span.count)
        for index in span.indices {
            bytes.append(span[index])
        }
    }

    /// The same as a String; nil if the bytes are not UTF-8.
    public var string: String? { String(validUTF8: bytes.span) }

    /// The same for people: what is not UTF-8 is shown as U+FFFD.
    public var displayString: String { String(decoding: bytes, as: UTF8.self) }

    public var description: String { displayString }

    public var isEmpty: Bool { bytes.isEmpty }
}

extension Text: Comparable {
    /// Ordered by bytes.
    public static func < (a: Text, b: Text) -> Bool {
        a.bytes.lexicographicallyPrecedes(b.bytes)
    }
}

extension String {
    /// nil if `span` is not UTF-8; nothing is repaired.
    package init?(validUTF8 span: Span<UInt8>) {
        do throws(UTF8.ValidationError) {
            self.init(copying: try UTF8Span(validating: span))
        } catch {
            return nil
        }
    }
}
