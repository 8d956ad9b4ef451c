/// Values that only the socket commands take.
extension CommandWriter {
    /// A host name or an address in quotes. What no name and no address holds is refused: a comma or a semicolon could
    /// end the field, or the command, on a module that does not mind the quotes (YM310 AT manual 9.9: they are optional).
    mutating func append(host: String, limit: Int) throws(ATEncodingError) {
        for byte in host.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x3A, 0x5F: break
            default: throw .forbiddenByte(field: "host", byte: byte)
            }
        }
        try append(quoted: host, field: "host", limit: limit)
    }

    /// `"apn"`, or `"apn","user","password"` when there is one of the two. Returns what a log may show of it.
    mutating func append(
        apn: String, user: String, password: String, textLimit: Int
    ) throws(ATEncodingError) -> String {
        let start = line.count
        try append(quoted: apn, field: "APN", limit: 128, mayBeEmpty: true)
        let shown = String(decoding: line[start...], as: UTF8.self)
        guard !user.isEmpty || !password.isEmpty else { return shown }
        append(",")
        try append(quoted: user, field: "APN user", limit: textLimit, mayBeEmpty: true)
        append(",")
        try append(quoted: password, field: "APN password", limit: textLimit, mayBeEmpty: true)
        return shown + ",\"***\",\"***\""
    }

    /// Bytes to be sent: some, and not more than the module takes at once.
    static func check(payload: [UInt8], limit: Int) throws(ATEncodingError) {
        guard !payload.isEmpty else { throw .empty(field: "data") }
        guard payload.count <= limit else { throw .tooLong(field: "data", count: payload.count, limit: limit) }
    }
}
