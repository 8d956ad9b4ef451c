@testable import ModuleSimulator

/// The simulated module's own MQTT: what a broker sends, cut anywhere; what is read can be written and read again.
@Sendable func fuzzPackets(_ input: FuzzInput) {
    var input = input
    let length = input.number(below: 32) + 1
    let bytes = input.rest
    let whole = packets(bytes, by: max(1, bytes.count))
    let cut = packets(bytes, by: length)
    require(cut.packets.starts(with: whole.packets), "reads of \(length) give other packets")
    require(cut.failed == whole.failed, "reads of \(length) end otherwise")
    for packet in cut.packets {
        var stream = MQTTStream()
        let again = try? stream.append(packet.encoded)
        require(again == [packet], "\(packet) is read again as \(again ?? [])")
    }
    _ = FlashFiles(encoded: bytes, capacity: 4096)
    _ = ParsedCommand.parse(line: bytes)
}

private func packets(_ bytes: [UInt8], by length: Int) -> (packets: [MQTTPacket], failed: Bool) {
    var stream = MQTTStream()
    var packets: [MQTTPacket] = []
    var position = 0
    while position < bytes.count {
        let end = min(bytes.count, position + length)
        do {
            packets += try stream.append(Array(bytes[position..<end]))
        } catch {
            return (packets, true)
        }
        position = end
    }
    return (packets, false)
}
