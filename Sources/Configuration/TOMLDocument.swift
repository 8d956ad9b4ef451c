import CToml

/// A TOML value and where it stands in its file.
struct TOMLNode: Equatable {
    enum Value: Equatable {
        case table([(key: String, node: TOMLNode)])
        case array([TOMLNode])
        case string(String)
        case integer(Int64)
        case float(Double)
        case boolean(Bool)
        case date

        static func == (left: Value, right: Value) -> Bool {
            switch (left, right) {
            case (.table(let a), .table(let b)): a.elementsEqual(b) { $0.key == $1.key && $0.node == $1.node }
            case (.array(let a), .array(let b)): a == b
            case (.string(let a), .string(let b)): a == b
            case (.integer(let a), .integer(let b)): a == b
            case (.float(let a), .float(let b)): a == b
            case (.boolean(let a), .boolean(let b)): a == b
            case (.date, .date): true
            case (.table, _), (.array, _), (.string, _), (.integer, _), (.float, _), (.boolean, _), (.date, _): false
            }
        }
    }

    var value: Value
    /// Line of the key (of the value in an array), from 1.
    var line: Int
    var column: Int

    /// The value under a key; nil when this is no table or has no such key.
    subscript(key: String) -> TOMLNode? {
        guard case .table(let entries) = value else { return nil }
        return entries.first { $0.key == key }?.node
    }

    /// What the value is, for messages: "an integer".
    var kind: String {
        switch value {
        case .table: "a table"
        case .array: "an array"
        case .string: "a string"
        case .integer: "an integer"
        case .float: "a fraction"
        case .boolean(let value): value ? "true" : "false"
        case .date: "a date"
        }
    }
}

/// The safe side of the C++ shim: bytes in, a tree or a syntax error out.
enum TOMLDocument {
    struct SyntaxError: Error, Equatable {
        var message: String
        var line: Int
        var column: Int
    }

    /// Parses a whole document of at most 1 MiB.
    static func parse(_ text: [UInt8]) throws(SyntaxError) -> TOMLNode {
        // SAFETY: the document is ours alone until `ctoml_free`; every pointer it hands out is copied before that.
        let parsed = unsafe text.withUnsafeBytes { bytes in
            unsafe ctoml_parse(bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard let document = unsafe parsed else {
            throw SyntaxError(message: "out of memory", line: 0, column: 0)
        }
        defer { unsafe ctoml_free(document) }
        var length = 0
        var line: UInt32 = 0
        var column: UInt32 = 0
        if let message = unsafe ctoml_error(document, &length, &line, &column) {
            throw SyntaxError(
                message: unsafe string(message, length), line: Int(line), column: Int(column))
        }
        return unsafe tree(document)
    }

    /// Children come after their parents, so going backwards every node is complete when it is handed up.
    private static func tree(_ document: OpaquePointer) -> TOMLNode {
        let count = unsafe ctoml_count(document)
        var children: [Int: [(key: String, node: TOMLNode)]] = [:]
        for index in stride(from: count - 1, through: 0, by: -1) {
            guard let entry = unsafe ctoml_node(document, index)?.pointee else { continue }
            let inside = (children.removeValue(forKey: index) ?? []).reversed()
            let value: TOMLNode.Value
            switch unsafe entry.kind {
            case CTOML_TABLE: value = .table(Array(inside))
            case CTOML_ARRAY: value = .array(inside.map(\.node))
            case CTOML_STRING: value = .string(unsafe string(entry.text, entry.text_length))
            case CTOML_INTEGER: value = .integer(unsafe entry.integer)
            case CTOML_FLOAT: value = .float(unsafe entry.number)
            case CTOML_BOOLEAN: value = .boolean(unsafe entry.integer != 0)
            default: value = .date
            }
            let node = TOMLNode(value: value, line: unsafe Int(entry.line), column: unsafe Int(entry.column))
            let parent = unsafe Int(entry.parent)
            guard parent >= 0 else { return node }
            children[parent, default: []].append((unsafe string(entry.key, entry.key_length), node))
        }
        return TOMLNode(value: .table([]), line: 0, column: 0)
    }

    private static func string(_ start: UnsafePointer<CChar>?, _ length: Int) -> String {
        unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : length), as: UTF8.self)
    }
}
