/// Payloads as they stand in a command line.
extension ScriptedModulePort {
    func unescaped(_ text: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == 0x5C { bytes += unhex(Array(rest.prefix(2))) }
            if byte == 0x5C { rest = rest.dropFirst(2) } else { bytes.append(byte) }
        }
        return bytes
    }

    func unhex(_ text: [UInt8]) -> [UInt8] {
        func digit(_ byte: UInt8) -> UInt8 { byte < 0x3A ? byte &- 0x30 : (byte & 0xDF) &- 0x37 }
        return stride(from: 0, to: text.count - 1, by: 2).map { digit(text[$0]) << 4 | digit(text[$0 + 1]) & 15 }
    }

    func hex(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}
