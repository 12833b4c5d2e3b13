// Values of settings as people write them: yes and no, sizes, shares.

package enum ConfigurationValue {
    /// What is not UTF-8 is replaced, and is then no value that any key knows.
    static func text(_ value: [UInt8]) -> String { String(decoding: value, as: UTF8.self) }

    static func boolean(_ value: [UInt8]) -> Bool? {
        switch text(value) {
        case "true", "yes": true
        case "false", "no": false
        default: nil
        }
    }

    /// A size, or a share in percent.
    static func floor(_ value: [UInt8]) -> StoreConfiguration.Floor? {
        let text = text(value)
        guard text.hasSuffix("%") else { return size(value).map { .bytes($0) } }
        guard let share = number(text.dropLast()), share <= 100 else { return nil }
        return .percent(share)
    }

    /// A number of bytes; K, M, G and T are powers of 1024.
    package static func size(_ value: [UInt8]) -> UInt64? {
        let text = text(value)
        let units: [String: UInt64] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40]
        guard let last = text.last, let unit = units[last.uppercased()] else { return number(text[...]) }
        guard let value = number(text.dropLast()) else { return nil }
        let (product, isTooLarge) = value.multipliedReportingOverflow(by: unit)
        return isTooLarge ? nil : product
    }

    private static func number(_ text: Substring) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return UInt64(text)
    }
}
