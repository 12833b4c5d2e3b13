// A strict reader of JSON (RFC 8259) for bytes that nobody has checked.
//
// It accepts every spelling of a value, not only the canonical one, and refuses what two readers could understand
// differently: keys that are there twice, lone surrogates, numbers that are not exact integers. Recursion is limited, so
// that hostile nesting cannot exhaust the stack; every index is compared with the count before it is used.

/// What is wrong with the bytes, and at which offset.
package enum JSONError: Error, Equatable {
    case unexpectedEnd(at: Int)
    case unexpectedByte(at: Int)
    case invalidUTF8(at: Int)
    case invalidEscape(at: Int)
    case loneSurrogate(at: Int)
    case controlCharacter(at: Int)
    case notAnInteger(at: Int)
    case outOfRange(at: Int)
    /// At the object's start if its keys are not in order, else at the key.
    case duplicateKey(at: Int, key: String)
    case tooDeep(at: Int)
    case trailingBytes(at: Int)

    package var position: Int {
        switch self {
        case .unexpectedEnd(let at), .unexpectedByte(let at), .invalidUTF8(let at), .invalidEscape(let at),
            .loneSurrogate(let at), .controlCharacter(let at), .notAnInteger(let at), .outOfRange(let at),
            .duplicateKey(let at, _), .tooDeep(let at), .trailingBytes(let at):
            at
        }
    }

    package var reason: String {
        let what =
            switch self {
            case .unexpectedEnd: "unexpected end"
            case .unexpectedByte: "unexpected byte"
            case .invalidUTF8: "text that is not UTF-8"
            case .invalidEscape: "unknown escape"
            case .loneSurrogate: "half a surrogate pair"
            case .controlCharacter: "control character in a string"
            case .notAnInteger: "number that is not an integer"
            case .outOfRange: "number out of range"
            case .duplicateKey(_, let key): "key '\(key)' twice"
            case .tooDeep: "nested too deeply"
            case .trailingBytes: "bytes after the value"
            }
        return "\(what) at byte \(position)"
    }
}

extension JSONValue {
    /// The deepest nesting of arrays and objects that is read.
    package static let depthLimit = 64

    package init(parsing bytes: Span<UInt8>) throws(JSONError) {
        var parser = JSONParser()
        self = try parser.parseDocument(bytes)
    }

    package init(parsing bytes: [UInt8]) throws(JSONError) {
        try self.init(parsing: bytes.span)
    }
}

private struct JSONParser {
    private var position = 0

    mutating func parseDocument(_ bytes: Span<UInt8>) throws(JSONError) -> JSONValue {
        let value = try parseValue(bytes, depth: 0)
        skipWhiteSpace(bytes)
        guard position == bytes.count else { throw .trailingBytes(at: position) }
        return value
    }

    private mutating func parseValue(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
        switch try nextToken(bytes) {
        case 0x22:
            return .string(try parseString(bytes))
        case 0x7B:
            guard depth < JSONValue.depthLimit else { throw .tooDeep(at: position) }
            return .object(try parseObject(bytes, depth: depth + 1))
        case 0x5B:
            guard depth < JSONValue.depthLimit else { throw .tooDeep(at: position) }
            return .array(try parseArray(bytes, depth: depth + 1))
        case 0x2D, 0x30...0x39:
            return .integer(try parseInteger(bytes))
        case 0x74:
            try expect("true", bytes)
            return .bool(true)
        case 0x66:
            try expect("false", bytes)
            return .bool(false)
        case 0x6E:
            try expect("null", bytes)
            return .null
        default:
            throw .unexpectedByte(at: position)
        }
    }

