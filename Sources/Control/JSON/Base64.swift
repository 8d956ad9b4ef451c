import COpenSSL

/// Bytes as text (RFC 4648, section 4), by libcrypto.
public enum Base64 {
    /// The text of `bytes`, padded.
    public static func encode(_ bytes: [UInt8]) -> String {
        guard !bytes.isEmpty else { return "" }
        var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = unsafe EVP_EncodeBlock(&text, bytes, Int32(clamping: bytes.count))
        return String(decoding: text.prefix(Int(max(0, count))), as: UTF8.self)
    }

    /// The bytes of `text`; nil when it is not padded base64.
    public static func decode(_ text: String) -> [UInt8]? {
        let source = Array(text.utf8)
        guard !source.isEmpty else { return [] }
        let padding = source.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        let isText = source.dropLast(padding).allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                true
            default: false
            }
        }
        guard source.count % 4 == 0, padding <= 2, isText else { return nil }
        var bytes = [UInt8](repeating: 0, count: source.count / 4 * 3)
        let count = unsafe EVP_DecodeBlock(&bytes, source, Int32(clamping: source.count))
        guard count == bytes.count else { return nil }
        return Array(bytes.dropLast(padding))
    }
}
