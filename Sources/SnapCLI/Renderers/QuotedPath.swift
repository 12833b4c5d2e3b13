// Paths and foreign text on a screen. A file name may hold any byte, escape sequences that retitle the terminal included, so
// nothing of it is written as it is unless it is plain.
//
// A path that is not plain is quoted as git quotes it (quote.c, C style): in double quotes, with `\t`, `\n` … and `\ooo`.
// Unlike git's default, letters that are valid UTF-8 stay; invisible characters that turn or split a line do not.

/// The path, in double quotes and escaped if it is not plain.
func quotedPath(_ path: [UInt8]) -> String {
    if path.allSatisfy({ isPlain($0) }) { return String(decoding: path, as: UTF8.self) }
    let escaped = escape(path, quoting: true)
    return escaped.isPlain ? escaped.text : "\"\(escaped.text)\""
}

/// The path of what is listed; that of the root is `./`.
func listedPath(_ path: [UInt8]) -> String { path.isEmpty ? "./" : quotedPath(path) }

/// The path as the subject of a message: in single quotes, or as `quotedPath` quotes it.
func subject(_ path: [UInt8]) -> String {
    let escaped = escape(path, quoting: true)
    return escaped.isPlain ? "'\(escaped.text)'" : "\"\(escaped.text)\""
}

func subject(_ text: String) -> String {
    subject(Array(text.utf8))
}

/// Text from outside on one line: what could move the cursor is escaped, quotes and backslashes stay.
func safeText(_ text: String) -> String {
    if text.utf8.allSatisfy({ isPlain($0) }) { return text }
    return escape(Array(text.utf8), quoting: false).text
}

/// Most of what is printed.
private func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C }

private func escape(_ bytes: [UInt8], quoting: Bool) -> (text: String, isPlain: Bool) {
    var text = ""
    var isPlain = true
    var rest = bytes[...]
    while !rest.isEmpty {
        guard let (scalar, length) = firstScalar(rest) else {
            text += octal(rest[rest.startIndex])
            isPlain = false
            rest = rest.dropFirst()
            continue
        }
        if let escape = shortEscape(scalar, quoting: quoting) {
            text += escape
            isPlain = false
        } else if isInvisible(scalar) {
            for byte in rest.prefix(length) { text += octal(byte) }
            isPlain = false
        } else {
            text.unicodeScalars.append(scalar)
        }
        rest = rest.dropFirst(length)
    }
    return (text, isPlain)
}

/// The character that `bytes` start with; nil if they do not start with valid UTF-8.
private func firstScalar(_ bytes: ArraySlice<UInt8>) -> (UnicodeScalar, Int)? {
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
    return (scalar, UTF8.width(scalar))
}

private func shortEscape(_ scalar: UnicodeScalar, quoting: Bool) -> String? {
    switch scalar {
    case "\u{07}": "\\a"
    case "\u{08}": "\\b"
    case "\t": "\\t"
    case "\n": "\\n"
    case "\u{0B}": "\\v"
    case "\u{0C}": "\\f"
    case "\r": "\\r"
    case "\"" where quoting: "\\\""
    case "\\" where quoting: "\\\\"
    default: nil
    }
}

/// Control characters, line and paragraph separators, and those that turn the direction of the text around them.
private func isInvisible(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
}

private func octal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 8)
    return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
}
