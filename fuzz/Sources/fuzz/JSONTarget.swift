@testable import Control

/// A line of a control socket.
@Sendable func fuzzJSON(_ input: FuzzInput) {
    let line = input.rest
    if let value = try? JSONValue(parsing: line) {
        let text = value.description
        require(text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "not a line of ASCII: \(shown(Array(text.utf8)))")
        let again = try? JSONValue(parsing: Array(text.utf8))
        require(again == value, "\(text) is read as \(again?.description ?? "nothing")")
        _ = (value["id"], value["op"]?.string, value["args"]?.members, value.integer, value.elements)
    }
    require(Base64.decode(Base64.encode(line)) == line, "base64 of \(shown(line))")
    if let bytes = Base64.decode(String(decoding: line, as: UTF8.self)) {
        require(bytes.count <= line.count, "more bytes than text")
    }
}