    private mutating func parseObject(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> JSONObject {
        let start = position
        position += 1
        var members: [JSONObject.Member] = []
        var isSorted = true
        if try nextToken(bytes) == 0x7D {
            position += 1
            return JSONObject()
        }
        while true {
            guard try nextToken(bytes) == 0x22 else { throw .unexpectedByte(at: position) }
            let keyPosition = position
            let key = try parseString(bytes)
            guard try nextToken(bytes) == 0x3A else { throw .unexpectedByte(at: position) }
            position += 1
            let value = try parseValue(bytes, depth: depth)
            if let last = members.last, !bytesPrecede(last.key, key) {
                if bytesEqual(last.key, key) { throw .duplicateKey(at: keyPosition, key: key) }
                isSorted = false
            }
            members.append(JSONObject.Member(key: key, value: value))
            switch try nextToken(bytes) {
            case 0x2C:
                position += 1
            case 0x7D:
                position += 1
                if isSorted { return JSONObject(sorted: members) }
                do {
                    return try JSONObject(unsorted: members)
                } catch {
                    throw .duplicateKey(at: start, key: error.key)
                }
            default:
                throw .unexpectedByte(at: position)
            }
        }
    }

    private mutating func parseArray(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> [JSONValue] {
        position += 1
        var values: [JSONValue] = []
        if try nextToken(bytes) == 0x5D {
            position += 1
            return values
        }
        while true {
            values.append(try parseValue(bytes, depth: depth))
            switch try nextToken(bytes) {
            case 0x2C:
                position += 1
            case 0x5D:
                position += 1
                return values
            default:
                throw .unexpectedByte(at: position)
            }
        }
    }

    private mutating func parseInteger(_ bytes: Span<UInt8>) throws(JSONError) -> Int64 {
        let start = position
        let isNegative = bytes[position] == 0x2D
        if isNegative { position += 1 }
        guard position < bytes.count else { throw .unexpectedEnd(at: position) }
        let firstDigit = position
        var value: Int64 = 0
        while position < bytes.count, case let byte = bytes[position], byte >= 0x30, byte <= 0x39 {
            if value <= JSONValue.integerLimit { value = value * 10 + Int64(byte - 0x30) }
            position += 1
        }
        guard position > firstDigit else { throw .unexpectedByte(at: position) }
        guard bytes[firstDigit] != 0x30 || position == firstDigit + 1 else { throw .unexpectedByte(at: firstDigit + 1) }
        if position < bytes.count, case let byte = bytes[position], byte == 0x2E || byte == 0x65 || byte == 0x45 {
            throw .notAnInteger(at: start)
        }
        guard value <= JSONValue.integerLimit else { throw .outOfRange(at: start) }
        return isNegative ? -value : value
    }

    private mutating func parseString(_ bytes: Span<UInt8>) throws(JSONError) -> String {
        position += 1
        let start = position
        skipPlain(bytes)
        guard position < bytes.count else { throw .unexpectedEnd(at: position) }
        if bytes[position] == 0x22 {
            let text = try validated(bytes, start..<position)
            position += 1
            return text
        }
        // An escape is ASCII and so never inside of a character: the runs between escapes are checked one by one.
        var result = ""
        var runStart = start
        while true {
            skipPlain(bytes)
            guard position < bytes.count else { throw .unexpectedEnd(at: position) }
            result += try validated(bytes, runStart..<position)
            switch bytes[position] {
            case 0x22:
                position += 1
                return result
            case 0x5C:
                result.unicodeScalars.append(try parseEscape(bytes))
                runStart = position
            default:
                throw .controlCharacter(at: position)
            }
        }
    }

    /// Moves to the next quote, backslash or control character, or to the end.
    private mutating func skipPlain(_ bytes: Span<UInt8>) {
        while position < bytes.count, case let byte = bytes[position], byte >= 0x20, byte != 0x22, byte != 0x5C {
            position += 1
        }
    }

    private func validated(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONError) -> String {
        do throws(UTF8.ValidationError) {
            return String(copying: try UTF8Span(validating: bytes.extracting(range)))
        } catch {
            throw .invalidUTF8(at: range.lowerBound + error.byteOffsets.lowerBound)
        }
    }

    private mutating func parseEscape(_ bytes: Span<UInt8>) throws(JSONError) -> Unicode.Scalar {
        let start = position
        guard position + 1 < bytes.count else { throw .unexpectedEnd(at: bytes.count) }
        position += 2
        switch bytes[position - 1] {
        case 0x22: return "\""
        case 0x5C: return "\\"
        case 0x2F: return "/"
        case 0x62: return "\u{08}"
        case 0x66: return "\u{0C}"
        case 0x6E: return "\n"
        case 0x72: return "\r"
        case 0x74: return "\t"
        case 0x75: break
        default: throw .invalidEscape(at: start)
        }
        let unit = try parseHexadecimal(bytes, escape: start)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard unit < 0xDC00, position + 1 < bytes.count, bytes[position] == 0x5C, bytes[position + 1] == 0x75 else {
            throw .loneSurrogate(at: start)
        }
        let second = position
        position += 2
        let low = try parseHexadecimal(bytes, escape: second)
        guard (0xDC00...0xDFFF).contains(low),
            let scalar = Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
        else { throw .loneSurrogate(at: start) }
        return scalar
    }

    /// The four digits at the position.
    private mutating func parseHexadecimal(_ bytes: Span<UInt8>, escape: Int) throws(JSONError) -> UInt32 {
        guard bytes.count - position >= 4 else { throw .unexpectedEnd(at: bytes.count) }
        var value: UInt32 = 0
        for index in position..<(position + 4) {
            guard let digit = hexadecimalValue(bytes[index]) else { throw .invalidEscape(at: escape) }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }

    private mutating func expect(_ word: String, _ bytes: Span<UInt8>) throws(JSONError) {
        for byte in word.utf8 {
            guard position < bytes.count else { throw .unexpectedEnd(at: position) }
            guard bytes[position] == byte else { throw .unexpectedByte(at: position) }
            position += 1
        }
    }

    /// The first byte of the next token, which is then at the position.
    private mutating func nextToken(_ bytes: Span<UInt8>) throws(JSONError) -> UInt8 {
        skipWhiteSpace(bytes)
        guard position < bytes.count else { throw .unexpectedEnd(at: position) }
        return bytes[position]
    }

    private mutating func skipWhiteSpace(_ bytes: Span<UInt8>) {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }
}
